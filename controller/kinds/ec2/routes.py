"""Routes: where a route table sends what, as a value. One destination leads to one target.

AWS's own routes are none of these: the local ones, those that a VPN gateway or a route server propagates, and those that a
gateway endpoint puts in for its service's prefix list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from controller.aws.client import Aws
from controller.errors import AlreadyExists, NotFound
from controller.kinds.ec2.types import (
    EgressOnlyInternetGatewayRef,
    InternetGatewayRef,
    NatGatewayRef,
    TransitGatewayRef,
    VpcEndpointRef,
    VpcPeeringConnectionRef,
    VpnGatewayRef,
)
from controller.model.cidr import BLOCK, block_or_name
from controller.model.reference import Ref
from controller.model.spec import Part

Destination = Annotated[
    str, AfterValidator(block_or_name), Ref("ec2/PrefixList", output="id", literal=rf"{BLOCK}|pl-[0-9a-f]{{8,17}}")
]
PARAMETERS: Mapping[str, str] = {
    "internet_gateway": "GatewayId",
    "nat_gateway": "NatGatewayId",
    "egress_only_internet_gateway": "EgressOnlyInternetGatewayId",
    "vpc_peering_connection": "VpcPeeringConnectionId",
    "transit_gateway": "TransitGatewayId",
    "vpn_gateway": "GatewayId",
    "vpc_endpoint": "VpcEndpointId",
    "instance": "InstanceId",
    "network_interface": "NetworkInterfaceId",
    "local_gateway": "LocalGatewayId",
    "carrier_gateway": "CarrierGatewayId",
    "core_network": "CoreNetworkArn",
    "odb_network": "OdbNetworkArn",
}
"""Our fields for the targets, and the parameters of CreateRoute and ReplaceRoute."""
BY_PREFIX: Mapping[str, str] = {"igw": "internet_gateway", "vgw": "vpn_gateway", "vpce": "vpc_endpoint"}
"""What a reply's GatewayId may be."""
DEFAULTS: Mapping[str, str] = {"0.0.0.0/0": "the internet", "::/0": "the internet over IPv6"}
"""Destinations that mean everything that has no route of its own."""


def _id(pattern: str, description: str) -> Any:
    return Field(default="", pattern=f"^({pattern})?$", description=description)


class Route(Part):
    """Where traffic for a destination goes. Two are equal where AWS sends it to the same place."""

    key_fields: ClassVar[tuple[str, ...]] = ("to",)
    to: Destination = Field(
        description="The destination: an IPv4 or IPv6 block, or a prefix list by manifest name or id "
        "(DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId)."
    )
    internet_gateway: InternetGatewayRef = Field(default="", description="An internet gateway (GatewayId).")
    nat_gateway: NatGatewayRef = Field(default="", description="A NAT gateway (NatGatewayId).")
    egress_only_internet_gateway: EgressOnlyInternetGatewayRef = Field(
        default="", description="An egress-only internet gateway, for IPv6 (EgressOnlyInternetGatewayId)."
    )
    vpc_peering_connection: VpcPeeringConnectionRef = Field(
        default="", description="A peering connection (VpcPeeringConnectionId)."
    )
    transit_gateway: TransitGatewayRef = Field(
        default="", description="A transit gateway that the VPC is attached to (TransitGatewayId)."
    )
    vpn_gateway: VpnGatewayRef = Field(default="", description="A virtual private gateway (GatewayId).")
    vpc_endpoint: VpcEndpointRef = Field(
        default="", description="A Gateway Load Balancer endpoint, such as a firewall's (VpcEndpointId)."
    )
    instance: str = _id("i-[0-9a-f]{8,17}", "An instance that forwards, by id (InstanceId).")
    network_interface: str = _id("eni-[0-9a-f]{8,17}", "A network interface, by id (NetworkInterfaceId).")
    local_gateway: str = _id("lgw-[0-9a-f]{8,17}", "An Outpost's local gateway, by id (LocalGatewayId).")
    carrier_gateway: str = _id("cagw-[0-9a-f]{8,17}", "A Wavelength Zone's carrier gateway, by id (CarrierGatewayId).")
    core_network: str = _id("arn:.+", "A Cloud WAN core network, by ARN (CoreNetworkArn).")
    odb_network: str = _id("arn:.+", "An Oracle Database@AWS network, by ARN (OdbNetworkArn).")
    _also: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _one_target(self) -> Route:
        given = [field for field in PARAMETERS if getattr(self, field)]
        if len(given) != 1:
            names = ", ".join(str(type(self).model_fields[field].alias) for field in given or PARAMETERS)
            raise ValueError(
                f"{self.to} needs one target, of {names}" if not given else f"{self.to} has {names}; one is needed"
            )
        return self

    @property
    def field(self) -> str:
        """The field (python name) that holds the target."""
        return next(field for field in PARAMETERS if getattr(self, field))

    @property
    def target(self) -> str:
        """What the traffic goes through, by id or name."""
        return str(getattr(self, self.field))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Route):
            return NotImplemented
        return self.to == other.to and bool({self.target, self._also} & {other.target, other._also} - {""})

    def __hash__(self) -> int:
        return hash(self.to)


