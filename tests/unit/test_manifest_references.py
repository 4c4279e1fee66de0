"""References between manifests, as `load` looks them up and as `reconcile` resolves them."""

from __future__ import annotations

import pytest

from controller.manifest.load import Loader
from controller.manifest.references import Index, dependency, kind_id, output_link, resolve, value_of
from controller.manifest.variables import Wrong
from controller.model.address import Address
from controller.model.reference import Link
from tests.unit.manifest_kinds import (
    Kind,
    PolicySpec,
    QueueSpec,
    RoleSpec,
    kinds,
    load,
    load_in_scope,
    manifest,
    messages,
    names,
    policy,
    queue,
    role,
    scope,
    tree,
)

CI, READ = Address("prod", "iam/Role", "ci"), Address("prod", "iam/Policy", "read")


def test_a_name_is_a_link_and_stays_in_the_spec() -> None:
    loaded = load_in_scope(r=role("ci", "  managedPolicies: [read, 'arn:aws:iam::aws:policy/X']\n"), p=policy("read"))
    found = manifest(loaded, str(CI))
    assert found.links == {Link(READ, "arn")}
    assert isinstance(found.spec, RoleSpec)
    assert found.spec.managed_policies == ("read", "arn:aws:iam::aws:policy/X")


def test_a_name_may_be_of_another_scope() -> None:
    files = {"a/scope.yaml": scope("one"), "b/scope.yaml": scope("two", "210987654321")}
    loaded = load({**files, "a/r.yaml": role("ci", "  managedPolicies: [two/read]\n"), "b/p.yaml": policy("read")})
    assert manifest(loaded, "one/iam/Role/ci").links == {Link(Address("two", "iam/Policy", "read"), "arn")}


def test_the_first_kind_that_has_the_name_is_meant() -> None:
    loaded = load_in_scope(
        a=queue("a", "  deadLetters: x\n"),
        b=queue("b", "  deadLetters: y\n"),
        c=queue("y"),
        d=policy("x"),
        e=policy("y"),
    )
    assert manifest(loaded, "prod/sqs/Queue/a").links == {Link(Address("prod", "iam/Policy", "x"), "arn")}
    assert manifest(loaded, "prod/sqs/Queue/b").links == {Link(Address("prod", "sqs/Queue", "y"), "arn")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raed", "there is no Policy 'raed' in scope 'prod' (did you mean 'read'?)"),
        ("prd/read", "there is no scope 'prd' (did you mean 'prod'?)"),
        ("prod/zzz", "there is no Policy 'zzz' in scope 'prod' (allowed: read)"),
    ],
)
def test_a_dangling_name_is_an_error(text: str, message: str) -> None:
    loaded = load_in_scope(r=role("ci", f"  managedPolicies:\n    - {text}\n"), p=policy("read"))
    assert messages(loaded) == [f"r.yaml:7:7: error: spec.managedPolicies[0]: {message}"]
    assert names(loaded) == {str(READ)}


def test_among_many_names_only_a_near_one_is_told() -> None:
    index = Index([Address("s", "iam/Policy", f"p-{number}") for number in range(1000)], {"s"})
    with pytest.raises(Wrong) as near:
        index.find("s", ("iam/Policy",), "p-4321")
    with pytest.raises(Wrong) as far:
        index.find("s", ("iam/Policy", "iam/Role"), "zzzzzz")
    assert near.value.hint.startswith("did you mean 'p-")
    with pytest.raises(Wrong) as again:
        index.find("s", ("iam/Policy",), "p-4321")
    assert again.value.hint == near.value.hint
    assert (str(far.value), far.value.hint) == ("there is no Policy or Role 'zzzzzz' in scope 's'", "")


def test_in_a_broken_scope_everything_is_taken_to_exist() -> None:
    """Its own errors are enough; those who refer to it have done nothing wrong."""
    files = {"a/scope.yaml": scope("one"), "b/scope.yaml": scope("two", "12")}
    loaded = load({**files, "a/r.yaml": role("ci", "  managedPolicies: [two/read]\n")})
    assert names(loaded) == {"one/iam/Role/ci"}
    assert loaded.scopes["one"].complete


def test_what_refers_to_a_broken_manifest_stays() -> None:
    loaded = load_in_scope(r=role("ci", "  managedPolicies: [read]\n"), p=policy("read", "  foo: 1\n"))
    assert names(loaded) == {str(CI)}


def test_an_output_is_a_link_and_stays_in_the_data() -> None:
    text = "at ${out.Queue.my.jobs.url}"
    loaded = load_in_scope(r=role("ci", f'  description: "{text}"\n'), q=queue("my.jobs"))
    found = manifest(loaded, str(CI))
    assert found.links == {Link(Address("prod", "sqs/Queue", "my.jobs"), "url")}
    assert (found.data["description"], found.spec) == (text, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${out.Queue.jbs.arn}", "there is no Queue 'jbs' in scope 'prod' (did you mean 'jobs'?)"),
        ("${out.Queue.prd/jobs.arn}", "there is no scope 'prd' (did you mean 'prod'?)"),
        ("${out.Queue.jobs.urn}", "Queue has no output 'urn' (did you mean 'url'?)"),
        ("${out.Quee.jobs.arn}", "unknown kind 'Quee' (did you mean 'Queue'?)"),
        ("${out.sq/Queue.jobs.arn}", "unknown kind 'sq/Queue' (did you mean 'sqs/Queue'?)"),
        ("${out.Topic.jobs.arn}", "kind 'Topic' is ambiguous (write msk/Topic or sns/Topic)"),
        ("${out.sns/Topic.jobs.arn}", "Topic has no output 'arn' (it has none)"),
        ("${out.Queue.jobs}", "'${out.Queue.jobs}' is malformed (write ${out.Kind.name.output})"),
        ("${out.x}", "'${out.x}' is malformed (write ${out.Kind.name.output})"),
        ("${outs.x}", "'${outs.x}' is malformed (write ${out.Kind.name.output}, or $${ for a literal ${)"),
        ("${var.x}", "the scope has no variable 'x' (allowed: env, hours, seconds, strict)"),
    ],
)
def test_a_wrong_output_is_an_error(text: str, message: str) -> None:
    loaded = load_in_scope(p=policy("p", f'  policyName: "{text}"\n'), q=queue("jobs"))
    assert messages(loaded) == [f"p.yaml:6:3: error: spec.policyName: {message}"]


