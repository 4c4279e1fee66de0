"""The log: one line an event, readable on a terminal and JSON elsewhere, with scope, commit and resource where known."""

from __future__ import annotations

import logging
import logging.config
import sys
from functools import singledispatchmethod
from typing import Any, Literal, TextIO

import structlog

from controller.model.event import (
    ActionEnded,
    ActionStarted,
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
    Result,
    SourcePolled,
    StateTrouble,
)
from controller.model.plan import State
from controller.model.problem import Severity
from controller.reconcile.render import summary


def configure(
    form: Literal["auto", "text", "json"] = "auto", level: str = "info", stream: TextIO | None = None
) -> None:
    """Send all log lines of this process, ours and our libraries', through one handler in one form.

    `auto` is text on a terminal and JSON elsewhere.
    """
    out = stream or sys.stderr
    text = form == "text" or (form == "auto" and out.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if text else "iso", utc=not text),
        structlog.stdlib.ExtraAdder(),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(text, out)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("trueup").setLevel(level.upper())
    for library in ("apscheduler", "botocore.credentials"):  # what these warn of, events tell with less noise
        logging.getLogger(library).setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _renderers(text: bool, out: TextIO) -> list[Any]:
    # Locals may hold secrets, so tracebacks come without them.
    if text:
        plain = structlog.dev.plain_traceback
        return [
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(), exception_formatter=plain, pad_event_to=0, sort_keys=False
            )
        ]
    safe = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(safe),
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(),
    ]


class LogEvents:
    """Listens to events and logs them. What has not changed since the last time is not said again."""

    def __init__(self) -> None:
        self._log: structlog.stdlib.BoundLogger = structlog.get_logger("trueup")
        self._said: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Log an event."""
        self._on(event)

    def _is_news(self, about: str, what: Any) -> bool:
        news = bool(self._said.get(about) != what)
        self._said[about] = what
        return news

    @singledispatchmethod
    def _on(self, event: Event) -> None:
        raise TypeError(f"no log line for {type(event).__name__}")

    @_on.register
    def _(self, event: CommitSeen) -> None:
        commit = event.commit
        self._log.info("commit seen", commit=commit.short, author=commit.author, subject=commit.subject)

    @_on.register
    def _(self, event: SourcePolled) -> None:
        if not self._is_news("source", event.error):
            return
        if event.error:
            self._log.error("git remote cannot be used", reason=event.error, retry_seconds=round(event.next_seconds))
        else:
            self._log.info("git remote answers")

    @_on.register
    def _(self, event: ManifestsLoaded) -> None:
        for problem in event.problems:
            say = self._log.error if problem.severity is Severity.ERROR else self._log.warning
            say(str(problem), commit=event.commit[:12])
        errors = sum(problem.severity is Severity.ERROR for problem in event.problems)
        text = f"manifests have {errors} errors" if errors else "manifests valid"
        self._log.info(text, commit=event.commit[:12], manifests=dict(event.counts))

    @_on.register
    def _(self, event: PassStarted) -> None:
        self._log.debug("pass started", scope=event.scope, commit=event.commit[:12])

    @_on.register
    def _(self, event: KindObserved) -> None:
        say = self._log.debug
        if self._is_news(f"observe {event.scope} {event.kind}", event.error) and event.error:
            say = self._log.error
        text = "kind cannot be read" if event.error else "kind observed"
        say(
            text,
            scope=event.scope,
            kind=event.kind,
            count=event.count,
            **({"reason": event.error} if event.error else {}),
        )

    @_on.register
    def _(self, event: Planned) -> None:
        plan, scope = event.plan, event.plan.scope.name
        text = summary(plan)
        if self._is_news(f"plan {scope}", (event.commit, text)) and plan.actions:
            self._log.info(f"plan: {text}", scope=scope, commit=event.commit[:12])
        for action in plan.actions:
            if action.held and self._is_news(f"held {action.key}", action.held):
                where = {"where": str(action.where)} if action.where else {}
                text = f"{action.verb.value} held"
                self._log.warning(text, scope=scope, resource=action.address.local, reason=action.held, **where)

    @_on.register
    def _(self, event: ActionStarted) -> None:
        self._log.debug(f"{event.action.verb.value} ...", **_place(event))

    @_on.register
    def _(self, event: ActionEnded) -> None:
        verb, result = event.action.verb.value, event.result
        if result is Result.DONE:
            self._said.pop(f"end {event.action.key}", None)
            told = {"effects": "; ".join(event.action.effects)} if event.action.effects else {}
            self._log.info(verb, **_place(event), seconds=round(event.seconds, 2), why=event.action.reason, **told)
        elif result in (Result.SKIPPED, Result.WAITING):
            if self._is_news(f"skip {event.action.key}", event.reason):
                self._log.warning(f"{verb} waits", **_place(event), reason=event.reason)
        elif self._is_news(f"end {event.action.key}", (result, event.reason)):
            say = self._log.warning if result is Result.HELD else self._log.error
            where = {"where": str(event.action.where)} if event.action.where else {}
            say(f"{verb} {result.value}", **_place(event), reason=event.reason, **where)

    @_on.register
    def _(self, event: PassEnded) -> None:
        outcome = event.outcome
        counts = {state.value: outcome.count(state) for state in State if outcome.count(state)}
        troubles = {(str(a), s.state, s.reason) for a, s in outcome.statuses.items() if s.state is not State.IN_SYNC}
        news = self._is_news(f"pass {outcome.scope}", (outcome.commit, outcome.error, frozenset(troubles)))
        say = self._log.info if news or outcome.applied else self._log.debug
        fields = {"scope": outcome.scope, "commit": outcome.commit[:12], "seconds": round(outcome.seconds, 2), **counts}
        if outcome.error:
            (self._log.error if news else self._log.debug)("pass failed", **fields, reason=outcome.error)
            return
        say("converged" if outcome.converged else "not converged", **fields)
        for address, status in sorted(outcome.statuses.items()):
            if news and status.state in (State.BLOCKED, State.FAILED, State.UNKNOWN, State.PENDING):
                where = {"where": str(status.where)} if status.where else {}
                text = f"{status.state.value}"
                self._log.warning(text, scope=outcome.scope, resource=address.local, reason=status.reason, **where)

    @_on.register
    def _(self, event: PassSkipped) -> None:
        self._log.warning("pass skipped: the one before is still running", scope=event.scope)

    @_on.register
    def _(self, event: AwsCalled) -> None:
        self._log.debug("aws", call=f"{event.service}:{event.operation}", result=event.result, retries=event.retries)

    @_on.register
    def _(self, event: Paused) -> None:
        for pause in event.pauses:
            until = {"until": pause.until.isoformat()} if pause.until else {}
            self._log.warning("paused", what=pause.selector, reason=pause.reason, who=pause.who, **until)
        if not event.pauses:
            self._log.warning("resumed")

    @_on.register
    def _(self, event: StateTrouble) -> None:
        said: frozenset[str] = self._said.get("state", frozenset())
        self._said["state"] = said | {event.error} if event.error else frozenset()
        if event.error and event.error not in said:
            self._log.error("state", reason=event.error)
        elif said and not event.error:
            self._log.info("state is well again")


def _place(event: ActionStarted | ActionEnded) -> dict[str, str]:
    address = event.action.address
    return {"scope": address.scope, "resource": address.local}
