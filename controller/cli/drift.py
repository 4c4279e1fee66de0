"""Verbs that look at AWS once: plan, apply, export, export-zone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import (
    BranchOption,
    CommitOption,
    ConfigOption,
    FolderArgument,
    Output,
    OutputOption,
    PathOption,
    RepoOption,
    ScopeOption,
    StateOption,
    chosen_scopes,
    console,
    errors,
    has_errors,
    load,
    progress,
    settings,
    show,
    show_problems,
)
from controller.errors import TrueupError

if TYPE_CHECKING:
    from controller.aws.client import Aws
    from controller.model.event import Event
    from controller.model.manifest import Desired
    from controller.model.scope import Scope
    from controller.reconcile.cycle import World
    from controller.settings import Settings

RoleOption = Annotated[
    str | None,
    typer.Option(
        "--role", help="Look as this role of each scope's account, in place of the scope's own; a name, no ARN."
    ),
]
AccountOption = Annotated[str, typer.Option("--account", help="The account's id.")]
AssumedOption = Annotated[str, typer.Option("--role", help="ARN of a role to assume.")]
OwnerOption = Annotated[str | None, typer.Option("--owner", help="This installation's name in the tag trueup:owner.")]


def plan(
    folder: FolderArgument = None,
    repo: RepoOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    path: PathOption = None,
    scope: ScopeOption = None,
    role: RoleOption = None,
    state_dir: StateOption = None,
    owner: OwnerOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show what would change in AWS, and change nothing. Exit code 0: nothing to do; 2: changes; 1: error."""
    from rich.text import Text

    from controller.reconcile.cycle import guarded, look
    from controller.reconcile.render import plain, render

    chosen = settings(config, repo=repo, branch=branch, path=path, state_dir=state_dir, owner=owner)
    loaded, sha = load(folder, chosen, commit)
    show_problems(loaded.problems)
    with progress() as listen:
        world = _world(chosen, listen, writes=False)
        plans = [guarded(look(_as(role, desired), world), sha, world) for desired in chosen_scopes(loaded, scope)]
    show(output, Text("\n").join(render(one) for one in plans), [plain(one) for one in plans])
    troubles = any(
        status.state in ("failed", "unknown", "blocked") for one in plans for status in one.statuses.values()
    )
    if has_errors(loaded.problems) or troubles:
        raise typer.Exit(1)
    raise typer.Exit(2 if any(one.actions for one in plans) else 0)


