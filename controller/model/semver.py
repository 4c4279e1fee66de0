"""Semantic versions, and the ranges by which one is chosen: in the grammar of npm, which Flux's users know as well.

`1.x`, `~1.4`, `^1.4`, `>=1.4.0 <2.0.0`, `1.2 - 1.4`, and `||` between alternatives; a comma may stand for a space. A version
before a release (`1.5.0-rc.1`) is only in an alternative that names one itself, such as `>=1.5.0-0`.

https://semver.org/spec/v2.0.0.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

_NUMBER = r"0|[1-9]\d*"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_WORDS}))?(?:\+{_WORDS})?")
_PLACE = rf"{_NUMBER}|[xX*]"
_PART = re.compile(
    rf"[\s,]*(\^|~>?|>=|<=|>|<|=|)\s*v?({_PLACE})(?:\.({_PLACE}))?(?:\.({_PLACE})(?:-({_WORDS}))?(?:\+{_WORDS})?)?(?=[\s,]|$)"
)
_SPAN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_FORMS = "write 1.x, ~1.4, ^1.4, or >=1.4.0 <2.0.0; || stands between alternatives"
_HOLDS: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One version, in the order of semver.org: what comes before a release is less than it."""

    major: int
    minor: int
    patch: int
    released: bool = True
    before: tuple[tuple[bool, int, str], ...] = ()

    @staticmethod
    def parse(text: str) -> Version | None:
        """The version that a text is, with or without a `v` before it; None where it is none."""
        found = _VERSION.fullmatch(text)
        return _version(tuple(map(int, found.groups()[:3])), found[4]) if found else None


def _version(numbers: tuple[int, ...], before: str | None) -> Version:
    words = before.split(".") if before else ()
    # A number is less than a word, and numbers are compared as such.
    keys = tuple((not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in words)
    major, minor, patch = (*numbers, 0, 0)[:3]
    return Version(major, minor, patch, not words, keys)


@dataclass(frozen=True, slots=True)
class _Alternative:
    """Bounds that hold together, each an operator and a version; `before`: whether versions before a release count."""

    bounds: tuple[tuple[str, Version], ...]
    before: bool

    def __contains__(self, version: Version) -> bool:
        return (version.released or self.before) and all(_HOLDS[sign](version, bound) for sign, bound in self.bounds)


@dataclass(frozen=True, slots=True)
class Range:
    """A range of versions."""

    alternatives: tuple[_Alternative, ...]

    @staticmethod
    def parse(text: str) -> Range:
        """The range that a text means. Raises ValueError where it means none."""
        return Range(tuple(map(_alternative, text.split("||"))))

    def __contains__(self, version: Version) -> bool:
        return any(version in alternative for alternative in self.alternatives)


def _alternative(text: str) -> _Alternative:
    span = _SPAN.fullmatch(text)
    parts = list(_parts(f">={span[1]} <={span[2]}" if span else text))
    bounds = tuple(bound for sign, numbers, before in parts for bound in _bounds(sign, numbers, before))
    return _Alternative(bounds, any(before for _, _, before in parts))


def _parts(text: str) -> Iterator[tuple[str, tuple[int, ...], str | None]]:
    """Each part's operator, the numbers that it gives (`1.x`: one), and what it says of versions before the release."""
    rest = text.rstrip(" \t,")
    if not rest.strip():
        raise ValueError(f"{text!r} is no range; {_FORMS}")
    at = 0
    while at < len(rest):
        found = _PART.match(rest, at)
        if found is None:
            raise ValueError(f"{rest[at:].strip()!r} is no range of versions; {_FORMS}")
        sign, *places, before = found.groups()
        given = [place for place in places if place]
        numbers = tuple(map(int, takewhile(str.isdigit, given)))
        after_any = any(map(str.isdigit, given[len(numbers) :])) or (before and len(numbers) < 3)
        if after_any or (sign in ("<", ">") and not numbers):
            raise ValueError(f"{found[0].strip()!r} is no range of versions; {_FORMS}")
        yield sign, numbers, before
        at = found.end()


def _bounds(sign: str, numbers: tuple[int, ...], before: str | None) -> Iterator[tuple[str, Version]]:
    """What a part means, in bounds. `1.4` stands for all of 1.4.x."""
    if not numbers:
        return
    whole, low, last = len(numbers) == 3, _version(numbers, before), len(numbers) - 1
    match sign:
        case "^":
            # Up to what may break: the first number that is not 0, or the last that is given.
            changes = next((place for place, number in enumerate(numbers) if number), last)
            yield from ((">=", low), ("<", _next(numbers, changes)))
        case "~" | "~>":
            yield from ((">=", low), ("<", _next(numbers, min(last, 1))))
        case ">=":
            yield ">=", low
        case ">":
            yield (">", low) if whole else (">=", _next(numbers, last))
        case "<":
            yield "<", low if whole else _first(low)
        case "<=":
            yield ("<=", low) if whole else ("<", _next(numbers, last))
        case _:
            yield from ((">=", low), ("<=", low) if whole else ("<", _next(numbers, last)))


def _next(numbers: tuple[int, ...], place: int) -> Version:
    """Where the next version begins that differs at a place: before its first pre-release."""
    return _first(_version((*numbers[:place], numbers[place] + 1), None))


def _first(version: Version) -> Version:
    return Version(version.major, version.minor, version.patch, released=False)
