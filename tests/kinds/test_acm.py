"""Certificates through the whole reconciler: validated in a zone of the same commit, watched until they expire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from moto.acm.models import acm_backends
from prometheus_client import CollectorRegistry

from controller.aws.emulator import ACCOUNT
from controller.kinds.registry import KINDS
from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import State
from controller.report.metrics import Metrics
from tests.stage import Stage, document

WEB = Address("test", "acm/Certificate", "web")
ZONE = document("route53.aws/v1", "HostedZone", "example.com", {})


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def commit(stage: Stage, *others: dict[str, Any], **spec: Any) -> None:
    given = {"domainName": "www.example.com", "subjectAlternativeNames": ["*.example.com"], **spec}
    stage.files["own.yaml"] = write([document("acm.aws/v1", "Certificate", "web", given), *others])


def cnames(stage: Stage) -> dict[str, str]:
    aws = stage.aws()
    (zone,) = aws.call("route53", "ListHostedZones")["HostedZones"]
    found = aws.call("route53", "ListResourceRecordSets", HostedZoneId=zone["Id"])["ResourceRecordSets"]
    return {each["Name"]: each["ResourceRecords"][0]["Value"] for each in found if each["Type"] == "CNAME"}


def test_it_makes_its_validation_records_in_the_zone_that_it_names_and_is_pending_until_it_is_issued(
    stage: Stage,
) -> None:
    commit(stage, ZONE, zone="example.com")
    status = stage.apply().statuses[WEB]
    assert status.state is State.PENDING
    assert "AWS has not validated" in status.reason
    assert {name.partition(".")[2] for name in cnames(stage)} == {"www.example.com.", "example.com."}
    assert all(value.endswith(".acm-validations.aws.") for value in cnames(stage).values())
    assert stage.apply().statuses[WEB].state is State.IN_SYNC


def test_a_record_that_was_taken_away_before_it_was_issued_is_made_again(stage: Stage) -> None:
    commit(stage, ZONE, zone="example.com")
    stage.apply()
    aws, before = stage.aws(), cnames(stage)
    (zone,) = aws.call("route53", "ListHostedZones")["HostedZones"]
    found = aws.call("route53", "ListResourceRecordSets", HostedZoneId=zone["Id"])["ResourceRecordSets"]
    gone = [{"Action": "DELETE", "ResourceRecordSet": each} for each in found if each["Type"] == "CNAME"]
    aws.call("route53", "ChangeResourceRecordSets", HostedZoneId=zone["Id"], ChangeBatch={"Changes": gone[:1]})
    stage.converge()
    assert cnames(stage) == before


def test_without_a_zone_the_status_tells_the_record_that_somebody_must_make(stage: Stage) -> None:
    commit(stage, ZONE)
    status = [stage.apply() for _ in range(2)][-1].statuses[WEB]
    assert status.state is State.PENDING
    assert "it looks for the CNAME _" in status.reason
    assert cnames(stage) == {}


def test_its_expiry_and_renewal_are_metrics_for_as_long_as_it_can_be_read(stage: Stage) -> None:
    registry = CollectorRegistry()
    stage.listen = Metrics(registry, "1", [fact for kind in KINDS.values() for fact in kind.facts])
    labels = {"scope": "test", "name": "web"}

    def shown(**more: str) -> tuple[float | None, float | None]:
        renewal = registry.get_sample_value("trueup_certificate_renewal", {**labels, **more})
        return registry.get_sample_value("trueup_certificate_expiry_timestamp_seconds", labels), renewal

    commit(stage)
    stage.apply()
    assert shown(status="ineligible") == (None, None)  # what has just been asked for has not been looked at yet
    stage.apply()
    (certificate,) = acm_backends[ACCOUNT]["eu-central-1"]._certificates.values()
    assert shown(status="ineligible") == (certificate.describe()["Certificate"]["NotAfter"], 1)
    del stage.files["own.yaml"]
    stage.converge()
    assert shown(status="ineligible") == (None, None)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({"name": "example.net"}, "none of the certificate's names lies in example.net"),
        ({"vpcs": [{"vpc": "vpc-0123456789abcdef0", "region": "eu-central-1"}]}, "example.com, which is private"),
    ],
)
def test_a_zone_in_which_it_cannot_be_validated_is_said_before_any_call(
    stage: Stage, zone: dict[str, Any], said: str
) -> None:
    """Else it would be pending for 72 hours, and then fail."""
    commit(stage, document("route53.aws/v1", "HostedZone", "one", {"name": "example.com", **zone}), zone="one")
    (problem,) = stage.loaded().problems
    assert problem.field == "spec.zone"
    assert said in problem.message
