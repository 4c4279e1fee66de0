"""Two who want one thing: two manifests for one live resource, and a live resource of the wanted name that is not ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.aws.account import open_gate
from controller.errors import Held
from controller.kinds.registry import KINDS
from controller.manifest.hold import hold
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.commit import Blob, Tree
from controller.model.manifest import Loaded
from controller.model.plan import State
from controller.reconcile.cycle import reconcile
from controller.source.entries import blob_id
from tests.faults.team import GROUP, POLICY, ROLE, TEAM, USER, staged, states
from tests.faulty_proxy import THROTTLED, FaultyProxy, Lost
from tests.kinds.samples.iam import OTHER_TRUST, TRUST
from tests.stage import document


@pytest.fixture
def iam(aws_endpoint: str) -> Any:
    return boto3.client("iam")


def load(files: dict[str, str]) -> Loaded:
    blobs = tuple(Blob(path, blob_id(text.encode()), text.encode()) for path, text in sorted(files.items()))
    return Loader(KINDS).load(Tree(None, "", blobs))


def test_two_manifests_for_one_live_resource_touch_it_not_at_all(tmp_path: Path, iam: Any) -> None:
    """IAM's names know no case: `app` and `APP` are one role. Which manifest is meant cannot be told."""
    stage = staged(tmp_path)
    stage.converge()
    stage.calls.clear()
    twin = document("iam.aws/v1", "Role", "twin", {"roleName": "APP", "trust": OTHER_TRUST})
    loaded = load({**stage.files, "twin.yaml": write([twin])})
    first, second = sorted(str(problem) for problem in loaded.problems if problem.severity == "error")
    assert "more than one manifest wants the live Role 'app' of account 123456789012" in first
    assert first.startswith("team.yaml:")
    assert "test/iam/Role/twin at twin.yaml:1:1" in first
    assert second.startswith("twin.yaml:1:1")
    assert "test/iam/Role/app at team.yaml:" in second

    outcome = reconcile(loaded.scopes["test"], "c2", stage.world())
    assert states(outcome)[USER.local] is State.IN_SYNC
    assert iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert stage.changes == []  # in particular: not pruned


def test_two_manifests_for_one_live_resource_leave_the_last_good_one_in_force(tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    stage.converge()
    good = load(stage.files)
    twin = document("iam.aws/v1", "Role", "twin", {"roleName": "APP", "trust": OTHER_TRUST})
    held = hold(load({**stage.files, "twin.yaml": write([twin])}), good, KINDS)
    iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(OTHER_TRUST))
    outcome = reconcile(held.scopes["test"], "c2", stage.world())
    assert states(outcome) == {address.local: State.IN_SYNC for address in (POLICY, GROUP, USER, ROLE)}
    assert iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"] == TRUST


def theirs(iam: Any) -> None:
    """Somebody has a role and a group by the names that we want."""
    iam.create_role(RoleName="App", AssumeRolePolicyDocument=json.dumps(OTHER_TRUST))
    iam.create_group(GroupName="readers")


def test_what_has_the_wanted_name_and_is_not_ours_is_blocked_with_the_line_to_add(tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    theirs(iam)
    outcome = stage.apply()
    assert states(outcome) == {
        "iam/Policy/read": State.IN_SYNC,
        "iam/Group/readers": State.BLOCKED,
        "iam/User/ana": State.BLOCKED,
        "iam/Role/app": State.BLOCKED,
    }
    line = "was not made by trueup; to take it over, add `lifecycle: {adopt: true}` to the manifest"
    assert outcome.statuses[ROLE].reason == f"App exists and {line}"
    assert outcome.statuses[GROUP].reason == f"readers exists and {line}"
    assert str(outcome.statuses[ROLE].where).startswith("team.yaml:")
    assert stage.changes == ["CreatePolicy"]
    role = iam.get_role(RoleName="App")["Role"]
    assert role["AssumeRolePolicyDocument"] == OTHER_TRUST
    assert "Tags" not in role


def test_what_git_names_no_more_and_was_never_ours_is_left_alone(tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    theirs(iam)
    stage.apply()
    stage.files["team.yaml"] = write([TEAM[0]])
    assert stage.converge().converged
    assert iam.get_role(RoleName="App")
    assert iam.get_group(GroupName="readers")


def test_adopt_takes_it_over_and_what_waited_goes_on(tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    theirs(iam)
    stage.apply()
    adopted = [{**each, "lifecycle": {"adopt": True}} if each["kind"] in ("Group", "Role") else each for each in TEAM]
    # AWS cannot change the name of a role, and theirs is written otherwise.
    adopted[-1] = {**adopted[-1], "spec": {"roleName": "App", "trust": TRUST}}
    stage.files["team.yaml"] = write(adopted)
    assert stage.converge().converged
    role = iam.get_role(RoleName="App")["Role"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert {tag["Key"] for tag in role["Tags"]} == {"trueup:owner", "trueup:scope", "trueup:manifest"}


def test_what_another_trueup_owns_is_blocked_with_its_name(tmp_path: Path, iam: Any) -> None:
    tags = {"trueup:owner": "platform", "trueup:scope": "prod", "trueup:manifest": "iam/Role/app"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=listed)
    stage = staged(tmp_path, document("iam.aws/v1", "Role", "app", {"trust": TRUST}))
    said = stage.apply().statuses[ROLE].reason
    assert said.startswith("app exists and belongs to trueup owner 'platform', scope 'prod'; to take it over, add")
    assert stage.changes == []


def test_what_somebody_made_while_a_create_was_throttled_is_theirs(
    proxy: FaultyProxy, aws_endpoint: str, tmp_path: Path
) -> None:
    """AWS did nothing on the attempt that it throttled, so what the next one finds cannot be ours."""

    def gate(acting: Address | None, mutating: bool) -> None:
        if mutating and acting == GROUP and "CreateGroup" not in proxy.calls:
            boto3.client("iam", endpoint_url=aws_endpoint).create_group(GroupName="readers")

    stage = staged(tmp_path)
    stage.gate = gate
    proxy.answer("CreateGroup", THROTTLED, times=1)
    stage.apply()
    assert proxy.count("CreateGroup") == 2
    assert states(stage.apply())[GROUP.local] is State.BLOCKED


def test_what_was_made_though_its_reply_got_lost_is_ours_where_a_pause_stopped_the_next_attempt(
    proxy: FaultyProxy, tmp_path: Path
) -> None:
    def gate(acting: Address | None, mutating: bool) -> None:
        if mutating and acting == GROUP and "CreateGroup" in proxy.calls:
            raise Held("paused")

    stage = staged(tmp_path)
    stage.gate = gate
    proxy.answer("CreateGroup", Lost(), times=1)
    assert states(stage.apply())[GROUP.local] is State.HELD
    stage.gate = open_gate
    assert stage.apply().converged
