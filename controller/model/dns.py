r"""DNS names and record values, compared by meaning: one spelling each, the one that Route 53 gives back.

Route 53 writes names in lower case, with a dot at the end, and every octet but a-z, 0-9, `-` and `_` as `\` and three octal
digits (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html). What a value looks like depends on the
record's type (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html). A TXT is its text; the
quoted chunks of at most 255 octets that DNS carries are made where it goes to AWS.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Literal, get_args

import dns.exception
import dns.name
import dns.rdata
from pydantic import AfterValidator

from controller.model.spec import misfit

RecordType = Literal[
    "A",
    "AAAA",
    "CAA",
    "CNAME",
    "DS",
    "HTTPS",
    "MX",
    "NAPTR",
    "NS",
    "PTR",
    "SOA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
]
"""All types of records that Route 53 has."""
TYPES: tuple[str, ...] = get_args(RecordType)
APEX = "@"
"""How the zone's own name is written inside it."""
WILDCARD = r"\052"
"""`*`, as Route 53 gives it back."""
LONGEST_VALUE = 4000
"""Characters of one value that Route 53 takes, quotes included."""

_CHUNK = 255
_SURELY_SHORT = 253
"""Characters of a name without escapes that is not too long, whether it ends in a dot or not."""
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
_CANONICAL = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_ESCAPE = re.compile(r"\\([0-3][0-7]{2})|\\(.)", re.DOTALL)
_PIECE = re.compile(r"\\[0-3][0-7]{2}|\\.|[^\\]", re.DOTALL)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_WORD = re.compile(r'"(?:\\.|[^"\\])*"|[^\s"]+')
_FORMS: Mapping[str, str] = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "CAA": '0 issue "ca.example.net"',
    "CNAME": "www.example.com",
    "DS": "12345 13 2 <64 hexadecimal digits>",
    "HTTPS": "1 . alpn=h2,h3",
    "MX": "10 mail.example.com",
    "NAPTR": '100 10 "U" "E2U+sip" "!^.*$!sip:info@example.com!" .',
    "NS": "ns1.example.com",
    "PTR": "host.example.com",
    "SOA": "ns1.example.com hostmaster.example.com 1 7200 900 1209600 86400",
    "SPF": "v=spf1 -all",
    "SRV": "10 5 5060 sip.example.com",
    "SSHFP": "4 2 <64 hexadecimal digits>",
    "SVCB": "1 svc.example.com port=8443",
    "TLSA": "3 1 1 <64 hexadecimal digits>",
    "TXT": "any text",
}
"""What a value of each type looks like, for who wrote another."""


# Names


def canonical_name(text: str) -> str:
    """A name in its one spelling. It stays relative where it has no dot at its end. Raises ValueError for what is no name."""
    if not text:
        raise ValueError("a name cannot be empty; the zone itself is written @")
    if text in (APEX, "."):
        return text
    if len(text) <= _SURELY_SHORT and _CANONICAL.fullmatch(text):
        return sys.intern(text)  # most are, and a zone may have ten thousand
    *labels, last = _labels(text)
    labels = labels if not last else [*labels, last]
    octets = [_octets(label, text) for label in labels]
    if sum(len(each) + 1 for each in octets) + 1 > 255:
        raise ValueError(f"{text!r} is longer than the 255 octets that a name may have")
    return sys.intern(
        ".".join(map(_written, octets)) + ("" if last else ".")
    )  # the same in git and in AWS, once in memory


def canonical_fqdn(text: str) -> str:
    """An absolute name; Route 53 takes every name in its calls for one, with a dot at the end or without."""
    if text == APEX:
        raise ValueError("'@' means the zone's own name, and that only as the name of a record; write the name out")
    name = canonical_name(text)
    return name if name.endswith(".") else f"{name}."


def absolute(name: str, zone: str) -> str:
    """A record's canonical name in full: `www` in example.com is www.example.com, and so is www.example.com."""
    if name == APEX:
        return zone
    full = name if name.endswith(".") else f"{name}."
    return full if name.endswith(".") or within(full, zone) else sys.intern(f"{full}{zone}")


def within(name: str, zone: str) -> bool:
    """Whether an absolute name is that of the zone, or below it."""
    return name == zone or zone == "." or name.endswith(f".{zone}")


def readable(name: str) -> str:
    """A canonical name as people write it: `*` for the wildcard, no dot at the end."""
    return re.sub(rf"^{re.escape(WILDCARD)}(?=\.|$)", "*", name).rstrip(".") or "."


