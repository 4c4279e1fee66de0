"""The planner: its table, row by row, and the order of actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import field_validator

from controller.model.fact import Fact
from controller.model.inventory import Inventory
from controller.model.manifest import Manifest
from controller.model.observed import Observation, Observed
from controller.model.plan import Action, Plan, State, Verb
from controller.model.reference import Link
from controller.model.scope import Deletion, Scope
from controller.reconcile.plan import make_plan
from tests.unit.thing import (
    KINDS,
    NOW,
    SCOPE,
    Glass,
    Part_,
    Thing,
    ThingSpec,
    address,
    entry,
    manifest,
    ours,
    part,
    situation,
    thing,
)

OBSERVING = Scope(name="prod", spec=SCOPE.spec.model_copy(update={"mode": "observe"}))


def verbs(plan: Plan) -> list[tuple[Verb, str]]:
    return [(action.verb, action.address.name) for action in plan.actions]


def only(plan: Plan) -> Action:
    (action,) = plan.actions
    return action


def status(plan: Plan, name: str, kind: str = "test/Thing") -> tuple[State, str]:
    found = plan.statuses[address(name, kind)]
    return found.state, found.reason


def test_what_git_names_and_does_not_exist_is_created_with_all_its_tags() -> None:
    scope = Scope(name="prod", spec=SCOPE.spec.model_copy(update={"default_tags": {"team": "a"}}))
    plan = make_plan(situation((manifest("x", tags={"own": "1"}),), scope=scope))
    assert only(plan).verb is Verb.CREATE
    assert only(plan).tags == {"team": "a", "own": "1", **ours("x")}
    assert status(plan, "x") == (State.DRIFTED, "git names it and it does not exist")


def test_what_is_as_git_wants_it_needs_nothing() -> None:
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (thing("x"),)}))
    assert plan.actions == ()
    assert status(plan, "x") == (State.IN_SYNC, "")
    assert plan.owned == {address("x"): thing("x")}


def test_a_field_that_differs_is_updated() -> None:
    plan = make_plan(situation((manifest("x", steps=["a"]),), {"test/Thing": (thing("x"),)}))
    assert only(plan).verb is Verb.UPDATE
    assert only(plan).reason == "steps differs"


def test_a_tag_that_differs_is_updated_and_aws_tags_are_left_alone() -> None:
    live = thing("x", tags={**ours("x"), "hand": "made", "aws:cloudformation:stack": "s"})
    (change,) = only(make_plan(situation((manifest("x"),), {"test/Thing": (live,)}))).changes
    assert change.path == "tags.hand"


def test_a_tag_that_the_scope_leaves_to_others_is_no_drift() -> None:
    scope = Scope(name="prod", spec=SCOPE.spec.model_copy(update={"ignore_tags": ("cost:",)}))
    live = thing("x", tags={**ours("x"), "cost:centre": "7"})
    assert make_plan(situation((manifest("x"),), {"test/Thing": (live,)}, scope=scope)).actions == ()


def test_a_deletion_that_is_not_the_default_is_written_on_the_resource_itself() -> None:
    """A lost inventory must not turn a retained resource into one that is deleted."""
    plan = make_plan(situation((manifest("x", lifecycle={"deletion": "retain"}),)))
    assert only(plan).tags is not None
    assert only(plan).tags["trueup:deletion"] == "retain"  # type: ignore[index]


def test_a_field_that_aws_cannot_change_replaces_and_the_old_one_goes_first_where_its_name_is_wanted() -> None:
    plan = make_plan(situation((manifest("x", shape="flat"),), {"test/Thing": (thing("x", shape="round"),)}))
    action = only(plan)
    assert (action.verb, action.in_place) == (Verb.REPLACE, True)
    assert action.reason == "AWS cannot change shape in place"


def test_a_replacement_under_another_name_is_made_before_the_old_one_goes() -> None:
    live = thing("old", tags=ours("x"))
    known = Inventory((entry(address("x"), "thing-old"),), fresh=False)
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (live,)}, inventory=known))
    assert verbs(plan) == [(Verb.REPLACE, "x"), (Verb.DELETE, "x")]
    assert plan.actions[1].needs == {plan.actions[0].key}
    assert not plan.actions[1].held


def test_a_replacements_leftover_is_deleted_when_a_crash_came_between() -> None:
    known = Inventory((entry(address("x"), "thing-old"),), fresh=False)
    live = (thing("x"), thing("old", tags=ours("x")))
    plan = make_plan(situation((manifest("x"),), {"test/Thing": live}, inventory=known))
    assert verbs(plan) == [(Verb.DELETE, "x")]
    assert only(plan).live is not None
    assert only(plan).live.id == "thing-old"  # type: ignore[union-attr]


def test_a_copy_of_our_tags_on_what_we_never_made_is_held_and_not_deleted() -> None:
    """Consoles copy tags when a person clicks `launch more like this`."""
    known = Inventory((entry(address("x"), "thing-x"),), fresh=False)
    live = (thing("x"), thing("copy", tags=ours("x")))
    plan = make_plan(situation((manifest("x"),), {"test/Thing": live}, inventory=known))
    assert "no record of making it" in only(plan).held


def test_what_git_names_no_more_is_deleted() -> None:
    plan = make_plan(situation((), {"test/Thing": (thing("x"),)}))
    assert verbs(plan) == [(Verb.DELETE, "x")]
    assert status(plan, "x") == (State.DRIFTED, "git names it no more")


@pytest.mark.parametrize("source", ["inventory", "tag"])
def test_what_is_retained_is_let_go_of_and_loses_trueups_tags(source: str) -> None:
    marks = {"trueup:deletion": "retain"} if source == "tag" else {}
    entries = (entry(address("x"), "thing-x", deletion=Deletion.RETAIN),) if source == "inventory" else ()
    live = thing("x", tags={**ours("x"), **marks, "kept": "1"})
    plan = make_plan(situation((), {"test/Thing": (live,)}, inventory=Inventory(entries, fresh=False)))
    assert verbs(plan) == [(Verb.FORGET, "x")]
    assert only(plan).tags == {"kept": "1"}


def test_what_is_recorded_of_another_kind_says_nothing_of_a_resource_that_has_the_same_id() -> None:
    """A role and a group of one name: the one is retained, the other not."""
    other = Inventory((entry(address("p", "test/Part"), "thing-x", deletion=Deletion.RETAIN),), fresh=False)
    assert verbs(make_plan(situation((), {"test/Thing": (thing("x"),)}, inventory=other))) == [(Verb.DELETE, "x")]


def test_a_deletion_tag_that_was_changed_by_hand_is_no_licence_to_delete() -> None:
    live = thing("x", tags={**ours("x"), "trueup:deletion": "whatever"})
    assert only(make_plan(situation((), {"test/Thing": (live,)}))).held == "its deletion is `protect`"


def test_a_live_resource_of_the_wanted_name_that_is_not_ours_is_blocked_with_the_line_to_add() -> None:
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (thing("x", tags={}),)}))
    assert plan.actions == ()
    state, reason = status(plan, "x")
    assert state is State.BLOCKED
    assert "was not made by trueup" in reason
    assert "lifecycle: {adopt: true}" in reason


def test_a_resource_of_another_trueup_is_blocked_and_says_whose_it_is() -> None:
    live = thing("x", tags=ours("x", owner="other", scope="dev"))
    state, reason = status(make_plan(situation((manifest("x"),), {"test/Thing": (live,)})), "x")
    assert state is State.BLOCKED
    assert "owner 'other', scope 'dev'" in reason


def test_adopting_takes_over_with_tags_and_fields_in_one_action() -> None:
    adopting = manifest("x", lifecycle={"adopt": True}, steps=["a"])
    plan = make_plan(situation((adopting,), {"test/Thing": (thing("x", tags={}),)}))
    assert only(plan).verb is Verb.ADOPT
    assert {change.path for change in only(plan).changes} == {"steps", *(f"tags.{key}" for key in ours("x"))}


def test_adopting_by_id_finds_what_has_no_name() -> None:
    adopting = manifest("p", "test/Part", lifecycle={"adopt": "part-7"})
    plan = make_plan(situation((adopting,), {"test/Part": (part("part-7"),)}))
    assert only(plan).verb is Verb.ADOPT


def test_adopting_an_id_that_is_not_there_is_blocked() -> None:
    adopting = manifest("p", "test/Part", lifecycle={"adopt": "part-7"})
    assert status(make_plan(situation((adopting,))), "p", "test/Part") == (
        State.BLOCKED,
        "there is no test/Part 'part-7' to adopt",
    )


def test_a_renamed_manifest_keeps_its_resource() -> None:
    live = thing("x", tags=ours("before"))
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (live,)}))
    assert verbs(plan) == [(Verb.ADOPT, "x")]


def test_a_name_that_another_manifest_holds_is_blocked() -> None:
    live = thing("x", tags=ours("y"))
    manifests = (manifest("x"), manifest("y", thingName="x"))
    plan = make_plan(situation(manifests, {"test/Thing": (live,)}))
    assert status(plan, "x") == (State.BLOCKED, "thing-x belongs to test/Thing/y already")


def test_tags_that_were_taken_off_by_hand_are_put_back_where_the_inventory_knows_the_id() -> None:
    known = Inventory((entry(address("x"), "thing-x"),), fresh=False)
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (thing("x", tags={}),)}, inventory=known))
    assert only(plan).verb is Verb.UPDATE
    assert {change.path for change in only(plan).changes} == {f"tags.{key}" for key in ours("x")}


def test_what_cannot_be_tagged_is_owned_through_the_inventory() -> None:
    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    plan = make_plan(situation((manifest("p", "test/Part"),), {"test/Part": (part("part-1"),)}, inventory=known))
    assert plan.actions == ()


def test_what_cannot_be_read_is_unknown_and_never_absent() -> None:
    plan = make_plan(situation((manifest("x"),), errors={"test/Thing": "AccessDenied"}))
    assert plan.actions == ()
    assert status(plan, "x") == (State.UNKNOWN, "could not be read: AccessDenied")


def test_what_is_known_of_a_resource_is_told_whether_or_not_it_can_be_looked_after_now() -> None:
    """A certificate whose zone has failed expires all the same."""
    length = Fact("thing_length_meters", "How long it is.")
    needy = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"])
    live = {"test/Thing": (replace(thing("x"), facts={length: 2.0}), replace(thing("gone"), facts={length: 1.0}))}
    assert make_plan(situation((needy,), live)).facts == {address("x"): {length: 2.0}, address("gone"): {length: 1.0}}
    assert make_plan(situation((manifest("x"),), errors={"test/Thing": "AccessDenied"})).facts == {}


def test_what_needs_a_manifest_with_errors_is_blocked() -> None:
    needy = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"])
    assert status(make_plan(situation((needy,))), "x") == (
        State.BLOCKED,
        "needs test/Part/p, whose manifest has errors",
    )


def test_a_reference_is_compared_by_the_id_of_what_is_live() -> None:
    needy = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"])
    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    live = {"test/Thing": (thing("x", parts=["part-1"]),), "test/Part": (part("part-1"),)}
    assert make_plan(situation((needy, manifest("p", "test/Part")), live, inventory=known)).actions == ()


def test_a_reference_to_what_is_yet_to_be_made_is_shown_as_not_known_and_waits_for_it() -> None:
    needy = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"])
    plan = make_plan(situation((needy, manifest("p", "test/Part")), {"test/Thing": (thing("x"),)}))
    assert verbs(plan) == [(Verb.CREATE, "p"), (Verb.UPDATE, "x")]
    assert plan.actions[1].needs == {plan.actions[0].key}
    (change,) = plan.actions[1].changes
    assert change.after == frozenset({"(known after apply: test/Part/p.id)"})


def test_a_delete_waits_for_what_refers_to_it_to_let_go() -> None:
    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    live = {"test/Thing": (thing("x", parts=["part-1"]),), "test/Part": (part("part-1"),)}
    plan = make_plan(situation((manifest("x"),), live, inventory=known))
    assert verbs(plan) == [(Verb.UPDATE, "x"), (Verb.DELETE, "p")]
    assert plan.actions[1].needs == {plan.actions[0].key}


def test_deletes_run_in_reverse_of_what_refers_to_what() -> None:
    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    live = {"test/Part": (part("part-1"),), "test/Thing": (thing("x", parts=["part-1"]),)}
    assert verbs(make_plan(situation((), live, inventory=known))) == [(Verb.DELETE, "x"), (Verb.DELETE, "p")]


def test_an_output_of_another_scope_is_taken_from_what_its_last_pass_has_left() -> None:
    target = address("p", "test/Part")
    elsewhere = replace(target, scope="shared")
    needy = manifest("x", links=(Link(elsewhere, "id"),), parts=["shared/p"])
    live = {"test/Thing": (thing("x", parts=["part-9"]),)}
    known = {(elsewhere, "id"): "part-9"}
    plan = make_plan(situation((needy,), live, elsewhere=lambda of, output: known.get((of, output))))
    assert plan.actions == ()


def test_what_is_not_ready_yet_is_pending_with_its_reason() -> None:
    waiting = replace(thing("x"), pending="is being made")
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (waiting,)}))
    assert status(plan, "x") == (State.PENDING, "is being made")


def test_a_scope_that_only_observes_compares_what_is_not_ours_without_claiming_it() -> None:
    live = thing("x", tags={"hand": "made"})
    plan = make_plan(situation((manifest("x", tags={"hand": "made"}),), {"test/Thing": (live,)}, scope=OBSERVING))
    assert plan.actions == ()
    assert plan.owned == {}


def test_a_lost_inventory_takes_back_what_has_no_tags_where_nothing_differs() -> None:
    """That trueup has worked here before shows in the tags of others."""
    manifests = (manifest("x"), manifest("s", "test/Thing", thingName="s"))
    untagged: Observed[Any] = replace(thing("s"), tags=None)
    lost = Inventory(fresh=True)
    plan = make_plan(situation(manifests, {"test/Thing": (thing("x"), untagged)}, inventory=lost))
    assert verbs(plan) == [(Verb.ADOPT, "s")]
    first_time = make_plan(situation(manifests[1:], {"test/Thing": (untagged,)}, inventory=lost))
    assert status(first_time, "s")[0] is State.BLOCKED


def test_a_begun_create_whose_end_was_not_recorded_is_ours_by_its_intent() -> None:
    begun = Inventory(intents={address("s"): "s"}, fresh=False)
    untagged: Observed[Any] = replace(thing("s"), tags=None)
    plan = make_plan(situation((manifest("s"),), {"test/Thing": (untagged,)}, inventory=begun))
    assert status(plan, "s") == (State.IN_SYNC, "")


def test_a_plan_of_an_empty_scope_is_empty() -> None:
    assert make_plan(situation()) == Plan(SCOPE)


RETAINED = {**ours("left"), "trueup:deletion": "retain"}
ELSEWHERE = replace(address("p", "test/Part"), scope="shared")


def sized(name: str, text: str, *links: Link) -> Manifest:
    """A thing one of whose numbers is another resource's output, so that its spec is not known before that is."""
    return replace(
        manifest(name, links=links), data={"thingName": name, "inner": {"name": "n", "size": text}}, spec=None
    )


