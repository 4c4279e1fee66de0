"""The one table of what moto cannot do, or does otherwise than AWS documents. Nothing else is ever skipped.

Each entry names the kind and the field, and gives the reason. What stands here is covered by calls that are checked against
botocore's service model instead (test_requests_*.py).
"""

from __future__ import annotations

from collections.abc import Mapping

GAPS: Mapping[tuple[str, str], str] = {
    ("ec2/Subnet", "enableDns64"): "moto's ModifySubnetAttribute leaves it out",
    ("ec2/Subnet", "enableResourceNameDnsAAAARecord"): "moto's ModifySubnetAttribute leaves it out",
    ("ec2/Subnet", "privateDnsHostnameType"): "moto's ModifySubnetAttribute leaves it out",
    ("ec2/Subnet", "ipv6Native"): "needs cidrBlock to go in the same change; moto knows no subnet without one",
    ("ecs/TaskDefinition", "enableFaultInjection"): "moto's RegisterTaskDefinition leaves it out",
    ("iam/Group", "path"): "moto's UpdateGroup takes a new path only beside a new name",
    ("iam/OIDCProvider", "clientIds"): "moto has neither AddClientIDToOpenIDConnectProvider nor its opposite",
    ("iam/SAMLProvider", "tags"): "moto keeps no tags of SAML providers",
    ("iam/User", "permissionsBoundary"): "moto has no PutUserPermissionsBoundary",
}


def gap(kind: str, what: str) -> str:
    """Why moto cannot show something of a kind; "" where it can."""
    return GAPS.get((kind, what), "")