def _labels(text: str) -> list[str]:
    """What stands between the dots, with its escapes."""
    labels = [""]
    for piece in _PIECE.findall(text):
        if piece == ".":
            labels.append("")
        else:
            labels[-1] += piece
    if sum(map(len, labels)) + len(labels) - 1 != len(text):
        raise ValueError(f"{text!r} is no DNS name: it ends in a lone backslash")
    return labels


def _octets(label: str, name: str) -> bytes:
    """A label's octets, in lower case. What is not ASCII is written in IDNA."""
    octets = _unescaped(label).lower() if label.isascii() else _idna(label)
    if not octets:
        raise ValueError(f"{name!r} is no DNS name: there is nothing between two dots, or before the first")
    if len(octets) > 63:
        raise ValueError(f"{label!r} is longer than the 63 octets that a part between dots may have")
    return octets


def _idna(label: str) -> bytes:
    try:
        return bytes(dns.name.IDNA_2008_UTS_46.encode(label))
    except dns.exception.DNSException as error:
        raise ValueError(f"{label!r} cannot be written in a DNS name (IDNA): {error}") from None


def _unescaped(text: str) -> bytes:
    r"""Text with `\ooo` and `\x` undone, as octets."""
    out, at = bytearray(), 0
    for found in _ESCAPE.finditer(text):
        out += text[at : found.start()].encode()
        out += bytes([int(found[1], 8)]) if found[1] else found[2].encode()
        at = found.end()
    return bytes(out + text[at:].encode())


def _written(label: bytes) -> str:
    return "".join(chr(octet) if octet in _PLAIN else f"\\{octet:03o}" for octet in label)


DnsName = Annotated[str, AfterValidator(canonical_name)]
"""A name that may be relative: `www`, `*`, `@`, `www.example.com.`"""
Fqdn = Annotated[str, AfterValidator(lambda text: canonical_fqdn(text) if text else text)]
"""An absolute name, or nothing."""


# Values


def canonical_values(type_: str, values: Iterable[str]) -> tuple[str, ...]:
    """A record's values, each in its one spelling. Their order has no meaning, and the same twice is the same once.

    Raises ValueError, which tells pydantic the place of the value that is none.
    """
    spelt: set[str] = set()
    for number, value in enumerate(values):
        try:
            spelt.add(sys.intern(canonical_value(type_, value)))
        except ValueError as error:
            raise misfit(str(error), number) from None
    return tuple(sorted(spelt))


def canonical_value(type_: str, text: str) -> str:
    """One value of a record in its one spelling. Raises ValueError, with what would fit, for what is no value of the type."""
    value = _PARSERS[type_](type_, text)
    if len(wire_value(type_, value)) > LONGEST_VALUE:
        found = f"has {len(wire_value(type_, value))} characters, quotes included"
        raise ValueError(f"a value of the {type_} record {found}; Route 53 takes {LONGEST_VALUE}")
    return value


def wire_value(type_: str, value: str) -> str:
    """A canonical value as ChangeResourceRecordSets takes it."""
    return _quoted(_text_of(value)) if type_ in ("TXT", "SPF") else value


def _misfit(type_: str, text: str, why: str = "") -> ValueError:
    return ValueError(f"{text!r} is no value of the type {type_}{why}; write it like {_FORMS[type_]!r}")


def _address(type_: str, text: str) -> str:
    kind, other = (IPv4Address, "AAAA") if type_ == "A" else (IPv6Address, "A")
    try:
        found = ip_address(text.strip())
    except ValueError:
        raise _misfit(type_, text, " (a name is pointed to by a CNAME or an alias)") from None
    if not isinstance(found, kind):
        raise _misfit(type_, text, f" but of {other}")
    return str(found)


def _target(type_: str, text: str) -> str:
    """A name inside a value."""
    try:
        ip_address(text)
    except ValueError:
        pass
    else:
        raise _misfit(type_, text, f": an address stands in type {'AAAA' if ':' in text else 'A'}")
    try:
        return canonical_fqdn(text)
    except ValueError as error:
        raise _misfit(type_, text, f" ({error})") from None


def _number(type_: str, text: str, word: str, most: int) -> str:
    if not (word.isascii() and word.isdigit() and int(word) <= most):
        raise _misfit(type_, text, f": {word!r} is no number from 0 to {most}")
    return str(int(word))


