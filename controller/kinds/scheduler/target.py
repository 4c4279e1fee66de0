"""What a schedule does: its target, as Specs have it and as the API has it.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from controller.kinds.ec2.types import SecurityGroupRef, SubnetRef
from controller.kinds.ecs.types import Strategy, strategy, strategy_request
from controller.kinds.iam.types import RoleRef
from controller.kinds.scheduler.types import TargetRef, TaskDefinitionRef
from controller.model.containers import unique_by
from controller.model.spec import Part

OURS = frozenset(
    [
        "Arn",
        "RoleArn",
        "Input",
        "DeadLetterConfig",
        "RetryPolicy",
        "EcsParameters",
        "EventBridgeParameters",
        "KinesisParameters",
        "SageMakerPipelineParameters",
        "SqsParameters",
    ]
)
"""The parts of a target that there are fields for."""


def _compact(value: Any) -> Any:
    """A payload in one spelling: JSON, as text or as YAML, without space and in alphabetical order; other texts as they are."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
        if not isinstance(value, dict | list):
            return json.dumps(value)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return value


class RetryPolicy(Part):
    """How long AWS goes on trying when the target does not take a call."""

    maximum_event_age_in_seconds: int = Field(
        default=86400, ge=60, le=86400, description="Seconds after which it gives up; unset: a day."
    )
    maximum_retry_attempts: int = Field(
        default=185, ge=0, le=185, description="So many further attempts at most; unset: 185."
    )


class TaskNetwork(Part):
    """Where tasks have their addresses (AwsvpcConfiguration)."""

    subnets: frozenset[SubnetRef] = Field(
        default=frozenset(), max_length=16, description="Subnets, by manifest name or id; awsvpc needs them."
    )
    security_groups: frozenset[SecurityGroupRef] = Field(
        default=frozenset(), max_length=5, description="Security groups, by manifest name or id; empty: the VPC's own."
    )
    assign_public_ip: bool = Field(default=False, description="Whether each task has a public address.")


class PlacementConstraint(Part):
    """On which instances tasks may run."""

    key_fields: ClassVar[tuple[str, ...]] = ("type", "expression")
    type: Literal["distinctInstance", "memberOf"] = Field(description="`memberOf`: those of the expression.")
    expression: str = Field(default="", max_length=2000, description="In ECS's query language, for memberOf.")


class PlacementStrategy(Part):
    """By what instances are chosen."""

    type: Literal["random", "spread", "binpack"] = Field(description="`spread`: evenly; `binpack`: as few as will do.")
    field: str = Field(
        default="", max_length=255, description="What spread and binpack go by: instanceId, cpu, memory."
    )


class EcsParameters(Part):
    """The tasks that are run."""

    task_definition: TaskDefinitionRef = Field(
        default="",
        description="What runs (TaskDefinitionArn), by manifest name: always the newest revision; or by ARN. Empty: the target "
        "is no cluster.",
    )
    task_count: int = Field(default=1, ge=1, le=10, description="How many tasks run each time.")
    launch_type: Literal["", "FARGATE", "EC2", "EXTERNAL"] = Field(
        default="", description="What tasks run on; empty: as capacityProviderStrategy or the cluster has it."
    )
    capacity_provider_strategy: Strategy = Field(
        default=(), description="On which capacity tasks run, in place of launchType."
    )
    network_configuration: TaskNetwork = Field(default=TaskNetwork(), description="Where they have their addresses.")
    platform_version: str = Field(
        default="", pattern=r"^(|LATEST|\d+\.\d+\.\d+)$", description="Fargate's version; empty: the latest."
    )
    group: str = Field(default="", max_length=255, description="The task group; empty: the family's.")
    enable_ecs_managed_tags: bool = Field(
        default=False, alias="enableECSManagedTags", description="Whether ECS tags tasks with their cluster."
    )
    enable_execute_command: bool = Field(
        default=False, description="Whether people may run commands in their containers."
    )
    propagate_tags: Literal["", "TASK_DEFINITION"] = Field(default="", description="Whose tags tasks get.")
    placement_constraints: Annotated[
        tuple[PlacementConstraint, ...], AfterValidator(unique_by("type", "expression"))
    ] = Field(default=(), max_length=10, description="On which instances they may run.")
    placement_strategy: tuple[PlacementStrategy, ...] = Field(
        default=(), max_length=5, description="By what instances are chosen, the first first."
    )
    reference_id: str = Field(default="", max_length=1024, description="What tasks are to be known by.")
    tags: dict[str, str] = Field(default={}, description="Tags on the tasks.")


