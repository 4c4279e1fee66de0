"""Apply: what is asked of AWS, what is on record before and after each call, and what becomes of every way to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from controller.aws.account import acting
from controller.aws.client import Aws, changes_made
from controller.errors import AlreadyExists, AwsBusy, AwsRefused, AwsTemporary, Held, NotFound, StateError
from controller.kinds.base import Kind, Told
from controller.model.address import Address
from controller.model.event import ActionEnded, ActionStarted, Event, Result, StateTrouble
from controller.model.inventory import Failure, Inventory
from controller.model.observed import Made, Observed, Step, Whole
from controller.model.plan import Action, Verb
from controller.model.reference import Link
from controller.model.scope import Deletion
from controller.reconcile.apply import Applier, Outputs
from controller.reconcile.execute import Ended
from controller.reconcile.plan import Situation, make_plan
from controller.state.sqlite import SqliteStore
from tests.unit.cloud import Cloud, refuse
from tests.unit.thing import KINDS, NOW, ThingSpec, address, entry, manifest, ours, part, situation, thing

X, P = address("x"), address("p", "test/Part")
NO_AWS = cast(Aws, None)
"""What the kinds in memory ask nothing of."""


@dataclass
class Stage:
    """The applier with a real state file (in memory) and a kind whose things are in memory too."""

    cloud: Cloud = field(default_factory=Cloud)
    store: SqliteStore = field(default_factory=lambda: SqliteStore(":memory:"))
    outputs: dict[Address, Mapping[str, str]] = field(default_factory=dict)
    elsewhere: dict[tuple[Address, str], str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def applier(self, commit: str = "c1") -> Applier:
        kinds: dict[str, Kind[Any]] = {**KINDS, "test/Thing": self.cloud}
        known = Outputs(self.outputs, lambda target, output: self.elsewhere.get((target, output)), "prod")
        return Applier(
            NO_AWS,
            kinds,
            self.store,
            self.store.inventory("prod"),
            known,
            commit,
            self.events.append,
            lambda: NOW,
        )

    def carry_out(self, action: Action, commit: str = "c1") -> Ended:
        (ended,) = self.applier(commit)([action])
        return ended

    @property
    def inventory(self) -> Inventory:
        return self.store.inventory("prod")

    @property
    def failure(self) -> Failure:
        return self.inventory.failures[X]


def only(given: Situation, name: str = "x") -> Action:
    """The one action that a plan has for a resource."""
    (action,) = (action for action in make_plan(given).actions if action.address.name == name)
    return action


def creation(**fields: Any) -> Action:
    return only(situation((manifest("x", **fields),)))


def change(live: Observed[Any], **fields: Any) -> Action:
    return only(situation((manifest("x", **fields),), {"test/Thing": (live,)}))


def pruning(live: Observed[Any]) -> Action:
    return only(situation((), {"test/Thing": (live,)}))


def test_a_create_has_its_tags_in_the_call_and_is_on_record_afterwards() -> None:
    stage = Stage()
    assert stage.carry_out(creation(lifecycle={"deletion": "retain"})).result is Result.DONE
    assert stage.cloud.live["thing-x"].tags == {**ours("x"), "trueup:deletion": "retain"}
    (found,) = stage.inventory.entries
    assert (found.address, found.id, found.commit, found.created) == (X, "thing-x", "c1", NOW)
    assert (found.file, found.line) == ("x.yaml", 2)
    assert (found.deletion, found.outputs) == (Deletion.RETAIN, {"id": "thing-x"})


def test_a_create_has_the_specs_own_tags_even_where_the_plan_could_not_know_the_spec() -> None:
    """As with a subnet whose IPv6 range is a part of what AWS gives its VPC: it has its Name from the first moment on."""
    stage = Stage()
    action = creation(tags={"Name": "x", "trueup:scope": "mine"})
    stage.carry_out(replace(action, tags={"team": "a", **ours("x")}))
    assert stage.cloud.live["thing-x"].tags == {"Name": "x", "team": "a", **ours("x")}


def test_the_intent_is_on_record_before_the_create_and_gone_after_it() -> None:
    stage = Stage()
    before: list[Mapping[Address, str]] = []
    stage.cloud.on["create"] = lambda: before.append(stage.inventory.intents)
    stage.carry_out(creation())
    assert before == [{X: "x"}]
    assert stage.inventory.intents == {}


def test_a_create_that_is_cut_off_leaves_its_intent() -> None:
    """No answer came: it may have been made or not, and only the next look can tell."""
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsTemporary("connection reset"))
    assert stage.carry_out(creation()) == Ended(creation(), Result.FAILED, "connection reset")
    assert stage.inventory.intents == {X: "x"}
    assert stage.inventory.failures == {}


def test_a_refused_create_takes_its_intent_back() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsRefused("no such path", hint="mend it"))
    assert stage.carry_out(creation()) == Ended(creation(), Result.REFUSED, "no such path; mend it")
    assert stage.inventory.intents == {}
    assert stage.inventory.entries == ()


def test_a_name_that_somebody_else_has_takes_the_intent_back() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(AlreadyExists("x exists"))
    assert stage.carry_out(creation()).result is Result.FAILED
    assert stage.inventory.intents == {}


def test_a_name_that_botocores_own_retry_may_have_taken_keeps_the_intent() -> None:
    """The first attempt may have made it and its answer been lost: what has no tags is found to be ours by the intent."""
    stage = Stage()
    stage.cloud.on["create"] = refuse(AlreadyExists("x exists", retried=True))
    assert stage.carry_out(creation()).result is Result.FAILED
    assert stage.inventory.intents == {X: "x"}


def test_what_is_not_ready_after_its_create_is_pending() -> None:
    stage = Stage(Cloud(pending="is being made"))
    ended = stage.carry_out(creation())
    assert (ended.result, ended.pending) == (Result.DONE, "is being made")
    assert not ended.ready


def test_what_was_made_can_be_referred_to_in_the_same_pass() -> None:
    applier = Stage().applier()
    assert applier.outputs(X, "id") is None
    applier([creation()])
    assert applier.outputs(X, "id") == "thing-x"


def needy(of: Address = P, **links: Any) -> Action:
    """The create of a thing that refers to a part which is yet to be made."""
    text = of.name if of.scope == "prod" else f"{of.scope}/{of.name}"
    wanted = manifest("x", links=(Link(of, "id"),), parts=[text], **links)
    return only(situation((wanted, manifest("p", "test/Part"))))


def test_a_reference_is_put_in_once_it_is_known() -> None:
    stage = Stage(outputs={P: {"id": "part-7"}})
    stage.carry_out(needy())
    assert stage.cloud.live["thing-x"].spec.parts == frozenset({"part-7"})


def test_a_reference_to_another_scope_is_put_in_from_its_last_pass() -> None:
    shared = replace(P, scope="shared")
    stage = Stage(elsewhere={(shared, "id"): "part-9"})
    stage.carry_out(needy(shared))
    assert stage.cloud.live["thing-x"].spec.parts == frozenset({"part-9"})


def test_what_refers_to_something_that_is_still_not_known_is_not_made() -> None:
    stage = Stage()
    ended = stage.carry_out(needy())
    assert (ended.result, ended.reason) == (Result.WAITING, "waits for (known after apply: test/Part/p.id)")
    assert stage.cloud.calls == []
    assert stage.inventory.intents == {}


def test_what_is_wrong_once_its_references_are_put_in_is_refused_with_the_fields_path() -> None:
    data = {"inner": {"name": "n", "size": "${out.Part.p.id}"}}
    whole = manifest("x", links=(Link(P, "id"),))
    wanted = replace(whole, data={**whole.data, **data}, spec=None)
    stage = Stage(outputs={P: {"id": "part-7"}})
    ended = stage.carry_out(only(situation((wanted, manifest("p", "test/Part")))))
    assert ended.result is Result.REFUSED
    assert ended.reason.startswith("inner.size: ")
    assert ended.reason.endswith(" once its references are put in")
    assert stage.failure.attempts == 1


def test_only_the_fields_that_differ_are_updated() -> None:
    live = thing("x", labels={"a": "1"}, colour="red")
    stage = Stage(Cloud(live))
    assert stage.carry_out(change(live, labels={"a": "2"}, steps=["s"], colour="red")).result is Result.DONE
    assert stage.cloud.calls == [("update", "thing-x", frozenset({"labels", "steps"}))]
    assert stage.inventory.ids(X) == {"thing-x"}


def test_what_lifecycle_ignores_is_not_updated() -> None:
    live = thing("x", shape="round")
    stage = Stage(Cloud(live))
    stage.carry_out(change(live, steps=["s"], shape="flat", lifecycle={"ignore": ["shape"]}))
    assert stage.cloud.calls == [("update", "thing-x", frozenset({"steps"}))]


def test_tags_are_put_on_and_taken_off_without_an_update() -> None:
    live = thing("x", tags={**ours("x"), "old": "1", "kept": "1", "other": "1"})
    stage = Stage(Cloud(live))
    stage.carry_out(change(live, tags={"new": "1", "kept": "1", "other": "2"}))
    assert stage.cloud.calls == [("retag", "thing-x", {"new": "1", "other": "2"}, frozenset({"old"}))]


def test_adopting_puts_on_the_tags_and_mends_the_fields() -> None:
    live = thing("x", tags={})
    stage = Stage(Cloud(live))
    stage.carry_out(change(live, steps=["s"], lifecycle={"adopt": True}))
    assert stage.cloud.calls == [
        ("retag", "thing-x", ours("x"), frozenset()),
        ("update", "thing-x", frozenset({"steps"})),
    ]
    assert stage.inventory.ids(X) == {"thing-x"}


def test_what_differed_only_in_what_was_not_known_needs_no_update_once_it_is() -> None:
    """The part was deleted and made anew with the id that the thing has."""
    live = thing("x", parts=["part-7"])
    wanted = manifest("x", links=(Link(P, "id"),), parts=["p"])
    stage = Stage(Cloud(live), outputs={P: {"id": "part-7"}})
    action = only(situation((wanted, manifest("p", "test/Part")), {"test/Thing": (live,)}))
    assert action.verb is Verb.UPDATE
    assert stage.carry_out(action).result is Result.DONE
    assert stage.cloud.calls == []


def test_what_turns_out_to_need_a_replacement_once_it_is_known_is_left_to_the_next_pass() -> None:
    """The plan could not see it, so nobody has been shown a replacement and no guard has counted it."""
    live = thing("x", shape="round")
    wanted = manifest("x", links=(Link(P, "id"),), parts=["p"], shape="flat")
    planned = only(situation((manifest("x", steps=["s"]),), {"test/Thing": (live,)}))
    stage = Stage(Cloud(live), outputs={P: {"id": "part-7"}})
    ended = stage.carry_out(replace(planned, verb=Verb.UPDATE, manifest=wanted))
    assert ended.pending == "AWS cannot change shape in place: the next pass replaces it"
    assert stage.cloud.calls == []


def test_what_is_updated_and_still_not_ready_is_pending() -> None:
    live = replace(thing("x"), pending="is being made")
    assert Stage(Cloud(live)).carry_out(change(live, steps=["s"])).pending == "is being made"


def test_a_replacement_whose_name_is_taken_deletes_before_it_creates() -> None:
    live = thing("x", shape="round")
    stage = Stage(Cloud(live))
    stage.store.applied(entry(X, "thing-x"))
    assert stage.carry_out(change(live, shape="flat")).result is Result.DONE
    assert stage.cloud.calls == [("delete", "thing-x"), ("create", "x")]
    assert stage.cloud.live["thing-x"].spec.shape == "flat"


def test_between_a_replacements_delete_and_create_the_record_names_nothing_that_is_gone() -> None:
    live = thing("x", shape="round")
    stage = Stage(Cloud(live))
    stage.store.applied(entry(X, "thing-x"))
    between: list[Inventory] = []
    stage.cloud.on["create"] = lambda: between.append(stage.inventory)
    stage.carry_out(change(live, shape="flat"))
    assert [(found.ids(X), found.intents) for found in between] == [(frozenset(), {X: "x"})]


def test_a_replacement_that_could_not_be_made_does_not_delete_the_old_one() -> None:
    """What another scope is to give may not be known; that must not cost what is there."""
    shared = replace(P, scope="shared")
    live = thing("x", shape="round", parts=["part-9"])
    wanted = manifest("x", links=(Link(shared, "id"),), parts=["shared/p"], shape="flat")
    action = only(situation((wanted,), {"test/Thing": (live,)}))
    assert (action.verb, action.in_place) == (Verb.REPLACE, True)
    stage = Stage(Cloud(live))
    ended = stage.carry_out(action)
    assert (ended.result, stage.cloud.calls) == (Result.WAITING, [])
    assert ended.reason == "waits for (known after apply: test/Part/p.id)"


def test_a_replacement_under_another_name_leaves_the_old_one_to_its_own_delete() -> None:
    live = thing("old", tags=ours("x"))
    stage = Stage(Cloud(live))
    stage.store.applied(entry(X, "thing-old"))
    known = situation((manifest("x"),), {"test/Thing": (live,)}, inventory=stage.inventory)
    new, old = make_plan(known).actions
    stage.carry_out(new)
    assert stage.inventory.ids(X) == {"thing-old", "thing-x"}
    stage.carry_out(old)
    assert stage.inventory.ids(X) == {"thing-x"}
    assert stage.cloud.calls == [("create", "x"), ("delete", "thing-old")]


def test_what_is_deleted_is_off_the_record() -> None:
    stage = Stage(Cloud(thing("x")))
    stage.store.applied(entry(X, "thing-x"))
    assert stage.carry_out(pruning(thing("x"))).result is Result.DONE
    assert stage.cloud.live == {}
    assert stage.inventory.entries == ()


def test_what_is_gone_already_needs_no_delete() -> None:
    stage = Stage()
    stage.store.applied(entry(X, "thing-x"))
    stage.cloud.on["delete"] = refuse(NotFound("no such thing"))
    assert stage.carry_out(pruning(thing("x"))).result is Result.DONE
    assert stage.inventory.entries == ()


def test_what_cannot_be_deleted_stays_on_record() -> None:
    stage = Stage(Cloud(thing("x")))
    stage.store.applied(entry(X, "thing-x"))
    stage.cloud.on["delete"] = refuse(AwsTemporary("in use"))
    assert stage.carry_out(pruning(thing("x"))).result is Result.FAILED
    assert stage.inventory.ids(X) == {"thing-x"}


def test_what_is_let_go_of_loses_trueups_tags_and_nothing_else() -> None:
    live = thing("x", tags={**ours("x"), "trueup:deletion": "retain", "kept": "1"})
    stage = Stage(Cloud(live))
    stage.store.applied(entry(X, "thing-x", deletion=Deletion.RETAIN))
    stage.carry_out(pruning(live))
    assert stage.cloud.live["thing-x"].tags == {"kept": "1"}
    assert stage.inventory.entries == ()


def test_what_has_no_tags_is_let_go_of_without_a_call() -> None:
    stage = Stage()
    stage.store.applied(entry(P, "part-1", deletion=Deletion.RETAIN))
    known = situation((), {"test/Part": (part("part-1"),)}, inventory=stage.inventory)
    assert stage.carry_out(only(known, "p")).result is Result.DONE
    assert stage.inventory.entries == ()


def test_the_first_refusal_waits_a_minute_and_each_further_one_twice_as_long_up_to_an_hour() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsRefused("no such path"))
    waits = []
    for _ in range(9):
        stage.carry_out(creation())
        waits.append((stage.failure.not_before - NOW) // timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (stage.failure.attempts, stage.failure.message) == (9, "no such path")


def test_a_thousand_refusals_still_wait_an_hour() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsRefused("no such path"))
    stage.carry_out(creation())
    stage.store.failed(replace(stage.failure, attempts=1000))
    stage.carry_out(creation())
    assert stage.failure.not_before - NOW == timedelta(hours=1)


@pytest.mark.parametrize("otherwise", ["commit", "manifest", "live"])
def test_a_refusal_of_something_else_is_the_first_again(otherwise: str) -> None:
    stage = Stage(Cloud(thing("x")))
    stage.cloud.on["update"] = refuse(AwsRefused("no such path"))
    for _ in range(3):
        stage.carry_out(change(thing("x"), steps=["s"]))
    live = thing("x", steps=["t"]) if otherwise == "live" else thing("x")
    digest = "edited" if otherwise == "manifest" else ""
    stage.carry_out(change(live, steps=["s"], digest=digest), "c2" if otherwise == "commit" else "c1")
    assert stage.failure.attempts == 1


def test_a_success_forgets_the_failure() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsRefused("no such path"))
    stage.carry_out(creation())
    del stage.cloud.on["create"]
    stage.carry_out(creation())
    assert stage.inventory.failures == {}


@pytest.mark.parametrize("error", [AwsTemporary("throttled"), Held("paused"), ValueError("oops")])
def test_what_may_be_otherwise_the_next_time_is_tried_again_in_the_next_pass(error: Exception) -> None:
    stage = Stage(Cloud(thing("x")))
    stage.cloud.on["update"] = refuse(error)
    stage.carry_out(change(thing("x"), steps=["s"]))
    assert stage.inventory.failures == {}


def test_a_call_that_is_stopped_before_it_is_sent_is_held() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(Held("paused: incident 7"))
    ended = stage.carry_out(creation())
    assert (ended.result, ended.reason) == (Result.HELD, "paused: incident 7")


def test_a_mistake_in_a_kind_is_said_and_stops_no_other_action() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(ValueError("oops"))
    ended = stage.carry_out(creation())
    assert (ended.result, ended.reason) == (Result.FAILED, "a mistake in trueup: ValueError: oops")


def test_a_refusal_that_cannot_be_noted_is_still_this_actions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's reason is what a person must act upon; the state's trouble is said beside it."""
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsRefused("no such path"))
    monkeypatch.setattr(stage.store, "failed", lambda _: refuse(StateError("the disk is full"))())
    ended = stage.carry_out(creation())
    assert (ended.result, ended.reason) == (Result.REFUSED, "no such path")
    assert StateTrouble("the disk is full") in stage.events


