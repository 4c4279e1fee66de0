"""Alarms: what AWS treats alike, and metric math through a whole life on the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.kinds.cloudwatch.alarm import Alarm, AlarmSpec, parameters, translate
from controller.manifest.yaml_writer import write
from controller.model.observed import Wanted
from controller.model.plan import Verb
from tests.stage import Stage, document

ONE: dict[str, Any] = {
    "namespace": "AWS/ECS",
    "metricName": "CPUUtilization",
    "statistic": "Average",
    "period": 60,
    "evaluationPeriods": 5,
    "comparisonOperator": "GreaterThanThreshold",
    "threshold": 80,
}
SHARED: dict[str, Any] = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 5}
ERRORS: dict[str, Any] = {
    "id": "errors",
    "namespace": "AWS/ApplicationELB",
    "metricName": "HTTPCode_Target_5XX_Count",
    "dimensions": {"LoadBalancer": "app/a/1"},
    "statistic": "Sum",
    "period": 60,
    "returnData": False,
}
RATE: dict[str, Any] = {"id": "rate", "expression": "errors / 100", "label": "Errors"}
ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:on-call"


def spec(**given: Any) -> AlarmSpec:
    return AlarmSpec.model_validate({"alarmName": "a", **given})


def manifest(**given: Any) -> str:
    return write([document("cloudwatch.aws/v1", "Alarm", "a", given)])


def test_what_is_put_comes_back_as_it_was() -> None:
    """AWS answers with the parameters of the put, and its own defaults."""
    band = {"id": "band", "expression": "ANOMALY_DETECTION_BAND(errors, 2)"}
    anomaly = {**SHARED, "comparisonOperator": "GreaterThanUpperThreshold", "thresholdMetricId": "band"}
    for wanted in (
        spec(**ONE),
        spec(**{**ONE, "statistic": "p99.9", "dimensions": {"b": "2", "a": "1"}, "threshold": 0}),
        spec(**SHARED, threshold=1, metrics=[RATE, ERRORS]),
        spec(**anomaly, metrics=[band, {**ERRORS, "returnData": True}]),
    ):
        assert translate({**parameters(wanted), "AlarmArn": ARN}, {}).spec.model_dump() == wanted.model_dump()


def test_all_periods_and_as_many_as_are_looked_at_are_one() -> None:
    assert spec(**ONE, datapointsToAlarm=5) == spec(**ONE)
    reply = {**parameters(spec(**ONE)), "AlarmArn": ARN, "DatapointsToAlarm": 5}
    assert translate(reply, {}).spec.datapoints_to_alarm == 0


def test_the_order_of_metrics_and_actions_means_nothing() -> None:
    topics = [TOPIC, f"{TOPIC}-2"]
    one = spec(**SHARED, threshold=1, metrics=[RATE, ERRORS], alarmActions=topics)
    assert one == spec(**SHARED, threshold=1, metrics=[ERRORS, RATE], alarmActions=topics[::-1])


def test_an_alarm_goes_from_one_metric_to_metric_math_and_back(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    math = manifest(**SHARED, threshold=1, metrics=[RATE, ERRORS])
    for text in (manifest(**ONE), math, manifest(**ONE)):
        stage.files["a.yaml"] = text
        stage.converge()
        assert stage.plan().actions == ()
    stage.files["a.yaml"] = math
    stage.converge()
    (alarm,) = boto3.client("cloudwatch", region_name="eu-central-1").describe_alarms()["MetricAlarms"]
    assert {query["Id"] for query in alarm["Metrics"]} == {"rate", "errors"}


def test_alarms_of_target_tracking_policies_are_awss_own(aws_endpoint: str, tmp_path: Path) -> None:
    scaling = boto3.client("application-autoscaling", region_name="eu-central-1")
    target: dict[str, Any] = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    metric = {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
    tracking = {"TargetValue": 70, "PredefinedMetricSpecification": metric}
    scaling.put_scaling_policy(
        **target, PolicyName="p", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking
    )
    assert boto3.client("cloudwatch", region_name="eu-central-1").describe_alarms()["MetricAlarms"]
    assert list(Alarm().observe(Stage(tmp_path).aws(), Wanted(everything=True))) == []


def test_who_is_no_longer_told_is_told() -> None:
    before, after = spec(**ONE, alarmActions=[TOPIC]), spec(**ONE, alarmActions=[TOPIC], actionsEnabled=False)
    said = [f"{TOPIC} is no longer told when it goes off"]
    assert list(Alarm().tell(Verb.UPDATE, before, after)) == said
    assert list(Alarm().tell(Verb.DELETE, before, None)) == said
    assert list(Alarm().tell(Verb.UPDATE, after, before)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**ONE, "metrics": [RATE, ERRORS]}, "on one metric"),
        ({**ONE, "period": 0}, "needs namespace, statistic and period"),
        ({**SHARED, "threshold": 1, "metrics": [RATE], "period": 60}, "stand in each metric"),
        ({**SHARED, "threshold": 1, "metrics": [ERRORS]}, "none has returnData: true"),
        ({**ONE, "threshold": None}, "unless thresholdMetricId stands in"),
        ({**ONE, "evaluateLowSampleCountPercentile": "ignore"}, "for percentiles"),
        ({**ONE, "datapointsToAlarm": 6}, "6 periods cannot be beyond it if 5 are looked at"),
        ({**SHARED, "threshold": 1, "metrics": [RATE, RATE]}, "an id stands twice"),
        ({**SHARED, "threshold": 1, "metrics": [{**RATE, "metricName": "x"}]}, "either a metric"),
    ],
)
def test_what_aws_would_refuse_is_said_before_any_call(tmp_path: Path, given: Any, said: str) -> None:
    stage = Stage(tmp_path)
    stage.files["a.yaml"] = manifest(**given)
    with pytest.raises(AssertionError, match=said):
        stage.desired()
