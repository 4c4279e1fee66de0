"""The small values that travel: durations, addresses, states and what they are called."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.address import Address, api_version, short_kind
from controller.model.commit import Commit
from controller.model.duration import format_duration, parse_duration
from controller.model.event import Outcome
from controller.model.manifest import View
from controller.model.plan import ABSENT, Action, Plan, State, Status, Verb
from controller.model.reference import Ref
from tests.unit.thing import NOW, SCOPE, address, manifest, thing

amounts = st.integers(0, 999)
words = st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), ("0s", 0), (" 5m ", 300), ("90m", 5400)],
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", " ", "5", "5x", "-5m", "1.5h", "m", "30m1h", "1h 30m", "5m5m"])
def test_what_is_no_duration_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration; write it like 30s, 5m, 2h, 1h30m or 1d"):
        parse_duration(text)


@given(amounts, amounts, amounts, amounts)
def test_a_duration_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int) -> None:
    whole = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert parse_duration(f"{days}d{hours}h{minutes}m{seconds}s") == whole


@given(st.text(max_size=8))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= timedelta()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.9, "0s"), (45, "45s"), (125, "2m 5s"), (12000, "3h 20m"), (176400, "2d 1h"), (86405, "1d 5s")],
)
def test_seconds_are_said_in_at_most_two_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 10**8))
def test_what_is_said_of_a_duration_is_true_as_far_as_it_goes(seconds: int) -> None:
    """Reading it again gives the same, but for the smaller units that are left out; and saying that gives the same text."""
    said = format_duration(seconds)
    again = parse_duration(said.replace(" ", "")).total_seconds()
    assert seconds - 86400 < again <= seconds
    assert format_duration(again) == said


@given(words, words, words, st.text(min_size=1, max_size=12))
def test_an_address_is_read_back_as_it_was_written(scope: str, service: str, kind: str, name: str) -> None:
    """A name may have slashes in it; nothing else may."""
    one = Address(scope, f"{service}/{kind}", name)
    assert Address.parse(str(one)) == one
    assert str(one) == f"{scope}/{one.local}"


@pytest.mark.parametrize("text", ["", "prod", "prod/iam", "prod/iam/Role"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        Address.parse(text)


def test_a_kind_is_written_in_a_manifest_as_service_and_name() -> None:
    assert api_version("iam/Role") == "iam.aws/v1"
    assert short_kind("iam/Role") == "Role"


def outcome(*states: State, error: str = "") -> Outcome:
    statuses = {address(f"x{n}"): Status(address(f"x{n}"), state) for n, state in enumerate(states)}
    return Outcome("prod", "c1", NOW, 1.0, statuses, error=error)


def test_an_outcome_counts_its_states() -> None:
    found = outcome(State.IN_SYNC, State.IN_SYNC, State.HELD)
    assert [found.count(state) for state in (State.IN_SYNC, State.HELD, State.FAILED)] == [2, 1, 0]


def test_a_pass_has_converged_where_all_is_in_sync_and_it_could_be_made() -> None:
    assert outcome().converged
    assert outcome(State.IN_SYNC).converged
    assert not outcome(State.IN_SYNC, State.PENDING).converged
    assert not outcome(State.IN_SYNC, error="no credentials").converged


def test_two_actions_on_one_address_have_different_keys() -> None:
    new = Action(Verb.REPLACE, address("x"), "differs", live=thing("x"))
    old = Action(Verb.DELETE, address("x"), "was replaced", live=thing("x", id_="thing-old"))
    older = Action(Verb.DELETE, address("x"), "was replaced", live=thing("x", id_="thing-older"))
    assert len({new.key, old.key, older.key}) == 3


def test_what_is_due_is_what_nothing_holds() -> None:
    due = Action(Verb.CREATE, address("x"), "wanted")
    held = Action(Verb.CREATE, address("y"), "wanted", held="paused")
    assert Plan(SCOPE, (due, held)).due == (due,)


def test_what_is_absent_says_so() -> None:
    assert repr(ABSENT) == "(absent)"


def test_a_view_finds_what_a_reference_means_and_the_scopes_own_of_a_kind() -> None:
    there = Address("shared", "test/Thing", "y")
    part = manifest("p", "test/Part")
    view = View(SCOPE, {address("x"): manifest("x"), there: manifest("y"), part.address: part})
    assert view.find("test/Thing", "x") == manifest("x")
    assert view.find("test/Thing", "shared/y") == manifest("y")
    assert view.find("test/Thing", "y") is None
    assert view.find("test/Thing", "thing-123") is None
    assert list(view.of("test/Thing")) == [manifest("x")]


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("", True),
        ("vpc-1", True),
        ("self", True),
        ("${out.Vpc.main.id}", True),
        ("(known after apply: ec2/Vpc/main.id)", True),
        ("main", False),
        ("my-vpc-1", False),
    ],
)
def test_a_reference_is_literal_where_it_can_name_no_manifest(text: str, literal: bool) -> None:
    assert Ref("ec2/Vpc", output="id", literal=r"vpc-\w+", itself="self").is_literal(text) is literal


def test_an_action_stands_where_its_manifest_does() -> None:
    assert str(Action(Verb.CREATE, address("x"), "wanted", manifest=manifest("x")).where) == "x.yaml:2:1"
    assert Action(Verb.DELETE, address("x"), "gone").where is None


def test_a_commit_is_called_by_its_first_twelve_digits() -> None:
    assert Commit("0123456789abcdef", "a", NOW, "s").short == "0123456789ab"