def test_what_is_only_looked_at_can_be_referred_to_in_its_own_scope_alone() -> None:
    """It is on no record, in which another scope could find what it gave."""
    latest = "apiVersion: ssm.aws/v1\nkind: Latest\nmetadata: {name: ami}\nspec: {delay: 1}\n"
    files = {"one/scope.yaml": scope("one"), "two/scope.yaml": scope("two", "210987654321"), "two/l.yaml": latest}
    every = {**kinds(), "ssm/Latest": Kind("ssm/Latest", QueueSpec, outputs=("value",), made=False)}

    def found(folder: str, name: str) -> list[str]:
        more = f"  description: '${{out.Latest.{name}.value}}'\n"
        return messages(Loader(every).load(tree({**files, f"{folder}/r.yaml": role("ci", more)})))

    assert found("two", "ami") == []
    assert found("one", "two/ami") == [
        "one/r.yaml:6:3: error: spec.description: Latest 'ami' is of scope 'two' (write a Latest in this scope as well)"
    ]


def test_depends_on_is_a_link_without_an_output() -> None:
    text = "lifecycle: {dependsOn: [Policy/read, sqs/Queue/q, prod/Role/ci, prod/iam/Role/cd]}\n"
    loaded = load_in_scope(p=policy("p", top=text), a=policy("read"), b=queue("q"), c=role("ci"), d=role("cd"))
    assert manifest(loaded, "prod/iam/Policy/p").links == {
        Link(READ),
        Link(Address("prod", "sqs/Queue", "q")),
        Link(CI),
        Link(Address("prod", "iam/Role", "cd")),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("read", "'read' names no resource (write Kind/name, service/Kind/name or scope/Kind/name)"),
        ("a/b/c/d/e", "'a/b/c/d/e' names no resource (write Kind/name, service/Kind/name or scope/Kind/name)"),
        ("/Policy/read", "'/Policy/read' names no resource (write Kind/name, service/Kind/name or scope/Kind/name)"),
        ("Polcy/read", "unknown kind 'Polcy' (did you mean 'Policy'?)"),
        ("Topic/read", "kind 'Topic' is ambiguous (write msk/Topic or sns/Topic)"),
        ("Policy/raed", "there is no Policy 'raed' in scope 'prod' (did you mean 'read'?)"),
        ("prd/Policy/read", "there is no scope 'prd' (did you mean 'prod'?)"),
    ],
)
def test_a_wrong_depends_on_is_an_error(text: str, message: str) -> None:
    loaded = load_in_scope(p=policy("p", top=f"lifecycle:\n  dependsOn:\n    - {text}\n"), a=policy("read"))
    assert messages(loaded) == [f"p.yaml:8:7: error: lifecycle.dependsOn[0]: {message}"]


def test_service_and_scope_are_told_apart_in_depends_on() -> None:
    assert dependency("iam/Role/x", "s", kinds()) == Address("s", "iam/Role", "x")
    assert dependency("iam/Queue/x", "s", kinds()) == Address("iam", "sqs/Queue", "x")
    assert dependency("t/sns/Topic/x", "s", kinds()) == Address("t", "sns/Topic", "x")


def test_outputs_and_kinds_have_long_and_short_forms() -> None:
    assert output_link("sqs/Queue.t/a.b.url", "s", kinds()) == Link(Address("t", "sqs/Queue", "a.b"), "url")
    assert output_link("Queue.a.url", "s", kinds()) == Link(Address("s", "sqs/Queue", "a"), "url")
    assert kind_id("sns/Topic", kinds()) == "sns/Topic"


def _live(target: Address, output: str) -> str | None:
    return f"live-{target.name}-{output}" if target.name != "new" else None


def test_resolve_puts_outputs_into_texts() -> None:
    data = {
        "a": ["${out.Queue.jobs.url}", "x ${out.Role.ci.arn} y ${out.Role.new.arn}"],
        "b": "$${out.Role.ci.arn} ${aws:username}",
        "${out.Role.ci.arn}": 7,
    }
    assert resolve(data, _live, "prod", kinds()) == {
        "a": ["live-jobs-url", "x live-ci-arn y (known after apply: iam/Role/new.arn)"],
        "b": "${out.Role.ci.arn} ${aws:username}",
        "live-ci-arn": 7,
    }


def test_what_was_resolved_is_valid_where_outputs_were_missing() -> None:
    loaded = load_in_scope(
        p=policy("p", '  policyName: "${out.Queue.jobs.url}-$${x}"\n'), q=queue("jobs"), r=role("ci")
    )
    data = resolve(manifest(loaded, "prod/iam/Policy/p").data, _live, "prod", kinds())
    assert PolicySpec.model_validate(data).policy_name == "live-jobs-url-${x}"


def test_a_links_value_is_the_output_or_a_stand_in() -> None:
    assert value_of(Link(READ, "arn"), _live) == "live-read-arn"
    assert (
        value_of(Link(Address("two", "iam/Policy", "new"), "arn"), _live) == "(known after apply: iam/Policy/new.arn)"
    )
