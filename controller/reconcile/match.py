"""Match: which live resource is the one that a manifest means.

the manifest's live resource is ...                     then
one that is ours under this address                     that one; of several, the one nearest to the spec
one of its name that is ours under another address      that one, if git names the other address no more (a rename);
                                                        else blocked, whatever `adopt` says
one of its name that AWS made along with another       that one, without owning it
one of its name (or id, by `adopt`) that is nobody's    that one, if the manifest says `adopt`, only observes, or the
                                                        inventory was lost and nothing differs; else blocked
one of its name that is somebody else's                 blocked, unless the manifest says `adopt`
none                                                    to be made
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.inventory import Inventory
from controller.model.manifest import Manifest
from controller.model.observed import Observation, Observed
from controller.model.scope import Mode, Scope
from controller.model.spec import Spec
from controller.reconcile.diff import diff, top_level
from controller.reconcile.owner import NOBODY, Ownership, ownership


@dataclass(frozen=True, slots=True)
class Live:
    """A live resource with what matching needs to know of it."""

    kind: str
    item: Observed[Any]
    claim: str
    whose: Ownership


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one manifest. `adopt` says that it is taken over; `blocked` says why it cannot be had."""

    live: Observed[Any] | None = None
    surplus: tuple[Observed[Any], ...] = ()
    adopt: bool = False
    blocked: str = ""


@dataclass(frozen=True)
class Book:
    """All that is live in a scope, looked up in the ways that matching needs."""

    all: tuple[Live, ...]
    recovering: bool
    owned: Mapping[Address, tuple[Live, ...]] = field(default_factory=dict)
    named: Mapping[tuple[str, str], Live] = field(default_factory=dict)
    by_id: Mapping[tuple[str, str], Live] = field(default_factory=dict)


def read_book(
    observations: Mapping[str, Observation[Any]],
    kinds: Mapping[str, Kind[Any]],
    inventory: Inventory,
    owner: str,
    scope: Scope,
) -> Book:
    """Index what is live. `recovering`: the inventory is empty, but tags show that trueup has worked here before."""
    everything = tuple(_lives(observations, kinds, inventory, owner, scope))
    owned: dict[Address, list[Live]] = defaultdict(list)
    for live in everything:
        if live.whose.address:
            owned[live.whose.address].append(live)
    return Book(
        all=everything,
        recovering=inventory.fresh and not inventory.entries and bool(owned),
        owned={address: tuple(lives) for address, lives in owned.items()},
        named={(live.kind, live.claim): live for live in everything if live.claim},
        by_id={(live.kind, live.item.id): live for live in everything},
    )


def _lives(
    observations: Mapping[str, Observation[Any]],
    kinds: Mapping[str, Kind[Any]],
    inventory: Inventory,
    owner: str,
    scope: Scope,
) -> Iterable[Live]:
    for kind, observation in observations.items():
        for item in observation.live:
            claim = kinds[kind].claim(item.spec)
            yield Live(kind, item, claim, ownership(item, kind, claim, owner, scope.name, inventory))


def match(
    manifest: Manifest, spec: Spec | None, kind: Kind[Any], book: Book, wanted: Iterable[Address], mode: Mode
) -> Match:
    """Find a manifest's live resource. `spec` is None where it cannot be known yet; then only ownership can tell."""
    ours = book.owned.get(manifest.address, ())
    if ours:
        first, *rest = sorted(
            (live.item for live in ours), key=lambda item: (bool(item.failed), _distance(spec, item, kind), item.id)
        )
        return Match(first, tuple(rest))
    adopt = manifest.lifecycle.adopt
    claim = kind.claim(spec) if spec is not None else ""
    found = book.by_id.get((kind.id, adopt)) if isinstance(adopt, str) else book.named.get((kind.id, claim))
    if found is None:
        missing = f"there is no {kind.id} {adopt!r} to adopt" if isinstance(adopt, str) else ""
        return Match(blocked=missing)
    return _take(found, manifest, spec, book, wanted, mode)


def _take(
    found: Live, manifest: Manifest, spec: Spec | None, book: Book, wanted: Iterable[Address], mode: Mode
) -> Match:
    if mode is Mode.OBSERVE or found.item.innate:
        return Match(found.item)
    ours_as = found.whose.address
    if ours_as is not None and ours_as in wanted:
        return Match(blocked=f"{found.item.id} belongs to {ours_as.local} already")
    if ours_as is not None or manifest.lifecycle.adopt:
        return Match(found.item, adopt=True)
    untouched = found.whose is NOBODY and found.item.tags is None
    if untouched and book.recovering and spec is not None and not diff(spec, found.item.spec):
        return Match(found.item, adopt=True)
    whose = f"belongs to {found.whose.other}" if found.whose.other else "was not made by trueup"
    return Match(
        blocked=f"{found.item.id} exists and {whose}; to take it over, add `lifecycle: {{adopt: true}}` to the manifest"
    )


def _distance(spec: Spec | None, item: Observed[Any], kind: Kind[Any]) -> int:
    """How many fields that cannot be changed in place differ: a replacement's new resource is nearer than its old one."""
    if spec is None:
        return 0
    return sum(top_level(change.path) in kind.replace_on for change in diff(spec, item.spec))
