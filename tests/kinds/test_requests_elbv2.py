"""What moto cannot do of load balancers, target groups, listeners and rules (gaps.py), shown on the requests."""

from __future__ import annotations

from typing import Any

import pytest

from controller.errors import AwsBusy
from controller.kinds.elbv2.actions import Action, Forward
from controller.kinds.elbv2.listener import Listener, ListenerSpec, MutualAuthentication
from controller.kinds.elbv2.listener import translate as listener
from controller.kinds.elbv2.listener_rule import ListenerRule
from controller.kinds.elbv2.listener_rule import translate as listener_rule
from controller.kinds.elbv2.load_balancer import LoadBalancer, LoadBalancerSpec, SubnetMapping
from controller.kinds.elbv2.load_balancer import translate as load_balancer
from controller.kinds.elbv2.target_group import TargetGroup, TargetGroupSpec
from controller.kinds.elbv2.target_group import translate as target_group
from tests.kinds.stubbed import Stubbed, covers

LB = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/web/50dc6c495c0c9188"
NETWORK: dict[str, Any] = {
    "LoadBalancerArn": LB,
    "LoadBalancerName": "web",
    "DNSName": "web-50dc6c495c0c9188.elb.eu-central-1.amazonaws.com",
    "CanonicalHostedZoneId": "Z3F0SRJ5LGBH90",
    "Type": "network",
    "Scheme": "internet-facing",
    "IpAddressType": "ipv4",
    "State": {"Code": "provisioning"},
    "AvailabilityZones": [{"ZoneName": "eu-central-1a", "SubnetId": "subnet-a", "LoadBalancerAddresses": []}],
    "SecurityGroups": ["sg-1"],
}


