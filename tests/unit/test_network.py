"""The composite Network: its plan of ranges, and names that stay when it grows."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from controller.kinds.composites.network import ISOLATED, PRIVATE, PUBLIC, Network, NetworkSpec, share
from controller.model.cidr import inside, overlapping
from controller.model.manifest import Piece
from controller.model.scope import Scope, ScopeSpec

SCOPE = Scope(name="prod", spec=ScopeSpec(account="123456789012", region="eu-central-1"))
TIERS, ZONES = (PUBLIC, PRIVATE, ISOLATED), "abcdef"


def pieces(**spec: object) -> dict[tuple[str, str], Piece]:
    whole = NetworkSpec.model_validate({"cidr": "10.0.0.0/16", "zones": ["a", "b"], **spec})
    made = list(Network().expand("main", whole, SCOPE))
    found = {(piece.kind.partition("/")[2], piece.name): piece for piece in made}
    assert len(found) == len(made), "two pieces of one name"
    return found


@given(st.integers(16, 20), st.integers(0, 2**12 - 1))
def test_no_two_shares_overlap_and_all_lie_within(prefix: int, number: int) -> None:
    block = f"10.{number >> 4 & 255}.{(number & 15) << 4}.0/{prefix}"
    whole = block if (number << 12) % (1 << (32 - prefix)) == 0 else f"10.0.0.0/{prefix}"
    shares = [share(whole, tier, zone) for tier, zone in product(TIERS, ZONES)]
    assert all(inside(each, [whole]) for each in shares)
    assert not any(overlapping(pair) for pair in combinations(shares, 2))
    assert all(int(each.rpartition("/")[2]) <= 28 for each in shares)


def test_shares_are_the_documented_ones() -> None:
    """They are part of what a manifest means: another plan would replace every subnet."""
    assert share("10.0.0.0/16", PRIVATE, "b") == "10.0.16.0/20"
    assert share("10.0.0.0/16", PUBLIC, "b") == "10.0.129.0/24"
    assert share("10.0.0.0/16", ISOLATED, "b") == "10.0.196.0/22"


@pytest.mark.parametrize(
    "more",
    [
        {"zones": ["a", "b", "c"]},
        {"zones": ["b", "a"], "nat": "perZone"},
        {"isolated": True},
        {"endpoints": ["s3"]},
    ],
)
def test_nothing_that_was_there_moves_when_it_grows(more: dict[str, object]) -> None:
    """Subnets keep names and ranges, and so do gateways; only what lists them gets longer."""
    before, after = pieces(nat="one"), pieces(**{"nat": "one", **more})
    fixed = ("Vpc", "Subnet", "InternetGateway", "NatGateway", "ElasticIp", "SecurityGroup")
    for key, piece in before.items():
        assert key in after
        if key[0] in fixed:
            assert after[key] == piece


def test_private_subnets_go_out_by_the_one_nat_gateway() -> None:
    made = pieces(nat="one")
    assert [name for kind, name in made if kind == "NatGateway"] == ["main-a"]
    assert made["NatGateway", "main-a"].spec["subnet"] == "main-public-a"
    for zone in "ab":
        assert made["RouteTable", f"main-private-{zone}"].spec["routes"] == [
            {"to": "0.0.0.0/0", "natGateway": "main-a"}
        ]


def test_or_by_one_in_their_own_zone() -> None:
    made = pieces(nat="perZone")
    for zone in "ab":
        routes = made["RouteTable", f"main-private-{zone}"].spec["routes"]
        assert routes == [{"to": "0.0.0.0/0", "natGateway": f"main-{zone}"}]


def test_without_a_nat_gateway_private_subnets_have_no_way_out() -> None:
    assert pieces()["RouteTable", "main-private-a"].spec["routes"] == []


def test_ipv6_goes_out_but_not_in_for_private_subnets() -> None:
    made = pieces(ipv6=True)
    assert made["RouteTable", "main-private-a"].spec["routes"] == [{"to": "::/0", "egressOnlyInternetGateway": "main"}]
    assert {"to": "::/0", "internetGateway": "main"} in made["RouteTable", "main-public"].spec["routes"]
    assert made["Subnet", "main-private-b"].spec["ipv6CidrBlock"] == "${out.Vpc.main.ipv6CidrBlock}#17"


def test_s3_is_reached_through_routes_and_other_services_through_interfaces() -> None:
    made = pieces(endpoints=["s3", "logs"], isolated=True)
    s3, logs = made["VpcEndpoint", "main-s3"].spec, made["VpcEndpoint", "main-logs"].spec
    assert s3["routeTables"] == ["main-private-a", "main-private-b", "main-isolated", "main-public"]
    assert (logs["subnets"], logs["securityGroups"]) == (["main-private-a", "main-private-b"], ["main-endpoints"])
    assert made["SecurityGroup", "main-endpoints"].spec["ingress"][0]["from"] == ["10.0.0.0/16"]


def test_the_vpcs_default_group_is_closed_unless_it_is_left_alone() -> None:
    assert pieces()["SecurityGroup", "main-default"].spec["ingress"] == []
    assert ("SecurityGroup", "main-default") not in pieces(closeDefaultGroup=False)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"cidr": "10.0.0.0/24"}, "not between /16 and /20"),
        ({"zones": ["a", "a"]}, "zone 'a' is given twice"),
        ({"zones": []}, "at least 1"),
        ({"nat": "one", "public": False}, "needs both"),
        ({"endpoints": ["logs"], "private": False}, "interfaces in private subnets"),
    ],
)
def test_what_cannot_be_planned_is_refused(spec: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        pieces(**spec)
