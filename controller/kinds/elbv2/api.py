"""What the kinds of Elastic Load Balancing have in common: pages shared within a pass, tags in twenties, attributes.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.tagging import is_ours, to_list, to_map
from controller.model.observed import Observed, Wanted
from controller.model.spec import Spec

PAGE = 400
"""The largest page of all describe calls."""
TAGS_AT_A_TIME = 20
"""So many resources' tags DescribeTags gives at a time."""
_BELOW = re.compile(
    r"(arn:[\w-]+:elasticloadbalancing:[\w-]+:\d+:)(?:loadbalancer|listener|listener-rule)/((?:app|net)/[\w-]+/\w+)"
)

S = TypeVar("S", bound=Spec)
Item = Mapping[str, Any]
Items = tuple[Item, ...]
Tags = Mapping[str, Mapping[str, str]]


class Elbv2Kind(Kind[S]):
    """A kind of Elastic Load Balancing. AWS knows each by its ARN."""

    api = "elbv2.aws/v1"

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        if put:
            aws.call("elbv2", "AddTags", ResourceArns=[live.id], Tags=to_list(put))
        if remove:
            aws.call("elbv2", "RemoveTags", ResourceArns=[live.id], TagKeys=sorted(remove))


def load_balancers(aws: Aws) -> tuple[Items, Tags]:
    """All application and network load balancers with their tags: ceil(n / 400) + ceil(n / 20) calls."""
    pages = aws.pages("elbv2", "DescribeLoadBalancers", page_size=PAGE)
    found = tuple(item for page in pages for item in page["LoadBalancers"] if item.get("Type") != "gateway")
    return found, tags_of(aws, (item["LoadBalancerArn"] for item in found))


def target_groups(aws: Aws) -> tuple[Items, Tags]:
    """All target groups with their tags: ceil(n / 400) + ceil(n / 20) calls."""
    pages = aws.pages("elbv2", "DescribeTargetGroups", page_size=PAGE)
    found = tuple(item for page in pages for item in page["TargetGroups"])
    return found, tags_of(aws, (item["TargetGroupArn"] for item in found))


def listeners(aws: Aws, wanted: Wanted[Any]) -> tuple[Items, Tags]:
    """The listeners, with their tags, of the load balancers that a pass has to do with: those that are trueup's, and those
    that what is wanted hangs on. One call for each + ceil(listeners / 20); other people's load balancers cost nothing."""
    all_, tags = load_balancers(aws)
    named = {load_balancer_of(text) for text in (*wanted.claims, *wanted.ids)}
    arns = [item["LoadBalancerArn"] for item in all_]
    near = [arn for arn in arns if arn in named or is_ours(tags.get(arn), arn, "", wanted)]
    pages = (
        page for arn in near for page in aws.pages("elbv2", "DescribeListeners", page_size=PAGE, LoadBalancerArn=arn)
    )
    found = tuple(item for page in pages for item in page["Listeners"])
    return found, tags_of(aws, (item["ListenerArn"] for item in found))


def load_balancer_of(arn: str) -> str:
    """The ARN of the load balancer that a listener or a rule belongs to, as their ARNs begin; "" for anything else."""
    found = _BELOW.match(arn)
    return f"{found[1]}loadbalancer/{found[2]}" if found else ""


def tags_of(aws: Aws, arns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Tags by ARN: ceil(n / 20) calls."""
    ordered = sorted(arns)
    batches = [ordered[at : at + TAGS_AT_A_TIME] for at in range(0, len(ordered), TAGS_AT_A_TIME)]
    pages = (page for batch in batches for page in aws.pages("elbv2", "DescribeTags", ResourceArns=batch))
    return {item["ResourceArn"]: to_map(item["Tags"]) for page in pages for item in page["TagDescriptions"]}


def attributes_of(aws: Aws, what: str, arn: str) -> dict[str, str]:
    """All attributes of a `LoadBalancer`, `TargetGroup` or `Listener`: one call."""
    resource: dict[str, Any] = {f"{what}Arn": arn}
    found = aws.call("elbv2", f"Describe{what}Attributes", **resource)["Attributes"]
    return {attribute["Key"]: attribute["Value"] for attribute in found}


def put_attributes(
    aws: Aws, what: str, arn: str, wanted: Mapping[str, str] | None, live: Mapping[str, str] | None
) -> None:
    """Set those attributes that are not as they are wanted."""
    changes = {key: value for key, value in (wanted or {}).items() if (live or {}).get(key) != value}
    if changes:
        resource: dict[str, Any] = {f"{what}Arn": arn}
        aws.call("elbv2", f"Modify{what}Attributes", **resource, Attributes=to_list(changes))
