"""Container definitions by meaning: AWS fills in defaults, drops what is empty and keeps lists whose order says nothing.

Two lists of definitions are equal where ECS would run the same: each is brought into one form, with AWS's defaults in it, maps in
place of lists of names and values, and what has no order sorted. What is empty or 0 is what AWS calls absent: so to leave something
out in git takes it away. The models read both forms, a manifest's and AWS's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from controller.model.reference import Ref, is_known
from controller.model.spec import Part

P = TypeVar("P", bound=Part)
NetworkMode = Literal["awsvpc", "bridge", "host", "none"]
SAME_PORT: tuple[NetworkMode, ...] = ("awsvpc", "host")
"""Network modes in which a container's port is the host's."""

_FROM_MANAGER = r"arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[^:]+"
_FROM_STORE = r"arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter/.+"
SecretRef = Annotated[
    str, Ref("secretsmanager/Secret", "ssm/Parameter", output="arn", literal=f"{_FROM_MANAGER}|{_FROM_STORE}")
]
_WITH_DETAIL = re.compile(rf"({_FROM_MANAGER}):([^:]*):([^:]*):([^:]*)")

_SECRET_NAME = re.compile(
    r"(^|[_-])(pass(word|wd|phrase)?|pwd|secret|token|(api|access|private|secret)[_-]?key|credentials?)$", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\w+://[^/\s:@]+:[^/\s:@]+@")


def looks_secret(name: str, value: str) -> str:
    """Why an environment variable seems to hold a credential in plain sight; "" where it does not."""
    if _SECRET_VALUE.search(value):
        return "its value looks like a credential"
    # A name or an ARN of a secret is none, and neither is what another resource's output puts in.
    harmless = not value or value.startswith(("arn:", "/", "${")) or not is_known(value)
    return "its name says that it is a credential" if _SECRET_NAME.search(name) and not harmless else ""


def has_version(image: str) -> bool:
    """Whether an image is named by tag or digest, so that it is plain which one is meant."""
    return bool(re.search(r":[^/]+$|@sha256:", image))


def _by_name(key: str) -> Callable[[Any], Any]:
    """A list of `{name, <key>}` as a map; AWS takes no name twice. Numbers are the texts that they are written as."""

    def read(value: Any) -> Any:
        if isinstance(value, list | tuple):
            names = [item["name"] for item in value if isinstance(item, Mapping) and "name" in item]
            if len(names) < len(value):
                raise ValueError(f"each item needs a name and a {key}; or write a map of names")
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"names {', '.join(twice)} twice")
            value = {item["name"]: item.get(key, "") for item in value}
        if isinstance(value, Mapping):
            return {name: str(item) if type(item) is int else item for name, item in value.items()}
        return value

    return read


def unique_by(*fields: str) -> Callable[[tuple[P, ...]], tuple[P, ...]]:
    """Items without order, in one; none may be there twice."""

    def sort(items: tuple[P, ...]) -> tuple[P, ...]:
        keys = [tuple(getattr(item, field) for field in fields) for item in items]
        twice = sorted({"/".join(map(str, key)) for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} twice")
        return tuple(item for _, item in sorted(zip(keys, items, strict=True), key=lambda pair: pair[0]))

    return sort


class SecretSource(Part):
    """Where a secret's value is read when a task starts."""

    from_: SecretRef = Field(
        alias="from",  # a keyword of Python
        description="A Secrets Manager secret or SSM parameter, by manifest name or ARN.",
    )
    key: str = Field(default="", description="The key in a secret that is a JSON object; empty: the whole.")
    version_stage: str = Field(default="", description="A secret's staging label; empty: AWSCURRENT.")
    version_id: str = Field(default="", description="A secret's version; empty: by its label.")

    @property
    def value_from(self) -> str:
        """As ECS writes it."""
        detail = f":{self.key}:{self.version_stage}:{self.version_id}"
        return self.from_ + ("" if detail == ":::" else detail)


