"""Route 53's zones and records as trueup looks after them: whose a record is, what is left alone, and what is asked before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.aws.client import Aws
from controller.errors import AwsRefused
from controller.kinds.registry import COMPOSITES, KINDS
from controller.kinds.route53.alias_zones import zone_of
from controller.kinds.route53.others import others_of
from controller.kinds.route53.record_set import RecordSetSpec, translate
from controller.kinds.route53.records import Record, from_aws, to_aws
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.commit import Blob, Tree
from controller.model.plan import State, Verb
from controller.source.entries import blob_id
from tests.stage import SCOPE, Stage, document


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def zone(name: str = "example.com", **spec: Any) -> dict[str, Any]:
    return document("route53.aws/v1", "HostedZone", name, spec)


def record(manifest: str, **spec: Any) -> dict[str, Any]:
    answer = {} if "alias" in spec else {"values": ["192.0.2.1"]}
    return document("route53.aws/v1", "RecordSet", manifest, {"zone": "example.com", "type": "A", **answer, **spec})


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


def test_marks_of_external_dns_are_known_in_their_old_and_their_new_form() -> None:
    def txt(name: str) -> dict[str, Any]:
        return {"Name": name, "Type": "TXT", "ResourceRecords": [{"Value": MARK}]}

    marks = others_of(
        [
            txt("old.example.com."),
            txt("aaaa-new.example.com."),
            {"Name": "x.", "Type": "A", "TrafficPolicyInstanceId": "t1"},
        ]
    )
    assert marks["old.example.com.", "A"] == marks["new.example.com.", "AAAA"] == "external-dns owner 'blue'"
    assert ("new.example.com.", "A") not in marks
    assert marks["x.", "A"] == "traffic policy instance t1"


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
        "6 of 14 records would change or go, more than 30%; to go on, commit `guard: {changePercent: 43}`"
    )
    commit(stage, zone(records=moved, guard={"changePercent": 43}))
    stage.converge()


def test_a_zone_is_not_emptied_nor_its_own_records_touched_without_a_word(stage: Stage) -> None:
    commit(stage, zone(authority="full", records=[a("www")]))
    stage.converge()
    commit(stage, zone(authority="full"))
    assert "it empties the zone of its 1 records" in stage.plan().actions[0].held
    own = {"name": "@", "type": "SOA", "values": ["ns.example.net host.example.net 1 7200 900 1209600 60"]}
    commit(stage, zone(authority="full", records=[a("www"), own]))
    assert "example.com SOA is the zone's own" in stage.plan().actions[0].held
    commit(stage, zone(authority="full", guard={"empty": True}))
    stage.converge()
    assert names(stage) == set()


def test_a_zone_is_kept_while_it_has_records_that_trueup_has_not_made(stage: Stage) -> None:
    doomed = {**zone(records=[a("www")]), "lifecycle": {"deletion": "delete"}}
    commit(stage, doomed)
    stage.converge()
    by_hand(stage, "CREATE", "stray.example.com.")
    stage.converge()
    del stage.files["a.yaml"]
    (action,) = stage.plan().actions
    assert "it has records that trueup has not made: stray.example.com A, www.example.com A" in action.held
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


# What is wrong before any call


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([zone(records=[{"name": "@", "type": "CNAME", "values": ["a.net"]}])], "a CNAME cannot stand at the zone itself"),
        ([zone(records=[{"name": "x", "type": "CNAME", "values": ["a.net"]}, a("x")])], "x.example.com has A too"),
        ([zone(records=[a("x"), a("X.example.com.")])], "x.example.com A is listed twice"),
        ([zone(records=[a("x.example.org.")])], "x.example.org is not in the zone example.com"),
        ([zone(records=[a("x", setIdentifier="1")])], "needs routing too"),
        ([zone(records=[a("x", routing={"weight": 1})])], "needs a setIdentifier too"),
        ([zone(records=[a("x", routing={"weight": 1, "region": "eu-west-1"}, setIdentifier="1")])], "exactly one policy"),
        (
            [zone(records=[chosen("1", weight=1), chosen("2", region="eu-west-1")])],
            "must be chosen among in one way; here are region, weight",
        ),
        ([zone(records=[a("x", routing={"failover": "SECONDARY"}, setIdentifier="1")])], "a SECONDARY needs a PRIMARY"),
        ([zone(records=[{"name": "x", "type": "A", "values": ["::1"]}])], "but of AAAA"),
        ([zone(records=[{"name": "x", "type": "A"}])], "needs values or an alias"),
        ([zone(records=[{"name": "x", "type": "A", "alias": {"target": "a.example.org."}}])], "say its hosted zone (alias.zoneId)"),
        ([zone(), record("one", name="x"), record("two", name="x.example.com")], "more than one manifest wants x.example.com A"),
        ([zone(), record("one", name="x"), record("two", name="x")], "more than one manifest wants the live RecordSet"),
        ([zone(records=[a("x")]), record("one", name="x")], "also test/route53/HostedZone/example.com at a.yaml:1:1"),
        ([zone(records=[a("x")]), record("one", name="x", type="CNAME", values=["a.net"])], "x.example.com has A too"),
        ([zone(), record("one", name="x.example.org.")], "x.example.org is not in the zone example.com"),
        ([record("one", zone="Z0123456789", name="x")], "write the name 'x' in full"),
        ([zone(private=True, parent="example.org"), zone("example.org")], "a private zone has no parent"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_before_any_call(documents: list[dict[str, Any]], said: str) -> None:
    assert said in "\n".join(problems(*documents))


def test_records_that_fit_beside_each_other_are_no_problem() -> None:
    weighted = [a("x", routing={"weight": n}, setIdentifier=str(n)) for n in (1, 2)]
    failover = [a("y", routing={"failover": role}, setIdentifier=role) for role in ("PRIMARY", "SECONDARY")]
    alias = {"name": "@", "type": "A", "alias": {"target": "x.example.com."}}
    assert (
        problems(zone(records=[*weighted, *failover, alias, a("z"), a("z") | {"type": "AAAA", "values": ["::1"]}]))
        == []
    )


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
