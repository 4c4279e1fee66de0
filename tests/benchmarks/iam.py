"""1,000 roles and 1,000 policies with nothing to change."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Row, quiet_pass, roles


def rows() -> Iterator[Row]:
    yield from quiet_pass("2,000 roles and policies", roles(2000))
