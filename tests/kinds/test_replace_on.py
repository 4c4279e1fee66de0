"""What a kind replaces, held against what CloudFormation replaces (createOnlyProperties, in cfn-lint's bundle of AWS's schemas).

To replace what could have been changed is an outage; not to replace what AWS cannot change is a failure in every pass. A kind whose
fields have CloudFormation's names needs no row here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from controller.kinds.base import Kind
from controller.kinds.registry import KINDS

TYPES: Mapping[str, str] = {
    "directconnect/Gateway": "AWS::DirectConnect::DirectConnectGateway",
    "ec2/ElasticIp": "AWS::EC2::EIP",
    "acm/Certificate": "AWS::CertificateManager::Certificate",
    "elbv2/Listener": "AWS::ElasticLoadBalancingV2::Listener",
    "elbv2/ListenerRule": "AWS::ElasticLoadBalancingV2::ListenerRule",
    "elbv2/LoadBalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "elbv2/TargetGroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "iam/Policy": "AWS::IAM::ManagedPolicy",  # AWS::IAM::Policy is an inline policy
}
"""CloudFormation's type where it is not AWS::<service>::<Kind>."""

WITHOUT_TYPE: Mapping[str, str] = {
    "directconnect/VirtualInterface": "CloudFormation has a type for each: private, public and transit",
    "ecr/ImagePolicy": "nobody makes it",
    "ec2/VpcPeeringAccepter": "CloudFormation accepts from the asking side, by a role",
    "iam/AccountAlias": "CloudFormation cannot make it",
    "iam/AccountPasswordPolicy": "CloudFormation cannot make it",
    "route53/HostedZoneAssociation": "CloudFormation cannot make it",
    "servicediscovery/Namespace": "CloudFormation has a type for each of the three sorts",
}
"""Kinds that CloudFormation does not know."""

NAMES: Mapping[tuple[str, str], str] = {
    ("ec2/EgressOnlyInternetGateway", "VpcId"): "vpc",
    ("ec2/NatGateway", "AllocationId"): "elasticIp",
    ("ec2/NatGateway", "SubnetId"): "subnet",
    ("ec2/RouteTable", "VpcId"): "vpc",
    ("ec2/FlowLog", "ResourceId"): "vpc",
    ("ec2/NetworkAcl", "VpcId"): "vpc",
    ("ec2/SecurityGroup", "GroupDescription"): "description",
    ("ec2/SecurityGroup", "VpcId"): "vpc",
    ("ec2/Subnet", "VpcId"): "vpc",
    ("elbv2/Listener", "LoadBalancerArn"): "loadBalancer",
    ("elbv2/ListenerRule", "ListenerArn"): "listener",
    ("ecs/TaskDefinition", "ExecutionRoleArn"): "executionRole",
    ("ecs/TaskDefinition", "TaskRoleArn"): "taskRole",
    ("ec2/VpcEndpoint", "VpcId"): "vpc",
    ("elbv2/TargetGroup", "VpcId"): "vpc",
    ("ec2/VpcPeeringConnection", "PeerVpcId"): "peerVpc",
    ("ec2/VpcPeeringConnection", "VpcId"): "vpc",
    ("ec2/TransitGatewayRouteTable", "TransitGatewayId"): "transitGateway",
    ("ec2/TransitGatewayVpcAttachment", "TransitGatewayId"): "transitGateway",
    ("ec2/TransitGatewayVpcAttachment", "VpcId"): "vpc",
    ("ec2/TransitGatewayVpcAttachment", "SubnetIds"): "subnets",
    ("ecr/Repository", "EncryptionConfiguration"): "encryptionType",
    ("ecr/Repository", "EncryptionConfiguration/EncryptionType"): "encryptionType",
    ("ecr/Repository", "EncryptionConfiguration/KmsKey"): "kmsKey",
    ("iam/Policy", "ManagedPolicyName"): "policyName",
    ("route53/HealthCheck", "HealthCheckConfig/MeasureLatency"): "measureLatency",
    ("route53/HealthCheck", "HealthCheckConfig/RequestInterval"): "requestInterval",
    ("route53/HealthCheck", "HealthCheckConfig/Type"): "type",
    ("route53/HostedZone", "DelegationSetId"): "delegationSet",
    ("route53/RecordSet", "HostedZoneId"): "zone",
    ("servicediscovery/Service", "HealthCheckCustomConfig"): "customHealthCheck",
    ("servicediscovery/Service", "NamespaceId"): "namespace",
}
"""Our field for a property (kind, CloudFormation's name) where it is not the same name in camelCase."""

LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("acm/Certificate", "CertificateAuthorityArn"): "private certificates are left out",
    ("acm/Certificate", "CertificateExport"): "certificates whose key can be exported are left out",
    ("acm/Certificate", "DomainValidationOptions"): "zone says where the records are made",
    ("ec2/ElasticIp", "Address"): "one address can be had once only; to keep one, adopt it by its allocation id",
    ("ec2/ElasticIp", "IpamPoolId"): "DescribeAddresses does not report it",
    ("ec2/ElasticIp", "TransferAddress"): "a transfer is accepted once, and is no state to hold",
    ("ec2/NatGateway", "AvailabilityMode"): "regional NAT gateways are left out",
    ("ec2/NatGateway", "VpcId"): "regional NAT gateways are left out",
    ("ec2/Subnet", "AvailabilityZoneId"): "availabilityZone says it",
    ("ec2/Subnet", "Ipv4IpamPoolId"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "Ipv4NetmaskLength"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "Ipv6IpamPoolId"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "Ipv6NetmaskLength"): "ranges are written in git, not drawn from a pool",
    ("ec2/Subnet", "OutpostArn"): "Outposts are left out",
    ("ec2/Vpc", "Ipv4IpamPoolId"): "ranges are written in git, not drawn from a pool",
    ("ec2/Vpc", "Ipv4NetmaskLength"): "ranges are written in git, not drawn from a pool",
    ("ec2/Vpc", "VpcEncryptionControl"): "encryption controls are left out",
    ("ecs/Service", "Role"): "ECS has its own service-linked role for that",
    ("ecs/TaskDefinition", "InferenceAccelerators"): "AWS has ended Elastic Inference",
    ("ecs/TaskDefinition", "ProxyConfiguration"): "AWS has ended App Mesh",
    ("ec2/FlowLog", "DeliverCrossAccountRole"): "delivery into another account's log group is left out",
    ("ec2/FlowLog", "ResourceType"): "vpc, subnet and networkInterface say it",
    ("ec2/FlowLog", "TagFieldSpecifications"): "tags as fields of a record are left out",
    ("ec2/VpcPeeringConnection", "PeerOwnerId"): "peerVpc says it",
    ("ec2/VpcPeeringConnection", "PeerRegion"): "peerVpc says it",
    ("ec2/VpcEndpoint", "DnsOptions/PrivateDnsPreference"): "endpoints of VPC Lattice are left out",
    ("ec2/VpcEndpoint", "DnsOptions/PrivateDnsSpecifiedDomains"): "endpoints of VPC Lattice are left out",
    ("ec2/VpcEndpoint", "ResourceConfigurationArn"): "endpoints of VPC Lattice are left out",
    ("ec2/VpcEndpoint", "ServiceNetworkArn"): "endpoints of VPC Lattice are left out",
    ("ec2/CustomerGateway", "Type"): "AWS has one type only: ipsec.1",
    ("ec2/CustomerGateway", "BgpAsnExtended"): "bgpAsn takes both, and the kind chooses the parameter",
    ("ec2/VpnConnection", "Type"): "AWS has one type only: ipsec.1",
    ("ec2/VpnConnection", "VpnConcentratorId"): "concentrators are a kind of their own, which trueup does not have",
    ("ec2/VpnGateway", "Type"): "AWS has one type only: ipsec.1",
    ("iam/SAMLProvider", "AddPrivateKey"): "private keys are secrets, and do not belong in git",
    ("iam/SAMLProvider", "RemovePrivateKey"): "private keys are secrets, and do not belong in git",
    ("route53/RecordSet", "HostedZoneName"): "zone says it",
    ("servicediscovery/Service", "Type"): "dnsRecords says it",
}
"""Properties that a Spec has no field for, and why."""

