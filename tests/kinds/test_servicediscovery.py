"""Cloud Map: namespaces that AWS takes its time with, and services that are found by namespace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.errors import AwsBusy, AwsRefused
from controller.kinds.servicediscovery.namespace import Namespace, NamespaceSpec
from controller.kinds.servicediscovery.service import DIFFER, Service, ServiceSpec, translate
from controller.manifest.yaml_writer import write
from controller.model.observed import Observed, Wanted
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document

ID = "ns-abcdefghij"
SERVICE: dict[str, Any] = {"Id": "srv-1", "Arn": "arn:srv-1", "Name": "app"}
OWN = [{"Name": "RESOURCE_OWNER", "Values": ["SELF"], "Condition": "EQ"}]
OPERATIONS = [
    {"Name": "NAMESPACE_ID", "Values": [ID], "Condition": "EQ"},
    {"Name": "TYPE", "Values": ["CREATE_NAMESPACE"], "Condition": "EQ"},
]
HTTP = NamespaceSpec(name="shop", type="HTTP")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Stubbed:
    """Tags are read elsewhere: here they would be in the way."""
    monkeypatch.setattr("controller.kinds.servicediscovery.namespace.tags_of", lambda aws, found, wanted: {})
    return Stubbed("servicediscovery")


def asked(account: Stubbed, state: dict[str, Any]) -> None:
    account.expect("CreateHttpNamespace", {"OperationId": "op-1"}, Name="shop", Description="", Tags=[])
    account.expect("GetOperation", {"Operation": {"Id": "op-1", **state}}, OperationId="op-1")


def look(account: Stubbed, id_: str, state: dict[str, Any]) -> list[Observed[NamespaceSpec]]:
    """What is seen of a namespace that the inventory knows and AWS does not list."""
    account.expect("ListNamespaces", {"Namespaces": []}, MaxResults=100, Filters=OWN)
    if id_ == ID:
        found = [{"Id": "op-1", "Status": state["Status"]}]
        account.expect("ListOperations", {"Operations": found}, Filters=OPERATIONS)
    if id_ != ID or state["Status"] != "SUCCESS":
        account.expect("GetOperation", {"Operation": {"Id": "op-1", **state}}, OperationId="op-1")
    return list(Namespace().observe(account.aws, Wanted(ids=frozenset({id_}))))


def test_a_namespace_that_takes_its_time_is_pending_under_its_id(account: Stubbed) -> None:
    asked(account, {"Status": "PENDING", "Targets": {"NAMESPACE": ID}})
    made = Namespace().create(account.aws, HTTP, {})
    assert (made.id, made.pending, made.outputs) == (ID, "AWS is still making it", {})


def test_until_aws_names_the_namespace_the_operation_stands_for_it(account: Stubbed) -> None:
    asked(account, {"Status": "SUBMITTED"})
    assert Namespace().create(account.aws, HTTP, {}).id == "op-1"
    (seen,) = look(account, "op-1", {"Status": "PENDING"})
    assert (seen.id, seen.pending) == ("op-1", "AWS is still making it")


def test_what_aws_fails_to_make_at_once_is_refused_with_its_words(account: Stubbed) -> None:
    asked(account, {"Status": "FAIL", "ErrorCode": "CONFLICT", "ErrorMessage": "the zone exists"})
    with pytest.raises(AwsRefused, match="CONFLICT: the zone exists"):
        Namespace().create(account.aws, HTTP, {})


def test_a_namespace_on_its_way_is_not_asked_for_again(account: Stubbed) -> None:
    """It is seen with nothing known of it, which is no drift."""
    (seen,) = look(account, ID, {"Status": "PENDING"})
    assert seen.pending == "AWS is still making it"
    assert set(seen.spec.model_dump().values()) == {None}


def test_one_that_failed_later_is_told_for_a_while_and_then_asked_for_again(account: Stubbed) -> None:
    failed = {"Status": "FAIL", "ErrorCode": "CONFLICT", "ErrorMessage": "the zone exists"}
    (seen,) = look(account, ID, {**failed, "UpdateDate": datetime.now(UTC)})
    assert seen.pending == ("AWS could not make it: CONFLICT: the zone exists; it is asked for again after 10 minutes")
    assert look(account, ID, {**failed, "UpdateDate": datetime.now(UTC) - timedelta(minutes=11)}) == []


def test_one_that_was_made_and_is_gone_is_gone(account: Stubbed) -> None:
    assert look(account, ID, {"Status": "SUCCESS"}) == []


def test_a_change_while_aws_is_at_another_waits(account: Stubbed) -> None:
    account.refuse("DeleteNamespace", "DuplicateRequest")
    with pytest.raises(AwsBusy):
        Namespace().delete(account.aws, Observed(ID, HTTP))


def test_a_namespace_says_which_services_hold_it_and_a_service_which_instances(
    aws_endpoint: str, tmp_path: Path
) -> None:
    files = [
        document("servicediscovery.aws/v1", "Namespace", "shop", {"name": "shop", "type": "HTTP"}),
        document("servicediscovery.aws/v1", "Service", "app", {"namespace": "shop"}),
    ]
    stage = Stage(tmp_path)
    stage.files["all.yaml"] = write(files)
    stage.converge()
    owned = {address.name: item for address, item in stage.plan().owned.items()}
    boto3.client("servicediscovery", region_name="eu-central-1").register_instance(
        ServiceId=owned["app"].id, InstanceId="i-1", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.1"}
    )
    assert Namespace().holders(stage.aws(), owned["shop"]) == f"{owned['app'].id} (app)"
    assert Service().holders(stage.aws(), owned["app"]) == "instance i-1"


def test_a_health_check_of_another_type_goes_before_it_comes(account: Stubbed) -> None:
    """UpdateService takes no other type for a check that exists."""
    check = {"Type": "TCP", "FailureThreshold": 1}
    live = translate({**SERVICE, "HealthCheckConfig": check}, ID, {})
    wanted = ServiceSpec(name="app", namespace=ID, health_check_type="HTTP")
    account.expect("UpdateService", {"OperationId": "1"}, Id="srv-1", Service={"Description": ""})
    new = {"Type": "HTTP", "FailureThreshold": 1, "ResourcePath": "/"}
    account.expect(
        "UpdateService", {"OperationId": "2"}, Id="srv-1", Service={"Description": "", "HealthCheckConfig": new}
    )
    Service().update(account.aws, live, wanted, frozenset({"healthCheckType"}))
    account.done()


def test_records_with_different_ttls_are_drift_whatever_is_asked_for() -> None:
    records = [{"Type": "A", "TTL": 10}, {"Type": "AAAA", "TTL": 60}]
    live = translate({**SERVICE, "DnsConfig": {"DnsRecords": records, "RoutingPolicy": "WEIGHTED"}}, ID, {}).spec
    assert (live.ttl, live.routing_policy, sorted(live.dns_records)) == (DIFFER, "WEIGHTED", ["A", "AAAA"])


def test_the_root_is_the_path_that_aws_asks_for_by_itself() -> None:
    check = {"Type": "HTTP", "ResourcePath": "/", "FailureThreshold": 1}
    live = translate({**SERVICE, "HealthCheckConfig": check}, ID, {}).spec
    written = ServiceSpec(name="app", namespace=ID, health_check_type="HTTP", health_check_path="/")
    assert live.health_check_path == written.health_check_path == ""


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("Namespace", {"name": "a", "type": "DNS_PRIVATE"}, "a private namespace is for a VPC"),
        (
            "Namespace",
            {"name": "a", "type": "HTTP", "vpc": "vpc-0123456789abcdef0"},
            "a private namespace is for a VPC",
        ),
        ("Service", {"namespace": ID, "dnsRecords": ["A", "SRV"]}, "A, AAAA, A and AAAA"),
        ("Service", {"namespace": ID, "healthCheckType": "TCP", "customHealthCheck": True}, "one of both"),
        ("Service", {"namespace": ID, "healthCheckType": "TCP", "healthCheckPath": "/up"}, "HTTP and HTTPS"),
    ],
)
def test_what_aws_would_refuse_is_said_before_any_call(tmp_path: Path, kind: str, spec: Any, said: str) -> None:
    stage = Stage(tmp_path)
    stage.files["a.yaml"] = write([document("servicediscovery.aws/v1", kind, "a", spec)])
    with pytest.raises(AssertionError, match=said):
        stage.desired()
