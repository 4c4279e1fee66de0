"""What moto cannot do of IAM (gaps.py), shown on the requests."""

from __future__ import annotations

import pytest

from controller.kinds.iam.group import Group
from controller.kinds.iam.group import translate as group
from controller.kinds.iam.oidc_provider import OIDCProvider
from controller.kinds.iam.oidc_provider import translate as provider
from controller.kinds.iam.saml_provider import SAMLProvider
from controller.kinds.iam.saml_provider import translate as saml
from controller.kinds.iam.user import User
from controller.kinds.iam.user import translate as user
from tests.kinds.stubbed import Stubbed, covers

ARN = "arn:aws:iam::123456789012:oidc-provider/example.com"
SAML_ARN = "arn:aws:iam::123456789012:saml-provider/corp"
POLICY = "arn:aws:iam::123456789012:policy/bound"


@pytest.fixture
def account() -> Stubbed:
    return Stubbed("iam")


@covers("iam/OIDCProvider", "clientIds")
def test_client_ids_of_an_oidc_provider_are_added_before_others_are_removed(account: Stubbed) -> None:
    live = provider(ARN, {"Url": "example.com", "ClientIDList": ["old", "kept"], "ThumbprintList": []})
    spec = live.spec.model_copy(update={"client_ids": frozenset({"kept", "new"})})
    account.expect("AddClientIDToOpenIDConnectProvider", ClientID="new", OpenIDConnectProviderArn=ARN)
    account.expect("RemoveClientIDFromOpenIDConnectProvider", ClientID="old", OpenIDConnectProviderArn=ARN)
    OIDCProvider().update(account.aws, live, spec, frozenset({"clientIds"}))
    account.done()


@covers("iam/SAMLProvider", "tags")
def test_tags_of_a_saml_provider_are_put_and_taken_by_key(account: Stubbed) -> None:
    live = saml(SAML_ARN, {"SAMLMetadataDocument": "<x/>", "Tags": [{"Key": "old", "Value": "1"}]})
    account.expect("TagSAMLProvider", SAMLProviderArn=SAML_ARN, Tags=[{"Key": "new", "Value": "2"}])
    account.expect("UntagSAMLProvider", SAMLProviderArn=SAML_ARN, TagKeys=["old"])
    SAMLProvider().retag(account.aws, live, {"new": "2"}, frozenset({"old"}))
    account.done()


@covers("iam/User", "permissionsBoundary")
def test_a_users_boundary_is_put_and_taken_away(account: Stubbed) -> None:
    live = user({"UserName": "ana", "Path": "/", "Arn": "arn:aws:iam::123456789012:user/ana"}, {})
    bound = live.spec.model_copy(update={"permissions_boundary": POLICY})
    account.expect("PutUserPermissionsBoundary", UserName="ana", PermissionsBoundary=POLICY)
    User().update(account.aws, live, bound, frozenset({"permissionsBoundary"}))
    account.expect("DeleteUserPermissionsBoundary", UserName="ana")
    User().update(account.aws, live, live.spec, frozenset({"permissionsBoundary"}))
    account.done()


@covers("iam/Group", "path")
def test_a_groups_path_is_changed_in_place(account: Stubbed) -> None:
    live = group({"GroupName": "ops", "Path": "/", "Arn": "arn:aws:iam::123456789012:group/ops"}, ())
    account.expect("UpdateGroup", GroupName="ops", NewPath="/teams/")
    Group().update(account.aws, live, live.spec.model_copy(update={"path": "/teams/"}), frozenset({"path"}))
    account.done()
