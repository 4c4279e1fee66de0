"""Schedules and their groups: what goes along with what, what AWS would refuse, and replies as AWS documents them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.errors import AlreadyExists, AwsTemporary
from controller.kinds.scheduler.schedule import Schedule, translate
from controller.kinds.scheduler.schedule_spec import ScheduleSpec
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import State, Verb
from controller.model.problem import Severity
from tests.kinds.stubbed import Stubbed
from tests.kinds.test_ecs_task_definition import problems
from tests.stage import Stage, document

SWEEP = Address("test", "scheduler/Schedule", "sweep")
JOBS = Address("test", "scheduler/ScheduleGroup", "jobs")
PREFIX = "arn:aws:ecs:eu-central-1:123456789012"
LAMBDA = "arn:aws:lambda:eu-central-1:123456789012:function:sweep"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs"
ROLE_ARN = "arn:aws:iam::123456789012:role/scheduler"
CREATED: dict[str, Any] = {
    "Name": "sweep",
    "GroupName": "default",
    "ScheduleExpression": "rate(1 day)",
    "ScheduleExpressionTimezone": "UTC",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "State": "ENABLED",
    "ActionAfterCompletion": "NONE",
    "Target": {
        "Arn": LAMBDA,
        "RoleArn": ROLE_ARN,
        "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
    },
}
REPLY: dict[str, Any] = {
    **CREATED,
    "Arn": "arn:aws:scheduler:eu-central-1:123456789012:schedule/default/sweep",
    "ScheduleExpression": "cron(00 3 ? * mon-fri *)",
    "Target": {**CREATED["Target"], "Input": '{"b": 1, "a": [2]}'},
}


def role(name: str = "scheduler", service: str = "scheduler.amazonaws.com", *actions: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": [*(actions or ("*",))], "Resource": "*"}
    policies = {"work": {"Version": "2012-10-17", "Statement": allowed}}
    spec = {"trust": {"Version": "2012-10-17", "Statement": trust}, "inlinePolicies": policies}
    return document("iam.aws/v1", "Role", name, spec)


def task(image: str = "nginx:1", **spec: Any) -> dict[str, Any]:
    given = {"memory": 512, "networkMode": "bridge", "containerDefinitions": [{"name": "app", "image": image}], **spec}
    return document("ecs.aws/v1", "TaskDefinition", "app", given)


def schedule(target: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    tasks = {"arn": "main", "ecsParameters": {"taskDefinition": "app"}}
    given = {"scheduleExpression": "rate(1 day)", "target": {"role": "scheduler", **(target or tasks)}, **spec}
    return document("scheduler.aws/v1", "Schedule", "sweep", given)


CLUSTER = document("ecs.aws/v1", "Cluster", "main", {})
GROUP = document("scheduler.aws/v1", "ScheduleGroup", "jobs", {})


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def commit(stage: Stage, *documents: dict[str, Any]) -> None:
    stage.files["own.yaml"] = write(list(documents))


def by_hand(stage: Stage, **more: Any) -> None:
    stage.aws().call("scheduler", "CreateSchedule", **{**CREATED, **more})


def test_a_schedule_moves_to_a_new_revision_in_the_same_pass(stage: Stage) -> None:
    commit(stage, CLUSTER, task(), role(), schedule())
    stage.converge()
    commit(stage, CLUSTER, task("nginx:2"), role(), schedule())
    assert {action.address.kind for action in stage.plan().actions} == {"ecs/TaskDefinition", "scheduler/Schedule"}
    stage.calls.clear()
    assert stage.apply().statuses[SWEEP].state is State.IN_SYNC
    assert stage.changes == ["RegisterTaskDefinition", "UpdateSchedule"]
    found = stage.aws().call("scheduler", "GetSchedule", Name="sweep")
    assert found["Target"]["EcsParameters"]["TaskDefinitionArn"] == f"{PREFIX}:task-definition/app:2"


def test_schedules_that_concern_nobody_are_not_read_one_by_one(stage: Stage) -> None:
    """An account may have a million, most of them made by applications for one time."""
    commit(stage, role(), schedule({"arn": LAMBDA}))
    stage.converge()
    for number in range(3):
        by_hand(stage, Name=f"once-{number}")
    stage.calls.clear()
    assert stage.plan().actions == ()
    assert (stage.calls.count("ListSchedules"), stage.calls.count("GetSchedule")) == (1, 1)


def test_one_that_was_made_by_hand_is_not_taken_over_silently_whatever_its_group_is_called_in_git(stage: Stage) -> None:
    group = document("scheduler.aws/v1", "ScheduleGroup", "jobs", {"name": "all-jobs"})
    commit(stage, group, role())
    stage.converge()
    by_hand(stage, GroupName="all-jobs")
    commit(stage, group, role(), schedule({"arn": LAMBDA}, groupName="jobs"))
    status = stage.plan().statuses[SWEEP]
    assert status.state is State.BLOCKED
    assert "all-jobs/sweep exists and was not made by trueup" in status.reason


def test_a_group_goes_after_its_schedules(stage: Stage) -> None:
    commit(stage, GROUP, role(), schedule({"arn": LAMBDA}, groupName="jobs"))
    stage.converge()
    commit(stage, role())
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.changes == ["DeleteSchedule", "DeleteScheduleGroup"]


@pytest.mark.parametrize("kept", ["by hand", "retained"])
def test_a_group_is_held_while_it_has_schedules_that_would_go_with_it(stage: Stage, kept: str) -> None:
    """AWS deletes all of them, without asking."""
    sweep = schedule({"arn": LAMBDA}, groupName="jobs")
    commit(
        stage, GROUP, role(), {**sweep, "lifecycle": {"deletion": "retain"}} if kept == "retained" else role("other")
    )
    stage.converge()
    if kept == "by hand":
        by_hand(stage, GroupName="jobs")
    commit(stage, role())
    (action,) = [action for action in stage.plan().actions if action.address == JOBS]
    assert action.held == "schedules in it would be deleted with it: sweep"
    stage.apply()
    assert stage.aws().call("scheduler", "GetSchedule", GroupName="jobs", Name="sweep")


def test_a_schedule_in_a_group_that_no_manifest_makes_names_it_by_its_arn(stage: Stage) -> None:
    arn = stage.aws().call("scheduler", "CreateScheduleGroup", Name="theirs")["ScheduleGroupArn"]
    commit(stage, role(), schedule({"arn": LAMBDA}, groupName=arn))
    stage.converge()
    assert stage.plan().owned[SWEEP].id == "theirs/sweep"


def test_what_aws_holds_is_read_in_one_spelling() -> None:
    spec = translate(REPLY).spec
    assert spec.schedule_expression == "cron(0 3 ? * MON-FRI *)"
    assert spec.target.input == '{"a":[2],"b":1}'
    written = {"a": [2], "b": 1}
    assert (
        ScheduleSpec.model_validate({**wanted(), "target": {**wanted()["target"], "input": written}}).target
        == spec.target
    )


def test_an_expression_that_trueup_does_not_know_is_read_as_it_is() -> None:
    assert translate({**REPLY, "ScheduleExpression": "moon(full)"}).spec.schedule_expression == "moon(full)"


def wanted(**more: Any) -> dict[str, Any]:
    return {"name": "sweep", "scheduleExpression": "rate(1 day)", "target": {"arn": LAMBDA, "role": ROLE_ARN}, **more}


def test_an_update_says_all_of_a_schedule_and_keeps_what_there_is_no_field_for() -> None:
    """What UpdateSchedule is not told, it resets."""
    new = {"EventBridgePutRawEventsParameters": {"Metadata": {"a": "b"}}}
    live = translate({**REPLY, "Target": {**REPLY["Target"], **new}})
    account = Stubbed("scheduler")
    target = {**CREATED["Target"], **new}
    account.expect("UpdateSchedule", {"ScheduleArn": REPLY["Arn"]}, **{**CREATED, "Target": target})
    Schedule().update(account.aws, live, ScheduleSpec.model_validate(wanted()), frozenset({"scheduleExpression"}))
    other = wanted(target={"arn": QUEUE, "role": ROLE_ARN})
    account.expect(
        "UpdateSchedule", {"ScheduleArn": REPLY["Arn"]}, **{**CREATED, "Target": {**CREATED["Target"], "Arn": QUEUE}}
    )
    Schedule().update(account.aws, live, ScheduleSpec.model_validate(other), frozenset({"target"}))
    account.done()


def test_a_start_that_has_passed_is_not_sent_unless_aws_has_it() -> None:
    """AWS refuses one that lies more than five minutes back; but to leave out the one it has would shift a rate."""
    spec = ScheduleSpec.model_validate(wanted(startDate="2020-01-31T08:00:00Z"))
    account = Stubbed("scheduler")
    account.expect("CreateSchedule", {"ScheduleArn": REPLY["Arn"]}, **CREATED)
    Schedule().create(account.aws, spec, {})
    live = translate({**REPLY, "StartDate": datetime(2020, 1, 31, 8, tzinfo=UTC)})
    account.expect("UpdateSchedule", {"ScheduleArn": REPLY["Arn"]}, **CREATED, StartDate="2020-01-31T08:00:00Z")
    Schedule().update(account.aws, live, spec, frozenset({"scheduleExpression"}))
    account.done()


def test_a_start_that_has_passed_and_that_aws_has_not_is_no_drift(stage: Stage) -> None:
    commit(stage, role(), schedule({"arn": LAMBDA}, startDate="2020-01-31T08:00:00Z"))
    stage.converge()
    commit(stage, role(), schedule({"arn": LAMBDA}, startDate="2199-01-31T08:00:00Z"))
    assert [change.path for action in stage.plan().actions for change in action.changes] == ["startDate"]


def test_a_name_that_is_taken_is_told_from_a_conflict_that_passes() -> None:
    account, spec = Stubbed("scheduler"), ScheduleSpec.model_validate(wanted())
    account.refuse("CreateSchedule", "ConflictException", "Schedule sweep already exists.")
    with pytest.raises(AlreadyExists):
        Schedule().create(account.aws, spec, {})
    account.refuse("CreateSchedule", "ConflictException", "The schedule group is being deleted.")
    with pytest.raises(AwsTemporary):
        Schedule().create(account.aws, spec, {})


def test_a_role_that_was_just_made_is_tried_again_soon() -> None:
    account, spec = Stubbed("scheduler"), ScheduleSpec.model_validate(wanted())
    text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    account.refuse("CreateSchedule", "ValidationException", text)
    with pytest.raises(AwsTemporary):
        Schedule().create(account.aws, spec, {})


def test_a_change_is_told_as_what_it_is() -> None:
    spec = ScheduleSpec.model_validate(wanted())
    later = ScheduleSpec.model_validate(wanted(scheduleExpression="rate(2 days)", timezone="Europe/Berlin"))
    off = ScheduleSpec.model_validate(wanted(state="DISABLED"))
    task = {"arn": f"{PREFIX}:cluster/main", "role": ROLE_ARN}
    one, other = (
        ScheduleSpec.model_validate(
            wanted(target={**task, "ecsParameters": {"taskDefinition": f"{PREFIX}:task-definition/{name}"}})
        )
        for name in ("app", "other")
    )
    tell = Schedule().tell
    assert list(tell(Verb.UPDATE, one, other)) == [
        "its next tasks are of another definition; those that run stay as they are"
    ]
    assert list(tell(Verb.UPDATE, spec, later)) == ["runs at rate(2 days) Europe/Berlin in place of rate(1 day)"]
    assert list(tell(Verb.UPDATE, spec, off)) == ["does not run until it is ENABLED again"]
    assert list(tell(Verb.UPDATE, off, spec)) == ["runs again"]
    assert list(tell(Verb.DELETE, spec, None)) == ["nothing runs at rate(1 day) any more"]


TASK = {"taskDefinition": "app"}
NET = {"subnets": ["subnet-0123456789abcdef0"], "securityGroups": ["sg-0123456789abcdef0"]}
FARGATE = {**TASK, "launchType": "FARGATE", "networkConfiguration": NET}


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"scheduleExpression": "0 3 * * *"}, "scheduleExpression", "write cron(0 3 * * ? *)"),
        ({"timezone": "Europe/Berln"}, "timezone", "did you mean 'Europe/Berlin'?"),
        ({"timezone": "here"}, "timezone", "is no time zone"),
        ({"startDate": "2199-01-02T00:00:00Z", "endDate": "2199-01-01T00:00:00Z"}, "endDate", "is not after startDate"),
        ({"actionAfterCompletion": "DELETE"}, "actionAfterCompletion", "then trueup makes it anew"),
        ({"target": {"arn": "main"}}, "target.ecsParameters", "is missing, and a target of ecs needs it"),
        ({"target": {"arn": LAMBDA, "ecsParameters": TASK}}, "target.ecsParameters", "and this one is of lambda"),
        ({"target": {"arn": LAMBDA, "input": "sweep"}}, "target.input", "is no JSON"),
        ({"target": {"arn": f"{QUEUE}.fifo"}}, "target.sqsParameters", "a FIFO queue needs a messageGroupId"),
        (
            {"target": {"arn": "main", "ecsParameters": {**TASK, "networkConfiguration": {"assignPublicIp": True}}}},
            "target.ecsParameters.networkConfiguration",
            "names no subnets",
        ),
        (
            {"target": {"arn": "main", "ecsParameters": {**TASK, "launchType": "FARGATE"}}},
            "target.ecsParameters.networkConfiguration",
            "tasks on Fargate need them",
        ),
        (
            {"target": {"arn": "main", "ecsParameters": {**FARGATE, "placementStrategy": [{"type": "random"}]}}},
            "target.ecsParameters.placementStrategy",
            "Fargate has none",
        ),
        (
            {
                "target": {
                    "arn": "main",
                    "ecsParameters": {**FARGATE, "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
                }
            },
            "target.ecsParameters.capacityProviderStrategy",
            "and launchType exclude each other",
        ),
        (
            {"target": {"arn": "main", "ecsParameters": FARGATE}},
            "target.ecsParameters.launchType",
            "is not made for Fargate",
        ),
        (
            {"target": {"arn": "main", "ecsParameters": {**TASK, "networkConfiguration": NET}}},
            "target.ecsParameters.networkConfiguration",
            "goes with network mode awsvpc only",
        ),
        (
            {"target": {"arn": "main", "ecsParameters": {**TASK, "enableExecuteCommand": True}}},
            "target.ecsParameters.enableExecuteCommand",
            "needs a task role",
        ),
        (
            {"target": {"arn": "main", "ecsParameters": TASK, "input": {"containerOverrides": [{"name": "web"}]}}},
            "target.input",
            "overrides container 'web'",
        ),
    ],
)
def test_what_does_not_go_together_is_said_before_any_call(spec: dict[str, Any], field: str, message: str) -> None:
    given = {**spec, "target": {"role": "scheduler", **spec["target"]}} if "target" in spec else spec
    found = [p for p in problems(CLUSTER, task(), role(), schedule(**given)) if p.field.startswith(f"spec.{field}")]
    assert any(message in f"{problem.message} {problem.hint}" for problem in found), found


def test_a_task_with_awsvpc_needs_subnets() -> None:
    (found,) = problems(CLUSTER, task(networkMode="awsvpc"), role(), schedule())
    assert "is missing: TaskDefinition app" in found.message


def test_a_role_that_the_scheduler_cannot_take_on_is_an_error() -> None:
    (found,) = problems(role(service="ecs-tasks.amazonaws.com"), schedule({"arn": LAMBDA}))
    assert (found.severity, found.field) == (Severity.ERROR, "spec.target.role")
    assert found.hint == "allow sts:AssumeRole to the service scheduler.amazonaws.com in its trust"


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        ({"arn": LAMBDA}, "lambda:InvokeFunction, so that the Scheduler cannot call the target"),
        ({"arn": LAMBDA, "deadLetterQueue": QUEUE}, "lambda:InvokeFunction, sqs:SendMessage"),
        ({"arn": "main", "ecsParameters": TASK}, "ecs:RunTask, iam:PassRole, so that the Scheduler cannot"),
    ],
)
def test_a_role_that_cannot_do_the_work_is_doubtful(target: dict[str, Any], missing: str) -> None:
    poor = role("scheduler", "scheduler.amazonaws.com", "s3:GetObject")
    tasks = role("app", "ecs-tasks.amazonaws.com")
    (found,) = problems(CLUSTER, task(taskRole="app"), tasks, poor, schedule(target))
    assert found.severity is Severity.WARNING
    assert f"does not allow {missing}" in found.message


def test_what_is_known_only_later_is_not_judged() -> None:
    out = "${out.Cluster.main.arn}"
    found = problems(CLUSTER, task(), role(), schedule({"arn": out, "ecsParameters": TASK, "input": "x"}))
    assert found == []


def test_the_group_that_aws_has_is_not_one_to_make() -> None:
    (found,) = problems(document("scheduler.aws/v1", "ScheduleGroup", "default", {}))
    assert "default is AWS's own group" in found.message
