"""IAM's tags: the same pair of calls for every type that can be tagged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.aws.client import Aws


def to_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that IAM's calls take."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def to_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags as IAM's replies hold them, as a map."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def retag(aws: Aws, kind: str, identity: Mapping[str, Any], put: Mapping[str, str], remove: frozenset[str]) -> None:
    """`Tag<kind>` and `Untag<kind>`: TagRole, UntagRole. `identity` is the parameter that names the resource."""
    if put:
        aws.call("iam", f"Tag{kind}", **identity, Tags=to_list(put))
    if remove:
        aws.call("iam", f"Untag{kind}", **identity, TagKeys=sorted(remove))