@covers("elbv2/LoadBalancer", "subnetMappings")
def test_all_subnets_are_mappings_where_one_has_an_address_of_its_own() -> None:
    """AWS takes either subnets or mappings."""
    account, live = Stubbed("elbv2"), load_balancer(NETWORK, {}, {})
    spec = live.spec.model_copy(
        update={"subnet_mappings": (SubnetMapping(subnet="subnet-b", allocation="eipalloc-1"),)}
    )
    account.expect(
        "SetSubnets",
        LoadBalancerArn=LB,
        SubnetMappings=[{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b", "AllocationId": "eipalloc-1"}],
        IpAddressType="ipv4",
    )
    LoadBalancer().update(account.aws, live, spec, frozenset({"subnetMappings"}))
    account.done()


@covers("elbv2/LoadBalancer", "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
def test_how_privatelink_is_judged_is_set_with_the_groups_that_are_there() -> None:
    """SetSecurityGroups replaces all groups, so that it must have them even where the manifest does not manage them."""
    account, live = Stubbed("elbv2"), load_balancer(NETWORK, {}, {})
    field = "enforce_security_group_inbound_rules_on_private_link_traffic"
    spec = live.spec.model_copy(update={field: "off", "security_groups": None})
    account.expect(
        "SetSecurityGroups",
        LoadBalancerArn=LB,
        SecurityGroups=["sg-1"],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off",
    )
    changed = frozenset({"enforceSecurityGroupInboundRulesOnPrivateLinkTraffic"})
    LoadBalancer().update(account.aws, live, spec, changed)
    account.done()


def test_what_a_load_balancer_needs_at_once_is_in_the_create_call() -> None:
    account = Stubbed("elbv2")
    spec = LoadBalancerSpec(
        name="web", type="network", subnets=frozenset({"subnet-a"}), attributes={"b": "1", "a": "2"}
    )
    account.expect(
        "CreateLoadBalancer",
        {"LoadBalancers": [NETWORK]},
        Name="web",
        Type="network",
        Scheme="internet-facing",
        IpAddressType="ipv4",
        Subnets=["subnet-a"],
        Tags=[{"Key": "team", "Value": "a"}],
    )
    attributes = [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    account.expect("ModifyLoadBalancerAttributes", LoadBalancerArn=LB, Attributes=attributes)
    made = LoadBalancer().create(account.aws, spec, {"team": "a"})
    assert (made.id, made.pending) == (LB, "AWS is still making it")
    account.done()


GROUP = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/app/73e2d6bc24d8a067"
TARGETS: dict[str, Any] = {
    "TargetGroupArn": GROUP,
    "TargetGroupName": "app",
    "TargetType": "ip",
    "Protocol": "HTTP",
    "ProtocolVersion": "HTTP1",
    "Port": 3000,
    "VpcId": "vpc-1",
    "IpAddressType": "ipv4",
    "HealthCheckEnabled": True,
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckPath": "/",
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200"},
    "LoadBalancerArns": [LB],
}
FUNCTION = {
    key: value
    for key, value in TARGETS.items()
    if key not in ("Protocol", "ProtocolVersion", "Port", "VpcId", "HealthCheckProtocol", "HealthCheckPort")
} | {"TargetType": "lambda", "HealthCheckEnabled": False}


@covers("elbv2/TargetGroup", "healthCheckEnabled")
def test_the_check_of_a_lambda_function_can_be_switched_on() -> None:
    account, live = Stubbed("elbv2"), target_group(FUNCTION, {}, {})
    spec = live.spec.model_copy(update={"health_check_enabled": True})
    account.expect("ModifyTargetGroup", TargetGroupArn=GROUP, HealthCheckEnabled=True)
    TargetGroup().update(account.aws, live, spec, frozenset({"healthCheckEnabled"}))
    account.done()


def test_a_lambda_functions_group_has_no_network() -> None:
    account = Stubbed("elbv2")
    account.expect(
        "CreateTargetGroup",
        {"TargetGroups": [FUNCTION]},
        Name="app",
        TargetType="lambda",
        HealthCheckEnabled=False,
        HealthCheckPath="/",
        HealthCheckIntervalSeconds=35,
        HealthCheckTimeoutSeconds=30,
        HealthyThresholdCount=5,
        UnhealthyThresholdCount=5,
        Matcher={"HttpCode": "200"},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    assert (
        TargetGroup().create(account.aws, TargetGroupSpec(name="app", target_type="lambda"), {"team": "a"}).id == GROUP
    )
    account.done()


def test_grpc_has_codes_and_a_path_of_its_own() -> None:
    account = Stubbed("elbv2")
    spec = TargetGroupSpec(
        name="app", protocol="HTTP", protocol_version="GRPC", port=50051, vpc="vpc-1", attributes={"a": "1"}
    )
    account.expect(
        "CreateTargetGroup",
        {"TargetGroups": [TARGETS]},
        Name="app",
        TargetType="ip",
        Protocol="HTTP",
        ProtocolVersion="GRPC",
        Port=50051,
        VpcId="vpc-1",
        IpAddressType="ipv4",
        HealthCheckProtocol="HTTP",
        HealthCheckPort="traffic-port",
        HealthCheckPath="/AWS.ALB/healthcheck",
        HealthCheckIntervalSeconds=30,
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=5,
        UnhealthyThresholdCount=2,
        Matcher={"GrpcCode": "12"},
        Tags=[{"Key": "team", "Value": "a"}],
    )
    account.expect("ModifyTargetGroupAttributes", TargetGroupArn=GROUP, Attributes=[{"Key": "a", "Value": "1"}])
    TargetGroup().create(account.aws, spec, {"team": "a"})
    account.done()


def test_what_is_asked_for_goes_along_with_how_it_is_asked() -> None:
    """AWS has no path for a check by TCP, and would take its own default for one by HTTP."""
    account = Stubbed("elbv2")
    live = target_group({**TARGETS, "Protocol": "TCP", "ProtocolVersion": None, "HealthCheckProtocol": "TCP"}, {}, {})
    spec = TargetGroupSpec(
        name="app", protocol="TCP", port=3000, vpc="vpc-1", health_check_protocol="HTTP", health_check_path="/healthz"
    )
    account.expect(
        "ModifyTargetGroup",
        TargetGroupArn=GROUP,
        HealthCheckProtocol="HTTP",
        HealthCheckPath="/healthz",
        Matcher={"HttpCode": "200-399"},
    )
    TargetGroup().update(account.aws, live, spec, frozenset({"healthCheckProtocol"}))
    account.done()


def test_who_holds_a_target_group_is_told() -> None:
    account, live = Stubbed("elbv2"), target_group(TARGETS, {}, {})
    account.expect("DescribeTargetGroups", {"TargetGroups": [TARGETS]}, TargetGroupArns=[GROUP])
    assert TargetGroup().holders(account.aws, live) == f"listeners of {LB.rpartition('/')[0]}"
    account.done()


LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/net/web/50dc6c495c0c9188/f2f7dc8efc522ab2"
CERT = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
OTHER = CERT.replace("-1234-", "-4321-")
TLS: dict[str, Any] = {
    "ListenerArn": LISTENER,
    "LoadBalancerArn": LB,
    "Port": 443,
    "Protocol": "TLS",
    "Certificates": [{"CertificateArn": CERT}],
    "SslPolicy": "ELBSecurityPolicy-2016-08",
    "DefaultActions": [
        {
            "Type": "forward",
            "TargetGroupArn": GROUP,
            "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP}]},
        }
    ],
}
FORWARD = [{"Type": "forward", "Order": 1, "TargetGroupArn": GROUP}]


def update(account: Stubbed, reply: dict[str, Any], **values: Any) -> None:
    """Bring a listener, which has OTHER as a further certificate, from a reply to other values."""
    live = listener(reply, {}, frozenset({OTHER}), {})
    fields = frozenset(str(ListenerSpec.model_fields[name].alias) for name in values)
    Listener().update(account.aws, live, live.spec.model_copy(update=values), fields)
    account.done()


@covers("elbv2/Listener", "alpnPolicy")
def test_a_tls_listener_agrees_on_one_version_of_http() -> None:
    account = Stubbed("elbv2")
    account.expect("ModifyListener", ListenerArn=LISTENER, AlpnPolicy=["HTTP2Preferred"])
    update(account, TLS, alpn_policy="HTTP2Preferred")


@covers("elbv2/Listener", "mutualAuthentication")
def test_clients_certificates_are_checked_against_a_trust_store() -> None:
    account, store = (
        Stubbed("elbv2"),
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:truststore/ca/73e2d6bc24d8a063",
    )
    wanted = {
        "Mode": "verify",
        "TrustStoreArn": store,
        "IgnoreClientCertificateExpiry": False,
        "AdvertiseTrustStoreCaNames": "on",
    }
    account.expect("ModifyListener", ListenerArn=LISTENER, MutualAuthentication=wanted)
    mutual = MutualAuthentication(mode="verify", trust_store=store, advertise_trust_store_ca_names="on")
    update(account, {**TLS, "Protocol": "HTTPS"}, mutual_authentication=mutual)


def test_clients_certificates_are_passed_on_without_a_trust_store() -> None:
    account = Stubbed("elbv2")
    account.expect("ModifyListener", ListenerArn=LISTENER, MutualAuthentication={"Mode": "passthrough"})
    update(account, {**TLS, "Protocol": "HTTPS"}, mutual_authentication=MutualAuthentication(mode="passthrough"))


@covers("elbv2/Listener", "protocol")
def test_what_a_protocol_needs_goes_along_with_it() -> None:
    """A listener on TCP can have further certificates only once it is one on TLS."""
    account, plain = (
        Stubbed("elbv2"),
        {key: value for key, value in TLS.items() if key not in ("Certificates", "SslPolicy")},
    )
    account.expect(
        "ModifyListener",
        ListenerArn=LISTENER,
        Protocol="TLS",
        Certificates=[{"CertificateArn": CERT}],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    )
    third = f"{OTHER}0"
    account.expect("AddListenerCertificates", ListenerArn=LISTENER, Certificates=[{"CertificateArn": third}])
    account.expect("RemoveListenerCertificates", ListenerArn=LISTENER, Certificates=[{"CertificateArn": OTHER}])
    update(
        account,
        {**plain, "Protocol": "TCP"},
        protocol="TLS",
        certificate=CERT,
        additional_certificates=frozenset({third}),
        ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
    )


def test_a_further_certificate_that_becomes_the_default_is_not_taken_away() -> None:
    account = Stubbed("elbv2")
    account.expect("ModifyListener", ListenerArn=LISTENER, Certificates=[{"CertificateArn": OTHER}])
    update(account, TLS, certificate=OTHER, additional_certificates=frozenset[str]())


def test_new_certificates_come_before_old_ones_go() -> None:
    account = Stubbed("elbv2")
    account.expect("AddListenerCertificates", ListenerArn=LISTENER, Certificates=[{"CertificateArn": f"{OTHER}0"}])
    account.expect("RemoveListenerCertificates", ListenerArn=LISTENER, Certificates=[{"CertificateArn": OTHER}])
    update(account, TLS, additional_certificates=frozenset({f"{OTHER}0"}))


def test_a_listener_is_made_with_its_certificate_and_then_gets_the_others() -> None:
    account = Stubbed("elbv2")
    spec = ListenerSpec(
        load_balancer=LB,
        port=443,
        protocol="TLS",
        certificate=CERT,
        additional_certificates=frozenset({CERT, OTHER}),
        default_actions=(Action(forward=Forward(target_group=GROUP)),),
        attributes={"tcp.idle_timeout.seconds": "60"},
    )
    account.expect(
        "CreateListener",
        {"Listeners": [TLS]},
        LoadBalancerArn=LB,
        Port=443,
        Protocol="TLS",
        DefaultActions=FORWARD,
        Certificates=[{"CertificateArn": CERT}],
        AlpnPolicy=["None"],
        Tags=[{"Key": "team", "Value": "a"}],
    )
    account.expect("AddListenerCertificates", ListenerArn=LISTENER, Certificates=[{"CertificateArn": OTHER}])
    attributes = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
    account.expect("ModifyListenerAttributes", ListenerArn=LISTENER, Attributes=attributes)
    assert Listener().create(account.aws, spec, {"team": "a"}).id == LISTENER
    account.done()


RULE = LISTENER.replace(":listener/", ":listener-rule/") + "/9683b2d02a6cabee"
RIVAL = RULE.replace("9683", "1234")
OURS = {"trueup:owner": "trueup", "trueup:scope": "prod"}


def rule(arn: str, priority: str) -> dict[str, Any]:
    response = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    config = {"Field": "path-pattern", "Values": ["/a"], "PathPatternConfig": {"Values": ["/a"]}}
    return {"RuleArn": arn, "Priority": priority, "IsDefault": False, "Actions": [response], "Conditions": [config]}


def move(account: Stubbed, *, to: int) -> None:
    live = listener_rule(rule(RULE, "1"), LISTENER, OURS)
    spec = live.spec.model_copy(update={"priority": to})
    ListenerRule().update(account.aws, live, spec, frozenset({"priority"}))
    account.done()


def test_rules_that_swap_their_priorities_do_so_in_one_call() -> None:
    """AWS takes no priority that another rule has, but takes both at once. What the other is to have is its own affair."""
    account = Stubbed("elbv2")
    account.expect("DescribeRules", {"Rules": [rule(RULE, "1"), rule(RIVAL, "2")]}, ListenerArn=LISTENER)
    tags = [{"Key": key, "Value": value} for key, value in OURS.items()]
    account.expect("DescribeTags", {"TagDescriptions": [{"ResourceArn": RIVAL, "Tags": tags}]}, ResourceArns=[RIVAL])
    moves = [{"RuleArn": RULE, "Priority": 2}, {"RuleArn": RIVAL, "Priority": 1}]
    account.expect("SetRulePriorities", RulePriorities=moves)
    move(account, to=2)


def test_a_rule_that_was_moved_along_with_another_is_not_moved_again() -> None:
    account = Stubbed("elbv2")
    account.expect("DescribeRules", {"Rules": [rule(RULE, "2"), rule(RIVAL, "1")]}, ListenerArn=LISTENER)
    move(account, to=2)


def test_a_rule_that_is_not_ours_is_not_moved() -> None:
    account = Stubbed("elbv2")
    account.expect("DescribeRules", {"Rules": [rule(RULE, "1"), rule(RIVAL, "2")]}, ListenerArn=LISTENER)
    tags = [{"Key": "trueup:owner", "Value": "somebody"}]
    account.expect("DescribeTags", {"TagDescriptions": [{"ResourceArn": RIVAL, "Tags": tags}]}, ResourceArns=[RIVAL])
    account.refuse("SetRulePriorities", "PriorityInUse")
    with pytest.raises(AwsBusy):
        move(account, to=2)
    account.done()


def test_a_free_priority_is_taken() -> None:
    account = Stubbed("elbv2")
    account.expect("DescribeRules", {"Rules": [rule(RULE, "1"), rule(RIVAL, "2")]}, ListenerArn=LISTENER)
    account.expect("SetRulePriorities", RulePriorities=[{"RuleArn": RULE, "Priority": 3}])
    move(account, to=3)
