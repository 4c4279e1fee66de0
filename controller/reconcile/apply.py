"""Apply: one action, from its last look at the wanted spec to the record of what was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from pydantic import ValidationError

from controller.aws.account import acting
from controller.aws.client import Aws, changes_made
from controller.errors import AlreadyExists, AwsBusy, AwsError, AwsRefused, Held, NotFound, StateError, TrueupError
from controller.kinds.base import Kind
from controller.model.address import Address
from controller.model.event import ActionEnded, ActionStarted, Emit, Result, StateTrouble
from controller.model.inventory import Entry, Failure, Inventory
from controller.model.observed import Made, Observed
from controller.model.plan import Action, Verb
from controller.model.scope import Deletion
from controller.model.spec import Spec
from controller.reconcile.diff import diff, top_level
from controller.reconcile.execute import Ended
from controller.reconcile.guard import fingerprint, unforeseen
from controller.reconcile.resolve import resolve, unknown_values
from controller.state.store import Store

RETRY_FIRST, RETRY_LAST = timedelta(minutes=1), timedelta(hours=1)
"""How long a refused action waits before it is tried again, doubled each time."""


@dataclass
class Outputs:
    """What resources may refer to, as it becomes known in the course of a pass."""

    known: dict[Address, Mapping[str, str]]
    elsewhere: Callable[[Address, str], str | None]
    scope: str

    def __post_init__(self) -> None:
        self._lock = Lock()

    def __call__(self, target: Address, output: str) -> str | None:
        if target.scope != self.scope:
            return self.elsewhere(target, output)
        with self._lock:
            return self.known.get(target, {}).get(output)

    def learn(self, address: Address, outputs: Mapping[str, str]) -> None:
        """Note what a create has made."""
        with self._lock:
            self.known[address] = outputs


@dataclass(frozen=True)
class Applier:
    """Carries out actions of one pass of one scope."""

    aws: Aws
    kinds: Mapping[str, Kind[Any]]
    store: Store
    inventory: Inventory
    outputs: Outputs
    commit: str
    emit: Emit
    clock: Callable[[], datetime]

    def __call__(self, action: Action) -> Ended:
        """Carry out one action. Never raises: what goes wrong is in the result, and stays with this action."""
        acting.set(action.address)
        self.emit(ActionStarted(action))
        began = time.monotonic()
        ended = self._ended(action)
        self.emit(ActionEnded(action, ended.result, ended.reason, time.monotonic() - began))
        return ended

    def skip(self, action: Action, reason: str) -> Ended:
        """Note that an action is not carried out, because of what it needs."""
        self.emit(ActionEnded(action, Result.SKIPPED, reason))
        return Ended(action, Result.SKIPPED, reason)

    def _ended(self, action: Action) -> Ended:
        try:
            return self._tried(action)
        except TrueupError as error:
            return Ended(action, Result.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - a mistake in one kind must not stop the others
            return Ended(action, Result.FAILED, f"a mistake in trueup: {type(error).__name__}: {error}")

    def _tried(self, action: Action) -> Ended:
        try:
            pending = self._carry_out(action)
            self._keep_in_mind(action)
        except Held as held:
            return Ended(action, Result.HELD, held.message)
        except AwsBusy as busy:
            return Ended(action, Result.WAITING, self._holders(action) or str(busy))
        except AwsRefused as refused:
            self._note(self._failure(action, str(refused)))
            return Ended(action, Result.REFUSED, str(refused))
        return Ended(action, Result.DONE, pending=pending)

    def _note(self, failure: Failure) -> None:
        try:
            self.store.failed(failure)
        except StateError as error:  # it is tried again sooner than it should be, and nothing else is concerned
            self.emit(StateTrouble(str(error)))

    def _keep_in_mind(self, action: Action) -> None:
        """Forget earlier failures; but what AWS failed to make may well fail again, and then is not made anew at once."""
        if action.verb is Verb.REPLACE and _live(action).failed:
            self._note(self._failure(action, _live(action).failed))
        else:
            self.store.succeeded(action.address)

    def _holders(self, action: Action) -> str:
        """What keeps AWS from letting a resource go, as far as the kind can find out."""
        if action.live is None or action.verb not in (Verb.DELETE, Verb.REPLACE):
            return ""
        with suppress(AwsError):  # then AWS's own words must do
            holders = self.kinds[action.address.kind].holders(self.aws, action.live)
            return f"{action.live.id} is still in use by {holders}" if holders else ""
        return ""

    def _failure(self, action: Action, message: str) -> Failure:
        mark = fingerprint(action, self.commit)
        before = self.inventory.failures.get(action.address)
        attempts = before.attempts + 1 if before and before.fingerprint == mark else 1
        delay = min(RETRY_FIRST * 2 ** min(attempts - 1, 10), RETRY_LAST)
        return Failure(action.address, mark, message, attempts, self.clock() + delay)

    def _carry_out(self, action: Action) -> str:
        """Do what the verb says; what AWS is still at afterwards."""
        does: Mapping[Verb, Callable[[Action, Kind[Any]], str]] = {
            Verb.CREATE: self._create,
            Verb.ADOPT: self._update,
            Verb.UPDATE: self._update,
            Verb.REPLACE: self._replace,
            Verb.DELETE: self._delete,
            Verb.FORGET: self._forget,
        }
        return does[action.verb](action, self.kinds[action.address.kind])

    def _spec(self, action: Action) -> Spec:
        assert action.manifest is not None  # noqa: S101 - every verb but DELETE and FORGET has one
        try:
            spec = resolve(action.manifest, self.kinds, self.outputs)
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(str(part) for part in first["loc"])
            raise AwsRefused(f"{path}: {first['msg']} once its references are put in") from error
        unknown = unknown_values(spec)
        if unknown:
            raise AwsBusy(f"waits for {', '.join(unknown)}")
        return spec

    def _create(self, action: Action, kind: Kind[Any]) -> str:
        spec = self._spec(action)
        self.store.intend(action.address, kind.claim(spec))
        before = changes_made.get()
        try:
            made = kind.create(self.aws, spec, action.tags or {})
        except (AlreadyExists, AwsRefused, Held) as error:
            # A call before this one may have made it, or botocore's own retry found what its first attempt made. The next pass
            # knows it by its tags; without tags only the intent can tell, so it stays where we may be the maker, and only there.
            perhaps_ours = changes_made.get() > before or (isinstance(error, AlreadyExists) and error.retried)
            if not perhaps_ours:
                self.store.unintend(action.address)
            raise
        self._record(action, made)
        return made.pending or _waits_for(spec)

    def _record(self, action: Action, made: Made) -> None:
        if made.innate:
            self.store.unintend(action.address)
        else:
            self.store.applied(self._entry(action, made.id, made.outputs))
        self.outputs.learn(action.address, made.outputs)

    def _entry(self, action: Action, id_: str, outputs: Mapping[str, str]) -> Entry:
        where, manifest = action.where, action.manifest
        return Entry(
            address=action.address,
            id=id_,
            commit=self.commit,
            file=where.file if where else "",
            line=where.line if where else 0,
            created=self.clock(),
            deletion=manifest.lifecycle.deletion if manifest else Deletion.DELETE,
            outputs=outputs,
        )

    def _update(self, action: Action, kind: Kind[Any]) -> str:
        live = _live(action)
        spec = self._spec(action)
        assert action.manifest is not None  # noqa: S101
        # The plan may have been made before an output was known: look again.
        changes = diff(spec, live.spec, action.manifest.lifecycle.ignore)
        changed = frozenset(top_level(change.path) for change in changes)
        if changed & kind.replace_on:
            return (
                f"AWS cannot change {', '.join(sorted(changed & kind.replace_on))} in place: the next pass replaces it"
            )
        why = unforeseen(replace(action, changes=changes, caution=kind.caution(live, spec)))
        if why and not action.changes:  # what it would change was not known when it was planned
            raise Held(why)
        live = replace(live, tags=self._retag(action, live, kind))
        if kind.claim(spec) != kind.claim(live.spec) and not kind.taggable:
            self.store.intend(action.address, kind.claim(spec))  # it will be known by another name
        become = kind.update(self.aws, live, spec, changed) if changed or live.undone else None
        become = become or Made(live.id, live.outputs, live.pending)
        if not live.innate:
            self.store.applied(self._entry(action, become.id, become.outputs))
            if become.id != live.id:
                self.store.forget(action.address, live.id)
        self.outputs.learn(action.address, become.outputs)
        return become.pending or _waits_for(spec)

    def _replace(self, action: Action, kind: Kind[Any]) -> str:
        if action.in_place:
            self._spec(action)  # raises where the new one cannot be made yet: then the old one stays
            self._delete(action, kind)
        return self._create(action, kind)

    def _retag(self, action: Action, live: Observed[Any], kind: Kind[Any]) -> Mapping[str, str] | None:
        """Put tags on and take tags off as planned; the tags that there are then."""
        paths = [change for change in action.changes if top_level(change.path) == "tags"]
        keys = {change.path.partition(".")[2] for change in paths}
        wanted = action.tags or {}
        put = {key: wanted[key] for key in keys if key in wanted}
        remove = frozenset(keys - put.keys())
        if put or remove:
            kind.retag(self.aws, live, put, remove)
        if live.tags is None:
            return None
        return {**{key: value for key, value in live.tags.items() if key not in remove}, **put}

    def _delete(self, action: Action, kind: Kind[Any]) -> str:
        live = _live(action)
        with suppress(NotFound):  # gone already, which is what was wanted
            kind.delete(self.aws, live)
        self.store.forget(action.address, live.id)
        return ""

    def _forget(self, action: Action, kind: Kind[Any]) -> str:
        live = _live(action)
        marks = frozenset((live.tags or {}).keys() - (action.tags or {}).keys())
        if marks and kind.taggable:
            kind.retag(self.aws, live, {}, marks)
        self.store.forget(action.address, live.id)
        return ""


def _live(action: Action) -> Observed[Any]:
    assert action.live is not None  # noqa: S101 - a plan never changes what is not there
    return action.live


def _waits_for(spec: Spec) -> str:
    """Which values a later pass has to put in, or "" where all are known."""
    later = unknown_values(spec, loose=True)
    return f"waits for {', '.join(later)}" if later else ""
