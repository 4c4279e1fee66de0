"""One document to one Manifest: patches merged, variables put in, references looked up, everything validated.

What comes out rests on nothing but the draft, its scope, and the answers of the Index, which are noted down: while
those stay the same, `load` need not build it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from controller.manifest import variables
from controller.manifest.envelope import KindLike, Kinds
from controller.manifest.includes import Draft
from controller.manifest.interpolate import interpolate
from controller.manifest.places import locate, path_in
from controller.manifest.references import Index, candidates, dependency, output_link
from controller.manifest.validation import Source, field_names, field_path, validate
from controller.manifest.variables import Path, Wrong
from controller.model.address import Address, short_kind
from controller.model.manifest import Manifest
from controller.model.problem import Position, Problem, Severity, did_you_mean
from controller.model.reference import Link, Ref
from controller.model.scope import Lifecycle, Scope
from controller.model.spec import Spec

_YAML_1_1 = ("y", "n", "yes", "no", "on", "off", "true", "false")


@dataclass(frozen=True, slots=True)
class Built:
    """A manifest, or None where it has an error. `claim`: the live name that it asks for, "" where none is known."""

    manifest: Manifest | None
    problems: tuple[Problem, ...]
    answers: Mapping[tuple[Address, ...], Address]
    claim: str = ""

    def stands(self, index: Index) -> bool:
        """Whether it would come out the same with another Index. A build with errors is always made anew."""
        return self.manifest is not None and all(
            index.first(choice) == answer for choice, answer in self.answers.items()
        )


@dataclass(slots=True)
class _Desk:
    """The draft on the desk, and what is noted while it is built."""

    draft: Draft
    scope: Scope
    kinds: Kinds
    index: Index
    problems: list[Problem] = field(default_factory=list)
    links: set[Link] = field(default_factory=set)
    answers: dict[tuple[Address, ...], Address] = field(default_factory=dict)

    @property
    def kind(self) -> KindLike:
        return self.kinds[self.draft.envelope.kind]

    def locate(self, path: Path) -> Position:
        return locate(self.draft, path)

    def complain(self, path: Path, wrong: Wrong) -> None:
        self.problems.append(Problem(self.locate(path), str(wrong), field_path(path), wrong.hint))

    def link(self, choice: tuple[Address, ...], output: str = "", *, loose: bool = False) -> None:
        """Notes a need of the first of these that exists. Raises Wrong where none does."""
        target = self.answers[choice] = self.index.require(choice)
        self.links.add(Link(target, output, loose))


def build(draft: Draft, scope: Scope, kinds: Kinds, index: Index) -> Built:
    """A draft as a manifest of its scope, with all Problems that are found on the way."""
    desk = _Desk(draft, scope, kinds, index)
    data, lifecycle, problems = interpolate(draft, scope)
    desk.problems += problems
    moved: dict[Path, Path] = {}
    if desk.kind.name_field and desk.kind.name_field not in data:
        data = {**data, desk.kind.name_field: draft.name}
        moved["spec", desk.kind.name_field] = ("metadata", "name")
    _note_outputs(desk, data)
    spec = _validate_spec(desk, data, moved)
    life = _validate_lifecycle(desk, lifecycle)
    return _finish(desk, data, spec, life)


def _note_outputs(desk: _Desk, data: Mapping[str, Any]) -> None:
    for path, text in variables.strings(data, ("spec",)):
        for asked in variables.outputs(text):
            try:
                link = output_link(asked, desk.scope.name, desk.kinds)
                _within_reach(desk, link.target)
                desk.link((link.target,), link.output)
            except Wrong as wrong:
                desk.complain(path, wrong)


def _within_reach(desk: _Desk, target: Address) -> None:
    """What is only looked at is on no record, and so is known in its own scope alone."""
    if target.scope != desk.scope.name and not desk.kinds[target.kind].made:
        kind = short_kind(target.kind)
        raise Wrong(f"{kind} {target.name!r} is of scope {target.scope!r}", f"write a {kind} in this scope as well")


def _validate_spec(desk: _Desk, data: Mapping[str, Any], moved: Mapping[Path, Path]) -> Spec | None:
    def resolve(ref: Ref, text: str) -> str:
        desk.link(candidates(desk.scope.name, ref.kinds, text), ref.output, loose=ref.loose)
        return text

    source = Source(("spec",), desk.locate, data, moved)
    checked = validate(desk.kind.spec, variables.unescape(data), source, {"resolve": resolve})
    desk.problems += checked.problems
    value: Spec | None = checked.value
    return value


def _validate_lifecycle(desk: _Desk, lifecycle: Mapping[str, Any]) -> Lifecycle:
    usual = Lifecycle(deletion=desk.kind.deletion)
    if not lifecycle:
        return usual
    meant = {"deletion": desk.kind.deletion.value, **lifecycle}
    checked = validate(Lifecycle, meant, Source(("lifecycle",), desk.locate, lifecycle))
    desk.problems += checked.problems
    if checked.value is None:
        return usual
    life: Lifecycle = checked.value
    for path, check in _lifecycle_checks(desk, life):
        try:
            check()
        except Wrong as wrong:
            desk.complain(("lifecycle", *path), wrong)
    return life


def _lifecycle_checks(desk: _Desk, life: Lifecycle) -> Iterator[tuple[Path, Callable[[], None]]]:
    yield ("adopt",), partial(_adoptable, life.adopt)
    for number, text in enumerate(life.ignore):
        yield ("ignore", number), partial(_ignorable, desk.kind.spec, text)
    for number, text in enumerate(life.depends_on):
        yield ("dependsOn", number), partial(_depend, desk, text)


def _adoptable(adopt: bool | str) -> None:
    if isinstance(adopt, str) and adopt.lower() in _YAML_1_1:
        raise Wrong(f"{adopt!r} is a text here, and so an AWS id", "write true or false")


def _ignorable(spec: type[Spec], path: str) -> None:
    name, allowed = re.split(r"[.\[]", path, maxsplit=1)[0], field_names(spec)
    if name not in allowed:
        raise Wrong(f"the spec has no field {name!r}", did_you_mean(name, allowed))


def _depend(desk: _Desk, text: str) -> None:
    desk.link((dependency(text, desk.scope.name, desk.kinds),))


def _finish(desk: _Desk, data: Mapping[str, Any], spec: Spec | None, lifecycle: Lifecycle) -> Built:
    draft = desk.draft
    if not draft.envelope.sound or _has_error(desk.problems):
        return Built(None, tuple(desk.problems), desk.answers)
    manifest = Manifest(
        address=Address(desk.scope.name, draft.envelope.kind, draft.name),
        data=data,
        spec=spec,
        lifecycle=lifecycle,
        where=draft.envelope.where,
        digest=_digest(data, lifecycle),
        links=frozenset(desk.links),
        part_of=draft.envelope.part_of,
        locate=partial(_locate_text, draft, data),
    )
    if spec is None:
        return Built(manifest, tuple(desk.problems), desk.answers)
    desk.problems += desk.kind.check(manifest, desk.scope)
    sound = None if _has_error(desk.problems) else manifest
    return Built(sound, tuple(desk.problems), desk.answers, desk.kind.claim(spec))


def _has_error(problems: list[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


def _digest(data: Mapping[str, Any], lifecycle: Lifecycle) -> str:
    """Of what a person wrote: the same for the same meaning in YAML, whatever its order and layout."""
    written = [data, lifecycle.model_dump(mode="json")]
    return sha256(json.dumps(written, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _locate_text(draft: Draft, data: Mapping[str, Any], text: str) -> Position:
    return locate(draft, ("spec", *path_in(data, text)))
