"""Who looks after which record of which zone, as the commit has it: a zone's manifest, a RecordSet's, or a child zone's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from controller.kinds.route53.records import Key
from controller.kinds.route53.types import ZONE
from controller.model.address import Address
from controller.model.dns import absolute, canonical_fqdn, canonical_name
from controller.model.manifest import Manifest, View

ZONE_KIND, RECORD_KIND = "route53/HostedZone", "route53/RecordSet"


@dataclass(frozen=True, slots=True)
class Domain:
    """A zone as manifests mean it: by its id, or by its domain and whether it is private."""

    name: str = ""
    private: bool = False
    id: str = ""

    def is_(self, id_: str, name: str, private: bool) -> bool:
        """Whether it is this live zone."""
        return id_ == self.id if self.id else (name, private) == (self.name, self.private)


def domain_of(view: View, manifest: Manifest, field: str = "zone") -> Domain | None:
    """The zone that a manifest's field refers to; None where it refers to none that can be told."""
    text = str(manifest.data.get(field, ""))
    if ZONE.is_literal(text):
        return Domain(id=text) if text and "${" not in text else None
    scope, _, name = text.rpartition("/")
    found = view.manifests.get(Address(scope or manifest.address.scope, ZONE_KIND, name))
    return domain(found) if found else None


def domain(zone: Manifest) -> Domain | None:
    """What a HostedZone's manifest means."""
    with suppress(ValueError):
        name = canonical_fqdn(str(zone.data.get("name", zone.address.name)))
        return Domain(name, bool(zone.data.get("vpcs") or zone.data.get("private")))
    return None


def zone_manifest(view: View, id_: str, name: str, private: bool) -> Manifest | None:
    """The scope's manifest of a live zone."""
    return next((manifest for manifest in view.of(ZONE_KIND) if _is_of(manifest, id_, name, private)), None)


def _zones(view: View) -> Iterator[Manifest]:
    """The commit's manifests of zones, of whatever scope."""
    return (manifest for address, manifest in view.manifests.items() if address.kind == ZONE_KIND)


def _is_of(zone: Manifest, id_: str, name: str, private: bool) -> bool:
    meant = domain(zone)
    return zone.lifecycle.adopt == id_ or (meant is not None and meant.is_(id_, name, private))


def any_zone_manifest(view: View, id_: str, name: str, private: bool) -> Manifest | None:
    """The manifest of a live zone, of whatever scope; the scope's own where there are more."""
    others = (manifest for manifest in _zones(view) if _is_of(manifest, id_, name, private))
    return zone_manifest(view, id_, name, private) or next(others, None)


def key_of(data: Mapping[str, Any], zone: str) -> Key | None:
    """The record that a RecordSet's manifest is about, even where its values are not known yet."""
    with suppress(ValueError):
        name = (
            absolute(canonical_name(str(data.get("name", ""))), zone)
            if zone
            else canonical_fqdn(str(data.get("name", "")))
        )
        return name, str(data.get("type", "")), str(data.get("setIdentifier", ""))
    return None


def claimed(view: View, id_: str, name: str, private: bool) -> frozenset[Key]:
    """The records of a live zone that have manifests of their own, in whatever scope, or stand for a child zone."""
    return frozenset(key for key in _claimed(view, id_, name, private) if key)


def _claimed(view: View, id_: str, name: str, private: bool) -> Iterator[Key | None]:
    for address, manifest in view.manifests.items():
        if address.kind == RECORD_KIND:
            meant = domain_of(view, manifest)
            if meant and meant.is_(id_, name, private):
                yield key_of(manifest.data, name)
        elif address.kind == ZONE_KIND and manifest.data.get("parent"):
            parent, child = domain_of(view, manifest, "parent"), domain(manifest)
            if parent and child and parent.is_(id_, name, private):
                yield child.name, "NS", ""


def listed_by(zone: Manifest, name: str) -> frozenset[Key]:
    """The records that a zone's manifest lists, even where not all of their values are known yet."""
    found = (key_of(data, name) for data in zone.data.get("records", ()) if isinstance(data, Mapping))
    return frozenset(key for key in found if key)


def listed(view: View, id_: str, name: str, private: bool) -> frozenset[Key]:
    """The records of a live zone that a zone's manifest lists, in whatever scope."""
    meant = ((zone, domain(zone)) for zone in _zones(view))
    return frozenset[Key]().union(*(listed_by(zone, name) for zone, it in meant if it and it.is_(id_, name, private)))
