"""Observe: which kinds are read, what they are asked for, and what a failure of one means for the others."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import pytest

from controller.aws.client import Aws
from controller.errors import AwsRefused, Held
from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.event import Event, KindObserved
from controller.model.inventory import Inventory
from controller.model.manifest import Desired, acquainted
from controller.model.observed import Observation, Wanted
from controller.model.scope import Scope
from controller.reconcile.observe import kinds_of, observe, wanted
from tests.unit.cloud import Cloud, refuse
from tests.unit.thing import KINDS, SCOPE, Part_, address, entry, manifest, thing

PATIENCE = 20
KNOWN = Inventory(fresh=False)


def desired(*names: str) -> Desired:
    manifests = [manifest(name) for name in names]
    return Desired(SCOPE, {one.address: one for one in manifests})


def ids(kinds: Iterable[Kind[Any]]) -> set[str]:
    return {kind.id for kind in kinds}


def test_only_kinds_that_git_names_are_read() -> None:
    assert ids(kinds_of(KINDS, desired("x"), KNOWN)) == {"test/Thing"}


def test_a_kind_that_only_the_record_names_is_read_too() -> None:
    """Git may have named it until a commit ago, and what it made must be found to be deleted."""
    recorded = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    assert ids(kinds_of(KINDS, desired(), recorded)) == {"test/Part"}


def test_a_kind_whose_create_was_begun_is_read_too() -> None:
    begun = Inventory(intents={address("p", "test/Part"): ""}, fresh=False)
    assert ids(kinds_of(KINDS, desired(), begun)) == {"test/Part"}


def test_all_kinds_are_read_where_the_inventory_is_new_or_was_lost() -> None:
    assert ids(kinds_of(KINDS, desired(), Inventory(fresh=True))) == set(KINDS)


def test_a_kind_is_asked_for_the_names_of_git_and_the_ids_of_the_record() -> None:
    recorded = Inventory((entry(address("y"), "thing-y"), entry(address("p", "test/Part"), "part-1")), fresh=False)
    things, parts = (wanted(KINDS[kind], desired("x"), recorded) for kind in ("test/Thing", "test/Part"))
    assert (*things.claims, *things.ids) == ("x", "thing-y")
    assert (*parts.claims, *parts.ids) == ("part-1",)


def test_a_kind_is_told_what_else_the_commit_wants_and_the_record_knows() -> None:
    """What is live may be looked after by more than one manifest: a zone's records, by the zone's and by their own."""
    recorded = Inventory((entry(address("p", "test/Part"), "part-1"),), fresh=False)
    other = replace(manifest("x"), address=Address("elsewhere", "test/Thing", "x"))
    scope, neighbour = desired("x"), Desired(Scope(name="elsewhere", spec=SCOPE.spec), {other.address: other})
    met = acquainted({"prod": scope, "elsewhere": replace(neighbour, complete=False)})["prod"]
    told = wanted(KINDS["test/Thing"], met, recorded)
    assert told.view is not None
    assert told.view.manifests == {**scope.manifests, **neighbour.manifests}
    assert told.view.find("test/Thing", "elsewhere/x") is other
    assert told.view.scopes == {"prod": scope.scope, "elsewhere": neighbour.scope}
    assert not told.whole, "another scope has errors, so that a manifest may be missing"
    assert told.entries == recorded.entries


def test_a_kind_is_asked_for_what_a_manifest_adopts_by_its_id() -> None:
    """Nothing else would tell that it is worth a call of its own: it bears no tag of ours, and its name may not be unique."""
    taken, own = manifest("x", lifecycle={"adopt": "thing-7"}), manifest("y", lifecycle={"adopt": True})
    scope = Desired(SCOPE, {one.address: one for one in (taken, own)})
    assert wanted(KINDS["test/Thing"], scope, KNOWN).ids == {"thing-7"}
    assert wanted(KINDS["test/Part"], scope, KNOWN).ids == frozenset()


def test_a_name_that_is_not_known_yet_is_not_asked_for() -> None:
    later = manifest("x")
    unknown = Desired(SCOPE, {later.address: type(later)(later.address, {}, None, later.lifecycle, later.where, "")})
    assert wanted(KINDS["test/Thing"], unknown, KNOWN).claims == frozenset()


class Parts(Part_):
    """A second kind, that waits for what it is given."""

    def __init__(self, meet: threading.Barrier | None = None) -> None:
        self._meet = meet

    def observe(self, aws: Aws, wanted: Wanted[Any]) -> Any:
        if self._meet:
            self._meet.wait()
        yield from ()


def observed(*kinds: Kind[Any], events: list[Event] | None = None) -> dict[str, Observation[Any]]:
    with ThreadPoolExecutor(2) as pool:
        return observe(cast(Aws, None), kinds, desired("x"), KNOWN, pool, (events if events is not None else []).append)


def test_what_is_live_is_read_by_kind_and_told() -> None:
    events: list[Event] = []
    assert observed(Cloud(thing("x"), thing("y")), Parts(), events=events) == {
        "test/Thing": Observation(live=(thing("x"), thing("y"))),
        "test/Part": Observation(),
    }
    told = {event.kind: event for event in events if isinstance(event, KindObserved)}
    assert (told["test/Thing"].scope, told["test/Thing"].count, told["test/Thing"].error) == ("prod", 2, "")
    assert told["test/Part"].count == 0


def test_kinds_are_read_side_by_side() -> None:
    """Each waits for the other to have begun, so one after the other would never end."""
    meet = threading.Barrier(2, timeout=PATIENCE)
    cloud = Cloud(thing("x"))
    cloud.on["observe"] = meet.wait
    assert observed(cloud, Parts(meet))["test/Thing"].live == (thing("x"),)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AwsRefused("AccessDenied", hint="allow it"), "AccessDenied; allow it"),
        (ValueError("oops"), "a mistake in trueup: ValueError: oops"),
    ],
)
def test_a_kind_that_cannot_be_read_is_unknown_and_the_others_are_not_concerned(error: Exception, said: str) -> None:
    events: list[Event] = []
    cloud = Cloud(thing("x"))
    cloud.on["observe"] = refuse(error)
    assert observed(cloud, Parts(), events=events) == {
        "test/Thing": Observation(error=said),
        "test/Part": Observation(),
    }
    assert {(event.kind, event.error) for event in events if isinstance(event, KindObserved)} == {
        ("test/Thing", said),
        ("test/Part", ""),
    }


def test_a_look_that_is_told_to_stop_stops() -> None:
    cloud = Cloud()
    cloud.on["observe"] = refuse(Held("shutting down"))
    with pytest.raises(Held, match="shutting down"):
        observed(cloud)
