"""One zone of 10,000 records: made, looked at with nothing to change, and with ten of them changed.

By trueup, with the records in the zone's manifest and with one manifest each, and by octoDNS, on the same emulator one after the
other. Calls are counted by the emulator. What a tool computes, and its memory, is its own process's.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import boto3

from controller.kinds.route53.api import RECORDS
from controller.kinds.route53.batches import MAX_ELEMENTS
from controller.manifest.yaml_writer import write
from tests.benchmarks.bench import Row, in_files, in_words, put
from tests.benchmarks.emulated import Asked, Emulated, emulated
from tests.benchmarks.measured import Measured, measure
from tests.stage import SCOPE, document

MANY, SOME = 10_000, 10
ZONE = "bench.example"
Records = Mapping[str, tuple[str, str]]
"""Type and value by name."""


@dataclass(frozen=True)
class Tool:
    """A tool, and how it is run. `before` is run once, and not counted."""

    name: str
    look: Sequence[str]
    act: Sequence[str]
    files: Any
    before: Sequence[str] = ()


@dataclass(frozen=True)
class Run:
    """What one command took, and what it asked."""

    took: Measured
    asked: Asked

    def row(self, what: str, tool: Tool) -> Row:
        took, calls = self.took, sum(self.asked.calls.values())
        own = f"{calls:>3} calls   {took.cpu:5.1f} s of its own computing   {took.peak:4.0f} MB"
        share = f"{took.seconds:.1f} s by the clock, {self.asked.seconds:.1f} s of them the emulator's"
        return f"{what}: {tool.name}", own, f"{share}; {in_words(self.asked.calls)}"


def rows(octodns: str = "") -> Iterator[Row]:
    lists, batches = ceil((MANY + 2) / RECORDS), ceil(MANY / MAX_ELEMENTS)
    yield "the fewest calls", f"{lists} to list, {batches} to make, 1 to change", "what AWS's limits allow"
    folder_ = shutil.which(octodns) if octodns else None
    tools = [TRUEUP, replace(TRUEUP, name="trueup, a manifest each", files=_record_sets)]
    if folder_:
        sync = (folder_, "--config-file", "octodns.yaml")
        tools.append(Tool("octoDNS", sync, (*sync, "--doit"), _octodns))
    else:
        yield "octoDNS", "not installed", "`make bench` does that"
    with emulated() as emulator:
        runs = {tool.name: dict(_runs(tool, emulator)) for tool in tools}
    for what in ("fresh zone", "nothing to change", f"{SOME} changed"):
        yield from (runs[tool.name][what].row(what, tool) for tool in tools)


def _runs(tool: Tool, emulator: Emulated) -> Iterator[tuple[str, Run]]:
    emulator.empty()
    first, second = _records("10"), {**_records("10"), **dict(list(_records("11").items())[:SOME])}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if tool.before:
            _run(tool.before, put(folder, {"scope.yaml": SCOPE}), emulator)
        yield "fresh zone", _run(tool.act, put(folder, tool.files(first)), emulator)
        assert _live(emulator) == first
        yield "nothing to change", _run(tool.look, folder, emulator)
        yield f"{SOME} changed", _run(tool.act, put(folder, tool.files(second)), emulator)
        assert _live(emulator) == second


def _run(command: Sequence[str], folder: Path, emulator: Emulated) -> Run:
    emulator.asked()
    took = measure(command, emulator.environment, folder)
    return Run(took, emulator.asked())


def _live(emulator: Emulated) -> Records:
    """What is in the zone, but for what AWS makes with it."""
    where = emulator.environment
    keys = {"aws_access_key_id": where["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": where["AWS_SECRET_ACCESS_KEY"]}
    client = boto3.client("route53", endpoint_url=emulator.url, region_name=where["AWS_DEFAULT_REGION"], **keys)
    (zone,) = client.list_hosted_zones()["HostedZones"]
    pages = client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["Id"])
    found = (record for page in pages for record in page["ResourceRecordSets"])
    return {
        record["Name"].removesuffix(f".{ZONE}."): (record["Type"], record["ResourceRecords"][0]["Value"].strip('"'))
        for record in found
        if record["Type"] not in ("NS", "SOA")
    }


def _records(network: str) -> Records:
    """Records of five kinds, in turn. Those that begin the list are addresses in a network."""
    return {f"host-{number:05}": _record(number, network) for number in range(MANY)}


def _record(number: int, network: str) -> tuple[str, str]:
    if number < SOME:
        return "A", f"{network}.0.0.{number}"
    answers = (
        ("A", f"10.0.{number >> 8}.{number & 255}"),
        ("A", f"10.1.{number >> 8}.{number & 255}"),
        ("AAAA", f"2001:db8::{number:x}"),
        ("CNAME", f"host-00000.{ZONE}."),
        ("TXT", f"owner=team-{number}"),
    )
    return answers[number % len(answers)]


def _zone(records: Records) -> dict[str, str]:
    listed = [{"name": name, "type": type_, "values": [value]} for name, (type_, value) in records.items()]
    zone = document("route53.aws/v1", "HostedZone", ZONE, {"authority": "full", "records": listed})
    return {"scope.yaml": SCOPE, "zone.yaml": write([zone])}


def _record_sets(records: Records) -> dict[str, str]:
    zone = document("route53.aws/v1", "HostedZone", ZONE, {"authority": "full"})
    each = (
        document("route53.aws/v1", "RecordSet", name, {"zone": ZONE, "name": name, "type": type_, "values": [value]})
        for name, (type_, value) in records.items()
    )
    return in_files([zone, *each])


def _octodns(records: Records) -> dict[str, str]:
    config = {
        "providers": {
            "files": {"class": "octodns.provider.yaml.YamlProvider", "directory": ".", "default_ttl": 300},
            "route53": {"class": "octodns_route53.Route53Provider"},
        },
        "zones": {f"{ZONE}.": {"sources": ["files"], "targets": ["route53"]}},
    }
    zone = {name: {"type": type_, "value": value} for name, (type_, value) in records.items()}
    return {"octodns.yaml": write([config]), f"{ZONE}.yaml": write([zone])}


_TRUEUP = (sys.executable, "-m", "controller")
TRUEUP = Tool(
    "trueup",
    look=(*_TRUEUP, "plan", "."),
    act=(*_TRUEUP, "apply", "."),
    files=_zone,
    before=(*_TRUEUP, "apply", "."),  # the very first pass of a scope looks for what it owns of all kinds
)
