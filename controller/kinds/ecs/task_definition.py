"""Task definitions: what a task is made of. AWS keeps them in revisions that never change, so a change registers a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from controller.aws.client import Aws
from controller.kinds.ecs import task_checks
from controller.kinds.ecs.api import PAGE, EcsKind, services, to_list, to_map
from controller.kinds.ecs.task_spec import RuntimePlatform, TaskDefinitionSpec, Volume
from controller.kinds.tagging import OWNER, in_bulk
from controller.model.containers import plain, read, request
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope


class TaskDefinition(EcsKind[TaskDefinitionSpec]):
    """ECS task definition: a family of revisions, of which the newest active one that is trueup's is live.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
    Observation: ceil(families / 100) list calls + the Tagging API's pages, which other kinds share + 1 for each family that git
    wants or that is trueup's (AWS describes one at a time), and one more where somebody else has registered a newer revision.
    """

    doc = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"
    name_field = "family"
    replace_on = frozenset({"family"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The newest revision's ARN.",
        "family": "The family.",
        "revision": "The newest revision's number.",
    }
    reads = ("ecs:ListTaskDefinitionFamilies", "ecs:DescribeTaskDefinition", "tag:GetResources")
    writes = (
        "ecs:RegisterTaskDefinition",
        "ecs:DeregisterTaskDefinition",
        "ecs:ListTaskDefinitions",
        "ecs:ListClusters",
        "ecs:DescribeClusters",
        "ecs:ListServices",
        "ecs:DescribeServices",
        "ecs:TagResource",
        "ecs:UntagResource",
        "iam:PassRole",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        yield from task_checks.alone(manifest)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            yield from ((manifest, problem) for problem in task_checks.beside_its_role(manifest, view))

    def tell(self, verb: Verb, before: TaskDefinitionSpec | None, after: TaskDefinitionSpec | None) -> Iterator[str]:
        if before and after and _revised(before) != _revised(after):
            yield "registers a new revision; services that name it roll it out, and schedules run it next"
            old = {container.name: container.image for container in before.container_definitions}
            for container in after.container_definitions:
                # What another manifest gives is not known here; the change itself shows it.
                if "${" not in container.image and old.get(container.name, container.image) != container.image:
                    yield f"{container.name} runs {container.image} in place of {old[container.name]}"

    def renewed(self, changed: frozenset[str]) -> frozenset[str]:
        return frozenset({"arn", "revision"} if changed - {"tags", "keepRevisions"} else ())

    def observe(self, aws: Aws, wanted: Wanted[TaskDefinitionSpec]) -> Iterator[Observed[TaskDefinitionSpec]]:
        pages = aws.pages("ecs", "ListTaskDefinitionFamilies", page_size=PAGE, status="ACTIVE")
        ours = _ours(aws, wanted)
        for family in (family for page in pages for family in page["families"]):
            if wanted.everything or family in ours or family in wanted.claims or family in wanted.ids:
                yield from _newest(aws, family, ours.get(family, ()))

    def create(self, aws: Aws, spec: TaskDefinitionSpec, tags: Mapping[str, str]) -> Made:
        return _register(aws, spec, tags)

    def update(
        self, aws: Aws, live: Observed[TaskDefinitionSpec], spec: TaskDefinitionSpec, changed: frozenset[str]
    ) -> Made:
        made = _register(aws, spec, live.tags or {})
        active = [made.outputs["arn"], *_active(aws, live)]
        if active[spec.keep_revisions :]:
            used = set(_used(aws))
            _deregister(aws, (arn for arn in active[spec.keep_revisions :] if arn not in used))
        return made

    def delete(self, aws: Aws, live: Observed[TaskDefinitionSpec]) -> None:
        _deregister(aws, _active(aws, live))


def _revised(spec: TaskDefinitionSpec) -> Mapping[str, Any]:
    """What a revision holds of a spec."""
    return spec.model_dump(exclude={"tags", "keep_revisions"})


def _ours(aws: Aws, wanted: Wanted[TaskDefinitionSpec]) -> Mapping[str, Sequence[str]]:
    """The revisions that carry trueup's tags, active or not, by family, the newest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for arn, tags in in_bulk(aws, wanted).items():
        if OWNER in tags and ":task-definition/" in arn:
            found[_family(arn)].append(arn)
    return {family: sorted(arns, key=_revision, reverse=True) for family, arns in found.items()}


def _newest(aws: Aws, family: str, ours: Sequence[str]) -> Iterator[Observed[TaskDefinitionSpec]]:
    """The live revision of a family: the newest active one, or the newest of trueup's where that is somebody else's."""
    reply = _describe(aws, family)
    if OWNER not in to_map(reply.get("tags")) and ours and ours[0] != reply["taskDefinition"]["taskDefinitionArn"]:
        mine = _describe(aws, ours[0])
        reply = mine if mine["taskDefinition"].get("status") == "ACTIVE" else reply
    if reply["taskDefinition"].get("status", "ACTIVE") == "ACTIVE":
        yield translate(aws, reply, ours)


