"""The one stream of events that log, metrics, page, notices and exit codes are all made from, so that they cannot disagree.

`source`, `manifest`, `reconcile`, `aws` and the daemon emit; `report` listens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from controller.model.address import Address
from controller.model.commit import Commit
from controller.model.plan import Action, Plan, State, Status
from controller.model.problem import Problem


class Result(StrEnum):
    """How an action ended. WAITING: AWS is not ready for it yet. SKIPPED: what it needs did not succeed."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    REFUSED = "refused"
    HELD = "held"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CommitSeen:
    """The remote's head is a commit that was not seen before."""

    commit: Commit


@dataclass(frozen=True, slots=True)
class SourcePolled:
    """The remote was asked for its head. `error` says why it could not be had; "" when it could."""

    error: str = ""
    next_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ManifestsLoaded:
    """A commit's files were read. `counts`: valid manifests by scope."""

    commit: str
    counts: Mapping[str, int]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class PassStarted:
    """A reconcile of one scope begins. `commit` is "" where manifests come from a plain folder."""

    scope: str
    commit: str


@dataclass(frozen=True, slots=True)
class KindObserved:
    """All of a kind was read. `seconds` is wall time; `error` says why it is unknown instead."""

    scope: str
    kind: str
    count: int
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan stands, guards have spoken, nothing is applied yet."""

    plan: Plan
    commit: str = ""


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """An action is about to make its first call."""

    action: Action


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """An action is over. `reason` says why it did not succeed."""

    action: Action
    result: Result
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one pass ended: every resource's state after it, and what was done.

    `error` says why the pass as a whole could not be made ("" when it was). `applied` counts actions that changed something.
    """

    scope: str
    commit: str
    started: datetime
    seconds: float
    statuses: Mapping[Address, Status]
    applied: int = 0
    error: str = ""

    def count(self, state: State) -> int:
        """How many resources are in a state."""
        return sum(status.state is state for status in self.statuses.values())

    @property
    def converged(self) -> bool:
        """Whether git and AWS agree on everything."""
        return not self.error and all(status.state is State.IN_SYNC for status in self.statuses.values())


@dataclass(frozen=True, slots=True)
class PassEnded:
    """A reconcile of one scope is over."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class AwsCalled:
    """One call to AWS is over. `result` is `ok` or AWS's error code; `throttled` counts attempts that AWS turned away."""

    service: str
    operation: str
    result: str
    seconds: float
    retries: int = 0
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class PassSkipped:
    """A pass was due while the one before was still running."""

    scope: str


@dataclass(frozen=True, slots=True)
class PauseNote:
    """One pause in force, as reports show it. `until` is None for one without an end; `broken`: nobody has asked for it, the
    flag file cannot be read."""

    selector: str
    reason: str
    who: str
    since: datetime
    until: datetime | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    """What the flag file says has changed. No pauses: resumed."""

    pauses: tuple[PauseNote, ...] = ()


@dataclass(frozen=True, slots=True)
class StateTrouble:
    """The state file was rebuilt, or cannot be written; `error` says which. "" says that it is well again."""

    error: str


Event = (
    CommitSeen
    | SourcePolled
    | ManifestsLoaded
    | PassStarted
    | KindObserved
    | Planned
    | ActionStarted
    | ActionEnded
    | PassEnded
    | PassSkipped
    | AwsCalled
    | Paused
    | StateTrouble
)
Emit = Callable[[Event], None]
