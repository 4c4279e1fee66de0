"""What Cloud Map's kinds share: the account's own namespaces, tags, and tagging.

https://docs.aws.amazon.com/cloud-map/latest/api/Welcome.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.tagging import Tagged, read_tags, to_list, to_map
from controller.model.observed import Observed, Wanted
from controller.model.spec import Spec

S = TypeVar("S", bound=Spec)
PAGE = 100
"""The largest page of Cloud Map's lists."""


class CloudMapKind(Kind[S]):
    """A kind of Cloud Map, tagged by its ARN."""

    api = "servicediscovery.aws/v1"

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        arn = live.outputs["arn"]
        if put:
            aws.call("servicediscovery", "TagResource", ResourceARN=arn, Tags=to_list(put))
        if remove:
            aws.call("servicediscovery", "UntagResource", ResourceARN=arn, TagKeys=sorted(remove))


def namespaces(aws: Aws) -> tuple[Mapping[str, Any], ...]:
    """The account's own namespaces, not those that others share with it: ceil(n / 100) calls."""
    own = [{"Name": "RESOURCE_OWNER", "Values": ["SELF"], "Condition": "EQ"}]
    pages = aws.pages("servicediscovery", "ListNamespaces", page_size=PAGE, Filters=own)
    return tuple(namespace for page in pages for namespace in page["Namespaces"])


def tags_of(aws: Aws, found: Iterable[Tagged], wanted: Wanted[Any]) -> Mapping[str, Mapping[str, str]]:
    """Tags by ARN, as `read_tags` has them."""
    return read_tags(
        aws,
        found,
        wanted,
        lambda arn: to_map(aws.call("servicediscovery", "ListTagsForResource", ResourceARN=arn)["Tags"]),
    )
