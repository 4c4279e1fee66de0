"""A hosted zone's parts: how each is read, and how each is brought to what git says."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from controller.aws.client import Aws
from controller.errors import AwsRefused, NotFound
from controller.kinds.route53 import dnssec
from controller.kinds.route53.api import Item, Where, bare, change_records, is_private, records
from controller.kinds.route53.batches import Change
from controller.kinds.route53.others import others_of, validates_a_certificate
from controller.kinds.route53.records import APEX_TYPES, Key, Record, as_live, at_apex, change, from_aws, key_in
from controller.kinds.route53.safety import whole_of
from controller.kinds.route53.wanted import ZONE_KIND, claimed, domain_of, key_of, listed_by, zone_manifest
from controller.kinds.route53.zone_spec import HostedZoneSpec, ZoneVpc
from controller.kinds.tagging import OWNER
from controller.model.dns import canonical_fqdn, readable
from controller.model.manifest import Manifest
from controller.model.observed import Observed, Wanted
from controller.model.scope import Mode

MARK = "trueup "
"""How the CallerReference of a zone begins that trueup has made: what tells, before its tags are on, that it may be ours."""
DELEGATION_TTL = 172800
"""What AWS gives the NS record of a zone itself."""


@dataclass(frozen=True)
class Detail:
    """What an update needs again. `raw`: records as AWS has them; `others`: whose the records of other tools are; `own`: those
    that the manifest looks after; `along`: those that go with the zone; `delegations`: its NS record in each zone above it;
    `logging`: the id of the query logging; `where` tells where git says something of a record."""

    raw: Mapping[Key, Item] = field(default_factory=dict)
    others: Mapping[Key, str] = field(default_factory=dict)
    own: frozenset[Key] = frozenset()
    along: frozenset[Key] = frozenset()
    delegations: Mapping[str, Item] = field(default_factory=dict)
    logging: str = ""
    where: Where | None = field(default=None, compare=False, repr=False)


# Reading


@dataclass(frozen=True)
class Sight:
    """What a pass looks at of all zones."""

    aws: Aws
    wanted: Wanted[HostedZoneSpec]
    zones: tuple[Item, ...]
    tags: Mapping[str, Mapping[str, str]]


def observed(sight: Sight, zone: Item) -> Observed[HostedZoneSpec]:
    """One zone: all of it where it is trueup's, or is to be; else only its name."""
    id_, name, private = bare(zone["Id"]), canonical_fqdn(zone["Name"]), is_private(zone)
    view = sight.wanted.view
    manifest = zone_manifest(view, id_, name, private) if view else None
    tags = sight.tags.get(id_, {})
    if not (manifest or _ours(sight, id_)):
        return Observed(id_, _spec(zone), tags, outputs(sight.aws, id_, name, ()), detail=Detail())
    reply = sight.aws.call("route53", "GetHostedZone", Id=id_)
    servers = tuple(reply.get("DelegationSet", {}).get("NameServers", ()))
    content = _content(sight, zone, manifest)
    above = {} if private else _delegations(sight, name, manifest)
    said = manifest.data if manifest else {}
    signed = dnssec.look(sight.aws, id_) if said.get("dnssec") is not None else None
    spec = _spec(
        zone,
        known=content.own,
        vpcs=_vpcs(reply.get("VPCs", ())),
        authorized_vpcs=authorized(sight, id_) if said.get("authorizedVpcs") is not None else None,
        delegation_set=bare(reply.get("DelegationSet", {}).get("Id", "")),
        query_logging=_logging(sight).get(id_, {}).get("CloudWatchLogsLogGroupArn", ""),
        dnssec=signed.spec if signed else None,
        records=content.records,
        parent=_delegated(above, servers) if said.get("parent") else None,
    )
    # A zone that was made a moment ago has no tags yet: then only the record of what was begun can tell whose it is.
    begun = not tags and zone["CallerReference"].startswith(MARK) and id_ not in sight.wanted.ids
    whole = whole_of(view, id_, name, private, content.raw.values())
    logging = _logging(sight).get(id_, {}).get("Id", "")
    return Observed(
        id_,
        spec,
        None if begun else tags,
        marked({**outputs(sight.aws, id_, name, servers), **(signed.outputs if signed else {})}, content.own),
        broken=signed.broken if signed else "",
        keep=content.keep,
        whole=replace(whole, field="records") if content.raw else None,
        detail=Detail(
            raw=content.raw,
            others=content.others,
            own=content.own,
            along=content.along,
            delegations=above,
            logging=logging,
            where=_where(manifest, name),
        ),
    )


