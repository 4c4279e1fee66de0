"""The state in one SQLite file.

Every write is its own transaction, or part of one (`at_once`), and that is on disk before it returns (WAL, synchronous=FULL),
since what it notes may be about to be the only trace of a call to AWS. A corrupt file is moved aside and begun anew: tags bring
the inventory back.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from controller.errors import StateError
from controller.model.address import Address
from controller.model.event import Outcome
from controller.model.inventory import Entry, Failure, Inventory
from controller.model.plan import State
from controller.model.scope import Deletion
from controller.state.store import Record, Trouble

VERSION = 1
KEPT_PASSES = 200
"""Finished passes that are kept for each scope."""

SCHEMA = """
CREATE TABLE entry (scope TEXT, kind TEXT, name TEXT, id TEXT, "commit" TEXT, file TEXT, line INTEGER, created TEXT,
    deletion TEXT, outputs TEXT, PRIMARY KEY (scope, kind, name, id)) WITHOUT ROWID;
CREATE TABLE intent (address TEXT PRIMARY KEY, scope TEXT, claim TEXT) WITHOUT ROWID;
CREATE TABLE failure (address TEXT PRIMARY KEY, scope TEXT, fingerprint TEXT, message TEXT, attempts INTEGER,
    not_before TEXT) WITHOUT ROWID;
CREATE TABLE pass (number INTEGER PRIMARY KEY, scope TEXT, "commit" TEXT, started TEXT, seconds REAL, applied INTEGER,
    error TEXT, counts TEXT, troubles TEXT);
