"""Verbs of the long-running process: run, status, demo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.cli.common import ConfigOption, Output, OutputOption, StateOption, settings, show
from controller.errors import TrueupError


def run(
    repo: Annotated[
        str | None, typer.Option("--repo", help="The git remote: https, ssh, file, or a local path.")
    ] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="The branch that is held. [main]")] = None,
    tag_pattern: Annotated[str | None, typer.Option("--tag-pattern", help="Hold the newest tag that fits.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="The manifests' folder. [manifests]")] = None,
    poll_interval: Annotated[str | None, typer.Option("--poll-interval", help="How often git is asked. [30s]")] = None,
    interval: Annotated[str | None, typer.Option("--interval", help="How often drift is looked for. [5m]")] = None,
    pending_interval: Annotated[str | None, typer.Option("--pending-interval", help="... while pending. [15s]")] = None,
    jitter: Annotated[str | None, typer.Option("--jitter", help="Passes are spread by up to this. [20s]")] = None,
    state_dir: StateOption = None,
    pause_file: Annotated[Path | None, typer.Option("--pause-file", help="The flag file. [<state-dir>/paused]")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="This installation's name in tags. [trueup]")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Actions side by side in a scope. [8]")] = None,
    listen: Annotated[str | None, typer.Option("--listen", help="Address of /metrics. [127.0.0.1:9810]")] = None,
    log_format: Annotated[
        str | None, typer.Option("--log-format", "--output", "-o", help="auto, text or json. [auto]")
    ] = None,
    log_level: Annotated[str | None, typer.Option("--log-level", help="debug, info, warning or error.")] = None,
    config: ConfigOption = None,
) -> None:
    """Hold AWS to a git repository until told to stop (SIGTERM). SIGHUP reads the settings again."""
    flags: dict[str, Any] = {name: value for name, value in locals().items() if name != "config"}
    chosen = settings(config, **flags)
    if not chosen.repo:
        raise TrueupError("no repository is named", hint="give --repo, TRUEUP_REPO, or `repo:` in trueup.yaml")
    from controller.daemon import Daemon
    from controller.kinds.registry import COMPOSITES, KINDS
    from controller.report.log import configure

    configure(chosen.log_format, chosen.log_level)
    if not Daemon(chosen, KINDS, COMPOSITES, lambda: settings(config, **flags)).run():
        os._exit(0)  # else Python would wait for threads that only sleep; nothing is lost by that, as by no kill


def status(
    state_dir: StateOption = None,
    pause_file: Annotated[Path | None, typer.Option("--pause-file", help="The flag file.")] = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show how each scope stood after its last pass. Exit code 0: all in sync; 2: not all; 1: error."""
    from controller.report.status import read_status

    found = read_status(settings(config, state_dir=state_dir, pause_file=pause_file))
    show(output, found.text, found.data)
    raise typer.Exit(0 if found.in_sync else 2)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Play it through without a person; exit 1 if a step fails.")
    ] = False,
    manifests: Annotated[Path, typer.Option(help="The manifests to begin with.")] = Path("manifests/quickstart"),
    output: OutputOption = Output.TEXT,
) -> None:
    """Run the real daemon against an embedded AWS emulator and a local git repository."""
    from controller.cli.demo import perform

    raise typer.Exit(perform(manifests, once=once, as_json=output is Output.JSON))


VERBS = {"run": run, "status": status, "demo": demo}
