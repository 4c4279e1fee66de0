"""A stage for tests: real manifests, the real reconciler and state file, the emulator; no process, no git."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from controller.aws.account import Accounts, Gate, open_gate
from controller.aws.client import Aws
from controller.aws.emulator import ACCOUNT
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from controller.model.address import Address
from controller.model.commit import Blob, Tree
from controller.model.event import AwsCalled, Event, Outcome
from controller.model.manifest import Desired, Loaded
from controller.model.plan import Plan
from controller.reconcile.cycle import World, guarded, look, reconcile
from controller.source.entries import blob_id
from controller.state.sqlite import SqliteStore

SCOPE = f"""
apiVersion: trueup/v1
kind: Scope
metadata: {{name: test}}
spec: {{account: "{ACCOUNT}", region: eu-central-1, guard: {{maxDeletes: 50, maxReplacements: 50}}}}
"""
READ = re.compile("^(Get|List|Describe|Search|AssumeRole)")


_on: list[Stage] = []
"""The stage whose pass it is; none where somebody else acts."""


def accounts() -> Accounts:
    """Accounts that all stages share, since boto3 takes a second to make a client of EC2; others for other credentials."""
    return _accounts(tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith("AWS_"))))


def forget_accounts() -> None:
    """Log in anew: the credentials of a role that was taken on die with what the emulator held."""
    _accounts.cache_clear()


@cache
def _accounts(environ: tuple[tuple[str, str], ...]) -> Accounts:
    def emit(event: Event) -> None:
        for stage in _on:
            stage._emit(event)

    def gate(address: Address | None, mutating: bool) -> None:
        for stage in _on:
            stage.gate(address, mutating)

    return Accounts(emit=emit, gate=gate, workers=2, attempts=2)


@dataclass
class Stage:
    """One scope and its state file. `files` are the manifests by path; `calls` the AWS calls since they were last cleared."""

    folder: Path
    files: dict[str, str] = field(default_factory=lambda: {"scope.yaml": SCOPE})
    gate: Gate = open_gate
    paused: Callable[[Address], str] = lambda address: ""
    listen: Callable[[Event], None] = lambda event: None
    calls: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    later: timedelta = timedelta()
    scope: str = "test"

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.folder / "state.db")

    def _emit(self, event: Event) -> None:
        if isinstance(event, AwsCalled):
            self.calls.append(event.operation)
        else:
            self.events.append(event)
        self.listen(event)

    @property
    def changes(self) -> list[str]:
        """The calls that may have changed something."""
        return [call for call in self.calls if not READ.match(call)]

    def world(self) -> World:
        _on[:] = [self]
        return World(
            accounts(), KINDS, self.store, self._emit, lambda a: self.paused(a), "trueup", workers=2, clock=self.clock
        )

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.later

    def loaded(self) -> Loaded:
        """What the files say, with all that is wrong with them."""
        blobs = tuple(Blob(path, blob_id(text.encode()), text.encode()) for path, text in sorted(self.files.items()))
        return Loader(KINDS, COMPOSITES).load(Tree(None, "", blobs))

    def desired(self) -> Desired:
        loaded = self.loaded()
        errors = [str(problem) for problem in loaded.problems if problem.severity == "error"]
        assert not errors, "\n".join(errors)
        return loaded.scopes[self.scope]

    def plan(self) -> Plan:
        world = self.world()
        return guarded(look(self.desired(), world), "c1", world)

    def apply(self, commit: str = "c1") -> Outcome:
        return reconcile(self.desired(), commit, self.world())

    def converge(self, passes: int = 4) -> Outcome:
        """Apply until nothing is left to do; fails where that does not come about."""
        for _ in range(passes):
            outcome = self.apply()
            if outcome.converged and not outcome.applied:
                return outcome
        raise AssertionError(f"not converged: {[s for s in outcome.statuses.values() if s.reason]} {outcome.error}")

    def converge_all(self, *scopes: str, passes: int = 6) -> None:
        """Pass over several scopes in turn until none has anything left to do; fails where that does not come about."""
        own = self.scope
        for _ in range(passes):
            outcomes = []
            for self.scope in scopes:
                outcomes.append(self.apply())
            self.scope = own
            if all(outcome.converged and not outcome.applied for outcome in outcomes):
                return
        raise AssertionError(f"not converged: {[s for o in outcomes for s in o.statuses.values() if s.reason]}")

    def aws(self) -> Aws:
        """The account as somebody else would use it."""
        _on.clear()
        scope = self.desired().scope
        return Aws(accounts().of(scope), scope.spec.region)


def document(api: str, kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
