"""A live resource, read from AWS. Made by `kinds`, consumed by `reconcile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, TypeVar

from controller.model.address import Address
from controller.model.fact import Facts
from controller.model.inventory import Entry
from controller.model.manifest import View
from controller.model.spec import Spec

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Whole:
    """What a resource is a part of, where one pass should not touch too much of it: a zone, by its records.

    id         what tells it from others; where it is deleted itself, its parts may go
    name       what the parts are, for people ("records of example.com")
    parts      how many there are
    removable  how many of them can go: then none is left that is of use
    address    its manifest, which says how much of it may be touched; None where only the scope does
    where      how to find that manifest
    percent    (with a manifest) how many in a hundred may change or go
    emptied    (with a manifest) whether all may go
    field      on the whole itself: its spec's field that holds parts (camelCase); "" on what is one part
    """

    id: str
    name: str
    parts: int
    removable: int
    address: Address | None = None
    where: str = ""
    percent: int = 0
    emptied: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class Observed(Generic[S]):
    """One live resource.

    id        what AWS's calls take (a role's name, a policy's ARN); unique within kind, account and region
    spec      what is live, as the same model that manifests use
    tags      all tags but AWS's own (`aws:`); None where AWS does not report them, or the kind has none
    outputs   what other resources may refer to, by name
    pending   why it is not ready yet; "" when it is
    refused   what AWS tried as it was asked and took back, in its words (a rollout that was rolled back): the same is not asked
              of it again for the same commit
    broken    why it does not work although it is what was asked for; only a person can mend that
    failed    why AWS could not make it, in AWS's words: it will never be ready, and is made anew; "" when it could
    unread    why AWS would not tell of it, though it did of others of the kind; only for what is looked at (`kinds.base.Lookup`)
    undone    what is left to do though no field differs ("it is not accepted yet"): an update does it; "" for nothing
    keep      why a delete must be held ("has access keys"); "" when nothing speaks against it
    holder    whose it is, where it bears the mark of another tool ("external-dns owner 'blue'"); "" where it bears none
    made_for  the manifest that it was made for, where AWS shows that before its tags are on; it counts only for a create whose end
              was never recorded
    innate    whether AWS made it along with something else (a VPC's default group): it is managed without being owned,
              never made anew and never deleted
    whole     what it is a part of, or is itself, that one pass should not touch too much of
    facts     what people watch over time (see Kind.facts)
    detail    what the kind itself needs again for update and delete
    """

    id: str
    spec: S
    tags: Mapping[str, str] | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    pending: str = ""
    _: KW_ONLY
    refused: str = ""
    broken: str = ""
    failed: str = ""
    unread: str = ""
    undone: str = ""
    keep: str = ""
    holder: str = ""
    made_for: Address | None = None
    innate: bool = False
    whole: Whole | None = None
    facts: Facts = field(default_factory=dict)
    detail: Any = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a create has made, or an update has made of it: enough for dependants to go on in the same pass. `pending` and
    `innate` as in Observed."""

    id: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    pending: str = ""
    innate: bool = False


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """What a kind is asked to do to one resource: a create where nothing is `live`, a delete where there is no `spec`, else an
    update of the fields `changed`.

    tags   those that a create gives it
    needs  the places of the steps handed over with it that must have come about before it, or along with it
    where  the place in git that asks for it, "" where git no longer does
    """

    live: Observed[S] | None = None
    spec: S | None = None
    _: KW_ONLY
    changed: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[int] = frozenset()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Wanted(Generic[S]):
    """What a pass is interested in, so that a kind need not read more than that.

    `claims`: live names that manifests ask for. `ids`: what the inventory knows, and what manifests adopt by its id.
    `everything`: all there is (export). `view`: all sound manifests of the commit, where what is live is looked after by more than
    one of them; `whole`: whether it has them all. `entries`: what the inventory knows of all kinds.
    """

    claims: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    everything: bool = False
    view: View | None = None
    whole: bool = True
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation(Generic[S]):
    """What a pass has seen of one kind: its live resources, or the reason why they are unknown."""

    live: tuple[Observed[S], ...] = ()
    error: str = ""
