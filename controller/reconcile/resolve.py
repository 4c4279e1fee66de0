"""References: outputs in the place of names, so that a wanted spec can be compared with a live one; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controller.kinds.base import Kind
from controller.manifest import references
from controller.model.address import Address
from controller.model.manifest import Manifest
from controller.model.observed import Observed
from controller.model.reference import UNKNOWN, Link, Ref
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
        target = _target(manifest, ref, text)
        if ref.itself and target == manifest.address:
            return ref.itself
        return references.value_of(Link(target, ref.output), outputs)

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


def referred(live: Observed[Any]) -> Mapping[str, bool]:
    """The ids and ARNs of other resources that a live resource refers to: what must not be deleted before it lets go.

    Each with whether all its references to it are loose.
    """
    found: dict[str, bool] = {}

    def note(ref: Ref, text: str) -> str:
        if text not in ("", ref.itself):
            found[text] = ref.loose and found.get(text, True)
        return text

    live.spec.model_dump(context={"name": note})
    return found


Names = Mapping[tuple[str, str, str], str]
"""The name that an output's value stands for, by kind, output and value."""


def named(spec: Spec, names: Names, *, defaults: bool = True) -> dict[str, Any]:
    """A live spec as data by alias, with names in place of ids where there are names; without what AWS does not report."""

    def name(ref: Ref, text: str) -> str:
        return _name(ref, text, names) or text

    return spec.model_dump(by_alias=True, exclude_none=True, exclude_defaults=not defaults, context={"name": name})


def has_names(spec: Spec, names: Names) -> bool:
    """Whether a live spec has an id in it that there is a name for."""
    found: list[str] = []

    def note(ref: Ref, text: str) -> str:
        found.append(_name(ref, text, names))
        return text

    spec.model_dump_json(context={"name": note})
    return any(found)


def _name(ref: Ref, text: str, names: Names) -> str:
    return next((name for kind in ref.kinds if (name := names.get((kind, ref.output, text)))), "")


def unknown_values(spec: Spec, *, loose: bool = False) -> tuple[str, ...]:
    """The stand-ins in a resolved spec for what is not known before something else is applied.

    Those of loose references can be put in later, and count only where `loose` says so.
    """
    context = {"name": lambda ref, text: text if loose or not ref.loose else ""}
    return tuple(sorted(set(UNKNOWN.findall(spec.model_dump_json(context=context)))))
