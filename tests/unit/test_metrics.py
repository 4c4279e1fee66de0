"""Metrics: what each event does to /metrics, as Prometheus's own parser reads it, and the rules for names, units and labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from controller.model.address import Address
from controller.model.commit import Commit
from controller.model.event import (
    ActionEnded,
    AwsCalled,
    CommitSeen,
    Event,
    KindObserved,
    ManifestsLoaded,
    Outcome,
    PassEnded,
    PassSkipped,
    PassStarted,
    Paused,
    PauseNote,
    Planned,
    Result,
    SourcePolled,
    StateTrouble,
)
from controller.model.fact import Fact, Facts
from controller.model.plan import Action, Plan, State, Status, Verb
from controller.model.problem import Position, Problem
from controller.model.scope import Scope, ScopeSpec
from controller.report.metrics import Metrics

NOW = 1_767_225_600.0
AT = datetime.fromtimestamp(NOW, UTC)
SCOPE = Scope(name="prod", spec=ScopeSpec(account="123456789012", region="eu-central-1"))
ROLE, OTHER, GROUP = (
    Address("prod", "iam/Role", "app"),
    Address("prod", "iam/Role", "web"),
    Address("prod", "iam/Group", "ops"),
)
EXPIRY = Fact("thing_expiry_timestamp_seconds", "When it expires.")
WEAR = Fact("thing_wear", "How worn it is.", "status", ("new", "worn"))


class Scrape:
    """Metrics fed by events, and read as Prometheus reads them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry, "1.2.3", [EXPIRY, WEAR], clock=lambda: NOW)

    def tell(self, *events: Event) -> None:
        for event in events:
            self.metrics(event)

    def families(self) -> list[Metric]:
        return list(text_string_to_metric_families(generate_latest(self.registry).decode()))

    def samples(self, name: str) -> dict[tuple[str, ...], float]:
        """A metric's values by their labels' values, in the order of the labels' names."""
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in self.families()
            for sample in family.samples
            if sample.name == f"trueup_{name}"
        }


@pytest.fixture
def scrape() -> Scrape:
    return Scrape()


def statuses(**states: State) -> Mapping[Address, Status]:
    addresses = {"role": ROLE, "other": OTHER, "group": GROUP}
    return {addresses[name]: Status(addresses[name], state) for name, state in states.items()}


def ended(error: str = "", applied: int = 0, commit: str = "c1", **states: State) -> PassEnded:
    return PassEnded(Outcome("prod", commit, AT, 2.0, statuses(**states), applied, error))


def planned(commit: str = "c1", facts: Mapping[Address, Facts] = {}, **states: State) -> Planned:
    return Planned(Plan(SCOPE, (), statuses(**states), facts=facts), commit)


EVERYTHING: tuple[Event, ...] = (
    CommitSeen(Commit("c1", "Ann", AT, "first", "")),
    SourcePolled(),
    SourcePolled("away", 60),
    ManifestsLoaded("c1", {"prod": 3}, (Problem(Position("a.yaml", 1, 1), "wrong"),)),
    PassStarted("prod", "c1"),
    KindObserved("prod", "iam/Role", 2, 0.1),
    planned(role=State.IN_SYNC),
    ActionEnded(Action(Verb.CREATE, ROLE, "new"), Result.DONE, "", 0.2),
    ended(role=State.IN_SYNC, group=State.BLOCKED),
    planned(facts={ROLE: {EXPIRY: NOW, WEAR: "new"}}, role=State.DRIFTED),
    PassSkipped("prod"),
    AwsCalled("iam", "CreateRole", "ok", 0.3, retries=2, throttled=True),
    Paused((PauseNote("everything", "incident", "ann", AT, AT),)),
    StateTrouble(""),
)


