"""What moto does otherwise than AWS documents, put right where that is small: a function for each, and why.

What takes time in AWS is in emulator_life; what else is not small stands in the tests' table of gaps instead.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from copy import copy
from enum import Enum
from functools import cache, partialmethod
from typing import Any


@cache
def complete() -> None:
    """Put it all right, once in a process."""
    _answer_credentials()
    _know_policies_of_aws()
    _let_go_of_addresses()
    _drop_network_acls()
    _keep_dhcp_options()
    _modify_prefix_lists()
    _keep_subnets_in_use()
    _tag_peering_connections()
    _complete_transit_gateways()
    _tell_records_apart()
    _keep_routing()
    _log_queries()
    _share_zones_between_accounts()
    _end_lists_of_health_checks()
    _know_scalable_namespaces()
    _tag_scalable_targets()
    _list_services_of_a_namespace()
    _update_cloud_map()
    _swap_priorities()
    _have_no_direct_connect()
    _keep_schedules_in_groups()


def _answer_credentials() -> None:
    """Users made here have no service-specific credentials."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    def list_service_specific_credentials(_: IamResponse) -> ActionResult:
        """Users made here have none."""
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    IamResponse.list_service_specific_credentials = list_service_specific_credentials  # type: ignore[attr-defined]


def _know_policies_of_aws() -> None:
    """AWS's own managed policies can be attached. Moto would load all of them after each reset, which takes longer than most
    tests: here one is made when somebody attaches it."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy, IAMBackend

    @cache
    def known() -> dict[str, Any]:
        return {f"{data['Path']}{name}": (name, data) for name, data in json.loads(aws_managed_policies_data).items()}

    def make(self: IAMBackend, arn: str) -> None:
        owner, _, path = arn.partition(":policy")
        if owner.endswith(":iam::aws") and arn not in self.managed_policies and path in known():
            name, data = known()[path]
            policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data)
            self.aws_managed_policies.append(policy)
            self.managed_policies[arn] = policy

    def making_first(attach: Callable[[IAMBackend, str, str], None]) -> Callable[[IAMBackend, str, str], None]:
        def attach_made(self: IAMBackend, policy_arn: str, to: str) -> None:
            make(self, policy_arn)
            attach(self, policy_arn, to)

        return attach_made

    for operation in ("attach_role_policy", "attach_user_policy", "attach_group_policy"):
        setattr(IAMBackend, operation, making_first(getattr(IAMBackend, operation)))


def _tag_peering_connections() -> None:
    """Each side of a peering connection between accounts or regions has tags of its own."""
    from moto.ec2.models import EC2Backend

    describe = EC2Backend.describe_vpc_peering_connections

    def describe_as_a_side(self: EC2Backend, vpc_peering_ids: list[str] | None = None) -> list[Any]:
        seen = [copy(found) for found in describe(self, vpc_peering_ids)]
        for found in seen:
            found.ec2_backend = self
        return seen

    EC2Backend.describe_vpc_peering_connections = describe_as_a_side  # type: ignore[method-assign, assignment]


def _complete_transit_gateways() -> None:
    """An attachment's tags, for which moto looks under another type's name; the attachment that a route goes to, which moto
    stores in a form that does not come out again; and routes that are replaced."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses.transit_gateway_attachments import TransitGatewayAttachment
    from moto.ec2.responses.transit_gateway_route_tables import TransitGatewayRouteTable

    attach = TransitGatewayAttachment.create_transit_gateway_vpc_attachment
    put = TransitGatewayRouteTable.create_transit_gateway_route

    def create_transit_gateway_vpc_attachment(self: Any) -> ActionResult:
        reply: Any = attach(self)
        tags = self._parse_tag_specification().get("transit-gateway-attachment", {})
        reply.result["TransitGatewayVpcAttachment"].add_tags(tags)
        return ActionResult(reply.result)

    def create_transit_gateway_route(self: Any) -> ActionResult:
        reply: Any = put(self)
        route = reply.result["route"]
        if "transitGatewayAttachments" in route:
            route["transitGatewayAttachments"] = [route["transitGatewayAttachments"]]
        return ActionResult(reply.result)

    for owner, function, name in (
        (TransitGatewayAttachment, create_transit_gateway_vpc_attachment, "create_transit_gateway_vpc_attachment"),
        (TransitGatewayRouteTable, create_transit_gateway_route, "create_transit_gateway_route"),
        (TransitGatewayRouteTable, create_transit_gateway_route, "replace_transit_gateway_route"),
    ):
        setattr(owner, name, function)


