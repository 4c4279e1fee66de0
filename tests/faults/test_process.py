"""The process as its supervisor sees it: SIGTERM ends it soon and cleanly, SIGHUP reads settings, passes never overlap."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.aws.account import READS
from controller.manifest.yaml_writer import write
from tests.daemon import Daemon, eventually
from tests.faults.team import TEAM, in_sync
from tests.faulty_proxy import THROTTLED, FaultyProxy
from tests.stage import document

Make = Callable[[str], Daemon]
SOON = 15
"""Seconds in which a process must be gone; supervisors give 30."""


def started(daemon: Daemon) -> Daemon:
    daemon.put({"team.yaml": write(list(TEAM))})
    daemon.start()
    return daemon


def changes(proxy: FaultyProxy) -> list[str]:
    return [call for call in proxy.calls if not READS.match(call)]


def test_sigterm_ends_the_call_in_flight_and_begins_no_other(proxy: FaultyProxy, make_daemon: Make) -> None:
    held = proxy.hold("CreateGroup")
    daemon = started(make_daemon(proxy.url))
    held.wait()
    eventually(lambda: "CreateRole" in proxy.calls, daemon)
    assert daemon.process
    daemon.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert daemon.process.poll() is None, "it did not wait for the call in flight"
    before = changes(proxy)
    held.release()
    assert daemon.process.wait(timeout=SOON) == 0
    assert changes(proxy) == before
    assert "AttachGroupPolicy" not in before
    assert '"trueup stopped"' in daemon.said
    assert "Traceback" not in daemon.said

    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    assert daemon.stop() == 0
    assert proxy.count("CreateGroup") == 1


@pytest.mark.slow
def test_sigterm_does_not_wait_for_what_only_sleeps_between_attempts(proxy: FaultyProxy, make_daemon: Make) -> None:
    """A throttled call may sleep for 20 seconds before its next attempt, which would not be made any more."""
    proxy.answer("CreateGroup", THROTTLED)
    daemon = started(make_daemon(proxy.url))
    eventually(lambda: proxy.count("CreateGroup") >= 4, daemon)
    assert daemon.process
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(timeout=SOON) == 0
    attempts = proxy.count("CreateGroup")
    proxy.heal()
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    assert proxy.count("CreateGroup") == attempts + 1
    assert daemon.stop() == 0


def test_a_pass_is_never_begun_beside_another_and_what_came_meanwhile_is_not_forgotten(
    proxy: FaultyProxy, aws_endpoint: str, make_daemon: Make
) -> None:
    """Here nothing but the new commit itself could begin the second pass: drift is looked for only once an hour."""
    daemon = make_daemon(proxy.url)
    daemon.pace = ("--poll-interval", "1s", "--interval", "1h", "--jitter", "0s")
    daemon.put({"team.yaml": write(list(TEAM))})
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    time.sleep(3)  # the pass that looks whether it holds
    held = proxy.hold("GetAccountAuthorizationDetails")
    proxy.most_in_flight.clear()
    daemon.put({"more.yaml": "# nothing yet\n"})  # a pass that changes nothing is followed by none soon
    held.wait()
    daemon.put({"more.yaml": write([document("iam.aws/v1", "Group", "evenmore", {})])})
    eventually(lambda: daemon.value('trueup_pass_skipped_total{scope="test"}'), daemon)
    assert proxy.most_in_flight["GetAccountAuthorizationDetails"] == 1
    held.release()
    iam = boto3.client("iam", endpoint_url=aws_endpoint)
    eventually(lambda: names(iam) == {"readers", "evenmore"}, daemon)
    assert proxy.most_in_flight["GetAccountAuthorizationDetails"] == 1
    assert daemon.stop() == 0


def names(iam: Any) -> set[str]:
    return {group["GroupName"] for group in iam.list_groups()["Groups"]}


@pytest.mark.slow
def test_sighup_reads_the_settings_again_and_wrong_ones_leave_the_old_in_force(
    proxy: FaultyProxy, aws_endpoint: str, tmp_path: Path, make_daemon: Make
) -> None:
    file = tmp_path / "trueup.yaml"
    file.write_text("interval: 1h\njitter: 0s\npoll_interval: 1h\n")
    daemon = make_daemon(proxy.url)
    daemon.pace = ("--config", str(file))
    daemon.put({"team.yaml": write(list(TEAM))})
    daemon.start()
    eventually(lambda: in_sync(daemon), daemon)
    assert daemon.process

    file.write_text("interval: 1s\njitter: 0s\npol_interval: 1s\n")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "settings are wrong; the old ones stay" in daemon.said, daemon)
    assert f"{file}:3:1: error: there is no setting 'pol_interval' (did you mean 'poll_interval'?)" in daemon.said

    file.write_text("interval: 1s\njitter: 0s\npoll_interval: 1s\nowner: another\naws_attempts: 3\n")
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "settings read again" in daemon.said, daemon)
    assert '"settings": ["owner", "aws_attempts"]' in daemon.said
    passes = daemon.value('trueup_pass_duration_seconds_count{scope="test"}') or 0
    eventually(lambda: (daemon.value('trueup_pass_duration_seconds_count{scope="test"}') or 0) >= passes + 3, daemon)
    iam = boto3.client("iam", endpoint_url=aws_endpoint)
    assert {"Key": "trueup:owner", "Value": "trueup"} in iam.get_role(RoleName="app")["Role"]["Tags"]
    assert daemon.stop() == 0


@pytest.mark.slow
def test_a_second_trueup_for_the_same_state_does_not_begin(proxy: FaultyProxy, make_daemon: Make) -> None:
    daemon = started(make_daemon(proxy.url))
    eventually(lambda: in_sync(daemon), daemon)
    other = make_daemon(proxy.url)
    other.start()
    assert other.process
    assert daemon.process
    assert other.process.wait(timeout=SOON) == 1
    assert f"another trueup (process {daemon.process.pid}) is at work with {daemon.state}" in daemon.said
    assert "stop it, or give this one another --state-dir" in daemon.said
    assert daemon.stop() == 0
