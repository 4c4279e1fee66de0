"""YAML to plain data, with the position of everything in it.

The first step of `manifest`: the bytes of a file become documents, which `envelope` then looks at. A file is taken whole or not at
all, and whatever its bytes are, nothing is raised: what is wrong comes back as Problems.

YAML 1.2's core schema decides what a plain scalar is, so that `no`, `on`, `22:22` and dates stay the texts that were meant. In one
thing we differ: a decimal with a leading zero stays a text too, since an account id would lose the zero. What can surprise
(duplicate keys, tags, merge keys) or hurt (bombs, depth) is refused with its place. How large a file may be is `source`'s to say.

The data is built from the parser's events in one go. PyYAML's composer would recurse without a bound, drop what a `!` says, and
leave a tree of nodes ten times the size of the data behind.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import yaml

from controller.manifest.yaml_syntax import at, syntax_problem
from controller.model.problem import Position, Problem

MAX_DEPTH = 100
MAX_NODES = 250_000
"""Nodes of a file (keys too), counted as often as aliases repeat them. A zone of 10,000 records has half as many."""
MAX_DIGITS = 300
"""Characters of a number. No API takes a longer one, and Python is slow to read them."""

Path = tuple[str | int, ...]
Scalar = str | int | float | bool | None

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML without libyaml is slower, and reads the same
_CORE = "tag:yaml.org,2002:"
_TYPES: dict[str, type | tuple[type, ...]] = {
    f"{_CORE}int": int,
    f"{_CORE}bool": bool,
    f"{_CORE}float": (int, float),
    f"{_CORE}null": type(None),
}
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BASES = {"0o": 8, "0x": 16}

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)
_CLOUDFORMATION = re.compile(
    "!(And|Base64|Cidr|Condition|Equals|FindInMap|GetAtt|GetAZs|If|ImportValue|Join|Not|Or|Ref|Select|Split|Sub|Transform)"
)


Parts: TypeAlias = "dict[str, Marks] | list[Marks] | None"
Marks: TypeAlias = "int | tuple[int, Parts]"
"""Where a value is written (its key, or itself in a list), and the marks of what is in it, if anything can be.

A place is a number, its line and column in one, since there is one for every value, and a number takes a third of the room.
"""
_COLUMNS = 2**24
"""More than a line has."""


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """One YAML document of a file, compared by identity.

    `data` is plain (dicts, lists, texts, numbers, booleans, None) and not to be changed: an alias shares what it repeats.
    """

    data: Any
    marks: Marks
    file: str

    def position(self, path: Path) -> Position:
        """Where a field stands: its key, the item of a list, or the nearest thing above what is not there."""
        marks = self.marks
        for part in path:
            below = _below(marks, part)
            if below is None:
                break
            marks = below
        return Position(self.file, *divmod(_place(marks), _COLUMNS))


def _place(marks: Marks) -> int:
    return marks if isinstance(marks, int) else marks[0]


def _parts(marks: Marks) -> Parts:
    return None if isinstance(marks, int) else marks[1]


def _below(marks: Marks, part: str | int) -> Marks | None:
    parts = _parts(marks)
    if isinstance(parts, dict):
        return parts.get(part) if isinstance(part, str) else None
    return parts[part] if parts and isinstance(part, int) and 0 <= part < len(parts) else None


class _Refused(Exception):
    """Why a value, or the whole file, is not taken. Never leaves this module."""

    def __init__(self, mark: Any, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.mark, self.message, self.hint = mark, message, hint


class _Anchored(NamedTuple):
    data: Any
    marks: Marks
    size: int
    height: int


def read(file: str, content: bytes) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """The documents of a file, or none and every problem found in it. Empty documents are left out. Raises nothing."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (), (_not_utf8(file, content, error.start),)
    problem = _unreadable(file, text)
    if problem:
        return (), (problem,)
    reading = _Reading(file, text)
    documents = reading.documents()
    return ((), tuple(reading.problems)) if reading.problems else (documents, ())


def _not_utf8(file: str, content: bytes, index: int) -> Problem:
    found = "UTF-16 or UTF-32" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "not UTF-8"
    return Problem(at(file, content[:index].decode("utf-8-sig")), f"the file is {found}", hint="save it as UTF-8")


