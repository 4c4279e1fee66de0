"""Container definitions: what means the same is equal, and what is written comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from controller.model.containers import (
    ContainerDefinition,
    NetworkMode,
    SecretSource,
    containers,
    exposed,
    has_version,
    looks_secret,
    read,
    request,
)

SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-central-1:123456789012:parameter/app/key"

names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=6)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
details = st.text("abcdefgh-", max_size=4)
ports = st.lists(
    st.fixed_dictionaries(
        {"containerPort": st.integers(1, 65535)},
        optional={"hostPort": st.integers(0, 65535), "protocol": st.sampled_from(["tcp", "udp"]), "name": names},
    ),
    unique_by=lambda port: (port["containerPort"], port.get("protocol", "tcp")),
    max_size=4,
)
sources = st.one_of(
    st.sampled_from([SECRET, PARAMETER]),
    st.builds(lambda key, stage, version: f"{SECRET}:{key}:{stage}:{version}", details, details, details),
)


@st.composite
def written(draw: st.DrawFn) -> dict[str, Any]:
    """A container as AWS's reference writes one."""
    variables = draw(st.lists(names, unique=True, max_size=6))
    cut = draw(st.integers(0, len(variables)))
    drawn: dict[str, Any] = {
        "name": draw(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)),
        "image": "nginx:1",
        "environment": [{"name": name, "value": draw(texts)} for name in variables[:cut]],
        "secrets": [{"name": name, "valueFrom": draw(sources)} for name in variables[cut:]],
        "portMappings": draw(ports),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "essential": st.booleans(),
        "cpu": st.integers(0, 4096),
        "memory": st.integers(0, 4096),
        "command": st.lists(texts, max_size=3),
        "mountPoints": st.lists(
            st.fixed_dictionaries(
                {"sourceVolume": names, "containerPath": names}, optional={"readOnly": st.booleans()}
            ),
            unique_by=lambda mount: mount["containerPath"],
            max_size=3,
        ),
        "ulimits": st.lists(
            st.fixed_dictionaries({"name": names, "softLimit": st.integers(0, 9), "hardLimit": st.integers(0, 9)}),
            unique_by=lambda limit: limit["name"],
            max_size=3,
        ),
        "dependsOn": st.lists(
            st.fixed_dictionaries({"containerName": names, "condition": st.sampled_from(["START", "HEALTHY"])}),
            unique_by=lambda need: (need["containerName"], need["condition"]),
            max_size=3,
        ),
        "logConfiguration": st.fixed_dictionaries(
            {"logDriver": st.just("awslogs"), "options": st.dictionaries(names, texts, max_size=3)},
            optional={"secretOptions": st.just([{"name": "token", "valueFrom": SECRET}])},
        ),
        "healthCheck": st.fixed_dictionaries(
            {"command": st.just(["CMD-SHELL", "true"])},
            optional={"interval": st.integers(5, 300), "startPeriod": st.integers(0, 300)},
        ),
        "linuxParameters": st.fixed_dictionaries(
            {},
            optional={
                "initProcessEnabled": st.booleans(),
                "maxSwap": st.integers(0, 10),
                "capabilities": st.just({"add": ["SYS_PTRACE"], "drop": ["NET_RAW", "CHOWN"]}),
            },
        ),
        "dockerLabels": st.dictionaries(names, texts, max_size=3),
        "readonlyRootFilesystem": st.booleans(),
        "environmentFiles": st.just([{"value": "arn:aws:s3:::b/a.env", "type": "s3"}]),
    }
    return drawn | draw(st.fixed_dictionaries({}, optional=optional))


def shuffled(draw: st.DrawFn, container: dict[str, Any]) -> dict[str, Any]:
    """The same with what has no order in another one."""
    loose = {"environment", "secrets", "portMappings", "mountPoints", "ulimits", "dependsOn"}
    return {key: draw(st.permutations(value)) if key in loose else value for key, value in container.items()}


