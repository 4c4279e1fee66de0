"""Direct Connect, of which moto has nothing that is a kind of ours (gaps.py), shown on the requests from create to delete."""

from __future__ import annotations

from typing import Any

import pytest

from controller.errors import AwsBusy
from controller.kinds.directconnect.gateway import Association, Gateway, GatewaySpec
from controller.kinds.directconnect.gateway import translate as gateway
from controller.kinds.directconnect.virtual_interface import VirtualInterface, VirtualInterfaceSpec, without_keys
from controller.kinds.directconnect.virtual_interface import translate as interface
from controller.model.observed import Wanted
from tests.kinds.stubbed import Stubbed, covers

ID = "5f294f92-bafb-4011-916d-9b0bexample"
KEY = "asdf34example"
GATEWAY: dict[str, Any] = {
    "directConnectGatewayId": ID,
    "directConnectGatewayName": "datacenter",
    "amazonSideAsn": 64512,
    "ownerAccount": "123456789012",
    "directConnectGatewayState": "available",
    "tags": [{"key": "trueup:owner", "value": "trueup"}],
}
VIF: dict[str, Any] = {
    "ownerAccount": "123456789012",
    "virtualInterfaceId": "dxvif-ffhhk74f",
    "connectionId": "dxcon-fguhmqlc",
    "virtualInterfaceState": "available",
    "virtualInterfaceType": "private",
    "virtualInterfaceName": "one",
    "vlan": 101,
    "asn": 65000,
    "asnLong": 65000,
    "authKey": KEY,
    "addressFamily": "ipv4",
    "amazonAddress": "192.168.1.1/30",
    "customerAddress": "192.168.1.2/30",
    "mtu": 1500,
    "siteLinkEnabled": False,
    "directConnectGatewayId": ID,
    "routeFilterPrefixes": [],
    "bgpPeers": [{"bgpPeerId": "dxpeer-1", "authKey": KEY, "asn": 65000}],
    "customerRouterConfig": f"<bgp_auth_key>{KEY}</bgp_auth_key>",
    "region": "eu-central-1",
    "tags": [{"key": "team", "value": "a"}],
}
TAGS = {"a": "b"}
AS_LIST = [{"key": "a", "value": "b"}]


@pytest.fixture
def account() -> Stubbed:
    return Stubbed("directconnect")


def association(id_: str, state: str, *prefixes: str, error: str = "") -> dict[str, Any]:
    return {
        "associationId": f"a-{id_}",
        "associationState": state,
        "associatedGateway": {"id": id_, "type": "transitGateway"},
        "allowedPrefixesToDirectConnectGateway": [{"cidr": prefix} for prefix in prefixes],
        **({"stateChangeError": error} if error else {}),
    }


@covers("directconnect/Gateway", "*")
def test_a_gateway_is_made_with_its_tags_and_then_with_what_it_leads_to(account: Stubbed) -> None:
    account.expect(
        "CreateDirectConnectGateway",
        {"directConnectGateway": GATEWAY},
        directConnectGatewayName="datacenter",
        amazonSideAsn=64512,
        tags=AS_LIST,
    )
    account.expect(
        "CreateDirectConnectGatewayAssociation",
        directConnectGatewayId=ID,
        gatewayId="tgw-00000001",
        addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/16"}, {"cidr": "10.1.0.0/16"}],
    )
    account.expect("CreateDirectConnectGatewayAssociation", directConnectGatewayId=ID, gatewayId="vgw-00000001")
    prefixes = frozenset({"10.1.0.0/16", "10.0.0.0/16"})
    associations = (Association(gateway="vgw-00000001"), Association(gateway="tgw-00000001", allowed_prefixes=prefixes))
    made = Gateway().create(account.aws, GatewaySpec(name="datacenter", associations=associations), TAGS)
    account.done()
    assert made.outputs["arn"] == f"arn:aws:directconnect::123456789012:dx-gateway/{ID}"


def test_a_gateway_that_aws_is_still_making_is_associated_with_nothing_yet(account: Stubbed) -> None:
    account.expect(
        "CreateDirectConnectGateway",
        {"directConnectGateway": {**GATEWAY, "directConnectGatewayState": "pending"}},
        directConnectGatewayName="datacenter",
        amazonSideAsn=64512,
        tags=AS_LIST,
    )
    spec = GatewaySpec(name="datacenter", associations=(Association(gateway="vgw-00000001"),))
    assert Gateway().create(account.aws, spec, TAGS).pending == "AWS is still making it"
    account.done()


