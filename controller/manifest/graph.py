"""Who needs whom: the edges that references, `${out.}` and `dependsOn` make, and the cycles in them.

Used by `load` to refuse cycles, and by `reconcile` to order the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from controller.model.address import Address
from controller.model.manifest import Desired, Manifest

Edges = Mapping[Address, frozenset[Address]]


def edges(desired: Desired) -> Edges:
    """For each of a scope's manifests, what must stand before it: missing ones and those of other scopes, too."""
    return needs(desired.manifests.values())


def needs(manifests: Iterable[Manifest]) -> Edges:
    """As `edges`, for any manifests. A reference to oneself (a security group's own rule) is no edge."""
    return {
        manifest.address: frozenset(link.target for link in manifest.links) - {manifest.address}
        for manifest in manifests
    }


def cycles(graph: Edges) -> Iterator[tuple[Address, ...]]:
    """Cycles, such that without their members there are none. Each begins with its least address, in order of need."""
    rest = dict(graph)
    while cycle := _one_cycle(rest):
        yield _turned(cycle)
        rest = {address: rest[address] for address in rest.keys() - set(cycle)}


def _one_cycle(graph: Edges) -> tuple[Address, ...]:
    inner = {address: [target for target in targets if target in graph] for address, targets in graph.items()}
    try:
        TopologicalSorter(inner).prepare()
    except CycleError as error:
        found: list[Address] = error.args[1]
        return tuple(reversed(found[1:]))  # graphlib lists what is needed before who needs it, and closes the circle
    return ()


def _turned(cycle: tuple[Address, ...]) -> tuple[Address, ...]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
