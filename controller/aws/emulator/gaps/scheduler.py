"""What moto's EventBridge Scheduler does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

from typing import Any


def complete() -> None:
    """Put it all right."""
    _keep_schedules_in_groups()


def _keep_schedules_in_groups() -> None:
    """The Scheduler refuses a group that there is already and one that there is not, and changes what is done with a schedule
    after its last run; its list tells no more of a schedule than that it is there."""
    from moto.scheduler import responses
    from moto.scheduler.exceptions import ScheduleExists, ScheduleGroupNotFound
    from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, ScheduleGroup

    backends: Any = EventBridgeSchedulerBackend
    schedules: Any = Schedule
    owner: Any = responses.EventBridgeSchedulerResponse
    create, create_group, delete_group = (
        backends.create_schedule,
        backends.create_schedule_group,
        backends.delete_schedule_group,
    )
    whole, update = schedules.to_dict, owner.update_schedule
    listed = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate", "Target")

    def create_schedule(self: Any, *, group_name: str, **more: Any) -> Schedule:
        self.get_schedule_group(group_name)
        made: Schedule = create(self, group_name=group_name, **more)
        return made

    def create_schedule_group(self: Any, name: str, tags: list[dict[str, str]]) -> ScheduleGroup:
        if name in self.schedule_groups:
            raise ScheduleExists(name)
        made: ScheduleGroup = create_group(self, name, tags)
        return made

    def delete_schedule_group(self: Any, name: str) -> None:
        if name not in self.schedule_groups:
            raise ScheduleGroupNotFound(name)
        delete_group(self, name)

    def to_dict(self: Any, short: bool = False) -> dict[str, Any]:
        told: dict[str, Any] = whole(self, short)
        return {name: told[name] for name in listed} if short else told

    def update_schedule(self: Any) -> str:
        reply = str(update(self))
        name = self.uri.split("?")[0].split("/")[-1]
        found = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        found.action_after_completion = self._get_param("ActionAfterCompletion")
        return reply

    for function in (create_schedule, create_schedule_group, delete_schedule_group):
        setattr(backends, function.__name__, function)
    schedules.to_dict, owner.update_schedule = to_dict, update_schedule
