"""What the benchmarks have in common: rows, clocks, manifests as a commit has them, and a pass with nothing to change."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from controller.manifest.yaml_writer import write
from controller.model.commit import Blob, Tree
from controller.source.entries import blob_id
from tests.benchmarks.emulated import Emulated, emulated
from tests.kinds.samples.iam import ALLOW, TRUST
from tests.stage import SCOPE, Stage, document

Row = tuple[str, str, str]
"""What, the figure, and a note."""


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_words(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {operation}" for operation, count in sorted(calls.items()))


def tree(files: Mapping[str, str]) -> Tree:
    blobs = (Blob(path, blob_id(text.encode()), text.encode()) for path, text in sorted(files.items()))
    return Tree(None, "", tuple(blobs))


def put(folder: Path, files: Mapping[str, str]) -> Path:
    """Files into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def in_files(documents: Iterable[Mapping[str, Any]], size: int = 100) -> dict[str, str]:
    """Manifests, some in each file, and a scope for them."""
    every = [dict(one) for one in documents]
    parts = range(0, len(every), size)
    return {"scope.yaml": SCOPE, **{f"part-{at // size:03}.yaml": write(every[at : at + size]) for at in parts}}


def roles(count: int) -> dict[str, str]:
    """Roles and policies, half and half, a file each."""
    files = {"scope.yaml": SCOPE}
    for number in range(count // 2):
        policy = document("iam.aws/v1", "Policy", f"policy-{number}", {"document": ALLOW})
        trusting = {"trust": TRUST, "managedPolicies": [f"policy-{number}"]}
        files[f"policies/{number}.yaml"] = write([policy])
        files[f"roles/{number}.yaml"] = write([document("iam.aws/v1", "Role", f"role-{number}", trusting)])
    return files


def quiet_pass(made: str, files: Mapping[str, str], formula: Mapping[str, int] | None = None) -> Iterator[Row]:
    """Everything made, and then a pass over it with nothing to change. `formula`: calls that it must make just so often."""
    with tempfile.TemporaryDirectory() as folder, emulated() as emulator:
        os.environ.update(emulator.environment)
        stage = Stage(Path(folder), dict(files))
        yield f"{made} made", _clocked(stage.converge, emulator), ""
        stage.calls.clear()
        clocked = _clocked(stage.apply, emulator)
        calls = Counter(stage.calls)
        yield "a pass with nothing to change", f"{calls.total()} calls, {len(stage.changes)} changing", in_words(calls)
        wrong = {
            operation: calls[operation] for operation, count in (formula or {}).items() if calls[operation] != count
        }
        assert not wrong, f"not as many calls as the formula says: {wrong}"
        yield "... by the clock", clocked, ""


def _clocked(work: Callable[[], object], emulator: Emulated) -> str:
    emulator.asked()
    seconds = timed(work)
    return f"{seconds:.1f} s, {emulator.asked().seconds:.1f} s of them the emulator's"
