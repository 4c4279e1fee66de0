"""All of an account's IAM in a few pages, read once in a pass and shared by the kinds.

GetAccountAuthorizationDetails has nearly all. What it lacks is read beside it, in pages too: a role's description and
longest stay (ListRoles), and the tags of managed policies and instance profiles (Resource Groups Tagging API).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.aws.client import Aws
from controller.kinds.iam.tags import to_map
from controller.model.observed import Wanted

PAGE = 1000
GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where the Tagging API knows IAM's resources, by partition."""
SPARE_READS = 5
"""How many tag lists are read one by one, where the Tagging API does not know a resource that the inventory does."""

Items = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What GetAccountAuthorizationDetails says, over all pages."""

    roles: Items
    users: Items
    groups: Items
    policies: Items


def details(aws: Aws) -> Details:
    """Roles, users, groups and customer-managed policies: ceil(n / 1000) calls at best."""
    filters = ["Role", "User", "Group", "LocalManagedPolicy"]
    pages = aws.pages("iam", "GetAccountAuthorizationDetails", page_size=PAGE, Filter=filters)
    return Details(
        roles=_all(pages, "RoleDetailList"),
        users=_all(pages, "UserDetailList"),
        groups=_all(pages, "GroupDetailList"),
        policies=_all(pages, "Policies"),
    )


def listed_roles(aws: Aws) -> Mapping[str, Mapping[str, Any]]:
    """What ListRoles says, by role name: ceil(n / 1000) calls."""
    return {role["RoleName"]: role for role in _all(aws.pages("iam", "ListRoles", page_size=PAGE), "Roles")}


def instance_profiles(aws: Aws) -> Items:
    """What ListInstanceProfiles says: ceil(n / 1000) calls."""
    return _all(aws.pages("iam", "ListInstanceProfiles", page_size=PAGE), "InstanceProfiles")


@dataclass(frozen=True, slots=True)
class TagReader:
    """Reads the tags of a type that IAM's own lists leave out. `type` as the Tagging API names it; `kind` as IAM's calls do."""

    type: str
    kind: str
    parameter: str

    def read(
        self, aws: Aws, candidates: Iterable[tuple[str, str, str]], wanted: Wanted[Any]
    ) -> dict[str, dict[str, str]]:
        """Tags by ARN. Candidates are (arn, claim, IAM's parameter value); what is left out of the answer is unknown.

        ceil(n / 100) calls, one more for each that git wants and the inventory does not know yet, and a few to spare.
        """
        found = self._in_bulk(aws)
        missing = [candidate for candidate in candidates if candidate[0] not in found]
        known = [(arn, value) for arn, _, value in missing if arn in wanted.ids]
        new = [
            (arn, value)
            for arn, claim, value in missing
            if arn not in wanted.ids and (wanted.everything or claim in wanted.claims)
        ]
        for arn, value in new + known[:SPARE_READS]:
            named: dict[str, Any] = {self.parameter: value}
            found[arn] = to_map(aws.call("iam", f"Get{self.kind}", **named)[self.kind].get("Tags", ()))
        return found

    def _in_bulk(self, aws: Aws) -> dict[str, dict[str, str]]:
        region = GLOBAL_REGION.get(aws.partition, aws.region)
        pages = aws.pages(
            "resourcegroupstaggingapi", "GetResources", page_size=100, region=region, ResourceTypeFilters=[self.type]
        )
        return {item["ResourceARN"]: to_map(item["Tags"]) for item in _all(pages, "ResourceTagMappingList")}


def _all(pages: Iterable[Mapping[str, Any]], key: str) -> Items:
    return tuple(item for page in pages for item in page.get(key, ()))