def test_nothing_is_made_whose_intent_cannot_be_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    monkeypatch.setattr(stage.store, "intend", lambda *_: refuse(StateError("the disk is full"))())
    ended = stage.carry_out(creation())
    assert (ended.result, ended.reason) == (Result.FAILED, "the disk is full")
    assert stage.cloud.calls == []


def busy(live: Observed[Any], held_by: Callable[[], object] | str = "") -> Stage:
    """A stage where AWS does not let go of a thing yet; `held_by` is what the kind finds out of the reason."""
    stage = Stage(Cloud(live))
    stage.cloud.on["delete"] = refuse(AwsBusy("thing-x has dependencies"))
    stage.cloud.on["holders"] = held_by if callable(held_by) else lambda: held_by
    return stage


def test_what_is_still_in_use_waits_with_the_ids_of_what_uses_it() -> None:
    ended = busy(thing("x"), "eni-1 and eni-2").carry_out(pruning(thing("x")))
    assert (ended.result, ended.reason) == (Result.WAITING, "thing-x is still in use by eni-1 and eni-2")


@pytest.mark.parametrize("held_by", ["", refuse(AwsTemporary("throttled"))])
def test_what_is_still_in_use_waits_with_awss_words_where_the_users_cannot_be_told(held_by: Any) -> None:
    ended = busy(thing("x"), held_by).carry_out(pruning(thing("x")))
    assert (ended.result, ended.reason) == (Result.WAITING, "thing-x has dependencies")


