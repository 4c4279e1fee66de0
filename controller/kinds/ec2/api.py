"""What all EC2 kinds have in common: pages of a describe call shared within a pass, tags in the create call, and tagging.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from controller.aws.client import Aws
from controller.aws.failure import refusal
from controller.kinds.base import Kind
from controller.model.manifest import Manifest
from controller.model.observed import Observed
from controller.model.problem import Problem
from controller.model.spec import Spec

S = TypeVar("S", bound=Spec)
Items = tuple[Mapping[str, Any], ...]
GONE = ("disassociating", "disassociated", "failing", "failed")
"""States in which a range does not belong to its VPC or subnet (any more)."""
PAGE = 1000
"""The largest page of most describe calls."""


class Ec2Kind(Kind[S]):
    """A kind of EC2 that AWS gives an id and lets us tag."""

    api = "ec2.aws/v1"
    resource_type: ClassVar[str]
    """EC2's name for the type in TagSpecifications."""

    def tagged(self, tags: Mapping[str, str]) -> list[dict[str, Any]]:
        """The parameter TagSpecifications of a create call."""
        return [{"ResourceType": self.resource_type, "Tags": to_list(tags)}]

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        if put:
            aws.call("ec2", "CreateTags", Resources=[live.id], Tags=to_list(put))
        if remove:
            aws.call("ec2", "DeleteTags", Resources=[live.id], Tags=[{"Key": key} for key in sorted(remove)])


def describe(aws: Aws, what: str, key: str, *, page_size: int = PAGE, **filters: str | Iterable[str]) -> Items:
    """All that `Describe<what>` says under `key`, in pages of up to `page_size`, read once in a pass. 0: the call has no pages.

    `filters` are EC2's own, with `_` for `-`: `vpc_id="vpc-1"`. They are applied on the server.
    """
    chosen = [
        {"Name": name.replace("_", "-"), "Values": [values] if isinstance(values, str) else sorted(values)}
        for name, values in sorted(filters.items())
    ]
    params: dict[str, Any] = {"Filters": chosen} if chosen else {}
    pages = aws.pages("ec2", f"Describe{what}", page_size=page_size, **params)
    return tuple(item for page in pages for item in page.get(key, ()))


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that EC2's calls take."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """A described resource's tags, without AWS's own."""
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags", ()) if not tag["Key"].startswith("aws:")}


def arn_of(aws: Aws, type_: str, id_: str) -> str:
    """A resource's ARN, where replies have only its id."""
    return f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:{type_}/{id_}"


def blocks(item: Mapping[str, Any], key: str) -> dict[str, str]:
    """A VPC's or subnet's ranges under `key` (CidrBlock, Ipv6CidrBlock) with the ids of their associations."""
    return {
        found[key]: found["AssociationId"]
        for found in item.get(f"{key}AssociationSet", ())
        if found.get(f"{key}State", {}).get("State") not in GONE
    }


def one_each(
    mine: Sequence[Manifest], field: str, takes: Callable[[Any], Iterable[str]], said: str
) -> Iterator[tuple[Manifest, Problem]]:
    """A problem at each of the manifests that take, in one of their fields, what only one can have.

    `takes` says what a manifest's spec takes; `said` is the message, with places for what it is and for who else takes it.
    """
    takers: dict[str, list[Manifest]] = {}
    for manifest in mine:
        for what in sorted(takes(manifest.spec)) if manifest.spec is not None else ():
            takers.setdefault(what, []).append(manifest)
    for what, rivals in sorted(takers.items()):
        for manifest in rivals if len(rivals) > 1 else ():
            others = (f"{other.address.name} ({other.position(field)})" for other in rivals if other is not manifest)
            yield manifest, manifest.problem(field, said.format(what, ", ".join(others)))


def network_interfaces(aws: Aws, **filters: str) -> str:
    """The network interfaces that fit EC2's filters, with what they belong to, as a person reads it; "" for none.

    Asked only when AWS has refused to let something go, so as to say what holds it.
    """
    reply = aws.call(
        "ec2",
        "DescribeNetworkInterfaces",
        Filters=[{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()],
    )
    return ", ".join(f"{eni['NetworkInterfaceId']} ({_belongs(eni)})" for eni in reply["NetworkInterfaces"])


def _belongs(eni: Mapping[str, Any]) -> str:
    return str(eni.get("Description") or eni.get("InterfaceType") or "a network interface")


def unsuccessful(reply: Mapping[str, Any], operation: str) -> None:
    """Raise AwsError for the first thing that an operation on several reports as not done: AWS answers 200 all the same."""
    for failure in reply.get("Unsuccessful", ()):
        error = failure.get("Error", {})
        raise refusal(str(error.get("Code", "")), str(error.get("Message", "")), "ec2", operation)
