"""VPC peering: two scopes that come together, each in its own account and region, and AWS's replies as it documents them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.errors import AwsBusy
from controller.kinds.ec2.vpc_peering_accepter import VpcPeeringAccepter
from controller.kinds.ec2.vpc_peering_accepter import translate as translate_accepter
from controller.kinds.ec2.vpc_peering_connection import VpcPeeringConnection, VpcPeeringConnectionSpec, translate
from controller.kinds.registry import KINDS
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.observed import Observed, Wanted
from controller.model.plan import State, Verb
from controller.model.scope import Mode, Scope
from controller.reconcile.export import export_scope
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document, forget_accounts

US, OTHER = "123456789012", "210987654321"
NEAR, FAR = Address("near", "ec2/VpcPeeringConnection", "link"), Address("far", "ec2/VpcPeeringAccepter", "link")
PLACES = {
    "another region": {"account": US, "region": "eu-west-1"},
    "another account": {"account": OTHER, "region": "eu-central-1", "role": f"arn:aws:iam::{OTHER}:role/trueup"},
}


class Pair(Stage):
    """A stage with two scopes: `near` asks, `far` accepts."""

    def __init__(self, folder: Path, place: dict[str, str]) -> None:
        super().__init__(folder, {}, scope="near")
        self.files["near/scope.yaml"] = scope("near", {"account": US, "region": "eu-central-1"})
        self.files["far/scope.yaml"] = scope("far", place)
        self.near()
        self.far()

    def near(self, **facts: Any) -> None:
        """What the asking side commits."""
        self.files["near/own.yaml"] = write(
            [
                document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"}),
                document("ec2.aws/v1", "VpcPeeringConnection", "link", {"vpc": "main", "peerVpc": "far/main", **facts}),
            ]
        )

    def far(self, **facts: Any) -> None:
        """What the accepting side commits."""
        self.files["far/own.yaml"] = write(
            [
                document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.1.0.0/16"}),
                document("ec2.aws/v1", "VpcPeeringAccepter", "link", {"connection": "near/link", **facts}),
            ]
        )

    def both(self) -> None:
        self.converge_all("near", "far")

    def at(self, name: str) -> Pair:
        self.scope = name
        return self

    def seen(self, name: str) -> Observed[Any]:
        """The connection as one side sees it."""
        address = {"near": NEAR, "far": FAR}[name]
        return self.at(name).plan().owned[address]


def scope(name: str, spec: dict[str, str]) -> str:
    guard = {"guard": {"maxDeletes": 50}}
    return write([{"apiVersion": "trueup/v1", "kind": "Scope", "metadata": {"name": name}, "spec": {**spec, **guard}}])


@pytest.fixture(params=PLACES)
def pair(request: pytest.FixtureRequest, aws_endpoint: str, tmp_path: Path) -> Pair:
    place = PLACES[request.param]
    if "role" in place:
        forget_accounts()
    return Pair(tmp_path, place)


def test_both_sides_come_together_through_their_scopes(pair: Pair) -> None:
    """First the asking side waits for the other VPC, then for consent; the accepting side waits for the question."""
    waiting = pair.at("near").apply().statuses[NEAR]
    assert waiting.reason == "waits for (known after apply: ec2/Vpc/main.arn)"
    pair.at("far").apply()
    asked = pair.at("near").apply().statuses[NEAR]
    assert asked.state is State.PENDING
    asked = pair.at("near").apply().statuses[NEAR]
    place = pair.at("far").desired().scope.spec
    assert asked.reason == f"waits to be accepted: account {place.account}, region {place.region}"
    effects = {action.address: action.effects for action in pair.at("far").plan().actions}
    assert effects[FAR] == (
        "accepts the peering connection near/link: its VPC reaches ours, as far as route tables say so",
    )
    pair.both()
    assert pair.seen("near").id == pair.seen("far").id
    far = pair.at("far").plan().owned[Address("far", "ec2/Vpc", "main")]
    assert pair.seen("near").spec.peer_vpc == far.outputs["arn"]


def test_each_side_has_its_own_tags_and_options(pair: Pair) -> None:
    pair.near(tags={"side": "asking"}, allowDnsResolutionFromRemoteVpc=True)
    pair.far(tags={"side": "accepting"})
    pair.both()
    near, far = pair.seen("near"), pair.seen("far")
    assert (near.tags or {})["side"] == "asking"
    assert (far.tags or {})["side"] == "accepting"
    assert (far.tags or {})["trueup:manifest"] == "ec2/VpcPeeringAccepter/link"
    assert near.spec.allow_dns_resolution_from_remote_vpc
    assert not far.spec.allow_dns_resolution_from_remote_vpc
    pair.far(tags={"side": "both"}, allowDnsResolutionFromRemoteVpc=True)
    (action,) = pair.at("far").plan().actions
    assert {change.path for change in action.changes} == {"tags.side", "allowDnsResolutionFromRemoteVpc"}
    pair.both()
    assert pair.seen("far").spec.allow_dns_resolution_from_remote_vpc
    pair.far(tags={"side": "both"})  # what it was before, as if somebody had changed it by hand
    pair.both()
    assert not pair.seen("far").spec.allow_dns_resolution_from_remote_vpc
    assert pair.seen("near").spec.allow_dns_resolution_from_remote_vpc


def test_consent_that_git_names_no_more_is_withdrawn(pair: Pair) -> None:
    pair.both()
    first = pair.seen("far").id
    pair.files["far/own.yaml"] = write([document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.1.0.0/16"})])
    (action,) = pair.at("far").plan().actions
    assert (action.verb, action.effects) == (Verb.DELETE, (f"cuts the peering connection {first}",))
    pair.at("far").converge()
    pair.later = timedelta(minutes=10)
    pair.at("near").apply()
    again = pair.at("near").apply().statuses[NEAR]
    assert again.state is State.PENDING
    assert "waits to be accepted" in again.reason
    pair.far()
    pair.both()
    assert pair.seen("far").id == pair.seen("near").id != first


def test_a_crash_between_tags_and_consent_is_mended(pair: Pair) -> None:
    pair.at("far").apply()
    pair.at("near").apply()
    (action,) = pair.at("far").plan().actions
    connection = pair.seen("near").id
    pair.scope = "far"
    tags = [{"Key": key, "Value": value} for key, value in (action.tags or {}).items()]
    pair.aws().call("ec2", "CreateTags", Resources=[connection], Tags=tags)
    pair.both()
    assert pair.seen("far").id == connection


def test_an_export_of_either_side_plans_empty(pair: Pair, tmp_path: Path) -> None:
    pair.both()
    for name in ("near", "far"):
        found = pair.at(name).desired().scope
        watching = Scope(name=name, spec=found.spec.model_copy(update={"mode": Mode.OBSERVE}))
        files = export_scope(pair.aws(), watching, KINDS)
        newcomer = Stage(tmp_path / name, {path: write(documents) for path, documents in files.items()}, scope=name)
        assert newcomer.plan().actions == ()


def test_in_one_account_and_region_asking_is_accepting(aws_endpoint: str, tmp_path: Path) -> None:
    """Also where a crash has come in between: what is not accepted shows in no field, and is done all the same."""
    stage = Stage(tmp_path)
    vpcs = [document("ec2.aws/v1", "Vpc", name, {"cidrBlock": f"10.{n}.0.0/16"}) for n, name in enumerate(("a", "b"))]
    link = document("ec2.aws/v1", "VpcPeeringConnection", "link", {"vpc": "a", "peerVpc": "b"})
    stage.files["own.yaml"] = write(vpcs)
    stage.converge()
    stage.files["own.yaml"] = write([*vpcs, link])
    (action,) = stage.plan().actions
    assert action.effects == ("connects VPC a with VPC b, as far as route tables say so",)
    ids = {address.name: item.id for address, item in stage.plan().owned.items()}
    tags = [{"Key": key, "Value": value} for key, value in (action.tags or {}).items()]
    marked = [{"ResourceType": "vpc-peering-connection", "Tags": tags}]
    stage.aws().call("ec2", "CreateVpcPeeringConnection", VpcId=ids["a"], PeerVpcId=ids["b"], TagSpecifications=marked)
    (action,) = stage.plan().actions
    assert (action.verb, action.reason, action.changes) == (Verb.UPDATE, "it is not accepted yet", ())
    stage.calls.clear()
    stage.converge()
    assert stage.changes == ["AcceptVpcPeeringConnection"]


def test_ranges_that_overlap_are_an_error(aws_endpoint: str, tmp_path: Path) -> None:
    pair = Pair(tmp_path, PLACES["another region"])
    pair.files["far/own.yaml"] = write(
        [document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.1.0.0/16", "secondaryCidrBlocks": ["10.0.128.0/17"]})]
    )
    (problem,) = pair.loaded().problems
    assert problem.message.startswith("10.0.128.0/17 of main (far/own.yaml:")
    assert problem.message.endswith("overlaps with 10.0.0.0/16 of main")
    assert problem.field == "spec.peerVpc"


def reply(code: str, **sides: dict[str, Any]) -> dict[str, Any]:
    asking = {"OwnerId": US, "Region": "eu-central-1", "VpcId": "vpc-1"}
    asked = {"OwnerId": OTHER, "Region": "eu-west-1", "VpcId": "vpc-2"}
    return {
        "VpcPeeringConnectionId": "pcx-1",
        "Status": {"Code": code, "Message": ""},
        "RequesterVpcInfo": {**asking, **sides.get("asking", {})},
        "AccepterVpcInfo": {**asked, **sides.get("asked", {})},
        "Tags": [],
    }


HERE = {"OwnerId": US, "Region": "eu-central-1"}
OPTIONS = {"PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": True}}


@pytest.mark.parametrize(
    ("found", "pending", "undone"),
    [
        (reply("active"), "", ""),
        (reply("provisioning"), "AWS is still making it (provisioning)", ""),
        (reply("initiating-request"), "AWS is still making it (initiating-request)", ""),
        (reply("pending-acceptance"), f"waits to be accepted: account {OTHER}, region eu-west-1", ""),
        (
            reply("pending-acceptance", asked=HERE),
            f"waits to be accepted: account {US}, region eu-central-1",
            "it is not accepted yet",
        ),
        (reply("active", asked=HERE), "", ""),
    ],
)
def test_a_connection_says_what_it_waits_for(found: dict[str, Any], pending: str, undone: str) -> None:
    live = translate(Stubbed("ec2").aws, found)
    assert (live.pending, live.undone) == (pending, undone)


def test_options_are_unknown_before_a_connection_is_active() -> None:
    """AWS takes and tells them only of active ones: a difference before then would be a change that it refuses."""
    aws = Stubbed("ec2").aws
    for found, known in ((reply("provisioning", asking=OPTIONS), None), (reply("active", asking=OPTIONS), True)):
        assert translate(aws, found).spec.allow_dns_resolution_from_remote_vpc is known
        assert translate(aws, found).spec.peer_allow_dns_resolution_from_remote_vpc is None
    there = reply("active", asked=OPTIONS)
    assert translate_accepter(aws, there).spec.allow_dns_resolution_from_remote_vpc is True


def test_only_connections_that_can_be_used_are_there_and_each_side_sees_its_own() -> None:
    account = Stubbed("ec2")
    other = {"OwnerId": OTHER, "Region": "eu-central-1"}
    found = [
        {**reply(code, **sides), "VpcPeeringConnectionId": f"pcx-{code}-{side}"}
        for code in ("active", "pending-acceptance", "provisioning", "failed", "expired", "rejected", "deleted")
        for side, sides in (("asks", {}), ("accepts", {"asking": other, "asked": HERE}), ("both", {"asked": HERE}))
    ]
    states = ["active", "initiating-request", "pending-acceptance", "provisioning"]
    filters = [{"Name": "status-code", "Values": states}]
    account.expect("DescribeVpcPeeringConnections", {"VpcPeeringConnections": found}, Filters=filters, MaxResults=1000)
    aws = account.aws
    asking = {item.id for item in VpcPeeringConnection().observe(aws, Wanted())}
    accepting = {item.id for item in VpcPeeringAccepter().observe(aws, Wanted())}
    account.done()  # in one call
    live = ("active", "pending-acceptance", "provisioning")
    assert asking == {f"pcx-{code}-{side}" for code in live for side in ("asks", "both")}
    assert accepting == {"pcx-active-accepts", "pcx-provisioning-accepts"}


def test_a_connection_that_is_too_new_is_accepted_by_a_later_pass() -> None:
    account = Stubbed("ec2")
    new = reply("initiating-request", asked=HERE)
    account.expect(
        "CreateVpcPeeringConnection",
        {"VpcPeeringConnection": new},
        VpcId="vpc-1",
        PeerVpcId="vpc-2",
        PeerOwnerId=US,
        PeerRegion="eu-central-1",
        TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "a", "Value": "b"}]}],
    )
    account.refuse("AcceptVpcPeeringConnection", "InvalidStateTransition")
    spec = VpcPeeringConnectionSpec(vpc="vpc-1", peer_vpc=f"arn:aws:ec2:eu-central-1:{US}:vpc/vpc-2")
    aws = account.aws
    made = VpcPeeringConnection().create(aws, spec, {"a": "b"})
    assert made.pending == "AWS is still making it (initiating-request)"
    account.done()


def test_consent_to_a_question_that_is_not_there_yet_waits() -> None:
    account = Stubbed("ec2")
    account.expect("CreateTags", Resources=["pcx-1"], Tags=[])
    account.refuse("AcceptVpcPeeringConnection", "InvalidStateTransition")
    live = translate_accepter(account.aws, reply("active"))
    with pytest.raises(AwsBusy):
        VpcPeeringAccepter().create(account.aws, live.spec, {})
    account.done()


def test_the_same_two_vpcs_have_room_for_one_connection() -> None:
    def spec(one: str, other: str) -> VpcPeeringConnectionSpec:
        return VpcPeeringConnectionSpec(vpc=one, peer_vpc=f"arn:aws:ec2:eu-central-1:{US}:vpc/{other}")

    kind = VpcPeeringConnection()
    assert kind.same_slot(spec("vpc-1", "vpc-2"), spec("vpc-2", "vpc-1"))
    assert not kind.same_slot(spec("vpc-1", "vpc-2"), spec("vpc-1", "vpc-3"))
    assert list(kind.tell(Verb.REPLACE, spec("vpc-1", "vpc-2"), spec("vpc-1", "vpc-3"))) == [
        f"cuts VPC vpc-1 and VPC arn:aws:ec2:eu-central-1:{US}:vpc/vpc-2 off from each other",
        f"connects VPC vpc-1 with VPC arn:aws:ec2:eu-central-1:{US}:vpc/vpc-3, as far as route tables say so",
    ]
