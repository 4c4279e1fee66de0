"""Permissions: the least-privilege policies of trueup's own roles, made from the actions that the kinds name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

READ_ONLY = "read-only.json"


def actions(kinds: Iterable[Any], *, read_only: bool = False) -> list[str]:
    """The IAM actions that it takes to hold these kinds, or only to look at them."""
    return sorted({action for kind in kinds for action in (*kind.reads, *(() if read_only else kind.writes))})


def policy(kinds: Iterable[Any], *, read_only: bool = False) -> str:
    """What a role needs to hold these kinds, or only to look at them, as an IAM policy document."""
    chosen = list(kinds)
    look = actions(chosen, read_only=True)
    change = [action for action in actions(chosen) if action not in look]
    statements = [_statement("Look", look), *([] if read_only else [_statement("Change", change)])]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def write_policies(folder: Path, kinds: Mapping[str, Any]) -> list[str]:
    """Write a policy for each service, since IAM bounds the size of one, and one that may only look at all; their names."""
    services = sorted({kind.service for kind in kinds.values()})
    texts = {f"{name}.json": policy(kind for kind in kinds.values() if kind.service == name) for name in services}
    texts[READ_ONLY] = policy(kinds.values(), read_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return sorted(texts)


def _statement(sid: str, actions: list[str]) -> dict[str, Any]:
    # "*": most of these calls know no resources, or ones whose names trueup cannot know beforehand.
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"}
