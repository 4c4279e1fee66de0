"""Status, board and page: how things stand, for people and programs, from the same events and records."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from controller.errors import StateError, TrueupError
from controller.model.address import Address
from controller.model.event import ManifestsLoaded, Outcome, PassEnded, Paused, PauseNote, SourcePolled, StateTrouble
from controller.model.plan import State, Status
from controller.model.problem import Position, Problem
from controller.pause import Pause, PauseFlag
from controller.report.board import Board, as_json
from controller.report.status import read_status
from controller.report.web.app import Server, make_app
from controller.settings import Settings, load_settings
from controller.state.sqlite import SqliteStore

NOW = datetime.now(UTC)
ROLE = Address("prod", "iam/Role", "app")
BLOCKED = Status(ROLE, State.BLOCKED, "app exists and was not made by trueup", Position("a.yaml", 3, 1))


def outcome(status: Status | None = None, error: str = "") -> Outcome:
    found = status or Status(ROLE, State.IN_SYNC)
    return Outcome(
        "prod",
        "c0ffee" * 6 + "c0ff",
        datetime.now(UTC) - timedelta(hours=2, minutes=30, seconds=5),
        1.5,
        {ROLE: found},
        0,
        error,
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"state_dir": tmp_path}, None, {})


def finished(settings: Settings, *outcomes: Outcome) -> None:
    store = SqliteStore(settings.state_file)
    for each in outcomes:
        store.finish(each)
    store.close()


def test_status_tells_each_scope_s_last_pass_with_what_is_not_in_sync_and_where(settings: Settings) -> None:
    finished(settings, outcome(), outcome(BLOCKED))
    report = read_status(settings)
    assert not report.in_sync
    assert report.text.plain.splitlines() == [
        "prod at c0ffeec0ffee, 2h 30m ago: 1 blocked",
        "  blocked  iam/Role/app: app exists and was not made by trueup  a.yaml:3:1",
    ]
    (trouble,) = report.data["scopes"]["prod"]["notInSync"]
    assert trouble == {
        "resource": "iam/Role/app",
        "state": "blocked",
        "reason": "app exists and was not made by trueup",
        "where": "a.yaml:3:1",
    }


def test_a_pass_that_failed_as_a_whole_is_not_in_sync_and_says_why(settings: Settings) -> None:
    finished(settings, outcome(error="no credentials"))
    report = read_status(settings)
    assert not report.in_sync
    assert "  no credentials" in report.text.plain


def test_status_begins_with_what_is_paused(settings: Settings) -> None:
    finished(settings, outcome())
    PauseFlag(settings.flag_file).add(Pause(reason="incident 4711", who="ann", since=NOW, kind="Role"))
    report = read_status(settings)
    assert report.in_sync
    assert report.text.plain.splitlines()[0] == "kind=Role: paused by ann: incident 4711"
    assert report.data["pauses"][0]["reason"] == "incident 4711"


def test_status_leaves_the_state_file_as_it_is(settings: Settings) -> None:
    finished(settings, outcome())
    before = settings.state_file.read_bytes()
    read_status(settings)
    assert settings.state_file.read_bytes() == before


def test_status_of_a_corrupt_file_is_an_error_and_the_file_stays_for_the_daemon_to_rebuild(settings: Settings) -> None:
    settings.state_file.write_bytes(b"this is no database " * 100)
    with pytest.raises(StateError, match="file is not a database"):
        read_status(settings)
    assert settings.state_file.exists()


def test_the_board_keeps_the_newest_and_drops_what_git_names_no_more() -> None:
    board = Board()
    board(ManifestsLoaded("c1", {"prod": 1, "test": 1}))
    board(PassEnded(outcome(BLOCKED)))
    board(StateTrouble("disk full"))
    board(SourcePolled("git is away"))
    board(Paused((PauseNote("everything", "incident", "ann", NOW),)))
    data = as_json(board.picture)
    assert (data["stateError"], data["sourceError"]) == ("disk full", "git is away")
    assert data["scopes"]["prod"]["notInSync"][0]["resource"] == "iam/Role/app"
    assert not data["scopes"]["prod"]["converged"]
    assert data["pauses"][0]["until"] is None
    board(StateTrouble(""))
    board(SourcePolled())
    board(ManifestsLoaded("c2", {"test": 1}))
    data = as_json(board.picture)
    assert (data["stateError"], data["sourceError"], data["scopes"]) == ("", "", {})


def test_ready_is_said_once_every_scope_has_been_looked_at() -> None:
    board = Board()
    board(SourcePolled("git is away"))
    assert board.picture.waiting_for == "no commit has been read yet: git is away"
    board(ManifestsLoaded("c1", {"prod": 1}))
    assert board.picture.waiting_for == "no pass yet of scope prod"
    board(PassEnded(outcome()))
    assert board.picture.waiting_for == ""


def app(board: Board, ill: str = "") -> Starlette:
    return make_app(board, CollectorRegistry(), lambda: ill)


def get(served: Starlette, path: str) -> tuple[int, str]:
    server = Server(served, "127.0.0.1", 0)
    server.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    finally:
        server.stop()


def test_the_endpoints_say_no_with_the_reason() -> None:
    assert get(app(Board()), "/readyz") == (503, "no commit has been read yet\n")
    assert get(app(Board()), "/healthz") == (200, "ok\n")
    assert get(app(Board(), "the scheduler is not running"), "/healthz") == (503, "the scheduler is not running\n")


def test_what_people_and_aws_write_is_shown_on_the_page_as_text_and_never_run() -> None:
    board = Board()
    evil = "<script>alert(1)</script>"
    board(ManifestsLoaded("c1", {"prod": 1}, (Problem(Position("a.yaml", 1, 1), evil),)))
    board(PassEnded(outcome(Status(ROLE, State.FAILED, evil))))
    board(Paused((PauseNote("everything", evil, evil, NOW),)))
    status, page = get(app(board), "/")
    assert status == 200
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_an_address_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            TrueupError,
            match=rf"cannot listen on 127.0.0.1:{port}: .*Address already in use.*; choose another with --listen",
        ):
            Server(app(Board()), "127.0.0.1", port)