CREATE INDEX pass_scope ON pass (scope, number);
CREATE TABLE noted (name TEXT PRIMARY KEY, sha TEXT) WITHOUT ROWID;
CREATE TABLE heartbeat (one INTEGER PRIMARY KEY, at TEXT);
"""


class SqliteStore:
    """A Store in a SQLite file (or `:memory:`). `recovered` says that a corrupt file was moved aside; "" otherwise."""

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.path = str(path)
        self.recovered = ""
        self._lock = threading.RLock()
        if read_only and not Path(self.path).exists():
            raise StateError(f"there is no state file {self.path}", hint="trueup has not run here yet")
        try:
            self._open(read_only)
        except sqlite3.DatabaseError as error:
            if read_only or isinstance(error, sqlite3.OperationalError):
                raise _trouble(self.path, error) from error
            self._set_aside(error)
            self._open(read_only)

    def _open(self, read_only: bool) -> None:
        with _told(self.path):
            if not read_only and self.path != ":memory:":
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        address = f"file:{self.path}?mode=ro" if read_only else self.path
        self._db = sqlite3.connect(address, uri=read_only, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        if not read_only:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StateError(f"{self.path} was written by a newer trueup (version {version})", hint="run that one")
        if version == 0 and not read_only:
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = f"{self.path}.corrupt-{stamp}"
        self._db.close()
        with _told(self.path):
            Path(self.path).rename(aside)
            for leftover in (f"{self.path}-wal", f"{self.path}-shm"):
                Path(leftover).unlink(missing_ok=True)
        self.recovered = f"{self.path} was corrupt ({error}) and is now {aside}; the inventory is rebuilt from tags"

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def inventory(self, scope: str) -> Inventory:
        entries = tuple(_entry(row) for row in self._read("SELECT * FROM entry WHERE scope = ?", scope))
        intents = {Address.parse(row["address"]): row["claim"] for row in self._of("intent", scope)}
        failures = {failure.address: failure for failure in map(_failure, self._of("failure", scope))}
        fresh = not self._read("SELECT 1 FROM pass WHERE scope = ? AND error = '' LIMIT 1", scope)
        return Inventory(entries, intents, failures, fresh)

    def _of(self, table: str, scope: str) -> list[sqlite3.Row]:
        return self._read(f"SELECT * FROM {table} WHERE scope = ?", scope)  # noqa: S608 - table is one of our own names

    def outputs(self, address: Address) -> Mapping[str, str] | None:
        rows = self._read(
            "SELECT outputs FROM entry WHERE scope = ? AND kind = ? AND name = ? ORDER BY created DESC LIMIT 1",
            address.scope,
            address.kind,
            address.name,
        )
        return json.loads(rows[0]["outputs"]) if rows else None

    def intend(self, address: Address, claim: str) -> None:
        self._write("INSERT OR REPLACE INTO intent VALUES (?, ?, ?)", str(address), address.scope, claim)

    def unintend(self, address: Address) -> None:
        self._write("DELETE FROM intent WHERE address = ?", str(address))

    def applied(self, entry: Entry) -> None:
        address = entry.address
        with self.at_once():
            self._db.execute(
                "INSERT INTO entry VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
                '"commit" = excluded."commit", file = excluded.file, line = excluded.line, created = excluded.created, '
                "deletion = excluded.deletion, outputs = excluded.outputs",
                (
                    *(address.scope, address.kind, address.name, entry.id, entry.commit, entry.file, entry.line),
                    *(entry.created.isoformat(), entry.deletion.value, json.dumps(dict(entry.outputs))),
                ),
            )
            # A rename: the same resource under another address is one resource.
            self._db.execute(
                "DELETE FROM entry WHERE scope = ? AND kind = ? AND id = ? AND name <> ?",
                (address.scope, address.kind, entry.id, address.name),
            )
            self._db.execute("DELETE FROM intent WHERE address = ?", (str(address),))

    def forget(self, address: Address, id_: str) -> None:
        self._write(
            "DELETE FROM entry WHERE scope = ? AND kind = ? AND name = ? AND id = ?",
            address.scope,
            address.kind,
            address.name,
            id_,
        )

    def failed(self, failure: Failure) -> None:
        self._write(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)",
            str(failure.address),
            failure.address.scope,
            failure.fingerprint,
            failure.message,
            failure.attempts,
            failure.not_before.isoformat(),
        )

    def succeeded(self, address: Address) -> None:
        self._write("DELETE FROM failure WHERE address = ?", str(address))

    def refresh(self, outputs: Mapping[Address, Mapping[str, str]]) -> None:
        rows = [(json.dumps(dict(found)), a.scope, a.kind, a.name) for a, found in outputs.items()]
        statement = "UPDATE entry SET outputs = ?1 WHERE scope = ?2 AND kind = ?3 AND name = ?4 AND outputs <> ?1"
        with self.at_once():
            self._db.executemany(statement, rows)

    def finish(self, outcome: Outcome) -> None:
        counts = {state.value: outcome.count(state) for state in State}
        troubles = [
            (str(s.address), s.state.value, s.reason, str(s.where or ""))
            for s in outcome.statuses.values()
            if s.state is not State.IN_SYNC
        ]
        with self.at_once():
            self._db.execute(
                "INSERT INTO pass VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(outcome.scope, outcome.commit, outcome.started.isoformat(), outcome.seconds, outcome.applied),
                    *(outcome.error, json.dumps(counts), json.dumps(troubles)),
                ),
            )
            self._db.execute(
                "DELETE FROM pass WHERE scope = ?1 AND number NOT IN "
                "(SELECT number FROM pass WHERE scope = ?1 ORDER BY number DESC LIMIT ?2)",
                (outcome.scope, KEPT_PASSES),
            )

    def last(self, scope: str) -> Record | None:
        return next(iter(self.history(scope, 1)), None)

    def history(self, scope: str, limit: int = 20) -> tuple[Record, ...]:
        rows = self._read("SELECT * FROM pass WHERE scope = ? ORDER BY number DESC LIMIT ?", scope, limit)
        return tuple(_record(row) for row in rows)

    def scopes(self) -> tuple[str, ...]:
        return tuple(row["scope"] for row in self._read("SELECT DISTINCT scope FROM pass ORDER BY scope"))

    def set_commit(self, name: str, sha: str) -> None:
        self._write("INSERT OR REPLACE INTO noted VALUES (?, ?)", name, sha)

    def commits(self) -> Mapping[str, str]:
        return {row["name"]: row["sha"] for row in self._read("SELECT name, sha FROM noted")}

    def check_writable(self) -> None:
        self._write("INSERT OR REPLACE INTO heartbeat VALUES (1, ?)", datetime.now(UTC).isoformat())

    def _read(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, _told(self.path):
            return self._db.execute(statement, values).fetchall()

    def _write(self, statement: str, *values: object) -> None:
        with self.at_once():
            self._db.execute(statement, values)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        with self._lock, _told(self.path):
            within = self._db.in_transaction  # another of this thread's, whose end is the end of this one too
            if within:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _trouble(path, error) from error


def _trouble(path: str, error: Exception) -> StateError:
    text = str(error)
    if "readonly" in text or "read-only" in text:
        hint = "make the file, those beside it (-wal, -shm) and its folder writable for trueup, and start it again"
    elif "full" in text or "No space" in text:
        hint = "make room on its disk"
    elif "locked" in text:
        hint = "is another trueup at work with it?"
    else:
        hint = "see that the folder exists and is trueup's"
    return StateError(f"state file {path}: {text}", hint=hint)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        address=Address(row["scope"], row["kind"], row["name"]),
        id=row["id"],
        commit=row["commit"],
        file=row["file"],
        line=row["line"],
        created=datetime.fromisoformat(row["created"]),
        deletion=Deletion(row["deletion"]),
        outputs=json.loads(row["outputs"]),
    )


def _failure(row: sqlite3.Row) -> Failure:
    return Failure(
        address=Address.parse(row["address"]),
        fingerprint=row["fingerprint"],
        message=row["message"],
        attempts=row["attempts"],
        not_before=datetime.fromisoformat(row["not_before"]),
    )


def _record(row: sqlite3.Row) -> Record:
    troubles: list[Any] = json.loads(row["troubles"])
    return Record(
        scope=row["scope"],
        commit=row["commit"],
        started=datetime.fromisoformat(row["started"]),
        seconds=row["seconds"],
        applied=row["applied"],
        error=row["error"],
        counts={State(state): count for state, count in json.loads(row["counts"]).items()},
        troubles=tuple(Trouble(Address.parse(a), State(s), reason, where) for a, s, reason, where in troubles),
    )