def test_a_gateway_is_renamed_and_its_associations_are_brought_to_what_git_says(account: Stubbed) -> None:
    """What is new comes first. Prefixes that git does not name are those that AWS took from the VPC, and stay."""
    there = (
        association("tgw-00000001", "associated", "10.0.0.0/16", "10.1.0.0/16"),
        association("vgw-00000001", "associated", "10.9.0.0/16"),
        association("vgw-00000002", "associated"),
    )
    live = gateway(account.aws, GATEWAY, there)
    account.expect("UpdateDirectConnectGateway", directConnectGatewayId=ID, newDirectConnectGatewayName="renamed")
    account.expect(
        "UpdateDirectConnectGatewayAssociation",
        associationId="a-tgw-00000001",
        addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.2.0.0/16"}],
        removeAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/16"}],
    )
    account.expect("CreateDirectConnectGatewayAssociation", directConnectGatewayId=ID, gatewayId="vgw-00000000")
    account.expect("DeleteDirectConnectGatewayAssociation", associationId="a-vgw-00000002")
    prefixes = frozenset({"10.1.0.0/16", "10.2.0.0/16"})
    associations = (
        Association(gateway="tgw-00000001", allowed_prefixes=prefixes),
        Association(gateway="vgw-00000000"),
        Association(gateway="vgw-00000001"),
    )
    spec = GatewaySpec(name="renamed", associations=associations)
    Gateway().update(account.aws, live, spec, frozenset({"name", "associations"}))
    account.done()


def test_only_a_gateway_that_is_ours_is_asked_for_its_associations(account: Stubbed) -> None:
    """AWS tells them one gateway at a time."""
    other = {**GATEWAY, "directConnectGatewayId": "other", "tags": AS_LIST}
    gone = {**GATEWAY, "directConnectGatewayId": "gone", "directConnectGatewayState": "deleted"}
    account.expect("DescribeDirectConnectGateways", {"directConnectGateways": [GATEWAY, other, gone]}, maxResults=100)
    there = [association("tgw-00000001", "associated", "10.0.0.0/16"), association("vgw-00000001", "disassociating")]
    reply = {"directConnectGatewayAssociations": there}
    account.expect("DescribeDirectConnectGatewayAssociations", reply, directConnectGatewayId=ID, maxResults=100)
    ours, theirs = Gateway().observe(account.aws, Wanted())
    account.done()
    assert [each.gateway for each in ours.spec.associations] == ["tgw-00000001"]
    assert theirs.id == "other"
    assert theirs.spec.model_dump()["associations"] is None


def test_what_an_association_waits_for_is_said_with_aws_own_words() -> None:
    failed = association("vgw-00000001", "associating", error="The VPC is associated with another gateway")
    aws = Stubbed("directconnect").aws
    assert gateway(aws, GATEWAY, (association("tgw-00000001", "associated"), failed)).pending == (
        "vgw-00000001 is associating: The VPC is associated with another gateway"
    )
    assert gateway(aws, GATEWAY, (association("tgw-00000001", "associated"),)).pending == ""


def expect_held(account: Stubbed, associations: list[Any], attachments: list[Any]) -> None:
    of = {"directConnectGatewayId": ID}
    account.expect("DescribeDirectConnectGatewayAssociations", {"directConnectGatewayAssociations": associations}, **of)
    account.expect("DescribeDirectConnectGatewayAttachments", {"directConnectGatewayAttachments": attachments}, **of)


def test_a_gateway_goes_once_nothing_is_left_of_what_holds_it(account: Stubbed) -> None:
    """AWS has one error code for all that it refuses, so what is in the way is looked for first."""
    live = gateway(account.aws, GATEWAY, (association("tgw-00000001", "associated"),))
    leaving = [association("tgw-00000001", "disassociating"), association("vgw-00000000", "disassociated")]
    attached = [
        {"virtualInterfaceId": "dxvif-1", "attachmentState": "attached"},
        {"virtualInterfaceId": "dxvif-0", "attachmentState": "detached"},
    ]
    account.expect("DeleteDirectConnectGatewayAssociation", associationId="a-tgw-00000001")
    expect_held(account, leaving, attached)
    with pytest.raises(AwsBusy, match=r"tgw-00000001 \(disassociating\), dxvif-1 \(attached\)"):
        Gateway().delete(account.aws, live)
    expect_held(account, leaving[1:], attached[1:])
    account.expect("DeleteDirectConnectGateway", directConnectGatewayId=ID)
    Gateway().delete(account.aws, gateway(account.aws, GATEWAY, ()))
    account.done()


def test_tags_of_direct_connect_go_by_arn(account: Stubbed) -> None:
    live = gateway(account.aws, GATEWAY, ())
    arn = f"arn:aws:directconnect::123456789012:dx-gateway/{ID}"
    account.expect("TagResource", resourceArn=arn, tags=AS_LIST)
    account.expect("UntagResource", resourceArn=arn, tagKeys=["x", "y"])
    Gateway().retag(account.aws, live, TAGS, frozenset({"y", "x"}))
    account.done()


