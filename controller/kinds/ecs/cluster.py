"""Clusters: where services run, with the capacity that they may use and how they are watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ecs.api import EcsKind, clusters, to_list, to_map
from controller.kinds.ecs.types import Name, NamespaceRef, Strategy, strategy, strategy_request
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

INSIGHTS = "containerInsights"
FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})


class CommandLog(Part):
    """Where what people do in containers is written down."""

    cloud_watch_log_group_name: str = Field(default="", description="A log group's name; empty: none.")
    cloud_watch_encryption_enabled: bool = Field(default=False, description="Whether the log group must be encrypted.")
    s3_bucket_name: str = Field(default="", description="A bucket's name; empty: none.")
    s3_encryption_enabled: bool = Field(default=False, description="Whether the bucket must be encrypted.")
    s3_key_prefix: str = Field(default="", description="The folder in the bucket.")


class ExecuteCommand(Part):
    """How `aws ecs execute-command` is secured and logged."""

    kms_key_id: str = Field(default="", description="The KMS key that encrypts what goes to and fro; empty: none.")
    logging: Literal["NONE", "DEFAULT", "OVERRIDE"] = Field(
        default="DEFAULT",
        description="`DEFAULT`: as the container logs; `OVERRIDE`: as `logConfiguration` says; `NONE`: not at all.",
    )
    log_configuration: CommandLog | None = Field(default=None, description="With `OVERRIDE`: where it is logged.")

    @model_validator(mode="after")
    def _fits(self) -> ExecuteCommand:
        if (self.logging == "OVERRIDE") != (self.log_configuration is not None):
            raise ValueError("logging OVERRIDE and logConfiguration need each other")
        return self


class ClusterSpec(TaggedSpec):
    """A cluster."""

    cluster_name: Name = Field(description="The name, unique in account and region; unset: metadata.name.")
    capacity_providers: frozenset[Annotated[str, Field(min_length=1)]] = Field(
        default=frozenset(),
        description="`FARGATE`, `FARGATE_SPOT`, or names of capacity providers. Any other is taken off.",
    )
    default_capacity_provider_strategy: Strategy = Field(
        default=(),
        description="Where tasks run whose service says neither launch type nor strategy; empty: no default.",
    )
    container_insights: Literal["enabled", "disabled", "enhanced"] | None = Field(
        default=None,
        description="CloudWatch Container Insights (ClusterSettings); unset: as the account's setting has it.",
    )
    execute_command: ExecuteCommand | None = Field(
        default=None,
        description="How commands in running containers are logged (Configuration.ExecuteCommandConfiguration); unset: left alone.",
    )
    service_connect_namespace: NamespaceRef = Field(
        default="",
        description="The Cloud Map namespace of services that use Service Connect and name none, by manifest name or ARN "
        "(ServiceConnectDefaults.Namespace); empty: none.",
    )


class Cluster(EcsKind[ClusterSpec]):
    """ECS cluster.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
    Observation: ceil(n / 100) list calls + as many describe calls, tags included; shared with services.
    """

    doc = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html"
    name_field = "clusterName"
    replace_on = frozenset({"clusterName"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The cluster's ARN.", "name": "Its name."}
    reads = ("ecs:ListClusters", "ecs:DescribeClusters")
    writes = (
        "ecs:CreateCluster",
        "ecs:UpdateCluster",
        "ecs:PutClusterCapacityProviders",
        "ecs:DeleteCluster",
        "ecs:ListServices",
        "ecs:ListTasks",
        "ecs:ListContainerInstances",
        "ecs:TagResource",
        "ecs:UntagResource",
        "iam:CreateServiceLinkedRole",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, ClusterSpec):
            for part in spec.default_capacity_provider_strategy:
                if part.capacity_provider not in spec.capacity_providers:
                    found = f"{part.capacity_provider} is not among capacityProviders"
                    yield manifest.problem("defaultCapacityProviderStrategy", found, "name it there as well")

    def observe(self, aws: Aws, wanted: Wanted[ClusterSpec]) -> Iterator[Observed[ClusterSpec]]:
        yield from map(translate, clusters(aws))

    def create(self, aws: Aws, spec: ClusterSpec, tags: Mapping[str, str]) -> Made:
        given = {
            **_settings(spec),
            **({"configuration": _configuration(spec)} if spec.execute_command else {}),
            **({"serviceConnectDefaults": _defaults(spec)} if spec.service_connect_namespace else {}),
        }
        reply = aws.call(
            "ecs",
            "CreateCluster",
            clusterName=spec.cluster_name,
            capacityProviders=sorted(spec.capacity_providers),
            defaultCapacityProviderStrategy=strategy_request(spec.default_capacity_provider_strategy),
            tags=to_list(tags),
            **given,
        )
        made = translate(reply["cluster"])
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[ClusterSpec], spec: ClusterSpec, changed: frozenset[str]) -> None:
        if changed & {"capacityProviders", "defaultCapacityProviderStrategy"}:
            aws.call(
                "ecs",
                "PutClusterCapacityProviders",
                cluster=live.id,
                capacityProviders=sorted(spec.capacity_providers),
                defaultCapacityProviderStrategy=strategy_request(spec.default_capacity_provider_strategy),
            )
        change = {
            **(_settings(spec) if "containerInsights" in changed else {}),
            # What else the configuration holds (storage keys) is sent back as it was: the call replaces it whole.
            **({"configuration": {**live.detail, **_configuration(spec)}} if "executeCommand" in changed else {}),
            **({"serviceConnectDefaults": _defaults(spec)} if "serviceConnectNamespace" in changed else {}),
        }
        if change:
            aws.call("ecs", "UpdateCluster", cluster=live.id, **change)

    def delete(self, aws: Aws, live: Observed[ClusterSpec]) -> None:
        aws.call("ecs", "DeleteCluster", cluster=live.id)

    def holders(self, aws: Aws, live: Observed[ClusterSpec]) -> str:
        found = [
            *aws.call("ecs", "ListServices", cluster=live.id)["serviceArns"],
            *aws.call("ecs", "ListTasks", cluster=live.id)["taskArns"],
            *aws.call("ecs", "ListContainerInstances", cluster=live.id)["containerInstanceArns"],
        ]
        return ", ".join(arn.partition(f"{arn.split(':')[4]}:")[2] for arn in found)


def _settings(spec: ClusterSpec) -> dict[str, Any]:
    return {"settings": [{"name": INSIGHTS, "value": spec.container_insights}]} if spec.container_insights else {}


def _configuration(spec: ClusterSpec) -> dict[str, Any]:
    command = spec.execute_command or ExecuteCommand()
    given = command.model_dump(by_alias=True, exclude_none=True)
    log = {key: value for key, value in given.pop("logConfiguration", {}).items() if value != ""}
    told = {key: value for key, value in given.items() if value != ""}
    return {"executeCommandConfiguration": {**told, **({"logConfiguration": log} if log else {})}}


def _defaults(spec: ClusterSpec) -> dict[str, str]:
    return {"namespace": spec.service_connect_namespace}  # "" takes the default away


def translate(cluster: Mapping[str, Any]) -> Observed[ClusterSpec]:
    """The cluster of a DescribeClusters reply."""
    settings = {setting["name"]: setting["value"] for setting in cluster.get("settings") or ()}
    configuration = cluster.get("configuration") or {}
    command = configuration.get("executeCommandConfiguration") or {}
    spec = ClusterSpec.model_construct(
        cluster_name=cluster["clusterName"],
        capacity_providers=frozenset(cluster.get("capacityProviders") or ()),
        default_capacity_provider_strategy=strategy(cluster.get("defaultCapacityProviderStrategy")),
        container_insights=settings.get(INSIGHTS),
        execute_command=ExecuteCommand.model_validate(command, extra="ignore"),
        service_connect_namespace=(cluster.get("serviceConnectDefaults") or {}).get("namespace", ""),
        tags={},
    )
    status = cluster.get("status", "ACTIVE")
    return Observed(
        cluster["clusterName"],
        spec,
        to_map(cluster.get("tags")),
        {"arn": cluster["clusterArn"], "name": cluster["clusterName"]},
        pending=f"AWS is still {status.lower()} its capacity" if status.endswith("PROVISIONING") else "",
        broken="AWS could not make what its capacity providers need (status FAILED)" if status == "FAILED" else "",
        detail={key: value for key, value in configuration.items() if key != "executeCommandConfiguration"},
    )
