"""Order: what each action of a plan needs, from what refers to what. Pure.

    a change     needs the changes of what it refers to
    a delete     needs everything that refers to the resource to let go of it
    who loses    what only one can have needs who is to have it (`Kind.hands_over`)
    who leaves   a place that another is to have needs that one, which needs all that it needs: they go together (`Kind.slot`)

What refers loosely orders where it can: a need that would close a circle is dropped (`untangled`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from controller.kinds.base import Kind
from controller.manifest.graph import untangled
from controller.model.address import Address
from controller.model.observed import Observed
from controller.model.plan import Action, Verb
from controller.model.spec import Spec
from controller.reconcile.resolve import referred

Need = tuple[str, str, bool]
"""An action's key, the key of one that should be over before it, and whether it may be the other way round (loose)."""


def ordered(
    actions: list[Action],
    kinds: Mapping[str, Kind[Any]],
    known: Mapping[Address, Observed[Any]],
    wanted: Mapping[Address, Spec],
) -> tuple[Action, ...]:
    """The actions with what each needs, in an order that respects it. `known`: what is live, by the address that it belongs to;
    `wanted`: what is to be there, as far as it is known."""
    by_key = {action.key: action for action in actions}
    must = {key: action.needs for key, action in by_key.items()}
    may: dict[str, frozenset[str]] = dict.fromkeys(by_key, frozenset())
    for key, other, loose in [*_needs(actions), *_let_go(actions), *_hand_over(actions, kinds, known)]:
        chosen = may if loose else must
        chosen[key] |= {other}
    for leaver, comer in _change_places(actions, kinds, wanted):
        may[comer] |= (must[leaver] | may[leaver]) - {comer}
        may[leaver] |= {comer}
    graph = untangled(must, may)
    order = TopologicalSorter({key: sorted(needed) for key, needed in graph.items()}).static_order()
    return tuple(replace(by_key[key], needs=graph[key]) for key in order)


def _needs(actions: list[Action]) -> Iterator[Need]:
    """A change needs the changes of what it refers to."""
    makers: dict[Address, list[str]] = {}
    for action in actions:
        if action.verb is not Verb.DELETE:
            makers.setdefault(action.address, []).append(action.key)
    for action in actions:
        if action.verb is not Verb.DELETE and action.manifest is not None:
            links = (link for link in action.manifest.links if link.target != action.address)
            yield from ((action.key, key, link.loose) for link in links for key in makers.get(link.target, ()))


def _let_go(actions: list[Action]) -> Iterator[Need]:
    """A delete needs everything that refers to the live resource to let go of it first."""
    users: dict[str, list[tuple[str, bool]]] = {}
    deletes = any(action.verb is Verb.DELETE for action in actions)
    for action in actions:
        if deletes and action.live is not None:
            for text, loose in referred(action.live).items():
                # Two that are both to go may hold each other by what somebody did by hand: then AWS decides.
                users.setdefault(text, []).append((action.key, loose or action.verb is Verb.DELETE))
    for action in actions:
        if action.verb is Verb.DELETE and action.live is not None:
            names = {action.live.id, *action.live.outputs.values()}
            found = (user for name in names for user in users.get(name, ()))
            yield from ((action.key, key, loose) for key, loose in found if key != action.key)


def _hand_over(
    actions: list[Action], kinds: Mapping[str, Kind[Any]], known: Mapping[Address, Observed[Any]]
) -> Iterator[Need]:
    """Who is to lose what only one can have needs the one who is to have it: so nothing is without in between."""
    takers = [action for action in actions if action.manifest is not None and action.verb is not Verb.DELETE]
    for loser in actions:
        lost = _lost(loser, kinds[loser.address.kind].hands_over)
        if not lost:
            continue
        things = {address for address, live in known.items() if lost & {live.id, *live.outputs.values()}}
        for taker in takers:
            rivals = taker.address.kind == loser.address.kind and taker.address != loser.address
            if rivals and taker.manifest and things & {link.target for link in taker.manifest.links}:
                yield loser.key, taker.key, True


def _change_places(
    actions: list[Action], kinds: Mapping[str, Kind[Any]], wanted: Mapping[Address, Spec]
) -> Iterator[tuple[str, str]]:
    """Who leaves a place that must not be empty, each with who is to have it."""
    comers: dict[tuple[str, str], list[str]] = {}
    leavers: list[tuple[tuple[str, str], str]] = []
    for action in actions:
        kind = kinds[action.address.kind]
        spec = wanted.get(action.address) if action.verb is not Verb.DELETE else None
        old = kind.slot(action.live.spec) if action.live else ""
        new = kind.slot(spec) if spec else ""
        if (
            old and old != new and action.verb not in (Verb.FORGET, Verb.REPLACE)
        ):  # these leave what is there where it is
            leavers.append(((kind.id, old), action.key))
        if new and old != new:
            comers.setdefault((kind.id, new), []).append(action.key)
    yield from ((leaver, comer) for place, leaver in leavers for comer in comers.get(place, ()))


def _lost(action: Action, fields: frozenset[str]) -> set[str]:
    """What a resource will no longer have in some of its fields, which are sets."""
    if action.verb is Verb.DELETE and action.live:
        live = action.live.spec.model_dump(by_alias=True)
        return {value for field in fields for value in live[field] or ()}
    changes = (change for change in action.changes if change.path in fields)
    return {value for change in changes for value in {*change.before} - {*change.after}}
