"""The diff: what counts as a difference, row by row of its table."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.plan import ABSENT, Change
from controller.model.spec import Spec
from controller.reconcile.diff import diff, diff_tags, ignored, top_level
from tests.unit.thing import Layer, ThingSpec


def spec(**fields: Any) -> ThingSpec:
    return ThingSpec.model_validate({"thingName": "a", **fields})


def test_equal_specs_have_no_difference() -> None:
    assert diff(spec(shape="round"), spec(shape="round")) == ()


def test_a_field_that_git_leaves_out_is_not_managed() -> None:
    assert diff(spec(), spec(colour="red")) == ()


class Shared(ThingSpec):
    """Only the labels that git names are looked after."""

    def managed_by(self, want: Spec) -> Spec:
        assert isinstance(want, ThingSpec)
        return self.model_copy(update={"labels": {key: self.labels[key] for key in want.labels if key in self.labels}})


def test_what_the_wanted_spec_leaves_to_others_is_no_difference() -> None:
    live = Shared(thing_name="a", labels={"own": "1", "other": "2"})
    assert diff(spec(labels={"own": "1"}), live) == ()
    assert diff(spec(labels={"own": "3"}), live) == (Change("labels.own", "1", "3"),)


def test_a_field_that_aws_does_not_report_is_unknown_and_no_drift() -> None:
    assert diff(spec(colour="red"), spec()) == ()


def test_an_empty_value_says_that_there_is_nothing_and_is_compared() -> None:
    assert diff(spec(), spec(shape="round")) == (Change("shape", "round", ""),)


def test_a_map_is_compared_key_by_key() -> None:
    found = diff(spec(labels={"a": "1", "b": "2"}), spec(labels={"b": "3", "c": "4"}))
    assert found == (
        Change("labels.a", ABSENT, "1"),
        Change("labels.b", "3", "2"),
        Change("labels.c", "4", ABSENT),
    )


def test_of_a_partial_map_only_the_keys_that_git_names_are_managed() -> None:
    """A load balancer has some twenty attributes, and a manifest that sets one says nothing about the others."""
    live = spec(settings={"b": "3", "d": "5"})
    assert diff(spec(settings={"b": "2", "c": "4"}), live) == (
        Change("settings.b", "3", "2"),
        Change("settings.c", ABSENT, "4"),
    )
    assert diff(spec(), live) == ()
    assert diff(spec(settings={"b": "2"}), spec(settings=None)) == ()
    assert diff(spec(settings=None), live) == ()


def test_a_set_is_one_field() -> None:
    found = diff(spec(parts=["part-a"]), spec(parts=["part-b"]))
    assert found == (Change("parts", frozenset({"part-b"}), frozenset({"part-a"})),)


def test_items_with_a_key_are_paired_by_it_whatever_their_order() -> None:
    want = spec(layers=[{"name": "top", "size": 1}, {"name": "new"}])
    live = spec(layers=[{"name": "old"}, {"name": "top", "size": 2}])
    assert diff(want, live) == (
        Change("layers[new]", ABSENT, Layer(name="new")),
        Change("layers[old]", Layer(name="old"), ABSENT),
        Change("layers[top].size", 2, 1),
    )


def test_a_list_without_keys_is_compared_as_a_whole() -> None:
    assert diff(spec(steps=["a", "b"]), spec(steps=["b", "a"])) == (Change("steps", ("b", "a"), ("a", "b")),)


def test_a_nested_model_is_compared_field_by_field() -> None:
    assert diff(spec(inner={"name": "x", "size": 1}), spec(inner={"name": "x"})) == (Change("inner.size", 0, 1),)


def test_a_secret_field_is_marked_so_that_nobody_shows_it() -> None:
    (change,) = diff(spec(password="new"), spec(password="old"))
    assert change.secret


def test_tags_are_left_to_diff_tags() -> None:
    """The tags that are wanted are more than the spec's own: the scope's and trueup's join them."""
    assert diff(spec(tags={"a": "1"}), spec()) == ()
    assert diff_tags({"a": "1"}, {"a": "2"}) == (Change("tags.a", "2", "1"),)


