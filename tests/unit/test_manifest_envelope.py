"""The outer form of a manifest."""

from __future__ import annotations

import pytest

from tests.unit.manifest_kinds import load_in_scope, messages, names

GOOD = "apiVersion: iam.aws/v1\nkind: Policy\nmetadata: {name: read}\n"
NAME_RULE = "up to 128 letters, digits and +=,.@_- in it, a letter or digit first"


def test_a_manifest_has_an_api_version_a_kind_a_name_and_a_spec() -> None:
    loaded = load_in_scope(a=GOOD + "lifecycle: {deletion: retain}\nspec: {document: {}}\n")
    assert (messages(loaded), names(loaded)) == ([], {"prod/iam/Policy/read"})


@pytest.mark.parametrize("spec", ["", "spec:\n", "spec: {}\n", "spec:\nlifecycle:\n"])
def test_a_spec_without_required_fields_may_be_left_out(spec: str) -> None:
    assert names(load_in_scope(a=GOOD + spec)) == {"prod/iam/Policy/read"}


@pytest.mark.parametrize("text", ["", "# a comment\n", f"---\n---\n{GOOD}"])
def test_an_empty_document_is_no_manifest_and_no_error(text: str) -> None:
    assert messages(load_in_scope(a=text)) == []


@pytest.mark.parametrize("name", ["a", "9", "A+=,.@_-z", "x" * 128])
def test_names_are_as_aws_has_them(name: str) -> None:
    loaded = load_in_scope(a=GOOD.replace("{name: read}", f'\n  name: "{name}"'))
    assert names(loaded) == {f"prod/iam/Policy/{name}"}


@pytest.mark.parametrize("name", ["-a", "a/b", "a b", "x" * 129, "ä"])
def test_other_names_are_errors(name: str) -> None:
    loaded = load_in_scope(a=GOOD.replace("{name: read}", f'\n  name: "{name}"'))
    assert messages(loaded) == [f"a.yaml:4:3: error: metadata.name: {name!r} is not a name ({NAME_RULE})"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "a.yaml:1:1: error: a manifest is a mapping (it begins with `apiVersion:`)"),
        ("just text\n", "a.yaml:1:1: error: a manifest is a mapping (it begins with `apiVersion:`)"),
        (GOOD.replace("apiVersion: iam.aws/v1\n", ""), "a.yaml:1:1: error: apiVersion: is missing"),
        (GOOD.replace("kind: Policy\n", ""), "a.yaml:1:1: error: kind: is missing"),
        (
            GOOD.replace("iam.aws/v1", "iam/v1"),
            "a.yaml:1:1: error: apiVersion: unknown apiVersion 'iam/v1' (kind Policy belongs to apiVersion iam.aws/v1)",
        ),
        (
            GOOD.replace("iam.aws/v1", "iam.aws/v2").replace("Policy", "Polcy"),
            "a.yaml:1:1: error: apiVersion: unknown apiVersion 'iam.aws/v2' (did you mean 'iam.aws/v1'?)",
        ),
        (
            GOOD.replace("iam.aws/v1", "[1]").replace("Policy", "{}"),
            "a.yaml:1:1: error: apiVersion: unknown apiVersion [1] "
            "(allowed: iam.aws/v1, msk.aws/v1, sns.aws/v1, sqs.aws/v1, trueup/v1)",
        ),
        (
            GOOD.replace("Policy", "Polcy"),
            "a.yaml:2:1: error: kind: unknown kind 'Polcy' in iam.aws/v1 (did you mean 'Policy'?)",
        ),
        (
            GOOD.replace("Policy", "Queue"),
            "a.yaml:2:1: error: kind: unknown kind 'Queue' in iam.aws/v1 (kind Queue belongs to apiVersion sqs.aws/v1)",
        ),
        (
            GOOD.replace("Policy", "Topic"),
            "a.yaml:2:1: error: kind: unknown kind 'Topic' in iam.aws/v1 "
            "(kind Topic belongs to apiVersion msk.aws/v1 or sns.aws/v1)",
        ),
        (GOOD.replace("Policy", "7"), "a.yaml:2:1: error: kind: unknown kind 7 in iam.aws/v1 (allowed: Policy, Role)"),
        (GOOD + "spce: {}\n", "a.yaml:4:1: error: spce: unknown field (did you mean 'spec'?)"),
        (GOOD + "spec: text\n", "a.yaml:4:1: error: spec: must be a mapping (`key: value` lines)"),
        (GOOD + "lifecycle: [1]\n", "a.yaml:4:1: error: lifecycle: must be a mapping (`key: value` lines)"),
        (
            GOOD.replace("{name: read}", "{name: read, labels: {}}"),
            "a.yaml:3:24: error: metadata.labels: unknown field (allowed: name)",
        ),
        (
            GOOD.replace("{name: read}", "read"),
            "a.yaml:3:1: error: metadata: must be a mapping with a name (write `metadata: {name: ...}`)",
        ),
        (GOOD.replace("{name: read}", "{}"), f"a.yaml:3:1: error: metadata.name: is missing ({NAME_RULE})"),
        (
            GOOD.replace("{name: read}", "{name: 7}"),
            f"a.yaml:3:12: error: metadata.name: must be a text, found 7 ({NAME_RULE})",
        ),
    ],
)
def test_a_wrong_envelope_is_told_with_its_place(text: str, message: str) -> None:
    loaded = load_in_scope(a=text)
    assert messages(loaded) == [message]
    assert names(loaded) == set()
    assert not loaded.scopes["prod"].complete


def test_all_that_is_wrong_is_told_at_once() -> None:
    loaded = load_in_scope(a="kind: Policy\nfoo: 1\nmetadata: {nam: x}\nspec: 7\n")
    assert [problem.field for problem in loaded.problems] == [
        "apiVersion",
        "foo",
        "metadata.name",
        "metadata.nam",
        "spec",
    ]
