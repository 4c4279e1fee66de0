"""What moto cannot do of transit gateways and VPN (gaps.py), shown on the requests."""

from __future__ import annotations

import pytest

from controller.kinds.ec2.customer_gateway import CustomerGateway, CustomerGatewaySpec
from controller.kinds.ec2.transit_gateway import TransitGateway
from controller.kinds.ec2.transit_gateway import translate as gateway
from tests.kinds.stubbed import Stubbed, covers


@pytest.fixture
def account() -> Stubbed:
    return Stubbed("ec2")


@covers("ec2/TransitGateway", "transitGatewayCidrBlocks")
def test_a_transit_gateways_ranges_are_added_and_removed_in_one_call(account: Stubbed) -> None:
    live = gateway(
        {
            "TransitGatewayId": "tgw-1",
            "TransitGatewayArn": "arn:aws:ec2:eu-central-1:123456789012:transit-gateway/tgw-1",
            "State": "available",
            "Options": {"TransitGatewayCidrBlocks": ["10.1.0.0/24", "10.2.0.0/24"]},
        }
    )
    spec = live.spec.model_copy(update={"transit_gateway_cidr_blocks": frozenset({"10.2.0.0/24", "10.3.0.0/24"})})
    account.expect(
        "ModifyTransitGateway",
        TransitGatewayId="tgw-1",
        Options={"AddTransitGatewayCidrBlocks": ["10.3.0.0/24"], "RemoveTransitGatewayCidrBlocks": ["10.1.0.0/24"]},
    )
    TransitGateway().update(account.aws, live, spec, frozenset({"transitGatewayCidrBlocks"}))
    account.done()


@covers("ec2/CustomerGateway", "certificateArn", "deviceName")
def test_a_device_with_a_certificate_and_a_name_is_made_with_both(account: Stubbed) -> None:
    certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    made = {
        "CustomerGatewayId": "cgw-1",
        "State": "available",
        "BgpAsn": "65000",
        "CertificateArn": certificate,
        "DeviceName": "office",
    }
    account.expect(
        "CreateCustomerGateway",
        {"CustomerGateway": made},
        Type="ipsec.1",
        BgpAsn=65000,
        CertificateArn=certificate,
        DeviceName="office",
        TagSpecifications=[{"ResourceType": "customer-gateway", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    spec = CustomerGatewaySpec(certificate_arn=certificate, device_name="office")
    assert CustomerGateway().create(account.aws, spec, {"a": "b"}).id == "cgw-1"
    account.done()
