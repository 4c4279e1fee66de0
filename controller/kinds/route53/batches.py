"""From changes of records to as few ChangeResourceRecordSets calls as the limits allow. Pure: values in, values out.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-changeresourcerecordsets

A batch comes into effect as a whole or not at all, and the batches one after the other. So that a name is never without an
answer, all changes of a name stand in one batch, what an alias points to comes before the alias, and what an alias pointed to
goes after it. What must come into effect together is a unit: a batch that AWS refuses is halved between units until the bad one
is alone, and what needs the bad one stays out with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from controller.errors import AwsBusy, AwsError, AwsRefused, AwsTemporary
from controller.model.dns import readable

MAX_ELEMENTS = 1000
"""ResourceRecord elements in one call."""
MAX_CHARACTERS = 32000
"""Characters of all values in one call."""
REFUSED = "InvalidChangeBatch"
"""AWS's code where something is wrong with what is in a batch."""

Verb = Literal["CREATE", "UPSERT", "DELETE"]
RecordSet = Mapping[str, Any]
Slot = tuple[str, str]
"""A name and a type."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record set, as AWS takes it. Names are in their one spelling.

    target  what the alias points to, in the same zone; of a DELETE what it pointed to
    left    what the alias that is changed pointed to before
    needs   what else must change before it, or along with it
    """

    verb: Verb
    record: RecordSet
    name: str
    target: str = ""
    left: str = ""
    needs: frozenset[Slot] = frozenset()

    @property
    def slot(self) -> Slot:
        """Where it is in the zone."""
        return self.name, self.record["Type"]

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
Batch = Sequence[Unit]


@dataclass(frozen=True, slots=True)
class Sent:
    """Changes that are in effect; with an `error`, changes that are not, and why."""

    changes: Unit
    error: AwsError | None = None


def batches(changes: Sequence[Change]) -> list[Batch]:
    """The changes in as few batches as the limits allow, each once, in the order in which they are to be sent."""
    filled: list[list[Unit]] = []
    room: list[tuple[int, int]] = []
    last: dict[str, int] = {}
    for group in _in_order(changes):
        first = max((last[need] for need in group.needs), default=0)
        for units in _pieces(_units(group.changes)):
            elements, characters = _size(units)
            fits = (at for at in range(first, len(room)) if room[at][0] >= elements and room[at][1] >= characters)
            first = next(fits, len(room))
            if first == len(room):
                room.append((MAX_ELEMENTS, MAX_CHARACTERS))
                filled.append([])
            filled[first] += units
            room[first] = room[first][0] - elements, room[first][1] - characters
        last[group.name] = first
    return [tuple(units) for units in filled]


def send(
    changes: Sequence[Change], call: Callable[[Unit], None], is_there: Callable[[RecordSet], bool]
) -> Iterator[Sent]:
    """Hand all changes to `call`, a batch at a time, and tell after each call what has become of which of them.

    To delete what is gone already is no error: `is_there` is asked where AWS refuses. Raises what `call` raises, but for REFUSED.
    """
    sending = _Sending(call, is_there, _needs(changes))
    for batch in batches(changes):
        yield from sending.send(batch)


