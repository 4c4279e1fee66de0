"""Route 53's zones and records as trueup looks after them: whose a record is, what is left alone, and what is asked before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.aws.client import Aws
from controller.aws.emulator import ACCOUNT
from controller.errors import AwsRefused
from controller.kinds.registry import COMPOSITES, KINDS
from controller.kinds.route53.alias_zones import zone_of
from controller.kinds.route53.others import others_of
from controller.kinds.route53.record_set import RecordSetSpec, translate
from controller.kinds.route53.records import Record, from_aws, to_aws
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.commit import Blob, Tree
from controller.model.dns import canonical_name
from controller.model.event import AwsCalled, Event
from controller.model.plan import State, Verb
from controller.source.entries import blob_id
from tests.stage import SCOPE, Stage, document


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def zone(name: str = "example.com", **spec: Any) -> dict[str, Any]:
    return document("route53.aws/v1", "HostedZone", name, spec)


def record(manifest: str, **spec: Any) -> dict[str, Any]:
    answer = {} if spec.get("alias") else {"values": ["192.0.2.1"]}
    written = {"zone": "example.com", "type": "A", **answer, **spec}
    return document("route53.aws/v1", "RecordSet", manifest, {k: v for k, v in written.items() if v is not None})


def commit(stage: Stage, *documents: dict[str, Any]) -> None:
    stage.files["a.yaml"] = write(documents)


def a(name: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "A", "values": list(values) or ["192.0.2.1"], **more}


def chosen(identifier: str, **routing: Any) -> dict[str, Any]:
    return a("x", routing=routing, setIdentifier=identifier)


def by_hand(stage: Stage, verb: str, name: str, value: str = "192.0.2.99", type_: str = "A") -> None:
    aws = stage.aws()
    (found,) = (z for z in aws.call("route53", "ListHostedZones")["HostedZones"] if z["Name"] == "example.com.")
    entry = {"Name": name, "Type": type_, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    batch = {"Changes": [{"Action": verb, "ResourceRecordSet": entry}]}
    aws.call("route53", "ChangeResourceRecordSets", HostedZoneId=found["Id"], ChangeBatch=batch)


def names(stage: Stage) -> set[str]:
    """What is in the zone, but for what AWS made with it."""
    aws = stage.aws()
    (found,) = (z for z in aws.call("route53", "ListHostedZones")["HostedZones"] if z["Name"] == "example.com.")
    sets = aws.call("route53", "ListResourceRecordSets", HostedZoneId=found["Id"])["ResourceRecordSets"]
    return {f"{each['Name']} {each['Type']}" for each in sets} - {"example.com. NS", "example.com. SOA"}


def problems(*documents: dict[str, Any]) -> list[str]:
    texts = {"scope.yaml": SCOPE, "a.yaml": write(documents)}
    blobs = tuple(Blob(path, blob_id(text.encode()), text.encode()) for path, text in texts.items())
    return [str(problem) for problem in Loader(KINDS, COMPOSITES).load(Tree(None, "", blobs)).problems]


# Whose a record is


def test_a_record_added_by_hand_goes_from_a_zone_that_git_has_full_authority_over(stage: Stage) -> None:
    commit(
        stage,
        zone(authority="full", records=[a("www")]),
        record("app", name="app"),
        record("alias", name="@", alias={"target": "app"}),
    )
    stage.converge()
    by_hand(stage, "CREATE", "stray.example.com.")
    (action,) = stage.plan().actions
    assert [change.path for change in action.changes] == ["records[stray.example.com A]"]
    assert action.effects == ("stray.example.com A has no answer any more (it was 192.0.2.99)",)
    stage.converge()
    assert names(stage) == {"www.example.com. A", "app.example.com. A", "example.com. A"}


def test_a_record_added_by_hand_stays_where_git_only_looks_after_what_it_lists(stage: Stage) -> None:
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "stray.example.com.")
    by_hand(stage, "UPSERT", "www.example.com.")
    (action,) = stage.plan().actions
    assert {change.path for change in action.changes} == {
        "records[www.example.com A].ttl",
        "records[www.example.com A].values",
    }
    stage.converge()
    assert names(stage) == {"www.example.com. A", "stray.example.com. A"}


def test_a_record_that_leaves_the_list_goes_and_what_others_made_stays(stage: Stage) -> None:
    """Only what trueup has seen on the list is its to take away."""
    commit(stage, zone(records=[a("www"), a("api"), a("old")]))
    stage.converge()
    by_hand(stage, "CREATE", "stray.example.com.")
    commit(stage, zone(records=[a("www"), a("api")]))
    (action,) = stage.plan().actions
    assert [change.path for change in action.changes] == ["records[old.example.com A]"]
    assert action.effects == ("old.example.com A has no answer any more (it was 192.0.2.1)",)
    stage.converge()
    assert names(stage) == {"www.example.com. A", "api.example.com. A", "stray.example.com. A"}


def test_a_record_that_was_there_before_goes_too_once_it_has_been_on_the_list(stage: Stage) -> None:
    """As after an export: no call was needed, and git has looked after it all the same."""
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "api.example.com.")
    commit(stage, zone(records=[a("www"), a("api", "192.0.2.99", ttl=60)]))
    stage.calls.clear()
    stage.converge()
    assert stage.changes == []
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    assert names(stage) == {"www.example.com. A"}


def test_what_was_only_observed_was_never_on_the_list(stage: Stage) -> None:
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "api.example.com.")
    listed = zone(records=[a("www"), a("api")])
    commit(stage, {**listed, "lifecycle": {"mode": "observe"}})
    assert stage.apply().applied == 0
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    assert names(stage) == {"www.example.com. A", "api.example.com. A"}


def test_what_git_stops_to_have_full_authority_over_is_left_as_it_is(stage: Stage) -> None:
    """The drift that was found and held, or only looked at, is nothing that was ever listed."""
    commit(stage, zone(authority="full", records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "stray.example.com.")
    stage.paused = lambda _: "incident 7"
    stage.apply()
    stage.paused = lambda _: ""
    commit(stage, zone(records=[a("www")]))
    assert stage.plan().actions == ()


def test_without_its_inventory_trueup_takes_nothing_away_that_is_not_listed(stage: Stage, tmp_path: Path) -> None:
    commit(stage, zone(records=[a("www"), a("old")]))
    stage.converge()
    newcomer = Stage(tmp_path / "newcomer", stage.files)
    commit(newcomer, zone(records=[a("www")]))
    newcomer.converge()
    assert names(newcomer) == {"www.example.com. A", "old.example.com. A"}


def test_a_record_that_gets_a_manifest_of_its_own_leaves_the_list_and_stays(stage: Stage) -> None:
    commit(stage, zone(records=[a("www"), a("app")]))
    stage.converge()
    taken = {**record("app", name="app"), "lifecycle": {"adopt": True}}
    commit(stage, zone(records=[a("www")]), taken)
    stage.calls.clear()
    assert [(action.verb, action.address.name) for action in stage.plan().actions] == [(Verb.ADOPT, "app")]
    stage.converge()
    commit(stage, zone(records=[a("www")]))
    assert [(action.verb, action.address.name) for action in stage.plan().actions] == [(Verb.DELETE, "app")]


def test_a_record_that_leaves_its_manifest_for_the_list_keeps_its_answer(stage: Stage) -> None:
    commit(stage, zone(records=[a("www")]), record("app", name="app"))
    stage.converge()
    commit(stage, zone(records=[a("www"), a("app", "192.0.2.2")]))
    (action,) = stage.plan().actions
    assert (action.verb, action.address.kind) == (Verb.UPDATE, "route53/HostedZone")
    stage.calls.clear()
    stage.converge()
    assert stage.changes == ["ChangeResourceRecordSets"]
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    assert names(stage) == {"www.example.com. A"}


class Killed(BaseException):
    """Stands for SIGKILL."""


def test_a_crash_leaves_at_worst_a_record_that_nobody_looks_after(stage: Stage, tmp_path: Path) -> None:
    """Made and never noted: while git lists it, the next pass notes it; taken off before that, it stays. Nothing of others goes."""

    def die(event: Event) -> None:
        if isinstance(event, AwsCalled) and event.operation == "ChangeResourceRecordSets":
            raise Killed

    def crash() -> Stage:
        stage.listen = die
        with pytest.raises(Killed):
            stage.apply()
        stage.store.close()
        return Stage(tmp_path, stage.files)

    commit(stage, zone(records=[a("www")]))
    stage.converge()
    commit(stage, zone(records=[a("www"), a("new")]))
    stage = crash()
    stage.converge()
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    assert names(stage) == {"www.example.com. A"}
    commit(stage, zone(records=[a("www"), a("new")]))
    stage = crash()
    commit(stage, zone(records=[a("www")]))
    stage.converge()
    assert names(stage) == {"www.example.com. A", "new.example.com. A"}


def test_while_a_manifest_cannot_be_understood_no_record_is_taken_for_nobodys(stage: Stage) -> None:
    """The broken manifest may well be the record's own."""
    commit(stage, zone(authority="full", records=[a("www")]), record("app", name="app"))
    stage.converge()
    commit(stage, zone(authority="full", records=[a("www")]), record("app", name="app", typo=1))
    blobs = tuple(Blob(p, blob_id(t.encode()), t.encode()) for p, t in sorted(stage.files.items()))
    desired = Loader(KINDS, COMPOSITES).load(Tree(None, "", blobs)).scopes["test"]
    assert not desired.whole
    from controller.reconcile.cycle import look

    assert [
        action for action in look(desired, stage.world()).plan.actions if action.address.kind == "route53/HostedZone"
    ] == []


