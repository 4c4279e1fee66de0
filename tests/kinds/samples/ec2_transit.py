"""Samples of transit gateways and VPN."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

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
}
