"""How a hosted zone is signed: its key-signing keys, and whether answers are signed with them.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.route53.zone_spec import Dnssec, SigningKey

UNSIGNED = Dnssec(signing=False)
_UNUSED = frozenset({"INACTIVE", "DELETING"})
_TROUBLE = frozenset({"ACTION_NEEDED", "INTERNAL_FAILURE"})


@dataclass(frozen=True, slots=True)
class Signed:
    """What AWS says of a zone's signing: what is so, what goes into the parent zone, and what only a person can mend."""

    spec: Dnssec
    outputs: Mapping[str, str]
    broken: str


def look(aws: Aws, zone_id: str) -> Signed:
    """Ask how a zone is signed: one call."""
    return signed(aws.call("route53", "GetDNSSEC", HostedZoneId=zone_id))


def signed(reply: Mapping[str, Any]) -> Signed:
    """What a GetDNSSEC reply tells."""
    status = reply["Status"]
    keys = sorted(reply.get("KeySigningKeys", ()), key=lambda key: str(key["Name"]))
    found = (
        SigningKey(name=key["Name"], kms_key=key["KmsArn"], active=key.get("Status") not in _UNUSED) for key in keys
    )
    records = [key["DSRecord"] for key in keys if key.get("DSRecord")]
    troubles = [(f"the zone's signing: {status.get('StatusMessage', '')}", status["ServeSignature"])]
    troubles += [(f"key {key['Name']}: {key.get('StatusMessage', '')}", key.get("Status", "")) for key in keys]
    return Signed(
        Dnssec(signing=status["ServeSignature"] not in ("NOT_SIGNING", "DELETING"), keys=tuple(found)),
        {f"dsRecord{number}": record for number, record in enumerate(records, 1)},
        "; ".join(said for said, state in troubles if state in _TROUBLE),
    )


def put(aws: Aws, zone_id: str, there: Dnssec, wanted: Dnssec, mark: str) -> None:
    """New keys come before signing begins; it ends, and old keys rest and go, in the other order."""
    had, has = ({key.name: key for key in spec.keys} for spec in (there, wanted))
    for name, key in has.items():
        _bring(aws, zone_id, had.get(name), key, mark)
    if wanted.signing and not there.signing:
        aws.call("route53", "EnableHostedZoneDNSSEC", HostedZoneId=zone_id)
    if there.signing and not wanted.signing:
        aws.call("route53", "DisableHostedZoneDNSSEC", HostedZoneId=zone_id)
    for name, key in had.items():
        _retire(aws, zone_id, key, has.get(name))


def _bring(aws: Aws, zone_id: str, had: SigningKey | None, key: SigningKey, mark: str) -> None:
    """Make a key, or take it up again."""
    if had is None:
        aws.call(
            "route53",
            "CreateKeySigningKey",
            HostedZoneId=zone_id,
            CallerReference=f"{mark}{key.name}",
            Name=key.name,
            KeyManagementServiceArn=key.kms_key,
            Status="ACTIVE" if key.active else "INACTIVE",
        )
    elif key.active and not had.active:
        aws.call("route53", "ActivateKeySigningKey", HostedZoneId=zone_id, Name=key.name)


def _retire(aws: Aws, zone_id: str, had: SigningKey, key: SigningKey | None) -> None:
    """Let a key rest, or go."""
    with suppress(NotFound):
        if had.active and not (key and key.active):
            aws.call("route53", "DeactivateKeySigningKey", HostedZoneId=zone_id, Name=had.name)
        if key is None:
            aws.call("route53", "DeleteKeySigningKey", HostedZoneId=zone_id, Name=had.name)


def other_key(there: Dnssec | None, wanted: Dnssec | None) -> str:
    """The name of a key that is to be another KMS key under the same name, which AWS does not do; "" for none."""
    had = {key.name: key.kms_key for key in (there.keys if there else ())}
    return next(
        (key.name for key in (wanted.keys if wanted else ()) if had.get(key.name, key.kms_key) != key.kms_key), ""
    )
