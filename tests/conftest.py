"""What all tests share: an AWS emulator over HTTP, empty at the beginning of each test that asks for it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest
from hypothesis import settings

from controller.aws.emulator import emulator, environment

settings.register_profile("untimed", deadline=None)  # a test must not fail because the machine is busy
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    with emulator() as url:
        yield url


@pytest.fixture
def aws_endpoint(emulator_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The emulator's address; boto3 finds it, and nothing else."""
    for name, value in environment(emulator_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    request = urllib.request.Request(f"{emulator_url}/moto-api/reset", method="POST")
    with urllib.request.urlopen(request, timeout=10) as reply:
        reply.read()
    return emulator_url
