"""Samples of load balancers, target groups, listeners and rules."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

NETWORK: Around = (
    ("ec2/Vpc", "one", {"cidrBlock": "10.0.0.0/16"}),
    ("ec2/Subnet", "a", {"vpc": "one", "cidrBlock": "10.0.0.0/24", "availabilityZone": "eu-central-1a"}),
    ("ec2/Subnet", "b", {"vpc": "one", "cidrBlock": "10.0.1.0/24", "availabilityZone": "eu-central-1b"}),
    ("ec2/Subnet", "c", {"vpc": "one", "cidrBlock": "10.0.2.0/24", "availabilityZone": "eu-central-1c"}),
    ("ec2/SecurityGroup", "alb", {"vpc": "one"}),
    ("ec2/SecurityGroup", "other", {"vpc": "one"}),
)

GROUP = {"protocol": "HTTP", "port": 3000, "vpc": "one"}
BEHIND: Around = (
    ("ec2/SecurityGroup", "app", {"vpc": "one", "ingress": [{"protocol": "tcp", "port": 3000, "from": ["alb"]}]}),
    ("elbv2/LoadBalancer", "web", {"subnets": ["a", "b"], "securityGroups": ["alb"]}),
    ("elbv2/LoadBalancer", "other", {"subnets": ["a", "b"], "securityGroups": ["alb"]}),
    ("elbv2/TargetGroup", "app", GROUP),
    ("elbv2/TargetGroup", "canary", GROUP),
    ("acm/Certificate", "one", {"domainName": "one.example.com"}),
    ("acm/Certificate", "two", {"domainName": "two.example.com"}),
)

HTTPS = {"protocol": "HTTPS", "certificate": "one", "defaultActions": [{"fixedResponse": {"statusCode": 404}}]}
LISTENERS: Around = (
    ("elbv2/Listener", "https", {"loadBalancer": "web", "port": 443, **HTTPS}),
    ("elbv2/Listener", "spare", {"loadBalancer": "web", "port": 8443, **HTTPS}),
)

SAMPLES: Mapping[str, Sample] = {
    "elbv2/LoadBalancer": Sample(
        around=NETWORK,
        spec={
            "subnets": ["a", "b"],
            "securityGroups": ["alb"],
            "attributes": {
                "idle_timeout.timeout_seconds": 30,
                "access_logs.s3.enabled": False,
                "access_logs.s3.bucket": "acme-logs",
            },
            "tags": {"team": "a"},
        },
        changes={
            "ipAddressType": "dualstack",
            "subnets": ["b", "c"],
            "subnetMappings": [{"subnet": "c", "privateIPv4Address": "10.0.2.9"}],
            "securityGroups": ["alb", "other"],
            "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "off",
            "attributes": {
                "idle_timeout.timeout_seconds": 120,
                "access_logs.s3.enabled": True,
                "access_logs.s3.bucket": "acme-access-logs",
            },
            "tags": {"team": "b"},
        },
        replacements={"name": "renamed", "type": "network", "scheme": "internal"},
    ),
    "elbv2/TargetGroup": Sample(
        around=(*NETWORK, ("ec2/Vpc", "two", {"cidrBlock": "10.0.0.0/16"})),
        spec={
            "protocol": "HTTP",
            "port": 3000,
            "vpc": "one",
            "healthCheckPath": "/healthz",
            "attributes": {"deregistration_delay.timeout_seconds": 30},
            "tags": {"team": "a"},
        },
        changes={
            "healthCheckEnabled": False,
            "healthCheckProtocol": "HTTPS",
            "healthCheckPort": 8080,
            "healthCheckPath": "/ready",
            "healthCheckIntervalSeconds": 10,
            "healthCheckTimeoutSeconds": 7,
            "healthyThresholdCount": 2,
            "unhealthyThresholdCount": 4,
            "matcher": "200-299,301",
            "attributes": {"deregistration_delay.timeout_seconds": 120},
            "tags": {"team": "b"},
        },
        replacements={
            "name": "renamed",
            "targetType": "instance",
            "protocol": "HTTPS",
            "protocolVersion": "HTTP2",
            "port": 3001,
            "vpc": "two",
            "ipAddressType": "ipv6",
        },
    ),
    "elbv2/Listener": Sample(
        around=(*NETWORK, *BEHIND),
        spec={
            "loadBalancer": "web",
            "port": 443,
            "protocol": "HTTPS",
            "certificate": "one",
            "sslPolicy": "ELBSecurityPolicy-2016-08",
            "defaultActions": [{"forward": {"targetGroup": "app"}}],
            "attributes": {"routing.http.response.server.enabled": True},
            "tags": {"team": "a"},
        },
        changes={
            "port": 8443,
            "protocol": "HTTP",
            "defaultActions": [
                {
                    "forward": {
                        "targetGroups": [{"targetGroup": "canary"}, {"targetGroup": "app", "weight": 9}],
                        "stickinessSeconds": 3600,
                    }
                }
            ],
            "certificate": "two",
            "additionalCertificates": ["two"],
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "alpnPolicy": "HTTP2Preferred",
            "mutualAuthentication": {"mode": "passthrough"},
            "attributes": {"routing.http.response.server.enabled": False},
            "tags": {"team": "b"},
        },
        replacements={"loadBalancer": "other"},
    ),
    "elbv2/ListenerRule": Sample(
        around=(*NETWORK, *BEHIND, *LISTENERS),
        spec={
            "listener": "https",
            "priority": 10,
            "conditions": {"hostHeader": ["API.example.com"], "pathPattern": ["/v1/*", "/v2/*"]},
            "actions": [{"forward": {"targetGroup": "app"}}],
            "tags": {"team": "a"},
        },
        changes={
            "priority": 20,
            "conditions": {
                "httpRequestMethod": ["GET"],
                "sourceIp": ["10.0.0.0/8"],
                "httpHeader": [{"name": "X-Canary", "values": ["yes"]}],
                "queryString": [{"values": [{"key": "v", "value": "2"}]}, {"values": [{"value": "beta"}]}],
            },
            "actions": [
                {
                    "authenticateOidc": {
                        "issuer": "https://id.example.com",
                        "authorizationEndpoint": "https://id.example.com/authorize",
                        "tokenEndpoint": "https://id.example.com/token",
                        "userInfoEndpoint": "https://id.example.com/userinfo",
                        "clientId": "web",
                        "clientSecret": "hidden",
                    }
                },
                {"redirect": {"statusCode": "HTTP_302", "host": "new.example.com"}},
            ],
            "tags": {"team": "b"},
        },
        replacements={"listener": "spare"},
    ),
}
