"""The base of every Spec: one pydantic model a kind, used in every direction (git, AWS, diff, export).

What `None` and empty mean is the same for all kinds, and the diff rests on it:
- `None` on the side of git: the manifest leaves the field out, and trueup does not manage it;
- `None` on the side of AWS: AWS does not report it, so it is unknown, which is never drift;
- an empty value ("" or an empty collection) says that there is nothing, and is compared like any other value.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError


class Part(BaseModel):
    """A frozen model with camelCase names that refuses unknown fields: a Spec, or a piece of one."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        validate_default=True,
        defer_build=True,  # a validator is made when it is first used: those of all kinds take 30 MB, and half a second
    )

    key_fields: ClassVar[tuple[str, ...]] = ()
    """In a list: the fields (python names) that tell which item is which, so that a diff can pair them. () = by place."""


def misfit(message: str, *place: str | int) -> ValidationError:
    """What a validator raises where only a part of what it is given is wrong: `place` leads to that part."""
    wrong = PydanticCustomError("misfit", "{message}", {"message": message})
    return ValidationError.from_exception_data("Spec", [InitErrorDetails(type=wrong, loc=place, input=None)])


def is_secret(info: FieldInfo) -> bool:
    """Whether a field's value must never be shown: `Field(json_schema_extra={"secret": True})`."""
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get("secret"))


def is_partial(info: FieldInfo) -> bool:
    """Whether git manages only those keys of a map that it names: `Field(json_schema_extra={"partial": True})`."""
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get("partial"))


class Spec(Part):
    """What a resource should be (from git) or is (from AWS), in canonical form: specs that AWS treats alike are equal."""

    def managed_by(self, want: Spec) -> Spec:
        """This live spec as far as the wanted one has a say in it: what that leaves to others is no difference."""
        return self


class TaggedSpec(Spec):
    """A Spec of a kind that AWS lets us tag."""

    tags: dict[str, str] = Field(
        default={},
        description="Tags, beside the scope's default tags and trueup's own. Tags that git does not name are removed.",
    )
