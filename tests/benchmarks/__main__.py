"""`make bench`: the figures that the issues ask for, as a table. Counts are exact; seconds depend on the machine."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from controller.aws.emulator import emulator, environment
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.commit import Blob, Tree
from controller.source.entries import blob_id
from tests.kinds.samples.iam import ALLOW, TRUST
from tests.stage import SCOPE, Stage, document

Row = tuple[str, str, str]


def manifests(count: int) -> dict[str, str]:
    """Roles and policies, half and half, a file each."""
    files = {"scope.yaml": SCOPE}
    for number in range(count // 2):
        policy = document("iam.aws/v1", "Policy", f"policy-{number}", {"document": ALLOW})
        role = document(
            "iam.aws/v1", "Role", f"role-{number}", {"trust": TRUST, "managedPolicies": [f"policy-{number}"]}
        )
        files[f"policies/{number}.yaml"] = write([policy])
        files[f"roles/{number}.yaml"] = write([role])
    return files


def tree(files: dict[str, str]) -> Tree:
    return Tree(
        None, "", tuple(Blob(path, blob_id(text.encode()), text.encode()) for path, text in sorted(files.items()))
    )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def a_quiet_pass() -> Iterator[Row]:
    """1,000 roles and 1,000 policies with nothing to change."""
    with tempfile.TemporaryDirectory() as folder, emulator() as url:
        os.environ.update(environment(url))
        stage = Stage(Path(folder), manifests(2000))
        first = timed(stage.apply)
        stage.calls.clear()
        seconds = timed(stage.apply)
        pages = {call: stage.calls.count(call) for call in sorted(set(stage.calls))}
        yield "2,000 resources made", f"{first:.1f} s", "emulator's share included"
        yield "a pass with nothing to change", f"{len(stage.calls)} calls, {len(stage.changes)} changing", str(pages)
        yield "... its wall time", f"{seconds:.1f} s", "emulator's share included"


def a_quiet_pass_over_a_network() -> Iterator[Row]:
    """1,000 security groups with 20 rules each, and nothing to change."""
    rules = [{"protocol": "tcp", "port": 8000 + number, "from": ["10.0.0.0/8"]} for number in range(20)]
    vpc = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"})
    files = {"scope.yaml": SCOPE, "vpc.yaml": write([vpc])}
    for number in range(1000):
        group = document("ec2.aws/v1", "SecurityGroup", f"g{number}", {"vpc": "main", "ingress": rules})
        files[f"groups/{number}.yaml"] = write([group])
    with tempfile.TemporaryDirectory() as folder, emulator() as url:
        os.environ.update(environment(url))
        stage = Stage(Path(folder), files)
        first = timed(stage.apply)
        stage.calls.clear()
        seconds = timed(stage.apply)
        pages = {call: stage.calls.count(call) for call in sorted(set(stage.calls))}
        yield "1,000 groups of 20 rules made", f"{first:.1f} s", "emulator's share included"
        yield "a pass with nothing to change", f"{len(stage.calls)} calls, {len(stage.changes)} changing", str(pages)
        yield "... its wall time", f"{seconds:.1f} s", "emulator's share included"


def loading() -> Iterator[Row]:
    """10,000 manifests, and then one of them changed."""
    files = manifests(10_000)
    loader = Loader(KINDS, COMPOSITES)
    first = timed(lambda: loader.load(tree(files)))
    files["roles/7.yaml"] += "# changed\n"
    second = timed(lambda: loader.load(tree(files)))
    one = timed(
        lambda: Loader(KINDS, COMPOSITES).load(
            tree({name: files[name] for name in ("scope.yaml", "policies/7.yaml", "roles/7.yaml")})
        )
    )
    yield "10,000 manifests loaded", f"{first:.2f} s", "parsed and validated"
    yield "... again, 1 changed", f"{second:.2f} s", f"that file alone: {one * 1000:.0f} ms"


def commands() -> Iterator[Row]:
    """What a person waits for."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in manifests(10_000).items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        seconds = timed(lambda: trueup("validate", folder))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        yield "trueup validate, 10,000 manifests", f"{seconds:.2f} s, {peak:.0f} MB", "aim: 5 s, 500 MB"
    best = min(timed(lambda: trueup("--help")) for _ in range(5))
    yield "trueup --help", f"{best:.2f} s", "aim: 0.4 s; best of 5"


def trueup(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "controller", *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    table = Table("what", "figure", "note", title="trueup benchmarks")
    for part in (commands, loading, a_quiet_pass, a_quiet_pass_over_a_network):
        for row in part():
            table.add_row(*row)
    Console(width=160).print(table)


main()
