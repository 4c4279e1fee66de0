"""Policy documents that are compared by meaning: two that AWS treats alike are equal.

A value type of the Specs. `policy_grammar` says whether a document is well formed; here it is brought into its meaning
(what is compared) and its readable form (what is shown, exported and sent). Treated alike, with AWS's page in brackets:
- one value and a list of one; one statement and a list of one; any order and repetition in a list (grammar);
- upper and lower case in actions ("the prefix and the action name are case insensitive", Action) and in condition keys
  with all their parts, tag keys too ("key names are not case-sensitive", Condition). Nowhere else: IAM refuses other
  spellings of a condition operator, and ARNs, values and Sids are exact;
- an account's id and its root ARN as a principal ("behave the same way", Principal). The partition is dropped: an
  account lives in one, and IAM refuses ARNs of others;
- numbers and booleans with and without quotation marks (grammar); under Bool and Null in any case; under Numeric
  operators 10 and 10.0; under Date operators one instant in any zone; under ...IgnoreCase operators text in any case;
- ArnEquals and ArnLike, ArnNotEquals and ArnNotLike ("behave identically", Condition operators);
- 10.0.0.1 and 10.0.0.1/32 under IpAddress ("default prefix value of /32", ibid.), and IPv6 addresses in any notation;
- no Version and 2008-10-17 (Version); no Sid, Id or Condition and an empty one.

Not treated alike, though some tools do: `"*"` and `{"AWS": "*"}`. AWS calls them equivalent for anonymous users only;
the first means federated and service principals too, which matters in trust policies. A unique id (AROA...) that a
deleted principal has left behind never equals an ARN: a new role of the same name is not trusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_interface
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, PlainValidator
from pydantic_core import core_schema

from controller.model import policy_grammar
from controller.model.policy_grammar import listed

UNIQUE_ID = re.compile(r"(AROA|AIDA)[A-Z0-9]{12,}(:.*)?")
"""A role's or user's unique id, with who has taken it on. IAM shows it as a principal once its owner has been deleted."""

_ROOT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")
_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """An IAM policy document. Equal and of one hash where AWS treats two alike. Made by `parse`."""

    _meaning: Hashable = field(repr=False)
    _json: str = field(compare=False)

    @classmethod
    def parse(cls, value: object) -> PolicyDocument:
        """From plain data in IAM's grammar, JSON text, or URL-encoded JSON text (RFC 3986, as IAM's API returns it).

        Raises ValueError with everything that is wrong, each with its place in the document.
        """
        if isinstance(value, cls):
            return value
        written = _loaded(value) if isinstance(value, str) else value
        problems = tuple(policy_grammar.problems(written))
        if problems or not isinstance(written, Mapping):
            raise ValueError("; ".join(problems))
        shown, meaning = _document(written)
        return cls(meaning, _ENCODE(shown))

    def to_json(self) -> str:
        """Minified JSON to send to AWS. It means what was written, with the values of each element sorted."""
        return self._json

    @property
    def data(self) -> dict[str, Any]:
        """Plain data to show and export: elements in the grammar's order, values sorted, lists of one as text."""
        data: dict[str, Any] = json.loads(self._json)
        return data

    @property
    def size(self) -> int:
        """Characters without white space, as IAM counts them against its quotas."""
        return len("".join(self._json.split()))

    @property
    def orphaned_principals(self) -> tuple[str, ...]:
        """Unique ids that users and roles have left in place of their ARNs when they were deleted."""
        found = {
            principal
            for statement in self.data["Statement"]
            for element in ("Principal", "NotPrincipal")
            if isinstance(statement.get(element), dict)
            for principal in listed(statement[element].get("AWS"))
            if UNIQUE_ID.fullmatch(principal)
        }
        return tuple(sorted(found))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(lambda document: document.data)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return policy_grammar.json_schema()


NONE: Literal["none"] = "none"


def _or_none(value: object) -> PolicyDocument | Literal["none"]:
    return NONE if value == NONE else PolicyDocument.parse(value)


PolicyOrNone = Annotated[
    PolicyDocument | Literal["none"],
    PlainValidator(_or_none, json_schema_input_type=PolicyDocument | Literal["none"]),
    PlainSerializer(lambda policy: policy.data if isinstance(policy, PolicyDocument) else policy),
]
"""A resource's policy, or the word `none`: that there is none is managed too, since a policy lets others in."""


