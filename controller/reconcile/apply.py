"""Apply: actions, from the last look at what is wanted to the record of what was done.

Each action is a course: a generator that hands out the steps which its kind is to take, and is sent what has become of them. So it
is written as if it were alone, and many can share their calls and their writes to the record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
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
from controller.model.observed import Made, Observed, Step
from controller.model.plan import Action, Verb
from controller.model.scope import Deletion
from controller.model.spec import Spec
from controller.reconcile.diff import diff, top_level
from controller.reconcile.execute import Ended, obstacle
from controller.reconcile.guard import fingerprint, unforeseen
from controller.reconcile.owner import PREFIX
from controller.reconcile.resolve import resolve, unknown_values
from controller.state.store import Store

Course = Generator[Step[Any], Made | None, str]
"""An action under way. In the end it says what AWS is still at."""
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


@dataclass
class _Task:
    """An action that is carried out: the step that it has come to, or how it has ended."""

    action: Action
    course: Course
    began: float
    step: Step[Any] | None = None
    ended: Ended | None = None


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

    def group(self, action: Action) -> str:
        """What an action goes together with; "" where it goes alone."""
        kind = self.kinds[action.address.kind]
        return kind.id if kind.together and not action.in_place else ""

    def __call__(self, actions: Sequence[Action]) -> Iterable[Ended]:
        """Carry out actions of one kind, each after what it needs. Never raises: what goes wrong is in the results, and stays with
        the actions that it is about."""
        acting.set(tuple(action.address for action in actions))
        kind = self.kinds[actions[0].address.kind]
        tasks = [_Task(action, self._course(action), time.monotonic()) for action in actions]
        ended: dict[str, Ended] = {}
        for task in tasks:
            why = obstacle(task.action, ended)
            if why:
                task.ended = self.skip(task.action, why)
            else:
                self.emit(ActionStarted(task.action))
                self._reached([(task, _advance(task.course, None))])
            if task.ended:
                ended[task.action.key] = task.ended
        while due := [task for task in tasks if task.step]:
            self._take(kind, due)
        return [task.ended for task in tasks if task.ended]

    def skip(self, action: Action, reason: str) -> Ended:
        """Note that an action is not carried out, because of what it needs."""
        self.emit(ActionEnded(action, Result.SKIPPED, reason))
        return Ended(action, Result.SKIPPED, reason)

    def _take(self, kind: Kind[Any], due: Sequence[_Task]) -> None:
        """Have the kind take the steps that tasks have come to, and put on record what becomes of them call by call."""
        untold = dict(enumerate(due))
        left: Exception = RuntimeError(f"{kind.id} has not told what has become of it")
        try:
            self._intend(kind, due)
            changes_made.set(0)
            for told in kind.change(self.aws, _steps(due)):
                changes_made.set(0)  # what a call has done is told: a step that it was refused is not taken
                self._hear([(untold.pop(place), what) for place, what in told.items()])
        except Exception as error:  # noqa: BLE001 - a mistake in one kind must not stop the others
            left = error
        if untold:
            with suppress(StateError):  # it is in the results
                self._hear([(task, left) for task in untold.values()])

    def _intend(self, kind: Kind[Any], due: Iterable[_Task]) -> None:
        """Note the names that are about to be asked for, where only that could tell afterwards whose they are."""
        claims = [(task.action.address, _claim(kind, task.step)) for task in due if task.step]
        begun = [(address, claim) for address, claim in claims if claim is not None]
        with self.store.at_once() if begun else nullcontext():
            for address, claim in begun:
                self.store.intend(address, claim)

    def _hear(self, told: Iterable[tuple[_Task, Made | Exception | None]]) -> None:
        """Go on with what was told. Raises StateError where that cannot be put on record; then it is in the results as well."""
        tasks = [task for task, _ in told]
        try:
            with self.store.at_once():
                reached = [(task, _advance(task.course, what)) for task, what in told]
        except StateError as error:
            self._reached([(task, error) for task in tasks])
            raise
        self._reached(reached)

    def _reached(self, reached: Sequence[tuple[_Task, Step[Any] | str | Exception]]) -> None:
        """Note what tasks have come to."""
        for task, what in reached:
            task.step = what if isinstance(what, Step) else None
            task.ended = None if isinstance(what, Step) else self._ended(task.action, what)
        ended = [(task, task.ended) for task, _ in reached if task.ended]
        self._note([self._failure(end.action, end.reason) for _, end in ended if end.result is Result.REFUSED])
        for task, end in ended:
            self.emit(ActionEnded(end.action, end.result, end.reason, time.monotonic() - task.began))

    def _ended(self, action: Action, what: str | Exception) -> Ended:
        match what:
            case str():
                return Ended(action, Result.DONE, pending=what)
            case Held():
                return Ended(action, Result.HELD, what.message)
            case AwsBusy():
                return self._waiting(action, what)
            case AwsRefused():
                return Ended(action, Result.REFUSED, str(what))
            case TrueupError():
                return Ended(action, Result.FAILED, str(what))
        return Ended(action, Result.FAILED, f"a mistake in trueup: {type(what).__name__}: {what}")

    def _waiting(self, action: Action, busy: AwsBusy) -> Ended:
        try:
            return Ended(action, Result.WAITING, self._holders(action) or str(busy))
        except Exception as error:  # noqa: BLE001 - a mistake in one kind must not stop the others
            return self._ended(action, error)

    def _note(self, failures: Sequence[Failure]) -> None:
        try:
            with self.store.at_once() if failures else nullcontext():
                for failure in failures:
                    self.store.failed(failure)
        except StateError as error:  # it is tried again sooner than it should be, and nothing else is concerned
            self.emit(StateTrouble(str(error)))

    def _keep_in_mind(self, action: Action) -> None:
        """Forget earlier failures; but what AWS failed to make may well fail again, and then is not made anew at once."""
        if action.verb is Verb.REPLACE and _live(action).failed:
            self._note([self._failure(action, _live(action).failed)])
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

    def _course(self, action: Action) -> Course:
        """What the verb says, from its beginning to its end."""
        does: Mapping[Verb, Callable[[Action, Kind[Any]], Course]] = {
            Verb.CREATE: self._create,
            Verb.ADOPT: self._update,
            Verb.UPDATE: self._update,
            Verb.REPLACE: self._replace,
            Verb.DELETE: self._delete,
            Verb.FORGET: self._forget,
        }
        pending = yield from does[action.verb](action, self.kinds[action.address.kind])
        self._keep_in_mind(action)
        return pending

    def _spec(self, action: Action) -> Spec:
        """What is wanted, with all its references put in. What can be foreseen of it can be referred to from now on."""
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
        foreseen = self.kinds[action.address.kind].foreseen(spec)
        if foreseen:
            self.outputs.learn(action.address, foreseen)
        return spec

    def _create(self, action: Action, kind: Kind[Any]) -> Course:
        spec = self._spec(action)
        try:
            made = yield Step(spec=spec, tags=_tags(action, spec))
        except (AlreadyExists, AwsRefused, Held) as error:
            # A call before this one may have made it, or an earlier attempt of this one. The next pass knows it by its tags;
            # without tags only the intent can tell, so it stays where we may be the maker, and only there.
            if not (changes_made.get() or error.retried):
                self.store.unintend(action.address)
            raise
        assert made is not None  # noqa: S101 - a create tells what it has made
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

    def _update(self, action: Action, kind: Kind[Any]) -> Course:
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
        become = (yield Step(live, spec, changed=changed)) if changed or live.undone else None
        become = become or Made(live.id, live.outputs, live.pending)
        if not live.innate:
            self.store.applied(self._entry(action, become.id, become.outputs))
            if become.id != live.id:
                self.store.forget(action.address, live.id)
        self.outputs.learn(action.address, become.outputs)
        return become.pending or _waits_for(spec)

    def _replace(self, action: Action, kind: Kind[Any]) -> Course:
        if action.in_place:
            self._spec(action)  # raises where the new one cannot be made yet: then the old one stays
            yield from self._delete(action, kind)
        return (yield from self._create(action, kind))

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

    def _delete(self, action: Action, kind: Kind[Any]) -> Course:
        live = _live(action)
        with suppress(NotFound):  # gone already, which is what was wanted
            yield Step(live)
        self.store.forget(action.address, live.id)
        return ""

    def _forget(self, action: Action, kind: Kind[Any]) -> Course:
        yield from ()
        live = _live(action)
        marks = frozenset((live.tags or {}).keys() - (action.tags or {}).keys())
        if marks and kind.taggable:
            kind.retag(self.aws, live, {}, marks)
        self.store.forget(action.address, live.id)
        return ""


def _advance(course: Course, told: Made | Exception | None) -> Step[Any] | str | Exception:
    """The step that a course comes to with what it is told; or its end, or what went wrong."""
    try:
        return course.throw(told) if isinstance(told, Exception) else course.send(told)
    except StopIteration as stop:
        return str(stop.value)
    except Exception as error:  # noqa: BLE001 - a mistake in one action must not stop the others
        return error


def _steps(due: Sequence[_Task]) -> list[Step[Any]]:
    """The steps of tasks, with the places of those that each needs."""
    places = {task.action.key: place for place, task in enumerate(due)}
    return [
        replace(
            task.step,
            needs=frozenset(places[key] for key in task.action.needs & places.keys()),
            where=str(task.action.where or ""),
        )
        for task in due
        if task.step
    ]


def _claim(kind: Kind[Any], step: Step[Any]) -> str | None:
    """The live name that a step makes a resource known by; None where it has it already."""
    if step.spec is None:
        return None
    claim = kind.claim(step.spec)
    renamed = step.live is not None and not kind.taggable and claim != kind.claim(step.live.spec)
    return claim if renamed or step.live is None else None


def _live(action: Action) -> Observed[Any]:
    assert action.live is not None  # noqa: S101 - a plan never changes what is not there
    return action.live


def _tags(action: Action, spec: Spec) -> dict[str, str]:
    """The tags to make it with: those of the spec itself are no part of the plan where the spec was not known then."""
    own: Mapping[str, str] = getattr(spec, "tags", {})
    return {**(action.tags or {}), **{key: value for key, value in own.items() if not key.startswith(PREFIX)}}


def _waits_for(spec: Spec) -> str:
    """Which values a later pass has to put in, or "" where all are known."""
    later = unknown_values(spec, loose=True)
    return f"waits for {', '.join(later)}" if later else ""
