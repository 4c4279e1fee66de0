"""Images in manifest files, and another one in the place of one of them: `trueup set image`, which CI commits.

Only the text of the one value changes. Comments, quotes, order and line ends are the author's, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from controller.errors import TrueupError
from controller.manifest.variables import Path
from controller.manifest.yaml_reader import Document, read
from controller.model.containers import has_version
from controller.model.problem import Position, did_you_mean

APP, TASK = ("trueup/v1", "FargateApp"), ("ecs.aws/v1", "TaskDefinition")


@dataclass(frozen=True, slots=True)
class Image:
    """Where an image is written, and under which names it is asked for."""

    names: tuple[str, ...]
    text: Any
    where: Position
    document: Document
    path: Path

    def __str__(self) -> str:
        return f"{self.names[0]} ({self.where})"


def images(documents: Iterable[Document]) -> Iterator[Image]:
    """Every image: of a FargateApp by its name, of a container by `task/container` or by its own."""
    for document in documents:
        data = document.data if isinstance(document.data, Mapping) else {}
        metadata, spec = _mapping(data.get("metadata")), _mapping(data.get("spec"))
        name, kind = str(metadata.get("name")), (data.get("apiVersion"), data.get("kind"))
        if kind == APP:
            yield from _image((name,), spec, document, ("spec",))
        elif kind == TASK:
            listed = spec.get("containerDefinitions")
            for number, item in enumerate(listed if isinstance(listed, list) else ()):
                container = _mapping(item)
                own = str(container.get("name"))
                path = ("spec", "containerDefinitions", number)
                yield from _image((f"{name}/{own}", own), container, document, path)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _image(names: tuple[str, ...], data: Mapping[str, Any], document: Document, above: Path) -> Iterator[Image]:
    path = (*above, "image")
    if "image" in data:
        yield Image(names, data["image"], document.position(path), document, path)


def find(found: Iterable[Image], name: str) -> Image:
    """The one image of that name. Raises TrueupError where there is none, or more than one."""
    there = list(found)
    named = [image for image in there if name in image.names]
    if len(named) == 1:
        return named[0]
    if named:
        hint = "name a folder that has one of them, or write task/container"
        raise TrueupError(f"{name!r} is more than one image: {', '.join(map(str, named))}", hint=hint)
    known = sorted({image.names[0] for image in there})
    hint = did_you_mean(name, known) if known else "there is none at all"
    raise TrueupError(f"there is no FargateApp and no container {name!r}", hint=hint)


def put(content: bytes, image: Image, text: str) -> bytes:
    """A file with another image at one place. Raises TrueupError where no more than that would not do."""
    if not has_version(text):
        raise TrueupError(f"{text!r} has neither tag nor digest", hint="write image:<tag> or image@sha256:<digest>")
    if not isinstance(image.text, str) or "${" in image.text:
        raise TrueupError(f"{image.where}: the image of {image.names[0]} is {image.text!r}", hint=_instead(image.text))
    whole = content.decode()
    start, end = _extent(whole, image)
    quote = whole[start] if whole[start] in "'\"" else ""
    changed = f"{whole[:start]}{quote}{text}{quote}{whole[end:]}".encode()
    if not _only_that(content, changed, image, text):
        hint = "write the image out where it is used"
        raise TrueupError(f"{image.where}: to set {text!r} there would change more than that", hint=hint)
    return changed


def _instead(written: Any) -> str:
    """What to do where no image is written that could be another."""
    if "${var." in str(written):
        return "change the variable in the scope"
    if "${out." in str(written) or (isinstance(written, Mapping) and {"tag", "semver"} & written.keys()):
        return (
            "it follows what is pushed (ImagePolicy): push another image there, or write one here, which git then names"
        )
    return "write an image there first"


def _extent(whole: str, image: Image) -> tuple[int, int]:
    """From where to where an image's text goes, quotes included."""
    wanted = (image.where.line, image.where.column)
    mark = len(whole) - len(whole.removeprefix("\ufeff"))
    events: Iterator[Any] = yaml.parse(whole[mark:], yaml.SafeLoader)
    for key, value in pairwise(events):
        at = (key.start_mark.line + 1, key.start_mark.column + 1)
        if at == wanted and isinstance(key, yaml.ScalarEvent) and _is_plain(value):
            return value.start_mark.index + mark, value.end_mark.index + mark
    hint = "write it in its place, as a text in one line"
    raise TrueupError(f"{image.where}: the image of {image.names[0]} has an anchor or tag, or is no line", hint=hint)


def _is_plain(event: Any) -> bool:
    written = isinstance(event, yaml.ScalarEvent) and event.style in (None, "'", '"')
    return written and not event.anchor and not event.tag


def _only_that(before: bytes, after: bytes, image: Image, text: str) -> bool:
    """Whether a file says the same as before, but for the one image; what an alias repeats is another."""
    expected = []
    for document in read(image.document.file, before)[0]:
        data = json.loads(json.dumps(document.data))  # what is shared there is two things here
        if document.position(()) == image.document.position(()):
            inner = data
            for part in image.path[:-1]:
                inner = inner[part]
            inner[image.path[-1]] = text
        expected.append(data)
    return [document.data for document in read(image.document.file, after)[0]] == expected
