"""What the kinds of Route 53 have in common: zones, records and tags in pages shared within a pass, and changes in batches.

How often Route 53 may be asked is seen to by controller/aws/pace.py.
https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

from controller.aws.client import Aws
from controller.errors import AwsRefused
from controller.kinds.base import Kind
from controller.kinds.route53.batches import REFUSED, Change, Sent, send
from controller.kinds.tagging import to_list, to_map
from controller.model.observed import Observed
from controller.model.spec import Spec

ZONES = 100
RECORDS = 300
"""The largest pages of ListHostedZones and ListResourceRecordSets."""
TAGS_AT_A_TIME = 10
_SHOWN = 10
"""So many refused records are told with AWS's words."""

S = TypeVar("S", bound=Spec)
Item = Mapping[str, Any]
Where = Callable[[Item], str]
"""Tells where the manifest says something of a record; "" where it does not."""
Taggable = Literal["hostedzone", "healthcheck"]


class Route53Kind(Kind[S]):
    """A kind of Route 53 that can be tagged."""

    api = "route53.aws/v1"
    reach = "parent"
    resource_type: Taggable

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        tag(aws, self.resource_type, live.id, put, remove)


def tag(aws: Aws, what: Taggable, id_: str, put: Mapping[str, str], remove: frozenset[str] = frozenset()) -> None:
    """Put tags on and take tags off: one call."""
    change: dict[str, Any] = {"AddTags": to_list(put)} if put else {}
    gone: dict[str, Any] = {"RemoveTagKeys": sorted(remove)} if remove else {}
    aws.call("route53", "ChangeTagsForResource", ResourceType=what, ResourceId=id_, **change, **gone)


def tags_of(aws: Aws, what: Taggable, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Tags by id: ceil(n / 10) calls."""
    ordered = sorted(ids)
    batches = [ordered[at : at + TAGS_AT_A_TIME] for at in range(0, len(ordered), TAGS_AT_A_TIME)]
    pages = (
        page
        for batch in batches
        for page in aws.pages("route53", "ListTagsForResources", ResourceType=what, ResourceIds=batch)
    )
    return {found["ResourceId"]: to_map(found["Tags"]) for page in pages for found in page["ResourceTagSets"]}


def zones(aws: Aws) -> tuple[Item, ...]:
    """All hosted zones: ceil(n / 100) calls."""
    pages = aws.pages("route53", "ListHostedZones", page_size=ZONES)
    return tuple(zone for page in pages for zone in page["HostedZones"])


def bare(id_: str) -> str:
    """`/hostedzone/Z123` is `Z123` in most places."""
    return id_.rpartition("/")[2]


def is_private(zone: Item) -> bool:
    """Whether a zone is only seen from VPCs."""
    return bool(zone.get("Config", {}).get("PrivateZone"))


def records(aws: Aws, zone_id: str) -> tuple[Item, ...]:
    """All records of a zone: ceil(n / 300) calls, shared within a pass."""
    pages = aws.pages("route53", "ListResourceRecordSets", page_size=RECORDS, HostedZoneId=zone_id)
    return tuple(record for page in pages for record in page["ResourceRecordSets"])


def is_there(aws: Aws, zone_id: str, record: Item) -> bool:
    """Whether a record is there now, asked anew."""
    start = {"StartRecordName": record["Name"], "StartRecordType": record["Type"]}
    found = aws.call("route53", "ListResourceRecordSets", HostedZoneId=zone_id, **start)["ResourceRecordSets"]
    return any(
        (each["Name"], each["Type"], each.get("SetIdentifier"))
        == (record["Name"], record["Type"], record.get("SetIdentifier"))
        for each in found
    )


def send_records(aws: Aws, zone_id: str, changes: Sequence[Change]) -> Iterator[Sent]:
    """Make changes of records, in as few calls as AWS's limits allow, and tell after each what has become of which of them."""

    def call(batch: Sequence[Change]) -> None:
        found = [{"Action": change.verb, "ResourceRecordSet": change.record} for change in batch]
        aws.call("route53", "ChangeResourceRecordSets", HostedZoneId=zone_id, ChangeBatch={"Changes": found})

    return send(changes, call, lambda record: is_there(aws, zone_id, record))


def change_records(aws: Aws, zone_id: str, changes: Sequence[Change], where: Where | None = None) -> None:
    """Make changes of records. Raises AwsRefused with all that AWS would not take, and where that is written; the rest is in."""
    refused = [sent for sent in send_records(aws, zone_id, changes) if sent.error]
    if refused:
        raise refusal(refused, where or (lambda record: ""), len(changes) - sum(len(sent.changes) for sent in refused))


def refusal(refused: Sequence[Sent], where: Where, rest: int = 0) -> AwsRefused:
    """What AWS would not take, in its words; `rest` other changes went in."""
    told = [f"{_names(sent.changes, where)}: {sent.error.message}" for sent in refused[:_SHOWN] if sent.error]
    if len(refused) > _SHOWN:
        told.append(f"... ({len(refused)} in all)")
    done = f"; {rest} other changes went in" if rest else ""
    message = f"AWS refused {'; '.join(told)}{done}"
    return AwsRefused(message, service="route53", operation="ChangeResourceRecordSets", code=REFUSED)


def _names(changes: Iterable[Change], where: Where) -> str:
    told = {f"{r['Name'].rstrip('.')} {r['Type']}": where(r) for r in (change.record for change in changes)}
    return ", ".join(f"{name} ({place})" if place else name for name, place in told.items())
