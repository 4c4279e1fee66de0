"""Plan: from what git wants and what is live to the actions that would end the drift. Pure: values in, values out.

    git names it   live        differs in             plan
    yes            no          -                      create
    yes            yes         nothing                -
    yes            yes         fields, tags           update (adopt, where it was not ours)
    yes            yes         a field of replace_on  replace; the old one is deleted once nothing refers to it
    yes            yes, failed -                      replace
    yes            yes, twice  -                      delete what the inventory knows of a replacement's leftovers
    no             yes, ours   -                      delete; or forget, where its deletion says `retain`
    no             no          -                      -

What is only looked at (`kinds.base.Lookup`) is never acted on; it stands for what was found, or waits.
Whether an action may be carried out is not decided here but in `guard`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import Any

from pydantic import ValidationError

from controller.kinds.base import Kind
from controller.manifest.graph import needs, untangled
from controller.manifest.validation import hide
from controller.model.address import Address
from controller.model.inventory import Entry, Inventory
from controller.model.manifest import Desired, Manifest
from controller.model.observed import Observation, Observed
from controller.model.plan import Action, Change, Plan, State, Status, Verb
from controller.model.scope import Deletion, Mode
from controller.model.spec import Spec
from controller.reconcile.diff import diff, diff_tags, top_level
from controller.reconcile.effects import explainer, names_of
from controller.reconcile.match import Book, Live, Match, match, read_book
from controller.reconcile.order import ordered
from controller.reconcile.owner import DELETION, PREFIX, managed_tags, tags_for
from controller.reconcile.resolve import resolve

FAR_AHEAD = datetime.max.replace(tzinfo=UTC)
"""A time at which nothing is new any more."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a plan is made from. `elsewhere` knows the outputs of other scopes' resources, `now` when it is."""

    desired: Desired
    observations: Mapping[str, Observation[Any]]
    inventory: Inventory
    kinds: Mapping[str, Kind[Any]]
    owner: str
    elsewhere: Callable[[Address, str], str | None] = lambda target, output: None
    now: datetime = FAR_AHEAD


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one manifest. `outputs` are what others may refer to now; none while it is yet to be (re)made. `spec` is what
    is wanted, with ids in place of names, as far as that can be known."""

    status: Status
    action: Action | None = None
    live: Observed[Any] | None = None
    surplus: tuple[Observed[Any], ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    spec: Spec | None = None


def make_plan(situation: Situation) -> Plan:
    """The plan for one scope, its actions in an order in which they can be carried out."""
    desired = situation.desired
    book = read_book(situation.observations, situation.kinds, situation.inventory, situation.owner, desired.scope)
    decisions: dict[Address, Decision] = {}
    for address in _in_order(desired.manifests):
        decisions[address] = _decide(desired.manifests[address], situation, book, decisions)
    for address in [address for address, manifest in desired.manifests.items() if _names_loosely(manifest)]:
        # Of two that name each other, one was looked at before it was known what the other is.
        decisions[address] = _decide(desired.manifests[address], situation, book, decisions)
    removals = [*_surplus(situation, decisions), *_orphans(situation, book, decisions)]
    actions = [decision.action for decision in decisions.values() if decision.action] + removals
    statuses = {address: decision.status for address, decision in decisions.items()}
    for removal in removals:
        gone = Status(removal.address, State.DRIFTED, removal.reason, removal.where)
        statuses.setdefault(removal.address, gone)
    known = _known(book, decisions)
    wanted = {address: found.spec for address, found in decisions.items() if found.spec}
    explained = explainer(situation.kinds, names_of(known), wanted)
    return Plan(
        desired.scope,
        tuple(explained(action) for action in ordered(actions, situation.kinds, known, wanted)),
        statuses,
        owned={address: found.live for address, found in decisions.items() if found.live and address in book.owned},
        outputs={address: found.outputs for address, found in decisions.items() if found.outputs},
        facts={address: live.facts for address, live in known.items() if live.facts},
    )


def _known(book: Book, decisions: Mapping[Address, Decision]) -> dict[Address, Observed[Any]]:
    """What is live under an address, git's or one that git names no more."""
    ours = {address: lives[0].item for address, lives in book.owned.items()}
    return ours | {address: found.live for address, found in decisions.items() if found.live}


