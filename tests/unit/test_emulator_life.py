"""What takes its time in AWS takes its time in the emulator, step by step and in AWS's own terms, where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.validate import ParamValidator

from controller.aws.emulator.life import Life, living

SECOND = timedelta(seconds=1)
REGION = "eu-central-1"


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


@contextmanager
def after(seconds: float) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + seconds * SECOND):
        yield


@pytest.fixture
def ecs(aws_endpoint: str) -> Any:
    """ECS with a service of two tasks on the way, each of which takes ten seconds."""
    found = client("ecs")
    found.create_cluster(clusterName="main")
    for image in ("shop:1", "shop:2"):
        found.register_task_definition(
            family="shop", containerDefinitions=[{"name": "shop", "image": image, "memory": 512}]
        )
    with living(Life(task=10 * SECOND)):
        found.create_service(cluster="main", serviceName="shop", taskDefinition="shop:1", desiredCount=2)
        yield found


def service(ecs: Any) -> dict[str, Any]:
    """The service, in a reply that ECS's own model takes."""
    reply = ecs.describe_services(cluster="main", services=["shop"])
    shape = ecs.meta.service_model.operation_model("DescribeServices").output_shape
    reply.pop("ResponseMetadata")
    assert not ParamValidator().validate(reply, shape).has_errors()
    (found,) = reply["services"]
    return dict(found)


def stands(found: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    return [
        (each["status"], each["rolloutState"], each["taskDefinition"].rpartition("/")[2], each["runningCount"])
        for each in found["deployments"]
    ]


def test_a_services_first_tasks_come_up_one_after_the_other(ecs: Any) -> None:
    assert stands(service(ecs)) == [("PRIMARY", "IN_PROGRESS", "shop:1", 0)]
    with after(11):
        found = service(ecs)
        assert stands(found) == [("PRIMARY", "IN_PROGRESS", "shop:1", 1)]
        assert (found["runningCount"], found["pendingCount"]) == (1, 1)
    with after(31):
        assert stands(service(ecs)) == [("PRIMARY", "COMPLETED", "shop:1", 2)]


def test_another_task_definition_is_a_deployment_before_which_the_old_one_drains(ecs: Any) -> None:
    with after(31):
        first = service(ecs)["deployments"][0]["id"]
        ecs.update_service(cluster="main", service="shop", taskDefinition="shop:2")
    with after(42):
        found = service(ecs)
        assert stands(found) == [("PRIMARY", "IN_PROGRESS", "shop:2", 1), ("ACTIVE", "COMPLETED", "shop:1", 1)]
        assert [each["id"] == first for each in found["deployments"]] == [False, True]
    with after(62):
        found = service(ecs)
        assert stands(found) == [("PRIMARY", "COMPLETED", "shop:2", 2)]
    told = [event["message"].partition(": (task")[0] for event in found["events"]]
    assert told[:5] == [
        "(service shop) has reached a steady state.",
        f"(service shop) (deployment {found['deployments'][0]['id']}) deployment completed.",
        "(service shop) has stopped 1 running tasks",
        "(service shop) has stopped 1 running tasks",
        "(service shop) has started 2 tasks",
    ]


def test_another_number_of_tasks_is_no_deployment(ecs: Any) -> None:
    with after(31):
        before = service(ecs)["deployments"][0]["id"]
        ecs.update_service(cluster="main", service="shop", desiredCount=5)
        found = service(ecs)
        assert stands(found) == [("PRIMARY", "COMPLETED", "shop:1", 5)]
        assert found["deployments"][0]["id"] == before


def test_a_certificate_is_issued_a_while_after_its_records_are_in_the_zone(aws_endpoint: str) -> None:
    acm, route53 = client("acm"), client("route53")

    def status() -> str:
        return str(acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"])

    with living(Life(certificate=10 * SECOND)):
        arn = acm.request_certificate(
            DomainName="example.com", SubjectAlternativeNames=["www.example.com"], ValidationMethod="DNS"
        )["CertificateArn"]
        zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
        options = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"]
        for option in options:
            with after(3600):
                assert status() == "PENDING_VALIDATION"
            record = option["ResourceRecord"]
            values = [{"Value": record["Value"]}]
            change = {"Name": record["Name"], "Type": "CNAME", "TTL": 300, "ResourceRecords": values}
            batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": change}]}
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
        assert status() == "PENDING_VALIDATION"
        with after(11):
            assert status() == "ISSUED"


def test_a_load_balancer_is_active_after_a_while(aws_endpoint: str) -> None:
    ec2, elbv2 = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]

    def state() -> str:
        return str(elbv2.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"])

    with living(Life(balancer=10 * SECOND)):
        elbv2.create_load_balancer(Name="shop", Subnets=subnets)
        assert state() == "provisioning"
        with after(11):
            assert state() == "active"


def test_without_a_life_all_of_it_is_over_at_once(aws_endpoint: str) -> None:
    found = client("ecs")
    found.create_cluster(clusterName="main")
    found.register_task_definition(
        family="shop", containerDefinitions=[{"name": "shop", "image": "shop:1", "memory": 512}]
    )
    found.create_service(cluster="main", serviceName="shop", taskDefinition="shop:1", desiredCount=2)
    assert stands(service(found)) == [("PRIMARY", "COMPLETED", "shop:1", 2)]
