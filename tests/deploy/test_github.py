"""The workflow for pull requests: its commands are run here as they stand there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.aws.emulator import environment

ROOT = Path(__file__).parents[2]
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / "deploy" / "github" / "trueup.yaml").read_text())
STEPS = {step.get("name", step.get("uses")): step for step in WORKFLOW["jobs"]["plan"]["steps"]}


@pytest.fixture
def checkout(aws_endpoint: str, tmp_path: Path) -> Path:
    """A repository with the quickstart, and `trueup` on the path."""
    shutil.copytree(ROOT / "manifests" / "quickstart", tmp_path / "manifests")
    command = tmp_path / "bin" / "trueup"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m controller "$@"\n')
    command.chmod(0o755)
    return tmp_path


def run(checkout: Path, step: str) -> int:
    """A step as GitHub runs it: bash that stops at the first command that fails."""
    environ = {
        **environment(os.environ["AWS_ENDPOINT_URL"]),
        "PATH": f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(checkout / "summary.md"),
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]]
    return subprocess.run(command, cwd=checkout, env=environ, capture_output=True, timeout=120).returncode


def test_a_pull_request_that_changes_something_passes_and_says_what(checkout: Path) -> None:
    assert run(checkout, "Validate") == 0
    assert run(checkout, "Plan") == 0
    assert "43 to create" in (checkout / "summary.md").read_text()


def test_a_pull_request_with_an_error_fails_in_both_steps(checkout: Path) -> None:
    (checkout / "manifests" / "wrong.yaml").write_text(
        "{apiVersion: iam.aws/v1, kind: Role, metadata: {name: x}, spec: {}}"
    )
    assert run(checkout, "Validate") == 1
    assert run(checkout, "Plan") == 1


def test_nothing_but_reading_is_allowed_on_githubs_side() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write"}
    assert "--role trueup-read" in STEPS["Plan"]["run"]
    assert list(WORKFLOW[True]) == [
        "pull_request"
    ]  # YAML 1.1 reads `on` as true; pull_request_target would hand secrets out