def _source(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _WITH_DETAIL.fullmatch(value)
    if found is None:
        return {"from": value}
    return dict(zip(("from", "key", "versionStage", "versionId"), found.groups(), strict=True))


Secret = Annotated[SecretSource, BeforeValidator(_source, json_schema_input_type=str | SecretSource)]
Environment = Annotated[dict[str, str], BeforeValidator(_by_name("value"), json_schema_input_type=dict[str, str | int])]
Secrets = Annotated[dict[str, Secret], BeforeValidator(_by_name("valueFrom"))]
Texts = Annotated[dict[str, str], BeforeValidator(_by_name("value"), json_schema_input_type=dict[str, str | int])]


class PortMapping(Part):
    """A port that a container listens on."""

    key_fields: ClassVar[tuple[str, ...]] = ("container_port", "container_port_range", "protocol")
    container_port: int = Field(default=0, ge=0, le=65535, description="The port in the container.")
    host_port: int = Field(
        default=0, ge=0, le=65535, description="The host's port; 0: the same with awsvpc and host, any with bridge."
    )
    protocol: Literal["tcp", "udp"] = Field(default="tcp", description="`tcp` or `udp`.")
    name: str = Field(default="", description="What Service Connect calls the port; empty: nothing.")
    app_protocol: Literal["", "http", "http2", "grpc"] = Field(
        default="", description="What Service Connect speaks to it."
    )
    container_port_range: str = Field(
        default="", pattern=r"^(|\d+-\d+)$", description="Ports `8000-8010` in place of one."
    )

    @model_validator(mode="after")
    def _one(self) -> PortMapping:
        if bool(self.container_port) == bool(self.container_port_range):
            raise ValueError("needs a containerPort, or a containerPortRange in its place")
        return self


def _port(value: Any) -> Any:
    return {"containerPort": value} if isinstance(value, int) and not isinstance(value, bool) else value


class MountPoint(Part):
    """Where a volume of the task is in a container."""

    key_fields: ClassVar[tuple[str, ...]] = ("container_path",)
    source_volume: str = Field(default="", description="The volume's name.")
    container_path: str = Field(description="The path in the container.")
    read_only: bool = Field(default=False, description="Whether the container may only read it.")


class VolumeFrom(Part):
    """Another container whose volumes are mounted."""

    key_fields: ClassVar[tuple[str, ...]] = ("source_container",)
    source_container: str = Field(description="The container's name.")
    read_only: bool = Field(default=False, description="Whether they may only be read.")


class Dependency(Part):
    """Another container that comes first."""

    key_fields: ClassVar[tuple[str, ...]] = ("container_name",)
    container_name: str = Field(description="The container's name.")
    condition: Literal["START", "COMPLETE", "SUCCESS", "HEALTHY"] = Field(description="How far it must be.")


class Ulimit(Part):
    """A limit of the operating system."""

    key_fields: ClassVar[tuple[str, ...]] = ("name",)
    name: str = Field(description="Such as `nofile`.")
    soft_limit: int = Field(description="The limit that holds.")
    hard_limit: int = Field(description="How far a process may raise it.")


class SystemControl(Part):
    """A kernel parameter."""

    key_fields: ClassVar[tuple[str, ...]] = ("namespace",)
    namespace: str = Field(description="Its name, such as `net.core.somaxconn`.")
    value: str = Field(description="Its value.")


class ExtraHost(Part):
    """A line of the container's /etc/hosts."""

    key_fields: ClassVar[tuple[str, ...]] = ("hostname",)
    hostname: str = Field(description="The name.")
    ip_address: str = Field(description="The address.")


class Requirement(Part):
    """A device that a container needs."""

    key_fields: ClassVar[tuple[str, ...]] = ("type",)
    type: Literal["GPU", "InferenceAccelerator", "NeuronDevice"] = Field(description="The kind of device.")
    value: str = Field(description="How many, or which.")


class EnvironmentFile(Part):
    """A file of environment variables. Of one that is in several files, the first counts."""

    value: str = Field(description="The ARN of an object in S3 whose name ends in .env.")
    type: Literal["s3"] = Field(default="s3", description="Where it is.")


class LogConfiguration(Part):
    """Where a container's output goes."""

    log_driver: Literal[
        "", "awslogs", "awsfirelens", "splunk", "fluentd", "gelf", "journald", "json-file", "syslog"
    ] = Field(default="", description="`awslogs` is CloudWatch; Fargate has it, awsfirelens and splunk. Empty: none.")
    options: Texts = Field(default={}, description="The driver's options, such as `awslogs-group`.")
    secret_options: Secrets = Field(default={}, description="Options whose values are secrets.")


class HealthCheck(Part):
    """How ECS finds out whether a container is well."""

    command: Annotated[
        tuple[str, ...],
        BeforeValidator(lambda value: ["CMD-SHELL", value] if isinstance(value, str) else value),
    ] = Field(
        default=(),
        description="`[CMD, ...]` or `[CMD-SHELL, ...]`; a text is run by the shell. Empty: no health check.",
    )
    interval: int = Field(default=30, ge=5, le=300, description="Seconds between two checks.")
    timeout: int = Field(default=5, ge=2, le=60, description="Seconds after which a check has failed.")
    retries: int = Field(default=3, ge=1, le=10, description="Failures in a row that make it unhealthy.")
    start_period: int = Field(default=0, ge=0, le=300, description="Seconds in which failures do not count.")


class RestartPolicy(Part):
    """Whether a container is started again by itself, without its task."""

    enabled: bool = Field(default=False, description="Whether it is.")
    ignored_exit_codes: frozenset[int] = Field(default=frozenset(), description="Exit codes after which it is not.")
    restart_attempt_period: int = Field(
        default=300, ge=60, le=1800, description="Seconds that it must have run before."
    )


class Capabilities(Part):
    """What root may do in a container."""

    add: frozenset[str] = Field(default=frozenset(), description="More than Docker's default.")
    drop: frozenset[str] = Field(default=frozenset(), description="Less than Docker's default.")


class Device(Part):
    """A device of the host."""

    key_fields: ClassVar[tuple[str, ...]] = ("host_path",)
    host_path: str = Field(description="Its path on the host.")
    container_path: str = Field(default="", description="Its path in the container; empty: the same.")
    permissions: frozenset[Literal["read", "write", "mknod"]] = Field(
        default=frozenset(), description="What the container may do with it; empty: Docker's default."
    )


class Tmpfs(Part):
    """A file system in memory."""

    key_fields: ClassVar[tuple[str, ...]] = ("container_path",)
    container_path: str = Field(description="Where it is mounted.")
    size: int = Field(ge=1, description="MiB at most.")
    mount_options: frozenset[str] = Field(default=frozenset(), description="Such as `noexec`.")


class LinuxParameters(Part):
    """What Linux is told about a container."""

    capabilities: Capabilities = Field(default=Capabilities(), description="What root may do.")
    devices: Annotated[tuple[Device, ...], AfterValidator(unique_by("host_path"))] = Field(
        default=(), description="Devices of the host."
    )
    init_process_enabled: bool = Field(
        default=False, description="Whether an init process hands on signals and reaps children; exec wants one."
    )
    shared_memory_size: int = Field(default=0, ge=0, description="MiB of /dev/shm; 0: Docker's default.")
    tmpfs: Annotated[tuple[Tmpfs, ...], AfterValidator(unique_by("container_path"))] = Field(
        default=(), description="File systems in memory."
    )
    max_swap: int = Field(default=-1, ge=-1, description="MiB of swap, 0 for none; -1: as the host has it.")
    swappiness: int = Field(default=60, ge=0, le=100, description="How readily memory is swapped.")


class Firelens(Part):
    """That a container is the router of the task's logs."""

    type: Literal["", "fluentd", "fluentbit"] = Field(default="", description="The router; empty: it is none.")
    options: Texts = Field(default={}, description="Such as `config-file-value`.")


class RepositoryCredentials(Part):
    """How a private registry other than ECR is logged in to."""

    credentials_parameter: SecretRef = Field(default="", description="The secret with user and password; empty: none.")


class ContainerDefinition(Part):
    """A container of a task. What is left out is what AWS does by default."""

    key_fields: ClassVar[tuple[str, ...]] = ("name",)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=255, description="The name, unique in the task.")
    image: str = Field(description="The image, by tag or digest: `repository:tag` or `repository@sha256:...`.")
    essential: bool = Field(default=True, description="Whether the whole task stops with it.")
    command: tuple[str, ...] = Field(default=(), description="What runs, in place of the image's CMD.")
    entry_point: tuple[str, ...] = Field(default=(), description="In place of the image's ENTRYPOINT.")
    cpu: int = Field(default=0, ge=0, description="CPU units of the task's that are set aside for it; 0: none.")
    memory: int = Field(default=0, ge=0, description="MiB above which it is killed; 0: the task's memory.")
    memory_reservation: int = Field(default=0, ge=0, description="MiB that are set aside for it; 0: none.")
    port_mappings: Annotated[
        tuple[Annotated[PortMapping, BeforeValidator(_port, json_schema_input_type=int | PortMapping)], ...],
        AfterValidator(unique_by("container_port", "container_port_range", "protocol")),
    ] = Field(default=(), description="Ports that it listens on; a number stands for its tcp port.")
    environment: Environment = Field(default={}, description="Environment variables; none that are secret.")
    environment_files: tuple[EnvironmentFile, ...] = Field(default=(), description="Files of environment variables.")
    secrets: Secrets = Field(
        default={},
        description="Environment variables that are read from Secrets Manager or SSM when a task starts: by manifest name or "
        "ARN, or as `{from: db, key: password}`.",
    )
    log_configuration: LogConfiguration = Field(default=LogConfiguration(), description="Where its output goes.")
    health_check: HealthCheck = Field(default=HealthCheck(), description="How ECS finds out whether it is well.")
    depends_on: Annotated[tuple[Dependency, ...], AfterValidator(unique_by("container_name", "condition"))] = Field(
        default=(), description="Containers that come first."
    )
    start_timeout: int = Field(default=0, ge=0, description="Seconds that its dependencies may take; 0: AWS's default.")
    stop_timeout: int = Field(default=0, ge=0, description="Seconds between SIGTERM and SIGKILL; 0: AWS's default, 30.")
    restart_policy: RestartPolicy = Field(default=RestartPolicy(), description="Whether it is started again by itself.")
    mount_points: Annotated[tuple[MountPoint, ...], AfterValidator(unique_by("container_path"))] = Field(
        default=(), description="Where the task's volumes are in it."
    )
    volumes_from: Annotated[tuple[VolumeFrom, ...], AfterValidator(unique_by("source_container"))] = Field(
        default=(), description="Containers whose volumes it has as well."
    )
    ulimits: Annotated[tuple[Ulimit, ...], AfterValidator(unique_by("name"))] = Field(
        default=(), description="Limits of the operating system."
    )
    system_controls: Annotated[tuple[SystemControl, ...], AfterValidator(unique_by("namespace"))] = Field(
        default=(), description="Kernel parameters."
    )
    linux_parameters: LinuxParameters = Field(default=LinuxParameters(), description="What Linux is told about it.")
    resource_requirements: Annotated[tuple[Requirement, ...], AfterValidator(unique_by("type", "value"))] = Field(
        default=(), description="Devices that it needs, such as GPUs."
    )
    user: str = Field(default="", description="The user that it runs as; empty: the image's.")
    working_directory: str = Field(default="", description="Where its command runs; empty: as the image has it.")
    hostname: str = Field(default="", description="Its host name; not with awsvpc.")
    links: frozenset[str] = Field(
        default=frozenset(), description="Containers that it can reach by name; only with bridge."
    )
    extra_hosts: Annotated[tuple[ExtraHost, ...], AfterValidator(unique_by("hostname", "ip_address"))] = Field(
        default=(), description="Lines of /etc/hosts; not with awsvpc."
    )
    dns_servers: tuple[str, ...] = Field(default=(), description="DNS servers, in the order in which they are asked.")
    dns_search_domains: tuple[str, ...] = Field(default=(), description="Domains that short names are looked up in.")
    disable_networking: bool = Field(default=False, description="Whether it has no network.")
    privileged: bool = Field(default=False, description="Whether it may do what the host's root may.")
    readonly_root_filesystem: bool = Field(default=False, description="Whether it can write only to volumes.")
    docker_security_options: frozenset[str] = Field(default=frozenset(), description="SELinux and AppArmor labels.")
    docker_labels: Texts = Field(default={}, description="Labels of the container.")
    interactive: bool = Field(default=False, description="Whether it has a standard input.")
    pseudo_terminal: bool = Field(default=False, description="Whether it has a terminal.")
    firelens_configuration: Firelens = Field(
        default=Firelens(), description="That it is the router of the task's logs."
    )
    repository_credentials: RepositoryCredentials = Field(
        default=RepositoryCredentials(), description="How a registry other than ECR is logged in to."
    )
    credential_specs: tuple[str, ...] = Field(default=(), description="Credential specs of Active Directory.")
    version_consistency: Literal["enabled", "disabled"] = Field(
        default="enabled",
        description="Whether all tasks of a deployment have the very image that its tag meant at the start.",
    )

    @model_validator(mode="after")
    def _distinct(self) -> ContainerDefinition:
        both = sorted(self.environment.keys() & self.secrets.keys())
        if both:
            raise ValueError(f"{', '.join(both)} stands in environment and in secrets")
        return self

    def in_mode(self, mode: NetworkMode) -> ContainerDefinition:
        """In one form for a network mode: where a host's port can only be the container's, it is not said."""
        if mode not in SAME_PORT:
            return self
        ports = tuple(
            port.model_copy(update={"host_port": 0}) if port.host_port == port.container_port else port
            for port in self.port_mappings
        )
        return self.model_copy(update={"port_mappings": ports})


