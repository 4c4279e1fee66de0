"""Waiting after failures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.source.backoff import LONGEST, next_delay


@pytest.mark.parametrize(
    ("interval", "failures", "delay"),
    [(30, 0, 30), (30, 1, 60), (30, 3, 240), (30, 5, 600), (30, 10**9, 600), (3600, 0, 3600), (3600, 4, 3600)],
)
def test_the_delay_doubles_up_to_ten_minutes(interval: float, failures: int, delay: float) -> None:
    assert next_delay(interval, failures) == delay


@given(interval=st.floats(0.1, LONGEST), failures=st.integers(0, 10_000))
def test_the_delay_never_shrinks_and_never_passes_ten_minutes(interval: float, failures: int) -> None:
    assert interval <= next_delay(interval, failures) <= next_delay(interval, failures + 1) <= LONGEST