def apply(
    folder: FolderArgument = None,
    repo: RepoOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    path: PathOption = None,
    scope: ScopeOption = None,
    state_dir: StateOption = None,
    owner: OwnerOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Bring AWS in line with the manifests. Exit code 0: all in sync; 2: something is left; 1: error."""
    from controller.reconcile.cycle import settle
    from controller.report.board import Board, as_json
    from controller.state.lock import exclusive

    chosen = settings(config, repo=repo, branch=branch, path=path, state_dir=state_dir, owner=owner)
    loaded, sha = load(folder, chosen, commit)
    show_problems(loaded.problems)
    board = Board()
    tell = _teller() if output is Output.TEXT else board
    with exclusive(chosen.lock_file):
        world = _world(chosen, tell, writes=True)
        outcomes = [settle(desired, sha, world) for desired in chosen_scopes(loaded, scope)]
    for outcome in outcomes:
        from controller.model.event import PassEnded

        board(PassEnded(outcome))
    if output is Output.JSON:
        show(output, "", as_json(board.picture))
    wrong = any(o.error or any(s.state in ("failed", "unknown") for s in o.statuses.values()) for o in outcomes)
    if wrong or has_errors(loaded.problems):
        raise typer.Exit(1)
    raise typer.Exit(0 if all(outcome.converged for outcome in outcomes) else 2)


def export(
    folder: Annotated[Path, typer.Argument(help="An empty or new folder to write manifests into.")],
    account: AccountOption,
    region: Annotated[str, typer.Option("--region", help="The region.")],
    scope: Annotated[str, typer.Option("--scope", help="The name of the scope to write.")] = "exported",
    role: AssumedOption = "",
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only these kinds.")] = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Write what is live as manifests. They only observe; the folder's scope.yaml says how to go on from there."""
    from controller.kinds.registry import KINDS
    from controller.reconcile.export import export_scope, write_folder

    settings(config)
    wanted = _only_looked_at(scope, account, region, role)
    if folder.exists() and any(folder.iterdir()):
        raise TrueupError(f"{folder} is not empty", hint="name a new folder, so that nothing is overwritten")
    unknown = sorted(set(kind or ()) - KINDS.keys())
    if unknown:
        raise TrueupError(f"there is no kind {unknown[0]}", hint=f"kinds: {', '.join(KINDS)}")
    kinds = {name: KINDS[name] for name in kind or KINDS}
    with progress() as listen:
        files = write_folder(folder, export_scope(_aws(wanted, listen), wanted, kinds))
    show(output, "\n".join(f"wrote {file}" for file in files), {"files": [str(file) for file in files]})


def export_zone(
    zone: Annotated[str, typer.Argument(help="The hosted zone, by its domain or its id.")],
    account: AccountOption,
    region: Annotated[str, typer.Option("--region", help="A region of the account's partition.")] = "us-east-1",
    role: AssumedOption = "",
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Print a live zone as a zone file, as BIND has them. What only Route 53 has stands in comments, and is said beside it."""
    from controller.kinds.route53.live_zone import live_zone
    from controller.kinds.route53.zone_file import zone_file_of
    from controller.model.dns import readable

    settings(config)
    with progress() as listen:
        found = live_zone(_aws(_only_looked_at("exported", account, region, role), listen), zone)
    text, only = zone_file_of(found.domain, found.records)
    if output is Output.JSON:
        show(output, "", {"id": found.id, "name": readable(found.domain), "zoneFile": text, "comments": only})
        return
    for told in only:
        errors.print(f"in a comment  {told}", markup=False)
    typer.echo(text, nl=False)


def _only_looked_at(name: str, account: str, region: str, role: str) -> Scope:
    from controller.model.scope import Scope, ScopeSpec

    spec = {"account": account, "region": region, "role": role, "mode": "observe"}
    return Scope(name=name, spec=ScopeSpec.model_validate(spec))


def _aws(scope: Scope, emit: Callable[[Event], None]) -> Aws:
    from controller.aws.account import Accounts
    from controller.aws.client import Aws

    return Aws(Accounts(emit=emit).of(scope), scope.spec.region)


def _as(role: str | None, desired: Desired) -> Desired:
    """The same, looked at as another role of the same account: CI may plan with one that can change nothing."""
    from dataclasses import replace

    from controller.aws.account import role_arn

    if role is None:
        return desired
    spec = desired.scope.spec
    arn = role_arn(role, spec.account, spec.region)
    scope = desired.scope.model_copy(update={"spec": spec.model_copy(update={"role": arn})})
    return replace(desired, scope=scope)


def _world(chosen: Settings, emit: Callable[[Event], None], *, writes: bool) -> World:
    from datetime import UTC, datetime

    from controller.aws.account import Accounts
    from controller.errors import Held
    from controller.kinds.registry import KINDS
    from controller.model.address import Address
    from controller.pause import PauseFlag
    from controller.reconcile.cycle import World
    from controller.state.sqlite import SqliteStore

    flag = PauseFlag(chosen.flag_file)
    if writes:
        chosen.state_dir.mkdir(parents=True, exist_ok=True)

    def paused(address: Address | None) -> str:
        return flag.reason(address, datetime.now(UTC)) if chosen.flag_file.parent.is_dir() else ""

    def gate(address: Address | None, mutating: bool) -> None:
        reason = paused(address) if mutating else ""
        if reason:
            raise Held(reason)

    if writes:
        store = SqliteStore(chosen.state_file)
    else:
        known = chosen.state_file.exists()
        store = SqliteStore(chosen.state_file, read_only=True) if known else SqliteStore(":memory:")
    accounts = Accounts(emit=emit, gate=gate, workers=chosen.workers, attempts=chosen.aws_attempts)
    return World(accounts, KINDS, store, emit, paused, chosen.owner, chosen.workers)


def _teller() -> Callable[[Event], None]:
    """Prints what an apply does as it goes."""
    from controller.model.event import ActionEnded, PassEnded, Planned
    from controller.reconcile.render import SIGNS, render

    def tell(event: Event) -> None:
        match event:
            case Planned(plan):
                console.print(render(plan))
            case ActionEnded(action, result, reason, seconds):
                sign, _ = SIGNS[action.verb]
                why = f": {reason}" if reason else ""
                console.print(f"{sign} {action.address.local} {result.value} in {seconds:.1f} s{why}", markup=False)
            case PassEnded(outcome):
                text = outcome.error or ("converged" if outcome.converged else "not converged")
                console.print(f"{outcome.scope}: {text}", markup=False)

    return tell


VERBS = {"plan": plan, "apply": apply, "export": export, "export-zone": export_zone}
