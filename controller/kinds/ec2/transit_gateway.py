"""Transit gateways: a router that joins VPCs, VPN connections and Direct Connect in one region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, describe, tags_of
from controller.kinds.ec2.types import PrivateAsn, Switch
from controller.model.cidr import Cidr, overlapping, parse_cidr
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

OPTIONS = {
    "amazonSideAsn": "AmazonSideAsn",
    "autoAcceptSharedAttachments": "AutoAcceptSharedAttachments",
    "defaultRouteTableAssociation": "DefaultRouteTableAssociation",
    "defaultRouteTablePropagation": "DefaultRouteTablePropagation",
    "dnsSupport": "DnsSupport",
    "securityGroupReferencingSupport": "SecurityGroupReferencingSupport",
    "vpnEcmpSupport": "VpnEcmpSupport",
}
"""Our fields that ModifyTransitGateway changes, all in one call."""


class TransitGatewaySpec(TaggedSpec):
    """A transit gateway."""

    description: str = Field(default="", max_length=255, description="What it is for.")
    amazon_side_asn: PrivateAsn = Field(
        default=64512,
        description="The private ASN of Amazon's side of BGP sessions. AWS changes it only while no VPN connection and no "
        "Direct Connect gateway is attached.",
    )
    auto_accept_shared_attachments: Switch = Field(
        default="disable", description="Whether other accounts' attachments are accepted without being asked about."
    )
    default_route_table_association: Switch = Field(
        default="enable",
        description="Whether new attachments are associated with the default route table. `disable` it where "
        "TransitGatewayRouteTable manifests say what is associated with what.",
    )
    default_route_table_propagation: Switch = Field(
        default="enable", description="Whether new attachments propagate their routes to the default route table."
    )
    dns_support: Switch = Field(
        default="enable", description="Whether public DNS names of other VPCs are answered with private addresses."
    )
    security_group_referencing_support: Switch = Field(
        default="disable", description="Whether security groups may name groups of other attached VPCs."
    )
    vpn_ecmp_support: Switch = Field(
        default="enable", description="Whether traffic is spread over several VPN tunnels of equal cost."
    )
    multicast_support: Switch = Field(default="disable", description="Whether it carries multicast.")
    transit_gateway_cidr_blocks: frozenset[Cidr] = Field(
        default=frozenset(),
        description="The gateway's own ranges for Connect attachments and private VPN: IPv4 of /24 or larger, IPv6 of /64 or "
        "larger. Any other is taken away.",
    )


class TransitGateway(Ec2Kind[TransitGatewaySpec]):
    """Transit gateway.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGateway.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGateway.html"
    resource_type = "transit-gateway"
    replace_on = frozenset({"multicastSupport"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The gateway's id.",
        "arn": "Its ARN.",
        "associationDefaultRouteTableId": "The id of the table that new attachments are associated with, if there is one.",
        "propagationDefaultRouteTableId": "The id of the table that new attachments propagate to, if there is one.",
    }
    reads = ("ec2:DescribeTransitGateways",)
    writes = (
        "ec2:CreateTransitGateway",
        "ec2:ModifyTransitGateway",
        "ec2:DeleteTransitGateway",
        "ec2:DescribeTransitGatewayAttachments",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, TransitGatewaySpec):
            yield from _doubts(manifest, manifest.spec)

    def tell(self, verb: Verb, before: TransitGatewaySpec | None, after: TransitGatewaySpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the transit gateway; everything attached to it is attached anew"
        elif before and after and before.amazon_side_asn != after.amazon_side_asn:
            yield f"changes the ASN of Amazon's side from {before.amazon_side_asn} to {after.amazon_side_asn}"

    def observe(self, aws: Aws, wanted: Wanted[TransitGatewaySpec]) -> Iterator[Observed[TransitGatewaySpec]]:
        for gateway in gateways(aws):
            yield translate(gateway)

    def create(self, aws: Aws, spec: TransitGatewaySpec, tags: Mapping[str, str]) -> Made:
        blocks = sorted(spec.transit_gateway_cidr_blocks)
        options = {**_options(spec, frozenset(OPTIONS)), "MulticastSupport": spec.multicast_support}
        gateway = aws.call(
            "ec2",
            "CreateTransitGateway",
            **({"Description": spec.description} if spec.description else {}),
            Options={**options, **({"TransitGatewayCidrBlocks": blocks} if blocks else {})},
            TagSpecifications=self.tagged(tags),
        )["TransitGateway"]
        made = translate(gateway)
        return Made(made.id, made.outputs, made.pending)

    def update(
        self, aws: Aws, live: Observed[TransitGatewaySpec], spec: TransitGatewaySpec, changed: frozenset[str]
    ) -> None:
        options = _options(spec, changed)
        if "transitGatewayCidrBlocks" in changed:
            new, old = spec.transit_gateway_cidr_blocks, live.spec.transit_gateway_cidr_blocks
            moves = {"AddTransitGatewayCidrBlocks": new - old, "RemoveTransitGatewayCidrBlocks": old - new}
            options |= {name: sorted(blocks) for name, blocks in moves.items() if blocks}
        change: dict[str, Any] = {"Options": options} if options else {}
        if "description" in changed:
            change["Description"] = spec.description
        aws.call("ec2", "ModifyTransitGateway", TransitGatewayId=live.id, **change)

    def delete(self, aws: Aws, live: Observed[TransitGatewaySpec]) -> None:
        aws.call("ec2", "DeleteTransitGateway", TransitGatewayId=live.id)

    def holders(self, aws: Aws, live: Observed[TransitGatewaySpec]) -> str:
        chosen = [{"Name": "transit-gateway-id", "Values": [live.id]}]
        found = aws.call("ec2", "DescribeTransitGatewayAttachments", Filters=chosen)["TransitGatewayAttachments"]
        return ", ".join(
            f"{item['TransitGatewayAttachmentId']} ({item['ResourceType']} {item['ResourceId']})"
            for item in found
            if item.get("State") != "deleted"
        )


def gateways(aws: Aws) -> tuple[Mapping[str, Any], ...]:
    """The account's own transit gateways; others may be shared with it."""
    states = ("available", "modifying", "pending")
    return describe(aws, "TransitGateways", "TransitGateways", owner_id=aws.account, state=states)


def _options(spec: TransitGatewaySpec, fields: frozenset[str]) -> dict[str, Any]:
    values = spec.model_dump(by_alias=True)
    return {OPTIONS[field]: values[field] for field in sorted(fields & OPTIONS.keys())}


def translate(gateway: Mapping[str, Any]) -> Observed[TransitGatewaySpec]:
    """The gateway of a DescribeTransitGateways reply."""
    id_, options = gateway["TransitGatewayId"], gateway.get("Options", {})
    reported: dict[str, Any] = {
        field: options.get(name) for field, name in {**OPTIONS, "multicastSupport": "MulticastSupport"}.items()
    }
    spec = TransitGatewaySpec.model_construct(
        description=gateway.get("Description", ""),
        transit_gateway_cidr_blocks=frozenset(
            str(parse_cidr(block)) for block in options.get("TransitGatewayCidrBlocks", ())
        ),
        tags={},
        **reported,
    )
    tables = ("AssociationDefaultRouteTableId", "PropagationDefaultRouteTableId")
    outputs = {
        "id": id_,
        "arn": gateway["TransitGatewayArn"],
        **{f"{name[0].lower()}{name[1:]}": options[name] for name in tables if options.get(name)},
    }
    state = gateway.get("State")
    pending = {"pending": "AWS is still making it", "modifying": "AWS is still changing it"}.get(str(state), "")
    return Observed(id_, spec, tags_of(gateway), outputs, pending)


def _doubts(manifest: Manifest, spec: TransitGatewaySpec) -> Iterator[Problem]:
    blocks = sorted(spec.transit_gateway_cidr_blocks)
    for block in blocks:
        network = parse_cidr(block)
        if network.prefixlen > (24 if network.version == 4 else 64):
            found = f"{block} is too small: AWS takes an IPv4 /24 or larger, or an IPv6 /64 or larger"
            yield manifest.problem("transitGatewayCidrBlocks", found)
    for one, other in overlapping(blocks):
        yield manifest.problem("transitGatewayCidrBlocks", f"{one} and {other} overlap")
