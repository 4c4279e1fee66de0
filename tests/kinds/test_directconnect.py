"""Direct Connect: what is drift and what is not, what manifests may not say, and what a plan tells of a change."""

from __future__ import annotations

from typing import Any

import pytest

from controller.kinds.directconnect.gateway import Association, Gateway, GatewaySpec
from controller.kinds.directconnect.gateway import translate as gateway
from controller.kinds.directconnect.virtual_interface import VirtualInterface, VirtualInterfaceSpec, without_keys
from controller.kinds.directconnect.virtual_interface import translate as interface
from controller.kinds.registry import KINDS
from controller.manifest.validation import hide
from controller.model.plan import Verb
from controller.reconcile.diff import diff
from tests.kinds.stubbed import Stubbed
from tests.kinds.test_ec2_transit import manifest, problems
from tests.kinds.test_requests_directconnect import GATEWAY, ID, VIF, association

API = "directconnect.aws/v1"
LINE = "connection: dxcon-1, vlan: 100, asn: 65000"


def vif(spec: str) -> list[str]:
    return problems(manifest("VirtualInterface", "one", f"{LINE}, {spec}", API))


def test_the_order_of_associations_and_prefixes_that_are_unset_are_no_drift() -> None:
    there = (
        association("vgw-00000001", "associated", "10.9.0.0/16"),
        association("tgw-00000001", "associated", "10.0.0.0/16"),
    )
    live = gateway(Stubbed("directconnect").aws, GATEWAY, there)
    prefixes = frozenset({"10.0.0.0/16"})
    associations = (Association(gateway="vgw-00000001"), Association(gateway="tgw-00000001", allowed_prefixes=prefixes))
    assert diff(GatewaySpec(name="datacenter", associations=associations), live.spec) == ()
    (change,) = diff(GatewaySpec(name="datacenter", associations=associations[:1]), live.spec)
    assert change.path == "associations[tgw-00000001]"


def test_a_key_is_unknown_and_never_drift_and_never_shown() -> None:
    live = interface(Stubbed("directconnect").aws, without_keys(VIF))
    data: dict[str, Any] = {
        "name": "one",
        "type": "private",
        "connection": "dxcon-fguhmqlc",
        "vlan": 101,
        "asn": 65000,
        "authKey": "another-secret",
        "directConnectGateway": ID,
    }
    want = VirtualInterfaceSpec.model_validate(data)
    assert diff(want, live.spec) == ()
    assert "another-secret" not in repr(hide(VirtualInterfaceSpec, data))
    (change,) = diff(want.model_copy(update={"vlan": 7}), live.spec)
    assert change.path == "vlan"


def test_a_bad_key_is_refused_and_not_repeated() -> None:
    (found,) = vif("type: private, virtualGateway: vgw-00000001, authKey: abc")
    assert found.startswith("spec.authKey: must have at least 6 characters")
    assert "abc" not in found


def test_a_gateway_named_twice_and_a_transit_gateway_without_prefixes_are_found_before_any_call() -> None:
    twice = "associations: [{gateway: vgw-00000001}, {gateway: vgw-00000001}]"
    (found,) = problems(manifest("Gateway", "dc", twice, API))
    assert found == "spec.associations: vgw-00000001 is given twice; put all its allowedPrefixes into one"
    without = "associations: [{gateway: hub}, {gateway: main}]"
    (found,) = problems(
        manifest("TransitGateway", "hub", "")
        + manifest("VpnGateway", "main", "")
        + manifest("Gateway", "dc", without, API)
    )
    assert found == "spec.associations: transit gateway hub needs allowedPrefixes: nothing is advertised without"
    many = ", ".join(f"10.{number}.0.0/16" for number in range(201))
    (found,) = problems(
        manifest("Gateway", "dc", f"associations: [{{gateway: tgw-00000001, allowedPrefixes: [{many}]}}]", API)
    )
    assert found == "spec.associations: tgw-00000001 has 201 allowedPrefixes; AWS takes 200"


