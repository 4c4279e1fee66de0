"""Conclude: its table, row by row, and which of two actions has the last word on a resource."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.model.event import Result
from controller.model.plan import Action, Change, Plan, State, Status, Verb
from controller.reconcile.conclude import conclude
from controller.reconcile.execute import Ended
from tests.unit.thing import SCOPE, address, manifest, thing

CHANGES = (Change("shape", "round", "flat"),)


def action(name: str, *needs: Action, verb: Verb = Verb.UPDATE, named: bool = True, held: str = "") -> Action:
    """An action; of what git names unless `named` says otherwise."""
    wanted = manifest(name) if named else None
    live = None if verb is Verb.CREATE else thing(name)
    keys = frozenset(need.key for need in needs)
    return Action(verb, address(name), "wanted", manifest=wanted, live=live, needs=keys, held=held)


def done(of: Action, pending: str = "") -> Ended:
    return Ended(of, Result.DONE, pending=pending)


def after(*ends: Ended, before: dict[str, Status] | None = None) -> dict[str, tuple[State, str]]:
    """The states afterwards by name, where all that had an action was drifted before."""
    drifted = {end.action.address: Status(end.action.address, State.DRIFTED, "differs", None, CHANGES) for end in ends}
    known = {status.address: status for status in (before or {}).values()}
    plan = Plan(SCOPE, tuple(end.action for end in ends), {**drifted, **known})
    concluded = conclude(plan, {end.action.key: end for end in ends})
    return {found.name: (status.state, status.reason) for found, status in concluded.items()}


def test_what_needed_nothing_stays_as_it_was() -> None:
    before = {"x": Status(address("x"), State.BLOCKED, "not ours"), "y": Status(address("y"), State.IN_SYNC)}
    assert after(before=before) == {"x": (State.BLOCKED, "not ours"), "y": (State.IN_SYNC, "")}


@pytest.mark.parametrize(
    ("result", "state", "reason"),
    [
        (Result.DONE, State.IN_SYNC, ""),
        (Result.REFUSED, State.FAILED, "because"),
        (Result.FAILED, State.FAILED, "because"),
        (Result.HELD, State.HELD, "because"),
        (Result.WAITING, State.PENDING, "because"),
    ],
)
def test_the_state_follows_from_how_the_action_ended(result: Result, state: State, reason: str) -> None:
    assert after(Ended(action("x"), result, "because")) == {"x": (state, reason)}


def test_what_aws_is_still_at_is_pending() -> None:
    assert after(done(action("x"), "is being made")) == {"x": (State.PENDING, "is being made")}


def test_what_is_done_differs_no_more_and_what_failed_still_does() -> None:
    changed, failed = action("x"), action("y")
    statuses = {name: Status(address(name), State.DRIFTED, "differs", None, CHANGES) for name in "xy"}
    plan = Plan(SCOPE, (changed, failed), {status.address: status for status in statuses.values()})
    concluded = conclude(plan, {changed.key: done(changed), failed.key: Ended(failed, Result.FAILED, "no")})
    assert concluded[address("x")].changes == ()
    assert concluded[address("y")].changes == CHANGES


def test_what_a_guard_has_held_stays_as_the_guard_said() -> None:
    held = action("x", held="paused")
    said = Status(address("x"), State.DRIFTED, "differs; not done: paused")
    assert after(Ended(held, Result.HELD, "paused"), before={"x": said}) == {"x": (said.state, said.reason)}


def test_what_waits_for_a_failure_is_blocked() -> None:
    bad = action("bad")
    skipped = Ended(action("x", bad), Result.SKIPPED, "waits for bad")
    assert after(Ended(bad, Result.FAILED, "no"), skipped)["x"] == (State.BLOCKED, "waits for bad")


def test_what_waits_for_something_on_its_way_is_pending_however_far_off_it_is() -> None:
    slow = action("slow")
    next_ = action("next", slow)
    last = action("last", next_)
    found = after(
        done(slow, "is being made"),
        Ended(next_, Result.SKIPPED, "waits for slow"),
        Ended(last, Result.SKIPPED, "waits for next"),
    )
    assert found["next"] == (State.PENDING, "waits for slow")
    assert found["last"] == (State.PENDING, "waits for next")


def test_what_waits_for_something_that_aws_is_not_ready_for_is_pending() -> None:
    slow = action("slow")
    skipped = Ended(action("x", slow), Result.SKIPPED, "waits for slow")
    assert after(Ended(slow, Result.WAITING, "in use"), skipped)["x"] == (State.PENDING, "waits for slow")


def test_what_waits_for_something_that_is_live_and_not_ready_is_pending() -> None:
    """No action of this pass is what it waits for: AWS is at it already."""
    skipped = Ended(replace(action("x"), waits="waits for slow"), Result.SKIPPED, "waits for slow")
    assert after(skipped) == {"x": (State.PENDING, "waits for slow")}


def test_what_waits_for_two_is_blocked_where_one_of_them_has_failed() -> None:
    slow, bad = action("slow"), action("bad")
    both = Ended(action("x", slow, bad), Result.SKIPPED, "waits for bad")
    assert after(done(slow, "is being made"), Ended(bad, Result.REFUSED, "no"), both)["x"][0] is State.BLOCKED


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.FORGET])
def test_what_git_names_no_more_and_is_gone_has_no_state(verb: Verb) -> None:
    assert after(done(action("x", verb=verb, named=False))) == {}


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.FORGET])
def test_what_git_names_no_more_and_could_not_be_taken_away_still_has_one(verb: Verb) -> None:
    end = Ended(action("x", verb=verb, named=False), Result.REFUSED, "in use")
    assert after(end) == {"x": (State.FAILED, "in use")}


def leftover(name: str, *needs: Action) -> Action:
    """The delete of what a replacement leaves behind."""
    return replace(action(name, *needs, verb=Verb.DELETE), live=thing("old"))


def test_a_replacement_is_in_sync_once_the_new_one_stands_and_the_old_one_is_gone() -> None:
    new = action("x", verb=Verb.REPLACE)
    assert after(done(new), done(leftover("x", new))) == {"x": (State.IN_SYNC, "")}


def test_a_replacement_whose_old_one_cannot_go_has_failed() -> None:
    new = action("x", verb=Verb.REPLACE)
    assert after(done(new), Ended(leftover("x", new), Result.REFUSED, "in use")) == {"x": (State.FAILED, "in use")}


def test_a_replacement_that_has_failed_says_so_and_not_that_the_old_one_stays() -> None:
    new = action("x", verb=Verb.REPLACE)
    skipped = Ended(leftover("x", new), Result.SKIPPED, "waits for x: no")
    assert after(Ended(new, Result.FAILED, "no"), skipped) == {"x": (State.FAILED, "no")}


def test_a_replacement_that_is_held_is_held_and_not_blocked_by_itself() -> None:
    new = replace(action("x", verb=Verb.REPLACE), held="too many")
    said = Status(address("x"), State.HELD, "differs; not done: too many")
    skipped = Ended(leftover("x", new), Result.SKIPPED, "waits for x: too many")
    found = after(Ended(new, Result.HELD, "too many"), skipped, before={"x": said})
    assert found == {"x": (State.HELD, "differs; not done: too many")}


def test_a_replacement_that_was_stopped_on_its_way_is_held() -> None:
    new = action("x", verb=Verb.REPLACE)
    skipped = Ended(leftover("x", new), Result.SKIPPED, "waits for x: paused")
    assert after(Ended(new, Result.HELD, "paused"), skipped) == {"x": (State.HELD, "paused")}


def test_a_replacement_that_is_not_ready_is_pending() -> None:
    new = action("x", verb=Verb.REPLACE)
    skipped = Ended(leftover("x", new), Result.SKIPPED, "waits for x: is being made")
    assert after(done(new, "is being made"), skipped) == {"x": (State.PENDING, "is being made")}


def test_what_an_earlier_replacement_left_behind_is_gone_and_the_resource_itself_still_counted() -> None:
    """A crash came between the two; the resource that git names needs no action of its own any more."""
    said = Status(address("x"), State.IN_SYNC)
    assert after(done(leftover("x")), before={"x": said}) == {"x": (State.IN_SYNC, "")}


@pytest.mark.parametrize("worse", ["one", "other"])
def test_of_two_live_resources_under_one_address_the_one_that_needs_a_person_most_counts(worse: str) -> None:
    ends = []
    for name in ("one", "other"):
        one = replace(action("x", verb=Verb.DELETE, named=False), live=thing(name))
        ends.append(Ended(one, Result.REFUSED if name == worse else Result.WAITING, name))
    assert after(*ends) == {"x": (State.FAILED, worse)}


def test_a_copy_that_is_held_is_still_said_when_the_resource_itself_was_changed() -> None:
    copy = replace(leftover("x"), held="no record of making it")
    said = Status(address("x"), State.HELD, "copied; not done: no record of making it")
    found = after(done(action("x")), Ended(copy, Result.HELD, copy.held), before={"x": said})
    assert found == {"x": (said.state, said.reason)}
