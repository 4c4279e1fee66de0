"""Elastic IP addresses: public IPv4 addresses that stay one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, network_interfaces, tags_of
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.spec import TaggedSpec

AMAZON = "amazon"
"""What AWS calls its own pool of addresses."""


class ElasticIpSpec(TaggedSpec):
    """An Elastic IP address. It is always one for VPCs (Domain `vpc`)."""

    public_ipv4_pool: str | None = Field(
        default=None,
        pattern=r"^(amazon|ipv4pool-ec2-\w+|ipam-pool-\w+)$",
        description="The address pool of your own that it comes from, or `amazon` for AWS's; unset: AWS's, and not managed.",
    )
    network_border_group: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9-]+$",
        description="The zones or Local Zones that advertise it; unset: the region's, and not managed.",
    )


class ElasticIp(Ec2Kind[ElasticIpSpec]):
    """Elastic IP address. One that is in use is not released before what uses it lets go.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html
    Observation: one call, which has no pages.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html"
    resource_type = "elastic-ip"
    replace_on = frozenset({"publicIpv4Pool", "networkBorderGroup"})
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "The allocation id.",
        "arn": "Its ARN.",
        "publicIp": "The address itself.",
    }
    reads = ("ec2:DescribeAddresses",)
    writes = (
        "ec2:AllocateAddress",
        "ec2:ReleaseAddress",
        "ec2:DescribeAddresses",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def tell(self, verb: Verb, before: ElasticIpSpec | None, after: ElasticIpSpec | None) -> Iterator[str]:
        if before is not None and verb in (Verb.DELETE, Verb.REPLACE):
            yield "gives the address back to AWS; it cannot be had again"

    def observe(self, aws: Aws, wanted: Wanted[ElasticIpSpec]) -> Iterator[Observed[ElasticIpSpec]]:
        for address in describe(aws, "Addresses", "Addresses", page_size=0, domain="vpc"):
            if not address.get("ServiceManaged"):  # a load balancer's or a NAT gateway's, which AWS looks after
                yield translate(aws, address)

    def create(self, aws: Aws, spec: ElasticIpSpec, tags: Mapping[str, str]) -> Made:
        pool = spec.public_ipv4_pool if spec.public_ipv4_pool != AMAZON else None
        wanted = {"PublicIpv4Pool": pool, "NetworkBorderGroup": spec.network_border_group}
        given = {name: value for name, value in wanted.items() if value}
        address = aws.call("ec2", "AllocateAddress", Domain="vpc", TagSpecifications=self.tagged(tags), **given)
        return Made(address["AllocationId"], _outputs(aws, address))

    def update(self, aws: Aws, live: Observed[ElasticIpSpec], spec: ElasticIpSpec, changed: frozenset[str]) -> None:
        """All that can differ makes it another address."""

    def delete(self, aws: Aws, live: Observed[ElasticIpSpec]) -> None:
        group = live.spec.network_border_group
        where = {"NetworkBorderGroup": group} if group else {}
        aws.call("ec2", "ReleaseAddress", AllocationId=live.id, **where)

    def holders(self, aws: Aws, live: Observed[ElasticIpSpec]) -> str:
        return holders_of(aws, [live.id])


def holders_of(aws: Aws, addresses: Iterable[str]) -> str:
    """What addresses (allocation ids) are associated with at this moment, as a person reads it; "" where all are free."""
    found = aws.call("ec2", "DescribeAddresses", AllocationIds=sorted(addresses))["Addresses"]
    return ", ".join(_holder(aws, address) for address in found if address.get("AssociationId"))


def _holder(aws: Aws, address: Mapping[str, Any]) -> str:
    interface = address.get("NetworkInterfaceId", "")
    user = network_interfaces(aws, network_interface_id=interface) if interface else ""
    return (
        f"{address['AssociationId']} with {user or interface or address.get('InstanceId') or 'what AWS does not name'}"
    )


def translate(aws: Aws, address: Mapping[str, Any]) -> Observed[ElasticIpSpec]:
    """The address of a DescribeAddresses reply."""
    spec = ElasticIpSpec.model_construct(
        public_ipv4_pool=address.get("PublicIpv4Pool"),
        network_border_group=address.get("NetworkBorderGroup"),
        tags={},
    )
    return Observed(address["AllocationId"], spec, tags_of(address), _outputs(aws, address))


def _outputs(aws: Aws, address: Mapping[str, Any]) -> dict[str, str]:
    id_ = address["AllocationId"]
    return {"id": id_, "arn": arn_of(aws, "elastic-ip", id_), "publicIp": address["PublicIp"]}
