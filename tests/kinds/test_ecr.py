"""ECR repositories: policies compared by meaning, and images that hold a delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.errors import AwsBusy
from controller.kinds.ecr.repository import Repository, RepositorySpec, translate
from controller.model.address import Address
from controller.model.plan import State
from tests.images import push
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage

REPOSITORY: dict[str, Any] = {
    "repositoryName": "app",
    "repositoryArn": "arn:aws:ecr:eu-central-1:123456789012:repository/app",
    "repositoryUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app",
    "imageTagMutability": "MUTABLE",
}
MANIFEST = "apiVersion: ecr.aws/v1\nkind: Repository\nmetadata: {name: app}\nspec: {}\n"


def rule(priority: int, **more: Any) -> dict[str, Any]:
    chosen = {
        "tagStatus": "tagged",
        "tagPatternList": ["b*", "a*"],
        "countType": "imageCountMoreThan",
        "countNumber": 1,
    }
    return {"rulePriority": priority, "selection": chosen, "action": {"type": "expire"}, **more}


def test_a_lifecycle_policy_is_compared_by_meaning() -> None:
    """JSON text as AWS gives it, in whatever order, equals the YAML that it came from."""
    written = RepositorySpec(repository_name="app", lifecycle_policy={"rules": [rule(2, description=""), rule(1)]})
    patterns = {**rule(1)["selection"], "tagPatternList": ["a*", "b*"]}
    text = json.dumps({"rules": [{**rule(1), "selection": patterns}, rule(2)]}, indent=4)
    assert translate(REPOSITORY, {}, lifecycle=text).spec.lifecycle_policy == written.lifecycle_policy
    other = RepositorySpec(repository_name="app", lifecycle_policy={"rules": [rule(1), rule(3)]})
    assert other.lifecycle_policy != written.lifecycle_policy


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"rules": [rule(1), rule(1)]}, "one rulePriority"),
        ({"rules": [{"selection": {}}]}, "needs a `rulePriority`"),
        ({"rule": []}, "a list of `rules`"),
        ("{", "Expecting property name"),
    ],
)
def test_a_lifecycle_policy_that_ecr_would_refuse_is_said_before_any_call(policy: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RepositorySpec(repository_name="app", lifecycle_policy=policy)


def test_no_policy_is_managed_and_no_answer_is_not() -> None:
    assert translate(REPOSITORY, {}, "", "none").spec.repository_policy == "none"
    assert translate(REPOSITORY, {}, "", "none").spec.lifecycle_policy == {}
    unread = translate(REPOSITORY, None).spec.model_dump()
    assert (unread["repository_policy"], unread["lifecycle_policy"]) == (None, None)


def test_a_repository_with_images_is_held_when_git_names_it_no_more(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["app.yaml"] = MANIFEST
    stage.converge()
    push("app", "v1")
    stage.calls.clear()
    stage.apply()
    assert "ListImages" not in stage.calls, "images are asked for only where a delete is due"
    del stage.files["app.yaml"]
    status = stage.plan().statuses[Address("test", "ecr/Repository", "app")]
    assert status.state is State.HELD
    assert "it holds images" in status.reason


def test_a_repository_that_fills_up_at_the_last_moment_waits_and_says_why() -> None:
    account, live = Stubbed("ecr"), translate(REPOSITORY, {}, "", "none")
    account.refuse("DeleteRepository", "RepositoryNotEmptyException")
    with pytest.raises(AwsBusy):
        Repository().delete(account.aws, live)
    account.expect("ListImages", {"imageIds": [{"imageTag": "v1"}]}, repositoryName="app", maxResults=1)
    assert Repository().holders(account.aws, live) == "the images in it"
    account.done()


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ("{imageTagMutability: IMMUTABLE_WITH_EXCLUSION}", "imageTagMutability"),
        ("{imageTagMutabilityExclusionFilters: [latest]}", "imageTagMutability"),
        ("{kmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/one'}", "kmsKey"),
    ],
)
def test_settings_that_need_each_other_are_checked(tmp_path: Path, spec: str, field: str) -> None:
    stage = Stage(tmp_path)
    stage.files["app.yaml"] = MANIFEST.replace("spec: {}", f"spec: {spec}")
    with pytest.raises(AssertionError, match=f"spec.{field}"):
        stage.desired()
