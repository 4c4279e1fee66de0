"""ECR repositories: where images are pushed to and pulled from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.base import Kind
from controller.kinds.ecr.types import NAME
from controller.kinds.tagging import Tagged, is_ours, read_tags, to_list, to_map
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.policy import NONE, PolicyDocument, PolicyOrNone
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

PAGE = 1000
"""The largest page that DescribeRepositories gives."""
SORTED = ("tagPrefixList", "tagPatternList")
"""Lists of a rule's selection whose order means nothing."""
HOLDS = "it holds images; delete them first, or keep it with `lifecycle: {deletion: retain}`"


def _rules(written: object) -> object:
    """A lifecycle policy in one form: as data, its rules by priority, and without what says nothing."""
    data = json.loads(written) if isinstance(written, str) and written else written or {}
    if not isinstance(data, dict) or not data:
        return data
    if data.keys() != {"rules"} or not isinstance(data["rules"], list):
        raise ValueError("a lifecycle policy is a mapping with a list of `rules`, in ECR's own grammar")
    rules = [_rule(rule) for rule in data["rules"]]
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise ValueError(f"two rules have one rulePriority: {', '.join(map(str, sorted(priorities)))}")
    return {"rules": sorted(rules, key=lambda rule: rule["rulePriority"])}


def _rule(rule: object) -> dict[str, Any]:
    if not isinstance(rule, dict) or not isinstance(rule.get("rulePriority"), int):
        raise ValueError("each rule needs a `rulePriority`, a whole number")  # noqa: TRY004 - pydantic's own
    selection = rule.get("selection")
    if isinstance(selection, dict):
        lists = {key: sorted(selection[key]) for key in SORTED if isinstance(selection.get(key), list)}
        rule = {**rule, "selection": {**selection, **lists}}
    return {key: value for key, value in rule.items() if (key, value) != ("description", "")}


class RepositorySpec(TaggedSpec):
    """An ECR repository."""

    repository_name: Annotated[
        str,
        Field(
            pattern=f"^{NAME}$",
            min_length=2,
            max_length=256,
        ),
    ] = Field(description="The name, such as `team/app`; unset: metadata.name.")
    image_tag_mutability: Literal["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"] = Field(
        default="MUTABLE", description="Whether a push may move a tag to another image."
    )
    image_tag_mutability_exclusion_filters: frozenset[Annotated[str, Field(pattern=r"^[0-9a-zA-Z._*-]{1,128}$")]] = (
        Field(
            default=frozenset(),
            max_length=5,
            description="Tags, with `*` as a wildcard, for which the opposite holds; only with `_WITH_EXCLUSION`.",
        )
    )
    scan_on_push: bool = Field(
        default=False,
        description="Whether images are scanned when they are pushed (ImageScanningConfiguration.ScanOnPush), where the "
        "registry as a whole does not say otherwise.",
    )
    encryption_type: Literal["AES256", "KMS", "KMS_DSSE"] = Field(
        default="AES256",
        description="How images are encrypted (EncryptionConfiguration.EncryptionType). AWS cannot change it.",
    )
    kms_key: Annotated[str, Field(pattern=r"^arn:[\w-]+:kms:[\w-]+:\d{12}:key/.+$")] | None = Field(
        default=None,
        description="ARN of the KMS key (EncryptionConfiguration.KmsKey); unset with KMS: AWS's own key for ECR. AWS cannot "
        "change it.",
    )
    lifecycle_policy: Annotated[dict[str, Any], BeforeValidator(_rules)] = Field(
        default={},
        description="Which images expire (LifecyclePolicy.LifecyclePolicyText), in ECR's grammar, as YAML or as JSON text; "
        "empty: none does.",
    )
    repository_policy: PolicyOrNone = Field(
        default=NONE,
        description="What others may do with it (RepositoryPolicyText), in IAM's grammar; `none`: nothing but what their "
        "own policies in this account allow.",
    )


