"""The plan: the ordered actions that would end the drift of one scope, and the state of every resource in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from controller.model.address import Address
from controller.model.fact import Facts
from controller.model.manifest import Manifest
from controller.model.observed import Observed
from controller.model.problem import Position
from controller.model.scope import Scope


class Absent:
    """The one value that stands for "there is no such entry" in a Change."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `path` is the field's path in `spec` (`trust`, `tags.team`); `secret` hides both values."""

    path: str
    before: Any
    after: Any
    secret: bool = False


class Verb(StrEnum):
    """What an action does. FORGET lets go of a retained resource: trueup's tags go, the resource stays."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Action:
    """One step of a plan.

    needs     keys of the actions that must have succeeded first
    manifest  what git wants; None for a delete of what git no longer names
    live      what is there; None for a create
    wanted    (CREATE) the spec as git has it, with what is secret hidden
    tags      the tags to have afterwards; None where the kind has none
    in_place  (REPLACE) the live name is taken, so the old one goes first; else it goes last, by a DELETE of its own
    caution   what speaks against carrying it out before a person has agreed to it; "" when nothing does
    held      why the action is not carried out; "" when it is
    waits     what AWS is still at that the action needs; "" when nothing keeps it
    effects   what the action means for those who use the resource, in their words
    """

    verb: Verb
    address: Address
    reason: str
    manifest: Manifest | None = None
    live: Observed[Any] | None = None
    changes: tuple[Change, ...] = ()
    wanted: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    needs: frozenset[str] = frozenset()
    in_place: bool = False
    caution: str = ""
    held: str = ""
    waits: str = ""
    effects: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Unique in a plan: a replacement makes one resource and deletes another under the same address."""
        gone = f" {self.live.id}" if self.verb is Verb.DELETE and self.live else ""
        return f"{self.verb} {self.address}{gone}"

    @property
    def where(self) -> Position | None:
        return self.manifest.where if self.manifest else None


class State(StrEnum):
    """How one resource stands. Every resource is in exactly one state."""

    IN_SYNC = "in_sync"  # git and AWS agree
    DRIFTED = "drifted"  # they differ, and this pass has not ended it (yet)
    PENDING = "pending"  # AWS is still at it, or something it waits for is
    HELD = "held"  # a guard has stopped the change until a person decides
    BLOCKED = "blocked"  # a live resource is in the way that is not trueup's, or what it needs has failed
    FAILED = "failed"  # the manifest is wrong, or AWS refused
    UNKNOWN = "unknown"  # AWS could not be read


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one resource, and why. `reason` is "" only for IN_SYNC."""

    address: Address
    state: State
    reason: str = ""
    where: Position | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in an order in which they can be carried out one by one, and every resource's state before them.

    `owned` are the live resources that are trueup's, by the address of the manifest that they were matched with; `outputs`
    what they may be referred to by (nothing of one that is to be replaced). `facts` are told of all that is live and known, also
    of what cannot be looked after now.
    """

    scope: Scope
    actions: tuple[Action, ...] = ()
    statuses: Mapping[Address, Status] = field(default_factory=dict)
    owned: Mapping[Address, Observed[Any]] = field(default_factory=dict)
    outputs: Mapping[Address, Mapping[str, str]] = field(default_factory=dict)
    facts: Mapping[Address, Facts] = field(default_factory=dict)

    @property
    def due(self) -> tuple[Action, ...]:
        """The actions that nothing holds."""
        return tuple(action for action in self.actions if not action.held)
