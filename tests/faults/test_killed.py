"""kill -9 of the real process between any two calls: nothing is lost, nothing is made twice, and the next start converges."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from controller.manifest.yaml_writer import write
from tests.daemon import Daemon, eventually
from tests.kinds.samples.iam import ALLOW, OTHER, TRUST
from tests.stage import SCOPE, Stage, document

MANIFESTS = [
    document("iam.aws/v1", "Policy", "read", {"document": ALLOW}),
    document("iam.aws/v1", "Group", "readers", {"managedPolicies": ["read"]}),
    document("iam.aws/v1", "User", "ana", {"groups": ["readers"], "inlinePolicies": {"own": OTHER}}),
    document("iam.aws/v1", "Role", "app", {"trust": TRUST, "managedPolicies": ["read"]}),
    document("iam.aws/v1", "InstanceProfile", "app", {"role": "app"}),
]
CALLS = 10
"""Changing calls that it takes to make all this: five creates, and five that attach, put and add."""


@pytest.mark.parametrize(
    "after",
    # All of them in `make faults`: what each call leaves behind is looked at for every kind by the conformance suite as well.
    [pytest.param(call, marks=[] if call in (1, 5, CALLS) else pytest.mark.slow) for call in range(1, CALLS + 1)],
)
def test_killed_after_any_changing_call_and_started_again(aws_endpoint: str, tmp_path: Path, after: int) -> None:
    daemon = Daemon(tmp_path, aws_endpoint)
    daemon.put({"all.yaml": write(MANIFESTS)})
    killed_and_started_again(daemon, after)
    eventually(lambda: converged(daemon), daemon)
    assert daemon.stop() == 0
    iam = boto3.client("iam")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["ana"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="ana")["Groups"]] == ["readers"]
    assert len(iam.list_policies(Scope="Local")["Policies"]) == 1
    plan = json.loads(daemon.trueup("plan", str(daemon.repo / "manifests"), "--output", "json"))
    assert plan[0]["actions"] == []


ZONES = ("example.com", "example.net")
RECORDS = [
    *(document("route53.aws/v1", "HostedZone", zone, {}) for zone in ZONES),
    *(
        document(
            "route53.aws/v1",
            "RecordSet",
            f"{name}-{zone}",
            {"zone": zone, "name": name, "type": "TXT", "values": ["x"]},
        )
        for zone in ZONES
        for name in ("a", "b", "c")
    ),
]


@pytest.mark.parametrize("after", [5, 6])
def test_killed_after_either_batch_of_records_and_started_again(aws_endpoint: str, tmp_path: Path, after: int) -> None:
    """Nothing but what was noted of each record before the call tells that those of the batch are trueup's."""
    daemon = Daemon(tmp_path, aws_endpoint)
    daemon.put({"all.yaml": write(RECORDS)})
    killed_and_started_again(daemon, after)
    series = 'trueup_resources{kind="route53/RecordSet",scope="test",state="in_sync"} 6.0'
    eventually(lambda: daemon.metric(series), daemon)
    assert daemon.stop() == 0
    plan = json.loads(daemon.trueup("plan", str(daemon.repo / "manifests"), "--output", "json"))
    assert plan[0]["actions"] == []


def test_there_are_as_many_changing_calls_as_the_test_above_kills_after(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, {"scope.yaml": SCOPE, "all.yaml": write(MANIFESTS)})
    stage.converge()
    assert len(stage.changes) == CALLS


def killed_and_started_again(daemon: Daemon, after: int) -> None:
    """Run a daemon that dies after so many changing calls, and then one that lives."""
    daemon.entry = ("tests.faults.killed", str(after))
    daemon.start()
    assert daemon.process
    try:
        assert daemon.process.wait(timeout=60) == -9
    finally:
        daemon.process.kill()  # where it has not died by itself
    daemon.entry = ("controller",)
    daemon.start()


def converged(daemon: Daemon) -> bool:
    return all(
        daemon.metric(f'trueup_resources{{kind="iam/{kind}",scope="test",state="in_sync"}} 1.0')
        for kind in ("Policy", "Group", "User", "Role", "InstanceProfile")
    )
