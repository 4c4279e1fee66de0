"""VPN connections: their keys, which nobody may see; what AWS says of them; and what manifests of them may not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session

from controller.kinds.ec2.vpn_connection import VpnConnection, VpnConnectionSpec, translate
from controller.kinds.ec2.vpn_tunnel import SEVERAL, SINGLE, TunnelOptions, reported, request, without_secrets
from controller.manifest.yaml_writer import write
from controller.model.observed import Wanted
from controller.model.plan import Verb
from controller.reconcile.diff import diff
from tests.kinds.stubbed import Stubbed
from tests.kinds.test_ec2_transit import manifest, problems
from tests.stage import Stage, document

KEY = "Iw2IAN9XUsQeYUrkMGP3kP59ugFDkfHg"
"""The key that moto's connections have; so it would be found if anything of it were kept."""
VPN: dict[str, Any] = {
    "VpnConnectionId": "vpn-1",
    "State": "available",
    "Category": "VPN",
    "Type": "ipsec.1",
    "CustomerGatewayId": "cgw-00000001",
    "TransitGatewayId": "tgw-00000001",
    "CustomerGatewayConfiguration": f"<pre_shared_key>{KEY}</pre_shared_key>",
    "PreSharedKeyArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:s2svpn",
    "Options": {
        "StaticRoutesOnly": False,
        "LocalIpv4NetworkCidr": "0.0.0.0/0",
        "RemoteIpv4NetworkCidr": "0.0.0.0/0",
        "TunnelInsideIpVersion": "ipv4",
        "TunnelOptions": [
            {
                "OutsideIpAddress": "192.0.2.1",
                "TunnelInsideCidr": "169.254.44.40/30",
                "PreSharedKey": KEY,
                "Phase1LifetimeSeconds": 28800,
                "Phase1DHGroupNumbers": [{"Value": 14}, {"Value": 20}],
            },
            {"OutsideIpAddress": "192.0.2.2", "PreSharedKey": KEY},
        ],
    },
    "Tags": [],
}


def test_a_replys_keys_are_forgotten_and_the_rest_stays() -> None:
    (kept,) = without_secrets([VPN])
    assert KEY not in repr(kept)
    assert kept["Options"]["TunnelOptions"][0]["TunnelInsideCidr"] == "169.254.44.40/30"
    assert kept["PreSharedKeyArn"] == VPN["PreSharedKeyArn"]


def test_no_key_of_a_real_connection_is_kept_shown_or_told(aws_endpoint: str, tmp_path: Path) -> None:
    """moto answers with keys as AWS does."""
    stage = Stage(tmp_path)
    stage.files["vpn.yaml"] = write(
        [
            document("ec2.aws/v1", "CustomerGateway", "office", {"ipAddress": "203.0.113.12"}),
            document("ec2.aws/v1", "TransitGateway", "hub", {}),
            document("ec2.aws/v1", "VpnConnection", "office", {"customerGateway": "office", "transitGateway": "hub"}),
        ]
    )
    stage.converge()
    raw = stage.aws().call("ec2", "DescribeVpnConnections")
    assert KEY in repr(raw), "moto has other keys now"
    aws = stage.aws()
    seen = list(VpnConnection().observe(aws, Wanted(everything=True)))
    assert seen[0].outputs["attachmentId"].startswith("tgw-attach-")
    inventory = stage.store.inventory("test")
    for told in (seen, vars(aws)["_memo"], stage.events, inventory, stage.plan()):
        assert KEY not in repr(told)
        assert "ipsec_tunnel" not in repr(told)


@pytest.mark.parametrize(
    "spec",
    [
        "tunnel1: {preSharedKey: hunter2hunter2}",
        "tunnel2: {preSharedKey: hunter2hunter2, startupAction: start}",
        "preSharedKey: hunter2hunter2",
    ],
)
def test_a_key_in_a_manifest_is_refused_and_not_repeated(spec: str) -> None:
    (found,) = problems(
        manifest("VpnConnection", "office", f"customerGateway: cgw-00000001, vpnGateway: vgw-00000001, {spec}")
    )
    assert "a pre-shared key is a secret and does not belong in git: leave it out" in found
    assert "hunter2" not in found


def test_a_connection_of_a_documented_reply() -> None:
    aws = Stubbed("ec2").aws
    (kept,) = without_secrets([VPN])
    found = translate(aws, kept, {"vpn-1": "tgw-attach-00000001"})
    assert found.outputs == {
        "id": "vpn-1",
        "arn": "arn:aws:ec2:eu-central-1:123456789012:vpn-connection/vpn-1",
        "attachmentId": "tgw-attach-00000001",
        "tunnel1Address": "192.0.2.1",
        "tunnel2Address": "192.0.2.2",
        "preSharedKeyArn": VPN["PreSharedKeyArn"],
    }
    want = VpnConnectionSpec(
        customer_gateway="cgw-00000001",
        transit_gateway="tgw-00000001",
        pre_shared_key_storage="SecretsManager",
        tunnel1=TunnelOptions(tunnel_inside_cidr="169.254.44.40/30", phase1_dh_group_numbers=frozenset({20, 14})),
    )
    assert diff(want, found.spec) == ()


@pytest.mark.parametrize(
    ("state", "pending"),
    [("available", ""), ("pending", "AWS is still making it"), ("modifying", "AWS is still changing it")],
)
def test_a_connection_that_is_being_changed_is_there_and_pending(state: str, pending: str) -> None:
    """AWS does not document the state that it is in then; taken for gone, it would be made a second time."""
    account = Stubbed("ec2")
    gone = [{**VPN, "VpnConnectionId": f"vpn-{word}", "State": word} for word in ("deleting", "deleted")]
    live = {name: value for name, value in VPN.items() if name != "TransitGatewayId"}
    account.expect("DescribeVpnConnections", {"VpnConnections": [*gone, {**live, "State": state}]})
    (found,) = VpnConnection().observe(account.aws, Wanted())
    assert found.id == "vpn-1"
    assert found.pending == pending
    account.done()


