"""Samples of ECS: clusters, task definitions and services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.kinds.samples.base import Around, Sample

TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
}
ROLES: Around = (("iam/Role", "execution", {"trust": TRUST}), ("iam/Role", "app", {"trust": TRUST}))
APP: Mapping[str, Any] = {
    "name": "app",
    "image": "nginx:1",
    "portMappings": [3000],
    "environment": {"STAGE": "test", "PORT": 3000},
}
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
    "ecs/TaskDefinition": Sample(
        around=ROLES,
        spec={
            "networkMode": "awsvpc",
            "cpu": 256,
            "memory": "0.5 GB",
            "containerDefinitions": [APP],
            "tags": {"team": "a"},
        },
        changes={
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "host",
            "containerDefinitions": [
                {**APP, "image": "nginx:2", "mountPoints": [], "secrets": {}},
                {"name": "proxy", "image": "envoy:1", "essential": False, "healthCheck": {"command": "true"}},
            ],
            "cpu": "1 vCPU",
            "memory": "2GB",
            "executionRole": "execution",
            "taskRole": "app",
            "volumes": [{"name": "data"}, {"name": "shared", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
            "runtimePlatform": {"cpuArchitecture": "ARM64"},
            "ephemeralStorage": 30,
            "pidMode": "task",
            "ipcMode": "none",
            "placementConstraints": ["attribute:ecs.instance-type =~ t3.*"],
            "enableFaultInjection": True,
            "tags": {"team": "b"},
        },
        replacements={"family": "renamed"},
        quiet={"keepRevisions": 3},
    ),
}