def _swap_priorities() -> None:
    """Rules that are in one call may have each other's priorities."""
    from moto.elbv2.exceptions import PriorityInUseError
    from moto.elbv2.models import ELBv2Backend

    def set_rule_priorities(self: ELBv2Backend, rule_priorities: list[dict[str, Any]]) -> list[Any]:
        wanted = {each["RuleArn"]: each["Priority"] for each in rule_priorities}
        rules: Any = self.describe_rules(None, list(wanted))
        (listener,) = self.describe_listeners(None, [rules[0].listener_arn])
        if any(rule.priority in wanted.values() for rule in listener.rules.values() if rule.arn not in wanted):
            raise PriorityInUseError
        for rule in rules:
            rule.priority = wanted[rule.arn]
        return list(rules)

    ELBv2Backend.set_rule_priorities = set_rule_priorities  # type: ignore[method-assign]


def _have_no_direct_connect() -> None:
    """Neither Direct Connect gateways nor virtual interfaces can be made here, so there are none."""
    from moto.directconnect.responses import DirectConnectResponse

    for name, key in (
        ("describe_direct_connect_gateways", "directConnectGateways"),
        ("describe_virtual_interfaces", "virtualInterfaces"),
    ):
        setattr(DirectConnectResponse, name, lambda _, key=key: json.dumps({key: []}))


def _let_go_of_addresses() -> None:
    """A NAT gateway that is deleted lets go of its addresses, which can then be used again or released."""
    from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend

    delete = NatGatewayBackend.delete_nat_gateway

    def delete_and_let_go(self: Any, nat_gateway_id: str) -> NatGateway:
        gateway = delete(self, nat_gateway_id)
        for address in self.address_by_ip([a["publicIp"] for a in gateway.address_set if "publicIp" in a], False):
            self.disassociate_address(address=address.public_ip)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete_and_let_go  # type: ignore[method-assign]


def _drop_network_acls() -> None:
    """A VPC that is deleted takes the network ACL along that AWS made with it."""
    from moto.ec2.models import EC2Backend

    delete_vpc = EC2Backend.delete_vpc

    def delete_with_acls(self: EC2Backend, vpc_id: str) -> Any:
        gone = delete_vpc(self, vpc_id)
        self.network_acls = {id_: acl for id_, acl in self.network_acls.items() if acl.vpc_id != vpc_id}
        return gone

    EC2Backend.delete_vpc = delete_with_acls  # type: ignore[method-assign, assignment]


def _keep_subnets_in_use() -> None:
    """A subnet with network interfaces in it cannot be deleted."""
    from moto.ec2.exceptions import DependencyViolationError
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.subnets import Subnet

    delete = EC2Backend.delete_subnet

    def delete_if_unused(self: EC2Backend, subnet_id: str) -> Subnet:
        if any(eni.subnet.id == subnet_id for eni in self.enis.values()):
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        return delete(self, subnet_id)

    EC2Backend.delete_subnet = delete_if_unused  # type: ignore[method-assign, assignment]


