"""PolicyDocument: documents that AWS treats alike are equal, others differ, and errors say where and what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from controller.model.policy import PolicyDocument
from controller.model.policy_grammar import STATEMENT, listed, may_be_filled_in, problems

parse = PolicyDocument.parse

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci"


def statement(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


def document(*statements: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements) or [statement()], **elements}


def principal(value: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": value})


def condition(operator: str, value: Any, key: str = "aws:x") -> dict[str, Any]:
    return document(statement(Condition={operator: {key: value}}))


ALIKE = {
    "one action and a list of one": (document(), document(statement(Action=["s3:GetObject"]))),
    "one statement and a list of one": (document(), {"Version": "2012-10-17", "Statement": statement()}),
    "order of statements": (document(statement(), statement(Sid="B")), document(statement(Sid="B"), statement())),
    "a statement twice": (document(statement(), statement()), document()),
    "an action twice": (document(statement(Action=["s3:GetObject", "s3:GetObject"])), document()),
    "case of actions": (document(statement(Action="S3:getobject")), document()),
    "an action twice in different case": (document(statement(Action=["S3:GETOBJECT", "s3:GetObject"])), document()),
    "no version and the old one": (
        {"Statement": statement()},
        {"Statement": statement(), "Version": "2008-10-17"},
    ),
    "version read by YAML as a date": (document(Version=date(2012, 10, 17)), document()),
    "empty Sid and none": (document(statement(Sid="")), document()),
    "empty Id and none": (document(Id=""), document()),
    "empty Condition and none": (document(statement(Condition={})), document()),
    "an operator that tests nothing": (document(statement(Condition={"StringEquals": {}})), document()),
    "account id and root ARN": (principal({"AWS": ACCOUNT}), principal({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
    "root ARN in another partition": (
        principal({"AWS": ACCOUNT}),
        principal({"AWS": f"arn:aws-us-gov:iam::{ACCOUNT}:root"}),
    ),
    "account id read by YAML as a number": (principal({"AWS": int(ACCOUNT)}), principal({"AWS": ACCOUNT})),
    "no principals of a kind": (principal({"AWS": ROLE, "Service": []}), principal({"AWS": [ROLE]})),
    "boolean and text": (condition("Bool", True), condition("Bool", "true")),
    "case of a boolean": (condition("BoolIfExists", "TRUE"), condition("BoolIfExists", "true")),
    "case of Null's boolean": (condition("Null", "False"), condition("Null", False)),
    "boolean and text under a string operator": (condition("StringEquals", False), condition("StringEquals", "false")),
    "number and text": (condition("StringEquals", 1), condition("StringEquals", ["1"])),
    "number and its decimals": (condition("NumericLessThan", 10), condition("NumericLessThan", "+010.00")),
    "fraction and its zeros": (condition("NumericEquals", 1.5), condition("NumericEquals", "1.50")),
    "zero has no sign": (condition("NumericEquals", "-0.0"), condition("NumericEquals", 0)),
    "an instant in another zone": (
        condition("DateLessThan", "2020-01-01T00:00:00Z"),
        condition("DateLessThan", "2020-01-01T01:00:00+01:00"),
    ),
    "an instant read by YAML": (
        condition("DateLessThan", "2020-01-01T00:00:00Z"),
        condition("DateLessThan", datetime(2020, 1, 1, tzinfo=UTC)),
    ),
    "address and its /32": (condition("IpAddress", "10.0.0.1"), condition("IpAddress", "10.0.0.1/32")),
    "notation of IPv6 networks": (
        condition("NotIpAddressIfExists", "2001:DB8:0::/64"),
        condition("NotIpAddressIfExists", "2001:db8::/64"),
    ),
    "notation of IPv6 addresses": (condition("IpAddress", "::0:1"), condition("IpAddress", "::1")),
    "case under IgnoreCase": (
        condition("StringEqualsIgnoreCase", "Dev"),
        condition("StringEqualsIgnoreCase", "dev"),
    ),
    "case of condition keys": (
        condition("StringEquals", "x", "aws:RequestTag/Team"),
        condition("StringEquals", "x", "AWS:requesttag/team"),
    ),
    "ArnEquals and ArnLike": (
        condition("ForAnyValue:ArnEqualsIfExists", ROLE),
        condition("ForAnyValue:ArnLikeIfExists", ROLE),
    ),
    "ArnNotEquals and ArnNotLike": (condition("ArnNotEquals", ROLE), condition("ArnNotLike", ROLE)),
}

DIFFERENT = {
    "old and new version": ({"Statement": statement()}, document()),
    "Sid": (document(statement(Sid="A")), document()),
    "case of a Sid": (document(statement(Sid="A")), document(statement(Sid="a"))),
    "Id": (document(Id="A"), document()),
    "Action and NotAction": (document(), document({"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"})),
    "no Resource and one": (document(), document({"Effect": "Allow", "Action": "s3:GetObject"})),
    "no actions and all": (document(statement(Action=[])), document(statement(Action="*"))),
    "case of resources": (
        document(statement(Resource="arn:aws:s3:::a")),
        document(statement(Resource="arn:aws:s3:::A")),
    ),
    "star and AWS star": (principal("*"), principal({"AWS": "*"})),
    "kind of principal": (principal({"Service": "a.example"}), principal({"Federated": "a.example"})),
    "Principal and NotPrincipal": (
        document(statement(Principal={"AWS": ROLE})),
        document(statement(NotPrincipal={"AWS": ROLE})),
    ),
    "account and a role of it": (principal({"AWS": ACCOUNT}), principal({"AWS": ROLE})),
    "account id outside of AWS principals": (
        principal({"Federated": ACCOUNT}),
        principal({"Federated": f"arn:aws:iam::{ACCOUNT}:root"}),
    ),
    "a deleted role's id and its ARN": (principal({"AWS": "AROAEXAMPLE123456789"}), principal({"AWS": ROLE})),
    "case of a condition's value": (condition("StringEquals", "Dev"), condition("StringEquals", "dev")),
    "case of a boolean under a string operator": (condition("StringEquals", "TRUE"), condition("StringEquals", True)),
    "operators": (condition("StringEquals", "a"), condition("StringLike", "a")),
    "IfExists": (condition("StringEquals", "a"), condition("StringEqualsIfExists", "a")),
    "qualifiers": (condition("ForAnyValue:StringEquals", "a"), condition("ForAllValues:StringEquals", "a")),
    "decimals under a string operator": (condition("StringEquals", "1"), condition("StringEquals", "1.0")),
    "numbers": (condition("NumericEquals", "10"), condition("NumericEquals", "1")),
    "signs": (condition("NumericEquals", "-1"), condition("NumericEquals", 1)),
    "what is no number": (condition("NumericEquals", "1e1"), condition("NumericEquals", "10")),
    "instants": (condition("DateEquals", "2020-01-01T00:00:00Z"), condition("DateEquals", "2020-01-01T00:00:00+01:00")),
    "a day that is none": (condition("DateEquals", "2020-02-30T00:00:00Z"), condition("DateEquals", "2020-03-01")),
    "a year before Python's": (
        condition("DateEquals", "0001-01-01T00:00:00+01:00"),
        condition("DateEquals", "0001-01-01T00:00:00Z"),
    ),
    "networks": (condition("IpAddress", "10.0.0.0/8"), condition("IpAddress", "10.0.0.0/9")),
    "bits of the host": (condition("IpAddress", "10.0.0.1/8"), condition("IpAddress", "10.0.0.0/8")),
    "a netmask, which is no CIDR": (condition("IpAddress", "10.0.0.0/255.0.0.0"), condition("IpAddress", "10.0.0.0/8")),
    "what is no address": (condition("IpAddress", "office"), condition("IpAddress", "office/32")),
    "an IPv6 address and its /128": (condition("IpAddress", "::1"), condition("IpAddress", "::1/128")),
    "no values and no test": (condition("StringEquals", []), document()),
    "one value of two": (condition("StringEquals", ["a", "b"]), condition("StringEquals", "a")),
    "two tests and one": (
        document(statement(Condition={"ArnLike": {"aws:x": "a"}, "ArnEquals": {"aws:x": "b"}})),
        document(statement(Condition={"ArnLike": {"aws:x": ["a", "b"]}})),
    ),
    "two statements and their sum": (
        document(statement(), statement(Action="s3:PutObject")),
        document(statement(Action=["s3:GetObject", "s3:PutObject"])),
    ),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_documents_that_aws_treats_alike_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(one) == parse(other)
    assert hash(parse(one)) == hash(parse(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_documents_that_mean_something_else_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert parse(one) != parse(other)


# Documents in general

ACTIONS = ("s3:GetObject", "s3:Put*", "ec2:RunInstances", "iam:PassRole", "*")
RESOURCES = ("*", "arn:aws:s3:::b", "arn:aws:s3:::b/${aws:username}", "(known after apply: iam/Role/x.arn)")
PRINCIPAL_IDS = (ACCOUNT, ROLE, "210987654321", "AROAEXAMPLE123456789", "${out.Role.x.arn}")
TESTS = {
    "StringEquals": ("a", "B", "true", "10"),
    "Bool": ("true", "false"),
    "NumericLessThan": ("10", "2.5"),
    "IpAddress": ("10.0.0.1/32", "10.0.0.0/8"),
    "ArnLike": (ROLE, "arn:aws:iam::*:role/x"),
}
KEYS = ("aws:RequestTag/Team", "aws:SourceIp", "saml:aud")


def some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    operators = draw(st.lists(st.sampled_from(sorted(TESTS)), unique=True, max_size=3))
    return {name: {key: draw(some(TESTS[name])) for key in draw(some(KEYS))} for name in operators}


@st.composite
def statements(draw: st.DrawFn, sid: str) -> dict[str, Any]:
    who = st.one_of(st.just("*"), st.fixed_dictionaries({"AWS": some(PRINCIPAL_IDS), "Service": some(("ec2.x.com",))}))
    made: dict[str, Any] = {
        "Sid": sid,
        "Effect": draw(st.sampled_from(("Allow", "Deny"))),
        draw(st.sampled_from(("Action", "NotAction"))): draw(some(ACTIONS)),
        draw(st.sampled_from(("Resource", "NotResource"))): draw(some(RESOURCES)),
        "Condition": draw(conditions()),
    }
    if draw(st.booleans()):
        made[draw(st.sampled_from(("Principal", "NotPrincipal")))] = draw(who)
    return made


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    version = draw(st.sampled_from(({"Version": "2012-10-17"}, {"Version": "2008-10-17"}, {})))
    return {**version, "Statement": [draw(statements(sid=f"S{index}")) for index in range(count)]}


class Rewriter:
    """Writes a document as somebody else, or AWS, might write the same."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def document(self, written: dict[str, Any]) -> Any:
        made = self.shuffled({**written, "Statement": self.wrapped(list(map(self.statement, written["Statement"])))})
        text = json.dumps(made, indent=self.random.choice((None, 2)))
        return self.random.choice((made, text, quote(text, safe="")))

    def statement(self, written: dict[str, Any]) -> dict[str, Any]:
        return self.shuffled({element: self.element(element, value) for element, value in written.items()})

    def element(self, name: str, value: Any) -> Any:
        match name.removeprefix("Not"):
            case "Action":
                return self.wrapped(list(map(self.cased, value)))
            case "Resource":
                return self.wrapped(value)
            case "Principal" if value != "*":
                return self.shuffled({kind: self.wrapped(list(map(self.account, ids))) for kind, ids in value.items()})
            case "Condition":
                return self.shuffled({operator: self.tests(tests) for operator, tests in value.items()})
        return value

    def tests(self, written: dict[str, Any]) -> dict[str, Any]:
        return self.shuffled(
            {self.cased(key): self.wrapped(list(map(self.plain, values))) for key, values in written.items()}
        )

    def shuffled(self, values: dict[str, Any]) -> dict[str, Any]:
        return dict(self.random.sample(list(values.items()), len(values)))

    def wrapped(self, values: list[Any]) -> Any:
        if len(values) == 1 and self.random.random() < 0.5:
            return values[0]
        more = values + self.random.choices(values, k=self.random.randrange(3))
        return self.random.sample(more, len(more))

    def cased(self, text: str) -> str:
        return self.random.choice((text, text.upper(), text.lower()))

    def account(self, text: str) -> str:
        return self.random.choice((text, f"arn:aws:iam::{text}:root")) if text.isdecimal() else text

    def plain(self, text: str) -> Any:
        return self.random.choice((text, json.loads(text))) if text in {"true", "false", "10", "2.5"} else text


