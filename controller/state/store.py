"""The interface of the state: inventory, failures, commits and history. SQLite is the default behind it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from controller.model.address import Address
from controller.model.event import Outcome
from controller.model.inventory import Entry, Failure, Inventory
from controller.model.plan import State


@dataclass(frozen=True, slots=True)
class Trouble:
    """A resource that was not in sync when a pass ended."""

    address: Address
    state: State
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Record:
    """One finished pass, as history keeps it. `counts` is by state; `troubles` are the resources that were not in sync."""

    scope: str
    commit: str
    started: datetime
    seconds: float
    applied: int
    error: str
    counts: Mapping[State, int]
    troubles: tuple[Trouble, ...]


class Store(Protocol):
    """What trueup remembers. Every method raises StateError where the file (or service) behind it fails."""

    def at_once(self) -> AbstractContextManager[None]:
        """What this thread notes in it is on disk when it ends, all of it or nothing."""

    def inventory(self, scope: str) -> Inventory:
        """One scope's inventory."""

    def outputs(self, address: Address) -> Mapping[str, str] | None:
        """The newest outputs of a resource of any scope; None where there is no record of it."""

    def intend(self, address: Address, claim: str) -> None:
        """Note that a create is about to begin; `claim` is the live name that it asks for."""

    def unintend(self, address: Address) -> None:
        """Note that the create has not happened."""

    def applied(self, entry: Entry) -> None:
        """Note that a resource is trueup's, and as which commit has it; ends its intent."""

    def forget(self, address: Address, id_: str) -> None:
        """Note that a resource is gone, or trueup's no more."""

    def failed(self, failure: Failure) -> None:
        """Note that AWS has refused an action for good."""

    def succeeded(self, address: Address) -> None:
        """Forget a resource's failure."""

    def refresh(self, outputs: Mapping[Address, Mapping[str, str]]) -> None:
        """Note outputs that have changed."""

    def finish(self, outcome: Outcome) -> None:
        """Note that a pass is over."""

    def last(self, scope: str) -> Record | None:
        """The newest finished pass of a scope."""

    def history(self, scope: str, limit: int = 20) -> tuple[Record, ...]:
        """Finished passes of a scope, newest first."""

    def scopes(self) -> tuple[str, ...]:
        """The scopes that have ever been passed."""

    def set_commit(self, name: str, sha: str) -> None:
        """Note a commit under a name: `observed`, `good`, or `applied <scope>`."""

    def commits(self) -> Mapping[str, str]:
        """All noted commits."""

    def check_writable(self) -> None:
        """Write something."""
