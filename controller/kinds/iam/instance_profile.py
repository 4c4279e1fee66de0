"""Instance profiles: how an EC2 instance comes by a role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.kinds.iam.account import TagReader, instance_profiles
from controller.kinds.iam.tags import retag, to_list
from controller.kinds.iam.types import Name128, Path, RoleRef
from controller.model.observed import Made, Observed, Wanted
from controller.model.spec import TaggedSpec

TAGS = TagReader("iam:instance-profile", "InstanceProfile", "InstanceProfileName")


class InstanceProfileSpec(TaggedSpec):
    """An instance profile."""

    instance_profile_name: Name128 = Field(
        description="The name, unique in the account without regard to case; unset: metadata.name."
    )
    role: RoleRef = Field(default="", description="The one role in it, by manifest name or ARN (Roles); empty: none.")
    path: Path = Field(default="/", description="The path, such as `/teams/`.")


class InstanceProfile(Kind[InstanceProfileSpec]):
    """Instance profile.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html
    Observation: ceil(n / 1000) list calls + ceil(n / 100) for tags; one more for each that git wants
    and the inventory does not know yet.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html"
    name_field = "instanceProfileName"
    replace_on = frozenset({"instanceProfileName", "path"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The profile's ARN.", "name": "Its name."}
    reach = "account"
    reads = ("iam:ListInstanceProfiles", "iam:GetInstanceProfile", "tag:GetResources")
    writes = (
        "iam:CreateInstanceProfile",
        "iam:DeleteInstanceProfile",
        "iam:AddRoleToInstanceProfile",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:PassRole",
        "iam:TagInstanceProfile",
        "iam:UntagInstanceProfile",
    )

    def claim(self, spec: InstanceProfileSpec) -> str:
        return spec.instance_profile_name.lower()

    def observe(self, aws: Aws, wanted: Wanted[InstanceProfileSpec]) -> Iterator[Observed[InstanceProfileSpec]]:
        profiles = instance_profiles(aws)
        names = [profile["InstanceProfileName"] for profile in profiles]
        tags = TAGS.read(aws, [(name, name.lower(), name) for name in names], wanted)
        for profile in profiles:
            name, arn = profile["InstanceProfileName"], profile["Arn"]
            yield translate(profile, tags.get(arn, tags.get(name)))

    def create(self, aws: Aws, spec: InstanceProfileSpec, tags: Mapping[str, str]) -> Made:
        name = spec.instance_profile_name
        profile = aws.call(
            "iam", "CreateInstanceProfile", InstanceProfileName=name, Path=spec.path, Tags=to_list(tags)
        )["InstanceProfile"]
        if spec.role:
            _add(aws, name, spec.role)
        return Made(name, _outputs(profile))

    def update(
        self, aws: Aws, live: Observed[InstanceProfileSpec], spec: InstanceProfileSpec, changed: frozenset[str]
    ) -> None:
        # A profile holds one role at most, so the old one has to go before the new one can come.
        if live.spec.role:
            _remove(aws, live.id, live.spec.role)
        if spec.role:
            _add(aws, live.id, spec.role)

    def delete(self, aws: Aws, live: Observed[InstanceProfileSpec]) -> None:
        if live.spec.role:
            with suppress(NotFound):
                _remove(aws, live.id, live.spec.role)
        aws.call("iam", "DeleteInstanceProfile", InstanceProfileName=live.id)

    def retag(
        self, aws: Aws, live: Observed[InstanceProfileSpec], put: Mapping[str, str], remove: frozenset[str]
    ) -> None:
        retag(aws, "InstanceProfile", {"InstanceProfileName": live.id}, put, remove)


def _add(aws: Aws, name: str, arn: str) -> None:
    aws.call("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=arn.rpartition("/")[2])


def _remove(aws: Aws, name: str, arn: str) -> None:
    aws.call("iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=name, RoleName=arn.rpartition("/")[2])


def translate(profile: Mapping[str, Any], tags: Mapping[str, str] | None) -> Observed[InstanceProfileSpec]:
    """The instance profile of a ListInstanceProfiles reply."""
    roles = profile.get("Roles", ())
    spec = InstanceProfileSpec(
        instance_profile_name=profile["InstanceProfileName"],
        path=profile["Path"],
        role=roles[0]["Arn"] if roles else "",
    )
    return Observed(profile["InstanceProfileName"], spec, tags, _outputs(profile))


def _outputs(profile: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": profile["Arn"], "name": profile["InstanceProfileName"]}
