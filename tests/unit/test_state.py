"""The state file: what is noted is there after a restart, and what is wrong with the file is told."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.errors import StateError
from controller.model.address import Address
from controller.model.event import Outcome
from controller.model.inventory import Entry, Failure
from controller.model.plan import State, Status
from controller.model.problem import Position
from controller.model.scope import Deletion
from controller.state.lock import exclusive
from controller.state.sqlite import KEPT_PASSES, SqliteStore

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROLE = Address("prod", "iam/Role", "app")
GROUP = Address("prod", "iam/Group", "readers")
ENTRY = Entry(ROLE, "app", "c1", "a.yaml", 3, NOW, Deletion.RETAIN, {"arn": "arn:aws:iam::123456789012:role/app"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.db"


def outcome(state: State = State.IN_SYNC, *, error: str = "", scope: str = "prod") -> Outcome:
    status = Status(ROLE, state, "because" if state is not State.IN_SYNC else "", Position("a.yaml", 3, 1))
    return Outcome(scope, "c1", NOW, 1.5, {ROLE: status}, 2, error)


def reopened(store: SqliteStore) -> SqliteStore:
    store.close()
    return SqliteStore(store.path)


def test_all_that_is_noted_is_there_after_a_restart(file: Path) -> None:
    store = SqliteStore(file)
    failure = Failure(ROLE, "mark", "AccessDenied", 3, NOW + timedelta(minutes=4))
    store.applied(ENTRY)
    store.intend(GROUP, "readers")
    store.failed(failure)
    store.set_commit("good", "c1")
    store.finish(outcome(State.BLOCKED))
    store = reopened(store)
    inventory = store.inventory("prod")
    assert inventory.entries == (ENTRY,)
    assert inventory.intents == {GROUP: "readers"}
    assert inventory.failures == {ROLE: failure}
    assert store.outputs(ROLE) == ENTRY.outputs
    assert store.commits() == {"good": "c1"}
    assert store.scopes() == ("prod",)
    record = store.last("prod")
    assert record
    assert (record.commit, record.started, record.seconds, record.applied) == ("c1", NOW, 1.5, 2)
    assert record.counts[State.BLOCKED] == 1
    (trouble,) = record.troubles
    assert (trouble.address, trouble.state, trouble.reason, trouble.where) == (ROLE, "blocked", "because", "a.yaml:3:1")
    store.close()


def test_a_scope_knows_nothing_of_another(file: Path) -> None:
    store = SqliteStore(file)
    store.applied(ENTRY)
    store.finish(outcome())
    inventory = store.inventory("test")
    assert (inventory.entries, inventory.fresh) == ((), True)
    assert store.last("test") is None
    store.close()


def test_a_scope_is_fresh_until_a_pass_of_it_could_be_made(file: Path) -> None:
    """A pass that failed as a whole has not seen all kinds, so the next one must look at all of them still."""
    store = SqliteStore(file)
    store.finish(outcome(State.UNKNOWN, error="no credentials"))
    assert store.inventory("prod").fresh
    store.finish(outcome())
    assert not store.inventory("prod").fresh
    store.close()


def test_an_applied_resource_ends_its_intent_and_a_rename_takes_the_old_entry_along(file: Path) -> None:
    store = SqliteStore(file)
    store.intend(ROLE, "app")
    store.applied(ENTRY)
    assert store.inventory("prod").intents == {}
    renamed = replace(ENTRY, address=Address("prod", "iam/Role", "web"), commit="c2", created=NOW + timedelta(1))
    store.applied(renamed)
    assert store.inventory("prod").entries == (renamed,)
    store.close()


def test_one_address_has_two_ids_while_a_replacement_is_under_way(file: Path) -> None:
    store = SqliteStore(file)
    store.applied(ENTRY)
    store.applied(replace(ENTRY, id="app-2", created=NOW + timedelta(1), outputs={"arn": "new"}))
    assert store.inventory("prod").ids(ROLE) == {"app", "app-2"}
    assert store.outputs(ROLE) == {"arn": "new"}
    store.forget(ROLE, "app")
    assert store.inventory("prod").ids(ROLE) == {"app-2"}
    store.close()


def test_history_is_newest_first_and_bounded(file: Path) -> None:
    store = SqliteStore(file)
    for number in range(KEPT_PASSES + 5):
        store.finish(replace(outcome(), commit=f"c{number}"))
    history = store.history("prod", limit=10_000)
    assert len(history) == KEPT_PASSES
    assert [record.commit for record in history[:2]] == [f"c{KEPT_PASSES + 4}", f"c{KEPT_PASSES + 3}"]
    store.close()


def test_every_write_is_on_disk_before_the_call_returns(file: Path) -> None:
    """What it notes may be about to be the only trace of a call to AWS: no power cut may take it back."""
    store = SqliteStore(file)
    assert store._db.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    store.intend(GROUP, "readers")
    beside = sqlite3.connect(file)
    assert beside.execute("SELECT claim FROM intent").fetchall() == [("readers",)]
    beside.close()
    store.close()


@pytest.mark.parametrize("table", ["entry", "pass", "failure", "sqlite_schema"])
def test_a_damaged_page_anywhere_is_found_at_the_start_and_the_file_moved_aside(file: Path, table: str) -> None:
    store = SqliteStore(file)
    store.applied(ENTRY)
    store.failed(Failure(ROLE, "mark", "no", 1, NOW))
    store.finish(outcome())
    roots = dict(store._db.execute("SELECT name, rootpage FROM sqlite_schema").fetchall())
    (size,) = store._db.execute("PRAGMA page_size").fetchone()
    store.close()
    content = bytearray(file.read_bytes())
    begin = (roots.get(table, 1) - 1) * size
    content[begin : begin + size] = b"\xff" * size
    file.write_bytes(content)

    store = SqliteStore(file)
    (aside,) = file.parent.glob("state.db.corrupt-*")
    assert aside.read_bytes() == content
    assert f"{file} was corrupt (" in store.recovered
    assert f"is now {aside}; the inventory is rebuilt from tags" in store.recovered
    assert store.inventory("prod").fresh
    store.applied(ENTRY)
    store = reopened(store)
    assert store.recovered == ""
    assert store.inventory("prod").entries == (ENTRY,)
    store.close()


def test_a_file_of_a_newer_trueup_is_not_touched(file: Path) -> None:
    store = SqliteStore(file)
    store._db.execute("PRAGMA user_version = 99")
    store.close()
    before = file.read_bytes()
    with pytest.raises(StateError, match=r"written by a newer trueup .version 99.; run that one"):
        SqliteStore(file)
    assert file.read_bytes() == before
    assert list(file.parent.glob("*corrupt*")) == []


def test_what_only_reads_makes_no_file_and_says_that_there_is_none(file: Path) -> None:
    with pytest.raises(StateError, match=r"there is no state file .*; trueup has not run here yet"):
        SqliteStore(file, read_only=True)
    assert not file.parent.exists()


def test_a_folder_in_the_place_of_the_file_is_told(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(StateError, match=r"state file .*: unable to open database file; see that the folder exists"):
        SqliteStore(file)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match=r"state file .*File exists"):
        SqliteStore(tmp_path / "state" / "state.db")


def test_the_lock_is_held_by_one_and_let_go_at_the_end(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "lock"
    with (
        exclusive(lock),
        pytest.raises(StateError, match=r"another trueup .process \d+. is at work with"),
        exclusive(lock),
    ):
        pytest.fail("two had the lock")
    with exclusive(lock):
        pass


def test_what_is_noted_at_once_is_on_disk_all_together_or_not_at_all(file: Path) -> None:
    store = SqliteStore(file)
    with store.at_once():
        store.intend(GROUP, "readers")
        store.applied(ENTRY)
        assert SqliteStore(file, read_only=True).inventory("prod").intents == {}
    assert SqliteStore(file, read_only=True).inventory("prod") == store.inventory("prod")

    def cut_off() -> None:
        with store.at_once():
            store.unintend(GROUP)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert store.inventory("prod").intents == {GROUP: "readers"}
    store.close()
