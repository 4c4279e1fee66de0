"""What trueup has applied, from which commit. Kept by `state`; never the only truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

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


@dataclass(frozen=True)
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
        return frozenset(entry.id for entry in self.of(address))

    def of(self, address: Address) -> tuple[Entry, ...]:
        """What is recorded under an address."""
        return self._by_address.get(address, ())

    def known(self, kind: str, id_: str) -> Entry | None:
        """What is recorded of a resource."""
        return self._by_id.get((kind, id_))

    def begun(self, kind: str, claim: str) -> Address | None:
        """The address of a create that was begun for a live name."""
        return self._by_claim.get((kind, claim))

    @cached_property
    def _by_address(self) -> Mapping[Address, tuple[Entry, ...]]:
        found: dict[Address, tuple[Entry, ...]] = {}
        for entry in self.entries:
            found[entry.address] = (*found.get(entry.address, ()), entry)
        return found

    @cached_property
    def _by_id(self) -> Mapping[tuple[str, str], Entry]:
        return {(entry.address.kind, entry.id): entry for entry in self.entries}

    @cached_property
    def _by_claim(self) -> Mapping[tuple[str, str], Address]:
        return {(address.kind, claim): address for address, claim in self.intents.items()}
