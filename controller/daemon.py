"""The long-running process: polls git, passes over each scope when it is due, looks at the flag file, answers signals.

poll       every poll_interval; later and later while the remote cannot be used
pass       of each scope: at once on a new commit, soon after a pass that changed something or left something pending,
           every interval (with jitter) for drift; later and later while something fails; never two at a time
flag       every second, so that a pause is shown soon (each call looks for itself)
SIGTERM    no further call is begun, the call in flight ends, and then the process
SIGHUP     settings are read again
"""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent
from apscheduler.executors.pool import BasePoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from controller.aws.account import Accounts, InFlight
from controller.errors import Held, InvalidSettings, SourceError, StateError
from controller.kinds.base import Kind
from controller.kinds.composite import Composite
from controller.manifest.hold import hold
from controller.manifest.load import Loader
from controller.model.address import Address
from controller.model.event import (
    CommitSeen,
    Event,
    ManifestsLoaded,
    Outcome,
    PassSkipped,
    Paused,
    PauseNote,
    SourcePolled,
    StateTrouble,
)
from controller.model.manifest import Desired, Loaded
from controller.model.plan import State
from controller.model.problem import Severity
from controller.pause import BrokenFlag, PauseFlag
from controller.reconcile.cycle import World, reconcile
from controller.report.board import Board
from controller.report.log import LogEvents, configure
from controller.report.metrics import Metrics
from controller.report.web.app import Server, make_app
from controller.settings import Settings
from controller.source.backoff import next_delay
from controller.source.git import GitSource
from controller.state.lock import exclusive
from controller.state.sqlite import SqliteStore
from controller.version import VERSION

RESTART_ONLY = (
    "repo",
    "branch",
    "tag_pattern",
    "path",
    "git_token",
    "state_dir",
    "pause_file",
    "owner",
    "listen",
    "workers",
    "max_file_bytes",
    "aws_attempts",
)
"""Settings that a running daemon cannot take over."""
QUICK = 1.0
"""Seconds until a pass that changed something is followed by one that looks whether it holds."""
FLAPPING = 5
"""Passes in a row that changed something, after which the next one is not hurried any more."""
LEAVE = 5.0
"""Seconds that jobs are given to end after a SIGTERM, beyond the calls that are in flight."""


