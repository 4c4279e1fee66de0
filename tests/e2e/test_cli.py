"""The command as a person runs it: a process, its output and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from controller.aws.emulator import environment

MANIFESTS = Path(__file__).parents[2] / "manifests"
QUICKSTART, EXAMPLES = MANIFESTS / "quickstart", MANIFESTS / "examples"


@pytest.fixture
def trueup(aws_endpoint: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "controller", *arguments],
            cwd=tmp_path,
            env={**environment(aws_endpoint), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


def test_a_folder_is_planned_applied_and_planned_again(trueup) -> None:  # type: ignore[no-untyped-def]
    assert "43 to create" in trueup("plan", str(QUICKSTART), code=2)
    assert "quickstart: converged" in trueup("apply", str(QUICKSTART))
    assert "43 in sync" in trueup("plan", str(QUICKSTART))
    assert "43 in sync" in trueup("status")


def test_an_app_of_twenty_five_lines_is_shown_with_all_that_it_stands_for(trueup) -> None:  # type: ignore[no-untyped-def]
    example = ("--kind", "FargateApp", "--name", "store", "--output", "json")
    documents = json.loads(trueup("expand", str(EXAMPLES), *example))
    shown = {f"{each['kind']}/{each['metadata']['name']}": each["spec"] for each in documents}
    assert set(shown) == {
        "Repository/store",
        "LogGroup/store",
        "Role/store-execution",
        "Role/store",
        "Cluster/store",
        "TaskDefinition/store",
        "SecurityGroup/store-lb",
        "SecurityGroup/store",
        "LoadBalancer/store",
        "TargetGroup/store",
        "Listener/store-http",
        "Listener/store-https",
        "Certificate/store",
        "Service/store",
        "ScalableTarget/store",
        "RecordSet/store-a",
        "RecordSet/store-www-a",
    }
    everybody = ["0.0.0.0/0", "::/0"]
    ways_in = [(rule["port"], rule["from"]) for rule in shown["SecurityGroup/store-lb"]["ingress"]]
    assert ways_in == [(80, everybody), (443, everybody)]
    assert shown["SecurityGroup/store"]["ingress"] == [{"protocol": "tcp", "port": 3000, "from": ["store-lb"]}]
    assert shown["TargetGroup/store"]["targetType"] == "ip"
    assert shown["Listener/store-http"]["defaultActions"][0]["redirect"]["port"] == 443
    assert shown["Listener/store-https"]["certificate"] == "store"
    assert shown["Certificate/store"]["subjectAlternativeNames"] == ["www.store.example.com"]
    assert shown["RecordSet/store-www-a"]["alias"]["target"] == "${out.LoadBalancer.store.dnsName}."


def test_a_plan_is_plain_data_for_programs(trueup) -> None:  # type: ignore[no-untyped-def]
    (plan,) = json.loads(trueup("plan", str(QUICKSTART), "--output", "json", code=2))
    assert plan["scope"] == "quickstart"
    assert {action["verb"] for action in plan["actions"]} == {"create"}


def test_an_export_plans_empty_without_a_tag_of_trueup(trueup) -> None:  # type: ignore[no-untyped-def]
    trueup("apply", str(QUICKSTART))
    trueup("export", "there", "--account", "123456789012", "--region", "eu-central-1")
    plan = trueup("plan", "there", "--state-dir", "elsewhere")
    assert plan.startswith("exported: ")  # nothing stands before the summary
    assert plan.endswith(" in sync\n")


def test_a_pause_stops_an_apply_and_says_why(trueup) -> None:  # type: ignore[no-untyped-def]
    trueup("pause", "--reason", "incident 4711", "--for", "2h")
    assert "incident 4711" in trueup("apply", str(QUICKSTART), code=2)
    assert "1 pause taken away" in trueup("resume")
    trueup("apply", str(QUICKSTART))


def test_wrong_manifests_are_told_with_their_places_all_at_once(trueup, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "m").mkdir()
    scope = '{apiVersion: trueup/v1, kind: Scope, metadata: {name: a}, spec: {account: "123456789012", region: eu-central-1}}'
    (tmp_path / "m" / "scope.yaml").write_text(scope)
    (tmp_path / "m" / "x.yaml").write_text(
        "apiVersion: iam.aws/v1\nkind: Role\nmetadata: {name: x}\nspec:\n  trst: {}\n  managedPolicies: [nowhere]\n"
    )
    text = trueup("validate", "m", code=1)
    assert "m/x.yaml:5:3: error: spec.trst" in text
    assert "did you mean 'trust'?" in text
    assert "m/x.yaml:6:" in text


def test_an_absolute_folder_is_read_like_any_other(trueup, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert "43 manifests" in trueup("validate", str(QUICKSTART.resolve()))


def test_a_plan_can_be_made_as_a_role_that_may_only_look(trueup, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The scope's own role may change everything: CI, which runs what a pull request brings, must not have it."""
    scope = '{apiVersion: trueup/v1, kind: Scope, metadata: {name: a}, spec: {account: "210987654321", region: eu-central-1}}'
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "scope.yaml").write_text(scope)
    (tmp_path / "m" / "g.yaml").write_text("{apiVersion: iam.aws/v1, kind: Group, metadata: {name: g}, spec: {}}")
    assert "the credentials are those of arn:aws:" in trueup("plan", "m", code=1)
    assert "1 to create" in trueup("plan", "m", "--role", "trueup-read", code=2)


