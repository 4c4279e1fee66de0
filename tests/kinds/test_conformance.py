"""The conformance suite: every kind through the same life, against the emulator. A kind supplies samples and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.kinds.registry import KINDS
from controller.manifest.yaml_writer import write
from controller.model.address import Address, api_version, short_kind
from controller.model.event import AwsCalled, Event, Outcome
from controller.model.manifest import Manifest
from controller.model.observed import Observed, Wanted
from controller.model.plan import State, Verb
from controller.model.scope import Mode, Scope
from controller.reconcile.diff import top_level
from controller.reconcile.effects import names_of
from controller.reconcile.export import export_scope
from controller.reconcile.resolve import named
from tests.kinds.gaps import LOOKED_AT, TWO_SCOPES, gap
from tests.kinds.samples import SAMPLES
from tests.stage import READ, Stage, document

NAME = "sample"
ALL = pytest.mark.parametrize("kind", SAMPLES)


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return known(Stage(tmp_path))


def known(stage: Stage) -> Stage:
    """An account that trueup has been over before: else the first pass of each test would look at all kinds."""
    stage.store.finish(Outcome("test", "", stage.clock(), 0.0, {}))
    return stage


def involved(kind: str) -> set[str]:
    """A kind, and those of what its sample refers to."""
    return {kind, *(other for other, _, _ in SAMPLES[kind].around)}


def put(stage: Stage, kind: str, **changes: Any) -> None:
    """Commit a kind's sample, with what it refers to; skips a kind of which moto has nothing."""
    skip_gap(kind, "*")
    sample = SAMPLES[kind]
    around = [document(api_version(other), short_kind(other), name, spec) for other, name, spec in sample.around]
    own = document(api_version(kind), short_kind(kind), NAME, {**sample.spec, **changes})
    stage.files["around.yaml"] = write(map(deletable, around))
    stage.files["own.yaml"] = write([deletable(own)])


def deletable(manifest: dict[str, Any]) -> dict[str, Any]:
    """What is retained by default is here to go with its manifest, too."""
    return {**manifest, "lifecycle": {"deletion": "delete"}}


def live(stage: Stage, kind: str) -> list[Observed[Any]]:
    return list(KINDS[kind].observe(stage.aws(), Wanted(everything=True)))


def everything(stage: Stage, kinds: Iterable[str] = KINDS) -> list[tuple[str, str]]:
    """All that is live, of whatever kind: an account begins with a VPC and what belongs to it."""
    return sorted((name, item.id) for name in kinds for item in live(stage, name))


def picture(stage: Stage) -> dict[Address, dict[str, Any]]:
    """All that is trueup's, with names in place of ids: what has been made anew looks the same.

    Without what manifests leave unset, and AWS may choose anew each time.
    """
    owned, manifests = stage.plan().owned, stage.desired().manifests
    names = names_of(owned)
    return {
        address: {key: value for key, value in named(item.spec, names).items() if key not in unset(manifests[address])}
        for address, item in owned.items()
    }


def unset(manifest: Manifest) -> set[str]:
    """The fields that a manifest leaves to AWS."""
    spec = manifest.spec.model_dump(by_alias=True) if manifest.spec else {}
    return {key for key, value in spec.items() if value is None}


def mine(stage: Stage, kind: str) -> Observed[Any]:
    """The sample's live resource."""
    return stage.plan().owned[Address("test", kind, NAME)]


def skip_gap(kind: str, what: str) -> None:
    reason = gap(kind, what)
    if reason:
        pytest.skip(reason)


def test_every_kind_has_samples_that_change_every_field() -> None:
    """A field without a sample is a field whose drift nobody has ever seen repaired."""
    assert SAMPLES.keys() | TWO_SCOPES.keys() | LOOKED_AT.keys() == KINDS.keys()
    assert LOOKED_AT.keys() == {name for name, kind in KINDS.items() if not kind.made}
    for kind, sample in SAMPLES.items():
        fields = {info.alias for info in KINDS[kind].spec.model_fields.values()} - {"tags"}
        missing = fields - sample.changes.keys() - sample.replacements.keys() - sample.quiet.keys()
        assert not missing, f"{kind}: {missing}"


@ALL
def test_what_was_created_is_on_record_and_needs_nothing_more_until_it_goes_without_a_trace(
    stage: Stage, kind: str
) -> None:
    """Only for what AWS takes its time with (a load balancer) may it take another pass."""
    services = {kind.partition("/")[0] for kind in involved(kind)}
    there = [name for name in KINDS if name.partition("/")[0] in services]
    before = everything(stage, there)
    put(stage, kind)
    first = stage.apply()
    assert {status.state for status in first.statuses.values()} <= {State.IN_SYNC, State.PENDING}
    stage.converge()
    stage.calls.clear()
    assert stage.apply().converged
    assert stage.changes == []
    item = mine(stage, kind)
    assert stage.store.inventory("test").ids(Address("test", kind, NAME)) == {item.id}
    if KINDS[kind].taggable and not gap(kind, "tags"):
        assert item.tags is not None
        assert item.tags["trueup:manifest"] == f"{kind}/{NAME}"
    del stage.files["own.yaml"], stage.files["around.yaml"]
    stage.converge()
    assert everything(stage, there) == before
    assert stage.store.inventory("test").entries == ()


