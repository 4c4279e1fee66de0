"""Zone files become manifests that mean the same, and live zones zone files, with what the other side has no words for said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from controller.cli.app import app
from controller.errors import TrueupError
from controller.kinds.registry import COMPOSITES, KINDS
from controller.kinds.route53.records import Record, as_live, from_aws
from controller.kinds.route53.zone_file import manifest_of, read_zone_file, zone_file_of
from controller.kinds.route53.zone_spec import HostedZoneSpec
from controller.manifest.load import Loader
from controller.model.commit import Blob, Tree
from controller.source.entries import blob_id
from tests.stage import SCOPE, Stage, document
from tests.unit.test_dns import TYPED, escaped

ZONE = r"""
$ORIGIN example.com.
$TTL 3600
@       IN SOA  ns1 hostmaster ( 1 7200 900 1209600 86400 )
        IN NS   ns1.example.net.
        IN MX   10 mail         ; where our mail goes
        IN TXT  "v=spf1 " "include:_spf.example.net -all"
www  60 IN A    192.0.2.1       ; the first
        IN A    192.0.2.2       ; the second
*       IN CNAME www
b\195\188cher IN A 192.0.2.3
dev     IN NS   ns1.elsewhere.net.
key     IN TXT  "a\"b" "c\\d" "\195\164"
short 300 IN AAAA 2001:DB8::1
example.com IN A 192.0.2.4
www     IN RRSIG A 13 3 60 20300101000000 20200101000000 1 example.com. AAAA
"""


def spec_of(text: str) -> HostedZoneSpec:
    blobs = tuple(Blob(path, blob_id(t.encode()), t.encode()) for path, t in (("scope.yaml", SCOPE), ("a.yaml", text)))
    loaded = Loader(KINDS, COMPOSITES).load(Tree(None, "", blobs))
    assert loaded.problems == ()
    (manifest,) = loaded.scopes["test"].manifests.values()
    assert isinstance(manifest.spec, HostedZoneSpec)
    return manifest.spec


def test_a_zone_file_becomes_a_manifest_that_says_the_same() -> None:
    zone = read_zone_file(ZONE)
    records = {record.title: (record.ttl, record.values) for record in spec_of(manifest_of(zone)).records}
    assert records == {
        "example.com MX": (3600, ("10 mail.example.com.",)),
        "example.com TXT": (3600, ("v=spf1 include:_spf.example.net -all",)),
        "www.example.com A": (60, ("192.0.2.1", "192.0.2.2")),
        "*.example.com CNAME": (3600, ("www.example.com.",)),
        "b\\303\\274cher.example.com A": (3600, ("192.0.2.3",)),
        "dev.example.com NS": (3600, ("ns1.elsewhere.net.",)),
        "key.example.com TXT": (3600, ('a"bc\\dä',)),
        "example.com.example.com A": (3600, ("192.0.2.4",)),
        "short.example.com AAAA": (300, ("2001:db8::1",)),
    }


def test_what_is_not_taken_over_is_said() -> None:
    assert read_zone_file(ZONE).left_out == (
        "example.com NS: Route 53 has its own for the zone itself",
        "example.com SOA: Route 53 has its own for the zone itself",
        "www.example.com RRSIG: Route 53 has no records of this type (and signs by itself, see `dnssec`)",
    )
    odd = read_zone_file("@ 60 IN TXT " + " ".join(['"' + "x" * 250 + '"'] * 17), "example.com")
    assert odd.entries == ()
    assert "Route 53 takes 4000" in odd.left_out[0]


def test_comments_stand_above_the_records_that_they_are_about() -> None:
    lines = manifest_of(read_zone_file(ZONE)).splitlines()
    at = lines.index("    # the first")
    assert lines[at : at + 3] == ["    # the first", "    # the second", "    - name: www"]


def test_a_zone_file_without_an_origin_asks_for_one_and_a_wrong_one_has_its_line() -> None:
    with pytest.raises(TrueupError, match="--origin"):
        read_zone_file("www 60 IN A 192.0.2.1\n")
    assert read_zone_file("www 60 IN A 192.0.2.1\n", "example.org").name == "example.org"
    with pytest.raises(TrueupError, match=r"zone\.db:\d"):
        read_zone_file("$ORIGIN example.com.\nwww 60 IN A not-an-address\n", "example.com", "zone.db")


def test_the_verb_prints_the_manifest_and_says_what_it_left_out(tmp_path: Path) -> None:
    file = tmp_path / "example.com.zone"
    file.write_text(ZONE)
    done = CliRunner().invoke(app, ["import-zone", str(file)])
    assert done.exit_code == 0
    assert "left out  www.example.com RRSIG" in done.stderr
    assert len(spec_of(done.stdout).records) == 9
    missing = CliRunner().invoke(app, ["import-zone", str(tmp_path / "none")])
    assert isinstance(missing.exception, TrueupError)


def test_an_empty_zone_file_is_a_zone_without_records() -> None:
    assert spec_of(manifest_of(read_zone_file("", "example.com"))).records == ()
    assert read_zone_file("$ORIGIN example.com.\n").name == "example.com"
    with pytest.raises(TrueupError, match=r"empty.*--origin"):
        read_zone_file("; nothing\n")


# The way out

HOSTS = st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=3).map(escaped) | st.just("*") | st.just("@")
CHOSEN = st.sampled_from([{"weight": 3}, {"region": "eu-west-1"}, {"cidr": {"collectionId": "c", "locationName": "*"}}])
ALIAS = {"target": "dualstack.lb-1.eu-central-1.elb.amazonaws.com.", "evaluateTargetHealth": True}
CHECK = "0a1b2c3d-0000-4000-8000-000000000000"


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record but an SOA, which only the zone itself has."""
    type_, value = draw(TYPED.filter(lambda typed: typed[0] != "SOA"))
    name = draw(HOSTS)
    if name == "@" and type_ == "NS":  # as for the SOA
        type_, value = "A", "192.0.2.1"
    values = {"ttl": draw(st.sampled_from([0, 300, 2147483647])), "values": [value]}
    answer: dict[str, Any] = draw(st.sampled_from([values, values, {"alias": ALIAS}]))
    checked: dict[str, Any] = draw(st.sampled_from([{}, {}, {"healthCheck": CHECK}]))
    identifier = draw(st.just("") | st.text(min_size=1, max_size=128))
    chosen: dict[str, Any] = {"setIdentifier": identifier, "routing": draw(CHOSEN)} if identifier else {}
    fields = {"name": name, "type": type_, **answer, **checked, **chosen}
    record: Record = Record.model_validate(fields).within_zone("example.com.")
    return record


