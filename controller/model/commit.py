"""A commit and its files, as `source` hands them to `manifest`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controller.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Commit:
    """A git commit. `date` is the committer's, in UTC."""

    sha: str
    author: str
    date: datetime
    subject: str
    message: str = ""

    @property
    def short(self) -> str:
        return self.sha[:12]


@dataclass(frozen=True, slots=True)
class Blob:
    """One file. `path` is relative to the repository's root, with `/`; `id` is git's blob id, equal for equal content."""

    path: str
    id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """The manifest files of a commit, sorted by path; `commit` is None for a plain folder. `root` is the manifests' folder."""

    commit: Commit | None
    root: str
    blobs: tuple[Blob, ...]
    problems: tuple[Problem, ...] = ()
