"""One pass over one scope: its steps in their order, what is told of them, and what a failure of each leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.aws.account import Accounts
from controller.errors import Held, StateError
from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.event import (
    ActionEnded,
    AwsCalled,
    Event,
    PassEnded,
    PassStarted,
    Planned,
    Result,
    StateTrouble,
)
from controller.model.manifest import Desired
from controller.model.plan import State, Verb
from controller.model.reference import Link
from controller.model.scope import Scope
from controller.reconcile.cycle import PASSES, World, guarded, look, reconcile, settle
from controller.state.sqlite import SqliteStore
from tests.unit.cloud import Cloud, refuse
from tests.unit.thing import KINDS, NOW, SCOPE, address, entry, manifest, thing

X = address("x")
pytestmark = pytest.mark.usefixtures("aws_endpoint")


class Stage:
    """A scope whose things are in memory; the account is the emulator's, and the state file a real one."""

    def __init__(self, cloud: Cloud | None = None) -> None:
        self.cloud = cloud or Cloud()
        self.store = SqliteStore(":memory:")
        self.events: list[Event] = []
        self.pause: Callable[[Address], str] = lambda _: ""

    @property
    def world(self) -> World:
        kinds: dict[str, Kind[Any]] = {**KINDS, "test/Thing": self.cloud}
        accounts = Accounts(emit=self.events.append, workers=1, attempts=1)
        return World(accounts, kinds, self.store, self.events.append, self.pause, "trueup", 2, lambda: NOW)

    def told(self) -> list[str]:
        """What was told, but for the calls to AWS."""
        return [type(event).__name__ for event in self.events if not isinstance(event, AwsCalled)]


def desired(*names: str, scope: Scope = SCOPE, **fields: Any) -> Desired:
    manifests = [manifest(name, **fields) for name in names]
    return Desired(scope, {one.address: one for one in manifests})


def test_a_pass_makes_what_git_names_and_tells_each_step_in_order() -> None:
    stage = Stage()
    outcome = reconcile(desired("x"), "c1", stage.world)
    assert stage.told() == [
        "PassStarted",
        *("KindObserved", "KindObserved"),
        "StateTrouble",
        "Planned",
        *("ActionStarted", "ActionEnded"),
        "PassEnded",
    ]
    assert stage.events[0] == PassStarted("prod", "c1")
    assert stage.events[-1] == PassEnded(outcome)
    assert outcome.converged
    assert (outcome.scope, outcome.commit, outcome.started, outcome.applied) == ("prod", "c1", NOW, 1)
    assert set(stage.cloud.live) == {"thing-x"}


def test_the_next_pass_finds_nothing_to_do_and_reads_only_what_git_names() -> None:
    stage = Stage()
    reconcile(desired("x"), "c1", stage.world)
    stage.events.clear()
    outcome = reconcile(desired("x"), "c1", stage.world)
    assert (outcome.converged, outcome.applied) == (True, 0)
    assert stage.told().count("KindObserved") == 1


def test_a_pass_is_kept_in_the_history() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(ValueError("oops"))
    reconcile(desired("x"), "c1", stage.world)
    last = stage.store.last("prod")
    assert last is not None
    assert (last.commit, last.applied, last.counts[State.FAILED]) == ("c1", 0, 1)
    assert last.troubles[0].address == X


def test_applied_counts_what_has_changed_something() -> None:
    stage = Stage()
    stage.cloud.on["update"] = refuse(ValueError("oops"))
    stage.cloud.live = {"thing-y": thing("y")}
    manifests = (manifest("x"), manifest("y", steps=["a"]))
    outcome = reconcile(Desired(SCOPE, {one.address: one for one in manifests}), "c1", stage.world)
    assert outcome.applied == 1
    assert outcome.count(State.FAILED) == 1


def test_a_look_changes_nothing() -> None:
    stage = Stage(Cloud(thing("x")))
    sight = look(desired("x", steps=["a"]), stage.world)
    plan = guarded(sight, "c1", stage.world)
    assert [action.verb for action in plan.due] == [Verb.UPDATE]
    assert stage.cloud.calls == []
    assert stage.store.inventory("prod").entries == ()


def test_what_is_paused_is_planned_and_not_carried_out() -> None:
    stage = Stage()
    stage.pause = lambda at: "incident 7" if at == X else ""
    outcome = reconcile(desired("x", "y"), "c1", stage.world)
    assert set(stage.cloud.live) == {"thing-y"}
    assert outcome.statuses[X].state is State.DRIFTED
    assert outcome.statuses[X].reason.endswith("not done: incident 7")
    (planned,) = (event for event in stage.events if isinstance(event, Planned))
    assert {action.address.name: action.held for action in planned.plan.actions} == {"x": "incident 7", "y": ""}
    assert planned.commit == "c1"


