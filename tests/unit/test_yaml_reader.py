"""What the YAML reader takes, what it refuses, and where it says that things stand."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from controller.manifest import yaml_reader
from controller.manifest.yaml_reader import MAX_DEPTH, MAX_DIGITS, Document, read
from controller.model.problem import Problem

MANIFEST = """\
# the role of the build
kind: Role
spec:
  tags:
    team: web
  policies:
    - read
    - {name: write}
"""


def documents(text: str) -> tuple[Document, ...]:
    found, problems = read("f.yaml", text.encode())
    assert problems == ()
    return found


def data(text: str) -> Any:
    (document,) = documents(text)
    return document.data


def problem(content: str | bytes) -> Problem:
    """The one problem of a file, of which nothing is taken."""
    found, (only,) = read("f.yaml", content.encode() if isinstance(content, str) else content)
    assert found == ()
    return only


def value(written: str) -> Any:
    return data(f"key: {written}\n")["key"]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libyaml's parser, and PyYAML's own where that is missing."""
    monkeypatch.setattr(yaml_reader, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ((), "f.yaml:2:1"),
        (("spec",), "f.yaml:3:1"),
        (("spec", "tags", "team"), "f.yaml:5:5"),
        (("spec", "policies", 0), "f.yaml:7:7"),
        (("spec", "policies", 1, "name"), "f.yaml:8:8"),
    ],
)
def test_a_field_stands_at_its_key_and_an_item_at_itself(loader: None, path: tuple[str | int, ...], where: str) -> None:
    (document,) = documents(MANIFEST)
    assert str(document.position(path)) == where


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("metadata",), "f.yaml:2:1"),
        (("spec", "description"), "f.yaml:3:1"),
        (("spec", 0), "f.yaml:3:1"),
        (("spec", "policies", 2), "f.yaml:6:3"),
        (("spec", "policies", -1), "f.yaml:6:3"),
        (("spec", "policies", "name"), "f.yaml:6:3"),
        (("kind", "deeper", 3), "f.yaml:2:1"),
    ],
)
def test_what_is_not_there_stands_at_the_nearest_thing_above(path: tuple[str | int, ...], where: str) -> None:
    (document,) = documents(MANIFEST)
    assert str(document.position(path)) == where


def test_a_stream_is_taken_document_by_document_without_the_empty_ones(loader: None) -> None:
    found = documents("---\n---\na: 1\n---\n# nothing here\n---\nb: 2\n...\n")
    assert [(document.data, str(document.position(()))) for document in found] == [
        ({"a": 1}, "f.yaml:3:1"),
        ({"b": 2}, "f.yaml:7:1"),
    ]


def test_an_empty_file_has_no_documents() -> None:
    assert read("f.yaml", b"") == ((), ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, None) for word in ("null", "Null", "NULL", "~", "")],
        *[("0", 0), ("12", 12), ("-5", -5), ("+5", 5), ("0o17", 15), ("0xfF", 255), ("123456789012", 123456789012)],
        *[("1.5", 1.5), ("-.5", -0.5), ("1.", 1.0), ("1e3", 1000.0), ("0.1e-2", 0.001)],
    ],
)
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(loader: None, written: str, meant: Any) -> None:
    assert (value(written), type(value(written))) == (meant, type(meant))


@pytest.mark.parametrize(
    "text",
    ["no", "on", "yes", "off", "y", "22:22", "12:30:45", "2012-10-17", "1_000", "=", "0b1", "0o8", "-a", "1.2.3", "+a"],
)
def test_what_yaml_1_1_would_turn_into_something_else_stays_a_text(loader: None, text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize("text", ["0123456789012", "012345678901", "022", "-01", "00", "01.5", "08e1"])
def test_a_decimal_with_a_leading_zero_stays_as_written(text: str) -> None:
    """Account ids may begin with 0, and a number would lose it."""
    assert value(text) == text


@pytest.mark.parametrize("text", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1e999", "9" * (MAX_DIGITS + 1)])
def test_numbers_that_json_cannot_hold_are_refused(text: str) -> None:
    found = problem(f"key: {text}\n")
    assert (str(found.where), found.hint) == ("f.yaml:1:6", "put it in quotes if it is a text")


def test_the_longest_number_is_taken() -> None:
    assert value("9" * MAX_DIGITS) == int("9" * MAX_DIGITS)


@pytest.mark.parametrize("written", ["'12'", '"12"', '! "12"', "!!str 12", "|-\n  12", ">-\n  12"])
def test_what_is_quoted_or_said_to_be_a_text_is_one(written: str) -> None:
    if written.startswith("! "):
        assert problem(f"key: {written}\n").message == "the tag ! is not taken"
    else:
        assert value(written) == "12"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('!!int "5"', 5),
        ("!!float 1", 1.0),
        ("!!bool true", True),
        ("!!null ''", None),
        ("!!map {a: 1}", {"a": 1}),
        ("!!seq [1]", [1]),
    ],
)
def test_core_tags_are_taken(loader: None, written: str, meant: Any) -> None:
    assert (value(written), type(value(written))) == (meant, type(meant))


