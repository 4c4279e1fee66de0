"""The table of all kinds. A new kind is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.kinds.base import Kind
from controller.kinds.composite import Composite
from controller.kinds.composites.network import Network
from controller.kinds.ec2.security_group import SecurityGroup
from controller.kinds.ec2.subnet import Subnet
from controller.kinds.ec2.vpc import Vpc
from controller.kinds.ecs.cluster import Cluster
from controller.kinds.ecs.task_definition import TaskDefinition
from controller.kinds.iam.account_alias import AccountAlias
from controller.kinds.iam.account_password_policy import AccountPasswordPolicy
from controller.kinds.iam.group import Group
from controller.kinds.iam.instance_profile import InstanceProfile
from controller.kinds.iam.oidc_provider import OIDCProvider
from controller.kinds.iam.policy import Policy
from controller.kinds.iam.role import Role
from controller.kinds.iam.saml_provider import SAMLProvider
from controller.kinds.iam.user import User

_ALL: tuple[Kind[Any], ...] = (
    AccountAlias(),
    AccountPasswordPolicy(),
    Group(),
    InstanceProfile(),
    OIDCProvider(),
    Policy(),
    Role(),
    SAMLProvider(),
    User(),
    # ec2
    Vpc(),
    Subnet(),
    SecurityGroup(),
    # ecs
    Cluster(),
    TaskDefinition(),
)

KINDS: Mapping[str, Kind[Any]] = {kind.id: kind for kind in _ALL}

COMPOSITES: Mapping[str, Composite[Any]] = {composite.id: composite for composite in (Network(),)}
"""What expands to manifests of these kinds."""
