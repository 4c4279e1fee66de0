"""A commit as a whole: what clashes, what is left out, what is kept from one commit to the next."""

from __future__ import annotations

import pytest

from controller.manifest import yaml_reader
from controller.manifest.load import Loader
from controller.model.problem import Position, Problem, Severity
from controller.model.scope import Deletion
from tests.unit.manifest_kinds import (
    SCOPE,
    at,
    kinds,
    load,
    load_in_scope,
    manifest,
    messages,
    names,
    policy,
    queue,
    role,
    scope,
    tree,
)


def test_a_good_commit_has_manifests_and_no_problems() -> None:
    loaded = load_in_scope(a=role("ci"), b=f"{policy('read')}---\n{queue('jobs')}")
    assert loaded.problems == ()
    assert loaded.scopes["prod"].complete
    assert names(loaded) == {"prod/iam/Role/ci", "prod/iam/Policy/read", "prod/sqs/Queue/jobs"}
    assert manifest(loaded, "prod/sqs/Queue/jobs").where == at("b.yaml", 7, 1)


def test_an_empty_commit_has_no_scopes() -> None:
    assert load({}).scopes == {}


def test_all_problems_of_a_commit_are_told_at_once_in_the_order_of_files() -> None:
    loaded = load_in_scope(b=role("ci", "  foo: 1\n  bar: 2\n"), a="a: [}", c=policy("x", "  foo: 1\n"))
    assert [str(problem.where) for problem in loaded.problems] == [
        "a.yaml:1:5",
        "b.yaml:6:3",
        "b.yaml:7:3",
        "c.yaml:6:3",
    ]


def test_a_broken_manifest_is_left_out_and_the_others_of_its_file_stay() -> None:
    loaded = load_in_scope(a=f"{role('ci', '  foo: 1' + chr(10))}---\n{policy('read')}")
    assert names(loaded) == {"prod/iam/Policy/read"}
    assert not loaded.scopes["prod"].complete


def test_a_broken_file_makes_its_own_scope_incomplete_and_no_other() -> None:
    loaded = load(
        {"a/scope.yaml": scope("a"), "b/scope.yaml": scope("b"), "a/x/x.yaml": "a: [", "b/p.yaml": policy("p")}
    )
    assert not loaded.scopes["a"].complete
    assert loaded.scopes["b"].complete
    assert (len(loaded.scopes["a"].problems), loaded.scopes["b"].problems) == (1, ())


def test_a_broken_file_of_a_base_makes_every_scope_that_includes_it_incomplete() -> None:
    more = "  include: [{path: ../base}]\n"
    loaded = load({"a/scope.yaml": scope("a", more=more), "b/scope.yaml": scope("b", more=more), "base/x.yaml": "a: ["})
    assert [desired.complete for desired in loaded.scopes.values()] == [False, False]
    assert len(loaded.problems) == 1


def test_what_the_source_refused_makes_its_scope_incomplete() -> None:
    symlink = Problem(Position("m/a/x.yaml"), "is a symlink")
    loaded = load({"m/a/scope.yaml": scope("a"), "m/b/scope.yaml": scope("b")}, symlink, root="m")
    assert [desired.complete for desired in loaded.scopes.values()] == [False, True]
    assert loaded.problems == (symlink,)


def test_what_the_source_says_of_the_whole_folder_makes_every_scope_incomplete() -> None:
    loaded = load({"m/a/scope.yaml": scope("a"), "m/b/scope.yaml": scope("b")}, Problem(Position("m"), "?"), root="m")
    assert [desired.complete for desired in loaded.scopes.values()] == [False, False]


def test_a_warning_leaves_everything_in_place() -> None:
    loaded = load_in_scope(p=policy("p", "", "").replace("{}", "{Doubt: x}"))
    assert messages(loaded) == ["p.yaml:5:14: warning: spec.document: doubtful"]
    assert names(loaded) == {"prod/iam/Policy/p"}
    assert loaded.scopes["prod"].complete


