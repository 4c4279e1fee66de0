"""Calls to one AWS account and region, for the length of one pass.

`kinds` make every call through `Aws`, and so every call is counted, translated into trueup's errors, shared within the pass
where it reads, and stopped before it leaves where it would change something while trueup is paused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from controller.aws.account import READS, Account
from controller.aws.failure import translate
from controller.errors import AwsError

T = TypeVar("T")

changes_made: ContextVar[int] = ContextVar("changes_made", default=0)
"""How many calls that change something have succeeded in this context: whoever runs one action sees what it has done so far."""


class Aws:
    """One account and region as one pass sees it: what has been read once is not read again."""

    def __init__(self, account: Account, region: str) -> None:
        self._account = account
        self.region = region
        self._memo: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    @property
    def account(self) -> str:
        """The account's id, 12 digits."""
        return self._account.id

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`: the second part of every ARN."""
        return self._account.partition

    def call(self, service: str, operation: str, /, *, region: str = "", **params: Any) -> dict[str, Any]:
        """Make one call, by the names that AWS's API reference uses: `call("iam", "GetRole", RoleName="ci")`.

        `region` is only for what AWS keeps in one region for all. Raises AwsError in one of its forms; Held if the call would
        change something and trueup may not.
        """
        client = self._account.client(service, region or self.region)
        try:
            reply: dict[str, Any] = getattr(client, xform_name(operation))(**params)
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise translate(error, service, operation) from error
        if not READS.match(operation):
            changes_made.set(changes_made.get() + 1)
        return reply

    def pages(
        self, service: str, operation: str, /, *, page_size: int = 0, region: str = "", **params: Any
    ) -> tuple[dict[str, Any], ...]:
        """All pages of a read, fetched once in a pass and shared by all kinds that ask for the same.

        `page_size` 0 leaves the size to AWS's default. Raises AwsError in one of its forms.
        """
        return self.once(
            (service, operation, page_size, region, _frozen(params)),
            lambda: self._pages(service, operation, page_size, region, params),
        )

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `make()`, computed once in a pass; other threads that want it wait.

        AWS's refusal is kept as well: else every kind that shares a read would ask again for what was just refused.
        """
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._memo:
                try:
                    self._memo[key] = make()
                except AwsError as error:
                    self._memo[key] = error
            value: T | AwsError = self._memo[key]
        if isinstance(value, AwsError):
            raise value
        return value

    def _pages(
        self, service: str, operation: str, page_size: int, region: str, params: Mapping[str, Any]
    ) -> tuple[dict[str, Any], ...]:
        client = self._account.client(service, region or self.region)
        name = xform_name(operation)
        if not client.can_paginate(name):
            return (self.call(service, operation, region=region, **params),)
        config = {"PageSize": page_size} if page_size else {}
        try:
            return tuple(client.get_paginator(name).paginate(**params, PaginationConfig=config))
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise translate(error, service, operation) from error


def _frozen(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    return value  # type: ignore[no-any-return]
