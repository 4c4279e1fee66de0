"""Record sets of many manifests in few calls: from the steps of a pass to batches of changes for each zone, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from controller.aws.client import Aws
from controller.errors import AwsBusy, AwsError, AwsRefused
from controller.kinds.base import Told
from controller.kinds.route53.api import refusal, send_records
from controller.kinds.route53.batches import Change, Slot
from controller.kinds.route53.records import change
from controller.model.observed import Made, Step

Steps = dict[int, Step[Any]]
"""Steps of record sets, by their places."""
Becomes = Callable[[Any], Made]
"""What a spec is known by once it is live."""


def take(aws: Aws, steps: Sequence[Step[Any]], becomes: Becomes) -> Iterator[Told]:
    """Take steps, one zone after the other, and tell after each call what has become of which.

    A step whose need has not come about waits for the next pass; so does one that needs a zone which in turn needs its own.
    """
    zones: dict[str, Steps] = {}
    for place, step in enumerate(steps):
        zones.setdefault(_spec(step).zone, {})[place] = step
    failed: set[int] = set()
    while zones:
        zone = next((zone for zone in zones if not _others(zones, zone) & _needs(zones[zone])), next(iter(zones)))
        away = failed | _others(zones, zone)
        mine, waiting = zones.pop(zone), set[int]()
        for place, step in mine.items():  # each comes after what it needs
            if step.needs & (away | waiting):
                waiting.add(place)
        failed |= waiting
        if waiting:
            yield dict.fromkeys(waiting, AwsBusy("waits for a record of another zone"))
        for told in _take(aws, zone, {place: step for place, step in mine.items() if place not in waiting}, becomes):
            failed |= {place for place, what in told.items() if isinstance(what, AwsError)}
            yield told


def _others(zones: Mapping[str, Steps], but: str) -> set[int]:
    return {place for zone, steps in zones.items() if zone != but for place in steps}


def _needs(steps: Steps) -> set[int]:
    return {need for step in steps.values() for need in step.needs}


def _spec(step: Step[Any]) -> Any:
    return step.spec or (step.live and step.live.spec)


def _take(aws: Aws, zone: str, steps: Steps, becomes: Becomes) -> Iterator[Told]:
    """Take the steps of one zone. What AWS says of no record in particular is said of all that nothing was told of yet."""
    slots = {place: frozenset(_slots(step)) for place, step in steps.items()}
    whose: dict[int, int] = {}
    changes: list[Change] = []
    for place, step in steps.items():
        needs = frozenset(slot for need in step.needs & steps.keys() for slot in slots[need])
        for one in _changes(step, zone, needs):
            changes.append(one)
            whose[id(one)] = place
    where = {id(one.record): steps[whose[id(one)]].where for one in changes}
    left = Counter(whose.values())
    untold = set(steps)
    try:
        for sent in send_records(aws, zone, changes):
            concerned = [whose[id(one)] for one in sent.changes]
            left.subtract(concerned)
            over = {place for place in concerned if place in untold and (sent.error or not left[place])}
            untold -= over
            refused = isinstance(sent.error, AwsRefused)
            error = refusal([sent], lambda record: where[id(record)]) if refused else sent.error
            yield {place: error or _become(steps[place], becomes) for place in over}
    except AwsError as error:
        yield dict.fromkeys(untold, error)


def _become(step: Step[Any], becomes: Becomes) -> Made | None:
    return becomes(step.spec) if step.spec else None


def _slots(step: Step[Any]) -> Iterator[Slot]:
    """Where a step changes a record."""
    specs = (step.live and step.live.spec, step.spec)
    return ((spec.name, spec.type) for spec in specs if spec)


def _changes(step: Step[Any], zone: str, needs: frozenset[Slot]) -> Iterator[Change]:
    """The changes that a step takes. A record that gets another name or type goes and comes at once, so that it is never lost."""
    live, spec = step.live, _spec(step)
    if live is None:
        yield change("CREATE", spec.record, zone, needs=needs)
    elif step.spec is None:
        yield change("DELETE", live.spec.record, zone, live.detail, needs=needs)
    elif spec.key == live.spec.key:
        yield change("UPSERT", spec.record, zone, before=live.spec.record, needs=needs)
    else:
        both = needs | {*_slots(step)}
        yield change("DELETE", live.spec.record, zone, live.detail, needs=both)
        yield change("CREATE", spec.record, zone, needs=both)
