"""A broken commit never stops the last good one from being held."""

from __future__ import annotations

from controller.manifest.hold import hold
from controller.model.manifest import Loaded
from controller.model.problem import Position, Problem
from tests.unit.manifest_kinds import SCOPE, kinds, load, manifest, names, policy, queue, role, scope

GOOD = {
    "scope.yaml": SCOPE,
    "a.yaml": f"{role('ci')}---\n{policy('read')}",
    "sub/q.yaml": queue("jobs"),
}


def held(change: dict[str, str], *problems: Problem, good: dict[str, str] = GOOD) -> Loaded:
    """What is held when a good commit is followed by one with these files (None: gone)."""
    files = {path: text for path, text in {**good, **change}.items() if text != "gone"}
    return hold(load(files, *problems), load(good), kinds())


def test_a_commit_without_errors_is_taken_as_it_is() -> None:
    assert names(held({"a.yaml": policy("read")})) == {"prod/iam/Policy/read", "prod/sqs/Queue/jobs"}


def test_without_a_good_commit_there_is_nothing_to_hold() -> None:
    new = load({**GOOD, "a.yaml": "a: ["})
    assert hold(new, None, kinds()) is new


def test_what_a_broken_file_held_is_carried_over() -> None:
    found = held({"a.yaml": "a: [", "sub/q.yaml": queue("jobs", "  delay: 7\n")})
    assert names(found) == {"prod/iam/Role/ci", "prod/iam/Policy/read", "prod/sqs/Queue/jobs"}
    assert manifest(found, "prod/sqs/Queue/jobs").data["delay"] == 7
    assert not found.scopes["prod"].complete
    assert found.problems == load({**GOOD, "a.yaml": "a: ["}).problems


def test_a_broken_manifest_is_carried_over_and_its_neighbour_is_new() -> None:
    found = held({"a.yaml": f"{role('ci', '  foo: 1' + chr(10))}---\n{policy('read', '  policyName: x' + chr(10))}"})
    assert "foo" not in manifest(found, "prod/iam/Role/ci").data
    assert manifest(found, "prod/iam/Policy/read").data["policyName"] == "x"


def test_what_is_gone_from_a_sound_file_is_gone() -> None:
    """But nothing is pruned before the errors are mended."""
    found = held({"a.yaml": "a: [", "sub/q.yaml": "gone"})
    assert names(found) == {"prod/iam/Role/ci", "prod/iam/Policy/read"}
    assert not found.scopes["prod"].complete


def test_what_the_source_refused_is_carried_over() -> None:
    symlink = Problem(Position("sub"), "is a symlink")
    assert "prod/sqs/Queue/jobs" in names(held({"sub/q.yaml": "gone"}, symlink))


def test_a_broken_scope_is_carried_over_whole() -> None:
    found = held({"scope.yaml": SCOPE.replace("region", "reigon"), "sub/q.yaml": queue("new")})
    assert names(found) == names(load(GOOD))
    assert found.scopes["prod"].scope == load(GOOD).scopes["prod"].scope
    assert not found.scopes["prod"].complete
    assert found.scopes["prod"].problems == found.problems


def test_a_scope_that_is_gone_is_gone_where_nothing_is_broken() -> None:
    two = {**GOOD, "x/scope.yaml": scope("x", "210987654321"), "x/p.yaml": policy("p")}
    gone = {"x/scope.yaml": "gone", "x/p.yaml": "gone"}
    assert set(held(gone, good=two).scopes) == {"prod"}
    assert set(held({**gone, "a.yaml": "a: ["}, good=two).scopes) == {"prod", "x"}


def test_a_broken_scope_leaves_the_others_as_they_are() -> None:
    two = {**GOOD, "x/scope.yaml": scope("x", "210987654321"), "x/p.yaml": policy("p")}
    found = held({"x/scope.yaml": "a: [", "a.yaml": policy("new")}, good=two)
    assert names(found) == {"prod/iam/Policy/new", "prod/sqs/Queue/jobs", "x/iam/Policy/p"}
    assert found.scopes["prod"].complete


def test_a_broken_include_carries_over_what_it_brought() -> None:
    more = "  include: [{{path: {0}}}]\n"
    good = {"a/scope.yaml": scope("a", more=more.format("../base")), "base/p.yaml": policy("p")}
    found = held({"a/scope.yaml": scope("a", more=more.format("../bse"))}, good=good)
    assert names(found) == {"a/iam/Policy/p"}


def test_a_renamed_manifest_is_not_carried_over_into_its_own_way() -> None:
    """Else two manifests would want one live resource."""
    good = {"scope.yaml": SCOPE, "a.yaml": role("old", "  roleName: ci\n")}
    broken = f"{role('new', '  roleName: CI' + chr(10))}---\n{policy('x', '  foo: 1' + chr(10))}"
    assert names(held({"a.yaml": broken}, good=good)) == {"prod/iam/Role/new"}


def test_what_has_no_live_name_is_carried_over_beside_anything() -> None:
    good = {"scope.yaml": SCOPE, "a.yaml": queue("old")}
    broken = f"{queue('new')}---\n{policy('x', '  foo: 1' + chr(10))}"
    assert names(held({"a.yaml": broken}, good=good)) == {"prod/sqs/Queue/new", "prod/sqs/Queue/old"}


def test_nothing_is_carried_over_that_would_close_a_circle() -> None:
    good = {
        "scope.yaml": SCOPE,
        "a.yaml": f"{queue('a', '  deadLetters: c' + chr(10))}---\n{queue('b', '  deadLetters: c' + chr(10))}",
        "c.yaml": queue("c"),
    }
    broken = {
        "a.yaml": f"{queue('a', '  foo: 1' + chr(10))}---\n{queue('b', '  foo: 1' + chr(10))}",
        "c.yaml": queue("c", top="lifecycle: {dependsOn: [Queue/a, Queue/b]}\n"),
    }
    assert names(load({**good, **broken})) == {"prod/sqs/Queue/c"}
    assert names(held(broken, good=good)) == {"prod/sqs/Queue/c"}


def test_holding_goes_on_through_more_broken_commits() -> None:
    once = held({"a.yaml": "a: ["})
    twice = hold(load({**GOOD, "a.yaml": "b: ["}), once, kinds())
    assert names(twice) == names(load(GOOD))


def test_a_kind_that_is_known_no_more_asks_for_nothing() -> None:
    registry = kinds()
    new = load({**GOOD, "a.yaml": "a: ["})
    del registry["iam/Role"]
    assert names(hold(new, load(GOOD), registry)) == names(load(GOOD))
