"""Certificates: issued by AWS once it has seen a record of each name in DNS, and renewed for as long as the record stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.kinds.acm.types import HostName
from controller.kinds.base import Kind
from controller.kinds.route53.types import ZoneRef
from controller.kinds.route53.wanted import domain_of
from controller.kinds.tagging import Tagged, is_ours, own, read_tags, to_list, to_map
from controller.model.dns import within as lies_within
from controller.model.fact import Fact
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

PAGE, ZONES = 1000, 100
"""The largest pages of certificates and of hosted zones."""
ALGORITHMS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
"""All of them, since ListCertificates leaves out what it is not asked for."""
TTL = 300
"""Seconds for which validation records may be remembered."""
WAITING = "PENDING_VALIDATION"
GIVEN_UP: Mapping[str, str] = {
    "FAILED": "AWS refused to issue it",
    "VALIDATION_TIMED_OUT": "AWS has looked for its validation records for 72 hours, and given up",
}
"""States out of which a certificate never comes, and is in no use."""
ENDED: Mapping[str, str] = {
    "EXPIRED": "it has expired: AWS could not renew it",
    "REVOKED": "it was revoked",
    "INACTIVE": "it is inactive",
}
"""States in which it is no good any more, and may well be in use."""

EXPIRY = Fact("certificate_expiry_timestamp_seconds", "When the certificate expires; absent before it is issued.")
RENEWAL = Fact(
    "certificate_renewal",
    "How far AWS is with the renewal of an issued certificate; always 1. AWS renews no certificate that is ineligible: nothing "
    "uses it.",
    "status",
    ("eligible", "ineligible", "pending_auto_renewal", "pending_validation", "success", "failed"),
)

Records = Mapping[str, str]
"""Validation records: the names of CNAMEs, and what they point to."""


class CertificateSpec(TaggedSpec):
    """A certificate."""

    domain_name: HostName = Field(max_length=65, description="The first name: `example.com` or `*.example.com`.")
    subject_alternative_names: frozenset[HostName] = Field(
        default=frozenset(), description="Further names, in whatever zones."
    )
    key_algorithm: Literal[
        "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"
    ] = Field(default="RSA_2048", description="What its key is. AWS issues RSA_2048, EC_prime256v1 and EC_secp384r1.")
    zone: ZoneRef | None = Field(
        default=None,
        description="The Route 53 hosted zone, by manifest name or id, in which trueup makes the validation records of the names "
        "that lie in it; unset: you make them. They stay when the certificate goes, since others for the same names, also in other "
        "regions, have the same records.",
    )

    @model_validator(mode="after")
    def _first_is_no_other(self) -> CertificateSpec:
        """AWS tells the first name among all."""
        object.__setattr__(self, "subject_alternative_names", self.subject_alternative_names - {self.domain_name})
        return self


class Certificate(Kind[CertificateSpec]):
    """Public certificate with DNS validation.

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    Observation: ceil(n / 1000) calls + ceil(tagged / 100) for tags, shared by all kinds + 1 read for each certificate that is
    trueup's, or is to be adopted or exported. While one waits for validation: 1 for its tags where they are too new for the bulk,
    ceil(zones / 100), and 1 for each of its names and each hosted zone that it lies in.
    """

    api = "acm.aws/v1"
    doc = "https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"
    replace_on = frozenset({"domainName", "subjectAlternativeNames", "keyAlgorithm"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The certificate's ARN.",
        "domainName": "Its first name.",
        "notAfter": "When it expires, such as `2027-01-31T23:59:59+00:00`; empty before it is issued.",
        "renewalStatus": "How far AWS is with its renewal, in AWS's words; empty where there is none under way.",
    }
    facts = (EXPIRY, RENEWAL)
    reads = (
        "acm:ListCertificates",
        "acm:DescribeCertificate",
        "acm:ListTagsForCertificate",
        "route53:ListHostedZones",
        "route53:ListResourceRecordSets",
        "tag:GetResources",
    )
    writes = (
        "acm:RequestCertificate",
        "acm:DeleteCertificate",
        "acm:DescribeCertificate",
        "acm:AddTagsToCertificate",
        "acm:RemoveTagsFromCertificate",
        "route53:GetHostedZone",
        "route53:ChangeResourceRecordSets",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, CertificateSpec) and spec.key_algorithm not in (
            "RSA_2048",
            "EC_prime256v1",
            "EC_secp384r1",
        ):
            yield manifest.problem("keyAlgorithm", f"AWS issues no certificate with {spec.key_algorithm}")

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            wrong = _wrong_zone(manifest, view)
            if wrong:
                yield manifest, manifest.problem("zone", wrong)

    def tell(self, verb: Verb, before: CertificateSpec | None, after: CertificateSpec | None) -> Iterator[str]:
        if before and after:
            lost = sorted(_names(before) - _names(after))
            yield from (f"is no longer good for {name}" for name in lost)
        if verb is Verb.REPLACE:
            yield "asks for another certificate; this one stays until nobody uses it any more"

    def observe(self, aws: Aws, wanted: Wanted[CertificateSpec]) -> Iterator[Observed[CertificateSpec]]:
        pages = aws.pages("acm", "ListCertificates", page_size=PAGE, Includes={"keyTypes": list(ALGORITHMS)})
        found = [item for page in pages for item in page["CertificateSummaryList"] if item["Type"] == "AMAZON_ISSUED"]

        def read(arn: str) -> dict[str, str]:
            return to_map(aws.call("acm", "ListTagsForCertificate", CertificateArn=arn)["Tags"])

        # AWS makes up the id, so that there is no claim but the ARN.
        tags = read_tags(
            aws, [Tagged(arn, arn, arn) for arn in (item["CertificateArn"] for item in found)], wanted, read
        )
        for item in found:
            arn = item["CertificateArn"]
            if arn not in tags and item["Status"] == WAITING:  # it may be of a moment ago, and unknown to the bulk
                tags[arn] = own(read(arn))
            if is_ours(tags.get(arn), arn, arn, wanted):
                detail = _described(aws, arn)
                yield translate(detail, tags.get(arn), _zone(aws, detail))
            else:
                yield translate(item, tags.get(arn), None)

    def create(self, aws: Aws, spec: CertificateSpec, tags: Mapping[str, str]) -> Made:
        names: dict[str, Any] = {"SubjectAlternativeNames": sorted(spec.subject_alternative_names)}
        arn = aws.call(
            "acm",
            "RequestCertificate",
            DomainName=spec.domain_name,
            ValidationMethod="DNS",
            KeyAlgorithm=spec.key_algorithm,
            **(names if spec.subject_alternative_names else {}),
            Tags=to_list(tags),
        )["CertificateArn"]
        detail = _described(aws, arn)
        if spec.zone:
            _put_records(aws, spec.zone, records(detail))  # where AWS has them already; else the next pass does
        made = translate(detail, tags, None)
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[CertificateSpec], spec: CertificateSpec, changed: frozenset[str]) -> None:
        if "zone" in changed and spec.zone:
            _put_records(aws, spec.zone, records(_described(aws, live.id)))

    def delete(self, aws: Aws, live: Observed[CertificateSpec]) -> None:
        aws.call("acm", "DeleteCertificate", CertificateArn=live.id)

    def holders(self, aws: Aws, live: Observed[CertificateSpec]) -> str:
        return ", ".join(_described(aws, live.id).get("InUseBy", ()))

    def retag(self, aws: Aws, live: Observed[CertificateSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        if put:
            aws.call("acm", "AddTagsToCertificate", CertificateArn=live.id, Tags=to_list(put))
        if remove:
            gone = [{"Key": key} for key in sorted(remove)]
            aws.call("acm", "RemoveTagsFromCertificate", CertificateArn=live.id, Tags=gone)


def _names(spec: CertificateSpec) -> frozenset[str]:
    return spec.subject_alternative_names | {spec.domain_name}


def _wrong_zone(manifest: Manifest, view: View) -> str:
    """Why validation records cannot be made in the zone that a manifest names, as far as manifests tell of it; or ""."""
    zone = domain_of(view, manifest)
    if not zone or not zone.name or not isinstance(manifest.spec, CertificateSpec):
        return ""
    name = zone.name.rstrip(".")
    if zone.private:
        return f"AWS does not see the records of {name}, which is private: name the public zone"
    lies = any(lies_within(f"{one}.", zone.name) for one in _names(manifest.spec))
    return "" if lies else f"none of the certificate's names lies in {name}"


def _described(aws: Aws, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.call("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    return found


def records(detail: Mapping[str, Any]) -> Records | None:
    """The validation records of a certificate; None while AWS has not made all of them up. `example.com` and `*.example.com`
    share one."""
    found = [option.get("ResourceRecord") for option in _options(detail)]
    if not found or not all(found):
        return None
    return {record["Name"]: record["Value"] for record in found if record}


def _options(detail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What AWS has to see of each name: for a renewal where one is under way, else for the first issue."""
    renewal = detail.get("RenewalSummary", {})
    options: list[dict[str, Any]] = (
        renewal.get("DomainValidationOptions") or detail.get("DomainValidationOptions") or []
    )
    return options


