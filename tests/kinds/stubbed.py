"""Calls checked against botocore's service model, for what moto cannot do (gaps.py): each test says which gaps it covers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import boto3
from botocore import xform_name
from botocore.stub import Stubber

from controller.aws.client import Aws
from tests.kinds.gaps import GAPS

T = TypeVar("T", bound=Callable[..., None])
COVERED: set[tuple[str, str]] = set()
"""The gaps that some test covers."""


def covers(kind: str, *fields: str) -> Callable[[T], T]:
    """Says that a test shows, on the requests, what moto cannot do of a kind."""
    for field in fields:
        assert (kind, field) in GAPS, f"{kind} {field} is no gap"
        COVERED.add((kind, field))
    return lambda test: test


class Stubbed:
    """An account whose one client is stubbed: a call that is not the next expected one fails, as does one that the
    service model does not take."""

    id, partition = "123456789012", "aws"

    def __init__(self, service: str) -> None:
        self._client = boto3.client(
            service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self._stub = Stubber(self._client)
        self._stub.activate()

    def client(self, service: str, region: str) -> Any:
        return self._client

    def expect(self, operation: str, reply: dict[str, Any] | None = None, /, **params: Any) -> None:
        """The next call, by AWS's name for it, with just these parameters."""
        self._stub.add_response(xform_name(operation), reply or {}, params)

    def refuse(self, operation: str, code: str, message: str = "") -> None:
        """The next call, and the error that AWS answers."""
        self._stub.add_client_error(xform_name(operation), code, message)

    @property
    def aws(self) -> Aws:
        return Aws(self, "eu-central-1")  # type: ignore[arg-type]

    def done(self) -> None:
        """Fails where an expected call was not made."""
        self._stub.assert_no_pending_responses()
