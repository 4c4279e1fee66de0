"""Services: rollouts and rollbacks through the whole reconciler, and what is wrong before any call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.ecs.models import ecs_backends

from controller.aws.emulator import ACCOUNT
from controller.aws.emulator.life import Life, living
from controller.errors import AwsBusy
from controller.kinds.ecs.service import Service, translate
from controller.kinds.ecs.service_spec import ServiceSpec
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import State, Status, Verb
from tests.kinds.stubbed import Stubbed
from tests.kinds.test_ecs_task_definition import problems
from tests.stage import Stage, document

APP = Address("test", "ecs/Service", "app")
CLUSTER = document("ecs.aws/v1", "Cluster", "main", {})
PREFIX = "arn:aws:ecs:eu-central-1:123456789012"


def task(image: str = "nginx:1", **spec: Any) -> dict[str, Any]:
    app = {"name": "app", "image": image, "portMappings": [{"containerPort": 3000, "name": "http"}]}
    return document("ecs.aws/v1", "TaskDefinition", "app", {"memory": 512, "containerDefinitions": [app], **spec})


def service(**spec: Any) -> dict[str, Any]:
    given = {"cluster": "main", "taskDefinition": "app", "desiredCount": 2, **spec}
    return document("ecs.aws/v1", "Service", "app", {key: value for key, value in given.items() if value is not None})


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def release(stage: Stage, image: str, commit: str, **spec: Any) -> Status:
    """Commit an image and make one pass; how the service is then."""
    stage.files["app.yaml"] = write([CLUSTER, task(image), service(**spec)])
    return stage.apply(commit).statuses[APP]


def emulated() -> Any:
    return ecs_backends[ACCOUNT]["eu-central-1"].services["main:app"]


def roll_back(to: str, reason: str = "tasks failed to start.") -> None:
    """Do as ECS's circuit breaker does: the earlier revision again, and two events."""
    found, now = emulated(), datetime.now(UTC)
    (primary,) = found.deployments
    found.task_definition = primary["taskDefinition"] = f"{PREFIX}:task-definition/{to}"
    primary["createdAt"] = now
    found.events = [
        {"id": "2", "createdAt": now, "message": "(service app) rolling back to deployment ecs-svc/1."},
        {"id": "1", "createdAt": now, "message": f"(service app) (deployment ecs-svc/2) deployment failed: {reason}"},
    ]


def running(stage: Stage) -> str:
    (found,) = stage.aws().call("ecs", "DescribeServices", cluster="main", services=["app"])["services"]
    return str(found["taskDefinition"]).rpartition("/")[2]


