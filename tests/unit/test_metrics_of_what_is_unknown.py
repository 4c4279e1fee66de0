"""What is not known is absent from /metrics, and a flag file that cannot be read is told apart from a pause that somebody wants."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from controller.model.event import Paused, PauseNote, SourcePolled
from controller.pause import BrokenFlag, PauseFlag
from controller.report.metrics import Metrics

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    return Metrics(registry, "1", clock=lambda: 1700.0)


def test_before_the_first_poll_nothing_is_said_of_the_remote(registry: CollectorRegistry, metrics: Metrics) -> None:
    """A 0 would be an alert in one, and an answer in 1970 in the other."""
    assert registry.get_sample_value("trueup_source_up") is None
    metrics(SourcePolled("no route to host"))
    assert registry.get_sample_value("trueup_source_up") == 0
    assert registry.get_sample_value("trueup_source_last_success_timestamp_seconds") is None
    metrics(SourcePolled())
    assert registry.get_sample_value("trueup_source_up") == 1
    assert registry.get_sample_value("trueup_source_last_success_timestamp_seconds") == 1700


def test_a_flag_file_that_cannot_be_read_is_no_pause_that_somebody_wants(
    registry: CollectorRegistry, metrics: Metrics, tmp_path: Path
) -> None:
    flag = PauseFlag(tmp_path / "paused")
    flag.path.touch()
    assert not isinstance(flag.read(NOW)[0], BrokenFlag)
    flag.path.write_text("{half a fi")
    (broken,) = flag.read(NOW)
    assert isinstance(broken, BrokenFlag)
    metrics(Paused((PauseNote(broken.selector, broken.reason, broken.who, broken.since, None, broken=True),)))
    assert registry.get_sample_value("trueup_pause_flag_readable") == 0
    assert registry.get_sample_value("trueup_pause_active") == 1
    metrics(Paused())
    assert registry.get_sample_value("trueup_pause_flag_readable") == 1