def test_a_record_that_exists_is_not_taken_over_silently(stage: Stage) -> None:
    commit(stage, zone())
    stage.converge()
    by_hand(stage, "CREATE", "app.example.com.")
    commit(stage, zone(), record("app", name="app"))
    (status,) = (s for address, s in stage.plan().statuses.items() if address.name == "app")
    assert status.state is State.BLOCKED
    assert "was not made by trueup; to take it over, add `lifecycle: {adopt: true}`" in status.reason
    commit(stage, zone(), {**record("app", name="app"), "lifecycle": {"adopt": True}})
    (action,) = stage.plan().actions
    assert action.verb is Verb.ADOPT
    stage.converge()


def test_a_record_that_moves_into_the_zones_own_manifest_stays_all_the_while(stage: Stage) -> None:
    commit(stage, zone(), record("app", name="app"))
    stage.converge()
    commit(stage, zone(records=[a("app")]))
    stage.calls.clear()
    stage.later = timedelta(minutes=2)
    assert stage.apply().converged
    assert stage.changes == []
    assert [entry.address.kind for entry in stage.store.inventory("test").entries] == ["route53/HostedZone"]


MARK = '"heritage=external-dns,external-dns/owner=blue,external-dns/resource=ingress/default/app"'


def test_what_external_dns_looks_after_is_left_to_it_and_said_to_be_its(stage: Stage) -> None:
    commit(stage, zone(authority="full", records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "app.example.com.")
    by_hand(stage, "CREATE", "cname-app.example.com.", MARK, "TXT")
    assert stage.plan().actions == ()
    commit(stage, zone(authority="full", records=[a("www")]), record("app", name="app"))
    (status,) = (s for address, s in stage.plan().statuses.items() if address.name == "app")
    assert "belongs to external-dns owner 'blue'" in status.reason
    commit(stage, zone(authority="full", records=[a("www"), a("app")]))
    (action,) = stage.plan().actions
    assert action.held.startswith("app.example.com A belongs to external-dns owner 'blue'")


ZONE_OF_OTHERS = (
    *(("www", type_) for type_ in ("A", "AAAA", "MX")),
    *(("app", type_) for type_ in ("A", "AAAA", "CNAME")),
    ("x-app", "A"),
    ("*", "A"),
    ("*", "AAAA"),
    ("", "A"),
)


@pytest.mark.parametrize(
    ("mark", "belongs"),
    [
        ("www", "www A, www AAAA, www MX"),  # before 0.12
        ("a-www", "www A"),
        ("mx-www", "www MX"),
        ("cname-app", "app A, app AAAA, app CNAME"),  # an alias was called a CNAME before 0.23
        ("a-x-app", "x-app A"),
        ("edns-a-www", "www A"),  # --txt-prefix=edns-
        ("edns.aaaa-www", "www AAAA"),  # --txt-prefix=edns.
        ("edns.www", "www A, www AAAA, www MX"),
        ("a-www-edns", "www A"),  # --txt-suffix=-edns
        ("www-edns", "www A, www AAAA, www MX"),
        ("a-edns-.www", "www A"),  # --txt-prefix=%{record_type}-edns-.
        ("edns-aaaa.www", "www AAAA"),  # --txt-prefix=edns-%{record_type}.
        ("edns-a.", " A, * A"),  # the same, at the zone itself; or a wildcard's, with another word: both are left alone
        ("www-.aaaa", "www AAAA"),  # --txt-suffix=-.%{record_type}
        ("a-*", "* A"),
        ("aaaa-any", "* AAAA"),  # --txt-wildcard-replacement=any
        ("mx-gone", ""),
    ],
)
def test_what_a_mark_of_external_dns_belongs_to_is_known_whatever_the_form_of_its_name(mark: str, belongs: str) -> None:
    def full(name: str) -> str:
        return canonical_name(f"{name}.example.com.".replace("..", ".").removeprefix("."))

    txt = {"Name": full(mark), "Type": "TXT", "ResourceRecords": [{"Value": MARK}]}
    there = [{"Name": full(name), "Type": type_} for name, type_ in ZONE_OF_OTHERS]
    found = others_of([*there, txt])
    assert found.pop((full(mark), "TXT")) == "external-dns owner 'blue'"
    expected = {(full(n), t) for n, t in (each.split(" ") for each in belongs.split(", ") if each)}
    assert found.keys() == expected


def test_the_owner_is_told_wherever_it_stands_and_other_heritage_is_none_of_external_dns() -> None:
    def whose(value: str) -> list[str]:
        return list(others_of([{"Name": "a.", "Type": "TXT", "ResourceRecords": [{"Value": value}]}]).values())

    assert whose('"heritage=external-dns,external-dns/aws-x=1,external-dns/owner=me"') == ["external-dns owner 'me'"]
    assert whose('"heritage=external-" "dns,external-dns/owner=me"') == ["external-dns owner 'me'"]
    assert whose('"heritage=mate,external-dns/owner=me"') == []


def test_what_a_traffic_policy_makes_is_its_own() -> None:
    found = others_of([{"Name": "x.", "Type": "A", "TrafficPolicyInstanceId": "t1"}])
    assert found == {("x.", "A"): "traffic policy instance t1"}


def test_what_certificates_are_validated_by_stays_in_a_zone_that_git_has_full_authority_over(stage: Stage) -> None:
    """Certificates make these records, and no manifest has them; without them they are not renewed."""
    commit(stage, zone(authority="full", records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "_3f.example.com.", "_7c.jkddzztszm.acm-validations.aws.", "CNAME")
    assert stage.plan().actions == ()
    by_hand(stage, "CREATE", "other.example.com.", "acm-validations.aws.example.net.", "CNAME")
    (action,) = stage.plan().actions
    assert [change.path for change in action.changes] == ["records[other.example.com CNAME]"]


# What is asked before


def test_what_would_change_much_of_a_zone_is_held_until_a_commit_allows_it(stage: Stage) -> None:
    many = [a(f"h{number}") for number in range(12)]
    commit(stage, zone(records=many))
    stage.converge()
    moved = [a(f"h{number}", "192.0.2.2") for number in range(6)] + many[6:]
    commit(stage, zone(records=moved))
    (action,) = stage.plan().actions
    assert action.held == (
        "6 of 14 records of example.com would change or go, more than 30%; to go on, commit `guard: {changePercent: 43}` in "
        "HostedZone example.com (a.yaml:1:1)"
    )
    commit(stage, zone(records=moved, guard={"changePercent": 43}))
    stage.converge()


def test_a_zone_is_not_emptied_nor_its_own_records_touched_without_a_word(stage: Stage) -> None:
    commit(stage, zone(authority="full", records=[a("www")]))
    stage.converge()
    commit(stage, zone(authority="full"))
    assert (
        "no records of example.com would be left; to go on, commit `guard: {empty: true}` in"
        in stage.plan().actions[0].held
    )
    own = {"name": "@", "type": "SOA", "values": ["ns.example.net host.example.net 1 7200 900 1209600 60"]}
    commit(stage, zone(authority="full", records=[a("www"), own]))
    assert "example.com SOA is the zone's own" in stage.plan().actions[0].held
    commit(stage, zone(authority="full", records=[a("other")]))
    assert [action.held for action in stage.plan().actions] == [""]
    commit(stage, zone(authority="full", guard={"empty": True}))
    stage.converge()
    assert names(stage) == set()


def test_what_leaves_the_list_counts_and_so_do_records_with_manifests_of_their_own(stage: Stage) -> None:
    """What matters is what becomes of the zone, and not how many files say so."""
    listed = [a(f"h{number}") for number in range(6)]
    own = [record(f"r{number}", name=f"r{number}") for number in range(6)]
    commit(stage, zone(records=listed), *own)
    stage.converge()
    commit(stage, zone(records=listed[2:]), *own[:-3])
    held = {action.address.name: action.held for action in stage.plan().actions}
    assert held.keys() == {"example.com", "r3", "r4", "r5"}
    assert set(held.values()) == {
        "5 of 14 records of example.com would change or go, more than 30%; to go on, commit `guard: {changePercent: 36}` in "
        "HostedZone example.com (a.yaml:1:1)"
    }
    commit(stage, zone(records=listed[2:]), *own)
    assert [action.held for action in stage.plan().actions] == [""]
    commit(stage, zone(records=listed[2:], guard={"changePercent": 36}), *own[:-3])
    stage.converge()
    assert len(names(stage)) == 7


def test_records_of_a_zone_that_is_not_in_git_are_guarded_by_the_scope(stage: Stage) -> None:
    commit(stage, zone())
    stage.converge()
    (found,) = stage.aws().call("route53", "ListHostedZones")["HostedZones"]
    zone_id = found["Id"].rpartition("/")[2]
    own = [record(f"r{n}", name=f"r{n}.example.com", zone=zone_id) for n in range(8)]
    commit(stage, *own)
    stage.converge()
    commit(stage, *(each | {"spec": {**each["spec"], "ttl": 60}} for each in own))
    assert {action.held for action in stage.plan().actions} == {
        "8 of 10 records of example.com would change or go, more than 30%; to go on, commit `guard: {maxPercent: 80}` in scope.yaml"
    }
    commit(stage)
    assert {action.held for action in stage.plan().actions} == {
        "no records of example.com would be left; to go on, commit `guard: {maxPercent: 100}` in scope.yaml"
    }
    stage.files["scope.yaml"] = SCOPE.replace("maxDeletes: 50", "maxDeletes: 50, maxPercent: 100")
    stage.converge()
    assert names(stage) == set()


def test_what_is_known_only_after_another_resource_is_made_is_guarded_all_the_same(stage: Stage) -> None:
    listed = [a(f"h{number}") for number in range(12)]
    commit(stage, zone(records=listed))
    stage.converge()
    address = document("ec2.aws/v1", "ElasticIp", "web", {})
    commit(stage, address, zone(records=[*listed[6:], a("new", "${out.ElasticIp.web.publicIp}")]))
    assert [action.held for action in stage.plan().actions] == ["", ""]
    (held,) = (s for s in stage.apply().statuses.values() if s.address.kind == "route53/HostedZone")
    assert held.state is State.HELD
    assert held.reason.startswith("6 of 14 records of example.com would change or go, more than 30%")
    assert len(names(stage)) == 12
    assert [bool(action.held) for action in stage.plan().actions] == [True]


def test_a_record_whose_manifest_goes_counts_once_also_where_the_zone_would_remove_it(stage: Stage) -> None:
    own = [record(f"r{number}", name=f"r{number}") for number in range(12)]
    commit(stage, zone(authority="full"), *own)
    stage.converge()
    commit(stage, zone(authority="full"), *own[:-4])
    assert {action.verb for action in stage.plan().actions} == {Verb.DELETE}
    assert {action.held for action in stage.plan().actions} == {""}
    stage.converge()
    assert len(names(stage)) == 8


def test_a_zone_that_goes_takes_all_of_its_records_along(stage: Stage) -> None:
    """That was agreed to with the zone's own `deletion: delete`."""
    doomed = {**zone(records=[a("www")]), "lifecycle": {"deletion": "delete"}}
    commit(stage, doomed, *(record(f"r{number}", name=f"r{number}") for number in range(12)))
    stage.converge()
    commit(stage)
    stage.converge()
    assert stage.aws().call("route53", "ListHostedZones")["HostedZones"] == []


def test_a_zone_is_kept_while_it_has_records_that_trueup_has_not_made(stage: Stage) -> None:
    doomed = {**zone(records=[a("www")]), "lifecycle": {"deletion": "delete"}}
    commit(stage, doomed)
    stage.converge()
    by_hand(stage, "CREATE", "stray.example.com.")
    stage.converge()
    del stage.files["a.yaml"]
    (action,) = stage.plan().actions
    assert "it has records that trueup has not made: stray.example.com A; delete" in action.held
    by_hand(stage, "DELETE", "stray.example.com.")
    stage.converge()
    assert stage.aws().call("route53", "ListHostedZones")["HostedZones"] == []


@pytest.mark.parametrize("authority", ["listed", "full"])
def test_a_zone_is_not_kept_for_what_certificates_were_validated_by(stage: Stage, authority: str) -> None:
    """No manifest has these records, and without the zone they are good for nothing."""
    commit(stage, {**zone(authority=authority, records=[a("www")]), "lifecycle": {"deletion": "delete"}})
    stage.converge()
    by_hand(stage, "CREATE", "_3f.example.com.", "_7c.jkddzztszm.acm-validations.aws.", "CNAME")
    stage.converge()
    del stage.files["a.yaml"]
    stage.converge()
    assert stage.aws().call("route53", "ListHostedZones")["HostedZones"] == []


def test_a_zone_is_retained_unless_its_manifest_says_otherwise(stage: Stage) -> None:
    commit(stage, zone())
    stage.converge()
    del stage.files["a.yaml"]
    assert [action.verb for action in stage.plan().actions] == [Verb.FORGET]


def test_a_bad_record_is_told_with_its_line(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where somebody else has made it a moment ago: AWS refuses what is there already."""
    commit(stage, zone())
    stage.converge()
    commit(stage, zone(records=[a("a"), a("b")]))
    call = Aws.call

    def meddle(self: Aws, service: str, operation: str, **params: Any) -> dict[str, Any]:
        if operation == "ChangeResourceRecordSets":
            monkeypatch.setattr(Aws, "call", call)
            entry = {"Name": "b.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.99"}]}
            batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": entry}]}
            call(self, service, operation, HostedZoneId=params["HostedZoneId"], ChangeBatch=batch)
        return call(self, service, operation, **params)

    monkeypatch.setattr(Aws, "call", meddle)
    (status,) = stage.apply().statuses.values()
    assert status.state is State.FAILED
    line = stage.files["a.yaml"].splitlines().index("    - name: b") + 1
    assert status.reason.startswith(f"AWS refused b.example.com A (a.yaml:{line}:7): ")
    assert status.reason.endswith("; 1 other changes went in")
    assert names(stage) == {"a.example.com. A", "b.example.com. A"}


# Many manifests, few calls


def meddle(stage: Stage, monkeypatch: pytest.MonkeyPatch, *acts: tuple[str, str]) -> None:
    """Somebody changes records between the plan and the first call that would."""
    call = Aws.call

    def meddled(self: Aws, service: str, operation: str, **params: Any) -> dict[str, Any]:
        if operation == "ChangeResourceRecordSets":
            monkeypatch.setattr(Aws, "call", call)
            for verb, name in acts:
                entry = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.99"}]}
                batch = {"Changes": [{"Action": verb, "ResourceRecordSet": entry}]}
                call(self, service, operation, HostedZoneId=params["HostedZoneId"], ChangeBatch=batch)
        return call(self, service, operation, **params)

    monkeypatch.setattr(Aws, "call", meddled)


def test_one_bad_record_of_many_manifests_is_told_with_its_line_and_the_others_go_in(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(stage, zone())
    stage.converge()
    commit(stage, zone(), *(record(f"h{number}", name=f"h{number}") for number in range(50)))
    meddle(stage, monkeypatch, ("CREATE", "h7.example.com."))
    outcome = stage.apply()
    (bad,) = (status for status in outcome.statuses.values() if status.state is not State.IN_SYNC)
    line = next(n for n, text in enumerate(stage.files["a.yaml"].splitlines()) if text.endswith("name: h7")) - 2
    assert bad.address.name == "h7"
    assert str(bad.where) == f"a.yaml:{line}:1"
    assert bad.state is State.FAILED
    assert bad.reason.startswith(f"AWS refused h7.example.com A (a.yaml:{line}:1): route53:ChangeResourceRecordSets: ")
    assert len(names(stage)) == 50
    # It is somebody else's: nothing that trueup noted before the call makes it ours.
    (blocked,) = (status for status in stage.apply().statuses.values() if status.state is not State.IN_SYNC)
    assert "was not made by trueup" in blocked.reason


def test_what_is_gone_already_keeps_no_other_record_from_going(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(stage, zone(), *(record(f"h{number}", name=f"h{number}") for number in range(4)))
    stage.converge()
    commit(stage, zone(), record("new", name="new"))
    by_hand(stage, "UPSERT", "h2.example.com.")
    meddle(stage, monkeypatch, ("DELETE", "h2.example.com."))
    assert stage.apply().converged
    assert names(stage) == {"new.example.com. A"}
    assert stage.store.inventory("test").intents == {}


def test_a_name_that_changes_hands_between_manifests_of_two_types_is_changed_in_one_batch(stage: Stage) -> None:
    """It is never without an answer, and no record comes beside what it cannot stand beside."""
    commit(stage, zone(), record("address", name="www"), record("old", name="old"))
    stage.converge()
    commit(stage, zone(), record("name", name="www", type="CNAME", values=["a.net"]), record("new", name="new"))
    create, delete = (action for action in stage.plan().actions if action.address.name in ("name", "address"))
    assert (create.verb, delete.verb) == (Verb.CREATE, Verb.DELETE)
    assert delete.needs == {create.key}
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.changes == ["ChangeResourceRecordSets"]
    assert names(stage) == {"www.example.com. CNAME", "new.example.com. A"}


def test_a_name_keeps_its_answer_until_the_one_that_takes_its_place_can_be_made(stage: Stage) -> None:
    """What is to answer waits for a load balancer, or a health check; what answers now stays as long."""
    check = document("route53.aws/v1", "HealthCheck", "web", {"type": "TCP", "ipAddress": "203.0.114.1", "port": 443})
    commit(stage, zone(), record("address", name="www"))
    stage.converge()
    commit(stage, zone(), check, record("name", name="www", type="CNAME", values=["a.net"], healthCheck="web"))
    stage.paused = lambda address: "not now" if address.kind == "route53/HealthCheck" else ""
    stage.apply()
    assert names(stage) == {"www.example.com. A"}
    stage.paused = lambda address: ""
    assert stage.apply().converged
    assert names(stage) == {"www.example.com. CNAME"}


def test_a_record_that_is_split_among_several_takes_along_what_points_to_it(stage: Stage) -> None:
    """The alias waits for the new ones, the old one for the alias, and the new ones for the old to make room: all at once."""
    alias = record("top", name="@", alias={"target": "www"})
    commit(stage, zone(), alias, record("www", name="www"))
    stage.converge()
    split = [record(colour, name="www", routing={"weight": 1}, setIdentifier=colour) for colour in ("blue", "green")]
    commit(stage, zone(), record("top", name="@", alias={"target": "blue"}), *split)
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.changes == ["ChangeResourceRecordSets"]


def test_two_records_that_change_names_are_one_batch(stage: Stage) -> None:
    commit(stage, zone(), record("a", name="a", values=["192.0.2.1"]), record("b", name="b", values=["192.0.2.2"]))
    stage.converge()
    commit(stage, zone(), record("a", name="b", values=["192.0.2.1"]), record("b", name="a", values=["192.0.2.2"]))
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.changes == ["ChangeResourceRecordSets"]


def test_each_zone_has_its_own_batch_and_its_own_failures(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second zone is gone by the time; a value of the first zone is a name of the third, which is changed before it."""
    places = ("example.com", "example.net", "example.org")
    zones = [zone(name) for name in places]
    commit(stage, *zones)
    stage.converge()
    points = {"type": "CNAME", "values": ["${out.RecordSet.org.dnsName}"]}
    commit(stage, *zones, record("com", name="x", **points), *(record(n[-3:], zone=n, name="x") for n in places[1:]))
    call = Aws.call
    asked: list[str] = []

    def lost(self: Aws, service: str, operation: str, **params: Any) -> dict[str, Any]:
        if operation == "ChangeResourceRecordSets":
            name = params["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]["Name"]
            asked.append(name)
            if name.endswith("net."):
                raise AwsRefused("AccessDenied", code="AccessDenied")
        return call(self, service, operation, **params)

    monkeypatch.setattr(Aws, "call", lost)
    outcome = stage.apply()
    assert sorted(asked) == ["x.example.com.", "x.example.net.", "x.example.org."]
    assert asked.index("x.example.org.") < asked.index("x.example.com.")
    assert [s.address.name for s in outcome.statuses.values() if s.state is State.FAILED] == ["net"]


# Logging


def test_queries_are_logged_to_the_group_that_git_names_and_no_longer(stage: Stage) -> None:
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/route53/example.com"
    commit(stage, zone())
    stage.aws().call("logs", "CreateLogGroup", region="us-east-1", logGroupName="/aws/route53/example.com")
    commit(stage, zone(queryLogging=f"{group}:*"))
    stage.converge()
    assert stage.plan().actions == ()
    (found,) = stage.aws().call("route53", "ListQueryLoggingConfigs")["QueryLoggingConfigs"]
    assert found["CloudWatchLogsLogGroupArn"] == group
    commit(stage, zone())
    stage.converge()
    assert stage.aws().call("route53", "ListQueryLoggingConfigs")["QueryLoggingConfigs"] == []


# Delegation


def test_a_zone_is_delegated_to_in_its_parent_and_no_longer_when_it_goes(stage: Stage) -> None:
    child = {**zone("dev.example.com", parent="example.com"), "lifecycle": {"deletion": "delete"}}
    parent = zone(authority="full", records=[a("www")])
    commit(stage, parent, child)
    stage.converge()
    assert names(stage) == {"www.example.com. A", "dev.example.com. NS"}
    by_hand(stage, "UPSERT", "dev.example.com.", "ns.elsewhere.net", "NS")
    assert [change.path for action in stage.plan().actions for change in action.changes] == ["parent"]
    stage.converge()
    commit(stage, parent)
    stage.converge()
    assert names(stage) == {"www.example.com. A"}


def test_an_alias_may_point_to_a_manifests_load_balancer_before_that_is_made() -> None:
    balancer = document("elbv2.aws/v1", "LoadBalancer", "web", {"subnets": ["subnet-1", "subnet-2"]})
    found = problems(zone(), balancer, record("app", name="app", alias={"target": "web"}))
    assert [text for text in found if "RecordSet" in text or "alias" in text] == []


# As AWS has it

ROUTINGS = [
    ({"weight": 0}, {"Weight": 0}),
    ({"region": "eu-west-1"}, {"Region": "eu-west-1"}),
    ({"failover": "PRIMARY"}, {"Failover": "PRIMARY"}),
    (
        {"geoLocation": {"countryCode": "US", "subdivisionCode": "CA"}},
        {"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "CA"}},
    ),
    ({"geoLocation": {"continentCode": "EU"}}, {"GeoLocation": {"ContinentCode": "EU"}}),
    (
        {"geoProximityLocation": {"awsRegion": "eu-west-1", "bias": -5}},
        {"GeoProximityLocation": {"AWSRegion": "eu-west-1", "Bias": -5}},
    ),
    (
        {"geoProximityLocation": {"coordinates": {"latitude": "49.22", "longitude": "-74.01"}}},
        {"GeoProximityLocation": {"Coordinates": {"Latitude": "49.22", "Longitude": "-74.01"}, "Bias": 0}},
    ),
    ({"multiValueAnswer": True}, {"MultiValueAnswer": True}),
    (
        {"cidr": {"collectionId": "c1", "locationName": "*"}},
        {"CidrRoutingConfig": {"CollectionId": "c1", "LocationName": "*"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sent"), ROUTINGS)
def test_every_routing_policy_goes_to_aws_and_comes_back_the_same(
    written: dict[str, Any], sent: dict[str, Any]
) -> None:
    given = Record.model_validate(a("x.example.com.", routing=written, setIdentifier="one"))
    request = to_aws(given, "Z1")
    assert request == {
        "Name": "x.example.com.",
        "Type": "A",
        "SetIdentifier": "one",
        **sent,
        "TTL": 300,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    }
    assert Record(**from_aws(request, "Z1")) == given


def test_a_live_record_that_trueup_would_not_write_is_removed_like_any_other_and_keeps_no_others(stage: Stage) -> None:
    """As a record set that AWS has two CNAMEs in, or a value that it took before it checked them."""
    commit(stage, zone(authority="full", records=[a("www")]))
    stage.converge()
    by_hand(stage, "CREATE", "odd.example.com.", "not an address")
    (action,) = stage.plan().actions
    assert [change.path for change in action.changes] == ["records[odd.example.com A]"]
    stage.converge()
    assert names(stage) == {"www.example.com. A"}


def test_an_alias_within_the_zone_says_the_zones_own_id_to_aws_alone() -> None:
    given = Record.model_validate({"name": "x.example.com.", "type": "A", "alias": {"target": "y.example.com."}})
    request = to_aws(given, "Z1")
    assert request["AliasTarget"] == {"HostedZoneId": "Z1", "DNSName": "y.example.com.", "EvaluateTargetHealth": False}
    assert Record(**from_aws(request, "Z1")) == given


def test_a_live_record_that_trueup_would_not_write_is_shown_as_it_is() -> None:
    """Else one odd record would make all others unknown."""
    odd = {"Name": "x.example.com.", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "not an address"}]}
    assert translate(odd, "Z1", {}).spec.values == ("not an address",)


@pytest.mark.parametrize(
    ("name", "zone_id"),
    [
        ("dualstack.web-1.eu-central-1.elb.amazonaws.com.", "Z215JYRZR1TBD5"),
        ("web-0123456789abcdef.elb.eu-central-1.amazonaws.com", "Z3F0SRJ5LGBH90"),
        ("s3-website.eu-central-1.amazonaws.com.", "Z21DNDUVLTQW6Q"),
        ("s3-website-us-east-1.amazonaws.com.", "Z3AQBSTGFYJSTF"),
        ("d-1.execute-api.eu-central-1.amazonaws.com.", "Z1U9ULNL0V5AJ3"),
        ("D1.CloudFront.net", "Z2FDTNDATAQYW2"),
        ("d1.cloudfront.cn", "Z3RFFRIM2A3IF5"),
        ("web-1.cn-north-1.elb.amazonaws.com.cn.", "Z1GDH35T77C1KE"),
        ("s3-website.eu-south-1.amazonaws.com.", ""),
        ("web-1.xx-nowhere-1.elb.amazonaws.com.", ""),
        ("www.example.com.", ""),
    ],
)
def test_the_zones_of_awss_own_names_are_known(name: str, zone_id: str) -> None:
    assert zone_of(name) == zone_id


def test_a_records_full_name_is_known_once_its_zone_is() -> None:
    def resolve(ref: Any, text: str) -> str:
        return {"id": "Z1", "name": "example.com"}[ref.output]

    written = {"zone": "main", "name": "www.EXAMPLE.com", "type": "A", "values": ["192.0.2.1"]}
    for name in ("www", "www.example.com", "www.example.com."):
        assert (
            RecordSetSpec.model_validate({**written, "name": name}, context={"resolve": resolve}).name
            == "www.example.com."
        )
    assert RecordSetSpec.model_validate({**written, "name": "@"}, context={"resolve": resolve}).name == "example.com."


def test_a_zone_is_read_in_pages_of_three_hundred_shared_by_its_records_manifests(stage: Stage) -> None:
    many = [a(f"h{number}") for number in range(320)]
    commit(stage, zone(records=many), record("app", name="app"), record("api", name="api"))
    stage.converge()
    stage.calls.clear()
    stage.apply()
    assert sorted(stage.calls) == sorted(
        [
            "ListHostedZones",
            "ListTagsForResources",
            "GetHostedZone",
            "ListQueryLoggingConfigs",
            *["ListResourceRecordSets"] * 2,
        ]
    )
