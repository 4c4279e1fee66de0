"""A manifest: what git wants one resource to be. Made by `manifest`, consumed by `reconcile`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from controller.model.address import Address, short_kind
from controller.model.problem import Position, Problem, Severity
from controller.model.reference import Link
from controller.model.scope import Lifecycle, Scope
from controller.model.spec import Spec


@dataclass(frozen=True, slots=True)
class Manifest:
    """One resource as git wants it.

    `data` is `spec` as written, with variables put in and references still by name. `spec` is `data` validated; it holds
    names in place of ids where `links` is not empty, and is None where only other resources' outputs can complete it.
    `digest` changes when anything that a person wrote about the resource changes. `part_of`: kind and name of the composite that
    it is a part of.
    """

    address: Address
    data: Mapping[str, Any]
    spec: Spec | None
    lifecycle: Lifecycle
    where: Position
    digest: str
    links: frozenset[Link] = frozenset()
    part_of: tuple[str, str] | None = None
    locate: Callable[[str], Position] | None = field(default=None, compare=False, repr=False)

    def position(self, path: str) -> Position:
        """Where a field of the spec (`trust.Statement`) stands in its file, or the nearest thing above it."""
        return self.locate(path) if self.locate else self.where

    def fits(self, kind: str | None, name: str | None) -> bool:
        """Whether it, or the composite that it is a part of, is of this kind (`Role`, `iam/Role`) and name; None: any."""
        own = (self.address.kind, self.address.name)
        return any(
            kind in (None, its_kind, short_kind(its_kind)) and name in (None, its_name)
            for its_kind, its_name in (own, *([self.part_of] if self.part_of else ()))
        )

    def problem(self, path: str, message: str, hint: str = "", *, severity: Severity = Severity.ERROR) -> Problem:
        """What is wrong (or, as a warning, doubtful) at a field of the spec."""
        return Problem(self.position(path), message, f"spec.{path}", hint, severity)


@dataclass(frozen=True, slots=True)
class Piece:
    """A manifest that a composite expands to.

    `source`: the field of the composite's spec that it is made from; `needs`: what must stand first, as in `dependsOn`.
    """

    kind: str
    name: str
    spec: Mapping[str, Any]
    source: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """All sound manifests of a commit, as those of one scope see them; and the commit's scopes by name."""

    scope: Scope
    manifests: Mapping[Address, Manifest]
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    def find(self, kind: str, text: str) -> Manifest | None:
        """The manifest that a reference (`name` or `scope/name`) means; None for a literal id, and for a broken one."""
        scope, _, name = text.rpartition("/")
        return self.manifests.get(Address(scope or self.scope.name, kind, name))

    def of(self, kind: str) -> Iterator[Manifest]:
        """The scope's own manifests of a kind."""
        for address, manifest in self.manifests.items():
            if address.kind == kind and address.scope == self.scope.name:
                yield manifest


@dataclass(frozen=True, slots=True)
class Desired:
    """All that one commit wants of one scope.

    `complete` is false where some of the scope's files could not be understood, so that what is missing here may well be
    wanted: nothing is pruned then. `problems` are those of this scope. `everything` is what all scopes of the commit want,
    `scopes` are these by name, and `whole` says whether all of them are complete.
    """

    scope: Scope
    manifests: Mapping[Address, Manifest]
    complete: bool = True
    problems: tuple[Problem, ...] = ()
    everything: Mapping[Address, Manifest] = field(default_factory=dict, compare=False, repr=False)
    scopes: Mapping[str, Scope] = field(default_factory=dict, compare=False, repr=False)
    whole: bool = field(default=True, compare=False)


def acquainted(scopes: Mapping[str, Desired]) -> dict[str, Desired]:
    """The scopes of one commit, each with a view of all."""
    everything = {address: manifest for desired in scopes.values() for address, manifest in desired.manifests.items()}
    whole = all(desired.complete for desired in scopes.values())
    known = {name: desired.scope for name, desired in scopes.items()}
    return {
        name: replace(desired, everything=everything, scopes=known, whole=whole) for name, desired in scopes.items()
    }


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files of a commit say: scopes by name, and every problem that was found."""

    scopes: Mapping[str, Desired]
    problems: tuple[Problem, ...] = ()
