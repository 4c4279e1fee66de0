"""Internet gateways: a VPC's way to and from the internet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import AwsBusy, NotFound
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, network_interfaces, one_each, tags_of
from controller.kinds.ec2.types import VpcRef
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.spec import TaggedSpec

ATTACHED = ("available", "attaching", "attached")


class InternetGatewaySpec(TaggedSpec):
    """An internet gateway."""

    vpc: VpcRef = Field(
        default="",
        description="The VPC that it is attached to, by manifest name or id (VPCGatewayAttachment); empty: none. A VPC takes one.",
    )


class InternetGateway(Ec2Kind[InternetGatewaySpec]):
    """Internet gateway.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html"
    resource_type = "internet-gateway"
    outputs: ClassVar[Mapping[str, str]] = {"id": "The gateway's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeInternetGateways",)
    writes = (
        "ec2:CreateInternetGateway",
        "ec2:AttachInternetGateway",
        "ec2:DetachInternetGateway",
        "ec2:DeleteInternetGateway",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        yield from one_each(
            mine, "vpc", lambda spec: [spec.vpc] if spec.vpc else [], "VPC {} has {} already; AWS takes one"
        )

    def tell(self, verb: Verb, before: InternetGatewaySpec | None, after: InternetGatewaySpec | None) -> Iterator[str]:
        old, new = before.vpc if before else "", after.vpc if after else ""
        if old and old != new:
            yield f"cuts VPC {old} off from the internet"
        if new and old != new:
            yield f"connects VPC {new} to the internet"

    def observe(self, aws: Aws, wanted: Wanted[InternetGatewaySpec]) -> Iterator[Observed[InternetGatewaySpec]]:
        for gateway in describe(aws, "InternetGateways", "InternetGateways"):
            if gateway.get("OwnerId", aws.account) == aws.account:
                yield translate(aws, gateway)

    def create(self, aws: Aws, spec: InternetGatewaySpec, tags: Mapping[str, str]) -> Made:
        made = translate(
            aws, aws.call("ec2", "CreateInternetGateway", TagSpecifications=self.tagged(tags))["InternetGateway"]
        )
        if spec.vpc:
            aws.call("ec2", "AttachInternetGateway", InternetGatewayId=made.id, VpcId=spec.vpc)
        return Made(made.id, made.outputs)

    def update(
        self, aws: Aws, live: Observed[InternetGatewaySpec], spec: InternetGatewaySpec, changed: frozenset[str]
    ) -> None:
        if "vpc" in changed:  # a gateway is attached to one VPC at a time
            _detach(aws, live)
            if spec.vpc:
                aws.call("ec2", "AttachInternetGateway", InternetGatewayId=live.id, VpcId=spec.vpc)

    def delete(self, aws: Aws, live: Observed[InternetGatewaySpec]) -> None:
        _detach(aws, live)
        aws.call("ec2", "DeleteInternetGateway", InternetGatewayId=live.id)

    def holders(self, aws: Aws, live: Observed[InternetGatewaySpec]) -> str:
        """What has a public address in the VPC: until it lets go, the gateway cannot be detached."""
        public = {"vpc-id": live.spec.vpc, "association.public-ip": "*"}
        return network_interfaces(aws, **public) if live.spec.vpc else ""


def _detach(aws: Aws, live: Observed[InternetGatewaySpec]) -> None:
    if not live.spec.vpc:
        return
    try:
        with suppress(NotFound):
            aws.call("ec2", "DetachInternetGateway", InternetGatewayId=live.id, VpcId=live.spec.vpc)
    except AwsBusy as busy:
        if busy.code != "Gateway.NotAttached":  # else somebody was faster
            raise


def translate(aws: Aws, gateway: Mapping[str, Any]) -> Observed[InternetGatewaySpec]:
    """The gateway of a DescribeInternetGateways reply."""
    id_ = gateway["InternetGatewayId"]
    vpcs = [found["VpcId"] for found in gateway.get("Attachments", ()) if found.get("State") in ATTACHED]
    spec = InternetGatewaySpec(vpc=next(iter(vpcs), ""))
    return Observed(id_, spec, tags_of(gateway), {"id": id_, "arn": arn_of(aws, "internet-gateway", id_)})
