"""What moto cannot do of DHCP options and flow logs (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.ec2.dhcp_options import DhcpOptions, DhcpOptionsSpec
from tests.kinds.stubbed import Stubbed, covers


@covers("ec2/DhcpOptions", "ipv6AddressPreferredLeaseTime")
def test_every_option_is_a_list_of_texts_and_what_says_no_more_than_the_default_is_left_out() -> None:
    account = Stubbed("ec2")
    reply = {
        "DhcpOptionsId": "dopt-1",
        "DhcpConfigurations": [{"Key": "netbios-node-type", "Values": [{"Value": "2"}]}],
    }
    account.expect(
        "CreateDhcpOptions",
        {"DhcpOptions": reply},
        DhcpConfigurations=[
            {"Key": "domain-name-servers", "Values": ["10.0.0.3", "10.0.0.2"]},
            {"Key": "netbios-node-type", "Values": ["2"]},
            {"Key": "ipv6-address-preferred-lease-time", "Values": ["3600"]},
        ],
        TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    spec = DhcpOptionsSpec(
        domain_name_servers=("10.0.0.3", "10.0.0.2"), netbios_node_type=2, ipv6_address_preferred_lease_time=3600
    )
    assert DhcpOptions().create(account.aws, spec, {"a": "b"}).id == "dopt-1"
    account.done()
