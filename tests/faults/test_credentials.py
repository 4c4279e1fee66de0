"""Trueup without the right to be where it is: no credentials, wrong ones, the wrong region, a role that it may not take on.

Nothing is changed, everything is unknown (never: absent), the pass says why, and each pass asks anew, so that mending it is enough.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.model.plan import State
from tests.faults.team import ASSUMING, ROLE_ARN, staged, states
from tests.faulty_proxy import DENIED, THROTTLED, FaultyProxy, Refusal
from tests.stage import SCOPE, Stage


def unknown(stage: Stage) -> str:
    """The reason why a pass of the scope could not be made: all is unknown, and nothing was changed."""
    outcome = stage.apply()
    assert set(states(outcome).values()) == {State.UNKNOWN}
    assert outcome.applied == 0
    assert stage.changes == []
    assert {status.reason for status in outcome.statuses.values()} == {outcome.error}
    assert all(status.where for status in outcome.statuses.values())
    return outcome.error


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize("scope", [SCOPE, ASSUMING], ids=["own identity", "role"])
def test_no_credentials(proxy: FaultyProxy, nobody: None, tmp_path: Path, scope: str) -> None:
    stage = staged(tmp_path, scope=scope)
    said = unknown(stage)
    assert "Unable to locate credentials" in said
    assert "give credentials in one of boto3's ways: AWS_PROFILE, AWS_ACCESS_KEY_ID, or a role" in said
    assert proxy.calls == []


@pytest.mark.parametrize("scope", [SCOPE, ASSUMING], ids=["own identity", "role"])
def test_a_profile_that_does_not_exist(
    proxy: FaultyProxy, nobody: None, tmp_path: Path, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    said = unknown(staged(tmp_path, scope=scope))
    assert "The config profile (nowhere) could not be found" in said
    assert "AWS_PROFILE" in said


def test_half_of_a_key_pair(proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY" in unknown(staged(tmp_path))


def test_credentials_that_are_given_later_are_found_without_a_restart(
    proxy: FaultyProxy, nobody: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = staged(tmp_path)
    world = stage.world()
    monkeypatch.setattr(stage, "world", lambda: world)
    unknown(stage)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    assert stage.converge().converged


def test_credentials_of_another_account_touch_nothing_in_it(proxy: FaultyProxy, tmp_path: Path) -> None:
    stage = staged(tmp_path, scope=SCOPE.replace("123456789012", "210987654321"))
    said = unknown(stage)
    assert "scope 'test' is account 210987654321, but the credentials are those of arn:aws:" in said
    assert "name a role of that account in the scope (spec.role), or run with its credentials" in said
    assert proxy.calls == ["GetCallerIdentity"]


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch"])
def test_credentials_that_aws_does_not_take_are_not_hammered(proxy: FaultyProxy, tmp_path: Path, code: str) -> None:
    """InvalidClientTokenId is also what STS says in a region that the account has not enabled."""
    proxy.answer("GetCallerIdentity", Refusal(403, code, "The security token included in the request is invalid"))
    stage = staged(tmp_path)
    for calls in (1, 2, 3):
        said = unknown(stage)
        assert proxy.calls == ["GetCallerIdentity"] * calls
    assert f"sts:GetCallerIdentity: {code}: The security token included in the request is invalid" in said
    assert "the credentials are wrong or expired, or the account has not enabled the scope's region" in said
    proxy.heal()
    assert stage.converge().converged


def test_a_wrong_region_is_asked_about_where_its_endpoint_is_not_there(
    proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A region that does not exist has no endpoint: its name does not resolve, or nobody answers."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    said = unknown(staged(tmp_path))
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in said
    assert "is the region right, and is there a way to it from here?" in said


def test_a_role_that_cannot_be_assumed_is_said_with_its_arn(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("AssumeRole", DENIED)
    stage = staged(tmp_path, scope=ASSUMING)
    for calls in (1, 2, 3):
        said = unknown(stage)
        assert proxy.calls == ["AssumeRole"] * calls
    assert f"role {ROLE_ARN} cannot be assumed: sts:AssumeRole: AccessDenied: {DENIED.message}" in said
    assert "let its trust policy name the identity that trueup runs as (and the scope's externalId)" in said
    proxy.heal()
    assert stage.converge().converged


def test_a_throttled_assume_role_is_said_to_be_temporary(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("AssumeRole", THROTTLED)
    said = unknown(staged(tmp_path, scope=ASSUMING))
    assert f"role {ROLE_ARN} cannot be assumed: sts:AssumeRole: Throttling: Rate exceeded" in said
    assert "trueup tries again by itself" in said
