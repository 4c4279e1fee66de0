"""The demo: the real daemon as a process of its own, an embedded AWS emulator, and a local git repository as its remote.

stage       where it plays: repository, daemon, what the daemon answers
hand        what people do past git: by hand, to see it found and repaired
play        steps that must hold, and how they are told
story       the steps of `trueup demo --once`, in their order
explore     `trueup demo`: things to try
"""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from rich.console import Console

from controller.aws.emulator import emulator, environment
from controller.cli.demo.explore import explore
from controller.cli.demo.play import Play, StepFailed, console
from controller.cli.demo.stage import LIFE, daemon
from controller.cli.demo.story import tell
from controller.errors import TrueupError

LAST = 40
"""Lines of the daemon's log that are shown where a step fails."""


def perform(manifests: Path, *, once: bool, as_json: bool = False) -> int:
    """Perform the demo; the exit code. Without `once` it goes on until Ctrl-C. `as_json`: only the summary goes to stdout."""
    console.stderr = as_json
    if not manifests.is_dir():
        raise TrueupError(
            f"there is no folder {manifests}", hint="run it from trueup's repository, or give --manifests"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was started ends too
    with tempfile.TemporaryDirectory(prefix="trueup-demo-") as folder, emulator(LIFE) as endpoint:
        os.environ.update(environment(endpoint))
        with daemon(Path(folder), endpoint, manifests, quiet=once) as stage:
            if once:
                return _once(Play(stage), as_json=as_json)
            explore(stage)
    return 0


def _once(play: Play, *, as_json: bool) -> int:
    try:
        tell(play)
    except StepFailed as failure:
        console.print(f"[bold red]FAILED[/] {failure}")
        play.show_troubles()
        console.print(*play.stage.log.read_text().splitlines()[-LAST:], sep="\n", markup=False)
        return 1
    summary = play.summary
    console.print()
    console.rule("[bold green]all of it held", align="left")
    console.print(f"  {len(play.seen)} steps, {summary['calls']} calls to AWS, {summary['actions']} changes made")
    if as_json:
        Console(soft_wrap=True).print_json(data=summary)
    return 0
