"""The lint of policy documents: each doubt has a message with its place, and sound documents have none."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.kinds.iam.policy_lint import SIZE_LIMITS, Use, lint, unknown_action
from controller.model.policy import PolicyDocument

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci"


def messages(*statements: dict[str, Any], use: Use = "managed", **elements: Any) -> list[str]:
    written = {"Version": "2012-10-17", "Statement": list(statements), **elements}
    return list(lint(PolicyDocument.parse(written), use))


def allowed(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


def trusted(principal: Any, **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **elements}


@pytest.mark.parametrize(
    "statement",
    [
        allowed(),
        allowed(Action="*"),
        allowed(Action="*:*"),
        allowed(Action=["S3:getobject", "ec2:Describe*", "iam:?etRole"]),
        allowed(Sid="ReadOnly1", Resource=["arn:aws:s3:::b/*", f"arn:aws-us-gov:sqs:us-gov-west-1:{ACCOUNT}:q"]),
        allowed(Resource=["arn:*:s3:::b", "arn:aws:iam::*:role/x", "arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        allowed(Resource=["arn:aws:s3:::b/${aws:username}/*", "arn:aws:iam::${aws:PrincipalAccount}:role/x"]),
        allowed(Resource=["${out.Queue.q.arn}", "(known after apply: sqs/Queue/q.arn)/*"], Action="${var.action}"),
        allowed(Condition={"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "a*"}}),
        {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b"},
    ],
)
def test_a_sound_statement_of_an_identity_has_no_message(statement: dict[str, Any]) -> None:
    assert messages(statement) == []


@pytest.mark.parametrize(
    "statement",
    [
        trusted({"AWS": [ACCOUNT, ROLE, "arn:aws:sts::123456789012:assumed-role/x/y", "${out.Role.x.arn}"]}),
        trusted({"Service": "ec2.amazonaws.com"}, Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]),
        trusted({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/x"}, Action="sts:assumerolewithwebidentity"),
        trusted({"Federated": "cognito-identity.amazonaws.com"}, Action="sts:AssumeRole*"),
        trusted("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        trusted({"AWS": "*"}, Effect="Deny"),
    ],
)
def test_a_sound_trust_statement_has_no_message(statement: dict[str, Any]) -> None:
    assert messages(statement, use="trust") == []


DOUBTFUL: dict[str, tuple[Use, dict[str, Any], str]] = {
    "no resource": (
        "role",
        {"Effect": "Allow", "Action": "s3:GetObject"},
        "Statement[0]: Resource is missing",
    ),
    "principal of an identity": (
        "user",
        allowed(Principal="*"),
        "Statement[0].Principal: not allowed in policies of identities; who is meant is who has the policy",
    ),
    "exception of an identity": (
        "group",
        allowed(NotPrincipal={"AWS": ACCOUNT}),
        "Statement[0].NotPrincipal: not allowed in policies of identities; who is meant is who has the policy",
    ),
    "nothing in a list": (
        "managed",
        allowed(Action=[]),
        "Statement[0].Action: is empty, so that the statement means nothing",
    ),
    "action without a service": (
        "managed",
        allowed(Action="GetObject"),
        "Statement[0].Action: 'GetObject' is not of the form service:Action",
    ),
    "service": (
        "managed",
        allowed(Action="lamda:InvokeFunction"),
        "Statement[0].Action: 'lamda:InvokeFunction': no service has the prefix 'lamda' (did you mean 'lambda'?)",
    ),
    "service that resembles none": (
        "managed",
        allowed(Action="zzzzzzzz:*"),
        "Statement[0].Action: 'zzzzzzzz:*': no service has the prefix 'zzzzzzzz'",
    ),
    "action": (
        "managed",
        {"Effect": "Deny", "NotAction": "s3:GetObjct", "Resource": "*"},
        "Statement[0].NotAction: 's3:GetObjct' is no known action of s3 (did you mean 'GetObject'?)",
    ),
    "wildcard": (
        "managed",
        allowed(Action="s3:Fetch*"),
        "Statement[0].Action: 's3:Fetch*' matches no known action of s3",
    ),
    "bracket, which is no wildcard of IAM's": (
        "managed",
        allowed(Action="s3:[G]et*"),
        "Statement[0].Action: 's3:[G]et*' matches no known action of s3",
    ),
    "resource": (
        "managed",
        allowed(Resource="my-bucket"),
        "Statement[0].Resource: 'my-bucket' is neither * nor an ARN (arn:partition:service:region:account:resource)",
    ),
    "fields": (
        "managed",
        allowed(Resource="arn:aws:s3::b"),
        "Statement[0].Resource: 'arn:aws:s3::b' has 5 fields; an ARN has six "
        "(arn:partition:service:region:account:resource)",
    ),
    "partition": (
        "managed",
        allowed(Resource="arn:AWS:s3:::b"),
        "Statement[0].Resource: 'arn:AWS:s3:::b' has no such partition: 'AWS' (aws, aws-cn, aws-us-gov, ...)",
    ),
    "service of an ARN": (
        "managed",
        allowed(Resource="arn:aws:S3:::b"),
        "Statement[0].Resource: 'arn:aws:S3:::b' names the service 'S3'; a service's name is lower-case",
    ),
    "account of an ARN": (
        "managed",
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::1234:role/x"},
        "Statement[0].NotResource: 'arn:aws:iam::1234:role/x' has the account '1234'; an account id has 12 digits",
    ),
    "resource of an ARN": (
        "managed",
        allowed(Resource="arn:aws:s3:::"),
        "Statement[0].Resource: 'arn:aws:s3:::' names no resource after the last colon",
    ),
    "operator": (
        "managed",
        allowed(Condition={"StringEqual": {"aws:x": "a"}}),
        "Statement[0].Condition: 'StringEqual' is no known operator (did you mean 'StringEquals'?)",
    ),
    "condition key twice": (
        "managed",
        allowed(Condition={"StringEquals": {"aws:x": "a", "AWS:X": "b"}}),
        "Statement[0].Condition.StringEquals: 'aws:x' stands 2 times; condition keys have no case",
    ),
    "resource of a role's trust": (
        "trust",
        trusted({"AWS": ROLE}, Resource="*"),
        "Statement[0].Resource: not allowed in trust policies; the resource is the role itself",
    ),
    "trust in nobody": (
        "trust",
        {"Effect": "Allow", "Action": "sts:AssumeRole"},
        "Statement[0]: Principal is missing",
    ),
    "trust in everyone but one": (
        "trust",
        {"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": ROLE}},
        "Statement[0].NotPrincipal: not supported in trust policies; "
        "use Principal with a condition on aws:PrincipalArn",
    ),
    "trust in everyone": (
        "trust",
        trusted("*"),
        "Statement[0].Principal: everyone in the world may assume the role; name principals or add a Condition",
    ),
    "trust in every AWS principal": (
        "trust",
        trusted({"AWS": [ROLE, "*"]}),
        "Statement[0].Principal: everyone in the world may assume the role; name principals or add a Condition",
    ),
    "action of another service in a trust": (
        "trust",
        trusted({"AWS": ROLE}, Action="s3:GetObject"),
        "Statement[0].Action: 's3:GetObject' does not belong in a trust policy (allowed: sts:AssumeRole, "
        "sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, sts:SetContext, sts:SetSourceIdentity, sts:TagSession)",
    ),
    "other action of sts in a trust": (
        "trust",
        trusted({"AWS": ROLE}, Action="sts:GetCallerIdentity"),
        "Statement[0].Action: 'sts:GetCallerIdentity' does not belong in a trust policy (allowed: sts:AssumeRole, "
        "sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, sts:SetContext, sts:SetSourceIdentity, sts:TagSession)",
    ),
    "deleted principal": (
        "trust",
        trusted({"AWS": "AROAEXAMPLE123456789"}),
        "Statement[0].Principal.AWS: 'AROAEXAMPLE123456789' is what a deleted user or role has left behind; "
        "name the ARN of one that exists",
    ),
    "part of a principal": (
        "trust",
        trusted({"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}),
        f"Statement[0].Principal.AWS: 'arn:aws:iam::{ACCOUNT}:role/*' has a wildcard; "
        "a principal is named in full, or is * alone",
    ),
    "account id": (
        "trust",
        trusted({"AWS": "12345"}),
        "Statement[0].Principal.AWS: '12345' is neither an ARN, nor an account id of 12 digits, nor *",
    ),
    "ARN of a principal": (
        "trust",
        trusted({"AWS": "arn:aws:iam::12345:root"}),
        "Statement[0].Principal.AWS: 'arn:aws:iam::12345:root' has the account '12345'; an account id has 12 digits",
    ),
    "service principal": (
        "trust",
        trusted({"Service": "ec2"}),
        "Statement[0].Principal.Service: 'ec2' is not the name of a service, such as ec2.amazonaws.com",
    ),
    "provider": (
        "trust",
        trusted({"Federated": "arn:aws:iam::oidc-provider/x"}),
        "Statement[0].Principal.Federated: 'arn:aws:iam::oidc-provider/x' has 5 fields; an ARN has six "
        "(arn:partition:service:region:account:resource)",
    ),
}


@pytest.mark.parametrize(("use", "statement", "message"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_statement_has_one_message(use: Use, statement: dict[str, Any], message: str) -> None:
    assert messages(statement, use=use) == [message]


def test_allow_with_an_exception_is_named_for_what_it_does() -> None:
    assert messages({"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": ROLE}}, use="trust")[
        1:
    ] == ["Statement[0].NotPrincipal: with Allow it trusts everyone else in the world"]


@pytest.mark.parametrize("use", sorted(SIZE_LIMITS))
def test_a_document_may_be_as_large_as_iams_quota_and_no_larger(use: Use) -> None:
    base = trusted({"AWS": ROLE}) if use == "trust" else allowed()

    def sized(extra: int) -> list[str]:
        return messages(base | {"Sid": "S" * extra}, use=use)

    empty = PolicyDocument.parse({"Version": "2012-10-17", "Statement": base | {"Sid": "S"}}).size - 1
    assert sized(SIZE_LIMITS[use] - empty) == []
    (message,) = sized(SIZE_LIMITS[use] - empty + 1)
    assert message.startswith(f"{SIZE_LIMITS[use] + 1} characters without white space; IAM allows {SIZE_LIMITS[use]}")


def test_characters_that_iam_refuses_are_named() -> None:
    assert messages(allowed(Condition={"StringEquals": {"aws:x": "Zoë → 1"}})) == [
        "IAM takes no characters beyond U+00FF in a policy; found '\\u2192'"
    ]


def test_an_id_is_for_resource_policies() -> None:
    assert messages(allowed(), Id="x") == ["Id: not allowed in policies of identities; leave it out"]
    assert messages(trusted({"AWS": ROLE}), use="trust", Id="x") == []


def test_a_sid_is_unique_and_alphanumeric() -> None:
    assert messages(allowed(Sid="A"), allowed(Sid="A", Action="s3:PutObject"), allowed(Sid="é b")) == [
        "Sid 'A' stands 2 times; a Sid is unique in its document",
        "Sid 'é b': only letters A-Z, a-z and digits are allowed",
    ]
    assert messages(allowed(Sid="${var.sid}")) == []


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_a_variable_is_plain_text_before_version_2012(version: dict[str, str]) -> None:
    statement = allowed(
        Resource=["arn:aws:s3:::b/${aws:username}", "${var.x}"], Condition={"StringLike": {"aws:x": "${*}"}}
    )
    assert list(lint(PolicyDocument.parse({**version, "Statement": statement}), "managed")) == [
        "Statement[0].Resource: ${aws:username} is a variable only with Version 2012-10-17; here it is plain text",
        "Statement[0].Condition: ${*} is a variable only with Version 2012-10-17; here it is plain text",
    ]


def test_messages_name_the_statement_they_are_about() -> None:
    assert messages(allowed(), allowed(Resource="x"))[0].startswith("Statement[1].Resource: ")


@given(st.text(alphabet="*?ab[", max_size=60), st.text())
def test_any_pattern_of_actions_is_judged(pattern: str, rest: str) -> None:
    """Neither brackets nor many stars may send the search astray."""
    judged = unknown_action(f"s3:{pattern}{rest}")
    assert judged == "" or judged.startswith(("'s3:", '"s3:'))


def test_reading_the_database_of_actions_emits_no_warning_and_waits_for_the_first_action() -> None:
    """`trueup --help` must not pay for it, and tests run with warnings as errors."""
    code = (
        "import sys\n"
        "from controller.kinds.iam import policy_lint\n"
        "assert 'policy_sentry' not in sys.modules\n"
        "assert policy_lint.unknown_action('s3:GetObject') == ''\n"
        "assert 'policy_sentry' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