def test_names_units_and_help_follow_prometheus_s_rules(scrape: Scrape) -> None:
    """https://prometheus.io/docs/practices/naming/, as `promtool check metrics` reads it."""
    scrape.tell(*EVERYTHING)
    families = scrape.families()
    assert len(families) > 25
    for family in families:
        name = family.name
        assert re.fullmatch(r"trueup(_[a-z]+)+", name), name
        assert family.documentation.endswith("."), name
        assert family.type in ("counter", "gauge", "histogram"), name
        assert not re.search(
            r"_(count|sum|bucket|total|gauge|counter|histogram|ms|minutes|hours|milliseconds)$", name
        ), name
        if re.search("duration|timestamp", name):
            assert name.endswith("_seconds"), name
        for sample in family.samples:
            if family.type == "counter":
                assert re.search("_total$", sample.name), sample.name
            assert all(re.fullmatch("[a-z]+", label) for label in sample.labels), sample


def test_no_metric_but_those_of_single_resources_grows_with_their_number(scrape: Scrape) -> None:
    scrape.tell(*EVERYTHING)
    named = {sample.name for family in scrape.families() for sample in family.samples if "name" in sample.labels}
    assert named == {"trueup_resource_out_of_sync", "trueup_thing_expiry_timestamp_seconds", "trueup_thing_wear"}


def test_before_anything_is_known_nothing_is_claimed(scrape: Scrape) -> None:
    """Not even zeros, but of what has been counted: an alert on `source_up == 0` must not go off at every start."""
    exported = {sample.name for family in scrape.families() for sample in family.samples}
    known = {"trueup_build_info", "trueup_state_writable", "trueup_source_failures_total"}
    known |= {"trueup_pause_active", "trueup_pause_flag_readable"}
    assert exported == known


def test_resources_are_counted_by_state_and_what_is_over_is_gone(scrape: Scrape) -> None:
    scrape.tell(ended(role=State.IN_SYNC, other=State.DRIFTED, group=State.FAILED))
    found = scrape.samples("resources")
    assert found["iam/Role", "prod", "in_sync"] == 1
    assert found["iam/Role", "prod", "drifted"] == 1
    assert found["iam/Role", "prod", "failed"] == 0
    assert found["iam/Group", "prod", "failed"] == 1
    assert scrape.samples("resource_out_of_sync") == {
        ("iam/Role", "web", "prod", "drifted"): 1,
        ("iam/Group", "ops", "prod", "failed"): 1,
    }
    scrape.tell(ended(role=State.IN_SYNC, other=State.IN_SYNC))
    assert scrape.samples("resources")["iam/Role", "prod", "in_sync"] == 2
    assert {kind for kind, *_ in scrape.samples("resources")} == {"iam/Role"}
    assert scrape.samples("resource_out_of_sync") == {}


def test_of_a_kind_that_could_not_be_read_there_is_nothing_but_unknown(scrape: Scrape) -> None:
    scrape.tell(ended(role=State.IN_SYNC, group=State.IN_SYNC))
    scrape.tell(ended(role=State.UNKNOWN, group=State.IN_SYNC))
    roles = {labels: value for labels, value in scrape.samples("resources").items() if labels[0] == "iam/Role"}
    assert roles == {("iam/Role", "prod", "unknown"): 1}


def test_whether_a_kind_could_be_read_is_said_of_the_last_pass_and_no_other(scrape: Scrape) -> None:
    """The first pass looks at every kind. One that it may not read, and that nobody needs, must not be an alert for ever."""
    start = PassStarted("prod", "c1")
    scrape.tell(start, KindObserved("prod", "iam/Role", 1, 0.1), KindObserved("prod", "iam/User", 0, 0.1, "denied"))
    scrape.tell(ended(role=State.IN_SYNC))
    assert scrape.samples("observe_success") == {("iam/Role", "prod"): 1, ("iam/User", "prod"): 0}
    scrape.tell(start, KindObserved("prod", "iam/Role", 1, 0.1))
    assert scrape.samples("observe_success") == {("iam/Role", "prod"): 1, ("iam/User", "prod"): 0}  # until it is over
    scrape.tell(ended(role=State.IN_SYNC))
    assert scrape.samples("observe_success") == {("iam/Role", "prod"): 1}
    scrape.tell(start, ended("no credentials", role=State.UNKNOWN))
    assert scrape.samples("observe_success") == {}


