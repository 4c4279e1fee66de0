"""What moto cannot do of log groups (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.logs.log_group import LogGroup, LogGroupSpec, translate
from tests.kinds.stubbed import Stubbed, covers

KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
GROUP = {
    "logGroupName": "/ecs/app",
    "logGroupArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/app",
    "logGroupClass": "STANDARD",
}


@covers("logs/LogGroup", "deletionProtectionEnabled", "kmsKeyId")
def test_key_and_protection_of_a_log_group_are_changed_by_calls_of_their_own() -> None:
    account, live = Stubbed("logs"), translate(GROUP, {})
    spec = live.spec.model_copy(update={"kms_key_id": KEY, "deletion_protection_enabled": True})
    changed = frozenset({"kmsKeyId", "deletionProtectionEnabled"})
    account.expect("AssociateKmsKey", logGroupName="/ecs/app", kmsKeyId=KEY)
    account.expect("PutLogGroupDeletionProtection", logGroupIdentifier="/ecs/app", deletionProtectionEnabled=True)
    LogGroup().update(account.aws, live, spec, changed)
    account.expect("DisassociateKmsKey", logGroupName="/ecs/app")
    account.expect("PutLogGroupDeletionProtection", logGroupIdentifier="/ecs/app", deletionProtectionEnabled=False)
    LogGroup().update(account.aws, live, live.spec, changed)
    account.done()


@covers("logs/LogGroup", "logGroupClass")
def test_a_log_group_is_made_with_class_key_and_protection_in_one_call() -> None:
    """So that it is never without what protects it. Retention comes second: the call does not take it."""
    account = Stubbed("logs")
    spec = LogGroupSpec(
        log_group_name="/ecs/app",
        log_group_class="INFREQUENT_ACCESS",
        kms_key_id=KEY,
        deletion_protection_enabled=True,
        retention_in_days=7,
    )
    account.expect(
        "CreateLogGroup",
        logGroupName="/ecs/app",
        logGroupClass="INFREQUENT_ACCESS",
        kmsKeyId=KEY,
        deletionProtectionEnabled=True,
        tags={"a": "b"},
    )
    account.expect("PutRetentionPolicy", logGroupName="/ecs/app", retentionInDays=7)
    made = LogGroup().create(account.aws, spec, {"a": "b"})
    assert made.outputs == {"arn": GROUP["logGroupArn"], "name": "/ecs/app"}
    account.done()