@covers("directconnect/VirtualInterface", "*")
def test_a_private_interface_is_made_with_its_key_which_nobody_sees_again(account: Stubbed) -> None:
    asked = {
        "virtualInterfaceName": "one",
        "vlan": 101,
        "asnLong": 65000,
        "addressFamily": "ipv4",
        "amazonAddress": "192.168.1.1/30",
        "customerAddress": "192.168.1.2/30",
        "authKey": KEY,
        "mtu": 1500,
        "enableSiteLink": False,
        "directConnectGatewayId": ID,
        "tags": AS_LIST,
    }
    account.expect(
        "CreatePrivateVirtualInterface", VIF, connectionId="dxcon-fguhmqlc", newPrivateVirtualInterface=asked
    )
    spec = VirtualInterfaceSpec(
        name="one",
        type="private",
        connection="dxcon-fguhmqlc",
        vlan=101,
        asn=65000,
        amazon_address="192.168.1.1/30",
        customer_address="192.168.1.2/30",
        auth_key=KEY,
        direct_connect_gateway=ID,
    )
    made = VirtualInterface().create(account.aws, spec, TAGS)
    account.done()
    assert made.id == "dxvif-ffhhk74f"
    assert KEY not in repr(made)


def test_a_public_interface_is_made_with_what_it_advertises(account: Stubbed) -> None:
    asked = {
        "virtualInterfaceName": "one",
        "vlan": 101,
        "asnLong": 4200000000,
        "addressFamily": "ipv4",
        "amazonAddress": "203.0.113.1/30",
        "customerAddress": "203.0.113.2/30",
        "routeFilterPrefixes": [{"cidr": "203.0.113.0/30"}],
        "tags": AS_LIST,
    }
    reply = {**VIF, "virtualInterfaceType": "public", "virtualInterfaceState": "verifying"}
    account.expect("CreatePublicVirtualInterface", reply, connectionId="dxcon-1", newPublicVirtualInterface=asked)
    spec = VirtualInterfaceSpec(
        name="one",
        type="public",
        connection="dxcon-1",
        vlan=101,
        asn=4200000000,
        amazon_address="203.0.113.1/30",
        customer_address="203.0.113.2/30",
        route_filter_prefixes=frozenset({"203.0.113.0/30"}),
    )
    pending = VirtualInterface().create(account.aws, spec, TAGS).pending
    assert pending == "AWS verifies that the public addresses are yours"
    account.done()


def test_a_transit_interface_comes_back_one_level_deeper(account: Stubbed) -> None:
    asked = {
        "virtualInterfaceName": "one",
        "vlan": 101,
        "asnLong": 65000,
        "addressFamily": "ipv6",
        "mtu": 8500,
        "enableSiteLink": True,
        "directConnectGatewayId": ID,
        "tags": AS_LIST,
    }
    reply = {"virtualInterface": {**VIF, "virtualInterfaceType": "transit", "virtualInterfaceState": "pending"}}
    account.expect("CreateTransitVirtualInterface", reply, connectionId="dxlag-1", newTransitVirtualInterface=asked)
    spec = VirtualInterfaceSpec(
        name="one",
        type="transit",
        connection="dxlag-1",
        vlan=101,
        asn=65000,
        address_family="ipv6",
        mtu=8500,
        enable_site_link=True,
        direct_connect_gateway=ID,
    )
    assert VirtualInterface().create(account.aws, spec, TAGS).pending == "AWS is still making it"
    account.done()


def test_an_interface_is_changed_in_one_call_and_moved_by_another(account: Stubbed) -> None:
    live = interface(account.aws, without_keys(VIF))
    account.expect(
        "UpdateVirtualInterfaceAttributes",
        virtualInterfaceId=live.id,
        virtualInterfaceName="renamed",
        mtu=8500,
        enableSiteLink=True,
    )
    account.expect("AssociateVirtualInterface", virtualInterfaceId=live.id, connectionId="dxcon-2")
    values: dict[str, Any] = {"name": "renamed", "mtu": 8500, "enable_site_link": True, "connection": "dxcon-2"}
    fields = frozenset({"name", "mtu", "enableSiteLink", "connection"})
    VirtualInterface().update(account.aws, live, live.spec.model_copy(update=values), fields)
    account.done()


def test_an_interface_is_deleted(account: Stubbed) -> None:
    account.expect("DeleteVirtualInterface", virtualInterfaceId="dxvif-ffhhk74f")
    VirtualInterface().delete(account.aws, interface(account.aws, without_keys(VIF)))
    account.done()


def test_interfaces_are_read_page_by_page_and_none_keeps_its_key(account: Stubbed) -> None:
    """botocore does not turn these pages. What other accounts own, and what is gone, is not ours to hold."""
    foreign = {**VIF, "virtualInterfaceId": "dxvif-foreign", "ownerAccount": "999999999999"}
    gone = {**VIF, "virtualInterfaceId": "dxvif-gone", "virtualInterfaceState": "deleted"}
    account.expect("DescribeVirtualInterfaces", {"virtualInterfaces": [foreign], "nextToken": "2"}, maxResults=100)
    account.expect("DescribeVirtualInterfaces", {"virtualInterfaces": [VIF, gone]}, maxResults=100, nextToken="2")
    aws = account.aws
    (found,) = VirtualInterface().observe(aws, Wanted())
    account.done()
    assert found.id == "dxvif-ffhhk74f"
    assert found.outputs["arn"] == "arn:aws:directconnect:eu-central-1:123456789012:dxvif/dxvif-ffhhk74f"
    assert found.tags == {"team": "a"}
    assert KEY not in repr((found, vars(aws)["_memo"]))
