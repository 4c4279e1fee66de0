"""Upkeep: the inventory after a look, before anything is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.errors import StateError
from controller.model.address import Address
from controller.model.inventory import Inventory
from controller.model.observed import Observed
from controller.model.scope import Deletion
from controller.reconcile.plan import Situation, make_plan
from controller.reconcile.upkeep import elsewhere, keep_inventory
from controller.state.sqlite import SqliteStore
from tests.unit.cloud import refuse
from tests.unit.thing import NOW, address, entry, manifest, ours, part, situation, thing

X, P = address("x"), address("p", "test/Part")


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore(":memory:")


def keep(given: Situation, store: SqliteStore) -> str:
    return keep_inventory(make_plan(given), given, "c1", store, NOW)


def look(store: SqliteStore, *live: Observed[Any], named: bool = True, **more: Any) -> Situation:
    """A look at some live things, of which git names x, or nothing."""
    manifests = (manifest("x", lifecycle={"deletion": "retain"}),) if named else ()
    return situation(manifests, {"test/Thing": live}, inventory=store.inventory("prod"), **more)


def test_a_lost_inventory_is_rebuilt_from_tags(store: SqliteStore) -> None:
    assert keep(look(store, thing("x")), store) == ""
    (found,) = store.inventory("prod").entries
    assert (found.address, found.id, found.commit, found.created) == (X, "thing-x", "c1", NOW)
    assert (found.file, found.line) == ("x.yaml", 2)
    assert (found.deletion, found.outputs) == (Deletion.RETAIN, {"id": "thing-x"})


def test_what_is_on_record_already_stays_as_it_was(store: SqliteStore) -> None:
    """Its commit is the one that has applied it, not the one that has looked at it."""
    store.applied(entry(X, "thing-x", outputs={"id": "thing-x"}))
    before = store.inventory("prod")
    assert keep(look(store, thing("x")), store) == ""
    assert store.inventory("prod") == before


@pytest.mark.parametrize("deletion", ["delete", "protect", "retain"])
def test_what_git_names_no_more_is_entered_by_its_tags_and_as_careful_as_they_say(
    store: SqliteStore, deletion: str
) -> None:
    """From now on the record counts: a pause, or a crash, before it is let go of must not turn `retain` into `delete`."""
    tags = {**ours("x"), "trueup:deletion": deletion}
    keep(look(store, thing("x", tags=tags), named=False), store)
    (found,) = store.inventory("prod").entries
    assert (found.address, found.id, found.deletion) == (X, "thing-x", Deletion(deletion))


def test_what_git_names_no_more_and_is_on_record_stays_as_it_was(store: SqliteStore) -> None:
    store.applied(entry(X, "thing-x"))
    before = store.inventory("prod")
    keep(look(store, thing("x"), named=False), store)
    assert store.inventory("prod") == before


def test_what_is_not_ours_is_not_entered(store: SqliteStore) -> None:
    keep(look(store, thing("x", tags={}), thing("y", tags=ours("y", owner="other"))), store)
    assert store.inventory("prod").entries == ()


def test_a_copy_of_our_tags_is_not_entered(store: SqliteStore) -> None:
    """Once on record it would pass for a replacement's leftover, and be deleted."""
    store.applied(entry(X, "thing-x"))
    keep(look(store, thing("x"), thing("copy", tags=ours("x"))), store)
    assert store.inventory("prod").ids(X) == {"thing-x"}


def test_what_is_gone_is_dropped(store: SqliteStore) -> None:
    store.applied(entry(X, "thing-x"))
    keep(look(store), store)
    assert store.inventory("prod").entries == ()


def test_what_was_made_a_moment_ago_and_is_not_shown_yet_stays_on_record(store: SqliteStore) -> None:
    """AWS's lists lag; without its record, what has no tags would be lost."""
    store.applied(entry(X, "thing-x"))
    seen = look(store)
    keep_inventory(make_plan(seen), replace(seen, now=NOW + timedelta(seconds=30)), "c1", store, NOW)
    assert store.inventory("prod").ids(X) == {"thing-x"}
    keep_inventory(make_plan(seen), replace(seen, now=NOW + timedelta(seconds=90)), "c1", store, NOW)
    assert store.inventory("prod").ids(X) == frozenset()


def test_of_a_replacement_only_what_is_gone_is_dropped(store: SqliteStore) -> None:
    store.applied(entry(X, "thing-x"))
    store.applied(entry(X, "thing-old"))
    keep(look(store, thing("x")), store)
    assert store.inventory("prod").ids(X) == {"thing-x"}


def test_what_cannot_be_read_is_not_gone(store: SqliteStore) -> None:
    store.applied(entry(X, "thing-x"))
    keep(look(store, errors={"test/Thing": "AccessDenied"}), store)
    assert store.inventory("prod").ids(X) == {"thing-x"}


def test_what_was_not_looked_at_is_not_gone(store: SqliteStore) -> None:
    """A kind that this version does not know, or that was not asked for."""
    store.applied(entry(P, "part-1"))
    given = look(store, thing("x"))
    seen = {kind: found for kind, found in given.observations.items() if kind != "test/Part"}
    keep(replace(given, observations=seen), store)
    assert store.inventory("prod").ids(P) == {"part-1"}


def test_outputs_that_have_changed_are_noted_for_other_scopes(store: SqliteStore) -> None:
    store.applied(entry(X, "thing-x", outputs={"id": "before"}))
    keep(look(store, thing("x")), store)
    assert elsewhere(store)(X, "id") == "thing-x"


def test_what_another_scope_has_not_left_is_not_known(store: SqliteStore) -> None:
    store.applied(entry(X, "thing-x", outputs={"id": "thing-x"}))
    assert elsewhere(store)(X, "arn") is None
    assert elsewhere(store)(Address("dev", "test/Thing", "x"), "id") is None


@pytest.mark.parametrize("method", ["check_writable", "applied", "forget", "refresh"])
def test_an_inventory_that_cannot_be_written_says_so_and_freezes_the_pass(
    store: SqliteStore, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no tags of its own would be lost with its record."""
    store.applied(entry(P, "part-gone"))
    given = look(store, thing("x"))
    monkeypatch.setattr(store, method, lambda *_: refuse(StateError("disk full", hint="make room"))())
    assert keep(given, store) == "the inventory cannot be written, so nothing is changed: disk full; make room"


def test_a_real_state_file_that_cannot_be_written_is_told() -> None:
    store = SqliteStore(":memory:")
    given = look(store, thing("x"))
    store.close()
    assert keep(given, store).startswith("the inventory cannot be written, so nothing is changed: state file :memory:")


def test_nothing_is_written_for_an_empty_scope(store: SqliteStore) -> None:
    assert keep(situation(inventory=Inventory(fresh=True)), store) == ""
    assert store.inventory("prod").entries == ()


def test_what_has_no_tags_and_is_ours_by_a_begun_create_is_entered(store: SqliteStore) -> None:
    untagged = replace(thing("x"), tags=None)
    store.intend(X, "x")
    keep(look(store, untagged), store)
    assert store.inventory("prod").ids(X) == {"thing-x"}
    assert store.inventory("prod").intents == {}


def test_a_part_that_is_on_record_and_live_stays(store: SqliteStore) -> None:
    store.applied(entry(P, "part-1"))
    given = situation(
        (manifest("p", "test/Part"),), {"test/Part": (part("part-1"),)}, inventory=store.inventory("prod")
    )
    keep(given, store)
    assert store.inventory("prod").ids(P) == {"part-1"}
