"""What moto cannot do of load balancers, target groups, listeners and rules (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.elbv2.load_balancer import LoadBalancer, LoadBalancerSpec, SubnetMapping
from controller.kinds.elbv2.load_balancer import translate as load_balancer
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
