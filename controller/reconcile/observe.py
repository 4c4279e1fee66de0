"""Observe: read what is live of every kind that a scope needs, side by side, each kind's failure kept to itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from typing import Any

from controller.aws.client import Aws
from controller.errors import AwsError, Held
from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.event import Emit, KindObserved
from controller.model.inventory import Inventory
from controller.model.manifest import Desired, Manifest, View
from controller.model.observed import Observation, Wanted


def kinds_of(registry: Mapping[str, Kind[Any]], desired: Desired, inventory: Inventory) -> list[Kind[Any]]:
    """The kinds to read: those of the manifests, and those that the inventory names and git may not any more.

    Where the inventory is new, or was lost, only tags can tell what is trueup's: then all kinds are read, once.
    """
    named = {
        *(address.kind for address in desired.manifests),
        *(entry.address.kind for entry in inventory.entries),
        *(address.kind for address in inventory.intents),
    }
    return [kind for kind in registry.values() if inventory.fresh or kind.id in named]


def observe(
    aws: Aws, kinds: Iterable[Kind[Any]], desired: Desired, inventory: Inventory, pool: Executor, emit: Emit
) -> dict[str, Observation[Any]]:
    """What is live, by kind. A kind that cannot be read is unknown, and says why; the others are not concerned."""
    scope = desired.scope.name
    asked = {
        kind.id: pool.submit(copy_context().run, _observe, aws, kind, wanted(kind, desired, inventory), scope, emit)
        for kind in kinds
    }
    return {kind: future.result() for kind, future in asked.items()}


def wanted(kind: Kind[Any], desired: Desired, inventory: Inventory) -> Wanted[Any]:
    """What a pass is interested in of one kind."""
    return Wanted(
        claims=frozenset(_claims(kind, desired.manifests)),
        ids=frozenset([*_known(kind, inventory), *_adopted(kind, desired.manifests)]),
        view=View(desired.scope, desired.everything or desired.manifests, desired.scopes),
        whole=desired.whole and desired.complete,
        entries=inventory.entries,
    )


def _known(kind: Kind[Any], inventory: Inventory) -> Iterable[str]:
    return (entry.id for entry in inventory.entries if entry.address.kind == kind.id)


def _adopted(kind: Kind[Any], manifests: Mapping[Address, Manifest]) -> Iterable[str]:
    for address, manifest in manifests.items():
        if address.kind == kind.id and isinstance(manifest.lifecycle.adopt, str):
            yield manifest.lifecycle.adopt


def _claims(kind: Kind[Any], manifests: Mapping[Address, Manifest]) -> Iterable[str]:
    for address, manifest in manifests.items():
        if address.kind == kind.id and manifest.spec is not None:
            yield kind.claim(manifest.spec)


def _observe(aws: Aws, kind: Kind[Any], interest: Wanted[Any], scope: str, emit: Emit) -> Observation[Any]:
    began = time.monotonic()
    try:
        observation = Observation(live=tuple(kind.observe(aws, interest)))
    except AwsError as error:
        observation = Observation(error=str(error))
    except Held:
        raise
    except Exception as error:  # noqa: BLE001 - a mistake in one kind must not stop the others
        observation = Observation(error=f"a mistake in trueup: {type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    emit(KindObserved(scope, kind.id, len(observation.live), seconds, observation.error))
    return observation
