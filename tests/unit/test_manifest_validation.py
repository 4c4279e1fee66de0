"""Specs and lifecycles are validated, and every error is told in plain English at its place."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, model_validator

from controller.manifest.validation import Source, field_path, validate
from controller.model.problem import Position
from tests.unit.manifest_kinds import load_in_scope, manifest, messages, names, policy, queue, role


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("descriptin: x", "6:3: error: spec.descriptin: unknown field (did you mean 'description'?)"),
        (
            "max_session_duration: 3600",
            "6:3: error: spec.max_session_duration: unknown field (did you mean 'maxSessionDuration'?)",
        ),
        ("description: 5", "6:3: error: spec.description: must be a text, found 5"),
        ("description: {a: b}", "6:3: error: spec.description: must be a text, found a mapping"),
        ("description: [a]", "6:3: error: spec.description: must be a text, found a list"),
        ("description: true", "6:3: error: spec.description: must be a text, found true"),
        ("path: null", "6:3: error: spec.path: must be a text, found nothing"),
        ("path: x", "6:3: error: spec.path: 'x' does not end in /"),
        (
            "description: aaaaaaaaaaaaaaaaaaaaa",
            "6:3: error: spec.description: must have at most 20 characters, found 'aaaaaaaaaaaaaaaaaaaaa'",
        ),
        ("maxSessionDuration: 1", "6:3: error: spec.maxSessionDuration: must be at least 3600, found 1"),
        ("maxSessionDuration: 99999", "6:3: error: spec.maxSessionDuration: must be at most 43200, found 99999"),
        ("maxSessionDuration: long", "6:3: error: spec.maxSessionDuration: must be a whole number, found 'long'"),
        ("maxSessionDuration: 1.5", "6:3: error: spec.maxSessionDuration: must be a whole number, found 1.5"),
        ("managedPolicies: read", "6:3: error: spec.managedPolicies: must be a list, found 'read'"),
        ("managedPolicies: [a, 5]", "6:24: error: spec.managedPolicies[1]: must be a text, found 5"),
        (
            "inlinePolicies: [1]",
            "6:3: error: spec.inlinePolicies: must be a mapping (`key: value` lines), found a list",
        ),
        (
            "inlinePolicies: {a: b}",
            "6:20: error: spec.inlinePolicies.a: must be a mapping (`key: value` lines), found 'b'",
        ),
        (
            f"description: {'a' * 70}",
            f"6:3: error: spec.description: must have at most 20 characters, found '{'a' * 56}...",
        ),
        (
            "roleName: a b",
            r"6:3: error: spec.roleName: must match the pattern ^[\w+=,.@-]{1,64}$, found 'a b'",
        ),
    ],
)
def test_a_wrong_field_is_told_with_its_place(line: str, message: str) -> None:
    loaded = load_in_scope(r=role("ci", f"  {line}\n"), a=policy("a"))
    assert messages(loaded) == [f"r.yaml:{message}"]
    assert names(loaded) == {"prod/iam/Policy/a"}


def test_a_missing_field_is_told_with_its_meaning() -> None:
    text = role("ci").replace("  trust: {}\n", "  path: /\n")
    assert messages(load_in_scope(r=text)) == ["r.yaml:4:1: error: spec.trust: is missing (Who may assume it)"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "protocol: tpc, port: 1",
            "5:12: error: spec.rules[0].protocol: is not an allowed value, found 'tpc' (did you mean 'tcp'? allowed: tcp, udp)",
        ),
        (
            "protocol: gre, port: 1",
            "5:12: error: spec.rules[0].protocol: is not an allowed value, found 'gre' (allowed: tcp, udp)",
        ),
        (
            "protocol: tcp, port: 1, sorce: x",
            "5:36: error: spec.rules[0].sorce: unknown field (did you mean 'source'?)",
        ),
        ("protocol: tcp", "5:11: error: spec.rules[0].port: is missing"),
        ("protocol: tcp, port: 1, source: 5", "5:36: error: spec.rules[0].source: must be a text or a list, found 5"),
        ("protocol: tcp, port: 1, source: [a, 5]", "5:48: error: spec.rules[0].source[1]: must be a text, found 5"),
    ],
)
def test_a_wrong_field_deep_down_is_told_with_its_place(rule: str, message: str) -> None:
    """Of a union's branches the one that got deepest was meant; names of branches show nowhere."""
    loaded = load_in_scope(q=queue("q", f"  rules: [{{{rule}}}]\n"))
    assert messages(loaded) == [f"q.yaml:{message}"]


