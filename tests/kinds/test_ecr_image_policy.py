"""Image policies: which image is meant, by replies as AWS gives them; and what a pass makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.emulator import ACCOUNT
from controller.kinds.ecr.following import Choice, Following
from controller.kinds.ecr.image_policy import ImagePolicy
from controller.kinds.ecr.types import place, registry
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.manifest import View
from controller.model.observed import Wanted
from controller.model.plan import State, Status
from controller.reconcile.export import export_scope
from tests.images import client, push
from tests.kinds.stubbed import Stubbed
from tests.stage import SCOPE, Stage, document

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
ELSEWHERE = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/app"


def image(minute: int, *tags: str, **more: Any) -> dict[str, Any]:
    """An image that was pushed at some minute; the digest says which minute."""
    pushed = NOON + timedelta(minutes=minute)
    return {"imageDigest": f"sha256:{minute:064}", "imageTags": [*tags], "imagePushedAt": pushed, **more}


def digest(minute: int) -> str:
    return f"sha256:{minute:064}"


def chosen(images: list[dict[str, Any]], **spec: Any) -> Choice | None:
    return Following.model_validate(spec).choose(images)


RELEASES = [
    image(1, "v1.4.2"),
    image(2, "1.10.0", "stable"),
    image(3, "v1.9.0"),
    image(4, "2.0.0-rc.1"),
    image(5, "4f2a"),
]


def test_a_tag_means_the_image_that_has_it() -> None:
    assert chosen(RELEASES, tag="stable") == Choice("stable", digest(2))
    assert chosen(RELEASES, tag="gone") is None


def test_a_range_means_the_highest_version_and_not_what_was_pushed_last() -> None:
    assert chosen(RELEASES, semver="1.x") == Choice("1.10.0", digest(2))
    assert chosen(RELEASES, semver="<1.10") == Choice("v1.9.0", digest(3))
    assert chosen(RELEASES, semver=">=1.0.0-0") == Choice("2.0.0-rc.1", digest(4))
    assert chosen(RELEASES, semver="2.x") is None


def test_of_two_images_with_one_version_the_one_that_was_pushed_last_is_meant() -> None:
    assert chosen([image(2, "1.0.0"), image(1, "v1.0.0")], semver="1.x") == Choice("1.0.0", digest(2))


def test_a_repository_that_several_share_is_filtered_by_a_pattern_that_says_where_the_version_is() -> None:
    shared = [image(1, "api-1.0.0"), image(2, "web-1.5.0"), image(3, "1.9.0"), image(4, "api-latest")]
    assert chosen(shared, semver="1.x", filterTags="^api-(.+)$") == Choice("api-1.0.0", digest(1))
    assert chosen(shared, semver="1.x", filterTags=r"^\d") == Choice("1.9.0", digest(3))
    assert chosen(shared, semver="1.x", filterTags="^x-(.*)?$") is None


def test_an_archived_image_cannot_be_pulled_and_so_is_not_meant() -> None:
    images = [image(1, "1.0.0"), image(2, "1.1.0", imageStatus="ARCHIVED"), image(3, imageTags=None)]
    assert chosen(images, semver="1.x") == Choice("1.0.0", digest(1))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "needs a tag to follow, or semver"),
        ({"tag": "stable", "semver": "1.x"}, "one of the two"),
        ({"tag": "stable", "filterTags": "^v"}, "filterTags goes with semver"),
        ({"semver": "newest"}, "is no range of versions"),
        ({"semver": "1.x", "filterTags": "(v"}, "is no regular expression"),
        ({"semver": "1.x", "filterTags": "(a)(b)"}, "has 2 groups"),
        ({"tag": "a tag"}, "should match pattern"),
    ],
)
def test_what_nothing_can_be_found_by_is_said_before_any_call(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Following.model_validate(spec)


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_a_repository_is_known_by_its_uri(region: str) -> None:
    found = place(f"{registry(ACCOUNT, region)}/team/app")
    assert found
    assert (found.account, found.region, found.name) == (ACCOUNT, region, "team/app")
    assert found.uri.endswith(".amazonaws.com.cn/team/app" if region.startswith("cn") else ".amazonaws.com/team/app")
    assert place("docker.io/library/nginx") is None


def repository(**spec: Any) -> dict[str, Any]:
    return document("ecr.aws/v1", "Repository", "app", {"repositoryName": "team/app", **spec})


def policy(name: str = "app", **spec: Any) -> dict[str, Any]:
    followed = {} if "semver" in spec else {"tag": "stable"}
    return document("ecr.aws/v1", "ImagePolicy", name, {"repository": "app", **followed, **spec})


def parameter(of: str = "app") -> dict[str, Any]:
    """What depends on a policy and is quickly made."""
    return document(
        "ssm.aws/v1", "Parameter", of, {"value": f"${{out.ImagePolicy.{of}.image}} ${{out.ImagePolicy.{of}.tag}}"}
    )


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def put(stage: Stage, *manifests: dict[str, Any]) -> None:
    stage.files["all.yaml"] = write(manifests)


def status(stage: Stage, name: str = "ecr/ImagePolicy/app") -> Status:
    kind, _, name = name.rpartition("/")
    return stage.plan().statuses[Address("test", kind, name)]


def value(stage: Stage) -> str:
    return str(stage.aws().call("ssm", "GetParameter", Name="app")["Parameter"]["Value"])


def test_a_policy_waits_for_its_repository_and_then_for_its_image(stage: Stage) -> None:
    put(stage, repository(), policy(), parameter())
    where = f"{REGISTRY}/team/app"
    assert (status(stage).state, status(stage).reason) == (State.PENDING, f"the repository {where} does not exist yet")
    stage.apply()
    assert status(stage).reason == f"{where} does not have the tag stable; no image there has a tag"
    for number in range(7):
        push("team/app", f"1.{number}.0")
    assert "does not have the tag stable; there are " in status(stage).reason
    assert status(stage).reason.endswith(", and 2 older")
    outcome = stage.apply()
    waiting = outcome.statuses[Address("test", "ssm/Parameter", "app")]
    assert waiting.state is State.PENDING
    assert waiting.reason == f"waits for ecr/ImagePolicy/app: {status(stage).reason}"
    assert stage.aws().pages("ssm", "DescribeParameters")[0]["Parameters"] == []
    found = push("team/app", "1.6.0", "stable", content="1.6.0 ")
    stage.converge()
    assert value(stage) == f"{where}@{found} stable"


def test_another_image_is_followed_and_what_runs_stays_when_its_tag_vanishes(stage: Stage) -> None:
    put(stage, repository(), policy(), parameter())
    stage.apply()
    push("team/app", "stable", content="one")
    stage.converge()
    moved = push("team/app", "stable", content="two")
    (action,) = stage.plan().actions
    (change,) = action.changes
    assert change.after == f"{REGISTRY}/team/app@{moved} stable"
    stage.converge()
    client().batch_delete_image(repositoryName="team/app", imageIds=[{"imageTag": "stable"}])
    stage.calls.clear()
    assert stage.apply().count(State.PENDING) == 2
    assert stage.changes == []
    assert value(stage) == f"{REGISTRY}/team/app@{moved} stable"


def test_nothing_is_recorded_exported_or_pruned(stage: Stage) -> None:
    put(stage, repository(), policy(tag="stable"), policy("same", tag="stable"))
    stage.apply()
    push("team/app", "stable")
    stage.converge()
    inventory = stage.store.inventory("test")
    assert {entry.address.kind for entry in inventory.entries} == {"ecr/Repository"}
    assert inventory.intents == {}
    assert "ecr/imagepolicy.yaml" not in export_scope(
        stage.aws(), stage.desired().scope, {"ecr/ImagePolicy": ImagePolicy()}
    )
    put(stage, repository())
    assert stage.plan().actions == ()


def test_versions_of_one_repository_are_read_once_for_all_who_follow_them(stage: Stage) -> None:
    following = [policy(f"p{major}", semver=f"{major}.x") for major in range(5)]
    put(stage, repository(), *following, policy("a", tag="stable"), policy("b", tag="stable"))
    stage.apply()
    push("team/app", "stable", *(f"{major}.0.0" for major in range(5)))
    stage.converge()
    stage.calls.clear()
    stage.apply()
    assert stage.calls.count("DescribeImages") == 2


def test_a_repository_of_another_scope_is_looked_at_where_that_scope_is(stage: Stage) -> None:
    """The usual way: one account has the images, others run them."""
    shared = SCOPE.replace("name: test", "name: shared").replace("eu-central-1", "eu-west-1")
    stage.files |= {"shared/scope.yaml": shared, "shared/r.yaml": write([repository()])}
    put(stage, policy(repository="shared/app"))
    assert (
        status(stage).reason == f"the repository {ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/app does not exist yet"
    )


def looked_up(account: Stubbed, stage: Stage) -> list[Any]:
    desired = stage.desired()
    return list(ImagePolicy().observe(account.aws, Wanted(view=View(desired.scope, desired.manifests, desired.scopes))))


def test_another_accounts_repository_is_asked_for_in_its_own_registry_in_pages(tmp_path: Path) -> None:
    account, stage = Stubbed("ecr"), Stage(tmp_path)
    put(stage, policy(repository=ELSEWHERE, semver="1.x"))
    asked = {
        "registryId": "210987654321",
        "repositoryName": "team/app",
        "filter": {"tagStatus": "TAGGED"},
        "maxResults": 1000,
    }
    account.expect("DescribeImages", {"imageDetails": [image(1, "1.0.0")], "nextToken": "more"}, **asked)
    account.expect("DescribeImages", {"imageDetails": [image(2, "1.1.0")]}, **asked, nextToken="more")
    (found,) = looked_up(account, stage)
    assert found.outputs == {"image": f"{ELSEWHERE}@{digest(2)}", "digest": digest(2), "tag": "1.1.0"}
    account.done()


def test_a_repository_that_may_not_be_read_is_unknown_and_no_other_is(tmp_path: Path) -> None:
    account, stage = Stubbed("ecr"), Stage(tmp_path)
    put(stage, policy("a", repository=ELSEWHERE), policy("b", repository=f"{REGISTRY}/app"))
    account.refuse("DescribeImages", "AccessDeniedException")
    account.expect(
        "DescribeImages",
        {"imageDetails": [image(1, "stable")]},
        registryId=ACCOUNT,
        repositoryName="app",
        imageIds=[{"imageTag": "stable"}],
    )
    denied, other = looked_up(account, stage)
    assert denied.unread.startswith("could not be read: ecr:DescribeImages: AccessDeniedException")
    assert (other.unread, other.outputs["digest"]) == ("", digest(1))


@pytest.mark.parametrize(
    ("spec", "doubtful"),
    [
        ({}, False),
        ({"imageTagMutability": "IMMUTABLE"}, True),
        (
            {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": ["sta*"]},
            False,
        ),
        ({"imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": ["sta*"]}, True),
    ],
)
def test_a_tag_that_is_never_moved_is_a_warning(tmp_path: Path, spec: dict[str, Any], doubtful: bool) -> None:
    stage = Stage(tmp_path)
    put(stage, repository(**spec), policy(), policy("versions", semver="1.x"))
    found = [(problem.field, problem.severity) for problem in stage.loaded().problems]
    assert found == ([("spec.tag", "warning")] if doubtful else [])


def test_a_repository_that_is_neither_a_manifest_nor_a_uri_is_an_error(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    put(stage, policy(repository="team/app"))
    (problem,) = stage.loaded().problems
    assert problem.message == "there is no scope 'team'"
