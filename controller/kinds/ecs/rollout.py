"""How a service's deployment stands, read off what DescribeServices says of it: pure, and in AWS's own words.

the primary deployment    and                                             the service is
IN_PROGRESS               -                                               pending, with counts and the last event
COMPLETED                 -                                               as it was asked
FAILED                    there was nothing to go back to                 broken: as it was asked, and it does not work
IN_PROGRESS, COMPLETED    it is what a failed one was rolled back to      refused: AWS took back what it was asked

ECS keeps no state for the last row. It shows a failed deployment for as long as its tasks drain, and an event of the rollback among
the last hundred: that event counts for as long as no other deployment has been begun since.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.model.fact import Fact

BEGINNING = timedelta(minutes=1)
"""How long after the event of a rollback its deployment begins, at most. One that began later was asked for by somebody."""
STOPPED_TASKS_ARE_SHOWN = timedelta(hours=1)
_ROLLBACK = re.compile(r"rolling back to deployment")
_FAILED = re.compile(r"deployment failed: (.*)")
_ROUTINE = re.compile(r"has (started|stopped|begun|reached)|registered|deployment (completed|failed)|rolling back")
_FAILED_CHECK = re.compile(r"failed .*health checks")
_CAUSES = (
    ("image", re.compile(r"CannotPull")),
    ("secret", re.compile(r"unable to (pull|retrieve) secret")),
    ("out_of_memory", re.compile(r"OutOfMemory")),
    ("health_checks", re.compile(r"health checks?|is unhealthy", re.IGNORECASE)),
    ("alarm", re.compile(r"alarm detected", re.IGNORECASE)),
    ("capacity", re.compile(r"unable to place|capacity is unavailable", re.IGNORECASE)),
    ("exit", re.compile(r"exited")),
)
"""What ECS's words tell of a failure, the more particular first."""
FAILURE = Fact(
    "service_deployment_failure",
    "Why the tasks of a service's last deployment fail, failed, or were rolled back, as ECS gives it; always 1.",
    "reason",
    (*(name for name, _ in _CAUSES), "other"),
)
_NEVER = datetime.min.replace(tzinfo=UTC)

Service = Mapping[str, Any]
Deployment = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a deployment stands; each "" or a sentence, as in Observed. `failure`: the word for why its tasks fail, or "" where they
    do not."""

    pending: str = ""
    refused: str = ""
    broken: str = ""
    failure: str = ""


def rollout(service: Service, stopped: str = "") -> Rollout:
    """How a service's deployment stands. `stopped`: why the last of its tasks stopped, where that was asked."""
    primary = primary_of(service)
    state = primary.get("rolloutState", "")
    if state == "FAILED":
        why = _because(primary.get("rolloutStateReason", ""), stopped or _cause(service))
        return Rollout(broken=f"the deployment of {_name(primary)} failed: {why}", failure=_word(why))
    pending = _progress(service, primary, stopped) if state == "IN_PROGRESS" else ""
    if not _rolled_back(service):
        failing = primary.get("failedTasks", 0) > 0 and bool(pending)
        return Rollout(pending, failure=_word(stopped or _cause(service)) if failing else "")
    failed = _failed(service)
    what = f"of {_name(failed)} " if failed else ""
    why = _because(_verdict(service, failed), stopped or _cause(service))
    return Rollout(pending, f"AWS rolled the deployment {what}back to {_name(primary)}: {why}", failure=_word(why))


def in_trouble(service: Service, now: datetime) -> bool:
    """Whether it is worth asking why tasks have stopped: tasks fail, or have failed not long ago."""
    primary = primary_of(service)
    failing = primary.get("rolloutState") == "IN_PROGRESS" and primary.get("failedTasks", 0) > 0
    if failing or primary.get("rolloutState") == "FAILED":
        return True
    return _rolled_back(service) and now - _rolled_back_at(service) < STOPPED_TASKS_ARE_SHOWN


