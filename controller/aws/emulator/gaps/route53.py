"""What moto's Route 53 does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partialmethod
from typing import Any

There = dict[str, set[tuple[str, str]]]


def complete() -> None:
    """Put it all right."""
    _tell_records_apart()
    _keep_routing()
    _log_queries()
    _share_zones_between_accounts()
    _end_lists_of_health_checks()


def _tell_records_apart() -> None:
    """What is in a zone decides whether a record can be made or deleted, and not what was once asked for; a CNAME stands alone, and
    what an alias points to in its zone is there; of records of one set identifier only that of the same name and type goes; and
    the ids of zones begin with Z."""
    from moto.route53.exceptions import InvalidChangeBatch
    from moto.route53.models import ChangeList, HostedZoneIdentifier, Route53Backend

    change = Route53Backend.change_resource_record_sets

    def change_what_can_be(self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        zone = self.get_hosted_zone(zoneid)
        there: There = defaultdict(set)
        for rrset in zone.rrsets:
            name, type_, identifier = _record(rrset.name, str(rrset.type), rrset.set_identifier)
            there[name].add((type_, identifier))
        if not all(_takes(there, each, zone.id) for each in change_list):
            raise InvalidChangeBatch
        for each in change_list:  # one by one, so that a delete is of one record
            asked = each["ResourceRecordSet"]
            if each["Action"] == "DELETE":
                gone = _record(asked["Name"], asked["Type"], asked.get("SetIdentifier"))
                zone.rrsets = [r for r in zone.rrsets if _record(r.name, str(r.type), r.set_identifier) != gone]
            else:
                change(self, zoneid, [each])

    make = HostedZoneIdentifier.generate

    def generate(self: HostedZoneIdentifier, *arguments: Any, **more: Any) -> str:
        return f"Z{make(self, *arguments, **more)[:20]}"

    HostedZoneIdentifier.generate = generate  # type: ignore[method-assign]
    Route53Backend.change_resource_record_sets = change_what_can_be  # type: ignore[method-assign]
    ChangeList.__contains__ = lambda self, item: False  # type: ignore[method-assign]


def _keep_routing() -> None:
    """A record set keeps all ways of routing, and the one that AWS makes with a zone has a value like any other."""
    from moto.route53.models import RecordSet

    record_set: Any = RecordSet
    make = record_set.__init__

    def make_with_routing(self: Any, kwargs: dict[str, Any]) -> None:
        make(self, kwargs)
        self.records = [each["Value"] if isinstance(each, dict) else each for each in self.records]
        self.geo_proximity_location = kwargs.get("GeoProximityLocation")
        self.cidr_routing_config = kwargs.get("CidrRoutingConfig")

    record_set.__init__ = make_with_routing


def _log_queries() -> None:
    """A log group is given by its ARN; moto takes it only with the `:*` that AWS's lists add."""
    from moto.route53.models import Route53Backend

    create = Route53Backend.create_query_logging_config

    def create_as_asked(self: Route53Backend, hosted_zone_id: str, log_group_arn: str) -> Any:
        made = create(self, hosted_zone_id, f"{log_group_arn.removesuffix(':*')}:*")
        made.cloud_watch_logs_log_group_arn = log_group_arn
        return made

    Route53Backend.create_query_logging_config = create_as_asked  # type: ignore[method-assign]


def _share_zones_between_accounts() -> None:
    """A private zone may be seen from VPCs of other accounts, once its own has authorised that."""
    from moto.route53.exceptions import Route53ClientError
    from moto.route53.models import FakeZone, Route53Backend, route53_backends

    owner: Any = Route53Backend
    associate, disassociate = owner.associate_vpc_with_hosted_zone, owner.disassociate_vpc_from_hosted_zone
    by_vpc = owner.list_hosted_zones_by_vpc
    _authorize_vpcs()

    def everywhere(backend: Any) -> list[Any]:
        return [each[backend.region_name] for each in list(route53_backends.values()) if backend.region_name in each]

    def holder(backend: Any, zone_id: str) -> Any:
        id_ = zone_id.rpartition("/")[2]
        return next((each for each in everywhere(backend) if id_ in each.zones), backend)

    def associate_what_is_authorized(self: Any, zone_id: str, vpcid: str, vpcregion: str) -> FakeZone:
        its = holder(self, zone_id)
        if its is not self and vpcid not in [vpc["VPCId"] for vpc in _authorized(its.get_hosted_zone(zone_id))]:
            said = "Associating the specified VPC with the specified hosted zone has not been authorized."
            raise Route53ClientError("NotAuthorizedException", said)
        return associate(its, zone_id, vpcid, vpcregion)  # type: ignore[no-any-return]

    def disassociate_from_either_side(self: Any, zone_id: str, vpcid: str) -> FakeZone:
        its = holder(self, zone_id)
        if vpcid not in [vpc["vpc_id"] for vpc in its.get_hosted_zone(zone_id).vpcs]:
            said = "The specified VPC and hosted zone are not currently associated."
            raise Route53ClientError("VPCAssociationNotFound", said)
        return disassociate(its, zone_id, vpcid)  # type: ignore[no-any-return]

    owner.associate_vpc_with_hosted_zone = associate_what_is_authorized
    owner.disassociate_vpc_from_hosted_zone = disassociate_from_either_side
    owner.list_hosted_zones_by_vpc = lambda self, vpc_id: [z for its in everywhere(self) for z in by_vpc(its, vpc_id)]


