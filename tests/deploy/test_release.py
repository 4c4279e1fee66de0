"""The workflow that releases an application: its steps are run here as they stand there, and its role can do what they do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.kinds.iam.policy_lint import lint
from controller.manifest.yaml_writer import write
from controller.model.policy import PolicyDocument
from tests.stage import SCOPE, Stage, document

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "deploy" / "github"
WORKFLOW: dict[Any, Any] = yaml.safe_load((GITHUB / "release.yaml").read_text())
PLANS: dict[Any, Any] = yaml.safe_load((GITHUB / "trueup.yaml").read_text())
JOBS = WORKFLOW["jobs"]
STEPS = {step.get("name", step.get("uses")): step for job in JOBS.values() for step in job["steps"]}
SHA = "4f2a" * 10
PUSH = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html; a manifest is inspected by BatchGetImage as well."""
MANIFEST = """# The shop.
apiVersion: trueup/v1
kind: FargateApp
metadata: {name: shop}
spec:
  image: shop:1.4.2   # CI's
  port: 3000
"""


def run(step: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A step as GitHub runs it: bash that stops at the first command that fails, with the workflow's variables."""
    image = WORKFLOW["env"]["IMAGE"].replace("${{ github.sha }}", SHA)
    every = {
        **os.environ,
        "PATH": f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder.parent),
        "APP": WORKFLOW["env"]["APP"],
        "IMAGE": image,
        **environ,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]]
    return subprocess.run(command, cwd=folder, env=every, capture_output=True, text=True, timeout=120)


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A shallow checkout of a remote with the manifests, and `trueup` on the path."""
    program(tmp_path, "trueup", f'exec "{sys.executable}" -m controller "$@"')
    program(tmp_path, "sleep", "exit 0")
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(tmp_path, "clone", "--quiet", "remote.git", "team")
    (tmp_path / "team" / "manifests").mkdir()
    (tmp_path / "team" / "manifests" / "shop.yaml").write_text(MANIFEST)
    pushed(tmp_path / "team")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tmp_path}/remote.git", "checkout")
    return tmp_path / "checkout"


def pushed(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=of the team")
    git(folder, "push", "--quiet", "origin", "HEAD:main")


def released(checkout: Path) -> str:
    return git(checkout.parent / "remote.git", "show", "main:manifests/shop.yaml")


def test_a_release_is_a_commit_of_the_one_text(checkout: Path) -> None:
    done = run("Release", checkout)
    assert done.returncode == 0, done.stderr
    assert released(checkout) == MANIFEST.replace("shop:1.4.2", f"shop:{SHA}")
    said = git(checkout.parent / "remote.git", "log", "-1", "--format=%an: %s", "main")
    assert said.strip() == f"release of shop: Release shop:{SHA}"
    assert run("Release", checkout).returncode == 0, "what is released already is no failure"
    assert git(checkout.parent / "remote.git", "rev-list", "--count", "main").strip() == "2"


def test_what_others_push_meanwhile_stays_also_where_it_is_a_release_of_the_same_app(checkout: Path) -> None:
    """Between the checkout and the step, and once more between the step's own look and its push."""
    team = checkout.parent / "team"
    (team / "manifests" / "shop.yaml").write_text(MANIFEST.replace("shop:1.4.2", "shop:1.5.0").replace("3000", "8080"))
    pushed(team)
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    once = f'cd "{team}" && echo more > more && "{real}" add more && "{real}" commit -qm more && "{real}" push -q origin HEAD:main'
    meanwhile = f'if [ "$1" = push ] && [ ! -e "{team}/more" ]; then ({once}); fi; exec "{real}" "$@"'
    program(checkout.parent, "git", meanwhile)
    git(team, "config", "user.name", "somebody")
    git(team, "config", "user.email", "somebody@example.com")
    done = run("Release", checkout)
    assert done.returncode == 0, done.stderr
    assert "rejected" in done.stderr
    assert released(checkout) == MANIFEST.replace("shop:1.4.2", f"shop:{SHA}").replace("3000", "8080")
    assert git(checkout.parent / "remote.git", "show", "main:more") == "more\n"


def test_a_release_that_cannot_be_pushed_fails(checkout: Path) -> None:
    hook = checkout.parent / "remote.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert run("Release", checkout).returncode == 1
    assert released(checkout) == MANIFEST


