"""IAM groups: policies that several users share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.kinds.iam.account import details
from controller.kinds.iam.policy_lint import SIZE_LIMITS
from controller.kinds.iam.types import (
    Name128,
    WithPolicies,
    attached,
    drop_policies,
    inline,
    inline_doubts,
    put_policies,
)
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope


class GroupSpec(WithPolicies):
    """An IAM group."""

    tags: dict[str, str] = Field(default={}, max_length=0, description="IAM takes no tags on groups: always empty.")
    group_name: Name128 = Field(
        description="The name, unique in the account without regard to case; unset: metadata.name."
    )


class Group(Kind[GroupSpec]):
    """IAM group. IAM takes no tags on groups, so they are owned through the inventory.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html
    Observation: the pages of GetAccountAuthorizationDetails, which all IAM kinds share.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html"
    name_field = "groupName"
    replace_on = frozenset({"groupName"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The group's ARN.", "name": "Its name."}
    reach = "account"
    taggable = False
    reads = ("iam:GetAccountAuthorizationDetails",)
    writes = (
        "iam:CreateGroup",
        "iam:UpdateGroup",
        "iam:DeleteGroup",
        "iam:PutGroupPolicy",
        "iam:DeleteGroupPolicy",
        "iam:AttachGroupPolicy",
        "iam:DetachGroupPolicy",
        "iam:RemoveUserFromGroup",
    )

    def claim(self, spec: GroupSpec) -> str:
        return spec.group_name.lower()

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, GroupSpec):
            yield from inline_doubts(manifest, scope, manifest.spec, "group", SIZE_LIMITS["group"])

    def observe(self, aws: Aws, wanted: Wanted[GroupSpec]) -> Iterator[Observed[GroupSpec]]:
        found = details(aws)
        for detail in found.groups:
            members = [user["UserName"] for user in found.users if detail["GroupName"] in user.get("GroupList", ())]
            yield translate(detail, tuple(members))

    def create(self, aws: Aws, spec: GroupSpec, tags: Mapping[str, str]) -> Made:
        group = aws.call("iam", "CreateGroup", GroupName=spec.group_name, Path=spec.path)["Group"]
        put_policies(aws, "Group", spec.group_name, None, spec)
        return Made(spec.group_name, _outputs(group))

    def update(self, aws: Aws, live: Observed[GroupSpec], spec: GroupSpec, changed: frozenset[str]) -> None:
        if "path" in changed:
            aws.call("iam", "UpdateGroup", GroupName=live.id, NewPath=spec.path)
        put_policies(aws, "Group", live.id, live.spec, spec)

    def delete(self, aws: Aws, live: Observed[GroupSpec]) -> None:
        for user in live.detail:
            with suppress(NotFound):
                aws.call("iam", "RemoveUserFromGroup", GroupName=live.id, UserName=user)
        with suppress(NotFound):
            drop_policies(aws, "Group", live.id, live.spec)
        aws.call("iam", "DeleteGroup", GroupName=live.id)


def translate(detail: Mapping[str, Any], members: tuple[str, ...]) -> Observed[GroupSpec]:
    """The group of a GroupDetail."""
    spec = GroupSpec(
        group_name=detail["GroupName"],
        path=detail["Path"],
        managed_policies=attached(detail),
        inline_policies=inline(detail.get("GroupPolicyList", ())),
    )
    return Observed(detail["GroupName"], spec, None, _outputs(detail), detail=members)


def _outputs(group: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": group["Arn"], "name": group["GroupName"]}
