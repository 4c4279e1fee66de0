"""What AWS says of transit gateways and VPN, as replies that it documents, and what manifests of them may not say."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import get_session

from controller.errors import AwsBusy
from controller.kinds.ec2.customer_gateway import CustomerGateway, CustomerGatewaySpec
from controller.kinds.ec2.customer_gateway import translate as customer_gateway
from controller.kinds.ec2.transit_gateway import translate as gateway
from controller.kinds.ec2.transit_gateway_route_table import (
    TransitGatewayRouteTable,
    TransitGatewayRouteTableSpec,
    static_routes,
)
from controller.kinds.ec2.transit_gateway_route_table import translate as route_table
from controller.kinds.ec2.transit_gateway_vpc_attachment import STATES
from controller.kinds.ec2.transit_gateway_vpc_attachment import translate as vpc_attachment
from controller.kinds.ec2.vpn_gateway import VpnGateway, VpnGatewaySpec
from controller.kinds.ec2.vpn_gateway import translate as vpn_gateway
from controller.kinds.registry import KINDS
from controller.manifest.load import Loader
from controller.model.commit import Blob, Tree
from controller.model.observed import Wanted
from controller.model.plan import Verb
from controller.reconcile.diff import diff
from controller.source.entries import blob_id
from tests.kinds.stubbed import Stubbed
from tests.stage import SCOPE

GATEWAY: dict[str, Any] = {
    "TransitGatewayId": "tgw-0262a0e521EXAMPLE",
    "TransitGatewayArn": "arn:aws:ec2:eu-central-1:111122223333:transit-gateway/tgw-0262a0e521EXAMPLE",
    "State": "available",
    "OwnerId": "111122223333",
    "Description": "MyTGW",
    "Options": {
        "AmazonSideAsn": 64516,
        "AutoAcceptSharedAttachments": "enable",
        "DefaultRouteTableAssociation": "enable",
        "AssociationDefaultRouteTableId": "tgw-rtb-018774adf3EXAMPLE",
        "DefaultRouteTablePropagation": "enable",
        "PropagationDefaultRouteTableId": "tgw-rtb-018774adf3EXAMPLE",
        "VpnEcmpSupport": "enable",
        "DnsSupport": "enable",
    },
    "Tags": [{"Key": "team", "Value": "a"}],
}

ATTACHMENT: dict[str, Any] = {
    "TransitGatewayAttachmentId": "tgw-attach-09fbd47ddfEXAMPLE",
    "TransitGatewayId": "tgw-0262a0e521EXAMPLE",
    "VpcId": "vpc-3EXAMPLE",
    "VpcOwnerId": "123456789012",
    "State": "available",
    "SubnetIds": ["subnet-0EXAMPLE", "subnet-1EXAMPLE"],
    "Options": {"DnsSupport": "enable", "Ipv6Support": "disable"},
    "Tags": [],
}
VPC = """---
apiVersion: ec2.aws/v1
kind: Vpc
metadata: {name: VPC}
spec: {cidrBlock: 10.0.0.0/16}
"""


def problems(text: str) -> list[str]:
    """What is wrong with some manifests of one scope, without where it stands."""
    blobs = tuple(
        Blob(path, blob_id(body.encode()), body.encode()) for path, body in (("a.yaml", text), ("scope.yaml", SCOPE))
    )
    loaded = Loader(KINDS).load(Tree(None, "", blobs))
    return [f"{problem.field}: {problem.message}" for problem in loaded.problems]


def manifest(kind: str, name: str, spec: str, api: str = "ec2.aws/v1") -> str:
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"


def test_a_gateway_tells_its_default_route_tables_as_outputs() -> None:
    found = gateway(GATEWAY)
    assert found.outputs["associationDefaultRouteTableId"] == "tgw-rtb-018774adf3EXAMPLE"
    assert found.outputs["propagationDefaultRouteTableId"] == "tgw-rtb-018774adf3EXAMPLE"
    assert found.spec.amazon_side_asn == 64516
    assert found.tags == {"team": "a"}


def test_a_gateway_without_default_tables_has_no_such_outputs() -> None:
    """Whoever refers to one waits, with the reason, rather than getting an empty id."""
    found = gateway({**GATEWAY, "Options": {"DefaultRouteTableAssociation": "disable"}})
    assert found.outputs.keys() == {"id", "arn"}


def test_an_option_that_aws_does_not_report_is_unknown_and_never_drift() -> None:
    want = KINDS["ec2/TransitGateway"].spec.model_validate({"description": "MyTGW", "amazonSideAsn": 64516})
    found = gateway(GATEWAY).spec
    assert found.model_dump()["multicast_support"] is None
    assert {change.path for change in diff(want, found)} == {"autoAcceptSharedAttachments"}


@pytest.mark.parametrize(
    ("state", "pending"),
    [("pending", "AWS is still making it"), ("modifying", "AWS is still changing it"), ("available", "")],
)
def test_a_gateway_that_aws_is_still_at_is_pending(state: str, pending: str) -> None:
    assert gateway({**GATEWAY, "State": state}).pending == pending


def test_ranges_that_aws_would_refuse_are_found_before_any_call() -> None:
    blocks = "transitGatewayCidrBlocks: [10.0.0.0/25, 10.0.0.0/16, '2001:db8::/65']"
    found = problems(manifest("TransitGateway", "hub", blocks))
    small = "is too small: AWS takes an IPv4 /24 or larger, or an IPv6 /64 or larger"
    assert sorted(found) == [
        "spec.transitGatewayCidrBlocks: 10.0.0.0/16 and 10.0.0.0/25 overlap",
        f"spec.transitGatewayCidrBlocks: 10.0.0.0/25 {small}",
        f"spec.transitGatewayCidrBlocks: 2001:db8::/65 {small}",
    ]


def test_a_public_asn_on_amazons_side_is_refused() -> None:
    (found,) = problems(manifest("TransitGateway", "hub", "amazonSideAsn: 65535"))
    assert found == (
        "spec.amazonSideAsn: 65535 is no private ASN: they are 64512 to 65534 and 4200000000 to 4294967294"
    )


@pytest.mark.parametrize(
    ("state", "pending"),
    [
        ("available", ""),
        ("pending", "AWS is still making it"),
        ("pendingAcceptance", "the owner of the transit gateway must accept it"),
        ("rejected", "the owner of the transit gateway has rejected it; delete it to ask once more"),
        ("failed", "AWS could not make it; delete it, and it is made anew"),
    ],
)
def test_what_an_attachment_waits_for_is_said(state: str, pending: str) -> None:
    assert vpc_attachment(Stubbed("ec2").aws, {**ATTACHMENT, "State": state}).pending == pending


def test_every_state_that_an_attachment_can_be_in_is_known_or_means_that_it_is_gone() -> None:
    """A new state that AWS comes up with would make an attachment vanish from trueup's sight, and be made twice."""
    known = get_session().get_service_model("ec2").shape_for("TransitGatewayAttachmentState").enum
    assert set(known) == {*STATES, "deleting", "deleted"}