def stopped_because(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Why the task that failed last has stopped: `CannotPullContainerError: ...`, `app exited with 137: OutOfMemoryError: ...`."""
    failed = [task for task in tasks if _has_failed(task)]
    last = max(failed, key=lambda task: task.get("stoppedAt", _NEVER), default={})
    if _FAILED_CHECK.search(last.get("stoppedReason", "")):
        return str(last["stoppedReason"])  # its containers ended because they were told to
    details = [
        f"{container['name']}{f' exited with {code}' if (code := container.get('exitCode')) is not None else ''}: {reason}"
        for container in last.get("containers", ())
        if (
            reason := container.get("reason")
            or (f"exit code {container['exitCode']}" if container.get("exitCode") else "")
        )
    ]
    return "; ".join([last.get("stoppedReason", ""), *details]).removeprefix("; ")


def _has_failed(task: Mapping[str, Any]) -> bool:
    """Not one that made room for another. ECS itself stops those that fail health checks."""
    code, reason = task.get("stopCode"), task.get("stoppedReason", "")
    return code in ("TaskFailedToStart", "EssentialContainerExited", None) or bool(_FAILED_CHECK.search(reason))


def primary_of(service: Service) -> Deployment:
    """The deployment that was begun last."""
    return next((one for one in service.get("deployments", ()) if one.get("status") == "PRIMARY"), {})


def _failed(service: Service) -> Deployment:
    """The deployment that failed beside the primary one, for as long as ECS shows it."""
    others = (one for one in service.get("deployments", ()) if one.get("status") != "PRIMARY")
    return next((one for one in others if one.get("rolloutState") == "FAILED"), {})


def _events(service: Service) -> list[Mapping[str, Any]]:
    return sorted(service.get("events", ()), key=lambda event: event.get("createdAt", _NEVER), reverse=True)


def _rolled_back_at(service: Service) -> datetime:
    found = (event["createdAt"] for event in _events(service) if _ROLLBACK.search(event["message"]))
    at: datetime = next(found, _failed(service).get("updatedAt", _NEVER))
    return at


def _rolled_back(service: Service) -> bool:
    """Whether the primary deployment is not what was asked for, but what a failed one was rolled back to."""
    primary = primary_of(service)
    if "rolling back" in primary.get("rolloutStateReason", "") or _failed(service):
        return True
    return bool(
        primary.get("createdAt", _NEVER) <= _rolled_back_at(service) + BEGINNING and _rolled_back_at(service) > _NEVER
    )


def _verdict(service: Service, failed: Deployment) -> str:
    said = (_FAILED.search(event["message"]) for event in _events(service))
    return str(failed.get("rolloutStateReason") or next((found[1] for found in said if found), "it failed"))


def _cause(service: Service) -> str:
    """The last event before a failure that tells what was wrong."""
    events = _events(service)
    failure = next((n for n, event in enumerate(events) if _FAILED.search(event["message"])), -1)
    return next((one["message"] for one in events[failure + 1 :] if not _ROUTINE.search(one["message"])), "")


def _word(why: str) -> str:
    return next((word for word, found in _CAUSES if found.search(why)), "other")


def _because(verdict: str, cause: str) -> str:
    return " ".join(part for part in (verdict, f"({cause})" if cause else "") if part)


def _progress(service: Service, primary: Deployment, stopped: str) -> str:
    failed, events = primary.get("failedTasks", 0), _events(service)
    counts = f"{primary.get('runningCount', 0)} of {primary.get('desiredCount', 0)} tasks run"
    parts = [
        counts + (f", {failed} failed" if failed else ""),
        f"the last stopped because: {stopped}" if stopped else "",
        events[0]["message"] if events else "",
    ]
    return "; ".join(part for part in parts if part)


def _name(deployment: Deployment) -> str:
    """`app:7` of a deployment's task definition."""
    return str(deployment.get("taskDefinition", "")).rpartition("/")[2]
