"""One commit's files out of a git remote: ask for the head, fetch when it moved, read blobs. Never a checkout, so that no symlink,
filter, hook or submodule of the repository can do anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from posixpath import normpath
from typing import TypeVar

from controller.errors import SourceRefused, SourceUnreachable
from controller.model.commit import Blob, Commit, Tree
from controller.model.problem import Position, Problem, did_you_mean
from controller.source.command import GitCommand
from controller.source.entries import Entry, sift
from controller.source.mirror import DamagedMirror, Mirror
from controller.source.url import parse_remote

T = TypeVar("T")
_ID = re.compile(r"[0-9a-f]{40}")
_HEADS, _TAGS, _PEELED = "refs/heads/", "refs/tags/", "^{}"


class GitSource:
    """A branch (or the newest of some tags) of a git remote, and the manifests' folder in it.

    `tag_pattern` (`v*`, as shells match) takes the place of the branch; which tag is newest is git's version order, in which
    `v1.10` is newer than `v1.9`, and `v1.0` newer than `v1.0-rc1`. `mirror` is a folder for a bare repository, made when needed.
    `timeout_seconds` bounds every git command, ten times that a fetch. For one thread at a time, but for `stop`.
    """

    def __init__(
        self,
        url: str,
        *,
        branch: str = "main",
        tag_pattern: str | None = None,
        path: str = "manifests",
        mirror: Path,
        token: str | None = None,
        max_file_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 60,
    ) -> None:
        """Asks nothing yet. Raises SourceRefused for an unsafe url, or a path that leads out of the repository."""
        remote = parse_remote(url, token or "")
        self._address = remote.address
        self._branch = branch
        self._tag_pattern = tag_pattern or ""
        self._path = _inside(path)
        self._max_file_bytes = max_file_bytes
        self._git = GitCommand(remote)
        self._mirror = Mirror(mirror, self._git, remote.address, branch, timeout_seconds)
        self._current: dict[str, bytes] = {}
        self._previous: dict[str, bytes] = {}
        self.blobs_read = 0
        """How many blobs were read out of git so far, those that were known from the last two trees left out."""

    def __repr__(self) -> str:
        what = f"tag_pattern={self._tag_pattern!r}" if self._tag_pattern else f"branch={self._branch!r}"
        return f"GitSource({self._address!r}, {what}, path={self._path!r})"

    def head(self) -> str:
        """The id of the commit that the remote's branch, or newest fitting tag, points at now. One `git ls-remote`.

        Raises SourceUnreachable if the remote cannot be asked; SourceRefused if it has no such branch or tag.
        """
        return self._newest_tag() if self._tag_pattern else self._branch_head()

    def fetch(self, sha: str) -> Commit:
        """The commit, fetched if the mirror lacks it. Raises SourceUnreachable, SourceRefused."""
        return self._mended(sha, lambda: self._fetched(sha))

    def tree(self, sha: str) -> Tree:
        """The manifest files of a commit, sorted by path, with a Problem for each that is refused.

        Reads only blobs that neither of the last two trees had. Raises SourceUnreachable, SourceRefused.
        """
        return self._mended(sha, lambda: self._tree(self._fetched(sha)))

    def resolve(self, rev: str) -> Commit:
        """The commit that a branch, tag, (short) id or other revision (`HEAD~1`) names; HEAD is the held branch.

        Raises SourceUnreachable; SourceRefused with a did-you-mean if there is none.
        """
        return self._mended(rev, lambda: self._resolved(rev))

    def keep(self, name: str, sha: str) -> None:
        """Keep a commit in the mirror, whatever becomes of the branch, until another is kept under this name.

        Raises SourceError if the mirror cannot be written.
        """
        self._mirror.hold(name, sha)

    def stop(self) -> None:
        """End what git is doing (it raises SourceUnreachable there) and begin nothing more. For a signal, from any thread."""
        self._git.stop()

    def _branch_head(self) -> str:
        heads = {ref.removeprefix(_HEADS): sha for ref, sha in self._mirror.remote_refs("--heads")}
        if self._branch not in heads:
            hint = did_you_mean(self._branch, heads) if heads else "it has none yet: push a first commit"
            raise SourceRefused(f"the repository {self._address} has no branch {self._branch!r}", hint=hint)
        return heads[self._branch]

    def _newest_tag(self) -> str:
        refs = self._mirror.remote_refs("--tags", "--sort=-version:refname")
        tags = {ref.removeprefix(_TAGS): sha for ref, sha in refs}
        fitting = [tag for tag in tags if not tag.endswith(_PEELED) and fnmatchcase(tag, self._tag_pattern)]
        if not fitting:
            names = (tag for tag in tags if not tag.endswith(_PEELED))
            message = f"the repository {self._address} has no tag that fits {self._tag_pattern!r}"
            raise SourceRefused(message, hint=did_you_mean(self._tag_pattern, names))
        return tags.get(fitting[0] + _PEELED, tags[fitting[0]])

    def _mended(self, what: str, read: Callable[[], T]) -> T:
        """What `read` gives, if need be from a mirror made anew."""
        try:
            return read()
        except DamagedMirror:
            self._mirror.renew()
        try:
            return read()
        except DamagedMirror as error:
            message = f"{what[:12]} of {self._address} cannot be read, even from a new mirror: {error}"
            raise SourceRefused(message, hint="`git fsck` in the remote tells more") from error

    def _fetched(self, sha: str) -> Commit:
        if not self._mirror.has(sha):
            self._mirror.refresh()
        if not self._mirror.has(sha):
            raise SourceUnreachable(f"the repository {self._address} no longer has commit {sha[:12]}")
        return self._mirror.commit(sha)

    def _resolved(self, rev: str) -> Commit:
        if not (_ID.fullmatch(rev) and self._mirror.has(rev)):
            self._mirror.refresh()
        sha = "" if rev.startswith("-") else self._mirror.name(rev)
        if not sha:
            hint = did_you_mean(rev, self._mirror.names())
            raise SourceRefused(f"the repository {self._address} has no commit {rev!r}", hint=hint)
        return self._mirror.commit(sha)

    def _tree(self, commit: Commit) -> Tree:
        listed = list(self._mirror.entries(commit.sha, self._path))
        if not listed and self._path:
            return Tree(commit, self._path, (), (self._no_such_folder(commit),))
        sifted = sift(listed, self._path, self._max_file_bytes)
        contents = self._contents(sifted.taken)
        blobs = (Blob(entry.path, entry.id, contents[entry.id]) for entry in sifted.taken)
        return Tree(
            commit,
            self._path,
            tuple(sorted(blobs, key=lambda blob: blob.path)),
            tuple(sorted(sifted.problems, key=lambda problem: problem.where)),
        )

    def _contents(self, taken: Iterable[Entry]) -> dict[str, bytes]:
        known = {**self._previous, **self._current}
        ids = list(dict.fromkeys(entry.id for entry in taken))
        new = self._mirror.contents([id_ for id_ in ids if id_ not in known])
        self.blobs_read += len(new)
        known.update(new)
        self._previous, self._current = self._current, {id_: known[id_] for id_ in ids}
        return self._current

    def _no_such_folder(self, commit: Commit) -> Problem:
        folders = self._mirror.folders(commit.sha)
        top = ", ".join(folder for folder in folders if "/" not in folder)
        hint = did_you_mean(self._path, folders) or (f"at its top there are: {top}" if top else "it has no folders")
        return Problem(Position(self._path), f"there is no such folder in commit {commit.short}", hint=hint)


def _inside(path: str) -> str:
    """A path in the repository in its shortest form: "" is the whole of it."""
    normal = normpath(path.strip() or ".")
    if normal.startswith(("/", "..")):
        raise SourceRefused(f"the path {path!r} leads out of the repository", hint="write it relative to its top")
    return "" if normal == "." else normal
