"""Certificates: replies as AWS documents them, and their validation records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.client import Aws
from controller.kinds.acm.certificate import (
    EXPIRY,
    RENEWAL,
    Certificate,
    CertificateSpec,
    facts,
    records,
    translate,
    within,
)
from controller.model.observed import Observed, Wanted
from controller.model.plan import Verb
from tests.kinds.stubbed import Stubbed, covers

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
OURS = {"trueup:owner": "trueup"}
TAGS = [{"Key": "trueup:owner", "Value": "trueup"}]
COM, ORG = "_c1.example.com.", "_c2.example.org."
VALUE = "_v.acm-validations.aws."


def option(name: str, record: str = "", status: str = "PENDING_VALIDATION") -> dict[str, Any]:
    found = {"DomainName": name, "ValidationStatus": status, "ValidationMethod": "DNS"}
    return {**found, "ResourceRecord": {"Name": record, "Type": "CNAME", "Value": VALUE}} if record else found


SUMMARY = {
    "CertificateArn": ARN,
    "DomainName": "example.com",
    "SubjectAlternativeNameSummaries": ["example.com", "*.example.com"],
    "Status": "PENDING_VALIDATION",
    "Type": "AMAZON_ISSUED",
    "KeyAlgorithm": "RSA_2048",
}
DETAIL: dict[str, Any] = {
    "CertificateArn": ARN,
    "DomainName": "example.com",
    "SubjectAlternativeNames": ["example.com", "*.example.com", "example.org"],
    "Status": "PENDING_VALIDATION",
    "Type": "AMAZON_ISSUED",
    "KeyAlgorithm": "RSA-2048",
    "DomainValidationOptions": [
        option("example.com", COM),
        option("*.example.com", COM),
        option("example.org", ORG, "SUCCESS"),
    ],
}
EXPIRES = datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)
ISSUED = {**DETAIL, "Status": "ISSUED", "NotAfter": EXPIRES}
KEY_TYPES = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


class Services:
    """An account with a stub for each of three services."""

    id, partition = "123456789012", "aws"

    def __init__(self) -> None:
        self.stubs = {name: Stubbed(name) for name in ("acm", "route53", "resourcegroupstaggingapi")}

    def client(self, service: str, region: str) -> Any:
        return self.stubs[service].client(service, region)

    def expect(self, service: str, operation: str, reply: dict[str, Any], /, **params: Any) -> None:
        self.stubs[service].expect(operation, reply, **params)

    @property
    def aws(self) -> Aws:
        return Aws(self, "eu-central-1")  # type: ignore[arg-type]

    def done(self) -> None:
        for stub in self.stubs.values():
            stub.done()


def zone(id_: str, name: str, *, private: bool = False) -> dict[str, Any]:
    return {"Id": f"/hostedzone/{id_}", "Name": name, "CallerReference": "x", "Config": {"PrivateZone": private}}


def page(key: str, *items: Any) -> dict[str, Any]:
    return {key: list(items), "IsTruncated": False, "MaxItems": "100"}


def look(account: Services, detail: dict[str, Any], *zones: dict[str, Any]) -> None:
    """What a pass asks of an account with one certificate, which is too new for the Tagging API."""
    account.expect(
        "acm",
        "ListCertificates",
        {"CertificateSummaryList": [SUMMARY]},
        Includes={"keyTypes": KEY_TYPES},
        MaxItems=1000,
    )
    account.expect(
        "resourcegroupstaggingapi",
        "GetResources",
        {"ResourceTagMappingList": []},
        TagFilters=[{"Key": "trueup:owner"}],
        ResourcesPerPage=100,
    )
    account.expect("acm", "ListTagsForCertificate", {"Tags": TAGS}, CertificateArn=ARN)
    account.expect("acm", "DescribeCertificate", {"Certificate": detail}, CertificateArn=ARN)
    if zones:
        account.expect("route53", "ListHostedZones", page("HostedZones", *zones) | {"Marker": ""}, MaxItems="100")


def look_up(account: Services, zone: str, name: str, found: str) -> None:
    """One record that is looked up, and where it points to ("" where there is none, and AWS gives what comes after it)."""
    record = {"Name": name if found else "www.example.com.", "Type": "CNAME", "TTL": 300}
    sets = {**record, "ResourceRecords": [{"Value": found or "elsewhere."}]}
    reply = page("ResourceRecordSets", sets)
    account.expect(
        "route53",
        "ListResourceRecordSets",
        reply,
        HostedZoneId=zone,
        StartRecordName=name,
        StartRecordType="CNAME",
        MaxItems="1",
    )


def seen(account: Services) -> Observed[CertificateSpec]:
    (found,) = Certificate().observe(account.aws, Wanted())
    account.done()
    return found


def test_the_zone_is_told_only_where_the_records_are_there() -> None:
    """So that the difference brings the records about. A record of another name, or with another value, is not it."""
    account = Services()
    look(
        account,
        DETAIL,
        zone("ZCOM", "example.com."),
        zone("ZIN", "example.com.", private=True),
        zone("ZNET", "example.net."),
    )
    look_up(account, "ZCOM", COM, "")
    found = seen(account)
    assert found.spec.zone == ""
    assert found.tags == OURS


@pytest.mark.parametrize(("value", "zone_"), [(VALUE, "ZCOM"), (VALUE.upper().rstrip("."), "ZCOM"), ("other.", "")])
def test_the_zone_that_has_the_records_is_told(value: str, zone_: str) -> None:
    """The names that lie in other zones are none of its business."""
    account = Services()
    look(account, DETAIL, zone("ZCOM", "example.com."))
    look_up(account, "ZCOM", COM, value)
    assert seen(account).spec.zone == zone_


def test_records_in_two_zones_of_one_name_are_as_good_as_in_one() -> None:
    """Else a certificate whose zone was changed would be put right for ever."""
    account = Services()
    look(account, DETAIL, zone("ZONE", "example.com."), zone("ZTWO", "example.com."))
    look_up(account, "ZONE", COM, VALUE)
    look_up(account, "ZTWO", COM, VALUE)
    assert seen(account).spec.zone is None


def test_an_issued_certificate_costs_no_call_to_route_53() -> None:
    account = Services()
    look(account, ISSUED)
    assert seen(account).spec.zone is None


def test_a_renewal_that_waits_for_the_records_looks_at_them_again() -> None:
    """Somebody has taken a record away since the certificate was issued: trueup makes it again before it expires."""
    account = Services()
    renewal = {"RenewalStatus": "PENDING_VALIDATION", "DomainValidationOptions": [option("example.com", COM)]}
    look(account, {**ISSUED, "RenewalSummary": {**renewal, "UpdatedAt": EXPIRES}}, zone("ZCOM", "example.com."))
    look_up(account, "ZCOM", COM, "")
    found = seen(account)
    assert found.spec.zone == ""
    assert (found.outputs["renewalStatus"], found.pending) == ("PENDING_VALIDATION", "")


def test_what_is_nobodys_is_not_looked_into() -> None:
    account = Services()
    issued = {**SUMMARY, "Status": "ISSUED"}
    uploaded = {**SUMMARY, "CertificateArn": f"{ARN}0", "Type": "IMPORTED"}
    listed = {"CertificateSummaryList": [issued, uploaded]}
    account.expect("acm", "ListCertificates", listed, Includes={"keyTypes": KEY_TYPES}, MaxItems=1000)
    tagged = {"TagFilters": [{"Key": "trueup:owner"}], "ResourcesPerPage": 100}
    account.expect("resourcegroupstaggingapi", "GetResources", {"ResourceTagMappingList": []}, **tagged)
    found = seen(account)
    assert (found.id, found.tags) == (ARN, None)
    assert found.spec.subject_alternative_names == {"*.example.com"}


def test_the_records_that_lie_in_the_zone_are_made_or_set_right() -> None:
    account = Services()
    account.expect("acm", "DescribeCertificate", {"Certificate": DETAIL}, CertificateArn=ARN)
    put(account, COM)
    live = translate(DETAIL, OURS, "")
    spec = live.spec.model_copy(update={"zone": "ZCOM"})
    Certificate().update(account.aws, live, spec, frozenset({"zone"}))
    account.done()


def put(account: Services, name: str) -> None:
    """The one record of a zone that is asked for."""
    reply = {
        "HostedZone": zone("ZCOM", "example.com."),
        "DelegationSet": {"NameServers": ["ns.example.net"]},
    }
    account.expect("route53", "GetHostedZone", reply, Id="ZCOM")
    record = {"Name": name, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": VALUE}]}
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    account.expect(
        "route53",
        "ChangeResourceRecordSets",
        {"ChangeInfo": {"Id": "c", "Status": "PENDING", "SubmittedAt": EXPIRES}},
        HostedZoneId="ZCOM",
        ChangeBatch={"Comment": "validation of a certificate, by trueup", "Changes": changes},
    )


def test_records_that_aws_has_not_made_up_yet_come_with_a_later_pass() -> None:
    account = Services()
    early = {**DETAIL, "DomainValidationOptions": [option("example.com", COM), option("example.org")]}
    account.expect("acm", "DescribeCertificate", {"Certificate": early}, CertificateArn=ARN)
    live = translate(early, OURS, None)
    Certificate().update(account.aws, live, live.spec.model_copy(update={"zone": "ZCOM"}), frozenset({"zone"}))
    account.done()
    assert records({**DETAIL, "DomainValidationOptions": []}) is None


@covers("acm/Certificate", "keyAlgorithm")
def test_a_certificate_is_asked_for_with_all_that_it_is_for_and_its_records_are_made_at_once() -> None:
    account = Services()
    account.expect(
        "acm",
        "RequestCertificate",
        {"CertificateArn": ARN},
        DomainName="example.com",
        ValidationMethod="DNS",
        KeyAlgorithm="EC_prime256v1",
        SubjectAlternativeNames=["*.example.com", "example.org"],
        Tags=TAGS,
    )
    account.expect("acm", "DescribeCertificate", {"Certificate": DETAIL}, CertificateArn=ARN)
    put(account, COM)
    spec = CertificateSpec(
        domain_name="Example.com.",
        subject_alternative_names=frozenset({"*.example.com", "example.org", "example.com"}),
        key_algorithm="EC_prime256v1",
        zone="ZCOM",
    )
    made = Certificate().create(account.aws, spec, OURS)
    account.done()
    assert made.id == ARN
    assert made.pending.startswith("AWS has not validated example.com yet: it looks for the CNAME _c1.example.com.")


def test_who_holds_a_certificate_is_told() -> None:
    account = Services()
    account.expect("acm", "DescribeCertificate", {"Certificate": {**ISSUED, "InUseBy": ["arn:lb"]}}, CertificateArn=ARN)
    assert Certificate().holders(account.aws, translate(ISSUED, OURS, None)) == "arn:lb"
    account.done()


def test_a_reply_in_either_form_is_one_spec() -> None:
    """DescribeCertificate writes RSA-2048, and names the first name among the others."""
    spec = translate(DETAIL, OURS, None).spec
    assert spec.key_algorithm == "RSA_2048"
    assert spec.subject_alternative_names == {"*.example.com", "example.org"}


@pytest.mark.parametrize(
    ("said", "pending", "failed"),
    [
        ({"Status": "ISSUED"}, "", ""),
        (
            {"Status": "FAILED", "FailureReason": "CAA_ERROR"},
            "",
            "AWS refused to issue it: CAA_ERROR",
        ),
        (
            {"Status": "VALIDATION_TIMED_OUT"},
            "",
            "AWS has looked for its validation records for 72 hours, and given up",
        ),
        ({"DomainValidationOptions": []}, "AWS has not validated it yet", ""),
        ({"DomainValidationOptions": [option("example.com")]}, "AWS has not validated example.com yet", ""),
    ],
)
def test_what_becomes_of_a_certificate_is_told_in_awss_words(said: dict[str, Any], pending: str, failed: str) -> None:
    found = translate({**DETAIL, **said}, OURS, None)
    assert (found.pending, found.failed) == (pending, failed)


def test_one_that_has_expired_does_not_work_and_is_not_made_anew_while_it_may_be_in_use() -> None:
    found = translate({**ISSUED, "Status": "EXPIRED"}, OURS, None)
    assert (found.broken, found.pending, found.failed) == ("it has expired: AWS could not renew it", "", "")
    assert found.facts == {EXPIRY: EXPIRES.timestamp()}


@pytest.mark.parametrize(
    ("eligibility", "last", "told"),
    [
        ("ELIGIBLE", "", "eligible"),
        ("INELIGIBLE", "", "ineligible"),
        ("ELIGIBLE", "SUCCESS", "success"),
        ("INELIGIBLE", "SUCCESS", "ineligible"),  # that of last year, since when nothing uses it any more
        ("ELIGIBLE", "PENDING_AUTO_RENEWAL", "pending_auto_renewal"),
        ("ELIGIBLE", "PENDING_VALIDATION", "pending_validation"),
        ("INELIGIBLE", "FAILED", "failed"),
    ],
)
def test_expiry_and_renewal_are_facts_to_be_watched(eligibility: str, last: str, told: str) -> None:
    summary = {"RenewalSummary": {"RenewalStatus": last}} if last else {}
    assert facts({**ISSUED, "RenewalEligibility": eligibility, **summary}) == {
        EXPIRY: EXPIRES.timestamp(),
        RENEWAL: told,
    }
    assert told in RENEWAL.words


def test_before_it_is_issued_there_is_nothing_to_watch() -> None:
    assert facts(DETAIL) == {}


def test_when_it_expires_is_an_output_once_it_is_issued() -> None:
    assert translate(ISSUED, OURS, None).outputs["notAfter"] == "2027-01-31T23:59:59+00:00"
    assert translate(DETAIL, OURS, None).outputs["notAfter"] == ""


def test_a_name_that_only_ends_like_the_zone_does_not_lie_in_it() -> None:
    names = {"_a.example.com.": "v", "_b.notexample.com.": "v", "_c.www.Example.com": "v"}
    assert within(names, "example.com.") == {"_a.example.com.": "v", "_c.www.Example.com": "v"}


@pytest.mark.parametrize(
    "name", ["example", "-a.example.com", "a.*.example.com", "exa mple.com", "https://example.com"]
)
def test_what_is_no_domain_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is no domain name"):
        CertificateSpec(domain_name=name)


def test_a_reader_learns_which_names_a_certificate_loses() -> None:
    kind = Certificate()
    both = CertificateSpec(domain_name="example.com", subject_alternative_names=frozenset({"www.example.com"}))
    one = CertificateSpec(domain_name="example.com")
    assert list(kind.tell(Verb.REPLACE, both, one)) == [
        "is no longer good for www.example.com",
        "asks for another certificate; this one stays until nobody uses it any more",
    ]
    assert list(kind.tell(Verb.CREATE, None, one)) == []
