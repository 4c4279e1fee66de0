"""What the tests of bad days share: the emulator behind a proxy that fails as it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faulty_proxy import FaultyProxy, faulty_proxy


@pytest.fixture
def proxy(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """The proxy, which boto3 takes for AWS from now on. Clients that are given `aws_endpoint` go past it."""
    with faulty_proxy(aws_endpoint) as at_work:
        monkeypatch.setenv("AWS_ENDPOINT_URL", at_work.url)
        yield at_work
