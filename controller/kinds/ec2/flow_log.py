"""Flow logs: a record of the traffic in a VPC, a subnet or at a network interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, tags_of, unsuccessful
from controller.kinds.ec2.types import SubnetRef, VpcRef
from controller.kinds.iam.types import RoleRef
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.spec import Part, TaggedSpec

SOURCES = {"vpc": ("VPC", "vpc-"), "subnet": ("Subnet", "subnet-"), "network_interface": ("NetworkInterface", "eni-")}
"""What is recorded, by our field: EC2's name for the type, and how its ids begin."""
FORMAT = " ".join(
    f"${{{field}}}"
    for field in (
        *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol"),
        *("packets", "bytes", "start", "end", "action", "log-status"),
    )
)
"""AWS's default format."""
CLOUDWATCH = "cloud-watch-logs"


class DestinationOptions(Part):
    """How files in S3 are written."""

    file_format: Literal["plain-text", "parquet"] = Field(default="plain-text", description="The files' format.")
    hive_compatible_partitions: bool = Field(default=False, description="Whether prefixes are as Hive wants them.")
    per_hour_partition: bool = Field(default=False, description="Whether each hour has a prefix of its own.")


class FlowLogSpec(TaggedSpec):
    """A flow log. AWS can change none but its tags."""

    vpc: VpcRef = Field(default="", description="Record this VPC, by manifest name or id (ResourceId).")
    subnet: SubnetRef = Field(default="", description="Record this subnet, by manifest name or id (ResourceId).")
    network_interface: str = Field(
        default="", pattern=r"^(eni-\w+)?$", description="Record this network interface, by id (ResourceId)."
    )
    traffic_type: Literal["ACCEPT", "REJECT", "ALL"] = Field(
        description="Whether traffic is recorded that was let through, that was not, or all of it."
    )
    log_destination_type: Literal["cloud-watch-logs", "s3", "kinesis-data-firehose"] = Field(
        default="cloud-watch-logs", description="Where records go."
    )
    log_group_name: str = Field(
        default="", description="With cloud-watch-logs: the log group's name, as `${out.LogGroup.flows.name}`."
    )
    log_destination: str = Field(
        default="",
        pattern=r"^(arn:.*)?$",
        description="With s3: a bucket's ARN, with a folder if need be; with kinesis-data-firehose: a delivery stream's ARN.",
    )
    deliver_logs_permission_arn: RoleRef = Field(
        default="",
        description="The role that writes the records, by manifest name or ARN; cloud-watch-logs needs one, as does "
        "kinesis-data-firehose into another account.",
    )
    log_format: Annotated[str, AfterValidator(lambda text: " ".join(text.split()))] = Field(
        default=FORMAT, min_length=1, description="The fields of a record, in order; unset: AWS's default format."
    )
    max_aggregation_interval: Literal[60, 600] = Field(default=600, description="Seconds that one record tells of.")
    destination_options: DestinationOptions = Field(
        default=DestinationOptions(), description="With s3: how files are written."
    )

    @model_validator(mode="after")
    def _one_way(self) -> FlowLogSpec:
        if sum(bool(getattr(self, field)) for field in SOURCES) != 1:
            raise ValueError("records one thing: vpc, subnet or networkInterface")
        if self.log_destination_type == CLOUDWATCH:
            if not self.log_group_name or self.log_destination:
                raise ValueError("cloud-watch-logs takes a logGroupName and no logDestination")
            if not self.deliver_logs_permission_arn:
                raise ValueError("cloud-watch-logs needs a role that writes the records: deliverLogsPermissionArn")
        elif self.log_group_name or not self.log_destination:
            raise ValueError(f"{self.log_destination_type} takes a logDestination and no logGroupName")
        if self.log_destination_type != "s3" and self.destination_options != DestinationOptions():
            raise ValueError("destinationOptions are for s3")
        return self


