"""Pydantic's validation errors as Problems: in plain English, where they stand in the file, with what is allowed.

Serves every model that is written in YAML: the Specs of all kinds, Lifecycle and ScopeSpec.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from controller.manifest.variables import Path, outputs, strings
from controller.model.problem import Position, Problem, did_you_mean
from controller.model.spec import is_secret

Model = TypeVar("Model", bound=BaseModel)
Locate = Callable[[Path], Position]

_WANTED = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "none": "nothing (null)",
    **dict.fromkeys(("dict", "mapping", "model", "dataclass"), "a mapping (`key: value` lines)"),
    **dict.fromkeys(("list", "tuple", "set", "frozen_set", "iterable"), "a list"),
}
"""What pydantic's error types of the form `<type>_type` and `<type>_parsing` want."""

_LIMITS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "string_pattern_mismatch": "must match the pattern {pattern}",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a validation: the value, or why there is none.

    `open` is true where only errors were found that resources' outputs (`${out.}`) may end: no value, and no problem.
    """

    value: Any = None
    problems: tuple[Problem, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where data comes from: its path in the document (`prefix`), and `locate`, which finds such paths in files.

    `moved` names the true place of what was put in from elsewhere. `raw` is the data before `$${` was unescaped.
    """

    prefix: Path
    locate: Locate
    raw: Any
    moved: Mapping[Path, Path] = field(default_factory=dict)

    def path(self, loc: Path) -> Path:
        full = (*self.prefix, *loc)
        return self.moved.get(full, full)


@dataclass(frozen=True, slots=True)
class _Fault:
    """One of pydantic's errors, put on the path of the data that it is about. `wanted`: it is of the wrong type."""

    path: Path
    error: ErrorDetails
    wanted: str
    of_key: bool


def validate(model: type[BaseModel], data: Any, source: Source, context: Mapping[str, Any] | None = None) -> Checked:
    """`data` as a model, or all Problems with it."""
    try:
        return Checked(model.model_validate(data, context=context, by_alias=True, by_name=False))
    except ValidationError as error:
        faults = [_fault(detail, data) for detail in error.errors(include_url=False)]
    standing = [fault for fault in faults if not _awaits_outputs(fault, source.raw)]
    if not standing:
        return Checked(open=True)
    return Checked(problems=tuple(_problems(model, standing, source)))


def _fault(error: ErrorDetails, data: Any) -> _Fault:
    path: list[str | int] = []
    for part in error["loc"]:
        if not _has(data, part):
            continue  # the tag of a union's branch or of a validator: pydantic's own, not in the data
        data = data[part]
        path.append(part)
    if error["type"] == "missing":
        path.append(error["loc"][-1])
    form, _, ending = error["type"].rpartition("_")
    wanted = _WANTED.get(form, "") if ending in {"type", "parsing"} else ""
    wanted = _WANTED["int"] if error["type"] == "int_from_float" else wanted
    return _Fault(tuple(path), error, wanted, of_key="[key]" in error["loc"])


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _awaits_outputs(fault: _Fault, raw: Any) -> bool:
    """Whether the value may still become right: by an output, or by a variable whose lack is a problem of its own."""
    if fault.error["type"] in {"missing", "extra_forbidden"}:
        return False
    with suppress(KeyError):  # a key with `$${` in it: what stands above it is looked at instead
        for part in fault.path:
            raw = raw[part]
    return any("${var." in text or any(outputs(text)) for _, text in strings(raw))


def _problems(model: type[BaseModel], faults: list[_Fault], source: Source) -> Iterator[Problem]:
    """One Problem for each place: a union's branches all complain, and the one that got deepest was meant."""
    depths = {fault.path[:depth] for fault in faults for depth in range(len(fault.path))}
    by_path: dict[Path, list[_Fault]] = {}
    for fault in faults:
        if not (fault.wanted and fault.path in depths):
            by_path.setdefault(fault.path, []).append(fault)
    for path, alike in by_path.items():
        fields = list(_fields(model, path))
        secret = any(is_secret(info) for info in fields)
        message, hint = _words(model, alike, fields[-1] if fields else None, secret=secret)
        full = source.path(path)
        yield Problem(source.locate(full), message, field_path(full), hint)


