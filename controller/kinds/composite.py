"""The contract of a composite: a manifest that stands for many, of kinds that trueup has. It never talks to AWS."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar, get_args

from controller.model.composite import CompositeSpec
from controller.model.fact import Fact
from controller.model.manifest import Piece
from controller.model.scope import Scope

C = TypeVar("C", bound=CompositeSpec)


class Composite(ABC, Generic[C]):
    """One composite. The subclass's name is the manifest's `kind`; its docstring says what it expands to."""

    service: ClassVar[str] = "trueup"
    spec: ClassVar[type[CompositeSpec]]
    """Set from the type argument: `class Network(Composite[NetworkSpec])`."""
    name_field: ClassVar[str] = ""
    claimed_by: ClassVar[tuple[str, ...]] = ()
    replace_on: ClassVar[frozenset[str]] = frozenset()
    outputs: ClassVar[Mapping[str, str]] = {}
    facts: ClassVar[tuple[Fact, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            (cls.spec,) = get_args(base)

    @property
    def id(self) -> str:
        """`trueup/Network`."""
        return f"{self.service}/{type(self).__name__}"

    @abstractmethod
    def expand(self, name: str, spec: C, scope: Scope) -> Iterator[Piece]:
        """The manifests that it stands for. Their names follow from `name` and the spec alone, and stay when it grows."""
