"""Security groups: who may reach what is in them, and what it may reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.errors import AlreadyExists, AwsBusy, NotFound
from controller.kinds.ec2.api import Ec2Kind, describe, network_interfaces, tags_of
from controller.kinds.ec2.types import VpcRef
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem, Severity
from controller.model.reference import is_known
from controller.model.rules import (
    EVERYWHERE,
    ITSELF,
    Atom,
    EgressRule,
    EgressRules,
    IngressRule,
    IngressRules,
    Rule,
    atoms,
    bounds,
    traffic,
)
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

DEFAULT = "default"
"""The name of the group that AWS makes with every VPC."""
OPEN = (EgressRule(protocol="all", to=EVERYWHERE),)
QUOTA = 60
"""Rules that AWS takes in one direction, unless the quota was raised."""
Side = Literal["Ingress", "Egress"]


def _no_id(name: str) -> str:
    if name.startswith("sg-"):
        raise ValueError(f"{name!r} begins with sg-, which AWS keeps for its ids")
    return name


GroupName = Annotated[str, Field(pattern=r"^[\w .:/()#,@\[\]+=&;{}!$*-]+$", max_length=255), AfterValidator(_no_id)]


class SecurityGroupSpec(TaggedSpec):
    """A security group."""

    group_name: GroupName = Field(
        description="The name, unique in its VPC; unset: metadata.name. `default` is the group that AWS made with the VPC: "
        "its rules are managed, but it is neither owned nor ever deleted."
    )
    description: str | None = Field(
        default=None,
        max_length=255,
        description="What it is for (GroupDescription), which AWS cannot change; unset: the name, and not managed.",
    )
    vpc: VpcRef = Field(description="The VPC, by manifest name or id (VpcId).")
    ingress: IngressRules = Field(
        default=(), description="Traffic that is let in (SecurityGroupIngress). Any other rule is revoked."
    )
    egress: EgressRules = Field(
        default=OPEN,
        description="Traffic that is let out (SecurityGroupEgress); unset: all of it, as AWS's default has it. Any other rule "
        "is revoked; `[]` lets nothing out.",
    )


class SecurityGroup(Ec2Kind[SecurityGroupSpec]):
    """Security group.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    Observation: ceil(n / 1000) calls, rules included.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"
    resource_type = "security-group"
    name_field = "groupName"
    reach = "parent"
    replace_on = frozenset({"groupName", "description", "vpc"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The group's id.", "arn": "Its ARN.", "name": "Its name."}
    reads = ("ec2:DescribeSecurityGroups",)
    writes = (
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def claim(self, spec: SecurityGroupSpec) -> str:
        return f"{spec.vpc}/{spec.group_name}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, SecurityGroupSpec):
            for field, rules in (("ingress", spec.ingress), ("egress", spec.egress)):
                count = len(atoms(rules))
                if count > QUOTA:
                    found = (
                        f"has {count} rules; AWS takes {QUOTA} in one direction unless the account's quota was raised"
                    )
                    yield manifest.problem(field, found, severity=Severity.WARNING)

    def tell(self, verb: Verb, before: SecurityGroupSpec | None, after: SecurityGroupSpec | None) -> Iterator[str]:
        yield from _told(before.ingress if before else (), after.ingress if after else (), "opens", "closes")
        if before and after:
            yield from _told(before.egress, after.egress, "lets out", "no longer lets out")
        elif after and after.egress != OPEN:
            yield from _told((), after.egress, "lets out only", "") if after.egress else ("lets nothing out",)

    def observe(self, aws: Aws, wanted: Wanted[SecurityGroupSpec]) -> Iterator[Observed[SecurityGroupSpec]]:
        for group in describe(aws, "SecurityGroups", "SecurityGroups", owner_id=aws.account):
            yield translate(aws, group)

    def create(self, aws: Aws, spec: SecurityGroupSpec, tags: Mapping[str, str]) -> Made:
        if spec.group_name == DEFAULT:
            live = _default_of(aws, spec.vpc)
            self.update(aws, live, spec, frozenset({"ingress", "egress"}))
            return Made(live.id, live.outputs, innate=True)
        id_ = aws.call(
            "ec2",
            "CreateSecurityGroup",
            GroupName=spec.group_name,
            Description=spec.description or spec.group_name,
            VpcId=spec.vpc,
            TagSpecifications=self.tagged(tags),
        )["GroupId"]
        _put(aws, id_, "Ingress", (), spec.ingress)
        # AWS begins with all IPv4 let out, and IPv6 too where the VPC has it.
        _put(aws, id_, "Egress", (EgressRule(protocol="all", to=EVERYWHERE[:1]),), spec.egress)
        return Made(id_, _outputs(aws, id_, spec.group_name))

    def update(
        self, aws: Aws, live: Observed[SecurityGroupSpec], spec: SecurityGroupSpec, changed: frozenset[str]
    ) -> None:
        if "ingress" in changed:
            _put(aws, live.id, "Ingress", live.spec.ingress, spec.ingress)
        if "egress" in changed:
            _put(aws, live.id, "Egress", live.spec.egress, spec.egress)

    def delete(self, aws: Aws, live: Observed[SecurityGroupSpec]) -> None:
        try:
            aws.call("ec2", "DeleteSecurityGroup", GroupId=live.id)
        except AwsBusy:
            # Two groups that name each other: one must let go. Not while the group guards anything, though.
            if network_interfaces(aws, group_id=live.id):
                raise
            _put(aws, live.id, "Ingress", live.spec.ingress, ())
            _put(aws, live.id, "Egress", live.spec.egress, ())
            aws.call("ec2", "DeleteSecurityGroup", GroupId=live.id)

    def holders(self, aws: Aws, live: Observed[SecurityGroupSpec]) -> str:
        found = network_interfaces(aws, group_id=live.id)
        if found:
            return found
        named = [{"Name": "ip-permission.group-id", "Values": [live.id]}]
        groups = aws.call("ec2", "DescribeSecurityGroups", Filters=named)["SecurityGroups"]
        return ", ".join(f"a rule of {group['GroupId']}" for group in groups if group["GroupId"] != live.id)


def _told(before: tuple[Rule, ...], after: tuple[Rule, ...], opens: str, closes: str) -> Iterator[str]:
    old, new = atoms(before).keys(), atoms(after).keys()
    yield from (f"{opens} {atom} to {_whom(atom)}" for atom in sorted(new - old))
    yield from (f"{closes} {atom} to {_whom(atom)}" for atom in sorted(old - new))


def _whom(atom: Atom) -> str:
    return "itself" if atom.peer == ITSELF else atom.peer


def _default_of(aws: Aws, vpc: str) -> Observed[SecurityGroupSpec]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [DEFAULT]}]
    (group,) = aws.call("ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    return translate(aws, group)


def _put(aws: Aws, group: str, side: Side, before: tuple[Rule, ...], after: tuple[Rule, ...]) -> None:
    """Bring one direction's rules from `before` to `after`: what is new comes before what is old goes, so that no traffic
    is cut in between. A peer that is not known yet comes with a later pass."""
    old, new = atoms(before), {atom: text for atom, text in atoms(after).items() if is_known(atom.peer)}
    added = {atom: text for atom, text in new.items() if atom not in old}
    described = {atom: text for atom, text in new.items() if atom in old and old[atom] != text}
    removed = {atom: text for atom, text in old.items() if atom not in new}
    if added:
        with suppress(AlreadyExists):  # the next pass sees what is there, and asks for the rest
            aws.call("ec2", f"AuthorizeSecurityGroup{side}", GroupId=group, IpPermissions=permissions(added, group))
    if described:
        operation = f"UpdateSecurityGroupRuleDescriptions{side}"
        aws.call("ec2", operation, GroupId=group, IpPermissions=permissions(described, group))
    if removed:
        with suppress(NotFound):
            aws.call("ec2", f"RevokeSecurityGroup{side}", GroupId=group, IpPermissions=permissions(removed, group))


def permissions(rules: Mapping[Atom, str], group: str) -> list[dict[str, Any]]:
    """Rules in the form that EC2's calls take: one IpPermission for each protocol and ports."""
    grouped: dict[tuple[str, str, str], dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for atom, description in sorted(rules.items()):
        key, peer = _peer(atom.peer, group)
        told = {"Description": description} if description else {}
        grouped[atom.protocol, atom.port, atom.icmp][key].append({**peer, **told})
    return [{**_ports(*key), **peers} for key, peers in grouped.items()]


def _ports(protocol: str, port: str, icmp: str) -> dict[str, Any]:
    found = bounds(protocol, port, icmp)
    ends = {"FromPort": found[0], "ToPort": found[1]} if found else {}
    return {"IpProtocol": "-1" if protocol == "all" else protocol, **ends}


def _peer(peer: str, group: str) -> tuple[str, dict[str, str]]:
    if peer == ITSELF:
        return "UserIdGroupPairs", {"GroupId": group}
    if peer.startswith("pl-"):
        return "PrefixListIds", {"PrefixListId": peer}
    account, _, id_ = peer.rpartition("/")
    if id_.startswith("sg-"):
        return "UserIdGroupPairs", {"GroupId": id_, **({"UserId": account} if account else {})}
    return ("Ipv6Ranges", {"CidrIpv6": peer}) if ":" in peer else ("IpRanges", {"CidrIp": peer})


def translate(aws: Aws, group: Mapping[str, Any]) -> Observed[SecurityGroupSpec]:
    """The group of a DescribeSecurityGroups reply."""
    id_, name = group["GroupId"], group["GroupName"]
    spec = SecurityGroupSpec(
        group_name=name,
        description=group["Description"],
        vpc=group.get("VpcId", ""),
        ingress=tuple(IngressRule(**facts, from_=peers) for facts, peers in _rules(group, "IpPermissions")),
        egress=tuple(EgressRule(**facts, to=peers) for facts, peers in _rules(group, "IpPermissionsEgress")),
    )
    return Observed(id_, spec, tags_of(group), _outputs(aws, id_, name), innate=name == DEFAULT)


def _rules(group: Mapping[str, Any], key: str) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    for permission in group.get(key, ()):
        ports = traffic(permission["IpProtocol"], permission.get("FromPort", -1), permission.get("ToPort", -1))
        for peer, description in _peers(permission, group):
            yield {**ports, "description": description}, (peer,)


def _peers(permission: Mapping[str, Any], group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"), ("PrefixListIds", "PrefixListId")):
        for peer in permission.get(key, ()):
            yield peer[name], peer.get("Description", "")
    for pair in permission.get("UserIdGroupPairs", ()):
        foreign = pair.get("UserId", group["OwnerId"]) != group["OwnerId"]
        name = ITSELF if pair["GroupId"] == group["GroupId"] else pair["GroupId"]
        yield (f"{pair['UserId']}/{name}" if foreign else name), pair.get("Description", "")


def _outputs(aws: Aws, id_: str, name: str) -> dict[str, str]:
    arn = f"arn:{aws.partition}:ec2:{aws.region}:{aws.account}:security-group/{id_}"
    return {"id": id_, "arn": arn, "name": name}