def test_an_attachment_has_the_output_that_routes_ask_for() -> None:
    found = vpc_attachment(Stubbed("ec2").aws, ATTACHMENT)
    assert found.outputs["attachmentId"] == "tgw-attach-09fbd47ddfEXAMPLE"
    assert found.spec.subnets == {"subnet-0EXAMPLE", "subnet-1EXAMPLE"}


def test_subnets_of_another_vpc_and_two_in_one_zone_are_found_before_any_call() -> None:
    zone = "availabilityZone: eu-central-1a"
    found = problems(
        VPC.replace("VPC", "main")
        + VPC.replace("VPC", "other")
        + manifest("TransitGateway", "hub", "")
        + manifest("Subnet", "a", f"vpc: main, cidrBlock: 10.0.1.0/24, {zone}")
        + manifest("Subnet", "b", f"vpc: main, cidrBlock: 10.0.2.0/24, {zone}")
        + manifest("Subnet", "c", "vpc: other, cidrBlock: 10.0.3.0/24")
        + manifest("TransitGatewayVpcAttachment", "main", "transitGateway: hub, vpc: main, subnets: [a, b, c]")
    )
    assert sorted(found) == [
        "spec.subnets: subnet c is in VPC other, not in main",
        "spec.subnets: subnets a and b are both in eu-central-1a; AWS takes one in each zone",
    ]


def test_a_plan_says_which_zones_an_attachment_leaves() -> None:
    kind = KINDS["ec2/TransitGatewayVpcAttachment"]
    both, one = (
        kind.spec.model_validate({"transitGateway": "hub", "vpc": "main", "subnets": names})
        for names in (["a", "b"], ["a"])
    )
    assert list(kind.tell(Verb.UPDATE, both, one)) == ["takes the attachment out of the zone of subnet b"]
    assert list(kind.tell(Verb.DELETE, both, None)) == ["VPC main no longer reaches transit gateway hub"]


