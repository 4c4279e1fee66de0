"""What AWS answers for a record is what export writes, and plans empty: all types, all routing policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.kinds.registry import KINDS
from controller.kinds.route53.records import Record, from_aws, to_aws
from controller.manifest.yaml_writer import write
from controller.model.dns import TYPES, wire_value
from controller.model.event import Outcome
from controller.model.plan import State
from controller.model.scope import Mode, Scope
from controller.reconcile.export import export_scope
from tests.kinds.test_route53 import ROUTINGS, a, commit, record, zone
from tests.stage import Stage
from tests.unit.test_dns import TYPED, VALUES

ONE_OF_EACH = st.fixed_dictionaries(
    {
        type_: st.lists(VALUES[type_], min_size=1, max_size=1 if type_ in ("CNAME", "SOA") else 3, unique=True)
        for type_ in TYPES
    }
)
NAMES = st.sampled_from(["www", "*", "_sip._tcp", "a\\052b", "bücher", "WWW2", "x.y"])


def known(stage: Stage) -> Stage:
    """An account that trueup has been over before: else the first pass would look at all kinds."""
    stage.store.finish(Outcome("test", "", stage.clock(), 0.0, {}))
    return stage


def exported_plans_empty(stage: Stage, folder: Path) -> None:
    """Whoever begins with what is live, as export writes it, has nothing to do."""
    spec = stage.desired().scope.spec.model_copy(update={"mode": Mode.OBSERVE})
    kinds = {kind: KINDS[kind] for kind in ("route53/HostedZone", "route53/HealthCheck")}
    files = export_scope(stage.aws(), Scope(name="test", spec=spec), kinds)
    plan = known(Stage(folder, {name: write(documents) for name, documents in files.items()})).plan()
    assert plan.actions == ()
    assert {status.state for status in plan.statuses.values()} == {State.IN_SYNC}


@pytest.mark.usefixtures("aws_endpoint")
# The same examples every time: each takes seconds, and what the emulator gets wrong must not fail one run of many.
@settings(max_examples=3, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=ONE_OF_EACH, name=NAMES)
def test_whatever_fits_a_type_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, list[str]], name: str
) -> None:
    """A record of each type. One that only a zone's own name can have, or that stands alone, has a name of its own."""
    folder = tmp_path_factory.mktemp("round")
    stage = known(Stage(folder / "first"))
    places = {"SOA": "child", "CNAME": "alone"}
    listed = [{"name": places.get(type_, name), "type": type_, "values": found} for type_, found in values.items()]
    commit(stage, {**zone(f"{folder.name}.example.com", records=listed), "lifecycle": {"deletion": "delete"}})
    stage.converge()
    assert stage.plan().actions == ()
    exported_plans_empty(stage, folder / "second")
    commit(stage)
    stage.converge()


def test_every_routing_policy_and_alias_comes_back_as_it_was_written(aws_endpoint: str, tmp_path: Path) -> None:
    """In the zone's list and in manifests of their own; an export holds them all in the list."""
    stage = known(Stage(tmp_path / "first"))
    chosen = [
        a(f"n{number}", routing=routing, setIdentifier="one", **({"healthCheck": "web"} if number % 2 else {}))
        for number, (routing, _) in enumerate(ROUTINGS)
    ]
    aliases = [
        {"name": "@", "type": "A", "alias": {"target": "n0.example.com.", "evaluateTargetHealth": True}},
        {"name": "cdn", "type": "AAAA", "alias": {"target": "d1.CloudFront.net"}},
        {"name": "web", "type": "A", "alias": {"target": "dualstack.web-1.eu-central-1.elb.amazonaws.com"}},
        {"name": "other", "type": "A", "alias": {"target": "a.example.net.", "zoneId": "Z0123456789ABC"}},
    ]
    check = {
        "apiVersion": "route53.aws/v1",
        "kind": "HealthCheck",
        "metadata": {"name": "web"},
        "spec": {"type": "TCP", "ipAddress": "203.0.114.1", "port": 443},
    }
    own = [record(f"r{n}", **{**each, "name": f"own-{each['name']}"}) for n, each in enumerate([*chosen, *aliases[1:]])]
    commit(stage, check, zone(records=[*chosen, *aliases]), *own)
    stage.converge()
    assert stage.plan().actions == ()
    exported_plans_empty(stage, tmp_path / "second")


@given(TYPED)
def test_what_others_wrote_in_their_own_spelling_is_the_same_record(typed: tuple[str, str]) -> None:
    """AWS gives values back as they were sent, and names in its own spelling."""
    type_, written = typed
    ours = Record.model_validate({"name": "www.example.com.", "type": type_, "values": [written]})
    sent = to_aws(ours, "Z1")
    assert Record(**from_aws(sent, "Z1")) == ours
    if type_ not in ("TXT", "SPF"):
        theirs = {**sent, "ResourceRecords": [{"Value": written}]}
        assert Record(**from_aws(theirs, "Z1")) == ours
    (value,) = ours.values
    assert sent["ResourceRecords"] == [{"Value": wire_value(type_, value)}]


def test_names_come_back_in_route_53s_own_spelling() -> None:
    for written, theirs in (("*.Example.com", "\\052.example.com."), ("A_b.example.com.", "a_b.example.com.")):
        ours = Record.model_validate({"name": f"{written.rstrip('.')}.", "type": "A", "values": ["192.0.2.1"]})
        answer: dict[str, Any] = {**to_aws(ours, "Z1"), "Name": theirs}
        assert Record(**from_aws(answer, "Z1")) == ours
