"""Verbs for on-call: pause and resume."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import ConfigOption, Output, OutputOption, ScopeOption, StateOption, settings, show

KindOption = Annotated[str | None, typer.Option("--kind", help="Only this kind, such as Role or iam/Role.")]
NameOption = Annotated[str | None, typer.Option("--name", help="Only the resource of this name.")]
FileOption = Annotated[Path | None, typer.Option("--pause-file", help="The flag file. [<state-dir>/paused]")]


def pause(
    reason: Annotated[str, typer.Option("--reason", help="Why; shown in log, status, page and metrics.")],
    scope: ScopeOption = None,
    kind: KindOption = None,
    name: NameOption = None,
    for_: Annotated[str | None, typer.Option("--for", help="How long, such as 2h; unset: until resumed.")] = None,
    state_dir: StateOption = None,
    pause_file: FileOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Change nothing in AWS from now on, between any two calls. Drift is still found and exported."""
    from datetime import UTC, datetime

    from controller.errors import TrueupError
    from controller.model.duration import parse_duration
    from controller.pause import Pause, PauseFlag, whoami

    chosen = settings(config, state_dir=state_dir, pause_file=pause_file)
    now = datetime.now(UTC)
    try:
        until = now + parse_duration(for_) if for_ else None
    except ValueError as error:
        raise TrueupError(f"--for: {error}") from error
    made = Pause(
        reason=reason, who=whoami(), since=now, until=until, scope=scope or "", kind=kind or "", name=name or ""
    )
    PauseFlag(chosen.flag_file).add(made)
    show(output, f"{made.selector}: {made}", {"file": str(chosen.flag_file), **made.model_dump(mode="json")})


def resume(
    scope: ScopeOption = None,
    kind: KindOption = None,
    name: NameOption = None,
    state_dir: StateOption = None,
    pause_file: FileOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Take the flag file away; with selectors, only the pauses that have just these."""
    from controller.pause import PauseFlag

    chosen = settings(config, state_dir=state_dir, pause_file=pause_file)
    count = PauseFlag(chosen.flag_file).clear(scope or "", kind or "", name or "")
    show(output, f"resumed: {count} pause{'' if count == 1 else 's'} taken away", {"removed": count})
    raise typer.Exit(0)


VERBS = {"pause": pause, "resume": resume}
