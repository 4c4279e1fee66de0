"""What a sample is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Around = tuple[tuple[str, str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Sample:
    """One kind's samples. `around`: (kind, name, spec) of what it refers to. `changes`: a new value for every field.

    `quiet`: of a field that says how the next change is made, and so is no difference by itself.
    `along`: what else a change or replacement of a field must change, so that the manifest stays right.
    """

    spec: Mapping[str, Any]
    changes: Mapping[str, Any]
    around: Around = ()
    replacements: Mapping[str, Any] = field(default_factory=dict)
    quiet: Mapping[str, Any] = field(default_factory=dict)
    along: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
