"""DNS names and values: what means the same is spelt the same, and what fits no type is refused with what would."""

from __future__ import annotations

import re

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from controller.model.dns import (
    TYPES,
    DnsName,
    Fqdn,
    absolute,
    canonical_fqdn,
    canonical_name,
    canonical_value,
    canonical_values,
    readable,
    wire_value,
    within,
)

_QUAD = re.compile(r"\d+\.\d+\.\d+\.\d+")
"""What may be an address, which no name is."""
OCTETS = st.binary(min_size=1, max_size=20)
LABELS = st.lists(OCTETS, min_size=1, max_size=6)
PLAIN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)
NAMES = st.lists(PLAIN, min_size=1, max_size=5).map(".".join).filter(lambda name: not _QUAD.fullmatch(name))
WORD16 = st.integers(0, 0xFFFF)


def escaped(labels: list[bytes]) -> str:
    return ".".join("".join(f"\\{octet:03o}" for octet in label) for label in labels)


# Names


@given(LABELS)
def test_a_name_has_one_spelling_whatever_is_escaped_in_it(labels: list[bytes]) -> None:
    """Letters may be escaped too: a\\101 is `aa`."""
    name = canonical_name(escaped(labels))
    assert canonical_name(name) == name
    readable_octets = {ord(c) for c in "abcdefghijklmnopqrstuvwxyz0123456789-_.\\"}
    assert {ord(char) for char in name} <= readable_octets


@given(NAMES)
def test_case_has_no_meaning(name: str) -> None:
    assert canonical_name(name.upper()) == canonical_name(name) == name


@given(NAMES)
def test_in_aws_calls_a_name_is_absolute_with_a_dot_at_its_end_or_without(name: str) -> None:
    assert canonical_fqdn(name) == canonical_fqdn(f"{name}.") == f"{name}."


@given(NAMES, NAMES)
def test_a_records_name_may_be_written_in_full_or_relative_to_its_zone(name: str, domain: str) -> None:
    zone = f"{domain}."
    full = absolute(f"{name}.{zone}", zone)
    assert full == f"{name}.{zone}"
    assert absolute(f"{name}.{domain}", zone) == full
    assert within(full, zone)
    if not within(f"{name}.", zone):  # `www.example.com` in example.com is not www.example.com.example.com
        assert absolute(name, zone) == full


def test_the_zone_itself_is_written_with_an_at_sign() -> None:
    assert absolute(canonical_name("@"), "example.com.") == "example.com."
    assert absolute("other.net.", "example.com.") == "other.net."


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("*", "\\052"),
        ("\\052.Example.com.", "\\052.example.com."),
        ("a\\.b.c", "a\\056b.c"),
        ("a\\\\.", "a\\134."),
        ("bücher.de", "xn--bcher-kva.de"),
        ("BÜCHER.de", "xn--bcher-kva.de"),
        ("_sip._tcp", "_sip._tcp"),
        (".", "."),
        ("@", "@"),
    ],
)
def test_names_are_spelt_as_route_53_gives_them_back(written: str, spelling: str) -> None:
    assert TypeAdapter(DnsName).validate_python(written) == spelling


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "the zone itself is written @"),
        ("a..b", "nothing between two dots"),
        (".a", "nothing between two dots"),
        ("a\\", "lone backslash"),
        ("a" * 64, "63 octets"),
        (".".join(["a" * 63] * 4), "255 octets"),
        ("\u2024.com", "IDNA"),
    ],
)
def test_what_is_no_name_is_refused(written: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TypeAdapter(DnsName).validate_python(written)


def test_a_name_in_full_cannot_be_an_at_sign() -> None:
    adapter = TypeAdapter(Fqdn)
    assert adapter.validate_python("") == ""
    assert adapter.validate_python("Example.com") == "example.com."
    with pytest.raises(ValidationError, match="write the name out"):
        adapter.validate_python("@")


def test_people_read_names_without_escapes_where_there_is_a_plain_form() -> None:
    assert readable("\\052.example.com.") == "*.example.com"
    assert readable("a\\052.example.com.") == "a\\052.example.com"
    assert readable(".") == "."


def test_a_name_is_within_a_zone_only_at_a_dot() -> None:
    assert not within("badexample.com.", "example.com.")
    assert within("anything.", ".")


# Values

VALUES = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(lambda address: address.exploded.upper()),
    "CAA": st.tuples(st.integers(0, 255), st.sampled_from(["issue", "ISSUEWILD", "iodef"]), PLAIN).map(
        lambda parts: '{} {} "{}"'.format(*parts)
    ),
    "CNAME": NAMES,
    "DS": st.tuples(WORD16, st.binary(min_size=32, max_size=32)).map(lambda p: f"{p[0]} 13 2 {p[1].hex().upper()}"),
    "HTTPS": st.tuples(WORD16.filter(bool), NAMES).map(lambda p: f"{p[0]} {p[1]} port=8443  alpn=h2,h3"),
    "MX": st.tuples(WORD16, NAMES).map(lambda p: f"{p[0]:03} {p[1]}"),
    "NAPTR": st.tuples(WORD16, NAMES).map(lambda p: f'{p[0]} 10 "U" E2U+sip "!^.*$!sip:a@b.c!" {p[1]}'),
    "NS": NAMES,
    "PTR": NAMES,
    "SOA": st.tuples(NAMES, NAMES, st.integers(0, 0xFFFFFFFF)).map(
        lambda p: f"{p[0]} {p[1]} {p[2]} 7200 900 1209600 1"
    ),
    "SPF": st.text(st.characters(exclude_categories=["C"]), max_size=400),
    "SRV": st.tuples(WORD16, WORD16, WORD16, NAMES).map(lambda p: " ".join(map(str, p))),
    "SSHFP": st.binary(min_size=32, max_size=32).map(lambda octets: f"4 2 {octets.hex().upper()}"),
    "SVCB": st.tuples(WORD16, NAMES).map(lambda p: f"{p[0]} {p[1]}"),
    "TLSA": st.binary(min_size=32, max_size=32).map(lambda octets: f"3 1 1 {octets.hex()}"),
    "TXT": st.text(st.characters(exclude_categories=["C"]), max_size=400),
}
TYPED = st.sampled_from(TYPES).flatmap(lambda type_: VALUES[type_].map(lambda value: (type_, value)))