def test_a_mistake_in_finding_out_what_uses_it_stops_no_other_action() -> None:
    ended = busy(thing("x"), refuse(KeyError("oops"))).carry_out(pruning(thing("x")))
    assert (ended.result, ended.reason) == (Result.FAILED, "a mistake in trueup: KeyError: 'oops'")


def test_what_cannot_be_made_yet_waits_and_keeps_its_intent() -> None:
    stage = Stage()
    stage.cloud.on["create"] = refuse(AwsBusy("the network is being made"))
    ended = stage.carry_out(creation())
    assert (ended.result, ended.reason) == (Result.WAITING, "the network is being made")
    assert stage.inventory.intents == {X: "x"}
    assert stage.inventory.failures == {}


def test_what_aws_makes_along_with_something_else_is_managed_and_not_on_record() -> None:
    """On record it would be ours, and be deleted once git names it no more."""
    made = Stage(Cloud(innate=True))
    assert made.carry_out(creation()).result is Result.DONE
    live = replace(thing("x"), innate=True)
    changed = Stage(Cloud(live))
    assert changed.carry_out(change(live, steps=["s"])).result is Result.DONE
    for stage in (made, changed):
        assert stage.cloud.calls
        assert (stage.inventory.entries, stage.inventory.intents) == ((), {})


