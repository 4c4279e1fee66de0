"""What all ECS kinds have in common: clusters in hundreds, shared within a pass; tags, which ECS writes with small letters.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.model.observed import Observed
from controller.model.spec import Spec

S = TypeVar("S", bound=Spec)
T = TypeVar("T")
Items = tuple[Mapping[str, Any], ...]
PAGE = 100
"""The largest page of ECS's lists, and the most clusters that one call describes."""


class EcsKind(Kind[S]):
    """A kind of ECS. Its output `arn` is what ECS tags it by."""

    api = "ecs.aws/v1"

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        arn = live.outputs["arn"]
        if put:
            aws.call("ecs", "TagResource", resourceArn=arn, tags=to_list(put))
        if remove:
            aws.call("ecs", "UntagResource", resourceArn=arn, tagKeys=sorted(remove))


def clusters(aws: Aws) -> Items:
    """All clusters that are not deleted: ceil(n / 100) lists and as many descriptions, once in a pass."""
    pages = aws.pages("ecs", "ListClusters", page_size=PAGE)
    found: list[Mapping[str, Any]] = []
    for arns in in_batches(arn for page in pages for arn in page["clusterArns"]):
        include = ["TAGS", "SETTINGS", "CONFIGURATIONS"]
        for page in aws.pages("ecs", "DescribeClusters", clusters=arns, include=include):
            found.extend(cluster for cluster in page["clusters"] if cluster.get("status") != "INACTIVE")
    return tuple(found)


def services(aws: Aws) -> Items:
    """All services: ceil(n / 100) lists for each cluster, and descriptions in tens, tags included, once in a pass."""
    found: list[Mapping[str, Any]] = []
    for cluster in clusters(aws):
        arn = cluster["clusterArn"]
        pages = aws.pages("ecs", "ListServices", page_size=PAGE, cluster=arn)
        for batch in in_batches((name for page in pages for name in page["serviceArns"]), 10):
            for page in aws.pages("ecs", "DescribeServices", cluster=arn, services=batch, include=["TAGS"]):
                found.extend(page["services"])
    return tuple(found)


def in_batches(items: Iterable[T], size: int = PAGE) -> Iterator[Sequence[T]]:
    """Lists of as many as one call takes."""
    everything = list(items)
    return (everything[first : first + size] for first in range(0, len(everything), size))


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that ECS's calls take."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def to_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags as ECS's replies hold them, as a map, without AWS's own."""
    return {tag["key"]: tag.get("value", "") for tag in tags or () if not tag["key"].startswith("aws:")}
