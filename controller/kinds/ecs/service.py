"""Services: tasks of one definition that ECS keeps running, replaces when they fail, and rolls out anew when they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from controller.aws.client import Aws
from controller.kinds.applicationautoscaling.scalable_target import targets_of
from controller.kinds.ecs import service_checks
from controller.kinds.ecs.api import EcsKind, services, to_list, to_map
from controller.kinds.ecs.rollout import FAILURE, in_trouble, primary_of, rollout, stopped_because
from controller.kinds.ecs.service_spec import (
    DeploymentAlarms,
    DeploymentConfiguration,
    Network,
    Registry,
    ServiceConnect,
    ServiceSpec,
    Target,
)
from controller.kinds.ecs.types import strategy, strategy_request
from controller.model.containers import plain, secret_list
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope

ROLLED_OUT = (
    "taskDefinition",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
)
"""Fields whose change begins a deployment by itself."""
FORCED = frozenset({"capacityProviderStrategy", "enableExecuteCommand"})
"""Fields that only new tasks have, though AWS begins no deployment for them."""
CLEARED: Mapping[str, Any] = {"serviceConnectConfiguration": {"enabled": False}}
"""What UpdateService takes for `none` where it is not an empty list."""


class Service(EcsKind[ServiceSpec]):
    """ECS service.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    Observation: the clusters' calls, which are shared + for each cluster ceil(n / 100) list calls and ceil(n / 10) describe calls,
    tags included + 2 for each service whose tasks fail + ceil(scalable targets / 50) where a manifest has a desiredCount.
    """

    doc = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"
    name_field = "serviceName"
    reach = "parent"
    replace_on = frozenset({"serviceName", "cluster", "schedulingStrategy", "launchType"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The service's ARN.",
        "name": "Its name.",
        "resourceId": "What Application Auto Scaling calls it: `service/<cluster>/<name>`.",
    }
    facts = (FAILURE,)
    reads = (
        "ecs:ListClusters",
        "ecs:DescribeClusters",
        "ecs:ListServices",
        "ecs:DescribeServices",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "application-autoscaling:DescribeScalableTargets",
    )
    writes = ("ecs:CreateService", "ecs:UpdateService", "ecs:DeleteService", "ecs:TagResource", "ecs:UntagResource")

    def claim(self, spec: ServiceSpec) -> str:
        return f"{spec.cluster}/{spec.service_name}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        yield from service_checks.alone(manifest)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            yield from ((manifest, problem) for problem in service_checks.beside_its_task(manifest, view))
            yield from ((manifest, problem) for problem in service_checks.beside_its_scaling(manifest, view))

    def tell(self, verb: Verb, before: ServiceSpec | None, after: ServiceSpec | None) -> Iterator[str]:
        if before and after is None:
            yield "stops its tasks"
        elif before and after:
            old, new = before.model_dump(by_alias=True), after.model_dump(by_alias=True)
            fields = [f for f in (*ROLLED_OUT, *sorted(FORCED)) if new[f] is not None and new[f] != old[f]]
            if fields and verb is not Verb.REPLACE:
                yield f"rolls out new tasks, since they have another {', '.join(fields)}"
            if after.desired_count is not None and after.desired_count != before.desired_count:
                yield f"runs {after.desired_count} tasks in place of {before.desired_count}"
            if verb is Verb.REPLACE:
                yield "stops all tasks before others start"

    def observe(self, aws: Aws, wanted: Wanted[ServiceSpec]) -> Iterator[Observed[ServiceSpec]]:
        scaled = _scaled(aws, wanted)
        for service in services(aws):
            if service.get("status") == "ACTIVE":
                failing = in_trouble(service, datetime.now(UTC))
                live = translate(service, _stopped(aws, service) if failing else "")
                if live.outputs["resourceId"] in scaled:
                    live = replace(live, spec=live.spec.model_copy(update={"desired_count": None}))
                yield live

    def create(self, aws: Aws, spec: ServiceSpec, tags: Mapping[str, str]) -> Made:
        wanted = _request(spec, {})
        if not spec.health_check_grace_period_seconds:  # AWS takes it only where there is something to wait for
            del wanted["healthCheckGracePeriodSeconds"]
        if spec.scheduling_strategy == "REPLICA":
            wanted.setdefault("desiredCount", 1)
        made = translate(
            aws.call(
                "ecs",
                "CreateService",
                cluster=spec.cluster,
                serviceName=spec.service_name,
                schedulingStrategy=spec.scheduling_strategy,
                tags=to_list(tags),
                **({"launchType": spec.launch_type} if spec.launch_type else {}),
                **{name: value for name, value in wanted.items() if value not in ([], {}, CLEARED.get(name, []))},
            )["service"]
        )
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[ServiceSpec], spec: ServiceSpec, changed: frozenset[str]) -> Made:
        wanted = _request(spec, live.detail)
        change = {name: value for name, value in wanted.items() if name in changed}
        if changed & FORCED:
            change["forceNewDeployment"] = True
        service = aws.call("ecs", "UpdateService", cluster=live.spec.cluster, service=live.outputs["name"], **change)[
            "service"
        ]
        return Made(live.id, live.outputs, translate(service).pending)

    def delete(self, aws: Aws, live: Observed[ServiceSpec]) -> None:
        # With force AWS stops the tasks first. Until they are gone the service drains, and is none of ours any more.
        aws.call("ecs", "DeleteService", cluster=live.spec.cluster, service=live.outputs["name"], force=True)


def _scaled(aws: Aws, wanted: Wanted[ServiceSpec]) -> frozenset[str]:
    """The services whose number of tasks is autoscaling's, whoever has asked for that; looked for where it matters."""
    mine = wanted.view.of("ecs/Service") if wanted.view else ()
    if not wanted.everything and all(manifest.data.get("desiredCount") is None for manifest in mine):
        return frozenset()
    return frozenset(target["ResourceId"] for target in targets_of(aws, "ecs"))