@pytest.mark.parametrize(
    ("path", "pattern", "covered"),
    [
        ("shape", "shape", True),
        ("labels.a", "labels", True),
        ("labels.a", "labels.a", True),
        ("labels.ab", "labels.a", False),
        ("layers[x].size", "layers", True),
        ("layers[x].size", "layers[x]", True),
        ("layersize", "layers", False),
    ],
)
def test_ignored_paths_cover_what_lies_below_them(path: str, pattern: str, covered: bool) -> None:
    assert ignored(path, (pattern,)) is covered


def test_ignored_fields_are_left_out_of_the_difference() -> None:
    assert diff(spec(shape="round"), spec(shape="flat"), ("shape",)) == ()
    assert diff_tags({"a": "1"}, {}, ("tags.a",)) == ()


@pytest.mark.parametrize("path", ["layers[x].size", "layers.x", "layers"])
def test_the_top_level_of_a_path_is_the_specs_own_field(path: str) -> None:
    assert top_level(path) == "layers"


specs = st.builds(
    spec,
    shape=st.sampled_from(["", "round", "flat"]),
    colour=st.sampled_from([None, "red", "blue"]),
    parts=st.sets(st.sampled_from(["part-a", "part-b"])),
    labels=st.dictionaries(st.sampled_from("abc"), st.sampled_from("12")),
    steps=st.lists(st.sampled_from("xy"), max_size=3),
    layers=st.lists(st.sampled_from("mn"), unique=True).map(lambda names: [{"name": name} for name in names]),
)


@given(specs)
def test_nothing_differs_from_itself(one: ThingSpec) -> None:
    assert diff(one, one) == ()


@given(specs, specs)
def test_differences_are_the_same_seen_from_either_side(one: ThingSpec, other: ThingSpec) -> None:
    there = [(change.path, change.before, change.after) for change in diff(one, other)]
    back = [(change.path, change.after, change.before) for change in diff(other, one)]
    assert there == back


@given(specs, st.randoms(use_true_random=False))
def test_the_order_of_what_has_none_is_no_difference(one: ThingSpec, random: Random) -> None:
    """Sets, maps, and items that are told apart by a key. The order of a plain list is the author's."""
    data = one.model_dump(by_alias=True)
    for name in ("parts", "layers"):
        data[name] = random.sample(list(data[name]), len(data[name]))
    data["labels"] = dict(random.sample(list(data["labels"].items()), len(data["labels"])))
    assert diff(one, ThingSpec.model_validate(data)) == ()


@given(specs, specs)
def test_no_difference_means_that_all_that_is_managed_and_known_is_equal(one: ThingSpec, other: ThingSpec) -> None:
    def same(name: str) -> bool:
        mine, theirs = getattr(one, name), getattr(other, name)
        if name == "layers":
            mine, theirs = ({layer.name: layer for layer in layers} for layers in (mine, theirs))
        return mine is None or theirs is None or mine == theirs

    differing = {field.alias for name, field in ThingSpec.model_fields.items() if not same(name)}
    assert {top_level(change.path) for change in diff(one, other)} == differing


@given(specs, specs)
def test_what_is_ignored_and_what_is_not_are_all_that_differs(one: ThingSpec, other: ThingSpec) -> None:
    everything = diff(one, other)
    for change in everything:
        left = diff(one, other, (change.path,))
        assert [kept for kept in everything if kept.path != change.path] == list(left)


tags = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"))


@given(tags, tags)
def test_tags_that_are_put_right_do_not_differ(want: dict[str, str], live: dict[str, str]) -> None:
    for change in diff_tags(want, live):
        key = change.path.removeprefix("tags.")
        if change.after is ABSENT:
            del live[key]
        else:
            live[key] = change.after
    assert live == want
