"""Listeners: a port of a load balancer, and what is done with requests that no rule of the listener takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from controller.aws.client import Aws
from controller.kinds.acm.types import CertificateRef
from controller.kinds.elbv2.actions import Actions, from_aws, targets, to_aws, told
from controller.kinds.elbv2.api import PAGE, Elbv2Kind, attributes_of, listeners, put_attributes
from controller.kinds.elbv2.load_balancer import LoadBalancerSpec
from controller.kinds.elbv2.target_group import HTTP, TargetGroupSpec
from controller.kinds.elbv2.types import Attributes, LoadBalancerRef
from controller.kinds.tagging import is_ours, to_list
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

SECURE = ("HTTPS", "TLS")
"""Protocols that need a certificate."""


class MutualAuthentication(Part):
    """Whether clients show certificates too."""

    mode: Literal["off", "passthrough", "verify"] = Field(
        default="off",
        description="`passthrough` hands clients' certificates to the targets; `verify` checks them first.",
    )
    trust_store: str = Field(
        default="", pattern=r"^(arn:.+)?$", description="With `verify`: the trust store's ARN (TrustStoreArn)."
    )
    ignore_client_certificate_expiry: bool = Field(
        default=False, description="With `verify`: whether certificates that have expired are let through."
    )
    advertise_trust_store_ca_names: Literal["on", "off"] = Field(
        default="off", description="With `verify`: whether clients are told the names of the authorities."
    )

    @model_validator(mode="after")
    def _trusting(self) -> MutualAuthentication:
        if (self.mode == "verify") != bool(self.trust_store):
            raise ValueError("verify needs a trustStore, and nothing else has one")
        return self


class ListenerSpec(TaggedSpec):
    """A listener."""

    load_balancer: LoadBalancerRef = Field(
        description="The load balancer, by manifest name or ARN (LoadBalancerArn); it has one listener for each port."
    )
    port: int = Field(ge=1, le=65535, description="The port.")
    protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"] = Field(
        description="HTTP or HTTPS on an application load balancer, the others on a network one."
    )
    default_actions: Actions = Field(description="What is done with requests that no rule takes.")
    certificate: CertificateRef = Field(
        default="", description="With HTTPS and TLS: the certificate, by manifest name or ARN (Certificates)."
    )
    additional_certificates: frozenset[CertificateRef] | None = Field(
        default=frozenset(),
        description="Further certificates (ListenerCertificate), chosen by the name that clients ask for. Any other is removed.",
    )
    ssl_policy: str | None = Field(
        default=None,
        description="With HTTPS and TLS: AWS's set of protocols and ciphers; unset: AWS's choice, left alone.",
    )
    alpn_policy: Literal["None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"] = Field(
        default="None", description="With TLS: which version of HTTP is agreed on."
    )
    mutual_authentication: MutualAuthentication = Field(
        default=MutualAuthentication(), description="With HTTPS: whether clients show certificates too."
    )
    attributes: Attributes = Field(
        default={},
        description="AWS's attributes (ListenerAttributes) by their keys, such as "
        "`routing.http.response.strict_transport_security.header_value`. What is not named is not managed.",
    )

    @model_validator(mode="after")
    def _default_is_none_more(self) -> ListenerSpec:
        if self.additional_certificates is not None:
            object.__setattr__(self, "additional_certificates", self.additional_certificates - {self.certificate})
        return self


class Listener(Elbv2Kind[ListenerSpec]):
    """Listener of an application or network load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
    Observation: the calls of LoadBalancer, but for attributes; 1 for each load balancer that is trueup's or that a manifest
    names by its ARN + ceil(listeners / 20) for tags + 1 attribute read, and 1 for the certificates of HTTPS and TLS, for each
    listener that is trueup's, or is to be adopted or exported.
    """

    doc = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"
    reach = "parent"
    claimed_by = ("loadBalancer", "port")
    replace_on = frozenset({"loadBalancer"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The listener's ARN."}
    reads = (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeTags",
    )
    writes = (
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:RemoveTags",
    )

    def claim(self, spec: ListenerSpec) -> str:
        return f"{spec.load_balancer}/{spec.port}"

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        if isinstance(manifest.spec, ListenerSpec):
            yield from _doubts(manifest, manifest.spec)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        for manifest in mine:
            if isinstance(manifest.spec, ListenerSpec):
                yield from ((manifest, problem) for problem in _misfits(manifest, manifest.spec, view))

    def tell(self, verb: Verb, before: ListenerSpec | None, after: ListenerSpec | None) -> Iterator[str]:
        if before and (not after or after.port != before.port):
            yield f"nobody answers on port {before.port} of {before.load_balancer} any more"
        if after and (not before or before.default_actions != after.default_actions):
            yield f"requests to port {after.port} that no rule takes {told(after.default_actions)}"

    def observe(self, aws: Aws, wanted: Wanted[ListenerSpec]) -> Iterator[Observed[ListenerSpec]]:
        found, tags = listeners(aws, wanted)
        for item in found:
            arn = item["ListenerArn"]
            ours = is_ours(tags.get(arn), arn, f"{item['LoadBalancerArn']}/{item['Port']}", wanted)
            yield translate(
                item,
                tags.get(arn),
                _certificates(aws, item) if ours else None,
                attributes_of(aws, "Listener", arn) if ours else None,
            )

    def create(self, aws: Aws, spec: ListenerSpec, tags: Mapping[str, str]) -> Made:
        more = frozenset({"protocol", "sslPolicy", "alpnPolicy", "mutualAuthentication"})
        (item,) = aws.call(
            "elbv2",
            "CreateListener",
            LoadBalancerArn=spec.load_balancer,
            Port=spec.port,
            DefaultActions=to_aws(spec.default_actions),
            **_parameters(spec, more),
            Tags=to_list(tags),
        )["Listeners"]
        made = translate(item, tags, frozenset(), {})
        _add(aws, made.id, spec.additional_certificates or frozenset())
        put_attributes(aws, "Listener", made.id, spec.attributes, {})
        return Made(made.id, made.outputs)

    def update(self, aws: Aws, live: Observed[ListenerSpec], spec: ListenerSpec, changed: frozenset[str]) -> None:
        there = live.spec.additional_certificates or frozenset[str]()
        further = there if spec.additional_certificates is None else spec.additional_certificates
        if "protocol" not in changed:  # else there is nothing yet that has certificates
            _add(aws, live.id, further - there)
        params = _parameters(spec, changed)
        if "port" in changed:
            params["Port"] = spec.port
        if "defaultActions" in changed:
            params["DefaultActions"] = to_aws(spec.default_actions)
        if params:
            aws.call("elbv2", "ModifyListener", ListenerArn=live.id, **params)
        if "protocol" in changed:
            _add(aws, live.id, further - there)
        # The one that is to be the default has been among the others till now.
        gone = [{"CertificateArn": arn} for arn in sorted(there - further - {spec.certificate})]
        if gone and spec.protocol in SECURE:
            aws.call("elbv2", "RemoveListenerCertificates", ListenerArn=live.id, Certificates=gone)
        if "attributes" in changed:
            put_attributes(aws, "Listener", live.id, spec.attributes, live.spec.attributes)

    def delete(self, aws: Aws, live: Observed[ListenerSpec]) -> None:
        aws.call("elbv2", "DeleteListener", ListenerArn=live.id)


def _parameters(spec: ListenerSpec, changed: frozenset[str]) -> dict[str, Any]:
    """The parameters for some fields. What a protocol needs goes along with it."""
    found: dict[str, Any] = {"Protocol": spec.protocol} if "protocol" in changed else {}
    if changed & {"protocol", "certificate"} and spec.certificate:
        found["Certificates"] = [{"CertificateArn": spec.certificate}]
    if changed & {"protocol", "sslPolicy"} and spec.ssl_policy:
        found["SslPolicy"] = spec.ssl_policy
    if "alpnPolicy" in changed and spec.protocol == "TLS":
        found["AlpnPolicy"] = [spec.alpn_policy]
    if "mutualAuthentication" in changed and spec.protocol == "HTTPS":
        found["MutualAuthentication"] = _mutual(spec.mutual_authentication)
    return found


def _mutual(mutual: MutualAuthentication) -> dict[str, Any]:
    if mutual.mode != "verify":
        return {"Mode": mutual.mode}
    return {
        "Mode": mutual.mode,
        "TrustStoreArn": mutual.trust_store,
        "IgnoreClientCertificateExpiry": mutual.ignore_client_certificate_expiry,
        "AdvertiseTrustStoreCaNames": mutual.advertise_trust_store_ca_names,
    }


def _add(aws: Aws, listener: str, certificates: frozenset[str]) -> None:
    if certificates:
        added = [{"CertificateArn": arn} for arn in sorted(certificates)]
        aws.call("elbv2", "AddListenerCertificates", ListenerArn=listener, Certificates=added)


def _certificates(aws: Aws, item: Mapping[str, Any]) -> frozenset[str]:
    """All certificates of a listener but its default."""
    if item["Protocol"] not in SECURE:
        return frozenset()
    pages = aws.pages("elbv2", "DescribeListenerCertificates", page_size=PAGE, ListenerArn=item["ListenerArn"])
    return frozenset(each["CertificateArn"] for page in pages for each in page["Certificates"] if not each["IsDefault"])


def translate(
    item: Mapping[str, Any],
    tags: Mapping[str, str] | None,
    additional: frozenset[str] | None,
    attributes: dict[str, str] | None,
) -> Observed[ListenerSpec]:
    """The listener of a DescribeListeners reply. What was not asked for is unknown."""
    arn, mutual = item["ListenerArn"], item.get("MutualAuthentication", {})
    default = next((each["CertificateArn"] for each in item.get("Certificates", ())), "")
    spec = ListenerSpec.model_construct(
        load_balancer=item["LoadBalancerArn"],
        port=item["Port"],
        protocol=item["Protocol"],
        default_actions=from_aws(item["DefaultActions"]),
        certificate=default,
        additional_certificates=None if additional is None else additional - {default},
        ssl_policy=item.get("SslPolicy") if item["Protocol"] in SECURE else None,
        alpn_policy=next(iter(item.get("AlpnPolicy", ())), "None"),
        mutual_authentication=MutualAuthentication(
            mode=mutual.get("Mode", "off"),
            trust_store=mutual.get("TrustStoreArn", ""),
            ignore_client_certificate_expiry=mutual.get("IgnoreClientCertificateExpiry") or False,
            advertise_trust_store_ca_names=mutual.get("AdvertiseTrustStoreCaNames") or "off",
        ),
        attributes=attributes,
        tags={},
    )
    return Observed(arn, spec, tags, {"arn": arn})


def _doubts(manifest: Manifest, spec: ListenerSpec) -> Iterator[Problem]:
    secure, types = spec.protocol in SECURE, [action.type for action in spec.default_actions]
    if secure and not spec.certificate:
        yield manifest.problem(
            "certificate", f"a listener on {spec.protocol} needs a certificate", "name an acm/Certificate"
        )
    for field, value, fits in (
        ("certificate", spec.certificate, secure),
        ("additionalCertificates", spec.additional_certificates, secure),
        ("sslPolicy", spec.ssl_policy, secure),
        ("alpnPolicy", spec.alpn_policy != "None", spec.protocol == "TLS"),
        ("mutualAuthentication", spec.mutual_authentication.mode != "off", spec.protocol == "HTTPS"),
    ):
        if value and not fits:
            yield manifest.problem(field, f"a listener on {spec.protocol} has none")
    if spec.protocol not in HTTP and types != ["forward"]:
        yield manifest.problem("defaultActions", f"a listener on {spec.protocol} can only forward")
    elif len(types) > 1 and spec.protocol != "HTTPS":
        yield manifest.problem("defaultActions", f"{types[0]} is for the protocol HTTPS")


def _misfits(manifest: Manifest, spec: ListenerSpec, view: View) -> Iterator[Problem]:
    balancer = view.find("elbv2/LoadBalancer", spec.load_balancer)
    if balancer and isinstance(balancer.spec, LoadBalancerSpec):
        kind = balancer.spec.type
        if (spec.protocol in HTTP) != (kind == "application"):
            yield manifest.problem("protocol", f"{spec.load_balancer} is of type {kind}, which has no {spec.protocol}")
    for name in targets(spec.default_actions):
        group = view.find("elbv2/TargetGroup", name)
        protocol = group.spec.protocol if group and isinstance(group.spec, TargetGroupSpec) else None
        if protocol and (protocol in HTTP) != (spec.protocol in HTTP):
            found = f"target group {name} is of protocol {protocol}, to which {spec.protocol} cannot be passed on"
            yield manifest.problem("defaultActions", found)
