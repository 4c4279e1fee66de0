"""Flow logs: AWS's replies as it documents them, and what a plan says of one that has to be made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.kinds.ec2.flow_log import FORMAT, DestinationOptions, FlowLog, FlowLogSpec, translate
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.observed import Wanted
from controller.model.plan import State, Verb
from tests.kinds.samples.iam import TRUST
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document

ROLE = "arn:aws:iam::123456789012:role/flow-logs"
REPLY = {
    "FlowLogId": "fl-1",
    "FlowLogStatus": "ACTIVE",
    "ResourceId": "vpc-1",
    "TrafficType": "REJECT",
    "LogDestinationType": "cloud-watch-logs",
    "LogGroupName": "/vpc/flows",
    "DeliverLogsPermissionArn": ROLE,
    "DeliverLogsStatus": "SUCCESS",
    "LogFormat": FORMAT,
    "MaxAggregationInterval": 600,
    "Tags": [],
}
WANTED = FlowLogSpec(vpc="vpc-1", traffic_type="REJECT", log_group_name="/vpc/flows", deliver_logs_permission_arn=ROLE)
S3 = {"log_destination_type": "s3", "log_destination": "arn:aws:s3:::flows"}


def read(**facts: Any) -> FlowLogSpec:
    return translate(Stubbed("ec2").aws, {**REPLY, **facts}).spec


def test_a_log_groups_name_is_told_in_more_than_one_way() -> None:
    arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/vpc/flows"
    assert read() == WANTED
    assert read(LogGroupName="", LogDestination=arn) == WANTED
    assert read(LogGroupName="", LogDestination=f"{arn}:*") == WANTED
    assert read(LogDestination=arn) == WANTED


def test_a_reply_about_files_in_s3_is_read() -> None:
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": False}
    facts = {"LogGroupName": "", "DeliverLogsPermissionArn": "", "LogDestinationType": "s3", "ResourceId": "subnet-1"}
    live = read(**facts, LogDestination="arn:aws:s3:::flows", DestinationOptions=options)
    files = DestinationOptions(file_format="parquet", hive_compatible_partitions=True)
    assert live == FlowLogSpec(subnet="subnet-1", traffic_type="REJECT", destination_options=files, **S3)


def test_a_format_may_be_written_over_several_lines() -> None:
    text = FORMAT.replace(" ", "\n  ")
    assert FlowLogSpec(**{**WANTED.model_dump(), "log_format": text}) == WANTED


def test_flow_logs_of_what_is_none_of_ours_are_left_alone() -> None:
    account = Stubbed("ec2")
    found = [{**REPLY, "ResourceId": id_, "FlowLogId": f"fl-{id_}"} for id_ in ("vpc-1", "subnet-1", "eni-1", "tgw-1")]
    account.expect("DescribeFlowLogs", {"FlowLogs": found}, MaxResults=1000)
    ids = [item.id for item in FlowLog().observe(account.aws, Wanted(everything=True))]
    assert ids == ["fl-vpc-1", "fl-subnet-1", "fl-eni-1"]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"subnet": "subnet-1"}, "records one thing: vpc, subnet or networkInterface"),
        ({"vpc": ""}, "records one thing"),
        ({"log_group_name": ""}, "cloud-watch-logs takes a logGroupName and no logDestination"),
        ({"log_destination": "arn:aws:s3:::flows"}, "cloud-watch-logs takes a logGroupName and no logDestination"),
        ({"deliver_logs_permission_arn": ""}, "needs a role that writes the records: deliverLogsPermissionArn"),
        (S3, "s3 takes a logDestination and no logGroupName"),
        ({"destination_options": DestinationOptions(per_hour_partition=True)}, "destinationOptions are for s3"),
        ({"max_aggregation_interval": 61}, "Input should be 60 or 600"),
    ],
)
def test_what_aws_would_refuse_is_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FlowLogSpec(**{**WANTED.model_dump(), **facts})


def test_a_plan_says_when_nothing_is_recorded() -> None:
    other = WANTED.model_copy(update={"traffic_type": "ALL"})
    elsewhere = WANTED.model_copy(update={"log_group_name": "other"})
    kind = FlowLog()
    assert kind.same_slot(other, WANTED)
    assert not kind.same_slot(elsewhere, WANTED)
    assert list(kind.tell(Verb.REPLACE, WANTED, other)) == [
        "records nothing of VPC vpc-1 for a moment, since AWS cannot change a flow log"
    ]
    assert list(kind.tell(Verb.DELETE, WANTED, None)) == ["no longer records VPC vpc-1"]
    assert list(kind.tell(Verb.CREATE, None, WANTED)) == []


def test_records_that_do_not_arrive_are_said_with_awss_reason(aws_endpoint: str, tmp_path: Path) -> None:
    """The flow log exists and nothing differs, so only this tells that nothing is recorded."""
    stage = Stage(tmp_path)
    stage.files["own.yaml"] = write(
        [
            document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"}),
            document("iam.aws/v1", "Role", "writer", {"trust": TRUST}),
            document(
                "ec2.aws/v1",
                "FlowLog",
                "main",
                {
                    "vpc": "main",
                    "trafficType": "ALL",
                    "logGroupName": "missing",
                    "deliverLogsPermissionArn": "writer",
                },
            ),
        ]
    )
    stage.apply()
    status = stage.apply().statuses[Address("test", "ec2/FlowLog", "main")]
    assert (status.state, status.reason) == (State.PENDING, "records do not arrive: Access error")