def containers(items: tuple[ContainerDefinition, ...], mode: NetworkMode) -> tuple[ContainerDefinition, ...]:
    """A task's containers in one form. Raises ValueError where they do not go together."""
    found: tuple[ContainerDefinition, ...] = unique_by("name")(items)
    if not any(item.essential for item in found):
        raise ValueError("needs a container that is essential")
    return tuple(item.in_mode(mode) for item in found)


def read(items: Any) -> tuple[ContainerDefinition, ...]:
    """Containers as AWS's replies hold them; what trueup has no field for is left out."""
    return tuple(ContainerDefinition.model_validate(item, extra="ignore") for item in items)


def request(container: ContainerDefinition) -> dict[str, Any]:
    """A container in the form that ECS's calls take, without what is AWS's default."""
    given = plain(container)
    for key, secrets in (("secrets", container.secrets), ("secretOptions", container.log_configuration.secret_options)):
        place = given if key == "secrets" else given.get("logConfiguration", {})
        if secrets:
            place[key] = secret_list(secrets)
    if container.environment:
        given["environment"] = [{"name": name, "value": value} for name, value in sorted(container.environment.items())]
    for file in given.get("environmentFiles", ()):
        file["type"] = "s3"  # a default of ours; AWS wants it said
    return given


def secret_list(secrets: Mapping[str, SecretSource]) -> list[dict[str, str]]:
    """Secrets in the form that ECS's calls take."""
    return [{"name": name, "valueFrom": source.value_from} for name, source in sorted(secrets.items())]


def plain(part: Part) -> dict[str, Any]:
    """A part as plain data with AWS's names, without what is default; sets as sorted lists."""
    return {
        info.alias or name: _plain(value)
        for name, info in type(part).model_fields.items()
        if (value := getattr(part, name)) != info.default or info.is_required()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return plain(value)
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def exposed(definitions: tuple[ContainerDefinition, ...]) -> Iterator[tuple[str, int]]:
    """The ports that containers listen on: (container's name, port)."""
    for container in definitions:
        for port in container.port_mappings:
            if port.container_port:
                yield container.name, port.container_port
            else:
                low, _, high = port.container_port_range.partition("-")
                yield from ((container.name, number) for number in range(int(low), int(high) + 1))
