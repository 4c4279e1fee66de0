"""Composites: one manifest that stands for many. They are expanded before anything else looks at them.

What a composite expands to are drafts like any others: they are patched (by the composite's own `patches`, and by the scope's
includes), validated, referred to and planned as if somebody had written them out. Their places are the composite's fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from controller.manifest.envelope import Envelope, Positioned
from controller.manifest.includes import Draft, merge
from controller.manifest.interpolate import interpolate
from controller.manifest.places import locate
from controller.manifest.validation import Source, field_path, validate
from controller.manifest.variables import Path, rewrite
from controller.model.address import short_kind
from controller.model.composite import CompositeSpec
from controller.model.manifest import Piece
from controller.model.problem import Position, Problem, Severity
from controller.model.scope import Scope


class CompositeLike(Protocol):
    """What this layer uses of a composite."""

    @property
    def spec(self) -> type[CompositeSpec]: ...
    def expand(self, name: str, spec: Any, scope: Scope, /) -> Iterator[Piece]: ...


Composites = Mapping[str, CompositeLike]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a draft of a composite stands for, and what is wrong with it."""

    drafts: tuple[Draft, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a piece is written: at a field of its composite."""

    composite: Draft
    source: str

    def position(self, path: Path) -> Position:
        if path[:1] == ("metadata",):
            return locate(self.composite, ("metadata", "name"))
        return locate(self.composite, ("spec", *self.source.split(".")) if self.source else ())


def expand(draft: Draft, scope: Scope, composites: Composites) -> Expansion:
    """A composite's pieces as drafts, or all that is wrong with it."""
    composite = composites[draft.envelope.kind]
    data, lifecycle, problems = interpolate(draft, scope)
    # What it stands for has to be known before anything is applied: no output can make a wrong field of it right.
    settled = rewrite(data, lambda text: text.replace("${out.", ""))
    checked = validate(composite.spec, data, Source(("spec",), partial(locate, draft), settled))
    problems += checked.problems
    if checked.value is None or any(problem.severity is Severity.ERROR for problem in problems):
        return Expansion(problems=tuple(problems))
    spec: CompositeSpec = checked.value
    pieces = tuple(composite.expand(draft.name, spec, scope))
    problems += _idle(draft, spec, pieces)
    return Expansion(tuple(_draft(piece, draft, spec, lifecycle) for piece in pieces), tuple(problems))


def _draft(piece: Piece, composite: Draft, spec: CompositeSpec, lifecycle: Mapping[str, Any]) -> Draft:
    own = {"dependsOn": [*lifecycle.get("dependsOn", ()), *piece.needs]} if piece.needs else {}
    parts: dict[str, Any] = {"spec": piece.spec, "lifecycle": {**lifecycle, **own}}
    for patch in spec.patches:
        if patch.fits(piece.kind, piece.name):
            parts = merge(parts, {"spec": patch.spec, "lifecycle": patch.lifecycle})
    origin: Positioned = _Origin(composite, piece.source)
    envelope = Envelope(
        piece.kind,
        piece.name,
        parts["spec"],
        parts["lifecycle"],
        origin,
        composite.envelope.sound,
        part_of=(composite.envelope.kind, composite.name),
    )
    overlays = tuple(overlay for overlay in composite.handed_on if overlay.fits(piece.kind, piece.name))
    return Draft(envelope, piece.name, overlays)


def _idle(draft: Draft, spec: CompositeSpec, pieces: tuple[Piece, ...]) -> Iterator[Problem]:
    for number, patch in enumerate(spec.patches):
        if not any(patch.fits(piece.kind, piece.name) for piece in pieces):
            path: Path = ("spec", "patches", number)
            known = ", ".join(sorted(f"{short_kind(piece.kind)}/{piece.name}" for piece in pieces))
            yield Problem(locate(draft, path), "the patch fits nothing", field_path(path), f"there are {known}")
