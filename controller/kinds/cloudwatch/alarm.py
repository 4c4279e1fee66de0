"""Metric alarms: what is watched, when that is too much, and who is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.tagging import Tagged, read_tags, to_list, to_map
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

PAGE = 100
"""The largest page that DescribeAlarms gives."""
BASIC = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
"""Statistics that the API takes as Statistic; all others it takes as ExtendedStatistic."""
_PERCENTILE = re.compile(r"p\d+(\.\d+)?")
Statistic = Annotated[
    str, Field(pattern=rf"^(|{'|'.join(BASIC)}|IQM|(p|tm|tc|ts|wm)\d+(\.\d+)?|(PR|TM|TC|TS|WM)\(.+\))$")
]
Actions = Annotated[frozenset[str], Field(max_length=5)]
Comparison = Literal[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
]


class Metric(Part):
    """Which metric, and how its values are put together."""

    namespace: str = Field(default="", max_length=255, description="The metric's namespace, such as `AWS/ECS`.")
    metric_name: str = Field(default="", max_length=255, description="The metric's name; empty: an expression instead.")
    dimensions: dict[str, str] = Field(default={}, max_length=30, description="The metric's dimensions, name to value.")
    statistic: Statistic = Field(
        default="",
        description="How a period's values become one: Sum, Average, Minimum, Maximum, SampleCount, or p95, tm90, IQM and so "
        "on (ExtendedStatistic, Stat).",
    )
    period: int = Field(default=0, ge=0, description="Seconds that one value stands for.")
    unit: str = Field(default="", description="Only values of this unit count; empty: of any.")


class Query(Metric):
    """A metric, or an expression over others by their ids, in an alarm on metric math."""

    key_fields = ("id",)
    id: str = Field(pattern=r"^[a-z]\w*$", max_length=255, description="What expressions call it.")
    expression: str = Field(
        default="", max_length=2048, description="A metric math expression over ids, such as `errors / requests * 100`."
    )
    label: str = Field(default="", description="What it is called in graphs and notices.")
    return_data: bool = Field(
        default=True, description="Whether the alarm is on this one; all others that it is made of say false."
    )
    account_id: str = Field(default="", description="The account that the metric is in; empty: this one.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.expression) == bool(self.metric_name):
            raise ValueError("is either a metric (metricName) or an expression")
        return self


def _by_id(queries: tuple[Query, ...]) -> tuple[Query, ...]:
    ids = [query.id for query in queries]
    if len(set(ids)) < len(ids):
        raise ValueError("an id stands twice")
    return tuple(sorted(queries, key=lambda query: query.id))


class AlarmSpec(TaggedSpec, Metric):
    """An alarm on a metric, or on an expression over several."""

    alarm_name: Annotated[str, Field(min_length=1, max_length=255)] = Field(
        description="The name, unique in account and region; unset: metadata.name."
    )
    alarm_description: str = Field(default="", max_length=1024, description="What it means, and what to do then.")
    metrics: Annotated[tuple[Query, ...], AfterValidator(_by_id)] = Field(
        default=(), description="Metric math: several metrics and an expression over them, in place of one metric."
    )
    comparison_operator: Comparison = Field(description="How values are compared with the threshold.")
    threshold: float | None = Field(default=None, description="What values are compared with.")
    threshold_metric_id: str = Field(
        default="", description="The id of an ANOMALY_DETECTION_BAND expression that stands in for the threshold."
    )
    evaluation_periods: int = Field(ge=1, description="So many of the last periods are looked at.")
    datapoints_to_alarm: int = Field(
        default=0, ge=0, description="So many of them must be beyond the threshold; 0 or as many as are looked at: all."
    )
    treat_missing_data: Literal["missing", "ignore", "breaching", "notBreaching"] = Field(
        default="missing", description="What a period without values counts as."
    )
    evaluate_low_sample_count_percentile: Literal["evaluate", "ignore"] = Field(
        default="evaluate", description="Whether percentiles of very few values count."
    )
    actions_enabled: bool = Field(default=True, description="Whether anybody is told at all.")
    alarm_actions: Actions = Field(default=frozenset(), description="ARNs that are told when it goes off.")
    ok_actions: Actions = Field(default=frozenset(), description="ARNs that are told when it is over (OKActions).")
    insufficient_data_actions: Actions = Field(
        default=frozenset(), description="ARNs that are told when there are no values to tell from."
    )

    @field_validator("datapoints_to_alarm")
    @classmethod
    def _all_is_the_default(cls, count: int, info: ValidationInfo) -> int:
        return 0 if count == info.data.get("evaluation_periods") else count


class Alarm(Kind[AlarmSpec]):
    """CloudWatch metric alarm. Composite alarms, PromQL alarms, evaluation windows and warm-up are left out.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    Observation: ceil(n / 100) calls + the tags, which all kinds share.
    """

    api = "cloudwatch.aws/v1"
    doc = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
    name_field = "alarmName"
    replace_on = frozenset({"alarmName"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The alarm's ARN.", "name": "Its name."}
    reads = ("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource", "tag:GetResources")
    writes = (
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, AlarmSpec):
            for field, message, hint in _wrong(manifest.spec):
                yield manifest.problem(field, message, hint)

    def tell(self, verb: Verb, before: AlarmSpec | None, after: AlarmSpec | None) -> Iterator[str]:
        told = before.alarm_actions if before and before.actions_enabled else frozenset[str]()
        still = after.alarm_actions if after and after.actions_enabled else frozenset[str]()
        yield from (f"{arn} is no longer told when it goes off" for arn in sorted(told - still))

    def observe(self, aws: Aws, wanted: Wanted[AlarmSpec]) -> Iterator[Observed[AlarmSpec]]:
        pages = aws.pages("cloudwatch", "DescribeAlarms", page_size=PAGE, AlarmTypes=["MetricAlarm"])
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"] if not _made_by_scaling(alarm)]
        asked = [Tagged(alarm["AlarmArn"], alarm["AlarmName"], alarm["AlarmName"]) for alarm in alarms]
        tags = read_tags(
            aws,
            asked,
            wanted,
            lambda arn: to_map(aws.call("cloudwatch", "ListTagsForResource", ResourceARN=arn)["Tags"]),
        )
        for alarm in alarms:
            yield translate(alarm, tags.get(alarm["AlarmArn"]))

    def create(self, aws: Aws, spec: AlarmSpec, tags: Mapping[str, str]) -> Made:
        aws.call("cloudwatch", "PutMetricAlarm", **parameters(spec), Tags=to_list(tags))
        arn = f"arn:{aws.partition}:cloudwatch:{aws.region}:{aws.account}:alarm:{spec.alarm_name}"
        return Made(spec.alarm_name, {"arn": arn, "name": spec.alarm_name})

    def update(self, aws: Aws, live: Observed[AlarmSpec], spec: AlarmSpec, changed: frozenset[str]) -> None:
        aws.call("cloudwatch", "PutMetricAlarm", **parameters(spec))

    def delete(self, aws: Aws, live: Observed[AlarmSpec]) -> None:
        aws.call("cloudwatch", "DeleteAlarms", AlarmNames=[live.id])

    def retag(self, aws: Aws, live: Observed[AlarmSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        arn = live.outputs["arn"]
        if put:
            aws.call("cloudwatch", "TagResource", ResourceARN=arn, Tags=to_list(put))
        if remove:
            aws.call("cloudwatch", "UntagResource", ResourceARN=arn, TagKeys=sorted(remove))


def _wrong(spec: AlarmSpec) -> Iterator[tuple[str, str, str]]:
    """What AWS would refuse, as field, message and hint."""
    if bool(spec.metrics) == bool(spec.metric_name):
        yield "metricName", "an alarm is on one metric (metricName) or on several (metrics)", ""
    elif spec.metric_name and not (spec.namespace and spec.statistic and spec.period):
        yield "metricName", "needs namespace, statistic and period beside it", ""
    elif spec.metrics and (spec.namespace or spec.statistic or spec.period or spec.dimensions or spec.unit):
        yield "metrics", "namespace, dimensions, statistic, period and unit stand in each metric then", ""
    if spec.metrics and not any(query.return_data for query in spec.metrics):
        yield "metrics", "none has returnData: true", "say which one the alarm is on"
    if (spec.threshold is None) != bool(spec.threshold_metric_id):
        yield "threshold", "is needed, unless thresholdMetricId stands in for it", ""
    if spec.evaluate_low_sample_count_percentile == "ignore" and not _PERCENTILE.fullmatch(spec.statistic):
        yield "evaluateLowSampleCountPercentile", "is for percentiles (statistic: p95) only", ""
    if spec.datapoints_to_alarm > spec.evaluation_periods:
        wrong = f"{spec.datapoints_to_alarm} periods cannot be beyond it if {spec.evaluation_periods} are looked at"
        yield "datapointsToAlarm", wrong, ""


def _made_by_scaling(alarm: Mapping[str, Any]) -> bool:
    """Whether it belongs to a target tracking policy, which makes its alarms, changes them and deletes them by itself."""
    return alarm["AlarmName"].startswith("TargetTracking-") and "DO NOT EDIT OR DELETE" in alarm.get(
        "AlarmDescription", ""
    )


def parameters(spec: AlarmSpec) -> dict[str, Any]:
    """The parameters of PutMetricAlarm, which sets all of an alarm anew; what is not said is as AWS has it."""
    optional = {
        "Threshold": spec.threshold,
        "ThresholdMetricId": spec.threshold_metric_id,
        "DatapointsToAlarm": spec.datapoints_to_alarm,
        "Metrics": [_query(query) for query in spec.metrics],
        **(_single(spec) if spec.metric_name else {}),
    }
    if _PERCENTILE.fullmatch(spec.statistic):
        optional["EvaluateLowSampleCountPercentile"] = spec.evaluate_low_sample_count_percentile
    return {
        "AlarmName": spec.alarm_name,
        "AlarmDescription": spec.alarm_description,
        "ComparisonOperator": spec.comparison_operator,
        "EvaluationPeriods": spec.evaluation_periods,
        "TreatMissingData": spec.treat_missing_data,
        "ActionsEnabled": spec.actions_enabled,
        "AlarmActions": sorted(spec.alarm_actions),
        "OKActions": sorted(spec.ok_actions),
        "InsufficientDataActions": sorted(spec.insufficient_data_actions),
        **_said(optional),
    }


def _said(optional: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty, which AWS takes as left out, or not at all. A threshold of 0 is one."""
    return {key: value for key, value in optional.items() if value or (key == "Threshold" and value is not None)}


