"""VPC endpoints: ways from a VPC to a service that do not lead through the internet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, one_each, tags_of, unsuccessful
from controller.kinds.ec2.types import RouteTableRef, SecurityGroupRef, SubnetRef, VpcRef
from controller.kinds.ec2.vpc import VpcSpec
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.policy import PolicyDocument
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

Type = Literal["Gateway", "Interface", "GatewayLoadBalancer"]
THERE = ("available", "expired", "failed", "partial", "pending", "pendingAcceptance", "rejected")
PENDING: Mapping[str, str] = {
    "pending": "AWS is still making it",
    "partial": "AWS is still making some of its network interfaces",
    "pendingacceptance": "the owner of the service has yet to accept it",
    "rejected": "the owner of the service has rejected it: ask them to accept it, or take the manifest out",
}
BY_ROUTE = ("s3", "dynamodb", "s3express")
"""The services that have gateway endpoints."""
POLICY_SIZE = 20480
_FULL = re.compile(r"com\.amazonaws\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.(?P<service>.+)")
_WHOLE = ("com.", "cn.", "aws.")
"""How names begin that have no short form."""
FULL_ACCESS = PolicyDocument.parse(
    {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)
"""What AWS puts on an endpoint that is made without a policy."""


def _usual(document: PolicyDocument) -> PolicyDocument:
    """Full access is one policy, in whichever version of the grammar it is written: it has no variables."""
    same = PolicyDocument.parse({**document.data, "Version": FULL_ACCESS.data["Version"]})
    return FULL_ACCESS if same == FULL_ACCESS else document


class DnsOptions(Part):
    """How names of an interface endpoint's service are answered."""

    dns_record_ip_type: Literal["ipv4", "dualstack", "ipv6", "service-defined"] | None = Field(
        default=None, description="Which records there are; unset: left alone."
    )
    private_dns_only_for_inbound_resolver_endpoint: bool | None = Field(
        default=None,
        description="Whether private names are for what comes in through a Resolver endpoint alone, while the VPC itself uses a "
        "gateway endpoint; unset: left alone.",
    )