def test_what_is_left_undone_is_the_kinds_to_do() -> None:
    live = replace(thing("x"), undone="it is not accepted yet")
    stage = Stage(Cloud(live))
    assert stage.carry_out(change(live)).result is Result.DONE
    assert [call[0] for call in stage.cloud.calls] == ["update"]


def test_what_refers_loosely_to_something_that_is_not_known_is_made_and_completed_later() -> None:
    peer = Link(address("y"), "id", loose=True)
    wanted = manifest("x", links=(peer,), peers=["y"])
    stage = Stage()
    ended = stage.carry_out(only(situation((wanted, manifest("y")))))
    assert (ended.result, ended.pending) == (Result.DONE, "waits for (known after apply: test/Thing/y.id)")
    assert stage.inventory.ids(X) == {"thing-x"}


def test_what_is_changed_and_refers_loosely_to_something_that_is_not_known_is_completed_later() -> None:
    peer = Link(address("y"), "id", loose=True)
    wanted = manifest("x", links=(peer,), peers=["y"])
    stage = Stage(Cloud(thing("x")))
    ended = stage.carry_out(only(situation((wanted, manifest("y")), {"test/Thing": (thing("x"),)})))
    assert (ended.result, ended.pending) == (Result.DONE, "waits for (known after apply: test/Thing/y.id)")


