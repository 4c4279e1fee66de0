"""What moto cannot do of ECS (gaps.py), shown on the requests."""

from __future__ import annotations

from typing import Any

from controller.kinds.ecs.task_definition import TaskDefinition, translate
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
