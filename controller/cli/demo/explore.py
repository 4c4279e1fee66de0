"""`trueup demo`: it runs on, and says what to try."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from controller.cli.demo.hand import DEEDS
from controller.cli.demo.play import PATIENCE, console
from controller.cli.demo.stage import Stage

WIDTH = max(map(len, DEEDS))


def explore(stage: Stage) -> None:
    """Wait until everything stands, say what to try, and go on until Ctrl-C."""
    deadline = time.monotonic() + PATIENCE
    while not stage.settled and time.monotonic() < deadline:
        time.sleep(0.5)
    console.print()
    console.rule("[bold]now it is yours: in another terminal", align="left")
    console.print(_text(stage), markup=False)
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print()


def _text(stage: Stage) -> str:
    script = Path(sys.argv[0]).resolve()
    command = f"{sys.executable} -m controller" if script.suffix == ".py" else f"{script}"
    deeds = "\n".join(f"    {name.ljust(WIDTH)}  {deed.what}" for name, deed in DEEDS.items())
    return f"""  page      {stage.url}/
  metrics   {stage.url}/metrics

  Release an image; watch it roll out:
    cd {stage.repo}
    {command} set image shop=shop:1.5.0 manifests
    git -c user.name=me -c user.email=me@example.com commit -am 'Release 1.5.0'

  Take something out of git; watch it go:
    git rm manifests/iam/people.yaml
    git -c user.name=me -c user.email=me@example.com commit -m 'Ana has left'

  Make drift by hand; watch it being repaired:
    {sys.executable} -m controller.cli.demo {stage.endpoint} ssh
  and, in place of ssh:
{deeds}

  Pause, look, and resume:
    export TRUEUP_STATE_DIR={stage.state}
    {command} pause --reason 'just looking' --for 10m
    {command} status
    {command} resume

  Ctrl-C ends it."""
