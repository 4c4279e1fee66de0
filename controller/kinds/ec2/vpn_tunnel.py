"""Tunnels of VPN connections: their options in both of AWS's spellings, and never their keys.

A connection's reply holds secrets in two places: each tunnel's PreSharedKey, and the CustomerGatewayConfiguration, which has them
again. `without_secrets` is the first thing that is done to such a reply, and nothing else of it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.model.cidr import Cidr4, Cidr6, inside
from controller.model.spec import Part

REFUSED = (
    "a pre-shared key is a secret and does not belong in git: leave it out, and AWS makes one for each tunnel; read it from AWS "
    "(GetVpnConnectionDeviceSampleConfiguration) or, with `preSharedKeyStorage: SecretsManager`, from AWS Secrets Manager"
)
KEPT = (
    "VpnConnectionId",
    "State",
    "CustomerGatewayId",
    "VpnGatewayId",
    "TransitGatewayId",
    "PreSharedKeyArn",
    "Options",
    "Routes",
    "Tags",
)
"""What is kept of a described connection."""

Encryption = Literal["AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"]
Integrity = Literal["SHA1", "SHA2-256", "SHA2-384", "SHA2-512"]
Group1 = Literal[2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 35]
Group2 = Literal[2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 35, 36, 37]

SINGLE = {
    "tunnelInsideCidr": ("TunnelInsideCidr", "TunnelInsideCidr"),
    "tunnelInsideIpv6Cidr": ("TunnelInsideIpv6Cidr", "TunnelInsideIpv6Cidr"),
    "phase1LifetimeSeconds": ("Phase1LifetimeSeconds", "Phase1LifetimeSeconds"),
    "phase2LifetimeSeconds": ("Phase2LifetimeSeconds", "Phase2LifetimeSeconds"),
    "rekeyMarginTimeSeconds": ("RekeyMarginTimeSeconds", "RekeyMarginTimeSeconds"),
    "rekeyFuzzPercentage": ("RekeyFuzzPercentage", "RekeyFuzzPercentage"),
    "replayWindowSize": ("ReplayWindowSize", "ReplayWindowSize"),
    "dpdTimeoutSeconds": ("DPDTimeoutSeconds", "DpdTimeoutSeconds"),
    "dpdTimeoutAction": ("DPDTimeoutAction", "DpdTimeoutAction"),
    "startupAction": ("StartupAction", "StartupAction"),
    "enableTunnelLifecycleControl": ("EnableTunnelLifecycleControl", "EnableTunnelLifecycleControl"),
}
"""Our fields with one value, and AWS's names for them in requests and in replies."""
SEVERAL = {
    "phase1EncryptionAlgorithms": ("Phase1EncryptionAlgorithms", "Phase1EncryptionAlgorithms"),
    "phase2EncryptionAlgorithms": ("Phase2EncryptionAlgorithms", "Phase2EncryptionAlgorithms"),
    "phase1IntegrityAlgorithms": ("Phase1IntegrityAlgorithms", "Phase1IntegrityAlgorithms"),
    "phase2IntegrityAlgorithms": ("Phase2IntegrityAlgorithms", "Phase2IntegrityAlgorithms"),
    "phase1DHGroupNumbers": ("Phase1DHGroupNumbers", "Phase1DHGroupNumbers"),
    "phase2DHGroupNumbers": ("Phase2DHGroupNumbers", "Phase2DHGroupNumbers"),
    "ikeVersions": ("IKEVersions", "IkeVersions"),
}
"""The same for fields with a set of values."""


def no_key(data: Any) -> Any:
    """Refuse data with a pre-shared key in it, without showing it."""
    if isinstance(data, Mapping) and any(str(name).lower().replace("_", "") == "presharedkey" for name in data):
        raise ValueError(REFUSED)
    return data


def _link_local(block: str) -> str:
    if block and not (block.endswith("/30") and inside(block, ["169.254.0.0/16"])):
        raise ValueError(f"{block} is no /30 of 169.254.0.0/16, which is what AWS takes")
    return block


def _unique_local(block: str) -> str:
    if block and not (block.endswith("/126") and inside(block, ["fd00::/8"])):
        raise ValueError(f"{block} is no /126 of fd00::/8, which is what AWS takes")
    return block