def _keep_dhcp_options() -> None:
    """DHCP options have the tags that they are made with; a VPC that is deleted leaves its options to others, and one that gets
    others lets go of those it had."""
    from moto.core.responses import ActionResult
    from moto.ec2.models import EC2Backend
    from moto.ec2.responses.dhcp_options import DHCPOptions

    make: Any = DHCPOptions.create_dhcp_options
    delete_vpc: Any = EC2Backend.delete_vpc
    associate: Any = EC2Backend.associate_dhcp_options

    def make_with_tags(self: DHCPOptions) -> ActionResult:
        result: ActionResult = make(self)
        made = result.result["DhcpOptions"]  # type: ignore[index]
        made.add_tags(self._parse_tag_specification().get("dhcp-options", {}))
        return result

    def delete_without_options(self: EC2Backend, vpc_id: str) -> Any:
        vpc: Any = self.get_vpc(vpc_id)
        options, vpc.dhcp_options = vpc.dhcp_options, None
        try:
            gone = delete_vpc(self, vpc_id)
        finally:
            vpc.dhcp_options = options
        if options and options.vpc is vpc:
            options.vpc = None
        return gone

    def associate_others(self: EC2Backend, dhcp_options: Any, vpc: Any) -> None:
        self.disassociate_dhcp_options(vpc)
        associate(self, dhcp_options, vpc)

    EC2Backend.delete_vpc = delete_without_options  # type: ignore[method-assign, assignment]
    EC2Backend.associate_dhcp_options = associate_others  # type: ignore[method-assign, assignment]
    DHCPOptions.create_dhcp_options = make_with_tags  # type: ignore[method-assign]


def _modify_prefix_lists() -> None:
    """A change of a prefix list leaves the name alone where it gives none, and its new size counts."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses.vpcs import VPCs

    modify = VPCs.modify_managed_prefix_list

    def modify_what_is_given(self: VPCs) -> ActionResult:
        live = self.ec2_backend.managed_prefix_lists[self._get_param("PrefixListId")]
        name, size = live.prefix_list_name, live.max_entries
        result = modify(self)
        live.prefix_list_name = self._get_param("PrefixListName") or name
        live.max_entries = self._get_param("MaxEntries") or size
        return result

    VPCs.modify_managed_prefix_list = modify_what_is_given  # type: ignore[method-assign]


def _tell_records_apart() -> None:
    """What is in a zone decides whether a record can be made or deleted, and not what was once asked for; a CNAME stands alone, and
    what an alias points to in its zone is there; of records of one set identifier only that of the same name and type goes; and
    the ids of zones begin with Z."""
    from moto.route53.exceptions import InvalidChangeBatch
    from moto.route53.models import ChangeList, HostedZoneIdentifier, Route53Backend

    change = Route53Backend.change_resource_record_sets

    def change_what_can_be(self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        zone = self.get_hosted_zone(zoneid)
        there: There = defaultdict(set)
        for rrset in zone.rrsets:
            name, type_, identifier = _record(rrset.name, str(rrset.type), rrset.set_identifier)
            there[name].add((type_, identifier))
        if not all(_takes(there, each, zone.id) for each in change_list):
            raise InvalidChangeBatch
        for each in change_list:  # one by one, so that a delete is of one record
            asked = each["ResourceRecordSet"]
            if each["Action"] == "DELETE":
                gone = _record(asked["Name"], asked["Type"], asked.get("SetIdentifier"))
                zone.rrsets = [r for r in zone.rrsets if _record(r.name, str(r.type), r.set_identifier) != gone]
            else:
                change(self, zoneid, [each])

    make = HostedZoneIdentifier.generate

    def generate(self: HostedZoneIdentifier, *arguments: Any, **more: Any) -> str:
        return f"Z{make(self, *arguments, **more)[:20]}"

    HostedZoneIdentifier.generate = generate  # type: ignore[method-assign]
    Route53Backend.change_resource_record_sets = change_what_can_be  # type: ignore[method-assign]
    ChangeList.__contains__ = lambda self, item: False  # type: ignore[method-assign]


def _keep_routing() -> None:
    """A record set keeps all ways of routing, and the one that AWS makes with a zone has a value like any other."""
    from moto.route53.models import RecordSet

    record_set: Any = RecordSet
    make = record_set.__init__

    def make_with_routing(self: Any, kwargs: dict[str, Any]) -> None:
        make(self, kwargs)
        self.records = [each["Value"] if isinstance(each, dict) else each for each in self.records]
        self.geo_proximity_location = kwargs.get("GeoProximityLocation")
        self.cidr_routing_config = kwargs.get("CidrRoutingConfig")

    record_set.__init__ = make_with_routing


def _log_queries() -> None:
    """A log group is given by its ARN; moto takes it only with the `:*` that AWS's lists add."""
    from moto.route53.models import Route53Backend

    create = Route53Backend.create_query_logging_config

    def create_as_asked(self: Route53Backend, hosted_zone_id: str, log_group_arn: str) -> Any:
        made = create(self, hosted_zone_id, f"{log_group_arn.removesuffix(':*')}:*")
        made.cloud_watch_logs_log_group_arn = log_group_arn
        return made

    Route53Backend.create_query_logging_config = create_as_asked  # type: ignore[method-assign]


