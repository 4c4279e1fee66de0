"""The table of all kinds. A new kind is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.kinds.acm.certificate import Certificate
from controller.kinds.applicationautoscaling.scalable_target import ScalableTarget
from controller.kinds.base import Kind
from controller.kinds.cloudwatch.alarm import Alarm
from controller.kinds.composite import Composite
from controller.kinds.composites.fargate_app import FargateApp
from controller.kinds.composites.network import Network
from controller.kinds.directconnect.gateway import Gateway
from controller.kinds.directconnect.virtual_interface import VirtualInterface
from controller.kinds.ec2.customer_gateway import CustomerGateway
from controller.kinds.ec2.dhcp_options import DhcpOptions
from controller.kinds.ec2.egress_only_internet_gateway import EgressOnlyInternetGateway
from controller.kinds.ec2.elastic_ip import ElasticIp
from controller.kinds.ec2.flow_log import FlowLog
from controller.kinds.ec2.internet_gateway import InternetGateway
from controller.kinds.ec2.nat_gateway import NatGateway
from controller.kinds.ec2.network_acl import NetworkAcl
from controller.kinds.ec2.prefix_list import PrefixList
from controller.kinds.ec2.route_table import RouteTable
from controller.kinds.ec2.security_group import SecurityGroup
from controller.kinds.ec2.subnet import Subnet
from controller.kinds.ec2.transit_gateway import TransitGateway
from controller.kinds.ec2.transit_gateway_route_table import TransitGatewayRouteTable
from controller.kinds.ec2.transit_gateway_vpc_attachment import TransitGatewayVpcAttachment
from controller.kinds.ec2.vpc import Vpc
from controller.kinds.ec2.vpc_endpoint import VpcEndpoint
from controller.kinds.ec2.vpc_peering_accepter import VpcPeeringAccepter
from controller.kinds.ec2.vpc_peering_connection import VpcPeeringConnection
from controller.kinds.ec2.vpn_connection import VpnConnection
from controller.kinds.ec2.vpn_gateway import VpnGateway
from controller.kinds.ecr.image_policy import ImagePolicy
from controller.kinds.ecr.repository import Repository
from controller.kinds.ecs.cluster import Cluster
from controller.kinds.ecs.service import Service
from controller.kinds.ecs.task_definition import TaskDefinition
from controller.kinds.elbv2.listener import Listener
from controller.kinds.elbv2.listener_rule import ListenerRule
from controller.kinds.elbv2.load_balancer import LoadBalancer
from controller.kinds.elbv2.target_group import TargetGroup
from controller.kinds.iam.account_alias import AccountAlias
from controller.kinds.iam.account_password_policy import AccountPasswordPolicy
from controller.kinds.iam.group import Group
from controller.kinds.iam.instance_profile import InstanceProfile
from controller.kinds.iam.oidc_provider import OIDCProvider
from controller.kinds.iam.policy import Policy
from controller.kinds.iam.role import Role
from controller.kinds.iam.saml_provider import SAMLProvider
from controller.kinds.iam.user import User
from controller.kinds.logs.log_group import LogGroup
from controller.kinds.route53.health_check import HealthCheck
from controller.kinds.route53.hosted_zone import HostedZone
from controller.kinds.route53.hosted_zone_association import HostedZoneAssociation
from controller.kinds.route53.record_set import RecordSet
from controller.kinds.scheduler.schedule import Schedule
from controller.kinds.scheduler.schedule_group import ScheduleGroup
from controller.kinds.secretsmanager.secret import Secret
from controller.kinds.servicediscovery.namespace import Namespace
from controller.kinds.servicediscovery.service import Service as CloudMapService
from controller.kinds.ssm.parameter import Parameter

_ALL: tuple[Kind[Any], ...] = (
    AccountAlias(),
    AccountPasswordPolicy(),
    Group(),
    InstanceProfile(),
    OIDCProvider(),
    Policy(),
    Role(),
    SAMLProvider(),
    User(),
    # ec2
    Vpc(),
    Subnet(),
    SecurityGroup(),
    # ecs
    Cluster(),
    TaskDefinition(),
    Service(),
    InternetGateway(),
    ElasticIp(),
    NatGateway(),
    RouteTable(),
    DhcpOptions(),
    VpcEndpoint(),
    EgressOnlyInternetGateway(),
    NetworkAcl(),
    PrefixList(),
    FlowLog(),
    VpcPeeringConnection(),
    VpcPeeringAccepter(),
    TransitGateway(),
    TransitGatewayVpcAttachment(),
    TransitGatewayRouteTable(),
    VpnGateway(),
    CustomerGateway(),
    VpnConnection(),
    # directconnect
    Gateway(),
    VirtualInterface(),
    # smaller services
    LogGroup(),
    Repository(),
    ImagePolicy(),
    # acm
    Certificate(),
    Parameter(),
    Secret(),
    Alarm(),
    # elbv2
    LoadBalancer(),
    # route53
    HealthCheck(),
    HostedZone(),
    HostedZoneAssociation(),
    RecordSet(),
    ScalableTarget(),
    Namespace(),
    CloudMapService(),
    TargetGroup(),
    Listener(),
    ListenerRule(),
    # scheduler
    ScheduleGroup(),
    Schedule(),
)

KINDS: Mapping[str, Kind[Any]] = {kind.id: kind for kind in _ALL}

COMPOSITES: Mapping[str, Composite[Any]] = {composite.id: composite for composite in (FargateApp(), Network())}
"""What expands to manifests of these kinds."""
