"""Scalable targets: how many of something there may be, and what decides how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.applicationautoscaling.scaling import (
    ScalingPolicy,
    ScheduledAction,
    StepScaling,
    TargetTracking,
    action_of,
    action_parameters,
    policy_of,
    policy_parameters,
)
from controller.kinds.base import Kind
from controller.kinds.tagging import Tagged, own, read_tags
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

SERVICE = "application-autoscaling"
PAGE, POLICIES_PAGE = 50, 10
"""The largest pages: policies come with their alarms, ten at a time."""
ServiceNamespace = Literal[
    "appstream",
    "cassandra",
    "comprehend",
    "custom-resource",
    "dynamodb",
    "ec2",
    "ecs",
    "elasticache",
    "kafka",
    "lambda",
    "neptune",
    "rds",
    "sagemaker",
    "workspaces",
]
Suspended = Literal["dynamicScalingIn", "dynamicScalingOut", "scheduledScaling"]
SUSPENDED: Mapping[Suspended, str] = {
    "dynamicScalingIn": "DynamicScalingInSuspended",
    "dynamicScalingOut": "DynamicScalingOutSuspended",
    "scheduledScaling": "ScheduledScalingSuspended",
}


class ScalableTargetSpec(TaggedSpec):
    """Something that AWS scales between two bounds."""

    service_namespace: ServiceNamespace = Field(default="ecs", description="The service that it belongs to.")
    resource_id: str = Field(
        min_length=1,
        max_length=1600,
        description="What is scaled, as the service names it: `service/<cluster>/<service>` for ECS, by `${out.}` or as it is.",
    )
    scalable_dimension: str = Field(
        default="ecs:service:DesiredCount",
        pattern=r"^[\w-]+:[\w-]+:\w+$",
        description="What of it is scaled, such as `dynamodb:table:ReadCapacityUnits`.",
    )
    min_capacity: int = Field(ge=0, description="No fewer than this.")
    max_capacity: int = Field(ge=0, description="No more than this.")
    suspended: frozenset[Suspended] = Field(
        default=frozenset(),
        description="What is suspended (SuspendedState): nothing is scaled that way until it is not.",
    )
    policies: dict[str, ScalingPolicy] = Field(
        default={}, description="Policies by name (AWS::ApplicationAutoScaling::ScalingPolicy). Any other is deleted."
    )
    scheduled_actions: dict[str, ScheduledAction] = Field(
        default={}, description="New bounds at set times, by name. Any other is deleted."
    )


class ScalableTarget(Kind[ScalableTargetSpec]):
    """Scalable target with its policies and scheduled actions. AWS's service-linked roles do the work: EMR, which needs one of
    its own, is left out, as are predictive policies and metric math in target tracking.

    Where a scheduled action sets bounds, put `minCapacity` and `maxCapacity` into `lifecycle.ignore`.
    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    Observation: a call for each of AWS's 14 namespaces, whatever is in them; in those with n targets, p policies and a actions
    ceil(n / 50) + ceil(p / 10) + ceil(a / 50); + the tags, which all kinds share.
    """

    api = "applicationautoscaling.aws/v1"
    doc = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html"
    replace_on = frozenset({"serviceNamespace", "resourceId", "scalableDimension"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The target's ARN.",
        "scaleOutPolicyArn": "ARN of its step policy that adds, for an alarm's actions.",
        "scaleInPolicyArn": "ARN of its step policy that takes away.",
    }
    reads = (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "application-autoscaling:ListTagsForResource",
        "tag:GetResources",
    )
    writes = (
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:TagResource",
        "application-autoscaling:UntagResource",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
        "ecs:DescribeServices",
        "ecs:UpdateService",
        "iam:CreateServiceLinkedRole",
    )

    def claim(self, spec: ScalableTargetSpec) -> str:
        return f"{spec.resource_id}|{spec.scalable_dimension}|{spec.service_namespace}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if not isinstance(spec, ScalableTargetSpec):
            return
        if not spec.scalable_dimension.startswith(f"{spec.service_namespace}:"):
            yield manifest.problem("scalableDimension", f"is none of {spec.service_namespace}")
        if spec.min_capacity > spec.max_capacity:
            yield manifest.problem("minCapacity", f"{spec.min_capacity} is more than maxCapacity, {spec.max_capacity}")
        for name, policy in spec.policies.items():
            if isinstance(policy, TargetTracking) and bool(policy.predefined_metric_type) == bool(policy.metric_name):
                wrong = "names one metric: predefinedMetricType, or metricName with namespace and statistic"
                yield manifest.problem(f"policies.{name}", wrong)

    def tell(self, verb: Verb, before: ScalableTargetSpec | None, after: ScalableTargetSpec | None) -> Iterator[str]:
        if verb is Verb.DELETE:
            yield "nothing scales it any more; there stay as many as there are"
        if before and after:
            yield from (f"suspends {name}" for name in sorted(after.suspended - before.suspended))
            yield from (f"resumes {name}" for name in sorted(before.suspended - after.suspended))

    def observe(self, aws: Aws, wanted: Wanted[ScalableTargetSpec]) -> Iterator[Observed[ScalableTargetSpec]]:
        for namespace in get_args(ServiceNamespace):
            asked = {"ServiceNamespace": namespace}
            targets = targets_of(aws, namespace)
            if not targets:
                continue
            policies = aws.pages(SERVICE, "DescribeScalingPolicies", page_size=POLICIES_PAGE, **asked)
            actions = aws.pages(SERVICE, "DescribeScheduledActions", page_size=PAGE, **asked)
            tags = read_tags(
                aws,
                [Tagged(target["ScalableTargetARN"], _id(target), _id(target)) for target in targets],
                wanted,
                lambda arn: aws.call(SERVICE, "ListTagsForResource", ResourceARN=arn)["Tags"],
            )
            known = _all(policies, "ScalingPolicies"), _all(actions, "ScheduledActions")
            for target in targets:
                yield translate(target, *known, tags.get(target["ScalableTargetARN"]))

    def create(self, aws: Aws, spec: ScalableTargetSpec, tags: Mapping[str, str]) -> Made:
        target = _target(spec)
        arn = aws.call(SERVICE, "RegisterScalableTarget", **target, **_bounds(spec), Tags=dict(tags))[
            "ScalableTargetARN"
        ]
        arns = {
            name: aws.call(SERVICE, "PutScalingPolicy", **target, PolicyName=name, **policy_parameters(policy))[
                "PolicyARN"
            ]
            for name, policy in sorted(spec.policies.items())
        }
        _put_actions(aws, target, {}, spec.scheduled_actions)
        return Made(self.claim(spec), {"arn": arn, **_arns(spec.policies, arns)})

    def update(
        self, aws: Aws, live: Observed[ScalableTargetSpec], spec: ScalableTargetSpec, changed: frozenset[str]
    ) -> None:
        target = _target(live.spec)
        if changed & {"minCapacity", "maxCapacity", "suspended"}:
            aws.call(SERVICE, "RegisterScalableTarget", **target, **_bounds(spec))
        if "policies" in changed:
            _put_policies(aws, target, live.spec.policies, spec.policies)
        if "scheduledActions" in changed:
            _put_actions(aws, target, live.spec.scheduled_actions, spec.scheduled_actions)

    def delete(self, aws: Aws, live: Observed[ScalableTargetSpec]) -> None:
        # Its policies and scheduled actions go with it.
        aws.call(SERVICE, "DeregisterScalableTarget", **_target(live.spec))

    def retag(
        self, aws: Aws, live: Observed[ScalableTargetSpec], put: Mapping[str, str], remove: frozenset[str]
    ) -> None:
        if put:
            aws.call(SERVICE, "TagResource", ResourceARN=live.outputs["arn"], Tags=dict(put))
        if remove:
            aws.call(SERVICE, "UntagResource", ResourceARN=live.outputs["arn"], TagKeys=sorted(remove))


def targets_of(aws: Aws, namespace: ServiceNamespace) -> Sequence[Mapping[str, Any]]:
    """All targets of a namespace as AWS has them, once in a pass."""
    pages = aws.pages(SERVICE, "DescribeScalableTargets", page_size=PAGE, ServiceNamespace=namespace)
    return _all(pages, "ScalableTargets")


Policies = Mapping[str, TargetTracking | StepScaling]


def _put_policies(aws: Aws, target: Mapping[str, str], before: Policies, after: Policies) -> None:
    """Bring policies from `before` to `after`. One of another type has to go before it comes."""
    for name, policy in sorted(after.items()):
        if name in before and type(before[name]) is not type(policy):
            _drop(aws, target, name)
        if before.get(name) != policy:
            aws.call(SERVICE, "PutScalingPolicy", **target, PolicyName=name, **policy_parameters(policy))
    for name in sorted(before.keys() - after.keys()):
        _drop(aws, target, name)


def _drop(aws: Aws, target: Mapping[str, str], name: str) -> None:
    with suppress(NotFound):
        aws.call(SERVICE, "DeleteScalingPolicy", **target, PolicyName=name)


def _put_actions(
    aws: Aws,
    target: Mapping[str, str],
    before: Mapping[str, ScheduledAction],
    after: Mapping[str, ScheduledAction],
) -> None:
    for name, action in sorted(after.items()):
        if before.get(name) != action:
            aws.call(SERVICE, "PutScheduledAction", **target, ScheduledActionName=name, **action_parameters(action))
    for name in sorted(before.keys() - after.keys()):
        with suppress(NotFound):
            aws.call(SERVICE, "DeleteScheduledAction", **target, ScheduledActionName=name)


def _target(spec: ScalableTargetSpec) -> dict[str, str]:
    return {
        "ServiceNamespace": spec.service_namespace,
        "ResourceId": spec.resource_id,
        "ScalableDimension": spec.scalable_dimension,
    }


def _bounds(spec: ScalableTargetSpec) -> dict[str, Any]:
    suspended = {theirs: ours in spec.suspended for ours, theirs in SUSPENDED.items()}
    return {"MinCapacity": spec.min_capacity, "MaxCapacity": spec.max_capacity, "SuspendedState": suspended}


def _id(target: Mapping[str, Any]) -> str:
    return f"{target['ResourceId']}|{target['ScalableDimension']}|{target['ServiceNamespace']}"


def _all(pages: tuple[Mapping[str, Any], ...], key: str) -> list[Mapping[str, Any]]:
    return [item for page in pages for item in page[key]]


def translate(
    target: Mapping[str, Any],
    policies: Sequence[Mapping[str, Any]],
    actions: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str] | None,
) -> Observed[ScalableTargetSpec]:
    """The target of a DescribeScalableTargets reply, with those of its namespace's policies and actions that are its own.

    Predictive policies stand beside the others, and are left alone.
    """
    mine = [p for p in policies if _id(p) == _id(target) and p["PolicyType"] != "PredictiveScaling"]
    found = {policy["PolicyName"]: policy_of(policy) for policy in mine}
    scheduled = {action["ScheduledActionName"]: action_of(action) for action in actions if _id(action) == _id(target)}
    state = target.get("SuspendedState") or {}
    known: dict[str, Any] = {
        "service_namespace": target["ServiceNamespace"],
        "resource_id": target["ResourceId"],
        "scalable_dimension": target["ScalableDimension"],
        "min_capacity": target["MinCapacity"],
        "max_capacity": target["MaxCapacity"],
        "suspended": frozenset(ours for ours, theirs in SUSPENDED.items() if state.get(theirs)),
        "policies": found,
        "scheduled_actions": scheduled,
    }
    arns = {policy["PolicyName"]: policy["PolicyARN"] for policy in mine}
    outputs = {"arn": target["ScalableTargetARN"], **_arns(found, arns)}
    spec = ScalableTargetSpec.model_construct(**known, tags={})
    return Observed(_id(target), spec, None if tags is None else own(tags), outputs)


def _arns(policies: Policies, arns: Mapping[str, str]) -> dict[str, str]:
    """The ARNs that alarms need: of the step policy that adds, and of the one that takes away."""
    found: dict[str, str] = {}
    for name, policy in sorted(policies.items()):
        if isinstance(policy, StepScaling) and policy.adjustment_type != "ExactCapacity":
            adds = all(step.adjustment > 0 for step in policy.steps)
            takes = all(step.adjustment < 0 for step in policy.steps)
            if adds or takes:
                found.setdefault("scaleOutPolicyArn" if adds else "scaleInPolicyArn", arns[name])
    return found
