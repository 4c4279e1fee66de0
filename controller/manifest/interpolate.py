"""A draft's own text made whole: the patches of includes merged in, and the scope's variables put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.manifest import variables
from controller.manifest.envelope import name_problem
from controller.manifest.includes import Draft, merge
from controller.manifest.places import locate
from controller.manifest.validation import field_path
from controller.manifest.variables import Path, Wrong
from controller.model.problem import Problem
from controller.model.scope import Scope

Interpolated = tuple[Mapping[str, Any], Mapping[str, Any], list[Problem]]
"""`spec`, `lifecycle`, and what is wrong with them so far."""


def interpolate(draft: Draft, scope: Scope) -> Interpolated:
    """The draft's `spec` and `lifecycle`, merged and with variables in them."""
    envelope, values = draft.envelope, scope.spec.variables
    problems: list[Problem] = []

    def complain(path: Path, wrong: Wrong) -> None:
        problems.append(Problem(locate(draft, path), str(wrong), field_path(path), wrong.hint))

    parts: dict[str, Any] = {"spec": envelope.spec, "lifecycle": envelope.lifecycle}
    for overlay in draft.overlays:
        parts = merge(parts, {"spec": overlay.patch.spec, "lifecycle": overlay.patch.lifecycle})
    wrong = name_problem(draft.name, lambda path: locate(draft, path))
    if wrong and not any(variables.faults(envelope.name, values)):
        problems.append(wrong)
    found = [*variables.strings(parts), *variables.strings(envelope.name, ("metadata", "name"))]
    for path, text in found:
        for fault in variables.faults(text, values):
            complain(path, fault)
    if found:
        for path in variables.collisions(parts, values):
            complain(path, Wrong("two keys become one when variables are put in"))
        parts = variables.substitute(parts, values)
    return parts["spec"], parts["lifecycle"], problems
