"""What moto cannot do (gaps.py), shown on the requests: botocore's service model takes each, and each says what it should."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from controller.aws.client import Aws
from controller.kinds.iam.group import Group
from controller.kinds.iam.group import translate as group
from controller.kinds.iam.oidc_provider import OIDCProvider
from controller.kinds.iam.oidc_provider import translate as provider
from controller.kinds.iam.saml_provider import SAMLProvider
from controller.kinds.iam.saml_provider import translate as saml
from controller.kinds.iam.user import User
from controller.kinds.iam.user import translate as user
from tests.kinds.gaps import GAPS

ARN = "arn:aws:iam::123456789012:oidc-provider/example.com"
SAML_ARN = "arn:aws:iam::123456789012:saml-provider/corp"
POLICY = "arn:aws:iam::123456789012:policy/bound"


class _Account:
    """An account whose one client is stubbed: a call that is not the next expected one fails."""

    id, partition = "123456789012", "aws"

    def __init__(self) -> None:
        self.iam = boto3.client("iam", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(self.iam)
        self.stub.activate()

    def client(self, service: str, region: str) -> Any:
        return self.iam

    def expect(self, operation: str, **params: Any) -> None:
        self.stub.add_response(operation, {}, params)


@pytest.fixture
def account() -> _Account:
    return _Account()


def aws(account: _Account) -> Aws:
    return Aws(account, "us-east-1")  # type: ignore[arg-type]


def test_client_ids_of_an_oidc_provider_are_added_before_others_are_removed(account: _Account) -> None:
    live = provider(ARN, {"Url": "example.com", "ClientIDList": ["old", "kept"], "ThumbprintList": []})
    spec = live.spec.model_copy(update={"client_ids": frozenset({"kept", "new"})})
    account.expect("add_client_id_to_open_id_connect_provider", ClientID="new", OpenIDConnectProviderArn=ARN)
    account.expect("remove_client_id_from_open_id_connect_provider", ClientID="old", OpenIDConnectProviderArn=ARN)
    OIDCProvider().update(aws(account), live, spec, frozenset({"clientIds"}))
    account.stub.assert_no_pending_responses()


def test_tags_of_a_saml_provider_are_put_and_taken_by_key(account: _Account) -> None:
    live = saml(SAML_ARN, {"SAMLMetadataDocument": "<x/>", "Tags": [{"Key": "old", "Value": "1"}]})
    account.expect("tag_saml_provider", SAMLProviderArn=SAML_ARN, Tags=[{"Key": "new", "Value": "2"}])
    account.expect("untag_saml_provider", SAMLProviderArn=SAML_ARN, TagKeys=["old"])
    SAMLProvider().retag(aws(account), live, {"new": "2"}, frozenset({"old"}))
    account.stub.assert_no_pending_responses()


def test_a_users_boundary_is_put_and_taken_away(account: _Account) -> None:
    live = user({"UserName": "ana", "Path": "/", "Arn": "arn:aws:iam::123456789012:user/ana"}, {})
    bound = live.spec.model_copy(update={"permissions_boundary": POLICY})
    account.expect("put_user_permissions_boundary", UserName="ana", PermissionsBoundary=POLICY)
    User().update(aws(account), live, bound, frozenset({"permissionsBoundary"}))
    account.expect("delete_user_permissions_boundary", UserName="ana")
    User().update(aws(account), live, live.spec, frozenset({"permissionsBoundary"}))
    account.stub.assert_no_pending_responses()


def test_a_groups_path_is_changed_in_place(account: _Account) -> None:
    live = group({"GroupName": "ops", "Path": "/", "Arn": "arn:aws:iam::123456789012:group/ops"}, ())
    account.expect("update_group", GroupName="ops", NewPath="/teams/")
    Group().update(aws(account), live, live.spec.model_copy(update={"path": "/teams/"}), frozenset({"path"}))
    account.stub.assert_no_pending_responses()


def test_every_gap_has_its_request_here() -> None:
    assert GAPS.keys() == {
        ("iam/OIDCProvider", "clientIds"),
        ("iam/SAMLProvider", "tags"),
        ("iam/User", "permissionsBoundary"),
        ("iam/Group", "path"),
    }
