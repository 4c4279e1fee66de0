"""The composite FargateApp: what it expands to, and what cannot go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from controller.kinds.composites.fargate_app import FargateApp
from controller.kinds.composites.fargate_app_spec import FargateAppSpec, repository_of
from controller.kinds.composites.network import Network, NetworkSpec
from controller.kinds.registry import COMPOSITES, KINDS
from controller.manifest.load import Loader
from controller.manifest.yaml_reader import read
from controller.manifest.yaml_writer import write
from controller.model.manifest import Loaded, Piece
from controller.model.problem import Problem
from controller.model.scope import Scope, ScopeSpec
from tests.stage import SCOPE as WRITTEN_SCOPE
from tests.stage import document
from tests.unit.manifest_kinds import messages, tree

EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples" / "trueup"
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
WEB: dict[str, Any] = {"image": "shop:1.4.2", "port": 3000, "network": "main", "zones": ["a", "b"]}
WORKER: dict[str, Any] = {"kind": "worker", "image": "shop:1.4.2", "network": "main", "zones": ["a"]}
NIGHTLY: dict[str, Any] = {**WORKER, "kind": "schedule", "schedule": "cron(0 3 * * ? *)"}
OWN: dict[str, Any] = {"cidr": "10.8.0.0/16", "zones": ["a", "b"], "nat": "one"}


def scope(region: str = "eu-central-1") -> Scope:
    return Scope(name="prod", spec=ScopeSpec(account="123456789012", region=region))


def pieces(spec: dict[str, Any], region: str = "eu-central-1", **more: Any) -> dict[str, Piece]:
    """By `Kind/name`; a field that is None is left out."""
    given = {key: value for key, value in {**spec, **more}.items() if value is not None}
    made = list(FargateApp().expand("shop", FargateAppSpec.model_validate(given), scope(region)))
    found = {f"{piece.kind.partition('/')[2]}/{piece.name}": piece for piece in made}
    assert len(found) == len(made), "two pieces of one name"
    return found


def container(made: dict[str, Piece]) -> dict[str, Any]:
    (only,) = made["TaskDefinition/shop"].spec["containerDefinitions"]
    return dict(only)


def written(spec: dict[str, Any]) -> str:
    return write([document("trueup/v1", "FargateApp", "shop", spec)])


def loaded(spec: dict[str, Any], *others: dict[str, Any]) -> Loaded:
    network = document("trueup/v1", "Network", "main", OWN)
    files = {"scope.yaml": WRITTEN_SCOPE, "app.yaml": written(spec), "rest.yaml": write([network, *others])}
    return Loader(KINDS, COMPOSITES).load(tree(files))


def stands_at(problem: Problem, spec: dict[str, Any]) -> str:
    """The line of the app's manifest where a problem stands."""
    return written(spec).splitlines()[problem.where.line - 1].strip()


def test_a_web_app_is_all_that_runs_it_and_leads_to_it() -> None:
    """These names are part of what a manifest means: with others everything would be made anew."""
    assert set(pieces(WEB, domain="shop.example.com", scaling={"min": 2, "max": 8})) == {
        "Repository/shop",
        "LogGroup/shop",
        "Role/shop-execution",
        "Role/shop",
        "Cluster/shop",
        "TaskDefinition/shop",
        "Service/shop",
        "SecurityGroup/shop-lb",
        "SecurityGroup/shop",
        "LoadBalancer/shop",
        "TargetGroup/shop",
        "Listener/shop-http",
        "Listener/shop-https",
        "Certificate/shop",
        "ScalableTarget/shop",
    }


def test_a_worker_is_not_reached_by_anybody() -> None:
    made = pieces(WORKER)
    assert set(made) == {
        "Repository/shop",
        "LogGroup/shop",
        "Role/shop-execution",
        "Role/shop",
        "Cluster/shop",
        "TaskDefinition/shop",
        "Service/shop",
        "SecurityGroup/shop",
    }
    assert made["SecurityGroup/shop"].spec["ingress"] == []
    assert "portMappings" not in container(made)
    assert "loadBalancers" not in made["Service/shop"].spec
    assert made["Service/shop"].needs == ()


