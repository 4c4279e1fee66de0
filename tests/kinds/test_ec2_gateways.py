"""Gateways, addresses, route tables and endpoints: AWS's replies as it documents them, and what they mean."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from controller.errors import AwsBusy
from controller.kinds.ec2 import elastic_ip, internet_gateway, nat_gateway
from controller.kinds.ec2.egress_only_internet_gateway import EgressOnlyInternetGateway
from controller.kinds.ec2.elastic_ip import ElasticIp
from controller.kinds.ec2.internet_gateway import InternetGateway, InternetGatewaySpec
from controller.kinds.ec2.nat_gateway import NatGateway, NatGatewaySpec
from controller.model.observed import Wanted
from controller.model.plan import Verb
from tests.kinds.stubbed import Stubbed
from tests.kinds.test_ec2_routes import VPC, doc, found

ADDRESS = {
    "PublicIp": "198.51.100.7",
    "AllocationId": "eipalloc-1",
    "AssociationId": "eipassoc-1",
    "Domain": "vpc",
    "NetworkInterfaceId": "eni-1",
    "NetworkInterfaceOwnerId": "123456789012",
    "PrivateIpAddress": "10.0.0.9",
    "PublicIpv4Pool": "amazon",
    "NetworkBorderGroup": "eu-central-1",
    "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "s"}, {"Key": "Name", "Value": "nat-a"}],
}


def test_an_address_that_is_in_use_is_said_with_its_association_and_with_what_uses_it() -> None:
    account = Stubbed("ec2")
    live = elastic_ip.translate(account.aws, ADDRESS)
    account.refuse("ReleaseAddress", "InvalidIPAddress.InUse")
    with pytest.raises(AwsBusy):
        ElasticIp().delete(account.aws, live)
    account.expect("DescribeAddresses", {"Addresses": [ADDRESS]}, AllocationIds=["eipalloc-1"])
    interface = {"NetworkInterfaceId": "eni-1", "Description": "Interface for NAT Gateway nat-1"}
    filters = [{"Name": "network-interface-id", "Values": ["eni-1"]}]
    account.expect("DescribeNetworkInterfaces", {"NetworkInterfaces": [interface]}, Filters=filters)
    assert ElasticIp().holders(account.aws, live) == "eipassoc-1 with eni-1 (Interface for NAT Gateway nat-1)"


def test_an_address_that_an_aws_service_looks_after_is_not_seen() -> None:
    account = Stubbed("ec2")
    filters = [{"Name": "domain", "Values": ["vpc"]}]
    account.expect("DescribeAddresses", {"Addresses": [ADDRESS, {**ADDRESS, "ServiceManaged": "alb"}]}, Filters=filters)
    (live,) = ElasticIp().observe(account.aws, Wanted())
    assert live.tags == {"Name": "nat-a"}


GATEWAY = {
    "InternetGatewayId": "igw-1",
    "OwnerId": "123456789012",
    "Attachments": [{"State": "available", "VpcId": "vpc-1"}],
}


@pytest.mark.parametrize(("state", "vpc"), [("available", "vpc-1"), ("attaching", "vpc-1"), ("detaching", "")])
def test_a_gateway_that_is_being_detached_is_attached_to_nothing(state: str, vpc: str) -> None:
    gateway = {**GATEWAY, "Attachments": [{"State": state, "VpcId": "vpc-1"}]}
    assert internet_gateway.translate(Stubbed("ec2").aws, gateway).spec.vpc == vpc


def test_a_gateway_waits_for_the_public_addresses_of_its_vpc_and_names_them() -> None:
    account = Stubbed("ec2")
    live = internet_gateway.translate(account.aws, GATEWAY)
    account.refuse("DetachInternetGateway", "DependencyViolation")
    with pytest.raises(AwsBusy):
        InternetGateway().delete(account.aws, live)
    filters = [{"Name": "vpc-id", "Values": ["vpc-1"]}, {"Name": "association.public-ip", "Values": ["*"]}]
    interface = {"NetworkInterfaceId": "eni-1", "Description": "ELB app/web/0123"}
    account.expect("DescribeNetworkInterfaces", {"NetworkInterfaces": [interface]}, Filters=filters)
    assert InternetGateway().holders(account.aws, live) == "eni-1 (ELB app/web/0123)"


@pytest.mark.parametrize("code", ["Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"])
def test_a_gateway_that_somebody_has_detached_already_is_deleted_all_the_same(code: str) -> None:
    account = Stubbed("ec2")
    account.refuse("DetachInternetGateway", code)
    account.expect("DeleteInternetGateway", InternetGatewayId="igw-1")
    InternetGateway().delete(account.aws, internet_gateway.translate(account.aws, GATEWAY))
    account.done()


def test_moving_a_gateway_is_told_from_both_sides() -> None:
    before, after = InternetGatewaySpec(vpc="old"), InternetGatewaySpec(vpc="new")
    told = ["cuts VPC old off from the internet", "connects VPC new to the internet"]
    assert list(InternetGateway().tell(Verb.UPDATE, before, after)) == told
    assert list(InternetGateway().tell(Verb.UPDATE, after, after)) == []


NAT = {
    "NatGatewayId": "nat-1",
    "SubnetId": "subnet-1",
    "VpcId": "vpc-1",
    "State": "available",
    "ConnectivityType": "public",
    "NatGatewayAddresses": [
        {
            "AllocationId": "eipalloc-1",
            "NetworkInterfaceId": "eni-1",
            "PrivateIp": "10.0.1.5",
            "PublicIp": "198.51.100.7",
            "AssociationId": "eipassoc-1",
            "IsPrimary": True,
            "Status": "succeeded",
        },
    ],
}


def test_a_nat_gateway_says_the_address_that_it_speaks_from() -> None:
    live = nat_gateway.translate(Stubbed("ec2").aws, NAT)
    assert (live.spec.elastic_ip, live.spec.private_ip_address) == ("eipalloc-1", "10.0.1.5")
    assert (live.outputs["publicIp"], live.outputs["privateIp"]) == ("198.51.100.7", "10.0.1.5")
    assert (live.pending, live.failed) == ("", "")


@pytest.mark.parametrize(
    ("status", "there", "pending"),
    [
        ("succeeded", True, ""),
        ("associating", True, "AWS is still giving it 198.51.100.8"),
        ("disassociating", False, ""),
        ("failed", False, ""),
    ],
)
def test_an_address_on_its_way_is_there_and_pending_and_one_on_its_way_out_is_not(
    status: str, there: bool, pending: str
) -> None:
    second = {"AllocationId": "eipalloc-2", "PublicIp": "198.51.100.8", "PrivateIp": "10.0.1.6", "Status": status}
    gateway = {**NAT, "NatGatewayAddresses": [*NAT["NatGatewayAddresses"], second]}
    live = nat_gateway.translate(Stubbed("ec2").aws, gateway)
    assert live.spec.secondary_elastic_ips == ({"eipalloc-2"} if there else set())
    assert live.pending == pending


def test_a_nat_gateway_that_failed_says_why_in_awss_words() -> None:
    message = "Network vpc-1 has no Internet gateway attached"
    gateway = {**NAT, "State": "failed", "FailureCode": "Gateway.NotAttached", "FailureMessage": message}
    live = nat_gateway.translate(Stubbed("ec2").aws, {**gateway, "NatGatewayAddresses": []})
    assert live.failed == f"Gateway.NotAttached: {message}"
    assert live.pending == ""


def test_a_nat_gateway_waits_for_its_address_instead_of_failing_for_it() -> None:
    """AWS takes the call, fails a minute later, and shows the failed gateway for an hour."""
    account = Stubbed("ec2")
    account.expect("DescribeAddresses", {"Addresses": [ADDRESS]}, AllocationIds=["eipalloc-1"])
    account.expect(
        "DescribeNetworkInterfaces",
        {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Description": "Interface for NAT Gateway nat-0"}]},
        Filters=[{"Name": "network-interface-id", "Values": ["eni-1"]}],
    )
    with pytest.raises(AwsBusy, match="still in use: eipassoc-1 with eni-1"):
        NatGateway().create(account.aws, NatGatewaySpec(subnet="subnet-1", elastic_ip="eipalloc-1"), {})
    account.done()


def test_what_the_server_shows_beside_its_filter_and_what_is_regional_is_left_out() -> None:
    account = Stubbed("ec2")
    regional = {**NAT, "AvailabilityMode": "regional", "SubnetId": ""}
    filters = [{"Name": "state", "Values": ["available", "failed", "pending"]}]
    found = {"NatGateways": [NAT, {**NAT, "State": "deleted"}, regional]}
    account.expect("DescribeNatGateways", found, Filters=filters, MaxResults=1000)
    assert [live.id for live in NatGateway().observe(account.aws, Wanted())] == ["nat-1"]


A, B = {"subnet": "a", "elastic_ip": "one"}, {"subnet": "b", "elastic_ip": "two"}


@pytest.mark.parametrize(
    ("before", "after", "told", "in_place"),
    [
        (A, B, "its address changes", False),
        (A, {**A, "subnet": "b"}, "keeps its address, with a gap", True),
        (A, {**B, "secondary_elastic_ips": {"one"}}, "its address changes, with a gap", True),
        (A, {"subnet": "a", "connectivity_type": "private"}, "its address changes", False),
    ],
)
def test_a_replacement_is_told_by_what_becomes_of_the_address(
    before: dict[str, str], after: dict[str, str], told: str, in_place: bool
) -> None:
    """An address is with one gateway at a time: where both need it, the old one goes first."""
    old, new = NatGatewaySpec.model_validate(before), NatGatewaySpec.model_validate(after)
    assert list(NatGateway().tell(Verb.REPLACE, old, new)) == [f"replaces the NAT gateway; {told}"]
    assert NatGateway().same_slot(new, old) is in_place


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"subnet": "a"}, "needs an elasticIp, or connectivityType: private"),
        ({"subnet": "a", "elasticIp": "one", "connectivityType": "private"}, "has no Elastic IP addresses"),
        ({"subnet": "a", "elasticIp": "one", "secondaryPrivateIpAddresses": ["10.0.0.9"]}, "secondaryElasticIps"),
        ({"subnet": "a", "elasticIp": "one", "privateIpAddress": "10.0.0.0/24"}, "is no address"),
        ({"subnet": "a", "elasticIp": "one", "privateIpAddress": "::1"}, "is IPv6; here it must be IPv4"),
    ],
)
def test_a_nat_gateway_that_aws_would_refuse_is_said_before(spec: dict[str, str], found: str) -> None:
    with pytest.raises(ValidationError, match=found):
        NatGatewaySpec.model_validate(spec)


@pytest.mark.parametrize(
    ("state", "seen"), [("attached", [""]), ("attaching", ["AWS is still attaching it"]), ("detached", [])]
)
def test_an_egress_only_gateway_is_there_for_as_long_as_it_is_attached(state: str, seen: list[str]) -> None:
    account = Stubbed("ec2")
    gateway = {"EgressOnlyInternetGatewayId": "eigw-1", "Attachments": [{"State": state, "VpcId": "vpc-1"}]}
    account.expect("DescribeEgressOnlyInternetGateways", {"EgressOnlyInternetGateways": [gateway]}, MaxResults=255)
    assert [live.pending for live in EgressOnlyInternetGateway().observe(account.aws, Wanted())] == seen


@pytest.mark.parametrize("kind", ["InternetGateway", "EgressOnlyInternetGateway"])
def test_two_gateways_for_one_vpc_are_an_error_at_both(kind: str) -> None:
    first, second = found(VPC, doc(kind, "one", vpc="main"), doc(kind, "two", vpc="main"))
    assert first.startswith("VPC main has two (net.yaml:")
    assert second.startswith("VPC main has one (net.yaml:")
    assert found(doc("InternetGateway", "one"), doc("InternetGateway", "two")) == []
