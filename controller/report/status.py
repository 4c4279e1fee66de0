"""Status: how each scope stood after its last pass, from the state file and the flag file; no daemon need be running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from controller.model.duration import format_duration
from controller.model.plan import State
from controller.pause import PauseFlag
from controller.settings import Settings
from controller.state.sqlite import SqliteStore
from controller.state.store import Record


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What `trueup status` prints."""

    text: Text
    data: dict[str, Any]
    in_sync: bool


def read_status(settings: Settings) -> StatusReport:
    """Read it. Raises StateError where trueup has not run here yet, or the state file cannot be read."""
    now = datetime.now(UTC)
    store = SqliteStore(settings.state_file, read_only=True)
    records = [record for scope in store.scopes() if (record := store.last(scope))]
    commits = store.commits()
    store.close()
    pauses = PauseFlag(settings.flag_file).read(now)
    lines = [Text(f"{pause.selector}: {pause}", style="bold yellow") for pause in pauses]
    for record in records:
        lines += _lines(record, now)
    in_sync = all(not record.error and not record.troubles for record in records)
    data = {
        "commits": dict(commits),
        "pauses": [pause.model_dump(mode="json") for pause in pauses],
        "scopes": {record.scope: _data(record) for record in records},
    }
    return StatusReport(Text("\n").join(lines) if lines else Text("no pass has ended yet"), data, in_sync)


def _lines(record: Record, now: datetime) -> list[Text]:
    ago = format_duration((now - record.started).total_seconds())
    counts = (
        ", ".join(f"{n} {state.value.replace('_', ' ')}" for state, n in record.counts.items() if n) or "nothing here"
    )
    commit = f" at {record.commit[:12]}" if record.commit else ""
    lines = [Text.assemble((record.scope, "bold"), f"{commit}, {ago} ago: {counts}")]
    if record.error:
        lines.append(Text(f"  {record.error}", style="red"))
    for trouble in record.troubles:
        style = "yellow" if trouble.state in (State.PENDING, State.DRIFTED) else "red"
        where = f"  {trouble.where}" if trouble.where else ""
        lines.append(Text(f"  {trouble.state.value}  {trouble.address.local}: {trouble.reason}{where}", style=style))
    return lines


def _data(record: Record) -> dict[str, Any]:
    return {
        "commit": record.commit,
        "started": record.started.isoformat(),
        "seconds": record.seconds,
        "applied": record.applied,
        "error": record.error,
        "counts": {state.value: count for state, count in record.counts.items()},
        "notInSync": [
            {
                "resource": trouble.address.local,
                "state": trouble.state.value,
                "reason": trouble.reason,
                "where": trouble.where,
            }
            for trouble in record.troubles
        ],
    }
