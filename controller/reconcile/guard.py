"""Guard: what must not be carried out now, and why. Pure functions from a plan to the same plan with some actions held.

Each rule answers for one action with a reason, or "" to let it pass. The first reason counts. Then the limits are looked at over
what is left: those of each whole that it touches parts of (a zone, by its records), and the scope's. Above a limit all of it is
held, because a limit that is passed means that something is wrong, not that the first few were right. What a held action's
resource is in afterwards depends on who must act: a person (HELD), or nobody but the one who paused (DRIFTED).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from controller.model.address import Address
from controller.model.inventory import Entry, Failure
from controller.model.manifest import Desired, Manifest
from controller.model.observed import Whole
from controller.model.plan import ABSENT, Action, Change, Plan, State, Status, Verb
from controller.model.reference import is_known
from controller.model.scope import Deletion, Mode
from controller.reconcile.diff import top_level

PauseReason = Callable[[Address], str]
SMALL = 10
"""A whole of fewer parts may be changed as a whole."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the guards look at. `frozen` says why nothing at all may be changed ("" when it may); `entries` what was
    applied, and from which commit."""

    desired: Desired
    failures: Mapping[Address, Failure]
    commit: str
    now: datetime
    paused: PauseReason
    frozen: str = ""
    entries: tuple[Entry, ...] = ()


def guard(plan: Plan, rules: Rules) -> Plan:
    """The plan with every action that must not be carried out held, and the statuses that follow from it."""
    actions = [_guarded(action, rules) for action in plan.actions]
    limit = plan.scope.spec.guard
    actions = _spared(actions, limit.max_percent)
    actions = _limited(actions, Verb.DELETE, limit.max_deletes, "maxDeletes")
    actions = _limited(actions, Verb.REPLACE, limit.max_replacements, "maxReplacements")
    statuses = dict(plan.statuses)
    for action in reversed(actions):  # of a replacement and what it leaves behind, the replacement's reason counts
        if action.held:
            statuses[action.address] = _status(plan.statuses[action.address], action, rules)
    return replace(plan, actions=tuple(actions), statuses=statuses)


def _guarded(action: Action, rules: Rules) -> Action:
    if action.held:
        return action
    for rule in (_frozen, _paused, _observe_only, _protected, _cautious, _incomplete, _refused_before, _taken_back):
        reason = rule(action, rules)
        if reason:
            return replace(action, held=reason)
    return action


def _frozen(_: Action, rules: Rules) -> str:
    return rules.frozen


def _paused(action: Action, rules: Rules) -> str:
    return rules.paused(action.address)


def _observe_only(action: Action, rules: Rules) -> str:
    if rules.desired.scope.spec.mode is Mode.OBSERVE:
        return f"scope {rules.desired.scope.name!r} only observes (mode: observe)"
    if action.manifest and action.manifest.lifecycle.mode is Mode.OBSERVE:
        return "the manifest only observes (lifecycle.mode: observe)"
    return ""


def _protected(action: Action, _: Rules) -> str:
    protected = action.manifest is not None and action.manifest.lifecycle.deletion is Deletion.PROTECT
    if protected and action.verb in (Verb.DELETE, Verb.REPLACE):
        return "it is protected (lifecycle.deletion: protect)"
    return action.live.keep if action.live and action.verb in (Verb.DELETE, Verb.REPLACE) else ""


def _cautious(action: Action, _: Rules) -> str:
    return action.caution


def _incomplete(action: Action, rules: Rules) -> str:
    pruned = action.manifest is None
    if pruned and not rules.desired.complete:
        return "some manifests of the scope have errors, so git may well name it still"
    return ""


def _refused_before(action: Action, rules: Rules) -> str:
    failure = rules.failures.get(action.address)
    if failure and failure.fingerprint == fingerprint(action, rules.commit) and rules.now < failure.not_before:
        when = failure.not_before.strftime("%H:%M:%S UTC")
        return f"{failure.message} (tried {failure.attempts}x; again at {when}, or on a new commit)"
    return ""


def _taken_back(action: Action, rules: Rules) -> str:
    if action.verb is not Verb.UPDATE or not action.live or not action.live.refused:
        return ""
    mine = [entry for entry in rules.entries if entry.address == action.address and entry.id == action.live.id]
    asked = rules.commit in {entry.commit for entry in mine} and not _of_something_new(action, mine, rules)
    refused = action.live.refused.removesuffix(".")
    return f"{refused}; not tried again before a new commit" if asked else ""


def _of_something_new(action: Action, mine: Sequence[Entry], rules: Rules) -> bool:
    """Whether what is to be asked of AWS is not what it took back: what the resource refers to has changed since, or is about to.

    One commit may mean another image tomorrow, where it follows a tag.
    """
    since = max(entry.created for entry in mine)
    targets = {link.target for link in action.manifest.links} if action.manifest else set()
    changed = any(entry.created > since for entry in rules.entries if entry.address in targets)
    return changed or not all(is_known(str(change.after)) for change in action.changes)


def fingerprint(action: Action, commit: str) -> str:
    """Changes when the commit, what git wants, or what is live changes: then a refused action is worth trying again."""
    live = (
        (action.live.id, action.live.spec.model_dump_json(), sorted((action.live.tags or {}).items()))
        if action.live and not action.live.failed  # each attempt leaves another one behind
        else ()
    )
    wanted = action.manifest.digest if action.manifest else ""
    return hashlib.sha256(repr((commit, action.verb.value, wanted, live)).encode()).hexdigest()


def _spared(actions: list[Action], percent: int) -> list[Action]:
    """Hold what would, taken together, touch too much of a whole. `percent` is what the scope allows."""
    due = [action for action in actions if not action.held]
    going = {action.live.id for action in due if action.live and action.verb is Verb.DELETE}
    wholes = {action.live.whole.id: action.live.whole for action in due if action.live and action.live.whole}
    reasons: dict[str, str] = {}
    for whole in wholes.values():
        tolls = {action.key: _toll(action, whole) for action in due}
        reason = _excess(whole, tuple(tolls.values()), percent) if whole.id not in going else ""
        reasons |= {key: reason for key, toll in tolls.items() if toll.changed or toll.gone}
    return [replace(action, held=reasons.get(action.key) or action.held) for action in actions]


def unforeseen(action: Action) -> str:
    """Why an action must not be carried out after all, once it is known what it changes."""
    whole = action.live.whole if action.live else None
    return action.caution or (_excess(whole, (_toll(action, whole),), 100) if whole and whole.address else "")


class _Toll(NamedTuple):
    """How many parts of a whole an action touches, and makes."""

    changed: int = 0
    gone: int = 0
    new: int = 0


def _toll(action: Action, whole: Whole) -> _Toll:
    its = action.live.whole if action.live else None
    if its is None or its.id != whole.id:
        makes = action.verb in (Verb.CREATE, Verb.REPLACE)
        return _Toll(new=int(makes and action.manifest is not None and _names(action.manifest, whole)))
    update = action.verb in (Verb.UPDATE, Verb.ADOPT)
    if its.field:
        return _toll_of(its.field, action.changes) if update else _Toll()
    fields = {top_level(change.path) for change in action.changes}
    unknown = action.verb is Verb.UPDATE and not fields
    # What a replacement leaves behind is counted with the replacement.
    gone = action.verb is Verb.REPLACE or (action.verb is Verb.DELETE and action.manifest is None)
    return _Toll(changed=int(unknown or (update and bool(fields - {"tags"}))), gone=int(gone))


def _names(manifest: Manifest, whole: Whole) -> bool:
    """Whether a manifest wants a part of a whole: it refers to it, by its manifest or its id."""
    return whole.address in {link.target for link in manifest.links} or whole.id in manifest.data.values()


def _toll_of(field: str, changes: Iterable[Change]) -> _Toll:
    """What changes of a field do to its items."""
    changed: set[str] = set()
    gone: set[str] = set()
    new: set[str] = set()
    for change in changes:
        item, inside, _ = change.path.rpartition("].")
        if change.path.startswith(f"{field}["):
            came, went = change.before is ABSENT and not inside, change.after is ABSENT and not inside
            (new if came else gone if went else changed).add(item or change.path)
    return _Toll(len(changed), len(gone), len(new))


def _excess(whole: Whole, tolls: Sequence[_Toll], percent: int) -> str:
    """Why so much of a whole must not be touched in one pass, and how to go on; "" where it may."""
    gone, new = sum(toll.gone for toll in tolls), any(toll.new for toll in tolls)
    touched = gone + sum(toll.changed for toll in tolls)
    limit, field = (whole.percent, "changePercent") if whole.address else (percent, "maxPercent")
    share = min(-(-100 * touched // max(whole.parts, 1)), 100)
    if 0 < gone >= whole.removable and not new:
        if whole.emptied if whole.address else limit == 100:
            return ""
        what, say = f"no {whole.name} would be left", "empty: true" if whole.address else f"{field}: 100"
    elif whole.parts >= SMALL and share > limit:
        what = f"{touched} of {whole.parts} {whole.name} would change or go, more than {limit}%"
        say = f"{field}: {share}"
    else:
        return ""
    return f"{what}; to go on, commit `guard: {{{say}}}` in {whole.where or 'scope.yaml'}"


def _limited(actions: list[Action], verb: Verb, limit: int, name: str) -> list[Action]:
    due = [action for action in actions if action.verb is verb and not action.held]
    # What a replacement leaves behind was agreed to with the replacement.
    counted = [action for action in due if action.manifest is None or verb is Verb.REPLACE]
    if len(counted) <= limit:
        return actions
    reason = (
        f"{len(counted)} {verb.value}s in one pass are more than the scope allows; to go on, commit "
        f"`guard: {{{name}: {len(counted)}}}` in scope.yaml"
    )
    return [replace(action, held=reason) if action in counted else action for action in actions]


def _status(before: Status, action: Action, rules: Rules) -> Status:
    return replace(before, state=_state(action, rules), reason=f"{action.reason}; not done: {action.held}")


def _state(action: Action, rules: Rules) -> State:
    if rules.frozen or _paused(action, rules) or _observe_only(action, rules):
        return State.DRIFTED
    return State.FAILED if _refused_before(action, rules) else State.HELD
