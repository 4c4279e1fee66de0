"""Task definitions: revisions on the emulator, what is wrong before any call, and sizes however they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.kinds.ecs.task_definition import translate
from controller.kinds.ecs.task_size import FARGATE, unfit_for_fargate
from controller.kinds.ecs.task_spec import TaskDefinitionSpec
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.commit import Blob, Tree
from controller.model.plan import State, Verb
from controller.model.problem import Problem
from tests.kinds.samples.ecs import TRUST
from tests.kinds.stubbed import Stubbed
from tests.stage import SCOPE, Stage, document

FIRST = "containerDefinitions[0]"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1"
LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/app", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "app"},
}


def task(**spec: Any) -> dict[str, Any]:
    app = {"name": "app", "image": "nginx:1", **spec.pop("app", {})}
    return document("ecs.aws/v1", "TaskDefinition", "app", {"memory": 512, "containerDefinitions": [app], **spec})


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def release(stage: Stage, image: str, **spec: Any) -> None:
    stage.files["app.yaml"] = write([task(app={"image": image}, **spec)])
    stage.converge()


def active(stage: Stage) -> list[str]:
    reply = stage.aws().call("ecs", "ListTaskDefinitions", familyPrefix="app", status="ACTIVE")
    return sorted(arn.rpartition("/")[2] for arn in reply["taskDefinitionArns"])


def test_old_revisions_are_kept_to_a_number(stage: Stage) -> None:
    for number in range(1, 6):
        release(stage, f"nginx:{number}", keepRevisions=3)
    assert active(stage) == ["app:3", "app:4", "app:5"]


def test_an_old_revision_that_a_service_still_runs_is_kept(stage: Stage) -> None:
    """After several releases that failed, the last good one is an old revision, and what a rollback goes back to."""
    release(stage, "nginx:1", keepRevisions=2)
    aws = stage.aws()
    aws.call("ecs", "CreateCluster", clusterName="main")
    aws.call("ecs", "CreateService", cluster="main", serviceName="app", taskDefinition="app:1", desiredCount=1)
    for number in range(2, 6):
        release(stage, f"nginx:{number}", keepRevisions=2)
    assert active(stage) == ["app:1", "app:4", "app:5"]


def test_a_revision_that_somebody_else_registered_is_left_alone(stage: Stage) -> None:
    """Neither is it what git is compared with, nor is it deregistered."""
    release(stage, "nginx:1")
    foreign = [{"name": "app", "image": "other:1"}]
    stage.aws().call("ecs", "RegisterTaskDefinition", family="app", memory="512", containerDefinitions=foreign)
    assert stage.plan().actions == ()
    release(stage, "nginx:2", keepRevisions=2)
    assert active(stage) == ["app:1", "app:2", "app:3"]
    del stage.files["app.yaml"]
    stage.converge()
    assert active(stage) == ["app:2"]


def test_a_family_that_is_somebody_elses_is_blocked_until_it_is_adopted(stage: Stage) -> None:
    foreign = [{"name": "app", "image": "other:1"}]
    stage.aws().call("ecs", "RegisterTaskDefinition", family="app", memory="512", containerDefinitions=foreign)
    stage.files["app.yaml"] = write([task()])
    (status,) = stage.plan().statuses.values()
    assert status.state is State.BLOCKED
    stage.files["app.yaml"] = write([{**task(), "lifecycle": {"adopt": True}}])
    stage.converge()
    assert active(stage) == ["app:1", "app:2"]


def test_a_revision_is_told_by_the_images_that_change(stage: Stage) -> None:
    release(stage, "nginx:1")
    stage.files["app.yaml"] = write([task(app={"image": "nginx:2"})])
    (action,) = stage.plan().actions
    assert action.verb is Verb.UPDATE
    assert [change.path for change in action.changes] == ["containerDefinitions[app].image"]
    assert action.effects[1] == "app runs nginx:2 in place of nginx:1"


def test_a_parameter_that_is_named_without_its_arn_is_the_same() -> None:
    secrets = [{"name": "KEY", "valueFrom": "/app/key"}]
    found = {
        "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/app:1",
        "family": "app",
        "revision": 1,
        "containerDefinitions": [{"name": "app", "image": "nginx:1", "secrets": secrets}],
    }
    spec = translate(Stubbed("ecs").aws, {"taskDefinition": found}).spec
    source = spec.container_definitions[0].secrets["KEY"]
    assert source.from_ == "arn:aws:ssm:eu-central-1:123456789012:parameter/app/key"


def test_families_that_concern_nobody_are_not_described(stage: Stage) -> None:
    """AWS describes one at a time, and an account may have thousands."""
    release(stage, "nginx:1")
    app = [{"name": "app", "image": "other:1"}]
    for family in ("a", "b"):
        stage.aws().call("ecs", "RegisterTaskDefinition", family=family, memory="512", containerDefinitions=app)
    stage.calls.clear()
    assert stage.plan().actions == ()
    assert stage.calls.count("DescribeTaskDefinition") == 1


@pytest.mark.parametrize(("one", "other"), [("0.25 vCPU", 256), (".25 vcpu", 256), ("1 vCPU", 1024), ("2048", 2048)])
def test_a_cpu_size_is_the_same_however_it_is_written(one: str, other: int) -> None:
    app = [{"name": "app", "image": "nginx:1"}]
    specs = [TaskDefinitionSpec(family="app", cpu=cpu, container_definitions=app) for cpu in (one, other)]
    assert specs[0] == specs[1]


@pytest.mark.parametrize(("one", "other"), [("1 GB", 1024), ("0.5GB", 512), ("2 gb", 2048), ("512", 512)])
def test_a_memory_size_is_the_same_however_it_is_written(one: str, other: int) -> None:
    app = [{"name": "app", "image": "nginx:1"}]
    specs = [TaskDefinitionSpec(family="app", memory=memory, container_definitions=app) for memory in (one, other)]
    assert specs[0] == specs[1]


@pytest.mark.parametrize("cpu", [0.25, "a lot", "0.3333 vCPU", "1 GB"])
def test_a_size_without_sense_is_refused_with_an_example(cpu: Any) -> None:
    with pytest.raises(ValidationError, match=r"write 256 or 0\.25 vCPU"):
        TaskDefinitionSpec(family="app", cpu=cpu, container_definitions=[{"name": "app", "image": "nginx:1"}])


def test_every_size_that_fargate_has_fits_and_no_other() -> None:
    assert not any(unfit_for_fargate(cpu, memory) for cpu, memories in FARGATE.items() for memory in memories)
    assert unfit_for_fargate(256, 4096) == (
        "with cpu 256 Fargate has 512, 1024, 2048 MiB of memory, not 4096; 4096 MiB go with cpu 512 or 1024 or 2048"
    )
    assert (
        unfit_for_fargate(4096, 9000)
        == "with cpu 4096 Fargate has 8192 to 30720 in steps of 1024 MiB of memory, not 9000"
    )
    assert "it has 256, 512" in unfit_for_fargate(300, 512)
    assert unfit_for_fargate(0, 512).startswith("Fargate needs cpu")
    assert unfit_for_fargate(256, 0) == "Fargate needs memory: 512, 1024, 2048 MiB"


def problems(*documents: dict[str, Any]) -> list[Problem]:
    texts = {"scope.yaml": SCOPE, "own.yaml": write(list(documents))}
    tree = Tree(None, "", tuple(Blob(path, path, text.encode()) for path, text in texts.items()))
    return list(Loader(KINDS, COMPOSITES).load(tree).problems)


FARGATE_TASK: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "cpu": 256, "memory": 512}


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"app": {"image": "nginx"}}, f"{FIRST}.image", "neither tag nor digest"),
        ({**FARGATE_TASK, "memory": 4096}, "memory", "with cpu 256 Fargate has 512, 1024, 2048 MiB"),
        ({**FARGATE_TASK, "networkMode": "host"}, "networkMode", "awsvpc only"),
        ({**FARGATE_TASK, "ephemeralStorage": 20}, "ephemeralStorage", "begins at 21"),
        ({**FARGATE_TASK, "app": {"logConfiguration": LOGS}}, "executionRole", "is needed on Fargate"),
        ({**FARGATE_TASK, "app": {"image": ECR}}, "executionRole", "is needed on Fargate"),
        ({**FARGATE_TASK, "app": {"logConfiguration": {"logDriver": "syslog"}}}, f"{FIRST}.logConfiguration", "no log driver"),
        ({"app": {"logConfiguration": {"logDriver": "awslogs"}}}, f"{FIRST}.logConfiguration", "awslogs-group"),
        ({"app": {"mountPoints": [{"sourceVolume": "x", "containerPath": "/x"}]}}, f"{FIRST}.mountPoints", "no volume 'x'"),
        ({"app": {"dependsOn": [{"containerName": "db", "condition": "START"}]}}, f"{FIRST}.dependsOn", "no other container 'db'"),
        ({"app": {"memory": 1024}}, "memory", "more than the whole task"),
        ({"memory": 0}, "containerDefinitions", "needs memory or memoryReservation"),
        ({"app": {"environment": {"DB_PASSWORD": "hunter2"}}}, f"{FIRST}.environment.DB_PASSWORD", "plain text"),
    ],
)  # fmt: skip
def test_what_aws_would_refuse_or_nobody_should_do_is_said_before_any_call(
    spec: dict[str, Any], field: str, message: str
) -> None:
    (problem,) = problems(task(**spec))
    assert problem.field == f"spec.{field}"
    assert message in problem.message
    assert problem.severity == ("warning" if "plain text" in message else "error")


def role(**spec: Any) -> dict[str, Any]:
    return document("iam.aws/v1", "Role", "execution", {"trust": TRUST, **spec})


def allowing(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": [*actions], "Resource": "*"}}


LOGGING = task(**FARGATE_TASK, executionRole="execution", app={"image": ECR, "logConfiguration": LOGS})


@pytest.mark.parametrize(
    "image",
    ["${out.ImagePolicy.app.image}", "${out.ecr/ImagePolicy.app.image}", "${out.Repository.app.uri}:1.4.2"],
)
def test_an_image_that_another_manifest_gives_is_one_of_ecr(image: str) -> None:
    """With a version, and pulled by the execution role."""
    around = [document("ecr.aws/v1", "Repository", "app", {})]
    around += [document("ecr.aws/v1", "ImagePolicy", "app", {"repository": "app", "semver": "1.x"})]
    (found,) = problems(task(**FARGATE_TASK, executionRole="execution", app={"image": image}), role(), *around)
    assert f"so that ECS cannot pull {image}" in found.message
    (found,) = problems(task(**FARGATE_TASK, app={"image": image}), *around)
    assert "is needed on Fargate to pull from ECR" in found.message


def test_an_execution_role_that_cannot_pull_or_log_is_an_error_with_the_actions() -> None:
    found = [p for p in problems(LOGGING, role()) if "does not allow" in p.message]
    assert found[0].severity == "error"
    assert found[0].field == "spec.executionRole"
    assert "ecr:BatchGetImage" in found[0].message
    assert "logs:PutLogEvents" in found[0].message
    assert "write the logs of app" in found[0].message


@pytest.mark.parametrize(
    ("spec", "lifecycle"),
    [
        ({"inlinePolicies": {"some": allowing("ecr:GetAuthorizationToken", "logs:*")}}, {}),
        ({}, {"ignore": ["managedPolicies"]}),
        ({}, {"mode": "observe"}),
    ],
)
def test_what_a_repositorys_policy_may_allow_or_somebody_else_adds_is_a_warning(
    spec: dict[str, Any], lifecycle: dict[str, Any]
) -> None:
    lent = {**role(**spec), "lifecycle": lifecycle}
    (found,) = [p for p in problems(LOGGING, lent) if "does not allow" in p.message]
    assert found.severity == "warning"


@pytest.mark.parametrize(
    "spec",
    [
        {"managedPolicies": ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]},
        {"inlinePolicies": {"all": allowing("ecr:*", "logs:CreateLogStream", "logs:Put*")}},
        {"managedPolicies": ["arn:aws:iam::123456789012:policy/of-another-scope"]},
    ],
)
def test_an_execution_role_that_can_or_may_well_is_no_warning(spec: dict[str, Any]) -> None:
    assert not [p for p in problems(LOGGING, role(**spec)) if "does not allow" in p.message]


def test_a_secret_that_is_named_by_its_manifest_must_be_readable() -> None:
    secret = document("secretsmanager.aws/v1", "Secret", "db", {})
    parameter = document("ssm.aws/v1", "Parameter", "level", {"value": "info"})
    secrets = {"PASSWORD": {"from": "db", "key": "password"}, "LEVEL": "level"}
    both = task(executionRole="execution", app={"secrets": secrets})
    (found,) = [p for p in problems(both, role(), secret, parameter) if "does not allow" in p.message]
    assert "does not allow secretsmanager:GetSecretValue, ssm:GetParameters" in found.message
    assert "read PASSWORD and read LEVEL" in found.message


def test_a_managed_policy_of_git_is_looked_into() -> None:
    policy = document("iam.aws/v1", "Policy", "pull", {"document": allowing("ecr:*")})
    (found,) = [p for p in problems(LOGGING, role(managedPolicies=["pull"]), policy) if "does not allow" in p.message]
    assert "ecr:" not in found.message
    assert "logs:PutLogEvents" in found.message
