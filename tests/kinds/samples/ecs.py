"""Samples of ECS: clusters, task definitions and services."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

NAMESPACE = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-1"

SAMPLES: Mapping[str, Sample] = {
    "ecs/Cluster": Sample(
        spec={
            "capacityProviders": ["FARGATE"],
            "containerInsights": "disabled",
            "executeCommand": {},
            "tags": {"team": "a"},
        },
        changes={
            "capacityProviders": ["FARGATE_SPOT", "FARGATE"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "base": 1, "weight": 1}],
            "containerInsights": "enhanced",
            "executeCommand": {"logging": "OVERRIDE", "logConfiguration": {"cloudWatchLogGroupName": "/exec"}},
            "serviceConnectNamespace": NAMESPACE,
            "tags": {"team": "b"},
        },
        replacements={"clusterName": "renamed"},
    ),
}
