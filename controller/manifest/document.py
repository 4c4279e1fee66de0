"""A manifest as the document that a person could have written: what `trueup expand` shows of includes and composites."""

from __future__ import annotations

from typing import Any

from controller.manifest.envelope import Kinds
from controller.model.address import api_version, short_kind
from controller.model.manifest import Manifest


def document(manifest: Manifest, kinds: Kinds) -> dict[str, Any]:
    """The manifest with patches merged and variables put in; references stay names."""
    name_field = kinds[manifest.address.kind].name_field
    unsaid = {name_field} if manifest.data.get(name_field) == manifest.address.name else set[str]()
    lifecycle = manifest.lifecycle.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {
        "apiVersion": api_version(manifest.address.kind),
        "kind": short_kind(manifest.address.kind),
        "metadata": {"name": manifest.address.name},
        **({"lifecycle": lifecycle} if lifecycle else {}),
        "spec": {key: value for key, value in manifest.data.items() if key not in unsaid},
    }
