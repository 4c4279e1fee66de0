"""Execute: carry out a plan's actions, independent ones side by side, each failure kept to itself and its dependants.

Actions that may share calls (`Kind.together`) go as a group: all that can go now, and what needs nothing more than these. One
such group is under way at a time; what can go meanwhile is the next.

Every step is recorded before the next: an intent before a create, the resource after it. So the daemon may be killed between
any two calls, and the next pass finds out from tags and inventory what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


Group = Sequence[Action]
"""Actions that go together, each after what it needs."""


def execute(
    plan: Plan,
    carry_out: Callable[[Group], Iterable[Ended]],
    skip: Callable[[Action, str], Ended],
    workers: int,
    group: Callable[[Action], str] = lambda action: "",
) -> Mapping[str, Ended]:
    """Carry out what is due, in the order of needs. The result has every action of the plan, by key.

    `group` says what an action goes together with, by a name; "" where it goes alone.
    """
    actions = {action.key: action for action in plan.actions}
    groups = {key: group(action) or key for key, action in actions.items()}
    members: dict[str, list[Action]] = {}
    for key, name in groups.items():
        members.setdefault(name, []).append(actions[key])
    order = TopologicalSorter({key: action.needs for key, action in actions.items()})
    order.prepare()
    ended: dict[str, Ended] = {}
    due: dict[str, list[Action]] = {}
    running: dict[str, tuple[Future[Iterable[Ended]], list[Action]]] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="apply") as pool:
        while order.is_active():
            while ready := order.get_ready():
                for action in (
                    actions[key] for key in ready if key not in ended
                ):  # it may have gone along with another
                    why = action.held or action.waits or obstacle(action, ended)
                    if why:
                        ended[action.key] = Ended(action, Result.HELD, why) if action.held else skip(action, why)
                    else:
                        due.setdefault(groups[action.key], []).append(action)
                order.done(*(key for key in ready if key in ended))
            for name in [name for name in due if name not in running]:
                first = due.pop(name)
                whole = [*first, *_along(first, members[name], ended)]
                running[name] = pool.submit(copy_context().run, carry_out, whole), first
            over = wait((future for future, _ in running.values()), return_when=FIRST_COMPLETED).done
            for name in [name for name, (future, _) in running.items() if future in over]:
                future, first = running.pop(name)
                ended |= {end.action.key: end for end in future.result()}
                order.done(*(action.key for action in first))
    return ended


def _along(group: Group, members: Iterable[Action], ended: Mapping[str, Ended]) -> Iterable[Action]:
    """Which others of its kind go along with a group: those that need something in it, and nothing else that is not over.

    `members` are in an order in which each comes after what it needs.
    """
    going = {action.key for action in group}
    for action in members:
        others = action.needs - going
        needy = len(others) < len(action.needs) and action.key not in going
        if needy and not (action.held or action.waits) and all(need in ended and ended[need].ready for need in others):
            going.add(action.key)
            yield action


def obstacle(action: Action, ended: Mapping[str, Ended]) -> str:
    """What of that which an action needs has ended without being there, or ""."""
    for key in sorted(action.needs & ended.keys()):
        need = ended[key]
        if not need.ready:
            why = need.pending or need.reason
            return f"waits for {need.action.address.local}: {why}"
    return ""
