"""Health checks: whether an endpoint answers, enough other checks are healthy, or an alarm is quiet."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.route53.api import Route53Kind, tag, tags_of
from controller.kinds.route53.types import HealthCheckRef
from controller.model.address import Address
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

PAGE = 100
ENDPOINTS = ("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")
MARK = "trueup "
KEPT = ("type", "requestInterval", "measureLatency")
"""What UpdateHealthCheck does not take."""


RESET = frozenset({"fullyQualifiedDomainName", "resourcePath"})
"""What has to be said to go, since leaving it out leaves it as it is."""


class Alarm(Part):
    """A CloudWatch alarm."""

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="The alarm's region.")
    name: str = Field(min_length=1, max_length=256, description="Its name.")


class HealthCheckSpec(TaggedSpec):
    """A health check."""

    type: Literal["HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC"] = (
        Field(description="What is checked: an endpoint, other checks (CALCULATED) or an alarm (CLOUDWATCH_METRIC).")
    )
    ip_address: Annotated[str, AfterValidator(lambda text: str(ip_address(text)) if text else text)] = Field(
        default="", alias="ipAddress", description="The endpoint's address; empty: that of fullyQualifiedDomainName."
    )
    fully_qualified_domain_name: str = Field(
        default="",
        max_length=255,
        description="The endpoint's name: what is looked up, or with an ipAddress what is sent as Host.",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="The endpoint's port; unset: 80, with HTTPS 443."
    )
    resource_path: str = Field(default="", max_length=255, description="The path that is asked for, such as `/health`.")
    search_string: str = Field(default="", max_length=255, description="With *_STR_MATCH: what the answer must hold.")
    request_interval: Literal[10, 30] = Field(default=30, description="Seconds between two requests of one checker.")
    failure_threshold: int = Field(
        default=3, ge=1, le=10, description="How many must fail, or succeed, to change its state."
    )
    measure_latency: bool = Field(default=False, description="Whether latency is measured and graphed.")
    inverted: bool = Field(default=False, description="Whether healthy counts as unhealthy, and the other way round.")
    disabled: bool = Field(default=False, description="Whether it is not carried out, and always taken for healthy.")
    enable_sni: bool | None = Field(
        default=None, alias="enableSNI", description="Whether TLS is given the name; unset: with HTTPS."
    )
    regions: frozenset[str] | None = Field(
        default=None, min_length=3, description="From where it is checked; unset: left alone."
    )
    child_health_checks: frozenset[HealthCheckRef] = Field(
        default=frozenset(),
        max_length=256,
        description="With CALCULATED: the checks that count, by manifest name or id.",
    )
    health_threshold: int | None = Field(
        default=None, ge=0, le=256, description="With CALCULATED: how many must be; unset: all."
    )
    alarm_identifier: Alarm | None = Field(default=None, description="With CLOUDWATCH_METRIC: the alarm.")
    insufficient_data_health_status: Literal["Healthy", "Unhealthy", "LastKnownStatus"] | None = Field(
        default=None, description="With CLOUDWATCH_METRIC: what lack of data means; unset: left alone."
    )

    @model_validator(mode="after")
    def _complete(self) -> HealthCheckSpec:
        secure = self.type.startswith("HTTPS")
        if self.type in ENDPOINTS:
            if not (self.ip_address or self.fully_qualified_domain_name):
                raise ValueError(f"{self.type} needs an ipAddress or a fullyQualifiedDomainName")
            if self.type == "TCP" and self.port is None:
                raise ValueError("TCP needs a port")
            object.__setattr__(self, "port", self.port or (443 if secure else 80))
        if self.type.endswith("STR_MATCH") != bool(self.search_string):
            raise ValueError("a searchString goes with HTTP_STR_MATCH and HTTPS_STR_MATCH, and they need one")
        if (self.type == "CALCULATED") != bool(self.child_health_checks):
            raise ValueError("childHealthChecks go with CALCULATED, which needs some")
        if (self.type == "CLOUDWATCH_METRIC") != bool(self.alarm_identifier):
            raise ValueError("an alarmIdentifier goes with CLOUDWATCH_METRIC, which needs one")
        if self.type == "CALCULATED" and self.health_threshold is None:
            object.__setattr__(self, "health_threshold", len(self.child_health_checks))
        if self.enable_sni is None:
            object.__setattr__(self, "enable_sni", secure)
        return self


class HealthCheck(Route53Kind[HealthCheckSpec]):
    """Health check.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
    Observation: ceil(n / 100) calls + ceil(n / 10) for tags.
    """

    doc = "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html"
    resource_type = "healthcheck"
    replace_on = frozenset({*KEPT, "ipAddress"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The check's id.", "arn": "Its ARN."}
    reads = ("route53:ListHealthChecks", "route53:ListTagsForResources")
    writes = (
        "route53:CreateHealthCheck",
        "route53:UpdateHealthCheck",
        "route53:DeleteHealthCheck",
        "route53:ChangeTagsForResource",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, HealthCheckSpec) and spec.ip_address and not ip_address(spec.ip_address).is_global:
            found = f"{spec.ip_address} cannot be reached from the internet, where Route 53 checks from"
            yield manifest.problem("ipAddress", found, severity=Severity.WARNING)

    def observe(self, aws: Aws, wanted: Wanted[HealthCheckSpec]) -> Iterator[Observed[HealthCheckSpec]]:
        pages = aws.pages("route53", "ListHealthChecks", page_size=PAGE)
        found = [check for page in pages for check in page["HealthChecks"]]
        kinds = [
            check
            for check in found
            if check["HealthCheckConfig"]["Type"] in (*ENDPOINTS, "CALCULATED", "CLOUDWATCH_METRIC")
        ]
        tags = tags_of(aws, "healthcheck", (check["Id"] for check in kinds))
        begun = _begun(wanted.view)
        for check in kinds:
            live = translate(aws, check, tags.get(check["Id"], {}))
            maker = begun.get(check["CallerReference"].partition("/")[0])
            if not live.tags and maker and check["Id"] not in wanted.ids:
                # Made a moment ago, and not tagged yet: the record of what was begun tells whose it is.
                live = Observed(live.id, live.spec, None, live.outputs, made_for=maker)
            yield live

    def create(self, aws: Aws, spec: HealthCheckSpec, tags: Mapping[str, str]) -> Made:
        reference = f"{_reference(tags.get('trueup:manifest', ''))}/{secrets.token_hex(8)}"
        config = {**to_aws(spec), "Type": spec.type}
        if spec.type in ENDPOINTS:
            config |= {"RequestInterval": spec.request_interval, "MeasureLatency": spec.measure_latency}
        made = aws.call("route53", "CreateHealthCheck", CallerReference=reference, HealthCheckConfig=config)[
            "HealthCheck"
        ]
        tag(aws, "healthcheck", made["Id"], tags)
        return Made(made["Id"], _outputs(aws, made["Id"]))

    def update(self, aws: Aws, live: Observed[HealthCheckSpec], spec: HealthCheckSpec, changed: frozenset[str]) -> None:
        wanted = to_aws(spec)
        emptied = [name for name in ("FullyQualifiedDomainName", "ResourcePath") if name not in wanted]
        reset: dict[str, Any] = {"ResetElements": emptied} if emptied and changed & RESET else {}
        aws.call("route53", "UpdateHealthCheck", HealthCheckId=live.id, **wanted, **reset)

    def delete(self, aws: Aws, live: Observed[HealthCheckSpec]) -> None:
        aws.call("route53", "DeleteHealthCheck", HealthCheckId=live.id)


def to_aws(spec: HealthCheckSpec) -> dict[str, Any]:
    """What CreateHealthCheck and UpdateHealthCheck both take of a check."""
    given = {
        name: value for name, value in spec.model_dump(by_alias=True, exclude={"tags"}).items() if name not in KEPT
    }
    unknown_to = {
        "CALCULATED": {"failureThreshold", "enableSNI"},
        "CLOUDWATCH_METRIC": {"failureThreshold", "enableSNI"},
        "TCP": {"enableSNI"},
    }.get(spec.type, set())
    special = {"ipAddress": "IPAddress", "enableSNI": "EnableSNI"}
    named = {
        special.get(name, name[:1].upper() + name[1:]): value
        for name, value in given.items()
        if name not in unknown_to and value not in (None, "", frozenset())
    }
    for key in ("ChildHealthChecks", "Regions"):
        if key in named:
            named[key] = sorted(named[key])
    if spec.alarm_identifier:
        named["AlarmIdentifier"] = {"Region": spec.alarm_identifier.region, "Name": spec.alarm_identifier.name}
    return named


def translate(aws: Aws, check: Mapping[str, Any], tags: Mapping[str, str]) -> Observed[HealthCheckSpec]:
    """The check of a ListHealthChecks reply."""
    config = check["HealthCheckConfig"]
    alarm = config.get("AlarmIdentifier")
    spec = HealthCheckSpec.model_construct(
        type=config["Type"],
        ip_address=str(ip_address(config["IPAddress"])) if config.get("IPAddress") else "",
        fully_qualified_domain_name=config.get("FullyQualifiedDomainName", ""),
        port=config.get("Port"),
        resource_path=config.get("ResourcePath", ""),
        search_string=config.get("SearchString", ""),
        request_interval=config.get("RequestInterval", 30),
        failure_threshold=config.get("FailureThreshold", 3),
        measure_latency=config.get("MeasureLatency", False),
        inverted=config.get("Inverted", False),
        disabled=config.get("Disabled", False),
        enable_sni=config.get("EnableSNI", False),
        regions=frozenset(config["Regions"]) if config.get("Regions") else None,
        child_health_checks=frozenset(config.get("ChildHealthChecks", ())),
        health_threshold=config.get("HealthThreshold"),
        alarm_identifier=Alarm(region=alarm["Region"], name=alarm["Name"]) if alarm else None,
        insufficient_data_health_status=config.get("InsufficientDataHealthStatus"),
        tags={},
    )
    return Observed(check["Id"], spec, dict(tags), _outputs(aws, check["Id"]))


def _outputs(aws: Aws, id_: str) -> dict[str, str]:
    return {"id": id_, "arn": f"arn:{aws.partition}:route53:::healthcheck/{id_}"}


def _reference(local: str) -> str:
    """How the CallerReference begins of a check that is made for a manifest."""
    return f"{MARK}{sha256(local.encode()).hexdigest()[:24]}"


def _begun(view: View | None) -> dict[str, Address]:
    found = view.of("route53/HealthCheck") if view else ()
    return {_reference(manifest.address.local): manifest.address for manifest in found}
