"""Load balancers, target groups, listeners and rules: what is wrong before any call, and replies as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest

from controller.aws.emulator import ACCOUNT
from controller.kinds.elbv2.api import load_balancer_of
from controller.kinds.elbv2.load_balancer import LoadBalancer, LoadBalancerSpec, SubnetMapping
from controller.kinds.elbv2.load_balancer import translate as load_balancer
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.address import api_version, short_kind
from controller.model.commit import Blob, Tree
from controller.model.plan import Verb
from controller.source.entries import blob_id
from tests.kinds.samples.elbv2 import NETWORK
from tests.kinds.test_requests_elbv2 import LB
from tests.kinds.test_requests_elbv2 import NETWORK as REPLY
from tests.stage import SCOPE, document

A, B = "eu-central-1a", "eu-central-1b"


def problems(kind: str, spec: dict[str, Any], *others: tuple[str, str, dict[str, Any]]) -> list[str]:
    """What is said of a manifest `it` beside the sample network and others: field and message."""
    around = [document(api_version(one), short_kind(one), name, facts) for one, name, facts in (*NETWORK, *others)]
    files = {
        "scope.yaml": SCOPE,
        "around.yaml": write(around),
        "it.yaml": write([document(api_version(kind), short_kind(kind), "it", spec)]),
    }
    tree = Tree(None, "", tuple(Blob(name, blob_id(text.encode()), text.encode()) for name, text in files.items()))
    found = Loader(KINDS, COMPOSITES).load(tree).problems
    return [f"{one.field.removeprefix('spec.')}: {one.message}" for one in found if one.where.file == "it.yaml"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"subnets": ["a"]}, "subnets: an application load balancer needs subnets in at least two zones"),
        ({"type": "network"}, "subnets: a load balancer needs subnets"),
        (
            {"subnetMappings": [{"subnet": "a", "privateIPv4Address": "10.0.0.9"}]},
            "subnetMappings: an application load balancer takes no addresses; use subnets",
        ),
        (
            {"subnets": ["a", "b"], "scheme": "internal", "ipAddressType": "dualstack-without-public-ipv4"},
            "ipAddressType: dualstack-without-public-ipv4 is for internet-facing ones",
        ),
        ({"subnets": ["a", "b", "a2"]}, f"subnets: a and a2 are both in {A}; AWS takes one subnet in each zone"),
    ],
)
def test_what_is_wrong_with_a_load_balancer_is_said_before_any_call(spec: dict[str, Any], said: str) -> None:
    twin = {"vpc": "one", "cidrBlock": "10.0.9.0/24", "availabilityZone": A}
    assert problems("elbv2/LoadBalancer", spec, ("ec2/Subnet", "a2", twin)) == [said]


def test_a_load_balancer_in_two_zones_is_sound() -> None:
    assert problems("elbv2/LoadBalancer", {"subnets": ["a", "b"]}) == []


def test_a_mapping_without_an_address_is_the_subnet_alone() -> None:
    """AWS tells all subnets in the one list, whatever they were given as."""
    plain = LoadBalancerSpec(name="web", subnets=frozenset({"subnet-a", "subnet-b"}))
    mapped = LoadBalancerSpec(
        name="web", subnets=frozenset({"subnet-a"}), subnet_mappings=(SubnetMapping(subnet="subnet-b"),)
    )
    assert mapped == plain


def test_the_addresses_of_a_network_load_balancer_are_told() -> None:
    zones = [
        {"SubnetId": "subnet-b", "LoadBalancerAddresses": [{"IpAddress": "3.1.2.3", "AllocationId": "eipalloc-1"}]},
        {"SubnetId": "subnet-a", "LoadBalancerAddresses": []},
    ]
    spec = load_balancer({**REPLY, "AvailabilityZones": zones}, {}, {}).spec
    assert spec.subnets == {"subnet-a"}
    assert spec.subnet_mappings == (SubnetMapping(subnet="subnet-b", allocation="eipalloc-1"),)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"Code": "active"}, ""),
        ({"Code": "provisioning"}, "AWS is still making it"),
        ({"Code": "active_impaired"}, "it passes traffic on, but AWS cannot let it grow"),
        ({"Code": "failed", "Reason": "no free addresses"}, "AWS could not make it: no free addresses"),
    ],
)
def test_a_load_balancer_that_is_not_ready_says_why(state: dict[str, str], said: str) -> None:
    assert load_balancer({**REPLY, "State": state}, {}, {}).pending == said


def test_a_load_balancer_that_aws_protects_is_kept() -> None:
    assert (
        "deletion_protection.enabled: false" in load_balancer(REPLY, {}, {"deletion_protection.enabled": "true"}).keep
    )
    assert load_balancer(REPLY, {}, {"deletion_protection.enabled": "false"}).keep == ""
    assert load_balancer(REPLY, {}, None).keep == ""


def test_a_reader_learns_what_becomes_of_a_load_balancer() -> None:
    kind = LoadBalancer()
    both = LoadBalancerSpec(name="web", subnets=frozenset({"a", "b"}))
    one = LoadBalancerSpec(name="web", subnets=frozenset({"a"}))
    assert list(kind.tell(Verb.UPDATE, both, one)) == ["no longer takes traffic in b"]
    assert list(kind.tell(Verb.CREATE, None, one)) == []
    assert "cannot be reached" in next(kind.tell(Verb.DELETE, one, None))
    assert "DNS name" in next(kind.tell(Verb.REPLACE, one, both))


def test_what_hangs_on_a_load_balancer_tells_it_by_its_arn() -> None:
    assert load_balancer_of(f"{LB}/443") == LB
    listener = LB.replace(":loadbalancer/", ":listener/") + "/f2f7dc8efc522ab2"
    assert load_balancer_of(listener) == LB
    rule = listener.replace(":listener/", ":listener-rule/") + "/9683b2d02a6cabee"
    assert load_balancer_of(rule) == LB
    assert load_balancer_of("web/443") == ""
    assert ACCOUNT in LB
