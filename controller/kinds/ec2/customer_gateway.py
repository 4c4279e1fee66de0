"""Customer gateways: what AWS knows of the device at the other end of a VPN connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, describe, tags_of
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

SHORT_ASN = 2**31 - 1
"""The largest ASN that AWS takes as BgpAsn; larger ones have a parameter of their own."""


def _address(text: str) -> str:
    try:
        return str(ip_address(text)) if text else text
    except ValueError:
        raise ValueError(f"{text!r} is no IP address; write it like 203.0.113.12") from None


class CustomerGatewaySpec(TaggedSpec):
    """A customer gateway."""

    ip_address: Annotated[str, AfterValidator(_address)] = Field(
        default="",
        description="The fixed address of the device's outer interface; empty: none, which needs a certificate.",
    )
    bgp_asn: int = Field(default=65000, ge=1, le=2**32 - 1, description="The device's ASN (BgpAsn or BgpAsnExtended).")
    certificate_arn: str = Field(
        default="",
        pattern=r"^(arn:aws[a-z-]*:acm:.+)?$",
        description="The ARN of the device's private certificate in ACM; empty: it has pre-shared keys.",
    )
    device_name: str = Field(
        default="",
        max_length=255,
        description="A name for the device. Two with the same address and ASN need different ones.",
    )


class CustomerGateway(Ec2Kind[CustomerGatewaySpec]):
    """Customer gateway (type ipsec.1, which is the only one).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html
    Observation: 1 call.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateCustomerGateway.html"
    resource_type = "customer-gateway"
    replace_on = frozenset({"ipAddress", "bgpAsn", "certificateArn", "deviceName"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The gateway's id.", "arn": "Its ARN.", "ipAddress": "Its address."}
    reads = ("ec2:DescribeCustomerGateways",)
    writes = (
        "ec2:CreateCustomerGateway",
        "ec2:DeleteCustomerGateway",
        "ec2:DescribeVpnConnections",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: CustomerGatewaySpec) -> str:
        # AWS answers a create that says the same as an older one with the older one, whoever made it.
        return f"{spec.ip_address}/{spec.bgp_asn}/{spec.certificate_arn}/{spec.device_name}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, CustomerGatewaySpec) and not (spec.ip_address or spec.certificate_arn):
            yield manifest.problem("ipAddress", "is missing: only a device with a certificateArn needs none")

    def tell(self, verb: Verb, before: CustomerGatewaySpec | None, after: CustomerGatewaySpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the customer gateway; its VPN connections move to the new one, and are down for some minutes"

    def observe(self, aws: Aws, wanted: Wanted[CustomerGatewaySpec]) -> Iterator[Observed[CustomerGatewaySpec]]:
        there = ("available", "pending")
        for gateway in describe(aws, "CustomerGateways", "CustomerGateways", page_size=0, state=there):
            if gateway["State"] in there:
                yield translate(aws, gateway)

    def create(self, aws: Aws, spec: CustomerGatewaySpec, tags: Mapping[str, str]) -> Made:
        wanted: dict[str, Any] = {
            "IpAddress": spec.ip_address,
            "BgpAsn" if spec.bgp_asn <= SHORT_ASN else "BgpAsnExtended": spec.bgp_asn,
            "CertificateArn": spec.certificate_arn,
            "DeviceName": spec.device_name,
        }
        given = {name: value for name, value in wanted.items() if value}
        tagged = self.tagged(tags)
        reply = aws.call("ec2", "CreateCustomerGateway", Type="ipsec.1", TagSpecifications=tagged, **given)
        gateway = reply["CustomerGateway"]
        made = translate(aws, gateway)
        return Made(made.id, made.outputs, made.pending)

    def update(
        self, aws: Aws, live: Observed[CustomerGatewaySpec], spec: CustomerGatewaySpec, changed: frozenset[str]
    ) -> None:
        """AWS changes nothing of it in place."""

    def delete(self, aws: Aws, live: Observed[CustomerGatewaySpec]) -> None:
        aws.call("ec2", "DeleteCustomerGateway", CustomerGatewayId=live.id)

    def holders(self, aws: Aws, live: Observed[CustomerGatewaySpec]) -> str:
        gateway = [{"Name": "customer-gateway-id", "Values": [live.id]}]
        found = aws.call("ec2", "DescribeVpnConnections", Filters=gateway)["VpnConnections"]
        return ", ".join(item["VpnConnectionId"] for item in found if item.get("State") != "deleted")


def translate(aws: Aws, gateway: Mapping[str, Any]) -> Observed[CustomerGatewaySpec]:
    """The gateway of a DescribeCustomerGateways reply."""
    id_, address = gateway["CustomerGatewayId"], gateway.get("IpAddress", "")
    spec = CustomerGatewaySpec.model_construct(
        ip_address=_address(address),
        bgp_asn=int(gateway.get("BgpAsnExtended") or gateway["BgpAsn"]),
        certificate_arn=gateway.get("CertificateArn", ""),
        device_name=gateway.get("DeviceName", ""),
        tags={},
    )
    arn = f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:customer-gateway/{id_}"
    outputs = {"id": id_, "arn": arn, **({"ipAddress": address} if address else {})}
    pending = "AWS is still making it" if gateway.get("State") == "pending" else ""
    return Observed(id_, spec, tags_of(gateway), outputs, pending)
