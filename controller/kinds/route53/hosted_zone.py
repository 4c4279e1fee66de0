"""Hosted zones: a domain, public or for VPCs, with as many of its records as git cares to list."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from controller.aws.client import Aws
from controller.kinds.route53 import zone_parts as parts
from controller.kinds.route53.api import Route53Kind, bare, change_records, tag, tags_of, zones
from controller.kinds.route53.conflicts import conflicts
from controller.kinds.route53.record_set import told
from controller.kinds.route53.safety import caution
from controller.kinds.route53.zone_spec import HostedZoneSpec
from controller.model.dns import readable
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Deletion, Scope


class HostedZone(Route53Kind[HostedZoneSpec]):
    """Hosted zone.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
    Observation: ceil(zones / 100) + ceil(zones / 10) calls for tags + one for all query logging; for each zone that is trueup's, or
    is to be adopted, one more, ceil(records / 300) where git lists records or the zone is the parent of another, and one each for
    DNSSEC and authorised VPCs where git says something of them.
    """

    doc = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html"
    resource_type = "hostedzone"
    name_field = "name"
    deletion = Deletion.RETAIN
    replace_on = frozenset({"name", "private", "delegationSet"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The zone's id.",
        "arn": "Its ARN.",
        "name": "The domain, without a dot at its end.",
        "nameServers": "Its name servers, separated by commas.",
        "records": "Marks of the records that its manifest looks after, by which trueup knows them once it lists them no more.",
        **{f"nameServer{number}": f"The name server number {number}." for number in (1, 2, 3, 4)},
        **{
            f"dsRecord{number}": f"With `dnssec`: the value of the DS record for the parent zone, of key number {number} by name."
            for number in (1, 2)
        },
    }
    reads = (
        "route53:ListHostedZones",
        "route53:ListTagsForResources",
        "route53:GetHostedZone",
        "route53:ListResourceRecordSets",
        "route53:ListQueryLoggingConfigs",
        "route53:ListVPCAssociationAuthorizations",
        "route53:GetDNSSEC",
    )
    writes = (
        "route53:CreateHostedZone",
        "route53:DeleteHostedZone",
        "route53:UpdateHostedZoneComment",
        "route53:AssociateVPCWithHostedZone",
        "route53:DisassociateVPCFromHostedZone",
        "route53:CreateVPCAssociationAuthorization",
        "route53:DeleteVPCAssociationAuthorization",
        "route53:CreateQueryLoggingConfig",
        "route53:DeleteQueryLoggingConfig",
        "route53:CreateKeySigningKey",
        "route53:ActivateKeySigningKey",
        "route53:DeactivateKeySigningKey",
        "route53:DeleteKeySigningKey",
        "route53:EnableHostedZoneDNSSEC",
        "route53:DisableHostedZoneDNSSEC",
        "route53:ChangeResourceRecordSets",
        "route53:ChangeTagsForResource",
        "route53:GetHostedZone",
    )

    def claim(self, spec: HostedZoneSpec) -> str:
        # Private zones of one name are told apart by who sees them: AWS lets no VPC see two.
        return f"{spec.name} {min(vpc.vpc for vpc in spec.vpcs)}" if spec.vpcs else spec.name

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, HostedZoneSpec):
            for record, why in conflicts(spec.records, spec.name):
                yield manifest.problem(parts.place(manifest, record.key, spec.name), f"{record.title}: {why}")

    def tell(self, verb: Verb, before: HostedZoneSpec | None, after: HostedZoneSpec | None) -> Iterator[str]:
        if after is None:
            yield f"{readable(before.name) if before else 'the zone'} is no longer answered for"
            return
        old = {record.key: record for record in (before.records if before else ())}
        new = {record.key: record for record in after.records}
        for key in sorted({*old, *new}):
            yield from told(old.get(key), new.get(key))

    def caution(self, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> str:
        return caution(live.spec, spec, live.detail.others)

    def observe(self, aws: Aws, wanted: Wanted[HostedZoneSpec]) -> Iterator[Observed[HostedZoneSpec]]:
        all_ = zones(aws)
        tags = tags_of(aws, "hostedzone", (bare(zone["Id"]) for zone in all_))
        sight = parts.Sight(aws, wanted, all_, tags)
        for zone in all_:
            if "LinkedService" not in zone:  # AWS's own, as those of Cloud Map
                yield parts.observed(sight, zone)

    def create(self, aws: Aws, spec: HostedZoneSpec, tags: Mapping[str, str]) -> Made:
        first: dict[str, Any] = {"VPC": parts.aws_vpc(spec.vpcs[0])} if spec.vpcs else {}
        chosen: dict[str, Any] = {"DelegationSetId": spec.delegation_set} if spec.delegation_set else {}
        reply = aws.call(
            "route53",
            "CreateHostedZone",
            Name=spec.name,
            CallerReference=f"{parts.MARK}{secrets.token_hex(16)}",
            HostedZoneConfig={"Comment": spec.comment, "PrivateZone": spec.private},
            **first,
            **chosen,
        )
        id_ = bare(reply["HostedZone"]["Id"])
        tag(aws, "hostedzone", id_, tags)
        made = parts.fresh(aws, id_, reply)
        missing = {name for name in parts.LATER if parts.differs(spec, made.spec, name)}
        return self.update(aws, made, spec, frozenset(missing))

    def update(self, aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec, changed: frozenset[str]) -> Made:
        for name, put in parts.PUT.items():
            if name in changed:
                put(aws, live, spec)
        if "records" not in changed:
            return Made(live.id, live.outputs)
        change_records(aws, live.id, list(parts.changes(live, spec)), live.detail.where)
        return Made(live.id, parts.marked(live.outputs, parts.own_after(live, spec)))

    def delete(self, aws: Aws, live: Observed[HostedZoneSpec]) -> None:
        parts.take_down(aws, live)
        aws.call("route53", "DeleteHostedZone", Id=live.id)
