"""Route tables of transit gateways: where traffic that comes in by an attachment goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from controller.aws.client import Aws
from controller.errors import AlreadyExists, AwsBusy, NotFound
from controller.kinds.ec2.api import PAGE, Ec2Kind, describe, tags_of
from controller.kinds.ec2.types import (
    BLACKHOLE,
    TransitGatewayAttachmentRef,
    TransitGatewayRef,
    TransitGatewayTarget,
)
from controller.model.cidr import Cidr, parse_cidr
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.spec import TaggedSpec

ATTACHMENTS = ("ec2/TransitGatewayVpcAttachment", "ec2/VpnConnection")


def _no_two_alike(routes: Any) -> Any:
    """Refuse two spellings of one destination, of which a map would keep the last without a word."""
    seen: dict[str, str] = {}
    for text in routes if isinstance(routes, Mapping) else ():
        first = seen.setdefault(_canonical(text), text)
        if first != text:
            raise ValueError(f"{text} and {first} are the same destination")
    return routes


def _canonical(text: Any) -> str:
    try:
        return str(parse_cidr(str(text)))
    except ValueError:  # what is no network is refused where the keys are validated
        return str(text)


Routes = Annotated[dict[Cidr, TransitGatewayTarget], BeforeValidator(_no_two_alike)]


class TransitGatewayRouteTableSpec(TaggedSpec):
    """A route table of a transit gateway."""

    transit_gateway: TransitGatewayRef = Field(
        description="The transit gateway, by manifest name or id (TransitGatewayId)."
    )
    associations: frozenset[TransitGatewayAttachmentRef] = Field(
        default=frozenset(),
        description="The attachments whose incoming traffic goes by this table, by manifest name (of a "
        "TransitGatewayVpcAttachment or VpnConnection) or id. Any other is taken out. An attachment has one table: one that AWS "
        "has put into the gateway's default table is taken out of that first, and reaches nothing for a moment.",
    )
    propagations: frozenset[TransitGatewayAttachmentRef] = Field(
        default=frozenset(),
        description="The attachments whose own routes appear in this table. Any other is taken out.",
    )
    routes: Routes = Field(
        default={},
        description="Static routes: for each destination CIDR the attachment, by manifest name or id, or `blackhole` to drop "
        "the traffic. Any other static route is deleted; propagated routes are left alone.",
    )


class TransitGatewayRouteTable(Ec2Kind[TransitGatewayRouteTableSpec]):
    """Route table of a transit gateway. The default table that AWS makes with a gateway is left alone.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayRouteTable.html
    Observation: ceil(n / 1000) calls + for each table that is trueup's, or is to be adopted or exported, the pages of its
    associations, propagations and static routes: 3 calls where it has up to 1000 of each.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayRouteTable.html"
    resource_type = "transit-gateway-route-table"
    replace_on = frozenset({"transitGateway"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The table's id.", "arn": "Its ARN."}
    reads = (
        "ec2:DescribeTransitGatewayRouteTables",
        "ec2:GetTransitGatewayRouteTableAssociations",
        "ec2:GetTransitGatewayRouteTablePropagations",
        "ec2:SearchTransitGatewayRoutes",
    )
    writes = (
        "ec2:CreateTransitGatewayRouteTable",
        "ec2:DeleteTransitGatewayRouteTable",
        "ec2:AssociateTransitGatewayRouteTable",
        "ec2:DisassociateTransitGatewayRouteTable",
        "ec2:EnableTransitGatewayRouteTablePropagation",
        "ec2:DisableTransitGatewayRouteTablePropagation",
        "ec2:CreateTransitGatewayRoute",
        "ec2:ReplaceTransitGatewayRoute",
        "ec2:DeleteTransitGatewayRoute",
        "ec2:DescribeTransitGatewayAttachments",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        tables = [(m, m.spec) for m in mine if isinstance(m.spec, TransitGatewayRouteTableSpec)]
        holder: dict[str, Manifest] = {}
        for manifest, spec in tables:
            for name in sorted(spec.associations):
                other = holder.setdefault(name, manifest)
                if other is not manifest:
                    yield from _rivals(name, manifest, other)
            yield from ((manifest, problem) for problem in _strangers(manifest, spec, view))

    def tell(
        self, verb: Verb, before: TransitGatewayRouteTableSpec | None, after: TransitGatewayRouteTableSpec | None
    ) -> Iterator[str]:
        old, new = before.routes if before else {}, after.routes if after else {}
        for destination in sorted({*(old or {}), *(new or {})}):
            was, is_ = (old or {}).get(destination), (new or {}).get(destination)
            if was != is_:
                yield f"{destination} {_fate(is_)}" + (
                    f", no longer to {was}" if was and is_ and was != BLACKHOLE else ""
                )
        lost = (before.associations or ()) if before else ()
        kept = after.associations if after else frozenset()
        yield from (f"attachment {name} no longer goes by this table" for name in sorted(set(lost) - kept))

    def observe(
        self, aws: Aws, wanted: Wanted[TransitGatewayRouteTableSpec]
    ) -> Iterator[Observed[TransitGatewayRouteTableSpec]]:
        states = ("available", "pending")
        for table in describe(aws, "TransitGatewayRouteTables", "TransitGatewayRouteTables", state=states):
            ours = table["TransitGatewayRouteTableId"] in wanted.ids or "trueup:owner" in tags_of(table)
            if ours or not _is_default(table):
                ready = table.get("State") == "available" and (ours or wanted.everything)
                yield translate(aws, table, _content(aws, table["TransitGatewayRouteTableId"]) if ready else {})

    def create(self, aws: Aws, spec: TransitGatewayRouteTableSpec, tags: Mapping[str, str]) -> Made:
        table = aws.call(
            "ec2",
            "CreateTransitGatewayRouteTable",
            TransitGatewayId=spec.transit_gateway,
            TagSpecifications=self.tagged(tags),
        )["TransitGatewayRouteTable"]
        empty = {"associations": frozenset[str](), "propagations": frozenset[str](), "routes": {}}
        made = translate(aws, table, empty)
        if not made.pending:  # else AWS takes nothing into it yet, and a later pass goes on
            self.update(aws, made, spec, frozenset(empty))
        return Made(made.id, made.outputs, made.pending)

    def update(
        self,
        aws: Aws,
        live: Observed[TransitGatewayRouteTableSpec],
        spec: TransitGatewayRouteTableSpec,
        changed: frozenset[str],
    ) -> None:
        # The table is filled before anything goes by it, and what is old leaves after what is new has come.
        if "propagations" in changed:
            _switch(aws, live.id, "Enable", spec.propagations - live.spec.propagations)
        if "routes" in changed:
            _put_routes(aws, live.id, live.spec.routes, spec.routes)
        if "propagations" in changed:
            _switch(aws, live.id, "Disable", live.spec.propagations - spec.propagations)
        if "associations" in changed:
            _disassociate(aws, live.id, live.spec.associations - spec.associations)
            for attachment in sorted(spec.associations - live.spec.associations):
                _associate(aws, live.id, attachment)

    def delete(self, aws: Aws, live: Observed[TransitGatewayRouteTableSpec]) -> None:
        _disassociate(aws, live.id, live.spec.associations or frozenset())
        # Refused as long as the attachments are on their way out; the next pass asks again.
        aws.call("ec2", "DeleteTransitGatewayRouteTable", TransitGatewayRouteTableId=live.id)

    def holders(self, aws: Aws, live: Observed[TransitGatewayRouteTableSpec]) -> str:
        found = aws.call("ec2", "GetTransitGatewayRouteTableAssociations", TransitGatewayRouteTableId=live.id)
        return ", ".join(
            f"{item['TransitGatewayAttachmentId']} ({item['State']})"
            for item in found["Associations"]
            if item["State"] != "associated"
        )


def _content(aws: Aws, table: str) -> dict[str, Any]:
    """What lies in a table, as fields of a Spec."""
    of: dict[str, Any] = {"TransitGatewayRouteTableId": table}
    associations = aws.pages("ec2", "GetTransitGatewayRouteTableAssociations", page_size=PAGE, **of)
    propagations = aws.pages("ec2", "GetTransitGatewayRouteTablePropagations", page_size=PAGE, **of)
    static = [{"Name": "type", "Values": ["static"]}]
    routes = aws.pages("ec2", "SearchTransitGatewayRoutes", Filters=static, **of)  # in pages of 1000 by default
    return {
        "associations": frozenset(_attached(associations, "Associations", ("associating", "associated"))),
        "propagations": frozenset(
            _attached(propagations, "TransitGatewayRouteTablePropagations", ("enabling", "enabled"))
        ),
        "routes": dict(static_routes(routes)),
    }


def _attached(pages: Sequence[Mapping[str, Any]], key: str, states: tuple[str, ...]) -> Iterator[str]:
    for page in pages:
        yield from (item["TransitGatewayAttachmentId"] for item in page.get(key, ()) if item["State"] in states)


def static_routes(pages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The routes of SearchTransitGatewayRoutes' replies: destination and attachment.

    A route whose attachment is gone is in the state `blackhole` as well, but still names it: that is no route which git asked for.
    """
    for page in pages:
        for route in page.get("Routes", ()):
            destination = route.get("DestinationCidrBlock")  # a prefix list has none, and is another thing
            if destination and route["State"] not in ("deleting", "deleted"):
                targets = [each["TransitGatewayAttachmentId"] for each in route.get("TransitGatewayAttachments", ())]
                yield str(parse_cidr(destination)), targets[0] if targets else BLACKHOLE


def translate(aws: Aws, table: Mapping[str, Any], content: Mapping[str, Any]) -> Observed[TransitGatewayRouteTableSpec]:
    """The table of a DescribeTransitGatewayRouteTables reply. Content that was not asked for is unknown."""
    id_ = table["TransitGatewayRouteTableId"]
    fields: dict[str, Any] = {name: content.get(name) for name in ("associations", "propagations", "routes")}
    spec = TransitGatewayRouteTableSpec.model_construct(transit_gateway=table["TransitGatewayId"], tags={}, **fields)
    arn = f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:transit-gateway-route-table/{id_}"
    pending = "AWS is still making it" if table.get("State") == "pending" else ""
    return Observed(id_, spec, tags_of(table), {"id": id_, "arn": arn}, pending)


def _is_default(table: Mapping[str, Any]) -> bool:
    return bool(table.get("DefaultAssociationRouteTable") or table.get("DefaultPropagationRouteTable"))


def _switch(aws: Aws, table: str, way: str, attachments: frozenset[str]) -> None:
    operation = f"{way}TransitGatewayRouteTablePropagation"
    for attachment in sorted(attachments):
        with suppress(AlreadyExists, NotFound):
            aws.call("ec2", operation, TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment)


def _put_routes(aws: Aws, table: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    for destination, target in sorted(new.items()):
        if old.get(destination) != target:
            operation = "ReplaceTransitGatewayRoute" if destination in old else "CreateTransitGatewayRoute"
            to = {"Blackhole": True} if target == BLACKHOLE else {"TransitGatewayAttachmentId": target}
            aws.call("ec2", operation, TransitGatewayRouteTableId=table, DestinationCidrBlock=destination, **to)
    for destination in sorted(old.keys() - new.keys()):
        with suppress(NotFound):
            gone = {"TransitGatewayRouteTableId": table, "DestinationCidrBlock": destination}
            aws.call("ec2", "DeleteTransitGatewayRoute", **gone)


def _disassociate(aws: Aws, table: str, attachments: frozenset[str]) -> None:
    for attachment in sorted(attachments):
        with suppress(NotFound):
            gone = {"TransitGatewayRouteTableId": table, "TransitGatewayAttachmentId": attachment}
            aws.call("ec2", "DisassociateTransitGatewayRouteTable", **gone)


def _associate(aws: Aws, table: str, attachment: str) -> None:
    """Let an attachment's traffic go by a table. An attachment has one: it is taken out of the default table, into which AWS
    has put it unasked, and the next pass finds it free. Where somebody has put it elsewhere, they must take it out."""
    try:
        to = {"TransitGatewayRouteTableId": table, "TransitGatewayAttachmentId": attachment}
        aws.call("ec2", "AssociateTransitGatewayRouteTable", **to)
    except AwsBusy as busy:
        if busy.code == "Resource.AlreadyAssociated":
            _leave_default(aws, attachment, table)
        raise


def _leave_default(aws: Aws, attachment: str, mine: str) -> None:
    reply = aws.call("ec2", "DescribeTransitGatewayAttachments", TransitGatewayAttachmentIds=[attachment])
    association = reply["TransitGatewayAttachments"][0].get("Association", {})
    there = association.get("TransitGatewayRouteTableId", mine)
    if there == mine or association.get("State") != "associated":
        return
    reply = aws.call("ec2", "DescribeTransitGatewayRouteTables", TransitGatewayRouteTableIds=[there])
    if reply["TransitGatewayRouteTables"][0].get("DefaultAssociationRouteTable"):
        _disassociate(aws, there, frozenset({attachment}))


def _fate(target: str | None) -> str:
    if target is None:
        return "is no longer routed"
    return "is dropped" if target == BLACKHOLE else f"goes to {target}"


def _rivals(name: str, one: Manifest, other: Manifest) -> Iterator[tuple[Manifest, Problem]]:
    for manifest, rival in ((one, other), (other, one)):
        said = f"attachment {name} is associated by {rival.address.name} as well ({rival.position('associations')})"
        yield manifest, manifest.problem("associations", said, "an attachment has one route table")


def _strangers(manifest: Manifest, spec: TransitGatewayRouteTableSpec, view: View) -> Iterator[Problem]:
    """Attachments of another gateway, which AWS refuses."""
    used = {"associations": spec.associations, "propagations": spec.propagations, "routes": spec.routes.values()}
    mine = view.find("ec2/TransitGateway", spec.transit_gateway)
    for field, names in used.items():
        for name in sorted({*names} - {BLACKHOLE}):
            found = next((each for kind in ATTACHMENTS if (each := view.find(kind, name))), None)
            theirs = getattr(found.spec, "transit_gateway", None) if found and found.spec else None
            if mine and theirs is not None and view.find("ec2/TransitGateway", theirs) != mine:
                said = f"{name} is attached to {theirs or 'no transit gateway'}, not to {spec.transit_gateway}"
                yield manifest.problem(field, said)
