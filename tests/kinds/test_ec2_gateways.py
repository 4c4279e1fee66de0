"""Gateways, addresses, route tables and endpoints: AWS's replies as it documents them, and what they mean."""

from __future__ import annotations

import pytest

from controller.errors import AwsBusy
from controller.kinds.ec2 import elastic_ip, internet_gateway
from controller.kinds.ec2.elastic_ip import ElasticIp
from controller.kinds.ec2.internet_gateway import InternetGateway, InternetGatewaySpec
from controller.model.observed import Wanted
from controller.model.plan import Verb
from tests.kinds.stubbed import Stubbed

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