rewriters = st.randoms(use_true_random=False).map(Rewriter)


@given(documents(), rewriters)
def test_a_document_equals_itself_however_it_is_written(written: dict[str, Any], rewriter: Rewriter) -> None:
    one, other = parse(written), parse(rewriter.document(written))
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1


@given(documents(), rewriters)
def test_what_is_sent_and_what_is_exported_mean_the_document(written: dict[str, Any], rewriter: Rewriter) -> None:
    one = parse(rewriter.document(written))
    assert parse(one.to_json()) == one
    assert parse(one.data) == one
    assert parse(one.data).data == one.data
    assert one.data == json.loads(one.to_json())


@given(documents(), rewriters, st.data())
def test_a_change_of_meaning_never_goes_unseen(
    written: dict[str, Any], rewriter: Rewriter, data: st.DataObject
) -> None:
    changed = parse(rewriter.document(written)).data
    target = data.draw(st.sampled_from(changed["Statement"]))
    match data.draw(st.sampled_from(("effect", "version", "action", "resource", "condition", "drop"))):
        case "effect":
            target["Effect"] = {"Allow": "Deny", "Deny": "Allow"}[target["Effect"]]
        case "version":
            changed["Version"] = "2008-10-17" if changed.get("Version") == "2012-10-17" else "2012-10-17"
        case "action":
            element = "Action" if "Action" in target else "NotAction"
            target[element] = [*listed(target[element]), "sqs:SendMessage"]
        case "resource":
            target["Resource" if "Resource" in target else "NotResource"] = "arn:aws:sqs:::q"
        case "condition":
            target.setdefault("Condition", {})["StringLike"] = {"aws:PrincipalArn": "x"}
        case _:
            changed["Statement"].remove(target)
            changed["Statement"].append(statement(Sid="Other"))
    assert parse(changed) != parse(written)


