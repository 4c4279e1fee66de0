"""Ownership: its table, row by row, and which tags a resource should carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.model.address import Address
from controller.model.inventory import Inventory
from controller.model.scope import Scope
from controller.reconcile.owner import NOBODY, Ownership, managed_tags, ownership, tags_for
from tests.unit.thing import SCOPE, address, entry, manifest, ours, thing

X, RECORDED = address("x"), address("recorded")
NOTHING = Inventory(fresh=False)
KNOWN = Inventory((entry(address("other"), "thing-other"), entry(RECORDED, "thing-x")), fresh=False)
BEGUN = Inventory(intents={address("other"): "other", RECORDED: "x"}, fresh=False)


def whose(tags: dict[str, str] | None, inventory: Inventory, claim: str = "x") -> Ownership:
    live = replace(thing("x"), tags=tags)
    return ownership(live, "test/Thing", claim, "trueup", "prod", inventory)


@pytest.mark.parametrize("inventory", [NOTHING, KNOWN, BEGUN])
def test_our_tags_say_that_it_is_ours_under_the_manifest_that_they_name(inventory: Inventory) -> None:
    assert whose(ours("x"), inventory) == Ownership(X)


@pytest.mark.parametrize("inventory", [NOTHING, KNOWN, BEGUN])
@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ({"owner": "other"}, "trueup owner 'other', scope 'prod'"),
        ({"scope": "dev"}, "trueup owner 'trueup', scope 'dev'"),
    ],
)
def test_anothers_tags_say_whose_it_is_whatever_the_record_says(
    inventory: Inventory, mark: dict[str, Any], said: str
) -> None:
    assert whose(ours("x", **mark), inventory) == Ownership(other=said)


@pytest.mark.parametrize("marked", ["test/Part/x", "test/Thing", "test/Thing/", "x", ""])
def test_our_tags_with_a_manifest_that_cannot_be_are_nobodys_licence(marked: str) -> None:
    found = whose({**ours("x"), "trueup:manifest": marked}, NOTHING)
    assert found == Ownership(other=f"trueup manifest {marked!r}")


def test_a_name_may_have_slashes() -> None:
    """Composites name what they expand to by their own name and the part's."""
    assert whose(ours("web/role"), NOTHING) == Ownership(address("web/role"))


def test_what_bears_another_tools_mark_is_that_tools_unless_the_record_has_it() -> None:
    live = replace(thing("x"), tags=None, holder="external-dns owner 'blue'")
    for inventory, found in (
        (NOTHING, Ownership(other="external-dns owner 'blue'")),
        (KNOWN, Ownership(RECORDED)),
        (BEGUN, Ownership(RECORDED)),
    ):
        assert ownership(live, "test/Thing", "x", "trueup", "prod", inventory) == found


def test_what_says_for_whom_it_was_made_is_that_manifests_while_its_create_is_not_on_record_as_done() -> None:
    """Afterwards its tags tell; and what was let go of is not taken back for the sake of who once made it."""
    live = replace(thing("x"), tags=None, made_for=RECORDED)
    assert ownership(live, "test/Thing", "", "trueup", "prod", BEGUN) == Ownership(RECORDED)
    assert ownership(live, "test/Thing", "", "trueup", "prod", NOTHING) == NOBODY


@pytest.mark.parametrize("left", [{}, {"trueup:owner": "trueup"}, {"trueup:scope": "prod"}, {"hand": "made"}])
def test_what_lost_its_tags_by_hand_is_ours_where_the_record_has_its_id(left: dict[str, str]) -> None:
    assert whose(left, KNOWN) == Ownership(RECORDED)
    assert whose(left, NOTHING) == NOBODY


def test_what_takes_no_tags_is_ours_where_the_record_has_its_id() -> None:
    assert whose(None, KNOWN) == Ownership(RECORDED)
    assert whose(None, NOTHING) == NOBODY


def test_what_takes_no_tags_is_ours_where_a_create_of_its_name_was_begun() -> None:
    assert whose(None, BEGUN) == Ownership(RECORDED)
    assert whose(None, BEGUN, claim="another") == NOBODY


def test_a_begun_create_is_no_claim_to_what_has_tags_and_not_ours() -> None:
    """Ours would have been made with its tags in the same call."""
    assert whose({}, BEGUN) == NOBODY


def test_what_has_no_name_of_its_own_is_not_found_by_a_begun_create() -> None:
    assert whose(None, Inventory(intents={RECORDED: ""}, fresh=False), claim="") == NOBODY


def test_the_record_of_another_kind_is_of_another_resource() -> None:
    """An id is unique in its kind only."""
    elsewhere = Address("prod", "test/Part", "x")
    assert whose(None, Inventory((entry(elsewhere, "thing-x"),), {elsewhere: "x"}, fresh=False)) == NOBODY


def test_a_resource_carries_the_scopes_tags_its_own_and_trueups_which_nobody_overrides() -> None:
    scope = Scope(name="prod", spec=SCOPE.spec.model_copy(update={"default_tags": {"team": "a", "env": "prod"}}))
    found = tags_for(manifest("x"), {"team": "b", "trueup:owner": "me"}, scope, "trueup")
    assert found == {"team": "b", "env": "prod", **ours("x")}


@pytest.mark.parametrize("deletion", ["retain", "protect"])
def test_a_deletion_that_is_not_the_default_is_a_tag(deletion: str) -> None:
    found = tags_for(manifest("x", lifecycle={"deletion": deletion}), {}, SCOPE, "trueup")
    assert found == {**ours("x"), "trueup:deletion": deletion}


def test_awss_tags_and_those_left_to_others_are_not_looked_after() -> None:
    scope = Scope(name="prod", spec=SCOPE.spec.model_copy(update={"ignore_tags": ("cost:", "x-")}))
    found = managed_tags({"aws:stack": "1", "cost:centre": "1", "x-ray": "1", "team": "a", "axe": "1"}, scope)
    assert found == {"team": "a", "axe": "1"}
