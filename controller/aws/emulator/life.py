"""What takes its time in AWS, and none in moto: a rollout's tasks, a certificate's validation, a load balancer's provisioning.

Without a Life all of it is over at once, as tests want it. With one the emulator goes through the steps that AWS documents, as in
the demo: deployments (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html) with their service
events, and certificates that are issued once their validation records are there
(https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

ROLLED_OUT = (
    "taskDefinition",
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
)
"""What of a service is a matter of its tasks: where it changes, ECS begins a deployment."""


@dataclass(frozen=True, slots=True)
class Life:
    """How long things take."""

    task: timedelta = timedelta()
    """From one task of a deployment to the next; and from the last one to its end."""
    certificate: timedelta = timedelta()
    """From the moment that somebody looks and all validation records are there that zones of the account are to have."""
    balancer: timedelta = timedelta()
    """Till a load balancer is active."""


_lives: list[Life] = [Life()]
_lock = threading.RLock()


@contextmanager
def living(life: Life) -> Iterator[None]:
    """Let things take their time for a while."""
    _lives.append(life)
    try:
        yield
    finally:
        _lives.remove(life)


def _life() -> Life:
    return _lives[-1]


@cache
def come_alive() -> None:
    """Put it into moto, once in a process."""
    _roll_out_services()
    _issue_certificates()
    _provision_balancers()


def _roll_out_services() -> None:
    """moto's CreateService keeps a part of what it is told, and no deployment of its ever ends."""
    from moto.core.responses import ActionResult
    from moto.core.utils import camelcase_to_underscores
    from moto.ecs.models import EC2ContainerServiceBackend
    from moto.ecs.responses import EC2ContainerServiceResponse

    create, update = EC2ContainerServiceResponse.create_service, EC2ContainerServiceResponse.update_service
    describe = EC2ContainerServiceBackend.describe_services

    def create_service(self: Any) -> ActionResult:
        reply: Any = create(self)
        service = reply.result["service"]
        for name, value in self._get_params().items():
            field = camelcase_to_underscores(name)
            if not hasattr(service, field):
                setattr(service, field, value)
        with _lock:
            service.deployments[1:] = []
            _begin(service)
            advance(service)
        return ActionResult(reply.result)

    def update_service(self: Any) -> ActionResult:
        with _lock:
            before = self.ecs_backend._get_service(self._get_param("cluster", "default"), self._get_param("service"))
            was = _of_tasks(before)
            reply: Any = update(self)
            service = reply.result["service"]
            if _of_tasks(service) != was or self._get_param("forceNewDeployment"):
                service.deployments[1:] = [{**service.deployments[0], "status": "ACTIVE"}]
                _begin(service)
            advance(service)
        return ActionResult(reply.result)

    def describe_services(self: EC2ContainerServiceBackend, *arguments: Any) -> tuple[list[Any], Any]:
        found, failures = describe(self, *arguments)
        with _lock:
            for service in found:
                advance(service)
        return found, failures

    EC2ContainerServiceResponse.create_service = create_service  # type: ignore[method-assign]
    EC2ContainerServiceResponse.update_service = update_service  # type: ignore[method-assign]
    EC2ContainerServiceBackend.describe_services = describe_services  # type: ignore[method-assign, assignment]


def _of_tasks(service: Any) -> dict[str, Any]:
    from moto.core.utils import camelcase_to_underscores

    return {name: getattr(service, camelcase_to_underscores(name), None) for name in ROLLED_OUT}


def _begin(service: Any) -> None:
    """Begin a deployment; the one before it, if there was one, drains beside it."""
    from moto.core.utils import utcnow
    from moto.moto_api._internal import mock_random

    id_, now = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}", utcnow()
    service.deployments[0] = {
        **service.deployments[0],
        "id": id_,
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "networkConfiguration": service.network_configuration or None,
        "serviceConnectConfiguration": getattr(service, "service_connect_configuration", None),
        "platformVersion": service.platform_version,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {id_} in progress.",
    }
    if service.desired_count:
        _tell(service, f"has started {service.desired_count} tasks: {_tasks(service.desired_count)}.")