def _ours(sight: Sight, id_: str) -> bool:
    return sight.wanted.everything or id_ in sight.wanted.ids or OWNER in sight.tags.get(id_, {})


@dataclass(frozen=True)
class _Content:
    """What is in a zone. `records`: what the manifest may have a say in; `own`: which of them it looks after; `along`: which go
    with the zone; `keep`: why it must not be deleted."""

    raw: Mapping[Key, Item] = field(default_factory=dict)
    others: Mapping[Key, str] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    own: frozenset[Key] = frozenset()
    along: frozenset[Key] = frozenset()
    keep: str = ""


def _content(sight: Sight, zone: Item, manifest: Manifest | None) -> _Content:
    listing = manifest is not None and (manifest.data.get("records") or manifest.data.get("authority") == "full")
    if not (listing or sight.wanted.everything or zone.get("ResourceRecordSetCount", 0) > len(APEX_TYPES)):
        return _Content()
    id_, name, view = bare(zone["Id"]), canonical_fqdn(zone["Name"]), sight.wanted.view
    found = {key_in(item): item for item in records(sight.aws, id_)}
    marks = others_of(found.values())
    others = {key: marks[key[:2]] for key in found if key[:2] in marks}
    taken = claimed(view, id_, name, is_private(zone)) if view else frozenset()
    listed = listed_by(manifest, name) & found.keys() if manifest else frozenset()
    full = manifest is not None and manifest.data.get("authority") == "full"
    # Those that a Certificate has made are in no manifest. They stay while the zone does, and are good for nothing after it.
    validating = frozenset(key for key, item in found.items() if validates_a_certificate(item))
    recorded = {entry.id for entry in sight.wanted.entries}  # made by manifests of their own, by which they go too
    made = {key for key in found if "/".join((id_, *key)) in recorded}
    apex_keys = {key for key in found if at_apex(*key[:2], name)}
    not_free = {*taken, *made, *others, *apex_keys, *(validating if full else ())}
    free = {key for key in found if key not in not_free}
    # Where a manifest could not be understood, what nobody seems to want may well be wanted.
    seen = listed | free if sight.wanted.whole else listed
    apex = set() if sight.wanted.everything else apex_keys
    left = {key for key in found if not (key in made or key in validating or key in apex_keys)}
    marks_known = _remembered(sight, id_)
    known = {key for key in left if _mark(key) in marks_known}
    mine = known | listed if _manages(sight, manifest) else known  # what is only observed is nobody's yet
    own = frozenset((mine & left) - taken - others.keys())
    return _Content(
        raw=found,
        others=others,
        records=_records(found, sorted(seen | apex), id_, manifest),
        own=own,
        along=own | (validating - made),
        keep=_kept(left - own),
    )


def _records(found: Mapping[Key, Item], keys: Iterable[Key], id_: str, manifest: Manifest | None) -> tuple[Record, ...]:
    """Live records. One that is as git wants it is git's own, since a zone may have ten thousand."""
    spec = manifest.spec if manifest else None
    wanted = {record.key: record for record in spec.records} if isinstance(spec, HostedZoneSpec) else {}
    live = ((key, as_live(Record, from_aws(found[key], id_))) for key in keys)
    return tuple(wanted[key] if wanted.get(key) == record else record for key, record in live)


