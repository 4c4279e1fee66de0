"""VPN connections: two encrypted tunnels between a device of one's own and a VPN gateway or transit gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.errors import AlreadyExists, NotFound
from controller.kinds.ec2.api import Ec2Kind, describe, tags_of
from controller.kinds.ec2.types import CustomerGatewayRef, TransitGatewayRef, VpnGatewayRef
from controller.kinds.ec2.vpn_tunnel import TunnelOptions, no_key, reported, request, without_secrets
from controller.model.cidr import Cidr4, Cidr6, parse_cidr
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

ENDS = {
    "customerGateway": "CustomerGatewayId",
    "vpnGateway": "VpnGatewayId",
    "transitGateway": "TransitGatewayId",
}
"""Our fields that ModifyVpnConnection changes."""
NETWORKS = {
    "localIpv4NetworkCidr": "LocalIpv4NetworkCidr",
    "remoteIpv4NetworkCidr": "RemoteIpv4NetworkCidr",
    "localIpv6NetworkCidr": "LocalIpv6NetworkCidr",
    "remoteIpv6NetworkCidr": "RemoteIpv6NetworkCidr",
}
"""Our fields that ModifyVpnConnectionOptions changes."""
FIXED = {
    "staticRoutesOnly": "StaticRoutesOnly",
    "enableAcceleration": "EnableAcceleration",
    "tunnelInsideIpVersion": "TunnelInsideIpVersion",
    "outsideIpAddressType": "OutsideIpAddressType",
    "transportTransitGatewayAttachmentId": "TransportTransitGatewayAttachmentId",
}
"""Our fields among the Options that AWS does not change."""
TUNNELS = ("tunnel1", "tunnel2")


class VpnConnectionSpec(TaggedSpec):
    """A VPN connection."""

    customer_gateway: CustomerGatewayRef = Field(
        description="The device at the other end, by manifest name or id (CustomerGatewayId)."
    )
    vpn_gateway: VpnGatewayRef = Field(
        default="", description="The VPN gateway, by manifest name or id (VpnGatewayId); or else a transitGateway."
    )
    transit_gateway: TransitGatewayRef = Field(
        default="", description="The transit gateway, by manifest name or id (TransitGatewayId); or else a vpnGateway."
    )
    static_routes_only: bool = Field(default=False, description="Whether it has static routes, in place of BGP.")
    routes: frozenset[Cidr4] = Field(
        default=frozenset(),
        description="With staticRoutesOnly and a vpnGateway: what is reached through it (VPNConnectionRoute). Any other route is "
        "deleted. With a transit gateway, its route table says it.",
    )
    enable_acceleration: bool = Field(
        default=False, description="Whether it goes by AWS Global Accelerator; with a transit gateway only."
    )
    tunnel_inside_ip_version: Literal["ipv4", "ipv6"] = Field(
        default="ipv4", description="What goes through the tunnels; IPv6 with a transit gateway only."
    )
    local_ipv4_network_cidr: Cidr4 = Field(default="0.0.0.0/0", description="IPv4 on the device's side.")
    remote_ipv4_network_cidr: Cidr4 = Field(default="0.0.0.0/0", description="IPv4 on AWS's side.")
    local_ipv6_network_cidr: Cidr6 = Field(default="::/0", description="IPv6 on the device's side.")
    remote_ipv6_network_cidr: Cidr6 = Field(default="::/0", description="IPv6 on AWS's side.")
    outside_ip_address_type: Literal["PublicIpv4", "PrivateIpv4", "Ipv6"] = Field(
        default="PublicIpv4", description="What the tunnels run over: the internet, or Direct Connect (PrivateIpv4)."
    )
    transport_transit_gateway_attachment_id: str | None = Field(
        default=None,
        pattern=r"^tgw-attach-\w+$",
        description="With PrivateIpv4: the id of the Direct Connect attachment that the tunnels run over.",
    )
    pre_shared_key_storage: Literal["Standard", "SecretsManager"] = Field(
        default="Standard",
        description="Where AWS keeps the tunnels' keys: in the VPN service, or in Secrets Manager (see output preSharedKeyArn).",
    )
    tunnel1: TunnelOptions = Field(
        default=TunnelOptions(), description="Options of the first tunnel (VpnTunnelOptionsSpecifications)."
    )
    tunnel2: TunnelOptions = Field(default=TunnelOptions(), description="Options of the second tunnel.")

    @model_validator(mode="before")
    @classmethod
    def _no_key(cls, data: Any) -> Any:
        return no_key(data)


class VpnConnection(Ec2Kind[VpnConnectionSpec]):
    """VPN connection. The tunnels' pre-shared keys are AWS's, and are never read, kept or shown.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html
    Observation: 1 call, + ceil(attachments / 1000) where a connection goes to a transit gateway.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html"
    resource_type = "vpn-connection"
    reach = "parent"
    replace_on = frozenset({*FIXED, "preSharedKeyStorage"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The connection's id.",
        "arn": "Its ARN.",
        "attachmentId": "With a transit gateway: the id of the attachment.",
        "tunnel1Address": "AWS's address of the first tunnel.",
        "tunnel2Address": "AWS's address of the second tunnel.",
        "preSharedKeyArn": "With preSharedKeyStorage SecretsManager: the ARN of the secret that holds the keys.",
    }
    reads = ("ec2:DescribeVpnConnections", "ec2:DescribeTransitGatewayAttachments")
    writes = (
        "ec2:CreateVpnConnection",
        "ec2:ModifyVpnConnection",
        "ec2:ModifyVpnConnectionOptions",
        "ec2:ModifyVpnTunnelOptions",
        "ec2:DeleteVpnConnection",
        "ec2:CreateVpnConnectionRoute",
        "ec2:DeleteVpnConnectionRoute",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: VpnConnectionSpec) -> str:
        # AWS answers a create between two gateways that are connected already with the connection that is there, whoever made it.
        return f"{spec.customer_gateway}/{spec.vpn_gateway}" if spec.vpn_gateway else ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, VpnConnectionSpec):
            yield from _doubts(manifest, manifest.spec)

    def tell(self, verb: Verb, before: VpnConnectionSpec | None, after: VpnConnectionSpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the VPN connection; tunnel addresses and keys change"
        elif before and after:
            yield from _told(before, after)

    def observe(self, aws: Aws, wanted: Wanted[VpnConnectionSpec]) -> Iterator[Observed[VpnConnectionSpec]]:
        # While it is modified, a connection is in a state that AWS's list of them leaves out: so what is gone is left out here,
        # in place of asking for what is there.
        there = [each for each in _connections(aws) if each["State"] not in ("deleting", "deleted")]
        attachments = _attachments(aws) if any("TransitGatewayId" in each for each in there) else {}
        for connection in there:
            yield translate(aws, connection, attachments)

    def create(self, aws: Aws, spec: VpnConnectionSpec, tags: Mapping[str, str]) -> Made:
        values = spec.model_dump(by_alias=True)
        ends = {name: values[field] for field, name in ENDS.items() if values[field]}
        secret = {} if spec.pre_shared_key_storage == "Standard" else {"PreSharedKeyStorage": "SecretsManager"}
        made_of = {
            "Type": "ipsec.1",
            "Options": _options(spec),
            "TagSpecifications": self.tagged(tags),
            **ends,
            **secret,
        }
        (connection,) = without_secrets([aws.call("ec2", "CreateVpnConnection", **made_of)["VpnConnection"]])
        # Dependants would wait in vain for the attachment if it were not looked up.
        made = translate(aws, connection, _attachment(aws, connection) if spec.transit_gateway else {})
        if spec.routes and not made.pending:  # else AWS takes no routes yet, and a later pass goes on
            self.update(aws, made, spec, frozenset({"routes"}))
        return Made(made.id, made.outputs, made.pending)

    def update(
        self, aws: Aws, live: Observed[VpnConnectionSpec], spec: VpnConnectionSpec, changed: frozenset[str]
    ) -> None:
        values = spec.model_dump(by_alias=True)
        ends = {name: values[field] for field, name in ENDS.items() if field in changed and values[field]}
        old_routes = live.spec.routes - spec.routes if "routes" in changed else frozenset[str]()
        if ends:
            # AWS moves no connection that still has static routes which its new gateway cannot have.
            _delete_routes(aws, live.id, old_routes)
            aws.call("ec2", "ModifyVpnConnection", VpnConnectionId=live.id, **ends)
        networks = {name: values[field] for field, name in NETWORKS.items() if field in changed}
        if networks:
            aws.call("ec2", "ModifyVpnConnectionOptions", VpnConnectionId=live.id, **networks)
        for number, field in enumerate(TUNNELS):
            if field in changed:
                options = request(getattr(spec, field), getattr(live.spec, field))
                address = live.detail[number]
                place = {"VpnConnectionId": live.id, "VpnTunnelOutsideIpAddress": address}
                aws.call("ec2", "ModifyVpnTunnelOptions", TunnelOptions=options, **place)
        if "routes" in changed:
            for block in sorted(spec.routes - live.spec.routes):
                with suppress(AlreadyExists):
                    aws.call("ec2", "CreateVpnConnectionRoute", VpnConnectionId=live.id, DestinationCidrBlock=block)
            _delete_routes(aws, live.id, old_routes if not ends else frozenset())

    def delete(self, aws: Aws, live: Observed[VpnConnectionSpec]) -> None:
        aws.call("ec2", "DeleteVpnConnection", VpnConnectionId=live.id)


def _connections(aws: Aws) -> tuple[Mapping[str, Any], ...]:
    """All connections, read once in a pass; their keys are forgotten before anything else is done."""

    def read() -> tuple[Mapping[str, Any], ...]:
        return without_secrets(aws.call("ec2", "DescribeVpnConnections")["VpnConnections"])

    return aws.once("vpn connections without their keys", read)


def _attachments(aws: Aws) -> dict[str, str]:
    found = describe(aws, "TransitGatewayAttachments", "TransitGatewayAttachments", resource_type="vpn")
    return _by_connection(found)


def _attachment(aws: Aws, connection: Mapping[str, Any]) -> dict[str, str]:
    chosen = [{"Name": "resource-id", "Values": [connection["VpnConnectionId"]]}]
    reply = aws.call("ec2", "DescribeTransitGatewayAttachments", Filters=chosen)
    return _by_connection(reply["TransitGatewayAttachments"])


def _by_connection(attachments: Any) -> dict[str, str]:
    return {
        each["ResourceId"]: each["TransitGatewayAttachmentId"]
        for each in attachments
        if each.get("State") not in ("deleting", "deleted")
    }


def _options(spec: VpnConnectionSpec) -> dict[str, Any]:
    """The Options of a create call: networks only of the version that goes through the tunnels."""
    values = spec.model_dump(by_alias=True)
    version = spec.tunnel_inside_ip_version.title()
    names = {**FIXED, **{field: name for field, name in NETWORKS.items() if version in name}}
    options = {name: values[field] for field, name in names.items() if values[field] is not None}
    tunnels = [request(spec.tunnel1), request(spec.tunnel2)]
    if any(tunnels):
        # One without options would drop out of the list, and the other take its place: so it says AWS's own default.
        options["TunnelOptions"] = [tunnel or {"StartupAction": "add"} for tunnel in tunnels]
    return options


def _delete_routes(aws: Aws, connection: str, blocks: frozenset[str]) -> None:
    for block in sorted(blocks):
        with suppress(NotFound):
            aws.call("ec2", "DeleteVpnConnectionRoute", VpnConnectionId=connection, DestinationCidrBlock=block)


def translate(aws: Aws, connection: Mapping[str, Any], attachments: Mapping[str, str]) -> Observed[VpnConnectionSpec]:
    """The connection of a DescribeVpnConnections reply, which has been through `without_secrets`."""
    id_, options = connection["VpnConnectionId"], connection.get("Options", {})
    tunnels = [*options.get("TunnelOptions", ()), {}, {}][:2]
    known: dict[str, Any] = {field: options.get(name) for field, name in {**FIXED, **NETWORKS}.items()}
    spec = VpnConnectionSpec.model_construct(
        customer_gateway=connection["CustomerGatewayId"],
        vpn_gateway=connection.get("VpnGatewayId", ""),
        transit_gateway=connection.get("TransitGatewayId", ""),
        routes=frozenset(
            str(parse_cidr(route["DestinationCidrBlock"]))
            for route in connection.get("Routes", ())
            if route.get("State") not in ("deleting", "deleted")
        ),
        pre_shared_key_storage="SecretsManager" if connection.get("PreSharedKeyArn") else "Standard",
        tunnel1=reported(tunnels[0]),
        tunnel2=reported(tunnels[1]),
        tags={},
        **known,
    )
    addresses = tuple(tunnel.get("OutsideIpAddress", "") for tunnel in tunnels)
    outputs = {
        "id": id_,
        "arn": f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:vpn-connection/{id_}",
        "attachmentId": attachments.get(id_, ""),
        "tunnel1Address": addresses[0],
        "tunnel2Address": addresses[1],
        "preSharedKeyArn": connection.get("PreSharedKeyArn", ""),
    }
    state = connection.get("State")
    pending = {"available": "", "pending": "AWS is still making it"}.get(str(state), "AWS is still changing it")
    known_outputs = {name: value for name, value in outputs.items() if value}
    return Observed(id_, spec, tags_of(connection), known_outputs, pending, detail=addresses)


def _doubts(manifest: Manifest, spec: VpnConnectionSpec) -> Iterator[Problem]:
    if bool(spec.vpn_gateway) == bool(spec.transit_gateway):
        yield manifest.problem("vpnGateway", "needs a vpnGateway or a transitGateway, and not both")
    elif spec.transit_gateway:
        if spec.routes:
            said = "has no effect with a transitGateway"
            yield manifest.problem("routes", said, "put the routes into a TransitGatewayRouteTable")
    else:
        if spec.enable_acceleration:
            yield manifest.problem("enableAcceleration", "needs a transitGateway")
        if spec.tunnel_inside_ip_version == "ipv6":
            yield manifest.problem("tunnelInsideIpVersion", "needs a transitGateway for ipv6")
        if spec.routes and not spec.static_routes_only:
            yield manifest.problem(
                "routes", "needs staticRoutesOnly: true; with BGP the device tells its routes itself"
            )
    if (spec.outside_ip_address_type == "PrivateIpv4") != bool(spec.transport_transit_gateway_attachment_id):
        said = "and outsideIpAddressType: PrivateIpv4 need each other"
        yield manifest.problem("transportTransitGatewayAttachmentId", said)


def _told(before: VpnConnectionSpec, after: VpnConnectionSpec) -> Iterator[str]:
    old, new = before.model_dump(by_alias=True), after.model_dump(by_alias=True)
    for field in ENDS:
        if new[field] and new[field] != old[field]:
            yield f"moves the VPN connection to {new[field]}; it is down for some minutes"
    if any(old[field] is not None and new[field] != old[field] for field in NETWORKS):
        yield "changes what the VPN connection carries; it is down for some minutes"
    for field in TUNNELS:
        if request(getattr(after, field), getattr(before, field)):
            yield f"changes {field}, which is down meanwhile"
    yield from (f"{block} is no longer reached through the VPN" for block in sorted(before.routes - after.routes))
    yield from (f"{block} is reached through the VPN" for block in sorted(after.routes - before.routes))
