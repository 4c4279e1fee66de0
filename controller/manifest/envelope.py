"""The outer form of a manifest: `apiVersion`, `kind`, `metadata.name`, optional `lifecycle`, and `spec`.

The first look at a YAML document: whose it is and what it is called. What stands in `spec` is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from controller.manifest.variables import Path
from controller.manifest.yaml_reader import Document
from controller.model.address import TRUEUP_API, api_version, short_kind
from controller.model.manifest import Manifest, View
from controller.model.problem import Position, Problem, did_you_mean
from controller.model.scope import Deletion, Scope
from controller.model.spec import Spec

SCOPE = "trueup/Scope"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+=,.@_-]{0,127}")
NAME_RULE = "up to 128 letters, digits and +=,.@_- in it, a letter or digit first"
_KEYS = ("apiVersion", "kind", "metadata", "lifecycle", "spec")


class KindLike(Protocol):
    """What this layer uses of a kind. The registry that it is handed maps `service/Kind` to these."""

    @property
    def name_field(self) -> str: ...
    @property
    def claimed_by(self) -> tuple[str, ...]: ...
    @property
    def reach(self) -> str: ...
    @property
    def made(self) -> bool: ...
    @property
    def deletion(self) -> Deletion: ...
    @property
    def id(self) -> str: ...
    @property
    def spec(self) -> type[Spec]: ...
    @property
    def outputs(self) -> Mapping[str, str]: ...
    def claim(self, spec: Any, /) -> str: ...
    def check(self, manifest: Manifest, scope: Scope, /) -> Iterator[Problem]: ...
    def check_together(self, mine: Sequence[Manifest], view: View, /) -> Iterator[tuple[Manifest, Problem]]: ...


Kinds = Mapping[str, KindLike]


class Positioned(Protocol):
    """What tells where the fields of a manifest are written."""

    def position(self, path: Path, /) -> Position: ...


@dataclass(frozen=True, eq=False, slots=True)
class Envelope:
    """A document whose kind and name could be read. `sound` is false where something else about it is wrong.

    `part_of`: kind and name of the composite that it is a part of. `name` may still hold `${var.}`. Compared by identity: an
    unchanged file keeps its envelopes from commit to commit.
    """

    kind: str
    name: str
    spec: Mapping[str, Any]
    lifecycle: Mapping[str, Any]
    document: Positioned
    sound: bool
    part_of: tuple[str, str] | None = None

    @property
    def where(self) -> Position:
        return self.document.position(())


def parse(document: Document, kinds: Collection[str]) -> tuple[Envelope | None, tuple[Problem, ...]]:
    """The envelope of a document, and all that is wrong with it."""
    data = document.data
    if not isinstance(data, Mapping):
        return None, (Problem(document.position(()), "a manifest is a mapping", hint="it begins with `apiVersion:`"),)
    kind, problems = _kind(document, data, kinds)
    problems += [*_unknown_keys(document, (), data, _KEYS), *_not_mappings(document, data)]
    name, name_problems = _name(document, data.get("metadata"))
    problems += name_problems
    if not kind or not name:
        return None, tuple(problems)
    spec, lifecycle = _mapping(data.get("spec")), _mapping(data.get("lifecycle"))
    return Envelope(kind, name, spec, lifecycle, document, sound=not problems), tuple(problems)


def _kind(document: Document, data: Mapping[Any, Any], kinds: Collection[str]) -> tuple[str, list[Problem]]:
    missing = [Problem(document.position(()), "is missing", key) for key in ("apiVersion", "kind") if key not in data]
    if missing:
        return "", missing
    api, name = data["apiVersion"], data["kind"]
    known = _known(tuple(kinds))
    if not isinstance(api, str) or api not in {api for api, _ in known}:
        hint = _belongs(name, known) or did_you_mean(str(api), {api for api, _ in known})
        return "", [Problem(document.position(("apiVersion",)), f"unknown apiVersion {api!r}", "apiVersion", hint)]
    if not isinstance(name, str) or (api, name) not in known:
        hint = _belongs(name, known) or did_you_mean(str(name), [kind for of, kind in known if of == api])
        return "", [Problem(document.position(("kind",)), f"unknown kind {name!r} in {api}", "kind", hint)]
    return known[api, name], []


@cache
def _known(kinds: tuple[str, ...]) -> Mapping[tuple[str, str], str]:
    """Kinds by how a manifest writes them: apiVersion and kind."""
    return {(TRUEUP_API, "Scope"): SCOPE, **{(api_version(kind), short_kind(kind)): kind for kind in kinds}}


def _belongs(name: object, known: Mapping[tuple[str, str], str]) -> str:
    homes = [api for api, kind in sorted(known) if kind == name]
    return f"kind {name} belongs to apiVersion {' or '.join(homes)}" if homes else ""


def _unknown_keys(document: Document, path: Path, data: Mapping[Any, Any], allowed: tuple[str, ...]) -> list[Problem]:
    return [
        Problem(
            document.position((*path, key)),
            "unknown field",
            ".".join(map(str, (*path, key))),
            did_you_mean(str(key), allowed),
        )
        for key in data
        if key not in allowed
    ]


def _not_mappings(document: Document, data: Mapping[Any, Any]) -> list[Problem]:
    return [
        Problem(document.position((key,)), "must be a mapping (`key: value` lines)", key)
        for key in ("lifecycle", "spec")
        if not isinstance(data.get(key, {}), Mapping | None)
    ]


def _name(document: Document, metadata: object) -> tuple[str, list[Problem]]:
    """`metadata.name`; "" where there is none to go by."""
    if not isinstance(metadata, Mapping):
        where = document.position(("metadata",))
        return "", [Problem(where, "must be a mapping with a name", "metadata", "write `metadata: {name: ...}`")]
    problems = _unknown_keys(document, ("metadata",), metadata, ("name",))
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        found = f"must be a text, found {name!r}" if "name" in metadata else "is missing"
        return "", [*problems, Problem(document.position(("metadata", "name")), found, "metadata.name", NAME_RULE)]
    return name, problems


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def name_problem(name: str, locate: Callable[[Path], Position]) -> Problem | None:
    """What is wrong with a name (after variables were put in), if anything."""
    if NAME.fullmatch(name):
        return None
    return Problem(locate(("metadata", "name")), f"{name!r} is not a name", "metadata.name", NAME_RULE)
