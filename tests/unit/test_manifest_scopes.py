"""Which manifests belong to which scope, includes, and patches."""

from __future__ import annotations

import pytest

from controller.manifest.includes import merge
from controller.manifest.scopes import EXAMPLE
from controller.model.problem import Position, Problem
from tests.unit.manifest_kinds import SCOPE, load, load_in_scope, manifest, messages, names, policy, queue, role, scope


def include(*paths: str) -> str:
    """The end of a scope file: what it includes."""
    return "  include:\n" + "".join(f"    - path: {path}\n" for path in paths)


def test_a_folder_belongs_to_the_nearest_scope_above_it() -> None:
    loaded = load(
        {
            "m/scope.yaml": scope("outer"),
            "m/a.yaml": policy("a"),
            "m/x/y/b.yaml": policy("b"),
            "m/x/z/scope.yml": scope("inner", "210987654321"),
            "m/x/z/deep/c.yaml": policy("c"),
        },
        root="m",
    )
    assert messages(loaded) == []
    assert names(loaded) == {"outer/iam/Policy/a", "outer/iam/Policy/b", "inner/iam/Policy/c"}
    assert loaded.scopes["inner"].scope.spec.account == "210987654321"


def test_a_scope_file_may_hold_manifests_too() -> None:
    assert names(load({"scope.yaml": f"{SCOPE}---\n{policy('a')}"})) == {"prod/iam/Policy/a"}


def test_manifests_without_a_scope_are_an_error_that_says_what_to_write() -> None:
    """Once for a folder, since one file mends it."""
    loaded = load({"m/x/a.yaml": policy("a"), "m/x/b.yaml": policy("b"), "m/y/scope.yaml": scope("y")}, root="m")
    assert messages(loaded) == [
        "m/x/a.yaml:1:1: error: the manifests in 'm/x' belong to no scope "
        f"(write m/x/scope.yaml, or one in a folder above: {EXAMPLE})"
    ]


def test_two_scopes_of_one_name_are_an_error_at_both() -> None:
    loaded = load({"a/scope.yaml": scope("one"), "b/scope.yaml": scope("one"), "a/p.yaml": policy("p")})
    assert messages(loaded) == [
        "a/scope.yaml:1:1: error: two scopes have the name 'one', and another is at b/scope.yaml:1:1",
        "b/scope.yaml:1:1: error: two scopes have the name 'one', and another is at a/scope.yaml:1:1",
    ]
    assert loaded.scopes == {}


def test_two_scopes_in_a_folder_are_an_error_at_both() -> None:
    loaded = load({"scope.yaml": f"{scope('one')}---\n{scope('two')}"})
    assert messages(loaded) == [
        "scope.yaml:1:1: error: a folder has one scope, and another is at scope.yaml:8:1",
        "scope.yaml:8:1: error: a folder has one scope, and another is at scope.yaml:1:1",
    ]
    assert loaded.scopes == {}


def test_a_scope_stands_in_a_file_of_its_own_name() -> None:
    loaded = load({"prod.yaml": SCOPE, "a.yaml": policy("a")})
    assert messages(loaded) == [
        "prod.yaml:1:1: error: kind: a Scope stands in a file of its own name (rename prod.yaml to scope.yaml)"
    ]


def test_a_scope_file_without_a_scope_is_an_error() -> None:
    assert messages(load({"scope.yaml": "# soon\n"})) == [f"scope.yaml: error: holds no Scope (write {EXAMPLE})"]


@pytest.mark.parametrize("text", ["a: [", "# nothing\n", scope("inner", "12"), policy("x")])
def test_manifests_of_a_broken_scope_never_fall_to_the_scope_above(text: str) -> None:
    """They would be made in another account."""
    loaded = load({"scope.yaml": SCOPE, "x/scope.yaml": text, "x/a.yaml": policy("a")})
    assert names(loaded) == set()
    assert loaded.scopes["prod"].complete
    assert any(problem.where.file == "x/scope.yaml" for problem in loaded.problems)