def test_a_kinds_own_check_may_refuse_a_manifest() -> None:
    strict = SCOPE + "  policyLint: error\n"
    loaded = load({"scope.yaml": strict, "p.yaml": policy("p").replace("{}", "{Doubt: x}")})
    assert [problem.severity for problem in loaded.problems] == [Severity.ERROR]
    assert names(loaded) == set()


@pytest.mark.parametrize(("lint", "left"), [("warn", {"a", "b", "c"}), ("error", {"c"})])
def test_a_kind_may_refuse_manifests_for_what_stands_beside_them(lint: str, left: set[str]) -> None:
    """A warning is told, and leaves them in place."""
    same = "  document: {Same: 1}\n"
    texts = {f"{name}.yaml": policy(name).replace("  document: {}\n", same) for name in "ab"}
    loaded = load({"scope.yaml": scope("prod", more=f"  policyLint: {lint}\n"), **texts, "c.yaml": policy("c")})
    assert [str(problem.where) for problem in loaded.problems] == ["a.yaml:5:14", "b.yaml:5:14"]
    assert {problem.message for problem in loaded.problems} == {"the same as a, b"}
    assert names(loaded) == {f"prod/iam/Policy/{name}" for name in left}


def test_one_address_twice_is_an_error_at_both_places() -> None:
    loaded = load_in_scope(a=role("ci"), b=role("ci", "  path: /x/\n"), c=policy("ci"))
    what = "error: metadata.name: Role 'ci' is declared more than once in scope 'prod'; also"
    assert messages(loaded) == [f"a.yaml:1:1: {what} b.yaml:1:1", f"b.yaml:1:1: {what} a.yaml:1:1"]
    assert names(loaded) == {"prod/iam/Policy/ci"}
    assert not loaded.scopes["prod"].complete


def test_a_base_included_twice_declares_everything_twice() -> None:
    more = "  include: [{path: ../base}, {path: ../base}]\n"
    loaded = load({"a/scope.yaml": scope("a", more=more), "base/p.yaml": policy("p")})
    assert messages(loaded) == [
        "base/p.yaml:1:1: error: metadata.name: Policy 'p' is declared more than once in scope 'a'; also base/p.yaml:1:1"
    ]


def test_two_manifests_for_one_live_resource_are_an_error_at_both_places() -> None:
    """Names are compared as AWS compares them; IAM's are taken in the account as a whole, whatever the region."""
    loaded = load(
        {
            "a/scope.yaml": scope("a"),
            "b/scope.yaml": scope("b", region="us-east-1"),
            "c/scope.yaml": scope("c", "210987654321"),
            "a/r.yaml": role("ci"),
            "b/r.yaml": role("other", "  roleName: CI\n"),
            "c/r.yaml": role("ci"),
        }
    )
    what = "error: metadata.name: more than one manifest wants the live Role 'ci' of account 123456789012; also"
    assert messages(loaded) == [
        f"a/r.yaml:1:1: {what} b/iam/Role/other at b/r.yaml:1:1",
        f"b/r.yaml:1:1: {what} a/iam/Role/ci at a/r.yaml:1:1",
    ]
    assert names(loaded) == {"c/iam/Role/ci"}


def test_what_is_no_name_and_is_wanted_twice_is_told_at_the_field_that_says_it() -> None:
    """Two rules with one priority: nobody looks for that at their names."""
    one, two = (
        policy(name, "  policyName: same\n").replace("iam.aws", "sns.aws").replace("Policy", "Topic") for name in "ab"
    )
    found = load_in_scope(a=one, b=two).problems
    assert [problem.field for problem in found] == ["spec.policyName"] * 2
    assert found[0].message == "more than one Topic has policyName 'same'; also prod/sns/Topic/b at b.yaml:1:1"
    assert one.splitlines()[found[0].where.line - 1].strip() == "policyName: same"


