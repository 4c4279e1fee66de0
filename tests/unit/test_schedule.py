"""Schedules: one spelling each, and what AWS would refuse is refused with what was probably meant."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.instant import instant
from controller.model.schedule import FIELDS, Field, canonical, spelling


def items(field: Field) -> st.SearchStrategy[str]:
    numbers = st.integers(field.low, field.high).map(str)
    values = st.one_of(numbers, st.sampled_from(field.names)) if field.names else numbers
    ranges = st.builds("{}-{}".format, values, values)
    steps = st.builds("{}/{}".format, st.one_of(st.just("*"), values, ranges), st.integers(1, field.high))
    return st.lists(st.one_of(st.just("*"), values, ranges, steps), min_size=1, max_size=3).map(",".join)


crons = st.builds(
    lambda fields, other: [("?" if place == other else text) for place, text in enumerate(fields)],
    st.tuples(*map(items, FIELDS)),
    st.sampled_from([2, 4]),
)


@given(crons, st.sampled_from([" ", "  ", "\t"]))
def test_a_cron_of_awss_grammar_is_the_same_however_it_is_spelt(fields: list[str], space: str) -> None:
    written = f"cron({' '.join(fields)})"
    assert canonical(written) == written
    assert canonical(f" Cron({space}{space.join(fields).lower()} ) ") == written


@given(st.one_of(st.text(max_size=30), st.text("0123456789*/?,-#LW cronateh()", max_size=40)))
def test_any_text_is_a_schedule_in_one_spelling_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert canonical(canonical(text)) == canonical(text)
    assert spelling(spelling(text)) == spelling(text)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2199, 1, 1)))
def test_a_moment_is_said_to_the_second(moment: datetime) -> None:
    assert canonical(f"at({moment.isoformat()})") == f"at({moment.isoformat(timespec='seconds')})"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rate(1 days)", "rate(1 day)"),
        ("RATE( 05  Minute )", "rate(5 minutes)"),
        ("cron(00 03 * * ? *)", "cron(0 3 * * ? *)"),
        ("cron(0 8 l * ? *)", "cron(0 8 L * ? *)"),
        ("at(2026-01-31 08:00)", "at(2026-01-31T08:00:00)"),
    ],
)
def test_what_aws_treats_alike_is_equal(one: str, other: str) -> None:
    assert canonical(one) == canonical(other) == other


@pytest.mark.parametrize(
    "days", ["L * ?", "LW * ?", "15W * ?", "1/5 JAN-MAR ?", "? * FRIL", "? * 6L", "? * FRI#2", "? * 3#5", "? * L"]
)
def test_the_last_days_nearest_weekdays_and_nth_weekdays_of_a_month_are_days(days: str) -> None:
    assert canonical(f"cron(15 10 {days} 2026-2030)") == f"cron(15 10 {days} 2026-2030)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "daily",
            "'daily' is no schedule; write it like rate(5 minutes), cron(0 3 * * ? *) or at(2026-01-31T08:00:00)",
        ),
        ("", "'' is no schedule; write it like rate(5 minutes), cron(0 3 * * ? *) or at(2026-01-31T08:00:00)"),
        ("0 3 * * ? *", "'0 3 * * ? *' is none without its name; write cron(0 3 * * ? *)"),
        ("0 3 * * *", "'0 3 * * *' is none without its name; write cron(0 3 * * ? *)"),
        ("rate(fast)", "rate(fast) is a number and a unit; write it like rate(5 minutes)"),
        ("rate(2 weeks)", "rate(2 weeks) counts in minutes, hours or days; for other times use `cron`"),
        ("rate(0 days)", "rate(0 days) must be of at least 1 day"),
        ("at(tomorrow)", "at(tomorrow) is no time; write it like at(2026-01-31T08:00:00)"),
        (
            "at(2026-01-31T08:00Z)",
            "at(2026-01-31T08:00Z) has no offset, since the time zone stands beside it; write at(2026-01-31T08:00:00)",
        ),
        (
            "cron(0 3 *)",
            "cron(0 3 *) has 3 fields, and AWS's cron has six: minutes, hours, day of month, month, day of week, year",
        ),
        ("cron(0 9 * * 1-5)", "day of week, year; write cron(0 9 ? * MON-FRI *)"),
        ("cron(0 9 * * 0,7)", "day of week, year; write cron(0 9 ? * SUN,SUN *)"),
        ("cron(0 3 * * * *)", "cron(0 3 * * * *) says the days twice, by month and by week; write cron(0 3 * * ? *)"),
        ("cron(0 3 1 * * *)", "write cron(0 3 1 * ? *)"),
        ("cron(0 3 * * MON *)", "write cron(0 3 ? * MON *)"),
        ("cron(0 3 ? * ? *)", "cron(0 3 ? * ? *) says no days, by month and by week; write cron(0 3 * * ? *)"),
        ("cron(60 3 * * ? *)", "minutes 60 is not in 0-59"),
        ("cron(0 3 ? * 0 *)", "day of week 0 is not in 1-7 or SUN-SAT"),
        ("cron(0 3 ? FOO MON *)", "month FOO is not in 1-12 or JAN-DEC"),
        ("cron(? 3 * * ? *)", "minutes '?' is none of: a number or range (0-59), a list of them, *, */n"),
        ("cron(0 3 L-2 * ? *)", "day of month L is not in 1-31"),
        ("cron(0/60 3 * * ? *)", "minutes: the step 60 is not in 1-59"),
        ("cron(0/A 3 * * ? *)", "minutes: the step A is not in 1-59"),
        ("cron(0 3 ? * FRI#6 *)", "day of week FRI#6: # comes alone, as in FRI#2, the second Friday"),
        ("cron(0 3 ? * FRI#1,MON#1 *)", "# comes alone, as in FRI#2, the second Friday"),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(said)}$"):
        canonical(text)
    assert spelling(text) == text, "what AWS holds is right whatever it is"


@pytest.mark.parametrize(
    "written", ["2026-01-31T09:00:00+01:00", "2026-01-31T08:00:00Z", "2026-01-31T08:00", datetime(2026, 1, 31, 8)]
)
def test_a_moment_is_the_same_whatever_its_zone(written: object) -> None:
    assert instant(written) == "2026-01-31T08:00:00Z"


def test_no_moment_stays_none() -> None:
    assert (instant(""), instant(7)) == ("", 7)
