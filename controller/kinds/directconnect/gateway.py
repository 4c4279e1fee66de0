"""Direct Connect gateways: what joins virtual interfaces with VPN gateways and transit gateways of any region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.kinds.directconnect.api import PAGE, AssociatedRef, DirectConnectKind, busy, tags_of, to_list
from controller.kinds.ec2.types import PrivateAsn
from controller.model.cidr import Cidr, parse_cidr
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

LEAVING = ("disassociating", "disassociated")
TRANSIT_ID = re.compile(r"tgw-[0-9a-f]{8,17}")
TRANSIT_PREFIXES = 200
"""Prefixes that AWS takes for a transit gateway."""


class Association(Part):
    """A gateway that the Direct Connect gateway leads to, and what it tells the other side of."""

    key_fields = ("gateway",)

    gateway: AssociatedRef = Field(
        description="A VpnGateway or TransitGateway, by manifest name or id (AssociatedGatewayId)."
    )
    allowed_prefixes: frozenset[Cidr] | None = Field(
        default=None,
        description="The ranges that are advertised through Direct Connect (AllowedPrefixesToDirectConnectGateway). A transit "
        "gateway needs them; for a VPN gateway AWS takes the VPC's ranges where they are unset, and they are left alone.",
    )


def _each_once(associations: tuple[Association, ...]) -> tuple[Association, ...]:
    names = [each.gateway for each in associations]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} is given twice; put all its allowedPrefixes into one")
    return tuple(sorted(associations, key=lambda each: each.gateway))


class GatewaySpec(TaggedSpec):
    """A Direct Connect gateway."""

    name: str = Field(
        max_length=100,
        description="The name (DirectConnectGatewayName), which need not be unique; unset: metadata.name.",
    )
    amazon_side_asn: PrivateAsn = Field(
        default=64512, description="The private ASN of Amazon's side of BGP sessions, which AWS cannot change."
    )
    associations: Annotated[tuple[Association, ...], AfterValidator(_each_once)] = Field(
        default=(), description="What it leads to. Any other gateway is disassociated."
    )


class Gateway(DirectConnectKind[GatewaySpec]):
    """Direct Connect gateway. It belongs to no region: manifests of one region name it, others by its scope.

    https://docs.aws.amazon.com/directconnect/latest/APIReference/API_CreateDirectConnectGateway.html
    Observation: ceil(n / 100) calls + for each gateway that is trueup's, or is to be adopted or exported, ceil(associations / 100).
    """

    doc = "https://docs.aws.amazon.com/directconnect/latest/APIReference/API_CreateDirectConnectGateway.html"
    name_field = "name"
    reach = "account"
    replace_on = frozenset({"amazonSideAsn"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The gateway's id.", "arn": "Its ARN.", "name": "Its name."}
    reads = (
        "directconnect:DescribeDirectConnectGateways",
        "directconnect:DescribeDirectConnectGatewayAssociations",
    )
    writes = (
        "directconnect:CreateDirectConnectGateway",
        "directconnect:UpdateDirectConnectGateway",
        "directconnect:DeleteDirectConnectGateway",
        "directconnect:DescribeDirectConnectGatewayAttachments",
        "directconnect:CreateDirectConnectGatewayAssociation",
        "directconnect:UpdateDirectConnectGatewayAssociation",
        "directconnect:DeleteDirectConnectGatewayAssociation",
        "directconnect:TagResource",
        "directconnect:UntagResource",
    )

    def same_slot(self, spec: GatewaySpec, live: GatewaySpec) -> bool:
        return False  # two may have one name

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        transit = {link.target.name for link in manifest.links if link.target.kind == "ec2/TransitGateway"}
        for each in spec.associations if isinstance(spec, GatewaySpec) else ():
            count = len(each.allowed_prefixes or ())
            if TRANSIT_ID.fullmatch(each.gateway) or each.gateway.rpartition("/")[2] in transit:
                if not count:
                    said = f"transit gateway {each.gateway} needs allowedPrefixes: nothing is advertised without"
                    yield manifest.problem("associations", said)
                elif count > TRANSIT_PREFIXES:
                    said = f"{each.gateway} has {count} allowedPrefixes; AWS takes {TRANSIT_PREFIXES}"
                    yield manifest.problem("associations", said)

    def tell(self, verb: Verb, before: GatewaySpec | None, after: GatewaySpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the Direct Connect gateway; its virtual interfaces are made anew, and are down until then"
        old, new = _prefixes(before), _prefixes(after)
        for gateway in sorted(old.keys() | new.keys()):
            if gateway not in new:
                yield f"{gateway} is no longer reached through Direct Connect"
            elif gateway in old and new[gateway] is not None:
                lost = (old[gateway] or frozenset()) - (new[gateway] or frozenset())
                yield from (f"{prefix} of {gateway} is no longer advertised" for prefix in sorted(lost))

    def observe(self, aws: Aws, wanted: Wanted[GatewaySpec]) -> Iterator[Observed[GatewaySpec]]:
        for page in aws.pages("directconnect", "DescribeDirectConnectGateways", page_size=PAGE):
            for gateway in page["directConnectGateways"]:
                id_ = gateway["directConnectGatewayId"]
                if gateway["directConnectGatewayState"] in ("pending", "available"):
                    ours = wanted.everything or id_ in wanted.ids or "trueup:owner" in tags_of(gateway)
                    yield translate(aws, gateway, _associations(aws, id_) if ours else None)

    def create(self, aws: Aws, spec: GatewaySpec, tags: Mapping[str, str]) -> Made:
        gateway = aws.call(
            "directconnect",
            "CreateDirectConnectGateway",
            directConnectGatewayName=spec.name,
            amazonSideAsn=spec.amazon_side_asn,
            tags=to_list(tags),
        )["directConnectGateway"]
        made = translate(aws, gateway, ())
        if spec.associations and not made.pending:  # else AWS associates nothing yet, and a later pass goes on
            self.update(aws, made, spec, frozenset({"associations"}))
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[GatewaySpec], spec: GatewaySpec, changed: frozenset[str]) -> None:
        if "name" in changed:
            renamed = {"directConnectGatewayId": live.id, "newDirectConnectGatewayName": spec.name}
            aws.call("directconnect", "UpdateDirectConnectGateway", **renamed)
        if "associations" in changed:
            old, new = _prefixes(live.spec), _prefixes(spec)
            for gateway, prefixes in new.items():
                if gateway in old:
                    _advertise(aws, live.detail[gateway], old[gateway] or frozenset(), prefixes)
                else:
                    _associate(aws, live.id, gateway, prefixes)
            for gateway in old.keys() - new.keys():
                _disassociate(aws, live.detail[gateway])

    def delete(self, aws: Aws, live: Observed[GatewaySpec]) -> None:
        for association in live.detail.values():
            _disassociate(aws, association)
        held = self.holders(aws, live)
        if held:
            raise busy("DeleteDirectConnectGateway", f"it still has {held}")
        aws.call("directconnect", "DeleteDirectConnectGateway", directConnectGatewayId=live.id)

    def holders(self, aws: Aws, live: Observed[GatewaySpec]) -> str:
        of = {"directConnectGatewayId": live.id}
        associations = aws.call("directconnect", "DescribeDirectConnectGatewayAssociations", **of)
        attachments = aws.call("directconnect", "DescribeDirectConnectGatewayAttachments", **of)
        gateways = [
            f"{each['associatedGateway']['id']} ({each['associationState']})"
            for each in associations["directConnectGatewayAssociations"]
            if each["associationState"] != "disassociated"
        ]
        interfaces = [
            f"{each['virtualInterfaceId']} ({each['attachmentState']})"
            for each in attachments["directConnectGatewayAttachments"]
            if each["attachmentState"] != "detached"
        ]
        return ", ".join(gateways + interfaces)


def _associations(aws: Aws, gateway: str) -> tuple[Mapping[str, Any], ...]:
    of = {"directConnectGatewayId": gateway}
    pages = aws.pages("directconnect", "DescribeDirectConnectGatewayAssociations", page_size=PAGE, **of)
    return tuple(each for page in pages for each in page["directConnectGatewayAssociations"])


def _prefixes(spec: GatewaySpec | None) -> dict[str, frozenset[str] | None]:
    return {each.gateway: each.allowed_prefixes for each in (spec.associations or ())} if spec else {}


def _cidrs(prefixes: frozenset[str]) -> list[dict[str, str]]:
    return [{"cidr": prefix} for prefix in sorted(prefixes)]


def _associate(aws: Aws, gateway: str, other: str, prefixes: frozenset[str] | None) -> None:
    given = {"addAllowedPrefixesToDirectConnectGateway": _cidrs(prefixes)} if prefixes else {}
    ends: dict[str, Any] = {"directConnectGatewayId": gateway, "gatewayId": other, **given}
    aws.call("directconnect", "CreateDirectConnectGatewayAssociation", **ends)


def _advertise(aws: Aws, association: str, old: frozenset[str], new: frozenset[str] | None) -> None:
    if new is None or new == old:
        return
    change: dict[str, Any] = {
        "addAllowedPrefixesToDirectConnectGateway": _cidrs(new - old),
        "removeAllowedPrefixesToDirectConnectGateway": _cidrs(old - new),
    }
    given = {name: prefixes for name, prefixes in change.items() if prefixes}
    aws.call("directconnect", "UpdateDirectConnectGatewayAssociation", associationId=association, **given)


def _disassociate(aws: Aws, association: str) -> None:
    aws.call("directconnect", "DeleteDirectConnectGatewayAssociation", associationId=association)


def translate(
    aws: Aws, gateway: Mapping[str, Any], associations: tuple[Mapping[str, Any], ...] | None
) -> Observed[GatewaySpec]:
    """The gateway of a DescribeDirectConnectGateways reply. Associations that were not asked for are unknown."""
    id_, name = gateway["directConnectGatewayId"], gateway["directConnectGatewayName"]
    there = {
        each["associatedGateway"]["id"]: each
        for each in associations or ()
        if each["associationState"] not in LEAVING and "associatedGateway" in each
    }
    fields: dict[str, Any] = {
        "associations": None if associations is None else tuple(_association(there[key]) for key in sorted(there))
    }
    spec = GatewaySpec.model_construct(name=name, amazon_side_asn=gateway["amazonSideAsn"], tags={}, **fields)
    outputs = {"id": id_, "arn": f"arn:{aws.partition}:directconnect::{aws.account}:dx-gateway/{id_}", "name": name}
    detail = {key: each["associationId"] for key, each in there.items()}
    return Observed(id_, spec, tags_of(gateway), outputs, _pending(gateway, associations or ()), detail=detail)


def _association(association: Mapping[str, Any]) -> Association:
    prefixes = association.get("allowedPrefixesToDirectConnectGateway", ())
    return Association.model_construct(
        gateway=association["associatedGateway"]["id"],
        allowed_prefixes=frozenset(str(parse_cidr(each["cidr"])) for each in prefixes),
    )


def _pending(gateway: Mapping[str, Any], associations: tuple[Mapping[str, Any], ...]) -> str:
    if gateway["directConnectGatewayState"] == "pending":
        return "AWS is still making it"
    busy = [each for each in associations if each["associationState"] not in ("associated", "disassociated")]
    said = (
        f"{each.get('associatedGateway', {}).get('id', each['associationId'])} is {each['associationState']}"
        + (f": {each['stateChangeError']}" if each.get("stateChangeError") else "")
        for each in busy
    )
    return ", ".join(said)
