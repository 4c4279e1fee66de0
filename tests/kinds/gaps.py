"""The one table of what moto cannot do, or does otherwise than AWS documents. Nothing else is ever skipped.

Each entry names the kind and the field (`*`: all of the kind), and gives the reason. What stands here is covered by calls that are
checked against botocore's service model instead (test_requests_*.py), and what takes time or fails in AWS by scripts over the
emulator (test_scripted.py).
"""

from __future__ import annotations

from collections.abc import Mapping

GAPS: Mapping[tuple[str, str], str] = {
    ("directconnect/Gateway", "*"): "moto has connections and link aggregation groups alone",
    ("directconnect/VirtualInterface", "*"): "moto has connections and link aggregation groups alone",
    ("ec2/DhcpOptions", "ipv6AddressPreferredLeaseTime"): "moto's CreateDhcpOptions leaves it out",
    ("applicationautoscaling/ScalableTarget", "serviceNamespace"): "changes only together with scalableDimension",
    ("cloudwatch/Alarm", "metrics"): "come and go only together with metricName and what stands beside it",
    ("cloudwatch/Alarm", "thresholdMetricId"): "comes and goes only together with metrics and threshold",
    ("ec2/FlowLog", "destinationOptions"): "moto keeps none",
    ("ec2/FlowLog", "logDestination"): "needs logDestinationType and logGroupName to go in the same change",
    ("ec2/FlowLog", "logDestinationType"): "needs logDestination and logGroupName to go in the same change",
    ("ec2/FlowLog", "networkInterface"): "needs vpc to go in the same change",
    ("ec2/FlowLog", "subnet"): "needs vpc to go in the same change",
    (
        "ec2/ElasticIp",
        "networkBorderGroup",
    ): "moto's AllocateAddress leaves it out, and DescribeAddresses does not report it",
    (
        "ec2/ElasticIp",
        "publicIpv4Pool",
    ): "moto's AllocateAddress leaves it out, and DescribeAddresses does not report it",
    ("ec2/NatGateway", "connectivityType"): "needs elasticIp to go in the same change",
    ("ec2/NatGateway", "privateIpAddress"): "moto's CreateNatGateway leaves it out, and makes up another",
    ("ec2/NatGateway", "secondaryElasticIps"): "moto has neither AssociateNatGatewayAddress nor its opposite",
    (
        "ec2/NatGateway",
        "secondaryPrivateIpAddresses",
    ): "moto has neither AssignPrivateNatGatewayAddress nor its opposite",
    ("ec2/RouteTable", "propagatingVgws"): "moto has neither EnableVgwRoutePropagation nor its opposite",
    ("ec2/RouteTable", "vpc"): "its subnets and gateways are of the other VPC, and have to go in the same change",
    ("ec2/CustomerGateway", "certificateArn"): "moto keeps none",
    ("ec2/CustomerGateway", "deviceName"): "moto keeps none",
    ("ec2/Subnet", "enableDns64"): "moto's ModifySubnetAttribute leaves it out",
    ("ec2/Subnet", "enableResourceNameDnsAAAARecord"): "moto's ModifySubnetAttribute leaves it out",
    ("ec2/Subnet", "privateDnsHostnameType"): "moto's ModifySubnetAttribute leaves it out",
    ("ec2/Subnet", "ipv6Native"): "needs cidrBlock to go in the same change; moto knows no subnet without one",
    (
        "ecs/Service",
        "rollout",
    ): "no deployment of the emulator fails or is rolled back (test_scripted.py, test_ecs_rollout.py)",
    ("ecs/TaskDefinition", "enableFaultInjection"): "moto's RegisterTaskDefinition leaves it out",
    ("ec2/VpcEndpoint", "dnsOptions"): "moto's ModifyVpcEndpoint leaves it out",
    ("ec2/VpcEndpoint", "ipAddressType"): "moto's ModifyVpcEndpoint leaves it out",
    ("ec2/VpcEndpoint", "privateDnsEnabled"): "moto's ModifyVpcEndpoint leaves it out",
    ("ec2/VpcEndpoint", "securityGroups"): "only interface endpoints have them, and the sample is a gateway endpoint",
    ("ec2/VpcEndpoint", "subnets"): "only interface endpoints have them, and the sample is a gateway endpoint",
    ("ec2/VpcEndpoint", "vpc"): "its route tables are of the other VPC, and have to go in the same change",
    ("ec2/VpcEndpoint", "vpcEndpointType"): "its route tables have to go in the same change",
    (
        "ec2/TransitGateway",
        "transitGatewayCidrBlocks",
    ): "moto's ModifyTransitGateway keeps what is to be added and removed, and does neither",
    ("ec2/VpnConnection", "customerGateway"): "moto has no ModifyVpnConnection",
    ("ec2/VpnConnection", "vpnGateway"): "moto has no ModifyVpnConnection",
    ("ec2/VpnConnection", "transitGateway"): "moto has no ModifyVpnConnection",
    ("ec2/VpnConnection", "routes"): "moto has no CreateVpnConnectionRoute",
    ("ec2/VpnConnection", "localIpv4NetworkCidr"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "remoteIpv4NetworkCidr"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "localIpv6NetworkCidr"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "remoteIpv6NetworkCidr"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "tunnel1"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "tunnel2"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "staticRoutesOnly"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "enableAcceleration"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "tunnelInsideIpVersion"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "outsideIpAddressType"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "transportTransitGatewayAttachmentId"): "moto keeps no options of a VPN connection",
    ("ec2/VpnConnection", "preSharedKeyStorage"): "moto keeps no options of a VPN connection",
    ("acm/Certificate", "issuing"): "moto issues as soon as the records are there; AWS takes minutes, or gives up "
    "(test_scripted.py)",
    ("acm/Certificate", "keyAlgorithm"): "moto's certificates are RSA_2048, whatever is asked for",
    ("elbv2/Listener", "alpnPolicy"): "only a TLS listener has one, and moto's ModifyListener leaves it out",
    ("elbv2/Listener", "mutualAuthentication"): "moto leaves it out",
    ("elbv2/Listener", "protocol"): "needs certificate to go in the same change",
    (
        "elbv2/LoadBalancer",
        "state",
    ): "moto's are active at once; AWS takes minutes to make one, or fails (test_scripted.py)",
    ("elbv2/LoadBalancer", "subnetMappings"): "moto does not tell the addresses of a mapping",
    ("elbv2/LoadBalancer", "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic"): "moto leaves it out",
    (
        "elbv2/TargetGroup",
        "healthCheckEnabled",
    ): "only a Lambda function's can be off, which moto knows without health checks",
    ("iam/Group", "path"): "moto's UpdateGroup takes a new path only beside a new name",
    ("iam/OIDCProvider", "clientIds"): "moto has neither AddClientIDToOpenIDConnectProvider nor its opposite",
    ("iam/SAMLProvider", "tags"): "moto keeps no tags of SAML providers",
    ("iam/User", "permissionsBoundary"): "moto has no PutUserPermissionsBoundary",
    ("logs/LogGroup", "deletionProtectionEnabled"): "moto knows no deletion protection",
    ("logs/LogGroup", "kmsKeyId"): "moto has neither AssociateKmsKey nor its opposite",
    ("logs/LogGroup", "logGroupClass"): "moto knows no classes of log groups",
    ("route53/HealthCheck", "alarmIdentifier"): "moto forgets the alarm of a health check",
    ("route53/HealthCheck", "insufficientDataHealthStatus"): "moto forgets the alarm of a health check",
    ("route53/HostedZone", "authorizedVpcs"): "only a private zone has some: see test_route53_associations.py",
    ("route53/HostedZone", "dnssec"): "moto has no key-signing keys, and signs nothing",
    ("route53/HostedZone", "queryLogging"): "moto wants the log group in us-east-1, where the tests' scope is not",
    ("servicediscovery/Namespace", "vpc"): "comes and goes only together with type, and AWS does not report it",
    ("servicediscovery/Service", "customHealthCheck"): "comes and goes only together with healthCheckType",
    (
        "secretsmanager/Secret",
        "generate",
    ): "is used once, when a secret is made; AWS does not report it, and nor does moto",
}

TWO_SCOPES: Mapping[str, str] = {
    "ec2/VpcPeeringAccepter": "answers what another scope asks: its life is shown in test_ec2_peering.py",
    "route53/HostedZoneAssociation": "is to a zone of another account: its life is shown in test_route53_associations.py",
}
"""Kinds that one scope alone cannot show, so that the conformance suite has no samples of them."""

LOOKED_AT: Mapping[str, str] = {
    "ecr/ImagePolicy": "nobody makes, changes or deletes it: what it finds, and what follows, is shown in test_ecr_image_policy.py",
}
"""Kinds of which trueup makes nothing, so that they have no life for the conformance suite to go through."""


def gap(kind: str, what: str) -> str:
    """Why moto cannot show something of a kind; "" where it can."""
    return GAPS.get((kind, what), "")
