"""What moto does otherwise than AWS documents, put right where that is small: a function for each, and why.

What is not small stands in the tests' table of gaps instead.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def complete() -> None:
    """Put it all right, once in a process."""
    _answer_credentials()
    _let_go_of_addresses()
    _drop_network_acls()
    _modify_prefix_lists()
    _complete_transit_gateways()
    _tell_records_apart()


def _answer_credentials() -> None:
    """Users made here have no service-specific credentials."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    def list_service_specific_credentials(_: IamResponse) -> ActionResult:
        """Users made here have none."""
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    IamResponse.list_service_specific_credentials = list_service_specific_credentials  # type: ignore[attr-defined]


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
    """What is in a zone decides whether a record can be made or deleted, and not what was once asked for; of records of one set
    identifier only that of the same name and type goes; and the ids of zones begin with Z."""
    from moto.route53.exceptions import InvalidChangeBatch
    from moto.route53.models import ChangeList, HostedZoneIdentifier, Route53Backend

    change = Route53Backend.change_resource_record_sets

    def key(name: str, type_: str, identifier: str | None) -> tuple[str, str, str]:
        return name.rstrip(".").lower(), type_, identifier or ""

    def asked(record: Any) -> tuple[str, str, str]:
        return key(record["Name"], record["Type"], record.get("SetIdentifier"))

    def change_what_can_be(self: Route53Backend, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        zone = self.get_hosted_zone(zoneid)
        there = {key(rrset.name, str(rrset.type), rrset.set_identifier) for rrset in zone.rrsets}
        for each in change_list:
            found = asked(each["ResourceRecordSet"])
            if (each["Action"] == "CREATE") == (found in there) and each["Action"] != "UPSERT":
                raise InvalidChangeBatch
            there = there - {found} if each["Action"] == "DELETE" else there | {found}
        for each in change_list:  # one by one, so that a delete is of one record
            if each["Action"] == "DELETE":
                gone = asked(each["ResourceRecordSet"])
                zone.rrsets = [r for r in zone.rrsets if key(r.name, str(r.type), r.set_identifier) != gone]
            else:
                change(self, zoneid, [each])

    make = HostedZoneIdentifier.generate

    def generate(self: HostedZoneIdentifier, *arguments: Any, **more: Any) -> str:
        return f"Z{make(self, *arguments, **more)[:20]}"

    HostedZoneIdentifier.generate = generate  # type: ignore[method-assign]
    Route53Backend.change_resource_record_sets = change_what_can_be  # type: ignore[method-assign]
    ChangeList.__contains__ = lambda self, item: False  # type: ignore[method-assign]
