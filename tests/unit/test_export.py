"""Export: what is live as manifests, which planned again find nothing to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from controller.aws.client import Aws
from controller.errors import AwsRefused
from controller.kinds.base import Kind
from controller.manifest.load import Loader
from controller.manifest.yaml_reader import read
from controller.model.commit import Blob, Tree
from controller.model.inventory import Inventory
from controller.model.observed import Observation, Observed, Wanted
from controller.model.scope import Mode, Scope
from controller.model.spec import TaggedSpec
from controller.reconcile.export import Documents, export_scope, write_folder
from controller.reconcile.plan import Situation, make_plan
from tests.unit.cloud import Cloud, refuse
from tests.unit.thing import KINDS, SCOPE, Part_, ours, thing

NO_AWS = cast(Aws, None)
OBSERVING = SCOPE.spec.model_copy(update={"mode": Mode.OBSERVE, "default_tags": {"team": "a"}, "ignore_tags": ("x:",)})


class PartSpec(TaggedSpec):
    """A part that can be tagged, and has no name of its own."""

    size: int = 0


class Parts(Part_):
    """Some live parts."""

    spec = PartSpec
    taggable = True

    def __init__(self, *live: Observed[Any]) -> None:
        self._live = live

    def observe(self, aws: Aws, wanted: Wanted[Any]) -> Any:
        assert wanted.everything
        yield from self._live


def part(id_: str, tags: dict[str, str] | None = None, **fields: Any) -> Observed[Any]:
    return Observed(id_, PartSpec(**fields), tags or {}, {"id": id_})


def exported(*things: Observed[Any], parts: tuple[Observed[Any], ...] = ()) -> Documents:
    kinds: dict[str, Kind[Any]] = {"test/Thing": Cloud(*things), "test/Part": Parts(*parts)}
    return export_scope(NO_AWS, Scope(name="prod", spec=OBSERVING), kinds)


def only(documents: Documents, kind: str = "thing") -> dict[str, Any]:
    (found,) = documents[f"test/{kind}.yaml"]
    return found


def names(documents: Documents, kind: str = "thing") -> list[str]:
    return [document["metadata"]["name"] for document in documents[f"test/{kind}.yaml"]]


def test_the_scope_is_exported_with_what_it_says_itself() -> None:
    (scope,) = exported()["scope.yaml"]
    assert scope == {
        "apiVersion": "trueup/v1",
        "kind": "Scope",
        "metadata": {"name": "prod"},
        "spec": {
            "account": "123456789012",
            "region": "eu-central-1",
            "mode": "observe",
            "defaultTags": {"team": "a"},
            "ignoreTags": ["x:"],
        },
    }


def test_a_manifest_says_what_is_not_the_default_and_adopts_by_name() -> None:
    assert only(exported(thing("x", tags={}, shape="flat", labels={"a": "1"}))) == {
        "apiVersion": "test.aws/v1",
        "kind": "Thing",
        "metadata": {"name": "x"},
        "lifecycle": {"adopt": True},
        "spec": {"shape": "flat", "labels": {"a": "1"}},
    }


def test_what_has_no_name_is_called_by_its_id_and_adopted_by_it() -> None:
    found = only(exported(parts=(part("part-7", size=2),)), "part")
    assert found["metadata"] == {"name": "part-7"}
    assert found["lifecycle"] == {"adopt": "part-7"}
    assert found["spec"] == {"size": 2}


def test_what_has_no_name_is_called_by_its_name_tag() -> None:
    named = part("part-7", {"Name": "main"})
    assert names(exported(parts=(named,)), "part") == ["main"]


def test_ids_become_the_names_of_what_is_exported_beside_them() -> None:
    named = part("part-7", {"Name": "main"})
    found = exported(thing("x", tags={}, parts=["part-7", "part-8"]), parts=(named,))
    assert only(found)["spec"]["parts"] == ["main", "part-8"]


def test_a_live_name_that_no_manifest_may_have_stays_in_the_spec() -> None:
    found = only(exported(thing("a b/c:d", tags={})))
    assert found["metadata"] == {"name": "a-b-c-d"}
    assert found["spec"] == {"thingName": "a b/c:d"}


@pytest.mark.parametrize(("live", "name"), [(".hidden", "hidden"), ("-_x", "x"), ("::", "unnamed")])
def test_a_name_begins_with_what_a_name_may_begin_with(live: str, name: str) -> None:
    assert names(exported(thing(live, tags={}))) == [name]


def test_names_that_become_one_are_told_apart() -> None:
    found = exported(*(thing(name, id_=f"thing-{n}", tags={}) for n, name in enumerate(["a b", "a:b", "a-b"])))
    assert names(found) == ["a-b", "a-b-2", "a-b-3"]


def test_a_name_made_unique_is_not_another_ones_own() -> None:
    live = ["a", "a-2", "a", "a"]
    found = exported(*(thing(name, id_=f"thing-{n}", tags={}) for n, name in enumerate(live)))
    assert names(found) == ["a", "a-2", "a-3", "a-4"]


def test_only_tags_that_are_the_resources_own_are_exported() -> None:
    tags = {**ours("x"), "aws:stack": "s", "x:cost": "7", "team": "a", "own": "1"}
    assert only(exported(thing("x", tags=tags)))["spec"] == {"tags": {"own": "1"}}
    assert only(exported(thing("x", tags={"team": "b"})))["spec"] == {"tags": {"team": "b"}}


def test_a_kind_that_cannot_be_read_is_no_empty_export() -> None:
    cloud = Cloud()
    cloud.on["observe"] = refuse(AwsRefused("AccessDenied"))
    with pytest.raises(AwsRefused):
        export_scope(NO_AWS, SCOPE, {"test/Thing": cloud})


def test_the_files_are_written_by_service_and_read_back_the_same(tmp_path: Path) -> None:
    documents = exported(thing("x", tags={"own": "1"}), thing("y", tags={}))
    written = write_folder(tmp_path / "there", documents)
    assert written == [tmp_path / "there" / "scope.yaml", tmp_path / "there" / "test" / "thing.yaml"]
    for path, manifests in zip(written, documents.values(), strict=True):
        assert [document.data for document in read(path.name, path.read_bytes())[0]] == manifests


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.MANAGE])
def test_a_plan_of_what_was_exported_finds_nothing_to_change(tmp_path: Path, mode: Mode) -> None:
    """In a scope that only observes nothing at all; one that manages only puts its tags on."""
    live = {
        "test/Thing": (
            thing("x", tags={"own": "1", "team": "a"}, parts=["part-7"], peers=["thing-y"], labels={"a": "1"}),
            thing("y", tags={"team": "a"}, layers=[{"name": "top"}], inner={"name": "n"}, steps=["a", "b"]),
        ),
        "test/Part": (part("part-7", {"Name": "main", "team": "a"}, size=3),),
    }
    documents = exported(*live["test/Thing"], parts=live["test/Part"])
    paths = write_folder(tmp_path, documents)
    blobs = tuple(Blob(str(path.relative_to(tmp_path)), str(path), path.read_bytes()) for path in sorted(paths))
    kinds: dict[str, Kind[Any]] = {**KINDS, "test/Part": Parts()}
    loaded = Loader(kinds).load(Tree(None, "", blobs))
    assert loaded.problems == ()
    desired = loaded.scopes["prod"]
    desired = replace(desired, scope=Scope(name="prod", spec=desired.scope.spec.model_copy(update={"mode": mode})))
    seen = {kind: Observation(live=items) for kind, items in live.items()}
    plan = make_plan(Situation(desired, seen, Inventory(fresh=True), kinds, "trueup"))
    changed = {change.path for action in plan.actions for change in action.changes}
    assert all(path.startswith("tags.trueup:") for path in changed)
    assert bool(plan.actions) is (mode is Mode.MANAGE)
