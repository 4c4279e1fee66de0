"""What moto cannot do of Route 53's kinds (gaps.py), shown on the requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from controller.errors import AwsRefused
from controller.kinds.route53 import health_check, zone_parts
from controller.kinds.route53.dnssec import Signed, look, signed
from controller.kinds.route53.health_check import HealthCheck, HealthCheckSpec
from controller.kinds.route53.hosted_zone import HostedZone
from controller.kinds.route53.record_set import RecordSet, RecordSetSpec, translate
from controller.kinds.route53.zone_parts import Detail
from controller.kinds.route53.zone_spec import Dnssec, HostedZoneSpec, SigningKey, ZoneVpc
from controller.model.observed import Observed, Wanted
from controller.reconcile.diff import diff
from tests.kinds.stubbed import Stubbed, covers

ZONE = {"Id": "/hostedzone/Z1", "Name": "example.com.", "CallerReference": "c", "Config": {"PrivateZone": False}}
INFO = {"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING", "SubmittedAt": datetime(2026, 1, 2, tzinfo=UTC)}}
KEY = SigningKey(name="ksk", kms_key="arn:aws:kms:us-east-1:123456789012:key/1")
OLD = SigningKey(name="old", kms_key="arn:aws:kms:us-east-1:123456789012:key/2")
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/a"


def zone(**fields: Any) -> Observed[HostedZoneSpec]:
    return Observed("Z1", HostedZoneSpec(name="example.com", **fields), {}, {"id": "Z1"}, detail=Detail(logging="q1"))


def update(account: Stubbed, before: Observed[HostedZoneSpec], field: str, **after: Any) -> None:
    HostedZone().update(account.aws, before, HostedZoneSpec(name="example.com", **after), frozenset({field}))
    account.done()


@covers("route53/HostedZone", "authorizedVpcs")
def test_vpcs_of_other_accounts_are_authorised_and_no_longer() -> None:
    account = Stubbed("route53")
    new, old = ({"VPCRegion": "eu-west-1", "VPCId": f"vpc-{number}"} for number in (1, 2))
    reply = {"HostedZoneId": "Z1", "VPC": new}
    account.expect("CreateVPCAssociationAuthorization", reply, HostedZoneId="Z1", VPC=new)
    account.expect("DeleteVPCAssociationAuthorization", HostedZoneId="Z1", VPC=old)
    before = zone(private=True, authorized_vpcs=(ZoneVpc(vpc="vpc-2", region="eu-west-1"),))
    after = (ZoneVpc(vpc="vpc-1", region="eu-west-1"),)
    update(account, before, "authorizedVpcs", private=True, authorized_vpcs=after)


@covers("route53/HostedZone", "queryLogging")
def test_a_zone_has_one_log_group_so_the_old_one_goes_first() -> None:
    account = Stubbed("route53")
    reply = {
        "QueryLoggingConfig": {"Id": "q2", "HostedZoneId": "Z1", "CloudWatchLogsLogGroupArn": GROUP},
        "Location": "https://route53.amazonaws.com/2013-04-01/queryloggingconfig/q2",
    }
    account.expect("DeleteQueryLoggingConfig", Id="q1")
    account.expect("CreateQueryLoggingConfig", reply, HostedZoneId="Z1", CloudWatchLogsLogGroupArn=GROUP)
    update(account, zone(), "queryLogging", query_logging=f"{GROUP}:*")


@covers("route53/HostedZone", "dnssec")
def test_a_key_is_made_before_a_zone_is_signed_and_the_old_one_goes_last() -> None:
    account = Stubbed("route53")
    made = {
        **INFO,
        "KeySigningKey": {"Name": "ksk"},
        "Location": "https://route53.amazonaws.com/2013-04-01/keysigningkey/Z1/ksk",
    }
    account.expect(
        "CreateKeySigningKey",
        made,
        HostedZoneId="Z1",
        CallerReference="trueup ksk",
        Name="ksk",
        KeyManagementServiceArn=KEY.kms_key,
        Status="ACTIVE",
    )
    account.expect("EnableHostedZoneDNSSEC", INFO, HostedZoneId="Z1")
    account.expect("DeactivateKeySigningKey", INFO, HostedZoneId="Z1", Name="old")
    account.expect("DeleteKeySigningKey", INFO, HostedZoneId="Z1", Name="old")
    update(account, zone(dnssec=Dnssec(signing=False, keys=(OLD,))), "dnssec", dnssec=Dnssec(keys=(KEY,)))


def test_a_zone_is_no_longer_signed_before_its_last_key_goes() -> None:
    """AWS deletes no key that answers are signed with."""
    account = Stubbed("route53")
    account.expect("DisableHostedZoneDNSSEC", INFO, HostedZoneId="Z1")
    account.expect("DeactivateKeySigningKey", INFO, HostedZoneId="Z1", Name="ksk")
    account.expect("DeleteKeySigningKey", INFO, HostedZoneId="Z1", Name="ksk")
    update(account, zone(dnssec=Dnssec(keys=(KEY,))), "dnssec", dnssec=Dnssec(signing=False))


def test_a_key_rests_and_is_taken_up_again_without_becoming_another() -> None:
    """As while keys are rotated: one is used no more, and the other already is."""
    account = Stubbed("route53")
    account.expect("ActivateKeySigningKey", INFO, HostedZoneId="Z1", Name="ksk")
    account.expect("DeactivateKeySigningKey", INFO, HostedZoneId="Z1", Name="old")
    resting = KEY.model_copy(update={"active": False})
    wanted = Dnssec(keys=(KEY, OLD.model_copy(update={"active": False})))
    update(account, zone(dnssec=Dnssec(keys=(resting, OLD))), "dnssec", dnssec=wanted)


def test_a_key_that_is_to_become_another_is_held_since_answers_are_signed_with_it() -> None:
    other = KEY.model_copy(update={"kms_key": OLD.kms_key.replace("key/", "key/other-")})
    live, spec = zone(dnssec=Dnssec(keys=(KEY,))), zone(dnssec=Dnssec(keys=(other,))).spec
    assert "the key-signing key ksk cannot become another" in HostedZone().caution(live, spec)
    assert not HostedZone().caution(live, live.spec)


def test_what_a_parent_zone_needs_and_what_only_a_person_can_mend_is_told() -> None:
    keys = [
        {"Name": "key2", "KmsArn": KEY.kms_key, "Status": "ACTIVE", "DSRecord": "2 13 2 BB"},
        {"Name": "key1", "KmsArn": KEY.kms_key, "Status": "INACTIVE", "DSRecord": "1 13 2 AA"},
        {"Name": "key3", "KmsArn": KEY.kms_key, "Status": "ACTION_NEEDED", "StatusMessage": "The KMS key is disabled."},
    ]
    found = signed({"Status": {"ServeSignature": "SIGNING"}, "KeySigningKeys": keys})
    assert found.outputs == {"dsRecord1": "1 13 2 AA", "dsRecord2": "2 13 2 BB"}
    assert {key.name: key.active for key in found.spec.keys} == {"key1": False, "key2": True, "key3": True}
    assert found.broken == "key key3: The KMS key is disabled."
    assert signed({"Status": {"ServeSignature": "NOT_SIGNING"}}) == Signed(Dnssec(signing=False), {}, "")


def record(**fields: Any) -> dict[str, Any]:
    answer = {"TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    return {"Name": "www.example.com.", "Type": "A", **answer, **fields}


def test_an_address_that_becomes_an_alias_is_one_batch_and_what_goes_is_given_as_aws_had_it() -> None:
    account = Stubbed("route53")
    live = translate(record(TTL=17), "Z1", {})
    spec = RecordSetSpec.model_validate(
        {"zone": "Z1", "name": "www.example.com.", "type": "AAAA", "alias": {"target": "d1.cloudfront.net"}}
    )
    alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net.", "EvaluateTargetHealth": False}
    new = {"Name": "www.example.com.", "Type": "AAAA", "AliasTarget": alias}
    changes = [
        {"Action": "DELETE", "ResourceRecordSet": record(TTL=17)},
        {"Action": "CREATE", "ResourceRecordSet": new},
    ]
    account.expect("ChangeResourceRecordSets", INFO, HostedZoneId="Z1", ChangeBatch={"Changes": changes})
    made = RecordSet().update(account.aws, live, spec, frozenset({"type", "values", "alias"}))
    account.done()
    assert made is not None
    assert made.id == "Z1/www.example.com./AAAA/"


@pytest.mark.parametrize("there", [True, False])
def test_a_record_that_is_gone_already_needs_no_delete_and_any_other_refusal_is_told(there: bool) -> None:
    """AWS has one code for both, so it is asked again what is there."""
    account = Stubbed("route53")
    account.refuse("ChangeResourceRecordSets", "InvalidChangeBatch")
    others = [record(Type="AAAA"), record(SetIdentifier="blue")]
    reply = {"ResourceRecordSets": [*others, *([record()] if there else [])], "IsTruncated": False, "MaxItems": "300"}
    account.expect(
        "ListResourceRecordSets",
        reply,
        HostedZoneId="Z1",
        StartRecordName="www.example.com.",
        StartRecordType="A",
    )
    live = translate(record(), "Z1", {})
    if there:
        with pytest.raises(AwsRefused):
            RecordSet().delete(account.aws, live)
    else:
        RecordSet().delete(account.aws, live)
    account.done()


def test_a_bad_record_is_named_with_awss_words_and_the_others_go_in() -> None:
    account = Stubbed("route53")
    listed = [{"name": name, "type": "A", "values": ["192.0.2.1"]} for name in ("a", "b")]
    spec = HostedZoneSpec.model_validate({"name": "example.com", "records": listed})
    requests = [
        {"Action": "CREATE", "ResourceRecordSet": {**record(), "Name": f"{name}.example.com."}} for name in ("a", "b")
    ]
    account.refuse("ChangeResourceRecordSets", "InvalidChangeBatch")
    account.expect("ChangeResourceRecordSets", INFO, HostedZoneId="Z1", ChangeBatch={"Changes": requests[:1]})
    account.refuse("ChangeResourceRecordSets", "InvalidChangeBatch")
    with pytest.raises(
        AwsRefused, match=r"AWS refused b\.example\.com A: .*InvalidChangeBatch; 1 other changes went in"
    ):
        HostedZone().update(account.aws, zone(), spec, frozenset({"records"}))
    account.done()


def test_what_git_says_of_dnssec_and_of_others_vpcs_is_asked_for_and_read() -> None:
    account = Stubbed("route53")
    vpc = {"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}
    account.expect("ListVPCAssociationAuthorizations", {"HostedZoneId": "Z1", "VPCs": [vpc]}, HostedZoneId="Z1")
    keys = [{"Name": "ksk", "KmsArn": KEY.kms_key}]
    status = {"Status": {"ServeSignature": "SIGNING"}, "KeySigningKeys": keys}
    account.expect("GetDNSSEC", status, HostedZoneId="Z1")
    sight = zone_parts.Sight(account.aws, Wanted(), (ZONE,), {})
    assert zone_parts.authorized(sight, "Z1") == (ZoneVpc(vpc="vpc-1", region="eu-west-1"),)
    assert look(sight.aws, "Z1").spec == Dnssec(keys=(KEY,))
    account.done()


def test_a_zone_that_is_taken_down_takes_its_delegation_its_logging_and_its_keys_along() -> None:
    account = Stubbed("route53")
    servers = {"Name": "example.com.", "Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns1.example.net."}]}
    live = zone(dnssec=Dnssec(keys=(KEY,)))
    live = replace(
        live, outputs={"nameServers": "ns1.example.net"}, detail=Detail(delegations={"Z0": servers}, logging="q1")
    )
    gone = [{"Action": "DELETE", "ResourceRecordSet": servers}]
    account.expect("ChangeResourceRecordSets", INFO, HostedZoneId="Z0", ChangeBatch={"Changes": gone})
    account.expect("DeleteQueryLoggingConfig", Id="q1")
    account.expect("DisableHostedZoneDNSSEC", INFO, HostedZoneId="Z1")
    account.expect("DeactivateKeySigningKey", INFO, HostedZoneId="Z1", Name="ksk")
    account.expect("DeleteKeySigningKey", INFO, HostedZoneId="Z1", Name="ksk")
    account.expect("DeleteHostedZone", INFO, Id="Z1")
    HostedZone().delete(account.aws, live)
    account.done()


CHECK = {"Id": "h1", "CallerReference": "c", "HealthCheckVersion": 1}


@covers("route53/HealthCheck", "alarmIdentifier", "insufficientDataHealthStatus")
def test_a_check_of_an_alarm_says_nothing_of_an_endpoint_and_comes_back_the_same() -> None:
    account = Stubbed("route53")
    alarm = {"Region": "eu-central-1", "Name": "web"}
    config: dict[str, Any] = {
        "Type": "CLOUDWATCH_METRIC",
        "AlarmIdentifier": alarm,
        "InsufficientDataHealthStatus": "Healthy",
        "Regions": ["ap-southeast-1", "eu-west-1", "us-east-1"],
        "Inverted": False,
        "Disabled": False,
    }
    del config["Type"]
    spec = HealthCheckSpec.model_validate(
        {
            "type": "CLOUDWATCH_METRIC",
            "alarmIdentifier": {"region": "eu-central-1", "name": "web"},
            "insufficientDataHealthStatus": "Healthy",
            "regions": ["us-east-1", "eu-west-1", "ap-southeast-1"],
        }
    )
    whole = {**CHECK, "HealthCheckConfig": {**config, "Type": "CLOUDWATCH_METRIC"}}
    live = health_check.translate(account.aws, whole, {})
    assert diff(spec, live.spec) == ()
    account.expect("UpdateHealthCheck", {"HealthCheck": whole}, HealthCheckId="h1", **config)
    HealthCheck().update(account.aws, live, spec, frozenset({"alarmIdentifier"}))
    account.done()


def test_what_is_taken_out_of_a_check_is_said_to_go() -> None:
    """To leave it out would leave it as it is."""
    account = Stubbed("route53")
    spec = HealthCheckSpec.model_validate({"type": "HTTP", "ipAddress": "203.0.114.1"})
    account.expect(
        "UpdateHealthCheck",
        {"HealthCheck": {**CHECK, "HealthCheckConfig": {"Type": "HTTP"}}},
        HealthCheckId="h1",
        IPAddress="203.0.114.1",
        Port=80,
        FailureThreshold=3,
        Inverted=False,
        Disabled=False,
        EnableSNI=False,
        ResetElements=["FullyQualifiedDomainName", "ResourcePath"],
    )
    live: Observed[HealthCheckSpec] = Observed("h1", spec)
    HealthCheck().update(account.aws, live, spec, frozenset({"resourcePath"}))
    account.done()


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"type": "HTTP"}, "needs an ipAddress or a fullyQualifiedDomainName"),
        ({"type": "TCP", "ipAddress": "203.0.114.1"}, "TCP needs a port"),
        ({"type": "HTTP", "ipAddress": "203.0.114.1", "searchString": "x"}, "a searchString goes with"),
        ({"type": "CALCULATED"}, "childHealthChecks go with CALCULATED"),
        ({"type": "CLOUDWATCH_METRIC"}, "an alarmIdentifier goes with"),
    ],
)
def test_a_check_that_cannot_be_is_refused(written: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        HealthCheckSpec.model_validate(written)
