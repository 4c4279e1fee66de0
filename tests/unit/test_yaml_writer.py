"""What the YAML writer writes: what a person would, and what every reader takes for the same data."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from controller.manifest.yaml_reader import read
from controller.manifest.yaml_writer import write

AMBIGUOUS = ["no", "y", "022", "089", "0o17", "1e5", "22:22", "2012-10-17", "1_000", ".inf", "null", "~", "=", "<<", ""]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.text(alphabet="ab \n\t\r\x85\u2028\ufeff:#-'\"\\{}[],&*!|>%@`?.0123", max_size=20)
    | st.sampled_from(AMBIGUOUS)
)
KEYS = st.text(max_size=8) | st.sampled_from(AMBIGUOUS) | st.just("k" * 200)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


def test_a_manifest_is_written_as_a_person_would_write_it() -> None:
    manifest = {
        "kind": "Role",
        "metadata": {"name": "ci"},
        "spec": {
            "account": "012345678901",
            "enabled": True,
            "script": "#!/bin/sh\necho hi\n",
            "actions": ["s3:Get*", "sts:AssumeRole"],
            "rules": [{"port": 443, "from": ["0.0.0.0/0"]}, {"port": None, "from": []}],
            "tags": {},
        },
    }
    assert write([manifest]) == (
        "kind: Role\n"
        "metadata:\n"
        "  name: ci\n"
        "spec:\n"
        "  account: '012345678901'\n"
        "  enabled: true\n"
        "  script: |\n"
        "    #!/bin/sh\n"
        "    echo hi\n"
        "  actions: ['s3:Get*', 'sts:AssumeRole']\n"
        "  rules:\n"
        "    - port: 443\n"
        "      from: [0.0.0.0/0]\n"
        "    - port: null\n"
        "      from: []\n"
        "  tags: {}\n"
    )


def test_documents_are_separated_and_none_are_no_text() -> None:
    assert write([{"a": 1}, {}, {"b": 2}]) == "a: 1\n---\n{}\n---\nb: 2\n"
    assert write([]) == ""


def test_the_order_of_keys_is_kept() -> None:
    assert write([{"b": 1, "a": 2}]) == "b: 1\na: 2\n"


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_text_that_some_reader_would_take_for_something_else_is_quoted(text: str) -> None:
    assert write([{"key": text}]) == f"key: '{text}'\n"


@pytest.mark.parametrize("key", ["no", "y", "022", "1e5", "null", "<<"])
def test_so_is_a_key(key: str) -> None:
    assert write([{key: 1}]) == f"'{key}': 1\n"


@pytest.mark.parametrize("text", ["web", "yesterday", "1.2.3", "arn:aws:iam::aws:policy/A", "a b", "10.0.0.0/8", "x,y"])
def test_a_text_that_nobody_would_mistake_is_not(text: str) -> None:
    assert write([{"key": text}]) == f"key: {text}\n"


def test_a_long_text_stays_on_its_line() -> None:
    text = "word " * 60 + "end"
    assert write([{"key": text}]) == f"key: {text}\n"


@pytest.mark.parametrize("mark", ["\x85", "\u2028", "\u2029"])
def test_a_line_break_in_one_version_of_yaml_only_is_escaped(mark: str) -> None:
    text = f"a{mark}b"
    (line,) = write([{"key": text}]).removesuffix("\n").split("\n")
    assert mark not in line
    assert read("f", line.encode())[0][0].data == {"key": text}


def test_what_stands_twice_is_written_twice() -> None:
    shared = {"a": [1]}
    assert write([{"x": shared, "z": shared}]) == "x:\n  a: [1]\nz:\n  a: [1]\n"


@pytest.mark.parametrize(("length", "lines"), [(35, 1), (36, 3)])
def test_a_list_stands_on_one_line_of_at_most_80_characters(length: int, lines: int) -> None:
    """`keys: [` and `, ` and `]` take ten characters, so that two items of 35 fill the line."""
    text = write([{"keys": ["a" * 35, "b" * length]}])
    assert len(text.splitlines()) == lines
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("items", [["a\nb"], [["a"]], [{"a": 1}]])
def test_a_list_of_more_than_scalars_has_a_line_for_each_item(items: list[Any]) -> None:
    assert write([{"key": items}]).startswith("key:\n  - ")


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=3), max_size=3))
def test_what_is_written_reads_as_the_same_in_both_versions_of_yaml(written: list[dict[str, Any]]) -> None:
    text = write(written)
    documents, problems = read("f.yaml", text.encode())
    assert problems == ()
    assert [document.data for document in documents] == written
    assert list(yaml.safe_load_all(text)) == written


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_the_same_holds_for_the_order_of_keys(written: dict[str, Any]) -> None:
    (document,), _ = read("f.yaml", write([written]).encode())
    assert list(document.data) == list(written)
