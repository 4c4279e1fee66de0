"""What of a scalable target changes only together (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.applicationautoscaling.scalable_target import ScalableTarget, ScalableTargetSpec
from tests.kinds.stubbed import Stubbed, covers

ARN = "arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target/1"


@covers("applicationautoscaling/ScalableTarget", "serviceNamespace")
def test_a_target_of_another_service_is_registered_there() -> None:
    account = Stubbed("application-autoscaling")
    account.expect(
        "RegisterScalableTarget",
        {"ScalableTargetARN": ARN},
        ServiceNamespace="ecs",
        ResourceId="service/main/app",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=4,
        SuspendedState={
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        },
        Tags={"a": "b"},
    )
    spec = ScalableTargetSpec(resource_id="service/main/app", min_capacity=1, max_capacity=4)
    made = ScalableTarget().create(account.aws, spec, {"a": "b"})
    assert (made.id, made.outputs["arn"]) == ("service/main/app|ecs:service:DesiredCount|ecs", ARN)
    account.done()
