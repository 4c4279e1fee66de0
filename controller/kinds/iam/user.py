"""IAM users. Trueup never makes their access keys or passwords, and never takes away a user that has some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import Held, NotFound
from controller.kinds.base import Kind
from controller.kinds.iam.account import details
from controller.kinds.iam.policy_lint import SIZE_LIMITS
from controller.kinds.iam.tags import retag, to_list, to_map
from controller.kinds.iam.types import (
    GroupRef,
    Name64,
    PolicyRef,
    WithPolicies,
    attached,
    boundary,
    drop_policies,
    inline,
    inline_doubts,
    put_boundary,
    put_policies,
)
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope

CREDENTIALS = (
    ("ListAccessKeys", "AccessKeyMetadata", "access key"),
    ("ListMFADevices", "MFADevices", "MFA device"),
    ("ListSSHPublicKeys", "SSHPublicKeys", "SSH public key"),
    ("ListServiceSpecificCredentials", "ServiceSpecificCredentials", "service-specific credential"),
    ("ListSigningCertificates", "Certificates", "signing certificate"),
)
"""What a user may sign in with, but for the password: list call, key of the reply, name."""


class UserSpec(WithPolicies):
    """An IAM user."""

    user_name: Name64 = Field(
        description="The name, unique in the account without regard to case; unset: metadata.name."
    )
    groups: frozenset[GroupRef] = Field(
        default=frozenset(), description="Groups, by manifest name or ARN. The user is taken out of any other."
    )
    permissions_boundary: PolicyRef = Field(
        default="",
        description="The managed policy that bounds what the user may do, by manifest name or ARN; empty: none.",
    )


class User(Kind[UserSpec]):
    """IAM user.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
    Observation: the pages of GetAccountAuthorizationDetails, which all IAM kinds share.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"
    name_field = "userName"
    replace_on = frozenset({"userName"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The user's ARN.", "name": "Its name."}
    reach = "account"
    reads = ("iam:GetAccountAuthorizationDetails",)
    writes = (
        "iam:CreateUser",
        "iam:UpdateUser",
        "iam:DeleteUser",
        "iam:PutUserPolicy",
        "iam:DeleteUserPolicy",
        "iam:AttachUserPolicy",
        "iam:DetachUserPolicy",
        "iam:PutUserPermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
        "iam:AddUserToGroup",
        "iam:RemoveUserFromGroup",
        "iam:GetLoginProfile",
        "iam:ListAccessKeys",
        "iam:ListMFADevices",
        "iam:ListSSHPublicKeys",
        "iam:ListServiceSpecificCredentials",
        "iam:ListSigningCertificates",
        "iam:TagUser",
        "iam:UntagUser",
    )

    def claim(self, spec: UserSpec) -> str:
        return spec.user_name.lower()

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, UserSpec):
            yield from inline_doubts(manifest, scope, manifest.spec, "user", SIZE_LIMITS["user"])

    def observe(self, aws: Aws, wanted: Wanted[UserSpec]) -> Iterator[Observed[UserSpec]]:
        found = details(aws)
        groups = {group["GroupName"]: group["Arn"] for group in found.groups}
        for detail in found.users:
            yield translate(detail, groups)

    def create(self, aws: Aws, spec: UserSpec, tags: Mapping[str, str]) -> Made:
        bounded = {"PermissionsBoundary": spec.permissions_boundary} if spec.permissions_boundary else {}
        user = aws.call("iam", "CreateUser", UserName=spec.user_name, Path=spec.path, Tags=to_list(tags), **bounded)[
            "User"
        ]
        put_policies(aws, "User", spec.user_name, None, spec)
        _put_groups(aws, spec.user_name, frozenset(), spec.groups)
        return Made(spec.user_name, _outputs(user))

    def update(self, aws: Aws, live: Observed[UserSpec], spec: UserSpec, changed: frozenset[str]) -> None:
        name = live.id
        if "permissionsBoundary" in changed:
            put_boundary(aws, "User", name, spec.permissions_boundary)
        if "path" in changed:
            aws.call("iam", "UpdateUser", UserName=name, NewPath=spec.path)
        if changed & {"managedPolicies", "inlinePolicies"}:
            put_policies(aws, "User", name, live.spec, spec)
        if "groups" in changed:
            _put_groups(aws, name, live.spec.groups, spec.groups)

    def delete(self, aws: Aws, live: Observed[UserSpec]) -> None:
        credentials = _credentials(aws, live.id)
        if credentials:
            raise Held(f"the user has {', '.join(credentials)}: take these away first, if nothing uses them any more")
        with suppress(NotFound):
            drop_policies(aws, "User", live.id, live.spec)
            _put_groups(aws, live.id, live.spec.groups, frozenset())
        aws.call("iam", "DeleteUser", UserName=live.id)

    def retag(self, aws: Aws, live: Observed[UserSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        retag(aws, "User", {"UserName": live.id}, put, remove)


def _put_groups(aws: Aws, user: str, live: frozenset[str], wanted: frozenset[str]) -> None:
    for arn in sorted(wanted - live):
        aws.call("iam", "AddUserToGroup", GroupName=arn.rpartition("/")[2], UserName=user)
    for arn in sorted(live - wanted):
        aws.call("iam", "RemoveUserFromGroup", GroupName=arn.rpartition("/")[2], UserName=user)


def _credentials(aws: Aws, user: str) -> list[str]:
    """What the user may sign in with, in words. Asked only for a user that is about to be deleted."""
    found = []
    with suppress(NotFound):
        aws.call("iam", "GetLoginProfile", UserName=user)
        found.append("a console password")
    for operation, key, name in CREDENTIALS:
        count = len(aws.call("iam", operation, UserName=user).get(key, ()))
        if count:
            found.append(f"{count} {name}{'' if count == 1 else 's'}")
    return found


def translate(detail: Mapping[str, Any], groups: Mapping[str, str]) -> Observed[UserSpec]:
    """The user of a UserDetail. `groups` are the ARNs of groups by name."""
    spec = UserSpec(
        user_name=detail["UserName"],
        path=detail["Path"],
        groups=frozenset(groups[name] for name in detail.get("GroupList", ()) if name in groups),
        permissions_boundary=boundary(detail),
        managed_policies=attached(detail),
        inline_policies=inline(detail.get("UserPolicyList", ())),
    )
    return Observed(detail["UserName"], spec, to_map(detail.get("Tags", ())), _outputs(detail))


def _outputs(user: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": user["Arn"], "name": user["UserName"]}