def _in_order(manifests: Mapping[Address, Manifest]) -> Iterator[Address]:
    """Each after what it refers to, as far as that is possible: loose references may go in a circle."""
    alphabetical = [manifests[address] for address in sorted(manifests)]
    graph = untangled(needs(alphabetical), needs(alphabetical, loose=True))
    order = TopologicalSorter({address: sorted(targets) for address, targets in graph.items()}).static_order()
    return (address for address in order if address in manifests)


def _decide(manifest: Manifest, situation: Situation, book: Book, decisions: Mapping[Address, Decision]) -> Decision:
    kind = situation.kinds[manifest.address.kind]
    observation = situation.observations[kind.id]
    if observation.error:
        return _without_action(manifest, State.UNKNOWN, f"could not be read: {observation.error}")
    unseen = _unseen(manifest, kind, situation, book)
    if unseen:
        reason = f"{unseen.id} was made a moment ago, and AWS does not show it yet"
        return Decision(Status(manifest.address, State.PENDING, reason, manifest.where), outputs=unseen.outputs)
    missing = _missing(manifest, situation, decisions)
    if missing:
        return _without_action(manifest, State.BLOCKED, missing)
    if not kind.made:
        return _looked_at(manifest, book)
    outputs = _outputs(manifest, situation, decisions)
    try:
        spec = resolve(manifest, situation.kinds, outputs)
    except ValidationError as error:
        spec = None
        problem = "" if _incomplete(manifest, outputs) else _first(error)
        if problem:
            return _without_action(manifest, State.FAILED, problem)
    found = match(manifest, spec, kind, book, situation.desired.manifests, mode_of(manifest, situation.desired))
    if found.blocked:
        return _without_action(manifest, State.BLOCKED, found.blocked)
    made = found.live is not None
    decision = _compare(manifest, spec, kind, found, situation) if made else _create(manifest, spec, situation)
    waits = _waits(manifest, decisions)
    action = replace(decision.action, waits=waits) if decision.action and waits else decision.action
    return replace(decision, action=action, spec=spec)


def _unseen(manifest: Manifest, kind: Kind[Any], situation: Situation, book: Book) -> Entry | None:
    """What was made so lately that AWS does not show it yet: another one must not be made. A name would stop that by itself."""
    if kind.name_field or kind.sole:
        return None
    ours = (entry for entry in situation.inventory.of(manifest.address) if entry.settling(situation.now))
    return next((entry for entry in ours if (kind.id, entry.id) not in book.by_id), None)


def mode_of(manifest: Manifest, desired: Desired) -> Mode:
    """Whether trueup changes a resource, or only observes it."""
    return Mode.OBSERVE if desired.scope.spec.mode is Mode.OBSERVE else manifest.lifecycle.mode or Mode.MANAGE


def _missing(manifest: Manifest, situation: Situation, decisions: Mapping[Address, Decision]) -> str:
    """Why something that a manifest needs cannot be had in this pass, or ""."""
    for target in _required(manifest):
        if target not in situation.desired.manifests:
            return f"needs {target.local}, whose manifest has errors"
        status = decisions[target].status
        if status.state in (State.UNKNOWN, State.BLOCKED, State.FAILED):
            return f"needs {target.local}, which is {status.state.value}"
    return ""


def _waits(manifest: Manifest, decisions: Mapping[Address, Decision]) -> str:
    """Why a change must wait for AWS to be done with something that it needs, or ""."""
    for target in _required(manifest):
        found = decisions[target]
        if found.action is None and found.status.state is State.PENDING:
            return f"waits for {target.local}: {found.status.reason}"
    return ""


def _required(manifest: Manifest) -> list[Address]:
    """What must stand in the same scope before a manifest's resource can."""
    targets = {link.target for link in manifest.links if not link.loose} - {manifest.address}
    return sorted(target for target in targets if target.scope == manifest.address.scope)