@ALL
def test_a_field_that_is_changed_in_git_is_changed_in_aws_and_put_back_when_it_drifts(stage: Stage, kind: str) -> None:
    """The change of git is also what somebody might do behind trueup's back: taken back in git, it is drift."""
    put(stage, kind)
    stage.converge()
    before = picture(stage)
    for field, value in SAMPLES[kind].changes.items():
        if gap(kind, field):
            continue
        along = SAMPLES[kind].along.get(field, {})
        besides = {field, *along} if along else set()
        put(stage, kind, **{**along, field: value})
        (action,) = stage.plan().actions
        assert action.verb is Verb.UPDATE, field
        assert {top_level(change.path) for change in action.changes} - besides == {field} - besides
        stage.converge()
        put(stage, kind)
        drifted = stage.plan()
        found = {top_level(change.path) for action in drifted.actions for change in action.changes}
        assert found - besides == {field} - besides
        stage.converge()
        assert picture(stage) == before, field


@pytest.mark.parametrize("kind", [kind for kind, sample in SAMPLES.items() if sample.quiet])
def test_a_field_that_only_says_how_to_change_is_no_difference_by_itself(stage: Stage, kind: str) -> None:
    put(stage, kind)
    stage.converge()
    for field, value in SAMPLES[kind].quiet.items():
        put(stage, kind, **{field: value})
        assert stage.plan().actions == (), field


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if KINDS[kind].taggable])
def test_tags_that_were_put_on_or_taken_off_by_hand_are_mended(stage: Stage, kind: str) -> None:
    skip_gap(kind, "tags")
    put(stage, kind)
    stage.converge()
    item = mine(stage, kind)
    KINDS[kind].retag(stage.aws(), item, {"by": "hand"}, frozenset({"trueup:owner"}))
    (action,) = stage.plan().actions
    assert {change.path for change in action.changes} == {"tags.by", "tags.trueup:owner"}
    stage.converge()
    (after,) = [found for found in live(stage, kind) if found.id == item.id]
    assert after.tags == item.tags


@ALL
def test_what_is_deleted_by_hand_comes_back(stage: Stage, kind: str) -> None:
    put(stage, kind)
    stage.converge()
    before = picture(stage)
    KINDS[kind].delete(stage.aws(), mine(stage, kind))
    stage.later = timedelta(minutes=5)
    stage.converge()
    assert picture(stage) == before


@pytest.mark.parametrize("kind", [kind for kind, sample in SAMPLES.items() if sample.replacements])
def test_a_field_that_aws_cannot_change_replaces_the_resource(stage: Stage, kind: str) -> None:
    sample = SAMPLES[kind]
    for field, value in sample.replacements.items():
        if gap(kind, field):
            continue
        put(stage, kind)
        stage.converge()
        old = mine(stage, kind).id
        others = {item.id for item in live(stage, kind)} - {old}
        put(stage, kind, **{field: value, **sample.along.get(field, {})})
        assert Verb.REPLACE in {action.verb for action in stage.plan().actions}, field
        stage.converge()
        new = stage.store.inventory("test").ids(Address("test", kind, NAME))  # none, where AWS had made it already
        assert {item.id for item in live(stage, kind)} == others | new, field
        assert len(live(stage, kind)) == len(others | new), field
        del stage.files["own.yaml"]
        stage.converge()


@ALL
def test_an_export_plans_empty(stage: Stage, kind: str, tmp_path: Path) -> None:
    """Read by a trueup that knows nothing of it yet, as somebody who begins with an account that exists."""
    put(stage, kind)
    stage.converge()
    spec = stage.desired().scope.spec.model_copy(update={"mode": Mode.OBSERVE})
    kinds = {name: KINDS[name] for name in KINDS if name in involved(kind)}
    files = export_scope(stage.aws(), Scope(name="test", spec=spec), kinds)
    newcomer = known(Stage(tmp_path / "newcomer", {name: write(documents) for name, documents in files.items()}))
    plan = newcomer.plan()
    assert plan.actions == ()
    assert {status.state for status in plan.statuses.values()} == {State.IN_SYNC}


class Killed(BaseException):
    """Stands for SIGKILL: nothing in trueup catches it."""


class Reaper:
    """Ends everything after a number of changing calls, as SIGKILL would: the call is done, and nothing after it."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, event: Event) -> None:
        if isinstance(event, AwsCalled) and not READ.match(event.operation):
            self.left -= 1
            if self.left == 0:
                raise Killed


@ALL
def test_a_crash_after_any_call_loses_nothing_and_duplicates_nothing(stage: Stage, kind: str, tmp_path: Path) -> None:
    """What it refers to stands already: each of those is killed in a test of its own."""
    put(stage, kind)
    own = stage.files.pop("own.yaml")
    stage.converge()
    stage.calls.clear()
    stage.files["own.yaml"] = own
    stage.converge()
    calls = len(stage.changes)
    kinds = involved(kind)
    before, count = picture(stage), len(everything(stage, kinds))
    assert calls
    for after in range(1, calls + 1):
        del stage.files["own.yaml"]
        stage.converge()
        stage.files["own.yaml"] = own
        stage.listen = Reaper(after)
        with pytest.raises(Killed):
            stage.converge()
        stage.listen = lambda event: None
        stage.store.close()
        stage = Stage(tmp_path, stage.files)
        stage.converge()
        assert picture(stage) == before, f"after call {after}"
        assert len(everything(stage, kinds)) == count, f"after call {after}"
