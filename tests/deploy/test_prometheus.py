"""Rules and dashboard name metrics, labels and states that trueup exports. Whether the rules fire is promtool's (promtool.py)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from controller.kinds.registry import KINDS
from controller.model.event import Result
from controller.model.plan import State, Verb
from controller.model.problem import Severity
from controller.report.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
TESTS = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yaml").read_text())["tests"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "trueup.json").read_text())

FACTS = [fact for kind in KINDS.values() for fact in kind.facts]
OF_PROMETHEUS = {"instance", "job", "le"}
VALUES: dict[str, set[str]] = {
    "state": set(State),
    "severity": set(Severity),
    "verb": set(Verb),
    "result": {*Result, "ok"},
    **{fact.label: set(fact.words) for fact in FACTS if fact.label},
}
"""The labels whose values are known beforehand."""
SELECTOR = re.compile(r"(trueup_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r"""(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)\"""")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")


def exported() -> dict[str, set[str]]:
    """Every series name of trueup, with its labels."""
    found: dict[str, set[str]] = {}
    metrics = Metrics(CollectorRegistry(), "1", FACTS)
    for metric in (*vars(metrics).values(), *metrics.facts.values()):
        if isinstance(metric, Gauge | Counter | Histogram):
            (family,) = metric.describe()
            ends = {Gauge: ("",), Counter: ("_total",), Histogram: ("_bucket", "_sum", "_count")}[type(metric)]
            found |= {f"{family.name}{end}": set(metric._labelnames) for end in ends}
    return {**found, "trueup_build_info": {"version", "python"}}


EXPORTED = exported()


def expressions() -> Iterator[tuple[str, str]]:
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)
    for panel in DASHBOARD["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])
    yield from ((variable["name"], variable["query"]["query"]) for variable in DASHBOARD["templating"]["list"][1:])
    yield from ((note["name"], note["expr"]) for note in DASHBOARD["annotations"]["list"])


@pytest.mark.parametrize("expression", [text for _, text in expressions()], ids=[name for name, _ in expressions()])
def test_every_metric_and_label_is_exported(expression: str) -> None:
    """An alert on a metric that nobody exports never fires."""
    known = set(OF_PROMETHEUS)
    assert SELECTOR.search(expression)
    for name, matchers in SELECTOR.findall(expression):
        assert name in EXPORTED
        known |= EXPORTED[name]
        for label, _, wanted in MATCHER.findall(matchers):
            assert label in EXPORTED[name], f"{name} has no {label}"
            if label in VALUES:
                assert set(wanted.split("|")) <= VALUES[label], f"{label} is never {wanted}"
    for labels in GROUPING.findall(expression):
        assert set(re.split(r"\s*,\s*", labels)) <= known


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_how_soon_to_look(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description"}
    known = {label for name, _ in SELECTOR.findall(rule["expr"]) for label in EXPORTED[name]} | OF_PROMETHEUS
    for text in rule["annotations"].values():
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= known


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_case_that_fires_and_one_that_does_not(rule: dict[str, Any]) -> None:
    checks = [check for case in TESTS for check in case["alert_rule_test"] if check["alertname"] == rule["alert"]]
    assert {bool(check["exp_alerts"]) for check in checks} == {True, False}


def test_the_series_of_the_rules_tests_are_exported_as_they_stand_there() -> None:
    for case in TESTS:
        for series in case["input_series"]:
            ((name, matchers),) = SELECTOR.findall(series["series"])
            assert {label for label, _, _ in MATCHER.findall(matchers)} == EXPORTED[name] | {"instance"}


def test_the_dashboards_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