@given(st.lists(records(), max_size=8, unique_by=lambda record: record.name))
def test_a_live_zone_comes_back_from_its_zone_file_as_it_was(live: list[Record]) -> None:
    text, only = zone_file_of("example.com.", live)
    back = read_zone_file(text)
    assert back.left_out == ()
    read = [Record.model_validate(entry.record).within_zone("example.com.") for entry in back.entries]
    assert sorted(read, key=lambda record: record.key) == sorted(live, key=lambda record: record.key)
    assert text.count("\n; Route 53 only") == len(only)


def test_a_zone_file_says_what_only_route_53_has_where_a_name_server_does_not_look() -> None:
    live = [
        {"name": "www.example.com.", "type": "A", "alias": ALIAS},
        {"name": "\\052.example.com.", "type": "TXT", "values": ['grün; "x"'], "ttl": 60},
        {"name": "a.www.example.com.", "type": "MX", "values": ["20 b.", "10 mail.example.com."]},
        {"name": "app.example.com.", "type": "A", "values": ["192.0.2.1"], "healthCheck": CHECK}
        | {"setIdentifier": "blue", "routing": {"weight": 3}},
        {"name": "example.com.", "type": "NS", "ttl": 172800, "values": ["ns-1.awsdns-00.com"]},
        {"name": "example.com.", "type": "SOA", "ttl": 900, "values": ["ns-1.awsdns-00.com. a.b. 1 7200 900 1 86400"]},
    ]
    text, only = zone_file_of("example.com.", map(Record.model_validate, live))
    assert text.expandtabs(1).splitlines() == [
        "$ORIGIN example.com.",
        "@ 900 IN SOA ns-1.awsdns-00.com. a.b. 1 7200 900 1 86400",
        "@ 172800 IN NS ns-1.awsdns-00.com.",
        r'* 60 IN TXT "gr\195\188n; \"x\""',
        "; Route 53 only (routing by weight, health check): "
        '{"name": "app", "type": "A", "values": ["192.0.2.1"], "setIdentifier": "blue", "routing": {"weight": 3}, '
        f'"healthCheck": "{CHECK}"}}',
        '; Route 53 only (alias): {"name": "www", "type": "A", "alias": {"target": '
        '"dualstack.lb-1.eu-central-1.elb.amazonaws.com.", "zoneId": "Z215JYRZR1TBD5", "evaluateTargetHealth": true}}',
        "a.www 300 IN MX 10 mail.example.com.",
        "a.www 300 IN MX 20 b.",
    ]
    assert only == ("app.example.com A blue: routing by weight, health check", "www.example.com A: alias")
    dns.zone.from_text(text)  # with its SOA and NS it is all that a name server asks for