def test_each_action_is_told_when_it_begins_and_how_it_ends() -> None:
    stage = Stage()
    action = creation()
    stage.carry_out(action)
    began, ended = stage.events
    assert began == ActionStarted(action)
    assert isinstance(ended, ActionEnded)
    assert (ended.action, ended.result, ended.reason) == (action, Result.DONE, "")
    assert ended.seconds >= 0


def test_an_action_that_is_skipped_is_told_with_its_reason() -> None:
    stage = Stage()
    ended = stage.applier().skip(creation(), "waits for y")
    assert (ended.result, ended.reason) == (Result.SKIPPED, "waits for y")
    assert stage.events == [ActionEnded(creation(), Result.SKIPPED, "waits for y")]


def test_the_calls_of_an_action_are_made_in_its_resources_name() -> None:
    """So that the gate before each call can stop those of one paused resource."""
    stage = Stage()
    asked: list[tuple[Address, ...]] = []
    stage.cloud.on["create"] = lambda: asked.append(acting.get())
    stage.carry_out(creation())
    assert asked == [(X,)]


class Revisioned(Cloud):
    """Each update makes another revision, which others refer to."""

    def update(self, aws: Aws, live: Observed[Any], spec: Any, changed: frozenset[str]) -> Made:
        self.calls.append(("register", dict(live.tags or {})))
        return Made(live.id, {"id": "thing-x:2"}, "is rolled out")


