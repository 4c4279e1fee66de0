"""The embedded AWS emulator: moto's server on a free loopback port. For the demo, tests and benchmarks; `run` never imports it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from controller.errors import TrueupError

ACCOUNT = "123456789012"
"""The account that moto's own credentials belong to."""


_completed = False


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
    """Answer what moto does not, once in a process."""
    global _completed
    if not _completed:
        _completed = True
        _answer_credentials()
        _drop_network_acls()
        _modify_prefix_lists()
        _tag_peering_connections()


def _answer_credentials() -> None:
    """Users made here have no service-specific credentials."""
    from moto.core.responses import ActionResult
    from moto.iam.responses import IamResponse

    def list_service_specific_credentials(_: IamResponse) -> ActionResult:
        return ActionResult({"ServiceSpecificCredentials": [], "IsTruncated": False})

    if not hasattr(IamResponse, "list_service_specific_credentials"):
        IamResponse.list_service_specific_credentials = list_service_specific_credentials  # type: ignore[attr-defined]


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
