"""Network ACLs and their subnets, and AWS's replies about the kinds of this family as AWS documents them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.kinds.ec2.network_acl import NetworkAcl, NetworkAclSpec, entry, translate
from controller.manifest.yaml_writer import write
from controller.model.acl import AclRule
from controller.model.address import api_version, short_kind
from controller.model.plan import Verb
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document

ALLOW = {"ruleNumber": 100, "protocol": "all", "cidr": "0.0.0.0/0", "action": "allow"}


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def put(stage: Stage, **specs: Any) -> None:
    """Commit manifests, each as `Kind_name=spec`."""
    documents = []
    for key, spec in specs.items():
        kind, _, name = key.partition("_")
        documents.append(document(api_version(f"ec2/{kind}"), short_kind(f"ec2/{kind}"), name, spec))
    stage.files["own.yaml"] = write(documents)


def network() -> dict[str, Any]:
    return {
        "Vpc_main": {"cidrBlock": "10.0.0.0/16"},
        "Subnet_a": {"vpc": "main", "cidrBlock": "10.0.0.0/24"},
        "Subnet_b": {"vpc": "main", "cidrBlock": "10.0.1.0/24"},
    }


def under(stage: Stage) -> dict[str, str]:
    """The ACL of each of our subnets, by the names of both."""
    owned = stage.plan().owned
    names = {item.id: address.name for address, item in owned.items()}
    acls = stage.aws().call("ec2", "DescribeNetworkAcls")["NetworkAcls"]
    return {
        names[one["SubnetId"]]: names.get(acl["NetworkAclId"], "default" if acl["IsDefault"] else "?")
        for acl in acls
        for one in acl["Associations"]
        if one["SubnetId"] in names
    }


def test_a_subnet_moves_from_acl_to_acl_and_home_again(stage: Stage) -> None:
    acls = {name: {"vpc": "main", "ingress": [ALLOW]} for name in ("NetworkAcl_one", "NetworkAcl_two")}
    acls["NetworkAcl_one"]["subnets"] = ["a", "b"]
    put(stage, **network(), **acls)
    stage.converge()
    assert under(stage) == {"a": "one", "b": "one"}

    acls["NetworkAcl_one"]["subnets"], acls["NetworkAcl_two"]["subnets"] = ["b"], ["a"]
    put(stage, **network(), **acls)
    effects = {action.address.name: action.effects for action in stage.plan().actions}
    assert effects == {
        "one": ("subnet a goes back to the VPC's default ACL",),
        "two": ("subnet a comes under it",),
    }
    stage.converge()
    assert under(stage) == {"a": "two", "b": "one"}

    del acls["NetworkAcl_two"]
    put(stage, **network(), **acls)
    stage.converge()
    assert under(stage) == {"a": "default", "b": "one"}


def test_a_subnet_that_was_moved_by_hand_is_moved_back(stage: Stage) -> None:
    put(stage, **network(), NetworkAcl_one={"vpc": "main", "subnets": ["a"]})
    stage.converge()
    acl = next(item for address, item in stage.plan().owned.items() if address.kind == "ec2/NetworkAcl")
    NetworkAcl().update(stage.aws(), acl, acl.spec.model_copy(update={"subnets": frozenset()}), frozenset({"subnets"}))
    assert under(stage) == {"a": "default", "b": "default"}
    stage.converge()
    assert under(stage) == {"a": "one", "b": "default"}


def test_a_changed_rule_is_replaced_in_one_call(stage: Stage) -> None:
    """To delete it and make it anew would leave a moment in which the next rule decides."""
    put(stage, **network(), NetworkAcl_one={"vpc": "main", "ingress": [ALLOW, {**ALLOW, "ruleNumber": 200}]})
    stage.converge()
    stage.calls.clear()
    changed = {**ALLOW, "action": "deny"}
    put(stage, **network(), NetworkAcl_one={"vpc": "main", "ingress": [changed, {**ALLOW, "ruleNumber": 300}]})
    (action,) = stage.plan().actions
    assert action.effects == (
        "ingress rule 100 denies all traffic from 0.0.0.0/0",
        "ingress rule 100 no longer allows all traffic from 0.0.0.0/0",
        "ingress rule 200 no longer allows all traffic from 0.0.0.0/0",
        "ingress rule 300 allows all traffic from 0.0.0.0/0",
    )
    stage.converge()
    assert stage.changes == ["CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry"]


def test_a_vpcs_default_acl_is_managed_without_being_owned(stage: Stage) -> None:
    """Its rules are closed and opened again; it is neither tagged nor deleted, and is home to what is under no other ACL."""
    acl = {"vpc": "main", "default": True, "egress": [ALLOW]}
    put(stage, **network(), NetworkAcl_main=acl)
    stage.converge()
    assert stage.plan().actions == ()
    assert "CreateNetworkAcl" not in stage.calls
    assert under(stage) == {"a": "default", "b": "default"}
    put(stage, **network(), NetworkAcl_main={**acl, "ingress": [ALLOW]})
    (action,) = stage.plan().actions
    assert (action.verb, action.effects) == (Verb.UPDATE, ("ingress rule 100 allows all traffic from 0.0.0.0/0",))
    stage.converge()
    put(stage, **network())
    assert stage.plan().actions == ()


def errors(stage: Stage, **specs: Any) -> list[str]:
    put(stage, **specs)
    return [f"{problem.where.line}: {problem.message}" for problem in stage.loaded().problems]


def test_a_subnet_in_two_acls_is_an_error_that_names_both(stage: Stage) -> None:
    two = {
        "NetworkAcl_one": {"vpc": "main", "subnets": ["a"]},
        "NetworkAcl_two": {"vpc": "main", "subnets": ["test/a"]},
    }
    found = errors(stage, **network(), **two)
    assert len(found) == 2
    assert "subnet a is under two (own.yaml:" in found[0]
    assert "subnet a is under one (own.yaml:" in found[1]


def test_a_subnet_of_another_vpc_is_an_error(stage: Stage) -> None:
    (found,) = errors(
        stage,
        **network(),
        Vpc_other={"cidrBlock": "10.1.0.0/16"},
        NetworkAcl_one={"vpc": "other", "subnets": ["a"]},
    )
    assert "subnet a is in VPC main (own.yaml:" in found


def test_more_rules_than_aws_takes_are_a_warning(stage: Stage) -> None:
    rules = [{**ALLOW, "ruleNumber": number} for number in range(1, 22)]
    (found,) = errors(stage, **network(), NetworkAcl_one={"vpc": "main", "egress": rules})
    assert "has 21 rules; AWS takes 20 in one direction" in found


def test_the_default_acl_takes_no_subnets() -> None:
    with pytest.raises(ValueError, match="the default ACL has just those subnets that no other ACL names"):
        NetworkAclSpec(vpc="vpc-1", default=True, subnets=frozenset({"subnet-1"}))


REPLY: dict[str, Any] = {
    "NetworkAclId": "acl-1",
    "VpcId": "vpc-1",
    "IsDefault": False,
    "OwnerId": "123456789012",
    "Associations": [{"NetworkAclAssociationId": "aclassoc-1", "NetworkAclId": "acl-1", "SubnetId": "subnet-1"}],
    "Entries": [
        {"Egress": True, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767, "CidrBlock": "0.0.0.0/0"},
        {"Egress": True, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32768, "Ipv6CidrBlock": "::/0"},
        {
            "Egress": False,
            "Protocol": "58",
            "RuleAction": "allow",
            "RuleNumber": 110,
            "Ipv6CidrBlock": "::/0",
            "IcmpTypeCode": {"Type": 128, "Code": -1},
        },
        {
            "Egress": False,
            "Protocol": "6",
            "RuleAction": "allow",
            "RuleNumber": 100,
            "CidrBlock": "10.0.0.0/8",
            "PortRange": {"From": 443, "To": 443},
        },
        {"Egress": False, "Protocol": "50", "RuleAction": "deny", "RuleNumber": 120, "CidrBlock": "10.0.0.0/8"},
        {"Egress": False, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767, "CidrBlock": "0.0.0.0/0"},
    ],
    "Tags": [{"Key": "team", "Value": "a"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}],
}


def test_a_reply_about_an_acl_is_read_without_awss_own_rules() -> None:
    live = translate(Stubbed("ec2").aws, REPLY)
    assert live.spec.egress == ()
    assert [(rule.rule_number, rule.told, rule.cidr, rule.action) for rule in live.spec.ingress] == [
        (100, "443/tcp", "10.0.0.0/8", "allow"),
        (110, "icmpv6 128", "::/0", "allow"),
        (120, "protocol 50", "10.0.0.0/8", "deny"),
    ]
    assert live.spec.subnets == {"subnet-1"}
    assert live.tags == {"team": "a"}
    assert live.outputs["arn"] == "arn:aws:ec2:eu-central-1:123456789012:network-acl/acl-1"


def test_a_rule_goes_to_aws_as_it_came() -> None:
    live = translate(Stubbed("ec2").aws, REPLY)
    sent = {rule.rule_number: {"Egress": False, **entry(rule)} for rule in live.spec.ingress}
    assert sent == {each["RuleNumber"]: each for each in REPLY["Entries"] if each["RuleNumber"] < 200}


def test_icmp_types_are_sent_in_the_call(stage: Stage) -> None:
    """Moto leaves them out, so the request itself is checked against the service model."""
    account = Stubbed("ec2")
    live = translate(account.aws, {**REPLY, "Entries": []})
    rule = AclRule(rule_number=5, protocol="icmp", icmp="3/4", cidr="10.0.0.0/8", action="allow")
    account.expect(
        "CreateNetworkAclEntry",
        NetworkAclId="acl-1",
        Egress=False,
        RuleNumber=5,
        Protocol="1",
        RuleAction="allow",
        CidrBlock="10.0.0.0/8",
        IcmpTypeCode={"Type": 3, "Code": 4},
    )
    wanted = live.spec.model_copy(update={"ingress": (rule,)})
    NetworkAcl().update(account.aws, live, wanted, frozenset({"ingress"}))
    account.done()
