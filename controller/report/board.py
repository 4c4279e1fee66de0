"""The board: the latest picture of everything, kept from the event stream, for the page, /api/status and /readyz."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from controller.model.commit import Commit
from controller.model.event import (
    ActionEnded,
    CommitSeen,
    Event,
    ManifestsLoaded,
    Outcome,
    PassEnded,
    Paused,
    PauseNote,
    Result,
    SourcePolled,
    StateTrouble,
)
from controller.model.plan import State
from controller.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Done:
    """One action that has ended."""

    at: datetime
    verb: str
    address: str
    result: str
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known at one moment. `answered`: when the git remote last did."""

    commit: Commit | None = None
    answered: datetime | None = None
    source_error: str = ""
    state_error: str = ""
    loaded: bool = False
    scopes: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    pauses: tuple[PauseNote, ...] = ()
    actions: tuple[Done, ...] = ()

    @property
    def names(self) -> list[str]:
        """All scopes: also one that has had no pass, and one that is held although the last commit broke it."""
        return sorted({*self.scopes, *self.outcomes})

    @property
    def ready(self) -> bool:
        """Whether everything has been looked at once."""
        return not self.waiting_for

    @property
    def out_of_sync(self) -> int:
        """How many resources are in any state but IN_SYNC."""
        return sum(len(outcome.statuses) - outcome.count(State.IN_SYNC) for outcome in self.outcomes.values())

    @property
    def waiting_for(self) -> str:
        """What is missing before trueup can be called ready; "" when it is."""
        if not self.loaded:
            return f"no commit has been read yet{': ' + self.source_error if self.source_error else ''}"
        missing = sorted(set(self.scopes) - set(self.outcomes))
        return f"no pass yet of scope {', '.join(missing)}" if missing else ""


class Board:
    """Listens to events and keeps the picture."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._picture = Picture()
        self._actions: deque[Done] = deque(maxlen=50)

    @property
    def picture(self) -> Picture:
        """The picture now."""
        with self._lock:
            return self._picture

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        with self._lock:
            self._picture = self._after(event)

    def _after(self, event: Event) -> Picture:
        now = self._picture
        match event:
            case CommitSeen(commit):
                return replace(now, commit=commit)
            case SourcePolled(error):
                return replace(now, source_error=error, answered=now.answered if error else datetime.now(UTC))
            case StateTrouble(error):
                return replace(now, state_error=error)
            case ManifestsLoaded(_, counts, problems):
                outcomes = {scope: outcome for scope, outcome in now.outcomes.items() if scope in counts}
                return replace(now, loaded=True, scopes=counts, problems=problems, outcomes=outcomes)
            case PassEnded(outcome):
                return replace(now, outcomes={**now.outcomes, outcome.scope: outcome})
            case Paused(pauses):
                return replace(now, pauses=pauses)
            case ActionEnded(action, result, reason) if result is not Result.SKIPPED:
                at = datetime.now(UTC)
                self._actions.appendleft(Done(at, action.verb.value, str(action.address), result.value, reason))
                return replace(now, actions=tuple(self._actions))
            case _:
                return now


def as_json(picture: Picture) -> dict[str, Any]:
    """The picture as plain data."""
    return {
        "commit": picture.commit.sha if picture.commit else None,
        "sourceError": picture.source_error,
        "stateError": picture.state_error,
        "problems": [str(problem) for problem in picture.problems],
        "pauses": [
            {
                "selector": pause.selector,
                "reason": pause.reason,
                "who": pause.who,
                "since": pause.since.isoformat(),
                "until": pause.until.isoformat() if pause.until else None,
            }
            for pause in picture.pauses
        ],
        "scopes": {scope: _outcome(outcome) for scope, outcome in sorted(picture.outcomes.items())},
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "commit": outcome.commit,
        "started": outcome.started.isoformat(),
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error,
        "converged": outcome.converged,
        "counts": {state.value: outcome.count(state) for state in State},
        "notInSync": [
            {
                "resource": address.local,
                "state": status.state.value,
                "reason": status.reason,
                "where": str(status.where or ""),
            }
            for address, status in sorted(outcome.statuses.items())
            if status.state is not State.IN_SYNC
        ],
    }