def test_what_a_kind_tells_of_a_resource_is_a_gauge_of_its_own(scrape: Scrape) -> None:
    """A number as it is, a word as a label: of several words the one that holds."""
    scrape.tell(planned(facts={ROLE: {EXPIRY: NOW + 60, WEAR: "new"}, OTHER: {EXPIRY: NOW}}))
    assert scrape.samples("thing_expiry_timestamp_seconds") == {("app", "prod"): NOW + 60, ("web", "prod"): NOW}
    assert scrape.samples("thing_wear") == {("app", "prod", "new"): 1}
    scrape.tell(planned(facts={ROLE: {EXPIRY: NOW + 60, WEAR: "worn"}}))
    assert scrape.samples("thing_expiry_timestamp_seconds") == {("app", "prod"): NOW + 60}
    assert scrape.samples("thing_wear") == {("app", "prod", "worn"): 1}


def test_what_is_not_known_any_more_of_a_resource_is_absent_and_no_zero(scrape: Scrape) -> None:
    """Neither where the kind could not be read in this pass, nor where there was no pass to speak of."""
    known = planned(facts={ROLE: {EXPIRY: NOW, WEAR: "new"}})
    for silent in (planned(role=State.UNKNOWN), ended("no credentials", role=State.UNKNOWN)):
        scrape.tell(known, silent)
        assert scrape.samples("thing_expiry_timestamp_seconds") == {}
        assert scrape.samples("thing_wear") == {}
    scrape.tell(known, ended(role=State.IN_SYNC))
    assert scrape.samples("thing_wear") == {("app", "prod", "new"): 1}


def test_a_pass_is_a_success_where_nothing_failed_and_nothing_is_unknown(scrape: Scrape) -> None:
    scrape.tell(ended(role=State.IN_SYNC, group=State.BLOCKED))
    assert scrape.samples("pass_success") == {("prod",): 1}
    assert scrape.samples("pass_last_success_timestamp_seconds") == {("prod",): NOW}
    scrape.metrics._clock = lambda: NOW + 60
    for bad in (ended(role=State.FAILED), ended(role=State.UNKNOWN), ended("no credentials")):
        scrape.tell(bad)
        assert scrape.samples("pass_success") == {("prod",): 0}
    assert scrape.samples("pass_last_success_timestamp_seconds") == {("prod",): NOW}
    assert scrape.samples("pass_last_timestamp_seconds") == {("prod",): NOW + 60}


def test_drift_is_counted_when_it_comes_about_and_not_at_every_sight(scrape: Scrape) -> None:
    scrape.tell(planned(role=State.DRIFTED), ended(role=State.IN_SYNC))
    assert scrape.samples("drift_detected_total") == {}  # it was made; nobody has changed it
    scrape.tell(planned(role=State.DRIFTED), ended(role=State.DRIFTED))
    scrape.tell(planned(role=State.DRIFTED), ended(role=State.DRIFTED))
    assert scrape.samples("drift_detected_total") == {("iam/Role", "prod"): 1}
    scrape.tell(planned(role=State.DRIFTED), ended(role=State.IN_SYNC))
    scrape.tell(planned("c2", role=State.DRIFTED), ended(commit="c2", role=State.IN_SYNC))
    assert scrape.samples("drift_detected_total") == {("iam/Role", "prod"): 1}  # a new commit is no drift


def test_commits_are_shown_by_role_and_the_old_ones_go(scrape: Scrape) -> None:
    scrape.tell(CommitSeen(Commit("c2", "Ann", AT, "second", "")), PassStarted("prod", "c1"), ended(role=State.IN_SYNC))
    scrape.tell(PassStarted("prod", "c2"), ended(commit="c2", role=State.FAILED))
    assert scrape.samples("commit_info") == {
        ("c2", "observed", ""): 1,
        ("c2", "observed", "prod"): 1,
        ("c1", "applied", "prod"): 1,
    }


