"""DHCP options: what instances in a VPC are told about names and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, tags_of
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

AMAZONS = "AmazonProvidedDNS"
"""Stands for Amazon's own DNS servers."""
LEASE = 140
"""AWS's own lease time, where none is given."""
OPTIONS = {
    "domain-name": "domain_name",
    "domain-name-servers": "domain_name_servers",
    "ntp-servers": "ntp_servers",
    "netbios-name-servers": "netbios_name_servers",
    "netbios-node-type": "netbios_node_type",
    "ipv6-address-preferred-lease-time": "ipv6_address_preferred_lease_time",
}
"""Our fields by EC2's names for the options."""


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address") from None


def _server(text: str) -> str:
    return AMAZONS if text.lower() == AMAZONS.lower() else _address(text)


Address = Annotated[str, AfterValidator(_address)]


class DhcpOptionsSpec(TaggedSpec):
    """A set of DHCP options. AWS can change none of them."""

    domain_name: str = Field(default="", description="The domain in which instances look for names without one.")
    domain_name_servers: tuple[Annotated[str, AfterValidator(_server)], ...] = Field(
        default=(),
        max_length=4,
        description=f"DNS servers by address, in the order in which they are asked, or `{AMAZONS}`.",
    )
    ntp_servers: tuple[Address, ...] = Field(default=(), max_length=8, description="Time servers by address, in order.")
    netbios_name_servers: tuple[Address, ...] = Field(
        default=(), max_length=4, description="NetBIOS name servers by IPv4 address, in order."
    )
    netbios_node_type: Literal[0, 1, 2, 4, 8] = Field(
        default=0, description="How NetBIOS names are looked up: AWS recommends 2; 0 leaves it out."
    )
    ipv6_address_preferred_lease_time: int = Field(
        default=LEASE, ge=LEASE, le=2147483647, description="Seconds for which an IPv6 lease is preferred."
    )

    @model_validator(mode="after")
    def _something(self) -> DhcpOptionsSpec:
        if not _values(self):
            raise ValueError(f"says nothing; name at least one option, such as domainNameServers: [{AMAZONS}]")
        return self


class DhcpOptions(Ec2Kind[DhcpOptionsSpec]):
    """DHCP options.

    AWS cannot change them: new ones are made, VPCs that refer to them by name move over, and the old ones go.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html
    Observation: ceil(n / 1000) calls.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html"
    resource_type = "dhcp-options"
    replace_on = frozenset(
        {
            "domainName",
            "domainNameServers",
            "ntpServers",
            "netbiosNameServers",
            "netbiosNodeType",
            "ipv6AddressPreferredLeaseTime",
        }
    )
    outputs: ClassVar[Mapping[str, str]] = {"id": "The options' id.", "arn": "Their ARN."}
    reads = ("ec2:DescribeDhcpOptions",)
    writes = (
        "ec2:CreateDhcpOptions",
        "ec2:DeleteDhcpOptions",
        "ec2:DescribeVpcs",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, DhcpOptionsSpec) and " " in spec.domain_name:
            found = f"{spec.domain_name!r} is more than one domain, which Windows and some Linux systems take for one"
            yield manifest.problem("domainName", found, severity=Severity.WARNING)

    def observe(self, aws: Aws, wanted: Wanted[DhcpOptionsSpec]) -> Iterator[Observed[DhcpOptionsSpec]]:
        for found in describe(aws, "DhcpOptions", "DhcpOptions"):
            yield translate(aws, found)

    def create(self, aws: Aws, spec: DhcpOptionsSpec, tags: Mapping[str, str]) -> Made:
        configurations = [{"Key": option, "Values": values} for option, values in _values(spec).items()]
        reply = aws.call(
            "ec2", "CreateDhcpOptions", DhcpConfigurations=configurations, TagSpecifications=self.tagged(tags)
        )
        made = translate(aws, reply["DhcpOptions"])
        return Made(made.id, made.outputs)

    def update(self, aws: Aws, live: Observed[DhcpOptionsSpec], spec: DhcpOptionsSpec, changed: frozenset[str]) -> None:
        """There is nothing that AWS could change."""

    def delete(self, aws: Aws, live: Observed[DhcpOptionsSpec]) -> None:
        aws.call("ec2", "DeleteDhcpOptions", DhcpOptionsId=live.id)

    def holders(self, aws: Aws, live: Observed[DhcpOptionsSpec]) -> str:
        filters = [{"Name": "dhcp-options-id", "Values": [live.id]}]
        return ", ".join(vpc["VpcId"] for vpc in aws.call("ec2", "DescribeVpcs", Filters=filters)["Vpcs"])


def _values(spec: DhcpOptionsSpec) -> dict[str, list[str]]:
    """The options as EC2 takes them, each a list of texts; those that say no more than AWS's defaults are left out."""
    fields = DhcpOptionsSpec.model_fields
    found = {option: getattr(spec, field) for option, field in OPTIONS.items()}
    said = {option: value for option, value in found.items() if value != fields[OPTIONS[option]].default}
    return {option: list(value) if isinstance(value, tuple) else [str(value)] for option, value in said.items()}


def translate(aws: Aws, found: Mapping[str, Any]) -> Observed[DhcpOptionsSpec]:
    """The options of a DescribeDhcpOptions reply."""
    values = {each["Key"]: [value["Value"] for value in each["Values"]] for each in found["DhcpConfigurations"]}
    known = {OPTIONS[option]: _read(option, each) for option, each in values.items() if option in OPTIONS and each}
    id_ = found["DhcpOptionsId"]
    return Observed(
        id_, DhcpOptionsSpec.model_validate(known), tags_of(found), {"id": id_, "arn": arn_of(aws, "dhcp-options", id_)}
    )


def _read(option: str, values: list[str]) -> Any:
    if option.endswith("-servers"):
        return tuple(values)
    return values[0] if option == "domain-name" else int(values[0])
