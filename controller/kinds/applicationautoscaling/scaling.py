"""What scales a target: policies and scheduled actions, as Specs have them and as the API has them.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from controller.model.instant import Instant, instant
from controller.model.spec import Part


class TargetTracking(Part):
    """Keeps a metric near a value, as a thermostat does."""

    policy_type: Literal["TargetTrackingScaling"] = Field(description="TargetTrackingScaling.")
    target_value: float = Field(description="The value that the metric is kept near.")
    predefined_metric_type: str = Field(
        default="",
        description="One of AWS's metrics, such as ECSServiceAverageCPUUtilization; empty: metricName and what is beside it.",
    )
    resource_label: str = Field(
        default="",
        description="For ALBRequestCountPerTarget: `app/<load balancer>/<id>/targetgroup/<target group>/<id>`.",
    )
    namespace: str = Field(default="", description="A metric of one's own: its namespace.")
    metric_name: str = Field(default="", description="A metric of one's own: its name.")
    dimensions: dict[str, str] = Field(default={}, description="A metric of one's own: its dimensions.")
    statistic: Literal["", "Average", "Minimum", "Maximum", "SampleCount", "Sum"] = Field(
        default="", description="A metric of one's own: how its values are put together."
    )
    unit: str = Field(default="", description="A metric of one's own: only values of this unit count.")
    scale_out_cooldown: int | None = Field(
        default=None, ge=0, description="Seconds to wait after adding; unset: as the service has it, and not managed."
    )
    scale_in_cooldown: int | None = Field(
        default=None,
        ge=0,
        description="Seconds to wait after taking away; unset: as the service has it, and not managed.",
    )
    disable_scale_in: bool = Field(default=False, description="Whether it only ever adds.")


class Step(Part):
    """What is done while the metric is so far from its alarm's threshold."""

    lower: float | None = Field(
        default=None, description="From this far above the threshold (MetricIntervalLowerBound); unset: from below all."
    )
    upper: float | None = Field(
        default=None, description="To this far above the threshold (MetricIntervalUpperBound); unset: without end."
    )
    adjustment: int = Field(description="How much is added, negative: taken away (ScalingAdjustment).")


def _ascending(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: float("-inf") if step.lower is None else step.lower))


class StepScaling(Part):
    """Adds or takes away by steps whenever an alarm goes off; the alarm names the policy's ARN in its actions."""

    policy_type: Literal["StepScaling"] = Field(description="StepScaling.")
    adjustment_type: Literal["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"] = Field(
        description="What an adjustment is: a number more, a percentage more, or the number itself."
    )
    steps: Annotated[tuple[Step, ...], AfterValidator(_ascending)] = Field(
        min_length=1, description="What is done, by how far the metric is from the threshold (StepAdjustments)."
    )
    cooldown: int | None = Field(
        default=None, ge=0, description="Seconds to wait after each; unset: as the service has it, and not managed."
    )
    min_adjustment_magnitude: int = Field(
        default=0, ge=0, description="With PercentChangeInCapacity: change by so many at least; 0: by any number."
    )
    metric_aggregation_type: Literal["Average", "Minimum", "Maximum"] = Field(
        default="Average", description="How the metric's values are put together."
    )


ScalingPolicy = Annotated[TargetTracking | StepScaling, Field(discriminator="policy_type")]


class ScheduledAction(Part):
    """New bounds at a time."""

    schedule: str = Field(
        pattern=r"^(at|rate|cron)\(.+\)$",
        description="When: `cron(0 7 ? * MON-FRI *)`, `rate(1 day)`, `at(2026-01-31T08:00:00)`.",
    )
    timezone: str = Field(default="UTC", description="The time zone of `at` and `cron`, such as Europe/Berlin.")
    scalable_target_action: dict[Literal["minCapacity", "maxCapacity"], int] = Field(
        min_length=1,
        description="The new bounds: minCapacity, maxCapacity or both. The target's own are then left alone.",
    )
    start_time: Instant = Field(default="", description="Not before this time; empty: from now on.")
    end_time: Instant = Field(default="", description="Not after this time; empty: for ever.")


