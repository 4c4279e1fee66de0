"""Load balancers, target groups, listeners and rules: what is wrong before any call, and replies as AWS documents them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.aws.emulator import ACCOUNT
from controller.kinds.elbv2.actions import (
    Action,
    AuthenticateCognito,
    AuthenticateOidc,
    Claim,
    FixedResponse,
    Forward,
    JwtValidation,
    Redirect,
    WeightedTargetGroup,
    from_aws,
    to_aws,
)
from controller.kinds.elbv2.api import load_balancer_of
from controller.kinds.elbv2.listener import Listener, ListenerSpec
from controller.kinds.elbv2.listener import translate as listener
from controller.kinds.elbv2.listener_rule import (
    Conditions,
    HttpHeader,
    ListenerRule,
    ListenerRuleSpec,
    QueryPair,
    QueryString,
    conditions,
)
from controller.kinds.elbv2.listener_rule import translate as listener_rule
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
from controller.reconcile.render import as_data
from controller.source.entries import blob_id
from tests.kinds.samples.elbv2 import BEHIND, LISTENERS, NETWORK
from tests.kinds.test_requests_elbv2 import FUNCTION, GROUP, LB, TARGETS, TLS
from tests.kinds.test_requests_elbv2 import NETWORK as REPLY
from tests.stage import SCOPE, document

A, B = "eu-central-1a", "eu-central-1b"


def problems(kind: str, spec: dict[str, Any], *others: tuple[str, str, Mapping[str, Any]]) -> list[str]:
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


HTTPS_LISTENER = {
    "loadBalancer": "web",
    "port": 4443,
    "protocol": "HTTPS",
    "certificate": "one",
    "defaultActions": [{"forward": {"targetGroup": "app"}}],
}
SIGN_IN = {"authenticateCognito": {"userPoolArn": "arn:aws:x", "userPoolClientId": "y", "userPoolDomain": "z"}}
STREAM = ("elbv2/TargetGroup", "stream", {"protocol": "TCP", "port": 3000, "vpc": "one"})
NLB = ("elbv2/LoadBalancer", "nlb", {"type": "network", "subnets": ["a"]})
TO_STREAM = [{"forward": {"targetGroup": "stream"}}]
TCP_LISTENER = (
    "elbv2/Listener",
    "tcp",
    {"loadBalancer": "nlb", "port": 1, "protocol": "TCP", "defaultActions": TO_STREAM},
)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"certificate": ""}, "certificate: a listener on HTTPS needs a certificate"),
        ({"protocol": "HTTP"}, "certificate: a listener on HTTP has none"),
        ({"protocol": "HTTP", "certificate": "", "sslPolicy": "x"}, "sslPolicy: a listener on HTTP has none"),
        (
            {"protocol": "HTTP", "certificate": "", "additionalCertificates": ["two"]},
            "additionalCertificates: a listener on HTTP has none",
        ),
        ({"alpnPolicy": "HTTP2Only"}, "alpnPolicy: a listener on HTTPS has none"),
        (
            {"protocol": "HTTP", "certificate": "", "mutualAuthentication": {"mode": "passthrough"}},
            "mutualAuthentication: a listener on HTTP has none",
        ),
        (
            {"protocol": "HTTP", "certificate": "", "defaultActions": [SIGN_IN, {"forward": {"targetGroup": "app"}}]},
            "defaultActions: authenticate-cognito is for the protocol HTTPS",
        ),
        (
            {
                "loadBalancer": "nlb",
                "protocol": "TCP",
                "certificate": "",
                "defaultActions": [{"fixedResponse": {"statusCode": 200}}],
            },
            "defaultActions: a listener on TCP can only forward",
        ),
        ({"loadBalancer": "nlb"}, "protocol: nlb is of type network, which has no HTTPS"),
        (
            {"defaultActions": [{"forward": {"targetGroup": "stream"}}]},
            "defaultActions: target group stream is of protocol TCP, to which HTTPS cannot be passed on",
        ),
    ],
)
def test_what_is_wrong_with_a_listener_is_said_before_any_call(spec: dict[str, Any], said: str) -> None:
    assert problems("elbv2/Listener", HTTPS_LISTENER | spec, *BEHIND, STREAM, NLB) == [said]


def test_a_port_is_listened_on_once() -> None:
    (said,) = problems("elbv2/Listener", HTTPS_LISTENER | {"port": 443}, *BEHIND, *LISTENERS)
    assert said.startswith("port: more than one Listener has loadBalancer/port 'web/443'")


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([], "must end with forward, redirect or fixedResponse"),
        ([SIGN_IN], "must end with forward, redirect or fixedResponse"),
        (
            [{"fixedResponse": {"statusCode": 404}}, {"forward": {"targetGroup": "app"}}],
            "has only one of forward, redirect and fixedResponse",
        ),
        ([{"forward": {}}], "needs either targetGroup or targetGroups"),
        ([{"forward": {"targetGroups": [{"targetGroup": "app"}] * 2}}], "a target group is given twice"),
        ([{}], "is one of forward, redirect"),
    ],
)
def test_what_no_actions_can_be_is_refused(actions: list[Any], said: str) -> None:
    assert said in problems("elbv2/Listener", HTTPS_LISTENER | {"defaultActions": actions}, *BEHIND)[0]


def test_verifying_clients_needs_a_trust_store() -> None:
    spec = HTTPS_LISTENER | {"mutualAuthentication": {"mode": "verify"}}
    assert "needs a trustStore" in problems("elbv2/Listener", spec, *BEHIND)[0]


def test_a_forward_to_one_target_group_has_one_form() -> None:
    """AWS tells it in two places, and with a weight."""
    (found,) = from_aws(TLS["DefaultActions"])
    assert found == Action(forward=Forward(target_group=GROUP))


def test_weights_and_stickiness_come_back_as_they_went() -> None:
    groups = (WeightedTargetGroup(target_group="b", weight=1), WeightedTargetGroup(target_group="a", weight=9))
    action = Action(forward=Forward(target_groups=groups, stickiness_seconds=60))
    assert [each["TargetGroupArn"] for each in to_aws((action,))[0]["ForwardConfig"]["TargetGroups"]] == ["a", "b"]
    assert from_aws(to_aws((action,))) == (action,)


OIDC = AuthenticateOidc(
    issuer="https://id.example.com",
    authorization_endpoint="https://id.example.com/a",
    token_endpoint="https://id.example.com/t",
    user_info_endpoint="https://id.example.com/u",
    client_id="web",
)
JWT = JwtValidation(
    jwks_endpoint="https://id.example.com/keys",
    issuer="id",
    additional_claims=(Claim(name="scope", format="string-array", values=frozenset({"b", "a"})),),
)


@pytest.mark.parametrize(
    "action",
    [
        Action(redirect=Redirect(status_code="HTTP_301", protocol="HTTPS", port="443")),
        Action(fixed_response=FixedResponse(status_code="503", content_type="text/plain", message_body="later")),
        Action(authenticate_oidc=OIDC),
        Action(
            authenticate_cognito=AuthenticateCognito(user_pool_arn="a", user_pool_client_id="b", user_pool_domain="c")
        ),
        Action(jwt_validation=JWT),
    ],
    ids=lambda action: action.type,
)
def test_an_action_comes_back_as_it_went(action: Action) -> None:
    assert from_aws(to_aws((action,))) == (action,)


def test_a_clients_secret_is_sent_where_git_has_it_and_kept_where_not() -> None:
    (kept,) = to_aws((Action(authenticate_oidc=OIDC),))
    assert kept["AuthenticateOidcConfig"]["UseExistingClientSecret"] is True
    secret = OIDC.model_copy(update={"client_secret": "hidden"})
    (sent,) = to_aws((Action(authenticate_oidc=secret),))
    assert sent["AuthenticateOidcConfig"]["ClientSecret"] == "hidden"
    assert "UseExistingClientSecret" not in sent["AuthenticateOidcConfig"]
    assert "hidden" not in repr(secret)
    assert from_aws([sent]) == (Action(authenticate_oidc=OIDC),), "what AWS may echo is not taken up"


def test_a_secret_that_aws_does_not_show_is_no_drift() -> None:
    live = listener({**TLS, "DefaultActions": to_aws((Action(authenticate_oidc=OIDC), END))}, {}, frozenset(), {}).spec
    secret = Action(authenticate_oidc=OIDC.model_copy(update={"client_secret": "hidden"}))
    assert diff(live.model_copy(update={"default_actions": (secret, END)}), live) == ()


def test_a_secret_in_an_action_is_hidden_wherever_the_change_lies() -> None:
    live = listener({**TLS, "DefaultActions": to_aws((END,))}, {}, frozenset(), {}).spec
    secret = Action(authenticate_oidc=OIDC.model_copy(update={"client_secret": "hidden"}))
    (change,) = diff(live.model_copy(update={"default_actions": (secret, END)}), live)
    assert change.path == "defaultActions[authenticate-oidc]"
    assert "hidden" not in str(as_data(change.after))


END = Action(fixed_response=FixedResponse(status_code="404"))


def test_an_action_that_is_new_to_trueup_leaves_the_listener_readable() -> None:
    """AWS thinks of further types; one of them on one listener must not make all listeners unknown."""
    live = listener({**TLS, "DefaultActions": [{"Type": "teleport"}]}, {}, frozenset(), {}).spec
    (change, *_) = diff(live.model_copy(update={"default_actions": (END,)}), live)
    assert change.path.startswith("defaultActions")


def test_what_was_not_asked_of_a_listener_is_unknown() -> None:
    live = listener(TLS, None, None, None).spec
    more = {"additional_certificates": frozenset({"x"}), "attributes": {"a": "1"}}
    assert diff(live.model_copy(update=more), live) == ()


def test_a_reader_learns_what_becomes_of_requests() -> None:
    kind = Listener()
    groups = (WeightedTargetGroup(target_group="app", weight=9), WeightedTargetGroup(target_group="canary"))
    before = ListenerSpec(load_balancer="web", port=80, protocol="HTTP", default_actions=(END,))
    to = [
        (Forward(target_group="app"), "go to app"),
        (Forward(target_groups=groups), "go to app (9) and canary (1)"),
    ]
    for forward, said in to:
        after = before.model_copy(update={"default_actions": (Action(forward=forward),)})
        assert list(kind.tell(Verb.UPDATE, before, after)) == [f"requests to port 80 that no rule takes {said}"]
    redirect = Action(redirect=Redirect(status_code="HTTP_301", protocol="HTTPS", port="443"))
    after = before.model_copy(update={"default_actions": (redirect,)})
    assert list(kind.tell(Verb.CREATE, None, after)) == [
        "requests to port 80 that no rule takes are sent to https://#{host}:443/#{path}"
    ]
    assert list(kind.tell(Verb.DELETE, before, None)) == ["nobody answers on port 80 of web any more"]
    assert list(kind.tell(Verb.CREATE, None, before)) == [
        "requests to port 80 that no rule takes are answered with 404"
    ]


IN_RULE = {"listener": "https", "priority": 10, "actions": [{"forward": {"targetGroup": "app"}}]}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"conditions": {"pathPattern": list("abcdef")}},
            "conditions: has 6 values; AWS takes 5 in all conditions of a rule together",
        ),
        ({"listener": "tcp"}, "listener: tcp is of protocol TCP, whose listeners have no rules"),
        (
            {"listener": "http", "actions": [SIGN_IN, {"forward": {"targetGroup": "app"}}]},
            "actions: authenticate-cognito is for the protocol HTTPS, and http is HTTP",
        ),
        (
            {"actions": [{"forward": {"targetGroup": "stream"}}]},
            "actions: target group stream is of protocol TCP, not of HTTP",
        ),
        ({"conditions": {}}, "conditions: needs a condition"),
        (
            {"conditions": {"hostHeader": ["a"], "hostHeaderRegex": ["b"]}},
            "conditions: takes either patterns or regular expressions",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_before_any_call(spec: dict[str, Any], said: str) -> None:
    http = ("elbv2/Listener", "http", HTTPS_LISTENER | {"protocol": "HTTP", "port": 80, "certificate": ""})
    rule = IN_RULE | {"conditions": {"pathPattern": ["/a"]}} | spec
    (found,) = problems("elbv2/ListenerRule", rule, *BEHIND, *LISTENERS, STREAM, NLB, TCP_LISTENER, http)
    assert found.startswith(said)


def test_a_priority_is_used_once_on_a_listener() -> None:
    rule = IN_RULE | {"conditions": {"pathPattern": ["/a"]}}
    (said,) = problems("elbv2/ListenerRule", rule, *BEHIND, *LISTENERS, ("elbv2/ListenerRule", "twin", rule))
    assert said.startswith("priority: more than one ListenerRule has listener/priority 'https/10'")
    other = ("elbv2/ListenerRule", "twin", rule | {"listener": "spare"})
    assert problems("elbv2/ListenerRule", rule, *BEHIND, *LISTENERS, other) == []


ALL_KINDS = Conditions(
    host_header=frozenset({"B.example.com", "a.example.com"}),
    path_pattern_regex=frozenset({"^/v[12]/"}),
    http_request_method=frozenset({"GET"}),
    source_ip=frozenset({"10.0.0.0/8"}),
    http_header=(
        HttpHeader(name="x-debug", regex_values=frozenset({"."})),
        HttpHeader(name="X-Canary", values=frozenset({"yes", "no"})),
    ),
    query_string=(
        QueryString(values=(QueryPair(key="v", value="2"), QueryPair(key="v", value="1"))),
        QueryString(values=(QueryPair(value="beta"),)),
    ),
)


def test_conditions_of_all_kinds_come_back_as_they_went() -> None:
    sent = conditions(ALL_KINDS)
    assert {each["Field"] for each in sent} == {
        "host-header",
        "path-pattern",
        "http-request-method",
        "source-ip",
        "http-header",
        "query-string",
    }
    reply = {"RuleArn": "r", "Priority": "1", "Conditions": sent, "Actions": to_aws((END,))}
    assert listener_rule(reply, "l", {}).spec.conditions == ALL_KINDS
    assert listener_rule({**reply, "Conditions": sent[::-1]}, "l", {}).spec.conditions == ALL_KINDS


@given(st.permutations(range(4)), st.permutations(["a", "b", "c"]))
def test_the_order_of_conditions_and_of_their_values_means_nothing(order: list[int], texts: list[str]) -> None:
    headers = [HttpHeader(name=f"x-{place % 2}", values=frozenset({str(place)})) for place in order]
    pairs = [QueryPair(key=text, value="1") for text in texts]
    one = Conditions(http_header=tuple(headers), query_string=(QueryString(values=tuple(pairs)),))
    other = Conditions(
        http_header=tuple(reversed(headers)), query_string=(QueryString(values=tuple(reversed(pairs))),) * 2
    )
    assert one == other
    assert conditions(one) == conditions(other)


@given(st.permutations(["a", "b", "c"]), st.integers(0, 2))
def test_the_order_of_target_groups_means_nothing(names: list[str], sticky: int) -> None:
    groups = [WeightedTargetGroup(target_group=name, weight=ord(name)) for name in names]
    action = Action(forward=Forward(target_groups=tuple(groups), stickiness_seconds=sticky))
    assert action == Action(forward=Forward(target_groups=tuple(reversed(groups)), stickiness_seconds=sticky))
    assert from_aws(to_aws((action,))) == (action,)


def test_a_condition_in_its_old_form_is_read_too() -> None:
    """AWS has had `Values` before it had configs, and rules from then are still there."""
    old = [{"Field": "host-header", "Values": ["A.example.com"]}, {"Field": "path-pattern", "Values": ["/a"]}]
    reply = {"RuleArn": "r", "Priority": "1", "Conditions": old, "Actions": to_aws((END,))}
    wanted = Conditions(host_header=frozenset({"a.example.com"}), path_pattern=frozenset({"/a"}))
    assert listener_rule(reply, "l", {}).spec.conditions == wanted


def test_a_reader_learns_which_requests_a_rule_takes() -> None:
    kind = ListenerRule()
    spec = ListenerRuleSpec(listener="https", priority=1, conditions=ALL_KINDS, actions=(END,))
    said = "a.example.com or b.example.com ^/v[12]/ GET 10.0.0.0/8 x-canary or x-debug some parameters"
    assert list(kind.tell(Verb.CREATE, None, spec)) == [f"requests for {said} are answered with 404"]
    assert list(kind.tell(Verb.DELETE, spec, None)) == [
        f"requests for {said} no longer are answered with 404 by this rule"
    ]
    assert list(kind.tell(Verb.UPDATE, spec, spec.model_copy(update={"priority": 2}))) == []