def test_a_scheduled_app_has_a_schedule_in_place_of_a_service() -> None:
    made = pieces(NIGHTLY, timezone="Europe/Berlin")
    assert set(made) == {
        "Repository/shop",
        "LogGroup/shop",
        "Role/shop-execution",
        "Role/shop",
        "Role/shop-schedule",
        "Cluster/shop",
        "TaskDefinition/shop",
        "Schedule/shop",
        "SecurityGroup/shop",
    }
    schedule = made["Schedule/shop"].spec
    assert (schedule["scheduleExpression"], schedule["timezone"]) == ("cron(0 3 * * ? *)", "Europe/Berlin")
    assert (schedule["target"]["arn"], schedule["target"]["role"]) == ("shop", "shop-schedule")
    tasks = schedule["target"]["ecsParameters"]
    assert (tasks["taskDefinition"], tasks["launchType"]) == ("shop", "FARGATE")
    assert tasks["networkConfiguration"] == {
        "subnets": ["main-private-a"],
        "securityGroups": ["shop"],
        "assignPublicIp": False,
    }
    assert pieces(NIGHTLY)["Schedule/shop"].spec["timezone"] == "UTC"


def test_the_scheduler_may_start_the_apps_own_tasks_and_do_nothing_else() -> None:
    role = pieces(NIGHTLY)["Role/shop-schedule"].spec
    (trust,) = role["trust"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    run, roles, tag = role["inlinePolicies"]["schedule"]["Statement"]
    ecs = "arn:aws:ecs:eu-central-1:123456789012"
    assert (run["Action"], run["Resource"], run["Condition"]) == (
        "ecs:RunTask",
        f"{ecs}:task-definition/${{out.TaskDefinition.shop.family}}:*",
        {"ArnEquals": {"ecs:cluster": "${out.ecs/Cluster.shop.arn}"}},
    )
    assert (roles["Action"], roles["Resource"], roles["Condition"]) == (
        "iam:PassRole",
        ["${out.Role.shop.arn}", "${out.Role.shop-execution.arn}"],
        {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    )
    assert (tag["Action"], tag["Resource"], tag["Condition"]) == (
        "ecs:TagResource",
        f"{ecs}:task/${{out.ecs/Cluster.shop.name}}/*",
        {"StringEquals": {"ecs:CreateAction": "RunTask"}},
    )


@pytest.mark.parametrize(
    "spec", [WEB, WORKER, NIGHTLY, {**WEB, "network": OWN, "zones": None, "domain": "example.com", "www": True}]
)
def test_what_it_expands_to_is_sound(spec: dict[str, Any]) -> None:
    found = loaded({key: value for key, value in spec.items() if value is not None})
    assert messages(found) == []


def test_the_tasks_are_reached_through_the_load_balancer_alone() -> None:
    made = pieces(WEB, domain="example.com")
    assert made["SecurityGroup/shop-lb"].spec["ingress"] == [
        {"protocol": "tcp", "port": port, "from": ["0.0.0.0/0", "::/0"]} for port in (80, 443)
    ]
    assert made["SecurityGroup/shop"].spec["ingress"] == [{"protocol": "tcp", "port": 3000, "from": ["shop-lb"]}]


def test_with_a_domain_http_is_sent_to_https_once_somebody_answers_there() -> None:
    """Else an app that gets a domain would be out of reach until its certificate is issued."""
    made = pieces(WEB, domain="example.com", www=True, zone="Z0123456789ABC")
    http, https, certificate = made["Listener/shop-http"], made["Listener/shop-https"], made["Certificate/shop"].spec
    assert http.spec["defaultActions"] == [{"redirect": {"protocol": "HTTPS", "port": 443, "statusCode": "HTTP_301"}}]
    assert http.needs == ("Listener/shop-https",)
    assert (https.spec["port"], https.spec["protocol"], https.spec["certificate"]) == (443, "HTTPS", "shop")
    assert (certificate["domainName"], certificate["subjectAlternativeNames"]) == ("example.com", ["www.example.com"])
    assert certificate["zone"] == "Z0123456789ABC"
    assert made["Service/shop"].needs == ("Listener/shop-https",)


def test_without_a_domain_it_is_reached_by_http_and_port_443_stays_shut() -> None:
    made = pieces(WEB)
    assert made["Listener/shop-http"].spec["defaultActions"] == [{"forward": {"targetGroup": "shop"}}]
    assert not {"Listener/shop-https", "Certificate/shop"} & set(made)
    assert [rule["port"] for rule in made["SecurityGroup/shop-lb"].spec["ingress"]] == [80]
    assert made["Service/shop"].needs == ("Listener/shop-http",)


def test_in_its_zone_the_domain_is_the_load_balancer() -> None:
    made = pieces(WEB, domain="shop.example.com", www=True, zone="example.com", ipv6=True)
    records = {name: piece.spec for name, piece in made.items() if piece.kind == "route53/RecordSet"}
    assert {name: (each["name"], each["type"]) for name, each in records.items()} == {
        "RecordSet/shop-a": ("shop.example.com.", "A"),
        "RecordSet/shop-aaaa": ("shop.example.com.", "AAAA"),
        "RecordSet/shop-www-a": ("www.shop.example.com.", "A"),
        "RecordSet/shop-www-aaaa": ("www.shop.example.com.", "AAAA"),
    }
    balancer = {
        "target": "${out.LoadBalancer.shop.dnsName}.",
        "zoneId": "${out.LoadBalancer.shop.canonicalHostedZoneId}",
    }
    assert all((each["zone"], each["alias"]) == ("example.com", balancer) for each in records.values())


def test_without_ipv6_and_www_the_domain_is_one_record() -> None:
    made = pieces(WEB, domain="example.com", zone="Z0123456789ABC")
    assert [name for name, piece in made.items() if piece.kind == "route53/RecordSet"] == ["RecordSet/shop-a"]


def test_without_a_zone_all_records_are_somebody_elses() -> None:
    made = pieces(WEB, domain="example.com")
    assert "zone" not in made["Certificate/shop"].spec
    assert not any(piece.kind == "route53/RecordSet" for piece in made.values())


@pytest.mark.parametrize(
    ("image", "runs", "repository"),
    [
        ("shop:1", f"{REGISTRY}/shop:1", "shop"),
        ("team/shop@sha256:abc", f"{REGISTRY}/team/shop@sha256:abc", "team/shop"),
        (f"{REGISTRY}/team/shop:1@sha256:abc", f"{REGISTRY}/team/shop:1@sha256:abc", "team/shop"),
        ("public.ecr.aws/nginx/nginx:1.29", "public.ecr.aws/nginx/nginx:1.29", ""),
        ("localhost/shop:1", "localhost/shop:1", ""),
        ("registry:5000/shop:1", "registry:5000/shop:1", ""),
        (
            "210987654321.dkr.ecr.eu-central-1.amazonaws.com/shop:1",
            "210987654321.dkr.ecr.eu-central-1.amazonaws.com/shop:1",
            "",
        ),
        ("${out.Repository.all.uri}:1", "${out.Repository.all.uri}:1", ""),
    ],
)
def test_an_image_without_a_host_is_in_the_accounts_own_registry(image: str, runs: str, repository: str) -> None:
    made = pieces(WEB, image=image)
    assert container(made)["image"] == runs
    assert repository_of(image, REGISTRY) == repository
    assert made["Repository/shop"].spec["repositoryName"] == repository if repository else "Repository/shop" not in made


OF_OTHERS = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/shop"


@pytest.mark.parametrize(
    ("image", "policy", "repository"),
    [
        (
            {"tag": "stable"},
            {"repository": "shop", "tag": "stable"},
            {
                "repositoryName": "shop",
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": ["stable"],
            },
        ),
        (
            {"repository": f"{REGISTRY}/team/shop", "semver": "1.x", "filterTags": "^v"},
            {"repository": "shop", "semver": "1.x", "filterTags": "^v"},
            {"repositoryName": "team/shop", "imageTagMutability": "IMMUTABLE"},
        ),
        ({"repository": OF_OTHERS, "tag": "stable"}, {"repository": OF_OTHERS, "tag": "stable"}, None),
    ],
)
def test_an_image_that_is_followed_has_a_policy_and_in_its_repository_only_that_tag_is_moved(
    image: dict[str, Any], policy: dict[str, Any], repository: dict[str, Any] | None
) -> None:
    made = pieces(WEB, image=image)
    assert container(made)["image"] == "${out.ImagePolicy.shop.image}"
    assert made["ImagePolicy/shop"].spec == policy
    assert made.get("Repository/shop", Piece("", "", {})).spec == (
        {**repository, "scanOnPush": True} if repository else {}
    )
    assert messages(loaded({**WEB, "image": image, "tags": {"team": "a"}})) == []


def test_an_image_in_a_repository_that_another_manifest_makes_can_be_followed_there() -> None:
    made = pieces(WEB, image={"tag": "stable"}, repository=False)
    assert made["ImagePolicy/shop"].spec == {"repository": f"{REGISTRY}/shop", "tag": "stable"}
    assert "Repository/shop" not in made


def test_only_what_is_in_ecr_can_be_followed() -> None:
    with pytest.raises(ValidationError, match=r"docker\.io is none of ECR's registries"):
        pieces(WEB, image={"repository": "docker.io/library/nginx", "tag": "1"})


def test_an_image_that_another_manifest_finds_has_no_repository_made_for_it() -> None:
    """A worker beside the app runs what that follows."""
    made = pieces(WORKER, image="${out.ImagePolicy.web.image}")
    assert container(made)["image"] == "${out.ImagePolicy.web.image}"
    assert not {"Repository/shop", "ImagePolicy/shop"} & made.keys()


def test_a_repository_that_another_manifest_makes_is_left_to_it() -> None:
    made = pieces(WORKER, repository=False)
    assert "Repository/shop" not in made
    assert container(made)["image"] == f"{REGISTRY}/shop:1.4.2"


def test_in_china_registry_and_policies_are_chinas() -> None:
    made = pieces(WEB, region="cn-north-1")
    assert container(made)["image"] == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/shop:1.4.2"
    (managed,) = made["Role/shop-execution"].spec["managedPolicies"]
    assert managed == "arn:aws-cn:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


def test_roles_of_two_regions_do_not_meet() -> None:
    """Roles belong to the whole account, and the same folder may be included in scopes of two regions."""
    assert pieces(WEB)["Role/shop"].spec["roleName"] == "shop-eu-central-1"
    assert pieces(WEB, region="eu-west-1")["Role/shop-execution"].spec["roleName"] == "shop-execution-eu-west-1"


def test_only_the_execution_role_reads_the_secrets_and_only_those() -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:stripe-AbCdEf"
    secrets = {"DB": {"from": "shop-db", "key": "password"}, "USER": {"from": "shop-db", "key": "user"}, "STRIPE": arn}
    made = pieces(WEB, secrets=secrets, parameters={"FLAGS": "flags"})
    document = made["Role/shop-execution"].spec["inlinePolicies"]["secrets"]
    assert document["Statement"] == [
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ["${out.Secret.shop-db.arn}", arn]},
        {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": ["${out.Parameter.flags.arn}"]},
    ]
    assert "inlinePolicies" not in made["Role/shop"].spec
    read = container(made)["secrets"]
    assert read["DB"] == {"from": "shop-db", "key": "password"}
    assert read["FLAGS"] == {"from": "${out.Parameter.flags.arn}"}


def test_secrets_and_parameters_of_manifests_are_sound() -> None:
    secret = document("secretsmanager.aws/v1", "Secret", "shop-db", {"generate": {"length": 40}})
    flags = document("ssm.aws/v1", "Parameter", "flags", {"name": "/shop/flags", "value": "dark"})
    assert (
        messages(loaded({**WEB, "secrets": {"DB": "shop-db"}, "parameters": {"FLAGS": "flags"}}, secret, flags)) == []
    )


def test_a_secret_that_there_is_not_is_said_where_it_is_named() -> None:
    spec = {**WEB, "secrets": {"DB": "shop-db"}}
    problems = [each for each in loaded(spec).problems if "there is no Secret" in each.message]
    assert "secrets:" in {stands_at(each, spec) for each in problems}


def test_the_app_itself_may_do_what_its_statements_say() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}
    found = pieces(WEB, permissions=[statement])["Role/shop"].spec["inlinePolicies"]
    assert found == {"permissions": {"Version": "2012-10-17", "Statement": [statement]}}


def test_the_number_of_tasks_is_the_manifests_or_else_autoscalings() -> None:
    assert pieces(WEB)["Service/shop"].spec["desiredCount"] == 1
    assert pieces(WEB, count=0)["Service/shop"].spec["desiredCount"] == 0
    made = pieces(WEB, scaling={"min": 2, "max": 8, "cpu": 70})
    assert "desiredCount" not in made["Service/shop"].spec
    scaled = made["ScalableTarget/shop"].spec
    assert (scaled["minCapacity"], scaled["maxCapacity"], scaled["policies"]["cpu"]["targetValue"]) == (2, 8, 70)
    assert scaled["resourceId"] == "${out.ecs/Service.shop.resourceId}"


def test_the_container_has_what_the_manifest_says() -> None:
    made = pieces(WEB, command=["serve", "--fast"], environment={"LEVEL": 3}, size={"cpu": "1 vCPU", "memory": "2 GB"})
    found, task = container(made), made["TaskDefinition/shop"].spec
    assert (found["command"], found["environment"], found["portMappings"]) == (
        ["serve", "--fast"],
        {"LEVEL": "3"},
        [3000],
    )
    assert (task["cpu"], task["memory"]) == (1024, 2048)
    assert made["TargetGroup/shop"].spec["healthCheckPath"] == "/"
    assert pieces(WEB, healthPath="/healthz")["TargetGroup/shop"].spec["healthCheckPath"] == "/healthz"


def test_tasks_are_in_private_subnets_and_the_load_balancer_in_public_ones() -> None:
    made = pieces(WEB)
    assert made["LoadBalancer/shop"].spec["subnets"] == ["main-public-a", "main-public-b"]
    placed = made["Service/shop"].spec["networkConfiguration"]
    assert (placed["subnets"], placed["assignPublicIp"]) == (["main-private-a", "main-private-b"], False)


def test_in_public_subnets_tasks_have_public_addresses() -> None:
    """Else they could not reach their image."""
    placed = pieces(WEB, subnets="public")["Service/shop"].spec["networkConfiguration"]
    assert (placed["subnets"], placed["assignPublicIp"]) == (["main-public-a", "main-public-b"], True)


def test_a_network_of_its_own_is_what_a_network_manifest_is() -> None:
    made = pieces(WEB, network={**OWN, "tags": {"cost": "net"}}, zones=None, tags={"team": "shop", "cost": "app"})
    alone = NetworkSpec.model_validate({**OWN, "tags": {"team": "shop", "cost": "net"}})
    for piece in Network().expand("shop", alone, scope()):
        found = made[f"{piece.kind.partition('/')[2]}/{piece.name}"]
        assert (found.spec, found.needs, found.source) == (piece.spec, piece.needs, f"network.{piece.source}")
    assert made["LoadBalancer/shop"].spec["subnets"] == ["shop-public-a", "shop-public-b"]
    assert made["LoadBalancer/shop"].spec["tags"] == {"team": "shop", "cost": "app"}


def test_where_the_network_has_ipv6_so_has_the_load_balancer() -> None:
    assert pieces(WEB)["LoadBalancer/shop"].spec["ipAddressType"] == "ipv4"
    assert pieces(WEB, ipv6=True)["LoadBalancer/shop"].spec["ipAddressType"] == "dualstack"
    own = pieces(WEB, network={**OWN, "ipv6": True}, zones=None)
    assert own["LoadBalancer/shop"].spec["ipAddressType"] == "dualstack"


def test_every_part_can_be_patched_and_says_which_field_it_is_made_from() -> None:
    patches = [
        {"kind": piece.kind, "name": piece.name, "spec": {"tags": {"patched": "yes"}}}
        for piece in pieces(WEB, domain="example.com", scaling={"min": 1, "max": 2}).values()
    ]
    spec = {**WEB, "domain": "example.com", "scaling": {"min": 1, "max": 2}, "patches": patches}
    found = loaded(spec)
    assert messages(found) == []
    for address, manifest in found.scopes["test"].manifests.items():
        if address.name.startswith("shop"):
            assert manifest.data["tags"]["patched"] == "yes"


def test_what_has_no_tags_can_be_patched_and_so_can_its_own_networks_parts() -> None:
    patches = [
        {"kind": "RecordSet", "name": "shop-a", "spec": {"alias": {"evaluateTargetHealth": True}}},
        {"kind": "Subnet", "spec": {"tags": {"patched": "yes"}}},
        {"kind": "NatGateway", "lifecycle": {"deletion": "protect"}},
        {"kind": "Service", "spec": {"deploymentConfiguration": {"maximumPercent": 150}}},
    ]
    spec = {**WEB, "network": OWN, "domain": "example.com", "zone": "Z0123456789ABC", "patches": patches}
    del spec["zones"]
    found = loaded(spec)
    assert messages(found) == []
    manifests = {address.local: manifest for address, manifest in found.scopes["test"].manifests.items()}
    assert manifests["route53/RecordSet/shop-a"].data["alias"]["evaluateTargetHealth"] is True
    subnets = [name for name in manifests if name.startswith("ec2/Subnet/shop-")]
    assert len(subnets) == 4
    assert all(manifests[name].data["tags"]["patched"] == "yes" for name in subnets)
    assert manifests["ec2/NatGateway/shop-a"].lifecycle.deletion == "protect"
    deployment = manifests["ecs/Service/shop"].data["deploymentConfiguration"]
    assert deployment == {"deploymentCircuitBreaker": {"enable": True, "rollback": True}, "maximumPercent": 150}


def test_what_is_wrong_with_a_part_is_said_at_the_field_that_it_is_made_from() -> None:
    spec = {**WEB, "image": "shop"}
    (problem,) = [each for each in loaded(spec).problems if "neither tag nor digest" in each.message]
    assert stands_at(problem, spec) == "image: shop"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({**WEB, "port": None}, "a web app needs a port"),
        ({**WORKER, "port": 80}, "a worker has no load balancer, and so no port"),
        ({**WORKER, "healthPath": "/"}, "and so no healthPath"),
        ({**WORKER, "domain": "example.com"}, "and so no domain"),
        ({**WORKER, "ipv6": True}, "and so no ipv6"),
        (
            {**WORKER, "schedule": "rate(1 day)"},
            "a worker runs all the time, and so has no schedule; that goes with kind",
        ),
        ({**WEB, "timezone": "Europe/Berlin"}, "a web app runs all the time, and so has no timezone"),
        ({**NIGHTLY, "schedule": None}, "a scheduled app needs a schedule"),
        ({**NIGHTLY, "schedule": "0 3 * * *"}, r"write cron\(0 3 \* \* \? \*\)"),
        ({**NIGHTLY, "timezone": "Berlin"}, "did you mean"),
        ({**NIGHTLY, "port": 80}, "a scheduled app has no load balancer, and so no port"),
        ({**NIGHTLY, "count": 0}, "a scheduled app runs at set times, and so has no count"),
        ({**NIGHTLY, "scaling": {"min": 1, "max": 2}}, "and so has no scaling"),
        ({**WEB, "zones": None}, "needs zones"),
        ({**WEB, "zones": ["a"]}, "needs two zones, and there is only a"),
        ({**WEB, "zones": ["a", "a"]}, "given twice"),
        ({**WEB, "network": OWN}, "the app's own has zones of its own"),
        ({**WEB, "network": {**OWN, "nat": "none"}, "zones": None}, "a way to their image: nat: one"),
        ({**WEB, "network": {**OWN, "nat": "none", "public": False}, "zones": None}, "the network's public subnets"),
        (
            {**WORKER, "network": {**OWN, "nat": "none", "private": False}, "zones": None},
            "the network's private subnets",
        ),
        ({**WEB, "network": OWN, "zones": None, "ipv6": True}, "ipv6 needs a network with ipv6"),
        ({**WEB, "network": {**OWN, "cidr": "10.0.0.0/24"}, "zones": None}, "not between /16 and /20"),
        ({**WEB, "www": True}, "www needs a domain"),
        ({**WEB, "zone": "Z0123456789ABC"}, "zone needs a domain"),
        ({**WEB, "domain": "*.example.com", "www": True}, "wildcard"),
        ({**WEB, "count": 2, "scaling": {"min": 1, "max": 2}}, "exclude each other"),
        ({**WEB, "scaling": {"min": 3, "max": 2}}, "min 3 is more than max 2"),
        ({**WEB, "size": {"cpu": 256, "memory": 4096}}, "with cpu 256 Fargate has"),
        ({**WEB, "environment": {"A": "1"}, "parameters": {"A": "a"}}, "A is given twice"),
        ({**WEB, "secrets": {"A": "a"}, "parameters": {"A": "a"}}, "A is given twice"),
        ({**WEB, "secrets": {"A": "arn:aws:ssm:eu-central-1:123456789012:parameter/a"}}, "it goes under parameters"),
        ({**WEB, "permissions": [{"Effect": "Allow"}]}, "Action"),
    ],
)
def test_what_does_not_go_together_is_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        pieces(spec)


@pytest.mark.parametrize("network", [{**OWN, "nat": "none", "endpoints": ["ecr.api", "ecr.dkr", "logs", "s3"]}, OWN])
def test_private_tasks_reach_their_image_by_a_nat_gateway_or_by_endpoints(network: dict[str, Any]) -> None:
    assert pieces(WEB, network=network, zones=None)


def test_the_example_which_has_all_of_a_web_app_has_at_most_twenty_five_lines() -> None:
    text = (EXAMPLES / "fargate_app.yaml").read_text().partition("---")[0]
    assert len(text.splitlines()) <= 25
    (example,), problems = read("fargate_app.yaml", text.encode())
    assert problems == ()
    assert len(pieces(example.data["spec"])) == 17
