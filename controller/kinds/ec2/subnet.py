"""Subnets: a part of a VPC's range in one availability zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, blocks, describe, network_interfaces, tags_of
from controller.kinds.ec2.types import VpcRef
from controller.kinds.ec2.vpc import VpcSpec
from controller.model.cidr import Cidr4, Cidr6Share, inside, overlapping, parse_cidr
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

SWITCHES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
    "enableDns64": "EnableDns64",
    "enableResourceNameDnsARecord": "EnableResourceNameDnsARecordOnLaunch",
    "enableResourceNameDnsAAAARecord": "EnableResourceNameDnsAAAARecordOnLaunch",
}
"""Our fields that ModifySubnetAttribute switches on and off, one a call."""


class SubnetSpec(TaggedSpec):
    """A subnet."""

    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId).")
    cidr_block: Cidr4 = Field(default="", description="The IPv4 range, within the VPC's; empty where it has IPv6 only.")
    availability_zone: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$",
        description="Such as `eu-central-1a`; unset: AWS chooses.",
    )
    ipv6_cidr_block: Cidr6Share = Field(
        default="",
        description="The IPv6 /64, within the VPC's; empty: none. `${out.Vpc.main.ipv6CidrBlock}#1` is the second /64 of the "
        "block that AWS chose for the VPC.",
    )
    ipv6_native: bool = Field(default=False, description="Whether it has IPv6 only.")
    map_public_ip_on_launch: bool = Field(
        default=False, description="Whether what starts in it gets a public IPv4 address."
    )
    assign_ipv6_address_on_creation: bool = Field(
        default=False, description="Whether what starts in it gets an IPv6 address."
    )
    enable_dns64: bool = Field(
        default=False, description="Whether names without IPv6 are answered with NAT64 addresses."
    )
    private_dns_hostname_type: Literal["ip-name", "resource-name"] | None = Field(
        default=None,
        description="What instances' host names are made of (PrivateDnsNameOptionsOnLaunch.HostnameType); unset: left alone.",
    )
    enable_resource_name_dns_a_record: bool = Field(
        default=False, description="Whether resource names have A records (PrivateDnsNameOptionsOnLaunch)."
    )
    enable_resource_name_dns_aaaa_record: bool = Field(
        default=False,
        alias="enableResourceNameDnsAAAARecord",
        description="Whether resource names have AAAA records (PrivateDnsNameOptionsOnLaunch).",
    )

    @model_validator(mode="after")
    def _one_way(self) -> SubnetSpec:
        if not self.cidr_block and not self.ipv6_native:
            raise ValueError("needs a cidrBlock, or ipv6Native: true")
        return self


Placed = tuple[Manifest, SubnetSpec]


class Subnet(Ec2Kind[SubnetSpec]):
    """Subnet.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html"
    resource_type = "subnet"
    replace_on = frozenset({"vpc", "cidrBlock", "availabilityZone", "ipv6Native"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The subnet's id.",
        "arn": "Its ARN.",
        "availabilityZone": "Its zone.",
        "cidrBlock": "Its IPv4 range.",
    }
    reads = ("ec2:DescribeSubnets",)
    writes = (
        "ec2:CreateSubnet",
        "ec2:DeleteSubnet",
        "ec2:ModifySubnetAttribute",
        "ec2:AssociateSubnetCidrBlock",
        "ec2:DisassociateSubnetCidrBlock",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def same_slot(self, spec: SubnetSpec, live: SubnetSpec) -> bool:
        return spec.vpc == live.vpc and bool(
            overlapping([block for block in (spec.cidr_block, live.cidr_block) if block])
        )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, SubnetSpec):
            if spec.availability_zone and spec.availability_zone[:-1] != scope.spec.region:
                found = f"{spec.availability_zone} is not in the scope's region {scope.spec.region}"
                yield manifest.problem("availabilityZone", found)
            six = parse_cidr(spec.ipv6_cidr_block).prefixlen if spec.ipv6_cidr_block else 64
            if six not in range(44, 65, 4):
                wrong = f"{spec.ipv6_cidr_block} is none of /44, /48, ... /64, which are what AWS takes"
                yield manifest.problem("ipv6CidrBlock", wrong)
            if spec.cidr_block and not 16 <= parse_cidr(spec.cidr_block).prefixlen <= 28:
                yield manifest.problem(
                    "cidrBlock", f"{spec.cidr_block} is not between /16 and /28, which are what AWS takes"
                )

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        by_vpc: dict[str, list[Placed]] = {}
        for manifest in mine:
            if isinstance(manifest.spec, SubnetSpec):
                by_vpc.setdefault(manifest.spec.vpc, []).append((manifest, manifest.spec))
        for vpc, subnets in by_vpc.items():
            found = view.find("ec2/Vpc", vpc)
            if found is not None and isinstance(found.spec, VpcSpec):
                yield from _outside(subnets, vpc, found.spec)
            yield from _overlaps(subnets)

    def observe(self, aws: Aws, wanted: Wanted[SubnetSpec]) -> Iterator[Observed[SubnetSpec]]:
        for subnet in describe(aws, "Subnets", "Subnets", owner_id=aws.account):
            yield translate(subnet)

    def create(self, aws: Aws, spec: SubnetSpec, tags: Mapping[str, str]) -> Made:
        wanted: dict[str, Any] = {
            "CidrBlock": spec.cidr_block,
            "AvailabilityZone": spec.availability_zone,
            "Ipv6CidrBlock": spec.ipv6_cidr_block,
            "Ipv6Native": spec.ipv6_native,
        }
        given = {name: value for name, value in wanted.items() if value}
        reply = aws.call("ec2", "CreateSubnet", VpcId=spec.vpc, TagSpecifications=self.tagged(tags), **given)
        made = translate(reply["Subnet"])
        settings = (*SWITCHES, "privateDnsHostnameType")
        new, old = spec.model_dump(by_alias=True), made.spec.model_dump(by_alias=True)
        self.update(aws, made, spec, frozenset(s for s in settings if new[s] is not None and new[s] != old[s]))
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[SubnetSpec], spec: SubnetSpec, changed: frozenset[str]) -> None:
        wanted = spec.model_dump(by_alias=True)
        if "ipv6CidrBlock" in changed:
            for association in live.detail:  # a subnet has room for one
                aws.call("ec2", "DisassociateSubnetCidrBlock", AssociationId=association)
            if spec.ipv6_cidr_block:
                aws.call("ec2", "AssociateSubnetCidrBlock", SubnetId=live.id, Ipv6CidrBlock=spec.ipv6_cidr_block)
        for field in sorted(changed & SWITCHES.keys()):
            change: dict[str, Any] = {SWITCHES[field]: {"Value": wanted[field]}}
            aws.call("ec2", "ModifySubnetAttribute", SubnetId=live.id, **change)
        if "privateDnsHostnameType" in changed:
            kind = spec.private_dns_hostname_type
            aws.call("ec2", "ModifySubnetAttribute", SubnetId=live.id, PrivateDnsHostnameTypeOnLaunch=kind)

    def delete(self, aws: Aws, live: Observed[SubnetSpec]) -> None:
        aws.call("ec2", "DeleteSubnet", SubnetId=live.id)

    def holders(self, aws: Aws, live: Observed[SubnetSpec]) -> str:
        return network_interfaces(aws, subnet_id=live.id)


