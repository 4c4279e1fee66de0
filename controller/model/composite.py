"""What all composites have in common: one manifest that expands to many."""

from __future__ import annotations

from pydantic import Field

from controller.model.scope import Patch
from controller.model.spec import Part


class CompositeSpec(Part):
    """The spec of a composite."""

    patches: tuple[Patch, ...] = Field(
        default=(), description="Merge patches (RFC 7396) on what it expands to; `trueup expand` shows that."
    )
