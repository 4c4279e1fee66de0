"""Samples of parameters."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    "ssm/Parameter": Sample(
        spec={"name": "/app/url", "value": "one", "description": "Where", "tier": "Standard", "tags": {"team": "a"}},
        changes={
            "value": "two",
            "description": "",
            "allowedPattern": "^[a-z]+$",
            "dataType": "aws:ec2:image",
            "tier": "Advanced",
            "tags": {"team": "b"},
        },
        replacements={"name": "/app/other", "type": "StringList"},
    ),
}
