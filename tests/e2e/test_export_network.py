"""A VPC that somebody made by hand becomes a folder of manifests: names in place of ids, and nothing to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.kinds.registry import KINDS
from controller.manifest.yaml_writer import write
from controller.model.plan import State
from controller.model.scope import Mode, Scope
from controller.reconcile.export import export_scope
from tests.stage import Stage

EC2 = {name: kind for name, kind in KINDS.items() if kind.service == "ec2"}


def named(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


@pytest.fixture
def by_hand(aws_endpoint: str) -> list[str]:
    """As a person clicks it together: a VPC with a public and a private subnet, a NAT gateway, and two groups. Their ids."""
    ec2 = boto3.client("ec2", region_name="eu-central-1")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=named("vpc", "shop"))["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    made = {}
    for name, block in (("public", "10.9.1.0/24"), ("private", "10.9.2.0/24")):
        subnet = ec2.create_subnet(
            VpcId=vpc, CidrBlock=block, AvailabilityZone="eu-central-1a", TagSpecifications=named("subnet", name)
        )
        made[name] = subnet["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway(TagSpecifications=named("internet-gateway", "door"))["InternetGateway"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=named("elastic-ip", "way-out"))["AllocationId"]
    nat = ec2.create_nat_gateway(
        SubnetId=made["public"], AllocationId=address, TagSpecifications=named("natgateway", "way-out")
    )["NatGateway"]["NatGatewayId"]
    for name, target in (("public", {"GatewayId": gateway["InternetGatewayId"]}), ("private", {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=named("route-table", name))["RouteTable"]
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", **target)
        ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=made[name])
    groups = {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("lb", "app")
    }
    world = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=groups["lb"], IpPermissions=[world])
    inner = {"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 3000, "UserIdGroupPairs": [{"GroupId": groups["lb"]}]}
    ec2.authorize_security_group_ingress(GroupId=groups["app"], IpPermissions=[inner])
    return [vpc, *made.values(), gateway["InternetGatewayId"], address, nat, *groups.values()]


def exported(folder: Path) -> dict[str, str]:
    stage = Stage(folder)
    spec = stage.desired().scope.spec.model_copy(update={"mode": Mode.OBSERVE})
    files = export_scope(stage.aws(), Scope(name="test", spec=spec), EC2)
    return {name: write(documents) for name, documents in files.items()}


def test_a_vpc_made_by_hand_is_exported_and_plans_empty(by_hand: list[str], tmp_path: Path) -> None:
    plan = Stage(tmp_path / "newcomer", exported(tmp_path / "reader")).plan()
    assert plan.actions == ()
    assert {status.state for status in plan.statuses.values()} == {State.IN_SYNC}


def test_its_manifests_name_each_other_and_not_ids(by_hand: list[str], tmp_path: Path) -> None:
    files = exported(tmp_path)
    lines = [line for text in files.values() for line in text.splitlines() if "adopt:" not in line]
    assert [line for line in lines if any(id_ in line for id_ in by_hand)] == []
    assert "natGateway: way-out" in files["ec2/routetable.yaml"]
    assert "vpc: shop" in files["ec2/securitygroup.yaml"]
    assert "from: [lb]" in files["ec2/securitygroup.yaml"]
