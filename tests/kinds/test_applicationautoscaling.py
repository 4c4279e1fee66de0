"""Scalable targets: an ECS service's, and what AWS treats alike."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.kinds.applicationautoscaling.scalable_target import ScalableTarget, ScalableTargetSpec, translate
from controller.kinds.applicationautoscaling.scaling import ScheduledAction, action_of, policy_of
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import Verb
from tests.kinds.samples.applicationautoscaling import NIGHT, STEPS
from tests.stage import Stage, document

ADDRESS = Address("test", "applicationautoscaling/ScalableTarget", "app")
CPU = {
    "policyType": "TargetTrackingScaling",
    "targetValue": 60,
    "predefinedMetricType": "ECSServiceAverageCPUUtilization",
}
TARGET: dict[str, Any] = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/main/app",
    "ScalableDimension": "ecs:service:DesiredCount",
    "MinCapacity": 1,
    "MaxCapacity": 4,
    "ScalableTargetARN": "arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target/1",
    "SuspendedState": {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": False},
}
OF = {key: TARGET[key] for key in ("ServiceNamespace", "ResourceId", "ScalableDimension")}


def manifest(**spec: Any) -> str:
    given = {"resourceId": "service/main/app", "minCapacity": 1, "maxCapacity": 4, **spec}
    return write([document("applicationautoscaling.aws/v1", "ScalableTarget", "app", given)])


def test_an_ecs_service_is_scaled_by_its_name(aws_endpoint: str, tmp_path: Path) -> None:
    ecs = boto3.client("ecs", region_name="eu-central-1")
    ecs.create_cluster(clusterName="main")
    container = {"name": "app", "image": "app:1", "memory": 128}
    ecs.register_task_definition(family="app", containerDefinitions=[container])
    ecs.create_service(cluster="main", serviceName="app", taskDefinition="app", desiredCount=1)
    less = {**STEPS, "steps": [{"upper": 0, "adjustment": -1}]}
    stage = Stage(tmp_path)
    stage.files["app.yaml"] = manifest(policies={"cpu": CPU, "more": STEPS, "less": less})
    stage.converge()
    plan = stage.plan()
    assert plan.actions == ()
    outputs = plan.owned[ADDRESS].outputs
    assert outputs["scaleOutPolicyArn"].endswith("policyName/more")
    assert outputs["scaleInPolicyArn"].endswith("policyName/less")


def test_a_policy_of_another_type_is_a_difference_though_it_has_the_name() -> None:
    reply = {**OF, "PolicyName": "cpu", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {}}
    step = policy_of(reply)
    assert (
        step
        != ScalableTargetSpec.model_validate(
            {"resourceId": "a", "minCapacity": 1, "maxCapacity": 1, "policies": {"cpu": CPU}}
        ).policies["cpu"]
    )


def test_policies_of_other_targets_and_predictive_ones_are_left_alone() -> None:
    other = {**OF, "ResourceId": "service/main/other"}
    policies = [
        {
            **other,
            "PolicyName": "a",
            "PolicyARN": "a",
            "PolicyType": "StepScaling",
            "StepScalingPolicyConfiguration": {},
        },
        {**OF, "PolicyName": "b", "PolicyARN": "b", "PolicyType": "PredictiveScaling"},
    ]
    assert translate(TARGET, policies, [], {}).spec.policies == {}


def test_what_is_suspended_is_a_set() -> None:
    live = translate(TARGET, [], [], {})
    assert live.spec.suspended == {"dynamicScalingIn"}
    wanted = live.spec.model_copy(update={"suspended": frozenset({"scheduledScaling"})})
    told = list(ScalableTarget().tell(Verb.UPDATE, live.spec, wanted))
    assert told == ["suspends scheduledScaling", "resumes dynamicScalingIn"]


@pytest.mark.parametrize("written", ["2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00Z", "2026-01-31T07:00:00"])
def test_one_instant_is_one_whatever_its_zone(written: str) -> None:
    live = action_of({"Schedule": "rate(1 day)", "StartTime": datetime(2026, 1, 31, 7, tzinfo=UTC)})
    assert ScheduledAction.model_validate({**NIGHT, "startTime": written}).start_time == live.start_time


def test_the_order_of_steps_means_nothing() -> None:
    bounds = {"resourceId": "a", "minCapacity": 1, "maxCapacity": 1}
    turned = {**STEPS, "steps": STEPS["steps"][::-1]}  # type: ignore[index]
    one, other = ({**bounds, "policies": {"a": policy}} for policy in (STEPS, turned))
    assert ScalableTargetSpec.model_validate(one) == ScalableTargetSpec.model_validate(other)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"minCapacity": 5}, "5 is more than maxCapacity, 4"),
        ({"serviceNamespace": "dynamodb"}, "is none of dynamodb"),
        ({"policies": {"cpu": {**CPU, "predefinedMetricType": ""}}}, "names one metric"),
        ({"policies": {"cpu": {**CPU, "metricName": "x"}}}, "names one metric"),
        ({"scheduledActions": {"a": {**NIGHT, "schedule": "daily"}}}, "must match the pattern"),
    ],
)
def test_what_aws_would_refuse_is_said_before_any_call(tmp_path: Path, spec: Any, said: str) -> None:
    stage = Stage(tmp_path)
    stage.files["app.yaml"] = manifest(**spec)
    with pytest.raises(AssertionError, match=said):
        stage.desired()
