"""Match: its table, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from controller.model.address import Address
from controller.model.inventory import Inventory
from controller.model.manifest import Manifest
from controller.model.observed import Observation, Observed
from controller.model.scope import Mode
from controller.reconcile.match import Match, match, read_book
from tests.unit.thing import KINDS, SCOPE, address, entry, manifest, ours, part, thing

X, Y, P = address("x"), address("y"), address("p", "test/Part")
TO_BE_MADE = Match()


def found(
    wanted: Manifest,
    *live: Observed[Any],
    inventory: Inventory | None = None,
    named: Iterable[Address] = (),
    mode: Mode = Mode.MANAGE,
    known: bool = True,
) -> Match:
    """What is matched with a manifest. `named` are other addresses in git; `known`: whether its spec can be told yet."""
    kind = KINDS[wanted.address.kind]
    seen = {wanted.address.kind: Observation(live=live)}
    book = read_book(seen, KINDS, inventory or Inventory(fresh=False), "trueup", SCOPE)
    spec = wanted.spec if known else None
    return match(wanted, spec, kind, book, {wanted.address, *named}, mode)


def nobodys(name: str, **fields: Any) -> Observed[Any]:
    return thing(name, tags={}, **fields)


def adopting(name: str = "x", by: str | bool = True, kind: str = "test/Thing") -> Manifest:
    return manifest(name, kind, lifecycle={"adopt": by})


def test_what_does_not_exist_is_to_be_made() -> None:
    assert found(manifest("x"), thing("y"), nobodys("z")) == TO_BE_MADE


def test_ours_under_the_address_is_the_one_whatever_its_live_name() -> None:
    live = thing("before", tags=ours("x"))
    assert found(manifest("x"), live) == Match(live)


def test_ours_is_the_one_although_somebody_elses_has_the_name() -> None:
    live = thing("before", tags=ours("x"))
    assert found(manifest("x"), nobodys("x"), live) == Match(live)


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_the_nearest_in_what_cannot_be_changed_is_the_one(order: int) -> None:
    new, old = thing("x", shape="flat", steps=["s"]), thing("old", tags=ours("x"), shape="round")
    assert found(manifest("x", shape="flat"), *[new, old][::order]) == Match(new, (old,))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("known", [True, False])
def test_of_several_that_are_equally_near_the_least_id_is_the_one(order: int, known: bool) -> None:
    """Any would do, but it must be the same in every pass."""
    a, b = (thing("x", id_=f"thing-{name}") for name in "ab")
    assert found(manifest("x"), *[a, b][::order], known=known) == Match(a, (b,))


def test_of_its_name_and_ours_under_an_address_that_git_names_no_more_is_a_rename() -> None:
    live = thing("x", tags=ours("before"))
    assert found(manifest("x"), live) == Match(live, adopt=True)


def test_of_its_name_and_ours_under_an_address_that_git_still_names_is_blocked() -> None:
    live = thing("x", tags=ours("y"))
    assert found(manifest("x"), live, named=[Y]) == Match(blocked="thing-x belongs to test/Thing/y already")


@pytest.mark.parametrize("by", [True, "thing-x"])
def test_what_another_manifest_holds_cannot_be_adopted_from_it(by: str | bool) -> None:
    """Both would change it in turn, for ever."""
    live = thing("x", tags=ours("y"))
    found_ = found(adopting(by=by), live, named=[Y])
    assert found_ == Match(blocked="thing-x belongs to test/Thing/y already")


def test_what_aws_made_along_with_something_else_is_the_one_without_being_taken_over() -> None:
    live = replace(nobodys("x"), innate=True)
    assert found(manifest("x"), live) == Match(live)


def test_nobodys_of_its_name_is_blocked_with_the_line_to_add() -> None:
    assert found(manifest("x"), nobodys("x")).blocked == (
        "thing-x exists and was not made by trueup; to take it over, add `lifecycle: {adopt: true}` to the manifest"
    )


def test_nobodys_of_its_name_is_taken_over_where_the_manifest_says_so() -> None:
    assert found(adopting(), nobodys("x")) == Match(nobodys("x"), adopt=True)


def test_nobodys_is_adopted_by_its_id_whatever_its_name() -> None:
    assert found(adopting(by="thing-z"), nobodys("x"), nobodys("z")) == Match(nobodys("z"), adopt=True)
    assert found(adopting("p", "part-7", "test/Part"), part("part-7")) == Match(part("part-7"), adopt=True)


def test_an_id_that_is_not_there_is_blocked_and_never_made_anew() -> None:
    assert found(adopting(by="thing-z"), nobodys("x")) == Match(blocked="there is no test/Thing 'thing-z' to adopt")


def test_nothing_of_its_name_to_adopt_is_to_be_made() -> None:
    assert found(adopting()) == TO_BE_MADE


@pytest.mark.parametrize("tags", [{}, ours("x", owner="other"), ours("y")])
def test_what_is_only_observed_is_compared_whoever_it_belongs_to(tags: dict[str, str]) -> None:
    live = thing("x", tags=tags)
    assert found(manifest("x"), live, named=[Y], mode=Mode.OBSERVE) == Match(live)


def test_somebody_elses_of_its_name_is_blocked_and_says_whose_it_is() -> None:
    blocked = found(manifest("x"), thing("x", tags=ours("x", scope="dev"))).blocked
    assert blocked.startswith("thing-x exists and belongs to trueup owner 'trueup', scope 'dev'; to take it over")


def test_somebody_elses_is_taken_over_where_the_manifest_says_so() -> None:
    live = thing("x", tags=ours("x", scope="dev"))
    assert found(adopting(), live) == Match(live, adopt=True)


LOST = Inventory(fresh=True)
UNTAGGED = replace(thing("x"), tags=None)


def test_a_lost_inventory_takes_back_what_has_no_tags_and_does_not_differ() -> None:
    assert found(manifest("x"), UNTAGGED, thing("y"), inventory=LOST) == Match(UNTAGGED, adopt=True)


def test_a_lost_inventory_is_no_licence_for_what_differs() -> None:
    assert found(manifest("x", steps=["s"]), UNTAGGED, thing("y"), inventory=LOST).blocked


def test_a_lost_inventory_is_no_licence_for_what_has_tags_and_not_ours() -> None:
    assert found(manifest("x"), nobodys("x"), thing("y"), inventory=LOST).blocked


def test_a_lost_inventory_is_no_licence_for_what_is_another_trueups() -> None:
    assert found(manifest("x"), thing("x", tags=ours("x", scope="dev")), thing("y"), inventory=LOST).blocked


def test_an_inventory_is_lost_only_where_tags_show_that_trueup_was_here() -> None:
    assert found(manifest("x"), UNTAGGED, inventory=LOST).blocked


@pytest.mark.parametrize("inventory", [Inventory(fresh=False), Inventory((entry(Y, "thing-y"),), fresh=True)])
def test_an_inventory_that_is_there_is_believed(inventory: Inventory) -> None:
    assert found(manifest("x"), UNTAGGED, thing("y"), inventory=inventory).blocked


def test_what_cannot_be_known_yet_is_found_by_ownership_alone() -> None:
    live = thing("x")
    assert found(manifest("x"), live, known=False) == Match(live)
    assert found(manifest("x"), nobodys("x"), known=False) == TO_BE_MADE


def test_what_has_no_name_of_its_own_is_found_by_ownership_alone() -> None:
    known = Inventory((entry(P, "part-1"),), fresh=False)
    assert found(manifest("p", "test/Part"), part("part-1"), inventory=known) == Match(part("part-1"))
    assert found(manifest("p", "test/Part"), part("part-1")) == TO_BE_MADE
