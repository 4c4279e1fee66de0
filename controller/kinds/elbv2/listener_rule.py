"""Listener rules: which requests go elsewhere than by a listener's default, the lowest priority first."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.errors import NotFound
from controller.kinds.elbv2.actions import Actions, from_aws, targets, to_aws, told
from controller.kinds.elbv2.api import PAGE, Elbv2Kind, listeners, tags_of
from controller.kinds.elbv2.listener import ListenerSpec
from controller.kinds.elbv2.target_group import HTTP, MARKS, TargetGroupSpec
from controller.kinds.elbv2.types import ListenerRef, as_set
from controller.kinds.tagging import is_ours, to_list
from controller.model.cidr import Cidr
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

MOST_VALUES = 5
"""Values that all conditions of a rule may have together."""
_RULE = re.compile(r"(arn:[^:]+:elasticloadbalancing:[^:]+:\d+:)listener(?:-rule)?/((?:app|net)/[\w-]+/\w+/\w+)")
_priorities = threading.Lock()
"""Priorities are set by one thread at a time, since who sets one has to know all that are taken."""

Text = Annotated[str, Field(min_length=1, max_length=128)]
Texts = frozenset[Text]
HostPattern = Annotated[Text, AfterValidator(str.lower)]


class HttpHeader(Part):
    """A header of the request."""

    name: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(str.lower)] = Field(
        description="The header's name, in whatever case."
    )
    values: Texts = Field(
        default=frozenset(), description="Values, of which one must match; `*` and `?` stand for anything."
    )
    regex_values: Texts = Field(default=frozenset(), description="In place of values: regular expressions.")


class QueryPair(Part):
    """A parameter of the request."""

    key: str = Field(default="", max_length=128, description="The parameter; empty: any.")
    value: Text = Field(description="The value; `*` and `?` stand for anything.")


class QueryString(Part):
    """Parameters of the request, of which one must match."""

    values: Annotated[tuple[QueryPair, ...], AfterValidator(as_set)] = Field(
        min_length=1, description="Parameters with their values."
    )


class Conditions(Part):
    """All of these must hold."""

    host_header: frozenset[HostPattern] = Field(
        default=frozenset(), description="Hosts, of which one must match; `*` and `?` stand for anything."
    )
    host_header_regex: Texts = Field(default=frozenset(), description="In place of hostHeader: regular expressions.")
    path_pattern: Texts = Field(
        default=frozenset(), description="Paths, of which one must match; `*` and `?` stand for anything."
    )
    path_pattern_regex: Texts = Field(default=frozenset(), description="In place of pathPattern: regular expressions.")
    http_request_method: frozenset[Annotated[str, Field(pattern=r"^[A-Z_-]+$", max_length=40)]] = Field(
        default=frozenset(), description="Methods, of which one must be it: GET, POST."
    )
    source_ip: frozenset[Cidr] = Field(
        default=frozenset(), description="Ranges of addresses, of which one must have the client's."
    )
    http_header: Annotated[tuple[HttpHeader, ...], AfterValidator(as_set)] = Field(
        default=(), description="Headers, all of which must match."
    )
    query_string: Annotated[tuple[QueryString, ...], AfterValidator(as_set)] = Field(
        default=(), description="Parameters, all of which must match."
    )

    @model_validator(mode="after")
    def _some(self) -> Conditions:
        if not values(self):
            raise ValueError(
                "needs a condition; a request that no rule takes is the listener's defaultActions' business"
            )
        for one, other in (("host_header", "host_header_regex"), ("path_pattern", "path_pattern_regex")):
            if getattr(self, one) and getattr(self, other):
                raise ValueError("takes either patterns or regular expressions")
        return self


class ListenerRuleSpec(TaggedSpec):
    """A listener rule."""

    listener: ListenerRef = Field(description="The listener, by manifest name or ARN (ListenerArn).")
    priority: int = Field(ge=1, le=50000, description="The place among the listener's rules, the lowest first.")
    conditions: Conditions = Field(description="Which requests it takes.")
    actions: Actions = Field(description="What is done with them.")


class ListenerRule(Elbv2Kind[ListenerRuleSpec]):
    """Rule of an application load balancer's listener.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
    Observation: the calls of Listener, but for attributes and certificates; 1 for each listener that is trueup's or that a manifest
    names by its ARN + ceil(rules / 20) for tags.
    """

    doc = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"
    reach = "parent"
    claimed_by = ("listener", "priority")
    sole = True  # while its priority is in use, trueup waits
    replace_on = frozenset({"listener"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The rule's ARN."}
    reads = (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
    )
    writes = (
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:SetRulePriorities",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:RemoveTags",
    )

    def claim(self, spec: ListenerRuleSpec) -> str:
        return f"{spec.listener}/{spec.priority}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, ListenerRuleSpec):
            count = values(manifest.spec.conditions)
            if count > MOST_VALUES:
                found = f"has {count} values; AWS takes {MOST_VALUES} in all conditions of a rule together"
                yield manifest.problem("conditions", found, "make two rules of it")

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            if isinstance(manifest.spec, ListenerRuleSpec):
                yield from ((manifest, problem) for problem in _misfits(manifest, manifest.spec, view))

    def tell(self, verb: Verb, before: ListenerRuleSpec | None, after: ListenerRuleSpec | None) -> Iterator[str]:
        if after and (not before or before.actions != after.actions or before.conditions != after.conditions):
            yield f"requests for {_shown(after.conditions)} {told(after.actions)}"
        if before and (not after or before.conditions != after.conditions):
            yield f"requests for {_shown(before.conditions)} no longer {told(before.actions)} by this rule"

    def observe(self, aws: Aws, wanted: Wanted[ListenerRuleSpec]) -> Iterator[Observed[ListenerRuleSpec]]:
        found, tags = listeners(aws, wanted)
        named = {_listener_of(text) for text in (*wanted.claims, *wanted.ids)}
        arns = [item["ListenerArn"] for item in found]
        near = [arn for arn in arns if arn in named or is_ours(tags.get(arn), arn, arn, wanted)]
        pages = {arn: aws.pages("elbv2", "DescribeRules", page_size=PAGE, ListenerArn=arn) for arn in near}
        rules = [(rule, arn) for arn, some in pages.items() for page in some for rule in page["Rules"]]
        own = [
            (rule, arn) for rule, arn in rules if not rule["IsDefault"]
        ]  # the default is the listener's defaultActions
        marks = tags_of(aws, (rule["RuleArn"] for rule, _ in own))
        for rule, arn in own:
            yield translate(rule, arn, marks.get(rule["RuleArn"]))

    def create(self, aws: Aws, spec: ListenerRuleSpec, tags: Mapping[str, str]) -> Made:
        (rule,) = aws.call(
            "elbv2",
            "CreateRule",
            ListenerArn=spec.listener,
            Priority=spec.priority,
            Conditions=conditions(spec.conditions),
            Actions=to_aws(spec.actions),
            Tags=to_list(tags),
        )["Rules"]
        return Made(rule["RuleArn"], {"arn": rule["RuleArn"]})

    def update(
        self, aws: Aws, live: Observed[ListenerRuleSpec], spec: ListenerRuleSpec, changed: frozenset[str]
    ) -> None:
        params: dict[str, Any] = {}
        if "conditions" in changed:
            params["Conditions"] = conditions(spec.conditions)
        if "actions" in changed:
            params["Actions"] = to_aws(spec.actions)
        if params:
            aws.call("elbv2", "ModifyRule", RuleArn=live.id, **params)
        if "priority" in changed:
            with _priorities:
                _move(aws, live, spec)

    def delete(self, aws: Aws, live: Observed[ListenerRuleSpec]) -> None:
        with suppress(NotFound):
            aws.call("elbv2", "DeleteRule", RuleArn=live.id)


def _listener_of(text: str) -> str:
    """The ARN of the listener that a rule belongs to, as its ARN and its claim begin; "" for anything else."""
    found = _RULE.match(text)
    return f"{found[1]}listener/{found[2]}" if found else ""


def _move(aws: Aws, live: Observed[ListenerRuleSpec], spec: ListenerRuleSpec) -> None:
    """Set the priority. Another rule of ours that has it gets this one's in the same call: it is to have another one anyway, or
    to go. One that is not ours is left alone, and AWS says that it is in the way."""
    rules = aws.call("elbv2", "DescribeRules", ListenerArn=spec.listener)["Rules"]
    taken = {rule["RuleArn"]: rule["Priority"] for rule in rules}
    mine, wanted = taken.get(live.id, ""), str(spec.priority)
    if mine == wanted:
        return  # the one that had it has swapped already
    moves = [{"RuleArn": live.id, "Priority": spec.priority}]
    rival = next((arn for arn, priority in taken.items() if priority == wanted), "")
    if rival and mine and _is_fellow(aws, live, rival):
        moves.append({"RuleArn": rival, "Priority": int(mine)})
    aws.call("elbv2", "SetRulePriorities", RulePriorities=moves)


def _is_fellow(aws: Aws, live: Observed[ListenerRuleSpec], rival: str) -> bool:
    """Whether both rules are of one owner and scope."""
    tags = tags_of(aws, [rival]).get(rival, {})
    return all(tags.get(mark) == (live.tags or {}).get(mark, "") for mark in MARKS[:2])


def values(spec: Conditions) -> int:
    """How many values some conditions have together."""
    plain = (
        spec.host_header,
        spec.host_header_regex,
        spec.path_pattern,
        spec.path_pattern_regex,
        spec.http_request_method,
        spec.source_ip,
    )
    headers = sum(len(each.values) + len(each.regex_values) for each in spec.http_header)
    return sum(map(len, plain)) + headers + sum(len(each.values) for each in spec.query_string)


def conditions(spec: Conditions) -> list[dict[str, Any]]:
    """Conditions in the form that AWS's calls take."""
    found: list[dict[str, Any]] = []
    for field, config, plain, regex in (
        ("host-header", "HostHeaderConfig", spec.host_header, spec.host_header_regex),
        ("path-pattern", "PathPatternConfig", spec.path_pattern, spec.path_pattern_regex),
        ("http-request-method", "HttpRequestMethodConfig", spec.http_request_method, frozenset[str]()),
        ("source-ip", "SourceIpConfig", spec.source_ip, frozenset[str]()),
    ):
        if plain or regex:
            found.append({"Field": field, config: _texts(plain, regex)})
    for header in spec.http_header:
        texts = _texts(header.values, header.regex_values)
        found.append({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": header.name, **texts}})
    for query in spec.query_string:
        pairs = [_pair(pair) for pair in query.values]
        found.append({"Field": "query-string", "QueryStringConfig": {"Values": pairs}})
    return found


def _texts(plain: frozenset[str], regex: frozenset[str]) -> dict[str, list[str]]:
    return {key: sorted(texts) for key, texts in (("Values", plain), ("RegexValues", regex)) if texts}


def _pair(pair: QueryPair) -> dict[str, str]:
    return {"Key": pair.key, "Value": pair.value} if pair.key else {"Value": pair.value}


def translate(rule: Mapping[str, Any], listener: str, tags: Mapping[str, str] | None) -> Observed[ListenerRuleSpec]:
    """The rule of a DescribeRules reply."""
    spec = ListenerRuleSpec.model_construct(
        listener=listener,
        priority=int(rule["Priority"]),
        conditions=_conditions(rule.get("Conditions", ())),
        actions=from_aws(rule["Actions"]),
        tags={},
    )
    return Observed(rule["RuleArn"], spec, tags, {"arn": rule["RuleArn"]})


def _conditions(found: Sequence[Mapping[str, Any]]) -> Conditions:
    # AWS gives a single host or path as `Values` as well as in its config.
    def all_of(field: str, config: str, key: str = "Values") -> frozenset[str]:
        some = (each for each in found if each["Field"] == field)
        return frozenset(text for each in some for text in _config(each, config).get(key) or ())

    return Conditions.model_construct(
        host_header=frozenset(text.lower() for text in all_of("host-header", "HostHeaderConfig")),
        host_header_regex=all_of("host-header", "HostHeaderConfig", "RegexValues"),
        path_pattern=all_of("path-pattern", "PathPatternConfig"),
        path_pattern_regex=all_of("path-pattern", "PathPatternConfig", "RegexValues"),
        http_request_method=all_of("http-request-method", "HttpRequestMethodConfig"),
        source_ip=all_of("source-ip", "SourceIpConfig"),
        http_header=as_set(
            HttpHeader(
                name=each["HttpHeaderConfig"]["HttpHeaderName"],
                values=frozenset(each["HttpHeaderConfig"].get("Values") or ()),
                regex_values=frozenset(each["HttpHeaderConfig"].get("RegexValues") or ()),
            )
            for each in found
            if each["Field"] == "http-header"
        ),
        query_string=as_set(
            QueryString(
                values=tuple(
                    QueryPair(key=pair.get("Key") or "", value=pair["Value"])
                    for pair in each["QueryStringConfig"]["Values"]
                )
            )
            for each in found
            if each["Field"] == "query-string"
        ),
    )


def _config(condition: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = condition.get(key) or {"Values": condition.get("Values", ())}
    return found


def _shown(spec: Conditions) -> str:
    """Conditions in a few words: `api.example.com /v1/*`."""
    plain = (spec.host_header | spec.host_header_regex, spec.path_pattern | spec.path_pattern_regex)
    more = (spec.http_request_method, spec.source_ip, frozenset(each.name for each in spec.http_header))
    shown = [" or ".join(sorted(some)) for some in (*plain, *more) if some]
    return " ".join([*shown, *(["some parameters"] if spec.query_string else [])])


def _misfits(manifest: Manifest, spec: ListenerRuleSpec, view: View) -> Iterator[Problem]:
    found = view.find("elbv2/Listener", spec.listener)
    protocol = found.spec.protocol if found and isinstance(found.spec, ListenerSpec) else None
    if protocol and protocol not in HTTP:
        yield manifest.problem("listener", f"{spec.listener} is of protocol {protocol}, whose listeners have no rules")
    if protocol == "HTTP" and len(spec.actions) > 1:
        yield manifest.problem(
            "actions", f"{spec.actions[0].type} is for the protocol HTTPS, and {spec.listener} is HTTP"
        )
    for name in targets(spec.actions):
        group = view.find("elbv2/TargetGroup", name)
        if group and isinstance(group.spec, TargetGroupSpec) and group.spec.protocol not in (*HTTP, None):
            yield manifest.problem("actions", f"target group {name} is of protocol {group.spec.protocol}, not of HTTP")