def marked(outputs: Mapping[str, str], own: Iterable[Key]) -> dict[str, str]:
    """Outputs with the one by which the inventory knows the records again that a zone's manifest looks after.

    They are noted once they have been seen, or made, and never before: what a crash may lose of it, and all of a lost inventory, is
    left to others. To take too much for trueup's would delete what somebody else has made.
    """
    marks = " ".join(sorted(map(_mark, own)))
    rest = {name: value for name, value in outputs.items() if name != "records"}
    return {**rest, "records": marks} if marks else rest


def _mark(key: Key) -> str:
    """A short name for just this record."""
    return urlsafe_b64encode(sha256(repr(key).encode()).digest()[:9]).decode()


def _remembered(sight: Sight, id_: str) -> set[str]:
    known = (entry for entry in sight.wanted.entries if entry.id == id_ and entry.address.kind == ZONE_KIND)
    return {mark for entry in known for mark in entry.outputs.get("records", "").split()}


def _manages(sight: Sight, manifest: Manifest | None) -> bool:
    view = sight.wanted.view
    modes = (view and view.scope.spec.mode, manifest and manifest.lifecycle.mode)
    return Mode.OBSERVE not in modes


def _kept(keys: Iterable[Key]) -> str:
    names = [f"{readable(name)} {type_}" for name, type_, _ in sorted(keys)]
    if not names:
        return ""
    some = ", ".join(names[:5]) + (f" ... ({len(names)} in all)" if len(names) > 5 else "")
    return f"it has records that trueup has not made: {some}; delete them, or list them in a commit before"


def _delegations(sight: Sight, name: str, manifest: Manifest | None) -> dict[str, Item]:
    """The NS record for a zone in each zone above it that git names as its parent, or that is trueup's too."""
    view = sight.wanted.view
    parent = domain_of(view, manifest, "parent") if view and manifest and manifest.data.get("parent") else None
    found: dict[str, Item] = {}
    for zone in sight.zones:
        id_, domain = bare(zone["Id"]), canonical_fqdn(zone["Name"])
        meant = parent is not None and parent.is_(id_, domain, is_private(zone))
        if name.endswith(f".{domain}") and not is_private(zone) and (meant or _ours(sight, id_)):
            for item in records(sight.aws, id_):
                if (item["Name"], item["Type"]) == (name, "NS"):
                    found[id_] = item
    return found


def _delegated(above: Mapping[str, Item], servers: Iterable[str]) -> str:
    """The one zone that rightly delegates to this one; "" where none does, or more than one."""
    right = {canonical_fqdn(server) for server in servers}
    return next(iter(above)) if len(above) == 1 and all(_servers(item) == right for item in above.values()) else ""


def _logging(sight: Sight) -> Mapping[str, Item]:
    pages = sight.aws.pages("route53", "ListQueryLoggingConfigs", page_size=100)
    return {bare(found["HostedZoneId"]): found for page in pages for found in page["QueryLoggingConfigs"]}


def authorized(sight: Sight, id_: str) -> tuple[ZoneVpc, ...]:
    """The VPCs of other accounts that may be associated."""
    pages = sight.aws.pages("route53", "ListVPCAssociationAuthorizations", HostedZoneId=id_)
    return _vpcs(vpc for page in pages for vpc in page["VPCs"])


def _spec(zone: Item, known: Iterable[Key] = (), records: tuple[Record, ...] = (), **facts: Any) -> HostedZoneSpec:
    """A live zone; what was not asked for is unknown."""
    fields: dict[str, Any] = {
        "comment": zone.get("Config", {}).get("Comment", ""),
        "private": is_private(zone),
        "authority": None,
        "guard": None,
        **facts,
    }
    # The records as they are: one that trueup would not write must not make all the others unknown.
    return HostedZoneSpec(name=zone["Name"], **fields).model_copy(update={"records": records}).knowing(known)


