r"""Records that other tools look after, as far as the zone tells: they are left alone.

external-dns marks its own in TXT records beside them. For the record `www` of type A the mark is called `a-www` (long ago just
`www`), with a prefix or suffix of its user's choice, in which the type may have its place instead, and with another word where a
name begins with `*` (https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/). The choice is not told, so what a
mark belongs to is found among the records that are there: the one to whose name the least is added, and where it may be one of
two, both. Marks that are encrypted tell nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from controller.model.dns import WILDCARD, canonical_value

_MARKED = ("A", "AAAA", "CNAME", "MX", "NAPTR", "NS", "PTR", "SRV")
"""The types of records that external-dns makes."""
_Way = Literal["within", "before", "wildcard"]
"""How a name may have become that of its mark: by more in its first part, by more parts, or in place of `*`."""
_Names = Mapping[str, Mapping[str, frozenset[str]]]
"""What is there: by what follows the first dot of a name, by what stands before it, the types."""


def others_of(found: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Names and types with whose they are. external-dns's marks are its own too; a traffic policy makes its records itself."""
    records = list(found)
    names = _names(records)
    whose: dict[tuple[str, str], str] = {}
    for record in records:
        if "TrafficPolicyInstanceId" in record:
            whose[record["Name"], record["Type"]] = f"traffic policy instance {record['TrafficPolicyInstanceId']}"
        owner = next((o for value in record.get("ResourceRecords", ()) if (o := _owner(record, value["Value"]))), "")
        if owner:
            whose[record["Name"], "TXT"] = owner
            whose |= dict.fromkeys(_marked_by(record["Name"], names), owner)
    return whose


def validates_a_certificate(record: Mapping[str, Any]) -> bool:
    """Whether AWS Certificate Manager looks for it: without it certificates would not be renewed.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    values = (value["Value"].lower().removesuffix(".") for value in record.get("ResourceRecords", ()))
    return record["Type"] == "CNAME" and any(value.endswith(".acm-validations.aws") for value in values)


def _owner(record: Mapping[str, Any], value: str) -> str:
    if record["Type"] != "TXT" or "heritage=" not in value:
        return ""
    parts = (part.partition("=") for part in canonical_value("TXT", value).split(","))
    labels = {key: said for key, _, said in parts}
    marked = labels.get("heritage") == "external-dns"
    return f"external-dns owner {labels.get('external-dns/owner', '')!r}" if marked else ""


def _names(records: Iterable[Mapping[str, Any]]) -> _Names:
    names: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for record in records:
        if record["Type"] in _MARKED:
            first, _, rest = record["Name"].partition(".")
            names[rest][first] = names[rest].get(first, frozenset()) | {record["Type"]}
    return names


def _marked_by(mark: str, names: _Names) -> Iterator[tuple[str, str]]:
    """The records that a mark belongs to: those of its type, or of all types where it says none."""
    best: dict[_Way, tuple[int, set[tuple[str, str]]]] = {}
    for way, added, first, rest, types in _candidates(mark, names):
        fits = {(f"{first}.{rest}", type_) for type_ in _of_type(types) & names[rest][first]}
        if fits and added < best.get(way, (len(mark), fits))[0]:
            best[way] = added, fits
    ways: tuple[_Way, ...] = ("within",) if "within" in best else ("before", "wildcard")
    for way in ways:
        yield from best.get(way, (0, ()))[1]


def _candidates(mark: str, names: _Names) -> Iterator[tuple[_Way, int, str, str, tuple[str, ...]]]:
    """Names whose mark it may be: how, how much would have been added, the name in two parts, and the types that this says."""
    labels = mark.removesuffix(".").split(".")
    for count in range(1, len(labels) + 1):
        head, rest = ".".join(labels[:count]), ".".join([*labels[count:], ""])
        if rest not in names:
            continue
        pieces = {(at, len(head)) for at in range(len(head))}  # after a prefix
        pieces |= {(at, end) for at in _after_types(head) for end in range(at + 1, len(head))}  # before a suffix
        for at, end in pieces:
            if head[at:end] in names[rest]:
                way: _Way = "within" if count == 1 else "before"
                yield way, len(head) - (end - at), head[at:end], rest, _types_in(f"{head[:at]}.{head[end:]}")
        if WILDCARD in names[rest] and count == 1:
            yield "wildcard", 0, WILDCARD, rest, _types_in(head)


def _after_types(head: str) -> list[int]:
    """Where a name may begin in a mark without a prefix: at once, or after its type."""
    starts = (len(type_) + 1 for type_ in _MARKED if head.startswith(f"{type_.lower()}-"))
    return [0, *starts]


def _types_in(added: str) -> tuple[str, ...]:
    words = re.split(r"[-._]", added)
    return tuple(type_ for type_ in _MARKED if type_.lower() in words)


def _of_type(said: tuple[str, ...]) -> frozenset[str]:
    # What external-dns calls a CNAME may be an alias.
    return frozenset([*said, *(("A", "AAAA") if "CNAME" in said else ())] if said else _MARKED)
