"""Secrets: values that stay with AWS, deletes that can be taken back, and copies in other regions."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from controller.kinds.registry import KINDS
from controller.kinds.secretsmanager.secret import Generate, translate
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.observed import Wanted
from controller.model.plan import State
from tests.stage import Stage, document

SECRET: dict[str, Any] = {"ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf", "Name": "db"}
ADDRESS = Address("test", "secretsmanager/Secret", "db")


def manifest(**spec: Any) -> str:
    return write([document("secretsmanager.aws/v1", "Secret", "db", spec)])


def manager() -> Any:
    return boto3.client("secretsmanager", region_name="eu-central-1")


def test_a_generated_value_is_in_aws_and_nowhere_in_trueup(
    aws_endpoint: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in an event, not in the state file, and not in the log at the level at which trueup runs."""
    caplog.set_level(logging.INFO)
    stage = Stage(tmp_path)
    stage.files["db.yaml"] = manifest(generate={"length": 24, "template": '{"username": "app"}', "key": "password"})
    stage.converge()
    value = json.loads(manager().get_secret_value(SecretId="db")["SecretString"])
    assert value["username"] == "app"
    assert len(value["password"]) == 24
    stage.store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert value["password"].encode() not in kept
    assert value["password"] not in repr(stage.events) + caplog.text


def test_a_pass_never_reads_a_value(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["db.yaml"] = manifest(generate={})
    stage.converge()
    assert {"GetSecretValue", "BatchGetSecretValue"}.isdisjoint(stage.calls)
    assert KINDS["secretsmanager/Secret"].reads == (
        "secretsmanager:ListSecrets",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
    )


def test_what_is_asked_of_a_generated_value_later_changes_nothing(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["db.yaml"] = manifest(generate={"length": 24})
    stage.converge()
    stage.files["db.yaml"] = manifest(generate={"length": 64})
    assert stage.plan().actions == ()


def test_a_secret_that_comes_back_to_git_is_restored_with_its_value(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["db.yaml"] = manifest(generate={}, description="Before", tags={"team": "a", "old": "1"})
    stage.converge()
    before = manager().get_secret_value(SecretId="db")
    del stage.files["db.yaml"]
    stage.converge()
    gone = manager().describe_secret(SecretId="db")
    assert (gone["DeletedDate"] - gone["CreatedDate"]).days >= 29
    stage.files["db.yaml"] = manifest(generate={}, description="After", tags={"team": "b"})
    stage.converge()
    after = manager().get_secret_value(SecretId="db")
    assert (after["ARN"], after["SecretString"]) == (before["ARN"], before["SecretString"])
    described = manager().describe_secret(SecretId="db")
    assert described["Description"] == "After"
    assert {tag["Key"]: tag["Value"] for tag in described["Tags"]}["team"] == "b"
    assert "old" not in {tag["Key"] for tag in described["Tags"]}


def test_somebody_elses_secret_is_not_restored_silently(aws_endpoint: str, tmp_path: Path) -> None:
    manager().create_secret(Name="db", SecretString="x")
    manager().delete_secret(SecretId="db")
    stage = Stage(tmp_path)
    stage.files["db.yaml"] = manifest()
    status = stage.apply().statuses[ADDRESS]
    assert status.state is State.FAILED
    assert "scheduled for deletion and was not made by trueup" in status.reason
    assert "DeletedDate" in manager().describe_secret(SecretId="db")


def test_copies_and_secrets_of_aws_services_are_not_ours_to_manage(aws_endpoint: str, tmp_path: Path) -> None:
    boto3.client("secretsmanager", region_name="eu-west-1").create_secret(
        Name="copied", AddReplicaRegions=[{"Region": "eu-central-1"}]
    )
    manager().create_secret(Name="rds", Tags=[{"Key": "aws:secretsmanager:owningService", "Value": "rds"}])
    manager().create_secret(Name="own")
    stage = Stage(tmp_path)
    found = KINDS["secretsmanager/Secret"].observe(stage.aws(), Wanted(everything=True))
    assert [item.spec.name for item in found] == ["own"]


def test_a_copy_that_is_not_made_yet_or_has_failed_is_pending_with_awss_words() -> None:
    copies = [
        {"Region": "eu-west-1", "Status": "InProgress"},
        {"Region": "us-east-1", "Status": "Failed", "StatusMessage": "the key is disabled"},
        {"Region": "eu-north-1", "Status": "InSync"},
    ]
    assert translate(SECRET, copies, "none").pending == (
        "the copy in eu-west-1 is InProgress: AWS is at it; the copy in us-east-1 is Failed: the key is disabled"
    )


def test_awss_own_key_is_no_key() -> None:
    assert translate({**SECRET, "KmsKeyId": "alias/aws/secretsmanager"}).spec.kms_key_id == ""


@pytest.mark.parametrize("template", ["[1]", "{", '"text"'])
def test_a_template_is_a_json_object(template: str) -> None:
    with pytest.raises(ValidationError):
        Generate(template=template, key="password")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"generate": {"template": "{}"}}, "is needed, to say where"),
        ({"replicaRegions": [{"region": "eu-central-1"}]}, "the secret's own region"),
        ({"replicaRegions": [{"region": "eu-west-1"}, {"region": "eu-west-1"}]}, "stands twice"),
    ],
)
def test_what_aws_would_refuse_is_said_before_any_call(tmp_path: Path, spec: Any, said: str) -> None:
    stage = Stage(tmp_path)
    stage.files["db.yaml"] = manifest(**spec)
    with pytest.raises(AssertionError, match=said):
        stage.desired()
