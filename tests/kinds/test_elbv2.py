"""Load balancers, target groups, listeners and rules: what is wrong before any call, and replies as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest

from controller.aws.emulator import ACCOUNT
from controller.kinds.elbv2.api import load_balancer_of
from controller.kinds.elbv2.load_balancer import LoadBalancer, LoadBalancerSpec, SubnetMapping
from controller.kinds.elbv2.load_balancer import translate as load_balancer
from controller.kinds.elbv2.target_group import TargetGroup, TargetGroupSpec, generated_name
from controller.kinds.elbv2.target_group import translate as target_group
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.address import api_version, short_kind
from controller.model.commit import Blob, Tree
from controller.model.plan import Verb
from controller.reconcile.diff import diff
from controller.source.entries import blob_id
from tests.kinds.samples.elbv2 import NETWORK
from tests.kinds.test_requests_elbv2 import FUNCTION, LB, TARGETS
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
        (
            {"Code": "active_impaired", "Reason": "no free addresses"},
            "it passes traffic on, but AWS cannot let it grow: no free addresses",
        ),
    ],
)
def test_a_load_balancer_that_is_not_ready_says_why(state: dict[str, str], said: str) -> None:
    assert load_balancer({**REPLY, "State": state}, {}, {}).pending == said


def test_a_load_balancer_that_aws_could_not_make_is_failed_and_not_pending() -> None:
    """It will never be ready: it is made anew."""
    found = load_balancer({**REPLY, "State": {"Code": "failed", "Reason": "no free addresses"}}, {}, {})
    assert (found.failed, found.pending) == ("no free addresses", "")
    assert load_balancer({**REPLY, "State": {"Code": "failed"}}, {}, {}).failed == "AWS gives no reason"


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


HTTP_GROUP = {"protocol": "HTTP", "port": 3000, "vpc": "one"}
OPEN = (
    "ec2/SecurityGroup",
    "app",
    {"vpc": "one", "ingress": [{"protocol": "tcp", "port": "2999-3001", "from": ["alb"]}]},
)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"healthCheckEnabled": False}, "healthCheckEnabled: only the check of a Lambda function can be switched off"),
        ({"healthCheckProtocol": "TCP"}, "healthCheckProtocol: TCP cannot check a group of protocol HTTP"),
        ({"protocol": "TCP", "protocolVersion": "HTTP2"}, "protocolVersion: is for the protocols HTTP and HTTPS"),
        ({"healthCheckIntervalSeconds": 5}, "healthCheckTimeoutSeconds: 5 is not less than the interval, 5"),
        (
            {"healthCheckPort": 8080},
            "healthCheckPort: no security group of VPC one lets 8080/tcp in, so the health check finds nobody well",
        ),
        ({"port": 80}, "port: no security group of VPC one lets 80/tcp in, so the health check finds nobody well"),
    ],
)
def test_what_is_wrong_with_a_target_group_is_said_before_any_call(spec: dict[str, Any], said: str) -> None:
    assert problems("elbv2/TargetGroup", HTTP_GROUP | spec, OPEN) == [said]


def test_a_health_check_that_a_group_lets_in_is_sound() -> None:
    assert problems("elbv2/TargetGroup", HTTP_GROUP, OPEN) == []


def test_where_no_manifest_tells_of_security_groups_nothing_is_said() -> None:
    assert problems("elbv2/TargetGroup", HTTP_GROUP | {"vpc": "vpc-0a1b2c3d"}) == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"protocol": "HTTP"}, "needs protocol, port and vpc"),
        ({"targetType": "lambda", "port": 80}, "a Lambda function has no port"),
        (HTTP_GROUP | {"matcher": "2xx"}, "'2xx' is no list of codes; write 200, 200,202 or 200-299"),
    ],
)
def test_what_no_target_group_can_be_is_refused(spec: dict[str, Any], said: str) -> None:
    assert said in problems("elbv2/TargetGroup", spec)[0]


@pytest.mark.parametrize(
    ("spec", "protocol", "path", "timeout", "matcher"),
    [
        ({"protocol": "HTTPS"}, "HTTP", "/", 5, "200"),
        ({"protocol": "HTTP", "protocol_version": "GRPC"}, "HTTP", "/AWS.ALB/healthcheck", 5, "12"),
        ({"protocol": "TCP"}, "TCP", None, 10, None),
        ({"protocol": "TLS", "health_check_protocol": "HTTP"}, "HTTP", "/", 6, "200-399"),
        ({"protocol": "UDP", "health_check_protocol": "HTTPS"}, "HTTPS", "/", 10, "200-399"),
        ({"protocol": "TCP", "target_type": "alb"}, "HTTP", "/", 6, "200-399"),
    ],
)
def test_what_a_manifest_leaves_out_is_what_aws_documents(
    spec: dict[str, Any], protocol: str, path: str | None, timeout: int, matcher: str | None
) -> None:
    found = TargetGroupSpec(**spec, port=80, vpc="vpc-1")
    assert (found.health_check_protocol, found.health_check_path) == (protocol, path)
    assert (found.health_check_timeout_seconds, found.matcher) == (timeout, matcher)


@pytest.mark.parametrize("reply", [TARGETS, FUNCTION])
def test_a_target_group_with_all_of_awss_defaults_is_no_drift(reply: dict[str, Any]) -> None:
    facts: dict[str, Any] = (
        {"protocol": "HTTP", "port": 3000, "vpc": "vpc-1"} if "Port" in reply else {"target_type": "lambda"}
    )
    live = target_group({**reply, "UnhealthyThresholdCount": 2 if "Port" in reply else 5}, {}, {}).spec
    checks = {"healthCheckIntervalSeconds", "healthCheckTimeoutSeconds"}
    drift = {change.path for change in diff(TargetGroupSpec(**facts), live)}
    assert drift == (set() if "Port" in reply else checks)


def test_codes_have_one_spelling() -> None:
    one = TargetGroupSpec(protocol="HTTP", port=80, vpc="vpc-1", matcher="301, 200-299")
    assert one.matcher == "200-299,301"


def test_a_made_up_name_changes_with_what_aws_cannot_change_and_with_nothing_else() -> None:
    tags = {"trueup:owner": "trueup", "trueup:scope": "prod", "trueup:manifest": "elbv2/TargetGroup/app.web"}
    spec = TargetGroupSpec(protocol="HTTP", port=3000, vpc="vpc-1")
    name = generated_name(spec, {**tags, "team": "a"})
    assert name.startswith("app-web-")
    assert generated_name(TargetGroupSpec(protocol="HTTP", port=3000, vpc="vpc-1", matcher="204"), tags) == name
    assert generated_name(TargetGroupSpec(protocol="HTTP", port=3001, vpc="vpc-1"), tags) != name
    assert generated_name(spec, tags | {"trueup:scope": "dev"}) != name, "two scopes may share an account"
    long = generated_name(spec, {"trueup:manifest": f"elbv2/TargetGroup/{'a' * 22}-{'b' * 40}"})
    assert len(long) <= 32
    assert "--" not in long


def test_a_reader_learns_that_another_target_group_is_made_first() -> None:
    kind, spec = TargetGroup(), TargetGroupSpec(protocol="HTTP", port=3000, vpc="vpc-1")
    assert "before this one goes" in next(kind.tell(Verb.REPLACE, spec, spec))
    assert list(kind.tell(Verb.UPDATE, spec, spec)) == []
    named = TargetGroupSpec(name="app", protocol="HTTP", port=3000, vpc="vpc-1")
    assert "under the old name" in next(kind.tell(Verb.REPLACE, named, named))
    assert kind.same_slot(named, named)
    assert not kind.same_slot(spec, named)
