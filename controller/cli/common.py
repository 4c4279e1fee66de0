"""What verbs share: options, printing, and the way from a folder or a commit to loaded manifests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from controller.errors import TrueupError

if TYPE_CHECKING:
    from controller.manifest.load import Loader
    from controller.model.event import Event
    from controller.model.manifest import Desired, Loaded
    from controller.model.problem import Problem
    from controller.settings import Settings


class Output(StrEnum):
    """How a verb prints."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="`text` for people, `json` for programs.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file (./trueup.yaml, if it is there).")]
StateOption = Annotated[Path | None, typer.Option("--state-dir", help="Where state, mirror and flag file are kept.")]
FolderArgument = Annotated[Path | None, typer.Argument(help="A folder of manifests; no git needed.")]
RepoOption = Annotated[str | None, typer.Option("--repo", help="A git remote, in place of a folder.")]
BranchOption = Annotated[str | None, typer.Option("--branch", help="The branch of --repo.")]
CommitOption = Annotated[str | None, typer.Option("--commit", help="A commit of --repo; unset: the branch's head.")]
PathOption = Annotated[str | None, typer.Option("--path", help="The manifests' folder in --repo.")]
ScopeOption = Annotated[str | None, typer.Option("--scope", help="Only this scope.")]

console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def settings(config: Path | None, **flags: Any) -> Settings:
    """The settings that hold for a verb."""
    from controller.settings import load_settings

    return load_settings(flags, config)


def show(output: Output, text: Text | str, data: Any) -> None:
    """Print one result in the form that was asked for."""
    if output is Output.JSON:
        typer.echo(json.dumps(data, indent=2, default=str))
    else:
        console.print(text, markup=False)


@contextmanager
def progress() -> Iterator[Callable[[Event], None]]:
    """Shows on a terminal what is being waited for, by listening to events; in a pipe nothing."""
    from controller.model.event import AwsCalled, KindObserved, PassStarted

    with errors.status("asking AWS") as line:
        calls = 0

        def listen(event: Event) -> None:
            nonlocal calls
            match event:
                case PassStarted(scope):
                    line.update(f"{scope}: asking AWS")
                case KindObserved(scope, kind, count):
                    line.update(f"{scope}: read {count} {kind}, {calls} calls to AWS so far")
                case AwsCalled():
                    calls += 1

        yield listen


def show_problems(problems: Iterable[Problem]) -> None:
    """Print problems where they do not disturb a program that reads the result."""
    for problem in problems:
        errors.print(Text(str(problem), style="red" if problem.severity == "error" else "yellow"))


def loader() -> Loader:
    """A loader that knows all kinds."""
    from controller.kinds.registry import COMPOSITES, KINDS
    from controller.manifest.load import Loader

    return Loader(KINDS, COMPOSITES)


def load(folder: Path | None, chosen: Settings, commit: str | None = None) -> tuple[Loaded, str]:
    """The manifests of a folder, or of a commit of the repository; and the commit ("" for a folder)."""
    from controller.source.folder import FolderSource

    if folder is not None or not chosen.repo:
        return loader().load(FolderSource(folder or Path(chosen.path), max_file_bytes=chosen.max_file_bytes).tree()), ""
    from controller.source.git import GitSource

    source = GitSource(
        chosen.repo,
        branch=chosen.branch,
        tag_pattern=chosen.tag_pattern,
        path=chosen.path,
        mirror=chosen.mirror,
        token=chosen.git_token.get_secret_value(),
        max_file_bytes=chosen.max_file_bytes,
    )
    found = source.resolve(commit) if commit else source.fetch(source.head())
    return loader().load(source.tree(found.sha)), found.sha


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any problem is more than a warning."""
    return any(problem.severity == "error" for problem in problems)


def chosen_scopes(loaded: Loaded, scope: str | None) -> list[Desired]:
    """The scopes to look at: all, or the one that was named. Raises TrueupError where there is none of that name."""
    if scope is not None and scope not in loaded.scopes:
        raise TrueupError(f"there is no scope {scope!r}", hint=f"scopes: {', '.join(loaded.scopes) or 'none'}")
    return [desired for name, desired in sorted(loaded.scopes.items()) if scope in (None, name)]
