"""What of Cloud Map changes only together (gaps.py), shown on the requests."""

from __future__ import annotations

from controller.kinds.servicediscovery.namespace import Namespace, NamespaceSpec
from controller.kinds.servicediscovery.service import Service, ServiceSpec
from tests.kinds.stubbed import Stubbed, covers

VPC = "vpc-0123456789abcdef0"
ID = "ns-abcdefghij"
TAGS = [{"Key": "a", "Value": "b"}]


@covers("servicediscovery/Namespace", "vpc")
def test_a_private_namespace_is_made_for_its_vpc() -> None:
    account = Stubbed("servicediscovery")
    account.expect(
        "CreatePrivateDnsNamespace",
        {"OperationId": "op-1"},
        Name="shop.internal",
        Description="",
        Vpc=VPC,
        Properties={"DnsProperties": {"SOA": {"TTL": 15}}},
        Tags=TAGS,
    )
    done = {"Id": "op-1", "Status": "SUCCESS", "Targets": {"NAMESPACE": ID}}
    account.expect("GetOperation", {"Operation": done}, OperationId="op-1")
    spec = NamespaceSpec(name="shop.internal", type="DNS_PRIVATE", vpc=VPC, soa_ttl=15)
    made = Namespace().create(account.aws, spec, {"a": "b"})
    assert (made.id, made.pending) == (ID, "")
    assert made.outputs["arn"] == f"arn:aws:servicediscovery:eu-central-1:123456789012:namespace/{ID}"
    account.done()


@covers("servicediscovery/Service", "customHealthCheck")
def test_a_service_whose_health_ecs_tells_is_made_so() -> None:
    account = Stubbed("servicediscovery")
    service = {"Id": "srv-1", "Arn": "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-1", "Name": "app"}
    account.expect(
        "CreateService",
        {"Service": service},
        Name="app",
        NamespaceId=ID,
        Description="",
        DnsConfig={"RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": "A", "TTL": 60}]},
        HealthCheckCustomConfig={"FailureThreshold": 1},
        Tags=TAGS,
    )
    spec = ServiceSpec(name="app", namespace=ID, dns_records=frozenset({"A"}), custom_health_check=True)
    assert Service().create(account.aws, spec, {"a": "b"}).id == "srv-1"
    account.done()
