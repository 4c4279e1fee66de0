"""When something happens, as EventBridge Scheduler has it: `rate(5 minutes)`, `cron(0 3 * * ? *)`, `at(2026-01-31T08:00:00)`.

A value type of Specs: one spelling for each schedule, and what is none is refused with what was probably meant.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

EXAMPLES = "rate(5 minutes), cron(0 3 * * ? *) or at(2026-01-31T08:00:00)"
_CALL = re.compile(r"(rate|cron|at)\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_RATE = re.compile(r"(\d+)\s*([a-z]+?)s?", re.IGNORECASE)
_UNITS = ("minute", "hour", "day")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
UNIX_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Field:
    """One field of cron. `names`: what stands for the numbers from `low` on; `special`: what only this field may say."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    special: str = r"(?!)"

    @property
    def range(self) -> str:
        """`0-59`, or `1-7 or SUN-SAT`."""
        named = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.low}-{self.high}{named}"


MINUTES, HOURS = Field("minutes", 0, 59), Field("hours", 0, 23)
DAY = Field("day of month", 1, 31, special=r"L|LW|([1-9]|[12]\d|3[01])W")
MONTH = Field("month", 1, 12, _MONTHS)
WEEKDAY = Field("day of week", 1, 7, _DAYS, special=rf"L|([1-7]|{'|'.join(_DAYS)})L")
YEAR = Field("year", 1970, 2199)
FIELDS = (MINUTES, HOURS, DAY, MONTH, WEEKDAY, YEAR)
_NTH = re.compile(rf"([1-7]|{'|'.join(_DAYS)})#[1-5]")
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\w+))?")


def canonical(text: str) -> str:
    """The one spelling of a schedule. Raises ValueError, with what would be right, for what AWS does not take."""
    found = _CALL.fullmatch(text.strip())
    if found is None:
        raise ValueError(_no_call(text.strip()))
    name, inner = found[1].lower(), found[2].strip()
    return {"rate": _rate, "cron": _cron, "at": _at}[name](inner)


def spelling(text: str) -> str:
    """The one spelling of what AWS holds, which is right whatever it is."""
    try:
        return canonical(text)
    except ValueError:
        return text


Schedule = Annotated[str, AfterValidator(canonical)]
"""A field of a Spec that says when."""


def _no_call(text: str) -> str:
    fields = text.split()
    if len(fields) in (UNIX_FIELDS, len(FIELDS)):
        return f"{text!r} is none without its name; write {_meant(fields)}"
    return f"{text!r} is no schedule; write it like {EXAMPLES}"


def _rate(inner: str) -> str:
    found = _RATE.fullmatch(inner)
    if found is None:
        raise ValueError(f"rate({inner}) is a number and a unit; write it like rate(5 minutes)")
    number, unit = int(found[1]), found[2].lower()
    if unit not in _UNITS:
        raise ValueError(f"rate({inner}) counts in minutes, hours or days; for other times use `cron`")
    if not number:
        raise ValueError(f"rate({inner}) must be of at least 1 {unit}")
    return f"rate({number} {unit}{'' if number == 1 else 's'})"


def _at(inner: str) -> str:
    try:
        moment = datetime.fromisoformat(inner)
    except ValueError:
        raise ValueError(f"at({inner}) is no time; write it like at(2026-01-31T08:00:00)") from None
    if moment.tzinfo:
        raise ValueError(
            f"at({inner}) has no offset, since the time zone stands beside it; write {_at_of(moment.replace(tzinfo=None))}"
        )
    return _at_of(moment)


def _at_of(moment: datetime) -> str:
    return f"at({moment.isoformat(timespec='seconds')})"


def _cron(inner: str) -> str:
    fields = inner.upper().split()
    if len(fields) != len(FIELDS):
        hint = f"; write {_meant(fields)}" if len(fields) == UNIX_FIELDS else ""
        named = ", ".join(field.name for field in FIELDS)
        raise ValueError(f"cron({inner}) has {len(fields)} fields, and AWS's cron has six: {named}{hint}")
    if (fields[2] == "?") == (fields[4] == "?"):
        wrong = "says no days" if fields[2] == "?" else "says the days twice"
        raise ValueError(f"cron({inner}) {wrong}, by month and by week; write {_meant(fields)}")
    return f"cron({' '.join(_field(text, field) for text, field in zip(fields, FIELDS, strict=True))})"


def _field(text: str, field: Field) -> str:
    """One field in one spelling."""
    if text == "?" and field in (DAY, WEEKDAY):
        return text
    if field is WEEKDAY and "#" in text:
        if not _NTH.fullmatch(text):
            raise ValueError(f"day of week {text}: # comes alone, as in FRI#2, the second Friday")
        return text
    return ",".join(_item(item, field) for item in text.split(","))


def _item(item: str, field: Field) -> str:
    if re.fullmatch(field.special, item):
        return item
    found = _PART.fullmatch(item)
    if found is None:
        raise ValueError(f"{field.name} {item!r} is none of: a number or range ({field.range}), a list of them, *, */n")
    which = found[1] if found[1] == "*" else "-".join(_value(value, field) for value in found[1].split("-"))
    return f"{which}/{_step(found[2], field)}" if found[2] else which


def _value(text: str, field: Field) -> str:
    if text in field.names:
        return text
    if not text.isdecimal() or not field.low <= int(text) <= field.high:
        raise ValueError(f"{field.name} {text} is not in {field.range}")
    return str(int(text))


def _step(text: str, field: Field) -> str:
    if not text.isdecimal() or not 1 <= int(text) <= field.high:
        raise ValueError(f"{field.name}: the step {text} is not in 1-{field.high}")
    return str(int(text))


def _meant(fields: Sequence[str]) -> str:
    """AWS's cron for what was probably meant: five fields are those of Unix, whose weeks begin with SUN as 0."""
    given = [field.upper() for field in fields]
    if len(given) == UNIX_FIELDS:
        given[4] = re.sub(r"(?<![\d/])[0-7](?!\d)", lambda day: _DAYS[int(day[0]) % 7], given[4])
        given.append("*")
    if given[2] == given[4] == "?":
        given[2] = "*"
    elif "?" not in (given[2], given[4]):
        given[4 if given[4] == "*" else 2] = "?"
    return f"cron({' '.join(given)})"
