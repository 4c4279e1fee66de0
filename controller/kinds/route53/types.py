"""References to Route 53's resources, and to what an alias may point to."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from controller.kinds.route53.alias_zones import OWN
from controller.model.dns import canonical_fqdn
from controller.model.reference import Ref, is_known

ZONE = Ref("route53/HostedZone", output="id", literal=r"Z[A-Z0-9]+")
ZONE_NAME = Ref("route53/HostedZone", output="name", literal=ZONE.literal)
"""The same zone's domain, which a record's full name is made with."""
ZoneRef = Annotated[str, ZONE]
HealthCheckRef = Annotated[
    str, Ref("route53/HealthCheck", output="id", literal=r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
]

_TARGET = Ref(
    "route53/RecordSet",
    "elbv2/LoadBalancer",
    "cloudfront/Distribution",
    "apigatewayv2/DomainName",
    output="dnsName",
    literal=rf"[^/]+\.|{OWN}",
)


def _canonical(text: str) -> str:
    return canonical_fqdn(text) if is_known(text) and "${" not in text and _TARGET.is_literal(text) else text


TargetRef = Annotated[str, _TARGET, AfterValidator(_canonical)]
"""What an alias points to: a manifest's name, a name that AWS has given, or another name with a dot at its end."""
