"""500 services behind load balancers, each with a task definition, a target group and a rule of its own, and nothing to change."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from tests.benchmarks.bench import Row, in_files, quiet_pass
from tests.stage import document

MANY = 500
RULES = 100
"""Rules that a listener may have, by AWS's usual quota."""


def rows() -> Iterator[Row]:
    yield from quiet_pass(f"{MANY} services, and what is theirs,", in_files(documents(MANY)), calls(MANY))
    pages = f"{ceil(MANY / 100)} of services, {ceil(MANY / 100)} of families, {ceil(MANY / 400)} of target groups"
    yield "... in which AWS would have more pages", pages, "the emulator has one of each"
    yield "... that AWS describes one at a time", f"{2 * MANY} calls", "task definitions; attributes of target groups"


def calls(count: int) -> dict[str, int]:
    """The calls of a pass with nothing to change, by the formulas of the kinds. The emulator has one page of each list."""
    balancers = ceil(count / RULES)
    return {
        "ListClusters": 1,
        "DescribeClusters": 1,
        "ListServices": 1,
        "DescribeServices": ceil(count / 10),
        "ListTaskDefinitionFamilies": 1,
        "DescribeTaskDefinition": count,
        "DescribeLoadBalancers": 1,
        "DescribeLoadBalancerAttributes": balancers,
        "DescribeListeners": balancers,
        "DescribeListenerAttributes": balancers,
        "DescribeRules": balancers,
        "DescribeTargetGroups": 1,
        "DescribeTargetGroupAttributes": count,
        "DescribeTags": 2 * ceil(balancers / 20) + 2 * ceil(count / 20),  # balancers, listeners; groups, rules
    }


def documents(count: int) -> Iterator[dict[str, Any]]:
    """Services and all that they need."""
    yield document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"})
    for zone, block in (("a", "10.0.0.0/20"), ("b", "10.0.16.0/20")):
        spec = {"vpc": "main", "cidrBlock": block, "availabilityZone": f"eu-central-1{zone}"}
        yield document("ec2.aws/v1", "Subnet", zone, spec)
    yield document("ec2.aws/v1", "SecurityGroup", "app", {"vpc": "main"})
    yield document("ecs.aws/v1", "Cluster", "main", {})
    for number in range(ceil(count / RULES)):
        balancer = {"subnets": ["a", "b"], "securityGroups": ["app"]}
        yield document("elbv2.aws/v1", "LoadBalancer", f"lb-{number}", balancer)
        fixed = [{"fixedResponse": {"statusCode": 404, "contentType": "text/plain", "messageBody": "not found"}}]
        listener = {"loadBalancer": f"lb-{number}", "port": 80, "protocol": "HTTP", "defaultActions": fixed}
        yield document("elbv2.aws/v1", "Listener", f"http-{number}", listener)
    for number in range(count):
        yield from _service(f"app-{number}", f"http-{number // RULES}", number % RULES + 1)


def _service(name: str, listener: str, priority: int) -> Iterator[dict[str, Any]]:
    yield document(
        "elbv2.aws/v1", "TargetGroup", name, {"vpc": "main", "port": 80, "protocol": "HTTP", "targetType": "ip"}
    )
    rule = {
        "listener": listener,
        "priority": priority,
        "conditions": {"hostHeader": [f"{name}.example.com"]},
        "actions": [{"forward": {"targetGroup": name}}],
    }
    yield document("elbv2.aws/v1", "ListenerRule", name, rule)
    container = {"name": "app", "image": "nginx:1.27", "portMappings": [{"containerPort": 80}]}
    task = {
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": 256,
        "memory": 512,
        "containerDefinitions": [container],
    }
    yield document("ecs.aws/v1", "TaskDefinition", name, task)
    service = {
        "cluster": "main",
        "taskDefinition": name,
        "launchType": "FARGATE",
        "networkConfiguration": {"subnets": ["a", "b"], "securityGroups": ["app"]},
        "loadBalancers": [{"targetGroup": name, "containerName": "app", "containerPort": 80}],
    }
    yield document("ecs.aws/v1", "Service", name, service) | {"lifecycle": {"dependsOn": [f"ListenerRule/{name}"]}}
