"""DHCP options: made anew where AWS cannot change them, and AWS's replies as it documents them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.kinds.ec2.dhcp_options import DhcpOptions, DhcpOptionsSpec, translate
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document


def reply(**options: list[str]) -> dict[str, Any]:
    told = [
        {"Key": key.replace("_", "-"), "Values": [{"Value": value} for value in values]}
        for key, values in options.items()
    ]
    return {"DhcpOptionsId": "dopt-1", "OwnerId": "123456789012", "DhcpConfigurations": told, "Tags": []}


def test_a_reply_about_options_is_read_with_their_order_kept() -> None:
    found = reply(
        domain_name=["acme.internal"],
        domain_name_servers=["10.0.0.3", "AmazonProvidedDNS"],
        netbios_node_type=["2"],
        ipv6_address_preferred_lease_time=["3600"],
        something_new=["x"],
    )
    live = translate(Stubbed("ec2").aws, found)
    assert live.spec == DhcpOptionsSpec(
        domain_name="acme.internal",
        domain_name_servers=("10.0.0.3", "AmazonProvidedDNS"),
        netbios_node_type=2,
        ipv6_address_preferred_lease_time=3600,
    )
    assert live.outputs["arn"] == "arn:aws:ec2:eu-central-1:123456789012:dhcp-options/dopt-1"


def test_the_order_of_servers_matters_and_their_spelling_does_not() -> None:
    def servers(*texts: str) -> DhcpOptionsSpec:
        return DhcpOptionsSpec(domain_name_servers=texts)

    assert servers("amazonprovideddns", "2001:DB8::0:1") == servers("AmazonProvidedDNS", "2001:db8::1")
    assert servers("10.0.0.2", "10.0.0.3") != servers("10.0.0.3", "10.0.0.2")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({}, "says nothing; name at least one option"),
        ({"ipv6AddressPreferredLeaseTime": 140}, "says nothing"),
        ({"domainNameServers": ["dns.acme.internal"]}, "'dns.acme.internal' is no IP address"),
        ({"ntpServers": ["AmazonProvidedDNS"]}, "'AmazonProvidedDNS' is no IP address"),
        ({"domainNameServers": [f"10.0.0.{n}" for n in range(5)]}, "at most 4 items"),
        ({"netbiosNodeType": 3}, "Input should be 0, 1, 2, 4 or 8"),
    ],
)
def test_what_aws_would_refuse_is_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DhcpOptionsSpec.model_validate(facts)


def test_changed_options_are_made_the_vpc_moves_over_and_the_old_ones_go(aws_endpoint: str, tmp_path: Path) -> None:
    """At no time has the VPC none: its instances would lose their names."""
    stage = Stage(tmp_path)

    def put(*servers: str) -> None:
        options = document("ec2.aws/v1", "DhcpOptions", "company", {"domainNameServers": list(servers)})
        vpc = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16", "dhcpOptions": "company"})
        stage.files["own.yaml"] = write([options, vpc])

    put("10.0.0.2", "10.0.0.3")
    stage.converge()
    stage.calls.clear()
    put("10.0.0.3", "10.0.0.2")
    stage.converge()
    assert stage.changes == ["CreateDhcpOptions", "AssociateDhcpOptions", "DeleteDhcpOptions"]
    owned = stage.plan().owned
    options = owned[Address("test", "ec2/DhcpOptions", "company")]
    assert owned[Address("test", "ec2/Vpc", "main")].spec.dhcp_options == options.id
    assert options.spec.domain_name_servers == ("10.0.0.3", "10.0.0.2")
    assert DhcpOptions().holders(stage.aws(), options) == owned[Address("test", "ec2/Vpc", "main")].id


def test_several_domains_in_one_are_doubtful(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.files["own.yaml"] = write(
        [document("ec2.aws/v1", "DhcpOptions", "x", {"domainName": "a.internal b.internal"})]
    )
    (problem,) = stage.loaded().problems
    assert problem.message.startswith("'a.internal b.internal' is more than one domain")
