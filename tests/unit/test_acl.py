"""Rules of network ACLs: their numbers say their order, however they are written down."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from controller.model.acl import AclRule, AclRules

RULES = TypeAdapter(AclRules)


def rule(number: int = 100, **facts: Any) -> dict[str, Any]:
    return {"ruleNumber": number, "protocol": "tcp", "port": 443, "cidr": "10.0.0.0/8", "action": "allow", **facts}


@given(st.sets(st.integers(1, 32766), max_size=20), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_written_is_no_difference(numbers: set[int], random: Random) -> None:
    rules = [rule(number) for number in numbers]
    mixed = random.sample(rules, len(rules))
    assert RULES.validate_python(mixed) == RULES.validate_python(rules)
    assert [one.rule_number for one in RULES.validate_python(mixed)] == sorted(numbers)


def test_a_number_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="rule number 100 is given twice"):
        RULES.validate_python([rule(100), rule(200), rule(100, action="deny")])


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"ruleNumber": 0}, "greater than or equal to 1"),
        ({"ruleNumber": 32767}, "less than or equal to 32766"),
        ({"cidr": ""}, "at least 1 character"),
        ({"cidr": "10.0.0.1"}, "a single address is written 10.0.0.1/32"),
        ({"port": ""}, "tcp needs a port"),
        ({"protocol": "icmpv6", "port": ""}, "icmpv6 goes with an IPv6 block, and 10.0.0.0/8 is none"),
        ({"action": "drop"}, "Input should be 'allow' or 'deny'"),
    ],
)
def test_what_no_rule_can_say_is_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        AclRule.model_validate(rule(**facts) if "ruleNumber" not in facts else rule(facts["ruleNumber"]))


def test_icmpv6_goes_with_an_ipv6_block() -> None:
    assert AclRule.model_validate(rule(protocol=58, port="", icmp=128, cidr="2001:DB8::/32")).cidr == "2001:db8::/32"