def test_what_is_wrong_once_its_references_are_put_in_has_failed_with_the_fields_path() -> None:
    wanted = sized("x", "${out.Part.shared/p.id}", Link(ELSEWHERE, "id"))
    state, reason = status(make_plan(situation((wanted,), elsewhere=lambda *_: "part-9")), "x")
    assert state is State.FAILED
    assert reason.startswith("inner.size: ")
    assert reason.endswith(" once its references are put in")


def test_what_cannot_be_known_yet_is_created_later_with_trueups_tags() -> None:
    wanted = sized("x", "${out.Part.p.id}", Link(address("p", "test/Part"), "id"))
    plan = make_plan(situation((wanted, manifest("p", "test/Part"))))
    assert verbs(plan) == [(Verb.CREATE, "p"), (Verb.CREATE, "x")]
    assert plan.actions[1].tags == ours("x")


def test_what_is_live_and_cannot_be_known_yet_is_looked_at_again_when_it_can() -> None:
    wanted = sized("x", "${out.Part.p.id}", Link(address("p", "test/Part"), "id"))
    plan = make_plan(situation((wanted, manifest("p", "test/Part")), {"test/Thing": (thing("x"),)}))
    assert verbs(plan) == [(Verb.CREATE, "p"), (Verb.UPDATE, "x")]
    assert status(plan, "x") == (
        State.DRIFTED,
        "its new values are not known before what it refers to is applied",
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"errors": {"test/Part": "AccessDenied"}}, "unknown"),
        ({"live": {"test/Part": ()}, "adopt": "part-7"}, "blocked"),
    ],
)
def test_what_needs_something_that_cannot_be_had_is_blocked(more: dict[str, Any], said: str) -> None:
    needed = manifest("p", "test/Part", lifecycle={"adopt": more.pop("adopt", False)})
    needy = manifest("x", links=(Link(needed.address, "id"),), parts=["p"])
    assert status(make_plan(situation((needy, needed), **more)), "x") == (
        State.BLOCKED,
        f"needs test/Part/p, which is {said}",
    )


