"""Releases without a commit: an image is pushed, and what follows it moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.aws.emulator import ACCOUNT
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.event import Outcome
from controller.model.plan import State
from controller.reconcile.render import render
from tests.faulty_proxy import DENIED, faulty_proxy
from tests.images import client, push
from tests.stage import SCOPE, Stage, document

NETWORK = document("trueup/v1", "Network", "main", {"cidr": "10.20.0.0/16", "zones": ["a", "b"], "nat": "one"})
TASK, SERVICE, POLICY = (
    Address("test", kind, "shop") for kind in ("ecs/TaskDefinition", "ecs/Service", "ecr/ImagePolicy")
)


def app(**image: str) -> dict[str, Any]:
    spec = {"kind": "worker", "image": image, "network": "main", "zones": ["a", "b"]}
    return document("trueup/v1", "FargateApp", "shop", spec)


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path, {"scope.yaml": SCOPE, "network.yaml": write([NETWORK])})


def wait(stage: Stage) -> Outcome:
    """Apply until nothing but the image is missing."""
    outcome = stage.apply()
    while outcome.applied:
        outcome = stage.apply()
    assert {address for address, status in outcome.statuses.items() if status.state is not State.IN_SYNC} == {
        POLICY,
        TASK,
        SERVICE,
    }
    return outcome


def runs() -> tuple[str, str]:
    """The revision that the service is to run, and its image."""
    ecs = boto3.client("ecs", region_name="eu-central-1")
    (service,) = ecs.describe_services(cluster="shop", services=["shop"])["services"]
    found = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return service["taskDefinition"].rpartition("/")[2], found["containerDefinitions"][0]["image"]


def image(digest: str) -> str:
    return f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop@{digest}"


def test_an_app_waits_for_its_first_image_and_follows_its_tag_from_then_on(stage: Stage) -> None:
    stage.files["app.yaml"] = write([app(tag="stable")])
    outcome = wait(stage)
    assert outcome.count(State.PENDING) == 3, "it is nobody's fault"
    assert "does not have the tag stable" in outcome.statuses[SERVICE].reason
    assert boto3.client("ecs", region_name="eu-central-1").list_task_definitions()["taskDefinitionArns"] == []
    first = push("shop", "1", "stable")
    stage.converge()
    assert runs() == ("shop:1", image(first))
    second = push("shop", "2", "stable")
    assert f"containerDefinitions[shop].image: {image(first)} -> {image(second)}" in render(stage.plan()).plain
    stage.calls.clear()
    stage.converge()
    assert stage.changes == ["RegisterTaskDefinition", "UpdateService"]
    assert runs() == ("shop:2", image(second))


def test_an_image_whose_tag_vanishes_goes_on_running(stage: Stage) -> None:
    stage.files["app.yaml"] = write([app(tag="stable")])
    wait(stage)
    first = push("shop", "1", "stable")
    stage.converge()
    client().batch_delete_image(repositoryName="shop", imageIds=[{"imageTag": "stable"}])
    stage.calls.clear()
    assert wait(stage).statuses[SERVICE].state is State.PENDING
    assert stage.changes == []
    assert runs() == ("shop:1", image(first))


def test_of_versions_the_highest_in_the_range_is_run_and_git_moves_the_range(stage: Stage) -> None:
    stage.files["app.yaml"] = write([app(semver="^1.4")])
    wait(stage)
    next_major = push("shop", "2.0.0")
    wait(stage)
    push("shop", "1.9.0")
    highest = push("shop", "1.10.0")
    push("shop", "1.4.7")
    stage.converge()
    assert runs() == ("shop:1", image(highest))
    stage.files["app.yaml"] = write([app(semver="2.x")])
    stage.converge()
    assert runs() == ("shop:2", image(next_major))


def test_while_ecr_cannot_be_read_nothing_moves(
    stage: Stage, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.files["app.yaml"] = write([app(tag="stable")])
    wait(stage)
    push("shop", "stable")
    stage.converge()
    with faulty_proxy(aws_endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("DescribeImages", DENIED)
        stage.calls.clear()
        outcome = stage.apply()
    assert outcome.statuses[POLICY].state is State.UNKNOWN
    assert "DescribeImages: AccessDenied" in outcome.statuses[POLICY].reason
    assert {outcome.statuses[address].state for address in (TASK, SERVICE)} == {State.BLOCKED}
    assert outcome.statuses[TASK].reason == "needs ecr/ImagePolicy/shop, which is unknown"
    assert stage.changes == []


def test_what_a_pipeline_deploys_by_itself_stays_where_git_leaves_it_that_field(stage: Stage) -> None:
    patches = [{"kind": "Service", "lifecycle": {"ignore": ["taskDefinition"]}}]
    spec = {"kind": "worker", "image": "shop:1", "network": "main", "zones": ["a", "b"], "count": 1, "patches": patches}
    stage.files["app.yaml"] = write([document("trueup/v1", "FargateApp", "shop", spec)])
    stage.converge()
    ecs = boto3.client("ecs", region_name="eu-central-1")
    containers = [{"name": "shop", "image": "shop:2"}]
    ecs.register_task_definition(family="shop", containerDefinitions=containers, cpu="256", memory="512")
    ecs.update_service(cluster="shop", service="shop", taskDefinition="shop:2")
    assert stage.plan().actions == ()
    ecs.update_service(cluster="shop", service="shop", desiredCount=5)
    stage.converge()
    assert runs() == ("shop:2", "shop:2")
    (service,) = ecs.describe_services(cluster="shop", services=["shop"])["services"]
    assert service["desiredCount"] == 1, "the rest is held as ever"
