"""Samples of certificates."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    "acm/Certificate": Sample(
        spec={"domainName": "example.com", "subjectAlternativeNames": ["www.example.com"], "tags": {"team": "a"}},
        changes={"zone": "Z0123456789", "tags": {"team": "b"}},
        replacements={
            "domainName": "*.example.com",
            "subjectAlternativeNames": ["www.example.com", "api.example.com"],
            "keyAlgorithm": "EC_prime256v1",
        },
    ),
}