def advance(service: Any) -> None:
    """Bring a service's deployments to where they stand by now."""
    from moto.core.utils import utcnow

    if not service.deployments or service.status != "ACTIVE":  # with another controller than ECS it has none
        return
    primary, *former = service.deployments
    if primary["rolloutState"] == "IN_PROGRESS":
        now, step = utcnow(), _life().task
        steps = (now - primary["createdAt"]) // step if step else service.desired_count + 1
        running = min(steps, service.desired_count)
        if running > primary["runningCount"]:
            _shift(service, running, former)
        if steps > service.desired_count:
            _complete(service, now)
    else:
        primary["runningCount"] = service.desired_count  # more or fewer tasks are no deployment: that is over at once
    running = primary["runningCount"] = min(primary["runningCount"], service.desired_count)
    primary |= {"desiredCount": service.desired_count, "pendingCount": service.desired_count - running}
    service.running_count = sum(each["runningCount"] for each in service.deployments)
    service.pending_count = primary["pendingCount"]


def _shift(service: Any, running: int, former: list[dict[str, Any]]) -> None:
    """Let more tasks of the primary deployment run, and as many of the former's stop."""
    primary = service.deployments[0]
    more, primary["runningCount"] = running - primary["runningCount"], running
    for target in service.load_balancers:
        if "targetGroupArn" in target:
            _tell(service, f"registered {more} targets in (target-group {target['targetGroupArn']})")
    for each in former:
        left = max(each["runningCount"] - more, 0)
        stopped, each["runningCount"], each["desiredCount"] = each["runningCount"] - left, left, left
        if stopped:
            _tell(service, f"has stopped {stopped} running tasks: {_tasks(stopped)}.")


def _complete(service: Any, now: Any) -> None:
    primary = service.deployments[0]
    service.deployments[1:] = []
    done = f"ECS deployment {primary['id']} completed."
    primary |= {"rolloutState": "COMPLETED", "rolloutStateReason": done, "updatedAt": now}
    _tell(service, f"(deployment {primary['id']}) deployment completed.")
    _tell(service, "has reached a steady state.")


def _tasks(count: int) -> str:
    from moto.moto_api._internal import mock_random

    return " ".join(f"(task {mock_random.uuid4().hex})" for _ in range(count))


def _tell(service: Any, message: str) -> None:
    """Add a service event. ECS shows the last hundred, the newest first."""
    from moto.core.utils import utcnow
    from moto.moto_api._internal import mock_random

    event = {
        "id": str(mock_random.uuid4()),
        "createdAt": utcnow(),
        "message": f"(service {service.name}) {message}",
    }
    service.events[:] = [event, *service.events][:100]


def _issue_certificates() -> None:
    """moto issues a certificate a minute after it was asked for, whether anybody has made its records or not."""
    from moto import settings
    from moto.acm.models import CertBundle
    from moto.core.utils import utcnow

    settings.ACM_VALIDATION_WAIT = 0
    check: Callable[[CertBundle], None] = CertBundle.check
    seen: dict[str, Any] = {}

    def check_once_validated(self: CertBundle) -> None:
        if self.type == "AMAZON_ISSUED" and self.status == "PENDING_VALIDATION":
            if not _is_validated(self):
                seen.pop(self.arn, None)
                return
            if utcnow() - seen.setdefault(self.arn, utcnow()) < _life().certificate:
                return
        check(self)

    CertBundle.check = check_once_validated  # type: ignore[method-assign]


def _is_validated(certificate: Any) -> bool:
    """Whether the account's public zones have all of a certificate's validation records that lie in them."""
    from moto.route53.models import route53_backends

    _, partition, _, _, account, _ = certificate.arn.split(":", 5)
    zones = [zone for zone in route53_backends[account][partition].zones.values() if not zone.private_zone]
    options = certificate.describe()["Certificate"].get("DomainValidationOptions", ())
    return all(_is_there(zones, record) for each in options if (record := each.get("ResourceRecord")))


def _is_there(zones: list[Any], wanted: dict[str, str]) -> bool:
    name = wanted["Name"].rstrip(".")
    near = [zone for zone in zones if name.endswith(f".{zone.name.rstrip('.')}")]
    found = (each for zone in near for each in zone.rrsets if each.type == "CNAME" and each.name.rstrip(".") == name)
    return not near or any(wanted["Value"].rstrip(".") == value.rstrip(".") for each in found for value in each.records)


def _provision_balancers() -> None:
    """A load balancer is active when somebody looks for the first time, and not minutes later."""
    from moto.core.utils import utcnow
    from moto.elbv2.models import FakeLoadBalancer

    activate: Callable[[FakeLoadBalancer], None] = FakeLoadBalancer.activate

    def activate_in_time(self: FakeLoadBalancer) -> None:
        made = datetime.strptime(self.created_time, "%Y-%m-%dT%H:%M:%S.%fZ")
        if utcnow() - made >= _life().balancer:
            activate(self)

    FakeLoadBalancer.activate = activate_in_time  # type: ignore[method-assign]
