"""What a pass costs: a call a page and a constant, never a call a resource. The same at any number, so few resources show it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from controller.kinds.iam.account import SPARE_READS
from controller.manifest.yaml_writer import write
from tests.benchmarks import ecs
from tests.kinds.samples.iam import ALLOW, TRUST
from tests.stage import SCOPE, Stage, document

MANY = 30


def quiet_pass(folder: Path, manifests: list[dict[str, Any]]) -> Counter[str]:
    """The calls of a pass over what is in sync already, by operation."""
    stage = Stage(folder, {"scope.yaml": SCOPE, "all.yaml": write(manifests)})
    stage.converge()
    stage.calls.clear()
    assert stage.apply().applied == 0
    return Counter(stage.calls)


def test_iam_is_read_in_pages(aws_endpoint: str, tmp_path: Path) -> None:
    policies = [document("iam.aws/v1", "Policy", f"p{number}", {"document": ALLOW}) for number in range(MANY)]
    roles = [
        document("iam.aws/v1", "Role", f"r{number}", {"trust": TRUST, "managedPolicies": [f"p{number}"]})
        for number in range(MANY)
    ]
    assert quiet_pass(tmp_path, [*policies, *roles]) == {
        "GetAccountAuthorizationDetails": 1,
        "ListRoles": 1,
        "GetResources": 1,
        "GetPolicy": SPARE_READS,  # the emulator's Tagging API knows no policies; AWS's does
    }


def test_security_groups_are_read_in_pages_with_their_rules(aws_endpoint: str, tmp_path: Path) -> None:
    vpc = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"})
    rules = [{"protocol": "tcp", "port": 8000 + number, "from": ["10.0.0.0/8"]} for number in range(20)]
    groups = [
        document("ec2.aws/v1", "SecurityGroup", f"g{number}", {"vpc": "main", "ingress": rules})
        for number in range(MANY)
    ]
    assert quiet_pass(tmp_path, [vpc, *groups]) == {
        "DescribeSecurityGroups": 1,
        "DescribeVpcs": 1,
        "DescribeVpcAttribute": 3,
    }


def test_tags_that_lists_leave_out_are_read_at_once_for_all_services(aws_endpoint: str, tmp_path: Path) -> None:
    groups = [document("logs.aws/v1", "LogGroup", f"g{number}", {}) for number in range(MANY)]
    parameters = [document("ssm.aws/v1", "Parameter", f"p{number}", {"value": "x"}) for number in range(MANY)]
    assert quiet_pass(tmp_path, [*groups, *parameters]) == {
        "DescribeLogGroups": 1,
        "DescribeParameters": 4,  # the emulator's pages have 10; AWS's 50
        "GetParameters": MANY / 10,
        "GetResources": 2,  # the emulator's pages have less than 100 tags; AWS's 100 resources
    }


def test_services_are_described_in_tens_and_tags_read_in_twenties(aws_endpoint: str, tmp_path: Path) -> None:
    """What AWS describes one at a time, it does: task definitions, and the attributes of target groups."""
    calls = quiet_pass(tmp_path, list(ecs.documents(22)))
    network = {"DescribeVpcs": 1, "DescribeVpcAttribute": 3, "DescribeSubnets": 1, "DescribeSecurityGroups": 1}
    tags = calls.pop("GetResources")  # the emulator's pages have less than 100 tags; AWS's 100 resources
    assert tags < MANY
    assert calls == {**ecs.calls(22), **network}


def record(name: str, address: str = "192.0.2.1", **spec: Any) -> dict[str, Any]:
    whole = {"zone": "example.com", "name": name, "type": "A", "values": [address], **spec}
    return document("route53.aws/v1", "RecordSet", name, whole)


def changed(stage: Stage, records: list[dict[str, Any]]) -> list[str]:
    """The changing calls of a pass over a zone with records that have manifests of their own."""
    zone = document("route53.aws/v1", "HostedZone", "example.com", {"guard": {"empty": True}})
    stage.files["all.yaml"] = write([zone, *records])
    stage.calls.clear()
    assert not stage.apply().error
    return stage.changes


def test_records_with_manifests_of_their_own_are_changed_in_batches(aws_endpoint: str, tmp_path: Path) -> None:
    """As those of the zone's own manifest are: how many AWS takes in one is tested with these."""
    stage = Stage(tmp_path)
    hosts = [record(f"h{number}") for number in range(300)]
    assert changed(stage, hosts) == ["CreateHostedZone", "ChangeTagsForResource", "ChangeResourceRecordSets"]
    moved = [record(f"h{number}", "192.0.2.2") for number in range(10)]
    assert changed(stage, [*moved, *hosts[10:]]) == ["ChangeResourceRecordSets"]
    assert changed(stage, [*moved, *hosts[40:]]) == ["ChangeResourceRecordSets"]
    assert changed(stage, [*moved, *hosts[40:]]) == []


def test_records_and_what_points_to_them_are_one_batch(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    changed(stage, [])
    chain = [record(f"h{n + 1}", values=[], alias={"target": f"h{n}"}) for n in range(3)]
    assert changed(stage, [*chain, record("h0")]) == ["ChangeResourceRecordSets"]
    assert changed(stage, []) == ["ChangeResourceRecordSets"]
