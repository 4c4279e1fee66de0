"""The files of a commit to validated manifests: the table of contents of this layer.

read → lay out by scope → draft (includes, names) → expand composites → index → build each manifest → refuse what clashes → Loaded.

Every step looks at the whole commit and notes all problems; a problem takes out what it is about and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from posixpath import dirname
from types import MappingProxyType

from controller.manifest import envelope as envelopes
from controller.manifest.build import build
from controller.manifest.clashes import Clash, Entry, circles, misfits, namesakes, rivals
from controller.manifest.composites import Composites, Expansion, expand
from controller.manifest.envelope import Kinds
from controller.manifest.includes import Draft, drafts, idle_patches, members, without_scope
from controller.manifest.references import Index
from controller.manifest.scopes import File, Home, Layout, ScopeFile, layout, read_scope, within
from controller.manifest.yaml_reader import read
from controller.model.address import Address
from controller.model.commit import Blob, Tree
from controller.model.manifest import Desired, Loaded, acquainted
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope


@dataclass(frozen=True, slots=True)
class _Part:
    """What one valid scope holds, before its manifests are built.

    `problems`: those of its files, home, includes and composites; `expanded`: the composites, as they are kept.
    """

    scope: Scope
    drafts: tuple[Draft, ...]
    problems: tuple[Problem, ...]
    expanded: tuple[Hashable, ...] = ()


class Loader:
    """Loads one commit after the other. What did not change between two of them is not parsed or validated again."""

    def __init__(self, kinds: Kinds, composites: Composites = MappingProxyType({})) -> None:
        self._kinds = kinds
        self._composites = composites
        self._files: dict[tuple[str, str], File] = {}
        self._expansions: dict[Hashable, tuple[Draft, Scope, Expansion]] = {}
        self._entries: dict[Hashable, Entry] = {}

    def load(self, tree: Tree) -> Loaded:
        """All that a commit says, and all that is wrong with it. Raises nothing for what a person may have written."""
        files = self._read(tree)
        laid = layout(files, tree.root)
        everywhere = tuple(problem for problem in tree.problems if not within(dirname(problem.where.file), laid.root))
        parts = [self._part(laid, home, home.scope, everywhere) for home in laid.homes.values() if home.scope]
        self._expansions = {key: self._expansions[key] for part in parts for key in part.expanded}
        index = Index(_declared(parts), laid.names, laid.broken_names)
        entries = self._build(parts, index)
        clashes = [
            *namesakes(entries),
            *rivals(entries, self._kinds),
            *circles(entries),
            *misfits(entries, self._kinds),
        ]
        of_files = [problem for file in files for problem in file.problems]
        return _loaded(parts, entries, clashes, [*of_files, *_of_homes(laid), *without_scope(laid)])

    def _read(self, tree: Tree) -> list[File]:
        self._files = {(blob.path, blob.id): self._file(blob) for blob in tree.blobs}
        unread = [File(problem.where.file, problems=(problem,)) for problem in tree.problems]
        return [*self._files.values(), *unread]

    def _file(self, blob: Blob) -> File:
        return self._files.get((blob.path, blob.id)) or _parse(blob, {*self._kinds, *self._composites})

    def _part(self, laid: Layout, home: Home, scope: Scope, everywhere: tuple[Problem, ...]) -> _Part:
        found, wrong = members(laid, home)
        written = tuple(drafts(found, scope.spec.variables, self._composites))
        composed = [draft for draft in written if draft.envelope.kind in self._composites]
        expansions = [self._expansion(draft, scope) for draft in composed]
        plain = [draft for draft in written if draft.envelope.kind not in self._composites]
        made = (*plain, *(draft for expansion in expansions for draft in expansion.drafts))
        of_files = (problem for member in found for problem in member.file.problems)
        of_composites = (problem for expansion in expansions for problem in expansion.problems)
        idle = idle_patches(home, found, (*written, *made))
        problems = (*everywhere, *of_files, *home.problems, *wrong, *of_composites, *idle)
        return _Part(scope, made, problems, tuple(_key(scope, draft) for draft in composed))

    def _expansion(self, draft: Draft, scope: Scope) -> Expansion:
        known = self._expansions.get(_key(scope, draft))
        if known is None or known[:2] != (draft, scope):
            known = (draft, scope, expand(draft, scope, self._composites))
            self._expansions[_key(scope, draft)] = known
        return known[2]

    def _build(self, parts: list[_Part], index: Index) -> list[Entry]:
        entries = [self._entry(draft, part.scope, index) for part in parts for draft in part.drafts]
        self._entries = {_key(entry.scope, entry.draft): entry for entry in entries}
        return entries

    def _entry(self, draft: Draft, scope: Scope, index: Index) -> Entry:
        known = self._entries.get(_key(scope, draft))
        if known and known.draft == draft and known.scope == scope and known.built.stands(index):
            return known
        address = Address(scope.name, draft.envelope.kind, draft.name)
        return Entry(address, scope, draft, build(draft, scope, self._kinds, index))


def _parse(blob: Blob, kinds: Collection[str]) -> File:
    documents, problems = read(blob.path, blob.content)
    manifests: list[envelopes.Envelope] = []
    scopes: list[ScopeFile] = []
    found = list(problems)
    for document in documents:
        envelope, wrong = envelopes.parse(document, kinds)
        found += wrong
        if envelope and envelope.kind == envelopes.SCOPE:
            scope, wrong = read_scope(envelope)
            found += wrong
            scopes.append(scope)
        elif envelope:
            manifests.append(envelope)
    return File(blob.path, tuple(manifests), tuple(scopes), tuple(found))


def _key(scope: Scope, draft: Draft) -> Hashable:
    return scope.name, draft.envelope, draft.name


def _declared(parts: list[_Part]) -> Iterator[Address]:
    """What may be referred to: sound or not, since what depends on a broken manifest is not wrong itself."""
    for part in parts:
        for draft in part.drafts:
            yield Address(part.scope.name, draft.envelope.kind, draft.name)


def _of_homes(laid: Layout) -> Iterator[Problem]:
    for home in laid.homes.values():
        yield from home.problems


def _loaded(parts: list[_Part], entries: list[Entry], clashes: list[Clash], loose: list[Problem]) -> Loaded:
    by_scope: dict[str, list[Entry]] = defaultdict(list)
    wrong: dict[str, list[Problem]] = defaultdict(list)
    for entry in entries:
        by_scope[entry.address.scope].append(entry)
        wrong[entry.address.scope] += entry.built.problems
    for address, problem in clashes:
        wrong[address.scope].append(problem)
    out = {address for address, problem in clashes if problem.severity is Severity.ERROR}
    scopes = {part.scope.name: _desired(part, by_scope[part.scope.name], wrong[part.scope.name], out) for part in parts}
    found = [*loose, *(problem for desired in scopes.values() for problem in desired.problems)]
    return Loaded(acquainted(scopes), _in_order(found))


def _desired(part: _Part, entries: list[Entry], wrong: list[Problem], out: set[Address]) -> Desired:
    manifests = {
        entry.address: entry.built.manifest for entry in entries if entry.built.manifest and entry.address not in out
    }
    problems = _in_order([*part.problems, *wrong])
    complete = not any(problem.severity is Severity.ERROR for problem in problems)
    return Desired(part.scope, manifests, complete, problems)


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each once, in the order of the files: a folder that several scopes include is wrong only once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.where))
