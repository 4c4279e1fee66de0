"""VPCs: a network of one's own, with its address ranges and how names are resolved in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, blocks, describe, network_interfaces, tags_of
from controller.kinds.ec2.types import DhcpOptionsRef
from controller.model.cidr import Cidr4, overlapping, parse_cidr
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

ATTRIBUTES = ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics")
"""What DescribeVpcs leaves out, and is asked for one by one."""
_SNAKE = dict(
    zip(("enable_dns_support", "enable_dns_hostnames", "enable_network_address_usage_metrics"), ATTRIBUTES, strict=True)
)


class VpcSpec(TaggedSpec):
    """A VPC."""

    cidr_block: Cidr4 = Field(description="The primary IPv4 range, between /16 and /28.")
    secondary_cidr_blocks: frozenset[Cidr4] = Field(
        default=frozenset(), description="Further IPv4 ranges (VPCCidrBlock). Any other is taken away."
    )
    amazon_provided_ipv6_cidr_block: bool = Field(default=False, description="Whether AWS gives it an IPv6 /56.")
    enable_dns_support: bool = Field(default=True, description="Whether Amazon's DNS server answers in it.")
    enable_dns_hostnames: bool = Field(
        default=False, description="Whether instances with a public address get a DNS name; private endpoints need it."
    )
    enable_network_address_usage_metrics: bool = Field(
        default=False, description="Whether address usage is counted in CloudWatch."
    )
    instance_tenancy: Literal["default", "dedicated"] = Field(
        default="default", description="Whether instances share hardware with others'."
    )
    dhcp_options: DhcpOptionsRef | None = Field(
        default=None,
        description="DHCP options by manifest name or id, or `default` for Amazon's own (DhcpOptionsId); unset: left alone.",
    )


class Vpc(Ec2Kind[VpcSpec]):
    """VPC.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html
    Observation: ceil(n / 1000) calls + 3 attribute reads for each VPC that is trueup's, or is to be adopted or exported.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html"
    resource_type = "vpc"
    replace_on = frozenset({"cidrBlock", "instanceTenancy"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The VPC's id.",
        "arn": "Its ARN.",
        "cidrBlock": "Its primary IPv4 range.",
        "ipv6CidrBlock": "Its IPv6 range, where it has one.",
    }
    reads = ("ec2:DescribeVpcs", "ec2:DescribeVpcAttribute")
    writes = (
        "ec2:CreateVpc",
        "ec2:DeleteVpc",
        "ec2:ModifyVpcAttribute",
        "ec2:AssociateVpcCidrBlock",
        "ec2:DisassociateVpcCidrBlock",
        "ec2:AssociateDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, VpcSpec):
            yield from _doubts(manifest, manifest.spec)

    def observe(self, aws: Aws, wanted: Wanted[VpcSpec]) -> Iterator[Observed[VpcSpec]]:
        for vpc in describe(aws, "Vpcs", "Vpcs", owner_id=aws.account):
            interesting = wanted.everything or vpc["VpcId"] in wanted.ids or "trueup:owner" in tags_of(vpc)
            attributes = _attributes(aws, vpc["VpcId"]) if interesting else {}
            yield translate(aws, vpc, attributes)

    def create(self, aws: Aws, spec: VpcSpec, tags: Mapping[str, str]) -> Made:
        vpc = aws.call(
            "ec2",
            "CreateVpc",
            CidrBlock=spec.cidr_block,
            InstanceTenancy=spec.instance_tenancy,
            AmazonProvidedIpv6CidrBlock=spec.amazon_provided_ipv6_cidr_block,
            TagSpecifications=self.tagged(tags),
        )["Vpc"]
        made = translate(aws, vpc, {"enableDnsSupport": True, **dict.fromkeys(ATTRIBUTES[1:], False)})
        differs = {
            name for name in (*ATTRIBUTES, "secondaryCidrBlocks", "dhcpOptions") if _field(spec, name) is not None
        }
        differs = {name for name in differs if _field(spec, name) != _field(made.spec, name)}
        self.update(aws, made, spec, frozenset(differs))
        return Made(made.id, made.outputs)

    def update(self, aws: Aws, live: Observed[VpcSpec], spec: VpcSpec, changed: frozenset[str]) -> None:
        # DNS host names need DNS support: it is switched on before them, and off after them.
        names = [name for name in ATTRIBUTES if name in changed]
        for name in names if spec.enable_dns_support else reversed(names):
            change: dict[str, Any] = {name[0].upper() + name[1:]: {"Value": _field(spec, name)}}
            aws.call("ec2", "ModifyVpcAttribute", VpcId=live.id, **change)
        if "secondaryCidrBlocks" in changed:
            for block in sorted(spec.secondary_cidr_blocks - live.spec.secondary_cidr_blocks):
                aws.call("ec2", "AssociateVpcCidrBlock", VpcId=live.id, CidrBlock=block)
            for block in sorted(live.spec.secondary_cidr_blocks - spec.secondary_cidr_blocks):
                aws.call("ec2", "DisassociateVpcCidrBlock", AssociationId=live.detail[block])
        if "amazonProvidedIpv6CidrBlock" in changed:
            if spec.amazon_provided_ipv6_cidr_block:
                aws.call("ec2", "AssociateVpcCidrBlock", VpcId=live.id, AmazonProvidedIpv6CidrBlock=True)
            else:
                block = live.outputs["ipv6CidrBlock"]
                aws.call("ec2", "DisassociateVpcCidrBlock", AssociationId=live.detail[block])
        if "dhcpOptions" in changed:
            aws.call("ec2", "AssociateDhcpOptions", VpcId=live.id, DhcpOptionsId=spec.dhcp_options)

    def delete(self, aws: Aws, live: Observed[VpcSpec]) -> None:
        aws.call("ec2", "DeleteVpc", VpcId=live.id)

    def holders(self, aws: Aws, live: Observed[VpcSpec]) -> str:
        found = network_interfaces(aws, vpc_id=live.id)
        if found:
            return found
        subnets = aws.call("ec2", "DescribeSubnets", Filters=[{"Name": "vpc-id", "Values": [live.id]}])["Subnets"]
        return ", ".join(subnet["SubnetId"] for subnet in subnets)


def _attributes(aws: Aws, vpc: str) -> dict[str, bool]:
    return {
        name: aws.call("ec2", "DescribeVpcAttribute", VpcId=vpc, Attribute=name)[name[0].upper() + name[1:]]["Value"]
        for name in ATTRIBUTES
    }


def _field(spec: VpcSpec, alias: str) -> Any:
    return spec.model_dump(by_alias=True)[alias]


def translate(aws: Aws, vpc: Mapping[str, Any], attributes: Mapping[str, bool]) -> Observed[VpcSpec]:
    """The VPC of a DescribeVpcs reply. Attributes that were not asked for are unknown."""
    id_ = vpc["VpcId"]
    four, six = blocks(vpc, "CidrBlock"), blocks(vpc, "Ipv6CidrBlock")
    known: dict[str, Any] = {snake: attributes.get(name) for snake, name in _SNAKE.items()}
    spec = VpcSpec.model_construct(
        cidr_block=vpc["CidrBlock"],
        secondary_cidr_blocks=frozenset(four.keys() - {vpc["CidrBlock"]}),
        amazon_provided_ipv6_cidr_block=bool(six),
        instance_tenancy=vpc.get("InstanceTenancy", "default"),
        dhcp_options=vpc.get("DhcpOptionsId"),
        tags={},
        **known,
    )
    outputs = {
        "id": id_,
        "arn": f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:vpc/{id_}",
        "cidrBlock": vpc["CidrBlock"],
        **({"ipv6CidrBlock": next(iter(six))} if six else {}),
    }
    pending = "AWS is still making it" if vpc.get("State") == "pending" else ""
    return Observed(id_, spec, tags_of(vpc), outputs, pending, detail={**four, **six})


def _doubts(manifest: Manifest, spec: VpcSpec) -> Iterator[Problem]:
    blocks = [("cidrBlock", spec.cidr_block), *(("secondaryCidrBlocks", b) for b in sorted(spec.secondary_cidr_blocks))]
    for field, block in blocks:
        if not 16 <= parse_cidr(block).prefixlen <= 28:
            yield manifest.problem(field, f"{block} is not between /16 and /28, which are what AWS takes")
    for one, other in overlapping([block for _, block in blocks]):
        yield manifest.problem("secondaryCidrBlocks", f"{one} and {other} overlap")
    if spec.enable_dns_hostnames and not spec.enable_dns_support:
        yield manifest.problem("enableDnsHostnames", "needs enableDnsSupport, which is false")
