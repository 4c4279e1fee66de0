"""What only promtool can tell: `make rules`. Not part of `make test`, which needs nothing but Python and git."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    assert found, "promtool is not installed: it is in Debian's package `prometheus`, and in Prometheus's own releases"
    return found


def check(promtool: str, *arguments: str) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules(promtool: str) -> None:
    check(promtool, "check", "rules", "--lint-fatal", str(DEPLOY / "prometheus" / "rules.yaml"))


def test_every_alert_fires_when_it_should_and_only_then(promtool: str) -> None:
    check(promtool, "test", "rules", str(DEPLOY / "prometheus" / "rules_test.yaml"))


def test_prometheus_takes_the_dashboards_expressions(promtool: str, tmp_path: Path) -> None:
    """Grafana's own variables are put in first, as Grafana does."""
    panels = json.loads((DEPLOY / "grafana" / "trueup.json").read_text())["panels"]
    texts = [target["expr"].replace("$__rate_interval", "5m") for panel in panels for target in panel["targets"]]
    assert texts
    records = [{"record": f"panel:{n}", "expr": re.sub(r"\$scope", ".*", text)} for n, text in enumerate(texts)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    check(promtool, "check", "rules", str(tmp_path / "rules.yaml"))
