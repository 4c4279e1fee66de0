"""What moto's Elastic Load Balancing does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

from typing import Any


def complete() -> None:
    """Put it all right."""
    _swap_priorities()


def _swap_priorities() -> None:
    """Rules that are in one call may have each other's priorities."""
    from moto.elbv2.exceptions import PriorityInUseError
    from moto.elbv2.models import ELBv2Backend

    def set_rule_priorities(self: ELBv2Backend, rule_priorities: list[dict[str, Any]]) -> list[Any]:
        wanted = {each["RuleArn"]: each["Priority"] for each in rule_priorities}
        rules: Any = self.describe_rules(None, list(wanted))
        (listener,) = self.describe_listeners(None, [rules[0].listener_arn])
        if any(rule.priority in wanted.values() for rule in listener.rules.values() if rule.arn not in wanted):
            raise PriorityInUseError
        for rule in rules:
            rule.priority = wanted[rule.arn]
        return list(rules)

    ELBv2Backend.set_rule_priorities = set_rule_priorities  # type: ignore[method-assign]
