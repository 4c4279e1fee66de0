"""Render: a plan as people and programs read it. Secret values never come out of here."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, TypeAdapter
from rich.text import Text

from controller.manifest.validation import HIDDEN, hide
from controller.model.plan import ABSENT, Action, Change, Plan, State, Verb

SIGNS = {
    Verb.CREATE: ("+", "green"),
    Verb.ADOPT: ("@", "cyan"),
    Verb.UPDATE: ("~", "yellow"),
    Verb.REPLACE: ("±", "magenta"),
    Verb.DELETE: ("-", "red"),
    Verb.FORGET: ("/", "cyan"),
}
SHORT = 200
"""What is longer is cut, or shown on lines of its own."""
_anything: TypeAdapter[Any] = TypeAdapter(Any)


def render(plan: Plan) -> Text:
    """The plan as text: each action with its fields, reason and place; then what is in the way; then a summary."""
    lines = [line for action in plan.actions for line in _action(action)]
    acted_on = {action.address for action in plan.actions}
    lines.extend(
        Text(f"! {address.local}  {status.state.value}  {status.where or ''}\n      {status.reason}")
        for address, status in sorted(plan.statuses.items())
        if address not in acted_on and status.state is not State.IN_SYNC
    )
    lines.append(Text(f"{plan.scope.name}: {summary(plan)}", style="bold"))
    return Text("\n").join(lines)


def summary(plan: Plan) -> str:
    """`2 to create, 1 to update (1 held), 40 in sync`."""
    parts = []
    for verb in Verb:
        actions = [action for action in plan.actions if action.verb is verb]
        held = sum(bool(action.held) for action in actions)
        if actions:
            parts.append(f"{len(actions)} to {verb.value}" + (f" ({held} held)" if held else ""))
    states = [status.state for status in plan.statuses.values()]
    shown = (State.BLOCKED, State.FAILED, State.UNKNOWN, State.PENDING, State.IN_SYNC)
    parts.extend(f"{states.count(state)} {state.value.replace('_', ' ')}" for state in shown if state in states)
    return ", ".join(parts) or "nothing here"


def plain(plan: Plan) -> dict[str, Any]:
    """The plan as plain data for `--output json`."""
    return {
        "scope": plan.scope.name,
        "summary": summary(plan),
        "actions": [_plain(action) for action in plan.actions],
        "resources": [
            {
                "resource": address.local,
                "state": status.state.value,
                "reason": status.reason,
                "where": str(status.where or ""),
            }
            for address, status in sorted(plan.statuses.items())
        ],
    }


def _plain(action: Action) -> dict[str, Any]:
    return {
        "verb": action.verb.value,
        "resource": action.address.local,
        "reason": action.reason,
        "held": action.held,
        "waits": action.waits,
        "effects": list(action.effects),
        "where": str(action.where or ""),
        "changes": [
            {
                "path": change.path,
                "before": HIDDEN if change.secret else as_data(change.before),
                "after": HIDDEN if change.secret else as_data(change.after),
            }
            for change in action.changes
        ],
    }


def as_data(value: Any, *, defaults: bool = True) -> Any:
    """A canonical value as plain data; sets are sorted, what is absent is None, what is secret in a model is hidden. `defaults`:
    with what a model has by default."""
    if value is ABSENT:
        return None
    if isinstance(value, frozenset | set):
        return sorted((as_data(item, defaults=defaults) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [as_data(item, defaults=defaults) for item in value]
    if isinstance(value, BaseModel):
        told = value.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=not defaults)
        return hide(type(value), told)
    return _anything.dump_python(getattr(value, "data", value), mode="json")


def _action(action: Action) -> Iterator[Text]:
    sign, colour = SIGNS[action.verb]
    where = f"  {action.where}" if action.where else ""
    yield Text.assemble((f"{sign} {action.address.local}", f"bold {colour}"), f"  {action.reason}", (where, "dim"))
    if action.held:
        yield Text(f"      held: {action.held}", style="yellow")
    if action.waits:
        yield Text(f"      {action.waits}", style="yellow")
    yield from (Text(f"      => {effect}", style="bold") for effect in action.effects)
    for key, value in sorted(action.wanted.items()):
        yield Text(f"      + {key}: {_short(value)}", style="green")
    for change in action.changes:
        yield from change_lines(change)


def change_lines(change: Change) -> Iterator[Text]:
    """A field that differs, as lines that begin with a sign."""
    if change.secret:
        yield Text(f"      ~ {change.path}: {HIDDEN}", style="yellow")
        return
    before, after = as_data(change.before, defaults=False), as_data(change.after, defaults=False)
    if isinstance(before, list) and isinstance(after, list):
        yield from (Text(f"      + {change.path}: {_short(one)}", style="green") for one in after if one not in before)
        yield from (Text(f"      - {change.path}: {_short(one)}", style="red") for one in before if one not in after)
    elif (isinstance(before, dict) and isinstance(after, dict)) or _is_large(before) or _is_large(after):
        yield Text(f"      ~ {change.path}:", style="yellow")
        yield from _text_diff(before, after)
    else:
        yield _one_line(change, before, after)


def _one_line(change: Change, before: Any, after: Any) -> Text:
    if change.before is ABSENT:
        return Text(f"      + {change.path}: {_short(after)}", style="green")
    if change.after is ABSENT:
        return Text(f"      - {change.path}: {_short(before)}", style="red")
    return Text(f"      ~ {change.path}: {_short(before)} -> {_short(after)}", style="yellow")


def _is_large(value: Any) -> bool:
    return isinstance(value, dict) and len(_text(value)) > SHORT


def _text_diff(before: Any, after: Any) -> Iterator[Text]:
    old, new = (json.dumps(value, indent=2).splitlines() if value is not None else [] for value in (before, after))
    for line in list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]:
        if not line.startswith("@@"):
            yield Text(f"          {line}", style={"+": "green", "-": "red"}.get(line[0], ""))


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(as_data(value))
