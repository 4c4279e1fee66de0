"""IAM's policy grammar: what may stand where in a document, and what to say when something else does.

`policy` asks here before it makes a PolicyDocument; the JSON Schema for editors and CI says the same. What AWS's own
grammar does not forbid (an action that does not exist, a document too large) is left to the lint of the iam kinds.
Followed: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from controller.model.problem import did_you_mean
from controller.model.reference import UNKNOWN

VERSIONS = ("2008-10-17", "2012-10-17")
EFFECTS = ("Allow", "Deny")
PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")
DOCUMENT = ("Version", "Id", "Statement")
STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal"),
    *("Action", "NotAction", "Resource", "NotResource", "Condition"),
)
_PLAIN_OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    *("StringLike", "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals"),
    *("NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan"),
    *("DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals"),
    *("IpAddress", "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
)
OPERATORS = frozenset(
    f"{qualifier}{operator}"
    for qualifier in ("", "ForAllValues:", "ForAnyValue:")
    for operator in ("Null", *_PLAIN_OPERATORS, *(f"{plain}IfExists" for plain in _PLAIN_OPERATORS))
)
"""Every condition operator that IAM documents, with its qualifiers."""

_OPERATOR_SPELLING = {operator.lower(): operator for operator in OPERATORS}
_TEXT = (str, bool, int, float, date)  # what YAML and JSON make of a plain value; a datetime is a date


def problems(document: object) -> Iterator[str]:
    """What is wrong with a document as it was written, each with its place: `Statement[0].Effect: ...`."""
    if not isinstance(document, Mapping):
        yield f"a policy is a mapping with {', '.join(DOCUMENT)}, or the JSON text of one; found {_named(document)}"
        return
    yield from _unknown_keys(document, DOCUMENT, "")
    if "Version" in document:
        yield from _one_of(document["Version"], VERSIONS, "Version")
    if "Id" in document:
        yield from _not_text(document["Id"], "Id")
    yield from _statements(document.get("Statement"))


def may_be_filled_in(text: str) -> bool:
    """Whether a value holds a variable, or stands for one that is not known yet, and so cannot be judged."""
    return "${" in text or UNKNOWN.search(text) is not None


def _statements(written: object) -> Iterator[str]:
    if isinstance(written, Mapping):
        yield from _statement(written, "Statement")
    elif isinstance(written, list | tuple) and written:
        for index, statement in enumerate(written):
            yield from _statement(statement, f"Statement[{index}]")
    else:
        yield f"Statement: at least one statement is needed; found {_named(written)}"


def _statement(written: object, where: str) -> Iterator[str]:
    if not isinstance(written, Mapping):
        yield f"{where}: a statement is a mapping; found {_named(written)}"
        return
    yield from _unknown_keys(written, STATEMENT, f"{where}.")
    yield from _missing_or_double(written, where)
    if "Effect" in written:
        yield from _one_of(written["Effect"], EFFECTS, f"{where}.Effect")
    if "Sid" in written:
        yield from _not_text(written["Sid"], f"{where}.Sid")
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        if element in written:
            yield from _texts(written[element], f"{where}.{element}")
    for element in ("Principal", "NotPrincipal"):
        if element in written:
            yield from _principals(written[element], f"{where}.{element}")
    if "Condition" in written:
        yield from _conditions(written["Condition"], f"{where}.Condition")


def _missing_or_double(written: Mapping[str, object], where: str) -> Iterator[str]:
    if "Effect" not in written:
        yield f"{where}: Effect is missing (allowed: {', '.join(EFFECTS)})"
    if "Action" not in written and "NotAction" not in written:
        yield f"{where}: Action is missing (or NotAction)"
    for element in ("Principal", "Action", "Resource"):
        if element in written and f"Not{element}" in written:
            yield f"{where}: {element} and Not{element} exclude each other (keep one, or make two statements)"


def _principals(written: object, where: str) -> Iterator[str]:
    if isinstance(written, str) and (written == "*" or may_be_filled_in(written)):
        return
    if not isinstance(written, Mapping):
        yield f'{where}: "*" or a mapping with {", ".join(PRINCIPALS)} is needed; found {_named(written)}'
        return
    yield from _unknown_keys(written, PRINCIPALS, f"{where}.")
    for kind, ids in written.items():
        yield from _texts(ids, f"{where}.{kind}")
    yield from _shortened_accounts(written.get("AWS"), f"{where}.AWS")


def _shortened_accounts(ids: object, where: str) -> Iterator[str]:
    """A number has no leading zeros, and may have been read as octal: better ask than trust another account."""
    for account in listed(ids):
        if isinstance(account, int) and len(str(account)) != 12:
            yield f"{where}: {account} is not an account id of 12 digits (put account ids in quotes)"


def _conditions(written: object, where: str) -> Iterator[str]:
    if not isinstance(written, Mapping):
        yield f"{where}: a mapping of operators is needed; found {_named(written)}"
        return
    for operator, tests in written.items():
        yield from _misspelt_operator(operator, where)
        yield from _tests(tests, f"{where}.{operator}")


def _misspelt_operator(operator: object, where: str) -> Iterator[str]:
    # IAM refuses `stringEquals` ("Invalid Condition type"). An operator that we do not know at all may be a new one.
    if not isinstance(operator, str):
        yield f"{where}.{operator}: a condition operator is text"
    elif (right := _OPERATOR_SPELLING.get(operator.lower(), operator)) != operator:
        yield f"{where}.{operator}: condition operators are spelt exactly (did you mean {right!r}?)"


def _tests(written: object, where: str) -> Iterator[str]:
    if not isinstance(written, Mapping):
        yield f"{where}: a mapping of condition keys is needed; found {_named(written)}"
        return
    for key, values in written.items():
        if not isinstance(key, str):
            yield f"{where}.{key}: a condition key is text (put it in quotes)"
        yield from _texts(values, f"{where}.{key}")


def _unknown_keys(written: Mapping[Any, object], allowed: tuple[str, ...], prefix: str) -> Iterator[str]:
    for key in written:
        if key not in allowed:
            hint = did_you_mean(str(key), allowed)
            yield f"{prefix}{key}: unknown key ({hint})"


def _one_of(value: object, allowed: tuple[str, ...], where: str) -> Iterator[str]:
    text = str(value)
    if text in allowed or (isinstance(value, str) and may_be_filled_in(text)):
        return
    hint = did_you_mean(text, allowed)
    allowed_too = "" if hint.startswith("allowed") else f" allowed: {', '.join(allowed)}"
    yield f"{where}: {text!r} is not allowed ({hint}{allowed_too})"


def _texts(written: object, where: str) -> Iterator[str]:
    if not isinstance(written, list | tuple):
        yield from _not_text(written, where)
        return
    for index, value in enumerate(written):
        yield from _not_text(value, f"{where}[{index}]")


def _not_text(value: object, where: str) -> Iterator[str]:
    if not isinstance(value, _TEXT):
        yield f"{where}: text is needed; found {_named(value)}"


def listed(written: object) -> tuple[Any, ...]:
    """One value as a list of one, as IAM reads it; nothing as the empty list."""
    if isinstance(written, list | tuple):
        return tuple(written)
    return () if written is None else (written,)


def _named(value: object) -> str:
    if value is None:
        return "nothing"
    names = {dict: "a mapping", list: "a list", tuple: "a list", str: "text", bool: "a boolean", int: "a number"}
    name = names.get(type(value), type(value).__name__)
    return name if value else f"{name} that is empty" if isinstance(value, list | tuple | str | dict) else name


def json_schema() -> dict[str, Any]:
    """A document in IAM's grammar, or the JSON text of one, as JSON Schema."""
    statement = _statement_schema()
    document = {
        "type": "object",
        "properties": {
            "Version": _word_schema(VERSIONS),
            "Id": {"type": "string"},
            "Statement": {"anyOf": [statement, {"type": "array", "items": statement, "minItems": 1}]},
        },
        "required": ["Statement"],
        "additionalProperties": False,
    }
    return {"anyOf": [document, {"type": "string", "contentMediaType": "application/json"}]}


def _statement_schema() -> dict[str, Any]:
    text = {"type": ["string", "boolean", "number"]}
    texts = {"anyOf": [text, {"type": "array", "items": text}]}
    principals = {"type": "object", "properties": dict.fromkeys(PRINCIPALS, texts), "additionalProperties": False}
    special = {
        "Sid": text,
        "Effect": _word_schema(EFFECTS),
        **{element: {"anyOf": [{"type": "string"}, principals]} for element in ("Principal", "NotPrincipal")},
        "Condition": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": texts}},
    }
    elements = {element: special.get(element, texts) for element in STATEMENT}
    return {"type": "object", "properties": elements, "required": ["Effect"], "additionalProperties": False}


def _word_schema(allowed: tuple[str, ...]) -> dict[str, Any]:
    return {"anyOf": [{"enum": list(allowed)}, {"type": "string", "pattern": r"\$\{"}]}
