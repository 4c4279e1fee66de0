"""What is wrong with records is told before any call, at its place in the file, whoever says them: a zone's list or a manifest."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from controller.manifest.yaml_writer import write
from tests.kinds.test_route53 import a, chosen, problems, record, zone

CNAME: dict[str, Any] = {"type": "CNAME", "values": ["a.net"]}
TWO_WAYS = "must be chosen among in one way; here are"


def place_of(path: str, documents: list[dict[str, Any]]) -> str:
    """Where a field of the last document stands."""
    node: Any = list(yaml.compose_all(write(documents)))[-1]
    mark = node.start_mark
    for key in re.findall(r"\w+", path):
        if isinstance(node, yaml.MappingNode):
            ((name, node),) = ((name, value) for name, value in node.value if name.value == key)
            mark = name.start_mark
        else:
            node = node.value[int(key)]
            mark = node.start_mark
    return f"a.yaml:{mark.line + 1}:{mark.column + 1}"


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"name": "x..y"}, "name", "'x..y' is no DNS name"),
        ({"type": "CA"}, "type", "did you mean 'CAA'?"),
        ({"values": ["192.0.2.1", "::1"]}, "values[1]", "is no value of the type A but of AAAA; write it like '192.0.2.1'"),
        ({"type": "MX", "values": ["mail"]}, "values[0]", "it has 1 parts, and 2 are needed; write it like '10 mail.example.com'"),
        ({"type": "TXT", "values": ["x" * 3971]}, "values[0]", "has 4018 characters, quotes included; Route 53 takes 4000"),
        ({"routing": {"weight": 1}}, "", "needs a setIdentifier too"),
        ({"routing": {"weight": 1, "region": "eu-west-1"}, "setIdentifier": "1"}, "routing", "needs exactly one policy of"),
        ({"routing": {"weight": 256}, "setIdentifier": "1"}, "routing.weight", "must be at most 255"),
        ({"setIdentifier": "1"}, "", "needs routing too"),
        ({"values": []}, "", "needs values or an alias"),
        ({"values": [], "alias": {"target": "www.example.com."}, "ttl": 60}, "", "an alias has no ttl of its own"),
        ({"type": "CNAME", "values": ["a.net", "b.net"]}, "", "a CNAME has one value, and here are 2"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_is_told_at_its_place(wrong: dict[str, Any], field: str, said: str) -> None:
    entry = {**a("x"), **wrong}
    for path, documents in (
        (f"spec.records[1].{field}", [zone(records=[a("www"), entry])]),
        (f"spec.{field}", [zone(), record("one", **entry)]),
    ):
        (told,) = problems(*documents)
        assert told.startswith(f"{place_of(path, documents)}: error: {path.rstrip('.')}: ")
        assert said in told


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"name": "@", **CNAME}], {0: "a CNAME cannot stand at the zone itself; an alias can"}),
        ([a("x"), {"name": "x", **CNAME}], {1: "a CNAME cannot stand beside other records of its name, and x.example.com has A"}),
        ([a("y"), a("x.example.org.")], {1: "x.example.org is not in the zone example.com"}),
        ([chosen("1", weight=1), chosen("2", region="eu-west-1")], dict.fromkeys((0, 1), f"{TWO_WAYS} region, weight")),
        ([chosen("1", weight=1), a("x")], dict.fromkeys((0, 1), f"{TWO_WAYS} none, weight")),
        ([a("y"), chosen("1", failover="SECONDARY")], {1: "a SECONDARY needs a PRIMARY beside it"}),
        ([chosen("1", failover="PRIMARY"), chosen("2", failover="PRIMARY")], dict.fromkeys((0, 1), "another such failover")),
        ([{"name": "x", "type": "A", "alias": {"target": "a.org."}}], {0: "a.org is not in the zone; say its hosted zone"}),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_one_zone_is_told_of_each(records: list[dict[str, Any]], said: dict[int, str]) -> None:
    listed = [zone(records=records)]
    own = [
        zone(),
        *(
            record(f"r{number}", values=None, **entry) if "alias" in entry else record(f"r{number}", **entry)
            for number, entry in enumerate(records)
        ),
    ]
    places = [place_of(f"spec.records[{number}]", listed) for number in said]
    for told, place, words in zip(problems(*listed), places, said.values(), strict=True):
        assert told.startswith(place)
        assert words in told
    places = [place_of("spec.name", own[: number + 2]) for number in said]
    for told, place, words in zip(problems(*own), places, said.values(), strict=True):
        assert told.startswith(place)
        assert words in told


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([zone(records=[a("y"), a("x"), a("X.example.com.")])], "a.yaml:13:7: error: spec.records[2]: x.example.com A is listed"),
        ([zone(), record("one", name="x"), record("two", name="x.example.com")], "more than one manifest wants x.example.com A"),
        ([zone(), record("one", name="x"), record("two", name="x")], "more than one manifest wants the live RecordSet"),
        ([zone(records=[a("x")]), record("one", name="x")], "also test/route53/HostedZone/example.com at a.yaml:1:1"),
        ([zone(records=[a("x")]), record("one", name="x", **CNAME)], "x.example.com has A too"),
        ([record("one", zone="Z0123456789", name="x")], "write the name 'x' in full"),
        ([zone(private=True, parent="example.org"), zone("example.org")], "a private zone has no parent"),
        ([zone(authorizedVpcs=[{"vpc": "vpc-01234567", "region": "eu-west-1"}])], "authorizedVpcs are of a private zone"),
    ],
)  # fmt: skip
def test_two_for_one_record_and_what_no_zone_can_be_are_told(documents: list[dict[str, Any]], said: str) -> None:
    assert said in "\n".join(problems(*documents))


def test_records_that_fit_beside_each_other_are_no_problem() -> None:
    weighted = [a("x", routing={"weight": n}, setIdentifier=str(n)) for n in (1, 2)]
    failover = [a("y", routing={"failover": role}, setIdentifier=role) for role in ("PRIMARY", "SECONDARY")]
    alias = {"name": "@", "type": "A", "alias": {"target": "x.example.com."}}
    assert (
        problems(zone(records=[*weighted, *failover, alias, a("z"), a("z") | {"type": "AAAA", "values": ["::1"]}]))
        == []
    )
