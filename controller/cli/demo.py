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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from controller.aws.emulator import ACCOUNT, emulator, environment
from controller.errors import TrueupError

console = Console(soft_wrap=True, highlight=False)
REGION = "eu-central-1"
SSH = 22
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


def play(manifests: Path, *, once: bool, as_json: bool = False) -> int:
    """Play the demo; the exit code. Without `once` it goes on until Ctrl-C. `as_json`: only the summary goes to stdout."""
    console.stderr = as_json
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
            play = Play(stage)
            try:
                _play_once(play)
            except StepFailed as failure:
                console.print(f"[bold red]FAILED[/] {failure}")
                return 1
            _show_summary(play, as_json=as_json)
    return 0


def _show_summary(play: Play, *, as_json: bool) -> None:
    summary = play.summary
    console.rule("[bold green]all of it held", align="left")
    for number, what in enumerate(play.seen, 1):
        console.print(f"  {number}. {what}")
    console.print(f"  {len(play.seen)} steps, {summary['calls']} calls to AWS, {summary['actions']} actions")
    if as_json:
        Console(soft_wrap=True).print_json(data=summary)


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


@dataclass
class Play:
    """The demo without a person: steps that must hold, one after the other."""

    stage: Stage
    seen: list[str] = field(default_factory=list)

    def step(self, what: str, holds: Callable[[], Any]) -> None:
        """Wait until something holds. Raises StepFailed where it does not come about."""
        console.rule(f"[bold]{what}", align="left")
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise StepFailed(what)
            time.sleep(0.2)
        self.seen.append(what)

    @property
    def drifted(self) -> float:
        return total(self.stage, "trueup_resources", scope=self.stage.scope, state="drifted")

    @property
    def settled(self) -> bool:
        """Whether the newest commit is applied, and git and AWS agree on everything."""
        head = git(self.stage.repo, "rev-parse", "HEAD").strip()
        every = total(self.stage, "trueup_resources", scope=self.stage.scope)
        same = total(self.stage, "trueup_resources", scope=self.stage.scope, state="in_sync")
        return _applied(self.stage) == head and every == same > 0

    @property
    def summary(self) -> dict[str, Any]:
        return {
            "steps": self.seen,
            "calls": int(total(self.stage, "trueup_aws_calls_total")),
            "actions": int(total(self.stage, "trueup_actions_total", result="done")),
        }


def _play_once(play: Play) -> None:
    iam, ec2 = boto3.client("iam", region_name="us-east-1"), boto3.client("ec2", region_name=REGION)
    play.step("the commit is applied, and AWS is in sync with it", lambda: play.settled)
    _stands_still_while_paused(play, iam, ec2)
    _prunes(play, iam, ec2)


def _stands_still_while_paused(play: Play, iam: Any, ec2: Any) -> None:
    stage = play.stage

    def attached() -> list[str]:
        return [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName="deploy")["AttachedPolicies"]]

    def ssh_is_open() -> bool:
        (group,) = ec2.describe_security_groups(GroupNames=["service"])["SecurityGroups"]
        return any(rule.get("FromPort") == SSH for rule in group["IpPermissions"])

    trueup(stage, "pause", "--reason", "to see drift before it is repaired", "--for", "1h")
    play.step("a pause shows in /metrics", lambda: total(stage, "trueup_pause_active") == 1)
    iam.attach_role_policy(RoleName="deploy", PolicyArn=ADMIN)
    open_ssh(ec2)
    play.step(
        "a policy attached and port 22 opened behind trueup's back are seen as drift in /metrics",
        lambda: play.drifted == 2,
    )
    play.step("while paused they stay", lambda: "too-much" in attached() and ssh_is_open())
    trueup(stage, "resume")
    play.step("after resuming the policy is detached", lambda: "too-much" not in attached())
    play.step("... and port 22 is closed", lambda: not ssh_is_open())
    play.step("and nothing is drifted any more", lambda: play.settled)


def open_ssh(ec2: Any) -> None:
    """What somebody does by hand at 3 a.m.: open port 22 of the service to the world."""
    (group,) = ec2.describe_security_groups(GroupNames=["service"])["SecurityGroups"]
    world = {"IpProtocol": "tcp", "FromPort": SSH, "ToPort": SSH, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[world])


def _prunes(play: Play, iam: Any, ec2: Any) -> None:
    manifests = play.stage.repo / "manifests"

    def subnets() -> int:
        zone = {"Name": "tag:Name", "Values": ["shop-*-b"]}
        return len(ec2.describe_subnets(Filters=[zone])["Subnets"])

    (manifests / "iam" / "people.yaml").unlink()
    commit(play.stage.repo, "Ana has left")
    play.step("a user taken out of git is pruned", lambda: not iam.list_users()["Users"])
    play.step("so is her group", lambda: not iam.list_groups()["Groups"])
    network = manifests / "network.yaml"
    network.write_text(network.read_text().replace("zones: [a, b]", "zones: [a]"))
    commit(play.stage.repo, "One zone is enough")
    play.step("subnets taken out of git are pruned, after what refers to them", lambda: not subnets())
    play.step("and the rest is in sync", lambda: play.settled)


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
    while not Play(stage).settled and time.monotonic() < deadline:
        time.sleep(0.2)
    console.rule("[bold]now it is yours", align="left")
    console.print(
        f"""  page      {stage.url}/
  metrics   {stage.url}/metrics

  Change a manifest and commit; watch it arrive:
    cd {stage.repo} && ls manifests/iam
    git rm manifests/iam/people.yaml && git -c user.name=me -c user.email=me@example.com commit -m 'Ana has left'

  Make drift by hand; watch it go:
    export AWS_ENDPOINT_URL={stage.endpoint} AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_REGION={REGION}
    aws iam attach-role-policy --role-name deploy --policy-arn {ADMIN}
  or, without the AWS CLI, open port 22 of the service to the world:
    {sys.executable} -c "import boto3; from controller.cli.demo import open_ssh; open_ssh(boto3.client('ec2'))"

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
