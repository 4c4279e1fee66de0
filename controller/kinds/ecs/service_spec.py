"""The Spec of services: what runs, how many, where, behind what, and how a new revision is rolled out."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from controller.kinds.ec2.types import SecurityGroupRef, SubnetRef
from controller.kinds.ecs.types import ClusterRef, Name, NamespaceRef, RegistryRef, Strategy, TaskDefinitionRef
from controller.kinds.elbv2.types import TargetGroupRef
from controller.model.containers import LogConfiguration, unique_by
from controller.model.spec import Part, TaggedSpec


class Network(Part):
    """Where tasks have their addresses (AwsvpcConfiguration)."""

    subnets: frozenset[SubnetRef] = Field(min_length=1, max_length=16, description="Subnets, by manifest name or id.")
    security_groups: frozenset[SecurityGroupRef] = Field(
        min_length=1, max_length=5, description="Security groups, by manifest name or id."
    )
    assign_public_ip: bool = Field(default=False, description="Whether each task has a public address.")


class Target(Part):
    """A target group that tasks are registered in."""

    key_fields: ClassVar[tuple[str, ...]] = ("target_group", "container_name", "container_port")
    target_group: TargetGroupRef = Field(description="The target group, by manifest name or ARN (TargetGroupArn).")
    container_name: str = Field(description="The container that traffic goes to.")
    container_port: int = Field(ge=1, le=65535, description="The port that it listens on.")


class CircuitBreaker(Part):
    """Whether ECS gives a deployment up whose tasks do not start."""

    enable: bool = Field(default=False, description="Whether it does.")
    rollback: bool = Field(default=False, description="Whether it goes back to the last deployment that was good.")


class DeploymentAlarms(Part):
    """CloudWatch alarms by which ECS gives a deployment up."""

    alarm_names: frozenset[str] = Field(default=frozenset(), description="The alarms' names.")
    enable: bool = Field(default=False, description="Whether they are looked at.")
    rollback: bool = Field(default=False, description="Whether ECS goes back to the last deployment that was good.")


class DeploymentConfiguration(Part):
    """How a new revision is rolled out."""

    deployment_circuit_breaker: CircuitBreaker = Field(
        default=CircuitBreaker(), description="Whether a deployment is given up whose tasks do not start."
    )
    minimum_healthy_percent: int | None = Field(
        default=None, ge=0, le=100, description="Of desiredCount, what runs at least; unset: 100, and 0 for DAEMON."
    )
    maximum_percent: int | None = Field(
        default=None, ge=100, le=200, description="Of desiredCount, what runs at most; unset: 200, and 100 for DAEMON."
    )
    alarms: DeploymentAlarms = Field(default=DeploymentAlarms(), description="Alarms by which it is given up.")


class Registry(Part):
    """A service of Cloud Map that tasks are registered in."""

    key_fields: ClassVar[tuple[str, ...]] = ("registry",)
    registry: RegistryRef = Field(description="The Cloud Map service, by manifest name or ARN (RegistryArn).")
    container_name: str = Field(default="", description="The container, where SRV records need its port.")
    container_port: int = Field(default=0, ge=0, le=65535, description="Its port; 0: none is registered.")
    port: int = Field(default=0, ge=0, le=65535, description="A port for SRV records with awsvpc; 0: none.")


class ClientAlias(Part):
    """Under what other services find a port."""

    key_fields: ClassVar[tuple[str, ...]] = ("port",)
    port: int = Field(ge=1, le=65535, description="The port that they use.")
    dns_name: str | None = Field(default=None, description="The name; unset: discoveryName.namespace.")


class ConnectTimeout(Part):
    """How long Service Connect waits."""

    idle_timeout_seconds: int | None = Field(
        default=None, ge=0, description="For an idle connection; unset: AWS's default."
    )
    per_request_timeout_seconds: int | None = Field(
        default=None, ge=0, description="For a reply; unset: AWS's default."
    )


class ConnectService(Part):
    """A port that Service Connect offers to others."""

    key_fields: ClassVar[tuple[str, ...]] = ("port_name",)
    port_name: str = Field(description="The name of a port mapping of the task definition.")
    discovery_name: str | None = Field(default=None, description="Its name in Cloud Map; unset: portName.")
    client_aliases: Annotated[tuple[ClientAlias, ...], AfterValidator(unique_by("port"))] = Field(
        default=(), description="Under what others find it."
    )
    ingress_port_override: int = Field(default=0, ge=0, le=65535, description="The proxy's port; 0: AWS chooses.")
    timeout: ConnectTimeout = Field(default=ConnectTimeout(), description="How long it waits.")


class ServiceConnect(Part):
    """Whether tasks find others, and are found, by short names."""

    enabled: bool = Field(default=False, description="Whether they do.")
    namespace: NamespaceRef | None = Field(
        default=None, description="The Cloud Map namespace, by manifest name or ARN; unset: the cluster's default."
    )
    services: Annotated[tuple[ConnectService, ...], AfterValidator(unique_by("port_name"))] = Field(
        default=(), description="Ports that are offered to others; empty: it only uses others'."
    )
    log_configuration: LogConfiguration = Field(
        default=LogConfiguration(), description="Where the proxy's output goes."
    )


class ServiceSpec(TaggedSpec):
    """A service."""

    service_name: Name = Field(description="The name, unique in its cluster; unset: metadata.name.")
    cluster: ClusterRef = Field(description="The cluster, by manifest name or ARN.")
    task_definition: TaskDefinitionRef = Field(
        description="What its tasks are, by manifest name (always the newest revision) or by a revision's ARN."
    )
    desired_count: int | None = Field(
        default=None,
        ge=0,
        description="How many tasks run; unset: 1 to begin with, and then left to people. Where autoscaling has the service, "
        "it counts only when the service is made.",
    )
    launch_type: Literal["FARGATE", "EC2", "EXTERNAL"] | None = Field(
        default=None, description="What tasks run on; unset: as capacityProviderStrategy or the cluster has it."
    )
    capacity_provider_strategy: Strategy | None = Field(
        default=None, description="On which capacity tasks run, in place of launchType; unset: not managed."
    )
    platform_version: str | None = Field(
        default=None, pattern=r"^(LATEST|\d+\.\d+\.\d+)$", description="Fargate's version; unset: left alone."
    )
    network_configuration: Network | None = Field(
        default=None, description="Where tasks have their addresses; awsvpc needs it, and nothing else has it."
    )
    load_balancers: Annotated[
        tuple[Target, ...], AfterValidator(unique_by("target_group", "container_name", "container_port"))
    ] = Field(default=(), description="Target groups that tasks are registered in. Any other is taken off.")
    health_check_grace_period_seconds: int = Field(
        default=0, ge=0, description="Seconds after a task's start in which its health checks do not count."
    )
    scheduling_strategy: Literal["REPLICA", "DAEMON"] = Field(
        default="REPLICA", description="`REPLICA`: as many as desiredCount; `DAEMON`: one on each instance."
    )
    deployment_configuration: DeploymentConfiguration = Field(
        default=DeploymentConfiguration(), description="How a new revision is rolled out."
    )
    enable_execute_command: bool = Field(
        default=False, description="Whether people may run commands in its containers; takes effect with new tasks."
    )
    enable_ecs_managed_tags: bool = Field(
        default=False, alias="enableECSManagedTags", description="Whether ECS tags tasks with cluster and service."
    )
    propagate_tags: Literal["NONE", "SERVICE", "TASK_DEFINITION"] = Field(
        default="NONE", description="Whose tags its new tasks get."
    )
    service_registries: Annotated[tuple[Registry, ...], AfterValidator(unique_by("registry"))] = Field(
        default=(), description="Services of Cloud Map that tasks are registered in. Any other is taken off."
    )
    service_connect_configuration: ServiceConnect = Field(
        default=ServiceConnect(), description="Whether tasks find others, and are found, by short names."
    )
    availability_zone_rebalancing: Literal["ENABLED", "DISABLED"] | None = Field(
        default=None, description="Whether ECS spreads tasks anew after a zone's failure; unset: left alone."
    )

    @field_validator("capacity_provider_strategy", mode="after")
    @classmethod
    def _one_of_both(cls, strategy: Strategy | None, info: ValidationInfo) -> Strategy | None:
        if not info.data.get("launch_type"):
            return strategy
        if strategy:
            raise ValueError("and launchType exclude each other")
        return ()  # who says a launch type says that there is no strategy

    @field_validator("deployment_configuration", mode="after")
    @classmethod
    def _filled(cls, found: DeploymentConfiguration, info: ValidationInfo) -> DeploymentConfiguration:
        low, high = (0, 100) if info.data.get("scheduling_strategy") == "DAEMON" else (100, 200)
        minimum, maximum = found.minimum_healthy_percent, found.maximum_percent
        filled = {
            "minimum_healthy_percent": low if minimum is None else minimum,
            "maximum_percent": high if maximum is None else maximum,
        }
        return found.model_copy(update=filled)
