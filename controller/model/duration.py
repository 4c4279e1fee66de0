"""Durations as people write them: `30s`, `5m`, `2h`, `1h30m`, `1d`."""

from __future__ import annotations

import re
from datetime import timedelta

_FORM = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_duration(text: str) -> timedelta:
    """The duration that a text means. Raises ValueError, naming the form, for anything else."""
    found = _FORM.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise ValueError(f"{text!r} is no duration; write it like 30s, 5m, 2h, 1h30m or 1d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_duration(seconds: float) -> str:
    """Seconds as a person says them, in at most two units: `45s`, `2m 5s`, `3h 20m`, `2d 1h`."""
    whole = int(seconds)
    units = (("d", whole // 86400), ("h", whole // 3600 % 24), ("m", whole // 60 % 60), ("s", whole % 60))
    shown = [f"{amount}{unit}" for unit, amount in units if amount]
    return " ".join(shown[:2]) or "0s"
