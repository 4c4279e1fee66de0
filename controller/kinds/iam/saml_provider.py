"""SAML 2.0 identity providers: who may come with an assertion of a company's own directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.iam.tags import retag, to_list, to_map
from controller.model.observed import Made, Observed, Wanted
from controller.model.spec import TaggedSpec


class SAMLProviderSpec(TaggedSpec):
    """A SAML 2.0 identity provider."""

    name: Annotated[str, Field(pattern=r"^[\w._-]+$", max_length=128)] = Field(
        description="The name; unset: metadata.name."
    )
    metadata_document: Annotated[str, AfterValidator(str.strip)] = Field(
        min_length=1000,
        max_length=10_000_000,
        description="The metadata document (XML) that the identity provider gives out (SamlMetadataDocument).",
    )


class SAMLProvider(Kind[SAMLProviderSpec]):
    """SAML 2.0 identity provider of an account.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html
    Observation: 1 list call + n reads (an account has 100 at most).
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html"
    name_field = "name"
    replace_on = frozenset({"name"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The provider's ARN, which trust policies name as a Federated principal."
    }
    reach = "account"
    reads = ("iam:ListSAMLProviders", "iam:GetSAMLProvider")
    writes = (
        "iam:CreateSAMLProvider",
        "iam:UpdateSAMLProvider",
        "iam:DeleteSAMLProvider",
        "iam:TagSAMLProvider",
        "iam:UntagSAMLProvider",
    )

    def observe(self, aws: Aws, wanted: Wanted[SAMLProviderSpec]) -> Iterator[Observed[SAMLProviderSpec]]:
        for page in aws.pages("iam", "ListSAMLProviders"):
            for item in page["SAMLProviderList"]:
                yield translate(item["Arn"], aws.call("iam", "GetSAMLProvider", SAMLProviderArn=item["Arn"]))

    def create(self, aws: Aws, spec: SAMLProviderSpec, tags: Mapping[str, str]) -> Made:
        document = spec.metadata_document
        reply = aws.call("iam", "CreateSAMLProvider", Name=spec.name, SAMLMetadataDocument=document, Tags=to_list(tags))
        arn = reply["SAMLProviderArn"]
        return Made(arn, {"arn": arn})

    def update(
        self, aws: Aws, live: Observed[SAMLProviderSpec], spec: SAMLProviderSpec, changed: frozenset[str]
    ) -> None:
        aws.call("iam", "UpdateSAMLProvider", SAMLProviderArn=live.id, SAMLMetadataDocument=spec.metadata_document)

    def delete(self, aws: Aws, live: Observed[SAMLProviderSpec]) -> None:
        aws.call("iam", "DeleteSAMLProvider", SAMLProviderArn=live.id)

    def retag(self, aws: Aws, live: Observed[SAMLProviderSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        retag(aws, "SAMLProvider", {"SAMLProviderArn": live.id}, put, remove)


def translate(arn: str, reply: Mapping[str, Any]) -> Observed[SAMLProviderSpec]:
    """The provider of a GetSAMLProvider reply. A document shorter than AWS takes is still what is live."""
    spec = SAMLProviderSpec.model_construct(
        name=arn.rpartition("/")[2], metadata_document=str(reply["SAMLMetadataDocument"]).strip(), tags={}
    )
    tags = to_map(reply["Tags"]) if "Tags" in reply else None
    return Observed(arn, spec, tags, {"arn": arn})
