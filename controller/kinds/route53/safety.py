"""What one pass must not do to a zone without a person's word, which a commit gives in the zone's `guard`.

How much of a zone may be touched is looked at over all that a pass does to it, by the zone's manifest and by those of single
records: each is part of a Whole (see reconcile/guard.py). What must not be touched at all stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from controller.kinds.route53.dnssec import other_key
from controller.kinds.route53.others import validates_a_certificate
from controller.kinds.route53.records import Key, at_apex
from controller.kinds.route53.wanted import any_zone_manifest
from controller.kinds.route53.zone_spec import HostedZoneSpec, ZoneGuard
from controller.model.dns import readable
from controller.model.manifest import Manifest, View
from controller.model.observed import Whole


def whole_of(view: View | None, id_: str, name: str, private: bool, found: Iterable[Mapping[str, Any]]) -> Whole:
    """A live zone, as the whole that its records are part of."""
    manifest = any_zone_manifest(view, id_, name, private) if view else None
    guard = _guard(manifest) if manifest else ZoneGuard()
    records = list(found)
    useful = [
        each for each in records if not (at_apex(each["Name"], each["Type"], name) or validates_a_certificate(each))
    ]
    return Whole(
        id=id_,
        name=f"records of {readable(name)}",
        parts=len(records),
        removable=len(useful),
        address=manifest.address if manifest else None,
        where=f"HostedZone {manifest.address.name} ({manifest.where})" if manifest else "",
        percent=guard.change_percent,
        emptied=guard.empty,
    )


def _guard(manifest: Manifest) -> ZoneGuard:
    """What a zone's manifest allows, even where not all of it is known yet."""
    try:
        return ZoneGuard.model_validate(manifest.data.get("guard") or {})
    except ValidationError:  # an output that is not known yet allows nothing
        return ZoneGuard()


def caution(live: HostedZoneSpec, spec: HostedZoneSpec, others: Mapping[Key, str]) -> str:
    """Why a change of a zone's records needs a person's word, and how it is given; "" where it does not."""
    there = {record.key: record for record in live.seen_by(spec)}
    for record in spec.records:
        if record.key in others and there.get(record.key) != record:
            whose = others[record.key]
            return f"{record.title} belongs to {whose}: take it off the list, or take that tool's mark away"
    changed = other_key(live.dnssec, spec.dnssec)
    if changed:
        how = "commit one under another name, its DS record in the parent zone next, and only then take this one off"
        return f"the key-signing key {changed} cannot become another, and signs answers meanwhile: {how}"
    wanted = {record.key: record for record in spec.records}
    apex = [record for key, record in there.items() if spec.is_apex(record) and wanted.get(key) != record]
    if apex and not (spec.guard or ZoneGuard()).apex:
        wrong = "is the zone's own, and to get it wrong takes the domain off the net"
        return f"{apex[0].title} {wrong}; to go on, commit `guard: {{apex: true}}`"
    return ""