class FlowLog(Ec2Kind[FlowLogSpec]):
    """Flow log.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html"
    resource_type = "vpc-flow-log"
    replace_on = frozenset(
        {
            "vpc",
            "subnet",
            "networkInterface",
            "trafficType",
            "logDestinationType",
            "logGroupName",
            "logDestination",
            "deliverLogsPermissionArn",
            "logFormat",
            "maxAggregationInterval",
            "destinationOptions",
        }
    )
    outputs: ClassVar[Mapping[str, str]] = {"id": "The flow log's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeFlowLogs",)
    writes = (
        "ec2:CreateFlowLogs",
        "ec2:DeleteFlowLogs",
        "iam:PassRole",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def same_slot(self, spec: FlowLogSpec, live: FlowLogSpec) -> bool:
        # AWS takes one flow log of a thing to a destination.
        return _way(spec) == _way(live)

    def tell(self, verb: Verb, before: FlowLogSpec | None, after: FlowLogSpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE and before and after and _way(before) == _way(after):
            yield f"records nothing of {_source(after)} for a moment, since AWS cannot change a flow log"
        elif before and (after is None or _way(before) != _way(after)):
            yield f"no longer records {_source(before)}"

    def observe(self, aws: Aws, wanted: Wanted[FlowLogSpec]) -> Iterator[Observed[FlowLogSpec]]:
        for found in describe(aws, "FlowLogs", "FlowLogs"):
            if any(found["ResourceId"].startswith(prefix) for _, prefix in SOURCES.values()):
                yield translate(aws, found)

    def create(self, aws: Aws, spec: FlowLogSpec, tags: Mapping[str, str]) -> Made:
        field = next(field for field in SOURCES if getattr(spec, field))
        options = spec.destination_options
        given: dict[str, Any] = {
            "LogGroupName": spec.log_group_name,
            "LogDestination": spec.log_destination,
            "DeliverLogsPermissionArn": spec.deliver_logs_permission_arn,
            "DestinationOptions": {
                "FileFormat": options.file_format,
                "HiveCompatiblePartitions": options.hive_compatible_partitions,
                "PerHourPartition": options.per_hour_partition,
            }
            if options != DestinationOptions()
            else None,
        }
        reply = aws.call(
            "ec2",
            "CreateFlowLogs",
            ResourceType=SOURCES[field][0],
            ResourceIds=[getattr(spec, field)],
            TrafficType=spec.traffic_type,
            LogDestinationType=spec.log_destination_type,
            LogFormat=spec.log_format,
            MaxAggregationInterval=spec.max_aggregation_interval,
            TagSpecifications=self.tagged(tags),
            **{name: value for name, value in given.items() if value},
        )
        unsuccessful(reply, "CreateFlowLogs")
        (id_,) = reply["FlowLogIds"]
        return Made(id_, _outputs(aws, id_))

    def update(self, aws: Aws, live: Observed[FlowLogSpec], spec: FlowLogSpec, changed: frozenset[str]) -> None:
        """There is nothing that AWS could change."""

    def delete(self, aws: Aws, live: Observed[FlowLogSpec]) -> None:
        unsuccessful(aws.call("ec2", "DeleteFlowLogs", FlowLogIds=[live.id]), "DeleteFlowLogs")


def _source(spec: FlowLogSpec) -> str:
    return next(f"{kind} {getattr(spec, field)}" for field, (kind, _) in SOURCES.items() if getattr(spec, field))


def _way(spec: FlowLogSpec) -> tuple[str, str, str]:
    """What is recorded, and where to."""
    return _source(spec), spec.log_group_name, spec.log_destination


def translate(aws: Aws, found: Mapping[str, Any]) -> Observed[FlowLogSpec]:
    """The flow log of a DescribeFlowLogs reply, which tells no status until records have been delivered."""
    id_, source, to = found["FlowLogId"], found["ResourceId"], found.get("LogDestinationType", CLOUDWATCH)
    # arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*
    group = found.get("LogGroupName") or found.get("LogDestination", "").partition(":log-group:")[2].removesuffix(":*")
    options = found.get("DestinationOptions", {})
    known: dict[str, Any] = {field: source for field, (_, prefix) in SOURCES.items() if source.startswith(prefix)}
    spec = FlowLogSpec.model_construct(
        **{**dict.fromkeys(SOURCES, ""), **known},
        traffic_type=found["TrafficType"],
        log_destination_type=to,
        log_group_name=group if to == CLOUDWATCH else "",
        log_destination="" if to == CLOUDWATCH else found["LogDestination"],
        deliver_logs_permission_arn=found.get("DeliverLogsPermissionArn", ""),
        log_format=found["LogFormat"],
        max_aggregation_interval=found["MaxAggregationInterval"],
        destination_options=DestinationOptions(
            file_format=options.get("FileFormat", "plain-text"),
            hive_compatible_partitions=options.get("HiveCompatiblePartitions", False),
            per_hour_partition=options.get("PerHourPartition", False),
        ),
        tags={},
    )
    failing = found.get("DeliverLogsStatus") == "FAILED"
    pending = (
        f"records do not arrive: {found.get('DeliverLogsErrorMessage', 'AWS does not say why')}" if failing else ""
    )
    return Observed(id_, spec, tags_of(found), _outputs(aws, id_), pending)


def _outputs(aws: Aws, id_: str) -> dict[str, str]:
    return {"id": id_, "arn": arn_of(aws, "vpc-flow-log", id_)}