def _unreadable(file: str, text: str) -> Problem | None:
    """What would stop the parser without a good word, or (thousands of %TAG lines) keep it busy for seconds."""
    if found := _UNPRINTABLE.search(text):
        message = f"the character U+{ord(found[0]):04X} cannot be in YAML"
        return Problem(at(file, text[: found.start()]), message, hint="remove it, or save the file as UTF-8 text")
    if found := _TAG_DIRECTIVE.search(text):
        return Problem(at(file, text[: found.start()]), "a %TAG line, and tags are not taken", hint="leave it out")
    return None


def _weight(event: Any) -> int:
    """How many values an event counts as: a long text counts as several, so that aliases cannot repeat it without end."""
    return 1 + len(event.value) // 100 if isinstance(event, yaml.ScalarEvent) else 1


class _Reading:
    """One file on its way from events to documents. `problems` holds what was found wrong so far."""

    def __init__(self, file: str, text: str) -> None:
        self.problems: list[Problem] = []
        self._file, self._text = file, text
        self._loader = _LOADER(text)
        self._next = self._loader.get_event
        self._count = 0
        self._deepest = 0
        self._anchors: dict[str, _Anchored | None] = {}

    def documents(self) -> tuple[Document, ...]:
        """All documents; to be used only where no problem was found."""
        try:
            return tuple(self._documents())
        except _Refused as refused:
            self._note(refused)
        except yaml.MarkedYAMLError as error:
            self.problems.append(syntax_problem(self._file, self._text, error))
        except ValueError as error:  # PyYAML's own scanner, from an escape beyond Unicode; libyaml has an error for it
            self.problems.append(Problem(Position(self._file), f"not valid YAML: {error}"))
        finally:
            self._loader.dispose()
        return ()

    def _documents(self) -> Iterator[Document]:
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
                first = self._next()
                data, marks = self._value(first, first.start_mark, 1)
                if data is not None:
                    yield Document(data, marks, self._file)

    def _value(self, event: Any, mark: Any, depth: int) -> tuple[Any, Marks]:
        """What begins with an event, and its marks. `mark` is where it counts as written: at its key, if it has one."""
        before = self._count
        self._take(event, _weight(event), depth)
        if event.anchor is None:
            return self._content(event, mark, depth)
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event, mark, depth)
        return self._anchored(event, mark, depth, before)

    def _take(self, event: Any, nodes: int, depth: int) -> None:
        self._count += nodes
        if depth > self._deepest:
            self._deepest = depth
        if depth > MAX_DEPTH:
            raise _Refused(event.start_mark, f"nested more than {MAX_DEPTH} levels deep", "make it flatter")
        if self._count > MAX_NODES:
            hint = "split the file, or repeat less with aliases"
            raise _Refused(event.start_mark, f"more than {MAX_NODES:,} values, with all aliases put in", hint)

    def _repeated(self, event: Any, mark: Any, depth: int) -> tuple[Any, Marks]:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            inside = event.anchor in self._anchors
            reason = "stands inside the value that it repeats" if inside else "has no anchor above it"
            hint = f"put a text that begins with * in quotes; an anchor is written &{event.anchor}"
            self._note(_Refused(event.start_mark, f"the alias *{event.anchor} {reason}", hint))
            return None, _marks(mark)
        self._take(event, anchored.size - 1, depth + anchored.height)
        return anchored.data, _marks(mark, _parts(anchored.marks))

    def _anchored(self, event: Any, mark: Any, depth: int, before: int) -> tuple[Any, Marks]:
        outer = self._deepest
        self._anchors[event.anchor], self._deepest = None, depth
        data, marks = self._content(event, mark, depth)
        self._anchors[event.anchor] = _Anchored(data, marks, self._count - before, self._deepest - depth)
        self._deepest = max(outer, self._deepest)
        return data, marks

    def _content(self, event: Any, mark: Any, depth: int) -> tuple[Any, Marks]:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event), _marks(mark)
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, f"{_CORE}map" if mapping else f"{_CORE}seq"):
            self._note(_tagged(event))
        if mapping:
            data, parts = self._mapping(depth)
            return data, _marks(mark, parts)
        return self._sequence(mark, depth)

    def _sequence(self, mark: Any, depth: int) -> tuple[list[Any], Marks]:
        data: list[Any] = []
        parts: list[Marks] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            item, marks = self._value(event, event.start_mark, depth + 1)
            data.append(item)
            parts.append(marks)
        return data, _marks(mark, parts)

    def _mapping(self, depth: int) -> tuple[dict[str, Any], dict[str, Marks]]:
        data: dict[str, Any] = {}
        parts: dict[str, Marks] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, parts, depth + 1)
            value, marks = self._value(self._next(), event.start_mark, depth + 1)
            if key is not None:
                data[key], parts[key] = value, marks
        return data, parts

    def _key(self, event: Any, known: dict[str, Marks], depth: int) -> str | None:
        """The text of a key, or None where it is not taken."""
        found = len(self.problems)
        key, _ = self._value(event, event.start_mark, depth)
        if len(self.problems) > found:
            return None
        refused = _bad_key(event, key, known)
        if refused:
            self._note(refused)
            return None
        return sys.intern(key)  # the same few keys stand in every manifest

    def _scalar(self, event: Any) -> Scalar:
        try:
            return _tagged_scalar(event) if event.tag else event.value if event.style else plain(event.value)
        except ValueError as error:
            self._note(_Refused(event.start_mark, str(error), "put it in quotes if it is a text"))
        except _Refused as refused:
            self._note(refused)
        return None

    def _note(self, refused: _Refused) -> None:
        where = Position(self._file, refused.mark.line + 1, refused.mark.column + 1)
        self.problems.append(Problem(where, refused.message, hint=refused.hint))


