"""What people do past git: by hand, at three in the morning. Each is drift, which trueup finds and repairs.

python -m controller.cli.demo.hand ENDPOINT NAME
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

REGION = "eu-central-1"
SSH, HTTPS = 22, 443
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ELSEWHERE = "203.0.113.7"
STRAY = "test.example.com"


@dataclass(frozen=True)
class Deed:
    """Something done by hand. `stands`: whether it still is so; `repaired`: what it is to be, in words."""

    what: str
    do: Callable[[], None]
    stands: Callable[[], bool]
    repaired: str


@cache
def client(service: str) -> Any:
    """A client of the emulator, which the environment names."""
    return boto3.client(service, region_name=REGION)


def _attach_policy() -> None:
    client("iam").attach_role_policy(RoleName="deploy", PolicyArn=ADMIN)


def _policy_is_attached() -> bool:
    attached = client("iam").list_attached_role_policies(RoleName="deploy")["AttachedPolicies"]
    return any(policy["PolicyArn"] == ADMIN for policy in attached)


def _open_ssh() -> None:
    world = {"IpProtocol": "tcp", "FromPort": SSH, "ToPort": SSH, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    client("ec2").authorize_security_group_ingress(GroupId=_group()["GroupId"], IpPermissions=[world])


def _ssh_is_open() -> bool:
    return any(rule.get("FromPort") == SSH for rule in _group()["IpPermissions"])


def _group() -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": ["shop"]}]
    (group,) = client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return dict(group)


def _delete_rule() -> None:
    for rule in _rules():
        client("elbv2").delete_rule(RuleArn=rule)


def _rule_is_gone() -> bool:
    return not list(_rules())


def _rules() -> Iterator[str]:
    (rules,) = [
        client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        for listener in client("elbv2").describe_listeners(LoadBalancerArn=balancer()["LoadBalancerArn"])["Listeners"]
        if listener["Port"] == HTTPS
    ]
    return (rule["RuleArn"] for rule in rules if not rule["IsDefault"])


def _run_more_tasks() -> None:
    client("ecs").update_service(cluster="shop", service="shop", desiredCount=9)


def _more_tasks_run() -> bool:
    return bool(service()["desiredCount"] == 9)


def _point_www_elsewhere() -> None:
    _put("shop.example.com", "UPSERT", {"Name": "www.shop.example.com", "Type": "A", **_answer()})


def _www_is_elsewhere() -> bool:
    return answers("shop.example.com").get(("www.shop.example.com", "A")) == [ELSEWHERE]


def _add_record() -> None:
    _put("example.com", "CREATE", {"Name": STRAY, "Type": "A", **_answer()})


def _record_is_there() -> bool:
    return (STRAY, "A") in answers("example.com")


def _answer() -> dict[str, Any]:
    return {"TTL": 300, "ResourceRecords": [{"Value": ELSEWHERE}]}


def _put(domain: str, action: str, record: Mapping[str, Any]) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    client("route53").change_resource_record_sets(HostedZoneId=zone(domain)["Id"], ChangeBatch=batch)


def zone(domain: str) -> dict[str, Any]:
    """A hosted zone, as Route 53 has it."""
    zones = client("route53").list_hosted_zones()["HostedZones"]
    return next(dict(found) for found in zones if found["Name"] == f"{domain}.")


def answers(domain: str) -> dict[tuple[str, str], list[str]]:
    """What a zone answers, by name and type: an alias with its target. Without dots at the ends."""
    found = client("route53").list_resource_record_sets(HostedZoneId=zone(domain)["Id"])["ResourceRecordSets"]
    return {
        (record["Name"].rstrip("."), record["Type"]): [
            value.rstrip(".")
            for value in (
                [record["AliasTarget"]["DNSName"]]
                if "AliasTarget" in record
                else [each["Value"] for each in record["ResourceRecords"]]
            )
        ]
        for record in found
    }


def balancer() -> dict[str, Any]:
    """The shop's load balancer, as Elastic Load Balancing has it."""
    (found,) = client("elbv2").describe_load_balancers(Names=["shop"])["LoadBalancers"]
    return dict(found)


def service() -> dict[str, Any]:
    """The shop's service, as ECS has it."""
    (found,) = client("ecs").describe_services(cluster="shop", services=["shop"])["services"]
    return dict(found)


DEEDS: Mapping[str, Deed] = {
    "policy": Deed(
        "AdministratorAccess is attached to the role deploy",
        _attach_policy,
        _policy_is_attached,
        "the policy is detached",
    ),
    "ssh": Deed("port 22 of the tasks is opened to the world", _open_ssh, _ssh_is_open, "port 22 is closed"),
    "rule": Deed("the rule before the back office is deleted", _delete_rule, _rule_is_gone, "the rule is there again"),
    "tasks": Deed("nine tasks are asked for", _run_more_tasks, _more_tasks_run, "two tasks are asked for again"),
    "www": Deed(
        f"www.shop.example.com is pointed to {ELSEWHERE}",
        _point_www_elsewhere,
        _www_is_elsewhere,
        "www.shop.example.com leads to the load balancer again",
    ),
    "record": Deed(
        f"{STRAY} is added to the zone example.com", _add_record, _record_is_there, f"{STRAY} is gone from the zone"
    ),
}
"""Each by a short name."""