def test_what_no_name_server_would_read_is_not_dropped_either_way() -> None:
    """AWS has taken values that fit no type; and people change comments."""
    odd = {"Name": "x.example.com.", "Type": "DS", "TTL": 60, "ResourceRecords": [{"Value": "1 2"}]}
    text, only = zone_file_of("example.com.", [as_live(Record, from_aws(odd, "Z1"))])
    assert only == ("x.example.com DS: no name server would read its value",)
    (left,) = read_zone_file(text).left_out
    assert left.startswith("the comment '{")
    assert "'1 2' is no value of the type DS" in left
    (left,) = read_zone_file("$ORIGIN example.com.\n; Route 53 only (alias): {no\n").left_out
    assert "Invalid JSON" in left


def test_a_parameter_of_a_service_keeps_its_escapes() -> None:
    """They are in decimal in zone files and in Route 53 alike; those of names are not."""
    text = 'x 300 IN SVCB 1 a\\195b.c. key65400="\\195\\164"\n'
    zone = read_zone_file(text, "example.com")
    (entry,) = zone.entries
    assert entry.record["values"] == ['1 a\\303b.c. key65400="\\195\\164"']
    record = Record.model_validate(entry.record).within_zone("example.com.")
    assert zone_file_of("example.com.", [record])[0].expandtabs(1) == f"$ORIGIN example.com.\n{text}"


def test_the_verb_prints_a_live_zone_and_says_what_stands_in_comments(aws_endpoint: str, tmp_path: Path) -> None:
    listed = [{"name": "www", "type": "A", "values": ["192.0.2.1"]}, {"name": "lb", "type": "A", "alias": ALIAS}]
    zones = [
        document("route53.aws/v1", "HostedZone", "example.com", {"records": listed}),
        document("route53.aws/v1", "HostedZone", "other", {"name": "example.org"}),
    ]
    stage = Stage(
        tmp_path, {"scope.yaml": SCOPE, "zones.yaml": json.dumps(zones[0]) + "\n---\n" + json.dumps(zones[1])}
    )
    stage.converge()

    def export(zone: str, *more: str) -> Any:
        return CliRunner().invoke(app, ["export-zone", zone, "--account", "123456789012", *more])

    done = export("Example.com")
    assert done.exit_code == 0, done.exception
    assert "www\t300\tIN\tA\t192.0.2.1\n" in done.stdout
    assert "in a comment  lb.example.com A: alias" in done.stderr
    told = json.loads(export("example.com", "--output", "json").stdout)
    assert (told["zoneFile"], told["name"]) == (done.stdout, "example.com")
    assert export(told["id"]).stdout == done.stdout
    assert "zones: " in str(export("example.net").exception)
    assert "nothing between two dots" in str(export("a..b").exception)

    stage.aws().call("route53", "CreateHostedZone", Name="example.com", CallerReference="by hand")
    twice = str(export("example.com").exception)
    assert "more than one zone" in twice
    assert told["id"] in twice
