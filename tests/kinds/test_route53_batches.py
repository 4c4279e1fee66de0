"""Batches of changes of records: each change once, no limit passed, and no name without an answer in between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import AwsRefused
from controller.kinds.route53.batches import MAX_CHARACTERS, MAX_ELEMENTS, Change, Verb, batches, send

NAMES = [f"n{number}.example.com." for number in range(12)]


def change(verb: Verb, name: str, *values: str, type_: str = "A", target: str = "") -> Change:
    record: dict[str, Any] = {"Name": name, "Type": type_}
    if values:
        record["ResourceRecords"] = [{"Value": value} for value in values]
    return Change(verb, record, name, target)


CHANGES = st.lists(
    st.builds(
        lambda verb, name, size, length, target: change(
            verb, name, *["x" * length] * size, target="" if size else target
        ),
        st.sampled_from(["CREATE", "UPSERT", "DELETE"]),
        st.sampled_from(NAMES),
        st.integers(0, 300),
        st.integers(1, 60),
        st.sampled_from(["", *NAMES]),
    ),
    max_size=25,
)


@given(CHANGES)
def test_every_change_is_in_one_batch_and_no_batch_is_more_than_aws_takes(changes: list[Change]) -> None:
    sent = [[change for unit in batch for change in unit] for batch in batches(changes)]
    assert sorted(map(id, (change for batch in sent for change in batch))) == sorted(map(id, changes))
    for batch in sent:
        assert len(batch) == 1 or sum(change.elements for change in batch) <= MAX_ELEMENTS
        assert len(batch) == 1 or sum(change.characters for change in batch) <= MAX_CHARACTERS


@given(CHANGES)
def test_all_changes_of_a_name_come_into_effect_together(changes: list[Change]) -> None:
    """Unless they are more than one batch takes."""
    where: dict[str, set[int]] = {}
    for number, batch in enumerate(batches(changes)):
        for unit in batch:
            for one in unit:
                where.setdefault(one.name, set()).add(number)
    for name, numbers in where.items():
        mine = [one for one in changes if one.name == name]
        if sum(one.elements for one in mine) <= 100 and not any(one.target for one in changes):
            assert len(numbers) == 1


@given(CHANGES)
def test_what_an_alias_points_to_is_there_before_the_alias_and_goes_after_it(changes: list[Change]) -> None:
    """In an earlier batch or the same: within one batch all comes into effect at once."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for number, batch in enumerate(batches(changes)):
        for one in (one for unit in batch for one in unit):
            first.setdefault(one.name, number)
            last[one.name] = number
    for one in changes:
        if one.target in first:
            before, after = (one.name, one.target) if one.verb == "DELETE" else (one.target, one.name)
            assert last[before] <= first[after] or _too_many(changes)


def _too_many(changes: list[Change]) -> bool:
    return sum(one.elements for one in changes) > MAX_ELEMENTS or sum(c.characters for c in changes) > MAX_CHARACTERS


def test_an_address_that_becomes_an_alias_is_one_batch_with_the_delete_first() -> None:
    create = change("CREATE", NAMES[0], type_="CNAME", target=NAMES[1])
    delete = change("DELETE", NAMES[0], "192.0.2.1")
    ((unit,),) = batches([create, delete])
    assert unit == (delete, create)


def test_a_chain_of_aliases_is_made_from_its_end_and_taken_down_from_its_beginning() -> None:
    chain = [change("CREATE", NAMES[n], target=NAMES[n + 1]) for n in range(3)]
    end = change("CREATE", NAMES[3], "192.0.2.1")
    (made,) = batches([*chain, end])
    assert [one.name for unit in made for one in unit] == [NAMES[3], NAMES[2], NAMES[1], NAMES[0]]
    gone = [Change("DELETE", one.record, one.name, one.target) for one in [*chain, end]]
    (taken,) = batches(reversed(gone))
    assert [one.name for unit in taken for one in unit] == NAMES[:4]


def test_names_that_need_each_other_are_one_unit() -> None:
    """One alias to a name goes and another comes: neither the name nor its alias can be first."""
    turn = [
        change("DELETE", NAMES[0], target=NAMES[1]),
        change("CREATE", NAMES[0], type_="AAAA", target=NAMES[1]),
        change("UPSERT", NAMES[1], "192.0.2.1"),
    ]
    ((unit,),) = batches(turn)
    assert sorted(map(id, unit)) == sorted(map(id, turn))


def test_ten_thousand_new_records_take_ten_batches() -> None:
    many = [change("CREATE", f"h{number}.example.com.", "192.0.2.1") for number in range(10_000)]
    assert len(batches(many)) == 10
    assert len(batches([change("UPSERT", one.name, "192.0.2.1") for one in many])) == 20
    long = [change("CREATE", one.name, "x" * 64) for one in many]
    assert len(batches(long)) == 20


def refusing(bad: set[str], code: str = "InvalidChangeBatch") -> tuple[list[list[str]], Any]:
    taken: list[list[str]] = []

    def call(changes: list[Change]) -> None:
        names = [one.name for one in changes]
        if bad & set(names):
            raise AwsRefused(f"refused {sorted(bad & set(names))}", code=code)
        taken.append(names)

    return taken, call


@given(st.sets(st.sampled_from(NAMES)))
def test_bad_records_are_found_and_all_others_go_in(bad: set[str]) -> None:
    taken, call = refusing(bad)
    refusals = send([change("UPSERT", name, "192.0.2.1") for name in NAMES], call)
    assert {one.name for refusal in refusals for one in refusal.unit} == bad
    assert sorted(name for names in taken for name in names) == sorted(set(NAMES) - bad)
    assert all(str([one.name for one in refusal.unit]) in str(refusal.error) for refusal in refusals)


def test_one_bad_record_among_a_thousand_costs_few_calls() -> None:
    """Five a second is what an account may make."""
    names = [f"h{number}.example.com." for number in range(1000)]
    taken, call = refusing({names[700]})
    assert len(send([change("CREATE", name, "192.0.2.1") for name in names], call)) == 1
    assert len(taken) <= 10


def test_any_other_refusal_is_not_about_a_record() -> None:
    _, call = refusing(set(NAMES), "AccessDenied")
    with pytest.raises(AwsRefused):
        send([change("UPSERT", name, "192.0.2.1") for name in NAMES], call)
