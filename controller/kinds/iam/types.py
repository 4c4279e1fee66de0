"""What several IAM kinds have in common: references, names, and the policies of a role, user or group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.iam.policy_lint import Use, lint
from controller.model.manifest import Manifest
from controller.model.policy import PolicyDocument
from controller.model.problem import Problem, Severity
from controller.model.reference import Ref
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

PolicyRef = Annotated[str, Ref("iam/Policy", output="arn", literal=r"arn:[\w-]+:iam::(?:\d{12}|aws):policy/.+")]
RoleRef = Annotated[str, Ref("iam/Role", output="arn", literal=r"arn:[\w-]+:iam::\d{12}:role/.+")]
GroupRef = Annotated[str, Ref("iam/Group", output="arn", literal=r"arn:[\w-]+:iam::\d{12}:group/.+")]

Path = Annotated[str, Field(pattern=r"^(/|/[\x21-\x7e]+/)$", max_length=512)]
NAME = r"^[\w+=,.@-]+$"
Name64 = Annotated[str, Field(pattern=NAME, max_length=64)]
Name128 = Annotated[str, Field(pattern=NAME, max_length=128)]

Entity = Literal["Role", "User", "Group"]


class WithPolicies(TaggedSpec):
    """What roles, users and groups have in common."""

    managed_policies: frozenset[PolicyRef] = Field(
        default=frozenset(),
        description="Managed policies that are attached, by manifest name or ARN (ManagedPolicyArns). Any other is detached.",
    )
    inline_policies: dict[Annotated[str, Field(pattern=NAME, max_length=128)], PolicyDocument] = Field(
        default={}, description="Inline policies by name (Policies). Any other is deleted."
    )
    path: Path = Field(default="/", description="The path, such as `/teams/`.")


def attached(detail: Mapping[str, Any]) -> frozenset[str]:
    """The ARNs of a detail's managed policies."""
    return frozenset(policy["PolicyArn"] for policy in detail.get("AttachedManagedPolicies", ()))


def inline(policies: Any) -> dict[str, PolicyDocument]:
    """Inline policies by name, out of a detail's list."""
    return {policy["PolicyName"]: PolicyDocument.parse(policy["PolicyDocument"]) for policy in policies}


def boundary(detail: Mapping[str, Any]) -> str:
    """The ARN of a detail's permissions boundary, or ""."""
    return str(detail.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))


def put_policies(aws: Aws, entity: Entity, name: str, live: WithPolicies | None, spec: WithPolicies) -> None:
    """Bring inline and attached policies from `live` to `spec`: what is new comes before what is old goes."""
    who = {f"{entity}Name": name}
    before = live.inline_policies if live else {}
    for policy, document in sorted(spec.inline_policies.items()):
        if before.get(policy) != document:
            aws.call("iam", f"Put{entity}Policy", **who, PolicyName=policy, PolicyDocument=document.to_json())
    there = live.managed_policies if live else frozenset()
    for arn in sorted(spec.managed_policies - there):
        aws.call("iam", f"Attach{entity}Policy", **who, PolicyArn=arn)
    for arn in sorted(there - spec.managed_policies):
        aws.call("iam", f"Detach{entity}Policy", **who, PolicyArn=arn)
    for policy in sorted(before.keys() - spec.inline_policies.keys()):
        aws.call("iam", f"Delete{entity}Policy", **who, PolicyName=policy)


def drop_policies(aws: Aws, entity: Entity, name: str, live: WithPolicies) -> None:
    """Detach and delete all policies, as AWS wants it before a delete."""
    put_policies(
        aws, entity, name, live, live.model_copy(update={"managed_policies": frozenset(), "inline_policies": {}})
    )


def put_boundary(aws: Aws, entity: Literal["Role", "User"], name: str, arn: str) -> None:
    """Set the permissions boundary, or take it away where `arn` is ""."""
    who = {f"{entity}Name": name}
    if arn:
        aws.call("iam", f"Put{entity}PermissionsBoundary", **who, PermissionsBoundary=arn)
    else:
        aws.call("iam", f"Delete{entity}PermissionsBoundary", **who)


def doubts(manifest: Manifest, scope: Scope, field: str, document: PolicyDocument, use: Use) -> Iterator[Problem]:
    """What the linter has to say of a document, as the scope's `policyLint` wants it taken."""
    if scope.spec.policy_lint == "off":
        return
    severity = Severity.ERROR if scope.spec.policy_lint == "error" else Severity.WARNING
    for message in lint(document, use):
        yield Problem(manifest.position(field), message, field=f"spec.{field}", severity=severity)


def inline_doubts(manifest: Manifest, scope: Scope, spec: WithPolicies, use: Use, limit: int) -> Iterator[Problem]:
    """Doubts about inline policies, and whether all of them together are larger than AWS takes."""
    for name, document in spec.inline_policies.items():
        yield from doubts(manifest, scope, f"inlinePolicies.{name}", document, use)
    size = sum(document.size for document in spec.inline_policies.values())
    if size > limit:
        yield Problem(
            manifest.position("inlinePolicies"),
            f"the inline policies have {size:,} characters together; AWS takes {limit:,}",
            field="spec.inlinePolicies",
            hint="make managed policies of some",
        )
