"""Record sets: one name's answer, in a manifest of its own, so that who runs an application owns its names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, model_validator

from controller.aws.client import Aws
from controller.errors import AwsError
from controller.kinds.base import Kind, Told
from controller.kinds.route53.api import bare, is_private, records, zones
from controller.kinds.route53.conflicts import conflicts
from controller.kinds.route53.others import others_of
from controller.kinds.route53.records import Key, Record, as_live, at_apex, from_aws
from controller.kinds.route53.safety import whole_of
from controller.kinds.route53.together import take
from controller.kinds.route53.types import ZONE, ZONE_NAME, ZoneRef
from controller.kinds.route53.wanted import RECORD_KIND, ZONE_KIND, Domain, domain, domain_of, key_of, listed
from controller.model.dns import APEX, absolute, canonical_fqdn, canonical_name, readable
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Step, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.spec import Spec

_ID = re.compile(ZONE.literal)


class RecordSetSpec(Record, Spec):
    """A record of a hosted zone."""

    zone: ZoneRef = Field(description="The hosted zone, by manifest name or id (HostedZoneId).")

    @model_validator(mode="before")
    @classmethod
    def _in_full(cls, data: Any, info: ValidationInfo) -> Any:
        """Once the zone is known, the name is made a full one with its domain."""
        lookup = info.context.get("resolve") if info.context else None
        zone, name = (data.get("zone"), data.get("name")) if isinstance(data, Mapping) else (None, None)
        if lookup is None or not isinstance(zone, str) or not isinstance(name, str) or ZONE.is_literal(zone):
            return data
        with suppress(ValueError):  # what is wrong is told of the field itself
            found, domain = lookup(ZONE, zone), lookup(ZONE_NAME, zone)
            if _ID.fullmatch(found):
                return {**data, "name": absolute(canonical_name(name), canonical_fqdn(domain))}
        return data

    @model_validator(mode="after")
    def _full_where_nothing_makes_it_so(self) -> RecordSetSpec:
        if _ID.fullmatch(self.zone) and not self.name.endswith("."):
            if self.name == APEX or "." not in self.name:
                raise ValueError(
                    f"a zone that is given by its id does not tell its domain: write the name {self.name!r} in full"
                )
            object.__setattr__(self, "name", f"{self.name}.")
        return self

    @property
    def record(self) -> Record:
        """The record alone."""
        return Record.model_construct(**{name: getattr(self, name) for name in Record.model_fields})


class RecordSet(Kind[RecordSetSpec]):
    """Record set of a hosted zone.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
    Observation: ceil(zones / 100) calls + ceil(records / 300) for each zone that manifests name, shared with HostedZone.
    """

    api = "route53.aws/v1"
    doc = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html"
    reach = "parent"
    sole = True  # Route 53 lists a record as soon as it has taken the change, pending or not
    taggable = False
    together = True
    exported = False
    replace_on = frozenset({"zone"})
    outputs: ClassVar[Mapping[str, str]] = {
        "dnsName": "The full name, with a dot at its end, for aliases.",
        "name": "The full name, without that dot.",
    }
    reads = ("route53:ListHostedZones", "route53:ListResourceRecordSets")
    writes = ("route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets")

    def claim(self, spec: RecordSetSpec) -> str:
        return _id(spec)

    def renewed(self, changed: frozenset[str]) -> frozenset[str]:
        return frozenset(self.outputs) if "name" in changed else frozenset()

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        by_zone: dict[Domain, list[Manifest]] = defaultdict(list)
        for manifest in mine:
            zone = domain_of(view, manifest)
            if zone and isinstance(manifest.spec, RecordSetSpec):
                by_zone[zone].append(manifest)
        for zone, manifests in by_zone.items():
            yield from _clashes(manifests, zone, view)

    def tell(self, verb: Verb, before: RecordSetSpec | None, after: RecordSetSpec | None) -> Iterator[str]:
        yield from told(before, after)

    def observe(self, aws: Aws, wanted: Wanted[RecordSetSpec]) -> Iterator[Observed[RecordSetSpec]]:
        asked = _asked(wanted.view) if wanted.view else {}
        known = {bare(id_.partition("/")[0]) for id_ in wanted.ids}
        for zone in zones(aws):
            id_, name, private = bare(zone["Id"]), canonical_fqdn(zone["Name"]), is_private(zone)
            manifests = [
                manifest for meant, found in asked.items() if meant.is_(id_, name, private) for manifest in found
            ]
            if manifests or id_ in known or wanted.everything:
                keys = {key_of(manifest.data, name) for manifest in manifests}
                # What has moved into the zone's own manifest is that one's from now on, and stays.
                moved = listed(wanted.view, id_, name, private) - keys if wanted.view else frozenset()
                for live in _records(aws, id_, name, private, wanted.view):
                    own = at_apex(live.spec.name, live.spec.type, name)
                    mine = live.id in wanted.ids and live.spec.key not in moved
                    if live.spec.key in keys or mine or (wanted.everything and not own):
                        yield live

    def change(self, aws: Aws, steps: Sequence[Step[RecordSetSpec]]) -> Iterator[Told]:
        return take(aws, steps, _becomes)

    def create(self, aws: Aws, spec: RecordSetSpec, tags: Mapping[str, str]) -> Made:
        _alone(aws, Step(spec=spec))
        return _becomes(spec)

    def update(
        self, aws: Aws, live: Observed[RecordSetSpec], spec: RecordSetSpec, changed: frozenset[str]
    ) -> Made | None:
        return _alone(aws, Step(live, spec, changed=changed))

    def delete(self, aws: Aws, live: Observed[RecordSetSpec]) -> None:
        _alone(aws, Step(live))

    def foreseen(self, spec: RecordSetSpec) -> Mapping[str, str]:
        return _outputs(spec)

    def slot(self, spec: RecordSetSpec) -> str:
        return f"{spec.zone}/{spec.name}"


def told(before: Record | None, after: Record | None) -> Iterator[str]:
    """What a change of a record means for those who ask for its name."""
    if before is None and after is not None:
        yield f"{readable(after.name)} {after.type} answers {_answer(after)}"
    elif after is None and before is not None:
        yield f"{readable(before.name)} {before.type} has no answer any more (it was {_answer(before)})"
    elif before is not None and after is not None and _answer(before) != _answer(after):
        yield f"{readable(after.name)} {after.type} answers {_answer(after)} in place of {_answer(before)}"


def _answer(record: Record) -> str:
    if record.alias:
        return f"what {readable(record.alias.target)} does"
    return ", ".join(record.values)


def _alone(aws: Aws, step: Step[RecordSetSpec]) -> Made | None:
    """Take one step. Raises AwsError where it did not come about."""
    (what,) = (what for told in take(aws, [step], _becomes) for what in told.values())
    if isinstance(what, AwsError):
        raise what
    return what


def _becomes(spec: RecordSetSpec) -> Made:
    return Made(_id(spec), _outputs(spec))


def _id(spec: RecordSetSpec) -> str:
    return f"{spec.zone}/{spec.name}/{spec.type}/{spec.set_identifier}"


def _outputs(spec: RecordSetSpec) -> dict[str, str]:
    return {"dnsName": spec.name, "name": readable(spec.name)}


def _asked(view: View) -> dict[Domain, list[Manifest]]:
    """The scope's manifests of records by the zone that they name."""
    asked: dict[Domain, list[Manifest]] = defaultdict(list)
    for manifest in view.of(RECORD_KIND):
        meant = domain_of(view, manifest)
        if meant:
            asked[meant].append(manifest)
    return asked


