"""Records: what a RecordSet and an entry of a zone's `records` have in common, and how they look to AWS.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from controller.kinds.route53.alias_zones import zone_of
from controller.kinds.route53.batches import Change, Slot, Verb
from controller.kinds.route53.routing import Routing, routing_from_aws, routing_to_aws
from controller.kinds.route53.types import HealthCheckRef, TargetRef
from controller.model.dns import (
    DnsName,
    RecordType,
    absolute,
    canonical_fqdn,
    canonical_name,
    canonical_values,
    readable,
    wire_value,
)
from controller.model.spec import Part

R = TypeVar("R", bound="Record")
TTL = 300
APEX_TYPES = ("NS", "SOA")
"""The records that AWS makes with a zone, at its own name."""
Key = tuple[str, str, str]
"""What tells a record from all others of its zone: name, type and set identifier."""


class Alias(Part):
    """What a record that is an alias answers with: whatever its target does."""

    target: TargetRef = Field(
        description="What it points to (DNSName): a load balancer, distribution or record by manifest name, a name that AWS "
        "has given, or any name with a dot at its end."
    )
    zone_id: str = Field(
        default="",
        pattern=r"^(Z[A-Z0-9]+)?$",
        description="The target's hosted zone (HostedZoneId); unset: known for load balancers, CloudFront, S3 websites and API "
        "Gateway, and else the record's own zone.",
    )
    evaluate_target_health: bool = Field(default=False, description="Whether it is healthy only where its target is.")

    @model_validator(mode="after")
    def _zone_of_target(self) -> Alias:
        if not self.zone_id:
            object.__setattr__(self, "zone_id", zone_of(self.target))
        return self


class Record(Part):
    """One record: a name, a type, and the answer."""

    key_fields: ClassVar[tuple[str, ...]] = ("title",)

    name: DnsName = Field(
        description="The name, relative to the zone or in full; `@` is the zone itself, `*` whatever has no record of its own."
    )
    type: RecordType = Field(description="The type, such as A or CNAME.")
    ttl: int | None = Field(
        default=None,
        ge=0,
        le=2147483647,
        description=f"Seconds for which an answer may be kept; unset: {TTL}. An alias has none.",
    )
    values: tuple[str, ...] = Field(
        default=(),
        description="The answers (ResourceRecords), in any order. A TXT is its text: trueup quotes and splits it.",
    )
    alias: Alias | None = Field(default=None, description="In place of values: what it points to (AliasTarget).")
    set_identifier: str = Field(
        default="",
        max_length=128,
        description="What tells it from others of its name and type, where routing chooses among them.",
    )
    routing: Routing | None = Field(
        default=None, description="How Route 53 chooses among records of one name and type."
    )
    health_check: HealthCheckRef = Field(
        default="", description="Answered only while this is healthy, by manifest name or id."
    )

    @field_validator("values")
    @classmethod
    def _canonical(cls, values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return canonical_values(info.data["type"], values) if "type" in info.data else values

    @model_validator(mode="after")
    def _one_answer(self) -> Record:
        if bool(self.values) == bool(self.alias):
            raise ValueError("needs values or an alias, and not both")
        if self.alias and self.ttl is not None:
            raise ValueError("an alias has no ttl of its own: it has that of what it points to")
        if self.type in ("CNAME", "SOA") and len(self.values) > 1:
            raise ValueError(f"a {self.type} has one value, and here are {len(self.values)}")
        if bool(self.routing) != bool(self.set_identifier):
            missing = "a setIdentifier" if self.routing else "routing"
            raise ValueError(
                f"needs {missing} too: records that are chosen among are told apart by their setIdentifier"
            )
        if self.values and self.ttl is None:
            object.__setattr__(self, "ttl", TTL)
        return self

    @property
    def key(self) -> Key:
        """What tells it from all other records of its zone."""
        return self.name, self.type, self.set_identifier

    @property
    def title(self) -> str:
        """The same, as people read it: `www.example.com A blue`."""
        return " ".join(filter(None, (readable(self.name), self.type, self.set_identifier)))

    def within_zone(self, zone: str) -> Any:
        """The same record by its full name."""
        name = absolute(self.name, zone)
        return self if name == self.name else self.model_copy(update={"name": name})


# As AWS has them


def to_aws(record: Record, zone_id: str) -> dict[str, Any]:
    """A record as ChangeResourceRecordSets takes it."""
    answer: dict[str, Any]
    if record.alias:
        answer = {
            "AliasTarget": {
                "HostedZoneId": record.alias.zone_id or zone_id,
                "DNSName": record.alias.target,
                "EvaluateTargetHealth": record.alias.evaluate_target_health,
            }
        }
    else:
        values = [{"Value": wire_value(record.type, value)} for value in record.values]
        answer = {"TTL": record.ttl, "ResourceRecords": values}
    chosen = {"SetIdentifier": record.set_identifier, **routing_to_aws(record.routing)} if record.routing else {}
    checked = {"HealthCheckId": record.health_check} if record.health_check else {}
    return {"Name": record.name, "Type": record.type, **chosen, **answer, **checked}


def from_aws(found: Mapping[str, Any], zone_id: str) -> dict[str, Any]:
    """A record set of a ListResourceRecordSets reply as the fields of a Record."""
    given = {
        "ttl": found.get("TTL"),
        "values": tuple(value["Value"] for value in found.get("ResourceRecords", ())),
        "set_identifier": found.get("SetIdentifier"),
        "routing": routing_from_aws(found),
        "health_check": found.get("HealthCheckId"),
    }
    # Pydantic remembers what it was given, and that takes room ten thousand times.
    fields = {"name": found["Name"], "type": found["Type"], **{k: v for k, v in given.items() if v not in (None, ())}}
    target = found.get("AliasTarget")
    if target:
        own = target["HostedZoneId"] == zone_id
        fields["ttl"] = None
        fields["alias"] = Alias(
            target=canonical_fqdn(target["DNSName"]),
            zone_id="" if own else target["HostedZoneId"],
            evaluate_target_health=target["EvaluateTargetHealth"],
        )
    return fields


def at_apex(name: str, type_: str, zone: str) -> bool:
    """Whether it is one of the two records that AWS makes with a zone."""
    return name == zone and type_ in APEX_TYPES


def key_in(found: Mapping[str, Any]) -> Key:
    """What tells a record set of a ListResourceRecordSets reply from all others of its zone."""
    return canonical_name(found["Name"]), found["Type"], found.get("SetIdentifier", "")


def as_live(model: type[R], fields: Mapping[str, Any]) -> R:
    """A live record. What AWS has taken and trueup would not write is shown as it is."""
    try:
        return model(**fields)
    except ValidationError:
        return cast(R, model.model_construct(**fields))


def change(
    verb: Verb,
    record: Record,
    zone_id: str,
    raw: Mapping[str, Any] | None = None,
    *,
    before: Record | None = None,
    needs: frozenset[Slot] = frozenset(),
) -> Change:
    """A change of one record, which was `before`. A DELETE takes it as AWS gave it (`raw`), to the letter."""
    left = _target(before, zone_id) if before else ""
    return Change(verb, raw or to_aws(record, zone_id), record.name, _target(record, zone_id), left, needs)


def _target(record: Record, zone_id: str) -> str:
    """What an alias points to in its own zone."""
    return record.alias.target if record.alias and record.alias.zone_id in ("", zone_id) else ""
