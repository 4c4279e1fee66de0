"""Image policies: which image of an ECR repository is the one to run. Nothing is made; others refer to what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from pydantic import Field

from controller.aws.client import Aws
from controller.errors import AwsRefused, NotFound
from controller.kinds.base import Lookup
from controller.kinds.ecr.following import Following, Image, newest
from controller.kinds.ecr.repository import RepositorySpec
from controller.kinds.ecr.types import Place, RepositoryRef, place
from controller.model.address import Address
from controller.model.manifest import Manifest, View
from controller.model.observed import Observed, Wanted
from controller.model.problem import Problem, Severity
from controller.model.spec import Spec

PAGE = 1000
"""The largest page that DescribeImages gives."""


class ImagePolicySpec(Following, Spec):
    """An image that is followed."""

    repository: RepositoryRef = Field(
        description="The repository, by manifest name, or by its URI without tag where no manifest makes it: "
        "`123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app`."
    )


class ImagePolicy(Lookup[ImagePolicySpec]):
    """The image of an ECR repository that a tag, or the highest version in a range, stands for: `${out.ImagePolicy.app.image}`
    in a container. When another image is pushed under it, the next pass registers a new revision of what refers to it.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
    Observation: 1 call for each tag that is followed + ceil(tagged images / 1000) for each repository of which versions are, or
    which does not have such a tag (yet); nothing else.
    """

    api = "ecr.aws/v1"
    doc = "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html"
    outputs: ClassVar[Mapping[str, str]] = {
        "image": "What a container runs: `<repository's URI>@sha256:<digest>`.",
        "digest": "The image's digest, `sha256:...`.",
        "tag": "The tag that led to it.",
    }
    reads = ("ecr:DescribeImages",)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            spec, repository = manifest.spec, _repository(manifest, view)
            if isinstance(spec, ImagePolicySpec) and spec.tag and repository and not _moves(spec.tag, repository):
                found = f"{spec.tag} never becomes another image, since the repository's tags are not to be moved"
                hint = f"exclude it there (imageTagMutabilityExclusionFilters: [{spec.tag}]), or follow versions with semver"
                yield manifest, manifest.problem("tag", found, hint, severity=Severity.WARNING)

    def observe(self, aws: Aws, wanted: Wanted[ImagePolicySpec]) -> Iterator[Observed[ImagePolicySpec]]:
        if wanted.view:
            for manifest in wanted.view.of(self.id):
                spec, where = manifest.spec, _place(manifest, wanted.view)
                if isinstance(spec, ImagePolicySpec) and where:
                    yield _look(aws, manifest.address.name, spec, where)


def _target(manifest: Manifest) -> Address | None:
    """The manifest that a policy's repository has; None for one by its URI."""
    return next((link.target for link in manifest.links if link.output == "uri"), None)


def _repository(manifest: Manifest, view: View) -> RepositorySpec | None:
    target = _target(manifest)
    found = view.manifests.get(target) if target else None
    return found.spec if found and isinstance(found.spec, RepositorySpec) else None


def _place(manifest: Manifest, view: View) -> Place | None:
    """Where a policy's repository is, or will be: in whatever scope; None where that cannot be told yet."""
    target, repository = _target(manifest), _repository(manifest, view)
    if target is None:
        return place(str(manifest.data["repository"]))
    scope = view.scopes.get(target.scope)
    return Place(scope.spec.account, scope.spec.region, repository.repository_name) if scope and repository else None


def _moves(tag: str, repository: RepositorySpec) -> bool:
    """Whether a push may move a tag to another image."""
    excluded = any(fnmatchcase(tag, pattern) for pattern in repository.image_tag_mutability_exclusion_filters)
    return repository.image_tag_mutability.startswith("MUTABLE") != excluded


def _look(aws: Aws, name: str, spec: ImagePolicySpec, where: Place) -> Observed[ImagePolicySpec]:
    try:
        return translate(name, spec, where, _images(aws, spec, where))
    except NotFound:
        return Observed(name, spec, pending=f"the repository {where.uri} does not exist yet")
    except AwsRefused as refused:  # another account's repository says no; the others are not concerned
        return Observed(name, spec, unread=f"could not be read: {refused}")


def _images(aws: Aws, spec: ImagePolicySpec, where: Place) -> list[Image]:
    """The image of a tag; else all that have one, which the policies of a repository share."""
    asked: dict[str, Any] = {"region": where.region, "registryId": where.account, "repositoryName": where.name}
    if spec.tag:
        with suppress(NotFound):
            return _details(aws.pages("ecr", "DescribeImages", imageIds=[{"imageTag": spec.tag}], **asked))
    return _details(aws.pages("ecr", "DescribeImages", page_size=PAGE, filter={"tagStatus": "TAGGED"}, **asked))


def _details(pages: Iterable[Mapping[str, list[Image]]]) -> list[Image]:
    return [image for page in pages for image in page["imageDetails"]]


def translate(name: str, spec: ImagePolicySpec, where: Place, images: list[Image]) -> Observed[ImagePolicySpec]:
    """What a policy stands for, by what DescribeImages says of its repository."""
    found = spec.choose(images)
    if found is None:
        return Observed(name, spec, pending=f"{where.uri} does not have {spec.sought}; {newest(images)}")
    outputs = {"image": f"{where.uri}@{found.digest}", "digest": found.digest, "tag": found.tag}
    return Observed(name, spec, outputs=outputs)
