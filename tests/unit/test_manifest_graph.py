"""Who needs whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.manifest.graph import cycles, needs
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