def _names_loosely(manifest: Manifest) -> bool:
    return any(link.loose for link in manifest.links)


def _outputs(
    manifest: Manifest, situation: Situation, decisions: Mapping[Address, Decision]
) -> Callable[[Address, str], str | None]:
    def output(target: Address, name: str) -> str | None:
        if target.scope != manifest.address.scope:
            return situation.elsewhere(target, name)
        return decisions[target].outputs.get(name) if target in decisions else None

    return output


def _incomplete(manifest: Manifest, outputs: Callable[[Address, str], str | None]) -> bool:
    return any(link.output and outputs(link.target, link.output) is None for link in manifest.links)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    return f"{path}: {first['msg']} once its references are put in"


def _without_action(manifest: Manifest, state: State, reason: str) -> Decision:
    return Decision(Status(manifest.address, state, reason, manifest.where))


def _create(manifest: Manifest, spec: Spec | None, situation: Situation) -> Decision:
    action = Action(
        Verb.CREATE,
        manifest.address,
        "git names it and it does not exist",
        manifest=manifest,
        wanted=hide(situation.kinds[manifest.address.kind].spec, manifest.data),
        tags=_tags(manifest, spec, situation),
    )
    return Decision(Status(manifest.address, State.DRIFTED, action.reason, manifest.where), action)


def _tags(manifest: Manifest, spec: Spec | None, situation: Situation) -> dict[str, str] | None:
    if not situation.kinds[manifest.address.kind].taggable:
        return None
    own = getattr(spec, "tags", {}) if spec is not None else {}
    return tags_for(manifest, own, situation.desired.scope, situation.owner)


def _compare(manifest: Manifest, spec: Spec | None, kind: Kind[Any], found: Match, situation: Situation) -> Decision:
    live = found.live
    assert live is not None  # noqa: S101 - the caller has looked
    if spec is None:
        reason = "its new values are not known before what it refers to is applied"
        return _with_action(manifest, live, found, Verb.UPDATE, (), reason, situation, spec)
    changes = diff(spec, live.spec, manifest.lifecycle.ignore)
    if live.failed:
        reason = f"AWS could not make it: {live.failed}"
        return _with_action(manifest, live, found, Verb.REPLACE, changes, reason, situation, spec, in_place=True)
    replaced = sorted({top_level(change.path) for change in changes} & kind.replace_on)
    changes = (*changes, *_retags(manifest, spec, live, situation))
    if replaced:
        reason = f"AWS cannot change {', '.join(replaced)} in place"
        in_place = kind.same_slot(spec, live.spec)
        return _with_action(manifest, live, found, Verb.REPLACE, changes, reason, situation, spec, in_place)
    if found.adopt:
        return _with_action(manifest, live, found, Verb.ADOPT, changes, "git takes it over", situation, spec)
    if changes or live.undone:
        fields = ", ".join(sorted({top_level(change.path) for change in changes}))
        reason = f"{fields} differs" if changes else live.undone
        return _with_action(manifest, live, found, Verb.UPDATE, changes, reason, situation, spec)
    return Decision(_standing(manifest, live), None, live, found.surplus, live.outputs)


def _looked_at(manifest: Manifest, book: Book) -> Decision:
    """What there is to say of something that nobody makes: what others may refer to, or why there is nothing."""
    found = book.by_id.get((manifest.address.kind, manifest.address.name))
    if found is None:
        return _without_action(manifest, State.PENDING, "what it asks for is not known yet")
    return Decision(_standing(manifest, found.item), outputs=found.item.outputs)


def _standing(manifest: Manifest, live: Observed[Any]) -> Status:
    """The state of what is as git wants it."""
    said = (State.UNKNOWN, live.unread), (State.FAILED, live.broken), (State.PENDING, live.pending)
    state, reason = next(((state, reason) for state, reason in said if reason), (State.IN_SYNC, ""))
    return Status(manifest.address, state, reason, manifest.where)


