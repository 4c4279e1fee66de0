"""The account's password policy: there is one, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.model.observed import Made, Observed, Wanted
from controller.model.spec import Spec

ID = "password-policy"


class AccountPasswordPolicySpec(Spec):
    """What the passwords of an account's users must be like. Defaults are those of UpdateAccountPasswordPolicy."""

    minimum_password_length: int = Field(default=6, ge=6, le=128, description="Characters at least.")
    require_symbols: bool = Field(default=False, description="At least one of ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '.")
    require_numbers: bool = Field(default=False, description="At least one digit.")
    require_uppercase_characters: bool = Field(default=False, description="At least one of A to Z.")
    require_lowercase_characters: bool = Field(default=False, description="At least one of a to z.")
    allow_users_to_change_password: bool = Field(default=False, description="Users may change their own.")
    max_password_age: int = Field(default=0, ge=0, le=1095, description="Days until it expires; 0: never.")
    password_reuse_prevention: int = Field(default=0, ge=0, le=24, description="Earlier ones refused; 0: none.")
    hard_expiry: bool = Field(default=False, description="An expired one can only be reset by an administrator.")


class AccountPasswordPolicy(Kind[AccountPasswordPolicySpec]):
    """Password policy of an account. A singleton: the account has one or none.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
    Observation: 1 call.
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html"
    reach = "account"
    taggable = False
    reads = ("iam:GetAccountPasswordPolicy",)
    writes = ("iam:UpdateAccountPasswordPolicy", "iam:DeleteAccountPasswordPolicy")

    def claim(self, spec: AccountPasswordPolicySpec) -> str:
        return ID

    def observe(
        self, aws: Aws, wanted: Wanted[AccountPasswordPolicySpec]
    ) -> Iterator[Observed[AccountPasswordPolicySpec]]:
        try:
            reply = aws.call("iam", "GetAccountPasswordPolicy")
        except NotFound:
            return
        yield translate(reply["PasswordPolicy"])

    def create(self, aws: Aws, spec: AccountPasswordPolicySpec, tags: Mapping[str, str]) -> Made:
        self._put(aws, spec)
        return Made(ID)

    def update(
        self,
        aws: Aws,
        live: Observed[AccountPasswordPolicySpec],
        spec: AccountPasswordPolicySpec,
        changed: frozenset[str],
    ) -> None:
        self._put(aws, spec)

    def delete(self, aws: Aws, live: Observed[AccountPasswordPolicySpec]) -> None:
        aws.call("iam", "DeleteAccountPasswordPolicy")

    def _put(self, aws: Aws, spec: AccountPasswordPolicySpec) -> None:
        """What the call leaves out goes back to AWS's default, and 0 is no valid value for the two that may be unset."""
        params = {field.alias[:1].upper() + field.alias[1:]: getattr(spec, name) for name, field in _fields()}
        optional = ("MaxPasswordAge", "PasswordReusePrevention")
        aws.call("iam", "UpdateAccountPasswordPolicy", **{k: v for k, v in params.items() if v or k not in optional})


def _fields() -> Iterator[tuple[str, Any]]:
    yield from AccountPasswordPolicySpec.model_fields.items()


def translate(policy: Mapping[str, Any]) -> Observed[AccountPasswordPolicySpec]:
    """The policy of a GetAccountPasswordPolicy reply, which leaves out what is not set."""
    values = {
        name: policy[key] for name, field in _fields() if (key := field.alias[:1].upper() + field.alias[1:]) in policy
    }
    return Observed(ID, AccountPasswordPolicySpec(**{k: v for k, v in values.items() if v is not None}))
