"""Route tables: what AWS's replies mean, what it is asked for, what is wrong before it is asked, and what a change means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from controller.aws.emulator import ACCOUNT
from controller.errors import AwsBusy
from controller.kinds.ec2 import route_table, routes
from controller.kinds.ec2.route_checks import QUOTA
from controller.kinds.ec2.route_spec import RouteTableSpec
from controller.kinds.ec2.route_table import RouteTable
from controller.kinds.ec2.routes import Route
from controller.kinds.registry import KINDS
from controller.manifest.load import Loader
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.commit import Blob, Tree
from controller.model.observed import Observed
from controller.model.plan import Verb
from controller.model.problem import Severity
from controller.source.entries import blob_id
from tests.kinds.samples.ec2_gateways import ROUTED
from tests.kinds.stubbed import Stubbed
from tests.stage import SCOPE, Stage, document

Document = dict[str, Any]


def doc(kind: str, name: str, **spec: Any) -> Document:
    return document("ec2.aws/v1", kind, name, spec)


def found(*documents: Document, severity: Severity = Severity.ERROR) -> list[str]:
    """What the loader finds wrong, without the place."""
    text = write(list(documents)).encode()
    blobs = (Blob("scope.yaml", "1", SCOPE.encode()), Blob("net.yaml", blob_id(text), text))
    problems = Loader(KINDS).load(Tree(None, "", blobs)).problems
    assert all(problem.where.line for problem in problems)
    return [problem.message for problem in problems if problem.severity is severity]


VPC = doc("Vpc", "main", cidrBlock="10.0.0.0/16", secondaryCidrBlocks=["10.1.0.0/16"])
OTHER = doc("Vpc", "other", cidrBlock="10.0.0.0/16")
SUBNET = doc("Subnet", "a", vpc="main", cidrBlock="10.0.0.0/24")
GATEWAY = doc("InternetGateway", "igw", vpc="main")
EIP = doc("ElasticIp", "nat")
NAT = doc("NatGateway", "nat", subnet="a", elasticIp="nat")
OUT = {"to": "0.0.0.0/0", "internetGateway": "igw"}


def table(name: str = "t", /, *entries: Document, vpc: str = "main", **spec: Any) -> Document:
    return doc("RouteTable", name, vpc=vpc, routes=list(entries), **spec)


def test_a_subnet_with_two_route_tables_is_an_error_at_both_and_names_the_other() -> None:
    one, other = table("one", subnets=["a"]), table("two", subnets=["a"])
    first, second = found(VPC, SUBNET, one, other)
    assert first.startswith("subnet a is in two (net.yaml:")
    assert second.startswith("subnet a is in one (net.yaml:")


def test_two_main_tables_of_one_vpc_are_an_error_at_both() -> None:
    assert len(found(VPC, table("one", main=True), table("two", main=True))) == 2


@pytest.mark.parametrize("same", ["0.0.0.0/0", "::/0"])
def test_two_routes_to_one_destination_are_an_error(same: str) -> None:
    (message,) = found(VPC, GATEWAY, table("t", {**OUT, "to": same}, {"to": same, "networkInterface": "eni-00000001"}))
    assert f"two routes to {same}; a destination has one target" in message


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"to": "10.0.0.0/16", "internetGateway": "igw"}, "is the VPC's own range, whose local route AWS makes itself"),
        (
            {"to": "10.1.0.0/16", "networkInterface": "eni-00000001"},
            "is the VPC's own range, whose local route AWS makes itself",
        ),
        ({"to": "10.0.7.0/24", "internetGateway": "igw"}, "lies within the VPC's own range"),
        ({"to": "::/0", "natGateway": "nat-00000001"}, "a NAT gateway takes IPv6 only for 64:ff9b::/96"),
        (
            {"to": "0.0.0.0/0", "egressOnlyInternetGateway": "eigw-00000001"},
            "an egress-only internet gateway is for IPv6",
        ),
        (
            {"to": "pl-00000001", "vpcEndpoint": "vpce-00000001"},
            "AWS makes routes from prefix lists to endpoints itself",
        ),
        ({"to": "10.0.0.1/16", "internetGateway": "igw"}, "the network is 10.0.0.0/16"),
        ({"to": "0.0.0.0/0"}, "0.0.0.0/0 needs one target, of internetGateway, natGateway"),
        ({**OUT, "instance": "i-00000001"}, "0.0.0.0/0 has internetGateway, instance; one is needed"),
    ],
)
def test_a_route_that_aws_would_refuse_is_said_before(entry: Document, said: str) -> None:
    (message,) = found(VPC, GATEWAY, table("t", entry))
    assert said in message


@pytest.mark.parametrize(
    "entry",
    [
        OUT,
        {"to": "10.0.7.0/24", "networkInterface": "eni-00000001"},
        {"to": "10.0.0.0/8", "transitGateway": "tgw-0000000a"},
        {"to": "64:ff9b::/96", "natGateway": "nat-00000001"},
        {"to": "::/0", "egressOnlyInternetGateway": "eigw-00000001"},
        {"to": "pl-00000001", "transitGateway": "tgw-0000000a"},
    ],
)
def test_a_route_that_aws_takes_is_not_found_fault_with(entry: Document) -> None:
    assert found(VPC, GATEWAY, table("t", entry)) == []


def test_a_route_to_an_internet_gateway_of_another_vpc_is_an_error() -> None:
    (message,) = found(VPC, OTHER, GATEWAY, table("t", OUT, vpc="other"))
    assert message == "0.0.0.0/0: internet gateway igw is attached to VPC main, and the table is in other"
    (message,) = found(VPC, doc("InternetGateway", "igw"), table("t", OUT))
    assert message == "0.0.0.0/0: internet gateway igw is attached to no VPC"


def test_a_subnet_of_another_vpc_is_an_error() -> None:
    (message,) = found(VPC, OTHER, SUBNET, table("t", vpc="other", subnets=["a"]))
    assert message == "subnet a is in VPC main, and the table in other"


def test_vpcs_that_are_known_by_id_alone_differ_where_their_ids_do() -> None:
    """A VPC by its name and one by an id may well be the same one: that is no error."""
    gateway = doc("InternetGateway", "igw", vpc="vpc-00000001")
    assert found(gateway, table("t", OUT, vpc="vpc-00000001")) == []
    assert len(found(gateway, table("t", OUT, vpc="vpc-00000002"))) == 1
    assert found(VPC, gateway, table("t", OUT)) == []


def test_more_routes_than_the_quota_are_a_warning() -> None:
    many = [{"to": f"172.16.{n // 256}.{n % 256}/32", "internetGateway": "igw"} for n in range(QUOTA + 1)]
    (message,) = found(VPC, GATEWAY, table("t", *many), severity=Severity.WARNING)
    assert message == "has 501 routes; AWS takes 500 unless the account's quota was raised"
    assert found(VPC, GATEWAY, table("t", *many)) == []


@pytest.mark.parametrize(
    ("tables", "doubt"),
    [
        ([table("t", OUT, subnets=["a"])], ""),
        ([table("t", OUT, main=True)], ""),
        ([table("t", {"to": "0.0.0.0/0", "vpcEndpoint": "vpce-00000001"}, subnets=["a"])], ""),
        ([table("t", subnets=["a"]), table("main", OUT, main=True)], "t (net.yaml:"),
        ([table("t", {"to": "0.0.0.0/0", "transitGateway": "tgw-0000000a"}, subnets=["a"])], "t (net.yaml:"),
        ([table("t", OUT)], "no RouteTable names it"),
    ],
)
def test_a_public_nat_gateway_without_a_way_out_is_a_warning_on_the_gateway(tables: list[Document], doubt: str) -> None:
    """A firewall may stand between the subnet and the internet gateway."""
    messages = found(VPC, SUBNET, GATEWAY, EIP, NAT, *tables, severity=Severity.WARNING)
    assert len(messages) == (1 if doubt else 0)
    assert all(m.startswith(f"subnet a has no route to an internet gateway: {doubt}") for m in messages)


def test_nothing_is_said_of_a_nat_gateway_that_is_private_or_whose_network_is_not_in_git() -> None:
    private = doc("NatGateway", "nat", subnet="a", connectivityType="private")
    assert found(VPC, SUBNET, private, severity=Severity.WARNING) == []
    assert (
        found(EIP, doc("NatGateway", "nat", subnet="subnet-00000001", elasticIp="nat"), severity=Severity.WARNING) == []
    )
    foreign = doc("Subnet", "a", vpc="vpc-00000001", cidrBlock="10.0.0.0/24")
    assert found(EIP, foreign, NAT, severity=Severity.WARNING) == []


# -- what AWS answers


REPLY: dict[str, Any] = {
    "RouteTableId": "rtb-00000001",
    "VpcId": "vpc-00000001",
    "OwnerId": ACCOUNT,
    "Tags": [{"Key": "trueup:owner", "Value": "trueup"}],
    "PropagatingVgws": [{"GatewayId": "vgw-00000001"}],
    "Associations": [
        {
            "Main": False,
            "RouteTableAssociationId": "rtbassoc-1",
            "SubnetId": "subnet-00000001",
            "AssociationState": {"State": "associated"},
        },
        {
            "Main": False,
            "RouteTableAssociationId": "rtbassoc-2",
            "SubnetId": "subnet-00000002",
            "AssociationState": {"State": "disassociating"},
        },
        {"Main": False, "RouteTableAssociationId": "rtbassoc-3", "GatewayId": "igw-00000001"},
    ],
    "Routes": [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"},
        {
            "DestinationCidrBlock": "192.168.0.0/16",
            "GatewayId": "vgw-00000001",
            "Origin": "EnableVgwRoutePropagation",
            "State": "active",
        },
        {
            "DestinationPrefixListId": "pl-00000001",
            "GatewayId": "vpce-00000001",
            "Origin": "CreateRoute",
            "State": "active",
        },
        {
            "DestinationCidrBlock": "0.0.0.0/0",
            "NatGatewayId": "nat-00000001",
            "Origin": "CreateRoute",
            "State": "blackhole",
        },
        {
            "DestinationIpv6CidrBlock": "::/0",
            "EgressOnlyInternetGatewayId": "eigw-00000001",
            "Origin": "CreateRoute",
            "State": "active",
        },
    ],
}


def live(**facts: Any) -> Observed[RouteTableSpec]:
    return route_table.translate(Stubbed("ec2").aws, {**REPLY, **facts})


def test_routes_that_aws_made_and_associations_on_their_way_out_are_not_ours() -> None:
    """A blackhole is ours still: what it leads to is gone, and git may want another."""
    spec = live().spec
    assert [(route.to, route.field, route.target) for route in spec.routes] == [
        ("0.0.0.0/0", "nat_gateway", "nat-00000001"),
        ("::/0", "egress_only_internet_gateway", "eigw-00000001"),
    ]
    assert spec.subnets == {"subnet-00000001"}
    assert spec.propagating_vgws == {"vgw-00000001"}


TARGETS = {
    "internet_gateway": ({"GatewayId": "igw-00000001"}, "igw-00000001"),
    "vpn_gateway": ({"GatewayId": "vgw-00000001"}, "vgw-00000001"),
    "vpc_endpoint": ({"GatewayId": "vpce-00000001"}, "vpce-00000001"),
    "nat_gateway": ({"NatGatewayId": "nat-00000001"}, "nat-00000001"),
    "egress_only_internet_gateway": ({"EgressOnlyInternetGatewayId": "eigw-00000001"}, "eigw-00000001"),
    "vpc_peering_connection": ({"VpcPeeringConnectionId": "pcx-00000001"}, "pcx-00000001"),
    "transit_gateway": ({"TransitGatewayId": "tgw-0000000a"}, "tgw-0000000a"),
    "instance": (
        {"InstanceId": "i-00000001", "NetworkInterfaceId": "eni-00000001", "InstanceOwnerId": ACCOUNT},
        "i-00000001",
    ),
    "network_interface": ({"NetworkInterfaceId": "eni-00000001"}, "eni-00000001"),
    "local_gateway": ({"LocalGatewayId": "lgw-00000001"}, "lgw-00000001"),
    "carrier_gateway": ({"CarrierGatewayId": "cagw-00000001"}, "cagw-00000001"),
    "core_network": (
        {"CoreNetworkArn": "arn:aws:networkmanager::1:core-network/c"},
        "arn:aws:networkmanager::1:core-network/c",
    ),
    "odb_network": (
        {"OdbNetworkArn": "arn:aws:odb:eu-central-1:1:odb-network/o"},
        "arn:aws:odb:eu-central-1:1:odb-network/o",
    ),
}


@pytest.mark.parametrize("field", routes.PARAMETERS)
def test_each_target_is_read_as_it_is_written(field: str) -> None:
    reply, target = TARGETS[field]
    item = {"DestinationCidrBlock": "172.16.0.0/12", "Origin": "CreateRoute", **reply}
    (route,) = routes.read([item])
    assert (route.field, route.target) == (field, target)
    account = Stubbed("ec2")
    where = {"DestinationCidrBlock": "172.16.0.0/12", routes.PARAMETERS[field]: target}
    account.expect("CreateRoute", RouteTableId="rtb-00000001", **where)
    routes.put(account.aws, "rtb-00000001", [], [route])
    account.expect("ReplaceRoute", RouteTableId="rtb-00000001", **where)
    routes.put(account.aws, "rtb-00000001", [Route(to="172.16.0.0/12", transit_gateway="tgw-0000000b")], [route])
    account.expect("DeleteRoute", RouteTableId="rtb-00000001", DestinationCidrBlock="172.16.0.0/12")
    routes.put(account.aws, "rtb-00000001", [route], [])
    account.done()


@pytest.mark.parametrize(
    ("to", "parameter"),
    [
        ("172.16.0.0/12", "DestinationCidrBlock"),
        ("2001:db8::/32", "DestinationIpv6CidrBlock"),
        ("pl-00000001", "DestinationPrefixListId"),
    ],
)
def test_each_form_of_destination_has_its_parameter(to: str, parameter: str) -> None:
    account = Stubbed("ec2")
    account.expect("CreateRoute", RouteTableId="rtb-00000001", TransitGatewayId="tgw-0000000a", **{parameter: to})
    routes.put(account.aws, "rtb-00000001", [], [Route(to=to, transit_gateway="tgw-0000000a")])
    account.done()
    assert [route.to for route in routes.read([{parameter: to, "TransitGatewayId": "tgw-0000000a"}])] == [to]


def test_an_instance_and_its_interface_are_one_target() -> None:
    """AWS names both, whichever of them the route was made with."""
    (there,) = routes.read([{"DestinationCidrBlock": "0.0.0.0/0", **TARGETS["instance"][0]}])
    assert there == Route(to="0.0.0.0/0", instance="i-00000001")
    assert there == Route(to="0.0.0.0/0", network_interface="eni-00000001")
    assert there != Route(to="0.0.0.0/0", network_interface="eni-00000002")
    assert there != Route(to="::/0", network_interface="eni-00000001")
    assert there != "0.0.0.0/0"


BLOCKS = st.one_of(
    st.ip_addresses(v=4, network="172.16.0.0/12").map(lambda address: f"{address}/32"),
    st.ip_addresses(v=6, network="2001:db8::/32").map(lambda address: f"{address}/128"),
    st.sampled_from(["0.0.0.0/0", "::/0", "pl-00000001"]),
)


@given(st.lists(BLOCKS, unique=True, max_size=6), st.randoms())
def test_the_order_of_routes_is_no_difference(blocks: list[str], random: Any) -> None:
    some = [{"to": block, "transitGateway": "tgw-0000000a"} for block in blocks]
    mixed = random.sample(some, len(some))
    one, other = (RouteTableSpec.model_validate({"vpc": "v", "routes": each}) for each in (some, mixed))
    assert one == other
    assert RouteTableSpec.model_validate(one.model_dump(by_alias=True)) == one
    assert {hash(route) for route in one.routes} == {hash(route) for route in other.routes}


def test_a_destination_has_one_spelling() -> None:
    with pytest.raises(ValidationError, match="two routes to 2001:db8::/32"):
        RouteTableSpec.model_validate(
            {
                "vpc": "v",
                "routes": [{"to": to, "transitGateway": "tgw-0000000a"} for to in ("2001:DB8::/32", "2001:db8:0::/32")],
            }
        )


def test_the_table_that_aws_made_is_innate_as_long_as_it_is_the_main_one() -> None:
    main = [{"Main": True, "RouteTableAssociationId": "rtbassoc-9"}]
    assert live(Associations=main, Tags=[]).innate
    assert RouteTable().claim(live(Associations=main).spec) == "vpc-00000001/main"
    assert not live(Associations=main).innate
    assert not live(Tags=[]).innate
    assert RouteTable().claim(live().spec) == ""


def test_what_keeps_a_table_is_said_with_its_associations() -> None:
    account = Stubbed("ec2")
    account.expect("DescribeRouteTables", {"RouteTables": [REPLY]}, RouteTableIds=["rtb-00000001"])
    assert RouteTable().holders(account.aws, live()) == "rtbassoc-3 with igw-00000001, rtbassoc-1 with subnet-00000001"


def test_a_vpc_so_new_that_it_shows_no_main_table_is_waited_for() -> None:
    account = Stubbed("ec2")
    account.expect("DescribeRouteTables", {"RouteTables": []}, Filters=[{"Name": "vpc-id", "Values": ["vpc-00000001"]}])
    with pytest.raises(AwsBusy, match="vpc-00000001 does not show its main route table yet"):
        RouteTable().create(account.aws, RouteTableSpec(vpc="vpc-00000001", main=True), {})


# -- what a change means


def spec(**fields: Any) -> RouteTableSpec:
    return RouteTableSpec.model_validate({"vpc": "main", **fields})


NAT_A = {"to": "0.0.0.0/0", "natGateway": "nat-a"}
PRIVATE_A = "subnet private-a"


IN, WAY_OUT = {"subnets": ["private-a"]}, {"routes": [NAT_A]}
THROUGH_B = {"routes": [{**NAT_A, "natGateway": "nat-b"}]}
OVER_6 = {"routes": [{"to": "::/0", "egressOnlyInternetGateway": "out"}]}
EVERY = "every subnet of VPC main without a table of its own"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (IN, IN | WAY_OUT, f"{PRIVATE_A} gets a route to the internet through nat-a"),
        (None, IN | WAY_OUT, f"{PRIVATE_A} gets a route to the internet through nat-a"),
        (IN | WAY_OUT, IN, f"{PRIVATE_A} loses its route to the internet"),
        (IN | WAY_OUT, None, f"{PRIVATE_A} leaves the table, and with it its route to the internet through nat-a"),
        (IN | WAY_OUT, IN | THROUGH_B, f"{PRIVATE_A} reaches the internet through nat-b instead of nat-a"),
        ({"main": True}, {"main": True} | OVER_6, f"{EVERY} gets a route to the internet over IPv6 through out"),
        (IN | WAY_OUT, IN | WAY_OUT | {"tags": {"a": "b"}}, ""),
    ],
)
def test_a_change_is_told_by_what_it_means_to_each_subnet(
    before: Document | None, after: Document | None, told: str
) -> None:
    old, new = (spec(**each) if each is not None else None for each in (before, after))
    assert list(RouteTable().tell(Verb.UPDATE, old, new)) == ([told] if told else [])


# -- with a network that is there


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def commit(stage: Stage, *documents: Document) -> None:
    around = [document("ec2.aws/v1", kind.partition("/")[2], name, given) for kind, name, given in ROUTED]
    stage.files["net.yaml"] = write([*around, *documents])


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("made", [False, True])
def test_a_subnet_that_changes_its_table_is_never_without_one(stage: Stage, made: bool, gone: bool) -> None:
    """Whichever of the tables stays, goes or comes: the subnet is moved in one call."""
    before, after = {"vpc": "one", "subnets": ["a"]}, {"vpc": "one", "subnets": ["a"]}
    second = [doc("RouteTable", "b", vpc="one")] if made else []
    commit(stage, doc("RouteTable", "a", **before), *second)
    stage.converge()
    first = [] if gone else [doc("RouteTable", "a", vpc="one")]
    commit(stage, *first, doc("RouteTable", "b", **after))
    stage.calls.clear()
    stage.apply()
    assert "ReplaceRouteTableAssociation" in stage.changes
    assert "AssociateRouteTable" not in stage.changes
    assert stage.converge().converged
    assert stage.plan().actions == ()


def test_a_new_target_takes_the_old_ones_place_without_a_gap(stage: Stage) -> None:
    commit(stage, doc("RouteTable", "t", vpc="one", routes=[{"to": "0.0.0.0/0", "internetGateway": "one"}]))
    stage.converge()
    commit(stage, doc("RouteTable", "t", vpc="one", routes=[{"to": "0.0.0.0/0", "natGateway": "nat"}]))
    stage.calls.clear()
    stage.apply()
    assert stage.changes == ["ReplaceRoute"]


def main_table(stage: Stage) -> dict[str, Any]:
    """The main table of VPC `one`, as AWS has it."""
    vpc = stage.plan().owned[Address("test", "ec2/Vpc", "one")].id
    return route_table._main_of(stage.aws(), vpc)


def test_the_main_table_that_aws_made_is_managed_without_being_owned_or_deleted(stage: Stage) -> None:
    routed = [{"to": "0.0.0.0/0", "internetGateway": "one"}]
    commit(stage, doc("RouteTable", "main", vpc="one", main=True, routes=routed, tags={"Name": "main"}))
    stage.converge()
    table = main_table(stage)
    assert table["Tags"] == [{"Key": "Name", "Value": "main"}]
    assert "0.0.0.0/0" in {route.get("DestinationCidrBlock") for route in table["Routes"]}
    commit(stage)
    stage.converge()
    assert main_table(stage)["RouteTableId"] == table["RouteTableId"]


def test_a_table_of_ones_own_becomes_the_main_one_and_gives_it_back_before_it_goes(stage: Stage) -> None:
    commit(stage, doc("RouteTable", "own", vpc="one"))
    stage.converge()
    awss = main_table(stage)["RouteTableId"]
    commit(stage, doc("RouteTable", "own", vpc="one", main=True))
    stage.converge()
    assert main_table(stage)["RouteTableId"] != awss
    commit(stage)
    stage.converge()
    assert main_table(stage)["RouteTableId"] == awss


def test_main_is_given_to_a_new_table_where_there_is_no_other_to_take_it(stage: Stage) -> None:
    """Somebody has deleted AWS's own table while ours was the main one."""
    commit(stage, doc("RouteTable", "own", vpc="one"))
    stage.converge()
    awss = main_table(stage)["RouteTableId"]
    commit(stage, doc("RouteTable", "own", vpc="one", main=True))
    stage.converge()
    stage.aws().call("ec2", "DeleteRouteTable", RouteTableId=awss)
    commit(stage)
    stage.converge()
    assert main_table(stage).get("Tags", []) == []
