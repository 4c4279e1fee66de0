"""What moto cannot do of transit gateways and VPN (gaps.py), shown on the requests."""

from __future__ import annotations

from typing import Any

import pytest

from controller.kinds.ec2.customer_gateway import CustomerGateway, CustomerGatewaySpec
from controller.kinds.ec2.transit_gateway import TransitGateway
from controller.kinds.ec2.transit_gateway import translate as gateway
from controller.kinds.ec2.vpn_connection import VpnConnection, VpnConnectionSpec
from controller.kinds.ec2.vpn_connection import translate as connection
from controller.kinds.ec2.vpn_tunnel import TunnelOptions
from tests.kinds.stubbed import Stubbed, covers


@pytest.fixture
def account() -> Stubbed:
    return Stubbed("ec2")


@covers("ec2/TransitGateway", "transitGatewayCidrBlocks")
def test_a_transit_gateways_ranges_are_added_and_removed_in_one_call(account: Stubbed) -> None:
    live = gateway(
        {
            "TransitGatewayId": "tgw-1",
            "TransitGatewayArn": "arn:aws:ec2:eu-central-1:123456789012:transit-gateway/tgw-1",
            "State": "available",
            "Options": {"TransitGatewayCidrBlocks": ["10.1.0.0/24", "10.2.0.0/24"]},
        }
    )
    spec = live.spec.model_copy(update={"transit_gateway_cidr_blocks": frozenset({"10.2.0.0/24", "10.3.0.0/24"})})
    account.expect(
        "ModifyTransitGateway",
        TransitGatewayId="tgw-1",
        Options={"AddTransitGatewayCidrBlocks": ["10.3.0.0/24"], "RemoveTransitGatewayCidrBlocks": ["10.1.0.0/24"]},
    )
    TransitGateway().update(account.aws, live, spec, frozenset({"transitGatewayCidrBlocks"}))
    account.done()


