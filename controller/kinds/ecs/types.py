"""What several ECS kinds have in common: references, names, and the strategy by which capacity is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from controller.model.reference import Ref
from controller.model.spec import Part

ClusterRef = Annotated[str, Ref("ecs/Cluster", output="arn", literal=r"arn:[\w-]+:ecs:[\w-]+:\d{12}:cluster/.+")]
TaskDefinitionRef = Annotated[
    str, Ref("ecs/TaskDefinition", output="arn", literal=r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task-definition/.+:\d+")
]
NamespaceRef = Annotated[
    str,
    Ref("servicediscovery/Namespace", output="arn", literal=r"arn:[\w-]+:servicediscovery:[\w-]+:\d{12}:namespace/.+"),
]
RegistryRef = Annotated[
    str,
    Ref("servicediscovery/Service", output="arn", literal=r"arn:[\w-]+:servicediscovery:[\w-]+:\d{12}:service/.+"),
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]*$", max_length=255)]


class Capacity(Part):
    """One part of a capacity provider strategy."""

    key_fields: ClassVar[tuple[str, ...]] = ("capacity_provider",)
    capacity_provider: str = Field(description="`FARGATE`, `FARGATE_SPOT`, or the name of a capacity provider.")
    weight: int = Field(default=0, ge=0, le=1000, description="Its share of the tasks beyond the base.")
    base: int = Field(
        default=0, ge=0, le=100_000, description="How many tasks run on it at least; one part may have a base."
    )


def _sound(parts: tuple[Capacity, ...]) -> tuple[Capacity, ...]:
    if len({part.capacity_provider for part in parts}) < len(parts):
        raise ValueError("names a capacity provider twice")
    if sum(bool(part.base) for part in parts) > 1:
        raise ValueError("has more than one base; AWS takes one")
    if len(parts) > 1 and not any(part.weight for part in parts):
        raise ValueError("has no weight above 0, so that no task could be placed")
    return tuple(sorted(parts, key=lambda part: part.capacity_provider))


Strategy = Annotated[tuple[Capacity, ...], AfterValidator(_sound)]


def strategy(items: Iterable[Mapping[str, Any]] | None) -> tuple[Capacity, ...]:
    """A strategy as AWS's replies hold it."""
    return _sound(tuple(Capacity.model_validate(item, extra="ignore") for item in items or ()))


def strategy_request(parts: tuple[Capacity, ...]) -> list[dict[str, Any]]:
    """A strategy in the form that ECS's calls take."""
    return [part.model_dump(by_alias=True) for part in parts]
