"""Git on bad days, as the daemon lives through them: the last good commit goes on being held, and the metrics say what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.cli.demo.stage import git
from controller.manifest.yaml_writer import write
from tests.daemon import Daemon, eventually
from tests.faults.team import TEAM, USER, in_sync

BROKEN = "apiVersion: iam.aws/v1\nkind: Role\nmetadata: {name: app}\nspec: {trst: {}}\n"


@pytest.fixture
def iam(aws_endpoint: str) -> Any:
    return boto3.client("iam")


@pytest.fixture
def daemon(aws_endpoint: str, make_daemon: Callable[[str], Daemon]) -> Iterator[Daemon]:
    daemon = make_daemon(aws_endpoint)
    daemon.put({f"{each['kind'].lower()}.yaml": write([each]) for each in TEAM})
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    yield daemon
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.said


def drift_is_mended(iam: Any, daemon: Daemon) -> None:
    """Somebody changes the role, which all of these tests want to be held."""
    iam.update_role(RoleName="app", Description="drift")
    eventually(lambda: iam.get_role(RoleName="app")["Role"].get("Description", "") == "", daemon)


def test_a_broken_commit_leaves_the_last_good_one_in_force_also_through_a_restart(daemon: Daemon, iam: Any) -> None:
    broken = daemon.put({"role.yaml": BROKEN})
    eventually(lambda: daemon.value('trueup_manifest_problems{severity="error"}'), daemon)
    drift_is_mended(iam, daemon)
    assert "role.yaml:4:" in daemon.get("/api/status")[1]
    assert "did you mean 'trust'?" in daemon.said
    assert daemon.metric(f'trueup_commit_info{{commit="{broken}",role="observed",scope=""}} 1.0')
    assert daemon.stop() == 0

    iam.update_role(RoleName="app", Description="drift while nobody looked")
    daemon.start()
    eventually(lambda: iam.get_role(RoleName="app")["Role"].get("Description", "") == "", daemon)
    assert daemon.value('trueup_manifest_problems{severity="error"}')

    daemon.put({"role.yaml": write([TEAM[-1]]), "user.yaml": None})
    eventually(lambda: daemon.value('trueup_manifest_problems{severity="error"}') == 0, daemon)
    eventually(lambda: iam.list_users()["Users"] == [], daemon)


@pytest.mark.slow
def test_an_unreachable_remote_is_shown_asked_less_and_less_and_taken_up_again(daemon: Daemon, iam: Any) -> None:
    away = daemon.repo.with_name("away")
    daemon.repo.rename(away)
    eventually(lambda: daemon.value("trueup_source_up") == 0, daemon)
    drift_is_mended(iam, daemon)
    eventually(lambda: (daemon.value("trueup_source_failures_total") or 0) >= 2, daemon)
    assert "git remote cannot be used" in daemon.said
    assert str(daemon.repo) in re.findall(r'"reason": "([^"]*)"', daemon.said)[-1]
    assert daemon.said.count("git remote cannot be used") == 1  # it is not said again what has not changed
    assert '"retry_seconds": 2' in daemon.said
    assert daemon.get("/readyz")[0] == 200
    assert daemon.get("/healthz")[0] == 200
    away.rename(daemon.repo)
    daemon.put({"user.yaml": None})
    eventually(lambda: iam.list_users()["Users"] == [], daemon)
    assert daemon.value("trueup_source_up") == 1
    assert daemon.said.count("git remote answers") == 2


@pytest.mark.slow
def test_a_deleted_branch_is_told_with_what_there_is_and_nothing_is_pruned(daemon: Daemon, iam: Any) -> None:
    git(daemon.repo, "branch", "--move", "main", "mane")
    eventually(lambda: daemon.value("trueup_source_up") == 0, daemon)
    assert "has no branch 'main'; did you mean 'mane'?" in daemon.said
    drift_is_mended(iam, daemon)
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["ana"]
    git(daemon.repo, "branch", "--move", "mane", "main")
    eventually(lambda: daemon.value("trueup_source_up") == 1, daemon)


@pytest.mark.slow
def test_a_force_push_is_taken_as_what_git_says_now(daemon: Daemon, iam: Any) -> None:
    (daemon.repo / "manifests" / "user.yaml").unlink()
    git(daemon.repo, "add", "--all")
    git(daemon.repo, "commit", "--quiet", "--amend", "--message", "rewritten")
    eventually(lambda: iam.list_users()["Users"] == [], daemon)
    eventually(lambda: daemon.value('trueup_resources{kind="iam/User",scope="test",state="in_sync"}') is None, daemon)
    drift_is_mended(iam, daemon)


@pytest.mark.slow
def test_the_last_good_commit_is_not_forgotten_while_the_remote_is_away_and_the_mirror_lost(
    daemon: Daemon, iam: Any, tmp_path: Path
) -> None:
    """Three bad things at once: a head that is broken, a mirror that was lost, a remote that answers only later."""
    daemon.put({"role.yaml": BROKEN})
    eventually(lambda: daemon.value('trueup_manifest_problems{severity="error"}'), daemon)
    assert daemon.stop() == 0
    (daemon.state / "mirror.git").rename(tmp_path / "lost")
    away = daemon.repo.with_name("away")
    daemon.repo.rename(away)
    daemon.start()
    eventually(lambda: daemon.value("trueup_source_up") == 0, daemon)
    away.rename(daemon.repo)
    eventually(lambda: daemon.value("trueup_source_up") == 1, daemon)
    drift_is_mended(iam, daemon)


@pytest.mark.slow
def test_a_last_good_commit_that_is_really_gone_is_given_up_and_said(daemon: Daemon, iam: Any, tmp_path: Path) -> None:
    """Rewritten in the remote, and lost with the mirror: what can be read of the head is held, and nothing is pruned."""
    (daemon.repo / "manifests" / "role.yaml").write_text(BROKEN)
    git(daemon.repo, "commit", "--quiet", "--all", "--amend", "--message", "rewritten")
    git(daemon.repo, "reflog", "expire", "--expire=now", "--all")
    git(daemon.repo, "gc", "--quiet", "--prune=now")
    eventually(lambda: daemon.value('trueup_manifest_problems{severity="error"}'), daemon)
    assert daemon.stop() == 0
    (daemon.state / "mirror.git").rename(tmp_path / "lost")
    daemon.start()
    eventually(lambda: in_sync(daemon, USER), daemon)
    assert "the last good commit is no longer there" in daemon.said
    assert daemon.said.count("the last good commit is no longer there") == 1
    assert iam.get_role(RoleName="app")
