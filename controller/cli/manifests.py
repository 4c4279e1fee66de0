"""Verbs about manifests alone, which need no AWS: validate, expand, explain, schema, permissions, set, import-zone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

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
    errors,
    has_errors,
    load,
    settings,
    show,
    show_problems,
)
from controller.errors import TrueupError


def validate(
    folder: FolderArgument = None,
    repo: RepoOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    path: PathOption = None,
    state_dir: StateOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Check manifests without asking AWS. Exit code 0: valid, perhaps with warnings; 1: errors."""
    chosen = settings(config, repo=repo, branch=branch, path=path, state_dir=state_dir)
    loaded, _ = load(folder, chosen, commit)
    counts = {name: len(desired.manifests) for name, desired in sorted(loaded.scopes.items())}
    if output is Output.TEXT:
        show_problems(loaded.problems)
    wrong = has_errors(loaded.problems)
    total = ", ".join(f"{name}: {count} manifests" for name, count in counts.items()) or "no scopes"
    show(
        output,
        f"{'errors found' if wrong else 'valid'}  {total}",
        {"valid": not wrong, "manifests": counts, "problems": [str(problem) for problem in loaded.problems]},
    )
    raise typer.Exit(1 if wrong else 0)


def expand(
    folder: FolderArgument = None,
    repo: RepoOption = None,
    branch: BranchOption = None,
    commit: CommitOption = None,
    path: PathOption = None,
    scope: ScopeOption = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only manifests of this kind, and what composites of it stand for.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Only manifests of this name, and what composites of it stand for.")
    ] = None,
    state_dir: StateOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show the manifests as trueup sees them: composites expanded, includes patched, variables put in. Exit code 1: errors."""
    from controller.kinds.registry import KINDS
    from controller.manifest.document import document
    from controller.manifest.yaml_writer import write

    chosen = settings(config, repo=repo, branch=branch, path=path, state_dir=state_dir)
    loaded, _ = load(folder, chosen, commit)
    show_problems(loaded.problems)
    documents = [
        document(manifest, KINDS)
        for desired in chosen_scopes(loaded, scope)
        for manifest in desired.manifests.values()
        if manifest.fits(kind, name)
    ]
    if output is Output.TEXT:
        typer.echo(write(documents), nl=False)
    else:
        show(output, "", documents)
    raise typer.Exit(1 if has_errors(loaded.problems) else 0)


def explain(
    what: Annotated[str, typer.Argument(help="Kind or Kind.field, such as Role.trust; `Scope` too.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell what a kind, or a field of it, is and takes."""
    from controller.kinds.registry import COMPOSITES, KINDS
    from controller.manifest.explain import explain as told

    explanation = told(what, {**KINDS, **COMPOSITES})
    show(output, explanation.text, explanation.data)


def schema(
    kind: Annotated[str | None, typer.Argument(help="One kind; unset: one schema for all.")] = None,
    write: Annotated[Path | None, typer.Option("--write", help="Write all schemas into this folder.")] = None,
    output: OutputOption = Output.JSON,
) -> None:
    """Print JSON Schemas of manifests, for editors and CI. As text: what there is, as `explain` tells it."""
    from controller.kinds.registry import COMPOSITES, KINDS
    from controller.manifest.explain import explain as told
    from controller.manifest.schema import all_schemas, schema_of, write_schemas

    kinds = {**KINDS, **COMPOSITES}
    if write is not None:
        for name in write_schemas(write, kinds):
            typer.echo(name)
        return
    if output is Output.TEXT:
        typer.echo(told(kind, kinds).text if kind else "\n".join(["Scope", *kinds]))
    else:
        typer.echo(all_schemas(kinds) if kind is None else schema_of(kind, kinds))


def permissions(
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only for these kinds; unset: for all.")] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Only what looking takes, as for `plan` in CI.")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write a policy for each service, and a read-only one, into this folder."),
    ] = None,
    output: OutputOption = Output.JSON,
) -> None:
    """Print the IAM policy that trueup's role needs. As text: its actions, one a line."""
    from controller.kinds.registry import KINDS
    from controller.manifest.explain import kind_id
    from controller.manifest.permissions import actions, policy, write_policies

    if write is not None:
        for name in write_policies(write, KINDS):
            typer.echo(name)
        return
    chosen = [KINDS[kind_id(name, KINDS)] for name in kind or KINDS]
    if output is Output.TEXT:
        typer.echo("\n".join(actions(chosen, read_only=read_only)))
    else:
        typer.echo(policy(chosen, read_only=read_only), nl=False)


class Settable(StrEnum):
    """What can be set."""

    IMAGE = "image"


def set_(
    what: Annotated[Settable, typer.Argument(help="`image`: of a FargateApp, or of a TaskDefinition's container.")],
    assignment: Annotated[
        str, typer.Argument(metavar="APP=IMAGE", help="Such as shop=shop:1.5.0; or task/container=...")
    ],
    folder: FolderArgument = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Change a value in a folder's files, and nothing else in them: comments and formatting stay. For CI, which then commits."""
    from controller.errors import InvalidInput, TrueupError
    from controller.manifest.images import find, images, put
    from controller.manifest.yaml_reader import read
    from controller.source.folder import FolderSource

    name, sign, text = assignment.partition("=")
    if not (name and sign and text):
        raise TrueupError(f"{assignment!r} is no assignment", hint="write APP=IMAGE, such as shop=shop:1.5.0")
    chosen = settings(config)
    tree = FolderSource(folder or Path(chosen.path), max_file_bytes=chosen.max_file_bytes).tree()
    files = {blob.path: (blob.content, *read(blob.path, blob.content)) for blob in tree.blobs}
    problems = [*tree.problems, *(problem for _, _, found in files.values() for problem in found)]
    if problems:
        raise InvalidInput(problems)
    image = find(images(document for _, documents, _ in files.values() for document in documents), name)
    before = files[image.document.file][0]
    after = put(before, image, text)
    if after != before:
        Path(image.document.file).write_bytes(after)
    done = f"{image.text} -> {text}" if after != before else f"{text} already"
    data = {"file": image.document.file, "line": image.where.line, "before": image.text, "after": text}
    show(output, f"{what.value} of {image}: {done}", data)


def import_zone(
    file: Annotated[Path, typer.Argument(help="A zone file, as BIND has them.")],
    origin: Annotated[str, typer.Option("--origin", help="The domain, where the file does not say it ($ORIGIN).")] = "",
    output: OutputOption = Output.TEXT,
) -> None:
    """Print a zone file as the manifest of a HostedZone. What of it Route 53 does not take is said beside it."""
    from controller.kinds.route53.zone_file import manifest_of, read_zone_file

    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise TrueupError(f"{file} cannot be read: {error}") from error
    zone = read_zone_file(text, origin, str(file))
    for left in zone.left_out:
        errors.print(f"left out  {left}", markup=False)
    if output is Output.TEXT:
        typer.echo(manifest_of(zone), nl=False)
    else:
        show(
            output,
            "",
            {"name": zone.name, "records": [entry.record for entry in zone.entries], "leftOut": zone.left_out},
        )


VERBS = {
    "validate": validate,
    "expand": expand,
    "explain": explain,
    "schema": schema,
    "permissions": permissions,
    "set": set_,
    "import-zone": import_zone,
}
