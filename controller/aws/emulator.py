"""The embedded AWS emulator: moto's server on a free loopback port. For the demo, tests and benchmarks; `run` never imports it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from controller.errors import TrueupError

ACCOUNT = "123456789012"
"""The account that moto's own credentials belong to."""


@contextmanager
def emulator() -> Iterator[str]:
    """Start the emulator and give its address. Raises TrueupError where the extra `demo` is not installed."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise TrueupError(
            "the AWS emulator is not installed", hint="install it with: pip install 'trueup[demo]'"
        ) from error
    _complete()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _complete() -> None:
    """Answer what moto does not, as AWS documents it."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    def list_service_specific_credentials(_: IamResponse) -> ActionResult:
        """Users made here have none."""
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    if not hasattr(IamResponse, "list_service_specific_credentials"):
        IamResponse.list_service_specific_credentials = list_service_specific_credentials  # type: ignore[attr-defined]
    _complete_transit_gateways()
    _complete_direct_connect()


def _complete_direct_connect() -> None:
    """Neither gateways nor virtual interfaces can be made here, so there are none."""
    from moto.directconnect.responses import DirectConnectResponse

    for name, key in (
        ("describe_direct_connect_gateways", "directConnectGateways"),
        ("describe_virtual_interfaces", "virtualInterfaces"),
    ):
        if not hasattr(DirectConnectResponse, name):
            setattr(DirectConnectResponse, name, lambda _, key=key: json.dumps({key: []}))


def _complete_transit_gateways() -> None:
    """An attachment's tags, for which moto looks under another type's name; the attachment that a route goes to, which moto
    stores in a form that does not come out again; and routes that are replaced."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses.transit_gateway_attachments import TransitGatewayAttachment
    from moto.ec2.responses.transit_gateway_route_tables import TransitGatewayRouteTable

    if hasattr(TransitGatewayRouteTable, "replace_transit_gateway_route"):
        return
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


def environment(endpoint: str) -> dict[str, str]:
    """The environment in which boto3 and the AWS CLI talk to the emulator, and to nothing else."""
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