def test_what_needs_something_that_aws_is_still_at_waits_for_it() -> None:
    """Its own change is planned and shown, and carried out in the pass after that."""
    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    slow = replace(part("part-1"), pending="is being made")
    needy = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"])
    plan = make_plan(situation((needy, manifest("p", "test/Part")), {"test/Part": (slow,)}, inventory=known))
    assert only(plan).waits == "waits for test/Part/p: is being made"


def test_what_needs_nothing_changed_does_not_wait() -> None:
    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    live = {
        "test/Part": (replace(part("part-1"), pending="is being made"),),
        "test/Thing": (thing("x", parts=["part-1"]),),
    }
    needy = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"])
    plan = make_plan(situation((needy, manifest("p", "test/Part")), live, inventory=known))
    assert plan.actions == ()
    assert status(plan, "x") == (State.IN_SYNC, "")


def peers(*live: Observed[Any]) -> Plan:
    """Two things that name each other."""
    a = manifest("a", links=(Link(address("b"), "id", loose=True),), peers=["b"])
    b = manifest("b", links=(Link(address("a"), "id", loose=True),), peers=["a"])
    return make_plan(situation((a, b), {"test/Thing": live}))


def test_two_that_name_each_other_are_made_one_after_the_other() -> None:
    plan = peers()
    assert sorted(verbs(plan)) == [(Verb.CREATE, "a"), (Verb.CREATE, "b")]


