"""Log groups: where the log lines of one application or service go, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.tagging import Tagged, read_tags
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

PAGE = 50
"""The largest page that DescribeLogGroups gives."""
Days = Literal[
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]


def _not_reserved(name: str) -> str:
    if name.startswith("aws/"):
        raise ValueError(f"{name!r} begins with aws/, which AWS keeps for itself (/aws/ is allowed)")
    return name


class LogGroupSpec(TaggedSpec):
    """A log group."""

    log_group_name: Annotated[str, Field(pattern=r"^[\w./#-]+$", max_length=512), AfterValidator(_not_reserved)] = (
        Field(description="The name, unique in account and region, such as `/ecs/app`; unset: metadata.name.")
    )
    retention_in_days: Days = Field(
        default=0, description="Days after which log events are deleted; 0, AWS's default: they are kept for ever."
    )
    kms_key_id: str = Field(
        default="",
        pattern=r"^(|arn:[\w-]+:kms:[\w-]+:\d{12}:key/.+)$",
        description="ARN of the KMS key that new log events are encrypted with; empty: AWS's own key.",
    )
    log_group_class: Literal["STANDARD", "INFREQUENT_ACCESS", "ESSENTIALS", "DELIVERY"] = Field(
        default="STANDARD",
        description="What the group can do and costs. AWS cannot change it: another one replaces the group, and its log "
        "events go with it.",
    )
    deletion_protection_enabled: bool = Field(
        default=False, description="Whether a delete is refused. trueup then holds it until git has said false."
    )


class LogGroup(Kind[LogGroupSpec]):
    """CloudWatch Logs log group. Data protection, index and resource policies are not managed.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    Observation: ceil(n / 50) calls, which is AWS's page, + the tags, which all kinds share (controller/kinds/tagging.py).
    """

    api = "logs.aws/v1"
    doc = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"
    name_field = "logGroupName"
    replace_on = frozenset({"logGroupName", "logGroupClass"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The group's ARN, without `:*`; policies that allow to write to it need `:*` after it.",
        "name": "Its name.",
    }
    reads = ("logs:DescribeLogGroups", "logs:ListTagsForResource", "tag:GetResources")
    writes = (
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "logs:DeleteRetentionPolicy",
        "logs:AssociateKmsKey",
        "logs:DisassociateKmsKey",
        "logs:PutLogGroupDeletionProtection",
        "logs:TagResource",
        "logs:UntagResource",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, LogGroupSpec) and spec.log_group_class == "DELIVERY" and spec.retention_in_days:
            found = "has no effect: AWS keeps log events of the class DELIVERY for a day, whatever is asked"
            yield manifest.problem("retentionInDays", found, severity=Severity.WARNING)

    def tell(self, verb: Verb, before: LogGroupSpec | None, after: LogGroupSpec | None) -> Iterator[str]:
        if verb in (Verb.DELETE, Verb.REPLACE):
            yield "all log events in it are deleted with it"
        elif before and after and _kept(after) < _kept(before):
            yield f"log events older than {after.retention_in_days} days are deleted"

    def observe(self, aws: Aws, wanted: Wanted[LogGroupSpec]) -> Iterator[Observed[LogGroupSpec]]:
        pages = aws.pages("logs", "DescribeLogGroups", page_size=PAGE)
        groups = [group for page in pages for group in page["logGroups"]]
        asked = [Tagged(_arn(group), group["logGroupName"], group["logGroupName"]) for group in groups]
        tags = read_tags(
            aws, asked, wanted, lambda arn: aws.call("logs", "ListTagsForResource", resourceArn=arn)["tags"]
        )
        for group in groups:
            yield translate(group, tags.get(_arn(group)))

    def create(self, aws: Aws, spec: LogGroupSpec, tags: Mapping[str, str]) -> Made:
        name = spec.log_group_name
        asked: dict[str, Any] = {"kmsKeyId": spec.kms_key_id} if spec.kms_key_id else {}
        if spec.deletion_protection_enabled:
            asked["deletionProtectionEnabled"] = True
        aws.call(
            "logs",
            "CreateLogGroup",
            logGroupName=name,
            logGroupClass=spec.log_group_class,
            tags=dict(tags),
            **asked,
        )
        if spec.retention_in_days and spec.log_group_class != "DELIVERY":
            _keep(aws, name, spec.retention_in_days)
        return Made(name, _outputs(f"arn:{aws.partition}:logs:{aws.region}:{aws.account}:log-group:{name}", name))

    def update(self, aws: Aws, live: Observed[LogGroupSpec], spec: LogGroupSpec, changed: frozenset[str]) -> None:
        if "kmsKeyId" in changed:
            if spec.kms_key_id:
                aws.call("logs", "AssociateKmsKey", logGroupName=live.id, kmsKeyId=spec.kms_key_id)
            else:
                aws.call("logs", "DisassociateKmsKey", logGroupName=live.id)
        if "retentionInDays" in changed:
            _keep(aws, live.id, spec.retention_in_days)
        if "deletionProtectionEnabled" in changed:
            protected = spec.deletion_protection_enabled
            aws.call(
                "logs", "PutLogGroupDeletionProtection", logGroupIdentifier=live.id, deletionProtectionEnabled=protected
            )

    def delete(self, aws: Aws, live: Observed[LogGroupSpec]) -> None:
        aws.call("logs", "DeleteLogGroup", logGroupName=live.id)

    def retag(self, aws: Aws, live: Observed[LogGroupSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        if put:
            aws.call("logs", "TagResource", resourceArn=live.outputs["arn"], tags=dict(put))
        if remove:
            aws.call("logs", "UntagResource", resourceArn=live.outputs["arn"], tagKeys=sorted(remove))


def _keep(aws: Aws, name: str, days: int) -> None:
    if days:
        aws.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=days)
    else:
        aws.call("logs", "DeleteRetentionPolicy", logGroupName=name)


def _kept(spec: LogGroupSpec) -> float:
    return spec.retention_in_days or float("inf")


def translate(group: Mapping[str, Any], tags: Mapping[str, str] | None) -> Observed[LogGroupSpec]:
    """The log group of a DescribeLogGroups reply.

    Retention is unknown where the group's own does not show: an account policy overrides it, or its class has none.
    """
    name, class_ = group["logGroupName"], group.get("logGroupClass")
    hidden = "retentionPolicyName" in group or class_ == "DELIVERY"
    protected = group.get("deletionProtectionEnabled", False)
    known: dict[str, Any] = {
        "log_group_name": name,
        "retention_in_days": None if hidden else group.get("retentionInDays", 0),
        "kms_key_id": group.get("kmsKeyId", ""),
        "log_group_class": class_,
        "deletion_protection_enabled": protected,
    }
    keep = "its deletion protection is on; set deletionProtectionEnabled to false first" if protected else ""
    spec = LogGroupSpec.model_construct(**known, tags={})
    return Observed(name, spec, tags, _outputs(_arn(group), name), keep=keep)


def _arn(group: Mapping[str, Any]) -> str:
    return str(group.get("logGroupArn") or group["arn"].removesuffix(":*"))


def _outputs(arn: str, name: str) -> dict[str, str]:
    return {"arn": arn, "name": name}
