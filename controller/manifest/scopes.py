"""Which folder belongs to which scope: to the nearest at or above it.

A folder with a scope file that cannot be understood is still a scope's: its manifests never fall to the scope further
up, which would make them in another account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from posixpath import basename, dirname, normpath

from controller.manifest.envelope import Envelope, name_problem
from controller.manifest.validation import Source, field_path, validate
from controller.manifest.variables import outputs, strings
from controller.model.problem import Position, Problem, Severity
from controller.model.scope import Scope, ScopeSpec

SCOPE_FILES = ("scope.yaml", "scope.yml")
EXAMPLE = (
    "{apiVersion: trueup/v1, kind: Scope, metadata: {name: NAME}, "
    'spec: {account: "123456789012", region: eu-central-1}}'
)
"""A Scope as a person may write it, for hints."""


@dataclass(frozen=True, slots=True)
class ScopeFile:
    """A Scope document. `scope` is None where it is not valid."""

    envelope: Envelope
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class File:
    """One file of a commit, read: its manifests, its scopes, and what is wrong with them or with the file as such."""

    path: str
    manifests: tuple[Envelope, ...] = ()
    scopes: tuple[ScopeFile, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def broken(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def for_scope(self) -> bool:
        return basename(self.path) in SCOPE_FILES


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with a scope. `file` is None where no one Scope can be told; `scope` is None where it is not valid."""

    folder: str
    file: ScopeFile | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def scope(self) -> Scope | None:
        return self.file.scope if self.file else None

    @property
    def name(self) -> str:
        return self.file.envelope.name if self.file else ""


@dataclass(frozen=True)
class Layout:
    """All files of a commit by folder, and the folders that have a scope. `root` is the manifests' folder."""

    root: str
    files: Mapping[str, tuple[File, ...]]
    homes: Mapping[str, Home]
    _nearest: dict[str, Home | None] = field(default_factory=dict, compare=False)

    def nearest(self, folder: str) -> Home | None:
        """The scope that a folder belongs to."""
        if folder not in self._nearest:
            outer = dirname(folder)
            above = self.nearest(outer) if outer != folder else None  # neither "" nor "/" is in anything
            self._nearest[folder] = self.homes.get(folder, above)
        return self._nearest[folder]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all scopes, valid or not."""
        return frozenset(home.name for home in self.homes.values() if home.name)

    @cached_property
    def broken_names(self) -> frozenset[str]:
        return self.names - {home.name for home in self.homes.values() if home.scope}


def read_scope(envelope: Envelope) -> tuple[ScopeFile, tuple[Problem, ...]]:
    """A Scope document validated, and all that is wrong with it."""
    locate = envelope.document.position
    checked = validate(ScopeSpec, envelope.spec, Source(("spec",), locate, {}))
    problems = [*checked.problems, *_interpolated(envelope)]
    if wrong := name_problem(envelope.name, locate):
        problems.append(wrong)
    if envelope.lifecycle:
        problems.append(Problem(locate(("lifecycle",)), "a Scope has no lifecycle", "lifecycle"))
    sound = envelope.sound and not problems
    return ScopeFile(envelope, Scope(name=envelope.name, spec=checked.value) if sound else None), tuple(problems)


def _interpolated(envelope: Envelope) -> Iterator[Problem]:
    """Variables and outputs are put into manifests and patches only: elsewhere they would stay as they are."""
    for path, text in strings({key: value for key, value in envelope.spec.items() if key != "include"}):
        if "${var." in text or any(outputs(text)):
            message = "nothing is put in here: ${var.} and ${out.} work in manifests and patches only"
            yield Problem(envelope.document.position(("spec", *path)), message, field_path(("spec", *path)))


def layout(files: Iterable[File], root: str) -> Layout:
    """The files of a commit laid out. What is wrong with the scopes' places is in their homes' `problems`."""
    folders: dict[str, list[File]] = defaultdict(list)
    for file in files:
        folders[dirname(file.path)].append(file)
    homes = {folder: home for folder, inside in folders.items() if (home := _home(folder, inside))}
    by_folder = {folder: tuple(inside) for folder, inside in folders.items()}
    return Layout(clean(root), by_folder, _without_namesakes(homes))


def clean(folder: str) -> str:
    """A folder's path in the form used here: "" for the repository's root, no `.` and no `/` at its end."""
    return "" if (path := normpath(folder or ".")) == "." else path.strip("/")


def within(folder: str, outer: str) -> bool:
    """Whether a folder is another one or lies in it."""
    return not outer or folder == outer or folder.startswith(f"{outer}/")


def _home(folder: str, files: list[File]) -> Home | None:
    """A folder's home; None where it has neither a Scope document nor a file that should hold one."""
    scopes = [scope for file in files for scope in file.scopes]
    if len(scopes) > 1:
        return Home(folder, problems=_clashes([scope.envelope for scope in scopes], "a folder has one scope"))
    if scopes:
        return _placed(folder, scopes[0])
    places = [file for file in files if file.for_scope]
    missing = (
        Problem(Position(file.path), "holds no Scope", hint=f"write {EXAMPLE}") for file in places if not file.broken
    )
    return Home(folder, problems=tuple(missing)) if places else None


def _placed(folder: str, scope: ScopeFile) -> Home:
    where = scope.envelope.where
    if basename(where.file) in SCOPE_FILES:
        return Home(folder, scope)
    wrong = Problem(
        where, "a Scope stands in a file of its own name", "kind", f"rename {basename(where.file)} to scope.yaml"
    )
    return Home(folder, replace(scope, scope=None), (wrong,))


def _without_namesakes(homes: Mapping[str, Home]) -> dict[str, Home]:
    """Homes whose names are taken by others, too, lose their scopes: which of them is meant cannot be told."""
    named: dict[str, list[Home]] = defaultdict(list)
    for home in homes.values():
        named[home.name].append(home)
    alike = [group for name, group in named.items() if name and len(group) > 1]
    return {**homes, **{home.folder: home for group in alike for home in _spoilt(group)}}


def _spoilt(group: list[Home]) -> Iterator[Home]:
    files = [home.file for home in group if home.file]
    clashes = _clashes([file.envelope for file in files], f"two scopes have the name {group[0].name!r}")
    for home, file, clash in zip(group, files, clashes, strict=True):
        yield replace(home, file=replace(file, scope=None), problems=(*home.problems, clash))


def _clashes(envelopes: list[Envelope], message: str) -> tuple[Problem, ...]:
    """The same problem at each of some documents, naming the others."""
    places = [envelope.where for envelope in envelopes]
    return tuple(
        Problem(place, f"{message}, and another is at {', '.join(str(other) for other in places if other != place)}")
        for place in places
    )