def test_two_that_name_each_other_are_compared_by_what_is_live() -> None:
    plan = peers(thing("a", peers=["thing-b"]), thing("b", peers=["thing-a"]))
    assert plan.actions == ()
    assert {found.state for found in plan.statuses.values()} == {State.IN_SYNC}


def test_of_two_that_name_each_other_the_one_that_lost_its_reference_gets_it_back() -> None:
    plan = peers(thing("a"), thing("b", peers=["thing-a"]))
    assert verbs(plan) == [(Verb.UPDATE, "a")]
    (change,) = only(plan).changes
    assert (change.path, change.after) == ("peers", frozenset({"thing-b"}))


@pytest.mark.parametrize("field", ["peers", "parts"])
def test_two_that_refer_to_each_other_are_deleted_in_some_order(field: str) -> None:
    there: list[dict[str, Any]] = [{field: ["thing-b"]}, {field: ["thing-a"]}]
    plan = make_plan(situation((), {"test/Thing": (thing("a", **there[0]), thing("b", **there[1]))}))
    assert sorted(verbs(plan)) == [(Verb.DELETE, "a"), (Verb.DELETE, "b")]


def test_an_innate_resource_is_managed_without_trueups_tags_and_never_deleted() -> None:
    innate = replace(thing("x", tags={"hand": "made"}), innate=True)
    plan = make_plan(situation((manifest("x", steps=["a"]),), {"test/Thing": (innate,)}))
    assert {change.path for change in only(plan).changes} == {"steps", "tags.hand"}
    assert make_plan(situation((), {"test/Thing": (innate,)})).actions == ()