def _vpcs(found: Iterable[Mapping[str, str]]) -> tuple[ZoneVpc, ...]:
    return tuple(ZoneVpc(vpc=vpc["VPCId"], region=vpc["VPCRegion"]) for vpc in found)


def aws_vpc(vpc: ZoneVpc) -> dict[str, str]:
    """A VPC as AWS's calls take it."""
    return {"VPCRegion": vpc.region, "VPCId": vpc.vpc}


def _servers(delegation: Item) -> set[str]:
    return {canonical_fqdn(value["Value"]) for value in delegation.get("ResourceRecords", ())}


def _where(manifest: Manifest | None, zone: str) -> Where | None:
    if manifest is None:
        return None
    return lambda record: str(manifest.position(place(manifest, key_in(record), zone)))


def place(manifest: Manifest, key: Key, zone: str) -> str:
    """Where a record stands in the list of its zone's manifest, whatever the order there."""
    for number, data in enumerate(manifest.data.get("records", ())):
        if key_of(data, zone) == key:
            return f"records[{number}]"
    return "records"


def outputs(aws: Aws, id_: str, name: str, servers: Iterable[str]) -> dict[str, str]:
    """What others may refer to."""
    ordered = sorted(servers)
    return {
        "id": id_,
        "arn": f"arn:{aws.partition}:route53:::hostedzone/{id_}",
        "name": readable(name),
        **({"nameServers": ",".join(ordered)} if ordered else {}),
        **{f"nameServer{number}": server for number, server in enumerate(ordered[:4], 1)},
    }


def fresh(aws: Aws, id_: str, reply: Mapping[str, Any]) -> Observed[HostedZoneSpec]:
    """A zone that was just made, as its create tells."""
    zone, servers = reply["HostedZone"], tuple(reply.get("DelegationSet", {}).get("NameServers", ()))
    spec = _spec(
        zone,
        vpcs=_vpcs([reply["VPC"]] if reply.get("VPC") else ()),
        authorized_vpcs=(),
        dnssec=None if is_private(zone) else dnssec.UNSIGNED,
        parent="",
        delegation_set=bare(reply.get("DelegationSet", {}).get("Id", "")),
    )
    return Observed(id_, spec, {}, outputs(aws, id_, canonical_fqdn(zone["Name"]), servers), detail=Detail())


# Changing


