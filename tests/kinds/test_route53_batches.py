"""Batches of changes of records: each change once, no limit passed, and no name without an answer in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import AwsRefused, AwsTemporary
from controller.kinds.route53.batches import MAX_CHARACTERS, MAX_ELEMENTS, Change, Sent, Unit, Verb, batches, send

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
    (taken,) = batches(gone[::-1])
    assert [one.name for unit in taken for one in unit] == NAMES[:4]


def test_names_that_need_each_other_are_one_unit() -> None:
    """One alias to a name goes and another comes: neither the name nor its alias can be first."""
    turn = [
        change("DELETE", NAMES[0], target=NAMES[1]),
        change("CREATE", NAMES[0], target=NAMES[1]),
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

    def call(changes: Unit) -> None:
        names = [one.name for one in changes]
        if bad & set(names):
            raise AwsRefused(f"refused {sorted(bad & set(names))}", code=code)
        taken.append(names)

    return taken, call


def sent(changes: list[Change], call: Any, *, there: bool = True) -> list[Sent]:
    """What was refused, or waits for that."""
    return [each for each in send(changes, call, lambda record: there) if each.error]


@given(st.sets(st.sampled_from(NAMES)))
def test_bad_records_are_found_and_all_others_go_in(bad: set[str]) -> None:
    taken, call = refusing(bad)
    refusals = sent([change("UPSERT", name, "192.0.2.1") for name in NAMES], call)
    assert {one.name for refusal in refusals for one in refusal.changes} == bad
    assert sorted(name for names in taken for name in names) == sorted(set(NAMES) - bad)
    assert all(str([one.name for one in refusal.changes]) in str(refusal.error) for refusal in refusals)


def test_one_bad_record_among_a_thousand_costs_few_calls() -> None:
    """Five a second is what an account may make."""
    names = [f"h{number}.example.com." for number in range(1000)]
    taken, call = refusing({names[700]})
    assert len(sent([change("CREATE", name, "192.0.2.1") for name in names], call)) == 1
    assert len(taken) <= 10


def test_any_other_refusal_is_not_about_a_record() -> None:
    _, call = refusing(set(NAMES), "AccessDenied")
    with pytest.raises(AwsRefused):
        sent([change("UPSERT", name, "192.0.2.1") for name in NAMES], call)


def test_what_needs_a_bad_record_stays_out_with_it() -> None:
    """An alias that could not be turned away from its target must not lose it."""
    turned = Change("UPSERT", {"Name": NAMES[0], "Type": "A"}, NAMES[0], target=NAMES[1], left=NAMES[2])
    beyond = change("CREATE", NAMES[4], target=NAMES[0])
    changes = [change("DELETE", NAMES[2], "192.0.2.1"), beyond, turned, change("CREATE", NAMES[3], "192.0.2.1")]
    taken, call = refusing({NAMES[0]})
    errors = {each.changes[0].name: each.error for each in sent(changes, call)}
    assert taken == [[NAMES[3]]]
    assert isinstance(errors.pop(NAMES[0]), AwsRefused)
    assert {name: str(error) for name, error in errors.items()} == {
        NAMES[2]: "waits for n0.example.com A",
        NAMES[4]: "waits for n0.example.com A",
    }


def test_a_bad_record_keeps_out_no_other_of_its_name_that_is_no_part_of_it() -> None:
    """A text at the domain's own name is nothing to its mail servers; who takes the place of another is something to that one."""

    def call(changes: Unit) -> None:
        if any(one.record["Type"] == "TXT" for one in changes):
            raise AwsRefused("no", code="InvalidChangeBatch")

    mail, text, old = (change("CREATE", NAMES[0], "x", type_=type_) for type_ in ("MX", "TXT", "SPF"))
    assert [each.changes for each in sent([mail, text], call)] == [(text,)]
    old = Change("DELETE", old.record, old.name)
    assert [each.changes for each in sent([mail, text, old], call)] == [(old, mail, text)]


def test_a_record_that_gets_another_name_is_not_lost_where_the_new_one_is_bad() -> None:
    slots = frozenset({(NAMES[0], "A"), (NAMES[1], "A")})
    old, new = change("DELETE", NAMES[0], "192.0.2.1"), change("CREATE", NAMES[1], "192.0.2.1")
    renamed = [replace(one, needs=slots) for one in (new, old)]
    taken, call = refusing({NAMES[1]})
    (refusal,) = sent([*renamed, change("CREATE", NAMES[2], "192.0.2.1")], call)
    assert refusal.changes == tuple(reversed(renamed))
    assert taken == [[NAMES[2]]]


def test_what_is_gone_already_is_deleted_and_what_goes_with_it_goes_in() -> None:
    """AWS refuses the batch, in the words in which it refuses any other."""
    gone = change("DELETE", NAMES[0], "192.0.2.1")
    comes = change("CREATE", NAMES[0], NAMES[1], type_="CNAME")

    def call(changes: Unit) -> None:
        if gone in changes:
            raise AwsRefused("not found", code="InvalidChangeBatch")
        taken.append(changes)

    taken: list[Unit] = []
    assert sent([gone, comes], call, there=False) == []
    assert taken == [(comes,)]
    assert sent([gone], call, there=False) == []
    assert [each.changes for each in sent([gone, comes], call)] == [(gone, comes)]


def test_a_refusal_of_what_an_earlier_attempt_may_have_done_is_left_to_the_next_pass() -> None:
    """Its reply was lost, and botocore sent it again: then all that it made is there already."""

    def call(changes: Unit) -> None:
        raise AwsRefused("it already exists", code="InvalidChangeBatch", retried=True)

    with pytest.raises(AwsTemporary, match="an earlier attempt may have gone in"):
        sent([change("CREATE", NAMES[0], "192.0.2.1")], call)


def test_a_name_with_more_than_one_batch_takes_is_cut_up() -> None:
    many = [
        Change("CREATE", {"Name": NAMES[0], "Type": "A", "SetIdentifier": str(number)}, NAMES[0])
        for number in range(MAX_ELEMENTS + 1)
    ]
    text = change("CREATE", NAMES[0], "x", type_="TXT")
    assert [sum(len(unit) for unit in batch) for batch in batches([*many, text])] == [MAX_ELEMENTS, 2]
