"""Things that live in memory, for tests of what carries actions out: a kind that notes every call and may refuse it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.aws.client import Aws
from controller.model.observed import Made, Observed, Wanted
from tests.unit.thing import Thing, ThingSpec


class Cloud(Thing):
    """Things in memory. `calls` are those that change something; `on` is asked before each call, by name, and may raise."""

    def __init__(self, *live: Observed[Any], pending: str = "", innate: bool = False) -> None:
        self.live = {item.id: item for item in live}
        self.calls: list[tuple[Any, ...]] = []
        self.on: dict[str, Callable[[], object]] = {}
        self.pending, self.innate = pending, innate

    @property
    def id(self) -> str:
        return "test/Thing"

    def observe(self, aws: Aws, wanted: Wanted[Any]) -> Iterator[Observed[Any]]:
        self.on.get("observe", bool)()
        yield from self.live.values()

    def create(self, aws: Aws, spec: ThingSpec, tags: Mapping[str, str]) -> Made:
        self._called("create", spec.thing_name)
        id_ = f"thing-{spec.thing_name}"
        self.live[id_] = Observed(id_, spec, dict(tags), {"id": id_}, self.pending, innate=self.innate)
        return Made(id_, {"id": id_}, self.pending, self.innate)

    def update(self, aws: Aws, live: Observed[Any], spec: ThingSpec, changed: frozenset[str]) -> Made | None:
        self._called("update", live.id, changed)
        self.live[live.id] = replace(self.live[live.id], spec=spec)
        return None

    def delete(self, aws: Aws, live: Observed[Any]) -> None:
        self._called("delete", live.id)
        del self.live[live.id]

    def retag(self, aws: Aws, live: Observed[Any], put: Mapping[str, str], remove: frozenset[str]) -> None:
        self._called("retag", live.id, dict(put), remove)
        kept = {key: value for key, value in (live.tags or {}).items() if key not in remove}
        self.live[live.id] = replace(self.live[live.id], tags={**kept, **put})

    def holders(self, aws: Aws, live: Observed[Any]) -> str:
        return str(self.on["holders"]()) if "holders" in self.on else ""

    def _called(self, name: str, *arguments: Any) -> None:
        self.on.get(name, bool)()
        self.calls.append((name, *arguments))


def refuse(error: BaseException) -> Callable[[], object]:
    """An answer of `Cloud.on` that raises."""

    def raise_it() -> object:
        raise error

    return raise_it