@st.composite
def twice(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    container = draw(written())
    return container, shuffled(draw, container)


def one(container: dict[str, Any]) -> ContainerDefinition:
    (found,) = read([container])
    return found


@given(written())
def test_what_is_sent_to_aws_comes_back_as_the_same(container: dict[str, Any]) -> None:
    wanted = one(container)
    assert one(request(wanted)) == wanted
    assert request(one(request(wanted))) == request(wanted)


@given(twice())
def test_the_order_of_what_has_none_is_no_difference(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert one(pair[0]) == one(pair[1])


@given(written())
def test_what_aws_fills_in_is_no_difference(container: dict[str, Any]) -> None:
    """As DescribeTaskDefinition shows what RegisterTaskDefinition was not told."""
    filled: dict[str, Any] = {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "portMappings": [],
        "systemControls": [],
        "ulimits": [],
        "dockerLabels": {},
        "command": [],
        "aFieldOfNextYear": 1,
        **container,
    }
    filled["portMappings"] = [
        {"protocol": "tcp", **port, "hostPort": port.get("hostPort") or port["containerPort"]}
        for port in filled["portMappings"]
    ]
    if "healthCheck" in filled:
        filled["healthCheck"] = {"interval": 30, "timeout": 5, "retries": 3, **filled["healthCheck"]}
    assert one(filled).in_mode("awsvpc") == one(
        {**container, "portMappings": [{**p, "hostPort": p.get("hostPort") or 0} for p in container["portMappings"]]}
    ).in_mode("awsvpc")


@given(written(), st.sampled_from(["environment", "essential", "cpu", "command", "portMappings"]))
def test_a_change_of_meaning_is_a_difference(container: dict[str, Any], field: str) -> None:
    other = {
        "environment": [*container["environment"], {"name": "ANOTHER", "value": "1"}],
        "essential": not container.get("essential", True),
        "cpu": container.get("cpu", 0) + 1,
        "command": [*container.get("command", []), "more"],
        "portMappings": container["portMappings"][1:] if container["portMappings"] else [{"containerPort": 1}],
    }
    assert one(container) != one({**container, field: other[field]})


def test_a_map_and_a_list_of_names_say_the_same() -> None:
    listed = {"name": "app", "image": "a:1", "environment": [{"name": "A", "value": "1"}]}
    assert one(listed) == one({**listed, "environment": {"A": 1}})
    secret = {"name": "app", "image": "a:1", "secrets": [{"name": "S", "valueFrom": f"{SECRET}:password::"}]}
    assert one(secret) == one({**secret, "secrets": {"S": {"from": SECRET, "key": "password"}}})


def test_a_port_alone_and_a_check_as_a_text_are_understood() -> None:
    short = {"name": "app", "image": "a:1", "portMappings": [3000], "healthCheck": {"command": "curl -f localhost"}}
    wanted = request(one(short))
    assert wanted["portMappings"] == [{"containerPort": 3000}]
    assert wanted["healthCheck"] == {"command": ["CMD-SHELL", "curl -f localhost"]}


@pytest.mark.parametrize(("mode", "equal"), [("awsvpc", True), ("host", True), ("bridge", False)])
def test_the_hosts_port_is_the_containers_only_where_aws_has_no_other_way(mode: NetworkMode, equal: bool) -> None:
    """With bridge, 3000 on the host is a choice, and none is a free port."""
    bare, said = (
        {"name": "app", "image": "a:1", "portMappings": [{"containerPort": 3000, **host}]}
        for host in ({}, {"hostPort": 3000})
    )
    assert (one(bare).in_mode(mode) == one(said).in_mode(mode)) is equal


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"environment": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, "names A twice"),
        ({"environment": [{"value": "1"}]}, "needs a name"),
        ({"environment": "A=1"}, "valid dictionary"),
        ({"environment": {"A": "1"}, "secrets": {"A": SECRET}}, "A stands in environment and in secrets"),
        ({"portMappings": [3000, {"containerPort": 3000, "protocol": "tcp"}]}, "names 3000//tcp twice"),
        ({"portMappings": [{"protocol": "tcp"}]}, "needs a containerPort"),
        ({"mountPoints": [{"containerPath": "/a"}, {"containerPath": "/a"}]}, "names /a twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ContainerDefinition.model_validate({"name": "app", "image": "a:1", **fields})


def test_a_task_needs_an_essential_container_and_no_name_twice() -> None:
    app = ContainerDefinition(name="app", image="a:1")
    with pytest.raises(ValueError, match="names app twice"):
        containers((app, app), "awsvpc")
    with pytest.raises(ValueError, match="essential"):
        containers((app.model_copy(update={"essential": False}),), "awsvpc")


def test_the_detail_of_a_secret_is_told_apart_from_its_arn() -> None:
    found = one({"name": "app", "image": "a:1", "secrets": [{"name": "S", "valueFrom": f"{SECRET}:user:AWSPREVIOUS:"}]})
    assert found.secrets["S"] == SecretSource(from_=SECRET, key="user", version_stage="AWSPREVIOUS")
    assert found.secrets["S"].value_from == f"{SECRET}:user:AWSPREVIOUS:"
    assert SecretSource(from_=PARAMETER).value_from == PARAMETER


@pytest.mark.parametrize(
    ("image", "named"),
    [
        ("nginx", False),
        ("nginx:1.27", True),
        ("registry:5000/nginx", False),
        ("registry:5000/nginx:1", True),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com/app@sha256:" + "0" * 64, True),
    ],
)
def test_an_image_is_named_by_tag_or_digest(image: str, named: bool) -> None:
    assert has_version(image) is named


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("DB_PASSWORD", "hunter2", True),
        ("GITHUB_TOKEN", "ghp_x", True),
        ("api-key", "x", True),
        ("ID", "AKIAABCDEFGHIJKLMNOP", True),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/app", True),
        ("DATABASE_URL", "postgres://db:5432/app", False),
        ("DB_PASSWORD", "", False),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db", False),
        ("TOKEN_TTL", "3600", False),
        ("MONKEY", "banana", False),
        ("API_KEY", "${out.Secret.api.arn}", False),
    ],
)
def test_a_credential_in_plain_sight_is_noticed(name: str, value: str, found: bool) -> None:
    assert bool(looks_secret(name, value)) is found


def test_ports_that_containers_listen_on_are_told_with_ranges() -> None:
    app = {"name": "app", "image": "a:1", "portMappings": [3000, {"containerPortRange": "8000-8002"}]}
    assert sorted(exposed((one(app),))) == [("app", 3000), ("app", 8000), ("app", 8001), ("app", 8002)]