def test_all_errors_of_a_manifest_and_its_lifecycle_are_told_at_once() -> None:
    text = role("-ci", "  path: x\n  foo: 1\n  managedPolicies: [nope]\n", "lifecycle: {mode: x, dependsOn: [5]}\n")
    assert [problem.field for problem in load_in_scope(r=text).problems] == [
        "metadata.name",
        "spec.path",
        "spec.foo",
        "spec.managedPolicies[0]",
        "lifecycle.mode",
        "lifecycle.dependsOn[0]",
    ]


@pytest.mark.parametrize("line", ["externalPassword: weak", "externalNumber: hunter2", "externalPassword: [hunter2]"])
def test_a_secret_value_shows_nowhere(line: str) -> None:
    (message,) = messages(load_in_scope(r=role("ci", f"  {line}\n")))
    assert "hunter2" not in message
    assert "weak" not in message


def test_the_words_about_a_secret_say_that_it_is_one() -> None:
    assert messages(load_in_scope(r=role("ci", "  externalPassword: weak\n  externalNumber: x\n"))) == [
        "r.yaml:6:3: error: spec.externalPassword: is not valid (the value is secret and not shown)",
        "r.yaml:7:3: error: spec.externalNumber: must be a whole number",
    ]


def test_the_value_of_an_unknown_field_is_not_shown() -> None:
    """It may be a misspelt secret."""
    (message,) = messages(load_in_scope(r=role("ci", "  externalPasword: hunter2\n")))
    assert message == "r.yaml:6:3: error: spec.externalPasword: unknown field (did you mean 'externalPassword'?)"


def test_the_live_name_is_the_manifests_unless_the_spec_says_otherwise() -> None:
    loaded = load_in_scope(a=role("ci"), b=role("cd", "  roleName: deploy\n"))
    assert manifest(loaded, "prod/iam/Role/ci").data["roleName"] == "ci"
    assert manifest(loaded, "prod/iam/Role/cd").data["roleName"] == "deploy"


def test_a_name_that_the_service_refuses_is_told_where_it_was_taken_from() -> None:
    (message,) = messages(load_in_scope(r=role("x" * 65)))
    assert message.startswith("r.yaml:3:12: error: metadata.name: must match the pattern ")


def test_what_an_output_may_put_right_is_no_error_yet() -> None:
    """Its value is only known once the other resource stands; then the spec is validated again."""
    loaded = load_in_scope(a=queue("a", '  delay: "${out.Queue.b.url}"\n'), b=queue("b"))
    assert messages(loaded) == []
    assert manifest(loaded, "prod/sqs/Queue/a").spec is None


def test_beside_an_output_other_errors_stay() -> None:
    loaded = load_in_scope(a=queue("a", '  delay: "${out.Queue.b.url}"\n  "${out.Queue.b.arn}": 1\n'), b=queue("b"))
    assert [(problem.field, problem.message) for problem in loaded.problems] == [
        ("spec.${out.Queue.b.arn}", "unknown field")
    ]


def test_an_escaped_output_is_a_text_like_any_other() -> None:
    loaded = load_in_scope(a=queue("a", '  delay: "$${out.Queue.b.url}"\n'))
    assert messages(loaded) == ["a.yaml:5:3: error: spec.delay: must be a whole number, found '${out.Queue.b.url}'"]


