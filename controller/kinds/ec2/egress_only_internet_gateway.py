"""Egress-only internet gateways: a VPC's way out over IPv6, which nobody comes in by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, one_each, tags_of
from controller.kinds.ec2.internet_gateway import ATTACHED
from controller.kinds.ec2.types import VpcRef
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.spec import TaggedSpec

PAGE = 255
"""AWS gives no more of them in a page."""


class EgressOnlyInternetGatewaySpec(TaggedSpec):
    """An egress-only internet gateway."""

    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId). A VPC takes one.")


class EgressOnlyInternetGateway(Ec2Kind[EgressOnlyInternetGatewaySpec]):
    """Egress-only internet gateway, for IPv6.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateEgressOnlyInternetGateway.html
    Observation: ceil(n / 255) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateEgressOnlyInternetGateway.html"
    resource_type = "egress-only-internet-gateway"
    replace_on = frozenset({"vpc"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The gateway's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeEgressOnlyInternetGateways",)
    writes = (
        "ec2:CreateEgressOnlyInternetGateway",
        "ec2:DeleteEgressOnlyInternetGateway",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        yield from one_each(mine, "vpc", lambda spec: [spec.vpc], "VPC {} has {} already; AWS takes one")

    def observe(
        self, aws: Aws, wanted: Wanted[EgressOnlyInternetGatewaySpec]
    ) -> Iterator[Observed[EgressOnlyInternetGatewaySpec]]:
        what = "EgressOnlyInternetGateways"
        for gateway in describe(aws, "EgressOnlyInternetGateways", what, page_size=PAGE):
            if any(found.get("State") in ATTACHED for found in gateway.get("Attachments", ())):
                yield translate(aws, gateway)

    def create(self, aws: Aws, spec: EgressOnlyInternetGatewaySpec, tags: Mapping[str, str]) -> Made:
        reply = aws.call("ec2", "CreateEgressOnlyInternetGateway", VpcId=spec.vpc, TagSpecifications=self.tagged(tags))
        made = translate(aws, reply["EgressOnlyInternetGateway"])
        return Made(made.id, made.outputs, made.pending)

    def update(
        self,
        aws: Aws,
        live: Observed[EgressOnlyInternetGatewaySpec],
        spec: EgressOnlyInternetGatewaySpec,
        changed: frozenset[str],
    ) -> None:
        """All that can differ makes it another gateway."""

    def delete(self, aws: Aws, live: Observed[EgressOnlyInternetGatewaySpec]) -> None:
        aws.call("ec2", "DeleteEgressOnlyInternetGateway", EgressOnlyInternetGatewayId=live.id)


def translate(aws: Aws, gateway: Mapping[str, Any]) -> Observed[EgressOnlyInternetGatewaySpec]:
    """The gateway of a DescribeEgressOnlyInternetGateways reply."""
    id_ = gateway["EgressOnlyInternetGatewayId"]
    attachment = next(found for found in gateway["Attachments"] if found.get("State") in ATTACHED)
    pending = "AWS is still attaching it" if attachment["State"] == "attaching" else ""
    outputs = {"id": id_, "arn": arn_of(aws, "egress-only-internet-gateway", id_)}
    return Observed(id_, EgressOnlyInternetGatewaySpec(vpc=attachment["VpcId"]), tags_of(gateway), outputs, pending)
