"""The manifests of a plain folder, by the same rules as a commit's, for the verbs that need no git."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from controller.model.commit import Blob, Tree
from controller.model.problem import Position, Problem, did_you_mean
from controller.source import entries


class FolderSource:
    """A folder on disk. If it is a git work tree, that is of no matter: what lies there now is what counts.

    Paths in blobs and problems begin with the folder as it was given, so that an editor finds them.
    """

    def __init__(self, path: Path, *, max_file_bytes: int = 4 * 1024 * 1024) -> None:
        self._folder = path
        self._max_file_bytes = max_file_bytes
        normal = Path(os.path.normpath(path)).as_posix()
        self._root = "" if normal == "." else normal

    def tree(self) -> Tree:
        """All manifest files as they are now, sorted by path. What cannot be read is a Problem, never an exception."""
        if not self._folder.is_dir():
            return Tree(None, self._root, (), (self._missing(),))
        found = list(self._walk())
        blobs = (item for item in found if isinstance(item, Blob))
        problems = (item for item in found if isinstance(item, Problem))
        return Tree(
            None,
            self._root,
            tuple(sorted(blobs, key=lambda blob: blob.path)),
            tuple(sorted(problems, key=lambda problem: problem.where)),
        )

    def _missing(self) -> Problem:
        if self._folder.exists():
            return entries.no_folder(self._root)
        try:
            beside = [entry.name for entry in os.scandir(self._folder.parent) if entry.is_dir()]
        except OSError:
            beside = []
        hint = did_you_mean(self._folder.name, beside)
        return Problem(Position(self._root), "there is no such folder", hint=hint)

    def _walk(self) -> Iterator[Blob | Problem]:
        """Without recursion, since a folder may be nested deeper than Python's stack."""
        waiting = [self._folder]
        while waiting:
            folder = waiting.pop()
            try:
                inside = list(os.scandir(folder))
            except OSError as error:
                yield Problem(Position(self._path(folder)), f"cannot be read: {error.strerror}")
                continue
            for entry in inside:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(folder / entry.name)
                else:
                    yield from self._item(folder / entry.name)

    def _item(self, file: Path) -> Iterator[Blob | Problem]:
        path = self._path(file)
        if file.is_symlink():
            yield entries.symlink(path)
        elif entries.is_manifest(os.fsencode(file.name)):
            below = os.fsencode(file.relative_to(self._folder))
            yield self._read(file, path) if entries.is_showable(below) else entries.odd_name(path)

    def _read(self, file: Path, path: str) -> Blob | Problem:
        try:
            content = _content(file, self._max_file_bytes)
        except OSError as error:
            return Problem(Position(path), f"cannot be read: {error.strerror}")
        if isinstance(content, int):
            return entries.oversized(path, content, self._max_file_bytes)
        if content is None:
            return Problem(Position(path), "is not a regular file")
        return Blob(path, entries.blob_id(content), content)

    def _path(self, file: Path) -> str:
        below = entries.shown(os.fsencode(file.relative_to(self._folder)))
        return os.path.normpath(f"{self._root or '.'}/{below}") if below != "." else self._root or "."


def _content(file: Path, limit: int) -> bytes | int | None:
    """A file's bytes; its size where that is beyond the limit; None where it is not a regular file.

    It is opened without following a link and without waiting, and only then looked at, so that nothing can be put in its place.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return None
        content = stream.read(limit + 1)
        return content if len(content) <= limit else max(facts.st_size, len(content))
