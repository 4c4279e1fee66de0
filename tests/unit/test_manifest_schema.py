"""Schemas: what an editor takes and refuses is what trueup takes and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from controller.manifest.schema import all_schemas, schema_of, write_schemas
from tests.unit.thing import KINDS

THING = {
    "apiVersion": "test.aws/v1",
    "kind": "Thing",
    "metadata": {"name": "x"},
    "lifecycle": {"deletion": "retain"},
    "spec": {"shape": "flat", "layers": [{"name": "top", "size": 1}]},
}
SCOPE = {
    "apiVersion": "trueup/v1",
    "kind": "Scope",
    "metadata": {"name": "prod"},
    "spec": {"account": "123456789012", "region": "eu-central-1"},
}


def faults(manifest: dict[str, Any], kind: str = "Thing") -> list[str]:
    schema = json.loads(schema_of(kind, KINDS))
    Draft202012Validator.check_schema(schema)
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(manifest)]


def test_a_manifest_is_taken_without_the_name_that_its_metadata_gives() -> None:
    assert faults(THING) == []
    assert faults({**THING, "spec": {"thingName": "another"}}) == []


def test_a_kind_without_a_name_of_its_own_is_taken_as_it_is() -> None:
    assert faults({**THING, "kind": "Part", "spec": {"size": 1}}, "test/Part") == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"spec": {"shap": "flat"}}, "$.spec"),
        ({"spec": {"layers": [{"size": 1}]}}, "$.spec.layers[0]"),
        ({"kind": "Part"}, "$.kind"),
        ({"apiVersion": "test.aws/v2"}, "$.apiVersion"),
        ({"metadata": {}}, "$.metadata"),
        ({"lifecycle": {"deletion": "never"}}, "$.lifecycle.deletion"),
        ({"more": 1}, "$"),
    ],
)
def test_what_trueup_refuses_the_schema_refuses(change: dict[str, Any], where: str) -> None:
    assert faults({**THING, **change}) == [where]


def test_a_scope_has_no_lifecycle() -> None:
    assert faults(SCOPE, "Scope") == []
    assert faults({**SCOPE, "lifecycle": {}}, "Scope") == ["$"]


def test_a_reference_says_what_it_may_name() -> None:
    schema = json.loads(schema_of("Thing", KINDS))
    assert schema["properties"]["spec"]["properties"]["parts"]["items"] == {
        "type": "string",
        "x-reference": ["test/Part"],
    }


def test_an_unknown_kind_has_no_schema() -> None:
    with pytest.raises(KeyError):
        schema_of("Nothing", KINDS)


def test_all_schemas_are_written_with_one_that_chooses_among_them(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path / "schemas", KINDS)
    assert paths == ["test/Part.json", "test/Thing.json", "trueup.json", "trueup/Scope.json"]
    texts = {path: (tmp_path / "schemas" / path).read_text() for path in paths}
    assert texts["test/Thing.json"] == schema_of("Thing", KINDS)
    assert texts["trueup.json"] == all_schemas(KINDS)
    whole = json.loads(texts["trueup.json"])
    assert whole["properties"]["kind"]["enum"] == ["Part", "Scope", "Thing"]
    chosen = {branch["if"]["properties"]["kind"]["const"]: branch["then"]["$ref"] for branch in whole["allOf"]}
    assert chosen == {"Thing": "test/Thing.json", "Part": "test/Part.json", "Scope": "trueup/Scope.json"}
