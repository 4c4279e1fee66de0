"""The demo: the real daemon as a process of its own, an embedded AWS emulator, and a local git repository as its remote."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from controller.aws.emulator import ACCOUNT, emulator, environment
from controller.errors import TrueupError

console = Console(soft_wrap=True, highlight=False)
ADMIN = f"arn:aws:iam::{ACCOUNT}:policy/too-much"
"""A policy made by hand, which the demo attaches where it does not belong."""
PATIENCE = 60.0
"""Seconds that a step may take before it counts as failed: far more than it needs."""


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
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class StepFailed(TrueupError):
    """A step of the demo did not hold."""


def play(manifests: Path, *, once: bool) -> int:
    """Play the demo; the exit code. Without `once` it goes on until Ctrl-C."""
    if not manifests.is_dir():
        raise TrueupError(
            f"there is no folder {manifests}", hint="run it from trueup's repository, or give --manifests"
        )
    with tempfile.TemporaryDirectory(prefix="trueup-demo-") as folder, emulator() as endpoint:
        os.environ.update(environment(endpoint))
        _make_policy_by_hand()
        with daemon(Path(folder), endpoint, manifests) as stage:
            if not once:
                return _explore(stage)
            try:
                _play_once(stage)
            except StepFailed as failure:
                console.print(f"[bold red]FAILED[/] {failure}")
                return 1
    return 0


def _make_policy_by_hand() -> None:
    document = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    boto3.client("iam", region_name="us-east-1").create_policy(PolicyName="too-much", PolicyDocument=document)


@contextmanager
def daemon(folder: Path, endpoint: str, manifests: Path) -> Iterator[Stage]:
    """A local repository with the manifests, and `trueup run` on it."""
    repo = folder / "repo"
    shutil.copytree(manifests, repo / "manifests")
    git(repo, "init", "--quiet", "--initial-branch=main")
    commit(repo, "The quickstart")
    port = _free_port()
    command = [
        *(sys.executable, "-m", "controller", "run", "--repo", str(repo), "--state-dir", str(folder / "state")),
        *("--poll-interval", "1s", "--interval", "3s", "--jitter", "0s", "--pending-interval", "1s"),
        *("--listen", f"127.0.0.1:{port}", "--log-format", "text"),
    ]
    process = subprocess.Popen(command, env=environment(endpoint))  # noqa: S603 - our own command
    stage = Stage(folder, endpoint, port, _scope_name(manifests))
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


def metrics(stage: Stage) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The daemon's metrics now; empty while it does not answer yet."""
    try:
        with urllib.request.urlopen(f"{stage.url}/metrics", timeout=5) as reply:  # noqa: S310 - our own address
            text = reply.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return {}
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(stage: Stage, name: str, **labels: str) -> float:
    """The sum of all series of a metric that have these labels."""
    wanted = set(labels.items())
    return sum(value for (found, has), value in metrics(stage).items() if found == name and wanted <= has)


def _play_once(stage: Stage) -> None:
    iam = boto3.client("iam", region_name="us-east-1")
    seen: list[str] = []

    def step(what: str, holds: Callable[[], Any]) -> None:
        console.rule(f"[bold]{what}", align="left")
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise StepFailed(what)
            time.sleep(0.2)
        seen.append(what)

    def in_sync() -> float:
        return total(stage, "trueup_resources", scope=stage.scope, state="in_sync")

    def drifted() -> float:
        return total(stage, "trueup_resources", scope=stage.scope, state="drifted")

    def attached() -> list[str]:
        return [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName="deploy")["AttachedPolicies"]]

    step("the commit is applied and AWS is in sync with it", lambda: in_sync() >= 7 and not drifted())
    step("the applied commit is in /metrics", lambda: _applied(stage) == git(stage.repo, "rev-parse", "HEAD").strip())

    trueup(stage, "pause", "--reason", "to see drift before it is repaired", "--for", "1h")
    step("a pause shows in /metrics", lambda: total(stage, "trueup_pause_active") == 1)
    iam.attach_role_policy(RoleName="deploy", PolicyArn=ADMIN)
    step("a policy attached behind trueup's back is seen as drift in /metrics", lambda: drifted() == 1)
    step("while paused it stays", lambda: "too-much" in attached())
    trueup(stage, "resume")
    step("after resuming it is detached", lambda: "too-much" not in attached())
    step("and nothing is drifted any more", lambda: drifted() == 0 and in_sync() >= 7)

    (stage.repo / "manifests" / "iam" / "people.yaml").unlink()
    commit(stage.repo, "Ana has left")
    step("a user taken out of git is pruned", lambda: not iam.list_users()["Users"])
    step("so is her group", lambda: not iam.list_groups()["Groups"])
    step("and the rest is in sync", lambda: drifted() == 0 and in_sync() >= 5)
    console.rule("[bold green]all of it held", align="left")
    for number, what in enumerate(seen, 1):
        console.print(f"  {number}. {what}")
    calls = total(stage, "trueup_aws_calls_total")
    console.print(
        f"  {len(seen)} steps, {calls:.0f} calls to AWS, {total(stage, 'trueup_actions_total', result='done'):.0f} actions"
    )


def _applied(stage: Stage) -> str:
    for name, labels in metrics(stage):
        found = dict(labels)
        if name == "trueup_commit_info" and found["role"] == "applied" and found["scope"] == stage.scope:
            return found["commit"]
    return ""


def trueup(stage: Stage, *arguments: str) -> None:
    """Run another verb against the demo's state folder, as a person would."""
    command = [sys.executable, "-m", "controller", *arguments, "--state-dir", str(stage.state)]
    subprocess.run(command, check=True, env=environment(stage.endpoint))  # noqa: S603


def _explore(stage: Stage) -> int:
    deadline = time.monotonic() + PATIENCE
    while total(stage, "trueup_resources", scope=stage.scope, state="in_sync") < 1 and time.monotonic() < deadline:
        time.sleep(0.2)
    console.rule("[bold]now it is yours", align="left")
    console.print(
        f"""  page      {stage.url}/
  metrics   {stage.url}/metrics

  Change a manifest and commit; watch it arrive:
    cd {stage.repo} && ls manifests/iam
    git rm manifests/iam/people.yaml && git -c user.name=me -c user.email=me@example.com commit -m 'Ana has left'

  Make drift by hand; watch it go:
    export AWS_ENDPOINT_URL={stage.endpoint} AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_REGION=us-east-1
    aws iam attach-role-policy --role-name deploy --policy-arn {ADMIN}
  or, without the AWS CLI:
    {sys.executable} -c "import boto3; boto3.client('iam').attach_role_policy(RoleName='deploy', PolicyArn='{ADMIN}')"

  Pause, look, and resume:
    {Path(sys.argv[0])} pause --reason 'just looking' --for 10m --state-dir {stage.state}
    {Path(sys.argv[0])} status --state-dir {stage.state}
    {Path(sys.argv[0])} resume --state-dir {stage.state}

  Ctrl-C ends it."""
    )
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print()
    return 0


def _scope_name(manifests: Path) -> str:
    from controller.manifest.yaml_reader import read

    path = manifests / "scope.yaml"
    documents, _ = read(str(path), path.read_bytes())
    return str(documents[0].data["metadata"]["name"])


def _free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
