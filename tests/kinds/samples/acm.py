"""Samples of certificates."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    "acm/Certificate": Sample(
        around=(
            ("route53/HostedZone", "example.com", {}),
            ("route53/HostedZone", "www.example.com", {}),
        ),
        spec={
            "domainName": "example.com",
            "subjectAlternativeNames": ["www.example.com"],
            "zone": "example.com",
            "tags": {"team": "a"},
        },
        changes={"tags": {"team": "b"}},
        # AWS looks at the records before it issues, and before it renews; in between it does not matter where they are.
        quiet={"zone": "www.example.com"},
        replacements={
            "domainName": "*.example.com",
            "subjectAlternativeNames": ["www.example.com", "api.example.com"],
            "keyAlgorithm": "EC_prime256v1",
        },
    ),
}
