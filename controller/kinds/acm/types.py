"""References to certificates, and the names that certificates are for."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from controller.model.reference import Ref

CertificateRef = Annotated[
    str,
    Ref(
        "acm/Certificate",
        output="arn",
        literal=r"arn:[\w-]+:(?:acm:[\w-]+:\d{12}:certificate/[\w-]+|iam::\d{12}:server-certificate/.+)",
    ),
]
"""A certificate by manifest name or ARN; also one that was uploaded to IAM."""

_NAME = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _host(text: str) -> str:
    """The one spelling: lower case, without a dot at the end."""
    name = text.lower().removesuffix(".")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{text!r} is no domain name; write example.com or *.example.com")
    return name


HostName = Annotated[str, AfterValidator(_host), Field(max_length=254)]
"""A name that a certificate is for."""
