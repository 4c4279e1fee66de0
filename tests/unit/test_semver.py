"""Versions in their order, and ranges as npm and Flux mean them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.semver import Range, Version

NUMBERS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found
    return found


def matching(range_: str, versions: str) -> str:
    return " ".join(text for text in versions.split() if version(text) in Range.parse(range_))


def test_versions_are_in_the_order_of_the_specification() -> None:
    """https://semver.org/spec/v2.0.0.html#spec-item-11, with its own example."""
    ordered = (
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 "
        "2.0.0 2.1.0 2.1.1 2.1.10 2.10.0"
    )
    versions = [version(text) for text in ordered.split()]
    assert all(less < more for less, more in pairwise(versions))


@pytest.mark.parametrize(
    "text", ["latest", "1", "1.4", "1.4.x", "01.4.0", "1.4.2.1", "1.4.2-", "sha-4f2a", "V1.0.0", ""]
)
def test_what_is_no_whole_version_is_none(text: str) -> None:
    assert Version.parse(text) is None


def test_a_v_before_it_and_the_build_after_it_mean_nothing() -> None:
    assert Version.parse("v1.4.2+build.7") == Version.parse("1.4.2")


@pytest.mark.parametrize(
    ("range_", "versions", "expected"),
    [
        ("1.4.2", "1.4.1 1.4.2 1.4.3", "1.4.2"),
        ("=v1.4.2", "1.4.1 1.4.2", "1.4.2"),
        ("*", "0.0.1 9.9.9 9.9.9-rc.1", "0.0.1 9.9.9"),
        (">=x", "0.0.1", "0.0.1"),
        ("1.x", "0.9.9 1.0.0 1.9.9 2.0.0", "1.0.0 1.9.9"),
        ("1", "0.9.9 1.0.0 1.9.9 2.0.0", "1.0.0 1.9.9"),
        ("1.4.*", "1.3.9 1.4.0 1.4.9 1.5.0", "1.4.0 1.4.9"),
        ("~1.4", "1.3.9 1.4.0 1.4.9 1.5.0", "1.4.0 1.4.9"),
        ("~> 1.4.2", "1.4.1 1.4.2 1.4.9 1.5.0", "1.4.2 1.4.9"),
        ("~1", "1.0.0 1.9.9 2.0.0", "1.0.0 1.9.9"),
        ("^1.4", "1.3.9 1.4.0 1.9.9 2.0.0", "1.4.0 1.9.9"),
        ("^0.2.3", "0.2.2 0.2.3 0.2.9 0.3.0", "0.2.3 0.2.9"),
        ("^0.0.3", "0.0.2 0.0.3 0.0.4", "0.0.3"),
        ("^0.0", "0.0.0 0.0.9 0.1.0", "0.0.0 0.0.9"),
        ("^0", "0.0.1 0.9.9 1.0.0", "0.0.1 0.9.9"),
        (">=1.4.0 <2.0.0", "1.3.9 1.4.0 1.9.9 2.0.0", "1.4.0 1.9.9"),
        (">=1.4, <2", "1.3.9 1.4.0 1.9.9 2.0.0", "1.4.0 1.9.9"),
        (">1.4", "1.4.9 1.5.0", "1.5.0"),
        (">1.4.2", "1.4.2 1.4.3", "1.4.3"),
        ("<1.4", "1.3.9 1.4.0", "1.3.9"),
        ("<=1.4", "1.4.9 1.5.0", "1.4.9"),
        ("<= 1.4.2", "1.4.2 1.4.3", "1.4.2"),
        ("1.2 - 1.4", "1.1.9 1.2.0 1.4.9 1.5.0", "1.2.0 1.4.9"),
        ("1.2.3 - 1.4.5", "1.2.2 1.2.3 1.4.5 1.4.6", "1.2.3 1.4.5"),
        ("~1.2 || ^3", "1.2.5 1.3.0 2.0.0 3.4.0 4.0.0", "1.2.5 3.4.0"),
    ],
)
def test_a_range_has_the_versions_that_npm_says(range_: str, versions: str, expected: str) -> None:
    assert matching(range_, versions) == expected


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        (">=1.4.0", "1.5.0"),
        ("*", "1.5.0"),
        (">=1.5.0-0", "1.5.0-rc.1 1.5.0 2.0.0-rc.1"),
        ("^1.5.0-rc.0", "1.5.0-rc.1 1.5.0"),
        ("1.5.0-rc.1", "1.5.0-rc.1"),
        ("<1 || >=1.5.0-0 <2", "1.5.0-rc.1 1.5.0"),
    ],
)
def test_what_comes_before_a_release_is_there_only_where_it_is_asked_for(range_: str, expected: str) -> None:
    """And `^1.5.0-0` is none of the next major's, though 2.0.0-rc.1 is less than 2.0.0."""
    assert matching(range_, "1.5.0-rc.1 1.5.0 2.0.0-rc.1") == expected


@pytest.mark.parametrize(
    "text",
    ["", " || 1.x", "stable", ">=", "1.4.2.1", "1.x.3", "1.x.x-rc", ">*", "1.4 -- 2", ">=1.4.0<2", "=>1", "01.2"],
)
def test_what_is_no_range_is_refused_with_what_is_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no range.*write 1\.x"):
        Range.parse(text)


@given(NUMBERS, NUMBERS)
def test_the_short_forms_are_the_long_ones(of: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    major, minor, patch = of
    last = f"{major + 1}.0.0" if major else f"0.{minor + 1}.0" if minor else f"0.0.{patch + 1}"  # up to what may break
    text, there = f"{major}.{minor}.{patch}", version(".".join(map(str, other)))
    assert (there in Range.parse(f"^{text}")) == (there in Range.parse(f">={text} <{last}"))
    assert (there in Range.parse(f"~{text}")) == (there in Range.parse(f">={text} <{major}.{minor + 1}.0"))
    assert (there in Range.parse(f"{major}.{minor}.x")) == (other[:2] == of[:2])
    assert (there in Range.parse(text)) == (other == of)
