"""Nothing that moto cannot do goes unshown."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.kinds.gaps import GAPS
from tests.kinds.stubbed import COVERED


def test_every_gap_is_covered_by_a_test_of_its_requests() -> None:
    for module in (*Path(__file__).parent.glob("test_requests_*.py"), Path("test_scripted.py")):
        import_module(f"tests.kinds.{module.stem}")
    assert GAPS.keys() == COVERED