def _words(model: type[BaseModel], faults: list[_Fault], info: FieldInfo | None, *, secret: bool) -> tuple[str, str]:
    """Message and hint for all that is wrong at one place."""
    fault = next((fault for fault in faults if not fault.wanted), faults[0])
    error, context = fault.error, fault.error.get("ctx", {})
    found = "" if secret else f", found {_shown(error['input'])}"
    match error["type"]:
        case _ if fault.wanted:
            wanted = " or ".join(dict.fromkeys(each.wanted for each in faults))
            return f"{'the key ' if fault.of_key else ''}must be {wanted}{found}", ""
        case "missing":
            return "is missing", _first_sentence(info)
        case "extra_forbidden":
            return "unknown field", did_you_mean(str(fault.path[-1]), _names_at(model, fault.path[:-1]))
        case "enum" | "literal_error":
            return f"is not an allowed value{found}", _allowed(error["input"], context["expected"], secret=secret)
        case "union_tag_invalid":
            wrong = f"{context['discriminator']} is not an allowed value, found {context['tag']!r}"
            return wrong, _allowed(context["tag"], context["expected_tags"], secret=secret)
        case kind if kind in _LIMITS:
            return _LIMITS[kind].format(**context) + found, ""
    return _said(error, secret=secret)


def _said(error: ErrorDetails, *, secret: bool) -> tuple[str, str]:
    """What a validator of ours, or else pydantic, says."""
    if secret:
        return "is not valid (the value is secret and not shown)", ""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return str(cause), getattr(cause, "hint", "")
    return re.sub(r"^(Input|String|Value) should be", "must be", error["msg"]), ""


def _allowed(found: Any, expected: str, *, secret: bool) -> str:
    """A hint out of pydantic's enumeration of allowed values (`'a', 'b' or 'c'`)."""
    allowed = re.findall(r"'([^']*)'", expected)
    near = "" if secret else did_you_mean(str(found), allowed)
    everything = f"allowed: {', '.join(allowed) or expected}"
    return f"{near} {everything}" if near.startswith("did you mean") else everything


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _first_sentence(info: FieldInfo | None) -> str:
    return (info.description or "").partition(". ")[0].rstrip(".") if info else ""


HIDDEN = "(secret)"
"""What stands in the place of a secret value wherever something is shown."""


def hide(model: type[BaseModel], data: Any, path: Path = ()) -> Any:
    """A model's data as anybody may see it. `path` is the data's own, where it is a part of the model's."""
    if not _keeps_secrets(model):
        return data
    if any(is_secret(info) for info in _fields(model, path)):
        return HIDDEN
    if isinstance(data, Mapping):
        return {key: hide(model, value, (*path, key)) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [hide(model, item, (*path, number)) for number, item in enumerate(data)]
    return data


@cache
def _keeps_secrets(model: type[BaseModel]) -> bool:
    """Whether a model has a secret field, at any depth."""
    todo, seen = [model], set[type[BaseModel]]()
    while todo:
        found = todo.pop()
        seen.add(found)
        if any(is_secret(info) for info in found.model_fields.values()):
            return True
        todo += (
            inner for info in found.model_fields.values() for inner in _inside(info.annotation) if inner not in seen
        )
    return False


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that stand anywhere in an annotation."""
    for member in _members(annotation):
        yield from _models([member])
        for argument in get_args(member):
            yield from _inside(argument)


def field_path(path: Iterable[str | int]) -> str:
    """`("spec", "ingress", 0, "port")` is `spec.ingress[0].port`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _names_at(model: type[BaseModel], path: Path) -> set[str]:
    """The names of the fields that may stand in the mapping at a path."""
    return {name for found in _descend(model, path)[0] for name in field_names(found)}


def field_names(model: type[BaseModel]) -> set[str]:
    """The names of a model's fields as they are written in YAML."""
    return {info.alias or name for name, info in model.model_fields.items()}


def _fields(model: type[BaseModel], path: Path) -> Iterator[FieldInfo]:
    """The fields that a path goes through, outermost first; they end where the model's types tell no more."""
    return iter(_descend(model, path)[1])


def _descend(model: type[BaseModel], path: Path) -> tuple[list[type[BaseModel]], list[FieldInfo]]:
    annotations: list[Any] = [model]
    passed: list[FieldInfo] = []
    for part in path:
        fields = [info for found in _models(annotations) for info in _named(found, part)]
        passed += fields
        annotations = [info.annotation for info in fields] or [item for found in annotations for item in _items(found)]
    return _models(annotations), passed


def _named(model: type[BaseModel], part: str | int) -> list[FieldInfo]:
    return [info for name, info in model.model_fields.items() if (info.alias or name) == part]


def _models(annotations: list[Any]) -> list[type[BaseModel]]:
    flat = [member for annotation in annotations for member in _members(annotation)]
    return [member for member in flat if isinstance(member, type) and issubclass(member, BaseModel)]


def _members(annotation: Any) -> Iterator[Any]:
    """The branches of a union, without annotations around them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for branch in get_args(annotation):
            yield from _members(branch)
    else:
        yield annotation


def _items(annotation: Any) -> Iterator[Any]:
    """What stands in a collection: a mapping's values, a list's items."""
    for member in _members(annotation):
        arguments = get_args(member)
        yield from arguments[-1:] if get_origin(member) is dict else arguments
