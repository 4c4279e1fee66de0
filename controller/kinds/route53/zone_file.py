"""Zone files (RFC 1035, as BIND has them) and records: the way in from a name server of one's own, and the way out again.

What only Route 53 has (aliases, routing, health checks) stands in a zone file as a comment, in the words of a manifest. A name
server reads over it, and to read the file again gives the same records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.zone
from pydantic import ValidationError

from controller.errors import TrueupError
from controller.kinds.route53.records import TTL, Record
from controller.manifest.yaml_writer import write
from controller.model.address import api_version
from controller.model.dns import APEX, TYPES, absolute, canonical_fqdn, canonical_name, readable, wire_value

_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)
_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+(\S+\.)(?=\s|$)", re.MULTILINE | re.IGNORECASE)
_TARGET = re.compile(r"\S+\s+\S+")
"""The priority and target of an HTTPS or SVCB."""
_ONLY = "; Route 53 only"
"""How a comment begins that stands for a record."""
_COMMENT = re.compile(rf"^{_ONLY} \([^)]*\): (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a zone file, with the comments that stand beside its lines."""

    record: Mapping[str, Any]
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """What a zone file says. `left_out`: what of it is not taken over, and why."""

    name: str
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]


def read_zone_file(text: str, origin: str = "", filename: str = "") -> ZoneFile:
    """The records of a zone file. Raises TrueupError, with the line, where it cannot be understood."""
    said_first = _ORIGIN.search(text)
    origin = origin or (said_first[1] if said_first else "")  # dnspython looks for it only where a record follows
    try:
        start = dns.name.from_text(origin) if origin else None
        zone = dns.zone.from_text(text, start, relativize=False, check_origin=False, filename=filename or None)
    except dns.exception.DNSException as error:
        said = str(error) or type(error).__name__
        hint = "" if origin else "does it begin with $ORIGIN? Else name the domain with --origin"
        raise TrueupError(f"the zone file cannot be read: {said}", hint=hint) from error
    if zone.origin is None:
        raise TrueupError("the zone file is empty", hint="name the domain with --origin")
    domain = canonical_fqdn(_name(zone.origin))
    entries: list[Entry] = []
    left_out: list[str] = []
    for name, rdataset in sorted(zone.iterate_rdatasets(), key=lambda found: (found[0], found[1].rdtype)):
        owner, type_ = canonical_fqdn(_name(name)), dns.rdatatype.to_text(rdataset.rdtype)
        why = _unwanted(owner, type_, domain)
        try:
            if not why:
                entries.append(_entry(owner, type_, domain, rdataset))
        except ValidationError as error:
            why = _faults(error)
        if why:
            left_out.append(f"{readable(owner)} {type_}: {why}")
    for found in _COMMENT.findall(text):
        try:
            record = Record.model_validate_json(found)
            entries.append(Entry(_written(record, domain)))
        except ValidationError as error:
            left_out.append(f"the comment {found!r}: {_faults(error)}")
    return ZoneFile(readable(domain), tuple(entries), tuple(left_out))


def manifest_of(zone: ZoneFile) -> str:
    """A HostedZone's manifest that lists a zone file's records, comments above each."""
    head = {
        "apiVersion": api_version("route53/HostedZone"),
        "kind": "HostedZone",
        "metadata": {"name": re.sub(r"[^A-Za-z0-9+=,.@_-]", "-", zone.name)},
        "spec": {"name": zone.name, "authority": "listed"},
    }
    return write([head]) + ("  records:\n" if zone.entries else "") + "".join(_lines(zone.entries))


