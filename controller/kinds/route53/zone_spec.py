"""What a hosted zone should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from controller.kinds.ec2.types import VpcRef
from controller.kinds.route53.records import Key, Record, at_apex
from controller.kinds.route53.types import ZoneRef
from controller.model.dns import Fqdn
from controller.model.reference import Ref
from controller.model.spec import Part, Spec, TaggedSpec, misfit

LogGroupRef = Annotated[
    str,
    Ref("logs/LogGroup", output="arn", literal=r"arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:.+"),
    AfterValidator(lambda arn: arn.removesuffix(":*")),
]
"""AWS's own lists put `:*` at the end of the same ARN."""


class ZoneVpc(Part):
    """A VPC that sees a private zone."""

    key_fields: ClassVar[tuple[str, ...]] = ("vpc",)

    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VPCId).")
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="The VPC's region (VPCRegion).")


class SigningKey(Part):
    """A key-signing key."""

    key_fields: ClassVar[tuple[str, ...]] = ("name",)

    name: str = Field(pattern=r"^\w+$", min_length=3, max_length=128, description="The key's name in the zone.")
    kms_key: str = Field(
        pattern=r"^arn:[\w-]+:kms:us-east-1:\d{12}:key/.+$",
        description="ARN of an asymmetric KMS key (ECC_NIST_P256) in us-east-1 (KeyManagementServiceArn). Another goes under "
        "another name.",
    )
    active: bool = Field(
        default=True, description="Whether answers are signed with it; false: it is kept, as while keys are rotated."
    )


class Dnssec(Part):
    """How a zone is signed."""

    signing: bool = Field(default=True, description="Whether answers are signed.")
    keys: tuple[SigningKey, ...] = Field(default=(), description="The key-signing keys. Any other is deleted.")


class ZoneGuard(Part):
    """What one pass may do to a zone's records. More than that is held until a commit allows it."""

    change_percent: int = Field(
        default=30,
        ge=0,
        le=100,
        description="How many of every hundred records may change or go, in a zone of ten or more. Those with manifests of their "
        "own count too.",
    )
    apex: bool = Field(default=False, description="Whether the zone's own NS and SOA records may be changed.")
    empty: bool = Field(default=False, description="Whether all records may go.")


class HostedZoneSpec(TaggedSpec):
    """A hosted zone."""

    name: Fqdn = Field(description="The domain; unset: metadata.name.")
    comment: str = Field(default="", max_length=256, description="What the zone is for (HostedZoneConfig.Comment).")
    private: bool = Field(
        default=False, description="Whether it is only seen from VPCs; unset: where there are `vpcs`."
    )
    vpcs: tuple[ZoneVpc, ...] = Field(
        default=(),
        description="The VPCs of the zone's account that see a private zone (VPCs). Any other no longer does, but for those "
        "of `authorizedVpcs`.",
    )
    authorized_vpcs: tuple[ZoneVpc, ...] | None = Field(
        default=None,
        description="VPCs of other accounts, by `scope/name` or id, that may be associated from there, by a HostedZoneAssociation "
        "(CreateVPCAssociationAuthorization). Who is taken off no longer sees the zone. Unset: left alone.",
    )
    delegation_set: str = Field(
        default="",
        pattern=r"^(N[A-Z0-9]+)?$",
        description="The reusable delegation set, by id (DelegationSetId); empty: AWS's choice.",
    )
    parent: ZoneRef | None = Field(
        default=None,
        description="The public zone above it, by manifest name or id, in which trueup keeps the NS record that delegates to this "
        "one; unset: somebody else sees to that.",
    )
    query_logging: LogGroupRef = Field(
        default="",
        description="The log group in us-east-1 that queries are logged to, by manifest name or ARN; empty: none.",
    )
    dnssec: Dnssec | None = Field(default=None, description="How it is signed; unset: left alone.")
    records: tuple[Record, ...] = Field(
        default=(), description="Records of the zone. Those with manifests of their own are not listed here."
    )
    authority: Literal["listed", "full"] | None = Field(
        default="listed",
        description="`listed`: only the records that are listed are looked after; what trueup knows as listed before and is taken "
        "off the list is deleted (of a zone whose inventory was lost, it stays). `full`: any other record is deleted, but for "
        "those of RecordSet manifests, of child zones, of external-dns, and those by which AWS validates certificates.",
    )
    guard: ZoneGuard | None = Field(default=ZoneGuard(), description="What one pass may do to the records.")
    _known: frozenset[Key] = PrivateAttr(default=frozenset())

    @model_validator(mode="after")
    def _canonical(self) -> HostedZoneSpec:
        if self.vpcs:
            object.__setattr__(self, "private", True)
        if self.private and (self.parent or self.query_logging or self.dnssec or self.delegation_set):
            raise ValueError("a private zone has no parent, queryLogging, dnssec or delegationSet")
        if self.authorized_vpcs and not self.private:
            raise ValueError("authorizedVpcs are of a private zone: all see a public one")
        full: dict[Key, Record] = {}
        for number, record in enumerate(each.within_zone(self.name) for each in self.records):
            if record.key in full:
                raise misfit(
                    f"{record.title} is listed twice; a record has all its values in one entry", "records", number
                )
            full[record.key] = record
        object.__setattr__(self, "records", tuple(full[key] for key in sorted(full)))
        object.__setattr__(self, "vpcs", tuple(sorted(self.vpcs, key=lambda vpc: vpc.vpc)))
        authorized = self.authorized_vpcs
        if authorized is not None:
            object.__setattr__(self, "authorized_vpcs", tuple(sorted(authorized, key=lambda vpc: vpc.vpc)))
        return self

    def knowing(self, keys: Iterable[Key]) -> HostedZoneSpec:
        """The same live zone, with what is known to have been listed: off the list, it goes."""
        knowing = self.model_copy()
        knowing._known = frozenset(keys)
        return knowing

    def managed_by(self, want: Spec) -> Spec:
        """Without what git leaves to others: records, and VPCs whose own accounts associate them."""
        if not isinstance(want, HostedZoneSpec):
            return self
        theirs = set(want.authorized_vpcs or ()) - set(want.vpcs)
        vpcs = tuple(vpc for vpc in self.vpcs if vpc not in theirs)
        return self.model_copy(update={"records": self.seen_by(want), "vpcs": vpcs})

    def seen_by(self, want: HostedZoneSpec) -> tuple[Record, ...]:
        """The records of this live zone that the wanted one has a say in."""
        listed = {record.key for record in want.records} | self._known
        full = want.authority == "full"
        return tuple(r for r in self.records if r.key in listed or (full and not self.is_apex(r)))

    def is_apex(self, record: Record) -> bool:
        """Whether it is one of the two records that AWS makes with the zone."""
        return at_apex(record.name, record.type, self.name)
