"""Schedule groups: what schedules are tagged by, and deleted with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field, field_validator

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.scheduler.types import DEFAULT_GROUP, PAGE, Name
from controller.kinds.tagging import Tagged, is_ours, read_tags, to_list, to_map
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.scope import Deletion
from controller.model.spec import TaggedSpec

SHOWN = 5
"""So many schedules are named in a message."""


class ScheduleGroupSpec(TaggedSpec):
    """A group of schedules."""

    name: Name = Field(description="The name, unique in account and region; unset: metadata.name.")

    @field_validator("name")
    @classmethod
    def _not_awss(cls, name: str) -> str:
        if name == DEFAULT_GROUP:
            raise ValueError(f"{DEFAULT_GROUP} is AWS's own group: schedules are in it that name no other")
        return name


class ScheduleGroup(Kind[ScheduleGroupSpec]):
    """EventBridge Scheduler schedule group. One with schedules that would not go without it is never deleted.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
    Observation: ceil(n / 100) calls + the tags, which all kinds share + ceil(schedules / 100) for a group that git names no more.
    """

    api = "scheduler.aws/v1"
    doc = "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html"
    name_field = "name"
    replace_on = frozenset({"name"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The group's ARN.", "name": "Its name."}
    reads = (
        "scheduler:ListScheduleGroups",
        "scheduler:ListSchedules",
        "scheduler:ListTagsForResource",
        "tag:GetResources",
    )
    writes = (
        "scheduler:CreateScheduleGroup",
        "scheduler:DeleteScheduleGroup",
        "scheduler:TagResource",
        "scheduler:UntagResource",
    )

    def tell(self, verb: Verb, before: ScheduleGroupSpec | None, after: ScheduleGroupSpec | None) -> Iterator[str]:
        if verb is Verb.DELETE:
            yield "schedules that are in it by then are deleted with it"

    def observe(self, aws: Aws, wanted: Wanted[ScheduleGroupSpec]) -> Iterator[Observed[ScheduleGroupSpec]]:
        pages = aws.pages("scheduler", "ListScheduleGroups", page_size=PAGE)
        listed = [group for page in pages for group in page["ScheduleGroups"]]
        groups = [group for group in listed if group["Name"] != DEFAULT_GROUP and group.get("State") != "DELETING"]
        tags = read_tags(
            aws,
            [Tagged(group["Arn"], group["Name"], group["Name"]) for group in groups],
            wanted,
            lambda arn: to_map(aws.call("scheduler", "ListTagsForResource", ResourceArn=arn)["Tags"]),
        )
        for group in groups:
            name, own = group["Name"], tags.get(group["Arn"])
            leaving = name not in wanted.claims and is_ours(own, name, name, wanted) and not wanted.everything
            yield Observed(
                name,
                ScheduleGroupSpec.model_construct(name=name, tags={}),
                own,
                {"arn": group["Arn"], "name": name},
                keep=_keep(_staying(aws, name, wanted)) if leaving else "",
            )

    def create(self, aws: Aws, spec: ScheduleGroupSpec, tags: Mapping[str, str]) -> Made:
        arn = aws.call("scheduler", "CreateScheduleGroup", Name=spec.name, Tags=to_list(tags))["ScheduleGroupArn"]
        return Made(spec.name, {"arn": arn, "name": spec.name})

    def update(
        self, aws: Aws, live: Observed[ScheduleGroupSpec], spec: ScheduleGroupSpec, changed: frozenset[str]
    ) -> None:
        """Nothing but tags can change."""

    def delete(self, aws: Aws, live: Observed[ScheduleGroupSpec]) -> None:
        # AWS is at it for a while; until then the group is DELETING, and none of ours any more.
        aws.call("scheduler", "DeleteScheduleGroup", Name=live.id)

    def retag(
        self, aws: Aws, live: Observed[ScheduleGroupSpec], put: Mapping[str, str], remove: frozenset[str]
    ) -> None:
        if put:
            aws.call("scheduler", "TagResource", ResourceArn=live.outputs["arn"], Tags=to_list(put))
        if remove:
            aws.call("scheduler", "UntagResource", ResourceArn=live.outputs["arn"], TagKeys=sorted(remove))


def _staying(aws: Aws, group: str, wanted: Wanted[Any]) -> list[str]:
    """The group's schedules that do not go by themselves: others' own, and those of trueup's that are to be kept."""
    ours = {e.id for e in wanted.entries if e.address.kind == "scheduler/Schedule" and e.deletion is Deletion.DELETE}
    pages = aws.pages("scheduler", "ListSchedules", page_size=PAGE, GroupName=group)
    names = (schedule["Name"] for page in pages for schedule in page["Schedules"])
    return sorted(name for name in names if f"{group}/{name}" not in ours)


def _keep(names: list[str]) -> str:
    """Why a group must not go."""
    if not names:
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"schedules in it would be deleted with it: {', '.join(names[:SHOWN])}{more}"