def test_names_of_a_regional_kind_may_be_the_same_in_two_regions() -> None:
    topic = policy("t").replace("iam.aws", "sns.aws").replace("Policy", "Topic")
    files = {"a/scope.yaml": scope("a"), "b/scope.yaml": scope("b", region="us-east-1"), "c/scope.yaml": scope("c")}
    assert messages(load({**files, "a/t.yaml": topic, "b/t.yaml": topic})) == []
    assert len(messages(load({**files, "a/t.yaml": topic, "c/t.yaml": topic}))) == 2


def test_a_cycle_is_an_error_at_each_of_its_members() -> None:
    loaded = load_in_scope(
        a=queue("a", "  deadLetters: b\n"),
        b=policy("b", '  policyName: "${out.Role.c.arn}"\n'),
        c=role("c", top="lifecycle: {dependsOn: [Queue/a]}\n"),
        d=queue("d", "  deadLetters: a\n"),
    )
    circle = (
        "prod/iam/Policy/b (b.yaml:1:1) -> prod/iam/Role/c (c.yaml:1:1) -> prod/sqs/Queue/a (a.yaml:1:1)"
        " -> prod/iam/Policy/b (b.yaml:1:1)"
    )
    text = f"error: needs itself, by way of others: {circle} (take one of these references away)"
    assert messages(loaded) == [f"{file}.yaml:1:1: {text}" for file in "abc"]
    assert names(loaded) == {"prod/sqs/Queue/d"}


def test_a_cycle_through_two_scopes_is_an_error_in_both() -> None:
    files = {"a/scope.yaml": scope("a"), "b/scope.yaml": scope("b")}
    loaded = load(
        {**files, "a/q.yaml": queue("q", "  deadLetters: b/q\n"), "b/q.yaml": queue("q", "  deadLetters: a/q\n")}
    )
    assert [desired.complete for desired in loaded.scopes.values()] == [False, False]


def test_a_long_cycle_is_told_in_short() -> None:
    text = "---\n".join(queue(f"q{number:02}", f"  deadLetters: q{(number + 1) % 30:02}\n") for number in range(30))
    loaded = load_in_scope(a=text)
    assert len(loaded.problems) == 30
    assert loaded.problems[0].message.count(" -> ") == 11
    assert "-> ... (30 in all) -> prod/sqs/Queue/q00" in loaded.problems[0].message


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("inlinePolicies.read", 7, 5),
        ("inlinePolicies.read.Statement[1].Effect", 10, 10),
        ("inlinePolicies.read.Statement[5].Effect", 8, 7),
        ("tags.kubernetes.io/x", 11, 10),
        ("tags.gone", 11, 3),
        ("trust.x", 5, 3),
        ("nothing", 4, 1),
        ("", 4, 1),
    ],
)
def test_a_manifest_knows_where_its_fields_stand(path: str, line: int, column: int) -> None:
    more = """\
  inlinePolicies:
    read:
      Statement:
      - {}
      - {Effect: Allow}
  tags: {kubernetes.io/x: y}
"""
    loaded = load_in_scope(a=role("ci", more))
    where = manifest(loaded, "prod/iam/Role/ci").position(path)
    assert (where.file, where.line, where.column) == ("a.yaml", line, column)


def test_the_digest_changes_with_what_is_written_and_not_with_its_layout() -> None:
    def digest(text: str) -> str:
        return manifest(load_in_scope(a=text), "prod/iam/Role/ci").digest

    first = digest(role("ci", "  path: /x/\n  tags: {a: b, c: d}\n"))
    assert digest(role("ci", "  # note\n  tags:\n    c: d\n    a: b\n  path: '/x/'\n", "lifecycle: {}\n")) == first
    assert digest(role("ci", "  path: /y/\n  tags: {a: b, c: d}\n")) != first
    assert digest(role("ci", "  path: /x/\n  tags: {a: b, c: d}\n", "lifecycle: {deletion: retain}\n")) != first
    assert len(first) == 64