@pytest.mark.parametrize(
    ("lifecycle", "message"),
    [
        (
            "mode: manag",
            "3: error: lifecycle.mode: is not an allowed value, found 'manag' "
            "(did you mean 'manage'? allowed: manage, observe)",
        ),
        ("deletoin: retain", "3: error: lifecycle.deletoin: unknown field (did you mean 'deletion'?)"),
        ("adopt: 3", "3: error: lifecycle.adopt: must be true or false or a text, found 3"),
        ('adopt: "yes"', "3: error: lifecycle.adopt: 'yes' is a text here, and so an AWS id (write true or false)"),
        ("ignore: [tgs.team]", "12: error: lifecycle.ignore[0]: the spec has no field 'tgs' (did you mean 'tags'?)"),
        ("ignore: x", "3: error: lifecycle.ignore: must be a list, found 'x'"),
    ],
)
def test_a_wrong_lifecycle_is_told_with_its_place(lifecycle: str, message: str) -> None:
    loaded = load_in_scope(r=role("ci", top=f"lifecycle:\n  {lifecycle}\n"))
    assert messages(loaded) == [f"r.yaml:7:{message}"]


def test_a_good_lifecycle_is_kept() -> None:
    text = role("ci", top="lifecycle: {adopt: AROA123, ignore: ['tags.a/b', 'inlinePolicies'], deletion: protect}\n")
    found = manifest(load_in_scope(r=text), "prod/iam/Role/ci").lifecycle
    assert (found.adopt, found.ignore, found.deletion) == ("AROA123", ("tags.a/b", "inlinePolicies"), "protect")


class Cat(BaseModel):
    kind: str = Field(pattern="cat")
    lives: int = Field(multiple_of=3)


class Dog(BaseModel):
    kind: Literal["dog"]


class Bird(BaseModel):
    kind: Literal["bird"]


class Shop(BaseModel):
    cats: dict[str, list[Cat]] = Field(default={}, alias="theCats", max_length=1)
    pet: Annotated[Dog | Bird, Field(discriminator="kind")] | None = None
    born: date | None = None
    ages: dict[int, str] = {}
    pair: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _closed(self) -> Shop:
        if self.pair == (0, 0):
            raise ValueError("a pair of nothing")
        return self


@pytest.mark.parametrize(
    ("data", "field", "message", "hint"),
    [
        (
            {"theCats": {"a": [{"kind": "cat", "lives": 7}]}},
            "spec.theCats.a[0].lives",
            "must be a multiple of 3, found 7",
            "",
        ),
        ({"theCats": {"a": [{"lives": 9}]}}, "spec.theCats.a[0].kind", "is missing", ""),
        ({"theCats": {"a": [], "b": []}}, "spec.theCats", "must have at most 1 items, found a mapping", ""),
        ({"pair": [0, 0]}, "spec", "a pair of nothing", ""),
        (
            {"pet": {"kind": "dgo"}},
            "spec.pet",
            "'kind' is not an allowed value, found 'dgo'",
            "did you mean 'dog'? allowed: dog, bird",
        ),
        (
            {"pet": {"kind": "dog", "x": 1}, "born": "soon"},
            "spec.born",
            "must be a valid date or datetime, input is too short",
            "",
        ),
        ({"pair": [0]}, "spec.pair[1]", "is missing", ""),
        ({"pair": [0, "x"]}, "spec.pair[1]", "must be a whole number, found 'x'", ""),
        ({"ages": {"old": "x"}}, "spec.ages.old", "the key must be a whole number, found 'old'", ""),
        ([], "spec", "must be a mapping (`key: value` lines), found a list", ""),
    ],
)
def test_any_model_can_be_validated(data: object, field: str, message: str, hint: str) -> None:
    checked = validate(Shop, data, Source(("spec",), lambda path: Position("f", len(path)), data))
    assert [(problem.field, problem.message, problem.hint) for problem in checked.problems] == [(field, message, hint)]


def test_a_field_path_is_written_as_people_write_it() -> None:
    assert field_path(("spec", "ingress", 0, "port")) == "spec.ingress[0].port"
