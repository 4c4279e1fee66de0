"""Single addresses: one spelling each, and what is none is refused."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.cidr import single


@given(st.ip_addresses())
def test_an_address_keeps_its_meaning_and_has_one_spelling(address: IPv4Address | IPv6Address) -> None:
    for spelling in {str(address), address.exploded, address.exploded.upper()}:
        assert single(spelling, address.version) == str(address)


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.0/24", "host", "10.0.0.256"])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no address; write it like 10\.0\.0\.4"):
        single(text, 4)


@given(st.ip_addresses())
def test_an_address_of_the_other_version_is_refused(address: IPv4Address | IPv6Address) -> None:
    with pytest.raises(ValueError, match="here it must be IPv"):
        single(str(address), 10 - address.version)
