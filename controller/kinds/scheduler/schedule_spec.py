"""The Spec of schedules: when something is done, and what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from controller.kinds.scheduler.target import Target
from controller.kinds.scheduler.types import DEFAULT_GROUP, GroupRef, Name, TimeZone
from controller.model.instant import Instant
from controller.model.schedule import Schedule as When
from controller.model.spec import Spec


class ScheduleSpec(Spec):
    """A schedule."""

    name: Name = Field(description="The name, unique in its group; unset: metadata.name.")
    group_name: GroupRef = Field(
        default=DEFAULT_GROUP, description="The schedule group, by manifest name or ARN; unset: AWS's own, `default`."
    )
    description: str = Field(default="", max_length=512, description="What it is for.")
    schedule_expression: When = Field(
        max_length=256,
        description="When: `cron(0 3 * * ? *)` with minutes, hours, day of month, month, day of week and year, `rate(1 day)`, "
        "or once, `at(2026-01-31T08:00:00)`.",
    )
    timezone: TimeZone = Field(
        default="UTC", description="The time zone of that (ScheduleExpressionTimezone), such as Europe/Berlin."
    )
    flexible_time_window: int = Field(
        default=0,
        ge=0,
        le=1440,
        description="Minutes within which each run may begin (MaximumWindowInMinutes); 0: at the time itself (OFF).",
    )
    start_date: Instant = Field(
        default="",
        description="Not before this time; empty: from now on. Where AWS has none any more, one that has passed is no difference.",
    )
    end_date: Instant = Field(default="", description="Not after this time; empty: for ever.")
    state: Literal["ENABLED", "DISABLED"] = Field(default="ENABLED", description="`DISABLED`: nothing runs.")
    action_after_completion: Literal["NONE", "DELETE"] = Field(
        default="NONE", description="What AWS does with it after its last run; with DELETE trueup makes it anew."
    )
    kms_key_arn: str = Field(
        default="",
        pattern=r"^(|arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)/.+)$",
        description="ARN of the KMS key that it is encrypted with; empty: AWS's own key.",
    )
    target: Target = Field(description="What is called each time.")

    def managed_by(self, want: Spec) -> Spec:
        """AWS takes no start that has passed, and after it none decides anything any more."""
        if isinstance(want, ScheduleSpec) and not self.start_date and has_passed(want.start_date):
            return self.model_copy(update={"start_date": want.start_date})
        return self


def has_passed(moment: str) -> bool:
    """Whether it is a moment, and over."""
    return bool(moment) and datetime.fromisoformat(moment) <= datetime.now(UTC)
