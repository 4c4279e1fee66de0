"""The guard: every rule, which one counts, what the limits count, and what state a held resource is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.model.address import Address
from controller.model.inventory import Failure, Inventory
from controller.model.observed import Observed
from controller.model.plan import Plan, State
from controller.model.reference import Link
from controller.model.scope import Guard, Mode, Scope
from controller.reconcile.guard import Rules, fingerprint, guard
from controller.reconcile.plan import Situation, make_plan
from tests.unit.thing import KINDS, NOW, SCOPE, Thing, address, entry, manifest, ours, situation, thing

RETAINED = {"trueup:deletion": "retain"}


def within(**spec: Any) -> Scope:
    return Scope(name="prod", spec=SCOPE.spec.model_copy(update=spec))


def guarded(given: Situation, **rules: Any) -> Plan:
    standing: dict[str, Any] = {"failures": {}, "commit": "c1", "now": NOW, "paused": lambda _: ""}
    return guard(make_plan(given), Rules(given.desired, **{**standing, **rules}))


def held(plan: Plan) -> dict[str, str]:
    """Why each held action is held, by the name of its live or wanted resource."""
    return {f"{action.verb} {action.address.name}": action.held for action in plan.actions if action.held}


def status(plan: Plan, name: str) -> tuple[State, str]:
    found = plan.statuses[address(name)]
    return found.state, found.reason


def changed(name: str = "x", **lifecycle: Any) -> Situation:
    """One thing that git wants otherwise than it is."""
    return situation((manifest(name, steps=["a"], lifecycle=lifecycle),), {"test/Thing": (thing(name),)})


def replaced(*names: str, scope: Scope = SCOPE, **lifecycle: Any) -> Situation:
    """Things that can only be had as git wants them by making them anew."""
    manifests = tuple(manifest(name, shape="flat", lifecycle=lifecycle) for name in names)
    return situation(manifests, {"test/Thing": tuple(thing(name) for name in names)}, scope=scope)


def orphans(count: int, scope: Scope = SCOPE, **tags: str) -> Situation:
    """Things that git names no more."""
    live = tuple(thing(f"x{n}", tags={**ours(f"x{n}"), **tags}) for n in range(count))
    return situation((), {"test/Thing": live}, scope=scope)


def test_where_nothing_speaks_against_it_the_plan_stays_as_it_is() -> None:
    assert guarded(changed()) == make_plan(changed())


def test_nothing_at_all_is_changed_while_the_inventory_cannot_be_written() -> None:
    plan = guarded(changed(), frozen="the disk is full")
    assert held(plan) == {"update x": "the disk is full"}
    assert status(plan, "x") == (State.DRIFTED, "steps differs; not done: the disk is full")


def test_a_pause_of_one_resource_holds_it_alone() -> None:
    """It is drifted and not held: nobody but the one who paused has to act."""
    given = situation((manifest("x"), manifest("y")))
    plan = guarded(given, paused=lambda at: "incident 7" if at.name == "x" else "")
    assert held(plan) == {"create x": "incident 7"}
    assert status(plan, "x") == (State.DRIFTED, "git names it and it does not exist; not done: incident 7")
    assert status(plan, "y") == (State.DRIFTED, "git names it and it does not exist")


def test_a_scope_that_only_observes_shows_drift_and_changes_nothing() -> None:
    plan = guarded(orphans(1, within(mode=Mode.OBSERVE)))
    assert held(plan) == {"delete x0": "scope 'prod' only observes (mode: observe)"}
    assert status(plan, "x0")[0] is State.DRIFTED


def test_a_manifest_that_only_observes_shows_drift_and_changes_nothing() -> None:
    plan = guarded(changed(mode="observe"))
    assert held(plan) == {"update x": "the manifest only observes (lifecycle.mode: observe)"}
    assert status(plan, "x")[0] is State.DRIFTED


def test_what_is_protected_is_changed_but_not_replaced() -> None:
    assert held(guarded(changed(deletion="protect"))) == {}
    plan = guarded(replaced("x", deletion="protect"))
    assert held(plan) == {"replace x": "it is protected (lifecycle.deletion: protect)"}
    assert status(plan, "x")[0] is State.HELD


def test_a_replacements_leftover_is_protected_with_it() -> None:
    known = Inventory((entry(address("x"), "thing-old"),), fresh=False)
    wanted = manifest("x", lifecycle={"deletion": "protect"})
    plan = guarded(situation((wanted,), {"test/Thing": (thing("old", tags=ours("x")),)}, inventory=known))
    assert held(plan).keys() == {"replace x", "delete x"}
    assert status(plan, "x") == (
        State.HELD,
        "AWS cannot change thingName in place; not done: it is protected (lifecycle.deletion: protect)",
    )


def test_what_must_be_kept_is_neither_deleted_nor_replaced() -> None:
    keep = "has access keys"
    pruned = guarded(situation((), {"test/Thing": (replace(thing("x"), keep=keep),)}))
    assert held(pruned) == {"delete x": keep}
    assert status(pruned, "x") == (State.HELD, f"git names it no more; not done: {keep}")
    anew = situation((manifest("x", shape="flat"),), {"test/Thing": (replace(thing("x"), keep=keep),)})
    assert held(guarded(anew)) == {"replace x": keep}
    mended = situation((manifest("x", steps=["a"]),), {"test/Thing": (replace(thing("x"), keep=keep),)})
    assert held(guarded(mended)) == {}


@pytest.mark.parametrize(("tags", "verb"), [({}, "delete"), (RETAINED, "forget")])
def test_nothing_is_pruned_while_manifests_of_the_scope_have_errors(tags: dict[str, str], verb: str) -> None:
    given = orphans(1, SCOPE, **tags)
    plan = guarded(replace(given, desired=replace(given.desired, complete=False)))
    assert held(plan) == {f"{verb} x0": "some manifests of the scope have errors, so git may well name it still"}
    assert status(plan, "x0")[0] is State.HELD


def test_what_git_names_is_changed_whatever_errors_other_manifests_have() -> None:
    given = changed()
    assert held(guarded(replace(given, desired=replace(given.desired, complete=False)))) == {}


def refused(given: Situation, attempts: int = 2) -> Mapping[Address, Failure]:
    """That AWS has refused the one action of a plan, and when it is tried again."""
    (action,) = make_plan(given).actions
    again = NOW + timedelta(minutes=attempts)
    return {action.address: Failure(action.address, fingerprint(action, "c1"), "no such path", attempts, again)}


def test_what_aws_has_refused_is_not_hammered() -> None:
    plan = guarded(changed(), failures=refused(changed()))
    assert held(plan) == {"update x": "no such path (tried 2x; again at 03:06:05 UTC, or on a new commit)"}
    assert status(plan, "x")[0] is State.FAILED


def test_what_was_refused_is_tried_again_once_its_wait_is_over() -> None:
    failures = refused(changed())
    assert held(guarded(changed(), failures=failures, now=NOW + timedelta(minutes=2) - timedelta(seconds=1)))
    assert not held(guarded(changed(), failures=failures, now=NOW + timedelta(minutes=2)))


def test_what_was_refused_is_tried_again_on_a_new_commit() -> None:
    assert not held(guarded(changed(), failures=refused(changed()), commit="c2"))


def test_what_was_refused_is_tried_again_when_what_is_live_has_changed() -> None:
    otherwise = situation((manifest("x", steps=["a"]),), {"test/Thing": (thing("x", steps=["b"]),)})
    retagged = situation((manifest("x", steps=["a"]),), {"test/Thing": (thing("x", tags={**ours("x"), "a": "b"}),)})
    assert not held(guarded(otherwise, failures=refused(changed())))
    assert not held(guarded(retagged, failures=refused(changed())))


def test_what_was_refused_is_tried_again_when_git_wants_something_else() -> None:
    """Without commits, in a plain folder, the manifest itself is what tells."""
    edited = situation((manifest("x", steps=["a"], digest="edited"),), {"test/Thing": (thing("x"),)})
    assert not held(guarded(edited, failures=refused(changed())))


def test_a_refused_create_and_a_refused_delete_wait_as_well() -> None:
    missing = situation((manifest("x"),))
    assert held(guarded(missing, failures=refused(missing))).keys() == {"create x"}
    assert held(guarded(orphans(1), failures=refused(orphans(1)))).keys() == {"delete x0"}


def test_the_first_reason_counts() -> None:
    given = replaced("x", scope=within(mode=Mode.OBSERVE), deletion="protect")
    assert held(guarded(given, frozen="f", paused=lambda _: "p")) == {"replace x": "f"}
    assert held(guarded(given, paused=lambda _: "p")) == {"replace x": "p"}
    assert held(guarded(given)) == {"replace x": "scope 'prod' only observes (mode: observe)"}


class Cautious(Thing):
    """A kind that has something to say about each change."""

    @property
    def id(self) -> str:
        return "test/Thing"

    def caution(self, live: Observed[Any], spec: Any) -> str:
        return f"takes {len(live.spec.steps)} steps away" if live.spec.steps and not spec.steps else ""


def test_what_a_kind_wants_a_person_to_agree_to_is_held_with_its_reason() -> None:
    cautious = {**KINDS, "test/Thing": Cautious()}
    given = situation(
        (manifest("x"), manifest("y", steps=["b"])), {"test/Thing": (thing("x", steps=["a"]), thing("y"))}
    )
    plan = guarded(replace(given, kinds=cautious))
    assert held(plan) == {"update x": "takes 1 steps away"}
    assert status(plan, "x") == (State.HELD, "steps differs; not done: takes 1 steps away")


def test_what_the_plan_holds_itself_keeps_its_reason() -> None:
    plan = guarded(orphans(1, SCOPE, **{"trueup:deletion": "protect"}))
    assert held(plan) == {"delete x0": "its deletion is `protect`"}
    assert status(plan, "x0") == (State.HELD, "git names it no more; not done: its deletion is `protect`")


def test_a_pause_explains_also_what_the_plan_holds_itself() -> None:
    plan = guarded(orphans(1, SCOPE, **{"trueup:deletion": "protect"}), paused=lambda _: "incident 7")
    assert status(plan, "x0")[0] is State.DRIFTED


def test_a_copy_that_carries_our_tags_is_said_by_its_id() -> None:
    """The resource that git means is in sync, so its own state has no reason to begin the sentence with."""
    known = Inventory((entry(address("x"), "thing-x"),), fresh=False)
    live = (thing("x"), thing("copy", tags=ours("x")))
    state, reason = status(guarded(situation((manifest("x"),), {"test/Thing": live}, inventory=known)), "x")
    assert state is State.HELD
    assert reason.startswith("thing-copy was replaced; not done: carries trueup's tags")


def test_as_many_deletes_as_the_scope_allows_are_carried_out() -> None:
    assert held(guarded(orphans(5))) == {}


def test_more_deletes_than_the_scope_allows_are_all_held_with_the_line_to_commit() -> None:
    plan = guarded(orphans(6))
    assert held(plan).keys() == {f"delete x{n}" for n in range(6)}
    assert set(held(plan).values()) == {
        "6 deletes in one pass are more than the scope allows; to go on, commit `guard: {maxDeletes: 6}` in scope.yaml"
    }
    assert {found.state for found in plan.statuses.values()} == {State.HELD}


def test_more_replacements_than_the_scope_allows_are_all_held() -> None:
    assert held(guarded(replaced("a", "b", "c"))) == {}
    plan = guarded(replaced("a", "b", "c", "d"))
    assert held(plan).keys() == {f"replace {name}" for name in "abcd"}
    assert "commit `guard: {maxReplacements: 4}`" in held(plan)["replace a"]


def test_a_limit_of_none_holds_the_first() -> None:
    assert held(guarded(orphans(1, within(guard=Guard(max_deletes=0)))))


def test_a_limit_that_is_passed_stops_nothing_else() -> None:
    both = situation((manifest("new"),), {"test/Thing": tuple(thing(f"x{n}") for n in range(6))})
    assert "create new" not in held(guarded(both))


def test_what_is_held_anyway_and_what_is_let_go_of_count_toward_no_limit() -> None:
    kept = tuple(replace(thing(f"k{n}"), keep="has access keys") for n in range(3))
    retained = tuple(thing(f"r{n}", tags={**ours(f"r{n}"), **RETAINED}) for n in range(6))
    plan = guarded(situation((), {"test/Thing": (*kept, *retained, *(thing(f"x{n}") for n in range(5)))}))
    assert held(plan).keys() == {"delete k0", "delete k1", "delete k2"}


def test_what_replacements_leave_behind_was_agreed_to_with_them() -> None:
    scope = within(guard=Guard(max_deletes=0, max_replacements=2))
    known = Inventory(tuple(entry(address(name), f"thing-old-{name}") for name in "ab"), fresh=False)
    live = tuple(thing(f"old-{name}", tags=ours(name)) for name in "ab")
    given = situation((manifest("a"), manifest("b")), {"test/Thing": live}, inventory=known, scope=scope)
    assert held(guarded(given)) == {}


def taken_back(commit: str) -> Situation:
    """A thing that AWS made as git wants it, and then took back; it was last applied from this commit."""
    live = replace(thing("x"), refused="the rollout was rolled back: out of memory")
    known = Inventory((replace(entry(address("x"), "thing-x"), commit=commit),), fresh=False)
    return situation((manifest("x", steps=["a"]),), {"test/Thing": (live,)}, inventory=known)


def test_what_aws_took_back_is_not_asked_of_it_again_for_the_same_commit() -> None:
    """Else a broken release would be rolled out and back for ever."""
    given = taken_back("c1")
    plan = guarded(given, entries=given.inventory.entries)
    reason = "the rollout was rolled back: out of memory; not tried again before a new commit"
    assert held(plan) == {"update x": reason}
    assert status(plan, "x") == (State.HELD, f"steps differs; not done: {reason}")


@pytest.mark.parametrize(("applied", "tried"), [(-1, False), (0, False), (1, True)])
def test_what_refers_to_something_newer_is_not_what_aws_took_back(applied: int, tried: bool) -> None:
    """The same commit follows a tag, under which there is another image now: a task definition was made anew for it."""
    user = manifest("x", steps=["a"], links=(Link(address("image"), "id"),))
    entries = (
        replace(entry(address("x"), "thing-x"), commit="c1"),
        replace(entry(address("image"), "thing-image"), commit="c1", created=NOW + timedelta(seconds=applied)),
        replace(entry(address("other"), "thing-other"), created=NOW + timedelta(days=1)),
    )
    live = (replace(thing("x"), refused="it was rolled back"), thing("image"))
    given = situation((user, manifest("image")), {"test/Thing": live}, inventory=Inventory(entries, fresh=False))
    assert (not held(guarded(given, entries=entries))) == tried


def test_what_refers_to_something_about_to_change_is_not_what_aws_took_back() -> None:
    user = manifest("x", peers=["new"], links=(Link(address("new"), "id"),))
    entries = (replace(entry(address("x"), "thing-x"), commit="c1"),)
    live = (replace(thing("x"), refused="it was rolled back"),)
    given = situation((user, manifest("new")), {"test/Thing": live}, inventory=Inventory(entries, fresh=False))
    assert not held(guarded(given, entries=entries))


def test_a_new_commit_tries_again_what_aws_took_back() -> None:
    given = taken_back("c0")
    assert not held(guarded(given, entries=given.inventory.entries))
