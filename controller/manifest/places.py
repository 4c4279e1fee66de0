"""Where the parts of a manifest are written: in its own document, or in a patch that an include has put on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from controller.manifest.includes import Draft
from controller.manifest.variables import Path
from controller.model.problem import Position


def locate(draft: Draft, path: Path) -> Position:
    """Where a path of a manifest stands: in the last patch that says something about it, or in its own document."""
    for overlay in reversed(draft.overlays):
        if len(path) > 1 and _says({"spec": overlay.patch.spec, "lifecycle": overlay.patch.lifecycle}, path):
            return overlay.origin.document.position((*overlay.path, *path))
    return draft.envelope.document.position(path)


def _says(patch: Any, path: Path) -> bool:
    """Whether a patch decides what is at a path. Of a list it decides all, since it replaces it."""
    for part in path:
        if not isinstance(patch, Mapping):
            return True
        if part not in patch:
            return False
        patch = patch[part]
    return True


def path_in(data: Any, text: str) -> Path:
    """`rules[0].port` as a path into data. A key may have dots in it: `tags.kubernetes.io/name`."""
    parts = [part.removesuffix("]") for part in re.split(r"\.|\[(?=\d+\])", text) if part]
    path: list[str | int] = []
    while parts:
        size, key = _next_key(data, parts)
        if not size:
            return (*path, *parts)
        path.append(key)
        data, parts = data[key], parts[size:]
    return tuple(path)


def _next_key(data: Any, parts: list[str]) -> tuple[int, str | int]:
    """How many of the parts make the next key, and that key; 0 where the data has none such."""
    if isinstance(data, Mapping):
        joined = ((size, ".".join(parts[:size])) for size in range(len(parts), 0, -1))
        return next(((size, key) for size, key in joined if key in data), (0, ""))
    is_index = isinstance(data, list) and parts[0].isdigit() and int(parts[0]) < len(data)
    return (1, int(parts[0])) if is_index else (0, "")
