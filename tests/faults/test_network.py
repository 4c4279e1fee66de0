"""AWS is there and yet is not: throttling, a 5xx, a reset connection, a reply that got lost. All of it passes by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest

from controller.kinds.iam import account
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.event import ActionEnded, AwsCalled, Event, Result
from controller.model.plan import State
from tests.faults.team import GROUP, ROLE, TEAM, USER, staged, states
from tests.faulty_proxy import BROKEN, THROTTLED, UNAVAILABLE, Answer, FaultyProxy, Lost, Page, Refusal, Reset
from tests.kinds.samples.iam import TRUST
from tests.stage import document

TROUBLES: Mapping[str, Answer] = {
    "throttled": THROTTLED,
    "a 500": BROKEN,
    "a 503": UNAVAILABLE,
    "a load balancer's page": Page(502, "<html>Bad Gateway</html>"),
    "reset": Reset(),
}
WORDS = {
    "throttled": "iam:CreateGroup: Throttling: Rate exceeded",
    "a 500": "iam:CreateGroup: ServiceFailure: The request processing has failed",
    "a 503": "iam:CreateGroup: ServiceUnavailable: Service is temporarily unavailable",
    "a load balancer's page": "iam:CreateGroup: 502: Bad Gateway",
    "reset": "iam:CreateGroup: Connection was closed before we received a valid response",
}
trouble = pytest.mark.parametrize("name", TROUBLES)


@trouble
def test_what_passes_within_a_call_is_not_noticed(proxy: FaultyProxy, tmp_path: Path, name: str) -> None:
    """Botocore tries again; the stage allows it two attempts a call."""
    proxy.answer("CreateGroup", TROUBLES[name], times=1)
    assert staged(tmp_path).apply().converged
    assert proxy.count("CreateGroup") == 2


@trouble
def test_what_lasts_is_said_and_tried_again_in_every_pass_until_it_is_over(
    proxy: FaultyProxy, tmp_path: Path, name: str
) -> None:
    """It is no refusal: it does not wait for a new commit. How often passes are made is what spares AWS."""
    proxy.answer("CreateGroup", TROUBLES[name])
    stage = staged(tmp_path)
    for passes in (1, 2):
        outcome = stage.apply()
        assert proxy.count("CreateGroup") == 2 * passes
    assert states(outcome) == {
        "iam/Policy/read": State.IN_SYNC,
        "iam/Group/readers": State.FAILED,
        "iam/User/ana": State.BLOCKED,
        "iam/Role/app": State.IN_SYNC,
    }
    assert outcome.statuses[GROUP].reason.startswith(WORDS[name])
    assert outcome.statuses[GROUP].reason.endswith("; trueup tries again by itself")
    proxy.heal()
    assert stage.apply().converged


@trouble
def test_a_read_that_fails_for_a_while_makes_unknown_and_never_absent(
    proxy: FaultyProxy, tmp_path: Path, name: str
) -> None:
    stage = staged(tmp_path)
    stage.converge()
    stage.calls.clear()
    proxy.answer("GetAccountAuthorizationDetails", TROUBLES[name])
    proxy.calls.clear()
    outcome = stage.apply()
    assert set(states(outcome).values()) == {State.UNKNOWN}
    assert all("trueup tries again by itself" in status.reason for status in outcome.statuses.values())
    assert stage.changes == []
    assert proxy.count("GetAccountAuthorizationDetails") == 2  # in all, not for each of the kinds that share it
    proxy.heal()
    assert stage.apply().converged
    assert stage.changes == []


def test_throttling_is_counted_by_service_and_operation(proxy: FaultyProxy, tmp_path: Path) -> None:
    called: list[Event] = []
    stage = staged(tmp_path)
    stage.listen = called.append
    proxy.answer("CreateGroup", THROTTLED, times=1)
    stage.apply()
    (event,) = [event for event in called if isinstance(event, AwsCalled) and event.throttled]
    assert (event.service, event.operation, event.result, event.retries) == ("iam", "CreateGroup", "ok", 1)


@pytest.mark.parametrize("address", [GROUP, USER, ROLE], ids=lambda address: address.kind)
def test_a_create_whose_reply_got_lost_makes_nothing_twice_and_stays_ours(
    proxy: FaultyProxy, aws_endpoint: str, tmp_path: Path, address: Address
) -> None:
    """Botocore asks again and hears that the name is taken: by ourselves, as the next pass finds out, tags or not."""
    operation = {GROUP: "CreateGroup", USER: "CreateUser", ROLE: "CreateRole"}[address]
    proxy.answer(operation, Lost(), times=1)
    stage = staged(tmp_path)
    assert not stage.apply().converged
    assert stage.apply().converged
    assert proxy.count(operation) == 2
    assert len(stage.store.inventory("test").entries) == len(TEAM)
    iam = boto3.client("iam", endpoint_url=aws_endpoint)
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="ana")["Groups"]] == ["readers"]


def test_a_batch_whose_reply_got_lost_makes_nothing_twice_and_all_of_it_stays_ours(
    proxy: FaultyProxy, tmp_path: Path
) -> None:
    """Records have no tags: what was noted of each before the call tells whose it is."""
    zone = document("route53.aws/v1", "HostedZone", "example.com", {})
    stage = staged(tmp_path, zone)
    stage.converge()
    spec = {"zone": "example.com", "type": "A", "values": ["192.0.2.1"]}
    hosts = [document("route53.aws/v1", "RecordSet", f"h{n}", {**spec, "name": f"h{n}"}) for n in range(5)]
    stage.files["team.yaml"] = write([zone, *hosts])
    (made,) = stage.store.inventory("test").entries
    batch = f"POST /2013-04-01/hostedzone/{made.id}/rrset/"
    proxy.answer(batch, Lost(), times=1)
    outcome = stage.apply()
    assert list(states(outcome).values()).count(State.FAILED) == 5
    assert all("an earlier attempt may have gone in" in s.reason for s in outcome.statuses.values() if s.reason)
    assert stage.apply().converged
    assert proxy.count(batch) == 2
    assert len(stage.store.inventory("test").entries) == 6


def test_a_delete_whose_reply_got_lost_is_a_delete(proxy: FaultyProxy, tmp_path: Path) -> None:
    stage = staged(tmp_path)
    stage.converge()
    proxy.answer("DeleteRole", Lost(), times=1)
    stage.files["team.yaml"] = write(list(TEAM[:-1]))
    outcome = stage.apply("c2")
    assert outcome.converged
    assert ROLE not in outcome.statuses
    ends = [event for event in stage.events if isinstance(event, ActionEnded) and event.action.address == ROLE]
    assert ends[-1].result is Result.DONE


def test_a_list_that_breaks_off_after_its_first_page_is_no_short_list(
    proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the page that could not be had is unknown, not gone: it is neither made again nor forgotten."""
    monkeypatch.setattr(account, "PAGE", 1)
    stage = staged(tmp_path, *TEAM, document("iam.aws/v1", "Role", "other", {"trust": TRUST}))
    stage.converge()
    stage.calls.clear()
    proxy.calls.clear()
    proxy.answer("ListRoles", BROKEN, after=1)
    found = states(stage.apply())
    assert proxy.count("ListRoles") == 3  # the first page, and two attempts at the second
    assert (found["iam/Role/app"], found["iam/Role/other"]) == (State.UNKNOWN, State.UNKNOWN)
    assert stage.changes == []
    proxy.heal()
    assert stage.apply().converged
    assert stage.changes == []


def test_a_service_that_talks_json_is_understood_as_well(proxy: FaultyProxy, tmp_path: Path) -> None:
    proxy.answer("GetResources", Refusal(400, "ThrottlingException", "Rate exceeded"))
    outcome = staged(tmp_path).apply()
    (said,) = {status.reason for status in outcome.statuses.values() if status.state is State.UNKNOWN}
    assert "resourcegroupstaggingapi:GetResources: ThrottlingException: Rate exceeded" in said