def test_what_is_left_undone_is_an_update_though_no_field_differs() -> None:
    """What a crash has cut off may show in no field: a connection that was asked for, and not accepted yet."""
    undone = replace(thing("x"), undone="it is not accepted yet", pending="waits")
    action = only(make_plan(situation((manifest("x"),), {"test/Thing": (undone,)})))
    assert (action.verb, action.changes, action.reason) == (Verb.UPDATE, (), "it is not accepted yet")


def test_an_innate_resource_that_something_of_ones_own_takes_the_place_of_stays() -> None:
    """AWS made it along with something else, and would not let it go."""
    innate = replace(thing("x", tags={}, shape="round"), innate=True)
    wanted = manifest("y", shape="flat", lifecycle={"adopt": innate.id})
    assert verbs(make_plan(situation((wanted,), {"test/Thing": (innate,)}))) == [(Verb.REPLACE, "y")]


def test_what_an_action_means_is_told_by_its_kind_with_names_in_place_of_ids() -> None:
    """The kind is handed both sides as git writes them."""
    told: list[tuple[Verb, Any, Any]] = []

    class Telling(Thing):
        @property
        def id(self) -> str:
            return "test/Thing"

        def tell(self, verb: Verb, before: Any, after: Any) -> Iterator[str]:
            told.append((verb, before and before.parts, after and after.parts))
            yield f"{verb} is told"

    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    wanted = manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"], steps=["a"])
    live = {
        "test/Part": (part("part-1"),),
        "test/Thing": (thing("x", parts=["part-1"]), thing("gone", parts=["part-1"]), thing("left", tags=RETAINED)),
    }
    given = situation((wanted, manifest("p", "test/Part")), live, inventory=known)
    plan = make_plan(replace(given, kinds={**KINDS, "test/Thing": Telling()}))
    assert {(action.verb, action.effects) for action in plan.actions} == {
        (Verb.UPDATE, ("update is told",)),
        (Verb.DELETE, ("delete is told",)),
        (Verb.FORGET, ()),
    }
    names = frozenset({"p"})
    assert sorted(told, key=str) == [(Verb.DELETE, names, None), (Verb.UPDATE, names, names)]


