"""Samples of Route 53's kinds."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

ZONES: Around = (
    ("route53/HostedZone", "example.com", {"guard": {"empty": True}}),
    ("route53/HostedZone", "other", {"name": "example.net", "guard": {"empty": True}}),
)
CALCULATED = {"type": "CALCULATED", "fullyQualifiedDomainName": "", "resourcePath": "", "searchString": ""}
PRIVATE = {"private": True, "parent": None, "vpcs": [{"vpc": "one", "region": "eu-central-1"}]}

SAMPLES: Mapping[str, Sample] = {
    "route53/HealthCheck": Sample(
        around=(("route53/HealthCheck", "other", {"type": "TCP", "ipAddress": "203.0.114.1", "port": 22}),),
        spec={
            "type": "HTTPS_STR_MATCH",
            "fullyQualifiedDomainName": "www.example.com",
            "resourcePath": "/health",
            "searchString": "ok",
            "regions": ["us-east-1", "us-west-1", "us-west-2"],
            "tags": {"team": "a"},
        },
        changes={
            "fullyQualifiedDomainName": "api.example.com",
            "port": 8443,
            "resourcePath": "/ready",
            "searchString": "fine",
            "failureThreshold": 5,
            "inverted": True,
            "disabled": True,
            "enableSNI": False,
            "regions": ["us-east-1", "eu-west-1", "ap-southeast-1"],
            "tags": {"team": "b"},
        },
        replacements={
            "type": "HTTPS",
            "requestInterval": 10,
            "ipAddress": "203.0.114.2",
            "measureLatency": True,
            "childHealthChecks": ["other"],
            "healthThreshold": 0,
            "alarmIdentifier": {"region": "eu-central-1", "name": "web"},
            "insufficientDataHealthStatus": "Healthy",
        },
        along={
            "type": {"searchString": ""},
            "childHealthChecks": CALCULATED,
            "healthThreshold": {**CALCULATED, "childHealthChecks": ["other"]},
        },
    ),
    "route53/HostedZone": Sample(
        around=(
            ("route53/HostedZone", "example.com", {}),
            ("route53/HostedZone", "com", {}),
            ("ec2/Vpc", "one", {"cidrBlock": "10.0.0.0/16"}),
        ),
        spec={
            "name": "team.example.com",
            "comment": "The team's",
            "parent": "example.com",
            "records": [
                {"name": "www", "type": "A", "values": ["192.0.2.1", "192.0.2.2"]},
                {"name": "*", "type": "TXT", "ttl": 60, "values": ["v=spf1 -all"]},
                {"name": "@", "type": "A", "alias": {"target": "www.team.example.com."}},
            ],
            "tags": {"team": "a"},
        },
        changes={
            "comment": "Another's",
            "parent": "com",
            "authorizedVpcs": [{"vpc": "vpc-0123", "region": "eu-west-1"}],
            "queryLogging": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/team",
            "dnssec": {"keys": [{"name": "ksk", "kmsKey": "arn:aws:kms:us-east-1:123456789012:key/1"}]},
            "records": [
                {"name": "WWW.team.example.com", "type": "A", "ttl": 17, "values": ["192.0.2.3"]},
                {"name": "*", "type": "TXT", "ttl": 60, "values": ['"v=spf1 " "?all"']},
                {"name": "@", "type": "A", "values": ["192.0.2.4"]},
            ],
            "tags": {"team": "b"},
        },
        replacements={
            "name": "renamed.example.com",
            "private": True,
            "vpcs": PRIVATE["vpcs"],
            "delegationSet": "N1PA6795SAMPLE",
        },
        along={"private": PRIVATE, "vpcs": PRIVATE, "name": {"records": []}},
        quiet={"authority": "full", "guard": {"changePercent": 50}},
    ),
    "route53/RecordSet": Sample(
        around=(*ZONES, ("route53/HealthCheck", "web", {"type": "TCP", "ipAddress": "203.0.114.1", "port": 443})),
        spec={
            "zone": "example.com",
            "name": "www",
            "type": "A",
            "values": ["192.0.2.1"],
            "setIdentifier": "blue",
            "routing": {"weight": 10},
        },
        changes={
            "name": "api",
            "type": "AAAA",
            "ttl": 60,
            "values": ["192.0.2.3", "192.0.2.2"],
            "alias": {"target": "d111111abcdef8.cloudfront.net"},
            "setIdentifier": "green",
            "routing": {"weight": 0},
            "healthCheck": "web",
        },
        replacements={"zone": "other"},
        along={"alias": {"values": []}, "type": {"values": ["2001:db8::1"]}},
    ),
}
