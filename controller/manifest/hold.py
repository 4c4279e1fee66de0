"""A broken commit never stops the last good one from being held: what its errors hide is carried over.

Rules, in favour of what was there:
- a scope that is gone is carried over whole while the commit has any error: one of them may be why it is gone;
- of a scope that is not complete, a manifest that is gone is carried over where an error stands in its own file, in a
  folder on the way to it (a symlink), or in a scope file (an include, a patch). Gone from a sound file, it is gone;
- but nothing is carried over into the way of what the new commit says: not where a new manifest asks for the same live
  resource, and not where it would close a circle of needs.

`complete` stays false, so nothing is pruned in a scope before its errors are mended.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from posixpath import basename, dirname

from controller.manifest.clashes import live_key
from controller.manifest.envelope import Kinds
from controller.manifest.graph import cycles, needs
from controller.manifest.scopes import SCOPE_FILES
from controller.model.address import Address
from controller.model.manifest import Desired, Loaded, Manifest, acquainted
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope

_Manifests = Mapping[Address, Manifest]


def hold(new: Loaded, last_good: Loaded | None, kinds: Kinds) -> Loaded:
    """`new`, with what its errors hide taken over from `last_good` (which may itself be the outcome of a `hold`)."""
    errors = tuple(problem for problem in new.problems if problem.severity is Severity.ERROR)
    if last_good is None or not errors:
        return new
    gone = {name: replace(old, manifests={}, complete=False, problems=errors) for name, old in last_good.scopes.items()}
    scopes = {**gone, **new.scopes}
    said = {address: manifest for desired in scopes.values() for address, manifest in desired.manifests.items()}
    hidden = {
        address: manifest
        for name, old in last_good.scopes.items()
        for address, manifest in old.manifests.items()
        if address not in said and (name not in new.scopes or _may_hide(scopes[name], manifest.where.file, errors))
    }
    taken = {_live(scopes[address.scope].scope, manifest, kinds) for address, manifest in said.items()} - {None}
    free = {
        address: manifest
        for address, manifest in hidden.items()
        if _live(scopes[address.scope].scope, manifest, kinds) not in taken
    }
    return replace(new, scopes=acquainted(_merged(scopes, _without_circles(free, said))))


def _may_hide(desired: Desired, file: str, errors: tuple[Problem, ...]) -> bool:
    """Whether an error may be the reason why a manifest of this file is not in its scope."""
    if desired.complete:
        return False
    places = {problem.where.file for problem in errors}
    scope_file = any(basename(problem.where.file) in SCOPE_FILES for problem in desired.problems if problem in errors)
    return scope_file or not places.isdisjoint(_on_the_way(file))


def _on_the_way(path: str) -> frozenset[str]:
    """A file and the folders above it."""
    outer = dirname(path)
    return frozenset((path,)) | (_on_the_way(outer) if outer != path else frozenset())


def _live(scope: Scope, manifest: Manifest, kinds: Kinds) -> Hashable:
    """The live resource that a manifest asks for; None where it asks for none by name."""
    kind = kinds.get(manifest.address.kind)
    claim = kind.claim(manifest.spec) if kind and manifest.spec else ""
    return live_key(kinds, scope, manifest.address.kind, claim) if claim else None


def _without_circles(hidden: _Manifests, said: _Manifests) -> _Manifests:
    kept = dict(hidden)
    while circle := next(cycles(needs([*said.values(), *kept.values()])), None):
        for address in circle:
            kept.pop(address, None)
    return kept


def _merged(scopes: Mapping[str, Desired], carried: _Manifests) -> dict[str, Desired]:
    return {
        name: replace(
            desired,
            manifests={**desired.manifests, **{key: each for key, each in carried.items() if key.scope == name}},
        )
        for name, desired in scopes.items()
    }