def test_what_is_no_spec_before_an_output_is_put_in_is_told_as_well() -> None:
    """A record that is an alias to a load balancer's name: with the name, its kind can say what the record answers."""

    class Telling(Thing):
        @property
        def id(self) -> str:
            return "test/Thing"

        def tell(self, verb: Verb, before: Any, after: Any) -> Iterator[str]:
            yield f"{verb}: {', '.join(sorted(after.parts))}"

    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    wanted = replace(manifest("x", links=(Link(address("p", "test/Part"), "id"),), parts=["p"]), spec=None)
    given = situation((wanted, manifest("p", "test/Part")), {"test/Part": (part("part-1"),)}, inventory=known)
    plan = make_plan(replace(given, kinds={**KINDS, "test/Thing": Telling()}))
    assert only(plan).effects == ("create: p",)


def test_what_can_only_be_told_by_id_is_told_by_id() -> None:
    """A field may take ids alone; then a name in it is no valid spec."""

    class IdsOnly(ThingSpec):
        @field_validator("parts")
        @classmethod
        def _ids(cls, parts: frozenset[str]) -> frozenset[str]:
            if not all(part.startswith("part-") for part in parts):
                raise ValueError("ids only")
            return parts

    class Telling(Thing):
        spec = IdsOnly

        @property
        def id(self) -> str:
            return "test/Thing"

        def tell(self, verb: Verb, before: Any, after: Any) -> Iterator[str]:
            yield ", ".join(sorted(before.parts))

    known = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    live = {"test/Part": (part("part-1"),), "test/Thing": (thing("x", parts=["part-1"]),)}
    given = situation((manifest("p", "test/Part"),), live, inventory=known)
    plan = make_plan(replace(given, kinds={**KINDS, "test/Thing": Telling()}))
    assert only(plan).effects == ("part-1",)


def test_what_was_made_a_moment_ago_and_is_not_shown_yet_is_not_made_twice() -> None:
    """EC2's lists may take a while to show what was made, and AWS would give another one without a word."""
    part = address("p", "test/Part")
    known = Inventory(entries=(entry(part, "part-1", outputs={"id": "part-1"}),), fresh=False)
    given = situation((manifest("p", "test/Part"),), inventory=known, now=NOW + timedelta(seconds=30))
    plan = make_plan(given)
    assert plan.actions == ()
    assert plan.statuses[part].state is State.PENDING
    assert plan.statuses[part].reason == "part-1 was made a moment ago, and AWS does not show it yet"
    assert plan.outputs[part] == {"id": "part-1"}
    later = make_plan(replace(given, now=NOW + timedelta(seconds=90)))
    assert [action.verb for action in later.actions] == [Verb.CREATE]


def test_what_aws_never_makes_twice_is_made_again_as_soon_as_it_is_gone() -> None:
    """Somebody has deleted a record a moment after trueup made it: a minute without it would be a minute too long."""

    class Sole(Part_):
        sole = True

    known = Inventory(entries=(entry(address("p", "test/Part"), "part-1"),), fresh=False)
    given = situation((manifest("p", "test/Part"),), inventory=known, now=NOW + timedelta(seconds=30))
    plan = make_plan(replace(given, kinds={**KINDS, "test/Part": Sole()}))
    assert [action.verb for action in plan.actions] == [Verb.CREATE]


def test_what_is_as_git_wants_it_and_does_not_work_is_failed_with_awss_reason() -> None:
    live = replace(thing("x"), broken="no task of it starts", pending="0 of 2 run")
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (live,)}))
    assert plan.actions == ()
    assert status(plan, "x") == (State.FAILED, "no task of it starts")


def test_what_was_taken_back_long_ago_is_no_trouble_where_git_wants_what_is_live() -> None:
    live = replace(thing("x"), refused="it was rolled back")
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (live,)}))
    assert status(plan, "x") == (State.IN_SYNC, "")


def looking(*seen: Observed[Any], user: bool = True) -> Plan:
    """The plan for what is only looked at, and for a thing that refers to what is found."""
    glass = address("g", "test/Glass")
    mine = manifest("g", "test/Glass")
    refers = manifest("user", peers=["thing-was"], steps=["${out.Glass.g.id}"], links=(Link(glass, "id"),))
    given = situation((mine, refers) if user else (mine,), {"test/Thing": (thing("user", peers={"thing-was"}),)})
    kinds = {**KINDS, "test/Glass": Glass()}
    return make_plan(replace(given, kinds=kinds, observations={**given.observations, "test/Glass": Observation(seen)}))


