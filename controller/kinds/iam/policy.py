"""Customer-managed policies. Their documents come in versions, of which AWS keeps five at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.kinds.iam.account import TagReader, details
from controller.kinds.iam.tags import retag, to_list
from controller.kinds.iam.types import Name128, Path, doubts
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.policy import PolicyDocument
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

VERSIONS = 5
"""AWS keeps no more versions of a policy than this."""
TAGS = TagReader("iam:policy", "Policy", "PolicyArn")


class PolicySpec(TaggedSpec):
    """A customer-managed policy."""

    policy_name: Name128 = Field(
        description="The name (ManagedPolicyName), unique in the account without regard to case; unset: metadata.name."
    )
    document: PolicyDocument = Field(description="What it allows and denies (PolicyDocument), in IAM's grammar.")
    description: str | None = Field(
        default=None,
        max_length=1000,
        description="What it is for. AWS cannot change it: another one replaces the policy.",
    )
    path: Path = Field(default="/", description="The path, such as `/teams/`.")


class Policy(Kind[PolicySpec]):
    """Customer-managed IAM policy. The version in force is always the one that was applied last.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
    Observation: ceil(policies / 100) calls for tags + the pages of GetAccountAuthorizationDetails, which all IAM kinds share;
    one call more for each policy that git wants and the inventory does not know yet.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"
    name_field = "policyName"
    replace_on = frozenset({"policyName", "path", "description"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The policy's ARN.", "name": "Its name."}
    reach = "account"
    reads = ("iam:GetAccountAuthorizationDetails", "iam:GetPolicy", "tag:GetResources")
    writes = (
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicyVersion",
        "iam:DeletePolicy",
        "iam:TagPolicy",
        "iam:UntagPolicy",
    )

    def claim(self, spec: PolicySpec) -> str:
        return spec.policy_name.lower()

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, PolicySpec):
            yield from doubts(manifest, scope, "document", manifest.spec.document, "managed")

    def observe(self, aws: Aws, wanted: Wanted[PolicySpec]) -> Iterator[Observed[PolicySpec]]:
        policies = details(aws).policies
        candidates = [(policy["Arn"], _name(policy["Arn"]).lower(), policy["Arn"]) for policy in policies]
        tags = TAGS.read(aws, candidates, wanted)
        for policy in policies:
            yield translate(policy, tags.get(policy["Arn"]))

    def create(self, aws: Aws, spec: PolicySpec, tags: Mapping[str, str]) -> Made:
        described = {"Description": spec.description} if spec.description else {}
        policy = aws.call(
            "iam",
            "CreatePolicy",
            PolicyName=spec.policy_name,
            Path=spec.path,
            PolicyDocument=spec.document.to_json(),
            Tags=to_list(tags),
            **described,
        )["Policy"]
        return Made(policy["Arn"], _outputs(policy))

    def update(self, aws: Aws, live: Observed[PolicySpec], spec: PolicySpec, changed: frozenset[str]) -> None:
        versions = live.detail
        if len(versions) >= VERSIONS:
            oldest = min((v for v in versions if not v["IsDefaultVersion"]), key=_age)
            _drop(aws, live.id, oldest)
        document = spec.document.to_json()
        aws.call("iam", "CreatePolicyVersion", PolicyArn=live.id, PolicyDocument=document, SetAsDefault=True)

    def delete(self, aws: Aws, live: Observed[PolicySpec]) -> None:
        for version in live.detail:
            if not version["IsDefaultVersion"]:
                _drop(aws, live.id, version)
        aws.call("iam", "DeletePolicy", PolicyArn=live.id)

    def retag(self, aws: Aws, live: Observed[PolicySpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        retag(aws, "Policy", {"PolicyArn": live.id}, put, remove)


def _drop(aws: Aws, arn: str, version: Mapping[str, Any]) -> None:
    with suppress(NotFound):
        aws.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])


def _age(version: Mapping[str, Any]) -> int:
    """Versions are numbered in the order in which they were made: v1, v2, ..."""
    return int(str(version["VersionId"]).removeprefix("v"))


def translate(policy: Mapping[str, Any], tags: Mapping[str, str] | None) -> Observed[PolicySpec]:
    """The policy of a ManagedPolicyDetail."""
    versions = tuple(policy["PolicyVersionList"])
    current = next(version for version in versions if version["IsDefaultVersion"])
    spec = PolicySpec(
        policy_name=_name(policy["Arn"]),
        path=policy["Path"],
        document=PolicyDocument.parse(current["Document"]),
        description=policy.get("Description"),
    )
    return Observed(policy["Arn"], spec, tags, _outputs(policy), detail=versions)


def _outputs(policy: Mapping[str, Any]) -> dict[str, str]:
    return {"arn": policy["Arn"], "name": _name(policy["Arn"])}


def _name(arn: str) -> str:
    """An ARN ends in the path and the name."""
    return arn.rpartition("/")[2]


def documents(view: View) -> Callable[[str], PolicyDocument | None]:
    """Looks up the document of a policy by what a role calls it; None where it is in no manifest."""

    def document(name: str) -> PolicyDocument | None:
        found = view.find("iam/Policy", name)
        return found.spec.document if found is not None and isinstance(found.spec, PolicySpec) else None

    return document
