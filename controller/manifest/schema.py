"""Schema: JSON Schemas of whole manifests, made from the models, for editors and CI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.model.address import api_version, short_kind
from controller.model.scope import Lifecycle, ScopeSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ALL = "trueup.json"


def schema_of(kind: str, kinds: Mapping[str, Any]) -> str:
    """One kind's schema, as JSON text. `kind` is `Role`, `iam/Role` or `Scope`; KeyError where there is none."""
    if kind == "Scope":
        return _text(_manifest("trueup/v1", "Scope", ScopeSpec.model_json_schema(by_alias=True), "A scope."))
    found = [name for name in kinds if kind in (name, short_kind(name))]
    return _text(_of(kinds[found[0]] if found else kinds[kind]))


def all_schemas(kinds: Mapping[str, Any]) -> str:
    """One schema that takes every manifest: it chooses by `apiVersion` and `kind`."""
    branches = [
        {"if": {"properties": {"apiVersion": {"const": api}, "kind": {"const": kind}}}, "then": {"$ref": file}}
        for api, kind, file in [
            *((api_version(kind.id), short_kind(kind.id), _file(kind)) for kind in kinds.values()),
            ("trueup/v1", "Scope", "trueup/Scope.json"),
        ]
    ]
    known = sorted({short_kind(kind) for kind in kinds} | {"Scope"})
    body = {
        "$schema": DIALECT,
        "title": "A trueup manifest",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {"kind": {"enum": known}},
        "allOf": branches,
    }
    return _text(body)


def write_schemas(folder: Path, kinds: Mapping[str, Any]) -> list[str]:
    """Write every kind's schema and the one for all into a folder; the paths that were written."""
    texts = {_file(kind): _text(_of(kind)) for kind in kinds.values()}
    texts |= {"trueup/Scope.json": schema_of("Scope", kinds), ALL: all_schemas(kinds)}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return sorted(texts)


def _file(kind: Any) -> str:
    return f"{kind.service}/{short_kind(kind.id)}.json"


def _of(kind: Any) -> dict[str, Any]:
    spec = kind.spec.model_json_schema(by_alias=True)
    if kind.name_field:
        spec["required"] = [name for name in spec.get("required", []) if name != kind.name_field]
    about = (type(kind).__doc__ or "").strip().splitlines()[0]
    return _manifest(api_version(kind.id), short_kind(kind.id), spec, about)


def _manifest(api: str, kind: str, spec: dict[str, Any], about: str) -> dict[str, Any]:
    definitions = spec.pop("$defs", {})
    lifecycle = Lifecycle.model_json_schema(by_alias=True)
    definitions |= lifecycle.pop("$defs", {})
    body: dict[str, Any] = {
        "$schema": DIALECT,
        "title": kind,
        "description": about,
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": api},
            "kind": {"const": kind},
            "metadata": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {"name": {"type": "string", "description": "Unique per kind in a scope."}},
            },
            "lifecycle": lifecycle,
            "spec": spec,
        },
        "$defs": definitions,
    }
    if kind == "Scope":
        del body["properties"]["lifecycle"]
    return body


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, indent=2) + "\n"
