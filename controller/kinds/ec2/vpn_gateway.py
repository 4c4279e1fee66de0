"""Virtual private gateways: AWS's end of VPN connections and Direct Connect for one VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import AwsBusy, NotFound
from controller.kinds.ec2.api import Ec2Kind, describe, tags_of
from controller.kinds.ec2.types import PrivateAsn, VpcRef
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.spec import TaggedSpec

MARKS = ("trueup:scope", "trueup:manifest")
"""The tags that tell which manifest a gateway was made for."""


class VpnGatewaySpec(TaggedSpec):
    """A virtual private gateway."""

    amazon_side_asn: PrivateAsn = Field(
        default=64512, description="The private ASN of Amazon's side of BGP sessions, which AWS cannot change."
    )
    vpc: VpcRef = Field(
        default="",
        description="The VPC that it is attached to, by manifest name or id; empty: none. A VPC has room for one.",
    )


class VpnGateway(Ec2Kind[VpnGatewaySpec]):
    """Virtual private gateway (type ipsec.1, which is the only one).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnGateway.html
    Observation: 1 call.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnGateway.html"
    resource_type = "vpn-gateway"
    replace_on = frozenset({"amazonSideAsn"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The gateway's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeVpnGateways",)
    writes = (
        "ec2:CreateVpnGateway",
        "ec2:DeleteVpnGateway",
        "ec2:AttachVpnGateway",
        "ec2:DetachVpnGateway",
        "ec2:DescribeVpnConnections",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        holder: dict[str, Manifest] = {}
        for manifest in mine:
            vpc = manifest.spec.vpc if isinstance(manifest.spec, VpnGatewaySpec) else ""
            other = holder.setdefault(vpc, manifest) if vpc else manifest
            if other is not manifest:
                for one, rival in ((manifest, other), (other, manifest)):
                    said = f"VPC {vpc} has {rival.address.name} attached as well ({rival.position('vpc')})"
                    yield one, one.problem("vpc", said, "a VPC has room for one VPN gateway")

    def tell(self, verb: Verb, before: VpnGatewaySpec | None, after: VpnGatewaySpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the VPN gateway; its VPN connections move to the new one, and are down for some minutes"
        elif before and before.vpc and (after is None or after.vpc != before.vpc):
            yield f"VPC {before.vpc} loses its way to the VPN gateway"

    def observe(self, aws: Aws, wanted: Wanted[VpnGatewaySpec]) -> Iterator[Observed[VpnGatewaySpec]]:
        for gateway in describe(aws, "VpnGateways", "VpnGateways", page_size=0, state=("available", "pending")):
            yield translate(aws, gateway)

    def create(self, aws: Aws, spec: VpnGatewaySpec, tags: Mapping[str, str]) -> Made:
        gateway = aws.call(
            "ec2",
            "CreateVpnGateway",
            Type="ipsec.1",
            AmazonSideAsn=spec.amazon_side_asn,
            TagSpecifications=self.tagged(tags),
        )["VpnGateway"]
        made = translate(aws, gateway)
        if spec.vpc:
            _attach(aws, made.id, spec.vpc, tags)
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[VpnGatewaySpec], spec: VpnGatewaySpec, changed: frozenset[str]) -> None:
        if live.spec.vpc:  # it has room for one
            _detach(aws, live.id, live.spec.vpc)
        if spec.vpc:
            _attach(aws, live.id, spec.vpc, live.tags or {})

    def delete(self, aws: Aws, live: Observed[VpnGatewaySpec]) -> None:
        if live.spec.vpc:
            _detach(aws, live.id, live.spec.vpc)
        # Refused as long as it is on its way out of the VPC; the next pass asks again.
        aws.call("ec2", "DeleteVpnGateway", VpnGatewayId=live.id)

    def holders(self, aws: Aws, live: Observed[VpnGatewaySpec]) -> str:
        gateway = [{"Name": "vpn-gateway-id", "Values": [live.id]}]
        found = aws.call("ec2", "DescribeVpnConnections", Filters=gateway)["VpnConnections"]
        return ", ".join(item["VpnConnectionId"] for item in found if item.get("State") != "deleted")


def _attach(aws: Aws, gateway: str, vpc: str, tags: Mapping[str, str]) -> None:
    """Attach a gateway to a VPC. Where the VPC still has the gateway that this one replaces, its connections must move first:
    so nothing is said, they go on, the old one goes, and a later pass attaches the new one."""
    try:
        aws.call("ec2", "AttachVpnGateway", VpnGatewayId=gateway, VpcId=vpc)
    except AwsBusy:
        there = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        marks = {mark: tags.get(mark) for mark in MARKS}
        for other in aws.call("ec2", "DescribeVpnGateways", Filters=there)["VpnGateways"]:
            theirs = tags_of(other)
            if other["VpnGatewayId"] != gateway and {mark: theirs.get(mark) for mark in MARKS} == marks:
                return
        raise


def _detach(aws: Aws, gateway: str, vpc: str) -> None:
    with suppress(NotFound):
        aws.call("ec2", "DetachVpnGateway", VpnGatewayId=gateway, VpcId=vpc)


def translate(aws: Aws, gateway: Mapping[str, Any]) -> Observed[VpnGatewaySpec]:
    """The gateway of a DescribeVpnGateways reply. On its way out of a VPC, it is unknown where it is to go."""
    id_ = gateway["VpnGatewayId"]
    by_state = {each["State"]: each["VpcId"] for each in gateway.get("VpcAttachments", ())}
    vpc: str | None = by_state.get("attached") or by_state.get("attaching") or ""
    pending = "AWS is still making it" if gateway.get("State") == "pending" else ""
    if not vpc and "detaching" in by_state:
        vpc, pending = None, f"AWS is still detaching it from {by_state['detaching']}"
    elif "attaching" in by_state:
        pending = f"AWS is still attaching it to {vpc}"
    fields: dict[str, Any] = {"vpc": vpc, "amazon_side_asn": gateway.get("AmazonSideAsn")}
    spec = VpnGatewaySpec.model_construct(tags={}, **fields)
    arn = f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:vpn-gateway/{id_}"
    return Observed(id_, spec, tags_of(gateway), {"id": id_, "arn": arn}, pending)
