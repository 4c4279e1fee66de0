"""Who needs whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.manifest.graph import cycles, needs, untangled
from controller.model.address import Address
from tests.unit.manifest_kinds import load_in_scope, policy, queue, role

addresses = st.integers(0, 7).map(lambda number: Address("s", "k/K", str(number)))
graphs = st.dictionaries(addresses, st.frozensets(addresses, max_size=3))


def _address(kind: str, name: str) -> Address:
    return Address("prod", kind, name)


def test_edges_come_from_references_outputs_and_depends_on() -> None:
    loaded = load_in_scope(
        a=role(
            "ci",
            '  managedPolicies: [read]\n  description: "${out.Queue.jobs.url}"\n',
            "lifecycle: {dependsOn: [Policy/x]}\n",
        ),
        b=policy("read"),
        c=policy("x"),
        d=queue("jobs"),
    )
    found = needs(loaded.scopes["prod"].manifests.values())
    assert found[_address("iam/Role", "ci")] == {
        _address("iam/Policy", "read"),
        _address("iam/Policy", "x"),
        _address("sqs/Queue", "jobs"),
    }
    assert found[_address("iam/Policy", "read")] == frozenset()


def test_a_reference_to_oneself_is_no_edge() -> None:
    """A security group's rule may name the group itself."""
    loaded = load_in_scope(a=queue("jobs", "  deadLetters: jobs\n"))
    assert not loaded.problems
    assert needs(loaded.scopes["prod"].manifests.values()) == {_address("sqs/Queue", "jobs"): frozenset()}


def test_a_cycle_is_told_in_order_of_need_from_its_least_address() -> None:
    a, b, c, d = (Address("s", "k/K", name) for name in "abcd")
    graph = {c: frozenset({a}), a: frozenset({b, d}), b: frozenset({c}), d: frozenset[Address]()}
    assert list(cycles(graph)) == [(a, b, c)]


@given(graphs)
def test_cycles_are_real_and_without_their_members_there_are_none(graph: dict[Address, frozenset[Address]]) -> None:
    found = list(cycles(graph))
    for cycle in found:
        assert all(after in graph[before] for before, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
    members = {address for cycle in found for address in cycle}
    assert not list(cycles({address: targets for address, targets in graph.items() if address not in members}))


@given(graphs, graphs)
def test_untangled_keeps_what_must_hold_and_leaves_no_cycle(
    one: dict[Address, frozenset[Address]], other: dict[Address, frozenset[Address]]
) -> None:
    nodes = sorted(one.keys() | other.keys())
    # An order, and so without a cycle: each may only need what is less than itself.
    must = {node: frozenset(t for t in one.get(node, ()) if t < node) for node in nodes}
    found = untangled(must, other)
    assert not list(cycles(found))
    assert all(must[node] <= found[node] <= must[node] | other.get(node, frozenset()) for node in nodes)


@given(graphs)
def test_untangled_drops_nothing_that_lies_on_no_cycle(graph: dict[Address, frozenset[Address]]) -> None:
    may = {node: frozenset(target for target in targets if target < node) for node, targets in graph.items()}
    assert untangled(dict.fromkeys(graph, frozenset()), may) == may


def test_of_a_cycle_only_what_may_be_dropped_is_dropped() -> None:
    a, b = (Address("s", "k/K", name) for name in "ab")
    must = {a: frozenset({b}), b: frozenset[Address]()}
    assert untangled(must, {b: frozenset({a})}) == must


def test_what_must_hold_in_a_circle_is_said_and_not_searched_for_ever() -> None:
    a, b = (Address("s", "k/K", name) for name in "ab")
    with pytest.raises(ValueError, match=r"need each other: s/k/K/a, s/k/K/b|need each other: s/k/K/b, s/k/K/a"):
        untangled({a: frozenset({b}), b: frozenset({a})}, {})
