"""References to what Elastic Load Balancing has, and attributes, which all of it has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from controller.model.reference import Ref
from controller.model.spec import Part

_ARN = r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}"

LoadBalancerRef = Annotated[
    str, Ref("elbv2/LoadBalancer", output="arn", literal=rf"{_ARN}:loadbalancer/(?:app|net)/[\w-]+/\w+")
]
TargetGroupRef = Annotated[str, Ref("elbv2/TargetGroup", output="arn", literal=rf"{_ARN}:targetgroup/[\w-]+/\w+")]
ListenerRef = Annotated[
    str, Ref("elbv2/Listener", output="arn", literal=rf"{_ARN}:listener/(?:app|net)/[\w-]+/\w+/\w+")
]

P = TypeVar("P", bound=Part)


def as_set(parts: Iterable[P]) -> tuple[P, ...]:
    """Parts whose order means nothing, in one order and each once. (Pydantic cannot dump a set of models.)"""
    return tuple(sorted(set(parts), key=lambda part: [_rank(value) for value in part.__dict__.values()]))


def _rank(value: Any) -> str:
    return str(sorted(value)) if isinstance(value, frozenset) else str(value)


def _as_text(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


AsText = BeforeValidator(_as_text)
"""AWS wants texts where a person writes numbers and `true`."""
Attributes = Annotated[dict[str, Annotated[str, AsText]] | None, Field(json_schema_extra={"partial": True})]
"""AWS's attributes by their keys. What a manifest does not name is not managed; None: not read."""
