"""References: outputs in place of names, what a live resource refers to, and names in place of ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from controller.model.address import Address
from controller.model.manifest import Manifest
from controller.model.reference import Link
from controller.reconcile.resolve import named, referred, resolve, unknown_values
from tests.unit.thing import KINDS, ThingSpec, address, manifest, thing

P, Y = address("p", "test/Part"), address("y")
KNOWN = {(P, "id"): "part-7", (replace(P, scope="shared"), "id"): "part-9", (Y, "id"): "thing-y"}


def resolved(wanted: Manifest, known: dict[tuple[Address, str], str] | None = None) -> Any:
    outputs = KNOWN if known is None else known
    return resolve(wanted, KINDS, lambda target, output: outputs.get((target, output)))


def referring(field: str, text: str, *targets: Address, loose: bool = False) -> Manifest:
    data: dict[str, Any] = {field: [text]}
    return manifest("x", links=tuple(Link(one, "id", loose) for one in targets), **data)


def test_what_refers_to_nothing_is_taken_as_it_was_loaded() -> None:
    wanted = manifest("x", parts=["part-1"])
    assert resolved(wanted) is wanted.spec


def test_a_name_becomes_the_targets_output() -> None:
    assert resolved(referring("parts", "p", P)).parts == frozenset({"part-7"})


def test_a_name_in_another_scope_becomes_that_ones_output() -> None:
    assert resolved(referring("parts", "shared/p", replace(P, scope="shared"), P)).parts == frozenset({"part-9"})


def test_a_literal_id_stays_beside_names() -> None:
    wanted = manifest("x", links=(Link(P, "id"),), parts=["p", "part-1"])
    assert resolved(wanted).parts == frozenset({"part-7", "part-1"})


def test_an_output_that_is_not_known_is_a_stand_in_that_says_what_it_waits_for() -> None:
    assert resolved(referring("parts", "p", P), {}).parts == frozenset({"(known after apply: test/Part/p.id)"})


def test_an_output_in_a_text_is_put_in() -> None:
    wanted = manifest("x", links=(Link(P, "id"),), steps=["use ${out.Part.p.id}"])
    assert resolved(wanted).steps == ("use part-7",)


def test_of_the_kinds_that_a_field_may_name_the_one_that_was_linked_is_meant() -> None:
    """Of a thing and a part that are both called y, the load has chosen one."""
    part = Address("prod", "test/Part", "y")
    assert resolved(referring("peers", "y", Y, P)).peers == frozenset({"thing-y"})
    assert resolved(referring("peers", "y", P, part), {(part, "id"): "part-y"}).peers == frozenset({"part-y"})


def test_a_resource_that_names_itself_is_what_aws_calls_it_there() -> None:
    wanted = referring("peers", "x", address("x"), loose=True)
    assert resolved(wanted).peers == frozenset({"self"})


def test_a_name_that_was_never_linked_is_a_validation_error() -> None:
    with pytest.raises(ValidationError, match="no manifest 'q' of kind test/Part"):
        resolved(referring("parts", "q", P))


def test_a_live_resource_refers_to_the_ids_in_it_and_says_which_may_wait() -> None:
    live = thing("x", parts=["part-1"], peers=["thing-y", "self"])
    assert referred(live) == {"part-1": False, "thing-y": True}
    assert referred(thing("x")) == {}


@pytest.mark.parametrize("fields", [{"parts": ["part-1"], "peers": ["part-1"]}, {"peers": ["part-1"]}])
def test_one_reference_that_must_hold_is_enough(fields: dict[str, Any]) -> None:
    assert referred(thing("x", **fields)) == {"part-1": "parts" not in fields}


def spec(**fields: Any) -> ThingSpec:
    return ThingSpec.model_validate({"thingName": "x", **fields})


def test_ids_become_names_where_there_are_names() -> None:
    names = {("test/Part", "id", "part-7"): "p"}
    found = named(spec(parts=["part-7", "part-8"]), names)
    assert set(found["parts"]) == {"p", "part-8"}


def test_what_is_the_default_is_left_out_where_it_is_not_wanted() -> None:
    assert named(spec(shape="flat"), {}, defaults=False) == {"thingName": "x", "shape": "flat"}
    assert named(spec(), {})["shape"] == ""
    assert "colour" not in named(spec(), {})


STAND_IN = "(known after apply: test/Part/p.id)"


@pytest.mark.parametrize(
    ("fields", "incomplete", "at_all"),
    [
        ({}, False, False),
        ({"parts": ["part-1"]}, False, False),
        ({"parts": [STAND_IN]}, True, True),
        ({"steps": [f"use {STAND_IN}"]}, True, True),
        ({"peers": [STAND_IN]}, False, True),
    ],
)
def test_a_stand_in_keeps_a_spec_from_being_applied_unless_it_may_be_put_in_later(
    fields: dict[str, Any], incomplete: bool, at_all: bool
) -> None:
    assert bool(unknown_values(spec(**fields))) is incomplete
    assert bool(unknown_values(spec(**fields), loose=True)) is at_all
