"""Effects: what a plan's actions mean for those who use the resources, as their kinds tell it, with names in place of ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.observed import Observed
from controller.model.plan import Action, Verb
from controller.model.spec import Spec
from controller.reconcile.resolve import Names, has_names, named


def names_of(live: Mapping[Address, Observed[Any]]) -> Names:
    """What the outputs of live resources are called, by the addresses that they belong to."""
    return {
        (address.kind, output, value): address.name
        for address, item in live.items()
        for output, value in item.outputs.items()
    }


def explainer(
    kinds: Mapping[str, Kind[Any]], names: Names, resolved: Mapping[Address, Spec]
) -> Callable[[Action], Action]:
    """A function that adds to an action what it means.

    `resolved`: what is wanted with ids in place of names, for manifests that are no spec before others' outputs are put in.
    """

    def wanted(action: Action, kind: Kind[Any]) -> Spec | None:
        if action.manifest is None or action.verb is Verb.DELETE:
            return None
        found = resolved.get(action.address)
        return action.manifest.spec or (_by_name(kind, found, names) if found else None)

    def explained(action: Action) -> Action:
        kind = kinds[action.address.kind]
        after = wanted(action, kind)
        if action.verb is Verb.FORGET or (action.verb is not Verb.DELETE and after is None):
            return action
        live = action.live.spec if action.live else None
        before = _by_name(kind, live.managed_by(after) if after else live, names) if live else None
        return replace(action, effects=tuple(kind.tell(action.verb, before, after)))

    return explained


def _by_name(kind: Kind[Any], live: Spec, names: Names) -> Spec:
    if not has_names(live, names):
        return live
    try:
        return kind.spec.model_validate(named(live, names))
    except ValidationError:  # a field that takes ids alone: then by id
        return live
