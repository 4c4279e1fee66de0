"""What moto cannot do of gateways, addresses, route tables and endpoints (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.ec2 import elastic_ip
from controller.kinds.ec2.elastic_ip import ElasticIp, ElasticIpSpec
from tests.kinds.stubbed import Stubbed, covers

TAGS = {"a": "b"}


def tagged(type_: str) -> list[dict[str, object]]:
    return [{"ResourceType": type_, "Tags": [{"Key": "a", "Value": "b"}]}]


@covers("ec2/ElasticIp", "networkBorderGroup", "publicIpv4Pool")
def test_an_address_is_taken_from_a_pool_of_ones_own_in_one_group_of_zones_and_given_back_there() -> None:
    """AWS answers InvalidAddress.NotFound to a release that names no group, or another."""
    account = Stubbed("ec2")
    facts = {"PublicIpv4Pool": "ipv4pool-ec2-0123", "NetworkBorderGroup": "eu-central-1-ham-1"}
    reply = {"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.7", "Domain": "vpc", **facts}
    account.expect("AllocateAddress", reply, Domain="vpc", TagSpecifications=tagged("elastic-ip"), **facts)
    account.expect("ReleaseAddress", AllocationId="eipalloc-1", NetworkBorderGroup="eu-central-1-ham-1")
    live = elastic_ip.translate(account.aws, reply)
    made = ElasticIp().create(account.aws, ElasticIpSpec.model_validate(live.spec.model_dump()), TAGS)
    assert made.outputs == live.outputs
    assert made.outputs["publicIp"] == "198.51.100.7"
    ElasticIp().delete(account.aws, live)
    account.done()


def test_amazons_own_pool_is_what_aws_takes_when_none_is_named() -> None:
    account = Stubbed("ec2")
    reply = {"AllocationId": "eipalloc-1", "PublicIp": "198.51.100.7", "Domain": "vpc", "PublicIpv4Pool": "amazon"}
    account.expect("AllocateAddress", reply, Domain="vpc", TagSpecifications=tagged("elastic-ip"))
    ElasticIp().create(account.aws, ElasticIpSpec(public_ipv4_pool="amazon"), TAGS)
    account.done()