@covers("ec2/CustomerGateway", "certificateArn", "deviceName")
def test_a_device_with_a_certificate_and_a_name_is_made_with_both(account: Stubbed) -> None:
    certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    made = {
        "CustomerGatewayId": "cgw-1",
        "State": "available",
        "BgpAsn": "65000",
        "CertificateArn": certificate,
        "DeviceName": "office",
    }
    account.expect(
        "CreateCustomerGateway",
        {"CustomerGateway": made},
        Type="ipsec.1",
        BgpAsn=65000,
        CertificateArn=certificate,
        DeviceName="office",
        TagSpecifications=[{"ResourceType": "customer-gateway", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    spec = CustomerGatewaySpec(certificate_arn=certificate, device_name="office")
    assert CustomerGateway().create(account.aws, spec, {"a": "b"}).id == "cgw-1"
    account.done()


VPN: dict[str, Any] = {
    "VpnConnectionId": "vpn-1",
    "State": "available",
    "CustomerGatewayId": "cgw-1",
    "VpnGatewayId": "vgw-1",
    "Options": {
        "StaticRoutesOnly": True,
        "EnableAcceleration": False,
        "TunnelInsideIpVersion": "ipv4",
        "OutsideIpAddressType": "PublicIpv4",
        "LocalIpv4NetworkCidr": "0.0.0.0/0",
        "RemoteIpv4NetworkCidr": "0.0.0.0/0",
        "TunnelOptions": [
            {"OutsideIpAddress": "192.0.2.1", "IkeVersions": [{"Value": "ikev1"}, {"Value": "ikev2"}]},
            {"OutsideIpAddress": "192.0.2.2", "StartupAction": "add", "DpdTimeoutSeconds": 30},
        ],
    },
    "Routes": [{"DestinationCidrBlock": "192.168.0.0/16", "Source": "Static", "State": "available"}],
}


def changed(account: Stubbed, *fields: str, **values: Any) -> None:
    live = connection(account.aws, VPN, {})
    VpnConnection().update(account.aws, live, live.spec.model_copy(update=values), frozenset(fields))
    account.done()


@covers("ec2/VpnConnection", "customerGateway")
def test_a_vpn_connection_moves_to_another_device(account: Stubbed) -> None:
    """So that a customer gateway which is replaced can go: AWS changes nothing of it in place."""
    account.expect("ModifyVpnConnection", VpnConnectionId="vpn-1", CustomerGatewayId="cgw-2")
    changed(account, "customerGateway", customer_gateway="cgw-2")


@covers("ec2/VpnConnection", "vpnGateway")
def test_a_vpn_connection_moves_to_another_vpn_gateway_with_its_routes(account: Stubbed) -> None:
    account.expect("ModifyVpnConnection", VpnConnectionId="vpn-1", VpnGatewayId="vgw-2")
    changed(account, "vpnGateway", vpn_gateway="vgw-2")


@covers("ec2/VpnConnection", "transitGateway")
def test_a_vpn_connection_loses_its_static_routes_before_it_moves_to_a_transit_gateway(account: Stubbed) -> None:
    """AWS refuses to move it with them."""
    account.expect("DeleteVpnConnectionRoute", VpnConnectionId="vpn-1", DestinationCidrBlock="192.168.0.0/16")
    account.expect("ModifyVpnConnection", VpnConnectionId="vpn-1", TransitGatewayId="tgw-1")
    values: dict[str, Any] = {"vpn_gateway": "", "transit_gateway": "tgw-1", "routes": frozenset()}
    changed(account, "vpnGateway", "transitGateway", "routes", **values)


@covers("ec2/VpnConnection", "routes")
def test_a_new_static_route_comes_before_an_old_one_goes(account: Stubbed) -> None:
    account.expect("CreateVpnConnectionRoute", VpnConnectionId="vpn-1", DestinationCidrBlock="172.16.0.0/12")
    account.expect("DeleteVpnConnectionRoute", VpnConnectionId="vpn-1", DestinationCidrBlock="192.168.0.0/16")
    changed(account, "routes", routes=frozenset({"172.16.0.0/12"}))


@covers(
    "ec2/VpnConnection",
    "localIpv4NetworkCidr",
    "remoteIpv4NetworkCidr",
    "localIpv6NetworkCidr",
    "remoteIpv6NetworkCidr",
)
def test_what_a_vpn_connection_carries_is_changed_in_one_call(account: Stubbed) -> None:
    account.expect(
        "ModifyVpnConnectionOptions",
        VpnConnectionId="vpn-1",
        LocalIpv4NetworkCidr="192.168.0.0/16",
        RemoteIpv4NetworkCidr="10.0.0.0/16",
        LocalIpv6NetworkCidr="fd00::/16",
        RemoteIpv6NetworkCidr="fd01::/16",
    )
    changed(
        account,
        "localIpv4NetworkCidr",
        "remoteIpv4NetworkCidr",
        "localIpv6NetworkCidr",
        "remoteIpv6NetworkCidr",
        local_ipv4_network_cidr="192.168.0.0/16",
        remote_ipv4_network_cidr="10.0.0.0/16",
        local_ipv6_network_cidr="fd00::/16",
        remote_ipv6_network_cidr="fd01::/16",
    )


@covers("ec2/VpnConnection", "tunnel1", "tunnel2")
def test_each_tunnel_is_changed_by_its_address_and_only_in_what_differs(account: Stubbed) -> None:
    """AWS changes one tunnel at a time, and takes it down for that."""
    account.expect(
        "ModifyVpnTunnelOptions",
        VpnConnectionId="vpn-1",
        VpnTunnelOutsideIpAddress="192.0.2.1",
        TunnelOptions={"IKEVersions": [{"Value": "ikev2"}]},
    )
    account.expect(
        "ModifyVpnTunnelOptions",
        VpnConnectionId="vpn-1",
        VpnTunnelOutsideIpAddress="192.0.2.2",
        TunnelOptions={"StartupAction": "start"},
    )
    one = TunnelOptions(ike_versions=frozenset({"ikev2"}))
    changed(
        account,
        "tunnel1",
        "tunnel2",
        tunnel1=one,
        tunnel2=TunnelOptions(startup_action="start", dpd_timeout_seconds=30),
    )


@covers(
    "ec2/VpnConnection",
    "staticRoutesOnly",
    "enableAcceleration",
    "tunnelInsideIpVersion",
    "outsideIpAddressType",
    "transportTransitGatewayAttachmentId",
    "preSharedKeyStorage",
)
def test_a_vpn_connection_is_made_with_all_that_aws_never_changes(account: Stubbed) -> None:
    account.expect(
        "CreateVpnConnection",
        {"VpnConnection": {**VPN, "State": "pending", "TransitGatewayId": "tgw-1"}},
        Type="ipsec.1",
        CustomerGatewayId="cgw-1",
        TransitGatewayId="tgw-1",
        PreSharedKeyStorage="SecretsManager",
        Options={
            "StaticRoutesOnly": True,
            "EnableAcceleration": True,
            "TunnelInsideIpVersion": "ipv6",
            "OutsideIpAddressType": "PrivateIpv4",
            "TransportTransitGatewayAttachmentId": "tgw-attach-9",
            "LocalIpv6NetworkCidr": "::/0",
            "RemoteIpv6NetworkCidr": "::/0",
            "TunnelOptions": [{"StartupAction": "add"}, {"Phase1DHGroupNumbers": [{"Value": 20}, {"Value": 21}]}],
        },
        TagSpecifications=[{"ResourceType": "vpn-connection", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    attachment = {"TransitGatewayAttachmentId": "tgw-attach-1", "ResourceId": "vpn-1", "State": "initiating"}
    account.expect(
        "DescribeTransitGatewayAttachments",
        {"TransitGatewayAttachments": [attachment]},
        Filters=[{"Name": "resource-id", "Values": ["vpn-1"]}],
    )
    spec = VpnConnectionSpec(
        customer_gateway="cgw-1",
        transit_gateway="tgw-1",
        static_routes_only=True,
        enable_acceleration=True,
        tunnel_inside_ip_version="ipv6",
        outside_ip_address_type="PrivateIpv4",
        transport_transit_gateway_attachment_id="tgw-attach-9",
        pre_shared_key_storage="SecretsManager",
        tunnel2=TunnelOptions(phase1_dh_group_numbers=frozenset({20, 21})),
    )
    made = VpnConnection().create(account.aws, spec, {"a": "b"})
    account.done()
    assert made.pending == "AWS is still making it"
    assert made.outputs["attachmentId"] == "tgw-attach-1"
