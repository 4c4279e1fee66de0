"""What trueup has applied, from which commit. Kept by `state`; never the only truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controller.model.address import Address
from controller.model.scope import Deletion

SETTLING = timedelta(minutes=1)
"""How long AWS's lists may not show what was just made (eventual consistency)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource that trueup made or adopted. One address has two for as long as a replacement is under way.

    `created` is when it was made, or last changed.
    """

    address: Address
    id: str
    commit: str
    file: str
    line: int
    created: datetime
    deletion: Deletion = Deletion.DELETE
    outputs: Mapping[str, str] = field(default_factory=dict)

    def settling(self, now: datetime) -> bool:
        """Whether it is so new that AWS may not show it yet."""
        return now - self.created < SETTLING


@dataclass(frozen=True, slots=True)
class Failure:
    """An action that AWS refused for good: not tried again before `not_before`, unless `fingerprint` changes.

    `attempts` counts from 1. The fingerprint covers the commit, what git wants and what is live.
    """

    address: Address
    fingerprint: str
    message: str
    attempts: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Inventory:
    """One scope's part of the inventory, as it was when the pass began.

    `intents` are creates that were begun and whose end was never recorded (address → the live name asked for).
    `fresh` is true where this inventory has never finished a pass of the scope: it is new, or was lost.
    """

    entries: tuple[Entry, ...] = ()
    intents: Mapping[Address, str] = field(default_factory=dict)
    failures: Mapping[Address, Failure] = field(default_factory=dict)
    fresh: bool = True

    def ids(self, address: Address) -> frozenset[str]:
        """The AWS ids that are recorded under an address."""
        return frozenset(entry.id for entry in self.entries if entry.address == address)
