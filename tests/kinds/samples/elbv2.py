"""Samples of load balancers, target groups, listeners and rules."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

NETWORK: Around = (
    ("ec2/Vpc", "one", {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/Subnet", "a", {"vpc": "one", "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-central-1a"}),
    ("ec2/Subnet", "b", {"vpc": "one", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1b"}),
    ("ec2/Subnet", "c", {"vpc": "one", "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-central-1c"}),
    ("ec2/SecurityGroup", "alb", {"vpc": "one"}),
    ("ec2/SecurityGroup", "other", {"vpc": "one"}),
)

SAMPLES: Mapping[str, Sample] = {
    "elbv2/LoadBalancer": Sample(
        around=NETWORK,
        spec={
            "subnets": ["a", "b"],
            "securityGroups": ["alb"],
            "attributes": {"idle_timeout.timeout_seconds": 30},
            "tags": {"team": "a"},
        },
        changes={
            "ipAddressType": "dualstack",
            "subnets": ["b", "c"],
            "subnetMappings": [{"subnet": "c", "privateIPv4Address": "10.0.2.9"}],
            "securityGroups": ["alb", "other"],
            "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "off",
            "attributes": {"idle_timeout.timeout_seconds": 120},
            "tags": {"team": "b"},
        },
        replacements={"name": "renamed", "type": "network", "scheme": "internal"},
    ),
}
