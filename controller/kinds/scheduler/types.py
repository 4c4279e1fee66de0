"""What schedules and their groups have in common: references, names and time zones."""

from __future__ import annotations

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from controller.model.problem import did_you_mean
from controller.model.reference import Ref

DEFAULT_GROUP = "default"
"""The group that AWS has in every account and region."""
PAGE = 100
"""The largest page of the Scheduler's lists."""
_GROUP_ARN = r"arn:[\w-]+:scheduler:[\w-]+:\d{12}:schedule-group/"

Name = Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=64)]
GroupRef = Annotated[
    str,
    Ref("scheduler/ScheduleGroup", output="name", literal=rf"{DEFAULT_GROUP}|{_GROUP_ARN}.+"),
    AfterValidator(lambda group: group.rpartition("/")[2] if group.startswith("arn:") else group),
]
"""A group by manifest name, or one that is in no manifest by its ARN; the Scheduler's calls take its name."""
TargetRef = Annotated[str, Ref("ecs/Cluster", output="arn", literal=r"arn:.+")]
TaskDefinitionRef = Annotated[
    str, Ref("ecs/TaskDefinition", output="arn", literal=r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task-definition/.+")
]
"""Unlike a service, a schedule may name a family alone, whose newest revision then runs."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known(zone: str) -> str:
    """AWS's zones are those of the same database; where this machine has none, AWS must tell."""
    if _zones() and zone not in _zones():
        hint = did_you_mean(zone, _zones())
        raise ValueError(f"{zone!r} is no time zone{f'; {hint}' if hint else ', such as Europe/Berlin'}")
    return zone


TimeZone = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_known)]
