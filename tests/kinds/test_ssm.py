"""Parameters: what is never read, what is refused, and what a pass costs."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from pydantic import ValidationError

from controller.kinds.registry import KINDS
from controller.kinds.ssm.parameter import ParameterSpec
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.reconcile.export import export_scope
from tests.stage import Stage, document


def parameter(name: str, **spec: str) -> dict[str, object]:
    return document("ssm.aws/v1", "Parameter", name, {"value": "one", **spec})


def test_a_secure_string_is_refused_with_the_reason() -> None:
    with pytest.raises(ValidationError, match="do not belong in git"):
        ParameterSpec(name="a", type="SecureString", value="x")


@pytest.mark.parametrize(
    ("name", "said"), [("app/url", "must begin with /"), ("awsome", "keeps for itself"), ("/SSM/x", "keeps for itself")]
)
def test_names_that_aws_refuses_are_said(name: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ParameterSpec(name=name, value="x")


def test_secure_strings_are_neither_read_nor_exported(aws_endpoint: str, tmp_path: Path) -> None:
    ssm = boto3.client("ssm", region_name="eu-central-1")
    ssm.put_parameter(Name="/app/password", Value="very-secret", Type="SecureString")
    ssm.put_parameter(Name="/app/url", Value="plain", Type="String")
    stage = Stage(tmp_path)
    files = export_scope(stage.aws(), stage.desired().scope, {"ssm/Parameter": KINDS["ssm/Parameter"]})
    text = "".join(map(write, files.values()))
    assert "/app/url" in text
    assert "password" not in text


def test_values_are_read_ten_at_a_time_and_only_those_that_git_names(aws_endpoint: str, tmp_path: Path) -> None:
    ssm = boto3.client("ssm", region_name="eu-central-1")
    for number in range(3):
        ssm.put_parameter(Name=f"others-{number}", Value="x", Type="String")
    stage = Stage(tmp_path)
    stage.files["own.yaml"] = write([parameter(f"p{number}") for number in range(11)])
    stage.converge()
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.calls.count("GetParameters") == 2
    assert stage.calls.count("ListTagsForResource") == 0


def test_a_value_too_large_for_its_tier_is_said_before_any_call(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["own.yaml"] = write([parameter("big", value="x" * 5000, tier="Standard")])
    with pytest.raises(AssertionError, match="has 5,000 bytes; AWS takes 4,096"):
        stage.desired()
    stage.files["own.yaml"] = write([parameter("big", value="x" * 5000)])
    assert Address("test", "ssm/Parameter", "big") in stage.desired().manifests
