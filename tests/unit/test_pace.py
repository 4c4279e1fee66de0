"""The pace of calls: never more in a second than the limit, shared by all who call, and no limit where there is none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.aws.pace import Pace, Paces

ROUTE_53 = "https://route53.amazonaws.com"


class Clock:
    """Time that passes when somebody sleeps, and between calls."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.integers(1, 7))
def test_in_no_second_are_there_more_calls_than_the_limit(pauses: list[float], limit: int) -> None:
    clock = Clock()
    pace, turns = Pace(limit, lambda: clock.now, clock.sleep), []
    for pause in pauses:
        clock.now += pause
        pace.wait()
        turns.append(clock.now)
    for first, later in zip(turns, turns[limit:], strict=False):
        assert later - first >= 1 - 1e-9


def test_a_few_calls_wait_for_nothing() -> None:
    clock = Clock()
    pace = Pace(5, lambda: clock.now, clock.sleep)
    for _ in range(5):
        pace.wait()
    assert clock.now == 0
    pace.wait()
    assert clock.now == 1


def test_an_accounts_scopes_share_its_pace() -> None:
    paces = Paces()
    assert paces.of("1", "route53", ROUTE_53) is paces.of("1", "route53", ROUTE_53)
    assert paces.of("1", "route53", ROUTE_53) is not paces.of("2", "route53", ROUTE_53)


def test_what_has_no_limit_and_what_is_not_aws_is_not_paced() -> None:
    assert Paces().of("1", "ec2", "https://ec2.eu-central-1.amazonaws.com") is None
    assert Paces().of("1", "route53", "http://127.0.0.1:5000") is None
