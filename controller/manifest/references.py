"""References between manifests: names in reference fields, `${out.Kind.name.output}`, and `dependsOn`.

`load` looks them up in an Index of everything that a commit declares; `reconcile` puts the outputs of live resources in
their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from controller.manifest import variables
from controller.manifest.envelope import Kinds
from controller.manifest.variables import Wrong
from controller.model.address import Address, short_kind
from controller.model.problem import did_you_mean
from controller.model.reference import Link, unknown

Outputs = Callable[[Address, str], str | None]
"""What an output of a resource is; None where it is not known yet."""
_FEW = 300
"""Among more names than these, a near one is only looked for among those with the same first letter."""


class Index:
    """All that a commit declares. In a scope that could not be understood (`broken`) everything is taken to exist."""

    def __init__(self, addresses: Iterable[Address], scopes: Collection[str], broken: Collection[str] = ()) -> None:
        self._addresses = frozenset(addresses)
        self._scopes = scopes
        self._broken = frozenset(broken)
        self._hints: dict[tuple[str, tuple[str, ...], str], str] = {}

    def first(self, choice: tuple[Address, ...]) -> Address | None:
        """The first of some addresses that exists."""
        return next((each for each in choice if each in self._addresses or each.scope in self._broken), None)

    def find(self, scope: str, kinds: tuple[str, ...], text: str) -> Address:
        """The manifest that `name` or `scope/name` means, of the first kind that has it. Raises Wrong for none."""
        return self.require(candidates(scope, kinds, text))

    def require(self, choice: tuple[Address, ...]) -> Address:
        """The first of some addresses (alike but for their kind) that exists. Raises Wrong where none does."""
        if found := self.first(choice):
            return found
        scope, name = choice[0].scope, choice[0].name
        if scope not in self._scopes:
            raise Wrong(f"there is no scope {scope!r}", did_you_mean(scope, self._scopes))
        kinds = tuple(address.kind for address in choice)
        what = " or ".join(map(short_kind, kinds))
        raise Wrong(f"there is no {what} {name!r} in scope {scope!r}", self._hint(scope, kinds, name))

    @cached_property
    def _names(self) -> Mapping[tuple[str, str], list[str]]:
        names: dict[tuple[str, str], list[str]] = {}
        for address in self._addresses:
            names.setdefault((address.scope, address.kind), []).append(address.name)
        return names

    def _hint(self, scope: str, kinds: tuple[str, ...], name: str) -> str:
        key = scope, kinds, name
        if key not in self._hints:
            names = [near for kind in kinds for near in self._names.get((scope, kind), ())]
            alike = [near for near in names if near[:1].lower() == name[:1].lower()]
            hint = did_you_mean(name, names if len(names) <= _FEW else alike)
            self._hints[key] = hint if len(names) <= _FEW or hint.startswith("did you mean") else ""
        return self._hints[key]


def candidates(scope: str, kinds: tuple[str, ...], text: str) -> tuple[Address, ...]:
    """What `name` or `scope/name` may mean, for each of some kinds."""
    named, _, name = text.rpartition("/")
    return tuple(Address(named or scope, kind, name) for kind in kinds)


def output_link(text: str, scope: str, kinds: Kinds) -> Link:
    """What `Kind.name.output` means: `Kind` may be `service/Kind`, `name` may be `scope/name` and have dots in it.

    Raises Wrong where the form, the kind or the output is. Whether there is such a manifest is the Index's to say.
    """
    kind_text, _, rest = text.partition(".")
    name, _, output = rest.rpartition(".")
    if not (kind_text and name and output):
        raise Wrong(f"'${{out.{text}}}' is malformed", "write ${out.Kind.name.output}")
    kind = kind_id(kind_text, kinds)
    outputs = kinds[kind].outputs
    if output not in outputs:
        raise Wrong(f"{short_kind(kind)} has no output {output!r}", did_you_mean(output, outputs) or "it has none")
    return Link(candidates(scope, (kind,), name)[0], output)


def kind_id(text: str, kinds: Kinds) -> str:
    """`iam/Role` of `Role` or `iam/Role`. Raises Wrong where there is no such kind, or more than one."""
    found = [kind for kind in kinds if text in (kind, short_kind(kind))]
    if len(found) == 1:
        return found[0]
    if found:
        raise Wrong(f"kind {text!r} is ambiguous", f"write {' or '.join(sorted(found))}")
    raise Wrong(f"unknown kind {text!r}", did_you_mean(text, kinds if "/" in text else map(short_kind, kinds)))


def dependency(text: str, scope: str, kinds: Kinds) -> Address:
    """What an item of `dependsOn` means: `Kind/name`, with `service/`, `scope/` or `scope/service/` before it.

    Raises Wrong where the form or the kind is not right.
    """
    *before, kind, name = text.split("/") if text.count("/") in {1, 2, 3} else ("", "", "")
    if not (kind and name and all(before)):
        raise Wrong(f"{text!r} names no resource", "write Kind/name, service/Kind/name or scope/Kind/name")
    if before and (len(before) == 2 or f"{before[-1]}/{kind}" in kinds):
        kind = f"{before.pop()}/{kind}"
    return Address(before[0] if before else scope, kind_id(kind, kinds), name)


def resolve(data: Any, lookup: Outputs, scope: str, kinds: Kinds) -> Any:
    """A manifest's data with every `${out.}` replaced by the output, or by a stand-in where it is not known yet.

    `$${` becomes `${`. The data has been through `load`; `scope` is the manifest's own.
    """

    def replace(match: re.Match[str]) -> str:
        asked = variables.output_of(match)
        return value_of(output_link(asked, scope, kinds), lookup) if asked else variables.unescape(match[0])

    return variables.rewrite(data, lambda text: variables.TOKEN.sub(replace, text))


def value_of(link: Link, lookup: Outputs) -> str:
    """A link's value: the output, or its stand-in where it is not known yet."""
    value = lookup(link.target, link.output)
    return unknown(link.target, link.output) if value is None else value
