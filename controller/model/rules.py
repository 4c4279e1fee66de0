"""Rules of security groups as sets: AWS splits, merges and reorders them, and none of that is a difference. What they have in
common with the entries of network ACLs (protocol, ports, ICMP types) is Traffic.

A rule as it is written has several peers; one as AWS knows it (an Atom) has one. Two lists of rules are equal where their
atoms are, because each list is brought into one form: a rule for each protocol, ports and description, with its peers sorted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from controller.model.cidr import BLOCK, block_or_name
from controller.model.reference import Ref
from controller.model.spec import Part

ITSELF = "self"
_LITERAL = rf"{BLOCK}|(?:\d{{12}}/)?sg-[0-9a-f]{{8,17}}|pl-[0-9a-f]{{8,17}}"
_NUMBERED = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_NUMBERS = {name: number for number, name in _NUMBERED.items()}
_WITH_PORTS = ("tcp", "udp")
_WITH_TYPES = ("icmp", "icmpv6")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_TYPES = re.compile(r"(\d{1,3})(?:/(\d{1,3}))?")


def _protocol(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    text = str(value).lower()
    number = str(int(text)) if re.fullmatch(r"-?\d{1,3}", text) else text
    return _NUMBERED.get(number, number)


def _known(protocol: str) -> str:
    if protocol not in _NUMBERS and not (protocol.isdecimal() and int(protocol) <= 255):
        raise ValueError(f"{protocol!r} is no protocol; write {', '.join(_NUMBERS)} or a number up to 255")
    return protocol


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _ports(text: str) -> str:
    found = _PORTS.fullmatch(text.replace(" ", ""))
    if text == "all" or not text:
        return "0-65535" if text else ""
    if found is None:
        raise ValueError(f"{text!r} is no port; write 443, 8000-8100 or all")
    low, high = int(found[1]), int(found[2] or found[1])
    if not low <= high <= 65535:
        raise ValueError(f"{text!r} is no range of ports: 0-65535, the lower first")
    return str(low) if low == high else f"{low}-{high}"


def _types(text: str) -> str:
    if text in ("", "all"):
        return ""
    if not _TYPES.fullmatch(text) or any(int(part) > 255 for part in text.split("/")):
        raise ValueError(f"{text!r} is no ICMP type; write 8, 3/4 (type/code) or all")
    return "/".join(str(int(part)) for part in text.split("/"))


def _some(peers: tuple[str, ...]) -> tuple[str, ...]:
    if not peers:
        raise ValueError("names nobody; a rule for nobody is left out")
    return tuple(sorted(set(peers)))


Peer = Annotated[
    str,
    AfterValidator(block_or_name),
    Ref("ec2/SecurityGroup", "ec2/PrefixList", output="id", literal=_LITERAL, loose=True, itself=ITSELF),
]
"""Whom a rule lets in or out: a CIDR block, a group or prefix list by manifest name or id, or the group itself."""
Peers = Annotated[tuple[Peer, ...], AfterValidator(_some)]
Protocol = Annotated[str, BeforeValidator(_protocol), AfterValidator(_known)]


def number(protocol: str) -> str:
    """A protocol as AWS numbers it: `6` for tcp, `-1` for all."""
    return _NUMBERS.get(protocol, protocol)


def bounds(protocol: str, port: str, icmp: str) -> tuple[int, int] | None:
    """AWS's two numbers for a protocol's ports (from and to) or ICMP types (type and code; -1: all); None where it has none."""
    if protocol in _WITH_TYPES:
        type_, _, code = icmp.partition("/")
        return int(type_ or -1), int(code or -1)
    low, _, high = port.partition("-")
    return (int(low), int(high or low)) if port else None


def traffic(protocol: str, low: int, high: int) -> dict[str, str]:
    """The way back from AWS's two numbers to Traffic's fields; -1 for all, and where there are none."""
    name = _NUMBERED.get(protocol, protocol)
    if name in _WITH_TYPES:
        return {"protocol": name, "icmp": "" if low < 0 else f"{low}" if high < 0 else f"{low}/{high}"}
    if name in _WITH_PORTS:
        return {"protocol": name, "port": "all" if low < 0 else f"{low}-{high}"}
    return {"protocol": name}


class Traffic(Part):
    """What a rule is about: a protocol with its ports or ICMP types."""

    protocol: Protocol = Field(
        description="`tcp`, `udp`, `icmp`, `icmpv6`, `all`, or a protocol's number (IpProtocol)."
    )
    port: Annotated[str, BeforeValidator(_as_text), AfterValidator(_ports)] = Field(
        default="", description="With tcp and udp: `443`, `8000-8100` or `all` (FromPort, ToPort)."
    )
    icmp: Annotated[str, BeforeValidator(_as_text), AfterValidator(_types)] = Field(
        default="", description="With icmp and icmpv6: a type (`8`), type/code (`3/4`) or `all`, the default."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.protocol in _WITH_PORTS and not self.port:
            raise ValueError(f"{self.protocol} needs a port: 443, 8000-8100 or all")
        if self.protocol not in _WITH_PORTS and self.port:
            raise ValueError(f"protocol {self.protocol} has no ports")
        if self.protocol not in _WITH_TYPES and self.icmp:
            raise ValueError(f"protocol {self.protocol} has no ICMP types")
        return self

    @property
    def told(self) -> str:
        """`443/tcp`, `icmp 8`, `all traffic`."""
        return _told(self.protocol, self.port, self.icmp)


def _told(protocol: str, port: str, icmp: str) -> str:
    if protocol == "all":
        return "all traffic"
    if port:
        return f"{port}/{protocol}"
    return f"{protocol} {icmp}".rstrip() if protocol in _WITH_TYPES else f"protocol {protocol}"


class Rule(Traffic):
    """What ingress and egress rules have in common."""

    description: str = Field(
        default="", max_length=255, pattern=r"^[\w .:/()#,@\[\]+=&;{}!$*-]*$", description="What the rule is for."
    )

    @property
    def peers(self) -> tuple[str, ...]:
        """Whom it lets in or out."""
        raise NotImplementedError


class IngressRule(Rule):
    """Traffic that is let in."""

    from_: Peers = Field(
        alias="from",  # a keyword of Python
        description="CIDR blocks, groups and prefix lists by manifest name or id (`account/sg-...` across accounts), or `self`.",
    )

    @property
    def peers(self) -> tuple[str, ...]:
        return self.from_


class EgressRule(Rule):
    """Traffic that is let out."""

    to: Peers = Field(
        description="CIDR blocks, groups and prefix lists by manifest name or id (`account/sg-...` across accounts), or `self`."
    )

    @property
    def peers(self) -> tuple[str, ...]:
        return self.to


R = TypeVar("R", IngressRule, EgressRule)


@dataclass(frozen=True, slots=True, order=True)
class Atom:
    """One rule as AWS knows it: one peer."""

    protocol: str
    port: str
    icmp: str
    peer: str

    def __str__(self) -> str:
        """`443/tcp`, `icmp 8`, `all traffic`."""
        return _told(self.protocol, self.port, self.icmp)


def atoms(rules: Iterable[Rule]) -> dict[Atom, str]:
    """Each atom of some rules, with its description."""
    return {Atom(rule.protocol, rule.port, rule.icmp, peer): rule.description for rule in rules for peer in rule.peers}


def canonical(rules: tuple[R, ...]) -> tuple[R, ...]:
    """The same rules in the one form: merged where only their peers differ, sorted. Raises ValueError for one given twice."""
    grouped: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for twice in _twice(rules):
        raise ValueError(f"{twice} with {twice.peer} is given twice, with different descriptions; AWS takes it once")
    for atom, description in atoms(rules).items():
        grouped[atom.protocol, atom.port, atom.icmp, description].add(atom.peer)
    return tuple(_rule(rules, key, sorted(peers)) for key, peers in sorted(grouped.items()))


def _rule(rules: Sequence[R], key: tuple[str, str, str, str], peers: list[str]) -> R:
    protocol, port, icmp, description = key
    side = "from_" if isinstance(rules[0], IngressRule) else "to"
    values: dict[str, Any] = {
        "protocol": protocol,
        "port": port,
        "icmp": icmp,
        "description": description,
        side: tuple(peers),
    }
    return type(rules[0]).model_construct(**values)


def _twice(rules: Iterable[Rule]) -> Iterator[Atom]:
    seen: dict[Atom, str] = {}
    for rule in rules:
        for atom, description in atoms([rule]).items():
            if seen.setdefault(atom, description) != description:
                yield atom


IngressRules = Annotated[tuple[IngressRule, ...], AfterValidator(canonical)]
EgressRules = Annotated[tuple[EgressRule, ...], AfterValidator(canonical)]
EVERYWHERE = ("0.0.0.0/0", "::/0")
"""All addresses, of both versions."""
