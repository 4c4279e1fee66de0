"""Zone files (RFC 1035, as BIND writes them) to a HostedZone's manifest: the way in from a name server of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdataset
import dns.rdatatype
import dns.zone
from pydantic import ValidationError

from controller.errors import TrueupError
from controller.kinds.route53.records import TTL, Record
from controller.manifest.yaml_writer import write
from controller.model.address import api_version
from controller.model.dns import APEX, TYPES, absolute, canonical_fqdn, canonical_name, readable

_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)


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
    try:
        start = dns.name.from_text(origin) if origin else None
        zone = dns.zone.from_text(text, start, relativize=False, check_origin=False, filename=filename or None)
    except dns.exception.DNSException as error:
        said = str(error) or type(error).__name__
        hint = "" if origin else "does it begin with $ORIGIN? Else name the domain with --origin"
        raise TrueupError(f"the zone file cannot be read: {said}", hint=hint) from error
    assert zone.origin is not None  # noqa: S101 - dnspython reads no zone without one
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
            why = "; ".join(str(fault["msg"]).removeprefix("Value error, ") for fault in error.errors())
        if why:
            left_out.append(f"{readable(owner)} {type_}: {why}")
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


def _entry(owner: str, type_: str, domain: str, rdataset: dns.rdataset.Rdataset) -> Entry:
    values = tuple(_octal(rdata.to_text(relativize=False)) for rdata in rdataset)
    record = Record(name=owner, type=type_, ttl=rdataset.ttl, values=values)
    comments = (str(rdata.rdcomment).strip() for rdata in rdataset if rdata.rdcomment)
    written = {
        "name": _relative(owner, domain),
        "type": type_,
        **({"ttl": record.ttl} if record.ttl != TTL else {}),
        "values": list(record.values),
    }
    return Entry(written, tuple(dict.fromkeys(filter(None, comments))))


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


def _octal(text: str) -> str:
    """dnspython writes escapes in decimal, as zone files have them; Route 53 in octal."""
    return _ESCAPE.sub(lambda found: f"\\{int(found[1]):03o}" if len(found[1]) == 3 else found[0], text)
