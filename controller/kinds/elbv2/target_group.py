"""Target groups: whom a load balancer passes traffic on to, and how it finds out whether they are well."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.security_group import SecurityGroupSpec
from controller.kinds.ec2.types import VpcRef
from controller.kinds.elbv2.api import Elbv2Kind, attributes_of, put_attributes, target_groups
from controller.kinds.elbv2.load_balancer import Name
from controller.kinds.elbv2.types import AsText, Attributes
from controller.kinds.tagging import is_ours, to_list
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem, Severity
from controller.model.rules import IngressRule
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

TRAFFIC = "traffic-port"
"""The health check's port where it is the one that the target takes traffic on."""
HTTP = ("HTTP", "HTTPS")
FIXED = ("targetType", "protocol", "protocolVersion", "port", "vpc", "ipAddressType")
"""What AWS cannot change."""
MARKS = ("trueup:owner", "trueup:scope", "trueup:manifest")
"""The tags that say whose a resource is."""


def _codes(text: str) -> str:
    """`200,202-299`, the lowest first and without spaces."""
    codes = [code.strip() for code in text.split(",")]
    if not all(re.fullmatch(r"\d{1,3}(-\d{1,3})?", code) for code in codes):
        raise ValueError(f"{text!r} is no list of codes; write 200, 200,202 or 200-299")
    return ",".join(sorted(codes, key=lambda code: int(code.partition("-")[0])))


class TargetGroupSpec(TaggedSpec):
    """A target group."""

    name: Name | None = Field(
        default=None,
        description="The name, unique in the region; unset: metadata.name and a mark made of what AWS cannot change, so that "
        "another one can be made before the old one goes.",
    )
    target_type: Literal["instance", "ip", "lambda", "alb"] = Field(
        default="ip",
        description="What its targets are; `ip`, the default here (AWS has `instance`), is what Fargate needs.",
    )
    protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"] | None = Field(
        default=None, description="How traffic reaches the targets; a Lambda function has none, all others need one."
    )
    protocol_version: Literal["HTTP1", "HTTP2", "GRPC"] | None = Field(
        default=None, description="The version of HTTP; unset: HTTP1, where the protocol is HTTP or HTTPS."
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="The port that targets take traffic on; a Lambda function has none."
    )
    vpc: VpcRef = Field(
        default="",
        description="The VPC, by manifest name or id (VpcId); a Lambda function has none, all others need one.",
    )
    ip_address_type: Literal["ipv4", "ipv6"] = Field(default="ipv4", description="Which addresses targets have.")
    health_check_enabled: bool | None = Field(
        default=None,
        description="Whether targets are checked; only a Lambda function's check may be off, as it is unset.",
    )
    health_check_protocol: Literal["HTTP", "HTTPS", "TCP"] | None = Field(
        default=None, description="How targets are checked; unset: HTTP, or TCP for a network load balancer's group."
    )
    health_check_port: Annotated[str, AsText, Field(pattern=rf"^({TRAFFIC}|[1-9]\d{{0,4}})$")] | None = Field(
        default=None, description="The port that is checked; unset: `traffic-port`, the one that takes the traffic."
    )
    health_check_path: Annotated[str, Field(pattern=r"^/", max_length=1024)] | None = Field(
        default=None, description="The path that is asked for; unset: `/`, or gRPC's `/AWS.ALB/healthcheck`."
    )
    health_check_interval_seconds: int | None = Field(
        default=None, ge=5, le=300, description="Seconds from check to check; unset: 30 (Lambda: 35)."
    )
    health_check_timeout_seconds: int | None = Field(
        default=None,
        ge=2,
        le=120,
        description="Seconds to wait for an answer; unset: 5 (Lambda: 30; network load balancers: 10, and 6 for HTTP).",
    )
    healthy_threshold_count: int | None = Field(
        default=None, ge=2, le=10, description="Good answers in a row until a target is healthy; unset: 5."
    )
    unhealthy_threshold_count: int | None = Field(
        default=None, ge=2, le=10, description="Bad answers in a row until a target is unhealthy; unset: 2 (Lambda: 5)."
    )
    matcher: Annotated[str, AsText, AfterValidator(_codes)] | None = Field(
        default=None,
        description="Good answers' codes, such as `200-299`; unset: 200 (network load balancers: 200-399; gRPC: 12).",
    )
    attributes: Attributes = Field(
        default={},
        description="AWS's attributes (TargetGroupAttributes) by their keys, such as `deregistration_delay.timeout_seconds`. "
        "What is not named is not managed.",
    )

    @model_validator(mode="after")
    def _complete(self) -> TargetGroupSpec:
        """What is left out is what AWS documents for such a group."""
        given = [name for name in ("protocol", "port", "vpc") if getattr(self, name)]
        if self.target_type == "lambda" and given:
            raise ValueError(f"a Lambda function has no {', '.join(given)}")
        if self.target_type != "lambda" and len(given) < 3:
            raise ValueError("needs protocol, port and vpc")
        for name, value in _defaults(self).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        return self


