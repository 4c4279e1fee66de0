"""Cloud Map namespaces: the names under which services find each other. AWS makes, changes and deletes them in its own time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import AwsRefused, NotFound
from controller.kinds.ec2.types import VpcRef
from controller.kinds.servicediscovery.api import CloudMapKind, namespaces, tags_of
from controller.kinds.tagging import Tagged, to_list
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

DNS = "DNS_"
CREATE = {
    "DNS_PRIVATE": "CreatePrivateDnsNamespace",
    "DNS_PUBLIC": "CreatePublicDnsNamespace",
    "HTTP": "CreateHttpNamespace",
}
UPDATE = {
    "DNS_PRIVATE": "UpdatePrivateDnsNamespace",
    "DNS_PUBLIC": "UpdatePublicDnsNamespace",
    "HTTP": "UpdateHttpNamespace",
}
TRIED_AGAIN = timedelta(minutes=10)
"""How long a namespace that AWS could not make is shown with the reason, before it is asked for again."""


class NamespaceSpec(TaggedSpec):
    """A namespace."""

    name: str = Field(
        pattern=r"^[!-~]+$",
        max_length=253,
        description="The domain under which its services are found, such as `internal.example.com`.",
    )
    type: Literal["DNS_PRIVATE", "DNS_PUBLIC", "HTTP"] = Field(
        description="Who finds its services: by DNS in one VPC, by DNS anywhere, or by Cloud Map's API only."
    )
    vpc: VpcRef | None = Field(
        default=None,
        description="The VPC that a private namespace is for, by manifest name or id. AWS does not report it, so that another "
        "one is not noticed: give the namespace another name as well.",
    )
    description: str = Field(default="", max_length=1024, description="What it is for.")
    soa_ttl: int | None = Field(
        default=None,
        ge=0,
        description="Seconds for which resolvers remember that a name does not exist (DnsProperties.SOA.TTL); unset: as AWS "
        "has it, and not managed.",
    )


class Namespace(CloudMapKind[NamespaceSpec]):
    """Cloud Map namespace, with the hosted zone that AWS makes for it.

    https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html
    Observation: ceil(n / 100) calls; 2 more for each that AWS is still at, or has failed to make; + the tags, which all kinds
    share.
    """

    doc = "https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html"
    replace_on = frozenset({"name", "type", "vpc"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The namespace's id.",
        "arn": "Its ARN.",
        "name": "Its name.",
        "hostedZoneId": "The id of its hosted zone, where it has DNS.",
    }
    reads = (
        "servicediscovery:ListNamespaces",
        "servicediscovery:ListOperations",
        "servicediscovery:GetOperation",
        "servicediscovery:ListTagsForResource",
        "tag:GetResources",
    )
    writes = (
        "servicediscovery:CreatePrivateDnsNamespace",
        "servicediscovery:CreatePublicDnsNamespace",
        "servicediscovery:CreateHttpNamespace",
        "servicediscovery:UpdatePrivateDnsNamespace",
        "servicediscovery:UpdatePublicDnsNamespace",
        "servicediscovery:UpdateHttpNamespace",
        "servicediscovery:DeleteNamespace",
        "servicediscovery:ListServices",
        "servicediscovery:TagResource",
        "servicediscovery:UntagResource",
        "route53:CreateHostedZone",
        "route53:GetHostedZone",
        "route53:ListHostedZonesByName",
        "route53:ChangeResourceRecordSets",
        "route53:DeleteHostedZone",
        "ec2:DescribeVpcs",
        "ec2:DescribeRegions",
    )

    def claim(self, spec: NamespaceSpec) -> str:
        # Private ones of one name live side by side in different VPCs, and AWS does not say in which.
        return f"{spec.type}/{spec.name}" if spec.type in ("DNS_PUBLIC", "HTTP") else ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if not isinstance(spec, NamespaceSpec):
            return
        if (spec.type == "DNS_PRIVATE") != (spec.vpc is not None):
            yield manifest.problem("vpc", "a private namespace is for a VPC, and no other is")
        if spec.type == "HTTP" and spec.soa_ttl is not None:
            yield manifest.problem("soaTtl", "has no effect without DNS", severity=Severity.WARNING)

    def observe(self, aws: Aws, wanted: Wanted[NamespaceSpec]) -> Iterator[Observed[NamespaceSpec]]:
        listed = namespaces(aws)
        asked = [Tagged(item["Arn"], item["Id"], f"{item['Type']}/{item['Name']}") for item in listed]
        tags = tags_of(aws, asked, wanted)
        for item in listed:
            yield translate(item, tags.get(item["Arn"]))
        for id_ in sorted(wanted.ids - {item["Id"] for item in listed}):
            pending = _making(aws, id_)
            if pending:
                yield Observed(id_, UNSEEN, pending=pending)

    def create(self, aws: Aws, spec: NamespaceSpec, tags: Mapping[str, str]) -> Made:
        vpc = {"Vpc": spec.vpc} if spec.vpc else {}
        asked: dict[str, Any] = {"Name": spec.name, "Description": spec.description, **vpc, **_soa(spec)}
        operation = aws.call("servicediscovery", CREATE[spec.type], **asked, Tags=to_list(tags))["OperationId"]
        state = aws.call("servicediscovery", "GetOperation", OperationId=operation)["Operation"]
        if state["Status"] == "FAIL":
            raise AwsRefused(
                f"servicediscovery:{CREATE[spec.type]}: {_failure(state)}",
                service="servicediscovery",
                operation=CREATE[spec.type],
                code=state.get("ErrorCode", ""),
            )
        # Until AWS says which namespace it makes, the operation is what is known of it.
        id_ = state.get("Targets", {}).get("NAMESPACE", "")
        if not id_ or state["Status"] != "SUCCESS":
            return Made(id_ or operation, pending=_STILL)
        arn = f"arn:{aws.partition}:servicediscovery:{aws.region}:{aws.account}:namespace/{id_}"
        return Made(id_, {"id": id_, "arn": arn, "name": spec.name})

    def update(self, aws: Aws, live: Observed[NamespaceSpec], spec: NamespaceSpec, changed: frozenset[str]) -> None:
        change = {"Description": spec.description, **_soa(spec)}
        aws.call("servicediscovery", UPDATE[live.spec.type], Id=live.id, Namespace=change)

    def delete(self, aws: Aws, live: Observed[NamespaceSpec]) -> None:
        aws.call("servicediscovery", "DeleteNamespace", Id=live.id)

    def holders(self, aws: Aws, live: Observed[NamespaceSpec]) -> str:
        mine = [{"Name": "NAMESPACE_ID", "Values": [live.id], "Condition": "EQ"}]
        services = aws.call("servicediscovery", "ListServices", Filters=mine)["Services"]
        return ", ".join(f"{service['Id']} ({service['Name']})" for service in services)


_STILL = "AWS is still making it"
_UNKNOWN: dict[str, Any] = dict.fromkeys(NamespaceSpec.model_fields, None)
UNSEEN = NamespaceSpec.model_construct(**_UNKNOWN)
"""Of a namespace that AWS does not list yet, nothing is known."""


def _making(aws: Aws, id_: str) -> str:
    """Where AWS is with a namespace that it was asked for and does not list; "" where it is done with it, whatever became of it.

    The id is the namespace's, or the operation's where AWS had not said more.
    """
    operations = [id_]
    if id_.startswith("ns-"):
        asked = [
            {"Name": "NAMESPACE_ID", "Values": [id_], "Condition": "EQ"},
            {"Name": "TYPE", "Values": ["CREATE_NAMESPACE"], "Condition": "EQ"},
        ]
        found = aws.call("servicediscovery", "ListOperations", Filters=asked)["Operations"]
        operations = [operation["Id"] for operation in found if operation["Status"] != "SUCCESS"]
    for operation in operations:
        try:
            state = aws.call("servicediscovery", "GetOperation", OperationId=operation)["Operation"]
        except NotFound:
            continue
        if state["Status"] in ("SUBMITTED", "PENDING"):
            return _STILL
        if state["Status"] == "FAIL" and datetime.now(UTC) - state["UpdateDate"] < TRIED_AGAIN:
            return f"AWS could not make it: {_failure(state)}; it is asked for again after {TRIED_AGAIN.seconds // 60} minutes"
    return ""


def _failure(operation: Mapping[str, Any]) -> str:
    return f"{operation.get('ErrorCode', 'FAIL')}: {operation.get('ErrorMessage', 'AWS does not say why')}"


def _soa(spec: NamespaceSpec) -> dict[str, Any]:
    if spec.type == "HTTP" or spec.soa_ttl is None:
        return {}
    return {"Properties": {"DnsProperties": {"SOA": {"TTL": spec.soa_ttl}}}}


def translate(item: Mapping[str, Any], tags: Mapping[str, str] | None) -> Observed[NamespaceSpec]:
    """The namespace of a ListNamespaces reply."""
    dns = item.get("Properties", {}).get("DnsProperties", {}) if item["Type"].startswith(DNS) else {}
    known: dict[str, Any] = {
        "name": item["Name"],
        "type": item["Type"],
        "vpc": None,
        "description": item.get("Description", ""),
        "soa_ttl": dns.get("SOA", {}).get("TTL"),
    }
    zone = {"hostedZoneId": dns["HostedZoneId"]} if "HostedZoneId" in dns else {}
    outputs = {"id": item["Id"], "arn": item["Arn"], "name": item["Name"], **zone}
    return Observed(item["Id"], NamespaceSpec.model_construct(**known, tags={}), tags, outputs)
