"""Sample specs of every kind for the conformance suite: what there is to begin with, and a change of every field."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples import ec2_acl, ec2_gateways, ec2_transit, ec2_vpc, ecr, elbv2, iam, logs, route53
from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    **iam.SAMPLES,
    **ec2_vpc.SAMPLES,
    **ec2_gateways.SAMPLES,
    **ec2_acl.SAMPLES,
    **ec2_transit.SAMPLES,
    **logs.SAMPLES,
    **ecr.SAMPLES,
    **elbv2.SAMPLES,
    **route53.SAMPLES,
}