class TunnelOptions(Part):
    """Options of one tunnel. What is unset is left alone: AWS has defaults."""

    tunnel_inside_cidr: Annotated[Cidr4, AfterValidator(_link_local)] | None = Field(
        default=None, description="The IPv4 addresses of the tunnel's two ends: a /30 of 169.254.0.0/16."
    )
    tunnel_inside_ipv6_cidr: Annotated[Cidr6, AfterValidator(_unique_local)] | None = Field(
        default=None, description="The IPv6 addresses of the tunnel's two ends: a /126 of fd00::/8."
    )
    phase1_lifetime_seconds: int | None = Field(
        default=None, ge=900, le=28800, description="How long phase 1 of the key exchange holds."
    )
    phase2_lifetime_seconds: int | None = Field(
        default=None, ge=900, le=3600, description="How long phase 2 holds; less than phase 1."
    )
    rekey_margin_time_seconds: int | None = Field(
        default=None, ge=60, le=1800, description="How long before phase 2 ends AWS exchanges keys anew."
    )
    rekey_fuzz_percentage: int | None = Field(
        default=None, ge=0, le=100, description="Within how much of that margin the moment is chosen by chance."
    )
    replay_window_size: int | None = Field(default=None, ge=64, le=2048, description="Packets in the replay window.")
    dpd_timeout_seconds: int | None = Field(
        default=None, ge=30, description="Seconds without an answer after which the peer is taken for dead."
    )
    dpd_timeout_action: Literal["clear", "none", "restart"] | None = Field(
        default=None, description="What AWS does then."
    )
    phase1_encryption_algorithms: frozenset[Encryption] | None = Field(
        default=None, min_length=1, description="Ciphers allowed in phase 1."
    )
    phase2_encryption_algorithms: frozenset[Encryption] | None = Field(
        default=None, min_length=1, description="Ciphers allowed in phase 2."
    )
    phase1_integrity_algorithms: frozenset[Integrity] | None = Field(
        default=None, min_length=1, description="Hashes allowed in phase 1."
    )
    phase2_integrity_algorithms: frozenset[Integrity] | None = Field(
        default=None, min_length=1, description="Hashes allowed in phase 2."
    )
    phase1_dh_group_numbers: frozenset[Group1] | None = Field(
        default=None,
        min_length=1,
        alias="phase1DHGroupNumbers",
        description="Diffie-Hellman groups allowed in phase 1.",
    )
    phase2_dh_group_numbers: frozenset[Group2] | None = Field(
        default=None,
        min_length=1,
        alias="phase2DHGroupNumbers",
        description="Diffie-Hellman groups allowed in phase 2.",
    )
    ike_versions: frozenset[Literal["ikev1", "ikev2"]] | None = Field(
        default=None, min_length=1, description="Versions of IKE that are allowed."
    )
    startup_action: Literal["add", "start"] | None = Field(
        default=None, description="Whether AWS begins the key exchange (`start`) or waits for the device (`add`)."
    )
    enable_tunnel_lifecycle_control: bool | None = Field(
        default=None, description="Whether AWS asks before it replaces the tunnel's endpoint."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_key(cls, data: Any) -> Any:
        return no_key(data)

    @model_validator(mode="after")
    def _in_proportion(self) -> TunnelOptions:
        one, two, margin = self.phase1_lifetime_seconds, self.phase2_lifetime_seconds, self.rekey_margin_time_seconds
        if (one or 28800) <= (two or 0):
            raise ValueError(f"phase2LifetimeSeconds ({two}) must be less than phase1LifetimeSeconds ({one})")
        if margin and 2 * margin > (two or 3600):
            raise ValueError(f"rekeyMarginTimeSeconds ({margin}) must be at most half of phase2LifetimeSeconds")
        return self


def request(wanted: TunnelOptions, live: TunnelOptions | None = None) -> dict[str, Any]:
    """The options that are wanted, and are not so already, in the form that AWS's calls take."""
    new = wanted.model_dump(by_alias=True)
    old = live.model_dump(by_alias=True) if live else {}
    differs = {field for field, value in new.items() if value is not None and value != old.get(field)}
    single = {names[0]: new[field] for field, names in SINGLE.items() if field in differs}
    several = {
        names[0]: [{"Value": value} for value in sorted(new[field])]
        for field, names in SEVERAL.items()
        if field in differs
    }
    return {**single, **several}


def reported(tunnel: Mapping[str, Any]) -> TunnelOptions:
    """The options of a reply. What AWS does not report is unknown."""
    single: dict[str, Any] = {field: tunnel.get(names[1]) for field, names in SINGLE.items()}
    several: dict[str, Any] = {
        field: frozenset(each["Value"] for each in tunnel[names[1]]) if tunnel.get(names[1]) else None
        for field, names in SEVERAL.items()
    }
    return TunnelOptions.model_construct(**single, **several)


def without_secrets(connections: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Described connections without what nobody may see."""
    return tuple(_without_secrets(connection) for connection in connections)


def _without_secrets(connection: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: connection[name] for name in KEPT if name in connection}
    if "Options" in kept:
        tunnels = [
            {name: value for name, value in tunnel.items() if name != "PreSharedKey"}
            for tunnel in kept["Options"].get("TunnelOptions", ())
        ]
        kept["Options"] = {**kept["Options"], "TunnelOptions": tunnels}
    return kept
