"""CIDR blocks: one spelling each, and what is no network is refused with the network that was probably meant."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from controller.model.cidr import Cidr, Cidr4, Cidr6, Cidr6Share, inside, overlapping, parse_cidr

networks4 = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False), st.integers(0, 2**32 - 1), st.integers(0, 32)
)
networks6 = st.builds(
    lambda number, length: IPv6Network((number, length), strict=False), st.integers(0, 2**128 - 1), st.integers(0, 128)
)
networks = st.one_of(networks4, networks6)
# Few addresses, so that blocks often lie in one another.
near = st.builds(
    lambda number, length: IPv4Network((number << 28, length), strict=False), st.integers(0, 15), st.integers(0, 6)
)


def accepts(type_: Any, value: Any) -> Any:
    return TypeAdapter(type_).validate_python(value)


@given(networks)
def test_a_network_is_read_back_however_it_is_spelt(network: IPv4Network | IPv6Network) -> None:
    for text in (str(network), str(network).upper(), network.exploded):
        assert parse_cidr(text) == network
        assert accepts(Cidr, text) == str(network)


@given(st.one_of(st.text(max_size=20), st.text("0123456789abcdef.:/", max_size=24)))
def test_any_text_is_a_network_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert accepts(Cidr, text) in ("", str(parse_cidr(text) if text else ""))


@given(networks.filter(lambda network: network.num_addresses > 1))
def test_an_address_within_a_network_is_refused_with_the_network(network: IPv4Network | IPv6Network) -> None:
    with pytest.raises(ValueError, match="has bits set beyond its prefix") as caught:
        parse_cidr(f"{network[1]}/{network.prefixlen}")
    assert str(caught.value).endswith(f"the network is {network}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.0.0.1", "'10.0.0.1' has no prefix length; a single address is written 10.0.0.1/32"),
        ("2001:db8::1", "'2001:db8::1' has no prefix length; a single address is written 2001:db8::1/128"),
        ("10.0.1.0/16", "'10.0.1.0/16' has bits set beyond its prefix; the network is 10.0.0.0/16"),
        ("10.0.0/24", "'10.0.0/24' is no CIDR block; write it like 10.0.0.0/16 or 2001:db8::/56"),
        ("10.0.0.0/33", "'10.0.0.0/33' is no CIDR block; write it like 10.0.0.0/16 or 2001:db8::/56"),
        ("main", "'main' is no CIDR block; write it like 10.0.0.0/16 or 2001:db8::/56"),
    ],
)
def test_what_is_no_network_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"CIDR block|prefix") as caught:
        parse_cidr(text)
    assert str(caught.value) == message


@given(networks4, networks6)
def test_a_field_for_one_version_refuses_the_other(four: IPv4Network, six: IPv6Network) -> None:
    assert accepts(Cidr4, str(four)) == str(four)
    assert accepts(Cidr6, str(six)) == str(six)
    with pytest.raises(ValidationError, match="is IPv6; here it must be IPv4"):
        accepts(Cidr4, str(six))
    with pytest.raises(ValidationError, match="is IPv4; here it must be IPv6"):
        accepts(Cidr6, str(four))


@pytest.mark.parametrize("type_", [Cidr, Cidr4, Cidr6, Cidr6Share])
def test_an_empty_text_says_that_there_is_none(type_: Any) -> None:
    assert accepts(type_, "") == ""


@given(st.integers(0, 2**64 - 1), st.integers(48, 64), st.data())
def test_the_shares_of_a_block_are_its_64s_in_order(number: int, length: int, data: st.DataObject) -> None:
    block = IPv6Network((number << 64, length), strict=False)
    index = data.draw(st.integers(0, 2 ** (64 - length) - 1))
    share = accepts(Cidr6Share, f"{block}#{index}")
    assert ip_network(share).prefixlen == 64
    assert int(ip_network(share).network_address) == int(block.network_address) + index * 2**64
    assert inside(share, [str(block)])


@given(networks6)
def test_a_block_without_a_share_stays_as_it_is(block: IPv6Network) -> None:
    assert accepts(Cidr6Share, str(block)) == str(block)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2001:db8::/56#256", "has only 256 /64s, counted from 0"),
        ("2001:db8::/65#0", "2001:db8::/65 has no /64 within"),
        ("10.0.0.0/8#0", "10.0.0.0/8 has no /64 within"),
        ("x#1", "'x' is no CIDR block"),
        (7, "should be a valid string"),
    ],
)
def test_a_share_that_a_block_does_not_have_is_refused(value: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        accepts(Cidr6Share, value)


@given(near, st.lists(near, max_size=4))
def test_a_block_is_inside_others_where_one_of_them_has_all_its_addresses(
    inner: IPv4Network, outer: list[IPv4Network]
) -> None:
    wholly = any(one[0] <= inner[0] and inner[-1] <= one[-1] for one in outer)
    assert inside(str(inner), map(str, outer)) == wholly


@given(st.lists(near, max_size=5))
def test_blocks_overlap_where_they_have_addresses_in_common(blocks: list[IPv4Network]) -> None:
    common = [
        (str(one), str(other))
        for place, one in enumerate(blocks)
        for other in blocks[place + 1 :]
        if max(one[0], other[0]) <= min(one[-1], other[-1])
    ]
    assert overlapping(map(str, blocks)) == common


def test_blocks_of_different_versions_have_nothing_in_common() -> None:
    assert not overlapping(["0.0.0.0/0", "::/0"])
    assert not inside("::/0", ["0.0.0.0/0"])
