"""Conclude: every resource's state after a pass, from its state before and what became of its action.

the action was     the resource is
done               in sync, or pending while AWS is still at it
waiting            pending: AWS is not ready for it yet
held               as the guard said
refused, failed    failed
skipped            pending if what it waits for is on its way, else blocked
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.model.address import Address
from controller.model.event import Result
from controller.model.plan import Action, Plan, State, Status, Verb
from controller.reconcile.execute import Ended

SEVERITY = (State.IN_SYNC, State.PENDING, State.DRIFTED, State.HELD, State.BLOCKED, State.FAILED, State.UNKNOWN)
"""Of an address with two actions (a replacement) the state that needs a person most counts."""


def conclude(plan: Plan, ended: Mapping[str, Ended]) -> dict[Address, Status]:
    """The states after the pass. What git names no more and is gone is no longer among them."""
    acted_on = {action.address for action in plan.actions if not _leftover(action)}
    statuses = {address: status for address, status in plan.statuses.items() if address not in acted_on}
    for end in ended.values():
        address = end.action.address
        if end.action.verb in (Verb.DELETE, Verb.FORGET) and end.result is Result.DONE:
            continue
        if _leftover(end.action) and any(
            need.action.address == address and not need.ready for need in _needs(end, ended)
        ):
            continue  # the replacement itself says why it is not done
        status = _after(plan.statuses[address], end, ended)
        known = statuses.get(address)
        if known is None or SEVERITY.index(status.state) > SEVERITY.index(known.state):
            statuses[address] = status
    return statuses


def _leftover(action: Action) -> bool:
    """Whether an action only deletes what a replacement has left behind: its address is that of a resource which stays."""
    return action.verb is Verb.DELETE and action.manifest is not None


def _needs(end: Ended, ended: Mapping[str, Ended]) -> list[Ended]:
    return [ended[key] for key in end.action.needs]


def _after(before: Status, end: Ended, ended: Mapping[str, Ended]) -> Status:
    match end.result:
        case Result.DONE if end.pending:
            return replace(before, state=State.PENDING, reason=end.pending, changes=())
        case Result.DONE:
            return replace(before, state=State.IN_SYNC, reason="", changes=())
        case Result.WAITING:
            return replace(before, state=State.PENDING, reason=end.reason)
        case Result.HELD if end.action.held:
            return before
        case Result.HELD:
            return replace(before, state=State.HELD, reason=end.reason)
        case Result.SKIPPED:
            state = State.PENDING if _on_its_way(end, ended) else State.BLOCKED
            return replace(before, state=state, reason=end.reason)
        case _:
            return replace(before, state=State.FAILED, reason=end.reason)


def _on_its_way(end: Ended, ended: Mapping[str, Ended]) -> bool:
    """Whether all that an action waits for has succeeded, or will, and is only not ready yet."""
    return all(
        need.result in (Result.DONE, Result.WAITING) or (need.result is Result.SKIPPED and _on_its_way(need, ended))
        for need in _needs(end, ended)
    )
