"""References to EC2's resources: what is a name, and what an id."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from controller.kinds.ec2 import types

REFERENCES = {name: getattr(types, name) for name in vars(types) if name.endswith("Ref")}
PREFIXES = {
    "VpcRef": "vpc",
    "SubnetRef": "subnet",
    "SecurityGroupRef": "sg",
    "NatGatewayRef": "nat",
    "InternetGatewayRef": "igw",
    "TransitGatewayRef": "tgw",
}


def taken_for_a_name(reference: str, text: str) -> bool:
    asked: list[str] = []

    def resolve(_: object, name: str) -> str:
        asked.append(name)
        return name

    TypeAdapter(REFERENCES[reference]).validate_python(text, context={"resolve": resolve})
    return bool(asked)


@pytest.mark.parametrize(("reference", "prefix"), PREFIXES.items())
def test_a_manifest_may_be_called_the_way_an_id_begins(reference: str, prefix: str) -> None:
    """`nat-a` is what a person calls the NAT gateway of zone a."""
    assert taken_for_a_name(reference, f"{prefix}-a")
    assert taken_for_a_name(reference, f"{prefix}-main")
    assert not taken_for_a_name(reference, f"{prefix}-0a1b2c3d")
    assert not taken_for_a_name(reference, f"{prefix}-0a1b2c3d4e5f60718")