@given(st.text())
def test_text_that_is_no_document_is_refused_plainly(text: str) -> None:
    with pytest.raises(ValueError, match=r"the policy is not|a policy is|Statement"):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(STATEMENT), inner),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"Statement": st.fixed_dictionaries({}, optional=dict.fromkeys(STATEMENT, JSON))}))
def test_any_data_is_a_document_or_a_value_error(written: dict[str, Any]) -> None:
    wrong = list(problems(written))
    if wrong:
        with pytest.raises(ValueError, match="Statement"):
            parse(written)
    else:
        assert parse(parse(written).data) == parse(written)


# How a document shows


def test_data_has_the_order_of_the_grammar_and_lists_of_one_as_text() -> None:
    made = parse(
        {
            "Statement": {
                "Condition": {"Bool": {"aws:SecureTransport": [True]}},
                "Resource": ["b", "a"],
                "Action": ["s3:GetObject"],
                "Principal": {"Service": ["x.amazonaws.com"], "AWS": int(ACCOUNT)},
                "Effect": "Allow",
                "Sid": "One",
            },
            "Id": "mine",
            "Version": date(2012, 10, 17),
        }
    )
    assert json.dumps(made.data) == json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "mine",
            "Statement": [
                {
                    "Sid": "One",
                    "Effect": "Allow",
                    "Principal": {"AWS": ACCOUNT, "Service": "x.amazonaws.com"},
                    "Action": "s3:GetObject",
                    "Resource": ["a", "b"],
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                }
            ],
        }
    )


