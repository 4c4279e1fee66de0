"""A scope, and what may be said of a resource's life in it. Both are pydantic models, since both are written in manifests."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from controller.model.address import short_kind
from controller.model.spec import Part


def _account_id(value: object) -> object:
    """A YAML number is taken as the account id that was meant, unless its leading zeros were lost on the way."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and not re.fullmatch(r"\d{12}", text):
        raise ValueError(f"{text!r} is no AWS account id: it has 12 digits (write it in quotes if it begins with 0)")
    return text


AccountId = Annotated[str, BeforeValidator(_account_id), Field(pattern=r"^\d{12}$")]


class Mode(StrEnum):
    """`manage`: changes are applied. `observe`: drift is found and exported, nothing is changed."""

    MANAGE = "manage"
    OBSERVE = "observe"


class Deletion(StrEnum):
    """What becomes of a resource that git no longer names."""

    DELETE = "delete"
    RETAIN = "retain"
    PROTECT = "protect"


class Lifecycle(Part):
    """How trueup treats one resource, whatever its kind."""

    mode: Mode | None = Field(
        default=None, description="`observe` finds drift and changes nothing; unset: as the scope says."
    )
    deletion: Deletion = Field(
        default=Deletion.DELETE,
        description="When git no longer names it: `delete` it, `retain` it (trueup lets go of it; the default of a few kinds, "
        "such as HostedZone), or `protect` it (a delete or a replacement is held until git says otherwise).",
    )
    adopt: bool | str = Field(
        default=False,
        description="Take over a live resource that trueup did not make: true finds it by its name, a text is its AWS id.",
    )
    ignore: tuple[str, ...] = Field(
        default=(), description="Fields (`spec` paths such as `description` or `tags.team`) whose drift is left alone."
    )
    depends_on: tuple[str, ...] = Field(
        default=(), description="Resources that must stand first, as `Kind/name` or `scope/Kind/name`."
    )


class Guard(Part):
    """How much one pass may take away. More than that, and all of it is held until a commit raises the limit."""

    max_deletes: int = Field(default=5, ge=0, description="Deletes in one pass of the scope.")
    max_replacements: int = Field(default=3, ge=0, description="Replacements in one pass of the scope.")
    max_percent: int = Field(
        default=30,
        ge=0,
        le=100,
        description="Of every hundred records of a zone that is not in git itself (and has ten or more): those that may change or "
        "go in one pass of the scope; 100: all may go. A zone that is in git says it for itself.",
    )


class Patch(Part):
    """A merge patch on every included manifest that fits."""

    kind: str = Field(default="", description="Only manifests of this kind; empty: any.")
    name: str = Field(default="", description="Only the manifest of this name; empty: any.")
    spec: dict[str, object] = Field(default={}, description="Merged into `spec`: null removes a field.")
    lifecycle: dict[str, object] = Field(default={}, description="Merged into `lifecycle`.")

    def fits(self, kind: str, name: str) -> bool:
        """Whether it is meant for the manifest of this kind (`service/Kind`) and name."""
        return self.kind in ("", kind, short_kind(kind)) and self.name in ("", name)


class Include(Part):
    """Another folder's manifests, with changes."""

    path: str = Field(description="The folder, relative to the scope's own.")
    patches: tuple[Patch, ...] = Field(default=(), description="Merge patches (RFC 7396) on the included manifests.")


class ScopeSpec(Part):
    """One AWS account and region that a folder of manifests belongs to."""

    account: AccountId = Field(description="The account's id. Credentials for any other account are refused.")
    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="The region, such as `eu-central-1`. IAM has one for all."
    )
    role: str = Field(
        default="",
        pattern=r"^(|arn:[\w-]+:iam::\d{12}:role/.+)$",
        description="ARN of the role to assume through STS; empty: the daemon's own credentials.",
    )
    external_id: str = Field(default="", description="The external id that the role's trust policy asks for.")
    default_tags: dict[str, str] = Field(default={}, description="Tags put on every resource that can be tagged.")
    ignore_tags: tuple[str, ...] = Field(
        default=(), description="Prefixes of tags that others put on and trueup leaves alone (`aws:` always is)."
    )
    variables: dict[str, str | int | bool] = Field(default={}, description="What `${var.name}` stands for.")
    mode: Mode = Field(default=Mode.MANAGE, description="`observe` finds drift and changes nothing.")
    guard: Guard = Field(default=Guard(), description="How much one pass may take away.")
    policy_lint: Literal["off", "warn", "error"] = Field(
        default="warn", description="What a doubtful IAM policy document is: nothing, a warning or an error."
    )
    include: tuple[Include, ...] = Field(default=(), description="Folders whose manifests also belong to this scope.")


class Scope(Part):
    """A scope and its name."""

    name: str
    spec: ScopeSpec
