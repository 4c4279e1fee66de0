"""A problem in what a person wrote, and the place where it stands.

Made by `source` and `manifest`, carried in events and errors, shown by `cli` and `report`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Severity(StrEnum):
    """An error stops what it is about; a warning is shown and stops nothing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file of the commit. `line` and `column` count from 1; 0 means that the file as a whole is meant."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with all that is needed to mend it.

    `field` is the path of the field (`spec.ingress[0].port`), `hint` what to do: allowed values, a did-you-mean.
    """

    where: Position
    message: str
    field: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: {self.severity}: {field}{self.message}{hint}"


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """The allowed word nearest to `found` as a hint, or all allowed words where none is near and they are few."""
    words = sorted(allowed)
    folded = {word.lower(): word for word in words}
    near = get_close_matches(found.lower(), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    return f"allowed: {', '.join(words)}" if 0 < len(words) <= 12 else ""
