"""The page for people: what on-call sees of each state, and what must never be seen."""

from __future__ import annotations

import re
import socket
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from controller.model.address import Address
from controller.model.commit import Commit
from controller.model.event import CommitSeen, ManifestsLoaded, Outcome, PassEnded, Paused, PauseNote, SourcePolled
from controller.model.plan import Change, State, Status
from controller.model.problem import Position, Problem
from controller.report.board import Board
from controller.report.web.app import MEANING, MOST, Server, make_app
from tests.daemon import eventually

SHA = "0123456789abcdef0123456789abcdef01234567"


def ago(**passed: int) -> datetime:
    return datetime.now(UTC) - timedelta(**passed)


class Page:
    """A board, and the page that is served of it."""

    def __init__(self) -> None:
        self.board = Board()
        self.server = Server(make_app(self.board, CollectorRegistry(), lambda: ""), "127.0.0.1", 0)
        self.server.start()
        self.headers: Any = {}

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.server.port)) == 0

    def text(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/", timeout=10) as reply:
            self.headers = reply.headers
            return str(reply.read().decode())

    def passed(self, *statuses: Status, error: str = "", scope: str = "prod") -> None:
        started = ago(minutes=3)
        self.board(PassEnded(Outcome(scope, SHA, started, 1.5, {s.address: s for s in statuses}, error=error)))


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page()
    eventually(page.answers)
    yield page
    page.server.stop()


def status(state: State, name: str = "ci", reason: str = "because", changes: tuple[Change, ...] = ()) -> Status:
    where = Position(f"manifests/{name}.yaml", 7, 3)
    return Status(Address("prod", "iam/Role", name), state, reason, where, changes)


@pytest.mark.parametrize("state", [state for state in State if state is not State.IN_SYNC])
def test_what_is_not_in_sync_is_shown_with_its_reason_its_place_and_what_the_state_means(
    page: Page, state: State
) -> None:
    page.passed(status(state, "ci", "AWS says no"), status(State.IN_SYNC, "fine"))
    text = page.text()
    for shown in ("iam/Role/ci", "AWS says no", "manifests/ci.yaml:7:3", MEANING[state], "checked 3m", SHA[:12]):
        assert shown in text
    assert "iam/Role/fine" not in text
    assert "<title>1 not in sync" in text


def test_the_worst_comes_first(page: Page) -> None:
    page.passed(status(State.PENDING, "a"), status(State.DRIFTED, "b"), status(State.FAILED, "c"))
    text = page.text()
    assert text.index("iam/Role/c") < text.index("iam/Role/b") < text.index("iam/Role/a")


def test_the_fields_that_differ_are_shown_and_secrets_are_not(page: Page) -> None:
    changes = (Change("description", "old", "new"), Change("password", "hunter1", "hunter2", secret=True))
    page.passed(status(State.DRIFTED, changes=changes))
    text = page.text()
    assert "~ description: old -&gt; new" in text
    assert "~ password: (secret)" in text
    assert "hunter" not in text


def test_what_others_have_written_is_text_and_never_markup(page: Page) -> None:
    """A commit's subject, a reason with AWS's words, a problem: each may hold what anybody put there."""
    evil = "<script>alert(1)</script>"
    page.board(CommitSeen(Commit(SHA, evil, ago(), evil)))
    page.board(SourcePolled(evil))
    page.board(ManifestsLoaded(SHA, {"prod": 1}, (Problem(Position(evil), evil),)))
    page.board(Paused((PauseNote(evil, evil, evil, ago()),)))
    page.passed(status(State.FAILED, evil, evil, (Change(evil, evil, "x"),)), scope=evil)
    text = page.text()
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 10
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_pause_stands_at_the_top_with_who_and_until_when(page: Page) -> None:
    until = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
    page.board(Paused((PauseNote("scope=prod", "incident 4711", "ana", ago(hours=2), until),)))
    page.passed(status(State.DRIFTED))
    text = page.text()
    assert "<title>paused" in text
    assert text.index("Paused: scope=prod") < text.index("iam/Role/ci")
    for shown in ("incident 4711", "by ana, 2h", "until 2030-01-02 03:04 UTC"):
        assert shown in text


def test_a_flag_file_that_cannot_be_read_looks_otherwise_than_a_pause(page: Page) -> None:
    page.board(Paused((PauseNote("everything", "cannot be read", "trueup itself", ago(), broken=True),)))
    assert 'class="paused broken"' in page.text()
    page.board(Paused((PauseNote("everything", "wanted", "ana", ago()),)))
    assert 'class="paused"' in page.text()


def test_a_scope_without_a_pass_is_there_and_says_so(page: Page) -> None:
    """A scope that is missing from the page would look as if it were well."""
    page.board(ManifestsLoaded(SHA, {"prod": 1, "dev": 2}))
    page.passed(status(State.IN_SYNC))
    text = page.text()
    assert text.index("<h2>dev</h2>") < text.index("no pass has ended yet") < text.index("<h2>prod</h2>")
    assert "<title>starting" in text


def test_an_error_of_the_whole_scope_is_said_once(page: Page) -> None:
    page.passed(*(status(State.UNKNOWN, f"r{n}", "no credentials") for n in range(3)), error="no credentials")
    assert page.text().count("no credentials") == 1


def test_a_long_list_is_cut_and_says_how_much_is_missing(page: Page) -> None:
    page.passed(*(status(State.FAILED, f"r{n}") for n in range(MOST + 7)))
    text = page.text()
    assert text.count("<b>iam/Role/") == MOST
    assert "and 7 more" in text


def test_the_page_says_when_git_last_answered(page: Page) -> None:
    page.board(SourcePolled())
    page.board(SourcePolled("no route to host"))
    text = page.text()
    assert re.search(r"Git remote cannot be used, for \d+s\.", text)
    assert re.search(r"git answered \d+s ago", text)
