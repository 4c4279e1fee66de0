"""What moto does otherwise than AWS documents, put right where that is small: a module for each service.

What takes time in AWS is in `life`; what else is not small stands in the tests' table of gaps instead.
"""

from __future__ import annotations

from functools import cache

from controller.aws.emulator.gaps import (
    applicationautoscaling,
    directconnect,
    ec2,
    elbv2,
    iam,
    route53,
    scheduler,
    servicediscovery,
)

_SERVICES = (applicationautoscaling, directconnect, ec2, elbv2, iam, route53, scheduler, servicediscovery)


@cache
def complete() -> None:
    """Put it all right, once in a process."""
    for service in _SERVICES:
        service.complete()
