"""Attachments of a VPC to a transit gateway: the subnets through which the VPC's traffic goes to the gateway and comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, describe, tags_of
from controller.kinds.ec2.subnet import SubnetSpec
from controller.kinds.ec2.types import SubnetRef, Switch, TransitGatewayRef, VpcRef
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.spec import TaggedSpec

OPTIONS = {
    "dnsSupport": "DnsSupport",
    "ipv6Support": "Ipv6Support",
    "applianceModeSupport": "ApplianceModeSupport",
    "securityGroupReferencingSupport": "SecurityGroupReferencingSupport",
}
"""Our fields, and what they are called among AWS's Options."""
STATES = {
    "initiating": "AWS is still making it",
    "initiatingRequest": "AWS is still making it",
    "pending": "AWS is still making it",
    "modifying": "AWS is still changing it",
    "pendingAcceptance": "the owner of the transit gateway must accept it",
    "rejecting": "the owner of the transit gateway rejects it",
    "rejected": "the owner of the transit gateway has rejected it; delete it to ask once more",
    "rollingBack": "AWS could not make or change it, and takes back what it did",
    "failing": "AWS could not make it",
    "failed": "AWS could not make it; delete it, and it is made anew",
    "available": "",
}
"""What each state of an attachment that is there means; "" where it is ready."""


class TransitGatewayVpcAttachmentSpec(TaggedSpec):
    """An attachment of a VPC to a transit gateway."""

    transit_gateway: TransitGatewayRef = Field(
        description="The transit gateway, by manifest name or id (TransitGatewayId)."
    )
    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId).")
    subnets: frozenset[SubnetRef] = Field(
        min_length=1,
        description="One subnet of the VPC in each zone that is to reach the gateway, by manifest name or id (SubnetIds).",
    )
    dns_support: Switch = Field(
        default="enable", description="Whether public DNS names of other VPCs are answered with private addresses."
    )
    ipv6_support: Switch = Field(default="disable", description="Whether it carries IPv6.")
    appliance_mode_support: Switch = Field(
        default="disable",
        description="Whether both directions of a connection go through the same zone, as a firewall in the VPC needs it.",
    )
    security_group_referencing_support: Switch = Field(
        default="enable", description="Whether security groups may name groups of other attached VPCs."
    )


