"""Samples of EventBridge Scheduler's groups and schedules."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample
from tests.kinds.samples.ecs import NETWORK, TASKS

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs"
AROUND: Around = (
    *NETWORK,
    *TASKS,
    ("ecs/Cluster", "one", {}),
    (
        "iam/Role",
        "scheduler",
        {
            "trust": {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "scheduler.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                },
            },
            "inlinePolicies": {
                "run": {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Action": ["ecs:RunTask", "iam:PassRole"], "Resource": "*"},
                }
            },
        },
    ),
    ("scheduler/ScheduleGroup", "jobs", {}),
)
TASK = {"taskDefinition": "app", "networkConfiguration": {"subnets": ["a"], "securityGroups": ["app"]}}
SAMPLES: Mapping[str, Sample] = {
    "scheduler/ScheduleGroup": Sample(
        spec={"tags": {"team": "a"}}, changes={"tags": {"team": "b"}}, replacements={"name": "renamed"}
    ),
    "scheduler/Schedule": Sample(
        around=AROUND,
        spec={
            "scheduleExpression": "cron(0 3 * * ? *)",
            "target": {"arn": "one", "role": "scheduler", "ecsParameters": TASK},
        },
        changes={
            "description": "Every night",
            "scheduleExpression": "rate(1 day)",
            "timezone": "Europe/Berlin",
            "flexibleTimeWindow": 15,
            "startDate": "2199-01-31T08:00:00Z",
            "endDate": "2199-12-31T08:00:00+01:00",
            "state": "DISABLED",
            "actionAfterCompletion": "DELETE",
            "kmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/one",
            "target": {
                "arn": "one",
                "role": "scheduler",
                "input": {"containerOverrides": [{"name": "app", "command": ["sweep"]}]},
                "deadLetterQueue": QUEUE,
                "retryPolicy": {"maximumRetryAttempts": 0},
                "ecsParameters": {
                    "taskDefinition": "other",
                    "taskCount": 2,
                    "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
                    "networkConfiguration": {"subnets": ["a", "b"], "securityGroups": ["app"], "assignPublicIp": True},
                    "platformVersion": "1.4.0",
                    "group": "night",
                    "enableECSManagedTags": True,
                    "enableExecuteCommand": True,
                    "propagateTags": "TASK_DEFINITION",
                    "placementConstraints": [{"type": "memberOf", "expression": "attribute:zone == a"}],
                    "placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "random"}],
                    "referenceId": "night",
                    "tags": {"team": "b"},
                },
            },
        },
        replacements={"name": "renamed", "groupName": "jobs"},
    ),
}
