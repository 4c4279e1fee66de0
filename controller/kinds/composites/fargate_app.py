"""FargateApp: from an image to an https address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from controller.kinds.composite import Composite
from controller.kinds.composites import network
from controller.kinds.composites.fargate_app_spec import FargateAppSpec, policy_of, repository_of
from controller.kinds.composites.network import PRIVATE, PUBLIC, Tier
from controller.kinds.ecr.types import registry
from controller.model.manifest import Piece
from controller.model.rules import EVERYWHERE
from controller.model.scope import Scope

HTTP, HTTPS = 80, 443
TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 with forward secrecy, and 1.3: what AWS recommends."""
STARTING, LEAVING = 60, 30
"""Seconds in which health checks of a new task do not count, and for which one that goes still answers."""
TASKS = "ecs-tasks.amazonaws.com"
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


class FargateApp(Composite[FargateAppSpec]):
    """An application on Fargate, called `<app>` in all that it expands to:

    ECR Repository `<app>` for an image of the scope's own account, named as the image says; ImagePolicy `<app>` for one that is
    followed; LogGroup `<app>`, `/ecs/<app>`; Roles
    `<app>-execution`, as which ECS starts tasks, and `<app>`, which the app itself is in AWS (the region stands after both
    names, since roles belong to the whole account); Cluster, TaskDefinition, its container and Service `<app>`; SecurityGroup
    `<app>`; with `scaling` a ScalableTarget `<app>`.

    A web app has a LoadBalancer and a TargetGroup `<app>`, SecurityGroup `<app>-lb`, and a Listener `<app>-http`; with `domain`
    that one redirects to a Listener `<app>-https` with a Certificate `<app>`, once that is issued. With `zone` the domain is a
    RecordSet `<app>-a`, and `www` another, `<app>-www-a`; where there is IPv6, each has one of `-aaaa` beside it. A network of
    its own is the composite Network `<app>`.

    A scheduled app has a Schedule `<app>` in place of the Service, and a Role `<app>-schedule`, as which its tasks are started.
    """

    def expand(self, name: str, spec: FargateAppSpec, scope: Scope) -> Iterator[Piece]:
        make = Maker(name, spec, scope)
        yield from make.network()
        yield from make.repository()
        yield from make.roles()
        yield from make.groups()
        yield from make.ways_in()
        yield from make.records()
        yield from make.tasks()
        yield from make.scaling()


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the pieces of one app."""

    name: str
    spec: FargateAppSpec
    scope: Scope

    @property
    def region(self) -> str:
        return self.scope.spec.region

    @property
    def partition(self) -> str:
        return next((name for start, name in PARTITIONS.items() if self.region.startswith(start)), "aws")

    @property
    def registry(self) -> str:
        return registry(self.scope.spec.account, self.region)

    @property
    def image(self) -> str:
        """The image, or of one that is followed its repository."""
        return self.spec.image if isinstance(self.spec.image, str) else self.spec.image.repository or self.name

    @property
    def in_network(self) -> str:
        return self.spec.network if isinstance(self.spec.network, str) else self.name

    @property
    def balanced(self) -> bool:
        return self.spec.kind == "web"

    @property
    def scheduled(self) -> bool:
        return self.spec.kind == "schedule"

    @property
    def dualstack(self) -> bool:
        own = self.spec.own_network
        return self.spec.ipv6 or bool(own and own.ipv6)

    def network(self) -> Iterator[Piece]:
        own = self.spec.own_network
        if own:
            plan = own.model_copy(update={"tags": {**self.spec.tags, **own.tags}})
            for piece in network.pieces(self.name, plan, self.scope):
                yield replace(piece, source=f"network.{piece.source}")

    def repository(self) -> Iterator[Piece]:
        found, followed = repository_of(self.image, self.registry), self.spec.followed
        made = found and self.spec.repository
        if made:
            # What a tag means in git, it means for ever.
            moved = [followed.tag] if followed and followed.tag else []
            excluded = {"imageTagMutabilityExclusionFilters": moved} if moved else {}
            yield self._piece(
                "ecr/Repository",
                self.name,
                "image",
                repositoryName=found,
                scanOnPush=True,
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION" if moved else "IMMUTABLE",
                **excluded,
            )
        if followed:
            sought = followed.model_dump(by_alias=True, exclude_none=True)
            where = self.name if made else f"{self.registry}/{found}" if found else self.image
            yield Piece("ecr/ImagePolicy", self.name, {**sought, "repository": where}, "image")

    def roles(self) -> Iterator[Piece]:
        managed = f"arn:{self.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
        yield self._role("execution", "secrets", tuple(self._reading()), managedPolicies=[managed])
        yield self._role("", "permissions", self.spec.permissions)
        if self.scheduled:
            yield self._role("schedule", "schedule", tuple(self._starting()), service="scheduler.amazonaws.com")

    def groups(self) -> Iterator[Piece]:
        ingress = []
        if self.balanced:
            ports = (HTTP, HTTPS) if self.spec.domain else (HTTP,)
            everybody = [{"protocol": "tcp", "port": port, "from": list(EVERYWHERE)} for port in ports]
            yield self._group("lb", "Load balancer", everybody)
            ingress = [{"protocol": "tcp", "port": self.spec.port, "from": [f"{self.name}-lb"]}]
        yield self._group("", "Tasks", ingress)

    def ways_in(self) -> Iterator[Piece]:
        if not self.balanced:
            return
        yield self._piece(
            "elbv2/LoadBalancer",
            self.name,
            "zones",
            ipAddressType="dualstack" if self.dualstack else "ipv4",
            subnets=self._subnets(PUBLIC),
            securityGroups=[f"{self.name}-lb"],
            attributes={"routing.http.drop_invalid_header_fields.enabled": True},
        )
        yield self._piece(
            "elbv2/TargetGroup",
            self.name,
            "port",
            targetType="ip",
            protocol="HTTP",
            port=self.spec.port,
            vpc=self.in_network,
            healthCheckPath=self.spec.health_path or "/",
            attributes={"deregistration_delay.timeout_seconds": LEAVING},
        )
        forward = {"forward": {"targetGroup": self.name}}
        if not self.spec.domain:
            yield self._listener("http", HTTP, forward)
            return
        secure = {"redirect": {"protocol": "HTTPS", "port": HTTPS, "statusCode": "HTTP_301"}}
        # Nobody is sent on before somebody answers there, which is once the certificate has been issued.
        yield replace(self._listener("http", HTTP, secure), needs=(f"Listener/{self.name}-https",))
        yield self._listener("https", HTTPS, forward, certificate=self.name, sslPolicy=TLS)
        yield self._piece(
            "acm/Certificate",
            self.name,
            "domain",
            domainName=self.spec.domain,
            subjectAlternativeNames=[f"www.{self.spec.domain}"] if self.spec.www else [],
            **({"zone": self.spec.zone} if self.spec.zone else {}),
        )

    def records(self) -> Iterator[Piece]:
        if not self.spec.zone:
            return
        names = {
            self.name: self.spec.domain,
            **({f"{self.name}-www": f"www.{self.spec.domain}"} if self.spec.www else {}),
        }
        balancer = {
            "target": f"{_output('LoadBalancer', self.name, 'dnsName')}.",
            "zoneId": _output("LoadBalancer", self.name, "canonicalHostedZoneId"),
        }
        for name, domain in names.items():
            for type_ in ("A", "AAAA") if self.dualstack else ("A",):
                record = {"zone": self.spec.zone, "name": f"{domain}.", "type": type_, "alias": balancer}
                yield Piece("route53/RecordSet", f"{name}-{type_.lower()}", record, "domain")

    def tasks(self) -> Iterator[Piece]:
        yield self._piece("ecs/Cluster", self.name, "", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        yield self._piece(
            "logs/LogGroup",
            self.name,
            "logRetentionInDays",
            logGroupName=f"/ecs/{self.name}",
            retentionInDays=self.spec.log_retention_in_days,
        )
        yield self._piece(
            "ecs/TaskDefinition",
            self.name,
            "image",
            requiresCompatibilities=["FARGATE"],
            cpu=self.spec.size.cpu,
            memory=self.spec.size.memory,
            executionRole=f"{self.name}-execution",
            taskRole=self.name,
            containerDefinitions=[self._container()],
        )
        yield self._schedule() if self.scheduled else self._service()

    def scaling(self) -> Iterator[Piece]:
        bounds = self.spec.scaling
        if bounds:
            policy = {
                "policyType": "TargetTrackingScaling",
                "predefinedMetricType": "ECSServiceAverageCPUUtilization",
                "targetValue": bounds.cpu,
            }
            yield self._piece(
                "applicationautoscaling/ScalableTarget",
                self.name,
                "scaling",
                resourceId=f"${{out.ecs/Service.{self.name}.resourceId}}",
                minCapacity=bounds.min,
                maxCapacity=bounds.max,
                policies={"cpu": policy},
            )

    def _container(self) -> dict[str, Any]:
        secrets = {
            name: source.model_dump(by_alias=True, exclude_defaults=True) for name, source in self.spec.secrets.items()
        }
        parameters = {name: {"from": _output("Parameter", of)} for name, of in self.spec.parameters.items()}
        options = {
            "awslogs-group": _output("LogGroup", self.name, "name"),
            "awslogs-region": self.region,
            "awslogs-stream-prefix": self.name,
        }
        given = {
            "command": list(self.spec.command),
            "portMappings": [self.spec.port] if self.spec.port else [],
            "environment": self.spec.environment,
            "secrets": {**secrets, **parameters},
        }
        return {
            "name": self.name,
            "image": self._image(),
            **{field: value for field, value in given.items() if value},
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }

    def _image(self) -> str:
        if self.spec.followed:
            return _output("ImagePolicy", self.name, "image")
        found = repository_of(self.image, self.registry)
        at_home = found and not self.image.startswith(f"{self.registry}/")
        return f"{self.registry}/{self.image}" if at_home else self.image

    def _schedule(self) -> Piece:
        tasks = {
            "taskDefinition": self.name,
            "launchType": "FARGATE",
            "networkConfiguration": self._where(),
            "propagateTags": "TASK_DEFINITION",
            "enableECSManagedTags": True,
        }
        # Schedules take no tags.
        spec = {
            "scheduleExpression": self.spec.schedule,
            "timezone": self.spec.timezone or "UTC",
            "target": {"arn": self.name, "role": f"{self.name}-schedule", "ecsParameters": tasks},
        }
        return Piece("scheduler/Schedule", self.name, spec, "schedule")

    def _where(self) -> dict[str, Any]:
        """Where tasks have their addresses."""
        public = self.spec.subnets == "public"
        return {
            "subnets": self._subnets(PUBLIC if public else PRIVATE),
            "securityGroups": [self.name],
            "assignPublicIp": public,
        }

    def _service(self) -> Piece:
        counted = {} if self.spec.scaling else {"desiredCount": 1 if self.spec.count is None else self.spec.count}
        targets = [{"targetGroup": self.name, "containerName": self.name, "containerPort": self.spec.port}]
        behind = {"loadBalancers": targets, "healthCheckGracePeriodSeconds": STARTING} if self.balanced else {}
        listener = f"Listener/{self.name}-{'https' if self.spec.domain else 'http'}"
        piece = self._piece(
            "ecs/Service",
            self.name,
            "count",
            cluster=self.name,
            taskDefinition=self.name,
            launchType="FARGATE",
            networkConfiguration=self._where(),
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
            propagateTags="SERVICE",
            enableECSManagedTags=True,
            **counted,
            **behind,
        )
        # ECS takes a target group only once a load balancer passes something on to it.
        return replace(piece, needs=(listener,)) if self.balanced else piece

    def _reading(self) -> Iterator[dict[str, Any]]:
        secrets = sorted({_output("Secret", source.from_) for source in self.spec.secrets.values()})
        parameters = sorted({_output("Parameter", of) for of in self.spec.parameters.values()})
        if secrets:
            yield {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets}
        if parameters:
            yield {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": parameters}

    def _starting(self) -> Iterator[dict[str, Any]]:
        """What it takes to start the app's tasks, and nothing else."""
        ecs = f"arn:{self.partition}:ecs:{self.region}:{self.scope.spec.account}"
        revisions = f"{ecs}:task-definition/{_output('TaskDefinition', self.name, 'family')}:*"
        here = {"ArnEquals": {"ecs:cluster": _output("ecs/Cluster", self.name)}}
        yield {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": revisions, "Condition": here}
        roles = [_output("Role", name) for name in (self.name, f"{self.name}-execution")]
        to_tasks = {"StringEquals": {"iam:PassedToService": TASKS}}
        yield {"Effect": "Allow", "Action": "iam:PassRole", "Resource": roles, "Condition": to_tasks}
        tasks = f"{ecs}:task/{_output('ecs/Cluster', self.name, 'name')}/*"
        at_start = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
        yield {"Effect": "Allow", "Action": "ecs:TagResource", "Resource": tasks, "Condition": at_start}

    def _role(
        self, suffix: str, source: str, statements: tuple[dict[str, Any], ...], service: str = TASKS, **spec: Any
    ) -> Piece:
        name = f"{self.name}-{suffix}" if suffix else self.name
        # Only for what runs in this account, so that nobody else's can borrow the role.
        mine = {"StringEquals": {"aws:SourceAccount": self.scope.spec.account}}
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": mine}
        allowed = {"inlinePolicies": {source: policy_of(statements)}} if statements else {}
        role_name = f"{name}-{self.region}"
        return self._piece("iam/Role", name, source, roleName=role_name, trust=policy_of((trust,)), **spec, **allowed)

    def _group(self, suffix: str, whose: str, ingress: list[dict[str, Any]]) -> Piece:
        name = f"{self.name}-{suffix}" if suffix else self.name
        return self._piece(
            "ec2/SecurityGroup",
            name,
            "port",
            vpc=self.in_network,
            description=f"{whose} of {self.name}",
            ingress=ingress,
        )

    def _listener(self, suffix: str, port: int, action: dict[str, Any], **spec: Any) -> Piece:
        name = f"{self.name}-{suffix}"
        return self._piece(
            "elbv2/Listener",
            name,
            "domain" if self.spec.domain else "port",
            loadBalancer=self.name,
            port=port,
            protocol=suffix.upper(),
            defaultActions=[action],
            **spec,
        )

    def _subnets(self, tier: Tier) -> list[str]:
        return [network.subnet(self.in_network, tier, zone) for zone in self.spec.in_zones]

    def _piece(self, kind: str, name: str, source: str, /, **spec: Any) -> Piece:
        named = {"Name": name} if kind.startswith("ec2/") else {}
        tags = {**named, **self.spec.tags}
        return Piece(kind, name, {**spec, "tags": tags} if tags else spec, source)


def _output(kind: str, name: str, output: str = "arn") -> str:
    """An output of what is called so; an ARN stays one."""
    return name if name.startswith(("arn:", "${")) else f"${{out.{kind}.{name}.{output}}}"