def _defaults(spec: TargetGroupSpec) -> dict[str, Any]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html

    That page gives a network load balancer's times; an application load balancer's are in its guide:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    common: dict[str, Any] = {
        "healthy_threshold_count": 5,
        "unhealthy_threshold_count": 2,
        "health_check_interval_seconds": 30,
    }
    if spec.target_type == "lambda":
        own = {"health_check_interval_seconds": 35, "health_check_timeout_seconds": 30, "unhealthy_threshold_count": 5}
        return {**common, **own, "health_check_enabled": False, "health_check_path": "/", "matcher": "200"}
    common |= {"health_check_enabled": True, "health_check_port": TRAFFIC}
    if spec.protocol in HTTP:
        version = spec.protocol_version or "HTTP1"
        grpc = version == "GRPC"
        return {
            **common,
            "protocol_version": version,
            "health_check_protocol": "HTTP",
            "health_check_path": "/AWS.ALB/healthcheck" if grpc else "/",
            "health_check_timeout_seconds": 5,
            "matcher": "12" if grpc else "200",
        }
    checked = spec.health_check_protocol or ("HTTP" if spec.target_type == "alb" else "TCP")
    asked = {"health_check_path": "/", "matcher": "200-399"} if checked in HTTP else {}
    timeout = 6 if checked == "HTTP" else 10
    return {**common, "health_check_protocol": checked, "health_check_timeout_seconds": timeout, **asked}


