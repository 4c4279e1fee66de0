"""What is in a scope: the files of its folder, those of the folders that it includes, and the patches on them.

An include takes a folder's manifests and, where that folder has a scope of its own, all that this one includes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import join
from typing import Any

from controller.manifest.envelope import Envelope
from controller.manifest.scopes import EXAMPLE, File, Home, Layout, clean, within
from controller.manifest.validation import field_path
from controller.manifest.variables import Path, Variable, substitute
from controller.model.problem import Position, Problem, did_you_mean
from controller.model.scope import Patch


@dataclass(frozen=True, slots=True)
class Overlay:
    """A patch, and where it is written: at `path` of a scope's document."""

    patch: Patch
    path: Path
    origin: Envelope

    def fits(self, kind: str, name: str) -> bool:
        """Whether it is meant for the manifest of this kind and name. Its own name has its variables put in already."""
        return self.patch.fits(kind, name)


@dataclass(frozen=True, slots=True)
class Member:
    """A file as part of a scope, with the overlays of the includes that brought it, innermost first."""

    file: File
    overlays: tuple[Overlay, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest on its way: whose it is, its final name, and the overlays that fit.

    `handed_on`: of a composite, the overlays that may fit what it expands to.
    """

    envelope: Envelope
    name: str
    overlays: tuple[Overlay, ...] = ()
    handed_on: tuple[Overlay, ...] = ()


@dataclass(frozen=True, slots=True)
class _Inclusion:
    folder: str
    overlays: tuple[Overlay, ...]
    where: Position
    field: str

    def refused(self, message: str, hint: str = "") -> Problem:
        return Problem(self.where, message, self.field, hint)


def _inclusions(home: Home | None) -> Iterator[_Inclusion]:
    if not home or not home.file or not home.scope:
        return
    origin = home.file.envelope
    for number, include in enumerate(home.scope.spec.include):
        path: Path = ("spec", "include", number)
        overlays = tuple(
            Overlay(patch, (*path, "patches", place), origin) for place, patch in enumerate(include.patches)
        )
        where = origin.document.position((*path, "path"))
        yield _Inclusion(clean(join(home.folder, include.path)), overlays, where, field_path((*path, "path")))


def members(layout: Layout, home: Home) -> tuple[tuple[Member, ...], tuple[Problem, ...]]:
    """The files of a scope, its own and the included, and what is wrong with its includes."""
    found, problems = _gather(layout, home.folder, (home.folder,))
    return tuple(found), tuple(problems)


def _gather(layout: Layout, folder: str, chain: tuple[str, ...]) -> tuple[list[Member], list[Problem]]:
    """A folder's files and what it includes. `chain`: the folders from the scope's own to this one."""
    found = [Member(file) for file in _own(layout, folder)]
    problems: list[Problem] = []
    for inclusion in _inclusions(layout.homes.get(folder)):
        if refusal := _refusal(layout, inclusion, chain):
            problems.append(refusal)
            continue
        inner, inner_problems = _gather(layout, inclusion.folder, (*chain, inclusion.folder))
        found += [replace(member, overlays=(*member.overlays, *inclusion.overlays)) for member in inner]
        problems += inner_problems
    return found, problems


def _own(layout: Layout, folder: str) -> Iterator[File]:
    """The files in and below a folder, without those that a scope further down has."""
    home = layout.nearest(folder)
    for inside, files in layout.files.items():
        if within(inside, folder) and layout.nearest(inside) is home:
            yield from files


def _refusal(layout: Layout, inclusion: _Inclusion, chain: tuple[str, ...]) -> Problem | None:
    folder, home = inclusion.folder, layout.nearest(inclusion.folder)
    if folder.startswith("..") or not within(folder, layout.root):
        return inclusion.refused(f"leads out of the manifests' folder {_shown(layout.root)}")
    if folder != chain[-1] and home and home.folder == chain[-1]:
        return inclusion.refused(f"{_shown(folder)} belongs to this scope already", "take the include away")
    if folder in chain or (home and home.folder in chain):
        return inclusion.refused(f"goes round in a circle: {' -> '.join(map(_shown, (*chain, folder)))}")
    if folder in layout.homes and not layout.homes[folder].scope:
        return inclusion.refused(f"the scope of {_shown(folder)} has errors, so what it includes is not known")
    if not any(within(other, folder) for other in layout.files):
        return inclusion.refused(f"there is nothing in {_shown(folder)}", did_you_mean(folder, layout.files))
    return None


def drafts(
    found: Iterable[Member], variables: Mapping[str, Variable], composites: Collection[str] = ()
) -> Iterator[Draft]:
    """Every manifest of a scope under its final name, with the overlays that fit it."""
    for member in found:
        overlays = tuple(_named(overlay, variables) for overlay in member.overlays)
        for envelope in member.file.manifests:
            name = str(substitute(envelope.name, variables))
            fitting = tuple(overlay for overlay in overlays if overlay.fits(envelope.kind, name))
            yield Draft(envelope, name, fitting, overlays if envelope.kind in composites else ())


def _named(overlay: Overlay, variables: Mapping[str, Variable]) -> Overlay:
    name = str(substitute(overlay.patch.name, variables))
    if name == overlay.patch.name:
        return overlay
    return replace(overlay, patch=overlay.patch.model_copy(update={"name": name}))


def idle_patches(home: Home, found: Iterable[Member], made: Iterable[Draft]) -> Iterator[Problem]:
    """A Problem for each of a scope's own patches that fits nothing. None where a broken file may hold it."""
    found = tuple(found)
    origin = home.file.envelope if home.file else None
    if any(member.file.broken for member in found):
        return
    written = {overlay.path: overlay for member in found for overlay in member.overlays if overlay.origin is origin}
    used = {overlay.path for draft in made for overlay in draft.overlays if overlay.origin is origin}
    for path in sorted(written.keys() - used):
        yield Problem(written[path].origin.document.position(path), "the patch fits no manifest", field_path(path))


def without_scope(layout: Layout) -> Iterator[Problem]:
    """One Problem for each folder whose manifests no scope has. None where a scope is broken: it might include them."""
    if any(home.scope is None for home in layout.homes.values()):
        return
    bases = {inclusion.folder for home in layout.homes.values() for inclusion in _inclusions(home)}
    for folder, files in layout.files.items():
        manifests = [envelope for file in files for envelope in file.manifests]
        if manifests and layout.nearest(folder) is None and not any(within(folder, base) for base in bases):
            place = join(folder, "scope.yaml")
            hint = f"write {place}, or one in a folder above: {EXAMPLE}"
            yield Problem(manifests[0].where, f"the manifests in {_shown(folder)} belong to no scope", hint=hint)


def _shown(folder: str) -> str:
    return repr(folder or ".")


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396's merge patch: mappings are merged, null removes, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    base = target if isinstance(target, Mapping) else {}
    kept = {key: value for key, value in base.items() if key not in patch}
    merged = {key: merge(base.get(key), value) for key, value in patch.items() if value is not None}
    return {**kept, **merged}