def test_what_an_update_has_renewed_is_known_to_others_and_on_record() -> None:
    stage = Stage(Revisioned(thing("x")))
    applier = stage.applier()
    (ended,) = applier([change(thing("x"), steps=["a"])])
    assert (ended.result, ended.pending) == (Result.DONE, "is rolled out")
    assert applier.outputs(X, "id") == "thing-x:2"
    (found,) = stage.inventory.entries
    assert (found.id, found.outputs) == ("thing-x", {"id": "thing-x:2"})


def test_an_update_sees_the_tags_as_they_are_to_be() -> None:
    """Some updates are another create, which has tags in the call."""
    live = thing("x", tags={**ours("x"), "by": "hand"})
    stage = Stage(Revisioned(live))
    stage.carry_out(change(live, steps=["a"], tags={"team": "a"}))
    assert stage.cloud.calls[-1] == ("register", {**ours("x"), "team": "a"})


def test_what_aws_could_not_make_is_made_anew_at_once_and_then_not_before_its_time() -> None:
    """Each attempt leaves another resource behind, under another id; it is one failure all the same."""
    stage = Stage()
    for attempt, id_ in enumerate(("thing-1", "thing-2"), 1):
        failed = replace(thing("x", id_=id_), failed="no addresses are free")
        stage.cloud.live[id_] = failed
        assert stage.carry_out(change(failed)).result is Result.DONE
        assert (stage.failure.message, stage.failure.attempts) == ("no addresses are free", attempt)
        assert stage.failure.not_before == NOW + timedelta(minutes=attempt)
        del stage.cloud.live["thing-x"]
    assert [name for name, *_ in stage.cloud.calls] == ["delete", "create"] * 2


def test_what_is_made_anew_for_another_reason_leaves_no_failure_behind() -> None:
    stage = Stage(Cloud(thing("x")))
    stage.carry_out(change(thing("x"), shape="flat"))
    assert stage.inventory.failures == {}


class Renaming(Cloud):
    """Things that AWS knows by what they are called, and that cannot be tagged: an update may make another of one."""

    taggable = False
    replace_on = frozenset()

    def update(self, aws: Aws, live: Observed[Any], spec: ThingSpec, changed: frozenset[str]) -> Made:
        self._called("update", live.id, changed)
        del self.live[live.id]
        id_ = f"thing-{spec.thing_name}"
        self.live[id_] = Observed(id_, spec, None, {"id": id_})
        return Made(id_, {"id": id_}, "AWS is at it")


def renamed() -> tuple[Stage, Action]:
    live = Observed("thing-x", ThingSpec(thing_name="x"), None, {"id": "thing-x"})
    stage = Stage(Renaming(live))
    stage.store.applied(entry(X, "thing-x"))
    return stage, Action(Verb.UPDATE, X, "", manifest=manifest("x", thingName="y"), live=live)


def test_what_an_update_has_given_another_id_is_on_record_under_that_one_alone() -> None:
    stage, action = renamed()
    ended = stage.carry_out(action)
    assert (ended.result, ended.pending) == (Result.DONE, "AWS is at it")
    (kept,) = stage.store.inventory("prod").entries
    assert (kept.id, kept.outputs) == ("thing-y", {"id": "thing-y"})
    assert stage.outputs[X] == {"id": "thing-y"}