def _lines(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield from (f"    # {comment}\n" for comment in entry.comments)
        first, *rest = write([entry.record]).splitlines()
        yield f"    - {first}\n"
        yield from (f"      {line}\n" for line in rest)


def _unwanted(owner: str, type_: str, domain: str) -> str:
    if type_ not in TYPES:
        return "Route 53 has no records of this type (and signs by itself, see `dnssec`)"
    if owner == domain and type_ in ("NS", "SOA"):
        return "Route 53 has its own for the zone itself"
    return ""


def _faults(error: ValidationError) -> str:
    return "; ".join(str(fault["msg"]).removeprefix("Value error, ") for fault in error.errors())


def _entry(owner: str, type_: str, domain: str, rdataset: dns.rdataset.Rdataset) -> Entry:
    values = tuple(_in_octal(type_, rdata.to_text(relativize=False)) for rdata in rdataset)
    record = Record(name=owner, type=type_, ttl=rdataset.ttl, values=values)
    comments = (str(rdata.rdcomment).strip() for rdata in rdataset if rdata.rdcomment)
    return Entry(_written(record, domain), tuple(dict.fromkeys(filter(None, comments))))


def _written(record: Record, domain: str) -> dict[str, Any]:
    """A record as a manifest has it."""
    fields = record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if record.ttl == TTL:
        del fields["ttl"]
    return {**fields, "name": _relative(absolute(record.name, domain), domain)}


def _name(name: dns.name.Name) -> str:
    """A name as Route 53 writes it; the root's empty label makes the dot at its end."""
    if name == dns.name.root:
        return "."
    return canonical_name(".".join("".join(f"\\{octet:03o}" for octet in label) for label in name.labels))


def _relative(owner: str, domain: str) -> str:
    """A name within the zone as people write it, unless that would mean another."""
    if owner == domain:
        return APEX
    short = owner.removesuffix(f".{domain}")
    return readable(short) if absolute(short, domain) == owner else owner


# The way out


def zone_file_of(domain: str, records: Iterable[Record]) -> tuple[str, tuple[str, ...]]:
    """The zone file of a zone's records, by their full names; and what of it is only said in comments, and why."""
    lines, only = [f"$ORIGIN {_decimal(domain)}"], []
    for record in sorted(records, key=lambda record: _place(record, domain)):
        why = _unspeakable(record)
        if why:
            only.append(f"{record.title}: {why}")
            lines.append(f"{_ONLY} ({why}): {json.dumps(_written(record, domain))}")
        else:
            owner = _owner(record.name, domain)
            lines += (f"{owner}\t{record.ttl}\tIN\t{record.type}\t{value}" for value in _values(record))
    return "".join(f"{line}\n" for line in lines), tuple(only)


def _place(record: Record, domain: str) -> tuple[Any, ...]:
    """Where a record stands: the zone's own first and its SOA before all, and then each name by those below it."""
    labels = record.name.removesuffix(domain).split(".")
    return labels[::-1], record.type != "SOA", record.type, record.set_identifier


def _unspeakable(record: Record) -> str:
    """Why a zone file has no words for a record; "" where it has."""
    only = [
        "alias" if record.alias else "",
        f"routing by {record.routing.policy}" if record.routing else "",
        "health check" if record.health_check else "",
    ]
    return ", ".join(filter(None, only)) or _unreadable(record)


def _unreadable(record: Record) -> str:
    try:
        for value in _values(record):
            dns.rdata.from_text("IN", record.type, value)
    except (dns.exception.DNSException, ValueError):
        return "no name server would read its value"
    return ""


def _values(record: Record) -> tuple[str, ...]:
    return tuple(_in_decimal(record.type, wire_value(record.type, value)) for value in record.values)


def _owner(name: str, domain: str) -> str:
    """A name as it stands before a record: relative to the zone, which is `@`."""
    return _decimal(readable(name.removesuffix(f".{domain}"))) if name != domain else APEX


# Escapes: a zone file has them in decimal, Route 53 in octal


def _in_octal(type_: str, text: str) -> str:
    return _escaped(type_, text, lambda digits: f"\\{int(digits):03o}")


def _in_decimal(type_: str, text: str) -> str:
    return _escaped(type_, text, lambda digits: f"\\{int(digits, 8):03}")


def _decimal(name: str) -> str:
    return _in_decimal("PTR", name)


def _escaped(type_: str, text: str, spelt: Callable[[str], str]) -> str:
    """A value with its escapes spelt otherwise. Those in the parameters of a service are in decimal everywhere."""
    end = len(text)
    if type_ in ("HTTPS", "SVCB") and (target := _TARGET.match(text)):
        end = target.end()
    return _ESCAPE.sub(lambda found: spelt(found[1]) if len(found[1]) == 3 else found[0], text[:end]) + text[end:]
