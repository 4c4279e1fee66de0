"""Prefix lists: AWS's replies as it documents them, and a change in as many calls as AWS takes it in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.errors import AwsBusy
from controller.kinds.ec2.prefix_list import Entry, PrefixList, PrefixListSpec, translate
from controller.manifest.yaml_writer import write
from controller.model.observed import Observed, Wanted
from controller.model.plan import Verb
from tests.kinds.stubbed import Stubbed
from tests.stage import Stage, document

REPLY = {
    "PrefixListId": "pl-1",
    "PrefixListArn": "arn:aws:ec2:eu-central-1:123456789012:prefix-list/pl-1",
    "PrefixListName": "offices",
    "AddressFamily": "IPv4",
    "State": "modify-complete",
    "MaxEntries": 5,
    "Version": 7,
    "OwnerId": "123456789012",
    "Tags": [],
}


def block(number: int, description: str = "") -> Entry:
    return Entry(cidr=f"10.{number // 256}.{number % 256}.0/24", description=description)


def spec(*entries: Entry, **facts: Any) -> PrefixListSpec:
    return PrefixListSpec(**{"prefix_list_name": "offices", "max_entries": 5, "entries": entries, **facts})


def live(*entries: Entry, **facts: Any) -> Observed[PrefixListSpec]:
    return translate({**REPLY, **facts}, tuple(entries))


def reply(version: int) -> dict[str, Any]:
    return {"PrefixList": {**REPLY, "Version": version}}


def test_entries_are_a_set() -> None:
    one, other = block(1, "a"), block(2)
    assert spec(one, other) == spec(other, one, other)
    assert spec(Entry(cidr="2001:DB8:0::/32"), address_family="IPv6").entries[0].cidr == "2001:db8::/32"
    with pytest.raises(ValueError, match=r"10\.0\.1\.0/24 is given twice, with different descriptions"):
        spec(one, block(1, "b"))


def test_a_list_that_aws_would_refuse_is_refused_before_any_call() -> None:
    with pytest.raises(ValueError, match=r"has 2 entries, and room for 1 \(maxEntries\)"):
        spec(block(1), block(2), max_entries=1)
    with pytest.raises(ValueError, match=r"10\.0\.1\.0/24 is not IPv6, as the list's addressFamily says"):
        spec(block(1), address_family="IPv6")
    with pytest.raises(ValueError, match=r"begins with com\.amazonaws, which AWS keeps for its own lists"):
        spec(prefix_list_name="com.amazonaws.mine")


@pytest.mark.parametrize(
    ("facts", "pending", "failed"),
    [
        ({"State": "create-complete"}, "", ""),
        ({"State": "restore-complete"}, "", ""),
        ({"State": "modify-in-progress"}, "AWS is still at it (modify-in-progress)", ""),
        ({"State": "modify-failed", "StateMessage": "sg-1 has no room"}, "modify failed: sg-1 has no room", ""),
        ({"State": "create-failed", "StateMessage": "no more lists"}, "", "no more lists"),
        ({"State": "create-failed"}, "", "AWS does not say why"),
    ],
)
def test_what_aws_is_at_and_what_it_failed_at_is_said(facts: dict[str, str], pending: str, failed: str) -> None:
    """What could not be made is made anew; what could not be changed still holds what it held."""
    assert (live(**facts).pending, live(**facts).failed) == (pending, failed)


def test_entries_are_read_only_of_lists_that_matter() -> None:
    """What was not asked for is unknown, and AWS's answer while a list is being made or filled by IPAM is not ours to judge."""
    account = Stubbed("ec2")
    lists = [
        {**REPLY, "PrefixListId": "pl-other"},
        {**REPLY, "PrefixListId": "pl-ours"},
        {**REPLY, "PrefixListId": "pl-tagged", "Tags": [{"Key": "trueup:owner", "Value": "trueup"}]},
        {**REPLY, "PrefixListId": "pl-new", "State": "create-in-progress"},
        {**REPLY, "PrefixListId": "pl-ipam", "IpamPrefixListResolverSyncEnabled": True},
        {**REPLY, "PrefixListId": "pl-gone", "State": "delete-in-progress"},
    ]
    owned = [{"Name": "owner-id", "Values": [account.id]}]
    account.expect("DescribeManagedPrefixLists", {"PrefixLists": lists}, Filters=owned, MaxResults=100)
    for id_ in ("pl-ours", "pl-tagged"):
        found = {"Entries": [{"Cidr": "10.0.1.0/24", "Description": "a"}, {"Cidr": "10.0.0.0/24"}]}
        account.expect("GetManagedPrefixListEntries", found, PrefixListId=id_, MaxResults=100)
    seen = {
        item.id: item.spec
        for item in PrefixList().observe(account.aws, Wanted(ids=frozenset({"pl-ours", "pl-ipam", "pl-new"})))
    }
    account.done()
    assert seen.keys() == {"pl-other", "pl-ours", "pl-tagged", "pl-new", "pl-ipam"}
    assert seen["pl-ours"].entries == (block(0), block(1, "a"))
    assert seen["pl-tagged"].entries == seen["pl-ours"].entries
    assert {name for name, found in seen.items() if found.entries is None} == {"pl-other", "pl-new", "pl-ipam"}


