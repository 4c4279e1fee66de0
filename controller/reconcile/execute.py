"""Execute: carry out a plan's actions, independent ones side by side, each failure kept to itself and its dependants.

Every step is recorded before the next: an intent before a create, the resource after it. So the daemon may be killed between
any two calls, and the next pass finds out from tags and inventory what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from graphlib import TopologicalSorter

from controller.model.event import Result
from controller.model.plan import Action, Plan


@dataclass(frozen=True, slots=True)
class Ended:
    """How one action ended. `pending` says what AWS is still at after a success."""

    action: Action
    result: Result
    reason: str = ""
    pending: str = ""

    @property
    def ready(self) -> bool:
        """Whether dependants may go on."""
        return self.result is Result.DONE and not self.pending


def execute(
    plan: Plan, carry_out: Callable[[Action], Ended], skip: Callable[[Action, str], Ended], workers: int
) -> Mapping[str, Ended]:
    """Carry out what is due, in the order of needs. The result has every action of the plan, by key."""
    actions = {action.key: action for action in plan.actions}
    order = TopologicalSorter({key: action.needs for key, action in actions.items()})
    order.prepare()
    ended: dict[str, Ended] = {}
    running: dict[Future[Ended], str] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="apply") as pool:
        while order.is_active():
            for key in order.get_ready():
                action = actions[key]
                obstacle = action.held or action.waits or _obstacle(action, ended)
                if obstacle:
                    ended[key] = Ended(action, Result.HELD, obstacle) if action.held else skip(action, obstacle)
                    order.done(key)
                else:
                    running[pool.submit(copy_context().run, carry_out, action)] = key
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                key = running.pop(future)
                ended[key] = future.result()
                order.done(key)
    return ended


def _obstacle(action: Action, ended: Mapping[str, Ended]) -> str:
    for key in sorted(action.needs):
        need = ended[key]
        if not need.ready:
            why = need.pending or need.reason
            return f"waits for {need.action.address.local}: {why}"
    return ""
