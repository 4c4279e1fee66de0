"""The guard: every rule, which one counts, what the limits count, and what state a held resource is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.model.address import Address
from controller.model.inventory import Failure, Inventory
from controller.model.observed import Observed, Whole
from controller.model.plan import Action, Plan, State, Verb
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


# What resources are part of

ZONE = Whole("z", "records of z", parts=20, removable=18)
SAID = replace(ZONE, address=address("z"), where="HostedZone z (z.yaml:1:1)", percent=30)


def part(name: str, whole: Whole, **facts: Any) -> Observed[Any]:
    return replace(thing(name, **facts), whole=whole)


def parts_changed(count: int, whole: Whole, scope: Scope = SCOPE) -> dict[str, str]:
    """Why changes of so many parts are held."""
    names = [f"x{n}" for n in range(count)]
    manifests = tuple(manifest(name, steps=["a"]) for name in names)
    return held(guarded(situation(manifests, {"test/Thing": tuple(part(n, whole) for n in names)}, scope=scope)))


def test_what_touches_too_much_of_a_whole_is_held_together() -> None:
    assert parts_changed(6, SAID) == {}
    reasons = parts_changed(7, SAID)
    assert len(reasons) == 7
    assert set(reasons.values()) == {
        "7 of 20 records of z would change or go, more than 30%; to go on, commit `guard: {changePercent: 35}` in "
        "HostedZone z (z.yaml:1:1)"
    }
    assert parts_changed(7, replace(SAID, percent=35)) == {}
    assert parts_changed(7, replace(SAID, parts=9)) == {}


def test_where_the_whole_is_not_in_git_the_scope_says_how_much() -> None:
    (reason,) = set(parts_changed(7, ZONE).values())
    assert reason.endswith("commit `guard: {maxPercent: 35}` in scope.yaml")
    assert parts_changed(7, ZONE, within(guard=Guard(max_percent=35))) == {}


def test_each_whole_is_looked_at_by_itself_and_what_is_part_of_none_is_not() -> None:
    names = [f"x{n}" for n in range(14)]
    manifests = tuple(manifest(name, steps=["a"]) for name in names)
    wholes = [*[SAID] * 6, *[replace(SAID, id="y")] * 6]
    lives = [*map(part, names, wholes), *map(thing, names[12:])]
    assert held(guarded(situation(manifests, {"test/Thing": tuple(lives)}))) == {}


def parts_gone(count: int, whole: Whole, *others: Observed[Any]) -> dict[str, str]:
    lives = [part(f"x{n}", whole, tags=ours(f"x{n}")) for n in range(count)]
    scope = within(guard=Guard(max_deletes=50))
    return held(guarded(situation((), {"test/Thing": (*lives, *others)}, scope=scope)))


def test_the_last_parts_of_a_whole_do_not_go_without_a_word_however_few_they_are() -> None:
    few = replace(SAID, parts=4, removable=2)
    assert parts_gone(1, few) == {}
    assert set(parts_gone(2, few).values()) == {
        "no records of z would be left; to go on, commit `guard: {empty: true}` in HostedZone z (z.yaml:1:1)"
    }
    assert parts_gone(2, replace(few, emptied=True)) == {}
    (reason,) = set(parts_gone(2, replace(few, address=None, where="")).values())
    assert reason.endswith("commit `guard: {maxPercent: 100}` in scope.yaml")
    assert parts_gone(18, replace(SAID, emptied=True)) == {}


def test_a_whole_is_not_emptied_where_another_part_is_made_in_the_same_pass() -> None:
    few = replace(SAID, parts=3, removable=1)
    gone = part("x", few, tags=ours("x"))
    for wanted, emptied in (
        (manifest("new", links=(Link(address("z"), "id"),)), False),
        (manifest("new", colour="z"), False),  # by the id of the whole
        (manifest("new", links=(Link(address("other"), "id"),)), True),
    ):
        others = [thing("z"), thing("other")]
        given = situation((wanted, manifest("z"), manifest("other")), {"test/Thing": (gone, *others)})
        assert bool(held(guarded(given)).get("delete x")) == emptied


def test_a_whole_that_goes_takes_its_parts_along() -> None:
    zone = replace(thing("z", tags=ours("z")), id="z", whole=replace(SAID, field="layers"))
    assert parts_gone(18, SAID, zone) == {}


def test_what_is_moved_counts_once_and_what_is_taken_over_as_it_is_does_not() -> None:
    few = replace(SAID, parts=3, removable=1)
    entries = Inventory((entry(address("x"), "thing-x"),), fresh=False)
    moved = situation((manifest("x", thingName="y"),), {"test/Thing": (part("x", few),)}, inventory=entries)
    assert [action.verb for action in guarded(moved).actions] == ["replace", "delete"]
    assert held(guarded(moved)).keys() == {"replace x"}
    assert "no records of z would be left" in held(guarded(moved))["replace x"]
    names = [f"x{n}" for n in range(18)]
    adopted = tuple(manifest(name, lifecycle={"adopt": True}) for name in names)
    lives = tuple(part(name, SAID, tags={}) for name in names)
    assert held(guarded(situation(adopted, {"test/Thing": lives}))) == {}


def test_of_the_whole_itself_each_item_counts_that_changes_or_goes_and_none_that_is_new() -> None:
    whole = replace(SAID, parts=10, removable=9, percent=29, field="layers")

    def changed(*layers: Mapping[str, Any], **more: Any) -> dict[str, str]:
        there = [{"name": name, "size": 1} for name in "abcdef"]
        live = part("x", whole, layers=there)
        return held(guarded(situation((manifest("x", layers=layers, **more),), {"test/Thing": (live,)})))

    same = [{"name": name, "size": 1} for name in "abcdef"]
    assert changed(*same, {"name": "new", "size": 1}, steps=["a"]) == {}
    assert changed({"name": "a", "size": 2}, *same[1:5]) == {}
    assert list(changed({"name": "a", "size": 2}, *same[1:4])) == ["update x"]
    assert list(changed(*same[:3], {"name": "new", "size": 1})) == ["update x"]


def test_a_change_of_which_the_values_are_not_known_yet_counts() -> None:
    given = situation((manifest("x"),), {"test/Thing": (part("x", SAID),)})
    unknown = Action(Verb.UPDATE, address("x"), "", manifest("x"), part("x", replace(SAID, percent=0)))
    plan = replace(make_plan(given), actions=(unknown,))
    (action,) = guard(plan, Rules(given.desired, {}, "c1", NOW, lambda _: "")).actions
    assert action.held.startswith("1 of 20 records of z would change or go, more than 0%")