def _share_zones_between_accounts() -> None:
    """A private zone may be seen from VPCs of other accounts, once its own has authorised that."""
    from moto.route53.exceptions import Route53ClientError
    from moto.route53.models import FakeZone, Route53Backend, route53_backends

    owner: Any = Route53Backend
    associate, disassociate = owner.associate_vpc_with_hosted_zone, owner.disassociate_vpc_from_hosted_zone
    by_vpc = owner.list_hosted_zones_by_vpc
    _authorize_vpcs()

    def everywhere(backend: Any) -> list[Any]:
        return [each[backend.region_name] for each in list(route53_backends.values()) if backend.region_name in each]

    def holder(backend: Any, zone_id: str) -> Any:
        id_ = zone_id.rpartition("/")[2]
        return next((each for each in everywhere(backend) if id_ in each.zones), backend)

    def associate_what_is_authorized(self: Any, zone_id: str, vpcid: str, vpcregion: str) -> FakeZone:
        its = holder(self, zone_id)
        if its is not self and vpcid not in [vpc["VPCId"] for vpc in _authorized(its.get_hosted_zone(zone_id))]:
            said = "Associating the specified VPC with the specified hosted zone has not been authorized."
            raise Route53ClientError("NotAuthorizedException", said)
        return associate(its, zone_id, vpcid, vpcregion)  # type: ignore[no-any-return]

    def disassociate_from_either_side(self: Any, zone_id: str, vpcid: str) -> FakeZone:
        its = holder(self, zone_id)
        if vpcid not in [vpc["vpc_id"] for vpc in its.get_hosted_zone(zone_id).vpcs]:
            said = "The specified VPC and hosted zone are not currently associated."
            raise Route53ClientError("VPCAssociationNotFound", said)
        return disassociate(its, zone_id, vpcid)  # type: ignore[no-any-return]

    owner.associate_vpc_with_hosted_zone = associate_what_is_authorized
    owner.disassociate_vpc_from_hosted_zone = disassociate_from_either_side
    owner.list_hosted_zones_by_vpc = lambda self, vpc_id: [z for its in everywhere(self) for z in by_vpc(its, vpc_id)]


def _authorized(zone: Any) -> list[dict[str, str]]:
    """The VPCs of other accounts that may be associated with a zone of moto's."""
    there: list[dict[str, str]] = vars(zone).setdefault("authorized", [])
    return there


def _authorize_vpcs() -> None:
    """The three calls by which a zone's account lets others associate their VPCs."""
    from moto.core.responses import ActionResult
    from moto.route53 import urls
    from moto.route53.responses import Route53

    for end in ("authorizevpcassociation", "deauthorizevpcassociation"):
        urls.url_paths[rf"{{0}}/(?P<api_version>[\d_-]+)/hostedzone/(?P<zone_id>[^/]+)/{end}$"] = Route53.dispatch

    def change(self: Any, *, put: bool) -> ActionResult:
        zone_id, id_ = self._get_param("HostedZoneId"), self._get_param("VPC.VPCId")
        vpc = {"VPCId": id_, "VPCRegion": self._get_param("VPC.VPCRegion")}
        there = _authorized(self.backend.get_hosted_zone(zone_id))
        there[:] = [each for each in there if each["VPCId"] != id_] + ([vpc] if put else [])
        return ActionResult({"HostedZoneId": zone_id, "VPC": vpc} if put else {})

    def list_authorizations(self: Any) -> ActionResult:
        zone_id = self._get_param("HostedZoneId")
        return ActionResult({"HostedZoneId": zone_id, "VPCs": _authorized(self.backend.get_hosted_zone(zone_id))})

    responses: Any = Route53
    responses.create_vpc_association_authorization = partialmethod(change, put=True)
    responses.delete_vpc_association_authorization = partialmethod(change, put=False)
    responses.list_vpc_association_authorizations = list_authorizations


