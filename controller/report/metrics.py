"""Every metric of trueup, made from the event stream.

Drift is a gauge of the present. A number whose source failed is not zero but absent: of a kind that could not be read only the
state `unknown` is exported, and before the first pass of a scope there is nothing.
"""

from __future__ import annotations

import platform
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from functools import singledispatchmethod

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from controller.model.address import Address
from controller.model.event import (
    ActionEnded,
    AwsCalled,
    CommitSeen,
    Event,
    KindObserved,
    ManifestsLoaded,
    PassEnded,
    PassSkipped,
    PassStarted,
    Paused,
    Planned,
    SourcePolled,
    StateTrouble,
)
from controller.model.fact import Fact, Facts
from controller.model.plan import State, Status
from controller.model.problem import Severity

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class Metrics:
    """Listens to events and keeps the metrics in a registry. `facts`: what kinds tell of single resources; `clock` gives
    seconds since the epoch."""

    def __init__(
        self,
        registry: CollectorRegistry,
        version: str,
        facts: Iterable[Fact] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        # The text format has no place for when a counter began: it would be a `_created` gauge beside each.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._clock = clock
        self._registry = registry
        self._in_sync: dict[str, tuple[str, frozenset[Address]]] = {}
        self._shown: dict[tuple[Gauge, str], set[tuple[str, ...]]] = {}
        self._scopes: set[str] = set()
        self._commits: dict[tuple[str, str], str] = {}
        self._read: dict[str, set[str]] = {}
        self._reading: dict[str, set[str]] = {}
        self._known: set[Gauge] = set()
        self._resources()
        self._passes()
        self._source()
        self._aws()
        self._pausing()
        self.facts = {fact: self._gauge(fact.metric, fact.help, *fact.labels) for fact in facts}
        build = Gauge("trueup_build_info", "The running version; always 1.", ["version", "python"], registry=registry)
        build.labels(version, platform.python_version()).set(1)

    def _gauge(self, name: str, help_: str, *labels: str) -> Gauge:
        return Gauge(f"trueup_{name}", help_, labels, registry=self._registry)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(f"trueup_{name}", help_, labels, registry=self._registry)

    def _histogram(self, name: str, help_: str, *labels: str) -> Histogram:
        return Histogram(f"trueup_{name}", help_, labels, registry=self._registry, buckets=SECONDS)

    def _resources(self) -> None:
        self.resources = self._gauge("resources", "Resources now, by state.", "scope", "kind", "state")
        self.out_of_sync = self._gauge(
            "resource_out_of_sync", "1 for each resource that is not in sync.", "scope", "kind", "name", "state"
        )
        self.drift = self._counter(
            "drift_detected_total", "Resources found drifted that were in sync at the same commit.", "scope", "kind"
        )
        self.actions = self._counter("actions_total", "Actions ended.", "scope", "kind", "verb", "result")
        self.observed = self._gauge(
            "observe_success", "Whether the kind could be read in the last pass.", "scope", "kind"
        )
        self.observing = self._histogram("observe_duration_seconds", "Time to read a kind.", "scope", "kind")

    def _passes(self) -> None:
        self.passed = self._gauge("pass_last_timestamp_seconds", "When the last pass ended.", "scope")
        self.succeeded = self._gauge(
            "pass_last_success_timestamp_seconds", "When a pass last ended with nothing failed or unknown.", "scope"
        )
        self.success = self._gauge(
            "pass_success", "Whether the last pass ended with nothing failed or unknown.", "scope"
        )
        self.duration = self._histogram("pass_duration_seconds", "Time for a pass.", "scope")
        self.skipped = self._counter("pass_skipped_total", "Passes not begun, the last still running.", "scope")
        self.state = self._gauge("state_writable", "Whether the state file can be written.")
        self.state.set(1)

    def _source(self) -> None:
        self.up = Gauge("trueup_source_up", "Whether the git remote answered last time.", registry=None)
        self.polled = Gauge(
            "trueup_source_last_success_timestamp_seconds", "When the git remote last answered.", registry=None
        )
        self.unreachable = self._counter("source_failures_total", "Times that the git remote could not be used.")
        self.commit = self._gauge("commit_info", "Commits by role; always 1.", "scope", "role", "commit")
        self.manifests = self._gauge("manifests", "Valid manifests.", "scope")
        self.problems = self._gauge("manifest_problems", "Problems in the manifests of the last commit.", "severity")

    def _aws(self) -> None:
        self.calls = self._counter("aws_calls_total", "Calls to AWS.", "service", "operation", "result")
        self.throttles = self._counter("aws_throttles_total", "Calls that AWS throttled.", "service", "operation")
        self.retries = self._counter("aws_retries_total", "Attempts beyond the first.", "service", "operation")
        self.calling = self._histogram("aws_call_duration_seconds", "Time for a call with its retries.", "service")

    def _pausing(self) -> None:
        self.pausing = self._gauge("pause_active", "Whether anything is paused.")
        self.pausing.set(0)
        self.readable = self._gauge(
            "pause_flag_readable", "Whether the flag file can be read; where not, everything is paused."
        )
        self.readable.set(1)
        self.paused = self._gauge("paused", "1 for each pause in force.", "selector")
        self.since = self._gauge("pause_since_timestamp_seconds", "When the pause began.", "selector")
        self.until = self._gauge(
            "pause_until_timestamp_seconds", "When the pause ends; absent without an end.", "selector"
        )

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        self._on(event)

    @singledispatchmethod
    def _on(self, event: Event) -> None:
        """Events that no metric is made from."""

    @_on.register
    def _(self, event: CommitSeen) -> None:
        self._set_commit("", "observed", event.commit.sha)

    @_on.register
    def _(self, event: SourcePolled) -> None:
        self._know(self.up, 0 if event.error else 1)
        if event.error:
            self.unreachable.inc()
        else:
            self._know(self.polled, self._clock())

    @_on.register
    def _(self, event: ManifestsLoaded) -> None:
        for scope in self._scopes - set(event.counts):
            self._forget(scope)
        self.manifests.clear()
        for scope, count in event.counts.items():
            self.manifests.labels(scope).set(count)
        for severity in Severity:
            found = sum(problem.severity is severity for problem in event.problems)
            self.problems.labels(severity.value).set(found)

    @_on.register
    def _(self, event: KindObserved) -> None:
        self.observing.labels(event.scope, event.kind).observe(event.seconds)
        self.observed.labels(event.scope, event.kind).set(0 if event.error else 1)
        self._reading.setdefault(event.scope, set()).add(event.kind)

    @_on.register
    def _(self, event: PassStarted) -> None:
        self._set_commit(event.scope, "observed", event.commit)
        self._reading[event.scope] = set()

    @_on.register
    def _(self, event: Planned) -> None:
        scope = event.plan.scope.name
        commit, in_sync = self._in_sync.get(scope, ("", frozenset()))
        if commit == event.commit:
            for address, status in event.plan.statuses.items():
                if (status.state is not State.IN_SYNC and status.changes and address in in_sync) or (
                    status.state is State.DRIFTED and address in in_sync
                ):
                    self.drift.labels(scope, address.kind).inc()
        self._show(scope, event.plan.statuses)
        self._show_facts(scope, event.plan.facts)

    @_on.register
    def _(self, event: ActionEnded) -> None:
        address = event.action.address
        self.actions.labels(address.scope, address.kind, event.action.verb.value, event.result.value).inc()

    @_on.register
    def _(self, event: PassEnded) -> None:
        outcome = event.outcome
        scope, now = outcome.scope, self._clock()
        good = not outcome.error and not outcome.count(State.FAILED) and not outcome.count(State.UNKNOWN)
        in_sync = frozenset(a for a, status in outcome.statuses.items() if status.state is State.IN_SYNC)
        self._in_sync[scope] = (outcome.commit, in_sync)
        self._drop_unread(scope)
        self._show(scope, outcome.statuses)
        if outcome.error:
            self._show_facts(scope, {})
        self.passed.labels(scope).set(now)
        self.success.labels(scope).set(1 if good else 0)
        self.duration.labels(scope).observe(outcome.seconds)
        if good:
            self.succeeded.labels(scope).set(now)
        if outcome.converged:
            self._set_commit(scope, "applied", outcome.commit)

    @_on.register
    def _(self, event: PassSkipped) -> None:
        self.skipped.labels(event.scope).inc()

    @_on.register
    def _(self, event: AwsCalled) -> None:
        self.calls.labels(event.service, event.operation, event.result).inc()
        self.calling.labels(event.service).observe(event.seconds)
        if event.throttled:
            self.throttles.labels(event.service, event.operation).inc()
        if event.retries:
            self.retries.labels(event.service, event.operation).inc(event.retries)

    @_on.register
    def _(self, event: Paused) -> None:
        for gauge in (self.paused, self.since, self.until):
            gauge.clear()
        self.pausing.set(1 if event.pauses else 0)
        self.readable.set(0 if any(pause.broken for pause in event.pauses) else 1)
        for pause in event.pauses:
            self.paused.labels(pause.selector).set(1)
            self.since.labels(pause.selector).set(pause.since.timestamp())
            if pause.until:
                self.until.labels(pause.selector).set(pause.until.timestamp())

    @_on.register
    def _(self, event: StateTrouble) -> None:
        self.state.set(0 if event.error else 1)

    def _know(self, gauge: Gauge, value: float) -> None:
        """Set a gauge that is absent until then: without labels it would be shown as 0, which is not known to be so."""
        gauge.set(value)
        if gauge not in self._known:
            self._known.add(gauge)
            self._registry.register(gauge)

    def _set_commit(self, scope: str, role: str, commit: str) -> None:
        before = self._commits.get((scope, role))
        if commit and before != commit:
            if before:
                self.commit.remove(scope, role, before)
            self.commit.labels(scope, role, commit).set(1)
            self._commits[scope, role] = commit

    def _show(self, scope: str, statuses: Mapping[Address, Status]) -> None:
        """Put the states of a scope's resources in place of those shown before."""
        tally = Tally((address.kind, status.state) for address, status in statuses.items())
        series: dict[tuple[str, ...], float] = {}
        for kind in sorted({address.kind for address in statuses}):
            unknown = tally[kind, State.UNKNOWN]
            states = (State.UNKNOWN,) if unknown else tuple(State)
            series |= {(kind, state.value): tally[kind, state] for state in states}
        self._put(self.resources, scope, series)
        out = {(a.kind, a.name, s.state.value) for a, s in statuses.items() if s.state is not State.IN_SYNC}
        self._put(self.out_of_sync, scope, dict.fromkeys(out, 1))
        self._scopes.add(scope)

    def _show_facts(self, scope: str, facts: Mapping[Address, Facts]) -> None:
        """Put what is known of single resources now in place of what was known before."""
        for fact, gauge in self.facts.items():
            series: dict[tuple[str, ...], float] = {}
            for address, known in facts.items():
                value = known.get(fact)
                if isinstance(value, str):
                    series[address.name, value] = 1
                elif value is not None:
                    series[(address.name,)] = value
            self._put(gauge, scope, series)

    def _put(self, gauge: Gauge, scope: str, series: Mapping[tuple[str, ...], float]) -> None:
        """Give a gauge these series of a scope, and no others. What stays is never away in between."""
        for labels in self._shown.get((gauge, scope), set()) - series.keys():
            gauge.remove(scope, *labels)
        for labels, value in series.items():
            gauge.labels(scope, *labels).set(value)
        self._shown[gauge, scope] = set(series)

    def _drop_unread(self, scope: str) -> None:
        """What this pass has not read is absent: neither an old success nor an old failure is of the last pass."""
        now = self._reading.pop(scope, set())
        for kind in self._read.get(scope, set()) - now:
            self.observed.remove(scope, kind)
        self._read[scope] = now

    def _forget(self, scope: str) -> None:
        self._show(scope, {})
        self._show_facts(scope, {})
        self._scopes.discard(scope)
        for gauge in (self.passed, self.succeeded, self.success):
            gauge.remove_by_labels({"scope": scope})
        self._drop_unread(scope)
        for role in [role for known, role in self._commits if known == scope]:
            self.commit.remove(scope, role, self._commits.pop((scope, role)))
