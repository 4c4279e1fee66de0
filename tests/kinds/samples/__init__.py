"""Sample specs of every kind for the conformance suite: what there is to begin with, and a change of every field."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples import ec2_vpc, ecs, iam
from tests.kinds.samples.base import Sample

SAMPLES: Mapping[str, Sample] = {
    **iam.SAMPLES,
    **ec2_vpc.SAMPLES,
    **ecs.SAMPLES,
}
