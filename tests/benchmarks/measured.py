"""One command in a process of its own: how long it took, how much of that it computed, and how much memory it needed at its peak.

Run as a script it is that small parent which starts the command: Linux counts what a parent held as its child's peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock, seconds of its own computing, and megabytes at the peak."""

    seconds: float
    cpu: float
    peak: float


def measure(
    command: Sequence[str | Path], environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Measured:
    """Run a command, in a folder. Fails where it does, with what it said."""
    launch = [sys.executable, "-S", __file__, *map(str, command)]
    done = subprocess.run(launch, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    *said, figures = done.stderr.splitlines()
    told = json.loads(figures)
    assert told.pop("status") == 0, "\n".join([done.stdout[-2000:], *said[-20:]])
    return Measured(**told)


def main() -> None:
    began = time.perf_counter()
    pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, used = os.wait4(pid, 0)
    seconds, cpu, peak = time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    figures = {"status": os.waitstatus_to_exitcode(status), "seconds": seconds, "cpu": cpu, "peak": peak}
    print(f"\n{json.dumps(figures)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
