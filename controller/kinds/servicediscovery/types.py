"""References to what Cloud Map has: a manifest's name, `scope/name`, or AWS's id."""

from __future__ import annotations

from typing import Annotated

from controller.model.reference import Ref

NamespaceRef = Annotated[str, Ref("servicediscovery/Namespace", output="id", literal=r"ns-[a-z0-9]{10,}")]
