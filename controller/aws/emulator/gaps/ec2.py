"""What moto's EC2 does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

from copy import copy
from typing import Any


def complete() -> None:
    """Put it all right."""
    _let_go_of_addresses()
    _drop_network_acls()
    _keep_dhcp_options()
    _modify_prefix_lists()
    _keep_subnets_in_use()
    _tag_peering_connections()
    _complete_transit_gateways()


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