TABLE: dict[str, Any] = {
    "TransitGatewayRouteTableId": "tgw-rtb-0960981be7EXAMPLE",
    "TransitGatewayId": "tgw-0262a0e521EXAMPLE",
    "State": "available",
    "DefaultAssociationRouteTable": False,
    "DefaultPropagationRouteTable": False,
    "Tags": [{"Key": "trueup:owner", "Value": "trueup"}],
}
EMPTY: dict[str, Any] = {"associations": frozenset(), "propagations": frozenset(), "routes": {}}


def test_a_route_whose_attachment_is_gone_is_no_route_that_drops_traffic_on_purpose() -> None:
    """Both are in the state `blackhole`; only one was asked for."""
    gone = {"TransitGatewayAttachmentId": "tgw-attach-1", "ResourceId": "vpc-1", "ResourceType": "vpc"}
    page = {
        "Routes": [
            {"DestinationCidrBlock": "10.1.0.0/16", "Type": "static", "State": "blackhole"},
            {
                "DestinationCidrBlock": "10.2.0.0/16",
                "Type": "static",
                "State": "blackhole",
                "TransitGatewayAttachments": [gone],
            },
            {"DestinationCidrBlock": "10.3.0.0/16", "Type": "static", "State": "deleting"},
            {"PrefixListId": "pl-1", "Type": "static", "State": "active", "TransitGatewayAttachments": [gone]},
        ]
    }
    assert dict(static_routes([page])) == {"10.1.0.0/16": "blackhole", "10.2.0.0/16": "tgw-attach-1"}