def translate(subnet: Mapping[str, Any]) -> Observed[SubnetSpec]:
    """The subnet of a DescribeSubnets reply."""
    names = subnet.get("PrivateDnsNameOptionsOnLaunch", {})
    six = blocks(subnet, "Ipv6CidrBlock")
    spec = SubnetSpec(
        vpc=subnet["VpcId"],
        cidr_block=subnet.get("CidrBlock", ""),
        availability_zone=subnet["AvailabilityZone"],
        ipv6_cidr_block=next(iter(six), ""),
        ipv6_native=subnet.get("Ipv6Native", False),
        map_public_ip_on_launch=subnet.get("MapPublicIpOnLaunch", False),
        assign_ipv6_address_on_creation=subnet.get("AssignIpv6AddressOnCreation", False),
        enable_dns64=subnet.get("EnableDns64", False),
        private_dns_hostname_type=names.get("HostnameType"),
        enable_resource_name_dns_a_record=names.get("EnableResourceNameDnsARecord", False),
        enable_resource_name_dns_aaaa_record=names.get("EnableResourceNameDnsAAAARecord", False),
    )
    outputs = {
        "id": subnet["SubnetId"],
        "arn": subnet["SubnetArn"],
        "availabilityZone": subnet["AvailabilityZone"],
        "cidrBlock": subnet.get("CidrBlock", ""),
    }
    pending = "AWS is still making it" if subnet.get("State") == "pending" else ""
    return Observed(subnet["SubnetId"], spec, tags_of(subnet), outputs, pending, detail=tuple(six.values()))


def _outside(subnets: list[Placed], name: str, vpc: VpcSpec) -> Iterator[tuple[Manifest, Problem]]:
    ranges = [vpc.cidr_block, *sorted(vpc.secondary_cidr_blocks)]
    for manifest, spec in subnets:
        if spec.cidr_block and not inside(spec.cidr_block, ranges):
            found = f"{spec.cidr_block} is not within VPC {name}, which has {', '.join(ranges)}"
            yield manifest, manifest.problem("cidrBlock", found)


def _overlaps(subnets: list[Placed]) -> Iterator[tuple[Manifest, Problem]]:
    placed = [(manifest, spec) for manifest, spec in subnets if spec.cidr_block]
    for (one, its), (other, theirs) in combinations(placed, 2):
        if overlapping([its.cidr_block, theirs.cidr_block]):
            for manifest, rival in ((one, other), (other, one)):
                found = f"overlaps with {rival.address.name} ({rival.position('cidrBlock')})"
                yield manifest, manifest.problem("cidrBlock", found)
