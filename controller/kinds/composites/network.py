"""Network: a VPC with subnets in several zones, their ways in and out, and endpoints, from ten lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.kinds.composite import Composite
from controller.model.cidr import Cidr4, parse_cidr
from controller.model.composite import CompositeSpec
from controller.model.manifest import Piece
from controller.model.rules import EVERYWHERE
from controller.model.scope import Scope

GATEWAY_ENDPOINTS = ("dynamodb", "s3")
"""Services that are reached through a route; all others through an interface in the subnets."""
LARGEST, SMALLEST = 16, 20
"""Prefix lengths of networks that the plan fits into: a VPC is a /16 at most, a subnet a /28 at least."""


def _plannable(block: str) -> str:
    if not LARGEST <= parse_cidr(block).prefixlen <= SMALLEST:
        raise ValueError(f"{block} is not between /{LARGEST} and /{SMALLEST}, which the plan of subnets needs")
    return block


def _distinct(zones: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({zone for zone in zones if zones.count(zone) > 1})
    if twice:
        raise ValueError(f"zone {twice[0]!r} is given twice")
    return zones


Zone = Annotated[str, Field(pattern=r"^[a-f]$")]


class NetworkSpec(CompositeSpec):
    """A network."""

    cidr: Annotated[Cidr4, AfterValidator(_plannable)] = Field(
        description="The VPC's IPv4 range, between /16 and /20. Each tier and zone has a fixed share of it: none moves when "
        "a zone or a tier is added."
    )
    zones: Annotated[tuple[Zone, ...], AfterValidator(_distinct)] = Field(
        min_length=1, description="Availability zones by their letter, such as `[a, b]`."
    )
    public: bool = Field(default=True, description="Whether there are public subnets, with an internet gateway.")
    private: bool = Field(default=True, description="Whether there are private subnets, with a way out by `nat`.")
    isolated: bool = Field(default=False, description="Whether there are subnets without any way out, for databases.")
    nat: Literal["none", "one", "perZone"] = Field(
        default="none",
        description="NAT gateways for the private subnets: `none`, `one` in the first zone of the list, or one in each zone.",
    )
    ipv6: bool = Field(
        default=False, description="Whether it has IPv6 too; private subnets reach out by IPv6 but not in."
    )
    endpoints: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")], ...] = Field(
        default=(),
        description="AWS services that are reached without the internet, such as `s3`, `ecr.api`, `logs`; s3 and dynamodb "
        "through routes, which cost nothing, others through interfaces in the private subnets.",
    )
    close_default_group: bool = Field(
        default=True, description="Whether the VPC's default security group lets nothing in or out."
    )
    tags: dict[str, str] = Field(default={}, description="Tags on all of it, beside a `Name` each.")

    @model_validator(mode="after")
    def _fits(self) -> NetworkSpec:
        if self.nat != "none" and not (self.public and self.private):
            raise ValueError("nat takes private subnets out through public ones: it needs both")
        if set(self.endpoints) - set(GATEWAY_ENDPOINTS) and not self.private:
            raise ValueError("endpoints other than s3 and dynamodb have their interfaces in private subnets")
        return self


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier's fixed share: subnets of `longer` bits more than the VPC's prefix, from `start` (in 256ths of the range) on;
    and which sixteen of the VPC's IPv6 /64s are its own."""

    name: str
    longer: int
    start: int
    six: int


PUBLIC = Tier("public", 8, 128, 0)
PRIVATE = Tier("private", 4, 0, 1)
ISOLATED = Tier("isolated", 6, 192, 2)


def share(block: str, tier: Tier, zone: str) -> str:
    """A tier's range in a zone: of 10.0.0.0/16, private-b is 10.0.16.0/20, public-b 10.0.129.0/24, isolated-b 10.0.196.0/22."""
    network = parse_cidr(block)
    unit = network.num_addresses // 256
    size = network.prefixlen + tier.longer
    start = int(network.network_address) + tier.start * unit + _number(zone) * (1 << (32 - size))
    return str(IPv4Network((start, size)))


def _number(zone: str) -> int:
    return ord(zone) - ord("a")


