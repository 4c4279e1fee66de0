"""Records that other tools look after, as far as the zone tells: they are left alone.

external-dns marks its own in TXT records: beside `www` it writes `www` (long ago) and `cname-www`
(https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.model.dns import canonical_value

_MARK = "heritage=external-dns,external-dns/owner="


def others_of(found: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Names and types with whose they are. external-dns's marks are its own too; a traffic policy makes its records itself."""
    marks: dict[tuple[str, str], str] = {}
    for record in found:
        if "TrafficPolicyInstanceId" in record:
            marks[record["Name"], record["Type"]] = f"traffic policy instance {record['TrafficPolicyInstanceId']}"
        owner = next((o for value in record.get("ResourceRecords", ()) if (o := _owner(record, value["Value"]))), "")
        if not owner:
            continue
        name = str(record["Name"])
        first, _, rest = name.partition("-")
        marks[name, "TXT"] = owner
        for type_ in ("A", "AAAA", "CNAME", "MX", "NS", "SRV"):
            marks.setdefault((name, type_), owner)
            if first.upper() == type_:
                marks[rest, type_] = owner
                if type_ == "CNAME":  # what it calls a CNAME may be an alias
                    marks[rest, "A"] = marks[rest, "AAAA"] = owner
    return marks


def validates_a_certificate(record: Mapping[str, Any]) -> bool:
    """Whether AWS Certificate Manager looks for it: without it certificates would not be renewed.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    values = (value["Value"].lower().removesuffix(".") for value in record.get("ResourceRecords", ()))
    return record["Type"] == "CNAME" and any(value.endswith(".acm-validations.aws") for value in values)


def _owner(record: Mapping[str, Any], value: str) -> str:
    text = canonical_value("TXT", value) if record["Type"] == "TXT" else ""
    return f"external-dns owner {text.removeprefix(_MARK).partition(',')[0]!r}" if text.startswith(_MARK) else ""
