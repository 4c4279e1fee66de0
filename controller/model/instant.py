"""A moment in one form: `2026-01-31T08:00:00Z`. YAML reads times by itself, and AWS's replies hold them as such."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator


def instant(value: object) -> object:
    """A time in that form; without a zone it is UTC. "" and what is no time stay as they are; raises ValueError for other texts."""
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


Instant = Annotated[str, BeforeValidator(instant)]
"""A field of a Spec that is a moment; "" for none."""
