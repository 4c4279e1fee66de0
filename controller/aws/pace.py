"""Pace: no more calls in a second than a service lets an account make, all of trueup's scopes and threads counted.

Route 53 takes five requests a second from an account, whoever makes them: to be throttled by it is to throttle everything else that
the account does there. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

LIMITS: Mapping[str, int] = {"route53": 5}
"""Calls in a second, by boto3's name of a service."""


class Pace:
    """At most `limit` calls in any second. Safe to share between threads; each waits for its own turn."""

    def __init__(
        self, limit: int, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._turns: deque[float] = deque(maxlen=limit)
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is this call's turn."""
        with self._lock:
            now = self._clock()
            full = len(self._turns) == self._turns.maxlen
            turn = max(now, self._turns[0] + 1) if full else now
            self._turns.append(turn)
        if turn > now:
            self._sleep(turn - now)


class Paces:
    """The paces of all accounts, each made when it is first asked for."""

    def __init__(self, limits: Mapping[str, int] = LIMITS) -> None:
        self._limits = limits
        self._paces: dict[tuple[str, str], Pace] = {}
        self._lock = threading.Lock()

    def of(self, account: str, service: str, endpoint: str) -> Pace | None:
        """The pace of an account's calls to a service; None where it has no limit, or the endpoint is not AWS's own."""
        if service not in self._limits or "amazonaws.com" not in endpoint:
            return None
        with self._lock:
            return self._paces.setdefault((account, service), Pace(self._limits[service]))
