"""The state file on bad days: read-only, the disk full, corrupt, lost. Nothing is changed blindly, and what was known returns."""

from __future__ import annotations

import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.manifest.yaml_writer import write
from controller.model.event import StateTrouble
from controller.model.plan import State
from tests.daemon import Daemon, eventually
from tests.faults.team import GROUP, POLICY, ROLE, TEAM, USER, in_sync, staged, states
from tests.faulty_proxy import DENIED, FaultyProxy
from tests.stage import Stage

Make = Callable[[str], Daemon]
WRITABLE = "make the file, those beside it (-wal, -shm) and its folder writable for trueup, and start it again"


@pytest.fixture
def iam(aws_endpoint: str) -> Any:
    """IAM as somebody else uses it, past the proxy."""
    return boto3.client("iam", endpoint_url=aws_endpoint)


def read_only(stage: Stage, on: bool = True) -> None:
    """As when the volume was remounted: SQLite's own error, at every write."""
    stage.store._db.execute(f"PRAGMA query_only = {int(on)}")


def drift(stage: Stage, iam: Any) -> None:
    stage.calls.clear()
    stage.events.clear()
    iam.update_role(RoleName="app", Description="drift")


def troubles(stage: Stage) -> list[str]:
    return [event.error for event in stage.events if isinstance(event, StateTrouble) and event.error]