def _single(metric: Metric) -> dict[str, Any]:
    kind = "Statistic" if metric.statistic in BASIC else "ExtendedStatistic"
    return {**_which(metric), kind: metric.statistic, "Period": metric.period, "Unit": metric.unit}


def _which(metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions.items())]
    return _said({"Namespace": metric.namespace, "MetricName": metric.metric_name, "Dimensions": dimensions})


def _query(query: Query) -> dict[str, Any]:
    told = {"Id": query.id, "ReturnData": query.return_data}
    optional: dict[str, Any] = {"Label": query.label, "AccountId": query.account_id}
    if query.expression:
        optional |= {"Expression": query.expression, "Period": query.period}
    else:
        values = _said({"Period": query.period, "Stat": query.statistic, "Unit": query.unit})
        optional["MetricStat"] = {"Metric": _which(query), **values}
    return {**told, **_said(optional)}


def _metric(metric: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Metric: which one is in `metric`, how it is put together in `values`."""
    return {
        "namespace": metric.get("Namespace") or "",
        "metric_name": metric.get("MetricName") or "",
        "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())},
        "statistic": values.get("Stat") or values.get("Statistic") or values.get("ExtendedStatistic") or "",
        "period": values.get("Period") or 0,
        "unit": values.get("Unit") or "",
    }


def _translated(query: Mapping[str, Any]) -> Query:
    stat = query.get("MetricStat", {})
    return Query(
        id=query["Id"],
        expression=query.get("Expression") or "",
        label=query.get("Label") or "",
        return_data=query.get("ReturnData", True),
        account_id=query.get("AccountId") or "",
        **_metric(stat.get("Metric", {}), stat or query),
    )


def translate(alarm: Mapping[str, Any], tags: Mapping[str, str] | None) -> Observed[AlarmSpec]:
    """The alarm of a DescribeAlarms reply."""
    looked_at, beyond = alarm.get("EvaluationPeriods", 1), alarm.get("DatapointsToAlarm", 0)
    compared: Any = alarm.get("ComparisonOperator")
    spec = AlarmSpec.model_construct(
        **_metric(alarm, alarm),
        alarm_name=alarm["AlarmName"],
        alarm_description=alarm.get("AlarmDescription", ""),
        metrics=_by_id(tuple(_translated(query) for query in alarm.get("Metrics", ()))),
        comparison_operator=compared,
        threshold=alarm.get("Threshold"),
        threshold_metric_id=alarm.get("ThresholdMetricId", ""),
        evaluation_periods=looked_at,
        datapoints_to_alarm=0 if beyond == looked_at else beyond,
        treat_missing_data=alarm.get("TreatMissingData", "missing"),
        evaluate_low_sample_count_percentile=alarm.get("EvaluateLowSampleCountPercentile", "evaluate"),
        actions_enabled=alarm.get("ActionsEnabled", True),
        alarm_actions=frozenset(alarm.get("AlarmActions", ())),
        ok_actions=frozenset(alarm.get("OKActions", ())),
        insufficient_data_actions=frozenset(alarm.get("InsufficientDataActions", ())),
        tags={},
    )
    outputs = {"arn": alarm["AlarmArn"], "name": alarm["AlarmName"]}
    return Observed(alarm["AlarmName"], spec, tags, outputs)
