"""Export: a live account as manifests, with names in place of ids. Planning them must find nothing to do.

They are written into a scope that only observes, and each says which live resource it adopts: so the first plan shows that
they are true, and setting `mode: manage` in scope.yaml is the one step from there to holding them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.manifest.yaml_writer import write
from controller.model.address import api_version, short_kind
from controller.model.observed import Observed, Wanted
from controller.model.scope import Scope
from controller.reconcile.owner import PREFIX, managed_tags
from controller.reconcile.render import as_data
from controller.reconcile.resolve import Names, named

Documents = Mapping[str, list[dict[str, Any]]]


def export_scope(aws: Aws, scope: Scope, kinds: Mapping[str, Kind[Any]]) -> Documents:
    """Manifests of everything live of some kinds, by file name. Raises AwsError where a kind cannot be read."""
    written = {name: kind for name, kind in kinds.items() if kind.exported}
    live = {name: tuple(kind.observe(aws, Wanted(everything=True))) for name, kind in written.items()}
    names = {kind: _names(kinds[kind], items) for kind, items in live.items()}
    back = _by_output(live, names)
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    files["scope.yaml"].append(_scope(scope))
    for kind, items in live.items():
        for item in items:
            files[f"{kind.lower()}.yaml"].append(_manifest(kinds[kind], item, names[kind][item.id], scope, back))
    return files


def write_folder(folder: Path, documents: Documents) -> list[Path]:
    """Write the files of an export; their paths."""
    written = []
    for name, manifests in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write(manifests))
        written.append(path)
    return written


def _scope(scope: Scope) -> dict[str, Any]:
    spec = scope.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"apiVersion": "trueup/v1", "kind": "Scope", "metadata": {"name": scope.name}, "spec": spec}


def _names(kind: Kind[Any], items: Iterable[Observed[Any]]) -> dict[str, str]:
    """A manifest name for each live id: its live name, else its Name tag, else its id; made unique."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for item in items:
        claim = _field(kind, item)
        wanted = re.sub(r"[^A-Za-z0-9+=,.@_-]", "-", claim or (item.tags or {}).get("Name", "") or item.id).lstrip(
            "+=,.@_-"
        )
        name = next(one for one in _spellings(wanted or "unnamed") if one not in taken)
        taken.add(name)
        names[item.id] = name
    return names


def _spellings(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _field(kind: Kind[Any], item: Observed[Any]) -> str:
    spec = item.spec.model_dump(by_alias=True)
    return str(spec[kind.name_field]) if kind.name_field else ""


def _by_output(live: Mapping[str, tuple[Observed[Any], ...]], names: Mapping[str, Mapping[str, str]]) -> Names:
    return {
        (kind, output, value): names[kind][item.id]
        for kind, items in live.items()
        for item in items
        for output, value in item.outputs.items()
    }


def _manifest(kind: Kind[Any], item: Observed[Any], name: str, scope: Scope, back: Names) -> dict[str, Any]:
    spec = {key: as_data(value) for key, value in named(item.spec, back, defaults=False).items()}
    if spec.get(kind.name_field) == name:
        del spec[kind.name_field]
    own = {
        key: value
        for key, value in managed_tags(item.tags or {}, scope).items()
        if not key.startswith(PREFIX) and scope.spec.default_tags.get(key) != value
    }
    if own:
        spec["tags"] = own
    return {
        "apiVersion": api_version(kind.id),
        "kind": short_kind(kind.id),
        "metadata": {"name": name},
        **({} if item.innate else {"lifecycle": {"adopt": item.id if not kind.name_field else True}}),
        "spec": spec,
    }