def _stopped(aws: Aws, service: Mapping[str, Any]) -> str:
    """Why the last of a service's tasks stopped."""
    cluster, name = service["clusterArn"], service["serviceName"]
    tasks = aws.call("ecs", "ListTasks", cluster=cluster, serviceName=name, desiredStatus="STOPPED", maxResults=100)
    if not tasks["taskArns"]:
        return ""
    return stopped_because(aws.call("ecs", "DescribeTasks", cluster=cluster, tasks=tasks["taskArns"])["tasks"])


def _request(spec: ServiceSpec, live: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateService and UpdateService take alike, by our fields' names, which are theirs.

    `live`: the deployment's configuration as it is, since what trueup has no fields for in it is to stay: it is sent whole.
    """
    wanted: dict[str, Any] = {
        "taskDefinition": spec.task_definition,
        "desiredCount": spec.desired_count,
        "capacityProviderStrategy": None,
        "platformVersion": spec.platform_version,
        "networkConfiguration": _network(spec.network_configuration),
        "loadBalancers": [_renamed(plain(target), "targetGroup", "targetGroupArn") for target in spec.load_balancers],
        "healthCheckGracePeriodSeconds": spec.health_check_grace_period_seconds,
        "deploymentConfiguration": {**live, **_deployment(spec.deployment_configuration, live)},
        "enableExecuteCommand": spec.enable_execute_command,
        "enableECSManagedTags": spec.enable_ecs_managed_tags,
        "propagateTags": spec.propagate_tags,
        "serviceRegistries": [_renamed(plain(one), "registry", "registryArn") for one in spec.service_registries],
        "serviceConnectConfiguration": _connect(spec.service_connect_configuration),
        "availabilityZoneRebalancing": spec.availability_zone_rebalancing,
    }
    if spec.capacity_provider_strategy is not None:
        wanted["capacityProviderStrategy"] = strategy_request(spec.capacity_provider_strategy)
    return {name: value for name, value in wanted.items() if value is not None}


def _renamed(data: dict[str, Any], ours: str, theirs: str) -> dict[str, Any]:
    return {theirs if key == ours else key: value for key, value in data.items()}


def _network(network: Network | None) -> dict[str, Any] | None:
    if network is None:
        return None
    return {
        "awsvpcConfiguration": {
            "subnets": sorted(network.subnets),
            "securityGroups": sorted(network.security_groups),
            "assignPublicIp": "ENABLED" if network.assign_public_ip else "DISABLED",
        }
    }


def _deployment(wanted: DeploymentConfiguration, live: Mapping[str, Any]) -> dict[str, Any]:
    alarms = {**wanted.alarms.model_dump(by_alias=True), "alarmNames": sorted(wanted.alarms.alarm_names)}
    return {
        "deploymentCircuitBreaker": wanted.deployment_circuit_breaker.model_dump(by_alias=True),
        "minimumHealthyPercent": wanted.minimum_healthy_percent,
        "maximumPercent": wanted.maximum_percent,
        # Of alarms that there never were nothing is said.
        **({"alarms": alarms} if wanted.alarms != DeploymentAlarms() or "alarms" in live else {}),
    }


def _connect(wanted: ServiceConnect) -> dict[str, Any]:
    told = {"enabled": wanted.enabled, **plain(wanted)}
    if wanted.log_configuration.secret_options:
        told["logConfiguration"]["secretOptions"] = secret_list(wanted.log_configuration.secret_options)
    return told


def translate(service: Mapping[str, Any], stopped: str = "") -> Observed[ServiceSpec]:
    """The service of a DescribeServices reply. `stopped`: why the last of its tasks stopped, where that was asked."""
    primary = primary_of(service)
    deployment = service.get("deploymentConfiguration") or {}
    spec = ServiceSpec.model_construct(
        service_name=service["serviceName"],
        cluster=service["clusterArn"],
        task_definition=service.get("taskDefinition", ""),
        desired_count=service.get("desiredCount"),
        launch_type=service.get("launchType"),
        capacity_provider_strategy=strategy(service.get("capacityProviderStrategy")),
        platform_version=service.get("platformVersion"),
        network_configuration=_live_network(service),
        load_balancers=tuple(
            Target.model_validate(_renamed(dict(one), "targetGroupArn", "targetGroup"), extra="ignore")
            for one in service.get("loadBalancers") or ()
            if "targetGroupArn" in one
        ),
        health_check_grace_period_seconds=service.get("healthCheckGracePeriodSeconds") or 0,
        scheduling_strategy=service.get("schedulingStrategy", "REPLICA"),
        deployment_configuration=DeploymentConfiguration.model_validate(deployment, extra="ignore"),
        enable_execute_command=service.get("enableExecuteCommand") or False,
        enable_ecs_managed_tags=service.get("enableECSManagedTags") or False,
        propagate_tags=service.get("propagateTags") or "NONE",
        service_registries=tuple(
            Registry.model_validate(_renamed(dict(one), "registryArn", "registry"), extra="ignore")
            for one in service.get("serviceRegistries") or ()
        ),
        service_connect_configuration=ServiceConnect.model_validate(
            primary.get("serviceConnectConfiguration") or {}, extra="ignore"
        ),
        availability_zone_rebalancing=service.get("availabilityZoneRebalancing"),
        tags={},
    )
    stands = rollout(service, stopped)
    return Observed(
        service["serviceArn"],
        spec,
        to_map(service.get("tags")),
        _outputs(service),
        pending=stands.pending,
        refused=stands.refused,
        broken=stands.broken,
        facts={FAILURE: stands.failure} if stands.failure else {},
        detail=deployment,
    )


def _live_network(service: Mapping[str, Any]) -> Network | None:
    found = (service.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if not found:
        return None
    return Network.model_construct(
        subnets=frozenset(found["subnets"]),
        security_groups=frozenset(found.get("securityGroups") or ()),
        assign_public_ip=found.get("assignPublicIp") == "ENABLED",
    )


def _outputs(service: Mapping[str, Any]) -> dict[str, str]:
    cluster, name = service["clusterArn"].rpartition("/")[2], service["serviceName"]
    return {"arn": service["serviceArn"], "name": name, "resourceId": f"service/{cluster}/{name}"}