def _loaded(text: str) -> object:
    """JSON text as plain data. Numbers stay as they were written, and a key that stands twice is an error."""
    plain = text if text.lstrip().startswith("{") else unquote(text)
    try:
        return json.loads(plain, parse_int=str, parse_float=str, object_pairs_hook=_without_doubles)
    except json.JSONDecodeError as error:
        raise ValueError(f"the policy is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("the policy is nested too deeply to be one") from error


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {double!r} stands twice in one object of the policy")
    return found


# Each function from here on gives a piece of a document twice: as it is shown, and as it is compared.


def _document(written: Mapping[str, Any]) -> tuple[dict[str, Any], Hashable]:
    shown = {element: _text(written[element]) for element in ("Version", "Id") if written.get(element, "") != ""}
    statements = written["Statement"]
    distinct: dict[Hashable, dict[str, Any]] = {}
    for statement in (statements,) if isinstance(statements, Mapping) else statements:
        readable, meaning = _statement(statement)
        distinct.setdefault(meaning, readable)
    compared = (shown.get("Version", policy_grammar.VERSIONS[0]), shown.get("Id", ""), frozenset(distinct))
    return {**shown, "Statement": list(distinct.values())}, compared


def _statement(written: Mapping[str, Any]) -> tuple[dict[str, Any], Hashable]:
    shown: dict[str, Any] = {}
    compared: list[Hashable] = []
    for element, normalised in _ELEMENTS.items():
        if element in written:
            readable, meaning = normalised(written[element])
            if meaning or element not in _MAY_BE_EMPTY:
                shown[element] = readable
                compared.append((element, meaning))
    return shown, tuple(compared)


def _scalar(written: object) -> tuple[str, Hashable]:
    text = _text(written)
    return text, text


def _actions(written: object) -> tuple[object, Hashable]:
    return _values(written, str.lower)


def _resources(written: object) -> tuple[object, Hashable]:
    return _values(written, str)


def _principals(written: Mapping[str, object] | str) -> tuple[object, Hashable]:
    if isinstance(written, str):
        return written, written
    shown: dict[str, object] = {}
    compared: set[Hashable] = set()
    for kind in policy_grammar.PRINCIPALS:
        if kind in written:
            shown[kind], meaning = _values(written[kind], _account if kind == "AWS" else str)
            compared.update((kind, principal) for principal in meaning)
    return shown, frozenset(compared)


def _conditions(written: Mapping[str, Mapping[str, object]]) -> tuple[object, Hashable]:
    """A conjunction of tests (operator, key, values). An operator without keys tests nothing."""
    shown: dict[str, dict[str, object]] = {}
    compared: set[Hashable] = set()
    for operator in sorted(written):
        name, normalised = _operator(operator)
        for key in sorted(written[operator]):
            readable, meaning = _values(written[operator][key], normalised)
            shown.setdefault(operator, {})[key] = readable
            compared.add((name, key.lower(), meaning))
    return shown, frozenset(compared)


_ELEMENTS: Mapping[str, Callable[[Any], tuple[object, Hashable]]] = {
    "Sid": _scalar,
    "Effect": _scalar,
    "Principal": _principals,
    "NotPrincipal": _principals,
    "Action": _actions,
    "NotAction": _actions,
    "Resource": _resources,
    "NotResource": _resources,
    "Condition": _conditions,
}
_MAY_BE_EMPTY = frozenset({"Sid", "Condition"})


def _values(written: object, alike: Callable[[str], str]) -> tuple[object, frozenset[str]]:
    """A set of values. Of those that `alike` maps to one, the first in order is shown."""
    distinct: dict[str, str] = {}
    for text in sorted(map(_text, listed(written))):
        distinct.setdefault(alike(text), text)
    shown = list(distinct.values())
    return (shown[0] if len(shown) == 1 else shown), frozenset(distinct)


def _text(value: object) -> str:
    """A value that YAML or JSON has read as a boolean, number or date, as IAM writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # and datetime
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


@lru_cache(maxsize=512)
def _operator(name: str) -> tuple[str, Callable[[str], str]]:
    """What an operator is compared as, and what makes its values comparable."""
    plain = name.rpartition(":")[2].removesuffix("IfExists")
    for part, alike in _ALIKE_UNDER.items():
        if part in plain:
            return name, alike
    return name.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike"), str


def _account(principal: str) -> str:
    root = _ROOT.fullmatch(principal)
    return root[1] if root else principal


def _number(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    sign, whole, fraction = found[1], found[2].lstrip("0") or "0", (found[3] or "").rstrip("0")
    plain = f"{whole}.{fraction}" if fraction else whole
    return f"-{plain}" if sign == "-" and plain != "0" else plain


def _instant(text: str) -> str:
    if not _INSTANT.fullmatch(text):
        return text
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):  # no such day, or out of Python's years
        return text


def _address(text: str) -> str:
    address, slash, prefix = text.partition("/")
    try:
        if slash:
            return str(ip_interface(text)) if prefix.isdecimal() else text
        parsed = ip_address(address)
    except ValueError:
        return text
    return f"{parsed}/32" if parsed.version == 4 else str(parsed)


_ALIKE_UNDER: Mapping[str, Callable[[str], str]] = {
    "Bool": str.lower,
    "Null": str.lower,
    "IgnoreCase": str.lower,
    "Numeric": _number,
    "Date": _instant,
    "IpAddress": _address,
}