def test_tunnel_options_name_every_option_of_a_tunnel_but_keys_and_logs() -> None:
    """In requests and in replies, which spell some of them differently."""
    model = get_session().get_service_model("ec2")
    asked = set(model.shape_for("VpnTunnelOptionsSpecification").members)
    told = set(model.shape_for("TunnelOption").members)
    left = {"PreSharedKey", "LogOptions", "Phase1AdditionalKeyExchanges", "Phase2AdditionalKeyExchanges"}
    names = {**SINGLE, **SEVERAL}
    assert {each[0] for each in names.values()} == asked - left
    assert {each[1] for each in names.values()} == told - left - {"OutsideIpAddress"}
    assert names.keys() == {str(info.alias) for info in TunnelOptions.model_fields.values()}


def test_tunnel_options_come_back_from_aws_as_they_went_there() -> None:
    options = TunnelOptions(
        dpd_timeout_seconds=40, ike_versions=frozenset({"ikev2"}), phase2_dh_group_numbers=frozenset({20, 5})
    )
    asked = request(options)
    spelt = {**SINGLE, **SEVERAL}
    reply = {names[1]: asked[names[0]] for names in spelt.values() if names[0] in asked}
    assert reported(reply) == options


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("", "spec.vpnGateway: needs a vpnGateway or a transitGateway, and not both"),
        (
            "vpnGateway: vgw-00000001, transitGateway: tgw-00000001",
            "spec.vpnGateway: needs a vpnGateway or a transitGateway, and not both",
        ),
        ("transitGateway: tgw-00000001, routes: [10.0.0.0/8]", "spec.routes: has no effect with a transitGateway"),
        (
            "vpnGateway: vgw-00000001, routes: [10.0.0.0/8]",
            "spec.routes: needs staticRoutesOnly: true; with BGP the device tells its routes itself",
        ),
        ("vpnGateway: vgw-00000001, enableAcceleration: true", "spec.enableAcceleration: needs a transitGateway"),
        (
            "vpnGateway: vgw-00000001, tunnelInsideIpVersion: ipv6",
            "spec.tunnelInsideIpVersion: needs a transitGateway for ipv6",
        ),
        (
            "transitGateway: tgw-00000001, outsideIpAddressType: PrivateIpv4",
            "spec.transportTransitGatewayAttachmentId: and outsideIpAddressType: PrivateIpv4 need each other",
        ),
        (
            "vpnGateway: vgw-00000001, tunnel1: {tunnelInsideCidr: 10.0.0.0/30}",
            "spec.tunnel1.tunnelInsideCidr: 10.0.0.0/30 is no /30 of 169.254.0.0/16, which is what AWS takes",
        ),
        (
            "vpnGateway: vgw-00000001, tunnel1: {tunnelInsideIpv6Cidr: '2001:db8::/126'}",
            "spec.tunnel1.tunnelInsideIpv6Cidr: 2001:db8::/126 is no /126 of fd00::/8, which is what AWS takes",
        ),
        (
            "vpnGateway: vgw-00000001, tunnel1: {phase1LifetimeSeconds: 900, phase2LifetimeSeconds: 900}",
            "spec.tunnel1: phase2LifetimeSeconds (900) must be less than phase1LifetimeSeconds (900)",
        ),
        (
            "vpnGateway: vgw-00000001, tunnel1: {phase2LifetimeSeconds: 1000, rekeyMarginTimeSeconds: 600}",
            "spec.tunnel1: rekeyMarginTimeSeconds (600) must be at most half of phase2LifetimeSeconds",
        ),
    ],
)
def test_what_aws_would_refuse_is_found_before_any_call(spec: str, found: str) -> None:
    assert problems(manifest("VpnConnection", "office", f"customerGateway: cgw-00000001, {spec}".rstrip(", "))) == [
        found
    ]


def test_a_plan_says_what_a_change_of_a_connection_means() -> None:
    kind = VpnConnection()
    old = VpnConnectionSpec(
        customer_gateway="office", vpn_gateway="one", static_routes_only=True, routes=frozenset({"192.168.0.0/16"})
    )
    values: dict[str, Any] = {
        "customer_gateway": "branch",
        "routes": frozenset({"172.16.0.0/12"}),
        "local_ipv4_network_cidr": "172.16.0.0/12",
        "tunnel2": TunnelOptions(startup_action="start"),
    }
    assert list(kind.tell(Verb.REPLACE, old, old)) == ["replaces the VPN connection; tunnel addresses and keys change"]
    assert list(kind.tell(Verb.UPDATE, old, old.model_copy(update=values))) == [
        "moves the VPN connection to branch; it is down for some minutes",
        "changes what the VPN connection carries; it is down for some minutes",
        "changes tunnel2, which is down meanwhile",
        "192.168.0.0/16 is no longer reached through the VPN",
        "172.16.0.0/12 is reached through the VPN",
    ]


def test_between_two_gateways_there_is_one_connection_and_with_a_transit_gateway_many() -> None:
    """AWS answers a create between two gateways that are connected already with what is there, whoever made it."""
    kind = VpnConnection()
    assert (
        kind.claim(VpnConnectionSpec(customer_gateway="cgw-00000001", vpn_gateway="vgw-00000001"))
        == "cgw-00000001/vgw-00000001"
    )
    assert kind.claim(VpnConnectionSpec(customer_gateway="cgw-00000001", transit_gateway="tgw-00000001")) == ""
