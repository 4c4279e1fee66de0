"""References between resources: a manifest's name, `scope/name`, or a literal AWS id or ARN.

A Spec's field says that it is one by its type: `Annotated[str, Ref("ec2/Vpc", output="id", literal=r"vpc-\\w+")]`. Pydantic then
hands each value to whoever validates or dumps the Spec, through its context, so that nobody has to search for references:
- `manifest` validates with a context that looks names up among the manifests and notes the links;
- `reconcile` validates again with one that puts in the outputs of what is live;
- `reconcile` dumps what is live with one that collects the ids, which orders deletes;
- `export` dumps with one that turns ids back into names.
Without a context a value stays as it is: what AWS gave is literal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo, ValidationInfo
from pydantic_core import core_schema

from controller.model.address import Address

UNKNOWN = re.compile(r"\(known after apply: [^)]*\)")
"""How a value that is not known before something else has been applied looks in a plan."""


def unknown(target: Address, output: str) -> str:
    """The stand-in for an output that is not known yet."""
    return f"(known after apply: {target.local}.{output})"


def is_known(text: str) -> bool:
    """Whether a value has no stand-in in it."""
    return not UNKNOWN.search(text)


@dataclass(frozen=True)
class Ref:
    """Says that a string field names another resource.

    `kinds`: which kinds it may name (`iam/Policy`); the first that has a manifest of that name is meant.
    `output`: which of the target's outputs is the value AWS wants. `literal`: a pattern for values taken as they are.
    `loose`: the target need not stand first, so that two resources may name each other; what is not known yet is put in by
    a later pass. `itself`: the value to use where a resource names itself; "" where it cannot.
    """

    kinds: tuple[str, ...]
    output: str
    literal: str
    loose: bool
    itself: str

    def __init__(self, *kinds: str, output: str, literal: str, loose: bool = False, itself: str = "") -> None:
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "output", output)
        object.__setattr__(self, "literal", literal)
        object.__setattr__(self, "loose", loose)
        object.__setattr__(self, "itself", itself)

    @cached_property
    def _literal(self) -> re.Pattern[str]:
        return re.compile(self.literal)

    def is_literal(self, text: str) -> bool:
        """Whether the value is an AWS id or ARN already (or nothing, or not known yet), and so names no manifest."""
        return text in ("", self.itself) or bool(self._literal.fullmatch(text)) or not is_known(text) or "${" in text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def resolve(text: str, info: ValidationInfo) -> str:
            lookup = info.context.get("resolve") if info.context else None
            return text if lookup is None or self.is_literal(text) else lookup(self, text)

        def show(text: str, info: SerializationInfo) -> str:
            name = info.context.get("name") if info.context else None
            return text if name is None else name(self, text)

        return core_schema.with_info_after_validator_function(
            resolve,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(show, info_arg=True),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "type": "string", "x-reference": list(self.kinds)}


Lookup = Callable[[Ref, str], str]
"""Given a reference and its text, the value to use. Raises ValueError where there is nothing of that name."""


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One resource's need of another: `target` must stand before it, unless the link is loose.

    `output` is "" for a bare `dependsOn`.
    """

    target: Address
    output: str = ""
    loose: bool = False
