"""Which of a repository's images is meant, where a manifest follows a tag or a range of versions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from controller.model.semver import Range, Version
from controller.model.spec import Part

Image = Mapping[str, Any]
"""An image as DescribeImages tells of it."""
SHOWN = 5
"""So many tags are named where none is the right one."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _range(text: str) -> str:
    Range.parse(text)
    return text


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    if groups > 1:
        raise ValueError(f"{text!r} has {groups} groups; one may hold the version, and (?:...) is none")
    return text


@dataclass(frozen=True, slots=True)
class Choice:
    """The image that was found, by the tag that led to it."""

    tag: str
    digest: str


class Following(Part):
    """What is followed: a tag, or the highest version."""

    tag: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$")] | None = Field(
        default=None, description="The tag whose image is meant, whichever that is: `stable`."
    )
    semver: Annotated[str, AfterValidator(_range)] | None = Field(
        default=None,
        description="In place of a tag: the highest version among the tags (`1.4.2`, `v1.4.2`) within a range in npm's grammar: "
        "`1.x`, `~1.4`, `^1.4`, `>=1.4.0 <2.0.0`, `||`. Versions before a release only where it names one: `>=1.5.0-0`.",
    )
    filter_tags: Annotated[str, AfterValidator(_pattern)] | None = Field(
        default=None,
        description="With semver: a regular expression that a tag must fit; what its group holds is the version: `^api-(.+)$`.",
    )

    @model_validator(mode="after")
    def _one(self) -> Following:
        if (self.tag is None) == (self.semver is None):
            raise ValueError("needs a tag to follow, or semver: one of the two")
        if self.filter_tags and not self.semver:
            raise ValueError("filterTags goes with semver")
        return self

    @property
    def sought(self) -> str:
        """In words."""
        fitting = f" that fits {self.filter_tags}" if self.filter_tags else ""
        return f"the tag {self.tag}" if self.tag else f"a tag{fitting} with a version in {self.semver}"

    def choose(self, images: Iterable[Image]) -> Choice | None:
        """The image that is meant; None where there is none."""
        if self.semver is None:
            return next((Choice(tag, image["imageDigest"]) for image, tag in _tags(images) if tag == self.tag), None)
        within = Range.parse(self.semver)
        versions = ((self._version(tag), image, tag) for image, tag in _tags(images))
        # Of two tags with one version the one that was pushed last.
        found = [
            (version, pushed_at(image), tag, image) for version, image, tag in versions if version and version in within
        ]
        _, _, tag, image = max(found, key=lambda one: one[:3], default=(None, None, "", {}))
        return Choice(tag, image["imageDigest"]) if tag else None

    def _version(self, tag: str) -> Version | None:
        if not self.filter_tags:
            return Version.parse(tag)
        fits = re.search(self.filter_tags, tag)
        return Version.parse((fits[1] or "") if fits.re.groups else tag) if fits else None


def _tags(images: Iterable[Image]) -> Iterator[tuple[Image, str]]:
    """Every tag with its image. What is archived cannot be pulled."""
    for image in images:
        if image.get("imageStatus", "ACTIVE") == "ACTIVE":
            yield from ((image, tag) for tag in image.get("imageTags") or ())


def pushed_at(image: Image) -> datetime:
    """When an image was pushed."""
    at: datetime = image.get("imagePushedAt", _LONG_AGO)
    return at


def newest(images: Iterable[Image]) -> str:
    """The tags of the images that were pushed last, in words."""
    tags = [tag for _, tag in sorted(_tags(images), key=lambda one: (pushed_at(one[0]), one[1]), reverse=True)]
    more = f", and {len(tags) - SHOWN} older" if len(tags) > SHOWN else ""
    return f"there are {', '.join(tags[:SHOWN])}{more}" if tags else "no image there has a tag"