class Network(Composite[NetworkSpec]):
    """A VPC `<name>` with subnets `<name>-<tier>-<zone>`, route tables `<name>-public`, `<name>-private-<zone>` and
    `<name>-isolated`, internet gateway `<name>`, NAT gateways `<name>-<zone>` with addresses `<name>-nat-<zone>`, and endpoints
    `<name>-<service>`.
    """

    def expand(self, name: str, spec: NetworkSpec, scope: Scope) -> Iterator[Piece]:
        make = Maker(name, spec, scope)
        yield from make.vpc()
        for tier in make.tiers:
            yield from make.subnets(tier)
        yield from make.gateways()
        yield from make.tables()
        yield from make.endpoints()


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the pieces of one network."""

    name: str
    spec: NetworkSpec
    scope: Scope

    @property
    def tiers(self) -> tuple[Tier, ...]:
        wanted = ((self.spec.public, PUBLIC), (self.spec.private, PRIVATE), (self.spec.isolated, ISOLATED))
        return tuple(tier for there, tier in wanted if there)

    @property
    def nat_zones(self) -> tuple[str, ...]:
        return {"none": (), "one": self.spec.zones[:1], "perZone": self.spec.zones}[self.spec.nat]

    def vpc(self) -> Iterator[Piece]:
        yield self._piece(
            "Vpc",
            self.name,
            "cidr",
            cidrBlock=self.spec.cidr,
            amazonProvidedIpv6CidrBlock=self.spec.ipv6,
            enableDnsHostnames=True,
        )
        if self.spec.close_default_group:
            name = f"{self.name}-default"
            group = {"groupName": "default", "vpc": self.name, "ingress": [], "egress": []}
            yield Piece("ec2/SecurityGroup", name, group, "closeDefaultGroup")

    def subnets(self, tier: Tier) -> Iterator[Piece]:
        for zone in self.spec.zones:
            six = f"${{out.Vpc.{self.name}.ipv6CidrBlock}}#{tier.six * 16 + _number(zone)}"
            yield self._piece(
                "Subnet",
                f"{self.name}-{tier.name}-{zone}",
                "zones",
                vpc=self.name,
                availabilityZone=f"{self.scope.spec.region}{zone}",
                cidrBlock=share(self.spec.cidr, tier, zone),
                mapPublicIpOnLaunch=tier is PUBLIC,
                **({"ipv6CidrBlock": six, "assignIpv6AddressOnCreation": True} if self.spec.ipv6 else {}),
            )

    def gateways(self) -> Iterator[Piece]:
        if self.spec.public:
            yield self._piece("InternetGateway", self.name, "public", vpc=self.name)
        if self.spec.private and self.spec.ipv6:
            yield self._piece("EgressOnlyInternetGateway", self.name, "ipv6", vpc=self.name)
        for zone in self.nat_zones:
            address = f"{self.name}-nat-{zone}"
            yield self._piece("ElasticIp", address, "nat")
            subnet = f"{self.name}-public-{zone}"
            nat = self._piece("NatGateway", f"{self.name}-{zone}", "nat", subnet=subnet, elasticIp=address)
            # Without a way to the internet from its subnet AWS would fail it.
            yield replace(nat, needs=(f"InternetGateway/{self.name}", f"RouteTable/{self.name}-public"))

    def tables(self) -> Iterator[Piece]:
        if self.spec.public:
            yield self._table("public", PUBLIC, self.spec.zones, self._ways_in())
        if self.spec.private:
            for zone in self.spec.zones:
                yield self._table(f"private-{zone}", PRIVATE, (zone,), self._ways_out(zone))
        if self.spec.isolated:
            yield self._table("isolated", ISOLATED, self.spec.zones, [])

    def endpoints(self) -> Iterator[Piece]:
        tables = [
            *(f"{self.name}-private-{zone}" for zone in self.spec.zones if self.spec.private),
            *([f"{self.name}-isolated"] if self.spec.isolated else []),
            *([f"{self.name}-public"] if self.spec.public else []),
        ]
        interfaces = [service for service in self.spec.endpoints if service not in GATEWAY_ENDPOINTS]
        group = f"{self.name}-endpoints"
        if interfaces:
            rule = {"protocol": "tcp", "port": 443, "from": [self.spec.cidr], "description": "The network itself"}
            description = "Endpoints of AWS services"
            yield self._piece(
                "SecurityGroup", group, "endpoints", vpc=self.name, description=description, ingress=[rule], egress=[]
            )
        subnets = [f"{self.name}-private-{zone}" for zone in self.spec.zones]
        for service in self.spec.endpoints:
            routed = {"vpcEndpointType": "Gateway", "routeTables": tables}
            private = {"vpcEndpointType": "Interface", "subnets": subnets, "securityGroups": [group]}
            kind = private if service in interfaces else routed
            yield self._piece(
                "VpcEndpoint",
                f"{self.name}-{service}",
                "endpoints",
                vpc=self.name,
                serviceName=f"com.amazonaws.{self.scope.spec.region}.{service}",
                **kind,
                **({"privateDnsEnabled": True} if service in interfaces else {}),
            )

    def _ways_out(self, zone: str) -> list[dict[str, str]]:
        four = zone if zone in self.nat_zones else next(iter(self.nat_zones), "")
        routes = [{"to": EVERYWHERE[0], "natGateway": f"{self.name}-{four}"}] if four else []
        if self.spec.ipv6:
            routes.append({"to": EVERYWHERE[1], "egressOnlyInternetGateway": self.name})
        return routes

    def _ways_in(self) -> list[dict[str, str]]:
        return [{"to": block, "internetGateway": self.name} for block in EVERYWHERE[: 2 if self.spec.ipv6 else 1]]

    def _table(self, suffix: str, tier: Tier, zones: tuple[str, ...], routes: list[dict[str, str]]) -> Piece:
        subnets = [f"{self.name}-{tier.name}-{zone}" for zone in zones]
        name = f"{self.name}-{suffix}"
        return self._piece("RouteTable", name, tier.name, vpc=self.name, routes=routes, subnets=subnets)

    def _piece(self, kind: str, name: str, source: str, **spec: Any) -> Piece:
        tags: Mapping[str, str] = {"Name": name, **self.spec.tags}
        return Piece(f"ec2/{kind}", name, {**spec, "tags": dict(tags)}, source)
