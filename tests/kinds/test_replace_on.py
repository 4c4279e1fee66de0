"""What a kind replaces, held against what CloudFormation replaces (createOnlyProperties, in cfn-lint's bundle of AWS's schemas).

To replace what could have been changed is an outage; not to replace what AWS cannot change is a failure in every pass. A kind whose
fields have CloudFormation's names needs no row here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from controller.kinds.base import Kind
from controller.kinds.registry import KINDS

TYPES: Mapping[str, str] = {
    "iam/Policy": "AWS::IAM::ManagedPolicy",  # AWS::IAM::Policy is an inline policy
}
"""CloudFormation's type where it is not AWS::<service>::<Kind>."""

WITHOUT_TYPE: Mapping[str, str] = {
    "iam/AccountAlias": "CloudFormation cannot make it",
    "iam/AccountPasswordPolicy": "CloudFormation cannot make it",
}
"""Kinds that CloudFormation does not know."""

NAMES: Mapping[tuple[str, str], str] = {
    ("ec2/SecurityGroup", "GroupDescription"): "description",
    ("ec2/SecurityGroup", "VpcId"): "vpc",
    ("ec2/Subnet", "VpcId"): "vpc",
    ("ecs/TaskDefinition", "ExecutionRoleArn"): "executionRole",
    ("ecs/TaskDefinition", "TaskRoleArn"): "taskRole",
    ("iam/Policy", "ManagedPolicyName"): "policyName",
}
"""Our field for a property (kind, CloudFormation's name) where it is not the same name in camelCase."""

LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("ec2/Subnet", "AvailabilityZoneId"): "availabilityZone says it",
    ("ec2/Subnet", "Ipv4IpamPoolId"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "Ipv4NetmaskLength"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "Ipv6IpamPoolId"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "Ipv6NetmaskLength"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "OutpostArn"): "Outposts are left out",
    ("ec2/Vpc", "Ipv4IpamPoolId"): "ranges are written in git, not drawn from a pool",
    ("ec2/Vpc", "Ipv4NetmaskLength"): "ranges are written in git, not drawn from a pool",
    ("ec2/Vpc", "VpcEncryptionControl"): "encryption controls are left out",
    ("ecs/TaskDefinition", "InferenceAccelerators"): "AWS has ended Elastic Inference",
    ("ecs/TaskDefinition", "ProxyConfiguration"): "AWS has ended App Mesh",
    ("iam/SAMLProvider", "AddPrivateKey"): "private keys are secrets, and do not belong in git",
    ("iam/SAMLProvider", "RemovePrivateKey"): "private keys are secrets, and do not belong in git",
}
"""Properties that a Spec has no field for, and why."""

_REVISIONS = (
    "a change registers another revision of the same family: "
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"
)
OTHERWISE: Mapping[tuple[str, str], str] = {
    ("ecs/TaskDefinition", name): _REVISIONS
    for name in (
        "containerDefinitions",
        "cpu",
        "enableFaultInjection",
        "ephemeralStorage",
        "executionRole",
        "ipcMode",
        "memory",
        "networkMode",
        "pidMode",
        "placementConstraints",
        "requiresCompatibilities",
        "runtimePlatform",
        "taskRole",
        "volumes",
    )
}
"""Fields (kind, field) where CloudFormation is not to be followed, with the page of AWS's API that says so."""


@cache
def schemas() -> Mapping[str, Path]:
    """AWS's schema files by type. cfn-lint itself is not imported: that takes seconds."""
    spec = find_spec("cfnlint")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "data" / "schemas"
    index = json.loads((folder / "providers" / "us-east-1.json").read_text())
    return {name.casefold(): folder / "resources" / f"{file}.json" for name, file in index.items()}


def schema(kind: str) -> Mapping[str, Any]:
    name = TYPES.get(kind) or f"AWS::{kind.replace('/', '::')}"
    found: dict[str, Any] = json.loads(schemas()[name.casefold()].read_text())
    return found


def properties(kind: str, key: str) -> set[str]:
    """`/properties/Scheme` is `Scheme`, and `/properties/Options/Mode` stays `Options/Mode`."""
    return {path.removeprefix("/properties/") for path in schema(kind).get(key, ())}


def field(kind: str, name: str) -> str:
    """Our field for one of CloudFormation's properties."""
    return NAMES.get((kind, name), f"{name[:1].lower()}{name[1:]}")


KNOWN = pytest.mark.parametrize(
    "kind", [k for k in KINDS.values() if k.id not in WITHOUT_TYPE], ids=lambda kind: kind.id
)


@KNOWN
def test_what_cloudformation_replaces_is_replaced_and_nothing_else(kind: Kind[Any]) -> None:
    fields = {str(info.alias) for info in kind.spec.model_fields.values()}
    always = {field(kind.id, name) for name in properties(kind.id, "createOnlyProperties")} & fields
    sometimes = {field(kind.id, name) for name in properties(kind.id, "conditionalCreateOnlyProperties")} & fields
    settled = {name for (other, name) in OTHERWISE if other == kind.id}
    assert always - kind.replace_on - settled == set(), (
        "CloudFormation replaces it: so must we, or say why in OTHERWISE"
    )
    assert kind.replace_on - always - sometimes - settled == set(), (
        "AWS can change it: so must we, or say why in OTHERWISE"
    )


@KNOWN
def test_every_property_that_replaces_is_one_of_our_fields_or_left_out_for_a_reason(kind: Kind[Any]) -> None:
    """Else a field of another name (`vpc` for VpcId) would be compared with nothing."""
    fields = {info.alias for info in kind.spec.model_fields.values()}
    for name in properties(kind.id, "createOnlyProperties"):
        assert field(kind.id, name) in fields or (kind.id, name) in LEFT_OUT, f"{name}: NAMES or LEFT_OUT"


def test_no_row_is_idle() -> None:
    for kind in TYPES.keys() | WITHOUT_TYPE.keys():
        assert kind in KINDS
        assert f"AWS::{kind.replace('/', '::')}".casefold() not in schemas() or kind in TYPES
    for (kind, name), ours in NAMES.items():
        assert name in properties(kind, "createOnlyProperties") | properties(kind, "conditionalCreateOnlyProperties")
        assert ours in {info.alias for info in KINDS[kind].spec.model_fields.values()}
    for kind, name in LEFT_OUT:
        assert name in properties(kind, "createOnlyProperties")
        assert field(kind, name) not in {info.alias for info in KINDS[kind].spec.model_fields.values()}
    for (kind, name), reason in OTHERWISE.items():
        always = {field(kind, each) for each in properties(kind, "createOnlyProperties")}
        assert (name in always) != (name in KINDS[kind].replace_on), f"{kind} {name} is as CloudFormation has it"
        assert "https://docs.aws.amazon.com/" in reason
