"""Samples of scalable targets. A table of DynamoDB: of an ECS service the emulator wants to know the service."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

TRACKING = {
    "policyType": "TargetTrackingScaling",
    "targetValue": 70,
    "predefinedMetricType": "DynamoDBReadCapacityUtilization",
}
STEPS = {
    "policyType": "StepScaling",
    "adjustmentType": "ChangeInCapacity",
    "steps": [{"lower": 0, "upper": 10, "adjustment": 1}, {"lower": 10, "adjustment": 3}],
    "cooldown": 60,
}
NIGHT = {"schedule": "cron(0 22 * * ? *)", "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 1}}

SAMPLES: Mapping[str, Sample] = {
    "applicationautoscaling/ScalableTarget": Sample(
        spec={
            "serviceNamespace": "dynamodb",
            "resourceId": "table/orders",
            "scalableDimension": "dynamodb:table:ReadCapacityUnits",
            "minCapacity": 1,
            "maxCapacity": 5,
            "policies": {"use": TRACKING, "more": STEPS},
            "scheduledActions": {"night": NIGHT},
            "tags": {"team": "a"},
        },
        changes={
            "minCapacity": 0,
            "maxCapacity": 9,
            "suspended": ["dynamicScalingIn", "scheduledScaling"],
            "policies": {"use": {**STEPS, "adjustmentType": "PercentChangeInCapacity", "minAdjustmentMagnitude": 2}},
            "scheduledActions": {
                "day": {**NIGHT, "timezone": "Europe/Berlin", "startTime": "2026-01-31T08:00:00+01:00"},
                "night": {"schedule": "rate(1 day)", "scalableTargetAction": {"minCapacity": 1}},
            },
            "tags": {"team": "b"},
        },
        replacements={
            "resourceId": "table/others",
            "scalableDimension": "dynamodb:table:WriteCapacityUnits",
            "serviceNamespace": "ecs",
        },
    ),
}
