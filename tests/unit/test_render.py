"""Render: a plan as people and programs read it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import Field

from controller.manifest.validation import hide
from controller.model.manifest import Manifest
from controller.model.observed import Observed
from controller.model.plan import ABSENT, Action, Plan, State, Status, Verb
from controller.model.policy import PolicyDocument
from controller.model.reference import Link
from controller.model.spec import Part, Spec
from controller.reconcile.diff import diff
from controller.reconcile.plan import make_plan
from controller.reconcile.render import as_data, plain, render, summary
from tests.unit.thing import SCOPE, Layer, address, manifest, ours, situation, thing

SECRET = "hunter2"


def plan_of(*manifests: Manifest, live: tuple[Observed[Any], ...] = ()) -> Plan:
    return make_plan(situation(manifests, {"test/Thing": live}))


def text(plan: Plan) -> str:
    return render(plan).plain


def lines(wanted: dict[str, Any], there: dict[str, Any]) -> list[str]:
    """The lines of the fields that differ."""
    shown = text(plan_of(manifest("x", **wanted), live=(thing("x", **there),))).splitlines()
    return [line.strip() for line in shown[1:-1]]


def test_a_create_shows_what_is_wanted_and_where_it_is_written() -> None:
    assert text(plan_of(manifest("x", shape="flat", labels={"a": "1"}))) == (
        "+ test/Thing/x  git names it and it does not exist  x.yaml:2:1\n"
        '      + labels: {"a": "1"}\n'
        "      + shape: flat\n"
        "      + thingName: x\n"
        "prod: 1 to create"
    )


@pytest.mark.parametrize(
    ("wanted", "live", "first"),
    [
        (manifest("x", steps=["a"]), thing("x"), "~ test/Thing/x  steps differs  x.yaml:2:1"),
        (manifest("x", lifecycle={"adopt": True}), thing("x", tags={}), "@ test/Thing/x  git takes it over"),
        (manifest("x", shape="flat"), thing("x"), "± test/Thing/x  AWS cannot change shape in place"),
        (None, thing("x"), "- test/Thing/x  git names it no more"),
        (None, thing("x", tags={**ours("x"), "trueup:deletion": "retain"}), "/ test/Thing/x  git names it no more"),
    ],
    ids=["update", "adopt", "replace", "delete", "forget"],
)
def test_each_verb_has_its_sign(wanted: Manifest | None, live: Observed[Any], first: str) -> None:
    assert text(plan_of(*([wanted] if wanted else []), live=(live,))).startswith(first)


def test_a_field_that_differs_shows_both_values() -> None:
    assert lines({"colour": "blue"}, {"colour": "red"}) == ["~ colour: red -> blue"]
    assert lines({"inner": {"name": "n", "size": 2}}, {"inner": {"name": "n"}}) == ["~ inner.size: 0 -> 2"]


def test_entries_of_a_map_come_go_and_change() -> None:
    assert lines({"labels": {"a": "1", "b": "2"}}, {"labels": {"b": "3", "c": "4"}}) == [
        "+ labels.a: 1",
        "~ labels.b: 3 -> 2",
        "- labels.c: 4",
    ]


def test_a_set_shows_what_comes_and_what_goes_and_not_what_stays() -> None:
    assert lines({"parts": ["part-a", "part-b"]}, {"parts": ["part-b", "part-c"]}) == [
        "+ parts: part-a",
        "- parts: part-c",
    ]


def test_an_item_that_comes_or_goes_is_a_line_without_what_it_has_by_default() -> None:
    shown = lines({"layers": [{"name": "top"}, {"name": "new"}]}, {"layers": [{"name": "top"}]})
    assert shown == ['+ layers[new]: {"name": "new"}']
    gone = lines({"layers": []}, {"layers": [{"name": "old", "size": 1}]})
    assert gone == ['- layers[old]: {"name": "old", "size": 1}']


def test_one_that_does_not_fit_on_a_line_has_lines_of_its_own() -> None:
    long = "n" * 200
    shown = lines({"layers": [{"name": long, "size": 1}]}, {"layers": []})
    assert shown == [f"~ layers[{long}]:", "+{", f'+  "name": "{long}",', '+  "size": 1', "+}"]


def test_far_off_parts_of_a_structure_are_left_out() -> None:
    many = {f"k{n}": n for n in range(30)}
    base = plan_of(manifest("x", steps=["a"]), live=(thing("x"),))
    (action,) = base.actions
    (change,) = action.changes
    wide = replace(change, path="steps", before=many, after={**many, "k3": "new", "k25": "new"})
    shown = text(replace(base, actions=(replace(action, changes=(wide,)),)))
    assert '+  "k3": "new"' in shown
    assert '-  "k25": 25' in shown
    assert "k14" not in shown
    assert "@@" not in shown


def test_a_long_value_is_cut() -> None:
    (line,) = lines({"colour": "b" * 300}, {"colour": "red"})
    assert line == f"~ colour: red -> {'b' * 197}..."


def test_a_secret_is_never_shown_in_any_form() -> None:
    """Neither where it is new, nor where it changes, nor what was there before."""
    plans = [
        plan_of(manifest("x", password=SECRET)),
        plan_of(manifest("x", password=SECRET), live=(thing("x", password=f"{SECRET}-before"),)),
    ]
    for plan in plans:
        assert SECRET not in text(plan)
        assert SECRET not in json.dumps(plain(plan))
        assert SECRET not in repr(plain(plan))
    assert "~ password: (secret)" in text(plans[1])
    (change,) = plain(plans[1])["actions"][0]["changes"]
    assert change == {"path": "password", "before": "(secret)", "after": "(secret)"}


class Login(Part):
    """A part with a secret in it."""

    user: str
    password: str = Field(json_schema_extra={"secret": True})


class LoginSpec(Spec):
    """A secret in every place where one can be."""

    one: Login
    many: tuple[Login, ...] = ()
    by_name: dict[str, Login] = Field(default={})
    words: dict[str, str] = Field(default={}, json_schema_extra={"secret": True})


ALL_OVER: dict[str, Any] = {
    "one": {"user": "u", "password": SECRET},
    "many": [{"user": "u", "password": SECRET}],
    "byName": {"a": {"user": "u", "password": SECRET}},
    "words": {"a": SECRET},
}


def test_a_secret_within_something_else_is_hidden_alone() -> None:
    login = {"user": "u", "password": "(secret)"}
    hidden = {"one": login, "many": [login], "byName": {"a": login}, "words": "(secret)"}
    assert hide(LoginSpec, ALL_OVER) == hidden
    assert as_data(LoginSpec.model_validate(ALL_OVER)) == hidden


class Directory(Spec):
    """A model that holds itself, and a secret two models down."""

    logins: dict[str, tuple[Login, ...]] = Field(default={})
    below: Directory | None = None


def test_a_secret_is_found_however_deep_it_is() -> None:
    written = {"below": {"logins": {"a": [{"user": "u", "password": SECRET}]}}}
    assert hide(Directory, written) == {"below": {"logins": {"a": [{"user": "u", "password": "(secret)"}]}}}


def test_a_difference_with_a_secret_within_it_hides_it() -> None:
    everything = LoginSpec.model_validate(ALL_OVER)
    nothing = LoginSpec.model_validate({"one": {"user": "u", "password": "other"}})
    action = Action(Verb.UPDATE, address("x"), "differs", changes=diff(everything, nothing))
    for plan in (Plan(SCOPE, (action,)), Plan(SCOPE, (replace(action, changes=diff(nothing, everything)),))):
        assert len(plan.actions[0].changes) == 4
        assert SECRET not in text(plan)
        assert SECRET not in json.dumps(plain(plan))


def test_what_is_held_waits_or_means_something_says_so() -> None:
    plan = plan_of(manifest("x", steps=["a"]), live=(thing("x"),))
    (action,) = plan.actions
    told = replace(action, held="paused", waits="waits for y", effects=("opens 22/tcp to 0.0.0.0/0",))
    shown = text(replace(plan, actions=(told,))).splitlines()
    assert shown[1:4] == ["      held: paused", "      waits for y", "      => opens 22/tcp to 0.0.0.0/0"]
    assert shown[-1] == "prod: 1 to update (1 held)"


def test_what_is_in_the_way_is_shown_with_its_place_and_reason() -> None:
    plan = plan_of(manifest("x"), manifest("y"), live=(thing("x", tags={}), thing("y")))
    shown = text(plan).splitlines()
    assert shown[0] == "! test/Thing/x  blocked  x.yaml:2:1"
    assert shown[1].startswith("      thing-x exists and was not made by trueup")
    assert shown[2] == "prod: 1 blocked, 1 in sync"


def test_what_is_in_the_way_without_a_place_is_shown_without_it() -> None:
    status = Status(address("x"), State.UNKNOWN, "could not be read")
    assert text(Plan(SCOPE, statuses={status.address: status})).startswith("! test/Thing/x  unknown  \n")


def test_the_summary_counts_actions_by_verb_and_the_rest_by_state() -> None:
    states = (State.IN_SYNC, State.IN_SYNC, State.BLOCKED, State.PENDING, State.FAILED, State.UNKNOWN)
    rest = {address(f"r{n}"): Status(address(f"r{n}"), state) for n, state in enumerate(states)}
    plan = plan_of(manifest("a"), manifest("b"), live=(thing("gone"),))
    held = replace(plan.actions[0], held="paused")
    whole = replace(plan, actions=(held, *plan.actions[1:]), statuses={**plan.statuses, **rest})
    assert summary(whole) == ("2 to create (1 held), 1 to delete, 1 blocked, 1 failed, 1 unknown, 1 pending, 2 in sync")


def test_an_empty_scope_has_nothing() -> None:
    assert summary(Plan(SCOPE)) == "nothing here"


def test_plain_data_has_all_of_it_for_programs() -> None:
    needed = address("p", "test/Part")
    needy = manifest("x", links=(Link(needed, "id"),), parts=["p"], labels={"a": "1"})
    found = plain(plan_of(needy, manifest("p", "test/Part"), manifest("z"), live=(thing("x"), thing("z", tags={}))))
    assert json.loads(json.dumps(found)) == found
    assert (found["scope"], found["summary"]) == ("prod", "1 to create, 1 to update, 1 blocked")
    update = found["actions"][1]
    assert {key: update[key] for key in ("verb", "resource", "held", "waits", "effects", "where")} == {
        "verb": "update",
        "resource": "test/Thing/x",
        "held": "",
        "waits": "",
        "effects": [],
        "where": "x.yaml:2:1",
    }
    assert update["changes"] == [
        {"path": "parts", "before": [], "after": ["(known after apply: test/Part/p.id)"]},
        {"path": "labels.a", "before": None, "after": "1"},
    ]
    assert [(one["resource"], one["state"]) for one in found["resources"]] == [
        ("test/Part/p", "drifted"),
        ("test/Thing/x", "drifted"),
        ("test/Thing/z", "blocked"),
    ]


def test_plain_data_of_what_git_names_no_more_has_no_place() -> None:
    (action,) = plain(plan_of(live=(thing("x"),)))["actions"]
    assert (action["verb"], action["where"]) == ("delete", "")


DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (ABSENT, None),
        (None, None),
        (frozenset({"b", "a"}), ["a", "b"]),
        (("b", "a"), ["b", "a"]),
        (Layer(name="n", size=1), {"name": "n", "size": 1}),
        (frozenset({Layer(name="b"), Layer(name="a")}), [{"name": "a", "size": 0}, {"name": "b", "size": 0}]),
        (State.IN_SYNC, "in_sync"),
        (PolicyDocument.parse(DOCUMENT), PolicyDocument.parse(DOCUMENT).data),
    ],
)
def test_a_value_as_plain_data(value: Any, data: Any) -> None:
    assert as_data(value) == data
    json.dumps(as_data(value))
