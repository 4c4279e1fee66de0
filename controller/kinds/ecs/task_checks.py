"""What is wrong or doubtful about a task definition, found without asking AWS."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.ecs.execution_role import BY_THE_ROLE_ALONE, PRIVATE, lacking, needs
from controller.kinds.ecs.task_size import unfit_for_fargate
from controller.kinds.ecs.task_spec import TaskDefinitionSpec
from controller.kinds.iam.policy import documents
from controller.kinds.iam.role import RoleSpec
from controller.model.containers import ContainerDefinition, has_version, looks_secret
from controller.model.manifest import Manifest, View
from controller.model.problem import Problem, Severity
from controller.model.scope import Mode

FIELD = "containerDefinitions"
FARGATE_LOGS = ("", "awslogs", "awsfirelens", "splunk")
FIRST_MORE = 21
"""GiB of disk: the least that is more than Fargate gives unasked."""


def alone(manifest: Manifest) -> Iterator[Problem]:
    """What can be said of one task definition by itself."""
    spec = manifest.spec
    if isinstance(spec, TaskDefinitionSpec):
        for number, container in enumerate(spec.container_definitions):
            place = _place(manifest, container, number)
            yield from _image(manifest, container, place)
            yield from _credentials(manifest, container, place)
            yield from _links(manifest, spec, container, place)
            yield from _logs(manifest, spec, container, place)
        yield from _size(manifest, spec)
        if "FARGATE" in spec.requires_compatibilities:
            yield from _fargate(manifest, spec)


def beside_its_role(manifest: Manifest, view: View) -> Iterator[Problem]:
    """Whether the execution role, where git has it as well, lets ECS start the containers.

    An error where no other policy could let it, and git has all of the role's.
    """
    spec = manifest.spec
    if not isinstance(spec, TaskDefinitionSpec) or not spec.execution_role:
        return
    role = view.find("iam/Role", spec.execution_role)
    if role is None or not isinstance(role.spec, RoleSpec):
        return

    def is_parameter(name: str) -> bool:
        return view.find("ssm/Parameter", name) is not None and view.find("secretsmanager/Secret", name) is None

    wanted = dict(pair for container in spec.container_definitions for pair in needs(container, is_parameter).items())
    missing = lacking(role.spec, wanted, documents(view))
    if missing:
        actions, why = ", ".join(missing), " and ".join(dict.fromkeys(missing.values()))
        found = f"Role {spec.execution_role} ({role.where}) does not allow {actions}, so that ECS cannot {why}"
        hint = "attach arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy, or allow the actions"
        whole = role.lifecycle.mode is not Mode.OBSERVE and not role.lifecycle.ignore
        surely = whole and not BY_THE_ROLE_ALONE.isdisjoint(missing)
        yield manifest.problem("executionRole", found, hint, severity=Severity.ERROR if surely else Severity.WARNING)


def _place(manifest: Manifest, container: ContainerDefinition, number: int) -> str:
    """Where a container stands as it was written: in the spec they are sorted."""
    written = manifest.data.get(FIELD, ())
    at = next(
        (n for n, one in enumerate(written) if isinstance(one, dict) and one.get("name") == container.name), number
    )
    return f"{FIELD}[{at}]"


def _image(manifest: Manifest, container: ContainerDefinition, place: str) -> Iterator[Problem]:
    if not has_version(container.image) and "${" not in container.image:
        found = f"{container.image} has neither tag nor digest, so that nobody can tell what runs"
        yield manifest.problem(f"{place}.image", found, f"write {container.image}:<tag> or @sha256:<digest>")


def _credentials(manifest: Manifest, container: ContainerDefinition, place: str) -> Iterator[Problem]:
    for name, value in container.environment.items():
        why = looks_secret(name, value)
        if why:
            found = f"{name} stands in plain text, and {why}"
            hint = "put it into Secrets Manager or SSM, and name that under `secrets`"
            yield manifest.problem(f"{place}.environment.{name}", found, hint, severity=Severity.WARNING)


def _links(
    manifest: Manifest, spec: TaskDefinitionSpec, container: ContainerDefinition, place: str
) -> Iterator[Problem]:
    """What a container names of its task."""
    others = {other.name: other for other in spec.container_definitions if other.name != container.name}
    volumes = {volume.name for volume in spec.volumes}
    for mount in container.mount_points:
        if mount.source_volume not in volumes:
            yield manifest.problem(f"{place}.mountPoints", f"there is no volume {mount.source_volume!r} in the task")
    for need in container.depends_on:
        other = others.get(need.container_name)
        if other is None:
            yield manifest.problem(f"{place}.dependsOn", f"there is no other container {need.container_name!r}")
        elif need.condition == "HEALTHY" and not other.health_check.command:
            found = f"{need.container_name} has no healthCheck, and so is never HEALTHY"
            yield manifest.problem(f"{place}.dependsOn", found)


def _logs(
    manifest: Manifest, spec: TaskDefinitionSpec, container: ContainerDefinition, place: str
) -> Iterator[Problem]:
    log, fargate = container.log_configuration, "FARGATE" in spec.requires_compatibilities
    if fargate and log.log_driver not in FARGATE_LOGS:
        yield manifest.problem(f"{place}.logConfiguration", f"Fargate has no log driver {log.log_driver}")
    if log.log_driver == "awslogs":
        wanted = ("awslogs-group", "awslogs-region", *(("awslogs-stream-prefix",) if fargate else ()))
        missing = [option for option in wanted if option not in log.options]
        if missing:
            yield manifest.problem(f"{place}.logConfiguration", f"awslogs needs the options {', '.join(missing)}")
    if spec.execution_role:
        return
    if container.secrets or log.secret_options:
        yield manifest.problem("executionRole", f"is needed to read the secrets of {container.name}")
    elif fargate and (log.log_driver == "awslogs" or PRIVATE.match(container.image)):
        yield manifest.problem(
            "executionRole", f"is needed on Fargate to pull from ECR and to write logs ({container.name})"
        )


def _size(manifest: Manifest, spec: TaskDefinitionSpec) -> Iterator[Problem]:
    for field, whole in (("memory", spec.memory), ("cpu", spec.cpu)):
        for container in spec.container_definitions:
            part = getattr(container, field)
            if whole and part > whole:
                yield manifest.problem(field, f"{container.name} has {part}, more than the whole task with {whole}")
    if not spec.memory:
        for container in spec.container_definitions:
            if not container.memory and not container.memory_reservation:
                found = f"{container.name} needs memory or memoryReservation, since the task has no memory"
                yield manifest.problem(FIELD, found)


def _fargate(manifest: Manifest, spec: TaskDefinitionSpec) -> Iterator[Problem]:
    unfit = unfit_for_fargate(spec.cpu, spec.memory)
    if unfit:
        yield manifest.problem("memory" if spec.memory else "cpu", unfit)
    if spec.network_mode != "awsvpc":
        yield manifest.problem("networkMode", f"Fargate has awsvpc only, not {spec.network_mode}")
    if 0 < spec.ephemeral_storage < FIRST_MORE:
        yield manifest.problem("ephemeralStorage", f"begins at {FIRST_MORE} GiB; 20 are there unasked")