@given(TYPED)
def test_every_value_has_one_spelling_that_aws_gives_back_as_it_is(typed: tuple[str, str]) -> None:
    type_, written = typed
    value = canonical_value(type_, written)
    assert canonical_value(type_, value) == value
    assert canonical_value(type_, wire_value(type_, value)) == value


@given(TYPED)
def test_what_goes_to_aws_is_what_dns_understands(typed: tuple[str, str]) -> None:
    """dnspython reads it as a zone file would be read. Octal escapes are Route 53's own, and left to the next test."""
    type_, written = typed
    sent = wire_value(type_, canonical_value(type_, written))
    if "\\" not in sent:
        dns.rdata.from_text("IN", type_, sent)


@given(st.binary(max_size=700))
def test_a_txt_keeps_every_octet_in_chunks_of_at_most_255(octets: bytes) -> None:
    written = '"' + "".join(f"\\{octet:03o}" for octet in octets) + '"'
    try:
        value = canonical_value("TXT", written)
    except ValueError as error:
        assert "Route 53 takes 4000" in str(error)  # noqa: PT017 - octets that must be escaped are four characters each
        return
    sent = wire_value("TXT", value)
    chunks = [part.encode().decode("unicode_escape").encode("latin-1") for part in sent[1:-1].split('" "')]
    assert b"".join(chunks) == octets
    assert all(len(chunk) <= 255 for chunk in chunks)


@given(st.text(st.characters(exclude_categories=["C"], exclude_characters='"\\'), max_size=300), st.integers(1, 40))
def test_where_a_txt_is_split_has_no_meaning(text: str, size: int) -> None:
    chunks = [text[at : at + size] for at in range(0, len(text), size)] or [""]
    quoted = " ".join(f'"{chunk}"' for chunk in chunks)
    assert canonical_value("TXT", quoted) == canonical_value("TXT", text)


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_the_order_of_values_has_no_meaning_and_the_same_twice_is_once(names: list[str]) -> None:
    assert canonical_values("NS", names) == canonical_values("NS", [*reversed(names), *names])


@pytest.mark.parametrize(
    ("type_", "written", "spelling"),
    [
        ("AAAA", "2001:DB8:0:0::1", "2001:db8::1"),
        ("CNAME", "*.Example.com", "\\052.example.com."),
        ("MX", "010  Mail.example.com.", "10 mail.example.com."),
        ("MX", "0 .", "0 ."),
        ("TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
        ("TXT", 'say "hello"', 'say "hello"'),
        ("TXT", '"\\"quoted\\""', '"\\"quoted\\""'),
        ("TXT", '"\\303\\244"', "ä"),
        ("TXT", '"\\377"', '"\\377"'),
        ("TXT", '"a\\012b"', '"a\\012b"'),
        ("TXT", '"not closed', '"\\"not closed"'),
        ("CAA", "0 Issue letsencrypt.org", '0 issue "letsencrypt.org"'),
        ("HTTPS", "0 Example.com", "0 example.com."),
        ("HTTPS", '1 . port=443 alpn="h3,h2"', '1 . alpn="h3,h2" port="443"'),
    ],
)
def test_values_are_spelt_in_one_way(type_: str, written: str, spelling: str) -> None:
    assert canonical_value(type_, written) == spelling


@pytest.mark.parametrize(
    ("type_", "written", "why"),
    [
        ("A", "2001:db8::1", "but of AAAA"),
        ("AAAA", "192.0.2.1", "but of A;"),
        ("A", "www.example.com", "a CNAME or an alias"),
        ("CNAME", "192.0.2.1", "stands in type A;"),
        ("NS", "::1", "stands in type AAAA"),
        ("CNAME", "a..b", "nothing between two dots"),
        ("CNAME", "two names", "it has 2 parts, and 1 are needed"),
        ("MX", "mail.example.com", "write it like '10 mail.example.com'"),
        ("MX", "70000 mail.example.com", "no number from 0 to 65535"),
        ("SRV", "1 2 x a.", "'x' is no number"),
        ("CAA", '0 is-sue "a"', "no tag such as issue"),
        ("CAA", '0 issue "a', "a quote is not closed"),
        ("DS", "1 13 2 abcd", "digest"),
        ("HTTPS", "1", "is no value of the type HTTPS"),
        ("SVCB", "1 . nonsense==1", "is no value of the type SVCB"),
        ("TXT", "two\nlines", "folds lines into one"),
        ("TXT", "x" * 4000, "Route 53 takes 4000"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused_with_what_would(type_: str, written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        canonical_value(type_, written)


def test_of_several_values_the_one_that_does_not_fit_is_told_by_its_place() -> None:
    with pytest.raises(ValidationError) as refused:
        canonical_values("A", ["192.0.2.1", "::1"])
    (error,) = refused.value.errors()
    assert (error["loc"], error["msg"][:18]) == ((1,), "'::1' is no value ")
