"""Pause is absolute: put down in the middle of an apply, nothing moves between that moment and the resume."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.aws.account import READS
from controller.errors import Held
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import State
from tests.daemon import Daemon, eventually
from tests.faults.team import GROUP, POLICY, ROLE, TEAM, USER, in_sync, staged, states
from tests.faulty_proxy import BROKEN, FaultyProxy


@pytest.fixture
def iam(aws_endpoint: str) -> Any:
    """IAM as somebody else uses it, past the proxy."""
    return boto3.client("iam", endpoint_url=aws_endpoint)


def changes(proxy: FaultyProxy) -> list[str]:
    return [call for call in proxy.calls if not READS.match(call)]


def some_passes(daemon: Daemon) -> None:
    """Wait for two more whole passes."""
    series = 'trueup_pass_duration_seconds_count{scope="test"}'
    before = daemon.value(series) or 0
    eventually(lambda: (daemon.value(series) or 0) >= before + 2, daemon)


@pytest.fixture
def daemon(proxy: FaultyProxy, make_daemon: Callable[[str], Daemon]) -> Iterator[Daemon]:
    daemon = make_daemon(proxy.url)
    daemon.put({"team.yaml": write(list(TEAM))})
    yield daemon
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.said


@pytest.mark.parametrize(
    "how", ["trueup pause", *(pytest.param(how, marks=pytest.mark.slow) for how in ("touch", "garbage"))]
)
def test_a_flag_file_in_the_middle_of_an_apply_stops_it_between_two_calls(
    proxy: FaultyProxy, daemon: Daemon, iam: Any, how: str
) -> None:
    held = proxy.hold("CreateGroup")
    daemon.start()
    held.wait()
    eventually(lambda: "CreateRole" in proxy.calls, daemon)
    before = changes(proxy)
    flag = daemon.state / "paused"
    match how:
        case "trueup pause":
            daemon.trueup("pause", "--reason", "incident 4711")
            reason = "incident 4711"
        case "touch":
            flag.touch()
            reason = f"flag file {flag} exists"
        case _:
            flag.write_text("{")
            reason = f"FLAG FILE {flag} CANNOT BE READ"
    held.release()
    eventually(lambda: daemon.value('trueup_paused{selector="everything"}') == 1, daemon)
    assert daemon.value("trueup_pause_active") == 1
    some_passes(daemon)
    assert changes(proxy) == before, "something moved while it was paused"
    assert iam.list_groups()["Groups"] != [], "the call in flight was not ended"
    assert iam.list_attached_group_policies(GroupName="readers")["AttachedPolicies"] == []
    # Drift is still found and exported, and everybody is told why nothing is done.
    assert daemon.value('trueup_resources{kind="iam/Group",scope="test",state="drifted"}') == 1
    assert daemon.value('trueup_resources{kind="iam/User",scope="test",state="drifted"}') == 1
    assert reason in daemon.get("/api/status")[1]
    assert reason in daemon.said
    assert reason in daemon.get("/")[1]

    assert "1 pause taken away" in daemon.trueup("resume")
    eventually(lambda: in_sync(daemon), daemon)
    assert daemon.value("trueup_pause_active") == 0
    assert daemon.value('trueup_paused{selector="everything"}') is None
    assert '"resumed"' in daemon.said
    assert proxy.count("CreateGroup") == 1


@pytest.mark.slow
def test_a_pause_of_one_kind_in_one_scope_holds_just_that(proxy: FaultyProxy, daemon: Daemon) -> None:
    daemon.state.mkdir()
    daemon.trueup("pause", "--scope", "test", "--kind", "Group", "--reason", "groups are being counted")
    daemon.start()
    eventually(lambda: in_sync(daemon, POLICY, ROLE), daemon)
    assert daemon.value('trueup_paused{selector="scope=test kind=Group"}') == 1
    assert daemon.value('trueup_pause_until_timestamp_seconds{selector="scope=test kind=Group"}') is None
    assert daemon.value('trueup_resources{kind="iam/Group",scope="test",state="drifted"}') == 1
    assert "CreateGroup" not in proxy.calls
    assert "1 pause taken away" in daemon.trueup("resume", "--scope", "test", "--kind", "Group")
    eventually(lambda: in_sync(daemon), daemon)


@pytest.mark.slow
def test_a_pause_for_a_while_ends_by_itself_and_is_over_at_once(proxy: FaultyProxy, daemon: Daemon) -> None:
    """Not only when drift is looked for next, which here is in an hour."""
    daemon.pace = ("--poll-interval", "1s", "--interval", "1h", "--jitter", "0s")
    daemon.state.mkdir()
    daemon.trueup("pause", "--name", "readers", "--reason", "it is looked at", "--for", "6s")
    until = datetime.fromisoformat(json.loads((daemon.state / "paused").read_text())["pauses"][0]["until"])
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    assert datetime.now(UTC) >= until
    eventually(lambda: daemon.value("trueup_pause_active") == 0, daemon)
    assert "it is looked at" in daemon.said


@pytest.mark.parametrize("address", [GROUP, USER, ROLE], ids=lambda address: address.kind)
def test_a_pause_of_one_resource_stops_just_its_calls(proxy: FaultyProxy, tmp_path: Path, address: Address) -> None:
    def gate(acting: Address | None, mutating: bool) -> None:
        if mutating and acting == address:
            raise Held("paused by ann: looking at it")

    stage = staged(tmp_path)
    stage.gate = gate
    outcome = stage.apply()
    assert states(outcome)[address.local] is State.HELD
    assert outcome.statuses[address].reason == "paused by ann: looking at it"
    assert f"Create{address.kind.removeprefix('iam/')}" not in proxy.calls
    assert states(outcome)[POLICY.local] is State.IN_SYNC


def test_what_a_pause_stopped_before_its_first_call_is_not_ours_when_somebody_makes_it(
    proxy: FaultyProxy, tmp_path: Path, iam: Any
) -> None:
    """A group has no tags: what was noted before the call that was never made must not make theirs ours."""

    def gate(acting: Address | None, mutating: bool) -> None:
        if mutating and acting == GROUP:
            raise Held("paused")

    stage = staged(tmp_path)
    stage.gate = gate
    stage.apply()
    iam.create_group(GroupName="readers")
    stage.gate = lambda acting, mutating: None
    outcome = stage.apply()
    assert states(outcome)[GROUP.local] is State.BLOCKED
    assert "was not made by trueup" in outcome.statuses[GROUP].reason


def test_a_call_that_is_being_retried_stops_as_well(proxy: FaultyProxy, tmp_path: Path) -> None:
    """The gate stands before every attempt, not before every call."""
    attempts: list[Address] = []

    def gate(acting: Address | None, mutating: bool) -> None:
        if mutating and acting == GROUP:
            attempts.append(acting)
            if len(attempts) > 1:
                raise Held("paused meanwhile")

    proxy.answer("CreateGroup", BROKEN)
    stage = staged(tmp_path)
    stage.gate = gate
    outcome = stage.apply()
    assert (len(attempts), proxy.count("CreateGroup")) == (2, 1)
    assert outcome.statuses[GROUP].reason == "paused meanwhile"
