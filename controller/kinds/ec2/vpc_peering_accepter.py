"""The other side of a VPC peering connection: consent to what another account or region has asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, tags_of, to_list
from controller.kinds.ec2.types import VpcPeeringConnectionRef
from controller.kinds.ec2.vpc_peering_connection import (
    ACCEPTED,
    DNS,
    accept,
    connections,
    dns,
    here,
    outputs_of,
    pending,
)
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.spec import TaggedSpec


class VpcPeeringAccepterSpec(TaggedSpec):
    """The accepting side of a VPC peering connection."""

    connection: VpcPeeringConnectionRef = Field(
        description="The connection that is accepted, by `scope/name` of the VpcPeeringConnection that asks, or by id."
    )
    allow_dns_resolution_from_remote_vpc: bool = Field(
        default=False,
        description="Whether names of our VPC's hosts are private addresses to the other VPC (AccepterPeeringConnectionOptions).",
    )


class VpcPeeringAccepter(Ec2Kind[VpcPeeringAccepterSpec]):
    """The accepting side of a VPC peering connection with another account or region.

    CloudFormation has no such type, so its name is ours: there, the side that asks takes on a role of the other account's
    (PeerRoleArn). Here each side stands in its own scope and needs no more than its own account's rights. Each side has its own
    tags. Where git names the accepter no more, consent is withdrawn: the connection is deleted.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AcceptVpcPeeringConnection.html
    Observation: ceil(n / 1000) calls, which VpcPeeringConnection shares.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AcceptVpcPeeringConnection.html"
    resource_type = "vpc-peering-connection"
    replace_on = frozenset({"connection"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The connection's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeVpcPeeringConnections",)
    writes = (
        "ec2:AcceptVpcPeeringConnection",
        "ec2:ModifyVpcPeeringConnectionOptions",
        "ec2:DeleteVpcPeeringConnection",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: VpcPeeringAccepterSpec) -> str:
        return spec.connection

    def tell(
        self, verb: Verb, before: VpcPeeringAccepterSpec | None, after: VpcPeeringAccepterSpec | None
    ) -> Iterator[str]:
        if before and (after is None or before.connection != after.connection):
            yield f"cuts the peering connection {before.connection}"
        if after and (before is None or before.connection != after.connection):
            yield f"accepts the peering connection {after.connection}: its VPC reaches ours, as far as route tables say so"

    def observe(self, aws: Aws, wanted: Wanted[VpcPeeringAccepterSpec]) -> Iterator[Observed[VpcPeeringAccepterSpec]]:
        for found in connections(aws):
            ours = here(aws, found["AccepterVpcInfo"]) and not here(aws, found["RequesterVpcInfo"])
            if ours and found["Status"]["Code"] in ACCEPTED:
                yield translate(aws, found)

    def create(self, aws: Aws, spec: VpcPeeringAccepterSpec, tags: Mapping[str, str]) -> Made:
        # Tags first: what is accepted and has none would look as if somebody else had accepted it.
        aws.call("ec2", "CreateTags", Resources=[spec.connection], Tags=to_list(tags))
        made = translate(aws, accept(aws, spec.connection))
        return Made(made.id, made.outputs, made.pending)

    def update(
        self, aws: Aws, live: Observed[VpcPeeringAccepterSpec], spec: VpcPeeringAccepterSpec, changed: frozenset[str]
    ) -> None:
        if "allowDnsResolutionFromRemoteVpc" in changed:
            options: dict[str, Any] = {DNS: spec.allow_dns_resolution_from_remote_vpc}
            aws.call(
                "ec2",
                "ModifyVpcPeeringConnectionOptions",
                VpcPeeringConnectionId=live.id,
                AccepterPeeringConnectionOptions=options,
            )

    def delete(self, aws: Aws, live: Observed[VpcPeeringAccepterSpec]) -> None:
        aws.call("ec2", "DeleteVpcPeeringConnection", VpcPeeringConnectionId=live.id)


def translate(aws: Aws, found: Mapping[str, Any]) -> Observed[VpcPeeringAccepterSpec]:
    """The connection of a DescribeVpcPeeringConnections reply, as its accepting side."""
    id_ = found["VpcPeeringConnectionId"]
    known: dict[str, Any] = {"allow_dns_resolution_from_remote_vpc": dns(found, "AccepterVpcInfo")}
    spec = VpcPeeringAccepterSpec.model_construct(connection=id_, tags={}, **known)
    return Observed(id_, spec, tags_of(found), outputs_of(aws, id_), pending(found))
