"""One trueup at a time for one state file: two that apply with the same inventory would not know of each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.errors import StateError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file while the block runs. Raises StateError, naming the holder, where another process has it.

    The kernel lets go of the lock when its process ends, however it ends, so that nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as error:
        raise StateError(f"lock file {path}: {error}", hint="make its folder writable for trueup") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise StateError(
                f"another trueup (process {holder}) is at work with {path.parent}",
                hint="stop it, or give this one another --state-dir",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
