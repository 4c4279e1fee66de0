"""What moto cannot do of ECS (gaps.py), shown on the requests."""

from __future__ import annotations

from typing import Any

from controller.kinds.ecs.service import Service
from controller.kinds.ecs.task_definition import TaskDefinition, translate
from controller.model.observed import Wanted
from tests.kinds.stubbed import Stubbed, covers

PREFIX = "arn:aws:ecs:eu-central-1:123456789012"
TASK: dict[str, Any] = {
    "taskDefinitionArn": f"{PREFIX}:task-definition/app:1",
    "family": "app",
    "revision": 1,
    "networkMode": "awsvpc",
    "containerDefinitions": [{"name": "app", "image": "nginx:1"}],
}


@covers("ecs/TaskDefinition", "enableFaultInjection")
def test_a_new_revision_may_be_disturbed_by_the_fault_injection_service() -> None:
    account = Stubbed("ecs")
    live = translate(account.aws, {"taskDefinition": TASK, "tags": [{"key": "a", "value": "b"}]})
    account.expect(
        "RegisterTaskDefinition",
        {"taskDefinition": {**TASK, "taskDefinitionArn": f"{PREFIX}:task-definition/app:2", "revision": 2}},
        family="app",
        networkMode="awsvpc",
        containerDefinitions=[{"name": "app", "image": "nginx:1"}],
        enableFaultInjection=True,
        tags=[{"key": "a", "value": "b"}],
    )
    account.expect(
        "ListTaskDefinitions",
        {"taskDefinitionArns": [TASK["taskDefinitionArn"]]},
        familyPrefix="app",
        status="ACTIVE",
        sort="DESC",
        maxResults=100,
    )
    spec = live.spec.model_copy(update={"enable_fault_injection": True, "keep_revisions": 5})
    made = TaskDefinition().update(account.aws, live, spec, frozenset({"enableFaultInjection"}))
    assert made.outputs["arn"].endswith("app:2")
    account.done()


@covers("ecs/Service", "rollout")
def test_of_a_deployment_whose_tasks_fail_the_stopped_tasks_are_asked() -> None:
    """Two calls, and only for such a service: an image that is not there is told nowhere else."""
    account, cluster = Stubbed("ecs"), f"{PREFIX}:cluster/main"
    failing: dict[str, Any] = {
        "serviceArn": f"{PREFIX}:service/main/app",
        "serviceName": "app",
        "clusterArn": cluster,
        "status": "ACTIVE",
        "taskDefinition": TASK["taskDefinitionArn"],
        "deployments": [
            {"status": "PRIMARY", "rolloutState": "IN_PROGRESS", "desiredCount": 2, "runningCount": 0, "failedTasks": 3}
        ],
    }
    found = {"clusters": [{"clusterArn": cluster, "clusterName": "main", "status": "ACTIVE"}]}
    account.expect("ListClusters", {"clusterArns": [cluster]}, maxResults=100)
    account.expect("DescribeClusters", found, clusters=[cluster], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])
    account.expect("ListServices", {"serviceArns": [failing["serviceArn"]]}, cluster=cluster, maxResults=100)
    described = {"cluster": cluster, "services": [failing["serviceArn"]], "include": ["TAGS"]}
    account.expect("DescribeServices", {"services": [failing]}, **described)
    asked: dict[str, Any] = {
        "cluster": cluster,
        "serviceName": "app",
        "desiredStatus": "STOPPED",
        "maxResults": 100,
    }
    account.expect("ListTasks", {"taskArns": [f"{PREFIX}:task/main/1"]}, **asked)
    reason = "CannotPullContainerError: app:nope: not found"
    task = {"stopCode": "TaskFailedToStart", "stoppedReason": reason}
    account.expect("DescribeTasks", {"tasks": [task]}, cluster=cluster, tasks=[f"{PREFIX}:task/main/1"])
    (service,) = Service().observe(account.aws, Wanted())
    assert service.pending == f"0 of 2 tasks run, 3 failed; the last stopped because: {reason}"
    account.done()