def test_an_output_of_another_scope_is_what_its_last_pass_has_left() -> None:
    stage = Stage()
    there = Address("shared", "test/Part", "p")
    stage.store.applied(entry(there, "part-9", outputs={"id": "part-9"}))
    reconcile(desired("x", links=(Link(there, "id"),), parts=["shared/p"]), "c1", stage.world)
    assert stage.cloud.live["thing-x"].spec.parts == frozenset({"part-9"})


def test_while_the_inventory_cannot_be_written_drift_is_shown_and_nothing_is_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    monkeypatch.setattr(stage.store, "check_writable", refuse(StateError("the disk is full")))
    outcome = reconcile(desired("x"), "c1", stage.world)
    assert stage.cloud.calls == []
    assert outcome.statuses[X].state is State.DRIFTED
    trouble = "the inventory cannot be written, so nothing is changed: the disk is full"
    assert StateTrouble(trouble) in stage.events


def test_a_pass_that_cannot_be_kept_in_the_history_was_made_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    monkeypatch.setattr(stage.store, "finish", lambda _: refuse(StateError("the disk is full"))())
    assert reconcile(desired("x"), "c1", stage.world).converged
    assert stage.events[-2] == StateTrouble("the disk is full")
    assert isinstance(stage.events[-1], PassEnded)


def test_a_scope_that_cannot_be_looked_at_is_unknown_as_a_whole_with_its_reason() -> None:
    """The credentials are those of another account: nothing in it is ever touched."""
    stage = Stage()
    foreign = Scope(name="prod", spec=SCOPE.spec.model_copy(update={"account": "210987654321"}))
    outcome = reconcile(desired("x", scope=foreign), "c1", stage.world)
    assert "scope 'prod' is account 210987654321" in outcome.error
    status = outcome.statuses[X]
    assert (status.state, status.reason, str(status.where)) == (State.UNKNOWN, outcome.error, "x.yaml:2:1")
    assert not outcome.converged
    assert outcome.applied == 0
    assert stage.told() == ["PassStarted", "PassEnded"]
    assert stage.cloud.calls == []


def test_a_scope_whose_inventory_cannot_be_read_is_unknown() -> None:
    """Without it nothing could be told from what is somebody else's."""
    stage = Stage()
    world = stage.world
    stage.store.close()
    outcome = reconcile(desired("x"), "c1", world)
    assert outcome.statuses[X].state is State.UNKNOWN
    assert "state file" in outcome.error


def test_a_pass_that_is_told_to_stop_while_looking_ends_without_an_outcome() -> None:
    """What it has seen is half of the truth, which no report must show."""
    stage = Stage()
    stage.cloud.on["observe"] = refuse(Held("shutting down"))
    with pytest.raises(Held):
        reconcile(desired("x"), "c1", stage.world)
    assert "PassEnded" not in stage.told()
    assert stage.store.last("prod") is None


def test_a_call_that_is_stopped_in_the_course_of_a_pass_is_held_and_the_pass_goes_on() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(Held("paused"))
    outcome = reconcile(desired("x"), "c1", stage.world)
    assert outcome.statuses[X].state is State.HELD
    (ended,) = (event for event in stage.events if isinstance(event, ActionEnded))
    assert ended.result is Result.HELD


def test_settling_goes_on_until_nothing_is_left_to_do() -> None:
    """What two resources refer to in each other takes a second pass."""
    stage = Stage()
    wanted = Desired(
        SCOPE,
        {
            address(name): manifest(name, links=(Link(address(other), "id", loose=True),), peers=[other])
            for name, other in (("a", "b"), ("b", "a"))
        },
    )
    outcome = settle(wanted, "c1", stage.world)
    assert outcome.converged
    assert stage.told().count("PassEnded") > 1


def test_settling_ends_where_a_pass_could_do_nothing() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(ValueError("oops"))
    assert not settle(desired("x"), "c1", stage.world).converged
    assert stage.told().count("PassEnded") == 1


def test_settling_gives_up_on_what_never_comes_to_rest() -> None:
    """Somebody else changes it back after each pass."""
    stage = Stage(Cloud(thing("x")))

    def undo() -> None:
        stage.cloud.live["thing-x"] = replace(thing("x", steps=["theirs"]), pending="is being changed")

    stage.cloud.on["observe"] = undo
    outcome = settle(desired("x", steps=["ours"]), "c1", stage.world)
    assert outcome.applied == 1
    assert stage.told().count("PassEnded") == PASSES