def _marks(mark: Any, parts: Parts = None) -> Marks:
    place = (mark.line + 1) * _COLUMNS + mark.column + 1
    return place if parts is None else (place, parts)


def _bad_key(event: Any, key: object, known: dict[str, Marks]) -> _Refused | None:
    if isinstance(key, dict | list):
        return _Refused(event.start_mark, "a key is a list or a mapping", "put a text with { or [ in quotes")
    if not isinstance(key, str):
        shown = getattr(event, "value", key)
        return _Refused(event.start_mark, f"the key {shown} is not a text", f'put it in quotes: "{shown}"')
    if key == "<<" and not getattr(event, "style", ""):
        return _Refused(
            event.start_mark, "merge keys (<<) are not taken", "share fields by a scope's `include` and patches"
        )
    if key in known:
        lines = f"on line {_place(known[key]) // _COLUMNS} and on line {event.start_mark.line + 1}"
        return _Refused(event.start_mark, f"the key {key!r} is there twice: {lines}", "remove one of them")
    return None


def plain(text: str) -> Scalar:
    """What a text without quotes stands for. Raises ValueError for a number that is infinite, none, or far too long."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _NO_NUMBER.fullmatch(text):
        raise ValueError(f"{text} is not a number that is taken here")
    integer = _INTEGER.fullmatch(text)
    if not integer and not _FLOAT.fullmatch(text):
        return text
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of more than {MAX_DIGITS} digits")
    return int(text, _BASES.get(text[:2], 10)) if integer else _finite(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text} is too large")
    return number


def _tagged_scalar(event: Any) -> Scalar:
    if event.tag == f"{_CORE}str":
        return str(event.value)
    if event.tag not in _TYPES:
        raise _tagged(event)
    value = plain(event.value)
    if not isinstance(value, _TYPES[event.tag]) or (isinstance(value, bool) and not event.tag.endswith("bool")):
        raise ValueError(f"{event.value!r} is no {event.tag.replace(_CORE, '!!')}")
    return float(value) if event.tag == f"{_CORE}float" else value  # type: ignore[arg-type]


def _tagged(event: Any) -> _Refused:
    tag = event.tag.replace(_CORE, "!!")
    hint = "leave it out, or put a text that begins with ! in quotes"
    if _CLOUDFORMATION.fullmatch(tag):
        hint = "this is CloudFormation; trueup uses `${out.Kind.name.output}` and `${var.name}`"
    return _Refused(event.start_mark, f"the tag {tag} is not taken", hint)