class EventBridgeParameters(Part):
    """The event that is put on a bus."""

    detail_type: str = Field(default="", max_length=128, description="Its detail-type; empty: the target is no bus.")
    source: str = Field(default="", max_length=256, description="Its source.")


class KinesisParameters(Part):
    """Where in a stream a record goes."""

    partition_key: str = Field(default="", max_length=256, description="Its partition key; empty: it is no stream.")


class SqsParameters(Part):
    """How a message is sent."""

    message_group_id: str = Field(default="", max_length=128, description="Its group, for a FIFO queue alone.")


class Target(Part):
    """What is called each time."""

    arn: TargetRef = Field(
        description="What is called: an ECS cluster by manifest name, or the ARN of a cluster, function, queue, state machine and "
        "so on, or of any call of AWS's: `arn:aws:scheduler:::aws-sdk:rds:stopDBInstance`."
    )
    role: RoleRef = Field(
        description="The role as which the Scheduler calls it, by manifest name or ARN (RoleArn); scheduler.amazonaws.com takes "
        "it on."
    )
    input: Annotated[str, BeforeValidator(_compact)] = Field(
        default="", description="What it is given, as text, JSON or YAML; empty: AWS's own notice."
    )
    dead_letter_queue: str = Field(
        default="",
        pattern=r"^(|arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w-]+)$",
        description="ARN of the SQS queue for what the target never took (DeadLetterConfig); empty: it is dropped.",
    )
    retry_policy: RetryPolicy = Field(default=RetryPolicy(), description="How long it is tried.")
    ecs_parameters: EcsParameters = Field(default=EcsParameters(), description="For a cluster: the tasks.")
    event_bridge_parameters: EventBridgeParameters = Field(
        default=EventBridgeParameters(), description="For an event bus: the event."
    )
    kinesis_parameters: KinesisParameters = Field(
        default=KinesisParameters(), description="For a stream: where in it a record goes."
    )
    sage_maker_pipeline_parameters: dict[str, str] = Field(
        default={}, description="For a pipeline of SageMaker: its parameters, name to value (PipelineParameterList)."
    )
    sqs_parameters: SqsParameters = Field(default=SqsParameters(), description="For a queue: how a message is sent.")


def request(target: Target) -> dict[str, Any]:
    """A target in the form that the Scheduler's calls take; what is empty is left out."""
    event, retry = target.event_bridge_parameters, target.retry_policy
    pipeline = [{"Name": name, "Value": value} for name, value in sorted(target.sage_maker_pipeline_parameters.items())]
    return {
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": retry.maximum_event_age_in_seconds,
            "MaximumRetryAttempts": retry.maximum_retry_attempts,
        },
        **_given(
            Arn=target.arn,
            RoleArn=target.role,
            Input=target.input,
            DeadLetterConfig=_given(Arn=target.dead_letter_queue),
            EcsParameters=_ecs(target.ecs_parameters) if target.ecs_parameters.task_definition else {},
            EventBridgeParameters=_given(DetailType=event.detail_type, Source=event.source),
            KinesisParameters=_given(PartitionKey=target.kinesis_parameters.partition_key),
            SageMakerPipelineParameters=_given(PipelineParameterList=pipeline),
            SqsParameters=_given(MessageGroupId=target.sqs_parameters.message_group_id),
        ),
    }


