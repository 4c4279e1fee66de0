"""IAM roles: who may take them on, and what they may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.kinds.iam.account import details, listed_roles
from controller.kinds.iam.policy_lint import SIZE_LIMITS
from controller.kinds.iam.tags import retag, to_list, to_map
from controller.kinds.iam.types import (
    Name64,
    PolicyRef,
    WithPolicies,
    attached,
    boundary,
    doubts,
    drop_policies,
    inline,
    inline_doubts,
    put_boundary,
    put_policies,
)
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.policy import PolicyDocument
from controller.model.problem import Problem
from controller.model.scope import Scope

AWS_OWN = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that belong to AWS's services and to IAM Identity Center."""


class RoleSpec(WithPolicies):
    """An IAM role."""

    role_name: Name64 = Field(
        description="The name, unique in the account without regard to case; unset: metadata.name."
    )
    trust: PolicyDocument = Field(description="Who may take the role on (AssumeRolePolicyDocument), in IAM's grammar.")
    description: str = Field(default="", max_length=1000, description="What the role is for.")
    max_session_duration: int = Field(
        default=3600, ge=3600, le=43200, description="Seconds for which the role can be taken on at a time."
    )
    permissions_boundary: PolicyRef = Field(
        default="",
        description="The managed policy that bounds what the role may do, by manifest name or ARN; empty: none.",
    )


class Role(Kind[RoleSpec]):
    """IAM role.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    Observation: ceil(roles / 1000) list calls + the pages of GetAccountAuthorizationDetails, which all IAM kinds share.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"
    name_field = "roleName"
    replace_on = frozenset({"roleName", "path"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The role's ARN.",
        "name": "Its name.",
        "id": "Its unique id (AROA...).",
    }
    reach = "account"
    reads = ("iam:GetAccountAuthorizationDetails", "iam:ListRoles")
    writes = (
        "iam:CreateRole",
        "iam:UpdateRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:DeleteRole",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:TagRole",
        "iam:UntagRole",
    )

    def claim(self, spec: RoleSpec) -> str:
        return spec.role_name.lower()

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, RoleSpec):
            yield from doubts(manifest, scope, "trust", spec.trust, "trust")
            yield from inline_doubts(manifest, scope, spec, "role", SIZE_LIMITS["role"])

    def observe(self, aws: Aws, wanted: Wanted[RoleSpec]) -> Iterator[Observed[RoleSpec]]:
        facts = listed_roles(aws)
        for detail in details(aws).roles:
            if not detail["Path"].startswith(AWS_OWN):
                yield translate(detail, facts.get(detail["RoleName"], {}))

    def create(self, aws: Aws, spec: RoleSpec, tags: Mapping[str, str]) -> Made:
        bounded = {"PermissionsBoundary": spec.permissions_boundary} if spec.permissions_boundary else {}
        described = {"Description": spec.description} if spec.description else {}
        role = aws.call(
            "iam",
            "CreateRole",
            RoleName=spec.role_name,
            Path=spec.path,
            AssumeRolePolicyDocument=spec.trust.to_json(),
            MaxSessionDuration=spec.max_session_duration,
            Tags=to_list(tags),
            **bounded,
            **described,
        )["Role"]
        put_policies(aws, "Role", spec.role_name, None, spec)
        return Made(spec.role_name, _outputs(role))

    def update(self, aws: Aws, live: Observed[RoleSpec], spec: RoleSpec, changed: frozenset[str]) -> None:
        name = live.id
        if "permissionsBoundary" in changed:
            put_boundary(aws, "Role", name, spec.permissions_boundary)
        if changed & {"description", "maxSessionDuration"}:
            duration = spec.max_session_duration
            aws.call("iam", "UpdateRole", RoleName=name, Description=spec.description, MaxSessionDuration=duration)
        if changed & {"managedPolicies", "inlinePolicies"}:
            put_policies(aws, "Role", name, live.spec, spec)
        if "trust" in changed:
            aws.call("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=spec.trust.to_json())

    def delete(self, aws: Aws, live: Observed[RoleSpec]) -> None:
        for profile in live.detail:
            with suppress(NotFound):
                aws.call("iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=profile, RoleName=live.id)
        with suppress(NotFound):
            drop_policies(aws, "Role", live.id, live.spec)
        aws.call("iam", "DeleteRole", RoleName=live.id)

    def retag(self, aws: Aws, live: Observed[RoleSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        retag(aws, "Role", {"RoleName": live.id}, put, remove)


def translate(detail: Mapping[str, Any], listed: Mapping[str, Any]) -> Observed[RoleSpec]:
    """The role of a RoleDetail and of what ListRoles says of it."""
    spec = RoleSpec(
        role_name=detail["RoleName"],
        path=detail["Path"],
        trust=PolicyDocument.parse(detail["AssumeRolePolicyDocument"]),
        description=listed.get("Description", ""),
        max_session_duration=listed.get("MaxSessionDuration", 3600),
        permissions_boundary=boundary(detail),
        managed_policies=attached(detail),
        inline_policies=inline(detail.get("RolePolicyList", ())),
    )
    profiles = tuple(profile["InstanceProfileName"] for profile in detail.get("InstanceProfileList", ()))
    return Observed(detail["RoleName"], spec, to_map(detail.get("Tags", ())), _outputs(detail), detail=profiles)


def _outputs(role: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": role["Arn"], "name": role["RoleName"], "id": role["RoleId"]}
