"""What a person waits for: reading manifests, and the command line."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from tests.benchmarks.bench import Row, put, roles, timed, tree
from tests.benchmarks.measured import measure

TRUEUP = (sys.executable, "-m", "controller")


def rows() -> Iterator[Row]:
    yield from _loading()
    with tempfile.TemporaryDirectory() as folder:
        done = measure([*TRUEUP, "validate", put(Path(folder), roles(10_000))])
    yield "trueup validate, 10,000 manifests", f"{done.seconds:.2f} s, {done.peak:.0f} MB", "aim: 5 s, 500 MB"
    best = min(measure([*TRUEUP, "--help"]).seconds for _ in range(5))
    yield "trueup --help", f"{best:.2f} s", "aim: 0.4 s; best of 5"


def _loading() -> Iterator[Row]:
    """10,000 manifests, and then one of them changed."""
    files = roles(10_000)
    loader = Loader(KINDS, COMPOSITES)
    first = timed(lambda: loader.load(tree(files)))
    files["roles/7.yaml"] += "# changed\n"
    second = timed(lambda: loader.load(tree(files)))
    few = {name: files[name] for name in ("scope.yaml", "policies/7.yaml", "roles/7.yaml")}
    one = timed(lambda: Loader(KINDS, COMPOSITES).load(tree(few)))
    yield "10,000 manifests loaded", f"{first:.2f} s", "parsed and validated"
    yield "... again, 1 changed", f"{second:.2f} s", f"that file alone: {one * 1000:.0f} ms"