def _ecs(wanted: EcsParameters) -> dict[str, Any]:
    constraints = [_given(type=one.type, expression=one.expression) for one in wanted.placement_constraints]
    return {
        "TaskCount": wanted.task_count,
        **_given(
            TaskDefinitionArn=wanted.task_definition,
            LaunchType=wanted.launch_type,
            CapacityProviderStrategy=strategy_request(wanted.capacity_provider_strategy),
            NetworkConfiguration=_network(wanted.network_configuration),
            PlatformVersion=wanted.platform_version,
            Group=wanted.group,
            EnableECSManagedTags=wanted.enable_ecs_managed_tags,
            EnableExecuteCommand=wanted.enable_execute_command,
            PropagateTags=wanted.propagate_tags,
            PlacementConstraints=constraints,
            PlacementStrategy=[_given(type=one.type, field=one.field) for one in wanted.placement_strategy],
            ReferenceId=wanted.reference_id,
            Tags=[{"key": key, "value": value} for key, value in sorted(wanted.tags.items())],
        ),
    }


def _network(network: TaskNetwork) -> dict[str, Any]:
    if not network.subnets:
        return {}
    return {
        "awsvpcConfiguration": {
            "Subnets": sorted(network.subnets),
            "AssignPublicIp": "ENABLED" if network.assign_public_ip else "DISABLED",
            **_given(SecurityGroups=sorted(network.security_groups)),
        }
    }


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def target_of(reply: Mapping[str, Any]) -> Target:
    """The target of a GetSchedule reply."""
    retry, event = reply.get("RetryPolicy") or {}, reply.get("EventBridgeParameters") or {}
    pipeline = (reply.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or ()
    return Target.model_construct(
        arn=reply["Arn"],
        role=reply["RoleArn"],
        input=_compact(reply.get("Input") or ""),
        dead_letter_queue=(reply.get("DeadLetterConfig") or {}).get("Arn", ""),
        retry_policy=RetryPolicy.model_construct(
            maximum_event_age_in_seconds=retry.get("MaximumEventAgeInSeconds", 86400),
            maximum_retry_attempts=retry.get("MaximumRetryAttempts", 185),
        ),
        ecs_parameters=_ecs_of(reply.get("EcsParameters") or {}),
        event_bridge_parameters=EventBridgeParameters.model_construct(
            detail_type=event.get("DetailType", ""), source=event.get("Source", "")
        ),
        kinesis_parameters=KinesisParameters.model_construct(
            partition_key=(reply.get("KinesisParameters") or {}).get("PartitionKey", "")
        ),
        sage_maker_pipeline_parameters={one["Name"]: one["Value"] for one in pipeline},
        sqs_parameters=SqsParameters.model_construct(
            message_group_id=(reply.get("SqsParameters") or {}).get("MessageGroupId", "")
        ),
    )


def _ecs_of(found: Mapping[str, Any]) -> EcsParameters:
    network = (found.get("NetworkConfiguration") or {}).get("awsvpcConfiguration") or {}
    constraints = [(one.get("type", ""), one.get("expression", "")) for one in found.get("PlacementConstraints") or ()]
    strategies = [(one.get("type", ""), one.get("field", "")) for one in found.get("PlacementStrategy") or ()]
    return EcsParameters.model_construct(
        task_definition=found.get("TaskDefinitionArn", ""),
        task_count=found.get("TaskCount", 1),
        launch_type=found.get("LaunchType", ""),
        capacity_provider_strategy=strategy(found.get("CapacityProviderStrategy")),
        network_configuration=TaskNetwork.model_construct(
            subnets=frozenset(network.get("Subnets") or ()),
            security_groups=frozenset(network.get("SecurityGroups") or ()),
            assign_public_ip=network.get("AssignPublicIp") == "ENABLED",
        ),
        platform_version=found.get("PlatformVersion", ""),
        group=found.get("Group", ""),
        enable_ecs_managed_tags=found.get("EnableECSManagedTags", False),
        enable_execute_command=found.get("EnableExecuteCommand", False),
        propagate_tags=found.get("PropagateTags", ""),
        placement_constraints=tuple(
            PlacementConstraint.model_construct(type=type_, expression=expression)
            for type_, expression in sorted(constraints)
        ),
        placement_strategy=tuple(
            PlacementStrategy.model_construct(type=type_, field=field) for type_, field in strategies
        ),
        reference_id=found.get("ReferenceId", ""),
        # A tag that is no pair of key and value is of no use to ECS.
        tags={one["key"]: one.get("value", "") for one in found.get("Tags") or () if "key" in one},
    )
