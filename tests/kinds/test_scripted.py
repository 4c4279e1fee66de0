"""What takes its time in AWS, and what fails there: through the whole reconciler, over the emulator with scripts (scripted.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from controller.kinds.registry import KINDS
from controller.manifest.yaml_writer import write
from controller.model.address import Address, api_version, short_kind
from controller.model.event import Event
from controller.model.plan import State, Status
from controller.report.log import LogEvents
from controller.report.metrics import Metrics
from tests.kinds.samples.elbv2 import BEHIND, HTTPS, NETWORK
from tests.kinds.scripted import check, scripted
from tests.kinds.stubbed import covers
from tests.kinds.test_ecs_service import APP, CLUSTER, release, roll_back, running, service, task
from tests.stage import Stage, document

CERTIFICATE = Address("test", "acm/Certificate", "one")
BALANCER = Address("test", "elbv2/LoadBalancer", "web")
LISTENER = Address("test", "elbv2/Listener", "https")


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


# Rollouts


def rollout(state: str, running: int, **more: Any) -> Any:
    """A service's deployment as DescribeServices tells it while ECS is at it."""

    def script(reply: dict[str, Any]) -> None:
        for found in reply["services"]:
            (primary,) = found["deployments"]
            primary |= {"rolloutState": state, "runningCount": running, "pendingCount": 2 - running, **more}
            message = f"(service app) has started {running} tasks: (task 60a736a7)."
            found["events"] = [{"id": "1", "createdAt": datetime.now(UTC), "message": message}]
            found["runningCount"] = running

    return script


@covers("ecs/Service", "rollout")
def test_a_rollout_is_watched_until_it_is_over_and_nothing_is_done_in_between(stage: Stage) -> None:
    release(stage, "nginx:1", "c1")
    stage.calls.clear()
    for count in (0, 1):
        with scripted(stage.aws(), "ecs", DescribeServices=rollout("IN_PROGRESS", count)):
            status = release(stage, "nginx:1", "c1")
        assert status.state is State.PENDING
        assert status.reason == f"{count} of 2 tasks run; (service app) has started {count} tasks: (task 60a736a7)."
    assert release(stage, "nginx:1", "c1").state is State.IN_SYNC
    assert stage.changes == []


# Failed deployments


@contextmanager
def failing(stage: Stage, **stopped: Any) -> Iterator[None]:
    """A deployment that the circuit breaker has ended, and the task that stopped last."""
    tasks = [{"stopCode": "EssentialContainerExited", "stoppedAt": datetime.now(UTC), **stopped}]
    with scripted(
        stage.aws(),
        "ecs",
        DescribeServices=rollout(
            "FAILED", 0, failedTasks=3, rolloutStateReason="ECS deployment circuit breaker: tasks failed to start."
        ),
        ListTasks=lambda reply: reply.update(taskArns=["arn:aws:ecs:eu-central-1:123456789012:task/main/60a736a7"]),
        DescribeTasks=lambda reply: reply.update(tasks=tasks, failures=[]),
    ):
        yield


IMAGE = "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref app:nope: not found"
UNWELL = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/1)"
MEMORY = "OutOfMemoryError: Container killed due to memory usage"


@pytest.mark.parametrize(
    ("stopped", "said", "word"),
    [
        ({"stopCode": "TaskFailedToStart", "stoppedReason": IMAGE}, IMAGE, "image"),
        ({"stopCode": "ServiceSchedulerInitiated", "stoppedReason": UNWELL}, UNWELL, "health_checks"),
        ({"containers": [{"name": "app", "exitCode": 137, "reason": MEMORY}]}, MEMORY, "out_of_memory"),
    ],
)
def test_a_deployment_that_failed_says_why_in_status_log_and_metric(
    stage: Stage, stopped: dict[str, Any], said: str, word: str
) -> None:
    registry = CollectorRegistry()
    listeners = LogEvents(), Metrics(registry, "1", [fact for kind in KINDS.values() for fact in kind.facts])

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    release(stage, "nginx:1", "c1")
    stage.listen = tell
    with failing(stage, **stopped), capture_logs() as lines:
        status = release(stage, "nginx:1", "c1")
    assert status.state is State.FAILED
    assert said in status.reason
    (line,) = [line for line in lines if line.get("resource") == APP.local]
    assert (line["event"], line["reason"]) == ("failed", status.reason)
    stands = {"scope": "test", "name": "app"}
    out = registry.get_sample_value("trueup_resource_out_of_sync", {**stands, "kind": APP.kind, "state": "failed"})
    assert (out, registry.get_sample_value("trueup_service_deployment_failure", {**stands, "reason": word})) == (1, 1)
    release(stage, "nginx:1", "c1")
    assert registry.get_sample_value("trueup_service_deployment_failure", {**stands, "reason": word}) is None


def test_a_release_that_was_rolled_back_is_held_with_the_reason_and_in_the_metric(stage: Stage) -> None:
    registry = CollectorRegistry()
    release(stage, "nginx:1", "c1")
    release(stage, "nginx:2", "c2")
    roll_back("app:1", "alarm detected.")
    stage.listen = Metrics(registry, "1", [fact for kind in KINDS.values() for fact in kind.facts])
    status = release(stage, "nginx:2", "c2")
    assert status.state is State.HELD
    assert "alarm detected" in status.reason
    assert running(stage) == "app:1"
    labels = {"scope": "test", "name": "app", "reason": "alarm"}
    assert registry.get_sample_value("trueup_service_deployment_failure", labels) == 1


