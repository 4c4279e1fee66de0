"""How long to wait before what failed is tried again: pure, so that the daemon's schedule can be told in a test."""

from __future__ import annotations

LONGEST = 600.0
"""Seconds: ten minutes. However long something has failed, it is not left alone for longer than this."""


def next_delay(interval: float, failures: int) -> float:
    """Seconds until the next try: the interval, doubled for each failure in a row, up to ten minutes.

    An interval that is itself longer than ten minutes stays as it is.
    """
    return max(interval, min(LONGEST, interval * 2.0 ** min(failures, 32)))
