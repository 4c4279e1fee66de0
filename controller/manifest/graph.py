"""Who needs whom: the edges that references, `${out.}` and `dependsOn` make, and the cycles in them.

Used by `load` to refuse cycles, and by `reconcile` to order the work.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from controller.model.address import Address
from controller.model.manifest import Manifest

Edges = Mapping[Address, frozenset[Address]]
N = TypeVar("N", bound=Hashable)


def needs(manifests: Iterable[Manifest], *, loose: bool = False) -> Edges:
    """For each manifest what must stand before it: missing ones and those of other scopes, too.

    A reference to oneself (a security group's own rule) is no edge. `loose`: the loose links in place of those that must hold.
    """
    return {
        manifest.address: frozenset(link.target for link in manifest.links if link.loose is loose) - {manifest.address}
        for manifest in manifests
    }


def untangled(must: Mapping[N, frozenset[N]], may: Mapping[N, frozenset[N]]) -> dict[N, frozenset[N]]:
    """All the edges that must hold and, of those that may, all but the ones that lie on a cycle. `must` has no cycle."""
    graph = {node: must[node] | may.get(node, frozenset()) for node in must}
    while cycle := _one_cycle(graph):
        if all(target in must[node] for node, target in zip(cycle, (*cycle[1:], cycle[0]), strict=True)):
            raise ValueError(f"these need each other: {', '.join(map(str, cycle))}")
        for node, target in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            if target not in must[node]:
                graph[node] -= {target}
    return graph


def cycles(graph: Edges) -> Iterator[tuple[Address, ...]]:
    """Cycles, such that without their members there are none. Each begins with its least address, in order of need."""
    rest = dict(graph)
    while cycle := _one_cycle(rest):
        yield _turned(cycle)
        rest = {address: rest[address] for address in rest.keys() - set(cycle)}


def _one_cycle(graph: Mapping[N, frozenset[N]]) -> tuple[N, ...]:
    inner = {address: [target for target in targets if target in graph] for address, targets in graph.items()}
    try:
        TopologicalSorter(inner).prepare()
    except CycleError as error:
        found: list[N] = error.args[1]
        return tuple(reversed(found[1:]))  # graphlib lists what is needed before who needs it, and closes the circle
    return ()


def _turned(cycle: tuple[Address, ...]) -> tuple[Address, ...]:
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