class TargetGroup(Elbv2Kind[TargetGroupSpec]):
    """Target group of an application or network load balancer. Who is in it is the business of whoever registers: an ECS
    service, an autoscaling group.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    Observation: ceil(n / 400) calls + ceil(n / 20) for tags + 1 attribute read for each that is trueup's, or is to be adopted or
    exported.
    """

    doc = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"
    replace_on = frozenset({"name", *FIXED})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The target group's ARN.",
        "fullName": "What CloudWatch knows it by: `targetgroup/app/73e2d6bc24d8a067`.",
        "name": "Its name.",
    }
    reads = (
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTags",
    )
    writes = (
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:RemoveTags",
    )

    def claim(self, spec: TargetGroupSpec) -> str:
        return spec.name or ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, TargetGroupSpec):
            yield from _doubts(manifest, manifest.spec)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            if isinstance(manifest.spec, TargetGroupSpec):
                yield from ((manifest, problem) for problem in _closed(manifest, manifest.spec, view))

    def tell(self, verb: Verb, before: TargetGroupSpec | None, after: TargetGroupSpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE and after:
            moved = "its targets are registered anew"
            yield (
                f"makes another target group before this one goes: {moved}"
                if not after.name
                else f"{moved}, under the old name"
            )
            # ECS registers tasks only in a group that a load balancer forwards to already, so that it has none at first.
            yield "for about a minute, until the first of them is healthy, requests that are forwarded to it have no answer"

    def observe(self, aws: Aws, wanted: Wanted[TargetGroupSpec]) -> Iterator[Observed[TargetGroupSpec]]:
        found, tags = target_groups(aws)
        for item in found:
            arn = item["TargetGroupArn"]
            ours = is_ours(tags.get(arn), arn, item["TargetGroupName"], wanted)
            yield translate(item, tags.get(arn), attributes_of(aws, "TargetGroup", arn) if ours else None)

    def create(self, aws: Aws, spec: TargetGroupSpec, tags: Mapping[str, str]) -> Made:
        fixed = {
            "Protocol": spec.protocol,
            "ProtocolVersion": spec.protocol_version,
            "Port": spec.port,
            "VpcId": spec.vpc,
            "IpAddressType": spec.ip_address_type if spec.target_type != "lambda" else None,
        }
        name = spec.name or generated_name(spec, tags)
        given: dict[str, Any] = {key: value for key, value in fixed.items() if value}
        checks = health_check(spec, frozenset(CHECKS))
        reply = aws.call(
            "elbv2",
            "CreateTargetGroup",
            Name=name,
            TargetType=spec.target_type,
            **given,
            **checks,
            Tags=to_list(tags),
        )
        made = translate(reply["TargetGroups"][0], tags, {})
        put_attributes(aws, "TargetGroup", made.id, spec.attributes, {})
        return Made(made.id, made.outputs)

    def update(self, aws: Aws, live: Observed[TargetGroupSpec], spec: TargetGroupSpec, changed: frozenset[str]) -> None:
        checks = health_check(spec, changed)
        if checks:
            aws.call("elbv2", "ModifyTargetGroup", TargetGroupArn=live.id, **checks)
        if "attributes" in changed:
            put_attributes(aws, "TargetGroup", live.id, spec.attributes, live.spec.attributes)

    def delete(self, aws: Aws, live: Observed[TargetGroupSpec]) -> None:
        aws.call("elbv2", "DeleteTargetGroup", TargetGroupArn=live.id)

    def holders(self, aws: Aws, live: Observed[TargetGroupSpec]) -> str:
        (item,) = aws.call("elbv2", "DescribeTargetGroups", TargetGroupArns=[live.id])["TargetGroups"]
        return ", ".join(f"listeners of {arn.rpartition('/')[0]}" for arn in item.get("LoadBalancerArns", ()))


CHECKS: Mapping[str, str] = {
    "healthCheckProtocol": "HealthCheckProtocol",
    "healthCheckPort": "HealthCheckPort",
    "healthCheckPath": "HealthCheckPath",
    "healthCheckEnabled": "HealthCheckEnabled",
    "healthCheckIntervalSeconds": "HealthCheckIntervalSeconds",
    "healthCheckTimeoutSeconds": "HealthCheckTimeoutSeconds",
    "healthyThresholdCount": "HealthyThresholdCount",
    "unhealthyThresholdCount": "UnhealthyThresholdCount",
}
"""Our fields of the health check, and AWS's parameters."""


def health_check(spec: TargetGroupSpec, changed: frozenset[str]) -> dict[str, Any]:
    """The parameters for some fields. What is checked goes along with how: AWS forgets it where that changes."""
    if "healthCheckProtocol" in changed:
        changed |= {"healthCheckPath", "matcher"}
    if spec.target_type != "lambda":
        changed -= {"healthCheckEnabled"}
    wanted = spec.model_dump(by_alias=True)
    found = {CHECKS[name]: wanted[name] for name in CHECKS if name in changed}
    if "matcher" in changed and spec.matcher:
        found["Matcher"] = {"GrpcCode" if spec.protocol_version == "GRPC" else "HttpCode": spec.matcher}
    return {key: value for key, value in found.items() if value is not None}


def generated_name(spec: TargetGroupSpec, tags: Mapping[str, str]) -> str:
    """A name that stays the same for one manifest until something changes that AWS cannot change: `app-1a2b3c4d`."""
    wanted = spec.model_dump(by_alias=True)
    facts = [*(tags.get(mark, "") for mark in MARKS), *(wanted[name] for name in FIXED)]
    mark = hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
    own = re.sub(r"[^A-Za-z0-9]+", "-", tags.get("trueup:manifest", "").rpartition("/")[2])
    return f"{own[:23].strip('-')}-{mark}".lstrip("-")


def translate(
    item: Mapping[str, Any], tags: Mapping[str, str] | None, attributes: dict[str, str] | None
) -> Observed[TargetGroupSpec]:
    """The target group of a DescribeTargetGroups reply. Attributes that were not asked for are unknown."""
    arn = item["TargetGroupArn"]
    checked, matcher = item.get("HealthCheckProtocol"), item.get("Matcher", {})
    asked = checked in HTTP or item["TargetType"] == "lambda"
    spec = TargetGroupSpec(
        name=item["TargetGroupName"],
        target_type=item["TargetType"],
        protocol=item.get("Protocol"),
        protocol_version=item.get("ProtocolVersion"),
        port=item.get("Port"),
        vpc=item.get("VpcId", ""),
        ip_address_type=item.get("IpAddressType", "ipv4"),
        health_check_enabled=item.get("HealthCheckEnabled"),
        health_check_protocol=checked,
        health_check_port=item.get("HealthCheckPort"),
        health_check_path=item.get("HealthCheckPath") if asked else None,
        health_check_interval_seconds=item.get("HealthCheckIntervalSeconds"),
        health_check_timeout_seconds=item.get("HealthCheckTimeoutSeconds"),
        healthy_threshold_count=item.get("HealthyThresholdCount"),
        unhealthy_threshold_count=item.get("UnhealthyThresholdCount"),
        matcher=(matcher.get("GrpcCode") or matcher.get("HttpCode")) if asked else None,
        attributes=attributes,
    )
    outputs = {"arn": arn, "fullName": arn.rpartition(":")[2], "name": item["TargetGroupName"]}
    return Observed(arn, spec, tags, outputs)


def _doubts(manifest: Manifest, spec: TargetGroupSpec) -> Iterator[Problem]:
    if spec.health_check_enabled is False and spec.target_type != "lambda":
        yield manifest.problem("healthCheckEnabled", "only the check of a Lambda function can be switched off")
    if spec.protocol in HTTP and spec.health_check_protocol == "TCP":
        yield manifest.problem("healthCheckProtocol", f"TCP cannot check a group of protocol {spec.protocol}")
    if spec.protocol_version and spec.protocol not in HTTP:
        yield manifest.problem("protocolVersion", "is for the protocols HTTP and HTTPS")
    interval, timeout = spec.health_check_interval_seconds or 0, spec.health_check_timeout_seconds or 0
    if timeout > interval or (timeout == interval and spec.protocol in HTTP):
        yield manifest.problem("healthCheckTimeoutSeconds", f"{timeout} is not less than the interval, {interval}")


def _closed(manifest: Manifest, spec: TargetGroupSpec, view: View) -> Iterator[Problem]:
    """Whether the health check can get through to nobody, as far as the manifests of the VPC's security groups tell."""
    if spec.target_type not in ("ip", "instance"):
        return
    checked = spec.health_check_port or TRAFFIC
    port = spec.port or 0 if checked == TRAFFIC else int(checked)
    specs = (group.spec for group in view.of("ec2/SecurityGroup"))
    groups = [group for group in specs if isinstance(group, SecurityGroupSpec) and group.vpc == spec.vpc]
    if groups and not any(_lets_in(rule, port) for group in groups for rule in group.ingress):
        found = f"no security group of VPC {spec.vpc} lets {port}/tcp in, so the health check finds nobody well"
        field = "port" if checked == TRAFFIC else "healthCheckPort"
        yield manifest.problem(field, found, "let the load balancer's group in on that port", severity=Severity.WARNING)


def _lets_in(rule: IngressRule, port: int) -> bool:
    low, _, high = rule.port.partition("-")
    return rule.protocol == "all" or (rule.protocol == "tcp" and int(low) <= port <= int(high or low))
