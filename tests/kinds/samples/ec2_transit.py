"""Samples of transit gateways and VPN."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

NETWORK: Around = (
    ("ec2/TransitGateway", "hub", {}),
    ("ec2/TransitGateway", "other", {}),
    ("ec2/Vpc", "one", {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/Vpc", "two", {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/Subnet", "a", {"vpc": "one", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1a"}),
    ("ec2/Subnet", "b", {"vpc": "one", "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-central-1b"}),
    ("ec2/Subnet", "c", {"vpc": "two", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1a"}),
)

ATTACHED: Around = (
    *NETWORK,
    ("ec2/TransitGatewayVpcAttachment", "one", {"transitGateway": "hub", "vpc": "one", "subnets": ["a"]}),
    ("ec2/TransitGatewayVpcAttachment", "two", {"transitGateway": "hub", "vpc": "two", "subnets": ["c"]}),
    ("ec2/TransitGatewayVpcAttachment", "far", {"transitGateway": "other", "vpc": "two", "subnets": ["c"]}),
)

ENDS: Around = (
    ("ec2/CustomerGateway", "office", {"ipAddress": "203.0.113.12"}),
    ("ec2/CustomerGateway", "other", {"ipAddress": "203.0.113.13"}),
    ("ec2/TransitGateway", "hub", {}),
    ("ec2/VpnGateway", "one", {}),
    ("ec2/VpnGateway", "two", {}),
)

SAMPLES: Mapping[str, Sample] = {
    "ec2/TransitGateway": Sample(
        spec={"description": "Hub", "tags": {"team": "a"}},
        changes={
            "description": "Another",
            "amazonSideAsn": 4200000001,
            "autoAcceptSharedAttachments": "enable",
            "defaultRouteTableAssociation": "disable",
            "defaultRouteTablePropagation": "disable",
            "dnsSupport": "disable",
            "securityGroupReferencingSupport": "enable",
            "vpnEcmpSupport": "disable",
            "transitGatewayCidrBlocks": ["10.99.0.0/24", "2001:db8:99::/64"],
            "tags": {"team": "b"},
        },
        replacements={"multicastSupport": "enable"},
    ),
    "ec2/TransitGatewayVpcAttachment": Sample(
        around=NETWORK,
        spec={"transitGateway": "hub", "vpc": "one", "subnets": ["a"], "tags": {"team": "a"}},
        changes={
            "subnets": ["b"],
            "dnsSupport": "disable",
            "ipv6Support": "enable",
            "applianceModeSupport": "enable",
            "securityGroupReferencingSupport": "disable",
            "tags": {"team": "b"},
        },
        replacements={"transitGateway": "other", "vpc": "two"},
        along={"vpc": {"subnets": ["c"]}},
    ),
    "ec2/TransitGatewayRouteTable": Sample(
        around=ATTACHED,
        spec={
            "transitGateway": "hub",
            "associations": ["one"],
            "propagations": ["one"],
            "routes": {"10.0.0.0/8": "blackhole", "10.9.0.0/16": "one"},
            "tags": {"team": "a"},
        },
        changes={
            "associations": ["two"],
            "propagations": ["two"],
            "routes": {"10.0.0.0/8": "blackhole", "10.9.0.0/16": "two", "2001:db8::/32": "blackhole"},
            "tags": {"team": "b"},
        },
        replacements={"transitGateway": "other"},
        along={"transitGateway": {"associations": ["far"], "propagations": ["far"], "routes": {"10.9.0.0/16": "far"}}},
    ),
    "ec2/VpnGateway": Sample(
        around=NETWORK,
        spec={"vpc": "one", "tags": {"team": "a"}},
        changes={"vpc": "two", "tags": {"team": "b"}},
        replacements={"amazonSideAsn": 64700},
    ),
    "ec2/CustomerGateway": Sample(
        spec={"ipAddress": "203.0.113.12", "tags": {"team": "a"}},
        changes={"tags": {"team": "b"}},
        replacements={
            "ipAddress": "203.0.113.13",
            "bgpAsn": 65010,
            "certificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
            "deviceName": "office",
        },
    ),
    "ec2/VpnConnection": Sample(
        around=ENDS,
        spec={"customerGateway": "office", "vpnGateway": "one", "tags": {"team": "a"}},
        changes={
            "customerGateway": "other",
            "vpnGateway": "two",
            "transitGateway": "hub",
            "routes": ["192.168.0.0/16"],
            "localIpv4NetworkCidr": "192.168.0.0/16",
            "remoteIpv4NetworkCidr": "10.0.0.0/16",
            "localIpv6NetworkCidr": "fd00::/16",
            "remoteIpv6NetworkCidr": "fd01::/16",
            "tunnel1": {"ikeVersions": ["ikev2"]},
            "tunnel2": {"startupAction": "start"},
            "tags": {"team": "b"},
        },
        replacements={
            "staticRoutesOnly": True,
            "enableAcceleration": True,
            "tunnelInsideIpVersion": "ipv6",
            "outsideIpAddressType": "PrivateIpv4",
            "transportTransitGatewayAttachmentId": "tgw-attach-1",
            "preSharedKeyStorage": "SecretsManager",
        },
    ),
}
