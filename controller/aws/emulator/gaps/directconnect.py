"""What moto's Direct Connect does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

import json


def complete() -> None:
    """Put it all right."""
    _have_no_direct_connect()


def _have_no_direct_connect() -> None:
    """Neither Direct Connect gateways nor virtual interfaces can be made here, so there are none."""
    from moto.directconnect.responses import DirectConnectResponse

    for name, key in (
        ("describe_direct_connect_gateways", "directConnectGateways"),
        ("describe_virtual_interfaces", "virtualInterfaces"),
    ):
        setattr(DirectConnectResponse, name, lambda _, key=key: json.dumps({key: []}))
