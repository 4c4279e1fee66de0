"""Names that travel everywhere: what a resource is called in git.

A kind is named `service/Kind` (`iam/Role`), which is unique; manifests spell it as `apiVersion: iam.aws/v1` and `kind: Role`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One resource as git names it. `kind` is `service/Kind`; `name` is `metadata.name`, unique per kind in a scope."""

    scope: str
    kind: str
    name: str

    @property
    def local(self) -> str:
        """The address within its scope: `iam/Role/ci`. It is the value of the tag `trueup:manifest`."""
        return f"{self.kind}/{self.name}"

    def __str__(self) -> str:
        return f"{self.scope}/{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that `str` made. Raises ValueError where a part is missing."""
        scope, service, kind, name = text.split("/", 3)
        return cls(scope, f"{service}/{kind}", name)


TRUEUP_API = "trueup/v1"


def api_version(kind: str) -> str:
    """`iam/Role` is written `apiVersion: iam.aws/v1` in a manifest; what is trueup's own (`trueup/Network`) `trueup/v1`."""
    service = kind.partition("/")[0]
    return TRUEUP_API if service == "trueup" else f"{service}.aws/v1"


def short_kind(kind: str) -> str:
    """`iam/Role` is `kind: Role` in a manifest."""
    return kind.partition("/")[2]