def _records(aws: Aws, zone_id: str, name: str, private: bool, view: View | None) -> Iterator[Observed[RecordSetSpec]]:
    found = records(aws, zone_id)
    others = others_of(found)
    whole = whole_of(view, zone_id, name, private, found)
    for record in found:
        yield replace(translate(record, zone_id, others), whole=whole)


def translate(
    record: Mapping[str, Any], zone_id: str, others: Mapping[tuple[str, str], str]
) -> Observed[RecordSetSpec]:
    """The record of a ListResourceRecordSets reply."""
    spec = as_live(RecordSetSpec, {"zone": zone_id, **from_aws(record, zone_id)})
    holder = others.get((record["Name"], record["Type"]), "")
    return Observed(_id(spec), spec, None, _outputs(spec), holder=holder, detail=record)


def _clashes(manifests: Sequence[Manifest], zone: Domain, view: View) -> Iterator[tuple[Manifest, Problem]]:
    """What is wrong with records of one zone beside each other, and beside those of the zone's own manifest and other scopes'."""
    by_record: dict[int, Manifest] = {}
    taken: dict[Key, Manifest] = {}
    found: list[Record] = []
    for manifest, record in _all_of(zone, view):
        first = taken.setdefault(record.key, manifest)
        if first is not manifest and not _rivals(first, manifest):
            for one, other in ((manifest, first), (first, manifest)):
                if one in manifests:
                    wants = f"more than one manifest wants {record.title}; also {other.address} at {other.where}"
                    yield one, one.problem("name", wants)
        found.append(record)
        by_record[id(record)] = manifest
    for record, why in conflicts(found, zone.name):
        manifest = by_record[id(record)]
        if manifest in manifests:
            yield manifest, manifest.problem("name", why)


def _rivals(one: Manifest, other: Manifest) -> bool:
    """Whether the two spell the record alike, which is told of all kinds."""
    kind = RecordSet()
    specs = one.spec, other.spec
    alike = {kind.claim(spec) for spec in specs if isinstance(spec, RecordSetSpec)}
    return (
        len(alike) == 1
        and all(isinstance(spec, RecordSetSpec) for spec in specs)
        and one.address.scope == other.address.scope
    )


def _all_of(zone: Domain, view: View) -> Iterator[tuple[Manifest, Record]]:
    """All records that manifests want of a zone, by their full names."""
    for address in sorted(view.manifests):
        manifest = view.manifests[address]
        if address.kind == ZONE_KIND and domain(manifest) == zone:
            yield from ((manifest, record) for record in getattr(manifest.spec, "records", ()))
        elif (
            address.kind == RECORD_KIND
            and isinstance(manifest.spec, RecordSetSpec)
            and domain_of(view, manifest) == zone
        ):
            yield manifest, manifest.spec.record.within_zone(zone.name) if zone.name else manifest.spec.record
