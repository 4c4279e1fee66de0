"""What moto cannot do of VPCs, subnets and security groups (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.ec2.subnet import Subnet, SubnetSpec, translate
from tests.kinds.stubbed import Stubbed, covers

SUBNET = {
    "SubnetId": "subnet-1",
    "SubnetArn": "arn:aws:ec2:eu-central-1:123456789012:subnet/subnet-1",
    "VpcId": "vpc-1",
    "CidrBlock": "10.0.1.0/24",
    "AvailabilityZone": "eu-central-1a",
}


@covers("ec2/Subnet", "enableDns64", "enableResourceNameDnsAAAARecord", "privateDnsHostnameType")
def test_each_switch_of_a_subnet_is_a_call_of_its_own() -> None:
    """ModifySubnetAttribute takes one attribute at a time."""
    account, live = Stubbed("ec2"), translate(SUBNET)
    changes = {
        "enable_dns64": True,
        "enable_resource_name_dns_aaaa_record": True,
        "private_dns_hostname_type": "resource-name",
    }
    account.expect("ModifySubnetAttribute", SubnetId="subnet-1", EnableDns64={"Value": True})
    account.expect(
        "ModifySubnetAttribute", SubnetId="subnet-1", EnableResourceNameDnsAAAARecordOnLaunch={"Value": True}
    )
    account.expect("ModifySubnetAttribute", SubnetId="subnet-1", PrivateDnsHostnameTypeOnLaunch="resource-name")
    fields = frozenset({"enableDns64", "enableResourceNameDnsAAAARecord", "privateDnsHostnameType"})
    Subnet().update(account.aws, live, live.spec.model_copy(update=changes), fields)
    account.done()


@covers("ec2/Subnet", "ipv6Native")
def test_a_subnet_with_ipv6_only_is_made_without_an_ipv4_range() -> None:
    account = Stubbed("ec2")
    spec = SubnetSpec(vpc="vpc-1", ipv6_native=True, ipv6_cidr_block="2001:db8::/64")
    reply = {"Subnet": {**SUBNET, "CidrBlock": "", "Ipv6Native": True}}
    account.expect(
        "CreateSubnet",
        reply,
        VpcId="vpc-1",
        Ipv6CidrBlock="2001:db8::/64",
        Ipv6Native=True,
        TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    assert Subnet().create(account.aws, spec, {"a": "b"}).id == "subnet-1"
    account.done()
