"""One pass over one scope, as a list of its steps: observe, plan, guard, apply, conclude."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controller.aws.account import Accounts
from controller.aws.client import Aws
from controller.errors import Held, StateError, TrueupError
from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.event import Emit, Outcome, PassEnded, PassStarted, Planned, Result, StateTrouble
from controller.model.manifest import Desired
from controller.model.plan import Plan, State, Status
from controller.reconcile.apply import Applier, Outputs
from controller.reconcile.conclude import conclude
from controller.reconcile.execute import execute
from controller.reconcile.guard import Rules, guard
from controller.reconcile.observe import kinds_of, observe
from controller.reconcile.plan import Situation, make_plan
from controller.reconcile.upkeep import elsewhere, keep_inventory
from controller.state.store import Store

PASSES = 5
"""Passes in a row that `settle` makes at the most; what AWS takes minutes for is not waited for."""


@dataclass(frozen=True)
class World:
    """What passes have in common: the accounts, the kinds, the state, and who listens and who may stop them."""

    accounts: Accounts
    kinds: Mapping[str, Kind[Any]]
    store: Store
    emit: Emit
    paused: Callable[[Address], str]
    owner: str
    workers: int = 8
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Sight:
    """What one look at a scope has shown, and the plan that follows from it."""

    aws: Aws
    situation: Situation
    plan: Plan


def reconcile(desired: Desired, commit: str, world: World) -> Outcome:
    """Observe, plan, guard, apply and record, once. What goes wrong is in the outcome; raises Held when told to stop."""
    scope, started, began = desired.scope.name, world.clock(), time.monotonic()
    world.emit(PassStarted(scope, commit))
    statuses: Mapping[Address, Status]
    try:
        sight = look(desired, world)
        frozen = keep_inventory(sight.plan, sight.situation, commit, world.store, world.clock())
        plan = guarded(sight, commit, world, frozen)
        world.emit(StateTrouble(frozen))
        world.emit(Planned(plan, commit))
        statuses, applied = act(plan, sight, commit, world)
        error = ""
    except Held:
        raise
    except TrueupError as failure:
        statuses, applied, error = _unknown(desired, str(failure)), 0, str(failure)
    outcome = Outcome(scope, commit, started, time.monotonic() - began, statuses, applied, error)
    _finish(outcome, world)
    world.emit(PassEnded(outcome))
    return outcome


def settle(desired: Desired, commit: str, world: World) -> Outcome:
    """Passes until one has nothing more to do: what two resources refer to in each other takes a second one."""
    for _ in range(PASSES):
        outcome = reconcile(desired, commit, world)
        if outcome.converged or not outcome.applied:
            break
    return outcome


def look(desired: Desired, world: World) -> Sight:
    """Observe and plan, and change nothing. Raises TrueupError where the scope as a whole cannot be looked at."""
    inventory = world.store.inventory(desired.scope.name)
    aws = Aws(world.accounts.of(desired.scope), desired.scope.spec.region)
    kinds = kinds_of(world.kinds, desired, inventory)
    with ThreadPoolExecutor(max_workers=world.workers, thread_name_prefix="observe") as pool:
        observations = observe(aws, kinds, desired, inventory, pool, world.emit)
    situation = Situation(
        desired, observations, inventory, world.kinds, world.owner, elsewhere(world.store), world.clock()
    )
    return Sight(aws, situation, make_plan(situation))


def guarded(sight: Sight, commit: str, world: World, frozen: str = "") -> Plan:
    """The plan with everything held that must not be carried out now."""
    situation = sight.situation
    failures = situation.inventory.failures
    entries = situation.inventory.entries
    return guard(sight.plan, Rules(situation.desired, failures, commit, world.clock(), world.paused, frozen, entries))


def act(plan: Plan, sight: Sight, commit: str, world: World) -> tuple[Mapping[Address, Status], int]:
    """Carry out what is due; the states afterwards, and how many actions changed something."""
    situation = sight.situation
    outputs = Outputs(dict(plan.outputs), situation.elsewhere, plan.scope.name)
    applier = Applier(
        sight.aws, world.kinds, world.store, situation.inventory, outputs, commit, world.emit, world.clock
    )
    ended = execute(plan, applier, applier.skip, world.workers, applier.group)
    return conclude(plan, ended), sum(end.result is Result.DONE for end in ended.values())


def _unknown(desired: Desired, reason: str) -> dict[Address, Status]:
    return {
        address: Status(address, State.UNKNOWN, reason, manifest.where)
        for address, manifest in desired.manifests.items()
    }


def _finish(outcome: Outcome, world: World) -> None:
    try:
        world.store.finish(outcome)
    except StateError as error:
        world.emit(StateTrouble(str(error)))