def test_what_is_shown_keeps_the_case_and_the_statements_order_of_its_author() -> None:
    made = parse(document(statement(Sid="Z", Action="S3:getObject"), statement(Sid="A")))
    assert [(one["Sid"], one["Action"]) for one in made.data["Statement"]] == [
        ("Z", "S3:getObject"),
        ("A", "s3:GetObject"),
    ]


def test_data_is_a_copy_so_that_the_document_stays_frozen() -> None:
    made = parse(document())
    made.data["Statement"].clear()
    assert made.data["Statement"]


def test_size_counts_no_white_space_as_iam_does() -> None:
    spaced, dense = parse(condition("StringEquals", "a b\u00a0c ")), parse(condition("StringEquals", "abc"))
    assert spaced.size == dense.size == len(dense.to_json())


def test_stand_ins_and_variables_pass_through_untouched() -> None:
    """They may stand in any value, also where only certain words are allowed."""
    held = "(known after apply: iam/Role/X.arn)"
    made = parse(
        {
            "Version": "${var.version}",
            "Statement": {
                "Effect": "${var.effect}",
                "Action": held,
                "Resource": "${aws:username}",
                "NotPrincipal": held,
            },
        }
    )
    shown = made.data["Statement"][0]
    assert made.data["Version"] == "${var.version}"
    assert shown == {
        "Effect": "${var.effect}",
        "NotPrincipal": held,
        "Action": held,
        "Resource": "${aws:username}",
    }
    assert may_be_filled_in(held)


