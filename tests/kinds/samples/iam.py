"""Samples of IAM's kinds."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kinds.samples.base import Around, Sample

ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}],
}
OTHER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
OTHER_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SAML = "<EntityDescriptor>" + "x" * 1000 + "</EntityDescriptor>"

POLICIES: Around = (("iam/Policy", "one", {"document": ALLOW}), ("iam/Policy", "two", {"document": OTHER}))
GROUPS: Around = (("iam/Group", "left", {}), ("iam/Group", "right", {}))
ROLES: Around = (("iam/Role", "first", {"trust": TRUST}), ("iam/Role", "second", {"trust": TRUST}))

SAMPLES: Mapping[str, Sample] = {
    "iam/AccountAlias": Sample(spec={"accountAlias": "acme-prod"}, changes={"accountAlias": "acme-test"}),
    "iam/AccountPasswordPolicy": Sample(
        spec={"minimumPasswordLength": 14, "requireSymbols": True, "maxPasswordAge": 90},
        changes={
            "minimumPasswordLength": 16,
            "requireSymbols": False,
            "requireNumbers": True,
            "requireUppercaseCharacters": True,
            "requireLowercaseCharacters": True,
            "allowUsersToChangePassword": True,
            "maxPasswordAge": 60,
            "passwordReusePrevention": 5,
            "hardExpiry": True,
        },
    ),
    "iam/Group": Sample(
        around=POLICIES,
        spec={"managedPolicies": ["one"], "inlinePolicies": {"read": ALLOW}},
        changes={"managedPolicies": ["two"], "inlinePolicies": {"write": OTHER}, "path": "/teams/"},
        replacements={"groupName": "renamed"},
    ),
    "iam/InstanceProfile": Sample(
        around=ROLES,
        spec={"role": "first", "tags": {"team": "a"}},
        changes={"role": "second", "tags": {"team": "b"}},
        replacements={"instanceProfileName": "renamed", "path": "/teams/"},
    ),
    "iam/OIDCProvider": Sample(
        spec={
            "url": "https://token.actions.githubusercontent.com",
            "clientIds": ["sts.amazonaws.com"],
            "thumbprints": ["a" * 40],
        },
        changes={"clientIds": ["one", "two"], "thumbprints": ["b" * 40], "tags": {"team": "b"}},
        replacements={"url": "https://gitlab.example.com"},
    ),
    "iam/Policy": Sample(
        spec={"document": ALLOW, "description": "Reads", "tags": {"team": "a"}},
        changes={"document": OTHER, "tags": {"team": "b", "more": "c"}},
        replacements={"policyName": "renamed", "path": "/teams/", "description": "Reads more"},
    ),
    "iam/Role": Sample(
        around=POLICIES,
        spec={
            "trust": TRUST,
            "managedPolicies": ["one"],
            "inlinePolicies": {"read": ALLOW},
            "description": "Runs the app",
            "tags": {"team": "a"},
        },
        changes={
            "trust": OTHER_TRUST,
            "managedPolicies": ["two"],
            "inlinePolicies": {"read": OTHER, "write": ALLOW},
            "description": "Runs the other app",
            "maxSessionDuration": 7200,
            "permissionsBoundary": "two",
            "tags": {},
        },
        replacements={"roleName": "renamed", "path": "/teams/"},
    ),
    "iam/SAMLProvider": Sample(
        spec={"metadataDocument": SAML, "tags": {"team": "a"}},
        changes={"metadataDocument": SAML.replace("x", "y"), "tags": {"team": "b"}},
        replacements={"name": "renamed"},
    ),
    "iam/User": Sample(
        around=(*POLICIES, *GROUPS),
        spec={"groups": ["left"], "managedPolicies": ["one"], "inlinePolicies": {"read": ALLOW}, "tags": {"team": "a"}},
        changes={
            "groups": ["right"],
            "managedPolicies": ["two"],
            "inlinePolicies": {"read": OTHER},
            "permissionsBoundary": "two",
            "path": "/teams/",
            "tags": {"team": "b"},
        },
        replacements={"userName": "renamed"},
    ),
}