def test_a_table_that_aws_is_still_making_is_pending_and_nothing_is_put_into_it() -> None:
    account = Stubbed("ec2")
    account.expect(
        "CreateTransitGatewayRouteTable",
        {"TransitGatewayRouteTable": {**TABLE, "State": "pending"}},
        TransitGatewayId="tgw-1",
        TagSpecifications=[{"ResourceType": "transit-gateway-route-table", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    spec = TransitGatewayRouteTableSpec(transit_gateway="tgw-1", routes={"10.0.0.0/8": "blackhole"})
    made = TransitGatewayRouteTable().create(account.aws, spec, {"a": "b"})
    account.done()
    assert made.pending == "AWS is still making it"
    seen = route_table(account.aws, {**TABLE, "State": "pending"}, {})
    assert diff(spec.model_copy(update={"transit_gateway": "tgw-0262a0e521EXAMPLE"}), seen.spec) == ()


def test_the_default_table_of_a_gateway_is_left_alone_unless_it_is_ours() -> None:
    """A table that we made may have become the default by ModifyTransitGateway."""
    account = Stubbed("ec2")
    default = {**TABLE, "TransitGatewayRouteTableId": "tgw-rtb-default", "DefaultAssociationRouteTable": True}
    tables = [TABLE, {**default, "Tags": []}, {**default, "TransitGatewayRouteTableId": "tgw-rtb-ours"}]
    states = [{"Name": "state", "Values": ["available", "pending"]}]
    reply = {"TransitGatewayRouteTables": tables}
    account.expect("DescribeTransitGatewayRouteTables", reply, Filters=states, MaxResults=1000)
    for table in ("tgw-rtb-0960981be7EXAMPLE", "tgw-rtb-ours"):
        of = {"TransitGatewayRouteTableId": table}
        account.expect("GetTransitGatewayRouteTableAssociations", {"Associations": []}, MaxResults=1000, **of)
        account.expect(
            "GetTransitGatewayRouteTablePropagations",
            {"TransitGatewayRouteTablePropagations": []},
            MaxResults=1000,
            **of,
        )
        static = [{"Name": "type", "Values": ["static"]}]
        account.expect("SearchTransitGatewayRoutes", {"Routes": []}, Filters=static, **of)
    found = TransitGatewayRouteTable().observe(account.aws, Wanted())
    assert [each.id for each in found] == ["tgw-rtb-0960981be7EXAMPLE", "tgw-rtb-ours"]
    account.done()


@pytest.mark.parametrize("default", [True, False])
def test_an_attachment_is_taken_out_of_the_default_table_but_out_of_no_other(default: bool) -> None:
    """AWS has put it into the default table unasked; whoever has put it elsewhere had a reason, and must take it out."""
    account = Stubbed("ec2")
    there = "tgw-rtb-elsewhere"
    account.refuse("AssociateTransitGatewayRouteTable", "Resource.AlreadyAssociated")
    association = {"TransitGatewayRouteTableId": there, "State": "associated"}
    reply: dict[str, Any] = {"TransitGatewayAttachments": [{"Association": association}]}
    account.expect("DescribeTransitGatewayAttachments", reply, TransitGatewayAttachmentIds=["tgw-attach-1"])
    reply = {"TransitGatewayRouteTables": [{**TABLE, "DefaultAssociationRouteTable": default}]}
    account.expect("DescribeTransitGatewayRouteTables", reply, TransitGatewayRouteTableIds=[there])
    if default:
        gone = {"TransitGatewayRouteTableId": there, "TransitGatewayAttachmentId": "tgw-attach-1"}
        account.expect("DisassociateTransitGatewayRouteTable", **gone)
    live = route_table(account.aws, TABLE, EMPTY)
    spec = live.spec.model_copy(update={"associations": frozenset({"tgw-attach-1"})})
    with pytest.raises(AwsBusy, match="AlreadyAssociated"):
        TransitGatewayRouteTable().update(account.aws, live, spec, frozenset({"associations"}))
    account.done()


def test_a_table_is_deleted_once_its_attachments_are_out_of_it() -> None:
    """AWS wants every attachment out, and to be done with it, before the table may go."""
    account = Stubbed("ec2")
    live = route_table(account.aws, TABLE, {**EMPTY, "associations": frozenset({"tgw-attach-1"})})
    account.expect(
        "DisassociateTransitGatewayRouteTable",
        TransitGatewayRouteTableId=live.id,
        TransitGatewayAttachmentId="tgw-attach-1",
    )
    account.refuse("DeleteTransitGatewayRouteTable", "IncorrectState")
    with pytest.raises(AwsBusy):
        TransitGatewayRouteTable().delete(account.aws, live)
    leaving = {"TransitGatewayAttachmentId": "tgw-attach-1", "State": "disassociating"}
    account.expect(
        "GetTransitGatewayRouteTableAssociations", {"Associations": [leaving]}, TransitGatewayRouteTableId=live.id
    )
    assert TransitGatewayRouteTable().holders(account.aws, live) == "tgw-attach-1 (disassociating)"
    account.done()


def test_two_spellings_of_one_destination_are_refused() -> None:
    routes = "routes: {'2001:db8::/32': blackhole, '2001:DB8::/32': blackhole}"
    (found,) = problems(manifest("TransitGatewayRouteTable", "t", f"transitGateway: tgw-00000001, {routes}"))
    assert "2001:DB8::/32 and 2001:db8::/32 are the same destination" in found


def test_an_attachment_in_two_tables_and_one_of_another_gateway_are_found_before_any_call() -> None:
    attachment = "vpc: main, subnets: [subnet-00000001]"
    found = problems(
        VPC.replace("VPC", "main")
        + manifest("TransitGateway", "hub", "")
        + manifest("TransitGateway", "other", "")
        + manifest("TransitGatewayVpcAttachment", "near", f"transitGateway: hub, {attachment}")
        + manifest("TransitGatewayVpcAttachment", "far", f"transitGateway: other, {attachment}")
        + manifest("TransitGatewayRouteTable", "one", "transitGateway: hub, associations: [near]")
        + manifest(
            "TransitGatewayRouteTable",
            "two",
            "transitGateway: hub, associations: [near], routes: {10.0.0.0/8: far, 10.1.0.0/16: near}",
        )
    )
    assert sorted(each.partition(" (a.yaml:")[0] for each in found) == [
        "spec.associations: attachment near is associated by one as well",
        "spec.associations: attachment near is associated by two as well",
        "spec.routes: far is attached to other, not to hub",
    ]


def test_a_plan_says_where_traffic_goes_from_now_on() -> None:
    kind = TransitGatewayRouteTable()
    old = TransitGatewayRouteTableSpec(
        transit_gateway="hub",
        associations=frozenset({"app"}),
        routes={"10.1.0.0/16": "app", "10.2.0.0/16": "blackhole", "10.3.0.0/16": "app"},
    )
    new = TransitGatewayRouteTableSpec(
        transit_gateway="hub", routes={"10.1.0.0/16": "blackhole", "10.3.0.0/16": "app", "10.4.0.0/16": "db"}
    )
    assert list(kind.tell(Verb.UPDATE, old, new)) == [
        "10.1.0.0/16 is dropped, no longer to app",
        "10.2.0.0/16 is no longer routed",
        "10.4.0.0/16 goes to db",
        "attachment app no longer goes by this table",
    ]


VGW: dict[str, Any] = {
    "VpnGatewayId": "vgw-9a4cacf3",
    "State": "available",
    "Type": "ipsec.1",
    "AmazonSideAsn": 64512,
    "VpcAttachments": [{"State": "attached", "VpcId": "vpc-1"}, {"State": "detached", "VpcId": "vpc-0"}],
    "Tags": [{"Key": "trueup:scope", "Value": "test"}, {"Key": "trueup:manifest", "Value": "ec2/VpnGateway/main"}],
}


@pytest.mark.parametrize(
    ("attachments", "vpc", "pending"),
    [
        ([], "", ""),
        ([("attached", "vpc-1"), ("detached", "vpc-0")], "vpc-1", ""),
        ([("attaching", "vpc-1")], "vpc-1", "AWS is still attaching it to vpc-1"),
        ([("detaching", "vpc-1")], None, "AWS is still detaching it from vpc-1"),
        ([("detaching", "vpc-0"), ("attached", "vpc-1")], "vpc-1", ""),
        ([("detached", "vpc-1")], "", ""),
    ],
)
def test_where_a_vpn_gateway_is_attached(attachments: list[tuple[str, str]], vpc: str | None, pending: str) -> None:
    """On its way out it is unknown: AWS would refuse to attach it elsewhere, so nothing is planned."""
    states = [{"State": state, "VpcId": id_} for state, id_ in attachments]
    found = vpn_gateway(Stubbed("ec2").aws, {**VGW, "VpcAttachments": states})
    assert found.spec.model_dump()["vpc"] == vpc
    assert found.pending == pending


def made_vpn_gateway(account: Stubbed) -> None:
    marks = [{"Key": "trueup:manifest", "Value": "ec2/VpnGateway/main"}, {"Key": "trueup:scope", "Value": "test"}]
    account.expect(
        "CreateVpnGateway",
        {"VpnGateway": {**VGW, "VpnGatewayId": "vgw-new", "VpcAttachments": []}},
        Type="ipsec.1",
        AmazonSideAsn=64700,
        TagSpecifications=[{"ResourceType": "vpn-gateway", "Tags": marks}],
    )
    account.refuse("AttachVpnGateway", "InvalidVpcState")


MARKS = {"trueup:scope": "test", "trueup:manifest": "ec2/VpnGateway/main"}


def test_a_vpn_gateway_that_replaces_another_waits_for_the_vpc_without_holding_up_the_connections() -> None:
    """The connections must move to the new one before the old one lets go of the VPC."""
    account = Stubbed("ec2")
    made_vpn_gateway(account)
    there = [{"Name": "attachment.vpc-id", "Values": ["vpc-1"]}]
    account.expect("DescribeVpnGateways", {"VpnGateways": [VGW]}, Filters=there)
    made = VpnGateway().create(account.aws, VpnGatewaySpec(amazon_side_asn=64700, vpc="vpc-1"), MARKS)
    account.done()
    assert made.id == "vgw-new"
    assert made.pending == ""


def test_a_vpn_gateway_waits_for_a_vpc_that_has_somebody_elses() -> None:
    account = Stubbed("ec2")
    made_vpn_gateway(account)
    there = [{"Name": "attachment.vpc-id", "Values": ["vpc-1"]}]
    account.expect("DescribeVpnGateways", {"VpnGateways": [{**VGW, "Tags": []}]}, Filters=there)
    with pytest.raises(AwsBusy, match="InvalidVpcState"):
        VpnGateway().create(account.aws, VpnGatewaySpec(amazon_side_asn=64700, vpc="vpc-1"), MARKS)
    account.done()


def test_a_vpn_gateway_leaves_its_vpc_before_it_is_deleted_and_says_what_holds_it() -> None:
    account = Stubbed("ec2")
    live = vpn_gateway(account.aws, VGW)
    account.expect("DetachVpnGateway", VpnGatewayId=live.id, VpcId="vpc-1")
    account.refuse("DeleteVpnGateway", "IncorrectState")
    with pytest.raises(AwsBusy):
        VpnGateway().delete(account.aws, live)
    connections = [{"VpnConnectionId": "vpn-1", "State": "available"}, {"VpnConnectionId": "vpn-0", "State": "deleted"}]
    chosen = [{"Name": "vpn-gateway-id", "Values": [live.id]}]
    account.expect("DescribeVpnConnections", {"VpnConnections": connections}, Filters=chosen)
    assert VpnGateway().holders(account.aws, live) == "vpn-1"
    account.done()


def test_two_vpn_gateways_for_one_vpc_are_found_before_any_call() -> None:
    found = problems(
        VPC.replace("VPC", "main")
        + manifest("VpnGateway", "one", "vpc: main")
        + manifest("VpnGateway", "two", "vpc: main")
        + manifest("VpnGateway", "three", "")
        + manifest("VpnGateway", "four", "")
    )
    assert sorted(each.partition(" (a.yaml:")[0] for each in found) == [
        "spec.vpc: VPC main has one attached as well",
        "spec.vpc: VPC main has two attached as well",
    ]


def test_a_plan_says_what_a_change_of_a_vpn_gateway_means() -> None:
    attached, elsewhere = VpnGatewaySpec(vpc="main"), VpnGatewaySpec(vpc="other")
    lost = ["VPC main loses its way to the VPN gateway"]
    assert list(VpnGateway().tell(Verb.UPDATE, attached, elsewhere)) == lost
    assert list(VpnGateway().tell(Verb.DELETE, attached, None)) == lost
    (said,) = VpnGateway().tell(Verb.REPLACE, attached, VpnGatewaySpec(vpc="main", amazon_side_asn=64700))
    assert said == "replaces the VPN gateway; its VPN connections move to the new one, and are down for some minutes"


def test_a_long_asn_has_a_parameter_and_a_reply_of_its_own() -> None:
    account = Stubbed("ec2")
    made = {
        "CustomerGatewayId": "cgw-1",
        "State": "pending",
        "BgpAsnExtended": "4200000000",
        "IpAddress": "203.0.113.12",
    }
    account.expect(
        "CreateCustomerGateway",
        {"CustomerGateway": made},
        Type="ipsec.1",
        BgpAsnExtended=4200000000,
        IpAddress="203.0.113.12",
        TagSpecifications=[{"ResourceType": "customer-gateway", "Tags": []}],
    )
    spec = CustomerGatewaySpec(ip_address="203.0.113.12", bgp_asn=4200000000)
    assert CustomerGateway().create(account.aws, spec, {}).pending == "AWS is still making it"
    account.done()
    assert customer_gateway(account.aws, made).spec == spec


def test_a_device_that_somebody_else_told_aws_of_is_not_taken_over_silently() -> None:
    """AWS answers a create that says the same with the one that is there: equal ones have one name, and are matched by it."""
    kind = CustomerGateway()
    one, same = (CustomerGatewaySpec(ip_address="203.0.113.12", tags={"a": tag}) for tag in "xy")
    assert kind.claim(one) == kind.claim(same)
    assert kind.claim(one) != kind.claim(one.model_copy(update={"device_name": "second"}))


def test_two_devices_that_aws_cannot_tell_apart_are_found_before_any_call() -> None:
    found = problems(
        manifest("CustomerGateway", "one", "ipAddress: 203.0.113.12")
        + manifest("CustomerGateway", "two", "ipAddress: 203.0.113.12, bgpAsn: 65000")
        + manifest("CustomerGateway", "three", "ipAddress: 203.0.113.12, deviceName: other")
    )
    assert [each.partition(" '")[0] for each in found] == [
        "metadata.name: more than one manifest wants the live CustomerGateway"
    ] * 2


def test_only_a_device_with_a_certificate_needs_no_address() -> None:
    (found,) = problems(manifest("CustomerGateway", "none", "bgpAsn: 65001"))
    assert found == "spec.ipAddress: is missing: only a device with a certificateArn needs none"
    certificate = "certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/1'"
    assert problems(manifest("CustomerGateway", "some", certificate)) == []


def test_an_address_is_an_address() -> None:
    (found,) = problems(manifest("CustomerGateway", "one", "ipAddress: 203.0.113.0/24"))
    assert found == "spec.ipAddress: '203.0.113.0/24' is no IP address; write it like 203.0.113.12"