@pytest.mark.parametrize("written", ["!!int a", "!!int 1.5", "!!bool yes", "!!float true", "!!null 0"])
def test_a_core_tag_on_something_else_is_refused(written: str) -> None:
    found = problem(f"key: {written}\n")
    assert str(found.where) == "f.yaml:1:6"
    assert f"is no {written.split()[0]}" in found.message


@pytest.mark.parametrize(
    "written",
    ["!!python/name:os.system x", "!!binary aGk=", "!!set {a}", "!!map [1]", "!!str [1]", "!own x", "!own {}"],
)
def test_other_tags_are_refused(loader: None, written: str) -> None:
    found = problem(f"a: 1\nkey: {written}\n")
    assert (str(found.where), found.message) == ("f.yaml:2:6", f"the tag {written.split()[0]} is not taken")
    assert "leave it out" in found.hint


@pytest.mark.parametrize("written", ["!Ref web", "!Sub '${a}'", "!GetAtt [web, arn]"])
def test_the_short_forms_of_cloudformation_are_answered_with_ours(written: str) -> None:
    assert "${out.Kind.name.output}" in problem(f"key: {written}\n").hint


def test_tag_directives_are_refused_before_thousands_of_them_are_parsed() -> None:
    found = problem("# a\n%TAG !a! tag:a\n---\na: 1\n")
    assert (str(found.where), found.hint) == ("f.yaml:2:1", "leave it out")


