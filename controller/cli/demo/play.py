"""Steps that must hold, one after the other, and how they are told."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from controller.cli.demo.stage import Stage, acted, commit
from controller.errors import TrueupError
from controller.model.plan import Verb
from controller.reconcile.render import SIGNS

PATIENCE = 120.0
"""Seconds that a step may take before it counts as failed: far more than it needs."""
MANY = 12
"""More actions than these are not told one by one."""
console = Console(soft_wrap=True, highlight=False)


class StepFailed(TrueupError):
    """A step of the demo did not hold."""


@dataclass
class Play:
    """The demo without a person."""

    stage: Stage
    seen: list[str] = field(default_factory=list)
    _read: int = 0
    _began: float = field(default_factory=time.monotonic)

    def act(self, title: str) -> None:
        """Begin a part of the story."""
        console.print()
        console.rule(f"[bold]{title}", align="left")

    def tell(self, text: str, style: str = "") -> None:
        """Say something, below what it belongs to."""
        for line in text.splitlines():
            console.print(Text(f"    {line}", style=style))

    def step(self, what: str, holds: Callable[[], object]) -> None:
        """Wait until something holds. Raises StepFailed where it does not come about."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise StepFailed(what)
            time.sleep(0.2)
        self.seen.append(what)
        at = time.monotonic() - self._began
        console.print(Text.assemble(("  ✓ ", "green"), what, (f"  {at:.0f} s", "dim")))

    def trueup(self, *arguments: str) -> None:
        """Run another verb, and show what it says, as if in the repository."""
        here = f"{self.stage.repo}/"
        self.tell(f"$ trueup {shlex.join(arguments)}".replace(here, ""), "bold")
        self.tell(self.stage.trueup(*arguments).replace(here, ""))

    def commit(self, message: str) -> None:
        """Commit what has changed in the repository, which is the daemon's remote."""
        self.tell(f"$ git commit --all --message {shlex.quote(message)}", "bold")
        commit(self.stage.repo, message)

    def show_actions(self) -> None:
        """Tell what trueup has done since the last time, out of its log."""
        done, self._read = acted(self.stage, self._read)
        if len(done) > MANY:
            counts = Counter(Verb(line["message"]) for line in done)
            self.tell("resources: " + ", ".join(f"{SIGNS[verb][0]} {number}" for verb, number in counts.items()))
        else:
            self._show(done)

    def _show(self, done: Sequence[dict[str, Any]]) -> None:
        for line in done:
            sign, colour = SIGNS[Verb(line["message"])]
            why = line.get("effects") or line["why"]
            console.print(Text.assemble("    ", (f"{sign} {line['resource']}", colour), f"  {why}"))

    def show_troubles(self, troubles: Sequence[Mapping[str, str]] | None = None) -> None:
        """Tell what is not in sync, as `trueup status` does."""
        for trouble in self.stage.troubles if troubles is None else troubles:
            reason = trouble["reason"].partition("; not done: ")[0]
            self.tell(f"{trouble['state']}  {trouble['resource']}: {reason}  {trouble['where']}")

    @property
    def manifests(self) -> Path:
        """The manifests in the repository."""
        return self.stage.repo / "manifests"

    @property
    def drifted(self) -> float:
        """How many resources have drifted, as Prometheus sees it."""
        return self.stage.metric("trueup_resources", scope=self.stage.scope, state="drifted")

    @property
    def summary(self) -> dict[str, Any]:
        """The steps that held, and what it took."""
        return {
            "steps": self.seen,
            "calls": int(self.stage.metric("trueup_aws_calls_total")),
            "actions": int(self.stage.metric("trueup_actions_total", result="done")),
        }
