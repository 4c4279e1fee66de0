"""One live zone with all its records, found by what a person calls it."""

from __future__ import annotations

from dataclasses import dataclass

from controller.aws.client import Aws
from controller.errors import TrueupError
from controller.kinds.route53.api import Item, bare, is_private, records, zones
from controller.kinds.route53.records import Record, as_live, from_aws
from controller.model.dns import canonical_fqdn, readable


@dataclass(frozen=True, slots=True)
class LiveZone:
    """A zone as AWS has it: its domain in full, and its records by their full names."""

    id: str
    domain: str
    records: tuple[Record, ...]


def live_zone(aws: Aws, called: str) -> LiveZone:
    """The zone of an id or a domain. Raises TrueupError where there is none, or more than one."""
    found = [zone for zone in zones(aws) if called == bare(zone["Id"])] or [
        zone for zone in zones(aws) if _domain(called) == canonical_fqdn(zone["Name"])
    ]
    if len(found) != 1:
        told = ", ".join(map(_told, found or zones(aws))) or "none"
        number = "more than one zone is" if found else "no zone is"
        raise TrueupError(
            f"{number} called {called!r}", hint=f"name one by its id: {told}" if found else f"zones: {told}"
        )
    id_ = bare(found[0]["Id"])
    live = tuple(as_live(Record, from_aws(item, id_)) for item in records(aws, id_))
    return LiveZone(id_, canonical_fqdn(found[0]["Name"]), live)


def _domain(called: str) -> str:
    try:
        return canonical_fqdn(called)
    except ValueError as error:
        raise TrueupError(str(error)) from error


def _told(zone: Item) -> str:
    kind = " (private)" if is_private(zone) else ""
    return f"{bare(zone['Id'])} {readable(canonical_fqdn(zone['Name']))}{kind}"
