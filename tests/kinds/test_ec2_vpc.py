"""VPCs, subnets and security groups: what is checked before any call, what a plan says, and what must never happen on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.errors import AwsBusy
from controller.kinds.ec2.security_group import SecurityGroup, translate
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import State
from tests.kinds.stubbed import Stubbed
from tests.stage import SCOPE, Stage, document

VPC = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"})


def subnet(name: str, **spec: Any) -> dict[str, Any]:
    return document("ec2.aws/v1", "Subnet", name, {"vpc": "main", "cidrBlock": "10.0.1.0/24", **spec})


def group(name: str, **spec: Any) -> dict[str, Any]:
    return document("ec2.aws/v1", "SecurityGroup", name, {"vpc": "main", **spec})


def tcp(port: int, *peers: str, **more: str) -> dict[str, Any]:
    return {"protocol": "tcp", "port": port, "from": list(peers), **more}


def stage_of(folder: Path, *documents: dict[str, Any]) -> Stage:
    return Stage(folder, {"scope.yaml": SCOPE, "own.yaml": write(documents)})


def put(stage: Stage, *documents: dict[str, Any]) -> None:
    stage.files["own.yaml"] = write(documents)


def problems(folder: Path, *documents: dict[str, Any]) -> list[str]:
    return [str(problem) for problem in stage_of(folder, *documents).loaded().problems]


@pytest.fixture
def ec2(aws_endpoint: str) -> Any:
    return boto3.client("ec2", region_name="eu-central-1")


# What is found before any call.


def test_a_subnet_outside_its_vpc_is_an_error_with_the_vpcs_ranges(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, VPC, subnet("a", cidrBlock="10.1.0.0/24"))
    assert "own.yaml" in found
    assert "spec.cidrBlock: 10.1.0.0/24 is not within VPC main, which has 10.0.0.0/16" in found


def test_a_subnet_may_lie_in_a_secondary_range(tmp_path: Path) -> None:
    vpc = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16", "secondaryCidrBlocks": ["10.1.0.0/16"]})
    assert problems(tmp_path, vpc, subnet("a", cidrBlock="10.1.0.0/24")) == []


def test_two_subnets_that_overlap_are_both_told_with_the_others_line(tmp_path: Path) -> None:
    first, second = problems(tmp_path, VPC, subnet("a", cidrBlock="10.0.0.0/23"), subnet("b"))
    assert "overlaps with b (own.yaml:" in first
    assert "overlaps with a (own.yaml:" in second


def test_subnets_of_two_vpcs_may_have_one_range(tmp_path: Path) -> None:
    other = document("ec2.aws/v1", "Vpc", "other", {"cidrBlock": "10.0.0.0/16"})
    assert problems(tmp_path, VPC, other, subnet("a"), subnet("b", vpc="other")) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            subnet("a", cidrBlock="10.0.1.5/24"),
            "'10.0.1.5/24' has bits set beyond its prefix; the network is 10.0.1.0/24",
        ),
        (subnet("a", availabilityZone="us-east-1a"), "us-east-1a is not in the scope's region eu-central-1"),
        (subnet("a", cidrBlock="10.0.0.0/30"), "10.0.0.0/30 is not between /16 and /28"),
        (subnet("a", ipv6CidrBlock="10.0.2.0/24"), "is IPv4; here it must be IPv6"),
        (subnet("a", ipv6CidrBlock="2001:db8::/62"), "2001:db8::/62 is none of /44, /48, ... /64"),
        (subnet("a", cidrBlock=""), "needs a cidrBlock, or ipv6Native: true"),
        (group("a", groupName="sg-a"), "begins with sg-, which AWS keeps for its ids"),
        (group("a", ingress=[tcp(70000, "10.0.0.0/8")]), "is no range of ports"),
        (group("a", ingress=[tcp(22, "10.0.0.1")]), "a single address is written 10.0.0.1/32"),
        (group("a", ingress=[tcp(22, "nowhere")]), "there is no SecurityGroup or PrefixList 'nowhere'"),
    ],
)
def test_what_aws_would_refuse_is_an_error_at_its_line(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    (found,) = problems(tmp_path, VPC, wrong)
    assert ": error: " in found
    assert said in found


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"cidrBlock": "10.0.0.0/8"}, "10.0.0.0/8 is not between /16 and /28"),
        ({"cidrBlock": "10.0.0.0/16", "secondaryCidrBlocks": ["10.0.1.0/24"]}, "10.0.0.0/16 and 10.0.1.0/24 overlap"),
        ({"cidrBlock": "10.0.0.0/16", "enableDnsSupport": False, "enableDnsHostnames": True}, "needs enableDnsSupport"),
    ],
)
def test_a_vpc_that_aws_would_refuse_is_an_error(tmp_path: Path, spec: dict[str, Any], said: str) -> None:
    (found,) = problems(tmp_path, document("ec2.aws/v1", "Vpc", "main", spec))
    assert said in found


def test_more_rules_than_the_quota_are_a_warning(tmp_path: Path) -> None:
    """A quota can be raised, so it may well be meant."""
    (found,) = problems(tmp_path, VPC, group("a", ingress=[tcp(port, "10.0.0.0/8") for port in range(61)]))
    assert "warning: spec.ingress: has 61 rules; AWS takes 60" in found


# What a plan says.


def test_a_plan_says_what_is_opened_and_closed(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, VPC, group("alb"), group("app", ingress=[tcp(3000, "alb")]))
    stage.converge()
    put(stage, VPC, group("alb"), group("app", ingress=[tcp(22, "0.0.0.0/0")], egress=[]))
    (action,) = stage.plan().actions
    assert action.effects == (
        "opens 22/tcp to 0.0.0.0/0",
        "closes 3000/tcp to alb",
        "no longer lets out all traffic to 0.0.0.0/0",
        "no longer lets out all traffic to ::/0",
    )


# What happens on the way.


def test_a_changed_rule_is_added_before_the_old_one_is_revoked(ec2: Any, tmp_path: Path) -> None:
    """So that no traffic in flight is cut."""
    stage = stage_of(tmp_path, VPC, group("app", ingress=[tcp(80, "10.0.0.0/8")]))
    stage.converge()
    stage.calls.clear()
    put(stage, VPC, group("app", ingress=[tcp(80, "10.0.0.0/9")]))
    stage.converge()
    assert stage.changes == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]


def test_a_changed_description_cuts_nothing(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, VPC, group("app", ingress=[tcp(80, "10.0.0.0/8", description="a")]))
    stage.converge()
    stage.calls.clear()
    put(stage, VPC, group("app", ingress=[tcp(80, "10.0.0.0/8", description="b")]))
    stage.converge()
    assert stage.changes == ["UpdateSecurityGroupRuleDescriptionsIngress"]


def test_two_groups_that_name_each_other_converge_and_go(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, VPC, group("a", ingress=[tcp(80, "b")]), group("b", ingress=[tcp(80, "a")]))
    stage.converge()
    put(stage, VPC)
    stage.converge()
    names = {found["GroupName"] for found in ec2.describe_security_groups()["SecurityGroups"]}
    assert names == {"default"}


def test_the_default_group_is_closed_without_being_owned(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, VPC, group("main-default", groupName="default", egress=[]))
    stage.converge()
    (vpc,) = [found["VpcId"] for found in ec2.describe_vpcs()["Vpcs"] if found["CidrBlock"] == "10.0.0.0/16"]
    (found,) = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert (found["IpPermissions"], found["IpPermissionsEgress"], found.get("Tags", [])) == ([], [], [])
    put(stage, VPC)
    assert stage.plan().actions == ()
    put(stage)
    stage.converge()


def test_what_holds_a_group_is_pending_with_its_id(ec2: Any, tmp_path: Path) -> None:
    """A load balancer's network interface takes minutes to go: nobody need act, and the group's rules stay until then."""
    account = Stubbed("ec2")
    facts = {"GroupId": "sg-1", "GroupName": "app", "Description": "app", "VpcId": "vpc-1", "OwnerId": "1"}
    live = translate(account.aws, facts)
    holder = {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-7", "Description": "ELB app/web"}]}
    mine = [{"Name": "group-id", "Values": ["sg-1"]}]
    account.refuse("DeleteSecurityGroup", "DependencyViolation")
    account.expect("DescribeNetworkInterfaces", holder, Filters=mine)
    with pytest.raises(AwsBusy):
        SecurityGroup().delete(account.aws, live)
    account.expect("DescribeNetworkInterfaces", holder, Filters=mine)
    assert SecurityGroup().holders(account.aws, live) == "eni-7 (ELB app/web)"
    account.done()


def test_a_subnet_that_something_uses_is_pending_with_the_users_id(ec2: Any, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, VPC, subnet("a"))
    stage.converge()
    (live,) = ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.1.0/24"]}])["Subnets"]
    eni = ec2.create_network_interface(SubnetId=live["SubnetId"], Description="by hand")["NetworkInterface"]
    put(stage, VPC)
    outcome = stage.apply()
    status = outcome.statuses[Address("test", "ec2/Subnet", "a")]
    assert status.state is State.PENDING
    assert status.reason == f"{live['SubnetId']} is still in use by {eni['NetworkInterfaceId']} (by hand)"
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    stage.converge()


# What AWS reports, as its API reference has it.


def test_rules_that_aws_splits_and_merges_are_the_same_rules() -> None:
    one = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    split = [{**one, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, {**one, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
    merged = [{**one, "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    facts = {"GroupId": "sg-1", "GroupName": "app", "Description": "app", "VpcId": "vpc-1", "OwnerId": "1"}
    aws = Stubbed("ec2").aws
    assert (
        translate(aws, {**facts, "IpPermissions": split}).spec
        == translate(aws, {**facts, "IpPermissions": merged}).spec
    )


@pytest.mark.parametrize(
    ("permission", "protocol", "ports", "peers"),
    [
        ({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": "1"}]}, "all", "", ("self",)),
        (
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "PrefixListIds": [{"PrefixListId": "pl-12345678"}]},
            "tcp",
            "0-65535",
            ("pl-12345678",),
        ),
        (
            {"IpProtocol": "icmp", "FromPort": 3, "ToPort": 4, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            "icmp",
            "3/4",
            ("0.0.0.0/0",),
        ),
        (
            {"IpProtocol": "icmpv6", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            "icmpv6",
            "",
            ("::/0",),
        ),
        (
            {
                "IpProtocol": "udp",
                "FromPort": 53,
                "ToPort": 53,
                "UserIdGroupPairs": [{"GroupId": "sg-12345678", "UserId": "210987654321"}],
            },
            "udp",
            "53",
            ("210987654321/sg-12345678",),
        ),
    ],
)
def test_a_permission_is_read_as_the_rule_that_it_is(
    permission: dict[str, Any], protocol: str, ports: str, peers: tuple[str, ...]
) -> None:
    facts = {"GroupId": "sg-1", "GroupName": "app", "Description": "app", "VpcId": "vpc-1", "OwnerId": "1"}
    (rule,) = translate(Stubbed("ec2").aws, {**facts, "IpPermissions": [permission]}).spec.ingress
    assert (rule.protocol, rule.port or rule.icmp, rule.from_) == (protocol, ports, peers)
