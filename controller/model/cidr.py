"""CIDR blocks as values: one spelling each, and what is no network is refused with the network that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import combinations
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

Network = IPv4Network | IPv6Network
BLOCK = r"(?:\d+\.){3}\d+/\d+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*/\d+"
"""A pattern of what can only be meant as a block."""
_BARE = re.compile(r"(?:\d+\.){3}\d+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*")


def parse_cidr(text: str) -> Network:
    """The network that a text means. Raises ValueError, with what to write, where it is none."""
    if "/" not in text and _is_address(text):
        raise ValueError(f"{text!r} has no prefix length; a single address is written {_single(text)}")
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no CIDR block; write it like 10.0.0.0/16 or 2001:db8::/56") from None
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} has bits set beyond its prefix; the network is {meant}") from None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def single(text: str, version: int) -> str:
    """One address, in the one spelling that AWS gives back. Raises ValueError where it is none of that version."""
    try:
        address = ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no address; write it like 10.0.0.4 or 2001:db8::4") from None
    if address.version != version:
        raise ValueError(f"{text!r} is IPv{address.version}; here it must be IPv{version}")
    return str(address)


def block_or_name(text: str) -> str:
    """A block in its one spelling; what can be none, such as a name or an id, as it is. Raises ValueError as parse_cidr."""
    return str(parse_cidr(text)) if re.fullmatch(BLOCK, text) or _BARE.fullmatch(text) else text


def _single(text: str) -> str:
    return f"{text}/128" if ":" in text else f"{text}/32"


def _of_version(version: int) -> AfterValidator:
    def check(text: str) -> str:
        network = parse_cidr(text)
        if network.version != version:
            raise ValueError(f"{text!r} is IPv{network.version}; here it must be IPv{version}")
        return str(network)

    return AfterValidator(lambda text: check(text) if text else text)


Cidr = Annotated[str, AfterValidator(lambda text: str(parse_cidr(text)) if text else text)]
"""A block of either version, in the one spelling that AWS gives back."""
Cidr4 = Annotated[str, _of_version(4)]
Cidr6 = Annotated[str, _of_version(6)]


_SHARE = re.compile(r"(?P<block>.*)#(?P<index>\d+)")


def _share(text: str) -> str:
    found = _SHARE.fullmatch(text)
    if found is None:
        return text
    block, index = parse_cidr(found["block"]), int(found["index"])
    if not isinstance(block, IPv6Network) or block.prefixlen > 64:
        raise ValueError(f"{text!r}: {block} has no /64 within")
    if index >= 1 << (64 - block.prefixlen):
        raise ValueError(f"{text!r}: {block} has only {1 << (64 - block.prefixlen)} /64s, counted from 0")
    return str(IPv6Network((int(block.network_address) + (index << 64), 64)))


Cidr6Share = Annotated[Cidr6, BeforeValidator(lambda text: _share(text) if isinstance(text, str) else text)]
"""An IPv6 block, or a share of one: `2001:db8::/56#1` is the second /64 in it, for blocks that AWS chooses."""


def inside(inner: str, outer: Iterable[str]) -> bool:
    """Whether a block lies wholly in one of some others."""
    return any(_subnet_of(parse_cidr(inner), parse_cidr(each)) for each in outer)


def _subnet_of(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def overlapping(blocks: Iterable[str]) -> list[tuple[str, str]]:
    """Every pair of blocks that have addresses in common."""
    return [(a, b) for a, b in combinations(blocks, 2) if inside(a, [b]) or inside(b, [a])]
