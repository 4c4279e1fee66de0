"""What is wrong or doubtful about a schedule, found without asking AWS: by itself, and beside the role and tasks that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from controller.kinds.ecs.execution_role import lacking
from controller.kinds.ecs.task_spec import TaskDefinitionSpec
from controller.kinds.iam.policy import documents
from controller.kinds.iam.role import RoleSpec
from controller.kinds.scheduler.schedule_spec import ScheduleSpec
from controller.kinds.scheduler.target import EcsParameters, Target
from controller.model.manifest import Manifest, View
from controller.model.policy_grammar import listed
from controller.model.problem import Problem, Severity
from controller.model.reference import is_known

SCHEDULER = "scheduler.amazonaws.com"
ACTIONS: Mapping[str, str] = {
    "ecs": "ecs:RunTask",
    "events": "events:PutEvents",
    "firehose": "firehose:PutRecord",
    "kinesis": "kinesis:PutRecord",
    "lambda": "lambda:InvokeFunction",
    "sagemaker": "sagemaker:StartPipelineExecution",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
    "states": "states:StartExecution",
}
"""What the Scheduler calls of a service: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html"""
NEEDED = ("ecs", "events", "kinesis")
"""Services that are called with parameters of their own."""
JSON_ONLY = ("scheduler", "events", "lambda", "states")
"""Services that take JSON alone as input; `scheduler` is any call of AWS's."""


def alone(manifest: Manifest) -> Iterator[Problem]:
    """What can be said of one schedule by itself."""
    spec = manifest.spec
    if not isinstance(spec, ScheduleSpec):
        return
    if spec.start_date and spec.end_date and spec.end_date <= spec.start_date:
        yield manifest.problem("endDate", f"{spec.end_date} is not after startDate, {spec.start_date}")
    if spec.action_after_completion == "DELETE":
        found = "has AWS delete it after its last run, and then trueup makes it anew"
        yield manifest.problem("actionAfterCompletion", found, severity=Severity.WARNING)
    service = _service(spec.target.arn)
    if service:
        yield from _parameters(manifest, spec.target, service)
        yield from _input(manifest, spec.target, service)
    if spec.target.ecs_parameters.task_definition:
        yield from _tasks(manifest, spec.target.ecs_parameters)


def beside_its_role(manifest: Manifest, view: View) -> Iterator[Problem]:
    """Whether the role, where git has it as well, is one that the Scheduler can take on, and do the work as."""
    spec = manifest.spec
    role = view.find("iam/Role", spec.target.role) if isinstance(spec, ScheduleSpec) else None
    if not isinstance(spec, ScheduleSpec) or role is None or not isinstance(role.spec, RoleSpec):
        return
    who = f"Role {spec.target.role} ({role.where})"
    if not _trusts(role.spec):
        hint = f"allow sts:AssumeRole to the service {SCHEDULER} in its trust"
        yield manifest.problem("target.role", f"{who} cannot be taken on by the Scheduler", hint)
    missing = lacking(role.spec, _wanted(spec.target, view), documents(view))
    if missing:
        why = " and ".join(dict.fromkeys(missing.values()))
        found = f"{who} does not allow {', '.join(missing)}, so that the Scheduler cannot {why}"
        yield manifest.problem("target.role", found, "allow the actions", severity=Severity.WARNING)


def beside_its_task(manifest: Manifest, view: View) -> Iterator[Problem]:
    """Whether the schedule and its task definition, where git has it as well, go together."""
    spec = manifest.spec
    task = _task(spec.target, view) if isinstance(spec, ScheduleSpec) else None
    if not isinstance(spec, ScheduleSpec) or task is None:
        return
    found, definition = task
    where, wanted = f"TaskDefinition {found.address.name} ({found.where})", spec.target.ecs_parameters
    own = "target.ecsParameters"
    if definition.network_mode == "awsvpc" and not wanted.network_configuration.subnets:
        yield manifest.problem(f"{own}.networkConfiguration", f"is missing: {where} has network mode awsvpc")
    if definition.network_mode != "awsvpc" and wanted.network_configuration.subnets:
        text = f"goes with network mode awsvpc only; {where} has {definition.network_mode}"
        yield manifest.problem(f"{own}.networkConfiguration", text)
    if wanted.launch_type == "FARGATE" and "FARGATE" not in definition.requires_compatibilities:
        text = f"{where} is not made for Fargate"
        yield manifest.problem(f"{own}.launchType", text, "add `requiresCompatibilities: [FARGATE]` there")
    if wanted.enable_execute_command and not definition.task_role:
        text = f"needs a task role, and {where} has none"
        yield manifest.problem(
            f"{own}.enableExecuteCommand", text, "name one under `taskRole` that allows ssmmessages:*"
        )
    names = [container.name for container in definition.container_definitions]
    for name in _overridden(spec.target.input):
        if name not in names:
            text = f"overrides container {name!r}, which is not in {where}"
            yield manifest.problem("target.input", text, f"its containers are {', '.join(names)}")


