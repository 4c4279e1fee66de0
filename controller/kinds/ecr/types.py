"""Where ECR keeps repositories, and how manifests name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from controller.model.reference import Ref

NAME = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
"""What a repository may be called."""
HOST = r"\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com(\.cn)?"
"""A registry: one account's, in one region."""
RepositoryRef = Annotated[str, Ref("ecr/Repository", output="uri", literal=rf"{HOST}/{NAME}")]
_URI = re.compile(rf"(\d{{12}})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?/({NAME})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is."""

    account: str
    region: str
    name: str

    @property
    def uri(self) -> str:
        """As Repository.uri."""
        return f"{registry(self.account, self.region)}/{self.name}"


def registry(account: str, region: str) -> str:
    """The host that an account's images of a region are pulled from."""
    return f"{account}.dkr.ecr.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def place(uri: str) -> Place | None:
    """Where a repository is by its URI; None where that is none of ECR's."""
    found = _URI.fullmatch(uri)
    return Place(found[1], found[2], found[3]) if found else None