def test_orphaned_principals_are_the_unique_ids_in_place_of_arns() -> None:
    made = parse(
        document(
            statement(Principal={"AWS": ["AROAEXAMPLE123456789", ROLE, "*"]}),
            statement(NotPrincipal={"AWS": "AIDAEXAMPLE123456789", "Service": "AROAEXAMPLE000000000"}),
            statement(Principal="*"),
            statement(),
        )
    )
    assert made.orphaned_principals == ("AIDAEXAMPLE123456789", "AROAEXAMPLE123456789")


def test_a_document_parses_to_itself() -> None:
    made = parse(document())
    assert parse(made) is made


# What is wrong

WRONG = {
    "not a document": (5, "a policy is a mapping with Version, Id, Statement, or the JSON text of one; found a number"),
    "nothing": ({}, "Statement: at least one statement is needed; found nothing"),
    "no statements": ({"Statement": []}, "Statement: at least one statement is needed; found a list that is empty"),
    "key in the wrong case": (
        {"statement": [], "Statement": statement()},
        "statement: unknown key (did you mean 'Statement'?)",
    ),
    "version": (
        document(Version="2012-10-16"),
        "Version: '2012-10-16' is not allowed (did you mean '2012-10-17'? allowed: 2008-10-17, 2012-10-17)",
    ),
    "id": (document(Id={}), "Id: text is needed; found a mapping that is empty"),
    "statement": ({"Statement": ["x"]}, "Statement[0]: a statement is a mapping; found text"),
    "element": (
        {"Statement": {**statement(), "Actions": 1}},
        "Statement.Actions: unknown key (did you mean 'Action'?)",
    ),
    "effect": (
        document(statement(), statement(Effect="allow")),
        "Statement[1].Effect: 'allow' is not allowed (did you mean 'Allow'? allowed: Allow, Deny)",
    ),
    "effect that resembles none": (
        document(statement(Effect="xyz")),
        "Statement[0].Effect: 'xyz' is not allowed (allowed: Allow, Deny)",
    ),
    "no effect": (document({"Action": "*"}), "Statement[0]: Effect is missing (allowed: Allow, Deny)"),
    "no action": (document({"Effect": "Deny"}), "Statement[0]: Action is missing (or NotAction)"),
    "both": (
        document(statement(NotResource="*")),
        "Statement[0]: Resource and NotResource exclude each other (keep one, or make two statements)",
    ),
    "sid": (document(statement(Sid=None)), "Statement[0].Sid: text is needed; found nothing"),
    "action": (document(statement(Action=["a", ["b"]])), "Statement[0].Action[1]: text is needed; found a list"),
    "principal": (
        principal(ROLE),
        'Statement[0].Principal: "*" or a mapping with AWS, Service, Federated, CanonicalUser is needed; found text',
    ),
    "kind of principal": (
        principal({"Aws": ROLE}),
        "Statement[0].Principal.Aws: unknown key (did you mean 'AWS'?)",
    ),
    "account id that lost its zero": (
        principal({"AWS": [12345678901]}),
        "Statement[0].Principal.AWS: 12345678901 is not an account id of 12 digits (put account ids in quotes)",
    ),
    "condition": (
        document(statement(Condition=[1])),
        "Statement[0].Condition: a mapping of operators is needed; found a list",
    ),
    "operator's case, which IAM refuses": (
        condition("stringequals", "a"),
        "Statement[0].Condition.stringequals: condition operators are spelt exactly (did you mean 'StringEquals'?)",
    ),
    "operator": (
        document(statement(Condition={True: {}})),
        "Statement[0].Condition.True: a condition operator is text",
    ),
    "tests": (
        document(statement(Condition={"Bool": True})),
        "Statement[0].Condition.Bool: a mapping of condition keys is needed; found a boolean",
    ),
    "condition key": (
        document(statement(Condition={"Bool": {1: True}})),
        "Statement[0].Condition.Bool.1: a condition key is text (put it in quotes)",
    ),
    "value": (
        condition("Bool", {}),
        "Statement[0].Condition.Bool.aws:x: text is needed; found a mapping that is empty",
    ),
    "JSON": ('{"Statement": ]', "the policy is not JSON: Expecting value at line 1, column 15"),
    "key twice": (
        '{"Statement": 1, "Version": 2, "Version": 3}',
        "the key 'Version' stands twice in one object of the policy",
    ),
    "depth": ('{"a":' * 100_000, "the policy is nested too deeply to be one"),
}