def seen(**more: Any) -> Observed[Any]:
    return replace(part("g"), outputs={"id": "new"}, **more)


def test_what_is_only_looked_at_is_nobodys_and_gives_what_it_found() -> None:
    plan = looking(seen())
    assert status(plan, "g", "test/Glass") == (State.IN_SYNC, "")
    assert verbs(plan) == [(Verb.UPDATE, "user")]
    (change,) = only(plan).changes
    assert change.after == ("new",)
    assert address("g", "test/Glass") not in plan.owned


def test_what_waits_for_something_that_is_only_looked_at_changes_nothing_yet() -> None:
    plan = looking(replace(seen(pending="there is none"), outputs={}))
    assert status(plan, "g", "test/Glass") == (State.PENDING, "there is none")
    assert only(plan).waits == "waits for test/Glass/g: there is none"


def test_what_aws_would_not_tell_of_one_of_several_is_unknown_and_blocks_what_needs_it() -> None:
    plan = looking(replace(seen(unread="AccessDenied"), outputs={}))
    assert plan.actions == ()
    assert status(plan, "g", "test/Glass") == (State.UNKNOWN, "AccessDenied")
    assert status(plan, "user") == (State.BLOCKED, "needs test/Glass/g, which is unknown")


def test_what_is_only_looked_at_is_not_made_where_nothing_can_be_said_of_it() -> None:
    plan = looking(user=False)
    assert status(plan, "g", "test/Glass") == (State.PENDING, "what it asks for is not known yet")
    assert verbs(plan) == [(Verb.DELETE, "user")]


class Revisioned(Thing):
    """A thing whose id becomes another with its steps."""

    @property
    def id(self) -> str:
        return "test/Thing"

    def renewed(self, changed: frozenset[str]) -> frozenset[str]:
        return frozenset({"id"} if "steps" in changed else ())


def user_of_x(**fields: Any) -> Plan:
    """The plan for a thing with these fields and for another one that refers to it."""
    user = manifest("user", links=(Link(address("x"), "id"),), peers=["x"])
    live = (thing("x"), thing("user", peers=frozenset({"thing-x"})))
    given = situation((manifest("x", **fields), user), {"test/Thing": live})
    return make_plan(replace(given, kinds={**KINDS, "test/Thing": Revisioned()}))


def test_who_refers_to_an_output_that_an_update_renews_is_updated_after_it_in_the_same_pass() -> None:
    plan = user_of_x(steps=["a"])
    assert verbs(plan) == [(Verb.UPDATE, "x"), (Verb.UPDATE, "user")]
    assert plan.actions[1].needs == {plan.actions[0].key}
    (change,) = plan.actions[1].changes
    assert change.after == frozenset({"(known after apply: test/Thing/x.id)"})


def test_an_update_that_renews_no_output_concerns_nobody_else() -> None:
    assert verbs(user_of_x(labels={"a": "b"})) == [(Verb.UPDATE, "x")]


def test_what_aws_could_not_make_is_made_anew_in_its_place() -> None:
    """A NAT gateway fails after its create has succeeded: it will never be ready."""
    live = replace(thing("x"), failed="no addresses are free")
    plan = make_plan(situation((manifest("x"),), {"test/Thing": (live,)}))
    assert (only(plan).verb, only(plan).in_place) == (Verb.REPLACE, True)
    assert status(plan, "x") == (State.DRIFTED, "AWS could not make it: no addresses are free")
    assert address("x") not in plan.outputs


def test_of_two_that_are_ours_the_one_that_aws_could_make_is_kept() -> None:
    known = Inventory((entry(address("x"), "thing-a"), entry(address("x"), "thing-b")), fresh=False)
    live = (replace(thing("x", id_="thing-a"), failed="no addresses are free"), thing("x", id_="thing-b"))
    plan = make_plan(situation((manifest("x"),), {"test/Thing": live}, inventory=known))
    assert only(plan).verb is Verb.DELETE
    assert only(plan).live == live[0]


def test_a_replacements_leftover_stays_until_the_new_one_is_ready() -> None:
    """Else those who use it without trueup's knowledge would be without for as long as AWS takes."""
    known = Inventory((entry(address("x"), "thing-old"),), fresh=False)
    live = (replace(thing("x"), pending="AWS is still making it"), thing("old", tags=ours("x")))
    plan = make_plan(situation((manifest("x"),), {"test/Thing": live}, inventory=known))
    assert only(plan).verb is Verb.DELETE
    assert only(plan).waits == "waits for what replaces it: AWS is still making it"


