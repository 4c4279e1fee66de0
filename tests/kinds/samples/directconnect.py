"""Samples of Direct Connect."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

GATEWAYS: Around = (
    ("ec2/VpnGateway", "one", {}),
    ("ec2/TransitGateway", "hub", {}),
    ("directconnect/Gateway", "one", {}),
    ("directconnect/Gateway", "two", {}),
)

SAMPLES: Mapping[str, Sample] = {
    "directconnect/Gateway": Sample(
        around=GATEWAYS[:2],
        spec={"associations": [{"gateway": "hub", "allowedPrefixes": ["10.0.0.0/16"]}], "tags": {"team": "a"}},
        changes={
            "name": "renamed",
            "associations": [{"gateway": "hub", "allowedPrefixes": ["10.1.0.0/16"]}, {"gateway": "one"}],
            "tags": {"team": "b"},
        },
        replacements={"amazonSideAsn": 64700},
    ),
    "directconnect/VirtualInterface": Sample(
        around=GATEWAYS,
        spec={
            "type": "private",
            "connection": "dxcon-one",
            "vlan": 100,
            "asn": 65000,
            "directConnectGateway": "one",
            "tags": {"team": "a"},
        },
        changes={
            "name": "renamed",
            "connection": "dxcon-two",
            "authKey": "a-secret",
            "mtu": 8500,
            "enableSiteLink": True,
            "tags": {"team": "b"},
        },
        replacements={
            "type": "transit",
            "vlan": 101,
            "asn": 65001,
            "addressFamily": "ipv6",
            "amazonAddress": "169.254.10.1/30",
            "customerAddress": "169.254.10.2/30",
            "virtualGateway": "one",
            "directConnectGateway": "two",
            "routeFilterPrefixes": ["203.0.113.0/24"],
        },
    ),
}
