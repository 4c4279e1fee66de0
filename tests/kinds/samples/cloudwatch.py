"""Samples of alarms."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample

TOPIC = "arn:aws:sns:eu-central-1:123456789012:on-call"

SAMPLES: Mapping[str, Sample] = {
    "cloudwatch/Alarm": Sample(
        spec={
            "namespace": "AWS/ECS",
            "metricName": "CPUUtilization",
            "dimensions": {"ClusterName": "main", "ServiceName": "app"},
            "statistic": "p90",
            "period": 60,
            "evaluationPeriods": 5,
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 80,
            "alarmActions": [TOPIC],
            "tags": {"team": "a"},
        },
        changes={
            "alarmDescription": "Busy",
            "namespace": "AWS/EC2",
            "metricName": "MemoryUtilization",
            "dimensions": {"ClusterName": "main"},
            "statistic": "Average",
            "period": 300,
            "unit": "Percent",
            "evaluationPeriods": 10,
            "datapointsToAlarm": 3,
            "comparisonOperator": "LessThanThreshold",
            "threshold": 0,
            "treatMissingData": "breaching",
            "evaluateLowSampleCountPercentile": "ignore",
            "actionsEnabled": False,
            "alarmActions": [],
            "okActions": [TOPIC],
            "insufficientDataActions": [TOPIC],
            "metrics": [],
            "thresholdMetricId": "band",
            "tags": {"team": "b"},
        },
        replacements={"alarmName": "renamed"},
    ),
}