def test_a_service_follows_its_task_definition_in_the_same_pass(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    stage.calls.clear()
    assert release(stage, "nginx:2", "c2").state is State.IN_SYNC
    assert stage.changes == ["RegisterTaskDefinition", "UpdateService"]
    assert running(stage) == "app:2"


def test_a_plan_shows_that_a_service_will_follow(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    stage.files["app.yaml"] = write([CLUSTER, task("nginx:2"), service()])
    plan = stage.plan()
    assert [(action.verb, action.address.kind) for action in plan.actions] == [
        (Verb.UPDATE, "ecs/TaskDefinition"),
        (Verb.UPDATE, "ecs/Service"),
    ]
    (change,) = plan.actions[1].changes
    assert (change.path, change.after) == ("taskDefinition", "(known after apply: ecs/TaskDefinition/app.arn)")


def test_a_release_that_was_rolled_back_is_held_and_not_rolled_out_again_for_the_same_commit(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    release(stage, "nginx:2", "c2")
    roll_back("app:1")
    stage.calls.clear()
    for _ in range(3):
        status = release(stage, "nginx:2", "c2")
        assert status.state is State.HELD
        assert "AWS rolled the deployment back to app:1: tasks failed to start; not tried again" in status.reason
        assert "before a new commit" in status.reason
    assert stage.changes == []
    assert running(stage) == "app:1"


def test_a_new_commit_tries_once_more(stage: Stage) -> None:
    """What was wrong may have been elsewhere: an image that was not pushed yet, a secret's value."""
    release(stage, "nginx:1", "c1")
    release(stage, "nginx:2", "c2")
    roll_back("app:1")
    assert release(stage, "nginx:2", "c3").state is State.IN_SYNC
    assert running(stage) == "app:2"
    roll_back("app:1")
    assert release(stage, "nginx:2", "c3").state is State.HELD


def test_git_that_goes_back_to_what_runs_is_in_sync_again(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    release(stage, "nginx:2", "c2")
    roll_back("app:1")
    assert release(stage, "nginx:1", "c3").state is State.IN_SYNC
    assert release(stage, "nginx:1", "c3").state is State.IN_SYNC


def test_a_first_release_that_does_not_start_is_failed_with_ecss_reason(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    (primary,) = emulated().deployments
    primary |= {
        "rolloutState": "FAILED",
        "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.",
    }
    stage.calls.clear()
    status = release(stage, "nginx:1", "c1")
    assert status.state is State.FAILED
    assert status.reason.startswith("the deployment of app:1 failed: ECS deployment circuit breaker")
    assert stage.changes == []


def test_a_deployment_under_way_is_pending_and_nothing_waits_for_it(stage: Stage) -> None:
    with living(Life(task=timedelta(hours=1))):
        status = release(stage, "nginx:1", "c1")
        assert status.state is State.PENDING
        assert status.reason.startswith("0 of 2 tasks run; (service app) has started 2 tasks: ")
    assert release(stage, "nginx:1", "c1").state is State.IN_SYNC


def test_a_count_that_git_leaves_out_is_autoscalings(stage: Stage) -> None:
    release(stage, "nginx:1", "c1", desiredCount=None)
    stage.aws().call("ecs", "UpdateService", cluster="main", service="app", desiredCount=7)
    assert stage.plan().actions == ()


def test_a_count_that_git_has_is_put_back(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    stage.aws().call("ecs", "UpdateService", cluster="main", service="app", desiredCount=7)
    (action,) = stage.plan().actions
    assert action.effects == ("runs 2 tasks in place of 7",)
    assert release(stage, "nginx:1", "c1").state is State.IN_SYNC


def test_a_count_that_git_has_is_autoscalings_once_that_has_the_service(stage: Stage) -> None:
    """Whoever has asked for that, and also where it was asked for by hand: else the two would pull at it for ever."""
    release(stage, "nginx:1", "c1")
    aws = stage.aws()
    asked = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    bounds: dict[str, Any] = {"ResourceId": "service/main/app", "MinCapacity": 1, "MaxCapacity": 9}
    aws.call("application-autoscaling", "RegisterScalableTarget", **asked, **bounds)
    aws.call("ecs", "UpdateService", cluster="main", service="app", desiredCount=7)
    assert stage.plan().actions == ()
    aws.call("application-autoscaling", "DeregisterScalableTarget", **asked, ResourceId="service/main/app")
    (action,) = stage.plan().actions
    assert [change.path for change in action.changes] == ["desiredCount"]


@pytest.mark.parametrize("resource", ["service/main/app", "${out.ecs/Service.app.resourceId}"])
def test_a_count_beside_autoscaling_is_a_warning_that_says_what_counts(resource: str) -> None:
    bounds = {"resourceId": resource, "minCapacity": 1, "maxCapacity": 9}
    target = document("applicationautoscaling.aws/v1", "ScalableTarget", "app", bounds)
    (problem,) = problems(CLUSTER, task(), service(), target)
    assert (problem.field, problem.severity) == ("spec.desiredCount", "warning")
    assert "the number of tasks is ScalableTarget app's" in problem.message
    assert problems(CLUSTER, task(), service(desiredCount=None), target) == []


def test_services_are_described_in_tens(stage: Stage) -> None:
    aws = stage.aws()
    stage.files["app.yaml"] = write([CLUSTER, task(), service()])
    stage.converge()
    for number in range(25):
        aws.call(
            "ecs", "CreateService", cluster="main", serviceName=f"s{number}", taskDefinition="app:1", desiredCount=0
        )
    stage.calls.clear()
    stage.plan()
    assert stage.calls.count("DescribeServices") == 3
    assert stage.calls.count("ListTagsForResource") == 0


LIVE: dict[str, Any] = {
    "serviceArn": f"{PREFIX}:service/main/app",
    "serviceName": "app",
    "clusterArn": f"{PREFIX}:cluster/main",
    "status": "ACTIVE",
    "taskDefinition": f"{PREFIX}:task-definition/app:1",
    "desiredCount": 2,
    "launchType": "FARGATE",
    "deploymentConfiguration": {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    },
}


def changed(field: str, **wanted: Any) -> Stubbed:
    """Expect UpdateService for one field, and make the change."""
    account, live = Stubbed("ecs"), translate(LIVE)
    data = {**live.spec.model_dump(by_alias=True, exclude_none=True), **wanted.pop("spec")}
    account.expect("UpdateService", {"service": LIVE}, cluster=f"{PREFIX}:cluster/main", service="app", **wanted)
    spec = ServiceSpec.model_validate({"capacityProviderStrategy": None, **data})
    Service().update(account.aws, live, spec, frozenset({field}))
    account.done()
    return account


def test_a_new_deployment_is_forced_only_where_new_tasks_are_needed_and_aws_begins_none() -> None:
    changed("desiredCount", spec={"desiredCount": 3}, desiredCount=3)
    changed("propagateTags", spec={"propagateTags": "SERVICE"}, propagateTags="SERVICE")
    changed("platformVersion", spec={"platformVersion": "1.4.0"}, platformVersion="1.4.0")
    changed(
        "enableExecuteCommand", spec={"enableExecuteCommand": True}, enableExecuteCommand=True, forceNewDeployment=True
    )


def test_a_service_goes_back_to_its_launch_type_by_an_empty_strategy() -> None:
    changed("capacityProviderStrategy", spec={}, capacityProviderStrategy=[], forceNewDeployment=True)


def test_what_trueup_has_no_fields_for_in_a_deployments_configuration_stays() -> None:
    """UpdateService takes the configuration whole."""
    breaker = {"enable": True, "rollback": True}
    configuration = {
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        "deploymentCircuitBreaker": breaker,
        "minimumHealthyPercent": 100,
        "maximumPercent": 200,
    }
    wanted = {"deploymentCircuitBreaker": breaker}
    changed("deploymentConfiguration", spec={"deploymentConfiguration": wanted}, deploymentConfiguration=configuration)


def test_a_name_that_still_drains_is_waited_for() -> None:
    """A replacement takes the name of the service that was deleted for it, whose last tasks may take minutes."""
    account = Stubbed("ecs")
    account.refuse("CreateService", "InvalidParameterException", "Unable to Start a service that is still Draining.")
    spec = ServiceSpec(service_name="app", cluster=LIVE["clusterArn"], task_definition=LIVE["taskDefinition"])
    with pytest.raises(AwsBusy):
        Service().create(account.aws, spec, {})


def test_a_service_that_drains_or_is_gone_is_not_live(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    emulated().status = "DRAINING"
    assert stage.plan().owned.keys() & {APP} == set()


def test_a_daemon_has_other_defaults_than_a_replica() -> None:
    """AWS's own: at least none, at most as many as there are instances."""
    given: dict[str, Any] = {"service_name": "app", "cluster": LIVE["clusterArn"], "task_definition": "app:1"}
    daemon = ServiceSpec(**given, scheduling_strategy="DAEMON").deployment_configuration
    assert (daemon.minimum_healthy_percent, daemon.maximum_percent) == (0, 100)
    replica = ServiceSpec(**given).deployment_configuration
    assert (replica.minimum_healthy_percent, replica.maximum_percent) == (100, 200)


NETWORK = {"subnets": ["subnet-0123456789abcdef0"], "securityGroups": ["sg-0123456789abcdef0"]}
TARGET = {
    "targetGroup": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/0123456789abcdef",
    "containerName": "app",
    "containerPort": 3000,
}
AWSVPC = task(networkMode="awsvpc")


@pytest.mark.parametrize(
    ("definition", "spec", "field", "message"),
    [
        (task(), {"loadBalancers": [{**TARGET, "containerPort": 80}]}, "loadBalancers", "'app' does not listen on 80"),
        (task(), {"loadBalancers": [{**TARGET, "containerName": "web"}]}, "loadBalancers", "'web' does not listen"),
        (task(), {"serviceConnectConfiguration": {"enabled": True, "services": [{"portName": "grpc"}]}},
         "serviceConnectConfiguration.services", "no port is called 'grpc'"),
        (AWSVPC, {}, "networkConfiguration", "has network mode awsvpc"),
        (task(), {"networkConfiguration": NETWORK}, "networkConfiguration", "has bridge"),
        (AWSVPC, {"networkConfiguration": NETWORK, "launchType": "FARGATE"}, "launchType", "not made for Fargate"),
        (task(), {"enableExecuteCommand": True}, "enableExecuteCommand", "needs a task role"),
        (task(), {"schedulingStrategy": "DAEMON"}, "desiredCount", "one task on each instance"),
        (task(), {"launchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
         "capacityProviderStrategy", "exclude each other"),
        (task(), {"deploymentConfiguration": {"maximumPercent": 100}}, "deploymentConfiguration", "leaves no room"),
        (task(), {"deploymentConfiguration": {"alarms": {"enable": True}}}, "deploymentConfiguration.alarms", "no alarm"),
        (task(), {"serviceConnectConfiguration": {"services": [{"portName": "http"}]}},
         "serviceConnectConfiguration", "not enabled"),
    ],
)  # fmt: skip
def test_what_aws_would_refuse_is_said_before_any_call(
    definition: dict[str, Any], spec: dict[str, Any], field: str, message: str
) -> None:
    (problem,) = [p for p in problems(CLUSTER, definition, service(**spec)) if p.severity == "error"]
    assert problem.field == f"spec.{field}"
    assert message in problem.message


CONNECTED = {"enabled": True, "services": [{"portName": "http"}]}
REGISTRY = "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-0123456789abcdef"


def test_a_port_that_nothing_leads_to_is_a_warning() -> None:
    """A target group was forgotten, or the mapping is for nothing: with awsvpc it opens no port."""
    (problem,) = problems(CLUSTER, AWSVPC, service(networkConfiguration=NETWORK))
    assert (problem.field, problem.severity) == ("spec.loadBalancers", "warning")
    assert "no target group, nor Cloud Map or Service Connect, leads to app:3000" in problem.message


@pytest.mark.parametrize(
    "spec",
    [
        {"loadBalancers": [TARGET]},
        {"serviceConnectConfiguration": CONNECTED},
        {"serviceRegistries": [{"registry": REGISTRY}]},
    ],
)
def test_a_port_that_something_leads_to_is_right(spec: dict[str, Any]) -> None:
    assert problems(CLUSTER, AWSVPC, service(networkConfiguration=NETWORK, **spec)) == []
