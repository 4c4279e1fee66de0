"""What ECS itself does to start a task (pull images, write logs, read secrets), and whether its execution role lets it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from controller.kinds.ecr.types import HOST
from controller.kinds.iam.role import RoleSpec
from controller.model.containers import ContainerDefinition
from controller.model.policy import PolicyDocument
from controller.model.policy_grammar import listed

MANAGED = "AmazonECSTaskExecutionRolePolicy"
"""AWS's own policy for execution roles."""
PULL = (
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
)
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
BY_THE_ROLE_ALONE = frozenset({"ecr:GetAuthorizationToken", *LOG, "logs:CreateLogGroup"})
"""What nothing but a role's own policies can allow; a repository's policy, or a secret's, may allow the rest."""
PRIVATE = re.compile(rf"{HOST}/|\$\{{out\.(ecr/)?(ImagePolicy|Repository)\.")
"""How an image of ECR begins: with its registry, or with what another manifest gives of it."""


def needs(container: ContainerDefinition, is_parameter: Callable[[str], bool]) -> Mapping[str, str]:
    """The actions that a container's start takes, each with what it is for. `is_parameter`: whether a name is one of SSM's."""
    return dict(_needs(container, is_parameter))


def _needs(container: ContainerDefinition, is_parameter: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    if PRIVATE.match(container.image):
        yield from ((action, f"pull {container.image}") for action in PULL)
    log = container.log_configuration
    if log.log_driver == "awslogs":
        yield from ((action, f"write the logs of {container.name}") for action in LOG)
        if log.options.get("awslogs-create-group") == "true":
            yield "logs:CreateLogGroup", f"make the log group of {container.name}"
    for name, source in {**container.secrets, **log.secret_options}.items():
        of_ssm = ":ssm:" in source.from_ or is_parameter(source.from_)
        yield "ssm:GetParameters" if of_ssm else "secretsmanager:GetSecretValue", f"read {name}"


def lacking(
    role: RoleSpec, wanted: Mapping[str, str], policy: Callable[[str], PolicyDocument | None]
) -> Mapping[str, str]:
    """Of some actions those that a role surely does not allow. `policy`: a managed policy's document by what the role calls it.

    Nothing where the role has a policy that cannot be seen from here: it may well allow them.
    """
    documents = [*role.inline_policies.values()]
    allowed: set[str] = set()
    for name in role.managed_policies:
        found = policy(name)
        if name.endswith(f"/{MANAGED}"):
            allowed |= {*PULL, *LOG}
        elif found is None:
            return {}
        else:
            documents.append(found)
    return {
        action: why
        for action, why in wanted.items()
        if action not in allowed and not any(_allows(document, action) for document in documents)
    }


def _allows(document: PolicyDocument, action: str) -> bool:
    """Whether a document may allow an action. What it denies, and where, is left to IAM."""
    for statement in document.data["Statement"]:
        patterns = [pattern.lower() for pattern in listed(statement.get("Action"))]
        if statement["Effect"] == "Allow" and (
            "NotAction" in statement or any(fnmatchcase(action.lower(), p) for p in patterns)
        ):
            return True
    return False
