"""Route tables: where traffic that leaves a subnet goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from controller.aws.client import Aws
from controller.errors import AwsBusy, NotFound
from controller.kinds.ec2 import routes
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, tags_of
from controller.kinds.ec2.route_checks import alone, beside, told
from controller.kinds.ec2.route_spec import RouteTableSpec
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope

GOING = ("disassociating", "disassociated", "failed")


class RouteTable(Ec2Kind[RouteTableSpec]):
    """Route table. The one that AWS made with a VPC as its main table is managed without being owned, and never deleted.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html
    Observation: ceil(n / 100) calls, routes and associations included.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html"
    resource_type = "route-table"
    reach = "parent"
    replace_on = frozenset({"vpc"})
    hands_over = frozenset({"subnets"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The table's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeRouteTables",)
    writes = (
        "ec2:CreateRouteTable",
        "ec2:DeleteRouteTable",
        "ec2:CreateRoute",
        "ec2:ReplaceRoute",
        "ec2:DeleteRoute",
        "ec2:AssociateRouteTable",
        "ec2:ReplaceRouteTableAssociation",
        "ec2:DisassociateRouteTable",
        "ec2:EnableVgwRoutePropagation",
        "ec2:DisableVgwRoutePropagation",
        "ec2:DescribeRouteTables",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: RouteTableSpec) -> str:
        """A VPC has one main table, which AWS makes with it. Others have no name."""
        return f"{spec.vpc}/main" if spec.main else ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, RouteTableSpec):
            yield from alone(manifest, manifest.spec)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        yield from beside(mine, view)

    def tell(self, verb: Verb, before: RouteTableSpec | None, after: RouteTableSpec | None) -> Iterator[str]:
        yield from told(before, after)

    def observe(self, aws: Aws, wanted: Wanted[RouteTableSpec]) -> Iterator[Observed[RouteTableSpec]]:
        for table in describe(aws, "RouteTables", "RouteTables", page_size=100, owner_id=aws.account):
            yield translate(aws, table)

    def create(self, aws: Aws, spec: RouteTableSpec, tags: Mapping[str, str]) -> Made:
        if spec.main:
            main = translate(aws, _main_of(aws, spec.vpc))
            if main.innate:
                self.update(aws, main, spec, frozenset({"routes", "subnets", "propagatingVgws"}))
                return Made(main.id, main.outputs, innate=True)
        reply = aws.call("ec2", "CreateRouteTable", VpcId=spec.vpc, TagSpecifications=self.tagged(tags))
        made = translate(aws, reply["RouteTable"])
        everything = {"routes", "propagatingVgws", "subnets", *(("main",) if spec.main else ())}
        self.update(aws, made, spec, frozenset(everything))
        return Made(made.id, made.outputs)

    def update(self, aws: Aws, live: Observed[RouteTableSpec], spec: RouteTableSpec, changed: frozenset[str]) -> None:
        if "routes" in changed:
            routes.put(aws, live.id, live.spec.routes, spec.routes)
        if "propagatingVgws" in changed:
            for gateway in sorted(spec.propagating_vgws - live.spec.propagating_vgws):
                aws.call("ec2", "EnableVgwRoutePropagation", RouteTableId=live.id, GatewayId=gateway)
            for gateway in sorted(live.spec.propagating_vgws - spec.propagating_vgws):
                aws.call("ec2", "DisableVgwRoutePropagation", RouteTableId=live.id, GatewayId=gateway)
        if "subnets" in changed:
            _take(aws, live.id, spec.subnets - live.spec.subnets)
            for subnet in sorted(live.spec.subnets - spec.subnets):
                _let_go(aws, live.detail[subnet])
        if "main" in changed and spec.main:
            _become_main(aws, live.id, spec.vpc)
        elif "main" in changed:
            _give_main_back(aws, live.id, spec.vpc)

    def delete(self, aws: Aws, live: Observed[RouteTableSpec]) -> None:
        if live.spec.main:
            _give_main_back(aws, live.id, live.spec.vpc)
        for _, association in sorted(live.detail.items()):
            _let_go(aws, association)
        aws.call("ec2", "DeleteRouteTable", RouteTableId=live.id)

    def holders(self, aws: Aws, live: Observed[RouteTableSpec]) -> str:
        for table in aws.call("ec2", "DescribeRouteTables", RouteTableIds=[live.id])["RouteTables"]:
            found = _associations(table)
            return ", ".join(f"{association} with {target}" for target, association in sorted(found.items()))
        return ""


def translate(aws: Aws, table: Mapping[str, Any]) -> Observed[RouteTableSpec]:
    """The table of a DescribeRouteTables reply."""
    id_, tags, associations = table["RouteTableId"], tags_of(table), _associations(table)
    main = bool(_main_association(table))
    spec = RouteTableSpec(
        vpc=table["VpcId"],
        routes=tuple(routes.read(table.get("Routes", ()))),
        subnets=frozenset(target for target in associations if target.startswith("subnet-")),
        main=main,
        propagating_vgws=frozenset(found["GatewayId"] for found in table.get("PropagatingVgws", ())),
    )
    outputs = {"id": id_, "arn": arn_of(aws, "route-table", id_)}
    return Observed(id_, spec, tags, outputs, innate=main and "trueup:owner" not in tags, detail=associations)


def _associations(table: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a table's associations by the subnet or gateway that they are with."""
    return {
        found.get("SubnetId") or found["GatewayId"]: found["RouteTableAssociationId"]
        for found in table.get("Associations", ())
        if not found.get("Main") and found.get("AssociationState", {}).get("State") not in GOING
    }


def _main_association(table: Mapping[str, Any]) -> str:
    found = (each["RouteTableAssociationId"] for each in table.get("Associations", ()) if each.get("Main"))
    return next(found, "")


def _tables(aws: Aws, **filters: Sequence[str]) -> list[dict[str, Any]]:
    """Route tables as they are now: another action of the pass may have changed them."""
    chosen = [{"Name": name, "Values": list(values)} for name, values in filters.items()]
    found: list[dict[str, Any]] = aws.call("ec2", "DescribeRouteTables", Filters=chosen)["RouteTables"]
    return found


def _take(aws: Aws, table: str, subnets: frozenset[str]) -> None:
    """Associate subnets. One that has another table is moved in one call, so that it is never without."""
    if not subnets:
        return
    there: dict[str, str] = {}
    for other in _tables(aws, **{"association.subnet-id": sorted(subnets)}):
        there |= _associations(other) if other["RouteTableId"] != table else dict.fromkeys(_associations(other), "")
    for subnet in sorted(subnets):
        if subnet not in there:
            aws.call("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnet)
        elif there[subnet]:
            aws.call("ec2", "ReplaceRouteTableAssociation", RouteTableId=table, AssociationId=there[subnet])


def _let_go(aws: Aws, association: str) -> None:
    with suppress(NotFound):  # another table has taken the subnet already
        aws.call("ec2", "DisassociateRouteTable", AssociationId=association)


def _main_of(aws: Aws, vpc: str) -> dict[str, Any]:
    for table in _tables(aws, **{"vpc-id": [vpc]}):
        if _main_association(table):
            return table
    raise AwsBusy(f"{vpc} does not show its main route table yet")


def _become_main(aws: Aws, table: str, vpc: str) -> None:
    main = _main_of(aws, vpc)
    if main["RouteTableId"] != table:
        association = _main_association(main)
        aws.call("ec2", "ReplaceRouteTableAssociation", RouteTableId=table, AssociationId=association)


def _give_main_back(aws: Aws, table: str, vpc: str) -> None:
    """Make another table the VPC's main one, where this one is: the emptiest that is not trueup's, as AWS's own was."""
    others = {other["RouteTableId"]: other for other in _tables(aws, **{"vpc-id": [vpc]})}
    mine = others.pop(table, {})
    if not _main_association(mine):
        return
    free = {id_: other for id_, other in others.items() if "trueup:owner" not in tags_of(other)}
    heir = min(free, key=lambda id_: (len(_associations(free[id_])), len(free[id_].get("Routes", ())), id_), default="")
    if not heir:
        heir = aws.call("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    association = _main_association(mine)
    aws.call("ec2", "ReplaceRouteTableAssociation", RouteTableId=heir, AssociationId=association)
