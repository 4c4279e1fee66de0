"""Samples of Cloud Map's namespaces and services."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

NAMESPACES: Around = (
    ("servicediscovery/Namespace", "one", {"name": "one.example.com", "type": "DNS_PUBLIC"}),
    ("servicediscovery/Namespace", "two", {"name": "two.example.com", "type": "DNS_PUBLIC"}),
)

SAMPLES: Mapping[str, Sample] = {
    "servicediscovery/Namespace": Sample(
        spec={
            "name": "shop.example.com",
            "type": "DNS_PUBLIC",
            "description": "One",
            "soaTtl": 15,
            "tags": {"team": "a"},
        },
        changes={"description": "Two", "soaTtl": 60, "tags": {"team": "b"}},
        replacements={"name": "other.example.com", "type": "HTTP", "vpc": "vpc-0123456789abcdef0"},
    ),
    "servicediscovery/Service": Sample(
        around=NAMESPACES,
        spec={
            "namespace": "one",
            "dnsRecords": ["A"],
            "healthCheckType": "HTTP",
            "healthCheckPath": "/up",
            "tags": {"team": "a"},
        },
        changes={
            "description": "Two",
            "ttl": 10,
            "healthCheckType": "HTTPS",
            "healthCheckPath": "",
            "failureThreshold": 3,
            "tags": {"team": "b"},
        },
        replacements={
            "name": "renamed",
            "namespace": "two",
            "dnsRecords": ["A", "AAAA"],
            "routingPolicy": "WEIGHTED",
            "customHealthCheck": True,
        },
    ),
}
