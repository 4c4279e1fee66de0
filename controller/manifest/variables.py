"""What stands in `${...}`: a scope's variables are put in here; the rest is found and told apart, and left where it is.

`${var.name}` alone keeps the variable's type; inside other text it becomes text. `$${` stands for a literal `${`: it
stays in a manifest's data, so that nothing reads it as ours later; `unescape` takes it away where data becomes a Spec.
Other `${...}` belong to somebody else (`${aws:username}` is IAM's) and pass through; what looks like ours is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from controller.model.problem import did_you_mean

Path = tuple[str | int, ...]
Variable = str | int | bool

TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")
"""An escape, or anything in `${}`: group 1 is what stands inside, group 2 the closing brace."""
_VARIABLE = re.compile(r"var\.([A-Za-z0-9_-]+)")
_OUTPUT = re.compile(r"out\.(.+)")
_OURS = re.compile(r"\s*(var|out)(s|put|puts|iables?)?\s*\.", re.IGNORECASE)


class Wrong(ValueError):
    """What a text asks for is not there. `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def strings(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text with `${` in it, keys of mappings included, with its path."""
    return _strings(value, path) if _mentions(value) else iter(())


def rewrite(value: Any, change: Callable[[str], Any]) -> Any:
    """`value` with every text that has `${` in it, keys included, turned into what `change` makes of it."""
    return _rewrite(value, change) if _mentions(value) else value


def _mentions(value: Any) -> bool:
    """Whether there is a `${` anywhere. Few manifests have one, and most of the others' time is saved by this."""
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, dict):
        return any(map(_mentions, value)) or any(map(_mentions, value.values()))
    return isinstance(value, list) and any(map(_mentions, value))


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "${" in value:
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(key, (*path, key))
            yield from _strings(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index))


def _rewrite(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value) if "${" in value else value
    if isinstance(value, dict):
        return {_key(key, change): _rewrite(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_rewrite(item, change) for item in value]
    return value


def _key(key: Any, change: Callable[[str], Any]) -> Any:
    return as_text(change(key)) if isinstance(key, str) and "${" in key else key


def substitute(value: Any, variables: Mapping[str, Variable]) -> Any:
    """`value` with its `${var.name}` replaced. What names no variable stays; `faults` tells of it."""
    return rewrite(value, lambda text: _fill(text, variables))


def _fill(text: str, variables: Mapping[str, Variable]) -> Variable:
    whole = TOKEN.fullmatch(text)
    name = variable_name(whole) if whole else ""
    if name and name in variables:
        return variables[name]
    return TOKEN.sub(lambda match: _text_of(match, variables), text)


def _text_of(match: re.Match[str], variables: Mapping[str, Variable]) -> str:
    name = variable_name(match)
    return as_text(variables[name]) if name and name in variables else match[0]


def collisions(value: Any, variables: Mapping[str, Variable], path: Path = ()) -> Iterator[Path]:
    """The paths of mappings in which two keys become one when variables are put in."""
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
        if any(map(_mentions, value)) and len(substitute(dict.fromkeys(value), variables)) < len(value):
            yield path
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from collisions(item, variables, (*path, key))


def as_text(value: Variable) -> str:
    """A variable's value inside other text, as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def unescape(value: Any) -> Any:
    """`value` with every `$${` turned into the `${` that it stands for."""
    return rewrite(value, lambda text: text.replace("$${", "${"))


def variable_name(match: re.Match[str]) -> str:
    """The variable that a TOKEN names; "" where it names none."""
    found = _VARIABLE.fullmatch(match[1]) if match[1] is not None and match[2] else None
    return found[1] if found else ""


def output_of(match: re.Match[str]) -> str:
    """What stands behind `out.` in a TOKEN (`Role.ci.arn`); "" where it asks for no output."""
    found = _OUTPUT.fullmatch(match[1]) if match[1] is not None and match[2] else None
    return found[1] if found else ""


def outputs(text: str) -> Iterator[str]:
    """Every `Kind.name.output` that a text asks for."""
    return filter(None, map(output_of, TOKEN.finditer(text)))


def faults(text: str, variables: Mapping[str, Variable]) -> Iterator[Wrong]:
    """What is wrong with a text's `${...}`: variables that the scope lacks, and forms that only look like ours."""
    for match in TOKEN.finditer(text):
        name = variable_name(match)
        if name and name not in variables:
            yield Wrong(f"the scope has no variable {name!r}", did_you_mean(name, variables))
        elif match[1] is not None and not name and not output_of(match) and _OURS.match(match[1]):
            yield Wrong(f"{match[0]!r} is malformed", _correction(match[1]))


def _correction(inside: str) -> str:
    form = "${var.name}" if inside.strip().lower().startswith("var") else "${out.Kind.name.output}"
    return f"write {form}, or $${{ for a literal ${{"
