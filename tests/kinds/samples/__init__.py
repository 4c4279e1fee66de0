"""Sample specs of every kind for the conformance suite: what there is to begin with, and a change of every field."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples import (
    acm,
    applicationautoscaling,
    cloudwatch,
    directconnect,
    ec2_acl,
    ec2_gateways,
    ec2_transit,
    ec2_vpc,
    ecr,
    ecs,
    elbv2,
    iam,
    logs,
    route53,
    scheduler,
    secretsmanager,
    servicediscovery,
    ssm,
)
from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    **iam.SAMPLES,
    **ec2_vpc.SAMPLES,
    **ecs.SAMPLES,
    **ec2_gateways.SAMPLES,
    **ec2_acl.SAMPLES,
    **ec2_transit.SAMPLES,
    **directconnect.SAMPLES,
    **logs.SAMPLES,
    **ecr.SAMPLES,
    **ssm.SAMPLES,
    **secretsmanager.SAMPLES,
    **cloudwatch.SAMPLES,
    **elbv2.SAMPLES,
    **route53.SAMPLES,
    **servicediscovery.SAMPLES,
    **applicationautoscaling.SAMPLES,
    **acm.SAMPLES,
    **scheduler.SAMPLES,
}
