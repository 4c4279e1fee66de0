"""What is doubtful in a policy document although IAM's grammar allows it; shown by the iam kinds' `check`.

Nothing here asks AWS. Actions are looked up in policy-sentry's copy of AWS's Service Authorization Reference, which is
read when the first action is looked up. What is newer than that copy is doubted too: messages are warnings by nature.
Followed: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import translate
from functools import cache, lru_cache
from typing import Any, Literal

from controller.model.policy import UNIQUE_ID, PolicyDocument
from controller.model.policy_grammar import OPERATORS, listed, may_be_filled_in
from controller.model.problem import did_you_mean

Use = Literal["managed", "role", "user", "group", "trust"]

SIZE_LIMITS: Mapping[Use, int] = {"managed": 6144, "role": 10240, "user": 2048, "group": 5120, "trust": 2048}
"""IAM's quotas in characters without white space. For role, user and group: of all inline policies together, which the
caller adds up. For trust: the default, which AWS raises on request."""

_OF: Mapping[Use, str] = {
    "managed": "a managed policy",
    "role": "all inline policies of a role together",
    "user": "all inline policies of a user together",
    "group": "all inline policies of a group together",
    "trust": "a trust policy, unless AWS has raised it",
}
_TRUST_ACTIONS = (
    *("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
    *("sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"),
)
_VARIABLE = re.compile(r"\$\{(?!var\.|out\.)[^}]*\}")  # IAM's own, not trueup's
_FORBIDDEN_CHARACTER = re.compile(r"[^\t\n\r -\u00ff]")
_SID = re.compile(r"[A-Za-z0-9]*")
_PARTITION = re.compile(r"aws(-[a-z]+)*")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ARN_ACCOUNT = re.compile(r"[0-9]{12}|aws|cloudfront|")

Statement = Mapping[str, Any]


def lint(document: PolicyDocument, use: Use) -> Iterator[str]:
    """One message for each doubtful thing, with its place in the document (`Statement[1].Action: ...`).

    `use` is where the document stands: a managed policy, an inline policy of a role, user or group, or a role's trust
    policy.
    """
    data = document.data
    yield from _size(document, use)
    yield from _characters(document)
    yield from _document(data, use)
    for index, statement in enumerate(data["Statement"]):
        yield from (f"Statement[{index}]{message}" for message in _statement(statement, use))


def _statement(statement: Statement, use: Use) -> Iterator[str]:
    yield from (_trust if use == "trust" else _identity)(statement)
    yield from _empty(statement)
    yield from _actions(statement, use)
    yield from _resources(statement)
    yield from _principals(statement)
    yield from _conditions(statement)


def _size(document: PolicyDocument, use: Use) -> Iterator[str]:
    if document.size > SIZE_LIMITS[use]:
        yield f"{document.size} characters without white space; IAM allows {SIZE_LIMITS[use]} for {_OF[use]}"


def _characters(document: PolicyDocument) -> Iterator[str]:
    found = sorted(set(_FORBIDDEN_CHARACTER.findall(document.to_json())))
    if found:
        yield f"IAM takes no characters beyond U+00FF in a policy; found {', '.join(map(ascii, found))}"


def _document(data: Mapping[str, Any], use: Use) -> Iterator[str]:
    if use != "trust" and "Id" in data:
        yield "Id: not allowed in policies of identities; leave it out"
    sids = Counter(statement["Sid"] for statement in data["Statement"] if "Sid" in statement)
    for sid, times in sids.items():
        if times > 1:
            yield f"Sid {sid!r} stands {times} times; a Sid is unique in its document"
        if not _SID.fullmatch(sid) and not may_be_filled_in(sid):
            yield f"Sid {sid!r}: only letters A-Z, a-z and digits are allowed"
    if data.get("Version") != "2012-10-17":
        yield from _literal_variables(data)


def _literal_variables(data: Mapping[str, Any]) -> Iterator[str]:
    for index, statement in enumerate(data["Statement"]):
        for element in ("Resource", "NotResource", "Condition"):
            variable = _VARIABLE.search(str(statement.get(element, "")))
            if variable:
                yield (
                    f"Statement[{index}].{element}: {variable[0]} is a variable only with Version 2012-10-17; "
                    "here it is plain text"
                )


def _identity(statement: Statement) -> Iterator[str]:
    for element in ("Principal", "NotPrincipal"):
        if element in statement:
            yield f".{element}: not allowed in policies of identities; who is meant is who has the policy"
    if "Resource" not in statement and "NotResource" not in statement:
        yield ": Resource is missing"


def _trust(statement: Statement) -> Iterator[str]:
    for element in ("Resource", "NotResource"):
        if element in statement:
            yield f".{element}: not allowed in trust policies; the resource is the role itself"
    if "NotPrincipal" in statement:
        yield ".NotPrincipal: not supported in trust policies; use Principal with a condition on aws:PrincipalArn"
        if statement["Effect"] == "Allow":
            yield ".NotPrincipal: with Allow it trusts everyone else in the world"
    elif "Principal" not in statement:
        yield ": Principal is missing"
    if statement["Effect"] == "Allow" and "Condition" not in statement and _everyone(statement.get("Principal")):
        yield ".Principal: everyone in the world may assume the role; name principals or add a Condition"


def _everyone(principal: object) -> bool:
    return principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS")))


def _empty(statement: Statement) -> Iterator[str]:
    for element, value in statement.items():
        if value in ([], {}):
            yield f".{element}: is empty, so that the statement means nothing"


def _actions(statement: Statement, use: Use) -> Iterator[str]:
    for element in ("Action", "NotAction"):
        for action in listed(statement.get(element)):
            if may_be_filled_in(action):
                continue
            message = _trust_action(action) if use == "trust" else unknown_action(action)
            if message:
                yield f".{element}: {message}"


def _trust_action(action: str) -> str:
    if action.lower().startswith("sts:") and _matches(action, _TRUST_ACTIONS):
        return ""
    return f"{action!r} does not belong in a trust policy (allowed: {', '.join(_TRUST_ACTIONS)})"


@lru_cache(maxsize=8192)
def unknown_action(action: str) -> str:
    """Why an action, or a pattern of actions, means nothing; "" where it means something."""
    service, colon, name = action.partition(":")
    if action in {"*", "*:*"}:
        return ""
    if not colon:
        return f"{action!r} is not of the form service:Action"
    known = _known_actions().get(service.lower())
    if known is None:
        return f"{action!r}: no service has the prefix {service!r}{_hint(service, _known_actions())}"
    if _matches(name, known):
        return ""
    if "*" in name or "?" in name:
        return f"{action!r} matches no known action of {service}"
    return f"{action!r} is no known action of {service}{_hint(name, known)}"


def _matches(pattern: str, names: Iterable[str]) -> bool:
    """IAM's wildcards, in any case: `*` for any characters, `?` for one."""
    # fnmatch's translation never runs away on many stars; its `[` is a plain character in IAM.
    expression = re.compile(translate(pattern.replace("[", "[[]")), re.IGNORECASE)
    return any(expression.match(name) for name in names)


