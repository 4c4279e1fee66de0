"""1,000 security groups with 20 rules each, and nothing to change."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Row, in_files, quiet_pass
from tests.stage import document


def rows() -> Iterator[Row]:
    rules = [{"protocol": "tcp", "port": 8000 + number, "from": ["10.0.0.0/8"]} for number in range(20)]
    vpc = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"})
    spec = {"vpc": "main", "ingress": rules}
    groups = [document("ec2.aws/v1", "SecurityGroup", f"g{number}", spec) for number in range(1000)]
    yield from quiet_pass("1,000 groups of 20 rules", in_files([vpc, *groups], 1))
