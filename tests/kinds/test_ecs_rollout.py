"""How a deployment stands, on replies as AWS gives them: under way, over, failed, and rolled back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.kinds.ecs.rollout import FAILURE, Rollout, in_trouble, rollout, stopped_because

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
OLD, NEW, NEXT = "ecs-svc/1675294001379389663", "ecs-svc/1571272475813219068", "ecs-svc/2830403212626111962"
TASK = "arn:aws:ecs:eu-central-1:123456789012:task-definition/app"


def deployment(id_: str, revision: int, state: str, minute: float = 0, **more: Any) -> dict[str, Any]:
    began = NOON + timedelta(minutes=minute)
    return {
        "id": id_,
        "status": "PRIMARY",
        "taskDefinition": f"{TASK}:{revision}",
        "desiredCount": 3,
        "runningCount": 3,
        "pendingCount": 0,
        "failedTasks": 0,
        "createdAt": began,
        "updatedAt": began,
        "rolloutState": state,
        "rolloutStateReason": f"ECS deployment {id_} {state.lower()}.",
        **more,
    }


def event(minute: float, message: str) -> dict[str, Any]:
    return {"id": str(minute), "createdAt": NOON + timedelta(minutes=minute), "message": f"(service app) {message}"}


def service(*deployments: dict[str, Any], events: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "serviceName": "app",
        "deployments": [*deployments],
        "events": sorted(events, key=lambda e: e["createdAt"], reverse=True),
    }


UNHEALTHY = event(4.9, "(task 60a736a7) failed container health checks.")
ROLLED_BACK = (
    event(1, "has started 1 tasks: (task 60a736a7)."),
    UNHEALTHY,
    event(4.95, "has stopped 1 running tasks: (task 60a736a7)."),
    event(5, f"(deployment {NEW}) deployment failed: tasks failed to start."),
    event(5.01, f"rolling back to deployment {OLD}."),
)
GIVEN_UP = (
    "AWS rolled the deployment of app:2 back to app:1: ECS deployment circuit breaker: tasks failed to start. "
    "((service app) (task 60a736a7) failed container health checks.)"
)
FORGOTTEN = (
    "AWS rolled the deployment back to app:1: tasks failed to start. "
    "((service app) (task 60a736a7) failed container health checks.)"
)
FAILING = deployment(
    NEW, 2, "FAILED", status="ACTIVE", rolloutStateReason="ECS deployment circuit breaker: tasks failed to start."
)


def test_a_deployment_that_is_over_is_nothing_to_speak_of() -> None:
    assert rollout(service(deployment(OLD, 1, "COMPLETED"))) == Rollout()


def test_a_deployment_under_way_is_pending_with_counts_and_awss_last_event() -> None:
    found = service(
        deployment(NEW, 2, "IN_PROGRESS", runningCount=2),
        deployment(OLD, 1, "COMPLETED", status="ACTIVE"),
        events=(event(1, "has started 2 tasks."), event(0, "has reached a steady state.")),
    )
    assert rollout(found) == Rollout("2 of 3 tasks run; (service app) has started 2 tasks.")


def test_a_deployment_whose_tasks_fail_says_why_the_last_one_stopped() -> None:
    """Without a circuit breaker ECS tries for ever, and tells the reason nowhere but in the stopped tasks."""
    found = service(deployment(NEW, 2, "IN_PROGRESS", runningCount=0, failedTasks=4))
    stands = rollout(found, "CannotPullContainerError: app:nope not found")
    assert stands.pending == (
        "0 of 3 tasks run, 4 failed; the last stopped because: CannotPullContainerError: app:nope not found"
    )
    assert stands.failure == "image"
    assert in_trouble(found, NOON)


def test_a_deployment_that_failed_with_nothing_to_go_back_to_does_not_work() -> None:
    failed = deployment(NEW, 1, "FAILED", rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.")
    stands = rollout(service(failed), "OutOfMemoryError: Container killed due to memory usage")
    assert stands == Rollout(
        broken="the deployment of app:1 failed: ECS deployment circuit breaker: tasks failed to start. "
        "(OutOfMemoryError: Container killed due to memory usage)",
        failure="out_of_memory",
    )


def test_a_rollback_under_way_is_pending_and_says_what_was_taken_back() -> None:
    reason = f"ECS deployment circuit breaker: rolling back to deploymentId {OLD}."
    back = deployment(OLD, 1, "IN_PROGRESS", runningCount=3, rolloutStateReason=reason)
    stands = rollout(service(back, FAILING, events=ROLLED_BACK))
    assert stands.pending.startswith("3 of 3 tasks run")
    assert stands.refused == GIVEN_UP


def test_a_rollback_is_not_forgotten_when_the_failed_deployment_is_shown_no_more() -> None:
    """ECS shows it only while its tasks drain; its last word is an event."""
    over = event(7, f"(deployment {OLD}) deployment completed.")
    steady = event(367, "has reached a steady state.")
    found = service(deployment(OLD, 1, "COMPLETED", -600), events=(*ROLLED_BACK, over, steady))
    assert rollout(found) == Rollout(refused=FORGOTTEN, failure="health_checks")


def test_a_rollback_that_ecs_gives_a_new_deployment_is_the_same() -> None:
    found = service(deployment(NEXT, 1, "COMPLETED", 5.02), events=ROLLED_BACK)
    assert rollout(found) == Rollout(refused=FORGOTTEN, failure="health_checks")


@pytest.mark.parametrize("state", ["IN_PROGRESS", "COMPLETED"])
def test_a_deployment_that_was_begun_after_a_rollback_is_another_matter(state: str) -> None:
    found = service(deployment(NEXT, 3, state, 60), events=ROLLED_BACK)
    assert rollout(found).refused == ""


def test_a_cause_is_asked_of_stopped_tasks_only_while_ecs_shows_them() -> None:
    found = service(deployment(OLD, 1, "COMPLETED", -600), events=ROLLED_BACK)
    assert in_trouble(found, NOON + timedelta(minutes=30))
    assert not in_trouble(found, NOON + timedelta(hours=2))
    assert not in_trouble(service(deployment(OLD, 1, "COMPLETED")), NOON)
    assert rollout(found, "CannotPullContainerError").refused.endswith(
        "tasks failed to start. (CannotPullContainerError)"
    )


def test_an_alarm_that_ended_a_deployment_is_said() -> None:
    alarm = event(5, f"(deployment {NEW}) deployment failed: alarm detected.")
    found = service(
        deployment(OLD, 1, "COMPLETED", -60), events=(alarm, event(5.01, f"rolling back to deployment {OLD}."))
    )
    assert rollout(found).refused == "AWS rolled the deployment back to app:1: alarm detected."


@pytest.mark.parametrize(
    ("stopped", "word"),
    [
        ("CannotPullContainerError: pull image manifest has been retried 7 time(s): app:nope: not found", "image"),
        ("ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret", "secret"),
        ("app exited with 137: OutOfMemoryError: Container killed due to memory usage", "out_of_memory"),
        ("Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)", "health_checks"),
        ("Essential container in task exited; app exited with 1: exit code 1", "exit"),
        ("Capacity is unavailable at this time. Please try again later", "capacity"),
        ("something that ECS has never said before", "other"),
    ],
)
def test_why_a_deployment_failed_is_a_word_that_a_metric_can_have(stopped: str, word: str) -> None:
    """The sentence goes to the status and the log; a label has one of a few values."""
    found = rollout(service(deployment(NEW, 1, "FAILED")), stopped)
    assert found.failure == word
    assert word in FAILURE.words


def test_a_service_without_deployments_or_events_is_taken_as_it_is() -> None:
    """With another deployment controller ECS shows none."""
    assert rollout({"serviceName": "app"}) == Rollout()


def stopped(minute: float, **more: Any) -> dict[str, Any]:
    return {"stoppedAt": NOON + timedelta(minutes=minute), "stopCode": "EssentialContainerExited", **more}


def test_the_task_that_failed_last_tells_why() -> None:
    tasks = [
        stopped(2, stopCode="ServiceSchedulerInitiated", stoppedReason="Scaling activity initiated by deployment"),
        stopped(1, stoppedReason="Essential container in task exited", containers=[{"name": "app", "exitCode": 1}]),
        stopped(0, stoppedReason="long ago"),
    ]
    assert stopped_because(tasks) == "Essential container in task exited; app exited with 1: exit code 1"


def test_a_task_that_ecs_itself_stopped_since_it_failed_its_checks_is_a_failure() -> None:
    """Its containers were killed, and that they exited with 137 tells nobody anything."""
    reason = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)"
    killed = [{"name": "app", "exitCode": 137}]
    unwell = stopped(2, stopCode="ServiceSchedulerInitiated", stoppedReason=reason, containers=killed)
    old = stopped(0, stoppedReason="Essential container in task exited")
    assert stopped_because([old, unwell]) == reason


def test_a_container_out_of_memory_and_an_image_that_is_not_there_are_told_in_awss_words() -> None:
    killed = [
        {"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
        {"name": "log", "exitCode": 0},
    ]
    assert stopped_because([stopped(0, containers=killed)]) == (
        "app exited with 137: OutOfMemoryError: Container killed due to memory usage"
    )
    pull = "CannotPullContainerError: pull image manifest has been retried 7 time(s): app:nope: not found"
    assert stopped_because([stopped(0, stopCode="TaskFailedToStart", stoppedReason=pull)]) == pull
    assert stopped_because([]) == ""