def _describe(aws: Aws, name: str) -> Mapping[str, Any]:
    return aws.call("ecs", "DescribeTaskDefinition", taskDefinition=name, include=["TAGS"])


def _register(aws: Aws, spec: TaskDefinitionSpec, tags: Mapping[str, str]) -> Made:
    optional: dict[str, Any] = {
        "cpu": str(spec.cpu or ""),
        "memory": str(spec.memory or ""),
        "executionRoleArn": spec.execution_role,
        "taskRoleArn": spec.task_role,
        "requiresCompatibilities": sorted(spec.requires_compatibilities),
        "volumes": [plain(volume) for volume in spec.volumes],
        "ephemeralStorage": {"sizeInGiB": spec.ephemeral_storage} if spec.ephemeral_storage else {},
        "pidMode": spec.pid_mode,
        "ipcMode": spec.ipc_mode,
        "placementConstraints": [{"type": "memberOf", "expression": e} for e in sorted(spec.placement_constraints)],
        "enableFaultInjection": spec.enable_fault_injection,
        "tags": to_list(tags),
    }
    if spec.runtime_platform != RuntimePlatform():
        optional["runtimePlatform"] = spec.runtime_platform.model_dump(by_alias=True)
    reply = aws.call(
        "ecs",
        "RegisterTaskDefinition",
        family=spec.family,
        networkMode=spec.network_mode,
        containerDefinitions=[request(container) for container in spec.container_definitions],
        **{name: value for name, value in optional.items() if value},
    )["taskDefinition"]
    return Made(spec.family, _outputs(reply))


def _active(aws: Aws, live: Observed[TaskDefinitionSpec]) -> Sequence[str]:
    """A family's active revisions that are trueup's, the newest first."""
    reply = aws.call("ecs", "ListTaskDefinitions", familyPrefix=live.id, status="ACTIVE", sort="DESC", maxResults=PAGE)
    ours = {*live.detail, live.outputs["arn"]}
    return sorted((arn for arn in reply["taskDefinitionArns"] if arn in ours), key=_revision, reverse=True)


def _used(aws: Aws) -> Iterator[str]:
    """The revisions that services run, or may be rolled back to."""
    for service in services(aws):
        yield service.get("taskDefinition", "")
        yield from (deployment.get("taskDefinition", "") for deployment in service.get("deployments", ()))


def _deregister(aws: Aws, arns: Iterable[str]) -> None:
    for arn in arns:
        aws.call("ecs", "DeregisterTaskDefinition", taskDefinition=arn)


def _family(arn: str) -> str:
    return arn.rpartition("/")[2].rpartition(":")[0]


def _revision(arn: str) -> int:
    return int(arn.rpartition(":")[2])


def translate(aws: Aws, reply: Mapping[str, Any], ours: Sequence[str] = ()) -> Observed[TaskDefinitionSpec]:
    """The task definition of a DescribeTaskDefinition reply. How many revisions are to stay is trueup's own business."""
    found = reply["taskDefinition"]
    spec = TaskDefinitionSpec(
        family=found["family"],
        requires_compatibilities=frozenset(found.get("requiresCompatibilities") or ()),
        network_mode=found.get("networkMode"),
        container_definitions=read(_with_arns(aws, found["containerDefinitions"])),
        cpu=found.get("cpu") or 0,
        memory=found.get("memory") or 0,
        execution_role=found.get("executionRoleArn") or "",
        task_role=found.get("taskRoleArn") or "",
        volumes=tuple(Volume.model_validate(volume, extra="ignore") for volume in found.get("volumes") or ()),
        runtime_platform=RuntimePlatform.model_validate(found.get("runtimePlatform") or {}, extra="ignore"),
        ephemeral_storage=(found.get("ephemeralStorage") or {}).get("sizeInGiB", 0),
        pid_mode=found.get("pidMode") or "",
        ipc_mode=found.get("ipcMode") or "",
        placement_constraints=frozenset(one["expression"] for one in found.get("placementConstraints") or ()),
        enable_fault_injection=found.get("enableFaultInjection") or False,
    ).model_copy(update={"keep_revisions": None})
    return Observed(found["family"], spec, to_map(reply.get("tags")), _outputs(found), detail=tuple(ours))


def _with_arns(aws: Aws, definitions: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Containers with every secret by ARN: a parameter of the same region may be by name."""

    def full(secret: Mapping[str, str]) -> dict[str, str]:
        name = secret["valueFrom"]
        prefix = f"arn:{aws.partition}:ssm:{aws.region}:{aws.account}:parameter/"
        return {**secret, "valueFrom": name if name.startswith("arn:") else prefix + name.lstrip("/")}

    for definition in definitions:
        log = definition.get("logConfiguration") or {}
        secret = {"secretOptions": [full(one) for one in log.get("secretOptions") or ()]}
        yield {
            **definition,
            "secrets": [full(one) for one in definition.get("secrets") or ()],
            "logConfiguration": {**log, **secret},
        }


def _outputs(found: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": found["taskDefinitionArn"], "family": found["family"], "revision": str(found["revision"])}