def _hint(found: str, known: Iterable[str]) -> str:
    hint = did_you_mean(found, known)
    return f" ({hint})" if hint else ""


@cache
def _known_actions() -> Mapping[str, frozenset[str]]:
    """Service prefix to the names of its actions."""
    from policy_sentry.querying.all import get_all_actions

    found: dict[str, set[str]] = {}
    for action in get_all_actions():
        service, _, name = action.partition(":")
        found.setdefault(service, set()).add(name)
    return {service: frozenset(names) for service, names in found.items()}


def _resources(statement: Statement) -> Iterator[str]:
    for element in ("Resource", "NotResource"):
        for resource in listed(statement.get(element)):
            wrong = "" if resource == "*" else _malformed_arn(resource)
            if wrong:
                yield f".{element}: {resource!r} {wrong}"


def _malformed_arn(text: str) -> str:
    """What keeps a text from being an ARN or a pattern of ARNs; "" where nothing does, or it cannot be told yet."""
    plain = _VARIABLE.sub("*", text)
    if may_be_filled_in(plain):
        return ""
    fields = plain.split(":", 5)
    if fields[0] != "arn":
        return "is neither * nor an ARN (arn:partition:service:region:account:resource)"
    if len(fields) < 6:
        return f"has {len(fields)} fields; an ARN has six (arn:partition:service:region:account:resource)"
    _, partition, service, _, account, resource = fields
    if _differs(partition, _PARTITION):
        return f"has no such partition: {partition!r} (aws, aws-cn, aws-us-gov, ...)"
    if service != service.lower() or not service:
        return f"names the service {service!r}; a service's name is lower-case"
    if _differs(account, _ARN_ACCOUNT):
        return f"has the account {account!r}; an account id has 12 digits"
    return "" if resource else "names no resource after the last colon"


def _differs(field: str, form: re.Pattern[str]) -> bool:
    return not ("*" in field or "?" in field or form.fullmatch(field))


def _principals(statement: Statement) -> Iterator[str]:
    for element in ("Principal", "NotPrincipal"):
        principals = statement.get(element)
        for kind, ids in principals.items() if isinstance(principals, dict) else ():
            for principal in listed(ids):
                wrong = "" if may_be_filled_in(principal) else _malformed_principal(kind, principal)
                if wrong:
                    yield f".{element}.{kind}: {principal!r} {wrong}"


def _malformed_principal(kind: str, principal: str) -> str:
    if kind == "AWS":
        return _malformed_aws_principal(principal)
    if kind == "Service" and (principal.startswith("arn:") or "." not in principal):
        return "is not the name of a service, such as ec2.amazonaws.com"
    if kind == "Federated" and principal.startswith("arn:"):
        return _malformed_arn(principal)
    return ""


def _malformed_aws_principal(principal: str) -> str:
    if principal == "*" or _ACCOUNT.fullmatch(principal):
        return ""
    if UNIQUE_ID.fullmatch(principal):
        return "is what a deleted user or role has left behind; name the ARN of one that exists"
    if "*" in principal or "?" in principal:
        return "has a wildcard; a principal is named in full, or is * alone"
    if not principal.startswith("arn:"):
        return "is neither an ARN, nor an account id of 12 digits, nor *"
    return _malformed_arn(principal)


def _conditions(statement: Statement) -> Iterator[str]:
    for operator, tests in statement.get("Condition", {}).items():
        if operator not in OPERATORS:
            yield f".Condition: {operator!r} is no known operator{_hint(operator, OPERATORS)}"
        for key, times in Counter(map(str.lower, tests)).items():
            if times > 1:
                yield f".Condition.{operator}: {key!r} stands {times} times; condition keys have no case"
