"""OIDC identity providers, such as GitHub Actions: who may come with a web identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.iam.tags import retag, to_list, to_map
from controller.model.observed import Made, Observed, Wanted
from controller.model.spec import TaggedSpec


def _without_scheme(url: str) -> str:
    """AWS takes `https://host/path` and answers `host/path`; hosts are compared without case."""
    host, slash, path = url.removeprefix("https://").partition("/")
    if "://" in url.removeprefix("https://") or not host:
        raise ValueError(f"{url!r} is no https address of an issuer")
    return f"{host.lower()}{slash}{path}".rstrip("/")


class OIDCProviderSpec(TaggedSpec):
    """An OpenID Connect identity provider."""

    url: Annotated[str, AfterValidator(_without_scheme)] = Field(
        description="The issuer's address, with or without `https://`; unique in the account."
    )
    client_ids: frozenset[str] = Field(
        default=frozenset(), description="Audiences that are accepted (CloudFormation: ClientIdList)."
    )
    thumbprints: frozenset[Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]] | None = Field(
        default=None,
        description="SHA-1 thumbprints of the issuer's root certificates, in lower case (ThumbprintList). "
        "Unset: AWS's own choice is left alone.",
    )


class OIDCProvider(Kind[OIDCProviderSpec]):
    """OpenID Connect identity provider of an account.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    Observation: 1 list call + n reads (an account has 100 at most).
    """

    api = "iam.aws/v1"
    doc = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html"
    replace_on = frozenset({"url"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The provider's ARN, which trust policies name as a Federated principal."
    }
    reach = "account"
    reads = ("iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider")
    writes = (
        "iam:CreateOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:RemoveClientIDFromOpenIDConnectProvider",
        "iam:UpdateOpenIDConnectProviderThumbprint",
        "iam:TagOpenIDConnectProvider",
        "iam:UntagOpenIDConnectProvider",
    )

    def claim(self, spec: OIDCProviderSpec) -> str:
        return spec.url

    def observe(self, aws: Aws, wanted: Wanted[OIDCProviderSpec]) -> Iterator[Observed[OIDCProviderSpec]]:
        for page in aws.pages("iam", "ListOpenIDConnectProviders"):
            for item in page["OpenIDConnectProviderList"]:
                arn = item["Arn"]
                yield translate(arn, aws.call("iam", "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn))

    def create(self, aws: Aws, spec: OIDCProviderSpec, tags: Mapping[str, str]) -> Made:
        given: dict[str, Any] = {"ThumbprintList": sorted(spec.thumbprints)} if spec.thumbprints else {}
        reply = aws.call(
            "iam",
            "CreateOpenIDConnectProvider",
            Url=f"https://{spec.url}",
            ClientIDList=sorted(spec.client_ids),
            Tags=to_list(tags),
            **given,
        )
        arn = reply["OpenIDConnectProviderArn"]
        return Made(arn, {"arn": arn})

    def update(
        self, aws: Aws, live: Observed[OIDCProviderSpec], spec: OIDCProviderSpec, changed: frozenset[str]
    ) -> None:
        provider = {"OpenIDConnectProviderArn": live.id}
        for client in sorted(spec.client_ids - live.spec.client_ids):
            aws.call("iam", "AddClientIDToOpenIDConnectProvider", ClientID=client, **provider)
        for client in sorted(live.spec.client_ids - spec.client_ids):
            aws.call("iam", "RemoveClientIDFromOpenIDConnectProvider", ClientID=client, **provider)
        if "thumbprints" in changed:
            thumbprints = sorted(spec.thumbprints or ())
            aws.call("iam", "UpdateOpenIDConnectProviderThumbprint", ThumbprintList=thumbprints, **provider)

    def delete(self, aws: Aws, live: Observed[OIDCProviderSpec]) -> None:
        aws.call("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=live.id)

    def retag(self, aws: Aws, live: Observed[OIDCProviderSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        retag(aws, "OpenIDConnectProvider", {"OpenIDConnectProviderArn": live.id}, put, remove)


def translate(arn: str, reply: Mapping[str, Any]) -> Observed[OIDCProviderSpec]:
    """The provider of a GetOpenIDConnectProvider reply."""
    spec = OIDCProviderSpec(
        url=reply["Url"],
        client_ids=frozenset(reply.get("ClientIDList", ())),
        thumbprints=frozenset(thumbprint.lower() for thumbprint in reply.get("ThumbprintList", ())),
    )
    return Observed(arn, spec, to_map(reply.get("Tags", ())), {"arn": arn})