# Certificates that take long, and load balancers that provision


def balanced(stage: Stage) -> None:
    """Commit a load balancer with its listener and certificate."""
    all_ = (*NETWORK, *BEHIND, ("elbv2/Listener", "https", {"loadBalancer": "web", "port": 443, **HTTPS}))
    stage.files["all.yaml"] = write(
        [document(api_version(kind), short_kind(kind), name, spec) for kind, name, spec in all_]
    )


def waiting(reply: dict[str, Any]) -> None:
    """A certificate that AWS has not validated yet."""
    if "Certificate" in reply:
        certificate = reply["Certificate"]
        certificate["Status"] = "PENDING_VALIDATION"
        for option in certificate["DomainValidationOptions"]:
            option["ValidationStatus"] = "PENDING_VALIDATION"
    for each in reply.get("CertificateSummaryList", ()):
        each["Status"] = "PENDING_VALIDATION"


@covers("acm/Certificate", "issuing")
def test_a_certificate_that_takes_long_holds_up_its_listener_and_nothing_else(stage: Stage) -> None:
    balanced(stage)
    with scripted(stage.aws(), "acm", DescribeCertificate=waiting, ListCertificates=waiting):
        for _ in range(3):
            statuses = stage.apply().statuses
    assert statuses[CERTIFICATE].state is State.PENDING
    assert "it looks for the CNAME _" in statuses[CERTIFICATE].reason
    assert statuses[LISTENER].state is State.PENDING
    assert statuses[LISTENER].reason.startswith("waits for acm/Certificate/one: AWS has not validated")
    assert statuses[BALANCER].state is State.IN_SYNC
    assert stage.calls.count("RequestCertificate") == 2  # there are two, and none is asked for twice
    stage.converge()


def given_up(reply: dict[str, Any]) -> None:
    waiting(reply)
    for each in (*([reply["Certificate"]] if "Certificate" in reply else []), *reply.get("CertificateSummaryList", ())):
        each["Status"] = "VALIDATION_TIMED_OUT"


def test_a_certificate_that_aws_has_given_up_on_is_asked_for_anew(stage: Stage) -> None:
    stage.files["all.yaml"] = write([document("acm.aws/v1", "Certificate", "one", {"domainName": "one.example.com"})])
    stage.converge()
    stage.calls.clear()
    with scripted(stage.aws(), "acm", DescribeCertificate=given_up, ListCertificates=given_up):
        stage.apply()
    assert stage.changes == ["DeleteCertificate", "RequestCertificate"]


def state(code: str, reason: str = "") -> Any:
    def script(reply: dict[str, Any]) -> None:
        for found in reply["LoadBalancers"]:
            found["State"] = {"Code": code, **({"Reason": reason} if reason else {})}

    return script


@covers("elbv2/LoadBalancer", "state")
def test_a_load_balancer_that_provisions_is_pending_and_what_needs_it_goes_on_once_it_is_ready(stage: Stage) -> None:
    balanced(stage)
    provisioning = state("provisioning")
    with scripted(stage.aws(), "elbv2", CreateLoadBalancer=provisioning, DescribeLoadBalancers=provisioning):
        for _ in range(2):
            status: Status = stage.apply().statuses[BALANCER]
            assert (status.state, status.reason) == (State.PENDING, "AWS is still making it")
    assert stage.apply().statuses[BALANCER].state is State.IN_SYNC
    assert stage.calls.count("CreateLoadBalancer") == 2
    stage.converge()


def test_a_load_balancer_that_aws_could_not_make_is_made_anew(stage: Stage) -> None:
    spec = {"subnets": ["a", "b"], "securityGroups": ["alb"]}
    all_ = (*NETWORK, ("elbv2/LoadBalancer", "web", spec))
    stage.files["all.yaml"] = write(
        [document(api_version(kind), short_kind(kind), name, spec) for kind, name, spec in all_]
    )
    stage.converge()
    stage.calls.clear()
    with scripted(stage.aws(), "elbv2", DescribeLoadBalancers=state("failed", "no free addresses")):
        (action,) = stage.plan().actions
        assert action.reason == "AWS could not make it: no free addresses"
        stage.apply()
    assert [call for call in stage.changes if "LoadBalancer" in call][:2] == [
        "DeleteLoadBalancer",
        "CreateLoadBalancer",
    ]


# The layer itself


@pytest.mark.parametrize(
    "deployment",
    [{"rolloutState": "IN_THE_MAKING"}, {"runningCount": "two"}, {"mood": "good"}],
)
def test_a_script_cannot_give_a_reply_that_aws_could_not(deployment: dict[str, Any]) -> None:
    shape = get_session().get_service_model("ecs").operation_model("DescribeServices").output_shape
    assert shape is not None
    check({"services": [{"deployments": [{"rolloutState": "FAILED", "runningCount": 2}]}]}, shape)
    with pytest.raises(AssertionError):
        check({"services": [{"deployments": [deployment]}]}, shape)


def test_the_emulators_own_replies_pass_the_same_check(stage: Stage) -> None:
    """Else the scripts would be held to something that nothing else is held to."""
    stage.files["app.yaml"] = write([CLUSTER, task(), service()])
    with scripted(stage.aws(), "ecs", DescribeServices=lambda reply: None, DescribeClusters=lambda reply: None):
        stage.converge()
