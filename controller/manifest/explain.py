"""Explain: what a kind and its fields are, told from the very models that validate them."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from controller.errors import TrueupError
from controller.model.address import api_version, short_kind
from controller.model.problem import did_you_mean
from controller.model.reference import Ref
from controller.model.scope import Lifecycle, ScopeSpec

PLAIN = {str: "text", int: "number", bool: "true or false", float: "number", object: "anything", Any: "anything"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `trueup explain` prints."""

    text: str
    data: dict[str, Any]


def explain(what: str, kinds: Mapping[str, Any]) -> Explanation:
    """Tell about `Kind` or `Kind.field.field`; `Scope` and `Lifecycle` are known too. Raises TrueupError for anything else."""
    name, _, path = what.partition(".")
    if name in ("Scope", "Lifecycle"):
        model: type[BaseModel] = ScopeSpec if name == "Scope" else Lifecycle
        head, extra = [f"{name}  {(model.__doc__ or '').strip()}"], {}
    else:
        kind = kinds[kind_id(name, kinds)]
        model, head = kind.spec, _head(kind)
        extra = {
            "reads": list(kind.reads),
            "writes": list(kind.writes),
            "outputs": dict(kind.outputs),
            "metrics": {f"trueup_{fact.metric}": fact.help for fact in kind.facts},
        }
    if path:
        return _field(what, model, path)
    fields = {alias: _facts(info) for alias, info in fields_of(model)}
    lines = [*head, "", "fields:"]
    for alias, facts in fields.items():
        lines.append(f"  {alias}  <{facts['type']}>{_default(facts)}")
        lines.append(f"      {facts['description']}")
    return Explanation("\n".join(lines), {"kind": name, "fields": fields, **extra})


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """A model's fields by the names that manifests use."""
    for name, info in model.model_fields.items():
        yield info.alias or name, info


def kind_id(name: str, kinds: Mapping[str, Any]) -> str:
    """`iam/Role` for `Role` or `iam/Role`. Raises TrueupError where there is none, or more than one."""
    found = [kind for kind in kinds if name in (kind, short_kind(kind))]
    if len(found) == 1:
        return found[0]
    known = found or [short_kind(kind) for kind in kinds]
    raise TrueupError(
        f"{'several kinds are' if found else 'there is no kind'} called {name!r}", hint=did_you_mean(name, known)
    )


def _head(kind: Any) -> list[str]:
    lines = [
        f"{short_kind(kind.id)}  apiVersion: {api_version(kind.id)}",
        inspect.cleandoc(type(kind).__doc__ or ""),
    ]
    if kind.replace_on:
        lines.append(f"replaced when these change: {', '.join(sorted(kind.replace_on))}")
    if kind.outputs:
        lines.append("outputs:")
        lines += [f"  ${{out.{short_kind(kind.id)}.<name>.{name}}}  {text}" for name, text in kind.outputs.items()]
    if kind.facts:
        lines.append("metrics:")
        lines += [f"  trueup_{fact.metric}{{{', '.join(fact.labels)}}}  {fact.help}" for fact in kind.facts]
    if kind.reads or kind.writes:
        lines.append("IAM actions trueup needs:")
        lines += [f"  to look: {', '.join(kind.reads)}", f"  to change: {', '.join(kind.writes)}"]
    return lines


def _field(what: str, model: type[BaseModel], path: str) -> Explanation:
    info: FieldInfo | None = None
    for part in path.split("."):
        known = dict(fields_of(model))
        if part not in known:
            raise TrueupError(f"{what}: there is no field {part!r}", hint=did_you_mean(part, known))
        info = known[part]
        inner = _inner(info.annotation)
        model = inner or model
    assert info is not None  # noqa: S101 - split gives at least one part
    facts = _facts(info)
    lines = [f"{what}  <{facts['type']}>{_default(facts)}", facts["description"]]
    inner = _inner(info.annotation)
    if inner is not None:
        lines.append("fields:")
        for alias, below in fields_of(inner):
            told = _facts(below)
            lines += [f"  {alias}  <{told['type']}>{_default(told)}", f"      {told['description']}"]
    return Explanation("\n".join(lines), {"field": what, **facts})


def _facts(info: FieldInfo) -> dict[str, Any]:
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    default = default.value if isinstance(default, Enum) else default
    return {
        "type": type_name(Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation),
        "required": info.is_required(),
        "default": default if isinstance(default, str | int | bool | type(None)) else None,
        "managed": info.is_required() or default is not None,
        "description": " ".join((info.description or "").split()),
    }


def _default(facts: Mapping[str, Any]) -> str:
    if facts["required"]:
        return "  required"
    if not facts["managed"]:
        return "  not managed when unset"
    return f"  default: {facts['default']!r}" if facts["default"] not in (None, "") else ""


def type_name(annotation: Any) -> str:
    """A type as a manifest's author reads it: `list of (iam/Policy name or ARN)`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        refs = [note for note in arguments[1:] if isinstance(note, Ref)]
        return f"name of {' or '.join(refs[0].kinds)}, or its literal id" if refs else type_name(arguments[0])
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in (Union, types.UnionType):
        return " or ".join(type_name(a) for a in arguments if a is not type(None))
    if origin in (dict, typing.get_origin(Mapping[str, str])):
        return f"map of {type_name(arguments[1])}"
    if origin in (tuple, frozenset, list, set):
        return f"{'set' if origin in (frozenset, set) else 'list'} of ({type_name(arguments[0])})"
    if isinstance(annotation, type) and hasattr(annotation, "__members__"):
        return " | ".join(member.value for member in annotation)  # type: ignore[attr-defined]
    return PLAIN.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _inner(argument)
        if found is not None:
            return found
    return None