def _zone(aws: Aws, detail: Mapping[str, Any]) -> str | None:
    """The hosted zone that has all validation records of the names that lie in it; "" for none.

    None where that is not known, or does not matter now: AWS looks at the records only before it issues or renews.
    """
    needed = records(detail)
    if needed is None or WAITING not in (detail["Status"], detail.get("RenewalSummary", {}).get("RenewalStatus")):
        return None
    pages = aws.pages("route53", "ListHostedZones", page_size=ZONES)
    zones = [zone for page in pages for zone in page["HostedZones"] if not zone.get("Config", {}).get("PrivateZone")]
    ids = {zone["Id"].rpartition("/")[2]: zone["Name"] for zone in zones}  # AWS writes /hostedzone/Z...
    holding = [id_ for id_, name in ids.items() if _holds(aws, id_, within(needed, name))]
    return (
        (holding or [""])[0] if len(holding) < 2 else None
    )  # in several zones of one name: the right one is among them


def _holds(aws: Aws, zone: str, mine: Records) -> bool:
    return bool(mine) and all(_is_there(aws, zone, name, value) for name, value in mine.items())


def within(needed: Records, zone: str) -> Records:
    """The records whose names lie in a zone."""
    end = f".{zone.rstrip('.')}".lower()
    return {name: value for name, value in needed.items() if name.rstrip(".").lower().endswith(end)}


