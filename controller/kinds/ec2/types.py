"""References to EC2's resources: a manifest's name, `scope/name`, or AWS's id.

Ids are eight or seventeen hexadecimal digits after a prefix, and are told as such: `nat-a` is a good name for a manifest.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from controller.model.reference import Ref


def _private(asn: int) -> int:
    if not (64512 <= asn <= 65534 or 4200000000 <= asn <= 4294967294):
        raise ValueError(f"{asn} is no private ASN: they are 64512 to 65534 and 4200000000 to 4294967294")
    return asn


VpcRef = Annotated[str, Ref("ec2/Vpc", output="id", literal=r"vpc-[0-9a-f]{8,17}")]
SubnetRef = Annotated[str, Ref("ec2/Subnet", output="id", literal=r"subnet-[0-9a-f]{8,17}")]
SecurityGroupRef = Annotated[str, Ref("ec2/SecurityGroup", output="id", literal=r"sg-[0-9a-f]{8,17}")]
DhcpOptionsRef = Annotated[str, Ref("ec2/DhcpOptions", output="id", literal=r"dopt-[0-9a-f]{8,17}|default")]
InternetGatewayRef = Annotated[str, Ref("ec2/InternetGateway", output="id", literal=r"igw-[0-9a-f]{8,17}")]
EgressOnlyInternetGatewayRef = Annotated[
    str, Ref("ec2/EgressOnlyInternetGateway", output="id", literal=r"eigw-[0-9a-f]{8,17}")
]
ElasticIpRef = Annotated[str, Ref("ec2/ElasticIp", output="id", literal=r"eipalloc-[0-9a-f]{8,17}")]
NatGatewayRef = Annotated[str, Ref("ec2/NatGateway", output="id", literal=r"nat-[0-9a-f]{8,17}")]
RouteTableRef = Annotated[str, Ref("ec2/RouteTable", output="id", literal=r"rtb-[0-9a-f]{8,17}")]
PrefixListRef = Annotated[str, Ref("ec2/PrefixList", output="id", literal=r"pl-[0-9a-f]{8,17}")]
VpcEndpointRef = Annotated[str, Ref("ec2/VpcEndpoint", output="id", literal=r"vpce-[0-9a-f]{8,17}")]
VpcPeeringConnectionRef = Annotated[str, Ref("ec2/VpcPeeringConnection", output="id", literal=r"pcx-[0-9a-f]{8,17}")]
TransitGatewayRef = Annotated[str, Ref("ec2/TransitGateway", output="id", literal=r"tgw-[0-9a-f]{8,17}")]
VpnGatewayRef = Annotated[str, Ref("ec2/VpnGateway", output="id", literal=r"vgw-[0-9a-f]{8,17}")]
CustomerGatewayRef = Annotated[str, Ref("ec2/CustomerGateway", output="id", literal=r"cgw-[0-9a-f]{8,17}")]
TransitGatewayAttachmentRef = Annotated[
    str,
    Ref(
        "ec2/TransitGatewayVpcAttachment",
        "ec2/VpnConnection",
        output="attachmentId",
        literal=r"tgw-attach-[0-9a-f]{8,17}",
    ),
]
BLACKHOLE = "blackhole"
TransitGatewayTarget = Annotated[
    str,
    Ref(
        "ec2/TransitGatewayVpcAttachment",
        "ec2/VpnConnection",
        output="attachmentId",
        literal=rf"tgw-attach-[0-9a-f]{{8,17}}|{BLACKHOLE}",
    ),
]
"""Where a transit gateway sends traffic: to an attachment, or nowhere."""
Switch = Literal["enable", "disable"]
PrivateAsn = Annotated[int, AfterValidator(_private)]
"""An ASN for Amazon's side of a BGP session."""