def test_a_key_that_is_there_twice_is_refused_with_both_lines(loader: None) -> None:
    found = problem("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert str(found.where) == "f.yaml:4:3"
    assert found.message == "the key 'b' is there twice: on line 2 and on line 4"
    assert found.hint == "remove one of them"


@pytest.mark.parametrize("key", ["1", "true", "null", "~", "1.5", "0x1"])
def test_a_key_that_is_no_text_is_refused(loader: None, key: str) -> None:
    found = problem(f"a: 1\n{key}: 2\n")
    assert (str(found.where), found.message) == ("f.yaml:2:1", f"the key {key} is not a text")
    assert found.hint == f'put it in quotes: "{key}"'


@pytest.mark.parametrize("key", ["[a]", "{a: 1}", "? {a: 1}\n"])
def test_a_key_that_is_a_collection_is_refused(key: str) -> None:
    assert problem(f"{key}: 2\n").message == "a key is a list or a mapping"


def test_a_key_with_a_refused_tag_is_one_problem() -> None:
    assert problem("!own a: 1\n").message == "the tag !own is not taken"


@pytest.mark.parametrize("key", ["on", "no", "022", '"1"', "2012-10-17", '"<<"'])
def test_a_key_that_is_a_text_is_taken(key: str) -> None:
    assert data(f"{key}: 1\n") == {key.strip('"'): 1}


def test_an_alias_repeats_what_its_anchor_marks_and_stands_where_it_is_written(loader: None) -> None:
    (document,) = documents("a: &x {n: [1]}\nb: *x\n&k c: 1\nd: *k\n")
    assert document.data == {"a": {"n": [1]}, "b": {"n": [1]}, "c": 1, "d": "c"}
    assert str(document.position(("b",))) == "f.yaml:2:1"
    assert str(document.position(("b", "n", 0))) == "f.yaml:1:12"


def test_an_anchor_given_twice_means_the_last() -> None:
    assert data("a: &x 1\nb: &x 2\nc: *x\n")["c"] == 2


@pytest.mark.parametrize("text", ["a: *x\n", "a: &x 1\n---\nb: *x\n"])
def test_an_alias_without_an_anchor_in_its_document_is_refused(loader: None, text: str) -> None:
    found = problem(text)
    assert found.message == "the alias *x has no anchor above it"
    assert "in quotes" in found.hint


def test_an_alias_inside_its_own_anchor_is_refused(loader: None) -> None:
    found = problem("a: &x\n  b: [*x]\n")
    assert (str(found.where), found.message) == (
        "f.yaml:2:7",
        "the alias *x stands inside the value that it repeats",
    )


def test_merge_keys_are_refused_with_what_to_use_instead(loader: None) -> None:
    found = problem("a: &x {n: 1}\nb:\n  <<: *x\n")
    assert (str(found.where), found.message) == ("f.yaml:3:3", "merge keys (<<) are not taken")
    assert "include" in found.hint


def test_a_bomb_of_aliases_is_refused_while_it_is_small(loader: None) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    found = problem("\n".join(lines))
    assert str(found.where).startswith("f.yaml:6:")
    assert found.message == "more than 250,000 values, with all aliases put in"
    assert found.hint


def test_a_value_may_be_as_deep_as_the_limit() -> None:
    deep = data("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH - 1):
        (deep,) = deep
    assert deep == []


@pytest.mark.parametrize(("opening", "column"), [("[", 101), ("{a: ", 398), ("- ", 201), ("? ", 201)])
def test_what_is_nested_deeper_is_refused_where_it_begins(loader: None, opening: str, column: int) -> None:
    found = problem(opening * 5000)
    assert found.message == f"nested more than {MAX_DEPTH} levels deep"
    assert str(found.where) == f"f.yaml:1:{column}"


def test_aliases_do_not_get_round_the_limit_of_depth() -> None:
    """Each line is flat; put in, they are a tower that whoever walks the data would fall off."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 500)]
    assert problem("\n".join(lines)).message == f"nested more than {MAX_DEPTH} levels deep"


def test_a_byte_order_mark_is_passed_over(loader: None) -> None:
    (document,), _ = read("f.yaml", b"\xef\xbb\xbfa: 1\n")
    assert (document.data, str(document.position(("a",)))) == ({"a": 1}, "f.yaml:1:1")


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (b"a: 1\nb: \xc3\xa4\xff\n", "f.yaml:2:5", "the file is not UTF-8"),
        ("a: 1".encode("utf-16"), "f.yaml:1:1", "the file is UTF-16 or UTF-32"),
        ("a: 1".encode("utf-16-le"), "f.yaml:1:2", "the character U+0000 cannot be in YAML"),
        (b"a: 1\nb: x\x00\n", "f.yaml:2:5", "the character U+0000 cannot be in YAML"),
        (b"a: \x1b[0m\n", "f.yaml:1:4", "the character U+001B cannot be in YAML"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_place(content: bytes, where: str, message: str) -> None:
    found = problem(content)
    assert (str(found.where), found.message) == (where, message)
    assert "UTF-8" in found.hint


@pytest.mark.parametrize(("text", "line"), [("a:\n\tb: 1\n", 2), ("\ta: 1\n", 1), ("a:\n  b: 1\n\tc: 1\n", 3)])
def test_a_tab_that_indents_is_named(text: str, line: int) -> None:
    found = problem(text)
    assert found.where.line == line
    assert "tab" in found.message
    assert "spaces" in found.hint


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: b: c\n", "f.yaml:1:5"),
        ("a: 1\nb\nc: 2\n", "f.yaml:3:1"),
        ("a: [1, 2\nb: 1\n", "f.yaml:2:2"),
        ('a: "open\n', "f.yaml:2:1"),
        ("a: @x\n", "f.yaml:1:4"),
        ("a:\n  b: 1\n c: 2\n", "f.yaml:3:2"),
    ],
)
def test_a_syntax_error_has_its_place_and_a_hint(text: str, where: str) -> None:
    found = problem(text)
    assert str(found.where) == where
    assert found.message.startswith("not valid YAML: ")
    assert found.hint


def test_an_escape_beyond_unicode_is_a_problem(loader: None) -> None:
    assert problem('a: "\\U7fffffff"\n').message.startswith("not valid YAML: ")


def test_a_file_is_taken_whole_or_not_at_all(loader: None) -> None:
    found, problems = read("f.yaml", b"a: 1\n---\nb: !own 2\nc: 1\nc: 2\n---\n]\n")
    assert found == ()
    assert [problem.where.line for problem in problems] == [3, 5, 7]


@given(st.binary(max_size=200) | st.text(alphabet="ab01:-?[]{},&*!|>'\"%#@\\\n\t ~<.", max_size=60).map(str.encode))
def test_whatever_the_bytes_nothing_is_raised(content: bytes) -> None:
    found, problems = read("f.yaml", content)
    assert not (found and problems)
    assert all(problem.where.file == "f.yaml" and problem.message for problem in problems)


def test_a_long_text_that_aliases_repeat_is_bounded_as_well() -> None:
    """Values alone do not tell: 30,000 times a text of 900 KB is 27 GB once it is written out."""
    content = f"a: &a {'x' * 900_000}\nb: [{', '.join(['*a'] * 30_000)}]\n".encode()
    documents, (problem,) = read("bomb.yaml", content)
    assert documents == ()
    assert "with all aliases put in" in problem.message
