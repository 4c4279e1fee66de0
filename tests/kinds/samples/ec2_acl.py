"""Samples of network ACLs, prefix lists, peering connections, DHCP options and flow logs."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample
from tests.kinds.samples.iam import ROLES

VPCS: Around = (
    ("ec2/Vpc", "one", {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/Vpc", "two", {"cidrBlock": "10.1.0.0/16"}),
)
SUBNETS: Around = (
    ("ec2/Subnet", "left", {"vpc": "one", "availabilityZone": "eu-central-1a", "cidrBlock": "10.0.1.0/24"}),
    ("ec2/Subnet", "right", {"vpc": "one", "availabilityZone": "eu-central-1b", "cidrBlock": "10.0.2.0/24"}),
)

SAMPLES: Mapping[str, Sample] = {
    "ec2/NetworkAcl": Sample(
        around=(*VPCS, *SUBNETS),
        spec={
            "vpc": "one",
            "ingress": [
                {"ruleNumber": 100, "protocol": "tcp", "port": 443, "cidr": "0.0.0.0/0", "action": "allow"},
                {"ruleNumber": 110, "protocol": "icmp", "cidr": "10.0.0.0/8", "action": "allow"},
                {"ruleNumber": 120, "protocol": "all", "cidr": "10.9.0.0/16", "action": "deny"},
            ],
            "egress": [{"ruleNumber": 100, "protocol": "all", "cidr": "0.0.0.0/0", "action": "allow"}],
            "tags": {"team": "a"},
        },
        changes={
            "ingress": [
                {"ruleNumber": 120, "protocol": "tcp", "port": "8000-8100", "cidr": "10.0.0.0/8", "action": "deny"},
                {"ruleNumber": 100, "protocol": "tcp", "port": 443, "cidr": "::/0", "action": "allow"},
                {"ruleNumber": 99, "protocol": "icmpv6", "cidr": "::/0", "action": "allow"},
            ],
            "egress": [],
            "subnets": ["left", "right"],
            "tags": {"team": "b"},
        },
        replacements={"vpc": "two", "default": True},
    ),
    "ec2/PrefixList": Sample(
        spec={
            "prefixListName": "offices",
            "maxEntries": 5,
            "tags": {"team": "a"},
        },
        changes={
            "prefixListName": "partners",
            "maxEntries": 3,
            "entries": [
                {"cidr": "203.0.113.0/24", "description": "Lagos"},
                {"cidr": "192.0.2.0/24", "description": "Potsdam"},
            ],
            "tags": {"team": "b"},
        },
        replacements={"addressFamily": "IPv6"},
    ),
    "ec2/VpcPeeringConnection": Sample(
        around=(*VPCS, ("ec2/Vpc", "three", {"cidrBlock": "10.2.0.0/16"})),
        spec={"vpc": "one", "peerVpc": "two", "peerAllowDnsResolutionFromRemoteVpc": False, "tags": {"team": "a"}},
        changes={
            "allowDnsResolutionFromRemoteVpc": True,
            "peerAllowDnsResolutionFromRemoteVpc": True,
            "tags": {"team": "b"},
        },
        replacements={"vpc": "three", "peerVpc": "three"},
    ),
    "ec2/DhcpOptions": Sample(
        spec={"domainName": "acme.internal", "domainNameServers": ["10.0.0.3", "10.0.0.2"], "tags": {"team": "a"}},
        changes={"tags": {"team": "b"}},
        replacements={
            "domainName": "example.internal",
            "domainNameServers": ["10.0.0.2", "10.0.0.3"],
            "ntpServers": ["169.254.169.123"],
            "netbiosNameServers": ["10.0.0.9"],
            "netbiosNodeType": 2,
            "ipv6AddressPreferredLeaseTime": 3600,
        },
    ),
    "ec2/FlowLog": Sample(
        around=(*VPCS, *ROLES, ("logs/LogGroup", "flows", {}), ("logs/LogGroup", "other", {})),
        spec={
            "vpc": "one",
            "trafficType": "REJECT",
            "logGroupName": "${out.LogGroup.flows.name}",
            "deliverLogsPermissionArn": "first",
            "tags": {"team": "a"},
        },
        changes={"tags": {"team": "b"}},
        replacements={
            "vpc": "two",
            "subnet": "left",
            "networkInterface": "eni-0123",
            "trafficType": "ALL",
            "logDestinationType": "s3",
            "logDestination": "arn:aws:s3:::flows",
            "logGroupName": "${out.LogGroup.other.name}",
            "deliverLogsPermissionArn": "second",
            "logFormat": "${srcaddr} ${dstaddr}",
            "maxAggregationInterval": 60,
            "destinationOptions": {"fileFormat": "parquet"},
        },
    ),
}