def _service(arn: str) -> str:
    """The service that a target is of, as its ARN has it; a name is a cluster's. "" for what is not known yet."""
    if "${" in arn or not is_known(arn):
        return ""
    arn, _, rest = arn.partition(":")
    return rest.split(":")[1] if arn == "arn" and ":" in rest else "ecs"


def _parameters(manifest: Manifest, target: Target, service: str) -> Iterator[Problem]:
    """Each service has parameters of its own, and takes no other's."""
    fields = {
        "ecs": ("ecsParameters", bool(target.ecs_parameters.task_definition)),
        "events": ("eventBridgeParameters", bool(target.event_bridge_parameters.detail_type)),
        "kinesis": ("kinesisParameters", bool(target.kinesis_parameters.partition_key)),
        "sagemaker": ("sageMakerPipelineParameters", bool(target.sage_maker_pipeline_parameters)),
        "sqs": ("sqsParameters", bool(target.sqs_parameters.message_group_id)),
    }
    for owner, (field, given) in fields.items():
        if given and owner != service:
            yield manifest.problem(f"target.{field}", f"goes with a target of {owner}, and this one is of {service}")
        if not given and owner == service and service in NEEDED:
            yield manifest.problem(f"target.{field}", f"is missing, and a target of {service} needs it")
    if service == "sqs" and target.arn.endswith(".fifo") and not target.sqs_parameters.message_group_id:
        yield manifest.problem("target.sqsParameters", "is missing: a FIFO queue needs a messageGroupId")


def _input(manifest: Manifest, target: Target, service: str) -> Iterator[Problem]:
    if service in JSON_ONLY and target.input and "${" not in target.input and not _is_json(target.input):
        yield manifest.problem("target.input", f"is no JSON, and a target of {service} takes nothing else")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _tasks(manifest: Manifest, wanted: EcsParameters) -> Iterator[Problem]:
    own, network = "target.ecsParameters", wanted.network_configuration
    if wanted.launch_type and wanted.capacity_provider_strategy:
        yield manifest.problem(f"{own}.capacityProviderStrategy", "and launchType exclude each other")
    if not network.subnets and (network.security_groups or network.assign_public_ip):
        yield manifest.problem(f"{own}.networkConfiguration", "names no subnets")
    if wanted.launch_type != "FARGATE":
        return
    if not network.subnets:
        yield manifest.problem(f"{own}.networkConfiguration", "names no subnets, and tasks on Fargate need them")
    for field, given in (
        ("placementConstraints", wanted.placement_constraints),
        ("placementStrategy", wanted.placement_strategy),
    ):
        if given:
            yield manifest.problem(f"{own}.{field}", "goes with instances, and Fargate has none")


def _trusts(role: RoleSpec) -> bool:
    """Whether a role's trust may let the Scheduler take it on. Conditions are left to IAM."""
    for statement in role.trust.data["Statement"]:
        principal = statement.get("Principal", {})
        services = ["*"] if principal == "*" else listed(principal.get("Service"))
        if statement["Effect"] == "Allow" and {"*", SCHEDULER} & {*services}:
            return True
    return False


def _wanted(target: Target, view: View) -> Mapping[str, str]:
    """The actions that a schedule's role must allow, each with what it is for."""
    action = ACTIONS.get(_service(target.arn))
    wanted = {action: "call the target"} if action else {}
    task = _task(target, view)
    if task and (task[1].task_role or task[1].execution_role):
        wanted["iam:PassRole"] = "give tasks their roles"
    if target.dead_letter_queue:
        wanted.setdefault("sqs:SendMessage", "send to the dead-letter queue")
    return wanted


def _task(target: Target, view: View) -> tuple[Manifest, TaskDefinitionSpec] | None:
    found = view.find("ecs/TaskDefinition", target.ecs_parameters.task_definition)
    return (found, found.spec) if found is not None and isinstance(found.spec, TaskDefinitionSpec) else None


def _overridden(given: str) -> list[str]:
    """The containers for which a RunTask call is given overrides."""
    data = json.loads(given) if given.startswith("{") and _is_json(given) else {}
    overrides = data.get("containerOverrides")
    return [str(one.get("name")) for one in overrides or () if isinstance(one, dict)]
