"""The composite Network in an account: it comes up, grows without moving anything, and goes in the right order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.manifest.yaml_writer import write
from controller.model.plan import Verb
from tests.stage import SCOPE, Stage, document


@pytest.fixture
def ec2(aws_endpoint: str) -> Any:
    return boto3.client("ec2", region_name="eu-central-1")


def network(**spec: Any) -> str:
    whole = {"cidr": "10.20.0.0/16", "zones": ["a", "b"], "nat": "one", "ipv6": True, "endpoints": ["s3", "logs"]}
    return write([document("trueup/v1", "Network", "shop", {**whole, **spec})])


def stage_of(folder: Path, **spec: Any) -> Stage:
    return Stage(folder, {"scope.yaml": SCOPE, "network.yaml": network(**spec)})


def test_it_comes_up_and_then_there_is_nothing_to_do(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path)
    assert stage.loaded().problems == ()
    stage.converge()
    assert stage.plan().actions == ()
    names = sorted(tag["Value"] for s in ec2.describe_subnets()["Subnets"] for tag in s["Tags"] if tag["Key"] == "Name")
    assert names == ["shop-private-a", "shop-private-b", "shop-public-a", "shop-public-b"]


def test_a_zone_more_makes_and_changes_but_replaces_and_deletes_nothing(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path)
    stage.converge()
    stage.files["network.yaml"] = network(zones=["a", "b", "c"], nat="perZone")
    plan = stage.plan()
    assert {action.verb for action in plan.actions} == {Verb.CREATE, Verb.UPDATE}
    effects = {action.address.name: action.effects for action in plan.actions if action.effects}
    assert any("shop-b" in effect for effect in effects["shop-private-b"]), effects
    stage.converge()


def test_a_nat_gateway_taken_out_is_told_as_the_loss_of_the_way_out(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ipv6=False, endpoints=[])
    stage.converge()
    stage.files["network.yaml"] = network(ipv6=False, endpoints=[], nat="none")
    effects = [effect for action in stage.plan().actions for effect in action.effects]
    assert any(effect.startswith("subnet shop-private-a loses its route to the internet") for effect in effects), (
        effects
    )
    stage.converge()
    assert ec2.describe_addresses()["Addresses"] == []


def test_it_goes_in_the_order_that_aws_allows_and_leaves_nothing(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path)
    stage.converge()
    stage.calls.clear()
    del stage.files["network.yaml"]
    stage.converge()
    order = [call for call in stage.changes if call.startswith(("Delete", "Release"))]
    assert order.index("DeleteNatGateway") < len(order) - 1 - order[::-1].index("DeleteSubnet")
    assert order.index("DeleteNatGateway") < order.index("ReleaseAddress")
    assert order[-1] == "DeleteVpc"
    assert [vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
