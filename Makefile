# The project's commands. Each needs Python 3.11+ and git, and makes its own virtual environment in .venv; `make lock`,
# which renews the lock files, needs uv as well, and `make rules`, which tests the alerts, promtool.
PYTHON ?= python3
UV ?= uv
BIN := .venv/bin

# What decides is tested to the last branch, by unit tests. The others wait for processes, or for moto, much of their time.
COMPLETE := controller/reconcile/*,controller/manifest/*,controller/model/*

.PHONY: demo demo-once test lint format faults rules bench schemas lock clean
demo: .venv/demo.stamp
	$(BIN)/trueup demo
demo-once: .venv/demo.stamp
	$(BIN)/trueup demo --once

test: .venv/dev.stamp lint
	$(BIN)/pytest -n 2 tests/unit --cov --cov-report=
	$(BIN)/coverage report --include="$(COMPLETE)" --fail-under=100
	$(BIN)/pytest -n 3 -m "not slow" --ignore=tests/unit
lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
faults: .venv/dev.stamp
	$(BIN)/pytest -n 2 tests/faults
rules: .venv/dev.stamp
	$(BIN)/pytest tests/deploy/promtool.py
bench: .venv/dev.stamp .venv/bench.stamp
	$(BIN)/python -m tests.benchmarks --octodns .venv/octodns/bin/octodns-sync
schemas: .venv/dev.stamp
	$(BIN)/trueup schema --write schemas
	$(BIN)/trueup permissions --write deploy/iam/policies

.venv/demo.stamp: requirements/demo.txt pyproject.toml
	$(call install,demo)
.venv/dev.stamp: requirements/dev.txt pyproject.toml
	$(call install,dev)
	touch .venv/demo.stamp

.venv/bench.stamp: requirements/bench.txt
	test -x .venv/octodns/bin/python || $(PYTHON) -m venv .venv/octodns
	.venv/octodns/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	touch $@

define install
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/$(1).txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
endef

COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11
LOCK = $(COMPILE) pyproject.toml
lock:
	$(LOCK) -o requirements/run.txt
	$(LOCK) --extra demo --group build -c requirements/run.txt -o requirements/demo.txt
	$(LOCK) --extra demo --group build --group dev -c requirements/demo.txt -o requirements/dev.txt
	$(COMPILE) --group bench -c requirements/run.txt -o requirements/bench.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
