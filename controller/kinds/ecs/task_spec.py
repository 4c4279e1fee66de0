"""The Spec of task definitions: containers, volumes, sizes and roles, with what AWS treats alike in one form."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from controller.kinds.ecs.task_size import CpuUnits, Mebibytes
from controller.kinds.ecs.types import Name
from controller.kinds.iam.types import RoleRef
from controller.model.containers import ContainerDefinition, NetworkMode, containers, unique_by
from controller.model.spec import Part, TaggedSpec

Toggle = Literal["ENABLED", "DISABLED"]


class Host(Part):
    """A folder of the host."""

    source_path: str = Field(default="", description="Its path on the host; empty: Docker finds a place.")


class EfsAuthorization(Part):
    """Who may use a file system."""

    access_point_id: str = Field(default="", description="The access point; empty: none.")
    iam: Toggle = Field(default="DISABLED", description="Whether the task's role is asked.")


class EfsVolume(Part):
    """A file system of EFS."""

    file_system_id: str = Field(default="", description="The file system's id; empty: the volume is not of EFS.")
    root_directory: str = Field(default="/", description="The folder in it that is the volume.")
    transit_encryption: Toggle = Field(default="DISABLED", description="Whether it is encrypted on the way.")
    transit_encryption_port: int = Field(default=0, ge=0, le=65535, description="The port for that; 0: AWS chooses.")
    authorization_config: EfsAuthorization = Field(default=EfsAuthorization(), description="Who may use it.")


class DockerVolume(Part):
    """A volume of Docker's, on EC2."""

    scope: Literal["", "task", "shared"] = Field(
        default="", description="How long it lives; empty: it is not of Docker."
    )
    autoprovision: bool = Field(default=False, description="Whether it is made where there is none.")
    driver: str = Field(default="local", description="The driver.")
    driver_opts: dict[str, str] = Field(default={}, description="The driver's options.")
    labels: dict[str, str] = Field(default={}, description="Its labels.")


class FsxAuthorization(Part):
    """Who logs in to a file server."""

    credentials_parameter: str = Field(default="", description="ARN of the secret or parameter with user and password.")
    domain: str = Field(default="", description="The Active Directory domain.")


class FsxVolume(Part):
    """A file system of FSx for Windows File Server."""

    file_system_id: str = Field(default="", description="The file system's id; empty: the volume is not of FSx.")
    root_directory: str = Field(default="", description="The folder in it that is the volume.")
    authorization_config: FsxAuthorization = Field(default=FsxAuthorization(), description="Who logs in.")


class Volume(Part):
    """A volume that containers may mount."""

    key_fields: ClassVar[tuple[str, ...]] = ("name",)
    name: str = Field(description="What containers call it.")
    host: Host = Field(default=Host(), description="A folder of the host; on Fargate, of the task's own disk.")
    efs_volume_configuration: EfsVolume = Field(default=EfsVolume(), description="A file system of EFS.")
    docker_volume_configuration: DockerVolume = Field(default=DockerVolume(), description="A volume of Docker's.")
    fsx_windows_file_server_volume_configuration: FsxVolume = Field(
        default=FsxVolume(), description="A file system of FSx for Windows."
    )
    configured_at_launch: bool = Field(
        default=False, description="Whether the service says what it is (an EBS volume)."
    )


class RuntimePlatform(Part):
    """What the task runs on."""

    cpu_architecture: Literal["X86_64", "ARM64"] = Field(default="X86_64", description="`ARM64` is Graviton.")
    operating_system_family: str = Field(default="LINUX", description="`LINUX`, or a Windows Server.")


class TaskDefinitionSpec(TaggedSpec):
    """A task definition."""

    family: Name = Field(description="The name that its revisions have in common; unset: metadata.name.")
    requires_compatibilities: frozenset[Literal["FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"]] = Field(
        default=frozenset(), description="What AWS checks it for; empty: EC2."
    )
    network_mode: NetworkMode | None = Field(
        default=None,
        description="`awsvpc` gives each task an address of its own; unset: awsvpc for Fargate, else bridge.",
    )
    container_definitions: tuple[ContainerDefinition, ...] = Field(
        min_length=1, description="The containers. Each default is AWS's own; what is left out is not there."
    )
    cpu: CpuUnits = Field(
        default=0, description="CPU units of the task, `256` or `0.25 vCPU`; 0: no bound, not on Fargate."
    )
    memory: Mebibytes = Field(default=0, description="MiB of the task, `512` or `0.5 GB`; 0: no bound, not on Fargate.")
    execution_role: RoleRef = Field(
        default="",
        description="What ECS pulls images, writes logs and reads secrets as, by manifest name or ARN (ExecutionRoleArn).",
    )
    task_role: RoleRef = Field(
        default="",
        description="What the containers themselves are in AWS, by manifest name or ARN (TaskRoleArn); empty: nobody.",
    )
    volumes: Annotated[tuple[Volume, ...], AfterValidator(unique_by("name"))] = Field(
        default=(), description="Volumes that containers may mount."
    )
    runtime_platform: RuntimePlatform = Field(default=RuntimePlatform(), description="What it runs on.")
    ephemeral_storage: int = Field(
        default=0,
        ge=0,
        le=200,
        description="GiB of disk on Fargate (EphemeralStorage.SizeInGiB), from 21; 0: 20, AWS's default.",
    )
    pid_mode: Literal["", "host", "task"] = Field(
        default="", description="Whose processes containers see; empty: their own."
    )
    ipc_mode: Literal["", "host", "task", "none"] = Field(
        default="", description="Whose memory containers share; empty: as Docker has it."
    )
    placement_constraints: frozenset[str] = Field(
        default=frozenset(), description="On EC2: expressions (memberOf) of which instances may run it."
    )
    enable_fault_injection: bool = Field(
        default=False, description="Whether the Fault Injection Service may disturb it."
    )
    keep_revisions: int = Field(
        default=5,
        ge=2,
        description="Trueup's own: how many revisions stay active, the newest first. Older ones are deregistered when a new one "
        "is registered, but for those that a service uses.",
    )

    @field_validator("network_mode", mode="after")
    @classmethod
    def _mode(cls, mode: NetworkMode | None, info: ValidationInfo) -> NetworkMode | None:
        return mode or ("awsvpc" if "FARGATE" in info.data.get("requires_compatibilities", ()) else "bridge")

    @field_validator("container_definitions", mode="after")
    @classmethod
    def _canonical(
        cls, items: tuple[ContainerDefinition, ...], info: ValidationInfo
    ) -> tuple[ContainerDefinition, ...]:
        return containers(items, info.data.get("network_mode") or "bridge")
