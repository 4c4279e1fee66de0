"""The embedded AWS emulator: moto's server on a free loopback port. For the demo, tests and benchmarks; `run` never imports it."""

from __future__ import annotations

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
    """Answer what moto does not, and let go of what moto keeps."""
    _complete_iam()
    _complete_ec2()


def _complete_iam() -> None:
    """Users made here have no service-specific credentials."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    def list_service_specific_credentials(_: IamResponse) -> ActionResult:
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    if not hasattr(IamResponse, "list_service_specific_credentials"):
        IamResponse.list_service_specific_credentials = list_service_specific_credentials  # type: ignore[attr-defined]


def _complete_ec2() -> None:
    """A NAT gateway that is deleted lets go of its addresses, which can then be used again or released."""
    from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend

    delete = NatGatewayBackend.delete_nat_gateway
    if delete.__name__ != "delete_nat_gateway":
        return

    def delete_and_let_go(self: Any, nat_gateway_id: str) -> NatGateway:
        gateway = delete(self, nat_gateway_id)
        for address in self.address_by_ip([a["publicIp"] for a in gateway.address_set if "publicIp" in a], False):
            self.disassociate_address(address=address.public_ip)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete_and_let_go  # type: ignore[method-assign]


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
