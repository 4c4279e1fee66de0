"""Schedules: what is run at set times, such as a task of ECS every night."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.kinds.scheduler import schedule_checks
from controller.kinds.scheduler.schedule_spec import ScheduleSpec, has_passed
from controller.kinds.scheduler.target import OURS, request, target_of
from controller.kinds.scheduler.types import PAGE
from controller.model.instant import instant
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.schedule import spelling
from controller.model.scope import Scope


class Schedule(Kind[ScheduleSpec]):
    """EventBridge Scheduler schedule. AWS takes no tags on schedules, so they are owned through the inventory.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    Observation: ceil(n / 100) calls + 1 for each that git wants or that is trueup's, since lists leave out what is run and when.
    """

    api = "scheduler.aws/v1"
    doc = "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"
    name_field = "name"
    reach = "parent"
    replace_on = frozenset({"name", "groupName"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The schedule's ARN.", "name": "Its name."}
    taggable = False
    reads = ("scheduler:ListSchedules", "scheduler:GetSchedule")
    writes = ("scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule", "iam:PassRole")

    def claim(self, spec: ScheduleSpec) -> str:
        return f"{spec.group_name}/{spec.name}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        yield from schedule_checks.alone(manifest)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            yield from ((manifest, problem) for problem in schedule_checks.beside_its_role(manifest, view))
            yield from ((manifest, problem) for problem in schedule_checks.beside_its_task(manifest, view))

    def tell(self, verb: Verb, before: ScheduleSpec | None, after: ScheduleSpec | None) -> Iterator[str]:
        if before and after is None:
            yield f"nothing runs at {_when(before)} any more"
        elif before and after:
            if _when(before) != _when(after):
                yield f"runs at {_when(after)} in place of {_when(before)}"
            if before.state != after.state:
                yield "runs again" if after.state == "ENABLED" else "does not run until it is ENABLED again"
            if before.target.ecs_parameters.task_definition != after.target.ecs_parameters.task_definition:
                yield "its next tasks are of another definition; those that run stay as they are"

    def observe(self, aws: Aws, wanted: Wanted[ScheduleSpec]) -> Iterator[Observed[ScheduleSpec]]:
        # A claim may have the group by its manifest's name, which AWS does not know.
        names = {claim.rpartition("/")[2] for claim in wanted.claims}
        for page in aws.pages("scheduler", "ListSchedules", page_size=PAGE):
            for listed in page["Schedules"]:
                group, name = listed["GroupName"], listed["Name"]
                if wanted.everything or name in names or f"{group}/{name}" in wanted.ids:
                    with suppress(NotFound):  # gone since it was listed
                        yield translate(aws.call("scheduler", "GetSchedule", GroupName=group, Name=name))

    def create(self, aws: Aws, spec: ScheduleSpec, tags: Mapping[str, str]) -> Made:
        arn = aws.call("scheduler", "CreateSchedule", **_request(spec))["ScheduleArn"]
        return Made(self.claim(spec), {"arn": arn, "name": spec.name})

    def update(self, aws: Aws, live: Observed[ScheduleSpec], spec: ScheduleSpec, changed: frozenset[str]) -> None:
        # The call says all of a schedule: what it leaves out is reset.
        aws.call("scheduler", "UpdateSchedule", **_request(spec, live))

    def delete(self, aws: Aws, live: Observed[ScheduleSpec]) -> None:
        aws.call("scheduler", "DeleteSchedule", GroupName=live.spec.group_name, Name=live.spec.name)


def _when(spec: ScheduleSpec) -> str:
    return spec.schedule_expression if spec.timezone == "UTC" else f"{spec.schedule_expression} {spec.timezone}"


def _request(spec: ScheduleSpec, live: Observed[ScheduleSpec] | None = None) -> dict[str, Any]:
    """What CreateSchedule and UpdateSchedule take alike. `live`: what is to be updated."""
    window, target = spec.flexible_time_window, request(spec.target)
    if live and live.spec.target.arn == spec.target.arn:
        target = {**live.detail, **target}
    # A start that has passed is sent only where AWS knows it already: it takes none that is new to it.
    starts = not has_passed(spec.start_date) or (live and live.spec.start_date == spec.start_date)
    optional = {
        "Description": spec.description,
        "StartDate": spec.start_date if starts else "",
        "EndDate": spec.end_date,
        "KmsKeyArn": spec.kms_key_arn,
    }
    return {
        "Name": spec.name,
        "GroupName": spec.group_name,
        "ScheduleExpression": spec.schedule_expression,
        "ScheduleExpressionTimezone": spec.timezone,
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window} if window else {"Mode": "OFF"},
        "State": spec.state,
        "ActionAfterCompletion": spec.action_after_completion,
        "Target": target,
        **{name: value for name, value in optional.items() if value},
    }


def translate(found: Mapping[str, Any]) -> Observed[ScheduleSpec]:
    """The schedule of a GetSchedule reply."""
    group, name = found["GroupName"], found["Name"]
    spec = ScheduleSpec.model_construct(
        name=name,
        group_name=group,
        description=found.get("Description", ""),
        schedule_expression=spelling(found["ScheduleExpression"]),
        timezone=found.get("ScheduleExpressionTimezone", "UTC"),
        flexible_time_window=found["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0),
        start_date=str(instant(found.get("StartDate", ""))),
        end_date=str(instant(found.get("EndDate", ""))),
        state=found.get("State", "ENABLED"),
        action_after_completion=found.get("ActionAfterCompletion", "NONE"),
        kms_key_arn=found.get("KmsKeyArn", ""),
        target=target_of(found["Target"]),
    )
    # What there are no fields for (parameters that AWS has added) is to stay.
    others = {key: value for key, value in found["Target"].items() if key not in OURS}
    return Observed(f"{group}/{name}", spec, None, {"arn": found["Arn"], "name": name}, detail=others)
