"""Every kind at once: what the registry promises for each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from policy_sentry.querying.actions import get_actions_for_service
from pydantic import BaseModel

from controller.kinds.base import Kind
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.explain import explain, fields_of, type_name
from controller.manifest.load import Loader
from controller.manifest.schema import write_schemas
from controller.model.manifest import Loaded
from controller.model.scope import Lifecycle, ScopeSpec
from controller.source.folder import FolderSource
from tests.images import push
from tests.kinds.gaps import GAPS
from tests.stage import Stage, forget_accounts

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "manifests" / "examples"
ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def models(annotation: Any, seen: set[Any] | None = None) -> Iterator[type[BaseModel]]:
    """A model and all that its fields are made of, however deep in lists, maps and unions."""
    seen = set() if seen is None else seen
    for inner in get_args(annotation):
        yield from models(inner, seen)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation, seen)


def assert_described(model: type[BaseModel]) -> None:
    """A person reads the type as prose: no `typing.`, no class path."""
    for one in models(model):
        for name, field in fields_of(one):
            assert field.description, f"{one.__name__}.{name}"
            assert not re.search(r"ForwardRef|typing|[<>{}\[\]]|^$", type_name(field.annotation)), (
                f"{one.__name__}.{name}"
            )


@ALL
def test_every_field_is_explained_with_a_type_and_a_description(kind: Kind[Any]) -> None:
    told = explain(kind.id, KINDS)
    assert_described(kind.spec)
    for name, facts in told.data["fields"].items():
        assert facts["description"], name
        assert facts["type"], name
        assert explain(f"{kind.id}.{name}", KINDS).data["type"] == facts["type"]


@pytest.mark.parametrize("model", [ScopeSpec, Lifecycle])
def test_every_field_of_scope_and_lifecycle_is_described(model: type[BaseModel]) -> None:
    assert_described(model)


@ALL
def test_every_iam_action_exists(kind: Kind[Any]) -> None:
    """A misspelt action in a least-privilege policy is found at three in the morning."""
    assert kind.reads
    assert bool(kind.writes) == kind.made
    for action in (*kind.reads, *kind.writes):
        service = action.partition(":")[0]
        assert action.lower() in {known.lower() for known in get_actions_for_service(service)}, action


@ALL
def test_the_docstring_says_what_it_is_where_it_is_documented_and_what_it_costs(kind: Kind[Any]) -> None:
    text = type(kind).__doc__ or ""
    assert kind.doc in text
    assert kind.doc.startswith("https://docs.aws.amazon.com/")
    assert "Observation:" in text


@ALL
def test_what_is_named_in_a_kind_is_a_field_of_its_spec(kind: Kind[Any]) -> None:
    fields = {field.alias for field in kind.spec.model_fields.values()}
    assert kind.replace_on <= fields
    assert kind.name_field in ("", *fields)


def test_what_kinds_tell_to_be_watched_is_named_as_prometheus_names_metrics() -> None:
    """https://prometheus.io/docs/practices/naming/; and a name means one thing, of one kind."""
    facts = [fact for kind in KINDS.values() for fact in kind.facts]
    assert len({fact.metric for fact in facts}) == len(facts)
    for fact in facts:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", fact.metric), fact.metric
        assert not re.search(r"_(count|sum|bucket|total|info|hours|days)$", fact.metric), fact.metric
        assert fact.help.endswith("."), fact.metric
        assert bool(fact.label) == bool(fact.words), fact.metric
        assert all(re.fullmatch(r"[a-z_]+", word) for word in fact.words), fact.metric


def test_the_schemas_in_the_repository_are_current(tmp_path: Path) -> None:
    """`make schemas` renews them."""
    names = write_schemas(tmp_path, {**KINDS, **COMPOSITES})
    for name in names:
        assert (ROOT / "schemas" / name).read_text() == (tmp_path / name).read_text(), name
    there = {path.relative_to(ROOT / "schemas").as_posix() for path in (ROOT / "schemas").rglob("*.json")}
    assert there == set(names)


def test_the_schema_for_all_refers_to_files_that_exist() -> None:
    schema = json.loads((ROOT / "schemas" / "trueup.json").read_text())
    for branch in schema["allOf"]:
        assert (ROOT / "schemas" / branch["then"]["$ref"]).exists()


@pytest.fixture(scope="module")
def examples() -> Loaded:
    return Loader(KINDS, COMPOSITES).load(FolderSource(EXAMPLES).tree())


@ALL
def test_every_kind_has_an_example_where_its_module_is_named(kind: Kind[Any], examples: Loaded) -> None:
    """`controller/kinds/iam/role.py` has `manifests/examples/iam/role.yaml`: who has found one finds the other."""
    file = EXAMPLES / kind.service / f"{type(kind).__module__.rpartition('.')[2]}.yaml"
    manifests = examples.scopes["examples"].manifests
    assert file in {Path(manifest.where.file) for address, manifest in manifests.items() if address.kind == kind.id}
    assert file.read_text().startswith("#"), "an example says why"


def test_the_examples_have_no_errors_and_no_warnings(examples: Loaded) -> None:
    assert [str(problem) for problem in examples.problems] == []


def test_the_examples_can_be_applied_as_they_are(aws_endpoint: str, tmp_path: Path) -> None:
    without = {kind.partition("/")[0] for kind, what in GAPS if what == "*"}  # services of which moto has nothing
    forget_accounts()
    paths = (path for path in EXAMPLES.rglob("*.yaml") if path.parent.name not in without)
    files = {path.relative_to(EXAMPLES).as_posix(): path.read_text() for path in paths}
    stage = Stage(tmp_path, files, scope="examples")
    for _ in range(2):  # a policy that follows images waits for the first
        stage.apply()
    push("storefront", "v1.4.2", "branch-main")
    stage.converge_all(*stage.loaded().scopes)
    assert stage.plan().actions == ()