def _canonical(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    twice = sorted({route.to for route in routes if sum(other.to == route.to for other in routes) > 1})
    if twice:
        raise ValueError(f"two routes to {', '.join(twice)}; a destination has one target")
    return tuple(sorted(routes, key=lambda route: route.to))


Routes = Annotated[tuple[Route, ...], AfterValidator(_canonical)]


def read(items: Iterable[Mapping[str, Any]]) -> Iterator[Route]:
    """The routes of a DescribeRouteTables reply that somebody has made."""
    for item in items:
        to = next((item[key] for key in _DESTINATIONS.values() if item.get(key)), "")
        targets = dict(_targets(item))
        of_endpoint = "vpc_endpoint" in targets and to.startswith("pl-")
        if targets and item.get("Origin", "CreateRoute") == "CreateRoute" and not of_endpoint:
            # AWS names an instance and its interface, whichever of them the route was made with.
            interface = targets.pop("network_interface") if "instance" in targets else ""
            route = Route(to=to, **targets)
            route._also = interface
            yield route


def _targets(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    gateway = BY_PREFIX.get(str(item.get("GatewayId", "")).partition("-")[0], "")
    if gateway:
        yield gateway, item["GatewayId"]
    for field, parameter in PARAMETERS.items():
        if field not in BY_PREFIX.values() and item.get(parameter):
            yield field, item[parameter]


_DESTINATIONS = {"4": "DestinationCidrBlock", "6": "DestinationIpv6CidrBlock", "list": "DestinationPrefixListId"}


def version(to: str) -> str:
    """`4`, `6`, or `list` for a prefix list."""
    return "list" if "/" not in to else "6" if ":" in to else "4"


def put(aws: Aws, table: str, before: Iterable[Route], after: Iterable[Route]) -> None:
    """Bring a table's routes from `before` to `after`. A changed target is put in the old one's place, so that no traffic is
    lost in between."""
    old, new = {route.to: route for route in before}, {route.to: route for route in after}
    for to, route in new.items():
        where = {_DESTINATIONS[version(to)]: to, PARAMETERS[route.field]: route.target}
        if to not in old:
            with suppress(AlreadyExists):  # the next pass sees what is there, and asks for the rest
                aws.call("ec2", "CreateRoute", RouteTableId=table, **where)
        elif old[to] != route:
            aws.call("ec2", "ReplaceRoute", RouteTableId=table, **where)
    for to in sorted(old.keys() - new.keys()):
        with suppress(NotFound):
            aws.call("ec2", "DeleteRoute", RouteTableId=table, **{_DESTINATIONS[version(to)]: to})
