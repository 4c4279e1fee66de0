"""VPC peering connections, as the side that asks for one sees them. The other side is a VpcPeeringAccepter, unless both VPCs
are in one account and region: then asking is enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Annotated, Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import AwsBusy, NotFound
from controller.kinds.ec2.api import Ec2Kind, Items, arn_of, describe, tags_of
from controller.kinds.ec2.types import VpcRef
from controller.kinds.ec2.vpc import VpcSpec
from controller.model.cidr import overlapping
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.reference import Ref
from controller.model.spec import TaggedSpec

ACCEPTED = ("provisioning", "active")
LIVE = ("initiating-request", "pending-acceptance", *ACCEPTED)
"""States of what is there; a connection that was refused, failed, expired or was deleted stays in sight, but can never be used."""
DNS = "AllowDnsResolutionFromRemoteVpc"


PeerVpcRef = Annotated[str, Ref("ec2/Vpc", output="arn", literal=r"arn:aws[\w-]*:ec2:[\w-]+:\d{12}:vpc/vpc-\w+")]
"""By its ARN, since an id alone does not say whose it is."""


class VpcPeeringConnectionSpec(TaggedSpec):
    """A VPC peering connection."""

    vpc: VpcRef = Field(description="The VPC that asks, by manifest name or id (VpcId).")
    peer_vpc: PeerVpcRef = Field(
        description="The VPC that is asked, by manifest name, by `scope/name` where it is another scope's, or by its ARN "
        "(PeerVpcId, PeerOwnerId and PeerRegion in one)."
    )
    allow_dns_resolution_from_remote_vpc: bool = Field(
        default=False,
        description="Whether names of our VPC's hosts are private addresses to the other VPC (RequesterPeeringConnectionOptions).",
    )
    peer_allow_dns_resolution_from_remote_vpc: bool | None = Field(
        default=None,
        description="The same of the other VPC (AccepterPeeringConnectionOptions), where it is in this account and region; else "
        "its VpcPeeringAccepter says so. Unset: left alone.",
    )


class VpcPeeringConnection(Ec2Kind[VpcPeeringConnectionSpec]):
    """VPC peering connection, which is accepted too where both VPCs are in the scope's account and region.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcPeeringConnection.html
    Observation: ceil(n / 1000) calls, which VpcPeeringAccepter shares.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcPeeringConnection.html"
    resource_type = "vpc-peering-connection"
    replace_on = frozenset({"vpc", "peerVpc"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The connection's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeVpcPeeringConnections",)
    writes = (
        "ec2:CreateVpcPeeringConnection",
        "ec2:AcceptVpcPeeringConnection",
        "ec2:ModifyVpcPeeringConnectionOptions",
        "ec2:DeleteVpcPeeringConnection",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def same_slot(self, spec: VpcPeeringConnectionSpec, live: VpcPeeringConnectionSpec) -> bool:
        return _pair(spec) == _pair(live)  # AWS has one connection between two VPCs, whichever asked

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            if isinstance(manifest.spec, VpcPeeringConnectionSpec):
                ours, theirs = (view.find("ec2/Vpc", name) for name in (manifest.spec.vpc, manifest.spec.peer_vpc))
                for one, other in product(_ranges(ours), _ranges(theirs)):
                    if theirs and overlapping([one, other]):
                        found = f"{other} of {theirs.address.name} ({theirs.where}) overlaps with {one} of {manifest.spec.vpc}"
                        yield (
                            manifest,
                            manifest.problem("peerVpc", found, "VPCs with addresses in common cannot be peers"),
                        )

    def tell(
        self, verb: Verb, before: VpcPeeringConnectionSpec | None, after: VpcPeeringConnectionSpec | None
    ) -> Iterator[str]:
        if before and (after is None or _pair(before) != _pair(after)):
            yield f"cuts VPC {before.vpc} and VPC {before.peer_vpc} off from each other"
        if after and (before is None or _pair(before) != _pair(after)):
            yield f"connects VPC {after.vpc} with VPC {after.peer_vpc}, as far as route tables say so"

    def observe(
        self, aws: Aws, wanted: Wanted[VpcPeeringConnectionSpec]
    ) -> Iterator[Observed[VpcPeeringConnectionSpec]]:
        for found in connections(aws):
            if here(aws, found["RequesterVpcInfo"]):
                yield translate(aws, found)

    def create(self, aws: Aws, spec: VpcPeeringConnectionSpec, tags: Mapping[str, str]) -> Made:
        region, account, peer = _parts(spec.peer_vpc)
        found = aws.call(
            "ec2",
            "CreateVpcPeeringConnection",
            VpcId=spec.vpc,
            PeerVpcId=peer,
            PeerOwnerId=account,
            PeerRegion=region,
            TagSpecifications=self.tagged(tags),
        )["VpcPeeringConnection"]
        made = translate(aws, found)
        if (region, account) == (aws.region, aws.account):
            with suppress(AwsBusy, NotFound):  # too new: a later pass accepts it
                made = translate(aws, accept(aws, made.id))
        return Made(made.id, made.outputs, made.pending)

    def update(
        self,
        aws: Aws,
        live: Observed[VpcPeeringConnectionSpec],
        spec: VpcPeeringConnectionSpec,
        changed: frozenset[str],
    ) -> None:
        if live.undone:
            accept(aws, live.id)
        sides = {
            "allowDnsResolutionFromRemoteVpc": ("Requester", spec.allow_dns_resolution_from_remote_vpc),
            "peerAllowDnsResolutionFromRemoteVpc": ("Accepter", spec.peer_allow_dns_resolution_from_remote_vpc),
        }
        options: dict[str, Any] = {
            f"{side}PeeringConnectionOptions": {DNS: allow}
            for field, (side, allow) in sides.items()
            if field in changed
        }
        if options:
            aws.call("ec2", "ModifyVpcPeeringConnectionOptions", VpcPeeringConnectionId=live.id, **options)

    def delete(self, aws: Aws, live: Observed[VpcPeeringConnectionSpec]) -> None:
        aws.call("ec2", "DeleteVpcPeeringConnection", VpcPeeringConnectionId=live.id)


def connections(aws: Aws) -> Items:
    """The connections that this account and region takes part in, on either side."""
    found = describe(aws, "VpcPeeringConnections", "VpcPeeringConnections", status_code=LIVE)
    return tuple(each for each in found if each["Status"]["Code"] in LIVE)


def here(aws: Aws, side: Mapping[str, Any]) -> bool:
    """Whether a side's VPC is in the scope's account and region."""
    return (side["OwnerId"], side["Region"]) == (aws.account, aws.region)


def accept(aws: Aws, id_: str) -> Mapping[str, Any]:
    """Accept a connection; what AWS then says of it."""
    reply = aws.call("ec2", "AcceptVpcPeeringConnection", VpcPeeringConnectionId=id_)
    found: Mapping[str, Any] = reply["VpcPeeringConnection"]
    return found


def dns(found: Mapping[str, Any], side: str) -> bool | None:
    """A side's DNS option; None where AWS does not say, as it does only of connections that are active."""
    told = found[side].get("PeeringOptions", {}).get(DNS)
    return bool(told) if found["Status"]["Code"] == "active" and told is not None else None


def pending(found: Mapping[str, Any]) -> str:
    """Why a connection cannot be used yet."""
    theirs = found["AccepterVpcInfo"]
    waits = f"waits to be accepted: account {theirs['OwnerId']}, region {theirs.get('Region', 'unknown')}"
    state = found["Status"]["Code"]
    return {"pending-acceptance": waits, "active": ""}.get(state, f"AWS is still making it ({state})")


def outputs_of(aws: Aws, id_: str) -> dict[str, str]:
    """What others may refer to of a connection."""
    return {"id": id_, "arn": arn_of(aws, "vpc-peering-connection", id_)}


def translate(aws: Aws, found: Mapping[str, Any]) -> Observed[VpcPeeringConnectionSpec]:
    """The connection of a DescribeVpcPeeringConnections reply."""
    id_, ours, theirs = found["VpcPeeringConnectionId"], found["RequesterVpcInfo"], found["AccepterVpcInfo"]
    known: dict[str, Any] = {
        "allow_dns_resolution_from_remote_vpc": dns(found, "RequesterVpcInfo"),
        "peer_allow_dns_resolution_from_remote_vpc": dns(found, "AccepterVpcInfo"),
    }
    spec = VpcPeeringConnectionSpec.model_construct(
        vpc=ours["VpcId"],
        peer_vpc=f"arn:{aws.partition}:ec2:{theirs['Region']}:{theirs['OwnerId']}:vpc/{theirs['VpcId']}",
        tags={},
        **known,
    )
    ready = found["Status"]["Code"] == "pending-acceptance" and here(aws, theirs)
    undone = "it is not accepted yet" if ready else ""
    return Observed(id_, spec, tags_of(found), outputs_of(aws, id_), pending(found), undone=undone)


def _parts(arn: str) -> tuple[str, str, str]:
    """Region, account and id of a VPC's ARN."""
    _, _, _, region, account, resource = arn.split(":")
    return region, account, resource.partition("/")[2]


def _pair(spec: VpcPeeringConnectionSpec) -> frozenset[str]:
    return frozenset(vpc.rpartition(":vpc/")[2] for vpc in (spec.vpc, spec.peer_vpc))


def _ranges(vpc: Manifest | None) -> list[str]:
    if vpc is None or not isinstance(vpc.spec, VpcSpec):
        return []
    return [vpc.spec.cidr_block, *sorted(vpc.spec.secondary_cidr_blocks)]
