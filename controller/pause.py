"""Pause: the flag file that on-call puts down, and that is looked at before every mutating call.

the file                             paused is
does not exist                       nothing
is empty (`touch`)                   everything
lists pauses                         what they select, until they expire
cannot be read, or not understood    everything, and it is said loudly
is in a folder that does not exist   everything: a volume may not be mounted
"""

from __future__ import annotations

import getpass
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from controller.errors import TrueupError
from controller.model.address import Address, short_kind
from controller.model.spec import Part


class Pause(Part):
    """One pause. Empty selectors select everything; `until` is None where it has no end."""

    reason: str
    who: str
    since: AwareDatetime
    until: AwareDatetime | None = None
    scope: str = ""
    kind: str = ""
    name: str = ""

    @property
    def selector(self) -> str:
        """What is paused, as a person reads it: `scope=prod kind=iam/Role`, or `everything`."""
        parts = (("scope", self.scope), ("kind", self.kind), ("name", self.name))
        return " ".join(f"{key}={value}" for key, value in parts if value) or "everything"

    def covers(self, address: Address) -> bool:
        """Whether a resource is selected."""
        return (
            self.scope in ("", address.scope)
            and self.kind in ("", address.kind, short_kind(address.kind))
            and self.name in ("", address.name)
        )

    def __str__(self) -> str:
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"paused by {self.who}{until}: {self.reason}"


class BrokenFlag(Pause):
    """What stands for a flag file that cannot be read, or not be understood."""


class _File(Part):
    pauses: tuple[Pause, ...]


class PauseFlag:
    """The flag file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, now: datetime) -> tuple[Pause, ...]:
        """The pauses in force. Never raises: what cannot be read pauses everything."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            if self.path.parent.is_dir():
                return ()
            return (self._unreadable(now, f"its folder {self.path.parent} does not exist"),)
        except OSError as error:
            return (self._unreadable(now, str(error)),)
        if not content.strip():
            return (self._touched(now),)
        try:
            pauses = _File.model_validate_json(content).pauses
        except ValidationError as error:
            return (self._unreadable(now, _said(error)),)
        return tuple(pause for pause in pauses if pause.until is None or now < pause.until)

    def reason(self, address: Address | None, now: datetime) -> str:
        """Why a resource is paused, or "". A call for no resource in particular is stopped by any pause."""
        for pause in self.read(now):
            if address is None or pause.covers(address):
                return str(pause)
        return ""

    def add(self, pause: Pause) -> None:
        """Add a pause to those that are there. Raises TrueupError where the file stands in the way."""
        self._write((*self._listed(pause.since), pause))

    def clear(self, scope: str = "", kind: str = "", name: str = "") -> int:
        """Take away the pauses with just these selectors, or the whole file without any; how many there were."""
        now = datetime.now(UTC)
        if not (scope or kind or name):
            count = len(self.read(now))
            try:
                self.path.unlink(missing_ok=True)
            except OSError as error:
                raise TrueupError(f"flag file {self.path}: {error}", hint="take it away by hand") from error
            return count
        listed = self._listed(now)
        kept = tuple(pause for pause in listed if (pause.scope, pause.kind, pause.name) != (scope, kind, name))
        if kept:
            self._write(kept)
        else:
            self.path.unlink(missing_ok=True)
        return len(listed) - len(kept)

    def _listed(self, now: datetime) -> tuple[Pause, ...]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise TrueupError(f"flag file {self.path}: {error}", hint="everything is paused by it") from error
        if not content.strip():
            raise TrueupError(
                f"flag file {self.path} is empty, which pauses everything",
                hint="`trueup resume` takes it away; a narrower pause would not narrow it",
            )
        try:
            return tuple(p for p in _File.model_validate_json(content).pauses if p.until is None or now < p.until)
        except ValidationError as error:
            raise TrueupError(
                f"flag file {self.path} cannot be understood: {_said(error)}", hint="everything is paused by it"
            ) from error

    def _write(self, pauses: tuple[Pause, ...]) -> None:
        """Put the new file in place of the old in one step, so that no reader ever sees half of it."""
        text = json.dumps(_File(pauses=pauses).model_dump(mode="json", exclude_defaults=True), indent=2)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".paused-")
            with os.fdopen(handle, "w") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(self.path)
        except OSError as error:
            raise TrueupError(f"flag file {self.path}: {error}", hint="is its folder writable?") from error

    def _touched(self, now: datetime) -> Pause:
        try:
            status = self.path.stat()
            since, who = datetime.fromtimestamp(status.st_mtime, UTC), self.path.owner()
        except (OSError, KeyError):
            since, who = now, "somebody"
        return Pause(reason=f"flag file {self.path} exists", who=who, since=since)

    def _unreadable(self, now: datetime, why: str) -> Pause:
        reason = f"FLAG FILE {self.path} CANNOT BE READ ({why}); mend it or take it away with `trueup resume`"
        return BrokenFlag(reason=reason, who="trueup itself", since=now)


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    return f"{path}: {first['msg']}" if path else str(first["msg"])


def whoami() -> str:
    """The person at the keyboard, as well as the machine can tell."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
