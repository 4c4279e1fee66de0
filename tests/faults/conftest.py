"""What the tests of bad days share: the emulator behind a proxy that fails as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.daemon import Daemon
from tests.faulty_proxy import FaultyProxy, faulty_proxy


@pytest.fixture
def proxy(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """The proxy, which boto3 takes for AWS from now on. Clients that are given `aws_endpoint` go past it."""
    with faulty_proxy(aws_endpoint) as at_work:
        monkeypatch.setenv("AWS_ENDPOINT_URL", at_work.url)
        yield at_work


@pytest.fixture
def make_daemon(tmp_path: Path) -> Iterator[Callable[[str], Daemon]]:
    """Makes the test's daemon for an AWS endpoint. What a failed test leaves running is killed."""
    made: list[Daemon] = []

    def make(endpoint: str) -> Daemon:
        made.append(Daemon(tmp_path, endpoint))
        return made[-1]

    yield make
    for daemon in made:
        if daemon.process and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()