@pytest.mark.parametrize(("written", "message"), WRONG.values(), ids=WRONG)
def test_an_error_says_what_is_wrong_and_where(written: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole message is compared)
        parse(written)
    assert str(caught.value) == message


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"^Statement\[0\]\.Effect: .*; Statement\[1\]\.Sid: .*nothing$"):
        parse(document(statement(Effect="x"), statement(Sid=None)))


def test_an_operator_that_is_new_to_us_is_taken() -> None:
    """AWS may add some, and what is live must be readable."""
    assert parse(condition("StringSounds", "a")).data["Statement"][0]["Condition"] == {"StringSounds": {"aws:x": "a"}}


# As a field of a Spec


class Spec(BaseModel):
    policy: PolicyDocument


def test_a_field_validates_and_dumps_plain_data() -> None:
    spec = Spec.model_validate({"policy": json.dumps(document())})
    assert spec == Spec(policy=parse(document()))
    assert spec.model_dump() == {"policy": parse(document()).data}
    assert Spec.model_validate_json(spec.model_dump_json()) == spec


def test_a_field_reports_what_is_wrong_as_a_validation_error() -> None:
    with pytest.raises(ValidationError, match=r"policy\n.*Statement: at least one statement"):
        Spec.model_validate({"policy": {}})


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_is_iams_grammar_or_json_text(mode: Any) -> None:
    data, text = Spec.model_json_schema(mode=mode)["properties"]["policy"]["anyOf"]
    one, many = data["properties"]["Statement"]["anyOf"]
    assert text["type"] == "string"
    assert tuple(one["properties"]) == STATEMENT
    assert many["items"] == one
    assert not one["additionalProperties"]
