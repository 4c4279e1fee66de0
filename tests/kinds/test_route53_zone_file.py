"""Zone files become manifests that mean the same, with what Route 53 does by itself left out and said."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.cli.app import app
from controller.errors import TrueupError
from controller.kinds.registry import COMPOSITES, KINDS
from controller.kinds.route53.zone_file import manifest_of, read_zone_file
from controller.kinds.route53.zone_spec import HostedZoneSpec
from controller.manifest.load import Loader
from controller.model.commit import Blob, Tree
from controller.source.entries import blob_id
from tests.stage import SCOPE

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
