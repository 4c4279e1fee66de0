"""Samples of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kinds.samples.base import Sample


def policy(account: str) -> dict[str, Any]:
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": account},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [allowed]}


SAMPLES: Mapping[str, Sample] = {
    "secretsmanager/Secret": Sample(
        spec={
            "name": "app/db",
            "description": "One",
            "resourcePolicy": policy("123456789012"),
            "replicaRegions": [{"region": "eu-west-1"}],
            "generate": {"length": 20},
            "tags": {"team": "a"},
        },
        changes={
            "description": "Two",
            "kmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/one",
            "resourcePolicy": "none",
            "replicaRegions": [{"region": "us-east-1"}, {"region": "eu-north-1"}],
            "generate": {"length": 30},
            "tags": {"team": "b"},
        },
        replacements={"name": "app/renamed"},
    ),
}
