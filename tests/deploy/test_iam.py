"""The policies in deploy/iam: made from the registry, small enough for IAM, and without a doubt of our own linter's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from controller.kinds.iam.policy_lint import Use, lint
from controller.kinds.registry import KINDS
from controller.manifest.permissions import policy, write_policies
from controller.model.policy import PolicyDocument

FOLDER = Path(__file__).parents[2] / "deploy" / "iam"
LOOKS = re.compile("(Get|List|Describe|Search|BatchGet)")
FILES = sorted(FOLDER.rglob("*.json"))


def test_the_policies_in_the_repository_are_current(tmp_path: Path) -> None:
    """`make schemas` renews them."""
    names = write_policies(tmp_path, KINDS)
    for name in names:
        assert (FOLDER / "policies" / name).read_text() == (tmp_path / name).read_text(), name
    assert {path.name for path in (FOLDER / "policies").iterdir()} == set(names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_iam_takes_every_document(path: Path) -> None:
    """The linter knows IAM's quotas, grammar and actions."""
    use: Use = "trust" if path.name.startswith("trust") else "managed"
    assert list(lint(PolicyDocument.parse(path.read_text()), use)) == []


def test_a_role_that_may_only_look_can_change_nothing() -> None:
    (statement,) = json.loads(policy(KINDS.values(), read_only=True))["Statement"]
    assert [action for action in statement["Action"] if not LOOKS.match(action.partition(":")[2])] == []


def test_no_action_stands_twice() -> None:
    look, change = json.loads(policy(KINDS.values()))["Statement"]
    actions = [*look["Action"], *change["Action"]]
    assert sorted(actions) == sorted({action for kind in KINDS.values() for action in (*kind.reads, *kind.writes)})