def test_a_scope_that_git_names_no_more_leaves_nothing_behind(scrape: Scrape) -> None:
    scrape.tell(PassStarted("prod", "c1"), KindObserved("prod", "iam/Role", 1, 0.1))
    scrape.tell(planned(facts={ROLE: {EXPIRY: NOW, WEAR: "new"}}), ended(role=State.FAILED))
    scrape.tell(ManifestsLoaded("c2", {"test": 1}))
    gauges = [family for family in scrape.families() if family.type == "gauge"]
    left = {sample.name for family in gauges for sample in family.samples if sample.labels.get("scope") == "prod"}
    assert left == set()


def test_problems_are_of_the_last_commit(scrape: Scrape) -> None:
    scrape.tell(ManifestsLoaded("c1", {"prod": 3}, (Problem(Position("a.yaml", 1, 1), "wrong"),)))
    assert scrape.samples("manifest_problems") == {("error",): 1, ("warning",): 0}
    scrape.tell(ManifestsLoaded("c2", {"prod": 4}))
    assert scrape.samples("manifest_problems") == {("error",): 0, ("warning",): 0}
    assert scrape.samples("manifests") == {("prod",): 4}


def test_git_s_absence_is_shown_and_since_when(scrape: Scrape) -> None:
    scrape.tell(SourcePolled())
    scrape.metrics._clock = lambda: NOW + 60
    scrape.tell(SourcePolled("away"), SourcePolled("away"))
    assert scrape.samples("source_up") == {(): 0}
    assert scrape.samples("source_failures_total") == {(): 2}
    assert scrape.samples("source_last_success_timestamp_seconds") == {(): NOW}


def test_pauses_are_shown_each_and_gone_when_they_are_over(scrape: Scrape) -> None:
    ending = PauseNote("scope=prod", "incident", "ann", AT, datetime.fromtimestamp(NOW + 60, UTC))
    endless = PauseNote("kind=Role", "audit", "ben", AT)
    scrape.tell(Paused((ending, endless)))
    assert scrape.samples("pause_active") == {(): 1}
    assert scrape.samples("paused") == {("scope=prod",): 1, ("kind=Role",): 1}
    assert scrape.samples("pause_since_timestamp_seconds") == {("scope=prod",): NOW, ("kind=Role",): NOW}
    assert scrape.samples("pause_until_timestamp_seconds") == {("scope=prod",): NOW + 60}
    scrape.tell(Paused())
    assert scrape.samples("pause_active") == {(): 0}
    assert scrape.samples("paused") == {}
    assert scrape.samples("pause_until_timestamp_seconds") == {}


def test_calls_are_counted_with_their_retries_and_throttles(scrape: Scrape) -> None:
    scrape.tell(AwsCalled("iam", "CreateRole", "ok", 0.3, retries=2, throttled=True))
    scrape.tell(AwsCalled("iam", "CreateRole", "AccessDenied", 0.1))
    assert scrape.samples("aws_calls_total") == {
        ("CreateRole", "ok", "iam"): 1,
        ("CreateRole", "AccessDenied", "iam"): 1,
    }
    assert scrape.samples("aws_retries_total") == {("CreateRole", "iam"): 2}
    assert scrape.samples("aws_throttles_total") == {("CreateRole", "iam"): 1}
    assert scrape.samples("aws_call_duration_seconds_count") == {("iam",): 2}


def test_the_state_s_trouble_is_shown_until_it_is_well_again(scrape: Scrape) -> None:
    scrape.tell(StateTrouble("disk full"))
    assert scrape.samples("state_writable") == {(): 0}
    scrape.tell(StateTrouble(""))
    assert scrape.samples("state_writable") == {(): 1}