def test_an_update_that_is_cut_off_leaves_the_intent_of_its_new_name() -> None:
    """Without tags nothing else would tell the next pass that what it finds is trueup's."""
    stage, action = renamed()
    stage.cloud.on["update"] = refuse(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        stage.carry_out(action)
    assert stage.store.inventory("prod").intents == {X: "y"}


def test_what_was_not_known_when_it_was_planned_is_looked_at_once_it_is() -> None:
    """A plan cannot count what it does not know yet: then the update is held here, and the next plan says so."""
    whole = Whole(
        "z", "layers", parts=10, removable=9, address=address("z"), where="the zone", percent=30, field="layers"
    )
    layers = [{"name": name} for name in "abcd"]
    live = replace(thing("x", layers=layers), whole=whole)
    stage = Stage(Cloud(live))
    action = only(situation((manifest("x", layers=[{"name": "a", "size": 1}]),), {"test/Thing": (live,)}))
    foreseen = stage.carry_out(action)
    assert foreseen.result is Result.DONE
    ended = stage.carry_out(replace(action, changes=()))
    assert (ended.result, ended.reason) == (
        Result.HELD,
        "4 of 10 layers would change or go, more than 30%; to go on, commit `guard: {changePercent: 40}` in the zone",
    )


class Together(Cloud):
    """Things that cannot be tagged, and are changed two in a call. `bad` are refused; `before` is asked before each call, by its
    number, and may raise; `dumb` are those that nothing is told of."""

    taggable = False
    together = True

    def __init__(self, *live: Observed[Any], bad: str = "", dumb: str = "") -> None:
        super().__init__(*live)
        self.bad, self.dumb = bad, dumb
        self.steps: dict[str, Step[Any]] = {}
        self.before: Callable[[int], object] = lambda number: None

    def change(self, aws: Aws, steps: Sequence[Step[Any]]) -> Iterator[Told]:
        self.steps = {_name(step): step for step in steps}
        for number, at in enumerate(range(0, len(steps), 2)):
            self.before(number)
            some = {at + place: step for place, step in enumerate(steps[at : at + 2])}
            self.calls.append(tuple(map(_name, some.values())))
            changes_made.set(changes_made.get() + 1)
            yield {place: self._told(step) for place, step in some.items() if _name(step) not in self.dumb}

    def _told(self, step: Step[Any]) -> Made | AwsRefused | None:
        if _name(step) in self.bad:
            return AwsRefused(f"{_name(step)} is bad")
        return Made(f"thing-{_name(step)}", self.foreseen(step.spec)) if step.spec else None

    def foreseen(self, spec: ThingSpec) -> Mapping[str, str]:
        return {"id": f"thing-{spec.thing_name}"}


def _name(step: Step[Any]) -> str:
    spec: Any = step.spec or (step.live and step.live.spec)
    return str(spec.thing_name)


def creations(*names: str) -> list[Action]:
    return list(make_plan(situation(tuple(manifest(name) for name in names))).actions)


def ends(found: Iterable[Ended]) -> dict[str, tuple[Result, str]]:
    return {end.action.address.name: (end.result, end.reason) for end in found}


def recorded(stage: Stage) -> tuple[set[str], set[str]]:
    """What is on record as ours, and what as begun, by name."""
    return {one.address.name for one in stage.inventory.entries}, {one.name for one in stage.inventory.intents}


DONE = (Result.DONE, "")


def test_of_what_goes_together_all_is_on_record_as_begun_before_the_first_call_and_what_was_made_before_the_next() -> (
    None
):
    stage = Stage(cloud := Together())
    found: list[tuple[set[str], set[str]]] = []
    cloud.before = lambda number: found.append(recorded(stage))
    assert ends(stage.applier()(creations("a", "b", "c"))) == dict.fromkeys("abc", DONE)
    assert found == [(set(), {"a", "b", "c"}), ({"a", "b"}, {"c"})]
    assert recorded(stage) == ({"a", "b", "c"}, set())
    assert cloud.calls == [("a", "b"), ("c",)]


def test_what_goes_together_is_on_record_in_one_write_for_each_call() -> None:
    """A thousand waits for the disk are too many."""
    stage = Stage(Together())
    writes: list[str] = []
    stage.store._db.set_trace_callback(lambda text: writes.append(text) if text == "COMMIT" else None)
    stage.applier()(creations("a", "b", "c", "d"))
    assert len(writes) == 3


def test_a_refusal_of_one_that_goes_together_with_others_is_noted_of_that_one_alone() -> None:
    stage = Stage(Together(bad="b"))
    found = ends(stage.applier()(creations("a", "b", "c")))
    assert found == {"a": DONE, "b": (Result.REFUSED, "b is bad"), "c": DONE}
    assert recorded(stage) == ({"a", "c"}, set())
    (failure,) = stage.inventory.failures.values()
    assert (failure.address.name, failure.message, failure.attempts) == ("b", "b is bad", 1)


@pytest.mark.parametrize(
    ("error", "result", "begun"),
    [
        (Held("paused"), Result.HELD, set()),
        (AwsRefused("denied"), Result.REFUSED, set()),
        (AwsTemporary("reset"), Result.FAILED, {"c", "d"}),
    ],
)
def test_what_stops_between_two_calls_is_said_of_what_was_not_sent_and_the_rest_stays_done(
    error: Exception, result: Result, begun: set[str]
) -> None:
    """Where no answer came, what was begun may have been made: only then does its intent stay."""
    stage = Stage(cloud := Together())
    cloud.before = lambda number: refuse(error)() if number else None
    found = ends(stage.applier()(creations("a", "b", "c", "d")))
    assert found == {"a": DONE, "b": DONE, "c": (result, str(error)), "d": (result, str(error))}
    assert recorded(stage) == ({"a", "b"}, begun)


def test_no_further_call_is_made_while_what_was_done_cannot_be_put_on_record() -> None:
    stage = Stage(cloud := Together())
    cloud.before = lambda number: stage.store._db.execute("PRAGMA query_only = 1")
    found = ends(stage.applier()(creations("a", "b", "c")))
    assert {result for result, _ in found.values()} == {Result.FAILED}
    assert all("state file" in reason for _, reason in found.values())
    assert cloud.calls == [("a", "b")]
    stage.store._db.execute("PRAGMA query_only = 0")
    assert recorded(stage) == (set(), {"a", "b", "c"})


def test_what_a_kind_does_not_tell_of_is_a_mistake_of_that_kind() -> None:
    found = ends(Stage(Together(dumb="b")).applier()(creations("a", "b", "c")))
    assert found["a"] == found["c"] == DONE
    assert found["b"][1].startswith("a mistake in trueup: RuntimeError: test/Thing has not told")


def test_what_goes_together_is_told_with_the_lines_that_ask_for_it_and_what_each_needs() -> None:
    """What another is to be referred to by is known before it is made."""
    link = Link(address("b"), "id", loose=True)
    wanted = (manifest("a", links=(link,), peers=["b"]), manifest("b"))
    live = (thing("b", steps=["x"], tags={}), thing("z"))
    cloud = Together(*live)
    stage = Stage(cloud)
    for name in ("b", "z"):
        stage.store.applied(entry(address(name), f"thing-{name}"))
    given = situation(wanted, {"test/Thing": live}, inventory=stage.inventory)
    plan = make_plan(replace(given, kinds={**KINDS, "test/Thing": cloud}))
    assert ends(stage.applier()(plan.actions)) == dict.fromkeys("abz", DONE)
    steps: dict[str, Any] = dict(cloud.steps)
    places = {name: place for place, name in enumerate(steps)}
    assert steps["a"].needs == {places["b"]}
    assert steps["a"].spec.peers == frozenset({"thing-b"})
    assert {name: step.where for name, step in steps.items()} == {"a": "a.yaml:2:1", "b": "b.yaml:2:1", "z": ""}
    assert (steps["b"].changed, steps["z"].spec) == (frozenset({"steps"}), None)


def test_what_needs_something_that_could_not_even_be_asked_for_does_not_go_either() -> None:
    """What is to take its place waits for something that is not known: then who makes room for it stays."""
    comes = needy()
    goes = Action(Verb.DELETE, address("z"), "git names it no more", live=thing("z"), needs=frozenset({comes.key}))
    stage = Stage(cloud := Together(thing("z")))
    found = ends(stage.applier()([comes, goes]))
    assert found["x"][0] is Result.WAITING
    assert found["z"] == (Result.SKIPPED, f"waits for test/Thing/x: {found['x'][1]}")
    assert cloud.calls == []


def test_the_calls_of_what_goes_together_are_made_in_the_names_of_all_of_it() -> None:
    """So that a pause of any stops them."""
    stage = Stage(cloud := Together())
    asked: list[tuple[Address, ...]] = []
    cloud.before = lambda number: asked.append(acting.get())
    stage.applier()(creations("a", "b"))
    assert asked == [(address("a"), address("b"))]


def test_only_what_a_kind_can_change_together_goes_together_and_what_is_replaced_in_its_place_goes_alone() -> None:
    action = creation()
    assert Stage().applier().group(action) == ""
    assert Stage(Together()).applier().group(action) == "test/Thing"
    assert Stage(Together()).applier().group(replace(action, in_place=True)) == ""
