"""What cannot stand beside each other in a zone, found before any call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from controller.kinds.route53.records import Record
from controller.model.dns import readable, within


def conflicts(records: Sequence[Record], zone: str) -> Iterator[tuple[Record, str]]:
    """What is wrong with records of one zone by their full names, each with the record that it is said of."""
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_name[record.name].append(record)
    for name, alike in by_name.items():
        types = {record.type for record in alike}
        for record in alike:
            if zone and not within(name, zone):
                yield record, f"{readable(name)} is not in the zone {readable(zone)}"
            if record.type == "CNAME" and name == zone:
                yield record, "a CNAME cannot stand at the zone itself; an alias can"
            elif record.type == "CNAME" and types != {"CNAME"}:
                others = ", ".join(sorted(types - {"CNAME"}))
                yield (
                    record,
                    f"a CNAME cannot stand beside other records of its name, and {readable(name)} has {others} too",
                )
            if zone and record.alias and not record.alias.zone_id and not _in_zone(record.alias.target, zone):
                yield record, f"{readable(record.alias.target)} is not in the zone; say its hosted zone (alias.zoneId)"
        for type_ in sorted(types):
            yield from _mixed([record for record in alike if record.type == type_])


def _in_zone(target: str, zone: str) -> bool:
    """Whether a target may be in the zone: a manifest's name is not looked into."""
    return not target.endswith(".") or within(target, zone)


def _mixed(alike: Sequence[Record]) -> Iterator[tuple[Record, str]]:
    policies = {record.routing.policy if record.routing else "none" for record in alike}
    for record in alike:
        if len(policies) > 1:
            yield (
                record,
                f"records of one name and type must be chosen among in one way; here are {', '.join(sorted(policies))}",
            )
    if policies == {"failover"}:
        by_role: dict[str | None, list[Record]] = defaultdict(list)
        for record in alike:
            by_role[record.routing.failover if record.routing else None].append(record)
        for record in by_role["SECONDARY"] if not by_role["PRIMARY"] else ():
            yield record, "a SECONDARY needs a PRIMARY beside it"
        for group in by_role.values():
            for record in group if len(group) > 1 else ():
                others = ", ".join(other.set_identifier for other in group if other is not record)
                yield record, f"{readable(record.name)} has another such failover record: {others}"