def _authorized(zone: Any) -> list[dict[str, str]]:
    """The VPCs of other accounts that may be associated with a zone of moto's."""
    there: list[dict[str, str]] = vars(zone).setdefault("authorized", [])
    return there


def _authorize_vpcs() -> None:
    """The three calls by which a zone's account lets others associate their VPCs."""
    from moto.core.responses import ActionResult
    from moto.route53 import urls
    from moto.route53.responses import Route53

    for end in ("authorizevpcassociation", "deauthorizevpcassociation"):
        urls.url_paths[rf"{{0}}/(?P<api_version>[\d_-]+)/hostedzone/(?P<zone_id>[^/]+)/{end}$"] = Route53.dispatch

    def change(self: Any, *, put: bool) -> ActionResult:
        zone_id, id_ = self._get_param("HostedZoneId"), self._get_param("VPC.VPCId")
        vpc = {"VPCId": id_, "VPCRegion": self._get_param("VPC.VPCRegion")}
        there = _authorized(self.backend.get_hosted_zone(zone_id))
        there[:] = [each for each in there if each["VPCId"] != id_] + ([vpc] if put else [])
        return ActionResult({"HostedZoneId": zone_id, "VPC": vpc} if put else {})

    def list_authorizations(self: Any) -> ActionResult:
        zone_id = self._get_param("HostedZoneId")
        return ActionResult({"HostedZoneId": zone_id, "VPCs": _authorized(self.backend.get_hosted_zone(zone_id))})

    responses: Any = Route53
    responses.create_vpc_association_authorization = partialmethod(change, put=True)
    responses.delete_vpc_association_authorization = partialmethod(change, put=False)
    responses.list_vpc_association_authorizations = list_authorizations


def _end_lists_of_health_checks() -> None:
    """A list of health checks says that there is no more of it, which AWS's model requires and other tools look at."""
    from moto.core.responses import ActionResult
    from moto.route53.responses import Route53

    def list_health_checks(self: Route53) -> ActionResult:
        found = self.backend.list_health_checks()
        return ActionResult({"HealthChecks": found, "Marker": "", "IsTruncated": False, "MaxItems": "100"})

    Route53.list_health_checks = list_health_checks  # type: ignore[method-assign]


def _record(name: str, type_: str, identifier: str | None) -> tuple[str, str, str]:
    return name.rstrip(".").lower(), type_, identifier or ""


def _takes(there: There, change: Mapping[str, Any], zone: str) -> bool:
    """Whether a change is possible; then it is made."""
    asked = change["ResourceRecordSet"]
    name, type_, identifier = _record(asked["Name"], asked["Type"], asked.get("SetIdentifier"))
    known = (type_, identifier) in there[name]
    if change["Action"] != "UPSERT" and (change["Action"] == "CREATE") == known:
        return False
    if change["Action"] == "DELETE":
        there[name].remove((type_, identifier))
        return True
    there[name].add((type_, identifier))
    return _fits(there, name, asked, zone)


def _fits(there: There, name: str, asked: Mapping[str, Any], zone: str) -> bool:
    """Whether a record may stand beside those of its name, and its target is there."""
    types = {type_ for type_, _ in there[name]}
    alias = asked.get("AliasTarget", {})
    target, type_, _ = _record(alias.get("DNSName", ""), asked["Type"], None)
    found = alias.get("HostedZoneId") != zone or any(known == type_ for known, _ in there[target])
    return found and not ("CNAME" in types and len(types) > 1)
