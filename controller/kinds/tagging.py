"""Tags of the services whose lists leave them out: one paged read in a pass, shared by all of them.

The Resource Groups Tagging API answers for every service (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/
supported-services.html), but a moment late. What it does not know is asked for one by one, and only where that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.aws.client import Aws
from controller.model.observed import Wanted

OWNER = "trueup:owner"
"""The tag that all of trueup's resources carry."""
SPARE_READS = 5
"""How many tag lists of a kind are read one by one in a pass, where the Tagging API does not know what the inventory does."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A resource whose tags are asked for. `id` and `claim` as in Observed and Kind."""

    arn: str
    id: str
    claim: str


def read_tags(
    aws: Aws, resources: Iterable[Tagged], wanted: Wanted[Any], read: Callable[[str], Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    """Tags by ARN; what is left out of the answer is unknown, and nothing that trueup has to do with. `read` asks for one ARN.

    ceil(n / 100) calls for all that carries trueup's tag, whatever its kind; one more for each resource that git names and the
    inventory does not know yet, and a few to spare for those whose tags were taken off by hand. An export reads all.
    """
    found: dict[str, Mapping[str, str]] = {**in_bulk(aws, wanted)}
    missing = [resource for resource in resources if resource.arn not in found]
    new = [r.arn for r in missing if r.id not in wanted.ids and (wanted.everything or r.claim in wanted.claims)]
    known = [r.arn for r in missing if r.id in wanted.ids]
    for arn in new + known[:SPARE_READS]:
        found[arn] = own(read(arn))
    return found


def in_bulk(aws: Aws, wanted: Wanted[Any]) -> dict[str, dict[str, str]]:
    """What the Tagging API knows of what is trueup's; of everything for an export."""
    filters: dict[str, Any] = {} if wanted.everything else {"TagFilters": [{"Key": OWNER}]}
    pages = aws.pages("resourcegroupstaggingapi", "GetResources", page_size=100, **filters)
    return {item["ResourceARN"]: to_map(item["Tags"]) for page in pages for item in page["ResourceTagMappingList"]}


def is_ours(tags: Mapping[str, str] | None, id_: str, claim: str, wanted: Wanted[Any]) -> bool:
    """Whether a pass has to do with a resource, so that what only a call of its own tells is worth that call."""
    return wanted.everything or id_ in wanted.ids or claim in wanted.claims or OWNER in (tags or {})


def own(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags without AWS's own."""
    return {key: value for key, value in tags.items() if not key.startswith("aws:")}


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that most services take."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def to_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as most services give them, as a map, without AWS's own."""
    return own({tag["Key"]: tag.get("Value", "") for tag in tags})
