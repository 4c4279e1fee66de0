"""What a route table should be. Apart from the kind, because what checks it, and NAT gateways, look at it too."""

from __future__ import annotations

from pydantic import Field

from controller.kinds.ec2.routes import Routes
from controller.kinds.ec2.types import SubnetRef, VpcRef, VpnGatewayRef
from controller.model.spec import TaggedSpec


class RouteTableSpec(TaggedSpec):
    """A route table."""

    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId).")
    routes: Routes = Field(
        default=(),
        description="Where what goes. Any other route is deleted, but AWS's own: local, propagated, and of gateway endpoints.",
    )
    subnets: frozenset[SubnetRef] = Field(
        default=frozenset(),
        description="The subnets that use the table (SubnetRouteTableAssociation). Any other falls back to the VPC's main table.",
    )
    main: bool = Field(
        default=False,
        description="Whether it is the VPC's main table, which subnets without one of their own use. True in a new manifest "
        "manages the one that AWS made with the VPC; true for a table of trueup's puts that in its place.",
    )
    propagating_vgws: frozenset[VpnGatewayRef] = Field(
        default=frozenset(), description="The virtual private gateways whose routes come into the table by themselves."
    )