class Repository(Kind[RepositorySpec]):
    """ECR repository. One that holds images is never deleted.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    Observation: ceil(n / 1000) calls + 2 reads (policies) for each repository that is trueup's, or is to be adopted or
    exported, and 1 more (images) where git names it no more; + the tags, which all kinds share.
    """

    api = "ecr.aws/v1"
    doc = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html"
    name_field = "repositoryName"
    replace_on = frozenset({"repositoryName", "encryptionType", "kmsKey"})
    outputs: ClassVar[Mapping[str, str]] = {
        "uri": "What images are pushed to and pulled from, without tag: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`.",
        "arn": "Its ARN.",
        "name": "Its name.",
    }
    reads = (
        "ecr:DescribeRepositories",
        "ecr:GetLifecyclePolicy",
        "ecr:GetRepositoryPolicy",
        "ecr:ListImages",
        "ecr:ListTagsForResource",
        "tag:GetResources",
    )
    writes = (
        "ecr:CreateRepository",
        "ecr:DeleteRepository",
        "ecr:PutImageTagMutability",
        "ecr:PutImageScanningConfiguration",
        "ecr:PutLifecyclePolicy",
        "ecr:DeleteLifecyclePolicy",
        "ecr:SetRepositoryPolicy",
        "ecr:DeleteRepositoryPolicy",
        "ecr:TagResource",
        "ecr:UntagResource",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if not isinstance(spec, RepositorySpec):
            return
        excludes = spec.image_tag_mutability.endswith("_WITH_EXCLUSION")
        if excludes != bool(spec.image_tag_mutability_exclusion_filters):
            hint = f"write {'which tags' if excludes else f'{spec.image_tag_mutability}_WITH_EXCLUSION'}, or leave both out"
            yield manifest.problem("imageTagMutability", "exclusions and their filters need each other", hint)
        if spec.kms_key and spec.encryption_type == "AES256":
            yield manifest.problem("kmsKey", "is used with encryptionType KMS or KMS_DSSE only")

    def tell(self, verb: Verb, before: RepositorySpec | None, after: RepositorySpec | None) -> Iterator[str]:
        if verb is Verb.REPLACE:
            yield "replaces the repository; images must be pushed again"
        elif before and after and before.image_tag_mutability != after.image_tag_mutability:
            free = after.image_tag_mutability.startswith("MUTABLE")
            yield "pushes may move tags" if free else "pushes that would move a tag are refused"

    def observe(self, aws: Aws, wanted: Wanted[RepositorySpec]) -> Iterator[Observed[RepositorySpec]]:
        pages = aws.pages("ecr", "DescribeRepositories", page_size=PAGE)
        repositories = [repository for page in pages for repository in page["repositories"]]
        asked = [Tagged(r["repositoryArn"], r["repositoryName"], r["repositoryName"]) for r in repositories]
        tags = read_tags(
            aws, asked, wanted, lambda arn: to_map(aws.call("ecr", "ListTagsForResource", resourceArn=arn)["tags"])
        )
        for repository in repositories:
            name, own = repository["repositoryName"], tags.get(repository["repositoryArn"])
            if not is_ours(own, name, name, wanted):
                yield translate(repository, own)
                continue
            leaving = not wanted.everything and name not in wanted.claims
            keep = HOLDS if leaving and _images(aws, name) else ""
            yield translate(repository, own, _lifecycle(aws, name), _policy(aws, name), keep)

    def create(self, aws: Aws, spec: RepositorySpec, tags: Mapping[str, str]) -> Made:
        key = {"kmsKey": spec.kms_key} if spec.kms_key else {}
        repository = aws.call(
            "ecr",
            "CreateRepository",
            repositoryName=spec.repository_name,
            imageScanningConfiguration={"scanOnPush": spec.scan_on_push},
            encryptionConfiguration={"encryptionType": spec.encryption_type, **key},
            tags=to_list(tags),
            **_mutability(spec),
        )["repository"]
        _put_policies(aws, spec.repository_name, None, spec)
        return Made(spec.repository_name, _outputs(repository))

    def update(self, aws: Aws, live: Observed[RepositorySpec], spec: RepositorySpec, changed: frozenset[str]) -> None:
        if changed & {"imageTagMutability", "imageTagMutabilityExclusionFilters"}:
            aws.call("ecr", "PutImageTagMutability", repositoryName=live.id, **_mutability(spec))
        if "scanOnPush" in changed:
            scanning = {"scanOnPush": spec.scan_on_push}
            aws.call(
                "ecr", "PutImageScanningConfiguration", repositoryName=live.id, imageScanningConfiguration=scanning
            )
        _put_policies(aws, live.id, live.spec, spec, changed)

    def delete(self, aws: Aws, live: Observed[RepositorySpec]) -> None:
        aws.call("ecr", "DeleteRepository", repositoryName=live.id)

    def holders(self, aws: Aws, live: Observed[RepositorySpec]) -> str:
        return "the images in it" if _images(aws, live.id) else ""

    def retag(self, aws: Aws, live: Observed[RepositorySpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        if put:
            aws.call("ecr", "TagResource", resourceArn=live.outputs["arn"], tags=to_list(put))
        if remove:
            aws.call("ecr", "UntagResource", resourceArn=live.outputs["arn"], tagKeys=sorted(remove))


POLICIES = frozenset({"lifecyclePolicy", "repositoryPolicy"})


def _put_policies(
    aws: Aws, name: str, live: RepositorySpec | None, spec: RepositorySpec, changed: frozenset[str] = POLICIES
) -> None:
    """Bring both policies from `live` (None: a repository made a moment ago, which has none) to `spec`."""
    if "repositoryPolicy" in changed:
        if isinstance(spec.repository_policy, PolicyDocument):
            text = spec.repository_policy.to_json()
            aws.call("ecr", "SetRepositoryPolicy", repositoryName=name, policyText=text)
        elif live:
            with suppress(NotFound):
                aws.call("ecr", "DeleteRepositoryPolicy", repositoryName=name)
    if "lifecyclePolicy" in changed:
        if spec.lifecycle_policy:
            text = json.dumps(spec.lifecycle_policy)
            aws.call("ecr", "PutLifecyclePolicy", repositoryName=name, lifecyclePolicyText=text)
        elif live:
            with suppress(NotFound):
                aws.call("ecr", "DeleteLifecyclePolicy", repositoryName=name)


def _mutability(spec: RepositorySpec) -> dict[str, Any]:
    filters = [{"filterType": "WILDCARD", "filter": tag} for tag in sorted(spec.image_tag_mutability_exclusion_filters)]
    excluded = {"imageTagMutabilityExclusionFilters": filters} if filters else {}
    return {"imageTagMutability": spec.image_tag_mutability, **excluded}


def _images(aws: Aws, name: str) -> bool:
    return bool(aws.call("ecr", "ListImages", repositoryName=name, maxResults=1)["imageIds"])


def _lifecycle(aws: Aws, name: str) -> str:
    with suppress(NotFound):
        return str(aws.call("ecr", "GetLifecyclePolicy", repositoryName=name)["lifecyclePolicyText"])
    return ""


def _policy(aws: Aws, name: str) -> str:
    with suppress(NotFound):
        return str(aws.call("ecr", "GetRepositoryPolicy", repositoryName=name)["policyText"])
    return NONE


def translate(
    repository: Mapping[str, Any],
    tags: Mapping[str, str] | None,
    lifecycle: str | None = None,
    policy: str | None = None,
    keep: str = "",
) -> Observed[RepositorySpec]:
    """The repository of a DescribeRepositories reply. Policies that were not asked for are unknown."""
    name, encryption = repository["repositoryName"], repository.get("encryptionConfiguration", {})
    filters = repository.get("imageTagMutabilityExclusionFilters") or ()
    known: dict[str, Any] = {
        "repository_name": name,
        "image_tag_mutability": repository.get("imageTagMutability", "MUTABLE"),
        "image_tag_mutability_exclusion_filters": frozenset(each["filter"] for each in filters),
        "scan_on_push": repository.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        "encryption_type": encryption.get("encryptionType", "AES256"),
        "kms_key": encryption.get("kmsKey"),
        "lifecycle_policy": None if lifecycle is None else _rules(lifecycle),
        "repository_policy": policy if policy in (None, NONE) else PolicyDocument.parse(policy),
    }
    return Observed(name, RepositorySpec.model_construct(**known, tags={}), tags, _outputs(repository), keep=keep)


def _outputs(repository: Mapping[str, Any]) -> dict[str, str]:
    return {
        "uri": repository["repositoryUri"],
        "arn": repository["repositoryArn"],
        "name": repository["repositoryName"],
    }