def test_neither_do_those_of_a_scope_file_that_could_not_be_read() -> None:
    symlink = Problem(Position("x/scope.yaml"), "is a symlink")
    loaded = load({"scope.yaml": SCOPE, "x/a.yaml": policy("a")}, symlink)
    assert (names(loaded), messages(loaded)) == (set(), ["x/scope.yaml: error: is a symlink"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            scope("one", "12"),
            "5:3: error: spec.account: '12' is no AWS account id: it has 12 digits (write it in quotes if it begins with 0)",
        ),
        (
            scope("one", region="mars"),
            r"6:3: error: spec.region: must match the pattern ^[a-z]{2}(-[a-z]+)+-\d$, found 'mars'",
        ),
        (scope("one", more="  reigon: x\n"), "7:3: error: spec.reigon: unknown field (did you mean 'region'?)"),
        (
            scope("one", more="  variables: {a: [1]}\n"),
            "7:15: error: spec.variables.a: must be a text or a whole number or true or false, found a list",
        ),
        (
            scope("one", more="  guard: {maxDeletes: -1}\n"),
            "7:11: error: spec.guard.maxDeletes: must be at least 0, found -1",
        ),
        (
            scope("one", more="  include: [{pth: x}]\n"),
            "7:13: error: spec.include[0].path: is missing (The folder, relative to the scope's own)",
        ),
        (
            scope("one", more="  defaultTags: {env: '${var.env}'}\n"),
            "7:17: error: spec.defaultTags.env: nothing is put in here: "
            "${var.} and ${out.} work in manifests and patches only",
        ),
        (
            scope("one", more="  externalId: '${out.Role.ci.arn}'\n"),
            "7:3: error: spec.externalId: nothing is put in here: ${var.} and ${out.} work in manifests and patches only",
        ),
        (
            scope("o/e"),
            "3:12: error: metadata.name: 'o/e' is not a name "
            "(up to 128 letters, digits and +=,.@_- in it, a letter or digit first)",
        ),
        (scope("one") + "lifecycle: {adopt: true}\n", "7:1: error: lifecycle: a Scope has no lifecycle"),
    ],
)
def test_a_wrong_scope_is_told_with_its_place(text: str, message: str) -> None:
    loaded = load({"scope.yaml": text})
    assert f"scope.yaml:{message}" in messages(loaded)
    assert loaded.scopes == {}


def test_an_account_id_written_plainly_is_taken_as_meant() -> None:
    plain = SCOPE.replace('"123456789012"', "012345678901")
    assert load({"scope.yaml": plain}).scopes["prod"].scope.spec.account == "012345678901"


def test_what_is_not_ours_may_stand_in_a_scope() -> None:
    assert messages(load({"scope.yaml": scope("one", more="  defaultTags: {a: '${aws:x}', b: '$${c}'}\n")})) == []


def test_variables_are_put_into_spec_lifecycle_and_name() -> None:
    text = role(
        '"app-${var.env}"',
        '  maxSessionDuration: ${var.seconds}\n  description: "${var.hours}h ${var.strict}"\n',
        'lifecycle: {adopt: "${var.strict}", ignore: ["tags.${var.env}"]}\n',
    )
    loaded = load_in_scope(a=text)
    found = manifest(loaded, "prod/iam/Role/app-prod")
    assert (found.data["maxSessionDuration"], found.data["description"]) == (7200, "2h true")
    assert (found.lifecycle.adopt, found.lifecycle.ignore) == (True, ("tags.prod",))


def test_an_unknown_variable_is_an_error_wherever_it_stands() -> None:
    text = role('"app-${var.evn}"', "  maxSessionDuration: ${var.secs}\n", 'lifecycle: {adopt: "${var.nope}"}\n')
    assert messages(load_in_scope(a=text)) == [
        "a.yaml:3:12: error: metadata.name: the scope has no variable 'evn' (did you mean 'env'?)",
        "a.yaml:6:3: error: spec.maxSessionDuration: the scope has no variable 'secs' (did you mean 'seconds'?)",
        "a.yaml:7:13: error: lifecycle.adopt: the scope has no variable 'nope' (allowed: env, hours, seconds, strict)",
    ]


def test_keys_that_become_one_are_an_error() -> None:
    text = role("ci", '  tags: {prod: a, "${var.env}": b}\n')
    assert messages(load_in_scope(a=text)) == [
        "a.yaml:6:3: error: spec.tags: two keys become one when variables are put in"
    ]


BASE = {"base/r.yaml": role('"app-${var.env}"', "  tags: {team: core, env: x}\n"), "base/sub/p.yaml": policy("read")}


def test_scopes_may_share_a_base() -> None:
    """A folder that only serves as a base needs no scope."""
    more = "  variables: {{env: {0}}}\n" + include("../base")
    dev, prod = scope("dev", "210987654321", more.format("dev")), scope("prod", more=more.format("prod"))
    loaded = load({**BASE, "dev/scope.yaml": dev, "prod/scope.yaml": prod})
    assert messages(loaded) == []
    assert names(loaded) == {
        "dev/iam/Role/app-dev",
        "dev/iam/Policy/read",
        "prod/iam/Role/app-prod",
        "prod/iam/Policy/read",
    }


def test_a_base_may_lie_above() -> None:
    loaded = load({"m/r.yaml": role("ci"), "m/prod/scope.yaml": scope("prod", more=include(".."))}, root="m")
    assert (messages(loaded), names(loaded)) == ([], {"prod/iam/Role/ci"})


