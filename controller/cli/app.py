"""The command `trueup`: its verbs, and what they have in common. Verbs import what they need when they are called, so that
`--help` answers at once."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from controller.cli import drift, manifests, pausing, process
from controller.errors import InvalidInput, TrueupError

app = typer.Typer(
    name="trueup",
    help="Keeps AWS accounts true to git.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from controller.version import VERSION

        typer.echo(f"trueup {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


for group in (manifests, drift, process, pausing):
    for name, verb in group.VERBS.items():
        app.command(name)(verb)


def main() -> None:
    """Run a verb. Errors that a person can act on are printed without a traceback; the exit code is 1."""
    # Ten thousand manifests are millions of objects, none of them garbage: looking for some after every 700 new ones, as Python
    # does by itself, takes a third of the time.
    gc.set_threshold(100_000, 20, 100)
    try:
        app()
    except InvalidInput as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except TrueupError as error:
        print(f"trueup: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
