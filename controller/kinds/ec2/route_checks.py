"""What is wrong or doubtful about route tables before AWS is asked, and what a change of one means to its subnets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from controller.kinds.ec2.api import one_each
from controller.kinds.ec2.internet_gateway import InternetGatewaySpec
from controller.kinds.ec2.route_spec import RouteTableSpec
from controller.kinds.ec2.routes import DEFAULTS, Route, version
from controller.kinds.ec2.subnet import SubnetSpec
from controller.kinds.ec2.vpc import VpcSpec
from controller.model.cidr import inside
from controller.model.manifest import Manifest, View
from controller.model.problem import Problem, Severity

QUOTA = 500
"""Routes that a table takes, unless the account's quota was changed."""
NAT64 = "64:ff9b::/96"
WITHIN = ("nat_gateway", "network_interface", "instance", "vpc_endpoint")
"""Targets that AWS takes for a part of the VPC's own range."""
Found = Iterator[tuple[Manifest, Problem]]


def alone(manifest: Manifest, spec: RouteTableSpec) -> Iterator[Problem]:
    """What a manifest shows by itself."""
    if len(spec.routes) > QUOTA:
        found = f"has {len(spec.routes)} routes; AWS takes {QUOTA} unless the account's quota was raised"
        yield manifest.problem("routes", found, severity=Severity.WARNING)
    for route in spec.routes:
        kind = version(route.to)
        if route.nat_gateway and kind == "6" and route.to != NAT64:
            hint = "for the way out over IPv6, use an egressOnlyInternetGateway"
            yield manifest.problem("routes", f"{route.to}: a NAT gateway takes IPv6 only for {NAT64}", hint)
        if route.egress_only_internet_gateway and kind == "4":
            yield manifest.problem(
                "routes", f"{route.to}: an egress-only internet gateway is for IPv6", "use a natGateway"
            )
        if route.vpc_endpoint and kind == "list":
            found = f"{route.to}: AWS makes routes from prefix lists to endpoints itself"
            yield manifest.problem("routes", found, "name the table in the VpcEndpoint's routeTables")


def beside(mine: Sequence[Manifest], view: View) -> Found:
    """What shows beside each other, and beside what the manifests refer to."""
    tables = [(manifest, manifest.spec) for manifest in mine if isinstance(manifest.spec, RouteTableSpec)]
    yield from one_each(mine, "subnets", lambda spec: spec.subnets, "subnet {} is in {} too; a subnet has one table")
    for manifest, spec in tables:
        yield from _elsewhere(manifest, spec, view)
        vpc = view.find("ec2/Vpc", spec.vpc)
        if vpc is not None and isinstance(vpc.spec, VpcSpec):
            ranges = [vpc.spec.cidr_block, *sorted(vpc.spec.secondary_cidr_blocks)]
            yield from ((manifest, problem) for problem in _local(manifest, spec, ranges))


def _elsewhere(manifest: Manifest, spec: RouteTableSpec, view: View) -> Found:
    """What belongs to another VPC, and cannot be reached or served."""
    for subnet in sorted(spec.subnets):
        found = view.find("ec2/Subnet", subnet)
        if found and isinstance(found.spec, SubnetSpec) and _differ(view, found, found.spec.vpc, spec.vpc):
            text = f"subnet {subnet} is in VPC {found.spec.vpc}, and the table in {spec.vpc}"
            yield manifest, manifest.problem("subnets", text)
    for route in spec.routes:
        found = view.find("ec2/InternetGateway", route.internet_gateway) if route.internet_gateway else None
        if found and isinstance(found.spec, InternetGatewaySpec):
            vpc = found.spec.vpc
            if not vpc or _differ(view, found, vpc, spec.vpc):
                where = f"attached to VPC {vpc}, and the table is in {spec.vpc}" if vpc else "attached to no VPC"
                text = f"{route.to}: internet gateway {route.internet_gateway} is {where}"
                yield manifest, manifest.problem("routes", text)


def _differ(view: View, found: Manifest, theirs: str, ours: str) -> bool:
    """Whether two references to VPCs certainly mean different ones."""
    if found.address.scope != view.scope.name:  # its names mean something else
        return False
    one, other = view.find("ec2/Vpc", theirs), view.find("ec2/Vpc", ours)
    if one and other:
        return one is not other
    return theirs != ours and theirs.startswith("vpc-") and ours.startswith("vpc-")


def _local(manifest: Manifest, spec: RouteTableSpec, ranges: Sequence[str]) -> Iterator[Problem]:
    for route in spec.routes:
        if version(route.to) == "4" and inside(route.to, ranges):
            if route.to in ranges:
                yield manifest.problem(
                    "routes", f"{route.to} is the VPC's own range, whose local route AWS makes itself"
                )
            elif route.field not in WITHIN:
                hint = "within the VPC, AWS takes NAT gateways, instances, network interfaces and Gateway Load Balancer endpoints"
                yield manifest.problem("routes", f"{route.to} lies within the VPC's own range", hint)


def told(before: RouteTableSpec | None, after: RouteTableSpec | None) -> Iterator[str]:
    """What a change means to the subnets that use the table: whether, and how, they reach the internet."""
    old, new = _ways(before), _ways(after)
    for user in sorted({*_users(before), *_users(after)}):
        was, is_ = user in _users(before), user in _users(after)
        for destination, name in DEFAULTS.items():
            then, now = old.get(destination, "") if was else "", new.get(destination, "") if is_ else ""
            if now and not then:
                yield f"{user} gets a route to {name} through {now}"
            elif then and was and not is_:
                yield f"{user} leaves the table, and with it its route to {name} through {then}"
            elif then and not now:
                yield f"{user} loses its route to {name}"
            elif then != now:
                yield f"{user} reaches {name} through {now} instead of {then}"


def _ways(spec: RouteTableSpec | None) -> Mapping[str, str]:
    return {route.to: route.target for route in spec.routes if route.to in DEFAULTS} if spec else {}


def _users(spec: RouteTableSpec | None) -> set[str]:
    if spec is None:
        return set()
    implicit = {f"every subnet of VPC {spec.vpc} without a table of its own"} if spec.main else set()
    return {f"subnet {subnet}" for subnet in spec.subnets} | implicit


def leads_out(spec: RouteTableSpec) -> bool:
    """Whether what uses a table reaches an internet gateway, straight or through something that inspects on the way."""
    return any(route.to == "0.0.0.0/0" and _outward(route) for route in spec.routes)


def _outward(route: Route) -> bool:
    return route.field in ("internet_gateway", "vpc_endpoint", "network_interface", "instance")
