"""The flag file: what it pauses, until when, and that whatever is wrong with it pauses everything."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import TrueupError
from controller.model.address import Address
from controller.pause import Pause, PauseFlag

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROLE = Address("prod", "iam/Role", "app")


def pause(until: datetime | None = None, **selectors: str) -> Pause:
    return Pause.model_validate({"reason": "incident", "who": "ann", "since": NOW, "until": until, **selectors})


@pytest.fixture
def flag(tmp_path: Path) -> PauseFlag:
    return PauseFlag(tmp_path / "paused")


def test_no_file_pauses_nothing(flag: PauseFlag) -> None:
    assert flag.reason(ROLE, NOW) == ""
    assert flag.read(NOW) == ()


@pytest.mark.parametrize(
    ("selectors", "covered"),
    [
        ({}, True),
        ({"scope": "prod"}, True),
        ({"scope": "test"}, False),
        ({"kind": "Role"}, True),
        ({"kind": "iam/Role"}, True),
        ({"kind": "Group"}, False),
        ({"kind": "ec2/Role"}, False),
        ({"name": "app"}, True),
        ({"name": "ap"}, False),
        ({"scope": "prod", "kind": "Role", "name": "app"}, True),
        ({"scope": "prod", "kind": "Role", "name": "web"}, False),
    ],
)
def test_a_pause_selects_by_scope_kind_and_name_together(
    flag: PauseFlag, selectors: dict[str, str], covered: bool
) -> None:
    flag.add(pause(None, **selectors))
    assert flag.reason(ROLE, NOW) == ("paused by ann: incident" if covered else "")


def test_a_call_for_no_resource_in_particular_is_stopped_by_any_pause(flag: PauseFlag) -> None:
    flag.add(pause(name="somebody-else"))
    assert flag.reason(None, NOW) == "paused by ann: incident"


def test_a_pause_is_over_when_its_time_is_and_not_a_moment_before(flag: PauseFlag) -> None:
    until = NOW + timedelta(hours=2)
    flag.add(pause(until=until))
    assert flag.reason(ROLE, until - timedelta(microseconds=1)) == "paused by ann until 2026-01-01 14:00 UTC: incident"
    assert flag.reason(ROLE, until) == ""


def test_an_empty_file_pauses_everything_in_its_owner_s_name(flag: PauseFlag) -> None:
    flag.path.touch()
    (found,) = flag.read(NOW)
    assert found.selector == "everything"
    assert found.who == flag.path.owner()
    assert found.reason == f"flag file {flag.path} exists"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"paused",
        b"[]",
        b"\xff\xfe\x00",
        b"{}",
        b'{"pauses": [{}]}',
        b'{"pauses": [{"reason": "r", "who": "w", "since": "2026-01-01T12:00:00Z", "scop": "test"}]}',
        b'{"pauses": [{"reason": "r", "who": "w", "since": "2026-01-01T12:00:00Z", "until": "tomorrow"}]}',
        b'{"pauses": [{"reason": "r", "who": "w", "since": "2026-01-01T12:00:00"}]}',
    ],
)
def test_what_cannot_be_understood_pauses_everything_loudly(flag: PauseFlag, content: bytes) -> None:
    """A selector that was misspelled may have been meant for anything."""
    flag.path.write_bytes(content)
    reason = flag.reason(ROLE, NOW)
    assert f"FLAG FILE {flag.path} CANNOT BE READ" in reason
    assert "mend it or take it away with `trueup resume`" in reason
    assert flag.read(NOW)[0].selector == "everything"


@given(content=st.binary(min_size=1).filter(lambda content: bool(content.strip())))
def test_no_content_whatever_raises_or_lets_anything_pass(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    flag = PauseFlag(tmp_path_factory.getbasetemp() / "any")
    flag.path.write_bytes(content)
    assert flag.reason(ROLE, NOW)


def test_a_folder_in_the_place_of_the_file_pauses_everything(flag: PauseFlag) -> None:
    flag.path.mkdir()
    assert "CANNOT BE READ" in flag.reason(ROLE, NOW)


def test_a_missing_folder_pauses_everything_as_a_volume_may_not_be_mounted(tmp_path: Path) -> None:
    flag = PauseFlag(tmp_path / "volume" / "paused")
    assert f"its folder {tmp_path / 'volume'} does not exist" in flag.reason(ROLE, NOW)


def test_pauses_add_up_and_are_taken_away_by_their_own_selectors(flag: PauseFlag) -> None:
    flag.add(pause(scope="prod"))
    flag.add(pause(kind="Role"))
    assert [found.selector for found in flag.read(NOW)] == ["scope=prod", "kind=Role"]
    assert flag.clear(scope="test") == 0
    assert flag.clear(scope="prod") == 1
    assert [found.selector for found in flag.read(NOW)] == ["kind=Role"]
    assert flag.clear(kind="Role") == 1
    assert not flag.path.exists()


def test_resume_without_selectors_takes_away_whatever_is_there(flag: PauseFlag) -> None:
    flag.path.write_text("{")
    assert flag.clear() == 1
    assert flag.reason(ROLE, NOW) == ""


@pytest.mark.parametrize("content", ["", "{"])
def test_a_narrower_pause_is_not_written_over_what_pauses_everything(flag: PauseFlag, content: str) -> None:
    flag.path.write_text(content)
    with pytest.raises(TrueupError, match="everything"):
        flag.add(pause(name="app"))
    assert flag.path.read_text() == content


def test_a_new_pause_drops_those_that_are_over(flag: PauseFlag) -> None:
    flag.add(pause(name="old", until=NOW - timedelta(1)))
    flag.add(pause(name="new"))
    assert len(json.loads(flag.path.read_text())["pauses"]) == 1


def test_no_reader_ever_sees_half_of_a_file(flag: PauseFlag) -> None:
    """While pauses are written and others look, there is at all times a whole file: what it says first holds throughout."""
    flag.add(pause(name="app"))
    wrong: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            reason = flag.reason(ROLE, NOW)
            if reason != "paused by ann: incident":
                wrong.append(reason)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(50):
        flag.add(pause(name=f"other-{number}"))
    done.set()
    reader.join()
    assert wrong == []
    assert len(flag.read(NOW)) == 51


def test_a_flag_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrueupError, match="Not a directory"):
        PauseFlag(tmp_path / "file" / "paused").add(pause())
