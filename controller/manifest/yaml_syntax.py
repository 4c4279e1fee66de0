"""What is wrong with a file that is no YAML, in words for the person who wrote it. Used by `yaml_reader`."""

from __future__ import annotations

import yaml

from controller.model.problem import Position, Problem

_INDENT = "check the indentation, and that quotes and brackets are closed where they should be"
_WORDS = (
    (
        "mapping values are not allowed",
        "a `key: value` cannot begin here",
        f"quote a text that has `: ` in it, or {_INDENT}",
    ),
    ("sequence entries are not allowed", "a list cannot begin here", "begin it on a line of its own"),
    ("tab character", "a tab stands where the line is indented", "indent with spaces"),
    ("',' or '}'", "a `,` or `}` is missing", "close the mapping that was opened with `{`"),
    ("',' or ']'", "a `,` or `]` is missing", "close the list that was opened with `[`"),
    ("unexpected end of stream", "a quoted text is not closed", "put the closing quote"),
    ("unexpected document indicator", "a quoted text is not closed", "put the closing quote"),
    ("expected key", "this does not fit the mapping above it", _INDENT),
    ("expected <block end>", "this does not fit what stands above it", _INDENT),
    ("'-' indicator", "this does not fit the list above it", "begin every item with `- ` at the same column"),
    ("expected ':'", "a key without a `:` after it", "write `key: value`, with a space after the colon"),
    ("unknown escape", "a backslash escape that YAML does not have", "double the backslash, or use single quotes"),
    ("undefined tag handle", "a tag, and tags are not taken", "leave it out"),
    ("incompatible YAML document", "a %YAML version that is not known", "leave the line out"),
    ("expected node content", "a value is missing here, or what stands here cannot begin one", "put a text in quotes"),
)
"""A piece of what the parsers say (libyaml's words, then PyYAML's own where they differ), what it means, and what to do."""


def at(file: str, before: str) -> Position:
    """The position that comes right after some text from the beginning of a file."""
    return Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def syntax_problem(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    """The problem that a parser's error stands for, with the line on which the thing begins that is not well formed."""
    mark = error.problem_mark or error.context_mark or yaml.Mark(file, 0, 0, 0, None, 0)
    meaning, hint = _said(str(error.problem), _character(text, mark))
    begun = error.context_mark
    context = f", {error.context} that begins on line {begun.line + 1}" if begun and begun.line != mark.line else ""
    return Problem(Position(file, mark.line + 1, mark.column + 1), f"not valid YAML: {meaning}{context}", hint=hint)


def _said(problem: str, character: str) -> tuple[str, str]:
    if "cannot start any token" in problem:
        if character == "\t":
            problem = "tab character"
        else:
            return f"a text without quotes cannot begin with {character}", "put it in quotes"
    found = ((meaning, hint) for piece, meaning, hint in _WORDS if piece in problem)
    return next(found, (problem, ""))


def _character(text: str, mark: yaml.Mark) -> str:
    line = text.splitlines()[mark.line : mark.line + 1]
    return line[0][mark.column : mark.column + 1] if line else ""
