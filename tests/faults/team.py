"""What the tests of bad days want to have in AWS: a chain of three resources, and one that has nothing to do with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.event import Outcome
from controller.model.plan import State
from tests.daemon import Daemon
from tests.kinds.samples.iam import ALLOW, TRUST
from tests.stage import SCOPE, Stage, document

TEAM = (
    document("iam.aws/v1", "Policy", "read", {"document": ALLOW}),
    document("iam.aws/v1", "Group", "readers", {"managedPolicies": ["read"]}),
    document("iam.aws/v1", "User", "ana", {"groups": ["readers"]}),
    document("iam.aws/v1", "Role", "app", {"trust": TRUST}),
)
POLICY, GROUP, USER, ROLE = (Address("test", f"iam/{each['kind']}", each["metadata"]["name"]) for each in TEAM)
ALL = (POLICY, GROUP, USER, ROLE)
ROLE_ARN = "arn:aws:iam::123456789012:role/trueup"
ASSUMING = SCOPE.replace("region:", f'role: "{ROLE_ARN}", region:')


def staged(folder: Path, *documents: Mapping[str, Any], scope: str = SCOPE) -> Stage:
    """A stage that wants the team, or just these."""
    return Stage(folder, {"scope.yaml": scope, "team.yaml": write(list(documents or TEAM))})


def states(outcome: Outcome) -> dict[str, State]:
    """Every resource's state after a pass, by kind and name."""
    return {address.local: status.state for address, status in outcome.statuses.items()}


def in_sync(daemon: Daemon, *addresses: Address) -> bool:
    """Whether /metrics says that all of the team, or just these, are as git wants them."""
    series = (f'trueup_resources{{kind="{a.kind}",scope="test",state="in_sync"}} 1.0' for a in addresses or ALL)
    return all(daemon.metric(line) for line in series)
