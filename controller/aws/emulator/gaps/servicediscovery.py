"""What moto's Cloud Map does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

import json
from typing import Any


def complete() -> None:
    """Put it all right."""
    _list_services_of_a_namespace()
    _update_cloud_map()


def _list_services_of_a_namespace() -> None:
    """Cloud Map lists the services of the one namespace that the filter names."""
    from moto.servicediscovery.responses import ServiceDiscoveryResponse

    owner: Any = ServiceDiscoveryResponse

    def list_services(self: Any) -> str:
        filters = json.loads(self.body).get("Filters", ())
        wanted = [id_ for each in filters if each["Name"] == "NAMESPACE_ID" for id_ in each["Values"]]
        services = self.servicediscovery_backend.list_services()
        return json.dumps({"Services": [s.to_json() for s in services if not wanted or s.namespace_id in wanted]})

    owner.list_services = list_services


def _update_cloud_map() -> None:
    """An update of a service takes a health check away that it leaves out; one of a namespace leaves its hosted zone alone."""
    from moto.servicediscovery.models import Service, ServiceDiscoveryBackend

    services: Any = Service
    backends: Any = ServiceDiscoveryBackend
    update = services.update

    def update_and_drop(self: Any, details: dict[str, Any]) -> None:
        update(self, details)
        self.health_check_config = details.get("HealthCheckConfig")

    def update_dns_namespace(self: Any, _id: str, description: str, properties: dict[str, Any] | None) -> Any:
        namespace = self.get_namespace(namespace_id=_id)
        namespace.description = description
        namespace.dns_properties = {**namespace.dns_properties, **(properties or {})}
        return self._create_operation("UPDATE_NAMESPACE", targets={"NAMESPACE": _id})

    services.update = update_and_drop
    backends.update_private_dns_namespace = backends.update_public_dns_namespace = update_dns_namespace