def test_a_read_only_state_file_freezes_aws_and_drift_is_still_found(tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    stage.converge()
    read_only(stage)
    drift(stage, iam)
    outcome = stage.apply("c2")
    assert stage.changes == []
    assert states(outcome) == {
        POLICY.local: "in_sync",
        GROUP.local: "in_sync",
        USER.local: "in_sync",
        ROLE.local: "drifted",
    }
    said = (
        "the inventory cannot be written, so nothing is changed: "
        f"state file {tmp_path / 'state.db'}: attempt to write a readonly database; "
        f"{WRITABLE}"
    )
    assert said in outcome.statuses[ROLE].reason
    assert said in troubles(stage)
    assert not outcome.error

    read_only(stage, on=False)
    stage.events.clear()
    assert stage.apply("c2").converged
    assert StateTrouble("") in stage.events
    assert troubles(stage) == []


def test_a_full_disk_freezes_aws_until_there_is_room_again(tmp_path: Path, iam: Any) -> None:
    stage = staged(tmp_path)
    stage.converge()
    with full_table(stage):
        drift(stage, iam)
        outcome = stage.apply("c2")
        assert stage.changes == []
        assert states(outcome)[ROLE.local] is State.DRIFTED
        assert "database or disk is full; make room on its disk" in outcome.statuses[ROLE].reason
        assert "database or disk is full; make room on its disk" in troubles(stage)[0]
    assert stage.apply("c2").converged


@contextmanager
def full_table(stage: Stage) -> Iterator[None]:
    """SQLite may not take another page, and the write that each pass begins with needs many."""
    db = stage.store._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    db.execute(
        "CREATE TEMP TRIGGER wide BEFORE INSERT ON heartbeat BEGIN "
        "INSERT INTO noted VALUES ('ballast', hex(zeroblob(1000000))); END"
    )
    yield
    db.execute("DROP TRIGGER wide")
    db.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("answer", ["a success", "a refusal"])
def test_a_disk_that_fills_up_in_the_middle_of_an_apply_harms_only_what_it_concerns(
    proxy: FaultyProxy, tmp_path: Path, answer: str
) -> None:
    """The reply to one create is here and cannot be noted. The others go on as far as they need no note, none is made twice."""
    stage = staged(tmp_path)
    db = stage.store._db
    db.execute("CREATE TEMP TABLE room (left INTEGER)")
    for table in ("entry", "failure"):
        db.execute(
            f"CREATE TEMP TRIGGER {table}_full BEFORE INSERT ON {table} WHEN NEW.scope = 'test' AND EXISTS "
            "(SELECT 1 FROM room) BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
    db.execute("INSERT INTO room VALUES (0)")
    if answer == "a refusal":
        proxy.answer("CreateRole", DENIED, times=1)
    outcome = stage.apply()
    assert not outcome.error
    assert states(outcome)[POLICY.local] is State.FAILED
    assert states(outcome)[ROLE.local] is State.FAILED
    assert states(outcome)[USER.local] is State.BLOCKED
    assert "make room on its disk" in outcome.statuses[POLICY].reason
    if answer == "a refusal":
        assert "allow iam:CreateRole" in outcome.statuses[ROLE].reason
    db.execute("DELETE FROM room")
    assert stage.converge().converged
    assert proxy.count("CreatePolicy") == 1
    assert len(stage.store.inventory("test").entries) == len(TEAM)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of its own for a folder. Where this machine lets nobody mount, the folder is left as it is."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    yield
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(daemon: Daemon) -> None:
    """Let the daemon write no more: its disk is full, or (where nobody may mount) its files may not grow."""
    if daemon.state.is_mount():
        subprocess.run(["dd", "if=/dev/zero", f"of={daemon.state / 'ballast'}"], capture_output=True)
    else:
        assert daemon.process
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def make_room(daemon: Daemon) -> None:
    if daemon.state.is_mount():
        (daemon.state / "ballast").unlink()
    else:
        assert daemon.process
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, unlimited)


def test_the_daemon_lives_through_a_full_disk(make_daemon: Make, aws_endpoint: str, iam: Any) -> None:
    daemon = make_daemon(aws_endpoint)
    daemon.put({"team.yaml": write(list(TEAM))})
    with small_disk(daemon.state):
        daemon.start()
        eventually(lambda: in_sync(daemon), daemon)
        assert daemon.value("trueup_state_writable") == 1
        fill(daemon)
        eventually(lambda: daemon.value("trueup_state_writable") == 0, daemon)
        iam.update_role(RoleName="app", Description="drift")
        drifted = 'trueup_resources{kind="iam/Role",scope="test",state="drifted"}'
        eventually(lambda: daemon.value(drifted) == 1, daemon)
        assert iam.get_role(RoleName="app")["Role"]["Description"] == "drift"
        assert daemon.get("/healthz")[0] == 200
        make_room(daemon)
        eventually(lambda: iam.get_role(RoleName="app")["Role"].get("Description", "") == "", daemon)
        eventually(lambda: daemon.value("trueup_state_writable") == 1, daemon)
        assert daemon.stop() == 0
    assert "Traceback" not in daemon.said


def stopped_once(daemon: Daemon) -> None:
    """It has converged, was stopped, and is from now on bound by file permissions."""
    daemon.put({"team.yaml": write(list(TEAM))})
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    assert daemon.stop() == 0
    daemon.entry = ("tests.faults.obeying",)


@pytest.mark.slow
def test_a_read_only_state_file_at_the_start_lets_the_daemon_look_and_change_nothing(
    make_daemon: Make, aws_endpoint: str, iam: Any
) -> None:
    daemon = make_daemon(aws_endpoint)
    stopped_once(daemon)
    (daemon.state / "state.db").chmod(0o444)
    iam.update_role(RoleName="app", Description="drift")
    daemon.start()
    eventually(lambda: daemon.value('trueup_resources{kind="iam/Role",scope="test",state="drifted"}') == 1, daemon)
    eventually(lambda: daemon.value("trueup_state_writable") == 0, daemon)
    assert iam.get_role(RoleName="app")["Role"]["Description"] == "drift"
    said = f"state file {daemon.state / 'state.db'}: attempt to write a readonly database"
    assert said in daemon.get("/api/status")[1]
    assert f"{said}; {WRITABLE}" in daemon.said
    passes = daemon.value('trueup_pass_duration_seconds_count{scope="test"}') or 0
    eventually(lambda: (daemon.value('trueup_pass_duration_seconds_count{scope="test"}') or 0) > passes + 1, daemon)
    texts = [line for line in daemon.said.splitlines() if '"message": "state"' in line]
    assert len(texts) == len({re.sub('"timestamp": "[^"]*"', "", line) for line in texts}), "said again and again"
    assert daemon.stop() == 0

    for file in daemon.state.glob("state.db*"):  # SQLite has made those beside it as read-only as it was itself
        file.chmod(0o644)
    daemon.start()
    eventually(lambda: iam.get_role(RoleName="app")["Role"].get("Description", "") == "", daemon)
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.said


@pytest.mark.slow
def test_a_read_only_state_folder_at_the_start_is_said_with_what_to_do(make_daemon: Make, aws_endpoint: str) -> None:
    """Without the lock, a second trueup could be at work with the same inventory."""
    daemon = make_daemon(aws_endpoint)
    stopped_once(daemon)
    (daemon.state / "lock").unlink()
    daemon.state.chmod(0o555)
    daemon.start()
    assert daemon.process
    assert daemon.process.wait(timeout=30) == 1
    last = daemon.said.splitlines()[-1]
    assert f"lock file {daemon.state / 'lock'}: [Errno 13] Permission denied" in last
    assert "make its folder writable for trueup" in last
    assert "Traceback" not in daemon.said
    daemon.state.chmod(0o755)


CORRUPTIONS = {
    "lost": lambda file: file.unlink(),
    "garbage": lambda file: file.write_bytes(b"this is no database " * 1000),
    "damaged within": lambda file: file.write_bytes(file.read_bytes()[:4096] + bytes(len(file.read_bytes()) - 4096)),
}


@pytest.mark.parametrize(
    "how", ["damaged within", *(pytest.param(how, marks=pytest.mark.slow) for how in ("lost", "garbage"))]
)
def test_a_lost_or_corrupt_state_file_is_rebuilt_from_tags_and_git(
    make_daemon: Make, aws_endpoint: str, iam: Any, how: str
) -> None:
    """Also what git has named no more since: it is ours by its tags, and goes. What has no tags is ours where nothing differs."""
    daemon = make_daemon(aws_endpoint)
    daemon.put({"team.yaml": write(list(TEAM))})
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    assert daemon.stop() == 0
    file = daemon.state / "state.db"
    for beside in (f"{file}-wal", f"{file}-shm"):
        Path(beside).unlink(missing_ok=True)
    CORRUPTIONS[how](file)
    before = made(iam)

    daemon.put({"team.yaml": write(list(TEAM[:-1]))})
    daemon.start()
    eventually(lambda: in_sync(daemon, POLICY, GROUP, USER), daemon)
    eventually(lambda: iam.list_roles()["Roles"] == [], daemon)
    assert made(iam) == {key: value for key, value in before.items() if key != "app"}
    assert daemon.stop() == 0
    aside = list(daemon.state.glob("state.db.corrupt-*"))
    if how == "lost":
        assert aside == []
    else:
        assert len(aside) == 1
        said = re.search(
            rf"{re.escape(str(file))} was corrupt \((.+)\) and is now (.+); the inventory is rebuilt", daemon.said
        )
        assert said
        assert said[2] == str(aside[0])


def made(iam: Any) -> dict[str, object]:
    """When each resource was made: what is made again shows."""
    return {
        **{role["RoleName"]: role["CreateDate"] for role in iam.list_roles()["Roles"]},
        **{user["UserName"]: user["CreateDate"] for user in iam.list_users()["Users"]},
        **{group["GroupName"]: group["CreateDate"] for group in iam.list_groups()["Groups"]},
        **{policy["PolicyName"]: policy["CreateDate"] for policy in iam.list_policies(Scope="Local")["Policies"]},
    }
