"""What is wrong about a service, found without asking AWS: by itself, and beside the task definition that it runs."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.ecs.service_spec import ServiceSpec
from controller.kinds.ecs.task_spec import TaskDefinitionSpec
from controller.model.containers import exposed
from controller.model.manifest import Manifest, View
from controller.model.problem import Problem, Severity


def alone(manifest: Manifest) -> Iterator[Problem]:
    """What can be said of one service by itself."""
    spec = manifest.spec
    if not isinstance(spec, ServiceSpec):
        return
    if spec.scheduling_strategy == "DAEMON":
        if spec.launch_type == "FARGATE":
            yield manifest.problem("schedulingStrategy", "Fargate has no instances, and so no DAEMON services")
        if spec.desired_count is not None:
            yield manifest.problem("desiredCount", "a DAEMON service has one task on each instance, and no count")
    deployment = spec.deployment_configuration
    if deployment.minimum_healthy_percent == deployment.maximum_percent:
        found = f"leaves no room: at least and at most {deployment.maximum_percent} percent"
        yield manifest.problem("deploymentConfiguration", found, "allow more at most, or less at least")
    alarms = deployment.alarms
    if alarms.enable and not alarms.alarm_names:
        yield manifest.problem("deploymentConfiguration.alarms", "is enabled and names no alarm")
    connect = spec.service_connect_configuration
    if connect.services and not connect.enabled:
        yield manifest.problem(
            "serviceConnectConfiguration", "names services and is not enabled", "add `enabled: true`"
        )


def beside_its_task(manifest: Manifest, view: View) -> Iterator[Problem]:
    """Whether the service and its task definition, where git has it as well, go together."""
    spec = manifest.spec
    if not isinstance(spec, ServiceSpec):
        return
    found = view.find("ecs/TaskDefinition", spec.task_definition)
    if found is None or not isinstance(found.spec, TaskDefinitionSpec):
        return
    yield from _ports(manifest, spec, found, found.spec)
    yield from _unreached(manifest, spec, found, found.spec)
    yield from _placement(manifest, spec, found, found.spec)


def beside_its_scaling(manifest: Manifest, view: View) -> Iterator[Problem]:
    """Whether both git and autoscaling say how many tasks there are."""
    spec = manifest.spec
    if not isinstance(spec, ServiceSpec) or spec.desired_count is None:
        return
    for target in view.of("applicationautoscaling/ScalableTarget"):
        named = target.data.get("resourceId") == f"service/{spec.cluster}/{spec.service_name}"
        if named or any(link.target == manifest.address for link in target.links):
            found = (
                f"counts only when the service is made: the number of tasks is ScalableTarget {target.address.name}'s"
            )
            hint = f"leave it out, or see minCapacity at {target.where}"
            yield manifest.problem("desiredCount", found, hint, severity=Severity.WARNING)


def _ports(manifest: Manifest, spec: ServiceSpec, task: Manifest, definition: TaskDefinitionSpec) -> Iterator[Problem]:
    open_ports = frozenset(exposed(definition.container_definitions))
    where = f"TaskDefinition {task.address.name} ({task.where})"
    wanted = [("loadBalancers", one.container_name, one.container_port) for one in spec.load_balancers]
    wanted += [("serviceRegistries", one.container_name, one.container_port) for one in spec.service_registries]
    for field, container, port in wanted:
        if container and (container, port) not in open_ports:
            there = ", ".join(f"{name}:{number}" for name, number in sorted(open_ports)[:8]) or "none"
            text = f"container {container!r} does not listen on {port} in {where}"
            yield manifest.problem(field, text, f"its ports are {there}")
    named = {port.name for container in definition.container_definitions for port in container.port_mappings}
    for one in spec.service_connect_configuration.services:
        if one.port_name not in named:
            text = f"no port is called {one.port_name!r} in {where}"
            yield manifest.problem("serviceConnectConfiguration.services", text, "give the port mapping that name")


def _unreached(
    manifest: Manifest, spec: ServiceSpec, task: Manifest, definition: TaskDefinitionSpec
) -> Iterator[Problem]:
    """Whether the task's ports are there for nobody. With awsvpc a mapping opens nothing: it is only what others name."""
    named = spec.load_balancers or spec.service_registries or spec.service_connect_configuration.services
    ports = sorted(exposed(definition.container_definitions))
    if ports and not named and definition.network_mode == "awsvpc":
        listed = ", ".join(f"{container}:{port}" for container, port in ports[:8])
        found = f"no target group, nor Cloud Map or Service Connect, leads to {listed} of TaskDefinition {task.address.name}"
        hint = f"name a target group, or leave the portMappings out at {task.where}"
        yield manifest.problem("loadBalancers", found, hint, severity=Severity.WARNING)


def _placement(
    manifest: Manifest, spec: ServiceSpec, task: Manifest, definition: TaskDefinitionSpec
) -> Iterator[Problem]:
    where = f"TaskDefinition {task.address.name} ({task.where})"
    if definition.network_mode == "awsvpc" and spec.network_configuration is None:
        yield manifest.problem("networkConfiguration", f"is missing: {where} has network mode awsvpc")
    if definition.network_mode != "awsvpc" and spec.network_configuration is not None:
        text = f"goes with network mode awsvpc only; {where} has {definition.network_mode}"
        yield manifest.problem("networkConfiguration", text)
    if spec.launch_type == "FARGATE" and "FARGATE" not in definition.requires_compatibilities:
        text = f"{where} is not made for Fargate"
        yield manifest.problem("launchType", text, "add `requiresCompatibilities: [FARGATE]` there")
    if spec.enable_execute_command and not definition.task_role:
        text = f"needs a task role, and {where} has none"
        yield manifest.problem("enableExecuteCommand", text, "name one under `taskRole` that allows ssmmessages:*")