def test_an_included_scope_brings_what_it_includes() -> None:
    loaded = load(
        {
            "base/p.yaml": policy("base"),
            "one/scope.yaml": scope("one", more=include("../base")),
            "one/p.yaml": policy("one"),
            "two/scope.yaml": scope("two", "210987654321", include("../one")),
        }
    )
    assert messages(loaded) == []
    assert names(loaded) == {"one/iam/Policy/base", "one/iam/Policy/one", "two/iam/Policy/base", "two/iam/Policy/one"}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../../else", "leads out of the manifests' folder 'm'"),
        ("../../../..", "leads out of the manifests' folder 'm'"),
        ("../bse", "there is nothing in 'm/bse' (did you mean 'm/base'?)"),
        (".", "goes round in a circle: 'm/prod' -> 'm/prod'"),
        ("sub", "'m/prod/sub' belongs to this scope already (take the include away)"),
        ("../round", "goes round in a circle: 'm/prod' -> 'm/round' -> 'm/prod/sub'"),
        ("../broken", "the scope of 'm/broken' has errors, so what it includes is not known"),
    ],
)
def test_a_wrong_include_is_an_error_at_its_path(path: str, message: str) -> None:
    files = {
        "m/prod/scope.yaml": scope("prod", more=include(path)),
        "m/prod/sub/p.yaml": policy("p"),
        "m/base/p.yaml": policy("p"),
        "m/round/scope.yaml": scope("round", "210987654321", include("../prod/sub")),
        "m/broken/scope.yaml": scope("broken", "12"),
    }
    loaded = load(files, root="m")
    place = "round" if "sub" in message and "round" in message else "prod"
    assert f"m/{place}/scope.yaml:8:7: error: spec.include[0].path: {message}" in messages(loaded)
    assert not loaded.scopes["prod"].complete
    assert loaded.scopes["round"].complete


def test_includes_in_a_circle_are_an_error_in_both_scopes() -> None:
    loaded = load({"a/scope.yaml": scope("a", more=include("../b")), "b/scope.yaml": scope("b", more=include("../a"))})
    assert messages(loaded) == [
        "a/scope.yaml:8:7: error: spec.include[0].path: goes round in a circle: 'b' -> 'a' -> 'b'",
        "b/scope.yaml:8:7: error: spec.include[0].path: goes round in a circle: 'a' -> 'b' -> 'a'",
    ]


PATCHES = """\
  variables: {env: prod, long: 7200}
  include:
    - path: ../base
      patches:
        - kind: Role
          spec: {tags: {env: "${var.env}", team: null}, maxSessionDuration: "${var.long}"}
          lifecycle: {deletion: protect}
        - name: "app-${var.env}"
          spec: {path: /x/}
        - kind: iam/Policy
          name: read
          spec: {document: {Version: "2"}}
"""


def test_patches_are_merged_by_kind_and_name() -> None:
    loaded = load({**BASE, "prod/scope.yaml": scope("prod", more=PATCHES)})
    assert messages(loaded) == []
    ci, read = manifest(loaded, "prod/iam/Role/app-prod"), manifest(loaded, "prod/iam/Policy/read")
    assert (ci.data["tags"], ci.data["maxSessionDuration"], ci.data["path"]) == ({"env": "prod"}, 7200, "/x/")
    assert ci.lifecycle.deletion == "protect"
    assert (read.data["document"], read.lifecycle.deletion) == ({"Version": "2"}, "delete")


def test_a_patch_that_fits_nothing_is_an_error() -> None:
    loaded = load({**BASE, "prod/scope.yaml": scope("prod", more=PATCHES.replace("name: read", "name: raed"))})
    assert messages(loaded) == ["prod/scope.yaml:16:11: error: spec.include[0].patches[2]: the patch fits no manifest"]


def test_beside_a_broken_file_a_patch_may_fit_nothing() -> None:
    """What it is meant for may stand in that file."""
    loaded = load({**BASE, "base/sub/p.yaml": "a: [", "prod/scope.yaml": scope("prod", more=PATCHES)})
    assert [problem.where.file for problem in loaded.problems] == ["base/sub/p.yaml"]


def test_an_outer_scopes_patches_come_last() -> None:
    patch = "      patches: [{{spec: {{description: {0}}}}}]\n"
    loaded = load(
        {
            "base/r.yaml": role("ci", "  description: base\n"),
            "one/scope.yaml": scope("one", more=include("../base") + patch.format("one")),
            "two/scope.yaml": scope("two", "210987654321", include("../one") + patch.format("two")),
        }
    )
    assert manifest(loaded, "one/iam/Role/ci").data["description"] == "one"
    assert manifest(loaded, "two/iam/Role/ci").data["description"] == "two"


def test_an_error_in_a_patch_is_told_where_the_patch_stands() -> None:
    more = include("../base") + (
        "      patches:\n"
        "        - spec: {delay: x, rules: [{protocol: tcp}], foo: {a: 1}}\n"
        "          lifecycle: {mode: x}\n"
    )
    loaded = load(
        {"base/q.yaml": queue("q", "  deadLetters: nope\n  delay: 1\n"), "prod/scope.yaml": scope("prod", more=more)}
    )
    assert [(str(problem.where), problem.field) for problem in loaded.problems] == [
        ("base/q.yaml:5:3", "spec.deadLetters"),
        ("prod/scope.yaml:10:18", "spec.delay"),
        ("prod/scope.yaml:10:36", "spec.rules[0].port"),
        ("prod/scope.yaml:10:54", "spec.foo"),
        ("prod/scope.yaml:11:23", "lifecycle.mode"),
    ]


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_rfc_7396_says(target: object, patch: object, result: object) -> None:
    """The cases of its appendix A."""
    assert merge(target, patch) == result