def test_an_app_that_git_does_not_name_fails_with_those_that_it_does(checkout: Path) -> None:
    done = run("Release", checkout, APP="shpo")
    assert done.returncode == 1
    assert "did you mean 'shop'" in " ".join(done.stderr.split())


@pytest.mark.parametrize("there", [False, True])
def test_an_image_is_built_and_pushed_once(tmp_path: Path, there: bool) -> None:
    """The repository's tags are immutable: to push again what is there would fail."""
    (tmp_path / "app").mkdir()
    program(tmp_path, "docker", f'echo "$@" >> "{tmp_path}/calls"; [ "$1" != manifest ] || exit {0 if there else 1}')
    assert run("Build and push", tmp_path / "app", REGISTRY="registry").returncode == 0
    image = f"registry/shop:{SHA}"
    build = [] if there else [f"build --tag {image} .", f"push {image}"]
    assert (tmp_path / "calls").read_text().splitlines() == [f"manifest inspect {image}", *build]


def test_only_the_build_may_come_to_aws_and_no_two_releases_run_at_once() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert JOBS["build"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert "permissions" not in JOBS["release"]
    assert WORKFLOW[True] == {"push": {"branches": ["main"]}}  # YAML 1.1 reads `on` as true
    assert WORKFLOW["concurrency"] == "release"
    assert JOBS["release"]["needs"] == "build"


def test_both_workflows_run_the_same_trueup_and_the_same_actions() -> None:
    assert JOBS["release"]["container"] == PLANS["jobs"]["plan"]["container"]

    def actions(workflow: dict[Any, Any]) -> dict[str, str]:
        used = (step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step)
        return dict(name.split("@") for name in used)

    mine, theirs = actions(WORKFLOW), actions(PLANS)
    assert {name: mine[name] for name in theirs} == theirs
    assert mine.keys() - theirs.keys() == {"aws-actions/amazon-ecr-login"}


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    shop = document("ecr.aws/v1", "Repository", "shop", {})
    text = (GITHUB / "release-role.yaml").read_text()
    return Stage(tmp_path, {"scope.yaml": SCOPE, "shop.yaml": write([shop]), "release-role.yaml": text})


def test_the_role_can_push_to_the_one_repository_from_the_one_branch_and_nothing_else(stage: Stage) -> None:
    assert stage.loaded().problems == ()
    stage.converge()
    iam = stage.aws()
    role = iam.call("iam", "GetRole", RoleName="shop-release")["Role"]
    assert STEPS["Log in to AWS"]["with"]["role-to-assume"] == role["Arn"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
    (branch,) = WORKFLOW[True]["push"]["branches"]
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": f"repo:acme/shop:ref:refs/heads/{branch}",
        }
    }
    allowed = iam.call("iam", "GetRolePolicy", RoleName="shop-release", PolicyName="push")["PolicyDocument"]
    log_in, push = allowed["Statement"]
    assert (log_in["Action"], log_in["Resource"]) == ("ecr:GetAuthorizationToken", "*")
    assert set(push["Action"]) == PUSH
    assert push["Resource"] == "arn:aws:ecr:eu-central-1:123456789012:repository/shop"
    assert list(lint(PolicyDocument.parse(allowed), "role")) == []
    assert iam.call("iam", "ListAttachedRolePolicies", RoleName="shop-release")["AttachedPolicies"] == []


@pytest.mark.parametrize("wanted", ["lifecycle: {ignore", "patches: "])
def test_what_the_readme_says_for_those_who_deploy_from_outside_is_sound(stage: Stage, wanted: str) -> None:
    (line,) = [each for each in (ROOT / "deploy" / "README.md").read_text().splitlines() if each.startswith(wanted)]
    said = yaml.safe_load(line)
    worker = {"kind": "worker", "image": "shop:1", "network": "main", "zones": ["a"], "repository": False}
    patches = said.get("patches", [{"kind": "Service", **said}])
    app = document("trueup/v1", "FargateApp", "shop", {**worker, "patches": patches})
    network = document("trueup/v1", "Network", "main", {"cidr": "10.0.0.0/16", "zones": ["a"], "nat": "one"})
    stage.files["app.yaml"] = write([app, network])
    services = [each for address, each in stage.desired().manifests.items() if address.kind == "ecs/Service"]
    assert [service.lifecycle.ignore for service in services] == [("taskDefinition",)]
