"""The stage: a local repository as the remote, `trueup run` on it as a process of its own, and what that answers over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from controller.aws.emulator import environment
from controller.aws.emulator.life import Life
from controller.manifest.yaml_reader import read

LIFE = Life(task=timedelta(seconds=1), certificate=timedelta(seconds=1), balancer=timedelta(seconds=1))
"""How long things take here, so that they can be seen to: in AWS it is minutes."""


@dataclass(frozen=True)
class Stage:
    """Where the demo plays."""

    folder: Path
    endpoint: str
    port: int
    scope: str

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settled(self) -> bool:
        """Whether the newest commit is applied, and git and AWS agree on everything."""
        every = self.metric("trueup_resources", scope=self.scope)
        same = self.metric("trueup_resources", scope=self.scope, state="in_sync")
        head = git(self.repo, "rev-parse", "HEAD").strip()
        return every == same > 0 and bool(self.metric("trueup_commit_info", role="applied", commit=head))

    @property
    def troubles(self) -> list[dict[str, str]]:
        """What is not in sync, and why, as /api/status has it."""
        scopes = json.loads(self._get("/api/status") or '{"scopes": {}}')["scopes"]
        return [trouble for scope in scopes.values() for trouble in scope["notInSync"]]

    def metric(self, name: str, **labels: str) -> float:
        """The sum of all series of a metric that have these labels; 0 while the daemon does not answer yet."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self._get("/metrics"))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def trueup(self, *arguments: str) -> str:
        """Run another verb, as a person would; what it prints."""
        environ = {**environment(self.endpoint), "TRUEUP_STATE_DIR": str(self.state)}
        command = [sys.executable, "-m", "controller", *arguments]
        done = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        return done.stdout

    def _get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as reply:  # noqa: S310 - our own address
                return str(reply.read().decode())
        except (urllib.error.URLError, ConnectionError):
            return ""


@contextmanager
def daemon(folder: Path, endpoint: str, manifests: Path, *, quiet: bool) -> Iterator[Stage]:
    """A local repository with the manifests, and `trueup run` on it. `quiet`: its log goes to a file, as JSON."""
    stage = Stage(folder, endpoint, _free_port(), _scope_name(manifests))
    shutil.copytree(manifests, stage.repo / "manifests")
    git(stage.repo, "init", "--quiet", "--initial-branch=main")
    commit(stage.repo, "The quickstart")
    command = [
        *(sys.executable, "-m", "controller", "run", "--repo", str(stage.repo), "--state-dir", str(stage.state)),
        *("--poll-interval", "1s", "--interval", "2s", "--jitter", "0s", "--pending-interval", "1s"),
        *("--listen", f"127.0.0.1:{stage.port}", "--log-format", "json" if quiet else "text"),
    ]
    with stage.log.open("wb") as log:
        process = subprocess.Popen(command, env=environment(endpoint), stderr=log if quiet else None)  # noqa: S603
        try:
            yield stage
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def git(repo: Path, *arguments: str) -> str:
    """Run git in the demo's repository, with an identity of its own and none of the user's settings."""
    environ = {
        **os.environ,
        **{
            f"GIT_{who}_{what}": f"demo{'@example.com' if what == 'EMAIL' else ''}"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    done = subprocess.run(["git", *arguments], cwd=repo, env=environ, check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout


def commit(repo: Path, message: str) -> str:
    """Commit all that has changed; the new commit."""
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", message)
    return git(repo, "rev-parse", "HEAD").strip()


def acted(stage: Stage, begin: int) -> tuple[list[dict[str, Any]], int]:
    """The actions that the daemon's log tells of from a byte on, and the byte after them."""
    text = stage.log.read_bytes()[begin:]
    whole = text[: text.rfind(b"\n") + 1]
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line for line in lines if "resource" in line and "seconds" in line], begin + len(whole)


def _scope_name(manifests: Path) -> str:
    path = manifests / "scope.yaml"
    documents, _ = read(str(path), path.read_bytes())
    return str(documents[0].data["metadata"]["name"])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