def test_permissions_are_a_policy_for_the_kinds_that_are_asked_for(trueup) -> None:  # type: ignore[no-untyped-def]
    both = json.loads(trueup("permissions", "--kind", "Group", "--kind", "iam/User"))
    assert [statement["Sid"] for statement in both["Statement"]] == ["Look", "Change"]
    assert {"iam:CreateGroup", "iam:CreateUser"} <= set(both["Statement"][1]["Action"])
    assert "iam:CreateRole" not in both["Statement"][1]["Action"]
    (look,) = json.loads(trueup("permissions", "--read-only"))["Statement"]
    assert "iam:GetAccountAuthorizationDetails" in look["Action"]
    assert "did you mean 'Group'?" in trueup("permissions", "--kind", "Grup", code=1)


@pytest.mark.parametrize(
    "verb",
    [
        "validate",
        "plan",
        "apply",
        "run",
        "status",
        "pause",
        "resume",
        "export",
        "explain",
        "schema",
        "permissions",
        "demo",
    ],
)
def test_every_verb_has_help(trueup, verb: str) -> None:  # type: ignore[no-untyped-def]
    assert "Usage" in trueup(verb, "--help")


def test_run_without_a_repository_says_what_to_give(trueup) -> None:  # type: ignore[no-untyped-def]
    assert "give --repo, TRUEUP_REPO" in trueup("run", code=1)


def test_status_before_the_first_pass_says_so(trueup) -> None:  # type: ignore[no-untyped-def]
    assert "trueup has not run here yet" in trueup("status", code=1)


def test_an_image_is_set_in_the_files_of_a_folder(trueup, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "there" / "app.yaml"
    file.parent.mkdir()
    file.write_text("apiVersion: trueup/v1\nkind: FargateApp\nmetadata: {name: shop}\nspec: {image: shop:1} # CI\n")
    assert trueup("set", "image", "shop=shop:2", "there") == "image of shop (there/app.yaml:4:8): shop:1 -> shop:2\n"
    assert file.read_text().endswith("spec: {image: shop:2} # CI\n")
    assert "shop:2 already" in trueup("set", "image", "shop=shop:2", "there")
    assert "write APP=IMAGE" in trueup("set", "image", "shop", "there", code=1)
    assert "there is no FargateApp and no container 'shpo'" in trueup("set", "image", "shpo=shop:2", "there", code=1)
    file.write_text("a: [")
    assert "there/app.yaml" in trueup("set", "image", "shop=shop:2", "there", code=1)