def test_a_change_says_which_version_it_is_of_and_comes_in_the_calls_that_aws_takes() -> None:
    """Room first, then blocks that must go before they can come again, then all others at once; AWS takes 100 in a call."""
    account = Stubbed("ec2")
    before = live(block(1, "old"), block(2))
    after = spec(block(1, "new"), *(block(number) for number in range(10, 111)), max_entries=200)
    changed = {"PrefixListId": "pl-1"}
    account.expect("ModifyManagedPrefixList", reply(7), **changed, MaxEntries=200)
    account.expect(
        "ModifyManagedPrefixList", reply(8), **changed, CurrentVersion=7, RemoveEntries=[{"Cidr": "10.0.1.0/24"}]
    )
    account.expect(
        "ModifyManagedPrefixList",
        reply(9),
        **changed,
        CurrentVersion=8,
        AddEntries=[{"Cidr": block(number).cidr} for number in sorted(range(10, 111), key=lambda n: block(n).cidr)][
            :100
        ],
        RemoveEntries=[{"Cidr": "10.0.2.0/24"}],
    )
    last = max(block(number).cidr for number in range(10, 111))
    account.expect(
        "ModifyManagedPrefixList",
        reply(10),
        **changed,
        CurrentVersion=9,
        AddEntries=[{"Cidr": last}, {"Cidr": "10.0.1.0/24", "Description": "new"}],
    )
    PrefixList().update(account.aws, before, after, frozenset({"maxEntries", "entries"}))
    account.done()


def test_while_aws_is_at_a_change_the_next_one_waits() -> None:
    account = Stubbed("ec2")
    account.expect("ModifyManagedPrefixList", reply(7), PrefixListId="pl-1", PrefixListName="renamed")
    account.refuse("ModifyManagedPrefixList", "IncorrectState")
    wanted = spec(block(1), prefix_list_name="renamed")
    with pytest.raises(AwsBusy):
        PrefixList().update(account.aws, live(), wanted, frozenset({"prefixListName", "entries"}))
    account.refuse("ModifyManagedPrefixList", "PrefixListVersionMismatch")  # somebody else was faster
    with pytest.raises(AwsBusy):
        PrefixList().update(account.aws, live(), wanted, frozenset({"entries"}))
    account.done()


def test_what_keeps_a_list_is_named() -> None:
    account = Stubbed("ec2")
    found = {"PrefixListAssociations": [{"ResourceId": "sg-1", "ResourceOwner": "123456789012"}]}
    account.expect("GetManagedPrefixListAssociations", found, PrefixListId="pl-1")
    assert PrefixList().holders(account.aws, live()) == "sg-1"


def test_a_plan_says_which_blocks_come_and_go() -> None:
    before, after = spec(block(1, "a"), block(2)), spec(block(1, "b"), block(3, "c"))
    assert list(PrefixList().tell(Verb.UPDATE, before, after)) == [
        "adds 10.0.3.0/24 (c)",
        "takes out 10.0.2.0/24",
        "takes 10.0.1.0/24 out for a moment, since AWS cannot change its description in place",
    ]


def test_a_description_converges(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for description in ("Berlin", "Potsdam"):
        entries = [{"cidr": "192.0.2.0/24", "description": description}, {"cidr": "10.0.0.0/8"}]
        facts = {"prefixListName": "offices", "maxEntries": 2, "entries": entries}
        stage.files["own.yaml"] = write([document("ec2.aws/v1", "PrefixList", "offices", facts)])
        stage.converge()
        (item,) = stage.plan().owned.values()
        assert [(entry.cidr, entry.description) for entry in item.spec.entries] == [
            ("10.0.0.0/8", ""),
            ("192.0.2.0/24", description),
        ]


def test_a_list_used_by_a_group_goes_after_the_rule(aws_endpoint: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    offices = document("ec2.aws/v1", "PrefixList", "offices", {"prefixListName": "offices", "maxEntries": 2})
    rule = {"protocol": "tcp", "port": 22, "from": ["offices"]}
    group = document("ec2.aws/v1", "SecurityGroup", "app", {"vpc": "main", "ingress": [rule]})
    vpc = document("ec2.aws/v1", "Vpc", "main", {"cidrBlock": "10.0.0.0/16"})
    stage.files["own.yaml"] = write([offices, group, vpc])
    stage.converge()
    stage.calls.clear()
    stage.files["own.yaml"] = write([{**group, "spec": {"vpc": "main"}}, vpc])
    stage.converge()
    assert stage.changes == ["RevokeSecurityGroupIngress", "DeleteManagedPrefixList"]
