"""Policies of trueup's own roles are made of what the kinds say that they need, and of nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.manifest.permissions import policy, write_policies


@dataclass(frozen=True)
class Needy:
    service: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


TOPIC = Needy("sns", ("sns:ListTopics",), ("sns:CreateTopic", "sns:ListTopics"))
QUEUE = Needy("sqs", ("sqs:ListQueues",), ("sqs:CreateQueue",))


def allowed(text: str) -> dict[str, Any]:
    return {statement["Sid"]: statement["Action"] for statement in json.loads(text)["Statement"]}


def test_what_is_needed_to_look_is_apart_from_what_is_needed_to_change() -> None:
    assert allowed(policy([TOPIC])) == {"Look": ["sns:ListTopics"], "Change": ["sns:CreateTopic"]}


def test_a_role_that_may_only_look_can_change_nothing() -> None:
    assert allowed(policy([TOPIC, QUEUE], read_only=True)) == {"Look": ["sns:ListTopics", "sqs:ListQueues"]}


def test_each_service_has_a_policy_and_one_for_looking_has_all(tmp_path: Path) -> None:
    kinds = {"sns/Topic": TOPIC, "sqs/Queue": QUEUE}
    assert write_policies(tmp_path / "made", kinds) == ["read-only.json", "sns.json", "sqs.json"]
    assert allowed((tmp_path / "made" / "sqs.json").read_text()) == allowed(policy([QUEUE]))
    assert allowed((tmp_path / "made" / "read-only.json").read_text()) == allowed(
        policy([TOPIC, QUEUE], read_only=True)
    )
