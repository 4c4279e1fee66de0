"""Log groups on replies as AWS documents them: what shows of them, and what does not."""

from __future__ import annotations

from typing import Any

from controller.kinds.logs.log_group import LogGroup, translate
from controller.model.plan import Verb

GROUP: dict[str, Any] = {
    "logGroupName": "/ecs/app",
    "arn": "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/app:*",
    "logGroupClass": "STANDARD",
    "retentionInDays": 30,
}


def test_a_group_that_says_no_retention_keeps_its_events_for_ever() -> None:
    assert translate({**GROUP, "retentionInDays": 30}, {}).spec.retention_in_days == 30
    without = {key: value for key, value in GROUP.items() if key != "retentionInDays"}
    assert translate(without, {}).spec.retention_in_days == 0


def test_a_retention_that_an_account_policy_puts_over_the_groups_own_is_no_drift() -> None:
    """DescribeLogGroups then shows the policy's days; what PutRetentionPolicy has saved does not show."""
    assert translate({**GROUP, "retentionPolicyName": "all"}, {}).spec.retention_in_days is None


def test_the_class_that_keeps_events_for_a_day_has_no_retention_to_compare() -> None:
    assert translate({**GROUP, "logGroupClass": "DELIVERY"}, {}).spec.retention_in_days is None


def test_the_output_is_the_arn_that_tagging_takes() -> None:
    assert translate(GROUP, {}).outputs["arn"] == "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/app"


def test_a_protected_group_is_kept_with_what_to_do() -> None:
    assert "deletionProtectionEnabled" in translate({**GROUP, "deletionProtectionEnabled": True}, {}).keep
    assert translate(GROUP, {}).keep == ""


def test_a_shorter_retention_is_told_as_what_it_is() -> None:
    kept = translate(GROUP, {}).spec
    shorter = kept.model_copy(update={"retention_in_days": 7})
    for_ever = kept.model_copy(update={"retention_in_days": 0})
    assert list(LogGroup().tell(Verb.UPDATE, for_ever, shorter)) == ["log events older than 7 days are deleted"]
    assert list(LogGroup().tell(Verb.UPDATE, shorter, for_ever)) == []
