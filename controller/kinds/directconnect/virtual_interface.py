"""Virtual interfaces: a VLAN of a Direct Connect connection, with its BGP session.

A reply holds the session's key in three places: authKey, bgpPeers and customerRouterConfig. `KEPT` lists what is kept of it, and
nothing else ever is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.directconnect.api import PAGE, DirectConnectKind, GatewayRef, tags_of, to_list
from controller.kinds.ec2.types import VpnGatewayRef
from controller.model.cidr import Cidr, parse_cidr
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

CREATES = {
    "private": ("CreatePrivateVirtualInterface", "newPrivateVirtualInterface"),
    "public": ("CreatePublicVirtualInterface", "newPublicVirtualInterface"),
    "transit": ("CreateTransitVirtualInterface", "newTransitVirtualInterface"),
}
"""The call that makes an interface of each type, and its parameter."""
KEPT = (
    "ownerAccount",
    "virtualInterfaceId",
    "virtualInterfaceType",
    "virtualInterfaceName",
    "virtualInterfaceState",
    "connectionId",
    "vlan",
    "asn",
    "asnLong",
    "addressFamily",
    "amazonAddress",
    "customerAddress",
    "mtu",
    "siteLinkEnabled",
    "virtualGatewayId",
    "directConnectGatewayId",
    "routeFilterPrefixes",
    "region",
    "tags",
)
"""What is kept of a described interface: nothing that holds a key."""
STATES = {
    "confirming": "the owner of the interface must confirm it",
    "verifying": "AWS verifies that the public addresses are yours",
    "pending": "AWS is still making it",
    "rejected": "the owner of the interface has rejected it; delete it to ask once more",
}
"""What an interface waits for. One that is down waits for the device at the other end, and not for AWS: it is ready."""
ATTRIBUTES = {"name": "virtualInterfaceName", "mtu": "mtu", "enableSiteLink": "enableSiteLink"}
"""Our fields that UpdateVirtualInterfaceAttributes changes."""


class VirtualInterfaceSpec(TaggedSpec):
    """A virtual interface."""

    name: str = Field(
        max_length=100,
        pattern=r"^[a-zA-Z0-9-]+$",
        description="The name (VirtualInterfaceName), which need not be unique; unset: metadata.name.",
    )
    type: Literal["private", "public", "transit"] = Field(
        description="Whether it reaches VPCs (private), AWS's public services (public) or transit gateways (transit)."
    )
    connection: str = Field(
        pattern=r"^dx(con|lag)-\w+$",
        description="The id of the connection or link aggregation group (ConnectionId), which is ordered from AWS by hand.",
    )
    vlan: int = Field(ge=1, le=4094, description="The VLAN, unique on its connection.")
    asn: int = Field(ge=1, le=4294967294, description="The ASN of the device at the other end.")
    address_family: Literal["ipv4", "ipv6"] = Field(default="ipv4", description="What the BGP session runs over.")
    amazon_address: str | None = Field(
        default=None, description="AWS's end of the BGP session, such as 169.254.10.1/30; unset: AWS chooses."
    )
    customer_address: str | None = Field(
        default=None, description="The device's end of the BGP session, such as 169.254.10.2/30; unset: AWS chooses."
    )
    auth_key: str | None = Field(
        default=None,
        min_length=6,
        max_length=80,
        json_schema_extra={"secret": True},
        description="The BGP session's key; unset: AWS makes one, which is better than a secret in git. It is used when the "
        "interface is made, and never read back or shown: a change of it alone is not seen.",
    )
    mtu: Literal[1500, 8500, 9001] = Field(default=1500, description="Bytes in a packet; jumbo frames: 8500.")
    enable_site_link: bool = Field(default=False, description="Whether sites reach each other through Direct Connect.")
    virtual_gateway: VpnGatewayRef = Field(
        default="", description="Private: the VPN gateway, by manifest name or id; or else a directConnectGateway."
    )
    direct_connect_gateway: GatewayRef = Field(
        default="", description="Private or transit: the Direct Connect gateway, by manifest name or id."
    )
    route_filter_prefixes: frozenset[Cidr] = Field(
        default=frozenset(), description="Public: the device's ranges that are advertised to AWS."
    )


class VirtualInterface(DirectConnectKind[VirtualInterfaceSpec]):
    """Virtual interface of a Direct Connect connection. The BGP session's key is never read, kept or shown.

    https://docs.aws.amazon.com/directconnect/latest/APIReference/API_VirtualInterface.html
    Observation: ceil(n / 100) calls.
    """

    doc = "https://docs.aws.amazon.com/directconnect/latest/APIReference/API_VirtualInterface.html"
    name_field = "name"
    reach = "parent"
    replace_on = frozenset(
        {
            "type",
            "vlan",
            "asn",
            "addressFamily",
            "amazonAddress",
            "customerAddress",
            "virtualGateway",
            "directConnectGateway",
            "routeFilterPrefixes",
        }
    )
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The interface's id.",
        "arn": "Its ARN.",
        "amazonAddress": "AWS's end of the BGP session.",
        "customerAddress": "The device's end of the BGP session.",
    }
    reads = ("directconnect:DescribeVirtualInterfaces",)
    writes = (
        "directconnect:CreatePrivateVirtualInterface",
        "directconnect:CreatePublicVirtualInterface",
        "directconnect:CreateTransitVirtualInterface",
        "directconnect:UpdateVirtualInterfaceAttributes",
        "directconnect:AssociateVirtualInterface",
        "directconnect:DeleteVirtualInterface",
        "directconnect:TagResource",
        "directconnect:UntagResource",
    )

    def claim(self, spec: VirtualInterfaceSpec) -> str:
        # Names may be given twice; a VLAN is there once.
        return f"{spec.connection}/{spec.vlan}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, VirtualInterfaceSpec):
            yield from _doubts(manifest, manifest.spec)

    def tell(
        self, verb: Verb, before: VirtualInterfaceSpec | None, after: VirtualInterfaceSpec | None
    ) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the virtual interface; its BGP session ends, and the device must be set up anew"
        elif before and after and before.connection != after.connection:
            yield f"moves the virtual interface to {after.connection}; it is down for a moment"
        elif before and after and before.mtu != after.mtu and after.mtu > 1500:
            yield "switches to jumbo frames; all interfaces of the connection may be down for up to 30 seconds"
        elif verb is Verb.DELETE and before:
            yield f"VLAN {before.vlan} of {before.connection} no longer reaches AWS"

    def observe(self, aws: Aws, wanted: Wanted[VirtualInterfaceSpec]) -> Iterator[Observed[VirtualInterfaceSpec]]:
        for interface in aws.once("virtual interfaces without their keys", lambda: tuple(_described(aws))):
            mine = interface.get("ownerAccount") == aws.account
            if mine and interface["virtualInterfaceState"] not in ("deleting", "deleted"):
                yield translate(aws, interface)

    def create(self, aws: Aws, spec: VirtualInterfaceSpec, tags: Mapping[str, str]) -> Made:
        operation, parameter = CREATES[spec.type]
        wanted: dict[str, Any] = {parameter: {**_asked(spec), "tags": to_list(tags)}}
        reply = aws.call("directconnect", operation, connectionId=spec.connection, **wanted)
        made = translate(aws, without_keys(reply.get("virtualInterface", reply)))
        return Made(made.id, made.outputs, made.pending)

    def update(
        self, aws: Aws, live: Observed[VirtualInterfaceSpec], spec: VirtualInterfaceSpec, changed: frozenset[str]
    ) -> None:
        values = spec.model_dump(by_alias=True)
        attributes = {name: values[field] for field, name in ATTRIBUTES.items() if field in changed}
        if attributes:
            aws.call("directconnect", "UpdateVirtualInterfaceAttributes", virtualInterfaceId=live.id, **attributes)
        if "connection" in changed:
            to = {"virtualInterfaceId": live.id, "connectionId": spec.connection}
            aws.call("directconnect", "AssociateVirtualInterface", **to)

    def delete(self, aws: Aws, live: Observed[VirtualInterfaceSpec]) -> None:
        aws.call("directconnect", "DeleteVirtualInterface", virtualInterfaceId=live.id)


def without_keys(interface: Mapping[str, Any]) -> Mapping[str, Any]:
    """A described interface without what nobody may see."""
    return {name: interface[name] for name in KEPT if name in interface}


def _described(aws: Aws) -> Iterator[Mapping[str, Any]]:
    more: dict[str, Any] = {}
    while True:  # botocore does not turn these pages
        reply = aws.call("directconnect", "DescribeVirtualInterfaces", maxResults=PAGE, **more)
        yield from (without_keys(each) for each in reply["virtualInterfaces"])
        if not reply.get("nextToken"):
            return
        more = {"nextToken": reply["nextToken"]}


def _asked(spec: VirtualInterfaceSpec) -> dict[str, Any]:
    """What a create call says of an interface."""
    wanted: dict[str, Any] = {
        "virtualInterfaceName": spec.name,
        "vlan": spec.vlan,
        "asnLong": spec.asn,
        "addressFamily": spec.address_family,
        "amazonAddress": spec.amazon_address,
        "customerAddress": spec.customer_address,
        "authKey": spec.auth_key,
    }
    if spec.type == "public":
        wanted["routeFilterPrefixes"] = [{"cidr": block} for block in sorted(spec.route_filter_prefixes)]
    else:
        wanted["mtu"] = spec.mtu
        wanted["enableSiteLink"] = spec.enable_site_link
        wanted["virtualGatewayId"] = spec.virtual_gateway
        wanted["directConnectGatewayId"] = spec.direct_connect_gateway
    return {name: value for name, value in wanted.items() if value not in (None, "")}


def translate(aws: Aws, interface: Mapping[str, Any]) -> Observed[VirtualInterfaceSpec]:
    """The interface of a DescribeVirtualInterfaces reply, which has been through `without_keys`."""
    id_ = interface["virtualInterfaceId"]
    reported: dict[str, Any] = {
        "address_family": interface.get("addressFamily"),
        "amazon_address": interface.get("amazonAddress") or None,
        "customer_address": interface.get("customerAddress") or None,
        "mtu": interface.get("mtu"),
        "enable_site_link": interface.get("siteLinkEnabled"),
    }
    spec = VirtualInterfaceSpec.model_construct(
        name=interface["virtualInterfaceName"],
        type=interface["virtualInterfaceType"],
        connection=interface["connectionId"],
        vlan=interface["vlan"],
        asn=interface.get("asnLong") or interface["asn"],
        auth_key=None,
        virtual_gateway=interface.get("virtualGatewayId", ""),
        direct_connect_gateway=interface.get("directConnectGatewayId", ""),
        route_filter_prefixes=frozenset(
            str(parse_cidr(each["cidr"])) for each in interface.get("routeFilterPrefixes", ())
        ),
        tags={},
        **reported,
    )
    region = interface.get("region") or aws.region
    arn = f"arn:{aws.partition}:directconnect:{region}:{aws.account}:dxvif/{id_}"
    ends = {"amazonAddress": spec.amazon_address, "customerAddress": spec.customer_address}
    outputs = {"id": id_, "arn": arn, **{name: address for name, address in ends.items() if address}}
    return Observed(id_, spec, tags_of(interface), outputs, STATES.get(interface["virtualInterfaceState"], ""))


def _doubts(manifest: Manifest, spec: VirtualInterfaceSpec) -> Iterator[Problem]:
    public, four = spec.type == "public", spec.address_family == "ipv4"
    ends = bool(spec.virtual_gateway), bool(spec.direct_connect_gateway)
    addresses = [address for address in (spec.amazon_address, spec.customer_address) if address]
    rules = (
        (
            spec.type == "private" and ends[0] == ends[1],
            "virtualGateway",
            "needs a virtualGateway or a directConnectGateway, and not both",
        ),
        (
            spec.type == "transit" and ends != (False, True),
            "directConnectGateway",
            "is what a transit interface needs, and all that it can have",
        ),
        (public and any(ends), "type", "a public interface leads to no gateway"),
        (
            public and (spec.mtu != 1500 or spec.enable_site_link),
            "type",
            "a public interface has neither jumbo frames nor SiteLink",
        ),
        (
            public and four and len(addresses) < 2,
            "customerAddress",
            "a public interface needs an amazonAddress and a customerAddress",
        ),
        (
            public and four and not spec.route_filter_prefixes,
            "routeFilterPrefixes",
            "a public interface needs the ranges that it advertises",
        ),
        (
            not public and bool(spec.route_filter_prefixes),
            "routeFilterPrefixes",
            f"belongs to a public interface, not to a {spec.type} one",
        ),
        (not four and bool(addresses), "addressFamily", "AWS chooses the addresses of an ipv6 session itself"),
    )
    yield from (manifest.problem(field, said) for wrong, field, said in rules if wrong)
