"""AWS refuses one call: that resource says so, what needs it waits, everything else converges, and AWS is not hammered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine

from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import State
from tests.faults.team import GROUP, POLICY, ROLE, TEAM, USER, staged, states
from tests.faulty_proxy import DENIED, FaultyProxy, Refusal
from tests.kinds.samples.iam import OTHER_TRUST, TRUST
from tests.stage import Stage, document


@pytest.fixture
def iam(aws_endpoint: str) -> Any:
    """IAM as somebody else uses it, past the proxy."""
    return boto3.client("iam", endpoint_url=aws_endpoint)


def test_a_refused_create_stops_what_needs_it_and_nothing_else(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("CreateGroup", DENIED)
    outcome = staged(tmp_path).apply()
    assert states(outcome) == {
        "iam/Policy/read": State.IN_SYNC,
        "iam/Group/readers": State.FAILED,
        "iam/User/ana": State.BLOCKED,
        "iam/Role/app": State.IN_SYNC,
    }
    said = f"iam:CreateGroup: AccessDenied: {DENIED.message}; allow iam:CreateGroup to the role that trueup runs as"
    assert outcome.statuses[GROUP].reason == said
    assert str(outcome.statuses[GROUP].where).startswith("team.yaml:")
    assert outcome.statuses[USER].reason == f"waits for iam/Group/readers: {said}"


def test_what_is_refused_for_good_is_tried_again_only_after_a_while(proxy: FaultyProxy, tmp_path: Path) -> None:
    """One minute, then two, then four, up to an hour; and each pass says when."""
    proxy.answer("CreateGroup", DENIED)
    stage = staged(tmp_path)
    start = datetime.now(UTC)
    for minutes, attempts in [(0, 1), (0.5, 1), (0.9, 1), (1.1, 2), (2.9, 2), (3.2, 3), (7, 3), (7.3, 4)]:
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            reason = stage.apply().statuses[GROUP].reason
        assert proxy.count("CreateGroup") == attempts, f"after {minutes} minutes"
    assert "(tried 4x; again at " not in reason  # this pass has just tried
    with time_machine.travel(start + timedelta(minutes=8)):
        outcome = stage.apply()
    assert "iam:CreateGroup: AccessDenied" in outcome.statuses[GROUP].reason
    assert "(tried 4x; again at " in outcome.statuses[GROUP].reason
    assert "or on a new commit)" in outcome.statuses[GROUP].reason
    assert states(outcome)[GROUP.local] is State.FAILED
    with time_machine.travel(start + timedelta(days=1)):
        stage.apply()
    with time_machine.travel(start + timedelta(days=1, minutes=61)):
        stage.apply()
    assert proxy.count("CreateGroup") == 6


def test_a_new_commit_tries_again_at_once_and_a_success_clears_it(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("CreateGroup", DENIED, times=2)
    stage = staged(tmp_path)
    stage.apply("c1")
    stage.apply("c1")
    assert proxy.count("CreateGroup") == 1
    stage.apply("c2")
    stage.apply("c2")
    assert proxy.count("CreateGroup") == 2
    assert stage.apply("c3").converged
    assert proxy.count("CreateGroup") == 3
    assert stage.store.inventory("test").failures == {}
    assert stage.apply("c3").applied == 0


def test_a_change_of_what_is_live_tries_again_at_once(proxy: FaultyProxy, tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    stage.converge()
    proxy.answer("UpdateAssumeRolePolicy", DENIED)
    stage.files["team.yaml"] = write([*TEAM[:-1], document("iam.aws/v1", "Role", "app", {"trust": OTHER_TRUST})])
    for _ in range(3):
        assert states(stage.apply("c2"))[ROLE.local] is State.FAILED
    assert proxy.count("UpdateAssumeRolePolicy") == 1
    iam.update_role(RoleName="app", Description="somebody was here")
    for _ in range(4):
        stage.apply("c2")
    # Once for somebody's change, and once more because mending that was a change as well.
    assert proxy.count("UpdateAssumeRolePolicy") == 3
    proxy.heal()
    iam.tag_role(RoleName="app", Tags=[{"Key": "somebody", "Value": "again"}])
    assert stage.apply("c2").converged
    assert stage.store.inventory("test").failures == {}


@pytest.mark.parametrize("address", [GROUP, USER], ids=["without tags", "with tags"])
def test_a_refused_second_call_leaves_what_the_first_has_made_as_ours(
    proxy: FaultyProxy, tmp_path: Path, address: Address
) -> None:
    """It is there and lacks something: next time that is an update, which is refused once more and then waits."""
    create, second = {GROUP: ("CreateGroup", "AttachGroupPolicy"), USER: ("CreateUser", "AddUserToGroup")}[address]
    proxy.answer(second, DENIED)
    stage = staged(tmp_path)
    for _ in range(4):
        assert states(stage.apply())[address.local] is State.FAILED
    assert (proxy.count(create), proxy.count(second)) == (1, 2)
    proxy.heal()
    assert stage.apply("c2").converged
    assert proxy.count(create) == 1


def test_what_somebody_makes_after_our_create_was_refused_is_theirs(
    proxy: FaultyProxy, tmp_path: Path, iam: Any
) -> None:
    """A group has no tags: only what was noted before the call could make it ours, and the call has made nothing."""
    proxy.answer("CreateGroup", DENIED)
    stage = staged(tmp_path)
    stage.apply()
    iam.create_group(GroupName="readers")
    outcome = stage.apply()
    assert states(outcome)[GROUP.local] is State.BLOCKED
    assert "was not made by trueup" in outcome.statuses[GROUP].reason


def test_a_refused_delete_is_not_hammered_and_the_rest_goes(proxy: FaultyProxy, tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    stage.converge()
    proxy.answer("DeleteUser", DENIED)
    stage.files["team.yaml"] = write([TEAM[0]])
    for _ in range(4):
        outcome = stage.apply("c2")
    # Twice: the first time the user was taken out of its group, which is a change of what is live.
    assert proxy.count("DeleteUser") == 2
    assert states(outcome) == {POLICY.local: State.IN_SYNC, USER.local: State.FAILED}
    assert "allow iam:DeleteUser" in outcome.statuses[USER].reason
    assert iam.list_roles()["Roles"] == []
    proxy.heal()
    assert stage.apply("c3").converged


def test_what_aws_calls_invalid_is_said_in_its_own_words(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("CreateRole", Refusal(400, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000"))
    stage = staged(tmp_path)
    for _ in range(3):
        outcome = stage.apply()
    assert proxy.count("CreateRole") == 1
    said = "iam:CreateRole: LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000"
    assert said in outcome.statuses[ROLE].reason
    assert states(outcome)[USER.local] is State.IN_SYNC


def test_a_kind_that_may_not_be_read_is_unknown_and_the_others_converge(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("ListRoles", DENIED)
    stage = staged(tmp_path)
    outcome = stage.apply()
    assert states(outcome) == {
        "iam/Policy/read": State.IN_SYNC,
        "iam/Group/readers": State.IN_SYNC,
        "iam/User/ana": State.IN_SYNC,
        "iam/Role/app": State.UNKNOWN,
    }
    said = outcome.statuses[ROLE].reason
    assert said == (
        f"could not be read: iam:ListRoles: AccessDenied: {DENIED.message}; "
        "allow iam:ListRoles to the role that trueup runs as"
    )
    assert "CreateRole" not in proxy.calls  # unknown is not absent
    proxy.heal()
    assert stage.apply().converged


def test_a_kind_that_may_not_be_read_any_more_is_not_taken_for_deleted(proxy: FaultyProxy, tmp_path: Path) -> None:
    stage = staged(tmp_path)
    stage.converge()
    proxy.answer("GetAccountAuthorizationDetails", DENIED)
    outcome = stage.apply()
    assert set(states(outcome).values()) == {State.UNKNOWN}
    assert len(stage.store.inventory("test").entries) == len(TEAM)


def test_a_read_that_kinds_share_is_refused_once_a_pass_for_all_of_them(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("GetAccountAuthorizationDetails", DENIED)
    stage = staged(tmp_path)
    for calls in (1, 2, 3):
        stage.apply()
        assert proxy.count("GetAccountAuthorizationDetails") == calls


def test_the_tagging_api_is_named_as_iam_names_it(proxy: FaultyProxy, tmp_path: Path) -> None:
    """What a person must write into the policy is `tag:GetResources`, whatever botocore calls the service."""
    proxy.answer("GetResources", Refusal(400, "AccessDeniedException", "no"))
    outcome = staged(tmp_path).apply()
    assert "allow tag:GetResources to the role" in outcome.statuses[POLICY].reason
    assert states(outcome)[USER.local] is State.BLOCKED
    assert outcome.statuses[GROUP].reason == "needs iam/Policy/read, which is unknown"
    assert states(outcome)[ROLE.local] is State.IN_SYNC


def test_a_new_role_that_iam_does_not_know_everywhere_yet_is_tried_again_soon(
    proxy: FaultyProxy, tmp_path: Path
) -> None:
    """IAM is eventually consistent: a trust policy that names a principal made a second ago is refused for a while."""
    late = Refusal(
        400, "MalformedPolicyDocument", 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/ana"'
    )
    proxy.answer("CreateRole", late, times=1)
    stage: Stage = staged(tmp_path, document("iam.aws/v1", "Role", "app", {"trust": TRUST}))
    assert "trueup tries again by itself" in stage.apply().statuses[ROLE].reason
    assert stage.apply().converged
