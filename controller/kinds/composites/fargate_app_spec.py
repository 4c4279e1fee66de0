"""What a manifest says of a FargateApp, and what of it does not go together."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.kinds.acm.types import HostName
from controller.kinds.composites.network import NetworkPlan, Zones
from controller.kinds.ecr.following import Following
from controller.kinds.ecr.types import HOST, NAME
from controller.kinds.ecs.task_size import CpuUnits, Mebibytes, unfit_for_fargate
from controller.kinds.logs.log_group import Days
from controller.kinds.route53.types import ZoneRef
from controller.kinds.scheduler.types import TimeZone
from controller.model.composite import CompositeSpec
from controller.model.containers import Environment, Secrets, SecretSource
from controller.model.policy import PolicyDocument
from controller.model.schedule import Schedule
from controller.model.spec import Part

PULLING = frozenset({"ecr.api", "ecr.dkr", "logs", "s3"})
"""Endpoints with which tasks start without a way to the internet."""
CALLED = {"web": "web app", "worker": "worker", "schedule": "scheduled app"}
"""What an app of each kind is called in messages."""
OF_WEB = ("port", "health_path", "domain", "www", "zone", "ipv6")
"""Fields that only an app behind a load balancer has."""
OF_SERVICE = ("count", "scaling")
"""Fields that only an app has that runs all the time."""
OF_SCHEDULE = ("schedule", "timezone")
"""Fields that only an app has that runs at set times."""
_HOST = re.compile(r"[^/]*[.:][^/]*|localhost")
_VERSION = re.compile(r"(:[^/:@]+)?(@sha256:.*)?$")


def policy_of(statements: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """A policy document of some statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allowed(statements: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    if statements:
        PolicyDocument.parse(policy_of(statements))
    return statements


def _of_manager(secrets: dict[str, SecretSource]) -> dict[str, SecretSource]:
    wrong = next((name for name, source in secrets.items() if ":ssm:" in source.from_), "")
    if wrong:
        raise ValueError(f"{wrong} is of SSM: it goes under parameters")
    return secrets


class Size(Part):
    """How large a task is."""

    cpu: CpuUnits = Field(default=256, description="CPU units, `256` or `0.25 vCPU`.")
    memory: Mebibytes = Field(default=512, description="MiB, `512` or `0.5 GB`.")

    @model_validator(mode="after")
    def _offered(self) -> Size:
        unfit = unfit_for_fargate(self.cpu, self.memory)
        if unfit:
            raise ValueError(unfit)
        return self


class Scaling(Part):
    """Between which bounds the number of tasks follows the load."""

    min: int = Field(ge=1, description="No fewer tasks than this.")
    max: int = Field(ge=1, description="No more tasks than this.")
    cpu: int = Field(
        default=60, ge=1, le=100, description="The percentage of CPU that all tasks together are kept near."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Scaling:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


def _of_ecr(repository: str) -> str:
    host, slash, _ = repository.partition("/")
    if slash and _HOST.fullmatch(host) and not re.fullmatch(HOST, host):
        raise ValueError(f"{host} is none of ECR's registries, and only what is in ECR can be followed")
    return repository


class Followed(Following):
    """The image that a tag, or the highest version in a range, stands for."""

    repository: Annotated[str, Field(pattern=f"^({HOST}/)?{NAME}$"), AfterValidator(_of_ecr)] | None = Field(
        default=None,
        description="The repository, by its name in the scope's own account or by its URI; unset: the app's name.",
    )


class FargateAppSpec(CompositeSpec):
    """An application on Fargate."""

    kind: Literal["web", "worker", "schedule"] = Field(
        default="web",
        description="`web` is reached through a load balancer; `worker` is not reached at all, and nor is `schedule`, which runs "
        "at set times and ends by itself.",
    )
    image: Annotated[str, Field(min_length=1)] | Followed = Field(
        description="The image, by tag or digest. Without a registry's host (`shop:1.4.2`) it is in a repository of the scope's "
        "own account, which is made too. Or what is followed in ECR, by an ImagePolicy `<app>`: `{tag: stable}`, "
        "`{repository: team/shop, semver: 1.x}`. Or another manifest's, `${out.ImagePolicy.shop.image}`: then no repository "
        "is made.",
    )
    repository: bool = Field(
        default=True,
        description="Whether an image's repository in the scope's own account is made; false: another manifest does so. Tags in "
        "it are never moved, but for one that is followed.",
    )
    schedule: Schedule | None = Field(
        default=None, description="When it runs: `cron(0 3 * * ? *)`, `rate(1 day)`; schedule needs it."
    )
    timezone: TimeZone | None = Field(
        default=None, description="The time zone of the schedule, such as Europe/Berlin; unset: UTC."
    )
    command: tuple[str, ...] = Field(default=(), description="What runs, in place of the image's CMD.")
    port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="The port that the app listens on; web needs it. Another one takes another target group, and for about "
        "a minute, until new tasks are healthy in it, nobody answers.",
    )
    health_path: Annotated[str, Field(pattern=r"^/", max_length=1024)] | None = Field(
        default=None, description="The path that answers with 200 while the app is well; unset: `/`."
    )
    size: Size = Field(default=Size(), description="CPU and memory of a task, in one of Fargate's pairs.")
    count: int | None = Field(default=None, ge=0, description="How many tasks run; unset: 1, or as `scaling` has it.")
    scaling: Scaling | None = Field(default=None, description="In place of `count`: as many tasks as the load takes.")
    environment: Environment = Field(default={}, description="Environment variables; none that are secret.")
    secrets: Annotated[Secrets, AfterValidator(_of_manager)] = Field(
        default={},
        description="Environment variables out of Secrets Manager, by a Secret's manifest name or ARN: "
        "`{DB_PASSWORD: {from: shop-db, key: password}}`.",
    )
    parameters: dict[str, str] = Field(
        default={}, description="Environment variables out of SSM, each by a Parameter's manifest name or ARN."
    )
    permissions: Annotated[tuple[dict[str, Any], ...], AfterValidator(_allowed)] = Field(
        default=(), description="What the app itself may do in AWS: statements in IAM's grammar."
    )
    network: Annotated[str, Field(min_length=1)] | NetworkPlan = Field(
        description="A Network by name, or one of the app's own: `{cidr: 10.8.0.0/16, zones: [a, b], nat: one}`."
    )
    zones: Zones = Field(
        default=(),
        description="With a Network by name: those of its zones that the app is in; a load balancer needs two.",
    )
    subnets: Literal["private", "public"] = Field(
        default="private",
        description="Where tasks run. In `public` subnets each has a public address, and there is no need of a NAT gateway.",
    )
    ipv6: bool = Field(
        default=False, description="Whether the load balancer has IPv6 addresses too; the network must have IPv6."
    )
    domain: HostName | None = Field(
        default=None,
        description="The name under which it is reached by https; unset: by http and the load balancer's name.",
    )
    www: bool = Field(default=False, description="Whether it is reached under `www.` and the domain too.")
    zone: ZoneRef | None = Field(
        default=None,
        description="The domain's hosted zone, by manifest name or id, in which its records and the certificate's are made; "
        "unset: you make them, and `trueup status` tells the certificate's.",
    )
    log_retention_in_days: Days = Field(default=30, description="Days for which its log is kept; 0: for ever.")
    tags: dict[str, str] = Field(default={}, description="Tags on all of it.")

    @property
    def followed(self) -> Followed | None:
        """What is followed in place of an image that git names."""
        return None if isinstance(self.image, str) else self.image

    @property
    def own_network(self) -> NetworkPlan | None:
        """The network that is the app's own."""
        return None if isinstance(self.network, str) else self.network

    @property
    def in_zones(self) -> tuple[str, ...]:
        """The zones that it is in."""
        return self.network.zones if isinstance(self.network, NetworkPlan) else self.zones

    @model_validator(mode="after")
    def _fits(self) -> FargateAppSpec:
        wrong = next((said for said in (self._of_kind(), self._of_network(), self._of_domain()) if said), "")
        if wrong:
            raise ValueError(wrong)
        if self.count is not None and self.scaling:
            raise ValueError("count and scaling exclude each other")
        twice = sorted(
            self.secrets.keys() & self.parameters.keys() | self.environment.keys() & {*self.secrets, *self.parameters}
        )
        if twice:
            raise ValueError(f"{twice[0]} is given twice, in environment, secrets or parameters")
        return self

    def _of_kind(self) -> str:
        app = CALLED[self.kind]
        if self.kind != "web" and self._given(OF_WEB):
            return f"a {app} has no load balancer, and so no {self._given(OF_WEB)}"
        if self.kind != "schedule" and self._given(OF_SCHEDULE):
            return f"a {app} runs all the time, and so has no {self._given(OF_SCHEDULE)}; that goes with kind: schedule"
        if self.kind == "schedule" and self._given(OF_SERVICE):
            return f"a {app} runs at set times, and so has no {self._given(OF_SERVICE)}"
        needed = {"web": "port", "schedule": "schedule"}.get(self.kind)
        return f"a {app} needs a {needed}" if needed and not getattr(self, needed) else ""

    def _given(self, fields: tuple[str, ...]) -> str:
        """The first of some fields that says something, by its name in manifests; "" for none."""
        infos = type(self).model_fields
        return next((str(infos[name].alias) for name in fields if getattr(self, name) != infos[name].default), "")

    def _of_network(self) -> str:
        own = self.own_network
        if own and self.zones:
            return "zones goes with a network by name; the app's own has zones of its own"
        if not self.in_zones:
            return "needs zones: those of the network that it is in, such as [a, b]"
        if self.kind == "web" and len(self.in_zones) < 2:
            return f"a load balancer needs two zones, and there is only {self.in_zones[0]}"
        return _unfit(own, self) if own else ""

    def _of_domain(self) -> str:
        given = [name for name in ("www", "zone") if getattr(self, name)]
        if given and not self.domain:
            return f"{given[0]} needs a domain"
        return "www does not go with a wildcard" if self.www and self.domain and self.domain.startswith("*") else ""


def _unfit(own: NetworkPlan, app: FargateAppSpec) -> str:
    """Why an app cannot be in a network of its own."""
    if app.kind == "web" and not own.public:
        return "the load balancer needs the network's public subnets"
    if not getattr(own, app.subnets):
        return f"the tasks need the network's {app.subnets} subnets"
    if app.ipv6 and not own.ipv6:
        return "ipv6 needs a network with ipv6"
    if app.subnets == "private" and own.nat == "none" and not set(own.endpoints) >= PULLING:
        return (
            "tasks in private subnets need a way to their image: nat: one in the network, its endpoints "
            f"{', '.join(sorted(PULLING))}, or subnets: public"
        )
    return ""


def repository_of(image: str, registry: str) -> str:
    """The repository of one's own registry that an image is in; "" for an image of another registry, or of a manifest's."""
    if "${" in image:
        return ""
    host, slash, rest = image.partition("/")
    elsewhere = bool(slash and _HOST.fullmatch(host))
    path = rest if host == registry else "" if elsewhere else image
    return _VERSION.sub("", path)