_REVISIONS = (
    "a change registers another revision of the same family: "
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"
)
_OF_A_REVISION = (
    "containerDefinitions",
    "cpu",
    "enableFaultInjection",
    "ephemeralStorage",
    "executionRole",
    "ipcMode",
    "memory",
    "networkMode",
    "pidMode",
    "placementConstraints",
    "requiresCompatibilities",
    "runtimePlatform",
    "taskRole",
    "volumes",
)
OTHERWISE: Mapping[tuple[str, str], str] = {
    **{("ecs/TaskDefinition", name): _REVISIONS for name in _OF_A_REVISION},
    (
        "ec2/ElasticIp",
        "publicIpv4Pool",
    ): "an address stays in its pool, and no call moves it; CloudFormation takes another "
    "under the same name: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html",
    ("ec2/FlowLog", "subnet"): "it is the resource, as vpc is: "
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html",
    ("ec2/FlowLog", "networkInterface"): "it is the resource, as vpc is: "
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html",
    ("ec2/NetworkAcl", "default"): "AWS makes the default ACL with the VPC, and no other can become it: "
    "https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html",
    ("ec2/PrefixList", "addressFamily"): "the call that changes a list does not take it: "
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html",
    (
        "ec2/TransitGateway",
        "amazonSideAsn",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyTransitGatewayOptions.html",
    (
        "ec2/TransitGatewayVpcAttachment",
        "subnets",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyTransitGatewayVpcAttachment.html",
    (
        "ec2/VpnConnection",
        "localIpv4NetworkCidr",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnConnectionOptions.html",
    (
        "ec2/VpnConnection",
        "localIpv6NetworkCidr",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnConnectionOptions.html",
    (
        "ec2/VpnConnection",
        "remoteIpv4NetworkCidr",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnConnectionOptions.html",
    (
        "ec2/VpnConnection",
        "remoteIpv6NetworkCidr",
    ): "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpnConnectionOptions.html",
    ("logs/LogGroup", "logGroupClass"): "CloudFormation fails where it changes, since it cannot: "
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
    (
        "route53/HostedZone",
        "private",
    ): "a public zone does not become a private one; to CloudFormation it is no "
    "property: https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html",
    ("route53/HealthCheck", "ipAddress"): "it can neither be added nor be taken away: "
    "https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html",
    (
        "scheduler/Schedule",
        "groupName",
    ): "no call moves a schedule, and UpdateSchedule looks for it in the group that it is given: "
    "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html",
    ("servicediscovery/Service", "routingPolicy"): "UpdateService does not take it: "
    "https://docs.aws.amazon.com/cloud-map/latest/api/API_UpdateService.html",
    ("servicediscovery/Service", "dnsRecords"): "the type of a record cannot be updated: "
    "https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsConfig.html",
    ("ssm/Parameter", "type"): "PutParameter refuses another type (HierarchyTypeMismatchException): "
    "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html",
}
"""Fields (kind, field) where CloudFormation is not to be followed, with the page of AWS's API that says so."""


@cache
def schemas() -> Mapping[str, Path]:
    """AWS's schema files by type. cfn-lint itself is not imported: that takes seconds."""
    spec = find_spec("cfnlint")
    assert spec
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "data" / "schemas"
    index = json.loads((folder / "providers" / "us-east-1.json").read_text())
    return {name.casefold(): folder / "resources" / f"{file}.json" for name, file in index.items()}


def schema(kind: str) -> Mapping[str, Any]:
    name = TYPES.get(kind) or f"AWS::{kind.replace('/', '::')}"
    found: dict[str, Any] = json.loads(schemas()[name.casefold()].read_text())
    return found


def properties(kind: str, key: str) -> set[str]:
    """`/properties/Scheme` is `Scheme`, and `/properties/Options/Mode` stays `Options/Mode`."""
    return {path.removeprefix("/properties/") for path in schema(kind).get(key, ())}


def field(kind: str, name: str) -> str:
    """Our field for one of CloudFormation's properties."""
    return NAMES.get((kind, name), f"{name[:1].lower()}{name[1:]}")


KNOWN = pytest.mark.parametrize(
    "kind", [k for k in KINDS.values() if k.id not in WITHOUT_TYPE], ids=lambda kind: kind.id
)


@KNOWN
def test_what_cloudformation_replaces_is_replaced_and_nothing_else(kind: Kind[Any]) -> None:
    fields = {str(info.alias) for info in kind.spec.model_fields.values()}
    always = {field(kind.id, name) for name in properties(kind.id, "createOnlyProperties")} & fields
    sometimes = {field(kind.id, name) for name in properties(kind.id, "conditionalCreateOnlyProperties")} & fields
    settled = {name for (other, name) in OTHERWISE if other == kind.id}
    assert always - kind.replace_on - settled == set(), (
        "CloudFormation replaces it: so must we, or say why in OTHERWISE"
    )
    assert kind.replace_on - always - sometimes - settled == set(), (
        "AWS can change it: so must we, or say why in OTHERWISE"
    )


@KNOWN
def test_every_property_that_replaces_is_one_of_our_fields_or_left_out_for_a_reason(kind: Kind[Any]) -> None:
    """Else a field of another name (`vpc` for VpcId) would be compared with nothing."""
    fields = {info.alias for info in kind.spec.model_fields.values()}
    for name in properties(kind.id, "createOnlyProperties"):
        assert field(kind.id, name) in fields or (kind.id, name) in LEFT_OUT, f"{name}: NAMES or LEFT_OUT"


def test_no_row_is_idle() -> None:
    for kind in TYPES.keys() | WITHOUT_TYPE.keys():
        assert kind in KINDS
        assert f"AWS::{kind.replace('/', '::')}".casefold() not in schemas() or kind in TYPES
    for (kind, name), ours in NAMES.items():
        assert name in properties(kind, "createOnlyProperties") | properties(kind, "conditionalCreateOnlyProperties")
        assert ours in {info.alias for info in KINDS[kind].spec.model_fields.values()}
    for kind, name in LEFT_OUT:
        assert name in properties(kind, "createOnlyProperties")
        assert field(kind, name) not in {info.alias for info in KINDS[kind].spec.model_fields.values()}
    for (kind, name), reason in OTHERWISE.items():
        always = {field(kind, each) for each in properties(kind, "createOnlyProperties")}
        assert (name in always) != (name in KINDS[kind].replace_on), f"{kind} {name} is as CloudFormation has it"
        assert "https://docs.aws.amazon.com/" in reason
