"""`make bench`: the figures that the issues ask for, as tables. Counts are exact; seconds depend on the machine."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.benchmarks import commands, dns, ec2, ecs, iam
from tests.benchmarks.bench import Row


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("subject", nargs="*", help="commands, iam, ec2, ecs, dns; unset: all")
    parser.add_argument("--octodns", default="", help="the command octodns-sync, to compare with")
    asked = parser.parse_args()
    subjects: dict[str, Callable[[], Iterator[Row]]] = {
        "commands": commands.rows,
        "iam": iam.rows,
        "ec2": ec2.rows,
        "ecs": ecs.rows,
        "dns": partial(dns.rows, asked.octodns),
    }
    for name in asked.subject or subjects:
        table = Table("what", "figure", "note", title=f"trueup benchmarks: {name}", title_justify="left")
        for row in subjects[name]():
            table.add_row(*row)
        Console(width=200).print(table)


main()