class Holder(Thing):
    """A thing whose parts no other thing can have."""

    hands_over = frozenset({"parts"})

    @property
    def id(self) -> str:
        return "test/Thing"


def handing(*manifests: Manifest, live: tuple[Observed[Any], ...]) -> Plan:
    """The plan where `p` is a part, of which only one thing can be the holder."""
    given = situation(
        (manifest("p", "test/Part", lifecycle={"adopt": "part-p"}), *manifests),
        {"test/Part": (part("part-p"),), "test/Thing": live},
        inventory=Inventory((entry(address("p", "test/Part"), "part-p"),), fresh=False),
    )
    return make_plan(replace(given, kinds={**KINDS, "test/Thing": Holder()}))


P_LINK = Link(address("p", "test/Part"), "id")


@pytest.mark.parametrize("made", [False, True])
def test_who_is_to_have_what_only_one_can_have_gets_it_before_who_had_it_lets_go(made: bool) -> None:
    """A subnet that changes its route table must never be without one."""
    taker = manifest("b", parts=["p"], links=(P_LINK,))
    live = (thing("a", parts={"part-p"}), *((thing("b"),) if made else ()))
    plan = handing(manifest("a"), taker, live=live)
    assert [name for _, name in verbs(plan)] == ["b", "a"]
    assert plan.actions[1].needs == {plan.actions[0].key}


def test_who_is_to_go_keeps_what_another_is_to_have_until_it_has_it() -> None:
    plan = handing(manifest("b", parts=["p"], links=(P_LINK,)), live=(thing("a", parts={"part-p"}),))
    assert verbs(plan) == [(Verb.CREATE, "b"), (Verb.DELETE, "a")]
    assert plan.actions[1].needs == {plan.actions[0].key}


def test_who_loses_what_nobody_is_to_have_waits_for_nobody() -> None:
    plan = handing(manifest("a"), manifest("b", steps=["s"]), live=(thing("a", parts={"part-p"}), thing("b")))
    assert all(action.needs == frozenset() for action in plan.actions)


class Standing(Thing):
    """A thing that stands in a colour, which must not be without one while one makes room for another."""

    together = True

    @property
    def id(self) -> str:
        return "test/Thing"

    def slot(self, spec: ThingSpec) -> str:
        return spec.colour or ""


def standing(*manifests: Manifest, live: tuple[Observed[Any], ...]) -> dict[str, set[str]]:
    """Which actions each action of the plan needs."""
    given = situation(manifests, {"test/Thing": live}, inventory=Inventory(fresh=False))
    plan = make_plan(replace(given, kinds={**KINDS, "test/Thing": Standing()}))
    named = {action.key: f"{action.verb} {action.address.name}" for action in plan.actions}
    return {named[action.key]: {named[key] for key in action.needs} for action in plan.actions}


def test_who_leaves_a_place_goes_along_with_who_is_to_have_it() -> None:
    """Each needs what the other does, so they can go at the same moment: here the one that holds what is to go."""
    needs = standing(
        manifest("new", colour="red"),
        manifest("user"),
        manifest("mover", colour="blue"),
        live=(thing("old", colour="red"), thing("user", parts=["thing-old"]), thing("mover", colour="red")),
    )
    assert needs == {
        "create new": {"update user"},
        "update user": set(),
        "update mover": {"create new"},
        "delete old": {"create new", "update user"},
    }


def test_who_leaves_a_place_that_nobody_comes_to_waits_for_nobody() -> None:
    live = (
        thing("old", colour="red"),
        thing("stays", colour="red"),
    )
    needs = standing(manifest("stays", colour="red", steps=["a"]), live=live)
    assert needs == {"update stays": set(), "delete old": set()}


def test_who_leaves_a_place_without_going_makes_no_room() -> None:
    """What is retained stays where it is, and what is replaced goes by a delete of its own."""
    live = (
        thing("kept", colour="red", tags={**ours("kept"), "trueup:deletion": "retain"}),
        thing("old", tags=ours("x"), colour="red"),
    )
    needs = standing(manifest("new", colour="red"), manifest("x", colour="blue"), live=live)
    assert needs["forget kept"] == needs["replace x"] == set()
    assert needs["delete x"] == {"replace x", "create new"}


def test_two_that_change_places_can_go_at_the_same_moment() -> None:
    needs = standing(
        manifest("a", colour="red"),
        manifest("b", colour="blue"),
        live=(thing("a", colour="blue"), thing("b", colour="red")),
    )
    assert needs == {"update a": set(), "update b": set()}
