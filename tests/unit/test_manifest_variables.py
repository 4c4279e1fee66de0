"""What `${...}` means, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.manifest import variables
from controller.manifest.variables import Path, collisions, faults, outputs, strings, substitute, unescape

VALUES: dict[str, str | int | bool] = {"env": "prod", "hours": 2, "strict": True, "": "never"}
plain = st.text().filter(lambda text: "${" not in text)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${var.env}", "prod"),
        ("${var.hours}", 2),
        ("${var.strict}", True),
        ("a-${var.env}-b", "a-prod-b"),
        ("${var.env}${var.env}", "prodprod"),
        ("${var.hours}h", "2h"),
        ("${var.strict}!", "true!"),
        ("$${var.env}", "$${var.env}"),
        ("$$${var.env}", "$$${var.env}"),
        ("${aws:username}", "${aws:username}"),
        ("${*}", "${*}"),
        ("${}", "${}"),
        ("${var.}", "${var.}"),
        ("${out.Role.ci.arn}", "${out.Role.ci.arn}"),
        ("${var.nope}", "${var.nope}"),
        ("${var.nope} ${var.env}", "${var.nope} prod"),
        ("${var.env", "${var.env"),
    ],
)
def test_a_text_gets_its_variables(text: str, value: Any) -> None:
    """Alone a variable keeps its type; what is escaped, unknown or not ours stays."""
    found = substitute(text, VALUES)
    assert (found, type(found)) == (value, type(value))


def test_variables_are_put_in_at_any_depth_and_in_keys() -> None:
    data = {"a": ["${var.env}", {"${var.env}:sub": "${var.hours}"}], 1: None, "${var.hours}": 0.5}
    assert substitute(data, VALUES) == {"a": ["prod", {"prod:sub": 2}], 1: None, "2": 0.5}


@given(plain, plain, plain)
def test_a_variable_inside_text_is_put_between_what_surrounds_it(before: str, value: str, after: str) -> None:
    before = before.rstrip("$")
    whole = f"{before}${{var.x}}{after}"
    assert substitute(whole, {"x": value}) == before + value + after


@given(trees)
def test_without_variables_nothing_changes(tree: Any) -> None:
    assert substitute(tree, {}) == tree


@given(st.text())
def test_any_text_can_be_written_by_escaping(text: str) -> None:
    """A text whose every `${` is written `$${` comes out as it was, whatever it looks like."""
    written = text.replace("${", "$${")
    assert unescape(substitute(written, VALUES)) == text
    assert not list(faults(written, VALUES))
    assert not list(outputs(written))


def test_keys_that_become_one_are_found() -> None:
    data = {"spec": [{"prod": 1, "${var.env}": 2}, {"prod": 1, "${var.hours}": 2}]}
    assert list(collisions(data, VALUES)) == [("spec", 0)]


def test_texts_are_found_with_their_paths() -> None:
    data = {"a": ["x", "${y}"], "${k}": {"b": "${z}"}, "n": 1}
    assert list(strings(data, ("spec",))) == [
        (("spec", "a", 1), "${y}"),
        (("spec", "${k}"), "${k}"),
        (("spec", "${k}", "b"), "${z}"),
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${var.evn}", "the scope has no variable 'evn'", "did you mean 'env'?"),
        ("${vars.env}", "'${vars.env}' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${variable.env}", "'${variable.env}' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${Var.env}", "'${Var.env}' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${ var.env }", "'${ var.env }' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${var.}", "'${var.}' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${var.a b}", "'${var.a b}' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${var.env", "'${var.env' is malformed", "write ${var.name}, or $${ for a literal ${"),
        ("${output.a.b.c}", "'${output.a.b.c}' is malformed", "write ${out.Kind.name.output}, or $${ for a literal ${"),
        ("${outs.x}", "'${outs.x}' is malformed", "write ${out.Kind.name.output}, or $${ for a literal ${"),
        ("${out.}", "'${out.}' is malformed", "write ${out.Kind.name.output}, or $${ for a literal ${"),
    ],
)
def test_what_only_looks_like_ours_is_an_error(text: str, message: str, hint: str) -> None:
    """Passed through, it would end up in AWS as it stands."""
    (wrong,) = faults(text, {"env": "prod"})
    assert (str(wrong), wrong.hint) == (message, hint)


@pytest.mark.parametrize(
    "text",
    [
        "${aws:username}",
        "${aws:PrincipalTag/out.x, 'x'}",
        "${output}",
        "${variance.x}",
        "${outer.x}",
        "$${vars.x}",
        "$x {y}",
    ],
)
def test_what_belongs_to_others_is_no_error(text: str) -> None:
    assert not list(faults(text, {}))


def test_every_fault_of_a_text_is_found() -> None:
    assert len(list(faults("${var.a} ${var.b} ${vars.c}", {}))) == 3


def test_outputs_are_found_in_order() -> None:
    text = "${out.Role.a.arn} $${out.Role.b.arn} ${aws:x} ${out.iam/Role.prod/c.d.name}"
    assert list(variables.outputs(text)) == ["Role.a.arn", "iam/Role.prod/c.d.name"]


def test_a_path_is_made_of_keys_and_indices() -> None:
    paths: list[Path] = [path for path, _ in strings([["${a}"]])]
    assert paths == [(0, 0)]
