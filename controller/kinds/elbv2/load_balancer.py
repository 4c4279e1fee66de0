"""Load balancers: where traffic comes in, for listeners to pass on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.subnet import SubnetSpec
from controller.kinds.ec2.types import ElasticIpRef, SecurityGroupRef, SubnetRef
from controller.kinds.elbv2.api import Elbv2Kind, attributes_of, load_balancers, put_attributes
from controller.kinds.elbv2.types import Attributes
from controller.kinds.tagging import is_ours, to_list
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

PROTECTED = "deletion_protection.enabled"
"""The attribute that keeps AWS from deleting a load balancer."""


def _not_aws_own(name: str) -> str:
    if name.startswith("internal-"):
        raise ValueError(f"{name!r} begins with internal-, which AWS keeps for itself")
    return name


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$", max_length=32)]
"""What load balancers and target groups may be called."""


class SubnetMapping(Part):
    """A subnet in which a network load balancer has an address that is chosen for it."""

    key_fields = ("subnet",)

    subnet: SubnetRef = Field(description="The subnet, by manifest name or id (SubnetId).")
    allocation: ElasticIpRef = Field(
        default="", description="For one that is internet-facing: the elastic IP address (AllocationId)."
    )
    private_ipv4_address: str = Field(
        default="",
        alias="privateIPv4Address",
        pattern=r"^(\d+(\.\d+){3})?$",
        description="For one that is internal: the address within the subnet's range.",
    )


class LoadBalancerSpec(TaggedSpec):
    """A load balancer."""

    name: Annotated[Name, AfterValidator(_not_aws_own)] = Field(
        description="The name, unique in the region; unset: metadata.name."
    )
    type: Literal["application", "network"] = Field(
        default="application", description="Whether it balances HTTP requests or connections."
    )
    scheme: Literal["internet-facing", "internal"] = Field(
        default="internet-facing", description="Whether it has public addresses."
    )
    ip_address_type: Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"] = Field(
        default="ipv4", description="Which addresses it has; dualstack needs subnets with IPv6."
    )
    subnets: frozenset[SubnetRef] = Field(
        default=frozenset(),
        description="Subnets by manifest name or id, one in each zone. An application load balancer needs two zones.",
    )
    subnet_mappings: tuple[SubnetMapping, ...] = Field(
        default=(), description="Further subnets, in which a network load balancer has an address that you choose."
    )
    security_groups: frozenset[SecurityGroupRef] | None = Field(
        default=None,
        description="Who may reach it, by manifest name or id of security groups; unset: AWS's choice, left alone (the VPC's "
        "default group, or none for a network load balancer). Any other is taken away.",
    )
    enforce_security_group_inbound_rules_on_private_link_traffic: Literal["on", "off"] | None = Field(
        default=None,
        description="Whether a network load balancer's groups judge traffic that comes by PrivateLink; unset: left alone.",
    )
    attributes: Attributes = Field(
        default={},
        description="AWS's attributes (LoadBalancerAttributes) by their keys, such as `idle_timeout.timeout_seconds`, "
        "`access_logs.s3.bucket` or `deletion_protection.enabled`. What is not named is not managed.",
    )

    @model_validator(mode="after")
    def _one_form(self) -> LoadBalancerSpec:
        """A mapping without an address says no more than the subnet does."""
        plain = {each.subnet for each in self.subnet_mappings if not each.allocation and not each.private_ipv4_address}
        for twice in sorted(self.subnets & ({each.subnet for each in self.subnet_mappings} - plain)):
            raise ValueError(f"{twice} is among subnets and subnetMappings")
        mapped = sorted(
            (each for each in self.subnet_mappings if each.subnet not in plain), key=lambda each: each.subnet
        )
        # Set past pydantic, which would validate again without an end.
        object.__setattr__(self, "subnets", self.subnets | plain)
        object.__setattr__(self, "subnet_mappings", tuple(mapped))
        return self


class LoadBalancer(Elbv2Kind[LoadBalancerSpec]):
    """Application or network load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    Observation: ceil(n / 400) calls + ceil(n / 20) for tags + 1 attribute read for each that is trueup's, or is to be adopted or
    exported.
    """

    doc = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"
    name_field = "name"
    replace_on = frozenset({"name", "type", "scheme"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The load balancer's ARN.",
        "dnsName": "The DNS name that AWS gives it.",
        "canonicalHostedZoneId": "The hosted zone of that name, for alias records.",
        "fullName": "What CloudWatch knows it by: `app/web/50dc6c495c0c9188`.",
        "name": "Its name.",
    }
    reads = (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeTags",
    )
    writes = (
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:SetIpAddressType",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:RemoveTags",
        "iam:CreateServiceLinkedRole",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if not isinstance(spec, LoadBalancerSpec):
            return
        if spec.type == "application":
            if spec.subnet_mappings:
                yield manifest.problem("subnetMappings", "an application load balancer takes no addresses; use subnets")
            elif len(spec.subnets) < 2:
                yield manifest.problem("subnets", "an application load balancer needs subnets in at least two zones")
        elif not _all(spec):
            yield manifest.problem("subnets", "a load balancer needs subnets")
        if spec.scheme == "internal" and spec.ip_address_type == "dualstack-without-public-ipv4":
            yield manifest.problem("ipAddressType", f"{spec.ip_address_type} is for internet-facing ones")

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            if isinstance(manifest.spec, LoadBalancerSpec):
                yield from ((manifest, problem) for problem in _crowded(manifest, manifest.spec, view))

    def tell(self, verb: Verb, before: LoadBalancerSpec | None, after: LoadBalancerSpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "makes another load balancer: its DNS name and addresses change, and its listeners are made anew"
        elif before and after:
            yield from (f"no longer takes traffic in {subnet}" for subnet in sorted(_all(before) - _all(after)))
        elif before:
            yield "takes no traffic any more: what is served through it cannot be reached"

    def observe(self, aws: Aws, wanted: Wanted[LoadBalancerSpec]) -> Iterator[Observed[LoadBalancerSpec]]:
        found, tags = load_balancers(aws)
        for item in found:
            arn = item["LoadBalancerArn"]
            ours = is_ours(tags.get(arn), arn, item["LoadBalancerName"], wanted)
            yield translate(item, tags.get(arn), attributes_of(aws, "LoadBalancer", arn) if ours else None)

    def create(self, aws: Aws, spec: LoadBalancerSpec, tags: Mapping[str, str]) -> Made:
        groups: dict[str, Any] = {"SecurityGroups": sorted(spec.security_groups)} if spec.security_groups else {}
        reply = aws.call(
            "elbv2",
            "CreateLoadBalancer",
            Name=spec.name,
            Type=spec.type,
            Scheme=spec.scheme,
            IpAddressType=spec.ip_address_type,
            **_subnets(spec),
            **groups,
            Tags=to_list(tags),
        )
        made = translate(reply["LoadBalancers"][0], tags, {})
        enforce = spec.enforce_security_group_inbound_rules_on_private_link_traffic
        if enforce and enforce != made.spec.enforce_security_group_inbound_rules_on_private_link_traffic:
            _put_groups(aws, made, spec)
        put_attributes(aws, "LoadBalancer", made.id, spec.attributes, {})
        return Made(made.id, made.outputs, made.pending)

    def update(
        self, aws: Aws, live: Observed[LoadBalancerSpec], spec: LoadBalancerSpec, changed: frozenset[str]
    ) -> None:
        # Dualstack needs subnets with IPv6, and these may be new: they come first, and with the type in one call.
        if changed & {"subnets", "subnetMappings"}:
            aws.call(
                "elbv2", "SetSubnets", LoadBalancerArn=live.id, **_subnets(spec), IpAddressType=spec.ip_address_type
            )
        elif "ipAddressType" in changed:
            aws.call("elbv2", "SetIpAddressType", LoadBalancerArn=live.id, IpAddressType=spec.ip_address_type)
        if changed & {"securityGroups", "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic"}:
            _put_groups(aws, live, spec)
        if "attributes" in changed:
            put_attributes(aws, "LoadBalancer", live.id, spec.attributes, live.spec.attributes)

    def delete(self, aws: Aws, live: Observed[LoadBalancerSpec]) -> None:
        aws.call("elbv2", "DeleteLoadBalancer", LoadBalancerArn=live.id)


def _all(spec: LoadBalancerSpec) -> set[str]:
    return {*spec.subnets, *(each.subnet for each in spec.subnet_mappings)}


def _subnets(spec: LoadBalancerSpec) -> dict[str, Any]:
    if not spec.subnet_mappings:
        return {"Subnets": sorted(spec.subnets)}
    plain = [SubnetMapping(subnet=subnet) for subnet in sorted(spec.subnets)]
    return {"SubnetMappings": [_mapping(each) for each in (*plain, *spec.subnet_mappings)]}


def _mapping(each: SubnetMapping) -> dict[str, str]:
    address = {"AllocationId": each.allocation, "PrivateIPv4Address": each.private_ipv4_address}
    return {"SubnetId": each.subnet, **{key: value for key, value in address.items() if value}}


def _put_groups(aws: Aws, live: Observed[LoadBalancerSpec], spec: LoadBalancerSpec) -> None:
    groups = live.spec.security_groups if spec.security_groups is None else spec.security_groups
    enforce = spec.enforce_security_group_inbound_rules_on_private_link_traffic
    more = {"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": enforce} if enforce else {}
    aws.call("elbv2", "SetSecurityGroups", LoadBalancerArn=live.id, SecurityGroups=sorted(groups or ()), **more)


def translate(
    item: Mapping[str, Any], tags: Mapping[str, str] | None, attributes: dict[str, str] | None
) -> Observed[LoadBalancerSpec]:
    """The load balancer of a DescribeLoadBalancers reply. Attributes that were not asked for are unknown."""
    arn, zones = item["LoadBalancerArn"], item.get("AvailabilityZones", ())
    spec = LoadBalancerSpec(
        name=item["LoadBalancerName"],
        type=item["Type"],
        scheme=item["Scheme"],
        ip_address_type=item.get("IpAddressType", "ipv4"),
        subnet_mappings=tuple(_live_mapping(zone) for zone in zones),
        security_groups=frozenset(item.get("SecurityGroups", ())),
        enforce_security_group_inbound_rules_on_private_link_traffic=item.get(
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
        ),
        attributes=attributes,
    )
    outputs = {
        "arn": arn,
        "dnsName": item["DNSName"],
        "canonicalHostedZoneId": item.get("CanonicalHostedZoneId", ""),
        "fullName": arn.partition(":loadbalancer/")[2],
        "name": item["LoadBalancerName"],
    }
    protected = (attributes or {}).get(PROTECTED) == "true"
    keep = (
        f"AWS protects it from deletion; set `attributes: {{{PROTECTED}: false}}` in a commit before"
        if protected
        else ""
    )
    code, reason = (item.get("State", {}).get(key, "") for key in ("Code", "Reason"))
    failed = (reason or "AWS gives no reason") if code == "failed" else ""
    return Observed(arn, spec, tags, outputs, _pending(code, reason), failed=failed, keep=keep)


def _live_mapping(zone: Mapping[str, Any]) -> SubnetMapping:
    addresses = {key: value for address in zone.get("LoadBalancerAddresses", ()) for key, value in address.items()}
    return SubnetMapping(
        subnet=zone["SubnetId"],
        allocation=addresses.get("AllocationId", ""),
        private_ipv4_address=addresses.get("PrivateIPv4Address", ""),
    )


def _pending(code: str, reason: str) -> str:
    told = {
        "provisioning": "AWS is still making it",
        "active_impaired": "it passes traffic on, but AWS cannot let it grow",
    }.get(code, "")
    return f"{told}: {reason}" if told and reason else told


def _crowded(manifest: Manifest, spec: LoadBalancerSpec, view: View) -> Iterator[Problem]:
    """Subnets that share a zone, as far as their manifests tell."""
    zones: dict[str, str] = {}
    field = "subnetMappings" if spec.subnet_mappings else "subnets"
    for name in sorted(_all(spec)):
        found = view.find("ec2/Subnet", name)
        zone = found.spec.availability_zone if found and isinstance(found.spec, SubnetSpec) else None
        if zone and zone in zones:
            yield manifest.problem(
                field, f"{zones[zone]} and {name} are both in {zone}; AWS takes one subnet in each zone"
            )
        elif zone:
            zones[zone] = name