def put_comment(aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> None:
    """Set the comment."""
    aws.call("route53", "UpdateHostedZoneComment", Id=live.id, Comment=spec.comment)


def put_vpcs(aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> None:
    """Who is to see the zone does before who is not to no longer does: AWS keeps one at least."""
    for vpc in set(spec.vpcs) - set(live.spec.vpcs):
        aws.call("route53", "AssociateVPCWithHostedZone", HostedZoneId=live.id, VPC=aws_vpc(vpc))
    for vpc in set(live.spec.vpcs) - set(spec.vpcs) - set(spec.authorized_vpcs or ()):
        aws.call("route53", "DisassociateVPCFromHostedZone", HostedZoneId=live.id, VPC=aws_vpc(vpc))


def put_authorized(aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> None:
    """Let other accounts associate their VPCs, and no others."""
    wanted, there = set(spec.authorized_vpcs or ()), set(live.spec.authorized_vpcs or ())
    for vpc in wanted - there:
        aws.call("route53", "CreateVPCAssociationAuthorization", HostedZoneId=live.id, VPC=aws_vpc(vpc))
    for vpc in there - wanted:
        aws.call("route53", "DeleteVPCAssociationAuthorization", HostedZoneId=live.id, VPC=aws_vpc(vpc))


def put_logging(aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> None:
    """A zone has one log group, so the old one goes first."""
    if live.detail.logging:
        with suppress(NotFound):
            aws.call("route53", "DeleteQueryLoggingConfig", Id=live.detail.logging)
    if spec.query_logging:
        arn = spec.query_logging
        aws.call("route53", "CreateQueryLoggingConfig", HostedZoneId=live.id, CloudWatchLogsLogGroupArn=arn)


def put_dnssec(aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> None:
    """Sign the zone as wanted."""
    dnssec.put(aws, live.id, live.spec.dnssec or dnssec.UNSIGNED, spec.dnssec or dnssec.UNSIGNED, MARK)


def put_parent(aws: Aws, live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> None:
    """Delegate to the zone in its parent."""
    servers = live.outputs["nameServers"].split(",")
    record = Record(name=spec.name, type="NS", ttl=DELEGATION_TTL, values=tuple(servers))
    if spec.parent:
        change_records(aws, spec.parent, [change("UPSERT", record, spec.parent)])
    _undelegate(aws, live, {id_: item for id_, item in live.detail.delegations.items() if id_ != spec.parent})


def _undelegate(aws: Aws, live: Observed[HostedZoneSpec], above: Mapping[str, Item]) -> None:
    for id_, item in above.items():
        with suppress(AwsRefused):  # it is no longer as it was seen: somebody else looks after it
            change_records(aws, id_, [Change("DELETE", item, live.spec.name)])


PUT: Mapping[str, Callable[[Aws, Observed[HostedZoneSpec], HostedZoneSpec], None]] = {
    "comment": put_comment,
    "vpcs": put_vpcs,
    "authorizedVpcs": put_authorized,
    "queryLogging": put_logging,
    "dnssec": put_dnssec,
    "parent": put_parent,
}
"""What brings each field to what git says, in the order in which it is done."""
LATER = ("vpcs", "authorizedVpcs", "queryLogging", "dnssec", "parent", "records")
"""What the call that makes a zone cannot say."""


def differs(spec: HostedZoneSpec, made: HostedZoneSpec, name: str) -> bool:
    """Whether a field that git says something of is not so yet."""
    field = next(each for each, info in HostedZoneSpec.model_fields.items() if info.alias == name)
    return getattr(spec, field) not in (None, getattr(made, field))


def changes(live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> Iterator[Change]:
    """What brings the records that the manifest has a say in to what it says."""
    there = {record.key: record for record in live.spec.seen_by(spec)}
    wanted = {record.key: record for record in spec.records}
    for key, record in wanted.items():
        if key not in there:
            yield change("CREATE", record, live.id)
        elif record != there[key]:
            yield change("UPSERT", record, live.id, before=there[key])
    for key, record in there.items():
        if key not in wanted:
            yield change("DELETE", record, live.id, live.detail.raw[key])


def own_after(live: Observed[HostedZoneSpec], spec: HostedZoneSpec) -> set[Key]:
    """The records that the manifest looks after once they are as it says."""
    gone = {record.key for record in live.spec.seen_by(spec)}
    own: frozenset[Key] = live.detail.own
    return {*(own - gone), *(record.key for record in spec.records if not spec.is_apex(record))}


def take_down(aws: Aws, live: Observed[HostedZoneSpec]) -> None:
    """What stands in the way of a zone's delete, and would be left over after it."""
    servers = {canonical_fqdn(server) for server in live.outputs.get("nameServers", "").split(",") if server}
    _undelegate(aws, live, {id_: item for id_, item in live.detail.delegations.items() if _servers(item) == servers})
    gone = [as_live(Record, from_aws(live.detail.raw[key], live.id)) for key in sorted(live.detail.along)]
    if gone:
        change_records(aws, live.id, [change("DELETE", r, live.id, live.detail.raw[r.key]) for r in gone])
    if live.detail.logging:
        with suppress(NotFound):
            aws.call("route53", "DeleteQueryLoggingConfig", Id=live.detail.logging)
    if live.spec.dnssec:
        put_dnssec(aws, live, live.spec.model_copy(update={"dnssec": dnssec.UNSIGNED}))
