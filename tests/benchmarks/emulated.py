"""The emulator in a process of its own, which counts what it is asked, so that a tool's figures are its own.

Run as a module it prints its address, and then for each line that it is sent a line of JSON: what it was asked since the last.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from controller.aws.emulator import emulator, environment


@dataclass(frozen=True)
class Asked:
    """Calls by operation, and the seconds that the emulator was busy with them."""

    calls: Counter[str]
    seconds: float


@dataclass(frozen=True)
class Emulated:
    """A running emulator."""

    url: str
    _in: IO[str]
    _out: IO[str]

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.url)

    def asked(self) -> Asked:
        """What it was asked since this was last looked at."""
        self._in.write("\n")
        self._in.flush()
        told = json.loads(self._out.readline())
        return Asked(Counter(told["calls"]), told["seconds"])

    def empty(self) -> None:
        """Forget all resources."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")) as reply:
            reply.read()


@contextmanager
def emulated() -> Iterator[Emulated]:
    """An emulator for as long as it is needed."""
    command = [sys.executable, "-m", "tests.benchmarks.emulated"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Emulated(process.stdout.readline().strip(), process.stdin, process.stdout)
        process.stdin.close()


class _Count:
    """Counts what moto's handlers are called for, and their seconds. One at a time: they are not made for more."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._seconds = 0.0
        self._turn = threading.RLock()

    def listen(self) -> None:
        from moto.core.responses import BaseResponse

        handle = BaseResponse.call_action

        def counted(response: Any) -> Any:
            with self._turn:
                self._calls[response._get_action()] += 1
                began = time.monotonic()
                try:
                    return handle(response)
                finally:
                    self._seconds += time.monotonic() - began

        BaseResponse.call_action = counted  # type: ignore[method-assign, assignment]

    def told(self) -> str:
        with self._turn:
            told = json.dumps({"calls": dict(self._calls), "seconds": self._seconds})
            self._calls.clear()
            self._seconds = 0.0
        return told


def main() -> None:
    with emulator() as url:
        count = _Count()
        count.listen()
        print(url, flush=True)  # noqa: T201
        for _ in sys.stdin:
            print(count.told(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
