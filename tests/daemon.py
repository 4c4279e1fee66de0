"""The daemon as a process of its own, on a real git remote and the emulator, as its users run it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from controller.aws.emulator import environment
from controller.cli.demo.stage import commit, git
from tests.stage import SCOPE

PATIENCE = 60


class Daemon:
    """`trueup run` in a folder. `files` are committed to its remote."""

    def __init__(self, folder: Path, endpoint: str, environ: Mapping[str, str] | None = None) -> None:
        self.folder, self.repo = folder, folder / "repo"
        self.state = folder / "state"
        self.environ = {**environment(endpoint), **(environ or {})}
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        if not self.repo.exists():
            (self.repo / "manifests").mkdir(parents=True)
            git(self.repo, "init", "--quiet", "--initial-branch=main")

    def put(self, files: Mapping[str, str | None]) -> str:
        """Commit files; None takes one away."""
        for name, text in {"scope.yaml": SCOPE, **files}.items():
            path = self.repo / "manifests" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        return commit(self.repo, "change")

    def start(self, *arguments: str) -> None:
        self.port = _free_port()
        command = [
            *(sys.executable, "-m", *self.entry, "run", "--repo", str(self.repo), "--state-dir", str(self.state)),
            *self.pace,
            *("--listen", f"127.0.0.1:{self.port}", "--log-format", "json", *arguments),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stderr=log, stdout=log)

    entry: tuple[str, ...] = ("controller",)
    pace: tuple[str, ...] = (
        *("--poll-interval", "1s", "--interval", "2s"),
        *("--jitter", "0s", "--pending-interval", "1s"),
    )

    def stop(self, with_: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(with_)
        return self.process.wait(timeout=30)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return 0, ""

    def metric(self, line: str) -> bool:
        """Whether /metrics has just this line."""
        return line in self.get("/metrics")[1].splitlines()

    def value(self, series: str) -> float | None:
        """The value of a series of /metrics, as it is written there; None where there is no such series."""
        for line in self.get("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        return None

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text()

    def trueup(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "controller", *arguments, "--state-dir", str(self.state)]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True).stdout


def eventually(holds: Callable[[], object], daemon: Daemon | None = None) -> None:
    """Wait until something holds; fails, with the daemon's log, where it does not come about."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, daemon.said if daemon else "it did not come about"
        time.sleep(0.1)


def _free_port() -> int:

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
