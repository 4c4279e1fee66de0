"""What of a folder is taken as manifests, and what is refused: one set of rules for commits and plain folders alike.

Taken: regular files named *.yaml or *.yml, in the manifests' folder and below it.
Ignored: every other file, and all files and folders whose name begins with a dot.
Refused, as a Problem with its path: symlinks and submodules (they lead out of the commit), files that are too large, and
names that cannot be shown (not UTF-8, or with control characters).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controller.model.problem import Position, Problem

SUFFIXES = (".yaml", ".yml")
_SYMLINK, _SUBMODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `git ls-tree -r -l -z`. `size` is in bytes; None for a submodule, and where git cannot read the object."""

    mode: str
    id: str
    size: int | None
    name: bytes

    @property
    def path(self) -> str:
        """The path as it can be shown: what is not UTF-8 or not printable is escaped."""
        return shown(self.name)


@dataclass(frozen=True, slots=True)
class Sifted:
    """What of a listing is taken, and what is wrong with the rest."""

    taken: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def parse_listing(listing: bytes) -> Iterator[Entry]:
    """The entries that `git ls-tree -r -l -z` printed."""
    for line in listing.split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        mode, _, id_, size = facts.decode("ascii").split()
        yield Entry(mode, id_, int(size) if size.isdigit() else None, name)


def sift(entries: Iterable[Entry], root: str, max_file_bytes: int) -> Sifted:
    """What trueup takes of a commit's entries below `root` ("" for all of the commit)."""
    below = len(root.encode()) + 1 if root else 0
    taken, problems = [], []
    for entry in entries:
        if is_hidden(entry.name[below:]):
            continue
        problem = _refusal(entry, root, max_file_bytes)
        if problem:
            problems.append(problem)
        elif is_manifest(entry.name):
            taken.append(entry)
    return Sifted(tuple(taken), tuple(problems))


def _refusal(entry: Entry, root: str, max_file_bytes: int) -> Problem | None:
    if entry.mode == _SYMLINK:
        return symlink(entry.path)
    if entry.mode == _SUBMODULE:
        return submodule(entry.path)
    if entry.path == root:
        return no_folder(root)
    if not is_manifest(entry.name):
        return None
    if not is_showable(entry.name):
        return odd_name(entry.path)
    return oversized(entry.path, entry.size or 0, max_file_bytes) if (entry.size or 0) > max_file_bytes else None


def is_hidden(relative: bytes) -> bool:
    """Whether a path below the manifests' folder has a part that begins with a dot."""
    return relative.startswith(b".") or b"/." in relative


def is_manifest(name: bytes) -> bool:
    """Whether a file of this name is read, if it is a regular one."""
    return name.lower().endswith(tuple(suffix.encode() for suffix in SUFFIXES))


def is_showable(name: bytes) -> bool:
    """Whether a name can stand in a log, a tag or on a terminal as it is."""
    return shown(name).encode() == name


def shown(name: bytes) -> str:
    """A name as text, with whatever cannot be shown escaped."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def symlink(path: str) -> Problem:
    """The Problem of a symlink: what it leads to may lie outside of the commit."""
    return Problem(
        Position(path), "is a symlink, and trueup follows none", hint="commit the file itself, or use include"
    )


def submodule(path: str) -> Problem:
    """The Problem of a submodule: another repository's commit, which is not fetched."""
    return Problem(
        Position(path),
        "is a submodule, and trueup reads none",
        hint="commit its files, or use a repository of their own",
    )


def oversized(path: str, size: int, limit: int) -> Problem:
    """The Problem of a file that is too large; sizes in bytes."""
    message = f"is {size:,} bytes, and a manifest file may have {limit:,}"
    return Problem(Position(path), message, hint="split it, or raise max_file_bytes")


def odd_name(path: str) -> Problem:
    """The Problem of a name that cannot be shown; `path` is its escaped form."""
    message = "has a name that cannot be shown: it is not UTF-8, or has control characters"
    return Problem(Position(path), message, hint="rename it")


def no_folder(path: str) -> Problem:
    """The Problem of a file where the manifests' folder should be."""
    return Problem(Position(path), "is a file, not a folder", hint="name the folder of the manifests")


def blob_id(content: bytes) -> str:
    """Git's id of a file's content: SHA-1 over `blob <length>`, a zero byte and the content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
