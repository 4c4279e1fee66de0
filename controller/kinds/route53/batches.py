"""From changes of records to as few ChangeResourceRecordSets calls as the limits allow. Pure: values in, values out.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-changeresourcerecordsets

A batch comes into effect as a whole or not at all, and the batches one after the other. So that a name is never without an
answer, all changes of a name stand in one batch, what an alias points to comes before the alias, and what an alias pointed to
goes after it. What goes together is a unit; a batch that AWS refuses is halved between units until the bad one is alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from controller.errors import AwsRefused

MAX_ELEMENTS = 1000
"""ResourceRecord elements in one call."""
MAX_CHARACTERS = 32000
"""Characters of all values in one call."""
REFUSED = "InvalidChangeBatch"
"""AWS's code where something is wrong with what is in a batch."""

Verb = Literal["CREATE", "UPSERT", "DELETE"]
RecordSet = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record set, as AWS takes it. `name` and `target` (of an alias in the same zone) in their one spelling."""

    verb: Verb
    record: RecordSet
    name: str
    target: str = ""

    @property
    def elements(self) -> int:
        """What it counts as towards MAX_ELEMENTS. That an alias counts is to be on the safe side."""
        return self._twice * max(1, len(self.record.get("ResourceRecords", ())))

    @property
    def characters(self) -> int:
        """What it counts as towards MAX_CHARACTERS."""
        return self._twice * sum(len(value["Value"]) for value in self.record.get("ResourceRecords", ()))

    @property
    def _twice(self) -> int:
        return 2 if self.verb == "UPSERT" else 1


Unit = tuple[Change, ...]
"""Changes that must come into effect together."""
Batch = tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What AWS would not take, and its words."""

    unit: Unit
    error: AwsRefused


def batches(changes: Iterable[Change]) -> list[Batch]:
    """The changes in as few batches as the limits allow, each once, in the order in which they are to be sent."""
    filled: list[list[Unit]] = []
    room: list[tuple[int, int]] = []
    last: dict[str, int] = {}
    for group in _in_order(changes):
        first = max((last[need] for need in group.needs), default=0)
        for unit in _pieces(group.changes):
            elements, characters = _size(unit)
            fits = (at for at in range(first, len(room)) if room[at][0] >= elements and room[at][1] >= characters)
            first = next(fits, len(room))
            if first == len(room):
                room.append((MAX_ELEMENTS, MAX_CHARACTERS))
                filled.append([])
            filled[first].append(unit)
            room[first] = room[first][0] - elements, room[first][1] - characters
        last[group.name] = first
    return [tuple(units) for units in filled]


def send(changes: Iterable[Change], call: Callable[[list[Change]], None]) -> list[Refusal]:
    """Hand all changes to `call`, a batch at a time; what was refused. Raises what `call` raises, but for REFUSED."""
    return [refusal for batch in batches(changes) for refusal in _sent(batch, call)]


def _sent(batch: Batch, call: Callable[[list[Change]], None]) -> Iterator[Refusal]:
    try:
        call([change for unit in batch for change in unit])
    except AwsRefused as error:
        if error.code != REFUSED:
            raise
        if len(batch) == 1:
            yield Refusal(batch[0], error)
            return
        half = len(batch) // 2
        yield from _sent(batch[:half], call)
        yield from _sent(batch[half:], call)


def _size(unit: Unit) -> tuple[int, int]:
    return sum(change.elements for change in unit), sum(change.characters for change in unit)


def _pieces(unit: Unit) -> list[Unit]:
    """The unit, or its changes one by one where it is more than one call takes."""
    elements, characters = _size(unit)
    return [unit] if elements <= MAX_ELEMENTS and characters <= MAX_CHARACTERS else [(change,) for change in unit]


@dataclass(frozen=True, slots=True)
class _Group:
    """Changes that belong together, with the groups that must not come after it."""

    name: str
    changes: Unit
    needs: frozenset[str]


def _in_order(changes: Iterable[Change]) -> Iterator[_Group]:
    """A group for each name, first what others need. Names that need each other are one group."""
    by_name: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_name[change.name].append(change)
    needs, group = _needs(by_name), {name: name for name in by_name}
    while True:
        graph: dict[str, set[str]] = {head: set() for head in group.values()}
        for name, needed in needs.items():
            graph[group[name]] |= {group[need] for need in needed} - {group[name]}
        try:
            order = tuple(TopologicalSorter(graph).static_order())
            break
        except CycleError as error:
            circle: list[str] = error.args[1]
            group = {name: circle[0] if head in circle else head for name, head in group.items()}
    members: dict[str, list[Change]] = defaultdict(list)
    for name, found in by_name.items():
        members[group[name]] += sorted(found, key=lambda change: change.verb != "DELETE")
    yield from (_Group(head, tuple(members[head]), frozenset(graph[head])) for head in order)


def _needs(by_name: Mapping[str, Sequence[Change]]) -> dict[str, set[str]]:
    """The names that must change before each, or along with it: the target of an alias that comes, the alias of one that goes."""
    needs: dict[str, set[str]] = {name: set() for name in by_name}
    for name, changes in by_name.items():
        for change in changes:
            if change.target in by_name and change.target != name:
                before, after = (name, change.target) if change.verb == "DELETE" else (change.target, name)
                needs[after].add(before)
    return needs
