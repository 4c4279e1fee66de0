"""What only shows when all manifests of a commit are seen together: two for one thing, needs that go in a circle, misfits.

Every manifest in a clash gets a problem of its own, and is left out where that is an error: which of them is meant cannot
be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass

from controller.manifest.build import Built
from controller.manifest.envelope import Kinds
from controller.manifest.graph import cycles, needs
from controller.manifest.includes import Draft
from controller.manifest.places import locate
from controller.manifest.validation import field_path
from controller.manifest.variables import Path
from controller.model.address import Address, short_kind
from controller.model.manifest import Manifest, View
from controller.model.problem import Problem
from controller.model.scope import Scope

_SHOWN = 10
"""So many others are named in a message."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft in its scope, and what became of it."""

    address: Address
    scope: Scope
    draft: Draft
    built: Built


Clash = tuple[Address, Problem]
"""A manifest, and what is wrong with it; an error leaves it out."""


def live_key(kinds: Kinds, scope: Scope, kind: str, claim: str) -> Hashable:
    """What tells one live resource from all others: account, region (where that matters), kind and live name."""
    reach = kinds[kind].reach
    region = "" if reach == "account" else scope.spec.region
    # The claim has the parent by its manifest's name, which means something else in every scope.
    return scope.spec.account, region, scope.name if reach == "parent" else "", kind, claim


def namesakes(entries: Iterable[Entry]) -> Iterator[Clash]:
    """Manifests with one address."""
    for group in _alike(entries, lambda entry: entry.address):
        address = group[0].address
        what = f"{short_kind(address.kind)} {address.name!r} is declared more than once in scope {address.scope!r}"
        yield from _at_each(group, what, lambda entry: str(entry.draft.envelope.where))


def rivals(entries: Iterable[Entry], kinds: Kinds) -> Iterator[Clash]:
    """Manifests of different addresses, in whatever scopes, that ask for one live resource."""

    def live(entry: Entry) -> Hashable:
        return live_key(kinds, entry.scope, entry.address.kind, entry.built.claim)

    for group in _alike((entry for entry in entries if entry.built.claim), live):
        if len({entry.address for entry in group}) > 1:
            kind, name = short_kind(group[0].address.kind), group[0].built.claim
            fields = kinds[group[0].address.kind].claimed_by
            what = f"more than one manifest wants the live {kind} {name!r} of account {group[0].scope.spec.account}"
            if fields:
                what = f"more than one {kind} has {'/'.join(fields)} {name!r}"
            place = ("spec", fields[-1]) if fields else ()
            yield from _at_each(group, what, lambda entry: f"{entry.address} at {entry.draft.envelope.where}", place)


def misfits(entries: Collection[Entry], kinds: Kinds) -> Iterator[Clash]:
    """What kinds have to say of manifests beside each other: a subnet outside its VPC's range."""
    manifests = {entry.address: entry.built.manifest for entry in entries if entry.built.manifest}
    by_kind: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
    for address, manifest in manifests.items():
        by_kind[address.scope, address.kind].append(manifest)
    scopes = {entry.address.scope: entry.scope for entry in entries}
    for (scope, kind), mine in by_kind.items():
        for manifest, problem in kinds[kind].check_together(mine, View(scopes[scope], manifests, scopes)):
            yield manifest.address, problem


def circles(entries: Iterable[Entry]) -> Iterator[Clash]:
    """Manifests that need each other."""
    manifests = {entry.address: entry.built.manifest for entry in entries if entry.built.manifest}
    for cycle in cycles(needs(manifests.values())):
        steps = [f"{address} ({manifests[address].where})" for address in (*cycle[:_SHOWN], cycle[0])]
        if len(cycle) > _SHOWN:
            steps[-1:-1] = [f"... ({len(cycle)} in all)"]
        for address in cycle:
            message = f"needs itself, by way of others: {' -> '.join(steps)}"
            yield address, Problem(manifests[address].where, message, hint="take one of these references away")


def _alike(entries: Iterable[Entry], key: Callable[[Entry], Hashable]) -> Iterator[list[Entry]]:
    groups: dict[Hashable, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return (group for group in groups.values() if len(group) > 1)


def _at_each(group: list[Entry], what: str, show: Callable[[Entry], str], place: Path = ()) -> Iterator[Clash]:
    """One problem at each of some entries, which names the others; at the name, or at another place."""
    for entry in group:
        others = [show(other) for other in group[: _SHOWN + 1] if other is not entry][:_SHOWN]
        where = locate(entry.draft, place) if place else entry.draft.envelope.where
        field = field_path(place) if place else "metadata.name"
        yield entry.address, Problem(where, f"{what}; also {', '.join(others)}", field)
