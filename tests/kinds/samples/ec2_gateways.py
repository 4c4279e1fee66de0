"""Samples of gateways, addresses, route tables and endpoints: the ways into a VPC and out of it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample
from tests.kinds.samples.ec2_vpc import VPCS

SUBNETS: Around = (
    *VPCS,
    ("ec2/Subnet", "a", {"vpc": "one", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1a"}),
    ("ec2/Subnet", "b", {"vpc": "one", "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-central-1b"}),
)
GATEWAYS: Around = (
    *SUBNETS,
    ("ec2/InternetGateway", "one", {"vpc": "one"}),
    ("ec2/ElasticIp", "one", {}),
    ("ec2/ElasticIp", "two", {}),
)

ROUTED: Around = (
    *GATEWAYS,
    ("ec2/NatGateway", "nat", {"subnet": "a", "elasticIp": "one"}),
    ("ec2/RouteTable", "other", {"vpc": "one"}),
)

SAMPLES: Mapping[str, Sample] = {
    "ec2/InternetGateway": Sample(
        around=VPCS,
        spec={"vpc": "one", "tags": {"team": "a"}},
        changes={"vpc": "two", "tags": {"team": "b"}},
    ),
    "ec2/ElasticIp": Sample(
        spec={"tags": {"team": "a"}},
        changes={"tags": {"team": "b"}},
        replacements={"publicIpv4Pool": "ipv4pool-ec2-0123", "networkBorderGroup": "eu-central-1-ham-1"},
    ),
    "ec2/NatGateway": Sample(
        around=GATEWAYS,
        spec={"subnet": "a", "elasticIp": "one", "tags": {"team": "a"}},
        changes={
            "secondaryElasticIps": ["two"],
            "secondaryPrivateIpAddresses": ["10.0.1.9"],
            "tags": {"team": "b"},
        },
        replacements={
            "subnet": "b",
            "elasticIp": "two",
            "connectivityType": "private",
            "privateIpAddress": "10.0.1.8",
        },
    ),
    "ec2/RouteTable": Sample(
        around=ROUTED,
        spec={
            "vpc": "one",
            "routes": [
                {"to": "0.0.0.0/0", "internetGateway": "one"},
                {"to": "192.168.0.0/16", "natGateway": "nat"},
            ],
            "subnets": ["a"],
            "tags": {"team": "a"},
        },
        changes={
            "routes": [
                {"to": "0.0.0.0/0", "natGateway": "nat"},
                {"to": "::/0", "internetGateway": "one"},
            ],
            "subnets": ["b"],
            "main": True,
            "propagatingVgws": ["vgw-01234567"],
            "tags": {"team": "b"},
        },
        replacements={"vpc": "two"},
    ),
    "ec2/VpcEndpoint": Sample(
        around=(
            *SUBNETS,
            ("ec2/RouteTable", "one", {"vpc": "one"}),
            ("ec2/RouteTable", "two", {"vpc": "one"}),
        ),
        spec={"vpc": "one", "serviceName": "s3", "routeTables": ["one"], "tags": {"team": "a"}},
        changes={
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
            },
            "routeTables": ["two"],
            "subnets": ["a"],
            "securityGroups": ["web"],
            "privateDnsEnabled": True,
            "ipAddressType": "dualstack",
            "dnsOptions": {"dnsRecordIpType": "dualstack"},
            "tags": {"team": "b"},
        },
        replacements={
            "serviceName": "dynamodb",
            "serviceRegion": "eu-west-1",
            "vpc": "two",
            "vpcEndpointType": "Interface",
        },
    ),
    "ec2/EgressOnlyInternetGateway": Sample(
        around=VPCS,
        spec={"vpc": "one", "tags": {"team": "a"}},
        changes={"tags": {"team": "b"}},
        replacements={"vpc": "two"},
    ),
}