class Counting:
    """Counts what is parsed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []

        def read(file: str, content: bytes) -> object:
            self.files.append(file)
            return yaml_reader.read(file, content)

        monkeypatch.setattr("controller.manifest.load.read", read)


def test_an_unchanged_file_is_neither_parsed_nor_validated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    counting, registry = Counting(monkeypatch), kinds()
    loader = Loader(registry)
    files = {
        "scope.yaml": SCOPE,
        "a.yaml": role("a", "  managedPolicies: [p]\n"),
        "b.yaml": role("b"),
        "p.yaml": policy("p"),
    }
    first = loader.load(tree(files))
    again = loader.load(tree({**files, "b.yaml": role("b", "  path: /x/\n")}))
    assert counting.files == ["a.yaml", "b.yaml", "p.yaml", "scope.yaml", "b.yaml"]
    assert (registry["iam/Role"].checked, registry["iam/Policy"].checked) == (3, 1)
    assert manifest(again, "prod/iam/Role/a") is manifest(first, "prod/iam/Role/a")
    assert manifest(again, "prod/iam/Role/b").data["path"] == "/x/"


@pytest.mark.parametrize(
    "change",
    [
        {"p.yaml": policy("other")},
        {"q.yaml": queue("p")},
        {"scope.yaml": SCOPE.replace("hours: 2", "hours: 3")},
        {"scope.yaml": SCOPE.replace("env: prod", "env: dev")},
        {"q.yaml": "a: ["},
        {"b.yaml": queue("b", "  deadLetters: a\n")},
        {"a.yaml": "# gone\n"},
    ],
)
def test_what_a_loader_remembers_changes_nothing(change: dict[str, str]) -> None:
    """A second commit comes out as it would have without the first, and so does the first again after it."""
    files = {
        "scope.yaml": SCOPE,
        "a.yaml": queue("a", "  deadLetters: p\n  delay: ${var.hours}\n"),
        "p.yaml": policy("p"),
        "b.yaml": queue("b", "  foo: 1\n"),
    }
    loader = Loader(kinds())
    for commit in (files, {**files, **change}, files):
        assert loader.load(tree(commit)) == load(commit)


def test_a_changed_patch_is_put_on_unchanged_manifests() -> None:
    loader = Loader(kinds())
    more = (
        "  variables: {{x: y}}\n"
        "  include:\n"
        "  - path: ../base\n"
        "    patches: [{{name: 'p-${{var.x}}', spec: {{document: {{v: {0}}}}}}}]\n"
    )
    for value in (1, 2):
        files = {"a/scope.yaml": scope("a", more=more.format(value)), "base/p.yaml": policy("p-y")}
        assert manifest(loader.load(tree(files)), "a/iam/Policy/p-y").data["document"] == {"v": value}


def test_a_kind_may_have_its_own_default_of_what_becomes_of_what_git_no_longer_names() -> None:
    """A hosted zone is not deleted because a file was."""
    topic = "apiVersion: msk.aws/v1\nkind: Topic\nmetadata: {name: NAME}\nspec: {}\n"
    said = "lifecycle: {deletion: delete}\n"
    loaded = load_in_scope(a=topic.replace("NAME", "kept"), b=topic.replace("NAME", "gone") + said)
    assert manifest(loaded, "prod/msk/Topic/kept").lifecycle.deletion is Deletion.RETAIN
    assert manifest(loaded, "prod/msk/Topic/gone").lifecycle.deletion is Deletion.DELETE


def test_every_scope_sees_what_the_others_want() -> None:
    loaded = load_in_scope(a=role("ci"))
    assert loaded.scopes["prod"].everything == loaded.scopes["prod"].manifests
    assert loaded.scopes["prod"].whole
    assert not load_in_scope(a=role("ci", "  foo: 1\n")).scopes["prod"].whole
