"""Ownership: which live resources are trueup's, by tag first and by inventory where AWS reports no tags.

tags say                       inventory has the id     it is
our owner, scope and manifest  any                      ours, under the manifest that the tag names
another owner or scope         any                      somebody else's
nothing, or a part, of these   yes                      ours: the tags were taken off by hand
nothing, or a part, of these   no                       nobody's
(unknown, or no tags at all)   yes, or a begun create   ours, under the inventory's address
(unknown, or no tags at all)   no                       somebody else's, where it bears another tool's mark; else nobody's
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.address import Address
from controller.model.inventory import Inventory
from controller.model.manifest import Manifest
from controller.model.observed import Observed
from controller.model.scope import Deletion, Scope

OWNER, SCOPE, MANIFEST, DELETION = "trueup:owner", "trueup:scope", "trueup:manifest", "trueup:deletion"
PREFIX = "trueup:"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a live resource is. `address` where it is ours; `other` says who else's it is; neither: nobody's."""

    address: Address | None = None
    other: str = ""


NOBODY = Ownership()


def ownership(live: Observed[Any], kind: str, claim: str, owner: str, scope: str, inventory: Inventory) -> Ownership:
    """Whose a live resource is, by the table above."""
    tags = live.tags or {}
    if OWNER in tags and SCOPE in tags:
        return _by_tags(tags, kind, owner, scope)
    known = inventory.known(kind, live.id)
    if known:
        return Ownership(known.address)
    begun = inventory.begun(kind, claim) if live.tags is None and claim else None
    if begun:
        return Ownership(begun)
    if live.made_for in inventory.intents:
        return Ownership(live.made_for)
    return Ownership(other=live.holder) if live.holder else NOBODY


def _by_tags(tags: Mapping[str, str], kind: str, owner: str, scope: str) -> Ownership:
    if (tags.get(OWNER), tags.get(SCOPE)) != (owner, scope):
        return Ownership(other=f"trueup owner {tags.get(OWNER, '')!r}, scope {tags.get(SCOPE, '')!r}")
    service, _, rest = tags.get(MANIFEST, "").partition("/")
    short, _, name = rest.partition("/")
    if f"{service}/{short}" != kind or not name:
        return Ownership(other=f"trueup manifest {tags.get(MANIFEST, '')!r}")
    return Ownership(Address(scope, kind, name))


def tags_for(manifest: Manifest, own: Mapping[str, str], scope: Scope, owner: str) -> dict[str, str]:
    """All the tags that a manifest's resource should have: the scope's, its own, and trueup's."""
    marks = {OWNER: owner, SCOPE: scope.name, MANIFEST: manifest.address.local}
    if manifest.lifecycle.deletion is not Deletion.DELETE:
        marks[DELETION] = manifest.lifecycle.deletion.value
    return {**scope.spec.default_tags, **own, **marks}


def managed_tags(tags: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """The live tags that trueup looks after: neither AWS's own nor those that the scope leaves to others."""
    return {key: value for key, value in tags.items() if not key.startswith(("aws:", *scope.spec.ignore_tags))}