def _end_lists_of_health_checks() -> None:
    """A list of health checks says that there is no more of it, which AWS's model requires and other tools look at."""
    from moto.core.responses import ActionResult
    from moto.route53.responses import Route53

    def list_health_checks(self: Route53) -> ActionResult:
        found = self.backend.list_health_checks()
        return ActionResult({"HealthChecks": found, "Marker": "", "IsTruncated": False, "MaxItems": "100"})

    Route53.list_health_checks = list_health_checks  # type: ignore[method-assign]


def _record(name: str, type_: str, identifier: str | None) -> tuple[str, str, str]:
    return name.rstrip(".").lower(), type_, identifier or ""


There = dict[str, set[tuple[str, str]]]
"""What is in a zone: types and set identifiers by name."""


def _takes(there: There, change: Mapping[str, Any], zone: str) -> bool:
    """Whether a change is possible; then it is made."""
    asked = change["ResourceRecordSet"]
    name, type_, identifier = _record(asked["Name"], asked["Type"], asked.get("SetIdentifier"))
    known = (type_, identifier) in there[name]
    if change["Action"] != "UPSERT" and (change["Action"] == "CREATE") == known:
        return False
    if change["Action"] == "DELETE":
        there[name].remove((type_, identifier))
        return True
    there[name].add((type_, identifier))
    return _fits(there, name, asked, zone)


def _fits(there: There, name: str, asked: Mapping[str, Any], zone: str) -> bool:
    """Whether a record may stand beside those of its name, and its target is there."""
    types = {type_ for type_, _ in there[name]}
    alias = asked.get("AliasTarget", {})
    target, type_, _ = _record(alias.get("DNSName", ""), asked["Type"], None)
    found = alias.get("HostedZoneId") != zone or any(known == type_ for known, _ in there[target])
    return found and not ("CNAME" in types and len(types) > 1)


def _know_scalable_namespaces() -> None:
    """Application Auto Scaling has more namespaces than moto knows: asked for one, it answers that nothing is in it."""
    from moto.applicationautoscaling import models, responses

    modules: Any = (models, responses)
    names = [*(known.value for known in models.ServiceNamespaceValueSet), "elasticache", "neptune", "workspaces"]
    namespaces: Any = Enum("ServiceNamespaceValueSet", {name.upper(): name for name in names})  # type: ignore[misc]
    for module in modules:
        module.ServiceNamespaceValueSet = namespaces


def _tag_scalable_targets() -> None:
    """Application Auto Scaling keeps tags of its targets."""
    from moto.applicationautoscaling import responses
    from moto.utilities.tagging_service import TaggingService

    owner: Any = responses.ApplicationAutoScalingResponse
    register = owner.register_scalable_target

    def tagger(self: Any) -> Any:
        backend = self.applicationautoscaling_backend
        if not hasattr(backend, "tagger"):
            backend.tagger = TaggingService()
        return backend.tagger

    def put(self: Any, arn: str, tags: dict[str, str]) -> str:
        tagger(self).tag_resource(arn, TaggingService.convert_dict_to_tags_input(tags))
        return "{}"

    def register_scalable_target(self: Any) -> str:
        reply = str(register(self))
        put(self, json.loads(reply)["ScalableTargetARN"], self._get_param("Tags") or {})
        return reply

    def tag_resource(self: Any) -> str:
        return put(self, self._get_param("ResourceARN"), self._get_param("Tags"))

    def untag_resource(self: Any) -> str:
        tagger(self).untag_resource_using_names(self._get_param("ResourceARN"), self._get_param("TagKeys"))
        return "{}"

    def list_tags_for_resource(self: Any) -> str:
        return json.dumps({"Tags": tagger(self).get_tag_dict_for_resource(self._get_param("ResourceARN"))})

    for function in (register_scalable_target, tag_resource, untag_resource, list_tags_for_resource):
        setattr(owner, function.__name__, function)


