"""The VPC's side of a private hosted zone in another account: it is seen from there once its own account has authorised that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import AwsBusy, AwsRefused
from controller.kinds.base import Kind
from controller.kinds.ec2.api import describe
from controller.kinds.ec2.types import VpcRef
from controller.kinds.route53.types import ZoneRef
from controller.kinds.route53.wanted import ZONE_KIND
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.spec import Spec


class HostedZoneAssociationSpec(Spec):
    """A private hosted zone that a VPC sees."""

    zone: ZoneRef = Field(
        description="The private zone of another account, by `scope/name` of its HostedZone, or by id (HostedZoneId)."
    )
    vpc: VpcRef = Field(description="The VPC of this scope that sees it, by manifest name or id (VPCId).")


class HostedZoneAssociation(Kind[HostedZoneAssociationSpec]):
    """Association of a VPC with a private hosted zone of another account.

    CloudFormation has no such type, so its name is ours. The zone's own manifest authorises the VPC (`authorizedVpcs`); a zone of
    the same account lists it in its `vpcs`, and needs nothing more. Where git names the association no more, the VPC no longer
    sees the zone.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html
    Observation: ceil(vpcs / 1000) calls, which Vpc shares, + ceil(zones / 100) for each VPC of the account in the region.
    """

    api = "route53.aws/v1"
    doc = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html"
    taggable = False
    replace_on = frozenset({"zone", "vpc"})
    reads = ("ec2:DescribeVpcs", "route53:ListHostedZonesByVPC")
    writes = ("route53:AssociateVPCWithHostedZone", "route53:DisassociateVPCFromHostedZone")

    def claim(self, spec: HostedZoneAssociationSpec) -> str:
        return f"{spec.zone}/{spec.vpc}"

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            zone = view.find(ZONE_KIND, str(manifest.data.get("zone", "")))
            if zone:
                yield from ((manifest, problem) for problem in _doubts(manifest, zone))

    def tell(
        self, verb: Verb, before: HostedZoneAssociationSpec | None, after: HostedZoneAssociationSpec | None
    ) -> Iterator[str]:
        if before and before != after:
            yield f"VPC {before.vpc} no longer sees the names of zone {before.zone}"
        if after and before != after:
            yield f"VPC {after.vpc} sees the names of zone {after.zone}"

    def observe(
        self, aws: Aws, wanted: Wanted[HostedZoneAssociationSpec]
    ) -> Iterator[Observed[HostedZoneAssociationSpec]]:
        for vpc in describe(aws, "Vpcs", "Vpcs", owner_id=aws.account):
            for zone in zones_of(aws, vpc["VpcId"]):
                if (
                    zone["Owner"]["OwningAccount"] != aws.account or not wanted.everything
                ):  # else its own manifest says it
                    yield translate(zone, vpc["VpcId"])

    def create(self, aws: Aws, spec: HostedZoneAssociationSpec, tags: Mapping[str, str]) -> Made:
        try:
            aws.call("route53", "AssociateVPCWithHostedZone", HostedZoneId=spec.zone, VPC=_vpc(aws, spec))
        except AwsRefused as refused:
            if refused.code != "NotAuthorizedException":
                raise
            said = f"waits for the account of zone {spec.zone} to authorise {spec.vpc} (`authorizedVpcs` of its HostedZone)"
            raise AwsBusy(said, service="route53", operation=refused.operation, code=refused.code) from refused
        return Made(self.claim(spec))

    def update(
        self,
        aws: Aws,
        live: Observed[HostedZoneAssociationSpec],
        spec: HostedZoneAssociationSpec,
        changed: frozenset[str],
    ) -> None:
        """Nothing of it can change in place."""

    def delete(self, aws: Aws, live: Observed[HostedZoneAssociationSpec]) -> None:
        aws.call("route53", "DisassociateVPCFromHostedZone", HostedZoneId=live.spec.zone, VPC=_vpc(aws, live.spec))


def translate(zone: Mapping[str, Any], vpc: str) -> Observed[HostedZoneAssociationSpec]:
    """The association that a summary of a ListHostedZonesByVPC reply is about."""
    spec = HostedZoneAssociationSpec(zone=zone["HostedZoneId"], vpc=vpc)
    return Observed(f"{spec.zone}/{spec.vpc}", spec)


def zones_of(aws: Aws, vpc: str) -> Iterator[Mapping[str, Any]]:
    """The zones of accounts that a VPC sees; those of AWS's services come and go with these. botocore knows no pages of it."""
    more: dict[str, Any] = {}
    while True:
        page = aws.call("route53", "ListHostedZonesByVPC", VPCId=vpc, VPCRegion=aws.region, **more)
        yield from (zone for zone in page["HostedZoneSummaries"] if "OwningAccount" in zone["Owner"])
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _vpc(aws: Aws, spec: HostedZoneAssociationSpec) -> dict[str, str]:
    return {"VPCRegion": aws.region, "VPCId": spec.vpc}


def _doubts(manifest: Manifest, zone: Manifest) -> Iterator[Problem]:
    """What the zone's own manifest has against it."""
    name = f"HostedZone {zone.address.name} ({zone.where})"
    if _lists(zone, "vpcs", manifest):
        yield manifest.problem(
            "vpc", f"{name} lists this VPC in its `vpcs` already", "that is enough within one account"
        )
    elif zone.data.get("authorizedVpcs") is not None and not _lists(zone, "authorizedVpcs", manifest):
        yield manifest.problem("zone", f"{name} does not authorise this VPC", "add it to the zone's `authorizedVpcs`")


def _lists(zone: Manifest, field: str, manifest: Manifest) -> bool:
    """Whether a zone's manifest names the VPC; also where that cannot be told, since one of the two says its id."""
    meant = _full(manifest, str(manifest.data.get("vpc", "")))
    listed = [_full(zone, str(vpc.get("vpc", ""))) for vpc in zone.data.get(field) or () if isinstance(vpc, Mapping)]
    doubtful = field == "authorizedVpcs" and any(("/" in each) != ("/" in meant) for each in listed)
    return meant in listed or doubtful


def _full(manifest: Manifest, text: str) -> str:
    """A reference to a VPC as `scope/name`, or as its id."""
    return text if "/" in text or text.startswith("vpc-") else f"{manifest.address.scope}/{text}"
