"""The account's alias, the name in its sign-in address: there is one, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.model.observed import Made, Observed, Wanted
from controller.model.spec import Spec

ID = "account-alias"


class AccountAliasSpec(Spec):
    """The alias of an account, unique in all of AWS."""

    account_alias: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=3, max_length=63)] = Field(
        description="3 to 63 of a-z, 0-9 and single hyphens; unset: metadata.name."
    )


class AccountAlias(Kind[AccountAliasSpec]):
    """Alias of an account. A singleton: the account has one or none.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html
    Observation: 1 list call.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html"
    name_field = "accountAlias"
    reach = "account"
    taggable = False
    reads = ("iam:ListAccountAliases",)
    writes = ("iam:CreateAccountAlias", "iam:DeleteAccountAlias")

    def claim(self, spec: AccountAliasSpec) -> str:
        # CreateAccountAlias overwrites whatever alias there is, so the one place for an alias is what is claimed.
        return ID

    def observe(self, aws: Aws, wanted: Wanted[AccountAliasSpec]) -> Iterator[Observed[AccountAliasSpec]]:
        for page in aws.pages("iam", "ListAccountAliases"):
            for alias in page["AccountAliases"]:
                yield Observed(ID, AccountAliasSpec(account_alias=alias))

    def create(self, aws: Aws, spec: AccountAliasSpec, tags: Mapping[str, str]) -> Made:
        aws.call("iam", "CreateAccountAlias", AccountAlias=spec.account_alias)
        return Made(ID)

    def update(
        self, aws: Aws, live: Observed[AccountAliasSpec], spec: AccountAliasSpec, changed: frozenset[str]
    ) -> None:
        aws.call("iam", "CreateAccountAlias", AccountAlias=spec.account_alias)

    def delete(self, aws: Aws, live: Observed[AccountAliasSpec]) -> None:
        aws.call("iam", "DeleteAccountAlias", AccountAlias=live.spec.account_alias)