@dataclass
class _Sending:
    call: Callable[[Unit], None]
    is_there: Callable[[RecordSet], bool]
    needs: Mapping[Slot, set[Slot]]
    lost: set[Slot] = field(default_factory=set)
    """Where there is a change that is not in effect."""

    def send(self, batch: Batch) -> Iterator[Sent]:
        free: list[Unit] = []
        for unit in batch:
            missing = self.lost & {need for change in unit for need in self.needs[change.slot]}
            if missing:
                name, type_ = min(missing)
                yield self._lose(unit, AwsBusy(f"waits for {readable(name)} {type_}"))
            else:
                free.append(unit)
        if not free:
            return
        changes = tuple(change for unit in free for change in unit)
        try:
            self.call(changes)
        except AwsRefused as error:
            if error.code != REFUSED:
                raise
            if error.retried:
                raise AwsTemporary(
                    f"an earlier attempt may have gone in, the next pass looks: {error.message}"
                ) from error
            yield from self._taken_apart(free, error)
        else:
            yield Sent(changes)

    def _taken_apart(self, units: Batch, error: AwsRefused) -> Iterator[Sent]:
        if len(units) > 1:
            half = len(units) // 2
            yield from self.send(units[:half])
            yield from self.send(units[half:])
            return
        # AWS says the same of a record that is gone and of one that something else is wrong with.
        (unit,) = units
        left = tuple(change for change in unit if change.verb != "DELETE" or self.is_there(change.record))
        if len(left) == len(unit):
            yield self._lose(unit, error)
            return
        yield Sent(tuple(change for change in unit if change not in left))
        if left:
            yield from self.send([left])

    def _lose(self, unit: Unit, error: AwsError) -> Sent:
        self.lost |= {change.slot for change in unit}
        return Sent(unit, error)


def _size(units: Batch) -> tuple[int, int]:
    changes = [change for unit in units for change in unit]
    return sum(change.elements for change in changes), sum(change.characters for change in changes)


def _units(changes: Unit) -> Batch:
    """What must come into effect together of changes that go into one batch: who makes room for another goes with it, names that
    need each other do, and records of one name and type, which AWS chooses among."""
    names, deletes = {change.name for change in changes}, {change.verb == "DELETE" for change in changes}
    if len(names) > 1 or len(deletes) > 1:
        return (changes,)
    by_type: dict[Slot, list[Change]] = defaultdict(list)
    for change in changes:
        by_type[change.slot].append(change)
    return [tuple(alike) for alike in by_type.values()]


def _pieces(units: Batch) -> Iterator[Batch]:
    """Units that go into one batch, or parts of them where they are more than one batch takes."""
    elements, characters = _size(units)
    if elements <= MAX_ELEMENTS and characters <= MAX_CHARACTERS:
        yield units
    elif len(units) > 1:
        for unit in units:
            yield from _pieces([unit])
    else:
        yield from ([(change,)] for change in units[0])


@dataclass(frozen=True, slots=True)
class _Group:
    """Changes that belong together, with the groups that must not come after it."""

    name: str
    changes: Unit
    needs: frozenset[str]


def _in_order(changes: Sequence[Change]) -> Iterator[_Group]:
    """A group for each name, first what others need. Names that need each other are one group."""
    by_name: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_name[change.name].append(change)
    needs: dict[str, set[str]] = {name: set() for name in by_name}
    for (name, _), needed in _needs(changes).items():
        needs[name] |= {other for other, _ in needed}
    group = {name: name for name in by_name}
    while True:
        graph: dict[str, set[str]] = {head: set() for head in group.values()}
        for name, others in needs.items():
            graph[group[name]] |= {group[other] for other in others} - {group[name]}
        try:
            order = tuple(TopologicalSorter(graph).static_order())
            break
        except CycleError as error:
            circle: list[str] = error.args[1]
            group = {name: circle[0] if head in circle else head for name, head in group.items()}
    members: dict[str, list[Change]] = defaultdict(list)
    for name, found in by_name.items():
        members[group[name]] += found
    for head in order:
        deletes_first = sorted(members[head], key=lambda change: change.verb != "DELETE")
        yield _Group(head, tuple(deletes_first), frozenset(graph[head]))


def _needs(changes: Sequence[Change]) -> dict[Slot, set[Slot]]:
    """What must change before each, or along with it: the target of an alias that comes, the alias of a target that goes. An alias
    has the type of what it points to."""
    needs: dict[Slot, set[Slot]] = {change.slot: set() for change in changes}
    for change in changes:
        comes_to, goes_from = ("", change.target) if change.verb == "DELETE" else (change.target, change.left)
        type_ = change.slot[1]
        pairs = [((comes_to, type_), change.slot), (change.slot, (goes_from, type_))]
        for before, after in [*pairs, *((need, change.slot) for need in change.needs)]:
            if before in needs and after in needs and before != after:
                needs[after].add(before)
    return needs
