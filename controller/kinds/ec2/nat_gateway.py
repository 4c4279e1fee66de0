"""NAT gateways: the way out of private subnets, through an address that others see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.errors import AwsBusy
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, tags_of
from controller.kinds.ec2.elastic_ip import holders_of
from controller.kinds.ec2.route_checks import leads_out
from controller.kinds.ec2.route_spec import RouteTableSpec
from controller.kinds.ec2.subnet import SubnetSpec
from controller.kinds.ec2.types import ElasticIpRef, SubnetRef
from controller.model.cidr import single
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem, Severity
from controller.model.spec import TaggedSpec

GOING = ("unassigning", "disassociating", "failed")
COMING = ("assigning", "associating")
Address4 = Annotated[str, AfterValidator(lambda text: single(text, 4))]


class NatGatewaySpec(TaggedSpec):
    """A NAT gateway in one zone."""

    subnet: SubnetRef = Field(
        description="The subnet that it stands in, by manifest name or id (SubnetId). That of a public one needs a route to an "
        "internet gateway."
    )
    connectivity_type: Literal["public", "private"] = Field(
        default="public", description="Whether it leads to the internet, or only to other private networks."
    )
    elastic_ip: ElasticIpRef = Field(
        default="",
        description="The Elastic IP address of a public one, by manifest name or allocation id (AllocationId).",
    )
    secondary_elastic_ips: frozenset[ElasticIpRef] = Field(
        default=frozenset(),
        description="Further addresses of a public one, for more connections to one destination (SecondaryAllocationIds).",
    )
    private_ip_address: Address4 | None = Field(
        default=None, description="Its address in the subnet; unset: AWS chooses, and it is not managed."
    )
    secondary_private_ip_addresses: frozenset[Address4] = Field(
        default=frozenset(), description="Further addresses in the subnet of a private one."
    )

    @model_validator(mode="after")
    def _fits(self) -> NatGatewaySpec:
        if self.connectivity_type == "public" and not self.elastic_ip:
            raise ValueError("needs an elasticIp, or connectivityType: private")
        if self.connectivity_type == "private" and (self.elastic_ip or self.secondary_elastic_ips):
            raise ValueError("a private NAT gateway has no Elastic IP addresses")
        if self.connectivity_type == "public" and self.secondary_private_ip_addresses:
            raise ValueError("a public NAT gateway gets its further private addresses with its secondaryElasticIps")
        return self

    @property
    def addresses(self) -> frozenset[str]:
        """All its Elastic IP addresses."""
        return self.secondary_elastic_ips | ({self.elastic_ip} - {""})


class NatGateway(Ec2Kind[NatGatewaySpec]):
    """NAT gateway. A replacement is made, and routed to, before the old one goes, unless both need the same address.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html"
    resource_type = "natgateway"
    replace_on = frozenset({"subnet", "connectivityType", "elasticIp", "privateIpAddress"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The gateway's id.",
        "arn": "Its ARN.",
        "publicIp": "The address that it speaks from on the internet, where it is public.",
        "privateIp": "Its address in its subnet.",
    }
    reads = ("ec2:DescribeNatGateways",)
    writes = (
        "ec2:CreateNatGateway",
        "ec2:DeleteNatGateway",
        "ec2:AssociateNatGatewayAddress",
        "ec2:DisassociateNatGatewayAddress",
        "ec2:AssignPrivateNatGatewayAddress",
        "ec2:UnassignPrivateNatGatewayAddress",
        "ec2:DescribeAddresses",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def same_slot(self, spec: NatGatewaySpec, live: NatGatewaySpec) -> bool:
        one_place = spec.subnet == live.subnet and spec.private_ip_address == live.private_ip_address
        return bool(spec.addresses & live.addresses) or (one_place and spec.private_ip_address is not None)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        tables = [(table, table.spec) for table in view.of("ec2/RouteTable") if isinstance(table.spec, RouteTableSpec)]
        for manifest in mine:
            spec = manifest.spec
            if isinstance(spec, NatGatewaySpec) and spec.connectivity_type == "public":
                doubt = _no_way_out(spec.subnet, tables, view)
                if doubt:
                    yield manifest, manifest.problem("subnet", doubt, severity=Severity.WARNING)

    def tell(self, verb: Verb, before: NatGatewaySpec | None, after: NatGatewaySpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE and before and after:
            gap = self.same_slot(after, before)
            kept = after.elastic_ip == before.elastic_ip and after.connectivity_type == before.connectivity_type
            what = "keeps its address" if kept and after.elastic_ip else "its address changes"
            yield f"replaces the NAT gateway; {what}{', with a gap' if gap else ''}"

    def observe(self, aws: Aws, wanted: Wanted[NatGatewaySpec]) -> Iterator[Observed[NatGatewaySpec]]:
        states = ("available", "failed", "pending")
        for gateway in describe(aws, "NatGateways", "NatGateways", state=states):
            if gateway.get("AvailabilityMode", "zonal") == "zonal" and gateway["State"] in states:
                yield translate(aws, gateway)

    def create(self, aws: Aws, spec: NatGatewaySpec, tags: Mapping[str, str]) -> Made:
        if spec.addresses:
            # AWS would take the call and fail afterwards, and leave a failed gateway behind.
            held = holders_of(aws, spec.addresses)
            if held:
                raise AwsBusy(f"an address that it needs is still in use: {held}")
        wanted: dict[str, Any] = {
            "AllocationId": spec.elastic_ip,
            "PrivateIpAddress": spec.private_ip_address,
            "SecondaryAllocationIds": sorted(spec.secondary_elastic_ips),
            "SecondaryPrivateIpAddresses": sorted(spec.secondary_private_ip_addresses),
        }
        gateway = aws.call(
            "ec2",
            "CreateNatGateway",
            SubnetId=spec.subnet,
            ConnectivityType=spec.connectivity_type,
            TagSpecifications=self.tagged(tags),
            **{name: value for name, value in wanted.items() if value},
        )["NatGateway"]
        return Made(gateway["NatGatewayId"], _outputs(aws, gateway), _pending(gateway))

    def update(self, aws: Aws, live: Observed[NatGatewaySpec], spec: NatGatewaySpec, changed: frozenset[str]) -> None:
        new, old = spec.secondary_elastic_ips, live.spec.secondary_elastic_ips
        if new - old:
            aws.call("ec2", "AssociateNatGatewayAddress", NatGatewayId=live.id, AllocationIds=sorted(new - old))
        if old - new:
            gone = sorted(live.detail[allocation] for allocation in old - new)
            aws.call("ec2", "DisassociateNatGatewayAddress", NatGatewayId=live.id, AssociationIds=gone)
        within, before = spec.secondary_private_ip_addresses, live.spec.secondary_private_ip_addresses
        if within - before:
            more = sorted(within - before)
            aws.call("ec2", "AssignPrivateNatGatewayAddress", NatGatewayId=live.id, PrivateIpAddresses=more)
        if before - within:
            less = sorted(before - within)
            aws.call("ec2", "UnassignPrivateNatGatewayAddress", NatGatewayId=live.id, PrivateIpAddresses=less)

    def delete(self, aws: Aws, live: Observed[NatGatewaySpec]) -> None:
        aws.call("ec2", "DeleteNatGateway", NatGatewayId=live.id)


def _no_way_out(name: str, tables: Sequence[tuple[Manifest, RouteTableSpec]], view: View) -> str:
    """Why nothing that stands in a subnet reaches the internet; "" where it does, or where manifests cannot tell."""
    subnet = view.find("ec2/Subnet", name)
    if subnet is None or not isinstance(subnet.spec, SubnetSpec) or subnet.address.scope != view.scope.name:
        return ""
    own = (found for found in tables if any(view.find("ec2/Subnet", each) is subnet for each in found[1].subnets))
    vpc = view.find("ec2/Vpc", subnet.spec.vpc)
    main = (found for found in tables if found[1].main and vpc and view.find("ec2/Vpc", found[1].vpc) is vpc)
    table = next(own, None) or next(main, None)
    if table and not leads_out(table[1]):
        return f"subnet {name} has no route to an internet gateway: {table[0].address.name} ({table[0].position('routes')})"
    if table is None and vpc:
        return f"subnet {name} has no route to an internet gateway: no RouteTable names it"
    return ""


def translate(aws: Aws, gateway: Mapping[str, Any]) -> Observed[NatGatewaySpec]:
    """The gateway of a DescribeNatGateways reply."""
    primary, others = _addresses(gateway)
    public = gateway.get("ConnectivityType", "public") == "public"
    spec = NatGatewaySpec.model_construct(
        subnet=gateway["SubnetId"],
        connectivity_type=gateway.get("ConnectivityType", "public"),
        elastic_ip=primary.get("AllocationId", ""),
        secondary_elastic_ips=frozenset(other["AllocationId"] for other in others if "AllocationId" in other),
        private_ip_address=primary.get("PrivateIp"),
        secondary_private_ip_addresses=frozenset(() if public else (other["PrivateIp"] for other in others)),
        tags={},
    )
    return Observed(
        gateway["NatGatewayId"],
        spec,
        tags_of(gateway),
        _outputs(aws, gateway),
        _pending(gateway),
        failed=_failed(gateway),
        detail={other["AllocationId"]: other.get("AssociationId") for other in others if "AllocationId" in other},
    )


def _addresses(gateway: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The primary address, which is the first where AWS does not say, and those beside it that are there to stay."""
    found = list(gateway.get("NatGatewayAddresses", ()))
    primary = next((address for address in found if address.get("IsPrimary")), found[0] if found else {})
    return primary, [other for other in found if other is not primary and other.get("Status") not in GOING]


def _pending(gateway: Mapping[str, Any]) -> str:
    if gateway.get("State") == "pending":
        return "AWS is still making it, which takes a minute or two"
    coming = [
        a.get("PublicIp") or a.get("PrivateIp") or "" for a in _addresses(gateway)[1] if a.get("Status") in COMING
    ]
    return f"AWS is still giving it {', '.join(sorted(coming))}" if coming else ""


def _failed(gateway: Mapping[str, Any]) -> str:
    if gateway.get("State") != "failed":
        return ""
    said = (gateway.get("FailureCode"), gateway.get("FailureMessage"))
    return ": ".join(part for part in said if part) or "AWS gives no reason"


def _outputs(aws: Aws, gateway: Mapping[str, Any]) -> dict[str, str]:
    id_, (primary, _) = gateway["NatGatewayId"], _addresses(gateway)
    facts = {"publicIp": primary.get("PublicIp"), "privateIp": primary.get("PrivateIp")}
    return {"id": id_, "arn": arn_of(aws, "natgateway", id_), **{name: value for name, value in facts.items() if value}}