class _Jobs(BasePoolExecutor):  # type: ignore[misc]
    """Runs the scheduler's jobs in a pool of ours, so that we can wait for them without the scheduler's lock, which they need."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)


class Daemon:
    """One trueup at work: `run` returns when it was told to stop."""

    def __init__(
        self,
        settings: Settings,
        kinds: Mapping[str, Kind[Any]],
        composites: Mapping[str, Composite[Any]],
        reload: Callable[[], Settings],
    ) -> None:
        self.settings = settings
        self._reload = reload
        self._kinds = kinds
        self._log = structlog.get_logger("trueup")
        self._stopping = threading.Event()
        self._flag = PauseFlag(settings.flag_file)
        self._pauses: tuple[PauseNote, ...] = ()
        self._loader = Loader(kinds, composites)
        self._commit = ""
        self._desired: Mapping[str, Desired] = {}
        self._good: Loaded | None = None
        self._poll_failures = 0
        self._failures: dict[str, int] = {}
        self._changes: dict[str, int] = {}
        self._source = GitSource(
            settings.repo,
            branch=settings.branch,
            tag_pattern=settings.tag_pattern,
            path=settings.path,
            mirror=settings.mirror,
            token=settings.git_token.get_secret_value(),
            max_file_bytes=settings.max_file_bytes,
        )
        self._asked: set[str] = set()
        self._asking = threading.RLock()
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="job")
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": _Jobs(self._pool)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self._board = Board()
        registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        metrics = Metrics(registry, VERSION, [fact for kind in kinds.values() for fact in kind.facts])
        self._listeners: tuple[Callable[[Event], None], ...] = (LogEvents(), metrics, self._board)
        self._server = Server(make_app(self._board, registry, self._ill), *settings.host_and_port)

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT; whether all threads have ended by then.

        Those that have not are asleep between two attempts of a call, for up to 20 seconds, and will not make another.
        Raises StateError where the state cannot be opened, or another trueup has it.
        """
        settings = self.settings
        with exclusive(settings.lock_file):
            self._store = SqliteStore(settings.state_file)
            self._emit(StateTrouble(self._store.recovered))
            accounts = Accounts(
                emit=self._emit, gate=self._gate, workers=settings.workers, attempts=settings.aws_attempts
            )
            self._world = World(
                accounts, self._kinds, self._store, self._emit, self._paused, settings.owner, settings.workers
            )
            self._answer_signals()
            self._server.start()
            self._log.info(
                "trueup started",
                version=VERSION,
                metrics=f"http://{settings.host_and_port[0]}:{self._server.port}/metrics",
            )
            self._begin()
            self._stopping.wait()
            self._scheduler.shutdown(wait=False)
            ended = self._wait_for_jobs(accounts.in_flight)
            self._server.stop()
            if ended:
                self._store.close()
            self._log.info("trueup stopped")
            return ended

    def _wait_for_jobs(self, in_flight: InFlight) -> bool:
        waiting = threading.Thread(target=self._pool.shutdown, daemon=True)
        waiting.start()
        waiting.join(LEAVE)
        if waiting.is_alive():
            in_flight.wait_for_none()
            waiting.join(1)  # for what the reply's thread has to write down
        return not waiting.is_alive()

    def stop(self, *_: object) -> None:
        """Begin no further call, and end."""
        self._stopping.set()
        self._source.stop()

    def _begin(self) -> None:
        self._scheduler.add_listener(self._on_ended, EVENT_JOB_EXECUTED)
        self._scheduler.add_listener(self._on_skipped, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._on_mistake, EVENT_JOB_ERROR)
        self._look_at_flag()
        self._scheduler.add_job(self._poll, IntervalTrigger(days=1), id="poll", next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._look_at_flag, IntervalTrigger(seconds=1), id="flag")
        self._scheduler.start()

    def _answer_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.stop)
            signal.signal(signal.SIGINT, self.stop)
            signal.signal(signal.SIGHUP, self._reread)

    def _emit(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    # Git

    def _poll(self) -> float:
        """Ask for the head, and take a new commit over; seconds until the next time.

        The last good commit is held through everything that goes wrong.
        """
        self._asked.discard("poll")
        delay = self.settings.poll_interval.total_seconds()
        try:
            lost = self._remember_good()
            head = self._source.head()
            if lost and (lost := self._remember_good()):  # the remote answers, and does not have it
                self._log.warning("the last good commit is no longer there", reason=lost)
                self._note("good", "")
            if head != self._commit:
                self._take(head)
            self._poll_failures = 0
            self._emit(SourcePolled())
        except SourceError as error:
            self._poll_failures += 1
            delay = next_delay(delay, self._poll_failures)
            self._emit(SourcePolled(str(error), delay))
        return delay

    def _remember_good(self) -> str:
        """After a start, the commit that was last wholly good is read again, since the head may be broken; why it cannot, or ""."""
        sha = "" if self._good is not None else self._store.commits().get("good", "")
        if not sha:
            return ""
        try:
            self._good = self._loader.load(self._source.tree(sha))
        except SourceError as error:
            return str(error)
        self._hold(sha, self._good)
        return ""

    def _take(self, sha: str) -> None:
        commit = self._source.fetch(sha)
        self._emit(CommitSeen(commit))
        loaded = self._loader.load(self._source.tree(sha))
        self._emit(
            ManifestsLoaded(
                sha, {name: len(desired.manifests) for name, desired in loaded.scopes.items()}, loaded.problems
            )
        )
        self._hold(sha, hold(loaded, self._good, self._kinds))
        if not any(problem.severity is Severity.ERROR for problem in loaded.problems):
            self._good = loaded
            self._source.keep("good", sha)
            self._note("good", sha)
        self._note("observed", sha)

    def _note(self, name: str, sha: str) -> None:
        try:
            self._store.set_commit(name, sha)
        except StateError as error:
            self._emit(StateTrouble(str(error)))

    def _hold(self, sha: str, loaded: Loaded) -> None:
        """From now on hold this; every scope is passed over at once."""
        self._commit = sha
        self._desired = loaded.scopes
        for scope in loaded.scopes:
            if self._scheduler.get_job(_job(scope)) is not None:
                self._now(_job(scope))
                continue
            self._scheduler.add_job(
                self._pass, IntervalTrigger(days=1), args=[scope], id=_job(scope), next_run_time=datetime.now(UTC)
            )
        for job in self._scheduler.get_jobs():
            if job.id.startswith("pass ") and job.args[0] not in loaded.scopes:
                job.remove()

    # Passes

    def _pass(self, scope: str) -> float:
        """Pass over a scope; seconds until the next time."""
        self._asked.discard(_job(scope))
        desired, commit = self._desired.get(scope), self._commit
        if desired is None or self._stopping.is_set():
            return 0
        try:
            outcome = reconcile(desired, commit, self._world)
        except Held:
            return 0  # stopping
        if outcome.converged:
            self._note(f"applied {scope}", commit)
        return self._delay(scope, outcome)

    def _delay(self, scope: str, outcome: Outcome) -> float:
        """Seconds until the next pass of a scope."""
        settings = self.settings
        usual = settings.interval.total_seconds() + random.uniform(0, settings.jitter.total_seconds())  # noqa: S311
        soon = min(settings.pending_interval.total_seconds(), usual)
        bad = bool(outcome.error) or outcome.count(State.FAILED) + outcome.count(State.UNKNOWN) > 0
        self._failures[scope] = self._failures.get(scope, 0) + 1 if bad else 0
        self._changes[scope] = self._changes.get(scope, 0) + 1 if outcome.applied else 0
        if 0 < self._changes[scope] < FLAPPING:
            return min(QUICK, usual)
        if bad:
            return min(next_delay(soon, self._failures[scope]), usual)
        return soon if outcome.count(State.PENDING) or outcome.applied else usual

    def _now(self, job: str) -> None:
        """Run a job at once, or, where it is running, as soon as that is over."""
        with self._asking:
            self._asked.add(job)
            self._at(job, 0)

    def _on_ended(self, event: JobExecutionEvent) -> None:
        """A job is over and has said when it is due again. It could not be put down before: what is running is skipped."""
        if event.retval is not None:
            with self._asking:
                self._at(event.job_id, 0 if event.job_id in self._asked else event.retval)

    def _at(self, job: str, seconds: float) -> None:
        if self._stopping.is_set():
            return
        with suppress(JobLookupError):  # its scope is gone
            self._scheduler.modify_job(job, next_run_time=datetime.now(UTC) + timedelta(seconds=seconds))

    def _on_skipped(self, event: JobExecutionEvent) -> None:
        if event.job_id.startswith("pass "):
            self._emit(PassSkipped(event.job_id.removeprefix("pass ")))

    def _on_mistake(self, event: JobExecutionEvent) -> None:
        """A job has raised what it should not: say so, and go on with the next."""
        self._log.error("a mistake in trueup", job=event.job_id, exc_info=event.exception)
        self._at(event.job_id, self.settings.poll_interval.total_seconds())

    # Pause, stop, settings, health

    def _gate(self, address: Address | None, mutating: bool) -> None:
        if self._stopping.is_set():
            raise Held("trueup is stopping")
        reason = self._flag.reason(address, datetime.now(UTC)) if mutating else ""
        if reason:
            raise Held(reason)

    def _paused(self, address: Address) -> str:
        return self._flag.reason(address, datetime.now(UTC))

    def _look_at_flag(self) -> None:
        now = datetime.now(UTC)
        pauses = tuple(
            PauseNote(pause.selector, pause.reason, pause.who, pause.since, pause.until, isinstance(pause, BrokenFlag))
            for pause in self._flag.read(now)
        )
        if [(p.selector, p.reason, p.until) for p in pauses] == [(p.selector, p.reason, p.until) for p in self._pauses]:
            return
        self._pauses = pauses
        self._emit(Paused(pauses))
        for scope in self._desired:  # what was held may go on, and what is paused now is shown as such
            self._now(_job(scope))

    def _reread(self, *_: object) -> None:
        try:
            new = self._reload()
        except InvalidSettings as error:
            self._log.error("settings are wrong; the old ones stay", reason=str(error))
            return
        fixed = {name: getattr(self.settings, name) for name in RESTART_ONLY}
        stuck = [name for name, value in fixed.items() if getattr(new, name) != value]
        if stuck:
            self._log.warning("these settings need a restart", settings=stuck)
        self.settings = new.model_copy(update=fixed)
        configure(new.log_format, new.log_level)
        self._log.info("settings read again")
        for job in ("poll", *map(_job, self._desired)):
            self._now(job)

    def _ill(self) -> str:
        return "" if self._scheduler.running or self._stopping.is_set() else "the scheduler is not running"


def _job(scope: str) -> str:
    return f"pass {scope}"
