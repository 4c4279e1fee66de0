"""The log: one line an event, what has not changed is not said again, and no secret shows."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import structlog

from controller.model.address import Address
from controller.model.commit import Commit
from controller.model.event import (
    ActionEnded,
    ActionStarted,
    AwsCalled,
    CommitSeen,
    Event,
    KindObserved,
    ManifestsLoaded,
    Outcome,
    PassEnded,
    PassSkipped,
    PassStarted,
    Paused,
    PauseNote,
    Planned,
    Result,
    SourcePolled,
    StateTrouble,
)
from controller.model.plan import Action, Plan, State, Status, Verb
from controller.model.problem import Position, Problem
from controller.model.scope import Scope, ScopeSpec
from controller.report.log import LogEvents, configure

AT = datetime(2026, 1, 1, tzinfo=UTC)
ROLE = Address("prod", "iam/Role", "app")
SCOPE = Scope(name="prod", spec=ScopeSpec(account="123456789012", region="eu-central-1"))
PLAN = Plan(SCOPE, (Action(Verb.CREATE, ROLE, "new"),), {ROLE: Status(ROLE, State.DRIFTED, "new")})
ONE_OF_EACH: tuple[Event, ...] = (
    CommitSeen(Commit("c1", "Ann", AT, "first", "")),
    SourcePolled(),
    ManifestsLoaded("c1", {"prod": 3}, (Problem(Position("a.yaml", 1, 1), "wrong"),)),
    PassStarted("prod", "c1"),
    KindObserved("prod", "iam/Role", 2, 0.1),
    Planned(PLAN, "c1"),
    ActionStarted(Action(Verb.CREATE, ROLE, "new")),
    ActionEnded(Action(Verb.CREATE, ROLE, "new"), Result.DONE, "", 0.2),
    PassEnded(Outcome("prod", "c1", AT, 1.0, {})),
    PassSkipped("prod"),
    AwsCalled("iam", "CreateRole", "ok", 0.3),
    Paused((PauseNote("everything", "incident 4711", "ann", AT),)),
    StateTrouble("disk full"),
)


@dataclass
class Log:
    """The log of a process, in one form."""

    out: io.StringIO = field(default_factory=io.StringIO)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]

    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines()]


@pytest.fixture
def log() -> Iterator[Log]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    log = Log()
    configure("json", "debug", log.out)
    yield log
    logging.getLogger().handlers[:], level = before[0], before[1]
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


def test_every_event_has_its_line(log: Log) -> None:
    assert {type(event) for event in ONE_OF_EACH} == set(get_args(Event))
    tell = LogEvents()
    for event in ONE_OF_EACH:
        before = len(log.lines())
        tell(event)
        assert len(log.lines()) > before, event
    for line in log.lines():
        assert {"message", "level", "timestamp"} <= line.keys()


def test_a_failure_is_said_once_with_its_reason_and_place_until_it_changes(log: Log) -> None:
    tell = LogEvents()
    action = Action(Verb.CREATE, ROLE, "new")
    for reason in ("denied", "denied", "denied", "limit exceeded", "denied"):
        tell(ActionEnded(action, Result.REFUSED, reason))
    said = [(line["level"], line["resource"], line["scope"], line["reason"]) for line in log.lines()]
    assert said == [("error", "iam/Role/app", "prod", reason) for reason in ("denied", "limit exceeded", "denied")]


def test_a_success_clears_a_failure_so_that_the_next_one_is_news(log: Log) -> None:
    tell = LogEvents()
    action = Action(Verb.CREATE, ROLE, "new")
    for result in (Result.REFUSED, Result.DONE, Result.REFUSED):
        tell(ActionEnded(action, result, "denied" if result is Result.REFUSED else ""))
    assert log.messages() == ["create refused", "create", "create refused"]


def test_a_pass_that_is_as_the_one_before_is_no_news(log: Log) -> None:
    tell = LogEvents()
    status = Status(ROLE, State.BLOCKED, "not ours", Position("a.yaml", 3, 1))
    for _ in range(3):
        tell(PassEnded(Outcome("prod", "c1", AT, 1.0, {ROLE: status})))
    loud = [line for line in log.lines() if line["level"] != "debug"]
    assert [line["message"] for line in loud] == ["not converged", "blocked"]
    assert (loud[1]["reason"], loud[1]["where"]) == ("not ours", "a.yaml:3:1")


def test_trouble_with_the_state_is_said_each_time_it_comes_back_and_when_it_is_over(log: Log) -> None:
    tell = LogEvents()
    for error in ("", "disk full", "disk full", "frozen: disk full", "disk full", "", "", "disk full"):
        tell(StateTrouble(error))
    assert [(line["message"], line.get("reason")) for line in log.lines()] == [
        ("state", "disk full"),
        ("state", "frozen: disk full"),
        ("state is well again", None),
        ("state", "disk full"),
    ]


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_shows_no_local_variable(log: Log, form: Any) -> None:
    """Locals may hold secrets: tokens, passwords, keys."""
    configure(form, "debug", log.out)
    _fail("hunter2")
    text = log.out.getvalue()
    assert "RuntimeError" in text
    assert "it broke" in text
    assert "_fail" in text  # where it happened is told
    assert "hunter2" not in text


def _fail(password: str) -> None:
    try:
        raise RuntimeError("it broke")
    except RuntimeError:
        structlog.get_logger("trueup").exception("a mistake in trueup")


def test_libraries_speak_through_the_same_handler_and_only_when_they_warn(log: Log) -> None:
    logging.getLogger("botocore.endpoint").debug("request headers: Authorization")
    logging.getLogger("urllib3").info("a new connection")
    logging.getLogger("some.library").warning("that was odd")
    (line,) = log.lines()
    assert (line["message"], line["level"]) == ("that was odd", "warning")


def test_what_is_quieter_than_the_level_is_not_said(log: Log) -> None:
    configure("json", "warning", log.out)
    tell = LogEvents()
    for event in ONE_OF_EACH:
        tell(event)
    assert {line["level"] for line in log.lines()} == {"warning", "error"}


def test_a_message_with_line_breaks_stays_one_line_of_json(log: Log) -> None:
    LogEvents()(SourcePolled("fatal: one\nfatal: two"))
    (line,) = log.lines()
    assert line["reason"] == "fatal: one\nfatal: two"
