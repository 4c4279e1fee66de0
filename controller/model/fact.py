"""What a kind tells of its live resources for people to watch: declared by `kinds`, carried by a plan, shown by `report`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """A gauge for each live resource of a kind: `trueup_<metric>{scope, name}`.

    metric  its name as Prometheus has names, with the unit at its end: `certificate_expiry_timestamp_seconds`
    help    what it says, in a sentence
    label   where the fact is one of some words and not a number: the label that has the word; the gauge is 1 then
    words   those words
    """

    metric: str
    help: str
    label: str = ""
    words: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The gauge's labels."""
        return ("scope", "name", self.label) if self.label else ("scope", "name")


Facts = Mapping[Fact, float | str]
"""What is known of one resource. What is not known is left out: it is no zero."""