class VpcEndpointSpec(TaggedSpec):
    """A VPC endpoint."""

    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId).")
    service_name: str = Field(
        pattern=r"^[a-zA-Z0-9.-]+$",
        description="The service: `s3`, `ecr.api` and so on for AWS's own in the region, or any service's whole name, such as "
        "`com.amazonaws.eu-central-1.s3` or `com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0`.",
    )
    service_region: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d+$",
        description="The region of the service, where it is another (also said by its whole name); unset: the scope's.",
    )
    vpc_endpoint_type: Type = Field(
        default="Gateway",
        description="`Gateway` puts routes into route tables (S3 and DynamoDB only, free of charge), `Interface` and "
        "`GatewayLoadBalancer` put network interfaces into subnets.",
    )
    policy_document: Annotated[PolicyDocument, AfterValidator(_usual)] = Field(
        default=FULL_ACCESS, description="Who may do what through it, in IAM's grammar; unset: everybody everything."
    )
    private_dns_enabled: bool | None = Field(
        default=None,
        description="Whether the service's usual names lead to an interface endpoint; unset: as AWS chooses, and left alone.",
    )
    route_tables: frozenset[RouteTableRef] = Field(
        default=frozenset(), description="The tables that a gateway endpoint puts its route into (RouteTableIds)."
    )
    subnets: frozenset[SubnetRef] = Field(
        default=frozenset(), description="The subnets with its network interfaces, one in a zone (SubnetIds)."
    )
    security_groups: frozenset[SecurityGroupRef] | None = Field(
        default=None,
        min_length=1,
        description="Who reaches an interface endpoint (SecurityGroupIds); unset: the VPC's default group, and left alone.",
    )
    ip_address_type: Literal["ipv4", "dualstack", "ipv6"] | None = Field(
        default=None, description="Which addresses its network interfaces have; unset: as AWS chooses, and left alone."
    )
    dns_options: DnsOptions | None = Field(default=None, description="How the service's names are answered.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        """The whole name of an AWS service says its region too."""
        if not isinstance(data, Mapping):
            return data
        names = {"service_name", "serviceName"} & data.keys()
        found = [_FULL.fullmatch(data[name]) for name in names if isinstance(data[name], str)]
        if not found or not found[0]:
            return data
        region = data.get("serviceRegion", data.get("service_region")) or found[0]["region"]
        if region != found[0]["region"]:
            raise ValueError(f"serviceName is of {found[0]['region']}, and serviceRegion says {region}")
        others = {key: value for key, value in data.items() if key not in {*names, "serviceRegion", "service_region"}}
        return {**others, "serviceName": found[0]["service"], "serviceRegion": region}

    def whole_name(self, region: str) -> str:
        """The name by which AWS's calls know the service."""
        name = self.service_name
        return name if name.startswith(_WHOLE) else f"com.amazonaws.{self.service_region or region}.{name}"


class VpcEndpoint(Ec2Kind[VpcEndpointSpec]):
    """VPC endpoint. Those that AWS's services made for themselves are left out.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html"
    resource_type = "vpc-endpoint"
    replace_on = frozenset({"vpc", "serviceName", "serviceRegion", "vpcEndpointType"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The endpoint's id.",
        "arn": "Its ARN.",
        "dnsName": "The name of an interface endpoint in all its zones.",
        "hostedZoneId": "The hosted zone of that name, for alias records.",
    }
    reads = ("ec2:DescribeVpcEndpoints",)
    writes = (
        "ec2:CreateVpcEndpoint",
        "ec2:ModifyVpcEndpoint",
        "ec2:DeleteVpcEndpoints",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, VpcEndpointSpec):
            yield from _misfits(manifest, manifest.spec)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        taken = "{} through {} already; it has room for one endpoint of a service"
        yield from one_each(mine, "routeTables", _entries, taken)
        for manifest in mine:
            if isinstance(manifest.spec, VpcEndpointSpec):
                yield from _nameless(manifest, manifest.spec, view)

    def tell(self, verb: Verb, before: VpcEndpointSpec | None, after: VpcEndpointSpec | None) -> Iterator[str]:
        for spec, other, how in ((after, before, "through"), (before, after, "no longer through")):
            if spec is not None:
                for table in sorted(spec.route_tables - (other.route_tables if other else set())):
                    yield f"route table {table} leads to {spec.service_name} {how} the endpoint"

    def observe(self, aws: Aws, wanted: Wanted[VpcEndpointSpec]) -> Iterator[Observed[VpcEndpointSpec]]:
        for endpoint in describe(aws, "VpcEndpoints", "VpcEndpoints", vpc_endpoint_state=THERE):
            ours = endpoint.get("OwnerId", aws.account) == aws.account and not endpoint.get("RequesterManaged")
            if ours and endpoint["VpcEndpointType"] in get_args(Type):
                yield translate(aws, endpoint)

    def create(self, aws: Aws, spec: VpcEndpointSpec, tags: Mapping[str, str]) -> Made:
        wanted: dict[str, Any] = {
            "ServiceRegion": spec.service_region if spec.service_region != aws.region else None,
            "PolicyDocument": spec.policy_document.to_json() if spec.policy_document != FULL_ACCESS else None,
            "RouteTableIds": sorted(spec.route_tables) or None,
            "SubnetIds": sorted(spec.subnets) or None,
            "SecurityGroupIds": sorted(spec.security_groups or ()) or None,
            **_settings(spec),
        }
        endpoint = aws.call(
            "ec2",
            "CreateVpcEndpoint",
            VpcId=spec.vpc,
            ServiceName=spec.whole_name(aws.region),
            VpcEndpointType=spec.vpc_endpoint_type,
            TagSpecifications=self.tagged(tags),
            **{name: value for name, value in wanted.items() if value is not None},
        )["VpcEndpoint"]
        return Made(endpoint["VpcEndpointId"], _outputs(aws, endpoint), _pending(endpoint))

    def update(self, aws: Aws, live: Observed[VpcEndpointSpec], spec: VpcEndpointSpec, changed: frozenset[str]) -> None:
        change: dict[str, Any] = {name: value for name, value in _settings(spec).items() if _alias(name) in changed}
        if "policyDocument" in changed:
            change["PolicyDocument"] = spec.policy_document.to_json()
        for what, new, old in (
            ("RouteTable", spec.route_tables, live.spec.route_tables),
            ("Subnet", spec.subnets, live.spec.subnets),
            ("SecurityGroup", spec.security_groups or frozenset(), live.spec.security_groups or frozenset()),
        ):
            if f"{_alias(what)}s" in changed:
                # In one call, so that there is no moment without either.
                change |= {f"Add{what}Ids": sorted(new - old)} if new - old else {}
                change |= {f"Remove{what}Ids": sorted(old - new)} if old - new else {}
        aws.call("ec2", "ModifyVpcEndpoint", VpcEndpointId=live.id, **change)

    def delete(self, aws: Aws, live: Observed[VpcEndpointSpec]) -> None:
        unsuccessful(aws.call("ec2", "DeleteVpcEndpoints", VpcEndpointIds=[live.id]), "DeleteVpcEndpoints")


def _alias(name: str) -> str:
    """Our name of one of AWS's parameters."""
    return f"{name[0].lower()}{name[1:]}"


def _settings(spec: VpcEndpointSpec) -> dict[str, Any]:
    """What is given alike to create and to modify."""
    options = spec.dns_options.model_dump(by_alias=True, exclude_none=True) if spec.dns_options else {}
    return {
        "PrivateDnsEnabled": spec.private_dns_enabled,
        "IpAddressType": spec.ip_address_type,
        "DnsOptions": {f"{name[0].upper()}{name[1:]}": value for name, value in options.items()} or None,
    }


def translate(aws: Aws, endpoint: Mapping[str, Any]) -> Observed[VpcEndpointSpec]:
    """The endpoint of a DescribeVpcEndpoints reply."""
    options = endpoint.get("DnsOptions", {})
    whole = _FULL.fullmatch(endpoint["ServiceName"])
    # What takes no policy reports none.
    policy: dict[str, Any] = {"policy_document": None}
    if endpoint.get("PolicyDocument"):
        policy = {"policy_document": _usual(PolicyDocument.parse(endpoint["PolicyDocument"]))}
    spec = VpcEndpointSpec.model_construct(
        vpc=endpoint["VpcId"],
        service_name=whole["service"] if whole else endpoint["ServiceName"],
        service_region=whole["region"] if whole else endpoint.get("ServiceRegion"),
        vpc_endpoint_type=endpoint["VpcEndpointType"],
        private_dns_enabled=endpoint.get("PrivateDnsEnabled"),
        route_tables=frozenset(endpoint.get("RouteTableIds", ())),
        subnets=frozenset(endpoint.get("SubnetIds", ())),
        security_groups=frozenset(group["GroupId"] for group in endpoint.get("Groups", ())) or None,
        ip_address_type=endpoint.get("IpAddressType"),
        dns_options=DnsOptions(
            dns_record_ip_type=options.get("DnsRecordIpType"),
            private_dns_only_for_inbound_resolver_endpoint=options.get("PrivateDnsOnlyForInboundResolverEndpoint"),
        )
        if options
        else None,
        tags={},
        **policy,
    )
    id_ = endpoint["VpcEndpointId"]
    return Observed(id_, spec, tags_of(endpoint), _outputs(aws, endpoint), _pending(endpoint), failed=_failed(endpoint))


def _pending(endpoint: Mapping[str, Any]) -> str:
    return PENDING.get(str(endpoint.get("State", "")).lower(), "")


def _failed(endpoint: Mapping[str, Any]) -> str:
    state = str(endpoint.get("State", "")).lower()
    if state not in ("failed", "expired"):
        return ""
    said = endpoint.get("FailureReason") or endpoint.get("LastError", {}).get("Message")
    return str(said or f"the endpoint has {state}")


def _outputs(aws: Aws, endpoint: Mapping[str, Any]) -> dict[str, str]:
    id_ = endpoint["VpcEndpointId"]
    name: Mapping[str, str] = next(iter(endpoint.get("DnsEntries", ())), {})
    facts = {"dnsName": name.get("DnsName"), "hostedZoneId": name.get("HostedZoneId")}
    return {"id": id_, "arn": arn_of(aws, "vpc-endpoint", id_), **{key: value for key, value in facts.items() if value}}


def _misfits(manifest: Manifest, spec: VpcEndpointSpec) -> Iterator[Problem]:
    kind, name = spec.vpc_endpoint_type, spec.service_name
    if kind == "Gateway" and name not in BY_ROUTE and not name.startswith(_WHOLE):
        yield manifest.problem("serviceName", f"{name} has no gateway endpoint", "set vpcEndpointType: Interface")
    by_route = {"subnets": spec.subnets, "securityGroups": spec.security_groups}
    misplaced = by_route if kind == "Gateway" else {"routeTables": spec.route_tables}
    for field, values in misplaced.items():
        if values:
            yield manifest.problem(field, f"an endpoint of type {kind} takes none")
    if spec.policy_document.size > POLICY_SIZE:
        found = f"has {spec.policy_document.size} characters; AWS takes {POLICY_SIZE}"
        yield manifest.problem("policyDocument", found)


def _entries(spec: VpcEndpointSpec) -> list[str]:
    return [f"{table} leads to {spec.service_name}" for table in spec.route_tables]


def _nameless(manifest: Manifest, spec: VpcEndpointSpec, view: View) -> Iterator[tuple[Manifest, Problem]]:
    """Private DNS in a VPC that has no DNS for it."""
    vpc = view.find("ec2/Vpc", spec.vpc)
    private = spec.vpc_endpoint_type == "Interface" and spec.private_dns_enabled
    if private and vpc and isinstance(vpc.spec, VpcSpec) and not vpc.spec.enable_dns_hostnames:
        found = f"needs enableDnsHostnames of VPC {spec.vpc} ({vpc.position('enableDnsHostnames')})"
        yield manifest, manifest.problem("privateDnsEnabled", found)
