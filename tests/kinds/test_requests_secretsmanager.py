"""What no emulator can show of secrets (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.secretsmanager.secret import Generate, Secret, SecretSpec
from tests.kinds.stubbed import Stubbed, covers

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app/db-AbCdEf"
TAGS = [{"Key": "a", "Value": "b"}]


@covers("secretsmanager/Secret", "generate")
def test_a_generated_value_goes_from_aws_to_aws_and_nowhere_else() -> None:
    account = Stubbed("secretsmanager")
    generate = Generate(length=40, exclude_characters="@/", template='{"username": "app"}', key="password")
    account.refuse("DescribeSecret", "ResourceNotFoundException")
    account.expect(
        "GetRandomPassword",
        {"RandomPassword": "made-up"},
        PasswordLength=40,
        ExcludeCharacters="@/",
        ExcludeNumbers=False,
        ExcludePunctuation=False,
        ExcludeUppercase=False,
        ExcludeLowercase=False,
        IncludeSpace=False,
        RequireEachIncludedType=True,
    )
    account.expect(
        "CreateSecret",
        {"ARN": ARN},
        Name="app/db",
        Description="",
        Tags=TAGS,
        SecretString='{"username": "app", "password": "made-up"}',
    )
    made = Secret().create(account.aws, SecretSpec(name="app/db", generate=generate), {"a": "b"})
    assert "made-up" not in repr(made)
    account.done()


def test_without_generate_a_secret_is_made_without_a_value() -> None:
    account = Stubbed("secretsmanager")
    account.refuse("DescribeSecret", "ResourceNotFoundException")
    account.expect("CreateSecret", {"ARN": ARN}, Name="app/db", Description="", Tags=TAGS)
    Secret().create(account.aws, SecretSpec(name="app/db"), {"a": "b"})
    account.done()
