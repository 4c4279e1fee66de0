"""Every exception that trueup raises, drawn once.

    TrueupError
    ├── InvalidInput          what a person wrote is wrong; carries every Problem that was found
    │   └── InvalidSettings   ... in a flag, a TRUEUP_ variable or the settings file
    ├── SourceError           git could not give a commit
    │   ├── SourceUnreachable ... now; asking again later may help
    │   └── SourceRefused     ... ever, as things are: unsafe protocol, symlink, oversized file, corrupt object
    ├── StateError            the inventory cannot be read or written
    ├── Held                  a mutating call was stopped before it left: paused, or shutting down
    └── AwsError              AWS said no; carries service, operation and AWS's own code
        ├── AwsTemporary      ... and may say yes later: throttled, 5xx, connection reset
        │   └── AwsBusy       ... once something else has let go, or has come about: in use, on its way
        ├── AwsRefused        ... for good: access denied, invalid, limit exceeded
        ├── AlreadyExists     ... because a resource with that name is there
        ├── NotFound          ... because there is no such resource (any more)
        └── Unreadable        ... to a read, so that a kind's resources are unknown in this pass

Each carries what a person needs to act: what happened, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.model.problem import Problem


class TrueupError(Exception):
    """The root. `message` says what happened; `hint` says what to do about it ("" where there is nothing to add)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class InvalidInput(TrueupError):
    """Manifests (or other input) are wrong. `problems` holds all of them, in the order of the files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class InvalidSettings(InvalidInput):
    """A setting is wrong: a flag, a TRUEUP_ variable, or a line of the settings file."""


class SourceError(TrueupError):
    """Git could not give a commit."""


class SourceUnreachable(SourceError):
    """Git could not be asked, or did not answer. Temporary: the last good commit goes on being held."""


class SourceRefused(SourceError):
    """Trueup will not take what git offers: an unsafe protocol, a symlink, an oversized file, a corrupt object."""


class StateError(TrueupError):
    """The state file cannot be read or written (read-only, disk full, corrupt)."""


class Held(TrueupError):
    """A mutating call was stopped before it was sent. The message is the reason; `retried` as in AwsError."""

    retried = False


class AwsError(TrueupError):
    """AWS refused or failed a call. `code` is AWS's error code, or botocore's exception name where no reply came.

    `retried`: botocore has sent the call before, and what became of that is not known. So it may be what the refusal is about.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        code: str = "",
        hint: str = "",
        retried: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.service = service
        self.operation = operation
        self.code = code
        self.retried = retried


class AwsTemporary(AwsError):
    """AWS may say yes later: throttled, 5xx, connection reset."""


class AwsBusy(AwsTemporary):
    """What the call is about is still in use, or on its way: nobody need act, and the next pass looks again."""


class AwsRefused(AwsError):
    """AWS says no for good. Not tried again until a new commit, a change of what is live, or a long backoff."""


class AlreadyExists(AwsError):
    """A resource with that name exists: our own, it may be, where the call was `retried`."""


class NotFound(AwsError):
    """There is no such resource (any more). To a delete that is success."""


class Unreadable(AwsError):
    """A read failed, so the resources of a kind are unknown in this pass (never: absent)."""
