"""Samples of gateways, addresses, route tables and endpoints: the ways into a VPC and out of it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Sample
from tests.kinds.samples.ec2_vpc import VPCS

SAMPLES: Mapping[str, Sample] = {
    "ec2/InternetGateway": Sample(
        around=VPCS,
        spec={"vpc": "one", "tags": {"team": "a"}},
        changes={"vpc": "two", "tags": {"team": "b"}},
    ),
    "ec2/ElasticIp": Sample(
        spec={"tags": {"team": "a"}},
        changes={"tags": {"team": "b"}},
        replacements={"publicIpv4Pool": "ipv4pool-ec2-0123", "networkBorderGroup": "eu-central-1-ham-1"},
    ),
}
