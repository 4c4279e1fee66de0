"""References to EC2's resources: a manifest's name, `scope/name`, or AWS's id.

Ids are eight or seventeen hexadecimal digits after a prefix, and are told as such: `nat-a` is a good name for a manifest.
"""

from __future__ import annotations

from typing import Annotated

from controller.model.reference import Ref

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
