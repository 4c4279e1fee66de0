"""A private zone that is seen from another account: two scopes that come together, each with its own account's rights."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.errors import AwsBusy, AwsRefused
from controller.kinds.registry import COMPOSITES, KINDS
from controller.kinds.route53.hosted_zone_association import HostedZoneAssociation, HostedZoneAssociationSpec, zones_of
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.commit import Blob, Tree
from controller.model.event import AwsCalled, Event, Outcome
from controller.model.plan import State, Verb
from controller.model.scope import Mode, Scope
from controller.reconcile.export import export_scope
from controller.source.entries import blob_id
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document, forget_accounts

US, OTHER = "123456789012", "210987654321"
ASSOCIATION = Address("far", "route53/HostedZoneAssociation", "internal")
ZONE = Address("near", "route53/HostedZone", "internal.example.com")
REGION = "eu-central-1"


def scope(name: str, **spec: str) -> str:
    head = {"apiVersion": "trueup/v1", "kind": "Scope", "metadata": {"name": name}}
    return write([{**head, "spec": {"region": REGION, **spec}}])


def near(**more: Any) -> list[dict[str, Any]]:
    zone = {"vpcs": [{"vpc": "main", "region": REGION}], **more}
    return [
        document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"}),
        document("route53.aws/v1", "HostedZone", "internal.example.com", zone),
    ]


AUTHORIZED: dict[str, Any] = {"authorizedVpcs": [{"vpc": "far/main", "region": REGION}]}
FAR = [
    document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.1.0.0/16"}),
    document(
        "route53.aws/v1", "HostedZoneAssociation", "internal", {"zone": "near/internal.example.com", "vpc": "main"}
    ),
]


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    forget_accounts()
    stage = Stage(tmp_path, {}, scope="near")
    stage.files["near/scope.yaml"] = scope("near", account=US)
    stage.files["far/scope.yaml"] = scope("far", account=OTHER, role=f"arn:aws:iam::{OTHER}:role/trueup")
    stage.files["near/a.yaml"] = write(near(**AUTHORIZED))
    stage.files["far/a.yaml"] = write(FAR)
    return known(stage)


def known(stage: Stage) -> Stage:
    """Accounts that trueup has been over before: else the first pass of each test would look at all kinds."""
    for name in ("near", "far"):
        stage.store.finish(Outcome(name, "", stage.clock(), 0.0, {}))
    return stage


def seen_from(stage: Stage) -> set[str]:
    """The ids of the VPCs that see the zone."""
    stage.scope = "near"
    found = stage.plan().owned[ZONE]
    return {vpc["VPCId"] for vpc in stage.aws().call("route53", "GetHostedZone", Id=found.id)["VPCs"]}


def vpc_of(stage: Stage, name: str) -> str:
    stage.scope = name
    return stage.plan().owned[Address(name, "ec2/Vpc", "main")].id


def test_both_sides_come_together_and_each_leaves_the_other_its_own(stage: Stage) -> None:
    """Until the VPC is authorised it waits, and nobody need act for it."""
    stage.files["near/a.yaml"] = write(near())
    stage.apply()
    stage.scope = "far"
    waiting = stage.apply().statuses[ASSOCIATION]
    assert waiting.state is State.PENDING
    assert "to authorise vpc-" in waiting.reason
    stage.files["near/a.yaml"] = write(near(**AUTHORIZED))
    stage.scope = "near"
    stage.converge_all("near", "far")
    assert seen_from(stage) == {vpc_of(stage, "near"), vpc_of(stage, "far")}
    stage.scope = "near"
    assert stage.plan().actions == ()


def test_what_git_names_no_more_is_seen_no_more_from_either_side(stage: Stage) -> None:
    stage.converge_all("near", "far")
    stage.files["far/a.yaml"] = write(FAR[:1])
    stage.scope = "far"
    (action,) = stage.plan().actions
    assert (action.verb, action.address) == (Verb.DELETE, ASSOCIATION)
    (effect,) = action.effects
    assert effect.startswith("VPC main no longer sees the names of zone Z")
    stage.converge()
    assert seen_from(stage) == {vpc_of(stage, "near")}
    stage.files["far/a.yaml"] = write(FAR)
    stage.scope = "near"
    stage.converge_all("near", "far")
    far = vpc_of(stage, "far")
    stage.files["near/a.yaml"] = write(near(authorizedVpcs=[]))
    stage.files["far/a.yaml"] = write(FAR[:1])
    stage.scope = "near"
    (action,) = stage.plan().actions
    assert {change.path for change in action.changes} == {f"authorizedVpcs[{far}]", f"vpcs[{far}]"}
    stage.converge()
    assert seen_from(stage) == {vpc_of(stage, "near")}


def test_an_association_that_is_cut_by_hand_comes_back(stage: Stage) -> None:
    stage.converge_all("near", "far")
    far, zone = vpc_of(stage, "far"), seen_from(stage) and stage.plan().owned[ZONE].id
    vpc = {"VPCRegion": REGION, "VPCId": far}
    stage.aws().call("route53", "DisassociateVPCFromHostedZone", HostedZoneId=zone, VPC=vpc)
    stage.scope, stage.later = "far", timedelta(minutes=5)
    stage.converge()
    assert far in seen_from(stage)


class Killed(BaseException):
    """Stands for SIGKILL."""


def test_a_crash_after_the_call_is_mended(stage: Stage, tmp_path: Path) -> None:
    """It has no tags: the intent that was noted before tells that it is ours."""
    stage.apply()
    stage.scope = "far"
    stage.files["far/a.yaml"] = write(FAR[:1])
    stage.apply()
    stage.scope = "near"
    stage.apply()
    stage.files["far/a.yaml"] = write(FAR)
    stage.scope = "far"

    def die(event: Event) -> None:
        if isinstance(event, AwsCalled) and event.operation == "AssociateVPCWithHostedZone":
            raise Killed

    stage.listen = die
    with pytest.raises(Killed):
        stage.apply()
    stage.store.close()
    stage = Stage(tmp_path, stage.files, scope="far")
    stage.converge()
    assert ASSOCIATION in stage.plan().owned


def test_an_export_of_either_side_plans_empty(stage: Stage, tmp_path: Path) -> None:
    stage.converge_all("near", "far")
    for name in ("near", "far"):
        stage.scope = name
        found = stage.desired().scope
        watching = Scope(name=name, spec=found.spec.model_copy(update={"mode": Mode.OBSERVE}))
        kinds = {kind: KINDS[kind] for kind in ("ec2/Vpc", ZONE.kind, ASSOCIATION.kind)}
        files = export_scope(stage.aws(), watching, kinds)
        assert ("route53/hostedzoneassociation.yaml" in {path.lower() for path in files}) == (name == "far")
        texts = {path: write(documents) for path, documents in files.items()}
        newcomer = known(Stage(tmp_path / name, texts, scope=name))
        assert newcomer.plan().actions == ()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"authorizedVpcs": []}, "does not authorise this VPC (add it to the zone's `authorizedVpcs`)"),
        ({"vpcs": [{"vpc": "far/main", "region": REGION}]}, "lists this VPC in its `vpcs` already"),
        ({"authorizedVpcs": [{"vpc": "vpc-0123456789", "region": REGION}]}, ""),
        (AUTHORIZED, ""),
        ({}, ""),
    ],
)
def test_what_the_zones_own_manifest_does_not_allow_is_told_before_any_call(facts: dict[str, Any], said: str) -> None:
    texts = {
        "near/scope.yaml": scope("near", account=US),
        "far/scope.yaml": scope("far", account=OTHER),
        "near/a.yaml": write(near(**facts)),
        "far/a.yaml": write(FAR),
    }
    blobs = tuple(Blob(path, blob_id(text.encode()), text.encode()) for path, text in texts.items())
    found = [str(problem) for problem in Loader(KINDS, COMPOSITES).load(Tree(None, "", blobs)).problems]
    assert len(found) == bool(said)
    assert said in "\n".join(found)


def test_zones_of_awss_services_are_nobodys_and_all_pages_are_read() -> None:
    account = Stubbed("route53")
    theirs = {"HostedZoneId": "Z1", "Name": "a.example.com.", "Owner": {"OwningAccount": OTHER}}
    efs = {"HostedZoneId": "Z2", "Name": "b.", "Owner": {"OwningService": "efs.amazonaws.com"}}
    asked = {"VPCId": "vpc-01234567", "VPCRegion": REGION}
    account.expect(
        "ListHostedZonesByVPC", {"HostedZoneSummaries": [efs], "MaxItems": "100", "NextToken": "next"}, **asked
    )
    account.expect(
        "ListHostedZonesByVPC", {"HostedZoneSummaries": [theirs], "MaxItems": "100"}, **asked, NextToken="next"
    )
    assert list(zones_of(account.aws, "vpc-01234567")) == [theirs]
    account.done()


@pytest.mark.parametrize(("code", "busy"), [("NotAuthorizedException", True), ("ConflictingDomainExists", False)])
def test_only_what_may_still_be_authorised_is_waited_for(code: str, busy: bool) -> None:
    account = Stubbed("route53")
    account.refuse("AssociateVPCWithHostedZone", code)
    spec = HostedZoneAssociationSpec(zone="Z1", vpc="vpc-01234567")
    with pytest.raises(AwsBusy if busy else AwsRefused):
        HostedZoneAssociation().create(account.aws, spec, {})
    account.done()
