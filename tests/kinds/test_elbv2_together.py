"""Load balancers with all that hangs on them, through changes that concern several resources at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.manifest.yaml_writer import write
from controller.model.address import Address, api_version, short_kind
from controller.model.observed import Observed
from controller.model.plan import State, Verb
from tests.kinds.samples.elbv2 import BEHIND, GROUP, LISTENERS, NETWORK
from tests.stage import Stage, document


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def put(stage: Stage, *manifests: tuple[str, str, Mapping[str, Any]]) -> None:
    """Commit the sample load balancer and more, or others of the same name."""
    all_ = {(kind, name): spec for kind, name, spec in (*NETWORK, *BEHIND, *LISTENERS, *manifests)}
    stage.files["all.yaml"] = write(
        [document(api_version(kind), short_kind(kind), name, spec) for (kind, name), spec in all_.items()]
    )


def rule(name: str, priority: int) -> tuple[str, str, dict[str, Any]]:
    conditions = {"pathPattern": [f"/{name}"]}
    actions = [{"forward": {"targetGroup": "app"}}]
    spec = {"listener": "https", "priority": priority, "conditions": conditions, "actions": actions}
    return "elbv2/ListenerRule", name, spec


def live(stage: Stage, kind: str, name: str) -> Observed[Any]:
    return stage.plan().owned[Address("test", kind, name)]


def priorities(stage: Stage) -> dict[str, int]:
    owned = stage.plan().owned.items()
    return {address.name: item.spec.priority for address, item in owned if address.kind == "elbv2/ListenerRule"}


def test_rules_go_round_in_a_circle_of_priorities(stage: Stage) -> None:
    """None of them is ever deleted, so that no request goes astray in between."""
    put(stage, rule("a", 1), rule("b", 2), rule("c", 3))
    stage.converge()
    ids = {live(stage, "elbv2/ListenerRule", name).id for name in "abc"}
    put(stage, rule("a", 2), rule("b", 3), rule("c", 1))
    assert {action.verb for action in stage.plan().actions} == {Verb.UPDATE}
    stage.calls.clear()
    stage.converge()
    assert priorities(stage) == {"a": 2, "b": 3, "c": 1}
    assert {live(stage, "elbv2/ListenerRule", name).id for name in "abc"} == ids
    assert set(stage.changes) == {"SetRulePriorities"}


def test_a_rule_takes_the_priority_of_one_that_goes(stage: Stage) -> None:
    put(stage, rule("a", 1), rule("b", 2))
    stage.converge()
    put(stage, rule("a", 2))
    stage.converge()
    assert priorities(stage) == {"a": 2}


def test_a_new_rule_takes_the_priority_of_one_that_moves(stage: Stage) -> None:
    put(stage, rule("a", 1))
    stage.converge()
    put(stage, rule("a", 2), rule("b", 1))
    stage.converge()
    assert priorities(stage) == {"a": 2, "b": 1}


def test_a_rule_that_somebody_made_by_hand_is_in_the_way_and_is_said(stage: Stage) -> None:
    put(stage)
    stage.converge()
    response = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    stage.aws().call(
        "elbv2",
        "CreateRule",
        ListenerArn=live(stage, "elbv2/Listener", "https").id,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/"]}}],
        Actions=response,
    )
    put(stage, rule("a", 1))
    status = stage.plan().statuses[Address("test", "elbv2/ListenerRule", "a")]
    assert status.state is State.BLOCKED
    assert "was not made by trueup" in status.reason


def test_a_target_group_is_replaced_while_the_listener_goes_on(stage: Stage) -> None:
    """The new one first, then the listener moves over to it, then the old one goes: all in one pass."""
    listener = ("elbv2/Listener", "https", {**LISTENERS[0][2], "defaultActions": [{"forward": {"targetGroup": "app"}}]})
    put(stage, listener, rule("a", 1))
    stage.converge()
    old = live(stage, "elbv2/TargetGroup", "app")
    put(stage, listener, rule("a", 1), ("elbv2/TargetGroup", "app", GROUP | {"healthCheckPort": 3000, "port": 3001}))
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.changes[0] == "CreateTargetGroup"
    assert stage.changes[-1] == "DeleteTargetGroup"
    assert sorted(stage.changes[1:-1]) == ["ModifyListener", "ModifyRule"]
    new = live(stage, "elbv2/TargetGroup", "app")
    assert new.id != old.id
    assert live(stage, "elbv2/Listener", "https").spec.default_actions[0].forward.target_group == new.id


def test_a_target_group_with_a_name_of_its_own_cannot_be_replaced_while_it_is_used_and_says_so(stage: Stage) -> None:
    """AWS takes the name once, and does not let go of what a listener uses."""
    group = GROUP | {"name": "fixed"}
    put(stage, ("elbv2/TargetGroup", "app", group), rule("a", 1))
    stage.converge()
    put(stage, ("elbv2/TargetGroup", "app", group | {"port": 3001, "healthCheckPort": 3000}), rule("a", 1))
    outcome = stage.apply()
    status = outcome.statuses[Address("test", "elbv2/TargetGroup", "app")]
    assert status.state is State.PENDING
    assert "is still in use by listeners of" in status.reason


def test_a_certificate_is_replaced_before_the_old_one_goes(stage: Stage) -> None:
    put(stage)
    stage.converge()
    old = live(stage, "acm/Certificate", "one").id
    put(
        stage,
        ("acm/Certificate", "one", {"domainName": "one.example.com", "subjectAlternativeNames": ["www.example.com"]}),
    )
    stage.calls.clear()
    stage.converge()
    assert stage.changes[0] == "RequestCertificate"
    assert stage.changes[-1] == "DeleteCertificate"
    assert live(stage, "elbv2/Listener", "https").spec.certificate == live(stage, "acm/Certificate", "one").id != old


def test_other_peoples_load_balancers_are_not_looked_into(stage: Stage) -> None:
    """A cluster may have hundreds of its own."""
    put(stage)
    stage.converge()
    for number in range(3):
        subnets = sorted(live(stage, "elbv2/LoadBalancer", "web").spec.subnets)
        stage.aws().call("elbv2", "CreateLoadBalancer", Name=f"theirs-{number}", Scheme="internal", Subnets=subnets)
    stage.calls.clear()
    stage.plan()
    count = {call: stage.calls.count(call) for call in set(stage.calls)}
    assert count["DescribeListeners"] == 2
    assert count["DescribeLoadBalancerAttributes"] == 2


def test_a_load_balancer_that_is_made_anew_gets_its_listeners_and_rules_back(stage: Stage) -> None:
    put(stage, rule("a", 1))
    stage.converge()
    stage.later = timedelta(minutes=5)
    put(stage, rule("a", 1), ("elbv2/LoadBalancer", "web", {**BEHIND[1][2], "scheme": "internal"}))
    stage.converge()
    assert live(stage, "elbv2/LoadBalancer", "web").spec.scheme == "internal"
    assert priorities(stage) == {"a": 1}
