"""What is wrong with an application on Fargate is said before any call, at its line and column: one mistake in each manifest."""

from __future__ import annotations

import pytest

from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from tests.stage import SCOPE
from tests.unit.manifest_kinds import tree

SOUND = """\
apiVersion: ec2.aws/v1
kind: Vpc
metadata: {name: main}
spec: {cidrBlock: 10.0.0.0/16}
---
apiVersion: ec2.aws/v1
kind: Subnet
metadata: {name: a}
spec: {vpc: main, cidrBlock: 10.0.0.0/24, availabilityZone: eu-central-1a}
---
apiVersion: ec2.aws/v1
kind: Subnet
metadata: {name: b}
spec: {vpc: main, cidrBlock: 10.0.1.0/24, availabilityZone: eu-central-1b}
---
apiVersion: ec2.aws/v1
kind: SecurityGroup
metadata: {name: alb}
spec: {vpc: main, ingress: [{protocol: tcp, port: 443, from: [0.0.0.0/0, "::/0"]}]}
---
apiVersion: ec2.aws/v1
kind: SecurityGroup
metadata: {name: app}
spec: {vpc: main, ingress: [{protocol: tcp, port: 3000, from: [alb]}]}
---
apiVersion: elbv2.aws/v1
kind: LoadBalancer
metadata: {name: web}
spec: {subnets: [a, b], securityGroups: [alb]}
---
apiVersion: elbv2.aws/v1
kind: TargetGroup
metadata: {name: app}
spec: {vpc: main, protocol: HTTP, port: 3000}
---
apiVersion: acm.aws/v1
kind: Certificate
metadata: {name: web}
spec: {domainName: example.com}
---
apiVersion: elbv2.aws/v1
kind: Listener
metadata: {name: https}
spec:
  loadBalancer: web
  port: 443
  protocol: HTTPS
  certificate: web
  defaultActions: [{forward: {targetGroup: app}}]
---
apiVersion: elbv2.aws/v1
kind: ListenerRule
metadata: {name: one}
spec:
  listener: https
  priority: 1
  conditions: {pathPattern: [/one]}
  actions: [{forward: {targetGroup: app}}]
---
apiVersion: iam.aws/v1
kind: Role
metadata: {name: execution}
spec:
  trust:
    Version: "2012-10-17"
    Statement:
      Effect: Allow
      Principal: {Service: ecs-tasks.amazonaws.com}
      Action: sts:AssumeRole
      Condition: {StringEquals: {aws:SourceAccount: "123456789012"}}
  managedPolicies: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
---
apiVersion: ecs.aws/v1
kind: Cluster
metadata: {name: main}
spec: {}
---
apiVersion: ecs.aws/v1
kind: TaskDefinition
metadata: {name: app}
spec:
  requiresCompatibilities: [FARGATE]
  cpu: 256
  memory: 512
  executionRole: execution
  containerDefinitions:
    - name: app
      image: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1
      portMappings: [3000]
      logConfiguration:
        logDriver: awslogs
        options: {awslogs-group: /app, awslogs-region: eu-central-1, awslogs-stream-prefix: app}
---
apiVersion: ecs.aws/v1
kind: Service
metadata: {name: app}
spec:
  cluster: main
  taskDefinition: app
  launchType: FARGATE
  networkConfiguration: {subnets: [a, b], securityGroups: [app]}
  loadBalancers:
    - {targetGroup: app, containerName: app, containerPort: 3000}
"""
TWIN = """\
---
apiVersion: elbv2.aws/v1
kind: ListenerRule
metadata: {name: two}
spec: {listener: https, conditions: {pathPattern: [/two]}, actions: [{forward: {targetGroup: app}}], priority: 1}
"""


def said(text: str) -> list[str]:
    """What is wrong, each with the text that stands where it is said to be."""
    problems = Loader(KINDS, COMPOSITES).load(tree({"scope.yaml": SCOPE, "app.yaml": text})).problems
    lines = text.splitlines()
    return [f"{p.severity} {p.field} at {lines[p.where.line - 1][p.where.column - 1 :]!r}" for p in problems]


def test_an_application_without_a_mistake_is_sound() -> None:
    assert said(SOUND) == []


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("memory: 512", "memory: 4096", ["error spec.memory at 'memory: 4096'"]),
        ("memory: 512", "memory: 0.7 GB", ["error spec.memory at 'memory: 0.7 GB'"]),
        ("{targetGroup: app, containerName", "{containerName",
         ["error spec.loadBalancers[0].targetGroup at '{containerName: app, containerPort: 3000}'"]),
        ("containerPort: 3000", "containerPort: 80", ["error spec.loadBalancers at 'loadBalancers:'"]),
        ("  loadBalancers:\n    - {targetGroup: app, containerName: app, containerPort: 3000}\n", "",
         ["warning spec.loadBalancers at 'spec:'"]),
        ("protocol: HTTP, port: 3000}", "protocol: HTTP, port: 3000, healthCheckPort: 9000}",
         ["warning spec.healthCheckPort at 'healthCheckPort: 9000}'"]),
        ("  certificate: web\n", "", ["error spec.certificate at 'spec:'"]),
        (SOUND, SOUND + TWIN, ["error spec.priority at 'priority: 1'", "error spec.priority at 'priority: 1}'"]),
        ("/app:1", "/app", ["error spec.containerDefinitions[0].image at "
                            "'image: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/app'"]),
        ("  managedPolicies: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]\n", "",
         ["error spec.executionRole at 'executionRole: execution'"]),
        ("  executionRole: execution\n", "", ["error spec.executionRole at 'spec:'"]),
    ],
)  # fmt: skip
def test_a_mistake_is_said_where_it_stands(right: str, wrong: str, expected: list[str]) -> None:
    assert SOUND.count(right) == 1
    assert said(SOUND.replace(right, wrong)) == expected
