"""Putting other resources' outputs in the place of references, so that a wanted spec can be compared with a live one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controller.kinds.base import Kind
from controller.manifest import references
from controller.model.address import Address
from controller.model.manifest import Manifest
from controller.model.observed import Observed
from controller.model.reference import Link, Ref
from controller.model.spec import Spec

Outputs = Callable[[Address, str], str | None]
"""An output of a resource, or None where it is not known (yet)."""


def resolve(manifest: Manifest, kinds: Mapping[str, Kind[Any]], outputs: Outputs) -> Spec:
    """The wanted spec with ids in place of names; what is not known yet stands in it as `(known after apply: …)`.

    Raises pydantic's ValidationError where the result is no valid spec, which may be only because something in it is
    not known yet.
    """
    if not manifest.links and manifest.spec is not None:
        return manifest.spec

    def lookup(ref: Ref, text: str) -> str:
        return references.value_of(Link(_target(manifest, ref, text), ref.output), outputs)

    data = references.resolve(manifest.data, outputs, manifest.address.scope, kinds)
    return kinds[manifest.address.kind].spec.model_validate(data, context={"resolve": lookup})


def _target(manifest: Manifest, ref: Ref, text: str) -> Address:
    scope, _, name = text.rpartition("/")
    named = (scope or manifest.address.scope, name)
    for kind in ref.kinds:
        for link in manifest.links:
            if link.target.kind == kind and (link.target.scope, link.target.name) == named:
                return link.target
    raise ValueError(f"no manifest {text!r} of kind {' or '.join(ref.kinds)}")


def referred(live: Observed[Any]) -> frozenset[str]:
    """The ids and ARNs of other resources that a live resource refers to: what must not be deleted before it lets go."""
    found: set[str] = set()

    def note(_: Ref, text: str) -> str:
        found.add(text)
        return text

    live.spec.model_dump(context={"name": note})
    return frozenset(found - {""})
