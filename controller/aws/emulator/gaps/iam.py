"""What moto's IAM does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any


def complete() -> None:
    """Put it all right."""
    _answer_credentials()
    _know_policies_of_aws()


def _answer_credentials() -> None:
    """Users made here have no service-specific credentials."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    def list_service_specific_credentials(_: IamResponse) -> ActionResult:
        """Users made here have none."""
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    IamResponse.list_service_specific_credentials = list_service_specific_credentials  # type: ignore[attr-defined]


def _know_policies_of_aws() -> None:
    """AWS's own managed policies can be attached. Moto would load all of them after each reset, which takes longer than most
    tests: here one is made when somebody attaches it."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy, IAMBackend

    @cache
    def known() -> dict[str, Any]:
        return {f"{data['Path']}{name}": (name, data) for name, data in json.loads(aws_managed_policies_data).items()}

    def make(self: IAMBackend, arn: str) -> None:
        owner, _, path = arn.partition(":policy")
        if owner.endswith(":iam::aws") and arn not in self.managed_policies and path in known():
            name, data = known()[path]
            policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
            self.aws_managed_policies.append(policy)
            self.managed_policies[arn] = policy

    def making_first(attach: Callable[[IAMBackend, str, str], None]) -> Callable[[IAMBackend, str, str], None]:
        def attach_made(self: IAMBackend, policy_arn: str, to: str) -> None:
            make(self, policy_arn)
            attach(self, policy_arn, to)

        return attach_made

    for operation in ("attach_role_policy", "attach_user_policy", "attach_group_policy"):
        setattr(IAMBackend, operation, making_first(getattr(IAMBackend, operation)))
