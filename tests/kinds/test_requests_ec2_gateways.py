"""What moto cannot do of gateways, addresses, route tables and endpoints (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.ec2 import elastic_ip, nat_gateway, route_table, vpc_endpoint
from controller.kinds.ec2.elastic_ip import ElasticIp, ElasticIpSpec
from controller.kinds.ec2.nat_gateway import NatGateway, NatGatewaySpec
from controller.kinds.ec2.route_spec import RouteTableSpec
from controller.kinds.ec2.route_table import RouteTable
from controller.kinds.ec2.routes import Route
from controller.kinds.ec2.vpc_endpoint import DnsOptions, VpcEndpoint, VpcEndpointSpec
from tests.kinds.stubbed import Stubbed, covers

TAGS = {"a": "b"}


def tagged(type_: str) -> list[dict[str, object]]:
    return [{"ResourceType": type_, "Tags": [{"Key": "a", "Value": "b"}]}]


@covers("ec2/ElasticIp", "networkBorderGroup", "publicIpv4Pool")
def test_an_address_is_taken_from_a_pool_of_ones_own_in_one_group_of_zones_and_given_back_there() -> None:
    """AWS answers InvalidAddress.NotFound to a release that names no group, or another."""
    account = Stubbed("ec2")
    facts = {"PublicIpv4Pool": "ipv4pool-ec2-0123", "NetworkBorderGroup": "eu-central-1-ham-1"}
    reply = {"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.7", "Domain": "vpc", **facts}
    account.expect("AllocateAddress", reply, Domain="vpc", TagSpecifications=tagged("elastic-ip"), **facts)
    account.expect("ReleaseAddress", AllocationId="eipalloc-1", NetworkBorderGroup="eu-central-1-ham-1")
    live = elastic_ip.translate(account.aws, reply)
    made = ElasticIp().create(account.aws, ElasticIpSpec.model_validate(live.spec.model_dump()), TAGS)
    assert made.outputs == live.outputs
    assert made.outputs["publicIp"] == "198.51.100.7"
    ElasticIp().delete(account.aws, live)
    account.done()


def test_amazons_own_pool_is_what_aws_takes_when_none_is_named() -> None:
    account = Stubbed("ec2")
    reply = {"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.7", "Domain": "vpc", "PublicIpv4Pool": "amazon"}
    account.expect("AllocateAddress", reply, Domain="vpc", TagSpecifications=tagged("elastic-ip"))
    ElasticIp().create(account.aws, ElasticIpSpec(public_ipv4_pool="amazon"), TAGS)
    account.done()


NAT = {
    "NatGatewayId": "nat-1",
    "SubnetId": "subnet-1",
    "VpcId": "vpc-1",
    "State": "available",
    "ConnectivityType": "public",
    "NatGatewayAddresses": [
        {"AllocationId": "eipalloc-2", "PrivateIp": "10.0.1.6", "AssociationId": "eipassoc-2", "IsPrimary": False},
        {"AllocationId": "eipalloc-1", "PrivateIp": "10.0.1.5", "AssociationId": "eipassoc-1", "IsPrimary": True},
    ],
}


@covers("ec2/NatGateway", "privateIpAddress", "secondaryElasticIps")
def test_a_public_nat_gateway_is_made_with_all_its_addresses_once_they_are_free() -> None:
    account = Stubbed("ec2")
    free = {"Addresses": [{"AllocationId": "eipalloc-1"}, {"AllocationId": "eipalloc-2"}]}
    account.expect("DescribeAddresses", free, AllocationIds=["eipalloc-1", "eipalloc-2"])
    account.expect(
        "CreateNatGateway",
        {"NatGateway": {**NAT, "State": "pending"}},
        SubnetId="subnet-1",
        ConnectivityType="public",
        AllocationId="eipalloc-1",
        PrivateIpAddress="10.0.1.5",
        SecondaryAllocationIds=["eipalloc-2"],
        TagSpecifications=tagged("natgateway"),
    )
    spec = nat_gateway.translate(account.aws, NAT).spec
    made = NatGateway().create(account.aws, spec, TAGS)
    assert made.pending == "AWS is still making it, which takes a minute or two"
    account.done()


@covers("ec2/NatGateway", "secondaryElasticIps")
def test_a_secondary_address_is_put_on_before_another_is_taken_off() -> None:
    account = Stubbed("ec2")
    live = nat_gateway.translate(account.aws, NAT)
    spec = live.spec.model_copy(update={"secondary_elastic_ips": frozenset({"eipalloc-3"})})
    account.expect("AssociateNatGatewayAddress", NatGatewayId="nat-1", AllocationIds=["eipalloc-3"])
    account.expect("DisassociateNatGatewayAddress", NatGatewayId="nat-1", AssociationIds=["eipassoc-2"])
    NatGateway().update(account.aws, live, spec, frozenset({"secondaryElasticIps"}))
    account.done()


PRIVATE = {
    **NAT,
    "ConnectivityType": "private",
    "NatGatewayAddresses": [
        {"PrivateIp": "10.0.1.5", "IsPrimary": True},
        {"PrivateIp": "10.0.1.6", "IsPrimary": False},
    ],
}


@covers("ec2/NatGateway", "connectivityType", "secondaryPrivateIpAddresses")
def test_a_private_nat_gateway_needs_no_elastic_ip_and_has_further_addresses_in_its_subnet() -> None:
    account = Stubbed("ec2")
    account.expect(
        "CreateNatGateway",
        {"NatGateway": PRIVATE},
        SubnetId="subnet-1",
        ConnectivityType="private",
        SecondaryPrivateIpAddresses=["10.0.1.6"],
        TagSpecifications=tagged("natgateway"),
    )
    spec = NatGatewaySpec(
        subnet="subnet-1", connectivity_type="private", secondary_private_ip_addresses=frozenset({"10.0.1.6"})
    )
    NatGateway().create(account.aws, spec, TAGS)
    live = nat_gateway.translate(account.aws, PRIVATE)
    assert live.spec.secondary_private_ip_addresses == {"10.0.1.6"}
    account.expect("AssignPrivateNatGatewayAddress", NatGatewayId="nat-1", PrivateIpAddresses=["10.0.1.7"])
    account.expect("UnassignPrivateNatGatewayAddress", NatGatewayId="nat-1", PrivateIpAddresses=["10.0.1.6"])
    moved = spec.model_copy(update={"secondary_private_ip_addresses": frozenset({"10.0.1.7"})})
    NatGateway().update(account.aws, live, moved, frozenset({"secondaryPrivateIpAddresses"}))
    account.done()


@covers("ec2/RouteTable", "propagatingVgws")
def test_propagation_is_switched_on_for_a_gateway_before_it_is_switched_off_for_another() -> None:
    account = Stubbed("ec2")
    table = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "PropagatingVgws": [{"GatewayId": "vgw-00000001"}]}
    live = route_table.translate(account.aws, table)
    account.expect("EnableVgwRoutePropagation", RouteTableId="rtb-1", GatewayId="vgw-00000002")
    account.expect("DisableVgwRoutePropagation", RouteTableId="rtb-1", GatewayId="vgw-00000001")
    spec = live.spec.model_copy(update={"propagating_vgws": frozenset({"vgw-00000002"})})
    RouteTable().update(account.aws, live, spec, frozenset({"propagatingVgws"}))
    account.done()


@covers("ec2/RouteTable", "vpc")
def test_a_table_for_another_vpc_is_a_new_one_and_has_its_routes_before_its_subnets() -> None:
    """A subnet that is moved to it must find its way at once."""
    account = Stubbed("ec2")
    reply = {"RouteTable": {"RouteTableId": "rtb-2", "VpcId": "vpc-2"}}
    account.expect("CreateRouteTable", reply, VpcId="vpc-2", TagSpecifications=tagged("route-table"))
    where = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-00000002"}
    account.expect("CreateRoute", RouteTableId="rtb-2", **where)
    filters = [{"Name": "association.subnet-id", "Values": ["subnet-2"]}]
    account.expect("DescribeRouteTables", {"RouteTables": []}, Filters=filters)
    account.expect("AssociateRouteTable", RouteTableId="rtb-2", SubnetId="subnet-2")
    routes = (Route(to="0.0.0.0/0", internet_gateway="igw-00000002"),)
    spec = RouteTableSpec(vpc="vpc-2", routes=routes, subnets=frozenset({"subnet-2"}))
    assert RouteTable().create(account.aws, spec, TAGS).id == "rtb-2"
    assert "vpc" in RouteTable.replace_on
    account.done()


ENDPOINT = {
    "VpcEndpointId": "vpce-1",
    "VpcEndpointType": "Interface",
    "VpcId": "vpc-1",
    "ServiceName": "com.amazonaws.eu-central-1.ecr.api",
    "State": "available",
    "SubnetIds": ["subnet-1"],
    "Groups": [{"GroupId": "sg-1", "GroupName": "web"}],
    "PrivateDnsEnabled": False,
    "IpAddressType": "ipv4",
    "DnsOptions": {"DnsRecordIpType": "ipv4"},
}


@covers("ec2/VpcEndpoint", "vpc", "vpcEndpointType")
def test_an_interface_endpoint_is_made_with_all_that_it_is_to_be() -> None:
    account = Stubbed("ec2")
    account.expect(
        "CreateVpcEndpoint",
        {"VpcEndpoint": {**ENDPOINT, "State": "pending"}},
        VpcId="vpc-1",
        ServiceName="com.amazonaws.eu-central-1.ecr.api",
        VpcEndpointType="Interface",
        SubnetIds=["subnet-1"],
        SecurityGroupIds=["sg-1"],
        PrivateDnsEnabled=False,
        IpAddressType="ipv4",
        DnsOptions={"DnsRecordIpType": "ipv4"},
        TagSpecifications=tagged("vpc-endpoint"),
    )
    spec = vpc_endpoint.translate(account.aws, ENDPOINT).spec
    made = VpcEndpoint().create(
        account.aws, spec.model_copy(update={"policy_document": vpc_endpoint.FULL_ACCESS}), TAGS
    )
    assert made.pending == "AWS is still making it"
    assert {"vpc", "vpcEndpointType"} <= VpcEndpoint.replace_on
    account.done()


@covers("ec2/VpcEndpoint", "dnsOptions", "ipAddressType", "privateDnsEnabled", "securityGroups", "subnets")
def test_what_an_endpoint_gets_and_what_it_loses_is_one_call() -> None:
    account = Stubbed("ec2")
    live = vpc_endpoint.translate(account.aws, ENDPOINT)
    account.expect(
        "ModifyVpcEndpoint",
        VpcEndpointId="vpce-1",
        AddSubnetIds=["subnet-2"],
        RemoveSubnetIds=["subnet-1"],
        AddSecurityGroupIds=["sg-2"],
        RemoveSecurityGroupIds=["sg-1"],
        PrivateDnsEnabled=True,
        IpAddressType="dualstack",
        DnsOptions={"DnsRecordIpType": "dualstack", "PrivateDnsOnlyForInboundResolverEndpoint": True},
    )
    options = DnsOptions(dns_record_ip_type="dualstack", private_dns_only_for_inbound_resolver_endpoint=True)
    changes = {
        "subnets": frozenset({"subnet-2"}),
        "security_groups": frozenset({"sg-2"}),
        "private_dns_enabled": True,
        "ip_address_type": "dualstack",
        "dns_options": options,
    }
    fields = frozenset({"subnets", "securityGroups", "privateDnsEnabled", "ipAddressType", "dnsOptions"})
    VpcEndpoint().update(account.aws, live, live.spec.model_copy(update=changes), fields)
    account.done()


def test_an_endpoint_to_a_service_in_another_region_says_the_region() -> None:
    account = Stubbed("ec2")
    account.expect(
        "CreateVpcEndpoint",
        {"VpcEndpoint": ENDPOINT},
        VpcId="vpc-1",
        ServiceName="com.amazonaws.us-east-1.ecr.api",
        ServiceRegion="us-east-1",
        VpcEndpointType="Interface",
        TagSpecifications=tagged("vpc-endpoint"),
    )
    spec = VpcEndpointSpec(vpc="vpc-1", service_name="com.amazonaws.us-east-1.ecr.api", vpc_endpoint_type="Interface")
    VpcEndpoint().create(account.aws, spec, TAGS)
    account.done()