PUBLIC = "type: public, amazonAddress: 203.0.113.1/30, customerAddress: 203.0.113.2/30"
RANGES = "routeFilterPrefixes: [203.0.113.0/24]"


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("type: private", "spec.virtualGateway: needs a virtualGateway or a directConnectGateway, and not both"),
        (
            "type: transit, virtualGateway: vgw-00000001",
            "spec.directConnectGateway: is what a transit interface needs, and all that it can have",
        ),
        (f"{PUBLIC}, {RANGES}, virtualGateway: vgw-00000001", "spec.type: a public interface leads to no gateway"),
        (f"{PUBLIC}, {RANGES}, mtu: 8500", "spec.type: a public interface has neither jumbo frames nor SiteLink"),
        (
            f"type: public, {RANGES}",
            "spec.customerAddress: a public interface needs an amazonAddress and a customerAddress",
        ),
        (PUBLIC, "spec.routeFilterPrefixes: a public interface needs the ranges that it advertises"),
        (
            f"type: private, virtualGateway: vgw-00000001, {RANGES}",
            "spec.routeFilterPrefixes: belongs to a public interface, not to a private one",
        ),
        (
            "type: private, virtualGateway: vgw-00000001, addressFamily: ipv6, amazonAddress: 2001:db8::1/125",
            "spec.addressFamily: AWS chooses the addresses of an ipv6 session itself",
        ),
    ],
)
def test_what_aws_would_refuse_of_an_interface_is_found_before_any_call(spec: str, found: str) -> None:
    assert vif(spec) == [found]


@pytest.mark.parametrize("spec", [f"{PUBLIC}, {RANGES}", "type: public, addressFamily: ipv6"])
def test_a_public_interface_that_is_right(spec: str) -> None:
    assert vif(spec) == []


def test_one_vlan_is_wanted_by_two() -> None:
    both = [
        manifest("VirtualInterface", name, f"{LINE}, type: private, virtualGateway: vgw-00000001", API) for name in "ab"
    ]
    found = problems("".join(both))
    assert len(found) == 2
    assert all("more than one manifest wants the live VirtualInterface 'dxcon-1/100'" in each for each in found)


def test_one_that_is_down_is_ready_since_it_waits_for_the_device() -> None:
    aws = Stubbed("directconnect").aws
    assert interface(aws, {**without_keys(VIF), "virtualInterfaceState": "down"}).pending == ""
    assert "confirm" in interface(aws, {**without_keys(VIF), "virtualInterfaceState": "confirming"}).pending


def test_a_gateway_that_replaces_another_is_made_first_whatever_its_name() -> None:
    """Names need not be unique."""
    kind = KINDS["directconnect/Gateway"]
    assert not kind.same_slot(GatewaySpec(name="a"), GatewaySpec(name="a", amazon_side_asn=64700))


def test_a_vlan_has_room_for_one_interface() -> None:
    kind = VirtualInterface()
    one = VirtualInterfaceSpec(name="a", type="private", connection="dxcon-1", vlan=100, asn=65000)
    assert kind.same_slot(one.model_copy(update={"asn": 65001}), one)
    assert not kind.same_slot(one.model_copy(update={"vlan": 101}), one)


def test_a_plan_says_what_a_change_of_direct_connect_means() -> None:
    old = GatewaySpec(
        name="a",
        associations=(
            Association(gateway="hub", allowed_prefixes=frozenset({"10.0.0.0/16", "10.1.0.0/16"})),
            Association(gateway="main"),
        ),
    )
    new = GatewaySpec(name="a", associations=(Association(gateway="hub", allowed_prefixes=frozenset({"10.1.0.0/16"})),))
    assert list(Gateway().tell(Verb.UPDATE, old, new)) == [
        "10.0.0.0/16 of hub is no longer advertised",
        "main is no longer reached through Direct Connect",
    ]
    assert list(Gateway().tell(Verb.REPLACE, old, old)) == [
        "replaces the Direct Connect gateway; its virtual interfaces are made anew, and are down until then"
    ]


@pytest.mark.parametrize(
    ("verb", "values", "said"),
    [
        (
            Verb.REPLACE,
            {"asn": 65001},
            "replaces the virtual interface; its BGP session ends, and the device must be set up anew",
        ),
        (
            Verb.UPDATE,
            {"connection": "dxcon-2"},
            "moves the virtual interface to dxcon-2; it is down for a moment",
        ),
        (
            Verb.UPDATE,
            {"mtu": 8500},
            "switches to jumbo frames; all interfaces of the connection may be down for up to 30 seconds",
        ),
    ],
)
def test_a_plan_says_what_a_change_of_an_interface_means(verb: Verb, values: dict[str, Any], said: str) -> None:
    one = VirtualInterfaceSpec(name="a", type="private", connection="dxcon-1", vlan=100, asn=65000)
    assert list(VirtualInterface().tell(verb, one, one.model_copy(update=values))) == [said]


def test_a_plan_says_that_a_vlan_is_gone() -> None:
    one = VirtualInterfaceSpec(name="a", type="private", connection="dxcon-1", vlan=100, asn=65000)
    assert list(VirtualInterface().tell(Verb.DELETE, one, None)) == ["VLAN 100 of dxcon-1 no longer reaches AWS"]