def _list_services_of_a_namespace() -> None:
    """Cloud Map lists the services of the one namespace that the filter names."""
    from moto.servicediscovery.responses import ServiceDiscoveryResponse

    owner: Any = ServiceDiscoveryResponse

    def list_services(self: Any) -> str:
        filters = json.loads(self.body).get("Filters", ())
        wanted = [id_ for each in filters if each["Name"] == "NAMESPACE_ID" for id_ in each["Values"]]
        services = self.servicediscovery_backend.list_services()
        return json.dumps({"Services": [s.to_json() for s in services if not wanted or s.namespace_id in wanted]})

    owner.list_services = list_services


def _update_cloud_map() -> None:
    """An update of a service takes a health check away that it leaves out; one of a namespace leaves its hosted zone alone."""
    from moto.servicediscovery.models import Service, ServiceDiscoveryBackend

    services: Any = Service
    backends: Any = ServiceDiscoveryBackend
    update = services.update

    def update_and_drop(self: Any, details: dict[str, Any]) -> None:
        update(self, details)
        self.health_check_config = details.get("HealthCheckConfig")

    def update_dns_namespace(self: Any, _id: str, description: str, properties: dict[str, Any] | None) -> Any:
        namespace = self.get_namespace(namespace_id=_id)
        namespace.description = description
        namespace.dns_properties = {**namespace.dns_properties, **(properties or {})}
        return self._create_operation("UPDATE_NAMESPACE", targets={"NAMESPACE": _id})

    services.update = update_and_drop
    backends.update_private_dns_namespace = backends.update_public_dns_namespace = update_dns_namespace


def _keep_schedules_in_groups() -> None:
    """The Scheduler refuses a group that there is already and one that there is not, and changes what is done with a schedule
    after its last run; its list tells no more of a schedule than that it is there."""
    from moto.scheduler import responses
    from moto.scheduler.exceptions import ScheduleExists, ScheduleGroupNotFound
    from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, ScheduleGroup

    backends: Any = EventBridgeSchedulerBackend
    schedules: Any = Schedule
    owner: Any = responses.EventBridgeSchedulerResponse
    create, create_group, delete_group = (
        backends.create_schedule,
        backends.create_schedule_group,
        backends.delete_schedule_group,
    )
    whole, update = schedules.to_dict, owner.update_schedule
    listed = ("Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate", "Target")

    def create_schedule(self: Any, *, group_name: str, **more: Any) -> Schedule:
        self.get_schedule_group(group_name)
        made: Schedule = create(self, group_name=group_name, **more)
        return made

    def create_schedule_group(self: Any, name: str, tags: list[dict[str, str]]) -> ScheduleGroup:
        if name in self.schedule_groups:
            raise ScheduleExists(name)
        made: ScheduleGroup = create_group(self, name, tags)
        return made

    def delete_schedule_group(self: Any, name: str) -> None:
        if name not in self.schedule_groups:
            raise ScheduleGroupNotFound(name)
        delete_group(self, name)

    def to_dict(self: Any, short: bool = False) -> dict[str, Any]:
        told: dict[str, Any] = whole(self, short)
        return {name: told[name] for name in listed} if short else told

    def update_schedule(self: Any) -> str:
        reply = str(update(self))
        name = self.uri.split("?")[0].split("/")[-1]
        found = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
        found.action_after_completion = self._get_param("ActionAfterCompletion")
        return reply

    for function in (create_schedule, create_schedule_group, delete_schedule_group):
        setattr(backends, function.__name__, function)
    schedules.to_dict, owner.update_schedule = to_dict, update_schedule
