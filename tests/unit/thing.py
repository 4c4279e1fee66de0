"""A kind for tests of what knows no kind: a Thing may refer to Parts. Nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.base import Kind, Lookup
from controller.model.address import Address
from controller.model.inventory import Entry, Inventory
from controller.model.manifest import Desired, Manifest
from controller.model.observed import Made, Observation, Observed, Wanted
from controller.model.problem import Position
from controller.model.reference import Link, Ref
from controller.model.scope import Lifecycle, Scope, ScopeSpec
from controller.model.spec import Part, Spec, TaggedSpec
from controller.reconcile.plan import Situation

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PartRef = Annotated[str, Ref("test/Part", output="id", literal=r"part-\w+")]
PeerRef = Annotated[str, Ref("test/Thing", "test/Part", output="id", literal=r"thing-\w+", loose=True, itself="self")]


class Layer(Part):
    """An item of a list that is told apart by its name."""

    key_fields: ClassVar[tuple[str, ...]] = ("name",)
    name: str
    size: int = 0


class ThingSpec(TaggedSpec):
    """A thing with a field of every form that the diff tells apart."""

    thing_name: str
    shape: str = ""
    colour: str | None = None
    parts: frozenset[PartRef] = frozenset()
    peers: frozenset[PeerRef] = frozenset()
    labels: dict[str, str] = Field(default={})
    settings: dict[str, str] | None = Field(default={}, json_schema_extra={"partial": True})
    layers: tuple[Layer, ...] = ()
    steps: tuple[str, ...] = ()
    inner: Layer | None = None
    password: str = Field(default="", json_schema_extra={"secret": True}, repr=False)


class PartSpec(Spec):
    """A part: AWS makes up its id, and it cannot be tagged."""

    size: int = 0


class _NoAws(Kind[Any]):
    api = "test.aws/v1"

    def observe(self, aws: Aws, wanted: Wanted[Any]) -> Iterator[Observed[Any]]:
        yield from ()

    def create(self, aws: Aws, spec: Any, tags: Mapping[str, str]) -> Made:
        raise NotImplementedError

    def update(self, aws: Aws, live: Observed[Any], spec: Any, changed: frozenset[str]) -> Made | None:
        raise NotImplementedError

    def delete(self, aws: Aws, live: Observed[Any]) -> None:
        raise NotImplementedError


class Thing(_NoAws):
    """A thing."""

    spec: ClassVar[type[Spec]] = ThingSpec
    name_field = "thingName"
    replace_on = frozenset({"thingName", "shape"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "Its id."}


class Part_(_NoAws):
    """A part."""

    spec: ClassVar[type[Spec]] = PartSpec
    taggable = False
    outputs: ClassVar[Mapping[str, str]] = {"id": "Its id."}

    @property
    def id(self) -> str:
        return "test/Part"


class Glass(Lookup[PartSpec]):
    """What is only looked at; not among KINDS, since few tests look."""

    api = "test.aws/v1"
    outputs: ClassVar[Mapping[str, str]] = {"id": "What is seen."}

    def observe(self, aws: Aws, wanted: Wanted[Any]) -> Iterator[Observed[Any]]:
        yield from ()


KINDS: dict[str, Kind[Any]] = {"test/Thing": Thing(), "test/Part": Part_()}
SCOPE = Scope(name="prod", spec=ScopeSpec(account="123456789012", region="eu-central-1"))


def address(name: str, kind: str = "test/Thing") -> Address:
    return Address("prod", kind, name)


def manifest(
    name: str,
    kind: str = "test/Thing",
    *,
    lifecycle: Mapping[str, Any] | None = None,
    links: tuple[Link, ...] = (),
    digest: str = "",
    **data: Any,
) -> Manifest:
    """A manifest as `manifest` hands it over."""
    if kind == "test/Thing":
        data = {"thingName": name, **data}
    life = Lifecycle.model_validate(lifecycle or {})
    spec = {**KINDS, "test/Glass": Glass()}[kind].spec.model_validate(data)
    where = Position(f"{name}.yaml", 2, 1)
    return Manifest(address(name, kind), data, spec, life, where, digest or name, frozenset(links))


def ours(name: str, kind: str = "test/Thing", owner: str = "trueup", scope: str = "prod") -> dict[str, str]:
    """trueup's own tags."""
    return {"trueup:owner": owner, "trueup:scope": scope, "trueup:manifest": f"{kind}/{name}"}


def thing(name: str, *, id_: str = "", tags: Mapping[str, str] | None = None, **fields: Any) -> Observed[Any]:
    """A live thing; by default it carries trueup's tags for the manifest of its name."""
    spec = ThingSpec.model_validate({"thingName": name, **fields})
    marked = ours(name) if tags is None else dict(tags)
    return Observed(id_ or f"thing-{name}", spec, marked, {"id": id_ or f"thing-{name}"})


def part(id_: str, **fields: Any) -> Observed[Any]:
    """A live part."""
    return Observed(id_, PartSpec(**fields), None, {"id": id_})


def entry(of: Address, id_: str, **fields: Any) -> Entry:
    return Entry(of, id_, "c0ffee", "f.yaml", 1, NOW, **fields)


def situation(
    manifests: tuple[Manifest, ...] = (),
    live: Mapping[str, tuple[Observed[Any], ...]] | None = None,
    *,
    inventory: Inventory | None = None,
    errors: Mapping[str, str] | None = None,
    scope: Scope = SCOPE,
    **more: Any,
) -> Situation:
    """What the planner is given. Kinds without live resources have been read, and there are none."""
    seen = {kind: Observation(live=(live or {}).get(kind, ())) for kind in KINDS}
    seen |= {kind: Observation(error=error) for kind, error in (errors or {}).items()}
    desired = Desired(scope, {one.address: one for one in manifests})
    return Situation(desired, seen, inventory or Inventory(fresh=False), KINDS, "trueup", **more)
