"""What moto cannot do of DHCP options and flow logs (gaps.py), shown on the requests."""

from __future__ import annotations

from typing import Any

import pytest

from controller.errors import AlreadyExists
from controller.kinds.ec2.dhcp_options import DhcpOptions, DhcpOptionsSpec
from controller.kinds.ec2.flow_log import FORMAT, DestinationOptions, FlowLog, FlowLogSpec
from tests.kinds.stubbed import Stubbed, covers


@covers("ec2/DhcpOptions", "ipv6AddressPreferredLeaseTime")
def test_every_option_is_a_list_of_texts_and_what_says_no_more_than_the_default_is_left_out() -> None:
    account = Stubbed("ec2")
    reply = {
        "DhcpOptionsId": "dopt-1",
        "DhcpConfigurations": [{"Key": "netbios-node-type", "Values": [{"Value": "2"}]}],
    }
    account.expect(
        "CreateDhcpOptions",
        {"DhcpOptions": reply},
        DhcpConfigurations=[
            {"Key": "domain-name-servers", "Values": ["10.0.0.3", "10.0.0.2"]},
            {"Key": "netbios-node-type", "Values": ["2"]},
            {"Key": "ipv6-address-preferred-lease-time", "Values": ["3600"]},
        ],
        TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    spec = DhcpOptionsSpec(
        domain_name_servers=("10.0.0.3", "10.0.0.2"), netbios_node_type=2, ipv6_address_preferred_lease_time=3600
    )
    assert DhcpOptions().create(account.aws, spec, {"a": "b"}).id == "dopt-1"
    account.done()


S3 = "arn:aws:s3:::flows"
STREAM = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/flows"
TAGS = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "a", "Value": "b"}]}]
PARQUET = {"FileFormat": "parquet", "HiveCompatiblePartitions": False, "PerHourPartition": True}


@covers("ec2/FlowLog", "destinationOptions", "logDestination", "logDestinationType", "networkInterface", "subnet")
@pytest.mark.parametrize(
    ("facts", "sent"),
    [
        (
            {
                "subnet": "subnet-1",
                "log_destination_type": "s3",
                "log_destination": S3,
                "destination_options": DestinationOptions(file_format="parquet", per_hour_partition=True),
            },
            {"ResourceType": "Subnet", "ResourceIds": ["subnet-1"], "LogDestinationType": "s3", "LogDestination": S3}
            | {"DestinationOptions": PARQUET},
        ),
        (
            {"network_interface": "eni-1", "log_destination_type": "kinesis-data-firehose", "log_destination": STREAM},
            {"ResourceType": "NetworkInterface", "ResourceIds": ["eni-1"]}
            | {"LogDestinationType": "kinesis-data-firehose", "LogDestination": STREAM},
        ),
    ],
)
def test_a_flow_log_goes_where_it_says(facts: dict[str, Any], sent: dict[str, Any]) -> None:
    account = Stubbed("ec2")
    common = {"TrafficType": "ALL", "LogFormat": FORMAT, "MaxAggregationInterval": 600, "TagSpecifications": TAGS}
    account.expect("CreateFlowLogs", {"FlowLogIds": ["fl-1"]}, **sent, **common)
    assert FlowLog().create(account.aws, FlowLogSpec(traffic_type="ALL", **facts), {"a": "b"}).id == "fl-1"
    account.done()


def test_what_aws_reports_as_not_done_is_no_success() -> None:
    """It answers 200, with the trouble in the reply."""
    account = Stubbed("ec2")
    failure = {"ResourceId": "vpc-1", "Error": {"Code": "FlowLogAlreadyExists", "Message": "There is one."}}
    account.expect(
        "CreateFlowLogs",
        {"FlowLogIds": [], "Unsuccessful": [failure]},
        ResourceType="VPC",
        ResourceIds=["vpc-1"],
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=S3,
        LogFormat=FORMAT,
        MaxAggregationInterval=600,
        TagSpecifications=TAGS,
    )
    spec = FlowLogSpec(vpc="vpc-1", traffic_type="ALL", log_destination_type="s3", log_destination=S3)
    with pytest.raises(AlreadyExists, match="There is one"):
        FlowLog().create(account.aws, spec, {"a": "b"})
    account.done()
