"""Samples of log groups."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    "logs/LogGroup": Sample(
        spec={"logGroupName": "/ecs/app", "retentionInDays": 30, "tags": {"team": "a"}},
        changes={
            "retentionInDays": 0,
            "kmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/one",
            "deletionProtectionEnabled": True,
            "tags": {"team": "b"},
        },
        replacements={"logGroupName": "/ecs/other", "logGroupClass": "INFREQUENT_ACCESS"},
    ),
}