def policy_parameters(policy: TargetTracking | StepScaling) -> dict[str, Any]:
    """A policy as PutScalingPolicy takes it."""
    if isinstance(policy, TargetTracking):
        return {"PolicyType": policy.policy_type, "TargetTrackingScalingPolicyConfiguration": _tracking(policy)}
    steps = [
        _said(
            MetricIntervalLowerBound=step.lower, MetricIntervalUpperBound=step.upper, ScalingAdjustment=step.adjustment
        )
        for step in policy.steps
    ]
    settings = _said(
        AdjustmentType=policy.adjustment_type,
        StepAdjustments=steps,
        Cooldown=policy.cooldown,
        MinAdjustmentMagnitude=policy.min_adjustment_magnitude or None,
        MetricAggregationType=policy.metric_aggregation_type,
    )
    return {"PolicyType": policy.policy_type, "StepScalingPolicyConfiguration": settings}


def _tracking(policy: TargetTracking) -> dict[str, Any]:
    if policy.predefined_metric_type:
        metric = _said(PredefinedMetricType=policy.predefined_metric_type, ResourceLabel=policy.resource_label or None)
        which = {"PredefinedMetricSpecification": metric}
    else:
        dimensions = [{"Name": name, "Value": value} for name, value in sorted(policy.dimensions.items())]
        metric = _said(
            MetricName=policy.metric_name,
            Namespace=policy.namespace,
            Dimensions=dimensions or None,
            Statistic=policy.statistic,
            Unit=policy.unit or None,
        )
        which = {"CustomizedMetricSpecification": metric}
    return {
        **which,
        **_said(
            TargetValue=policy.target_value,
            ScaleOutCooldown=policy.scale_out_cooldown,
            ScaleInCooldown=policy.scale_in_cooldown,
            DisableScaleIn=policy.disable_scale_in,
        ),
    }


def _said(**given: Any) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def policy_of(reply: Mapping[str, Any]) -> TargetTracking | StepScaling:
    """A policy of a DescribeScalingPolicies reply."""
    if reply["PolicyType"] == "StepScaling":
        settings = reply["StepScalingPolicyConfiguration"]
        return StepScaling.model_construct(
            policy_type="StepScaling",
            adjustment_type=settings.get("AdjustmentType"),
            steps=_ascending(tuple(_step(step) for step in settings.get("StepAdjustments", ()))),
            cooldown=settings.get("Cooldown"),
            min_adjustment_magnitude=settings.get("MinAdjustmentMagnitude", 0),
            metric_aggregation_type=settings.get("MetricAggregationType", "Average"),
        )
    settings = reply["TargetTrackingScalingPolicyConfiguration"]
    predefined = settings.get("PredefinedMetricSpecification", {})
    metric = settings.get("CustomizedMetricSpecification", {})
    return TargetTracking.model_construct(
        policy_type="TargetTrackingScaling",
        target_value=settings["TargetValue"],
        predefined_metric_type=predefined.get("PredefinedMetricType", ""),
        resource_label=predefined.get("ResourceLabel", ""),
        namespace=metric.get("Namespace", ""),
        metric_name=metric.get("MetricName", ""),
        dimensions={each["Name"]: each["Value"] for each in metric.get("Dimensions", ())},
        statistic=metric.get("Statistic", ""),
        unit=metric.get("Unit", ""),
        scale_out_cooldown=settings.get("ScaleOutCooldown"),
        scale_in_cooldown=settings.get("ScaleInCooldown"),
        disable_scale_in=settings.get("DisableScaleIn", False),
    )


def _step(reply: Mapping[str, Any]) -> Step:
    return Step(
        lower=reply.get("MetricIntervalLowerBound"),
        upper=reply.get("MetricIntervalUpperBound"),
        adjustment=reply["ScalingAdjustment"],
    )


def action_parameters(action: ScheduledAction) -> dict[str, Any]:
    """A scheduled action as PutScheduledAction takes it. Times that are left out are taken away; a zone stays."""
    bounds = {name[0].upper() + name[1:]: value for name, value in sorted(action.scalable_target_action.items())}
    return _said(
        Schedule=action.schedule,
        Timezone=None if action.schedule.startswith("rate") else action.timezone,
        ScalableTargetAction=bounds,
        StartTime=action.start_time or None,
        EndTime=action.end_time or None,
    )


def action_of(reply: Mapping[str, Any]) -> ScheduledAction:
    """A scheduled action of a DescribeScheduledActions reply."""
    bounds: dict[Any, int] = {
        f"{name[0].lower()}{name[1:]}": value for name, value in reply.get("ScalableTargetAction", {}).items()
    }
    return ScheduledAction.model_construct(
        schedule=reply["Schedule"],
        timezone=reply.get("Timezone", "UTC"),
        scalable_target_action=bounds,
        start_time=str(instant(reply.get("StartTime", ""))),
        end_time=str(instant(reply.get("EndTime", ""))),
    )
