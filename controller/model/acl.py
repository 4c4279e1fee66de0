"""Rules of network ACLs: numbered, and looked at in the order of their numbers, however they are written down."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.model.cidr import Cidr
from controller.model.rules import Traffic

LAST = 32766
"""The highest number that is free: AWS's own rules, which deny what no other has decided on, come after it."""


class AclRule(Traffic):
    """A rule of a network ACL."""

    key_fields = ("rule_number",)

    rule_number: int = Field(ge=1, le=LAST, description="Its place: rules are looked at from the lowest number up.")
    cidr: Cidr = Field(min_length=1, description="The block it is about, IPv4 or IPv6 (CidrBlock, Ipv6CidrBlock).")
    action: Literal["allow", "deny"] = Field(description="What happens to the traffic (RuleAction).")

    @model_validator(mode="after")
    def _one_version(self) -> AclRule:
        if self.protocol == "icmpv6" and ":" not in self.cidr:
            raise ValueError(f"icmpv6 goes with an IPv6 block, and {self.cidr} is none")
        return self


def _in_order(rules: tuple[AclRule, ...]) -> tuple[AclRule, ...]:
    ordered = tuple(sorted(rules, key=lambda rule: rule.rule_number))
    for one, other in pairwise(ordered):
        if one.rule_number == other.rule_number:
            raise ValueError(f"rule number {one.rule_number} is given twice")
    return ordered


AclRules = Annotated[tuple[AclRule, ...], AfterValidator(_in_order)]
