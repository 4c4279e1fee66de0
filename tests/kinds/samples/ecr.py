"""Samples of ECR repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kinds.samples.base import Sample

KEY = "arn:aws:kms:eu-central-1:123456789012:key"


def policy(account: str) -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "ecr:BatchGetImage"}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def expire(count: int) -> dict[str, Any]:
    chosen = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}
    return {"rules": [{"rulePriority": 1, "selection": chosen, "action": {"type": "expire"}}]}


SAMPLES: Mapping[str, Sample] = {
    "ecr/Repository": Sample(
        spec={
            "encryptionType": "KMS",
            "kmsKey": f"{KEY}/one",
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": ["latest"],
            "lifecyclePolicy": expire(10),
            "repositoryPolicy": policy("123456789012"),
            "tags": {"team": "a"},
        },
        changes={
            "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": ["latest", "branch-*"],
            "scanOnPush": True,
            "lifecyclePolicy": {},
            "repositoryPolicy": "none",
            "tags": {"team": "b"},
        },
        replacements={
            "repositoryName": "team/renamed",
            "encryptionType": "KMS_DSSE",
            "kmsKey": f"{KEY}/two",
        },
    ),
}
