"""Samples of VPCs, subnets and security groups."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

VPCS: Around = (
    ("ec2/Vpc", "one", {"cidrBlock": "10.0.0.0/16", "amazonProvidedIpv6CidrBlock": True}),
    ("ec2/Vpc", "two", {"cidrBlock": "10.0.0.0/16"}),
)

SAMPLES: Mapping[str, Sample] = {
    "ec2/Vpc": Sample(
        around=(("ec2/DhcpOptions", "ours", {"domainNameServers": ["10.0.0.2"]}),),
        spec={"cidrBlock": "10.0.0.0/16", "dhcpOptions": "ours", "tags": {"team": "a"}},
        changes={
            "dhcpOptions": "default",
            "secondaryCidrBlocks": ["10.1.0.0/16"],
            "amazonProvidedIpv6CidrBlock": True,
            "enableDnsSupport": False,
            "enableDnsHostnames": True,
            "enableNetworkAddressUsageMetrics": True,
            "tags": {"team": "b"},
        },
        replacements={"cidrBlock": "10.2.0.0/16", "instanceTenancy": "dedicated"},
    ),
    "ec2/Subnet": Sample(
        around=VPCS,
        spec={"vpc": "one", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1a", "tags": {"team": "a"}},
        changes={
            "ipv6CidrBlock": "${out.Vpc.one.ipv6CidrBlock}#1",
            "mapPublicIpOnLaunch": True,
            "assignIpv6AddressOnCreation": True,
            "enableDns64": True,
            "privateDnsHostnameType": "resource-name",
            "enableResourceNameDnsARecord": True,
            "enableResourceNameDnsAAAARecord": True,
            "tags": {"team": "b"},
        },
        replacements={
            "vpc": "two",
            "cidrBlock": "10.0.2.0/24",
            "availabilityZone": "eu-central-1b",
            "ipv6Native": True,
        },
    ),
    "ec2/SecurityGroup": Sample(
        around=(*VPCS, ("ec2/SecurityGroup", "alb", {"vpc": "one"})),
        spec={
            "vpc": "one",
            "ingress": [
                {"protocol": "tcp", "port": 3000, "from": ["alb"], "description": "The load balancer"},
                {"protocol": "icmp", "from": ["10.0.0.0/16", "self"]},
            ],
            "tags": {"team": "a"},
        },
        changes={
            "ingress": [
                {"protocol": "tcp", "port": "443", "from": ["0.0.0.0/0", "::/0"]},
                {"protocol": "tcp", "port": "8000-8100", "from": ["10.0.0.0/8"]},
                {"protocol": "all", "from": ["self"]},
            ],
            "egress": [{"protocol": "udp", "port": 53, "to": ["10.0.0.2/32"]}],
            "tags": {"team": "b"},
        },
        replacements={"groupName": "renamed", "description": "Another", "vpc": "two"},
    ),
}