def _retags(manifest: Manifest, spec: Spec, live: Observed[Any], situation: Situation) -> tuple[Change, ...]:
    wanted = _tags(manifest, spec, situation)
    if wanted is None or live.tags is None:
        return ()
    there = managed_tags(live.tags, situation.desired.scope)
    if mode_of(manifest, situation.desired) is Mode.OBSERVE or live.innate:  # it is not, or need not be, ours
        wanted, there = _others(wanted), _others(there)
    return diff_tags(wanted, there, manifest.lifecycle.ignore)


def _others(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(PREFIX)}


def _with_action(
    manifest: Manifest,
    live: Observed[Any],
    found: Match,
    verb: Verb,
    changes: tuple[Change, ...],
    reason: str,
    situation: Situation,
    spec: Spec | None,
    in_place: bool = False,
) -> Decision:
    action = Action(
        verb,
        manifest.address,
        reason,
        manifest=manifest,
        live=live,
        changes=changes,
        tags=_tags(manifest, spec, situation),
        in_place=in_place,
        caution=situation.kinds[manifest.address.kind].caution(live, spec) if spec is not None else "",
    )
    status = Status(manifest.address, State.DRIFTED, reason, manifest.where, changes)
    kind = situation.kinds[manifest.address.kind]
    renewed = kind.renewed(_fields(kind) if spec is None else frozenset(top_level(change.path) for change in changes))
    # What is about to be made anew has no outputs that others could use yet.
    outputs = {} if verb is Verb.REPLACE else {k: v for k, v in live.outputs.items() if k not in renewed}
    return Decision(status, action, live, found.surplus, outputs)


def _fields(kind: Kind[Any]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in kind.spec.model_fields.items())


def _surplus(situation: Situation, decisions: Mapping[Address, Decision]) -> Iterator[Action]:
    """What a replacement has left, or will leave, behind. Only what the inventory knows: tags can be copied by hand."""
    for address, decision in decisions.items():
        action = decision.action
        leftovers = list(decision.surplus)
        if action and action.live and action.verb is Verb.REPLACE and not (action.in_place or action.live.innate):
            leftovers.append(action.live)
        known = situation.inventory.ids(address)
        for live in leftovers:
            unknown = (
                ""
                if live.id in known
                else ("carries trueup's tags, but trueup has no record of making it: delete it, or take its tags off")
            )
            reason = f"{live.id} was replaced"
            manifest = decision.action.manifest if decision.action else situation.desired.manifests[address]
            needs = frozenset({action.key}) if action else frozenset[str]()
            unready = decision.status.reason if not action and decision.status.state is State.PENDING else ""
            yield Action(
                Verb.DELETE,
                address,
                reason,
                manifest=manifest,
                live=live,
                needs=needs,
                held=unknown,
                waits=f"waits for what replaces it: {unready}" if unready else "",
            )


def _orphans(situation: Situation, book: Book, decisions: Mapping[Address, Decision]) -> Iterator[Action]:
    """What is ours and git names no more."""
    taken = {(address.kind, decision.live.id) for address, decision in decisions.items() if decision.live}
    for live in book.all:
        address = live.whose.address
        if address is None or address in situation.desired.manifests or (live.kind, live.item.id) in taken:
            continue
        deletion = _deletion(situation.inventory, live)
        if deletion is Deletion.RETAIN:
            tags = _others(live.item.tags or {})
            yield Action(Verb.FORGET, address, "git names it no more; it is retained", live=live.item, tags=tags)
        else:
            held = "its deletion is `protect`" if deletion is Deletion.PROTECT else ""
            yield Action(Verb.DELETE, address, "git names it no more", live=live.item, held=held)


def _deletion(inventory: Inventory, live: Live) -> Deletion:
    known = inventory.known(live.kind, live.item.id)
    if known:
        return known.deletion
    said = (live.item.tags or {}).get(DELETION, Deletion.DELETE.value)
    # A tag that was changed by hand into something else is no licence to delete.
    return Deletion(said) if said in set(Deletion) else Deletion.PROTECT
