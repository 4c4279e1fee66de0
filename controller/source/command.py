"""Running git: one command at a time, bounded in time and memory, without prompts, hooks or unsafe protocols.

The user's own git configuration stays in force, so that whatever git itself can reach (ssh keys, credential helpers, proxies,
`insteadOf`) trueup can reach too. Needs git 2.31 or newer.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from controller.errors import SourceRefused, SourceUnreachable
from controller.source.url import Remote, redact

MAX_OUTPUT = 256 * 1024 * 1024
"""Bytes that one command may print: more is refused, so that no repository can exhaust the memory."""
_MAX_WORDS = 600
_MAX_STDERR = 16 * 1024
_TICK = 0.25
"""Seconds after which a running command notices that trueup is stopping."""
_GRACE = 2.0
"""Seconds that git has to end by itself, before it is killed."""
_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "versionsort.suffix=-")
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """How a command ended. `words` is what git printed on stderr, on one line, shortened and without secrets."""

    status: int
    out: bytes
    words: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace")


class GitCommand:
    """Git, as it is run for one remote."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End the command that is running, and begin no other."""
        self._stopping.set()

    def run(self, folder: Path, seconds: float, *arguments: str, given: bytes = b"") -> Reply:
        """Run `git <arguments>` on the bare repository `folder`, with `given` on stdin.

        Raises SourceUnreachable where git cannot be run, takes longer than `seconds`, or trueup is stopping; SourceRefused
        where it prints more than MAX_OUTPUT. That git fails is not an exception: the caller knows what it means.
        """
        try:
            from git.cmd import Git  # here, since the package looks for the git program while it is imported
            from git.exc import GitCommandNotFound
        except ImportError as error:  # pragma: no cover - a test shows it, in a process of its own
            raise _no_git("it is not in the PATH") from error
        command = ["git", f"--git-dir={folder}", *_OPTIONS, *arguments]
        try:
            with tempfile.TemporaryFile() as stdin:
                stdin.write(given)
                stdin.seek(0)
                # A process group of its own has no terminal that ssh or a credential helper could ask on.
                process = Git().execute(
                    command, istream=stdin, as_process=True, env=self._environment(), start_new_session=True
                )
                return self._attend(process.proc, arguments[0], seconds)  # type: ignore[arg-type]
        except (GitCommandNotFound, OSError) as error:
            raise _no_git(redact(str(error), *self._remote.secrets)) from error

    def _attend(self, process: subprocess.Popen[bytes], verb: str, seconds: float) -> Reply:
        out, err = bytearray(), bytearray()
        deadline = time.monotonic() + seconds
        assert process.stdout is not None  # noqa: S101 - for the type checker: GitPython always makes both pipes
        assert process.stderr is not None  # noqa: S101
        try:
            with process.stdout as stdout, process.stderr as stderr, selectors.DefaultSelector() as open_pipes:
                open_pipes.register(stdout, selectors.EVENT_READ, out)
                open_pipes.register(stderr, selectors.EVENT_READ, err)
                while open_pipes.get_map():
                    self._check(verb, seconds, deadline, len(out))
                    for key, _ in open_pipes.select(_TICK):
                        if not _pump(key.fileobj, key.data):  # type: ignore[arg-type]
                            open_pipes.unregister(key.fileobj)
                    del err[:-_MAX_STDERR]
            status = process.wait(max(_TICK, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise self._late(verb, seconds) from error
        finally:
            _end(process)
        return Reply(status, bytes(out), in_short(bytes(err), self._remote.secrets))

    def _check(self, verb: str, seconds: float, deadline: float, printed: int) -> None:
        if self._stopping.is_set():
            raise SourceUnreachable(f"git {verb} was ended, since trueup is stopping")
        if time.monotonic() > deadline:
            raise self._late(verb, seconds)
        if printed > MAX_OUTPUT:
            raise SourceRefused(
                f"git {verb} for {self._remote.address} gave more than {MAX_OUTPUT:,} bytes",
                hint="keep less in the manifests' folder",
            )

    def _late(self, verb: str, seconds: float) -> SourceUnreachable:
        return SourceUnreachable(
            f"git {verb} for {self._remote.address} took longer than {seconds:g} seconds and was ended",
            hint="is the remote slow, or a firewall in the way?",
        )

    def _environment(self) -> Mapping[str, str]:
        """Additions to the environment. Settings that a user already gives git through GIT_CONFIG_COUNT stay in force."""
        protocols = ["file", "https", "ssh", *(["http"] if self._remote.scheme == "http" else [])]
        count = os.environ.get("GIT_CONFIG_COUNT", "")
        given = int(count) if count.isdigit() else 0
        numbered = list(enumerate(self._remote.config, given))
        return {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": ":".join(protocols),
            "SSH_ASKPASS_REQUIRE": os.environ.get("SSH_ASKPASS_REQUIRE", "never"),
            "GIT_CONFIG_COUNT": str(given + len(numbered)),
            **{f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in numbered},
            **{f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in numbered},
        }


def in_short(stderr: bytes, secrets: tuple[str, ...] = ()) -> str:
    """Git's words on one line: without its advice, secrets and control characters, and only the end of a long text."""
    text = redact(stderr.decode("utf-8", "replace"), *secrets)
    lines = (line.strip() for line in text.splitlines() if not line.startswith("hint:"))
    line = "; ".join("".join(char if char.isprintable() else " " for char in line) for line in lines if line)
    return line if len(line) <= _MAX_WORDS else f"...{line[-_MAX_WORDS:]}"


def _pump(pipe: IO[bytes], into: bytearray) -> bool:
    """Move what is ready out of a pipe; False at its end."""
    chunk = os.read(pipe.fileno(), _CHUNK)
    into += chunk
    return bool(chunk)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git with its helpers, if it still runs: politely first, so that it takes its lock files away."""
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _no_git(reason: str) -> SourceUnreachable:
    return SourceUnreachable(f"git cannot be run: {reason}", hint="install git 2.31 or newer, and look at the disk")