def _words(type_: str, text: str, count: int) -> list[str]:
    words = _WORD.findall(text)
    if '"' in _WORD.sub("", text):
        raise _misfit(type_, text, ": a quote is not closed")
    if len(words) != count:
        raise _misfit(type_, text, f": it has {len(words)} parts, and {count} are needed")
    return words


def _name_only(type_: str, text: str) -> str:
    (name,) = _words(type_, text, 1)
    return _target(type_, name)


def _numbers_and_name(type_: str, text: str) -> str:
    """MX and SRV."""
    *numbers, name = _words(type_, text, 2 if type_ == "MX" else 4)
    return " ".join([*(_number(type_, text, word, 0xFFFF) for word in numbers), _target(type_, name)])


def _soa(type_: str, text: str) -> str:
    server, mailbox, *numbers = _words(type_, text, 7)
    names = (_target(type_, server), _target(type_, mailbox))
    return " ".join([*names, *(_number(type_, text, word, 0xFFFFFFFF) for word in numbers)])


def _caa(type_: str, text: str) -> str:
    flags, tag, value = _words(type_, text, 3)
    if not tag.isalnum():
        raise _misfit(type_, text, f": {tag!r} is no tag such as issue, issuewild or iodef")
    return f"{_number(type_, text, flags, 255)} {tag.lower()} {_quoted(_string(value))}"


def _naptr(type_: str, text: str) -> str:
    order, preference, *texts, replacement = _words(type_, text, 6)
    numbers = (_number(type_, text, word, 0xFFFF) for word in (order, preference))
    return " ".join([*numbers, *(_quoted(_string(word)) for word in texts), _target(type_, replacement)])


def _digest(type_: str, text: str) -> str:
    """DS, SSHFP and TLSA: a few numbers and a digest, whose length dnspython knows for each algorithm."""
    return _by_dnspython(type_, text, text)


def _service(type_: str, text: str) -> str:
    """SVCB and HTTPS: a priority, a target and parameters, whose order has no meaning."""
    priority, target, parameters = [*text.split(maxsplit=2), "", "", ""][:3]
    number, _, read = _by_dnspython(type_, text, f"{priority} . {parameters}").partition(" .")
    return f"{number} {_target(type_, target)}{read}"


def _by_dnspython(type_: str, text: str, value: str) -> str:
    try:
        return str(dns.rdata.from_text("IN", type_, value).to_text(chunksize=0))
    except (dns.exception.DNSException, ValueError) as error:
        raise _misfit(type_, text, f" ({error})" if str(error) else "") from None


def _text(type_: str, text: str) -> str:
    """TXT and SPF. What could be taken for quoted chunks, or cannot be shown, stays as AWS has it; all else is the text."""
    octets = _text_of(text)
    if octets == text.encode() and re.search(r"[\x00-\x1f]", text):
        raise _misfit(type_, text, ": it has a line break or another control character (`>-` folds lines into one)")
    try:
        plain = octets.decode()
    except UnicodeDecodeError:
        return _quoted(octets)
    return _quoted(octets) if plain.startswith('"') or not plain.isprintable() else plain


def _text_of(value: str) -> bytes:
    """A TXT's octets: chunks in quotes are joined, anything else is the text itself."""
    if value.startswith('"') and not _QUOTED.sub("", value).strip():
        return b"".join(_unescaped(found) for found in _QUOTED.findall(value))
    return value.encode()


def _string(word: str) -> bytes:
    return _unescaped(word[1:-1] if word.startswith('"') else word)


def _quoted(octets: bytes) -> str:
    chunks = [octets[at : at + _CHUNK] for at in range(0, len(octets), _CHUNK)] or [b""]
    return " ".join(f'"{"".join(map(_shown, chunk))}"' for chunk in chunks)


def _shown(octet: int) -> str:
    if octet in b'"\\':
        return f"\\{octet:c}"
    return f"{octet:c}" if 32 <= octet < 127 else f"\\{octet:03o}"


_PARSERS: Mapping[str, Callable[[str, str], str]] = {
    "A": _address,
    "AAAA": _address,
    "CAA": _caa,
    "CNAME": _name_only,
    "DS": _digest,
    "HTTPS": _service,
    "MX": _numbers_and_name,
    "NAPTR": _naptr,
    "NS": _name_only,
    "PTR": _name_only,
    "SOA": _soa,
    "SPF": _text,
    "SRV": _numbers_and_name,
    "SSHFP": _digest,
    "SVCB": _service,
    "TLSA": _digest,
    "TXT": _text,
}
