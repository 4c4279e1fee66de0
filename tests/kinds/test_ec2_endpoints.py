"""VPC endpoints: names of services, policies, states, and what a delete is told in a reply that is no error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.errors import AwsBusy, AwsRefused, NotFound
from controller.kinds.ec2 import vpc_endpoint
from controller.kinds.ec2.vpc_endpoint import FULL_ACCESS, VpcEndpoint, VpcEndpointSpec
from controller.manifest.yaml_writer import write
from controller.model.observed import Observed, Wanted
from controller.model.plan import Verb
from tests.kinds.stubbed import Stubbed
from tests.kinds.test_ec2_routes import VPC, doc, found, table
from tests.stage import Stage

REPLY: dict[str, Any] = {
    "VpcEndpointId": "vpce-1",
    "VpcEndpointType": "Gateway",
    "VpcId": "vpc-1",
    "ServiceName": "com.amazonaws.eu-central-1.s3",
    "ServiceRegion": "eu-central-1",
    "State": "available",
    "PolicyDocument": json.dumps(FULL_ACCESS.data),
    "RouteTableIds": ["rtb-1"],
    "SubnetIds": [],
    "Groups": [],
    "PrivateDnsEnabled": False,
    "OwnerId": "123456789012",
    "RequesterManaged": False,
}


def live(**facts: Any) -> Observed[VpcEndpointSpec]:
    return vpc_endpoint.translate(Stubbed("ec2").aws, {**REPLY, **facts})


def spec(**fields: Any) -> VpcEndpointSpec:
    return VpcEndpointSpec.model_validate({"vpc": "vpc-1", **fields})


@pytest.mark.parametrize(
    ("written", "service", "region", "whole"),
    [
        ("s3", "s3", None, "com.amazonaws.eu-central-1.s3"),
        ("com.amazonaws.eu-central-1.s3", "s3", "eu-central-1", "com.amazonaws.eu-central-1.s3"),
        ("com.amazonaws.eu-central-1.ecr.api", "ecr.api", "eu-central-1", "com.amazonaws.eu-central-1.ecr.api"),
        ("com.amazonaws.us-east-1.s3", "s3", "us-east-1", "com.amazonaws.us-east-1.s3"),
        ("aws.sagemaker.eu-central-1.notebook", "aws.sagemaker.eu-central-1.notebook", None, "aws.sagemaker.eu-central-1.notebook"),
        ("cn.com.amazonaws.cn-north-1.ecr.api", "cn.com.amazonaws.cn-north-1.ecr.api", None, "cn.com.amazonaws.cn-north-1.ecr.api"),
        (
            "com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0",
            "com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0",
            None,
            "com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0",
        ),
    ],
)  # fmt: skip
def test_a_service_may_be_called_by_its_short_name_or_by_its_whole_one(
    written: str, service: str, region: str | None, whole: str
) -> None:
    read = spec(serviceName=written)
    assert (read.service_name, read.service_region) == (service, region)
    assert read.whole_name("eu-central-1") == whole
    assert spec(**read.model_dump(by_alias=True, exclude={"vpc"})) == read
    there = live(ServiceName=whole, ServiceRegion=None).spec
    assert (there.service_name, there.service_region or region) == (service, region or there.service_region)


def test_a_name_and_a_region_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="serviceName is of us-east-1, and serviceRegion says eu-west-1"):
        spec(serviceName="com.amazonaws.us-east-1.s3", serviceRegion="eu-west-1")
    assert spec(serviceName="com.amazonaws.us-east-1.s3", serviceRegion="us-east-1").service_name == "s3"
    with pytest.raises(ValidationError):
        VpcEndpointSpec.model_validate("s3")
    with pytest.raises(ValidationError):
        spec(serviceName=3)


@pytest.mark.parametrize("version", ["2008-10-17", "2012-10-17"])
def test_full_access_is_what_no_policy_means(version: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    assert spec(serviceName="s3", policyDocument={"Version": version, "Statement": [statement]}) == spec(
        serviceName="s3"
    )
    less = {"Version": version, "Statement": [{**statement, "Action": "s3:GetObject"}]}
    assert spec(serviceName="s3", policyDocument=less) != spec(serviceName="s3")
    assert live().spec.policy_document == FULL_ACCESS


def test_what_takes_no_policy_reports_none_and_that_is_no_drift() -> None:
    without: Any = live(PolicyDocument=None).spec.policy_document
    assert without is None


@pytest.mark.parametrize(
    ("state", "pending", "failed"),
    [
        ("available", "", ""),
        ("pending", "AWS is still making it", ""),
        ("pendingAcceptance", "the owner of the service has yet to accept it", ""),
        ("PendingAcceptance", "the owner of the service has yet to accept it", ""),
        ("failed", "", "no addresses are free"),
        ("expired", "", "no addresses are free"),
    ],
)
def test_each_state_says_what_it_waits_for(state: str, pending: str, failed: str) -> None:
    found = live(State=state, LastError={"Code": "x", "Message": "no addresses are free"})
    assert (found.pending, found.failed) == (pending, failed)


def test_an_endpoint_that_failed_for_no_reason_that_aws_gives_says_so_itself() -> None:
    assert live(State="failed").failed == "the endpoint has failed"
    assert live(State="rejected").pending.startswith("the owner of the service has rejected it: ask them")


def test_endpoints_of_others_and_of_aws_services_are_not_seen() -> None:
    account = Stubbed("ec2")
    endpoints = [
        REPLY,
        {**REPLY, "RequesterManaged": True},
        {**REPLY, "OwnerId": "210987654321"},
        {**REPLY, "VpcEndpointType": "ServiceNetwork"},
    ]
    filters = [{"Name": "vpc-endpoint-state", "Values": sorted(vpc_endpoint.THERE)}]
    account.expect("DescribeVpcEndpoints", {"VpcEndpoints": endpoints}, Filters=filters, MaxResults=1000)
    assert [each.id for each in VpcEndpoint().observe(account.aws, Wanted())] == ["vpce-1"]


@pytest.mark.parametrize(
    ("code", "error"),
    [("InvalidVpcEndpoint.NotFound", NotFound), ("InvalidParameter", AwsRefused), ("DependencyViolation", AwsBusy)],
)
def test_a_delete_that_did_not_succeed_is_an_error_although_aws_answers_that_all_is_well(
    code: str, error: type[Exception]
) -> None:
    account = Stubbed("ec2")
    failure = {"ResourceId": "vpce-1", "Error": {"Code": code, "Message": "no"}}
    account.expect("DeleteVpcEndpoints", {"Unsuccessful": [failure]}, VpcEndpointIds=["vpce-1"])
    with pytest.raises(error, match=f"ec2:DeleteVpcEndpoints: {code}: no"):
        VpcEndpoint().delete(account.aws, live())


LONG = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "x" * 21000}}


def endpoint(name: str = "e", /, **fields: Any) -> dict[str, Any]:
    return doc("VpcEndpoint", name, vpc="main", **fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"serviceName": "ecr.api"}, "ecr.api has no gateway endpoint"),
        ({"serviceName": "s3", "subnets": ["subnet-01234567"]}, "an endpoint of type Gateway takes none"),
        ({"serviceName": "s3", "securityGroups": ["sg-01234567"]}, "an endpoint of type Gateway takes none"),
        (
            {"serviceName": "s3", "vpcEndpointType": "Interface", "routeTables": ["rtb-01234567"]},
            "an endpoint of type Interface takes none",
        ),
        (
            {"serviceName": "ecr.api", "vpcEndpointType": "Interface", "privateDnsEnabled": True},
            "needs enableDnsHostnames of VPC main",
        ),
        (
            {"serviceName": "s3", "policyDocument": LONG},
            "characters; AWS takes 20480",
        ),
    ],
)  # fmt: skip
def test_an_endpoint_that_aws_would_refuse_is_said_before(fields: dict[str, Any], said: str) -> None:
    (message,) = found(VPC, endpoint(**fields))
    assert said in message


def test_two_endpoints_to_one_service_in_one_route_table_are_an_error_at_both() -> None:
    both = [endpoint(name, serviceName="s3", routeTables=["t"]) for name in ("one", "two")]
    first, second = found(VPC, table("t"), *both)
    assert first.startswith("t leads to s3 through two (net.yaml:")
    assert second.startswith("t leads to s3 through one (net.yaml:")
    assert found(VPC, table("t"), both[0], endpoint("two", serviceName="dynamodb", routeTables=["t"])) == []


def test_a_change_is_told_by_what_takes_another_way() -> None:
    before, after = spec(serviceName="s3", routeTables=["a"]), spec(serviceName="s3", routeTables=["b"])
    assert list(VpcEndpoint().tell(Verb.UPDATE, before, after)) == [
        "route table b leads to s3 through the endpoint",
        "route table a leads to s3 no longer through the endpoint",
    ]
    assert len(list(VpcEndpoint().tell(Verb.CREATE, None, after))) == 1


def test_an_interface_endpoint_follows_its_subnets_and_groups(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    network = [
        doc("Vpc", "main", cidrBlock="10.0.0.0/16", enableDnsHostnames=True),
        *(doc("Subnet", n, vpc="main", cidrBlock=f"10.0.{i}.0/24") for i, n in enumerate("ab")),
        *(doc("SecurityGroup", n, vpc="main") for n in ("web", "app")),
    ]

    def commit(subnet: str, group: str) -> None:
        fields = {"vpcEndpointType": "Interface", "subnets": [subnet], "securityGroups": [group]}
        stage.files["net.yaml"] = write([*network, endpoint(serviceName="ecr.api", **fields)])

    commit("a", "web")
    stage.converge()
    commit("b", "app")
    stage.calls.clear()
    stage.converge()
    assert stage.changes == ["ModifyVpcEndpoint"]
    (made,) = VpcEndpoint().observe(stage.aws(), Wanted())
    assert made.outputs["dnsName"].startswith(made.id)
    stage.files["net.yaml"] = write(network)
    stage.converge()
    assert list(VpcEndpoint().observe(stage.aws(), Wanted())) == []


def test_the_routes_of_a_gateway_endpoint_are_no_drift_of_the_table(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["net.yaml"] = write([VPC, table("t"), endpoint(serviceName="s3", routeTables=["t"])])
    stage.converge()
    reply = stage.aws().call("ec2", "DescribeRouteTables", Filters=[{"Name": "tag-key", "Values": ["trueup:owner"]}])
    (there,) = reply["RouteTables"]
    assert any(route.get("GatewayId", "").startswith("vpce-") for route in there["Routes"])
    assert stage.plan().actions == ()
