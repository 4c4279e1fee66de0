"""Upkeep: after looking and before changing, the inventory is brought in line with what was seen.

What carries our tags and is not in it is entered (so a lost inventory comes back), what is gone is dropped, and outputs are
noted for other scopes. If the inventory cannot be written, nothing is changed in AWS either: what has no tags of its own
would be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from controller.errors import StateError
from controller.model.address import Address
from controller.model.inventory import Entry
from controller.model.plan import Plan, Verb
from controller.model.scope import Deletion
from controller.reconcile.plan import Situation
from controller.state.store import Store


def keep_inventory(plan: Plan, situation: Situation, commit: str, store: Store, now: datetime) -> str:
    """Bring the inventory in line; why it could not be written, or ""."""
    try:
        store.check_writable()
        with store.at_once():
            _enter(plan, situation, commit, store, now)
            _drop(situation, store)
            store.refresh({address: live.outputs for address, live in plan.owned.items()})
    except StateError as error:
        return f"the inventory cannot be written, so nothing is changed: {error}"
    return ""


def elsewhere(store: Store) -> Callable[[Address, str], str | None]:
    """The outputs of other scopes' resources, as their last pass has left them in the inventory."""

    def output(target: Address, name: str) -> str | None:
        outputs = store.outputs(target)
        return outputs.get(name) if outputs else None

    return output


def _enter(plan: Plan, situation: Situation, commit: str, store: Store, now: datetime) -> None:
    for address, live in plan.owned.items():
        if live.id in situation.inventory.ids(address):
            continue
        manifest = situation.desired.manifests[address]
        where, deletion = manifest.where, manifest.lifecycle.deletion
        store.applied(Entry(address, live.id, commit, where.file, where.line, now, deletion, live.outputs))
    orphans = (action for action in plan.actions if action.manifest is None and action.live is not None)
    for action in orphans:
        if action.live and action.live.id not in situation.inventory.ids(action.address):
            kept = Deletion.RETAIN if action.verb is Verb.FORGET else Deletion.DELETE
            kept = Deletion.PROTECT if action.held else kept
            store.applied(Entry(action.address, action.live.id, commit, "", 0, now, kept, action.live.outputs))


def _drop(situation: Situation, store: Store) -> None:
    read = {kind: found for kind, found in situation.observations.items() if not found.error}
    there = {(kind, live.id) for kind, found in read.items() for live in found.live}
    for entry in situation.inventory.entries:
        gone = entry.address.kind in read and (entry.address.kind, entry.id) not in there
        if gone and not entry.settling(situation.now):
            store.forget(entry.address, entry.id)
