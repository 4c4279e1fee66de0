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
NETWORK: Around = (
    ("ec2/Vpc", "main", {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/Subnet", "a", {"vpc": "main", "cidrBlock": "10.0.1.0/24"}),
    ("ec2/Subnet", "b", {"vpc": "main", "cidrBlock": "10.0.2.0/24"}),
    ("ec2/SecurityGroup", "app", {"vpc": "main"}),
)
TASKS: Around = (
    *ROLES,
    *(
        (
            "ecs/TaskDefinition",
            name,
            {
                "requiresCompatibilities": ["FARGATE"],
                "cpu": 256,
                "memory": 512,
                "taskRole": "app",
                "containerDefinitions": [{**APP, "portMappings": [{"containerPort": 3000, "name": "http"}]}],
            },
        )
        for name in ("app", "other")
    ),
)
TARGETS = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/0123456789abcdef"
REGISTRY = "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-1"
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
    "ecs/Service": Sample(
        around=(
            *NETWORK,
            *TASKS,
            ("ecs/Cluster", "one", {"capacityProviders": ["FARGATE"]}),
            ("ecs/Cluster", "two", {}),
        ),
        spec={
            "cluster": "one",
            "taskDefinition": "app",
            "desiredCount": 2,
            "capacityProviderStrategy": [],
            "platformVersion": "LATEST",
            "networkConfiguration": {"subnets": ["a"], "securityGroups": ["app"]},
            "availabilityZoneRebalancing": "DISABLED",
            "tags": {"team": "a"},
        },
        changes={
            "taskDefinition": "other",
            "desiredCount": 3,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
            "platformVersion": "1.4.0",
            "networkConfiguration": {"subnets": ["a", "b"], "securityGroups": ["app"], "assignPublicIp": True},
            "loadBalancers": [{"targetGroup": TARGETS, "containerName": "app", "containerPort": 3000}],
            "healthCheckGracePeriodSeconds": 60,
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "minimumHealthyPercent": 50,
                "alarms": {"alarmNames": ["errors"], "enable": True},
            },
            "enableExecuteCommand": True,
            "enableECSManagedTags": True,
            "propagateTags": "SERVICE",
            "serviceRegistries": [{"registry": REGISTRY}],
            "serviceConnectConfiguration": {
                "enabled": True,
                "namespace": NAMESPACE,
                "services": [{"portName": "http", "clientAliases": [{"port": 80, "dnsName": "app"}]}],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/proxy"}},
            },
            "availabilityZoneRebalancing": "ENABLED",
            "tags": {"team": "b"},
        },
        replacements={
            "serviceName": "renamed",
            "cluster": "two",
            "schedulingStrategy": "DAEMON",
            "launchType": "FARGATE",
        },
        along={"schedulingStrategy": {"desiredCount": None}},
    ),
}
