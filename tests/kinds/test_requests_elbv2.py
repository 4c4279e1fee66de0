"""What moto cannot do of load balancers, target groups, listeners and rules (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.elbv2.load_balancer import LoadBalancer, LoadBalancerSpec, SubnetMapping
from controller.kinds.elbv2.load_balancer import translate as load_balancer
from controller.kinds.elbv2.target_group import TargetGroup, TargetGroupSpec
from controller.kinds.elbv2.target_group import translate as target_group
from tests.kinds.stubbed import Stubbed, covers

LB = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/web/50dc6c495c0c9188"
NETWORK = {
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
TARGETS = {
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
