"""Cloud Map services: a name in a namespace under which instances are registered and found, such as an ECS service's tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.kinds.servicediscovery.api import PAGE, CloudMapKind, namespaces, tags_of
from controller.kinds.servicediscovery.types import NamespaceRef
from controller.kinds.tagging import Tagged, to_list
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

Record = Literal["A", "AAAA", "SRV", "CNAME"]
TOGETHER: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"A"}),
    frozenset({"AAAA"}),
    frozenset({"A", "AAAA"}),
    frozenset({"SRV"}),
    frozenset({"CNAME"}),
)
"""The records that AWS takes together."""
DIFFER = -1
"""Stands for the TTL of records that have different ones, which no manifest can ask for."""


class ServiceSpec(TaggedSpec):
    """A service."""

    name: Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=127)] = Field(
        description="The name, unique in its namespace, that stands before the namespace's in DNS; unset: metadata.name."
    )
    namespace: NamespaceRef = Field(description="The namespace, by manifest name or id (NamespaceId).")
    description: str = Field(default="", max_length=1024, description="What it is for.")
    dns_records: frozenset[Record] = Field(
        default=frozenset(),
        description="The records that each instance gets (DnsConfig.DnsRecords): A, AAAA, both, SRV or CNAME; empty: instances "
        "are found by Cloud Map's API only. AWS cannot change it.",
    )
    ttl: int = Field(default=60, ge=0, description="Seconds for which resolvers keep the records.")
    routing_policy: Literal["MULTIVALUE", "WEIGHTED"] = Field(
        default="MULTIVALUE",
        description="Whether DNS answers with up to eight healthy instances or with one at random. AWS cannot change it.",
    )
    health_check_type: Literal["", "HTTP", "HTTPS", "TCP"] = Field(
        default="",
        description="How Route 53 checks instances (HealthCheckConfig.Type), in public DNS and HTTP namespaces; empty: not.",
    )
    health_check_path: str = Field(
        default="", max_length=255, description="The path that HTTP and HTTPS checks ask for; empty: `/`."
    )
    failure_threshold: int = Field(
        default=1, ge=1, le=10, description="So many checks in a row decide whether an instance is healthy."
    )
    custom_health_check: bool = Field(
        default=False,
        description="Whether instances are as healthy as somebody says, such as ECS (HealthCheckCustomConfig). AWS cannot "
        "change it.",
    )

    @model_validator(mode="after")
    def _root_is_no_path(self) -> Self:
        if self.health_check_path == "/":
            object.__setattr__(self, "health_check_path", "")
        return self


class Service(CloudMapKind[ServiceSpec]):
    """Cloud Map service. Its instances register themselves, and are left alone.

    https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html
    Observation: ceil(n / 100) calls for the namespaces, which both kinds share, + ceil(s / 100) for the s services of each, since
    only a list by namespace tells which they are in; + the tags, which all kinds share.
    """

    doc = "https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html"
    name_field = "name"
    reach = "parent"
    replace_on = frozenset({"name", "namespace", "dnsRecords", "routingPolicy", "customHealthCheck"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The service's id.",
        "arn": "Its ARN, by which an ECS service registers its tasks.",
        "name": "Its name.",
    }
    reads = (
        "servicediscovery:ListNamespaces",
        "servicediscovery:ListServices",
        "servicediscovery:ListTagsForResource",
        "tag:GetResources",
    )
    writes = (
        "servicediscovery:CreateService",
        "servicediscovery:UpdateService",
        "servicediscovery:DeleteService",
        "servicediscovery:ListInstances",
        "servicediscovery:TagResource",
        "servicediscovery:UntagResource",
        "route53:GetHostedZone",
        "route53:ChangeResourceRecordSets",
        "route53:CreateHealthCheck",
        "route53:GetHealthCheck",
        "route53:UpdateHealthCheck",
        "route53:DeleteHealthCheck",
    )

    def claim(self, spec: ServiceSpec) -> str:
        return f"{spec.namespace}/{spec.name}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if not isinstance(spec, ServiceSpec):
            return
        if spec.dns_records not in TOGETHER:
            yield manifest.problem("dnsRecords", "are A, AAAA, A and AAAA, SRV, or CNAME")
        if spec.health_check_type and spec.custom_health_check:
            yield manifest.problem("customHealthCheck", "stands in for healthCheckType; one of both")
        if spec.health_check_path and spec.health_check_type not in ("HTTP", "HTTPS"):
            yield manifest.problem("healthCheckPath", "is for healthCheckType HTTP and HTTPS")

    def observe(self, aws: Aws, wanted: Wanted[ServiceSpec]) -> Iterator[Observed[ServiceSpec]]:
        found = [(namespace["Id"], service) for namespace in namespaces(aws) for service in _services(aws, namespace)]
        asked = [Tagged(service["Arn"], service["Id"], f"{id_}/{service['Name']}") for id_, service in found]
        tags = tags_of(aws, asked, wanted)
        for id_, service in found:
            yield translate(service, id_, tags.get(service["Arn"]))

    def create(self, aws: Aws, spec: ServiceSpec, tags: Mapping[str, str]) -> Made:
        routed = {"RoutingPolicy": spec.routing_policy, **_records(spec)}
        found_by = {"DnsConfig": routed} if spec.dns_records else {"Type": "HTTP"}
        custom: dict[str, Any] = (
            {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if spec.custom_health_check else {}
        )
        asked: dict[str, Any] = {"NamespaceId": spec.namespace, "Description": spec.description, **found_by, **custom}
        reply = aws.call(
            "servicediscovery", "CreateService", Name=spec.name, **asked, **_check(spec), Tags=to_list(tags)
        )
        service = reply["Service"]
        return Made(service["Id"], _outputs(service))

    def update(self, aws: Aws, live: Observed[ServiceSpec], spec: ServiceSpec, changed: frozenset[str]) -> None:
        """What is left out is taken away, so that all of it is sent. A check changes its type only by going and coming."""
        records: dict[str, Any] = {"DnsConfig": _records(spec)} if spec.dns_records else {}
        wanted: dict[str, Any] = {"Description": spec.description, **records}
        if "healthCheckType" in changed and live.spec.health_check_type and spec.health_check_type:
            aws.call("servicediscovery", "UpdateService", Id=live.id, Service=wanted)
        aws.call("servicediscovery", "UpdateService", Id=live.id, Service={**wanted, **_check(spec)})

    def delete(self, aws: Aws, live: Observed[ServiceSpec]) -> None:
        aws.call("servicediscovery", "DeleteService", Id=live.id)

    def holders(self, aws: Aws, live: Observed[ServiceSpec]) -> str:
        instances = aws.call("servicediscovery", "ListInstances", ServiceId=live.id)["Instances"]
        return ", ".join(f"instance {instance['Id']}" for instance in instances)


def _services(aws: Aws, namespace: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    inside = [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]], "Condition": "EQ"}]
    for page in aws.pages("servicediscovery", "ListServices", page_size=PAGE, Filters=inside):
        yield from page["Services"]


def _records(spec: ServiceSpec) -> dict[str, Any]:
    return {"DnsRecords": [{"Type": record, "TTL": spec.ttl} for record in sorted(spec.dns_records)]}


def _check(spec: ServiceSpec) -> dict[str, Any]:
    if not spec.health_check_type:
        return {}
    check: dict[str, Any] = {"Type": spec.health_check_type, "FailureThreshold": spec.failure_threshold}
    if spec.health_check_type != "TCP":
        check["ResourcePath"] = spec.health_check_path or "/"
    return {"HealthCheckConfig": check}


def translate(service: Mapping[str, Any], namespace: str, tags: Mapping[str, str] | None) -> Observed[ServiceSpec]:
    """The service of a ListServices reply of one namespace. Without records their TTL and policy are unknown."""
    dns, check = service.get("DnsConfig", {}), service.get("HealthCheckConfig", {})
    records = dns.get("DnsRecords", ())
    ttls = {record["TTL"] for record in records}
    path = check.get("ResourcePath", "")
    known: dict[str, Any] = {
        "name": service["Name"],
        "namespace": namespace,
        "description": service.get("Description", ""),
        "dns_records": frozenset(record["Type"] for record in records),
        "ttl": None if not ttls else ttls.pop() if len(ttls) == 1 else DIFFER,
        "routing_policy": dns.get("RoutingPolicy") if records else None,
        "health_check_type": check.get("Type", ""),
        "health_check_path": "" if path == "/" else path,
        "failure_threshold": check.get("FailureThreshold", 1) if check else None,
        "custom_health_check": "HealthCheckCustomConfig" in service,
    }
    return Observed(service["Id"], ServiceSpec.model_construct(**known, tags={}), tags, _outputs(service))


def _outputs(service: Mapping[str, Any]) -> dict[str, str]:
    return {"id": service["Id"], "arn": service["Arn"], "name": service["Name"]}