class TransitGatewayVpcAttachment(Ec2Kind[TransitGatewayVpcAttachmentSpec]):
    """Attachment of a VPC to a transit gateway.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachment.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachment.html"
    resource_type = "transit-gateway-attachment"
    reach = "parent"
    replace_on = frozenset({"transitGateway", "vpc"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The attachment's id.",
        "arn": "Its ARN.",
        "attachmentId": "Its id, by the name that all kinds of attachments have for it.",
    }
    reads = ("ec2:DescribeTransitGatewayVpcAttachments",)
    writes = (
        "ec2:CreateTransitGatewayVpcAttachment",
        "ec2:ModifyTransitGatewayVpcAttachment",
        "ec2:DeleteTransitGatewayVpcAttachment",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: TransitGatewayVpcAttachmentSpec) -> str:
        # AWS attaches a VPC to a gateway once.
        return f"{spec.transit_gateway}/{spec.vpc}"

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            if isinstance(manifest.spec, TransitGatewayVpcAttachmentSpec):
                yield from ((manifest, problem) for problem in _misplaced(manifest, manifest.spec, view))

    def tell(
        self,
        verb: Verb,
        before: TransitGatewayVpcAttachmentSpec | None,
        after: TransitGatewayVpcAttachmentSpec | None,
    ) -> Iterator[str]:
        if verb is Verb.DELETE and before:
            yield f"VPC {before.vpc} no longer reaches transit gateway {before.transit_gateway}"
        elif verb is Verb.UPDATE and before and after:
            gone = sorted(before.subnets - after.subnets)
            yield from (f"takes the attachment out of the zone of subnet {subnet}" for subnet in gone)

    def observe(
        self, aws: Aws, wanted: Wanted[TransitGatewayVpcAttachmentSpec]
    ) -> Iterator[Observed[TransitGatewayVpcAttachmentSpec]]:
        found = describe(aws, "TransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", state=STATES)
        for attachment in found:
            # The owner of a gateway is shown other accounts' attachments as well.
            if attachment.get("VpcOwnerId") == aws.account:
                yield translate(aws, attachment)

    def create(self, aws: Aws, spec: TransitGatewayVpcAttachmentSpec, tags: Mapping[str, str]) -> Made:
        attachment = aws.call(
            "ec2",
            "CreateTransitGatewayVpcAttachment",
            TransitGatewayId=spec.transit_gateway,
            VpcId=spec.vpc,
            SubnetIds=sorted(spec.subnets),
            Options=_options(spec, frozenset(OPTIONS)),
            TagSpecifications=self.tagged(tags),
        )["TransitGatewayVpcAttachment"]
        made = translate(aws, attachment)
        return Made(made.id, made.outputs, made.pending)

    def update(
        self,
        aws: Aws,
        live: Observed[TransitGatewayVpcAttachmentSpec],
        spec: TransitGatewayVpcAttachmentSpec,
        changed: frozenset[str],
    ) -> None:
        options = _options(spec, changed)
        change: dict[str, Any] = {"Options": options} if options else {}
        # Both at once: a zone has room for one subnet, and a zone whose subnet goes and comes back later is cut off between.
        moves = {"AddSubnetIds": spec.subnets - live.spec.subnets, "RemoveSubnetIds": live.spec.subnets - spec.subnets}
        change |= {name: sorted(subnets) for name, subnets in moves.items() if subnets}
        aws.call("ec2", "ModifyTransitGatewayVpcAttachment", TransitGatewayAttachmentId=live.id, **change)

    def delete(self, aws: Aws, live: Observed[TransitGatewayVpcAttachmentSpec]) -> None:
        aws.call("ec2", "DeleteTransitGatewayVpcAttachment", TransitGatewayAttachmentId=live.id)


def _options(spec: TransitGatewayVpcAttachmentSpec, fields: frozenset[str]) -> dict[str, Any]:
    values = spec.model_dump(by_alias=True)
    return {OPTIONS[field]: values[field] for field in sorted(fields & OPTIONS.keys())}


def translate(aws: Aws, attachment: Mapping[str, Any]) -> Observed[TransitGatewayVpcAttachmentSpec]:
    """The attachment of a DescribeTransitGatewayVpcAttachments reply."""
    id_, options = attachment["TransitGatewayAttachmentId"], attachment.get("Options", {})
    reported: dict[str, Any] = {field: options.get(name) for field, name in OPTIONS.items()}
    spec = TransitGatewayVpcAttachmentSpec.model_construct(
        transit_gateway=attachment["TransitGatewayId"],
        vpc=attachment["VpcId"],
        subnets=frozenset(attachment.get("SubnetIds", ())),
        tags={},
        **reported,
    )
    arn = f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:transit-gateway-attachment/{id_}"
    outputs = {"id": id_, "arn": arn, "attachmentId": id_}
    return Observed(id_, spec, tags_of(attachment), outputs, STATES[attachment["State"]])


def _misplaced(manifest: Manifest, spec: TransitGatewayVpcAttachmentSpec, view: View) -> Iterator[Problem]:
    """Subnets of another VPC, and two subnets in one zone."""
    found = ((name, view.find("ec2/Subnet", name)) for name in sorted(spec.subnets))
    subnets = {name: each.spec for name, each in found if each is not None and isinstance(each.spec, SubnetSpec)}
    for name, subnet in subnets.items():
        if view.find("ec2/Vpc", subnet.vpc) != view.find("ec2/Vpc", spec.vpc):
            yield manifest.problem("subnets", f"subnet {name} is in VPC {subnet.vpc}, not in {spec.vpc}")
    for (one, its), (other, theirs) in combinations(subnets.items(), 2):
        if its.availability_zone and its.availability_zone == theirs.availability_zone:
            said = f"subnets {one} and {other} are both in {its.availability_zone}; AWS takes one in each zone"
            yield manifest.problem("subnets", said)
