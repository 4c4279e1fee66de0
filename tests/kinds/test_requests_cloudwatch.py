"""What of an alarm changes only together (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.cloudwatch.alarm import Alarm, AlarmSpec, Query, translate
from tests.kinds.stubbed import Stubbed, covers

LIVE = {
    "AlarmName": "a",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a",
    "Namespace": "AWS/ECS",
    "MetricName": "CPUUtilization",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 80.0,
}


@covers("cloudwatch/Alarm", "metrics", "thresholdMetricId")
def test_an_alarm_on_an_anomaly_sends_its_metrics_and_no_threshold() -> None:
    account, live = Stubbed("cloudwatch"), translate(LIVE, {})
    spec = AlarmSpec(
        alarm_name="a",
        comparison_operator="GreaterThanUpperThreshold",
        evaluation_periods=5,
        threshold_metric_id="band",
        metrics=(
            Query(id="band", expression="ANOMALY_DETECTION_BAND(cpu, 2)", period=60),
            Query(id="cpu", namespace="AWS/ECS", metric_name="CPUUtilization", statistic="Average", period=60),
        ),
    )
    metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization"}
    account.expect(
        "PutMetricAlarm",
        AlarmName="a",
        AlarmDescription="",
        ComparisonOperator="GreaterThanUpperThreshold",
        EvaluationPeriods=5,
        TreatMissingData="missing",
        ActionsEnabled=True,
        AlarmActions=[],
        OKActions=[],
        InsufficientDataActions=[],
        ThresholdMetricId="band",
        Metrics=[
            {"Id": "band", "ReturnData": True, "Expression": "ANOMALY_DETECTION_BAND(cpu, 2)", "Period": 60},
            {"Id": "cpu", "ReturnData": True, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}},
        ],
    )
    Alarm().update(account.aws, live, spec, frozenset({"metrics", "thresholdMetricId"}))
    account.done()