def _is_there(aws: Aws, zone: str, name: str, value: str) -> bool:
    first = {"StartRecordName": name, "StartRecordType": "CNAME", "MaxItems": "1"}
    sets = aws.call("route53", "ListResourceRecordSets", HostedZoneId=zone, **first)["ResourceRecordSets"]
    wanted = (_plain(name), "CNAME", [_plain(value)])
    return any(wanted == (_plain(each["Name"]), each["Type"], _values(each)) for each in sets)


def _values(record_set: Mapping[str, Any]) -> list[str]:
    return [_plain(record["Value"]) for record in record_set.get("ResourceRecords", ())]


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _put_records(aws: Aws, zone: str, needed: Records | None) -> None:
    """Make the validation records that lie in a zone, or set them right."""
    if needed is None:
        return
    name = aws.call("route53", "GetHostedZone", Id=zone)["HostedZone"]["Name"]
    # Where none of them lies in it, the zone is the wrong one: Route 53 says so better than we can.
    changes = [_upsert(*record) for record in sorted((within(needed, name) or needed).items())]
    batch = {"Comment": "validation of a certificate, by trueup", "Changes": changes}
    aws.call("route53", "ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch=batch)


def _upsert(name: str, value: str) -> dict[str, Any]:
    record = {"Name": name, "Type": "CNAME", "TTL": TTL, "ResourceRecords": [{"Value": value}]}
    return {"Action": "UPSERT", "ResourceRecordSet": record}


def translate(detail: Mapping[str, Any], tags: Mapping[str, str] | None, zone: str | None) -> Observed[CertificateSpec]:
    """The certificate of a DescribeCertificate reply, or of ListCertificates, which cuts long lists of names short."""
    arn, status = detail["CertificateArn"], detail["Status"]
    names = detail.get("SubjectAlternativeNames") or detail.get("SubjectAlternativeNameSummaries") or ()
    spec = CertificateSpec(
        domain_name=detail["DomainName"],
        subject_alternative_names=frozenset(names),
        key_algorithm=detail.get("KeyAlgorithm", "RSA_2048").replace("-", "_"),  # DescribeCertificate writes RSA-2048
        zone=zone,
    )
    expires = detail.get("NotAfter") if status == "ISSUED" else None
    outputs = {
        "arn": arn,
        "domainName": spec.domain_name,
        "notAfter": expires.isoformat() if expires else "",
        "renewalStatus": detail.get("RenewalSummary", {}).get("RenewalStatus", ""),
    }
    reason = detail.get("FailureReason", "")
    failed = f"{GIVEN_UP[status]}: {reason}".removesuffix(": ") if status in GIVEN_UP else ""
    return Observed(
        arn,
        spec,
        tags,
        outputs,
        _pending(detail),
        broken=ENDED.get(status, ""),
        failed=failed,
        facts=facts(detail),
    )


def facts(detail: Mapping[str, Any]) -> dict[Fact, float | str]:
    """When it expires, and how far its renewal is, where AWS says so. After it has expired, too: it may be in use still."""
    told: dict[Fact, float | str] = {}
    if "NotAfter" in detail and detail["Status"] in ("ISSUED", *ENDED):
        told[EXPIRY] = detail["NotAfter"].timestamp()
    if detail["Status"] == "ISSUED" and (renewal := _renewal(detail)):
        told[RENEWAL] = renewal.lower()
    return told


def _renewal(detail: Mapping[str, Any]) -> str:
    """How far its renewal is. That the last one succeeded says nothing of the next where nothing uses it any more."""
    last: str = detail.get("RenewalSummary", {}).get("RenewalStatus", "")
    eligibility: str = detail.get("RenewalEligibility", "")
    over = last in ("", "SUCCESS")
    return eligibility if over and eligibility == "INELIGIBLE" else last or eligibility


def _pending(detail: Mapping[str, Any]) -> str:
    if detail["Status"] != WAITING:
        return ""
    unseen = [option for option in _options(detail) if option.get("ValidationStatus") != "SUCCESS"]
    return "; ".join(_looked_for(option) for option in unseen) or "AWS has not validated it yet"


def _looked_for(option: Mapping[str, Any]) -> str:
    record = option.get("ResourceRecord")
    found = f"AWS has not validated {option['DomainName']} yet"
    return f"{found}: it looks for the CNAME {record['Name']} with the value {record['Value']}" if record else found
