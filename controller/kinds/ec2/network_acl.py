"""Network ACLs: what may pass into and out of whole subnets, by numbered rules of which the first that fits decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.errors import AlreadyExists, NotFound
from controller.kinds.ec2.api import Ec2Kind, arn_of, describe, tags_of
from controller.kinds.ec2.subnet import SubnetSpec
from controller.kinds.ec2.types import SubnetRef, VpcRef
from controller.model.acl import LAST, AclRule, AclRules
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem, Severity
from controller.model.rules import bounds, number, traffic
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

QUOTA = 20
"""Rules that AWS takes in one direction, unless the quota was raised."""
DOES = {"allow": "allows", "deny": "denies"}
SIDES = {"ingress": False, "egress": True}


class NetworkAclSpec(TaggedSpec):
    """A network ACL."""

    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId).")
    default: bool = Field(
        default=False,
        description="Whether it is the ACL that AWS made with the VPC: its rules are managed, but it is neither owned nor ever "
        "deleted.",
    )
    ingress: AclRules = Field(
        default=(),
        description="Traffic into the subnets (NetworkAclEntry). Any other rule is taken out; none: nothing passes.",
    )
    egress: AclRules = Field(
        default=(),
        description="Traffic out of the subnets (NetworkAclEntry). Any other rule is taken out; none: nothing passes.",
    )
    subnets: frozenset[SubnetRef] = Field(
        default=frozenset(),
        description="The subnets under it, by manifest name or id (SubnetNetworkAclAssociation). Any other goes back to the VPC's "
        "default ACL.",
    )

    @model_validator(mode="after")
    def _rest(self) -> NetworkAclSpec:
        if self.default and self.subnets:
            raise ValueError("the default ACL has just those subnets that no other ACL names; leave subnets out")
        return self


class NetworkAcl(Ec2Kind[NetworkAclSpec]):
    """Network ACL.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html
    Observation: ceil(n / 1000) calls, rules and subnets included.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAcl.html"
    resource_type = "network-acl"
    reach = "parent"
    replace_on = frozenset({"vpc", "default"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The ACL's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeNetworkAcls",)
    writes = (
        "ec2:CreateNetworkAcl",
        "ec2:DeleteNetworkAcl",
        "ec2:CreateNetworkAclEntry",
        "ec2:ReplaceNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
        "ec2:ReplaceNetworkAclAssociation",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: NetworkAclSpec) -> str:
        return f"{spec.vpc}/default" if spec.default else ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, NetworkAclSpec):
            for side in SIDES:
                count = len(getattr(spec, side))
                if count > QUOTA:
                    found = (
                        f"has {count} rules; AWS takes {QUOTA} in one direction unless the account's quota was raised"
                    )
                    yield manifest.problem(side, found, severity=Severity.WARNING)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        holders: dict[str, list[Manifest]] = {}
        for manifest in mine:
            if isinstance(manifest.spec, NetworkAclSpec):
                yield from _strangers(manifest, manifest.spec, view)
                for subnet in sorted(manifest.spec.subnets):
                    found = view.find("ec2/Subnet", subnet)
                    holders.setdefault(str(found.address) if found else subnet, []).append(manifest)
        for subnet, acls in holders.items():
            for manifest in acls if len(acls) > 1 else ():
                others = ", ".join(
                    f"{acl.address.name} ({acl.position('subnets')})" for acl in acls if acl is not manifest
                )
                found_ = f"subnet {subnet.rpartition('/')[2]} is under {others} as well; a subnet has one network ACL"
                yield manifest, manifest.problem("subnets", found_)

    def tell(self, verb: Verb, before: NetworkAclSpec | None, after: NetworkAclSpec | None) -> Iterator[str]:
        for side, way in (("ingress", "from"), ("egress", "to")):
            yield from _told(_numbered(before, side), _numbered(after, side), f"{side} rule", way)
        old, new = (spec.subnets if spec else frozenset() for spec in (before, after))
        yield from (f"subnet {subnet} comes under it" for subnet in sorted(new - old))
        yield from (f"subnet {subnet} goes back to the VPC's default ACL" for subnet in sorted(old - new))

    def observe(self, aws: Aws, wanted: Wanted[NetworkAclSpec]) -> Iterator[Observed[NetworkAclSpec]]:
        for acl in describe(aws, "NetworkAcls", "NetworkAcls", owner_id=aws.account):
            yield translate(aws, acl)

    def create(self, aws: Aws, spec: NetworkAclSpec, tags: Mapping[str, str]) -> Made:
        if spec.default:
            live = translate(aws, _default_of(aws, spec.vpc))
        else:
            reply = aws.call("ec2", "CreateNetworkAcl", VpcId=spec.vpc, TagSpecifications=self.tagged(tags))
            live = translate(aws, reply["NetworkAcl"])
        self.update(aws, live, spec, frozenset({*SIDES, "subnets"}))
        return Made(live.id, live.outputs, innate=spec.default)

    def update(self, aws: Aws, live: Observed[NetworkAclSpec], spec: NetworkAclSpec, changed: frozenset[str]) -> None:
        for side in changed & SIDES.keys():
            _put(aws, live.id, SIDES[side], getattr(live.spec, side), getattr(spec, side))
        if "subnets" in changed:  # after the rules that they will be under
            _move(aws, spec.subnets - live.spec.subnets, live.id)
            _send_home(aws, live, live.spec.subnets - spec.subnets)

    def delete(self, aws: Aws, live: Observed[NetworkAclSpec]) -> None:
        _send_home(aws, live, _under(aws, live.id))
        aws.call("ec2", "DeleteNetworkAcl", NetworkAclId=live.id)

    def holders(self, aws: Aws, live: Observed[NetworkAclSpec]) -> str:
        return ", ".join(_under(aws, live.id))


def _numbered(spec: NetworkAclSpec | None, side: str) -> dict[int, AclRule]:
    return {rule.rule_number: rule for rule in (getattr(spec, side) if spec else ())}


def _told(old: Mapping[int, AclRule], new: Mapping[int, AclRule], what: str, way: str) -> Iterator[str]:
    for key in sorted({*old, *new}):
        was, is_ = old.get(key), new.get(key)
        if was == is_:
            continue
        if is_:
            yield f"{what} {key} {DOES[is_.action]} {is_.told} {way} {is_.cidr}"
        if was:
            yield f"{what} {key} no longer {DOES[was.action]} {was.told} {way} {was.cidr}"


def _strangers(manifest: Manifest, spec: NetworkAclSpec, view: View) -> Iterator[tuple[Manifest, Problem]]:
    """Subnets of another VPC, which AWS would not put under it."""
    vpc = view.find("ec2/Vpc", spec.vpc)
    for name in sorted(spec.subnets):
        subnet = view.find("ec2/Subnet", name)
        if vpc is None or subnet is None or not isinstance(subnet.spec, SubnetSpec):
            continue
        its = view.find("ec2/Vpc", subnet.spec.vpc)
        if its is not None and its.address != vpc.address:
            found = f"subnet {name} is in VPC {subnet.spec.vpc} ({subnet.position('vpc')}), and the ACL in {spec.vpc}"
            yield manifest, manifest.problem("subnets", found)


def _put(aws: Aws, acl: str, egress: bool, before: tuple[AclRule, ...], after: tuple[AclRule, ...]) -> None:
    """Bring one direction's rules from `before` to `after`, what is new first. Where somebody is at it at the same time, the
    next pass sees what is there, and asks for the rest."""
    old, new = ({rule.rule_number: rule for rule in rules} for rules in (before, after))
    for key in sorted(new.keys() - old.keys()):
        with suppress(AlreadyExists):
            aws.call("ec2", "CreateNetworkAclEntry", NetworkAclId=acl, Egress=egress, **entry(new[key]))
    for key in sorted(key for key in new.keys() & old.keys() if new[key] != old[key]):
        with suppress(NotFound):
            aws.call("ec2", "ReplaceNetworkAclEntry", NetworkAclId=acl, Egress=egress, **entry(new[key]))
    for key in sorted(old.keys() - new.keys()):
        with suppress(NotFound):
            aws.call("ec2", "DeleteNetworkAclEntry", NetworkAclId=acl, Egress=egress, RuleNumber=key)


def _move(aws: Aws, subnets: Iterable[str], target: str, *, source: str = "") -> None:
    """Put subnets under an ACL, out of whatever ACL they are under; with `source`, only those that are still under that."""
    wanted = sorted(subnets)
    if not wanted:
        return
    filters = [{"Name": "association.subnet-id", "Values": wanted}]
    for acl in aws.call("ec2", "DescribeNetworkAcls", Filters=filters)["NetworkAcls"]:
        for found in acl["Associations"]:
            if found["SubnetId"] in wanted and acl["NetworkAclId"] != target and source in ("", acl["NetworkAclId"]):
                with suppress(NotFound):  # somebody else has moved it, too: the next pass sees where it is
                    association = found["NetworkAclAssociationId"]
                    aws.call("ec2", "ReplaceNetworkAclAssociation", AssociationId=association, NetworkAclId=target)


def _send_home(aws: Aws, live: Observed[NetworkAclSpec], subnets: Iterable[str]) -> None:
    """Put what is still under an ACL back under its VPC's default ACL."""
    leaving = sorted(subnets)
    if leaving:
        _move(aws, leaving, _default_of(aws, live.spec.vpc)["NetworkAclId"], source=live.id)


def _under(aws: Aws, acl: str) -> list[str]:
    """The subnets that are under an ACL now."""
    filters = [{"Name": "association.network-acl-id", "Values": [acl]}]
    found = aws.call("ec2", "DescribeNetworkAcls", Filters=filters)["NetworkAcls"]
    return sorted(one["SubnetId"] for each in found for one in each["Associations"])


def _default_of(aws: Aws, vpc: str) -> Mapping[str, Any]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    (found,) = aws.call("ec2", "DescribeNetworkAcls", Filters=filters)["NetworkAcls"]
    acl: Mapping[str, Any] = found
    return acl


def entry(rule: AclRule) -> dict[str, Any]:
    """A rule in the form that EC2's calls take."""
    facts: dict[str, Any] = {
        "RuleNumber": rule.rule_number,
        "Protocol": number(rule.protocol),
        "RuleAction": rule.action,
        ("Ipv6CidrBlock" if ":" in rule.cidr else "CidrBlock"): rule.cidr,
    }
    found = bounds(rule.protocol, rule.port, rule.icmp)
    if found:
        key, ends = ("PortRange", ("From", "To")) if rule.port else ("IcmpTypeCode", ("Type", "Code"))
        facts[key] = dict(zip(ends, found, strict=True))
    return facts


def translate(aws: Aws, acl: Mapping[str, Any]) -> Observed[NetworkAclSpec]:
    """The ACL of a DescribeNetworkAcls reply."""
    id_, default = acl["NetworkAclId"], acl["IsDefault"]
    spec = NetworkAclSpec(
        vpc=acl["VpcId"],
        default=default,
        ingress=_rules(acl, egress=False),
        egress=_rules(acl, egress=True),
        # Under the default ACL is what is under no other.
        subnets=frozenset(found["SubnetId"] for found in acl.get("Associations", ()) if not default),
    )
    outputs = {"id": id_, "arn": arn_of(aws, "network-acl", id_)}
    return Observed(id_, spec, tags_of(acl), outputs, innate=default)


def _rules(acl: Mapping[str, Any], *, egress: bool) -> tuple[AclRule, ...]:
    mine = (each for each in acl.get("Entries", ()) if each["Egress"] is egress and each["RuleNumber"] <= LAST)
    return tuple(_rule(each) for each in mine)


def _rule(found: Mapping[str, Any]) -> AclRule:
    ends = found.get("PortRange") or found.get("IcmpTypeCode") or {}
    low, high = (ends.get(one, ends.get(other, -1)) for one, other in (("From", "Type"), ("To", "Code")))
    return AclRule(
        rule_number=found["RuleNumber"],
        cidr=found.get("CidrBlock") or found["Ipv6CidrBlock"],
        action=found["RuleAction"],
        **traffic(found["Protocol"], low, high),
    )
