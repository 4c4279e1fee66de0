"""What the kinds of Direct Connect have in common: tags by ARN, pages that botocore does not turn itself, and references.

https://docs.aws.amazon.com/directconnect/latest/APIReference/Welcome.html
AWS gives one error code for whatever it refuses (DirectConnectClientException), so that what only has to wait cannot be told from
what is wrong: the kinds look first whether something is still in the way, and say themselves that they wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from controller.aws.client import Aws
from controller.errors import AwsBusy
from controller.kinds.base import Kind
from controller.model.observed import Observed
from controller.model.reference import Ref
from controller.model.spec import Spec

S = TypeVar("S", bound=Spec)
PAGE = 100
"""The largest page of the describe calls."""
GatewayRef = Annotated[
    str, Ref("directconnect/Gateway", output="id", literal=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
]
AssociatedRef = Annotated[
    str, Ref("ec2/VpnGateway", "ec2/TransitGateway", output="id", literal=r"(vgw|tgw)-[0-9a-f]{8,17}")
]
"""What a Direct Connect gateway leads to."""


class DirectConnectKind(Kind[S]):
    """A kind of Direct Connect that AWS gives an ARN and lets us tag."""

    api = "directconnect.aws/v1"

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        arn = live.outputs["arn"]
        if put:
            aws.call("directconnect", "TagResource", resourceArn=arn, tags=to_list(put))
        if remove:
            aws.call("directconnect", "UntagResource", resourceArn=arn, tagKeys=sorted(remove))


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that Direct Connect's calls take."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """A described resource's tags, without AWS's own."""
    return {tag["key"]: tag.get("value", "") for tag in item.get("tags", ()) if not tag["key"].startswith("aws:")}


def busy(operation: str, why: str) -> AwsBusy:
    """That a call would be refused now, and will not be later."""
    return AwsBusy(f"directconnect:{operation}: {why}", service="directconnect", operation=operation)
