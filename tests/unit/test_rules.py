"""Rules as sets: however AWS splits, merges and reorders them, they are equal; and what no rule can say is refused."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from controller.model.rules import (
    Atom,
    EgressRule,
    EgressRules,
    IngressRule,
    IngressRules,
    Rule,
    Traffic,
    atoms,
    bounds,
    canonical,
    number,
)
from controller.model.rules import (
    traffic as read,
)

INGRESS, EGRESS = TypeAdapter(IngressRules), TypeAdapter(EgressRules)
peers = st.sampled_from(
    [
        "10.0.0.0/8",
        "0.0.0.0/0",
        "::/0",
        "2001:db8::/32",
        "self",
        "alb",
        "sg-1",
        "123456789012/sg-2",
        "pl-1",
        "other/web",
    ]
)
traffic = st.one_of(
    st.builds(
        lambda protocol, low, more: {"protocol": protocol, "port": f"{low}-{low + more}"},
        st.sampled_from(["tcp", "udp"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    st.builds(
        lambda protocol, icmp: {"protocol": protocol, "icmp": icmp},
        st.sampled_from(["icmp", "icmpv6"]),
        st.sampled_from(["", "8", "3/4", "0/0"]),
    ),
    st.sampled_from([{"protocol": "all"}, {"protocol": "50"}]),
)
descriptions = st.sampled_from(["", "Web", "The office"])
known = st.dictionaries(
    st.builds(lambda facts, peer: (tuple(sorted(facts.items())), peer), traffic, peers), descriptions, max_size=12
)


def rule(facts: Any, *whom: str, description: str = "") -> dict[str, Any]:
    return {**dict(facts), "from": list(whom), "description": description}


def written(atoms_: dict[Any, str], random: Random) -> list[dict[str, Any]]:
    """One of the many ways to write some atoms: in any order, merged or not, some peers twice."""
    rules: list[dict[str, Any]] = []
    for (facts, peer), description in random.sample(list(atoms_.items()), len(atoms_)):
        alike = [one for one in rules if one == {**rule(facts, *one["from"]), "description": description}]
        if alike and random.random() < 0.5:
            random.choice(alike)["from"].append(peer)
        else:
            rules.append(rule(facts, peer, *([peer] if random.random() < 0.2 else []), description=description))
    return rules


def refusal(**facts: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        IngressRule.model_validate({"from": ["10.0.0.0/8"], **facts})
    return str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")


@given(known, st.randoms(use_true_random=False), st.randoms(use_true_random=False))
def test_rules_are_equal_however_they_are_split_merged_and_ordered(
    atoms_: dict[Any, str], one: Random, other: Random
) -> None:
    first, second = (INGRESS.validate_python(written(atoms_, random)) for random in (one, other))
    assert first == second
    assert len(atoms(first)) == len(atoms_)


@given(known, st.randoms(use_true_random=False))
def test_the_one_form_stays_as_it_is(atoms_: dict[Any, str], random: Random) -> None:
    once = INGRESS.validate_python(written(atoms_, random))
    assert canonical(once) == once
    assert atoms(once) == atoms(canonical(once))
    assert INGRESS.validate_python(INGRESS.dump_python(once, by_alias=True)) == once


@given(known, st.randoms(use_true_random=False))
def test_one_atom_more_or_less_or_otherwise_described_is_a_difference(atoms_: dict[Any, str], random: Random) -> None:
    whole = INGRESS.validate_python(written(atoms_, random))
    for atom, description in atoms_.items():
        fewer = {key: text for key, text in atoms_.items() if key != atom}
        assert INGRESS.validate_python(written(fewer, random)) != whole
        assert INGRESS.validate_python(written({**atoms_, atom: f"{description}!"}, random)) != whole


@given(known, st.randoms(use_true_random=False))
def test_egress_rules_are_sets_too(atoms_: dict[Any, str], random: Random) -> None:
    def out(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{("to" if key == "from" else key): value for key, value in one.items()} for one in rules]

    one, other = (EGRESS.validate_python(out(written(atoms_, random))) for _ in range(2))
    assert one == other
    assert all(isinstance(each, EgressRule) for each in one)


def test_a_rule_that_is_given_twice_with_different_descriptions_is_refused() -> None:
    """AWS has room for one of the two, and would take whichever comes first."""
    web = {"protocol": "tcp", "port": 443}
    with pytest.raises(
        ValidationError, match=r"443/tcp with 10\.0\.0\.0/8 is given twice, with different descriptions"
    ):
        INGRESS.validate_python(
            [rule(web, "10.0.0.0/8", "::/0", description="a"), rule(web, "10.0.0.0/8", description="b")]
        )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"protocol": "tcp", "port": 443}, {"protocol": 6, "port": "443"}),
        ({"protocol": "TCP", "port": "443-443"}, {"protocol": "6", "port": "443"}),
        ({"protocol": "udp", "port": "all"}, {"protocol": 17, "port": "0-65535"}),
        ({"protocol": "udp", "port": "8000 - 8100"}, {"protocol": "udp", "port": "8000-8100"}),
        ({"protocol": "icmp", "icmp": "all"}, {"protocol": 1}),
        ({"protocol": "icmp", "icmp": "03/04"}, {"protocol": "icmp", "icmp": "3/4"}),
        ({"protocol": "icmpv6", "icmp": 128}, {"protocol": "58", "icmp": "128"}),
        ({"protocol": -1}, {"protocol": "all"}),
        ({"protocol": "050"}, {"protocol": 50}),
    ],
)
def test_spellings_that_aws_takes_for_the_same_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert Traffic.model_validate(one) == Traffic.model_validate(other)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"protocol": "tcp"}, "tcp needs a port: 443, 8000-8100 or all"),
        ({"protocol": "all", "port": 443}, "protocol all has no ports"),
        ({"protocol": "tcp", "port": 443, "icmp": "8"}, "protocol tcp has no ICMP types"),
        ({"protocol": "tcp", "port": "https"}, "'https' is no port; write 443, 8000-8100 or all"),
        ({"protocol": "tcp", "port": "90-80"}, "'90-80' is no range of ports: 0-65535, the lower first"),
        ({"protocol": "tcp", "port": 65536}, "'65536' is no range of ports: 0-65535, the lower first"),
        ({"protocol": "tcp", "port": True}, "Input should be a valid string"),
        ({"protocol": "icmp", "icmp": "echo"}, "'echo' is no ICMP type; write 8, 3/4 (type/code) or all"),
        ({"protocol": "icmp", "icmp": 256}, "'256' is no ICMP type; write 8, 3/4 (type/code) or all"),
        (
            {"protocol": "https", "port": 443},
            "'https' is no protocol; write all, tcp, udp, icmp, icmpv6 or a number up to 255",
        ),
        ({"protocol": 256}, "'256' is no protocol; write all, tcp, udp, icmp, icmpv6 or a number up to 255"),
        ({"protocol": True}, "Input should be a valid string"),
        ({"protocol": "all", "from": []}, "names nobody; a rule for nobody is left out"),
        (
            {"protocol": "all", "from": ["10.0.0.1"]},
            "'10.0.0.1' has no prefix length; a single address is written 10.0.0.1/32",
        ),
        (
            {"protocol": "all", "from": ["10.0.0.1/8"]},
            "'10.0.0.1/8' has bits set beyond its prefix; the network is 10.0.0.0/8",
        ),
    ],
)
def test_what_no_rule_can_say_is_refused_with_what_to_write(facts: dict[str, Any], message: str) -> None:
    assert refusal(**facts) == message


def test_blocks_are_brought_into_one_spelling_and_names_are_left() -> None:
    one = IngressRule(protocol="all", from_=("2001:DB8:0::/32", "alb", "sg-1", "::/0"))
    assert one.peers == ("2001:db8::/32", "::/0", "alb", "sg-1")


def test_a_rule_of_neither_side_has_no_peers() -> None:
    with pytest.raises(NotImplementedError):
        _ = Rule(protocol="all").peers


@pytest.mark.parametrize(
    ("atom", "text"),
    [
        (Atom("tcp", "443", "", "x"), "443/tcp"),
        (Atom("udp", "8000-8100", "", "x"), "8000-8100/udp"),
        (Atom("icmp", "", "", "x"), "icmp"),
        (Atom("icmp", "", "3/4", "x"), "icmp 3/4"),
        (Atom("all", "", "", "x"), "all traffic"),
        (Atom("50", "", "", "x"), "protocol 50"),
    ],
)
def test_a_rule_is_told_as_people_say_it(atom: Atom, text: str) -> None:
    assert str(atom) == text
    assert Traffic(protocol=atom.protocol, port=atom.port, icmp=atom.icmp).told == text


def test_a_protocol_has_a_number() -> None:
    assert [number(name) for name in ("all", "tcp", "udp", "icmp", "icmpv6", "50")] == [
        "-1",
        "6",
        "17",
        "1",
        "58",
        "50",
    ]


@pytest.mark.parametrize(
    ("facts", "numbers"),
    [
        ({"protocol": "tcp", "port": "443"}, (443, 443)),
        ({"protocol": "udp", "port": "8000-8100"}, (8000, 8100)),
        ({"protocol": "icmp"}, (-1, -1)),
        ({"protocol": "icmp", "icmp": "8"}, (8, -1)),
        ({"protocol": "icmpv6", "icmp": "3/4"}, (3, 4)),
        ({"protocol": "all"}, None),
        ({"protocol": "50"}, None),
    ],
)
def test_ports_and_types_are_two_numbers_to_aws(facts: dict[str, str], numbers: tuple[int, int] | None) -> None:
    """A tcp rule of AWS's without numbers is for all ports."""
    one = Traffic.model_validate(facts)
    assert bounds(one.protocol, one.port, one.icmp) == numbers
    assert Traffic.model_validate(read(number(one.protocol), *(numbers or (-1, -1)))) == one
    assert Traffic.model_validate(read("6", -1, -1)).port == "0-65535"
