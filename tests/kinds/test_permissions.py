"""Least privilege, held to the source: a kind asks for the actions of the calls that it can make, and for no others."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from botocore.session import get_session

from controller.kinds.base import Kind
from controller.kinds.registry import KINDS
from tests.kinds.calls import OURS, calls_of, places

ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
CHANGING = ("create", "update", "delete", "retag", "holders")

PREFIXES: Mapping[str, str] = {
    "cloudwatch": "cloudwatch",
    "resourcegroupstaggingapi": "tag",
}
"""IAM's prefix of a service (as boto3 names it) where it is not the name that requests are signed with."""

ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {}
"""The actions of an operation (service as boto3 names it) where it is not the one action of the same name."""

SCALING = (
    "Application Auto Scaling asks for it of who calls: "
    "https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html"
)
CLOUD_MAP = (
    "Cloud Map does it as who calls: https://docs.aws.amazon.com/cloud-map/latest/dg/cloud-map-api-permissions-ref.html"
)
WITHOUT_A_CALL: Mapping[tuple[str, str], str] = {
    ("ec2/FlowLog", "iam:PassRole"): "CreateFlowLogs asks for it where it gives a role: "
    "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html",
    ("ec2/FlowLog", "logs:CreateLogDelivery"): "CreateFlowLogs asks for it for S3 and Firehose: "
    "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html",
    ("ec2/FlowLog", "logs:DeleteLogDelivery"): "DeleteFlowLogs asks for it for S3 and Firehose: "
    "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html",
    ("elbv2/LoadBalancer", "iam:CreateServiceLinkedRole"): "an account's first load balancer asks for it: "
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html",
    ("iam/InstanceProfile", "iam:PassRole"): "AddRoleToInstanceProfile asks for it: "
    "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html",
    ("applicationautoscaling/ScalableTarget", "cloudwatch:DeleteAlarms"): SCALING,
    ("applicationautoscaling/ScalableTarget", "cloudwatch:DescribeAlarms"): SCALING,
    ("applicationautoscaling/ScalableTarget", "cloudwatch:PutMetricAlarm"): SCALING,
    ("applicationautoscaling/ScalableTarget", "ecs:DescribeServices"): SCALING,
    ("applicationautoscaling/ScalableTarget", "ecs:UpdateService"): SCALING,
    ("applicationautoscaling/ScalableTarget", "iam:CreateServiceLinkedRole"): SCALING,
    ("servicediscovery/Namespace", "ec2:DescribeRegions"): CLOUD_MAP,
    ("servicediscovery/Namespace", "ec2:DescribeVpcs"): CLOUD_MAP,
    ("servicediscovery/Namespace", "route53:ChangeResourceRecordSets"): CLOUD_MAP,
    ("servicediscovery/Namespace", "route53:CreateHostedZone"): CLOUD_MAP,
    ("servicediscovery/Namespace", "route53:DeleteHostedZone"): CLOUD_MAP,
    ("servicediscovery/Namespace", "route53:GetHostedZone"): CLOUD_MAP,
    ("servicediscovery/Namespace", "route53:ListHostedZonesByName"): CLOUD_MAP,
    ("servicediscovery/Service", "route53:ChangeResourceRecordSets"): CLOUD_MAP,
    ("servicediscovery/Service", "route53:CreateHealthCheck"): CLOUD_MAP,
    ("servicediscovery/Service", "route53:DeleteHealthCheck"): CLOUD_MAP,
    ("servicediscovery/Service", "route53:GetHealthCheck"): CLOUD_MAP,
    ("servicediscovery/Service", "route53:GetHostedZone"): CLOUD_MAP,
    ("servicediscovery/Service", "route53:UpdateHealthCheck"): CLOUD_MAP,
    ("ecs/Cluster", "iam:CreateServiceLinkedRole"): "the first CreateCluster of an account makes ECS's own role: "
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html",
    ("scheduler/Schedule", "iam:PassRole"): "CreateSchedule and UpdateSchedule ask for it, for the target's role: "
    "https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html",
    ("ecs/TaskDefinition", "iam:PassRole"): "RegisterTaskDefinition asks for it, for both roles: "
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html",
}
"""Actions that AWS asks for beside the call's own, and where it says so."""


def actions(calls: Iterable[tuple[str, str]]) -> set[str]:
    found: set[str] = set()
    for service, operation in calls:
        model = get_session().get_service_model(service)
        assert operation in model.operation_names, f"AWS has no {service}:{operation}"
        found |= set(ACTIONS.get((service, operation), (f"{PREFIXES.get(service, model.signing_name)}:{operation}",)))
    return found


def beside(kind: Kind[Any]) -> set[str]:
    return {action for (name, action) in WITHOUT_A_CALL if name == kind.id}


@ALL
def test_looking_needs_the_read_actions_and_no_others(kind: Kind[Any]) -> None:
    """A role that may only look, as CI's, must be able to plan."""
    calls = calls_of(kind, "observe")
    assert calls.untold == set(), "say the operation so that it can be told from the source"
    assert actions(calls.found) | (beside(kind) & set(kind.reads)) == set(kind.reads)


@ALL
def test_changing_needs_the_write_actions_and_no_others(kind: Kind[Any]) -> None:
    calls = calls_of(kind, *CHANGING)
    assert calls.untold == set(), "say the operation so that it can be told from the source"
    assert (actions(calls.found) | beside(kind)) - set(kind.reads) == set(kind.writes) - set(kind.reads)


def test_no_call_of_the_kinds_was_overlooked() -> None:
    """What the search does not reach would be missing in every policy."""
    reached = {place for kind in KINDS.values() for place in calls_of(kind, "observe", *CHANGING).reached}
    modules = [module for name, module in sys.modules.items() if name.startswith(OURS) and name != f"{OURS}base"]
    assert reached == {place for module in modules for place in places(module)}


def test_the_search_sees_calls_in_tables_and_in_composed_names() -> None:
    found = {operation for _, operation in calls_of(KINDS["iam/User"], "delete").found}
    assert {"ListMFADevices", "DetachUserPolicy", "RemoveUserFromGroup", "DeleteUser"} <= found
    assert "DetachRolePolicy" not in found


def test_no_exception_is_idle() -> None:
    assert all(action in (*KINDS[kind].reads, *KINDS[kind].writes) for kind, action in WITHOUT_A_CALL)
    called = {call for kind in KINDS.values() for call in calls_of(kind, "observe", *CHANGING).found}
    assert ACTIONS.keys() <= called
    assert PREFIXES.keys() <= {service for service, _ in called}
