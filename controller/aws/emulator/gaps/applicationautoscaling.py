"""What moto's Application Auto Scaling does otherwise than AWS documents, put right: a function for each, and why."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any


def complete() -> None:
    """Put it all right."""
    _know_scalable_namespaces()
    _tag_scalable_targets()


def _know_scalable_namespaces() -> None:
    """Application Auto Scaling has more namespaces than moto knows: asked for one, it answers that nothing is in it."""
    from moto.applicationautoscaling import models, responses

    modules: Any = (models, responses)
    names = [*(known.value for known in models.ServiceNamespaceValueSet), "elasticache", "neptune", "workspaces"]
    namespaces: Any = Enum("ServiceNamespaceValueSet", {name.upper(): name for name in names})  # type: ignore[misc]
    for module in modules:
        module.ServiceNamespaceValueSet = namespaces


def _tag_scalable_targets() -> None:
    """Application Auto Scaling keeps tags of its targets."""
    from moto.applicationautoscaling import responses
    from moto.utilities.tagging_service import TaggingService

    owner: Any = responses.ApplicationAutoScalingResponse
    register = owner.register_scalable_target

    def tagger(self: Any) -> Any:
        backend = self.applicationautoscaling_backend
        if not hasattr(backend, "tagger"):
            backend.tagger = TaggingService()
        return backend.tagger

    def put(self: Any, arn: str, tags: dict[str, str]) -> str:
        tagger(self).tag_resource(arn, TaggingService.convert_dict_to_tags_input(tags))
        return "{}"

    def register_scalable_target(self: Any) -> str:
        reply = str(register(self))
        put(self, json.loads(reply)["ScalableTargetARN"], self._get_param("Tags") or {})
        return reply

    def tag_resource(self: Any) -> str:
        return put(self, self._get_param("ResourceARN"), self._get_param("Tags"))

    def untag_resource(self: Any) -> str:
        tagger(self).untag_resource_using_names(self._get_param("ResourceARN"), self._get_param("TagKeys"))
        return "{}"

    def list_tags_for_resource(self: Any) -> str:
        return json.dumps({"Tags": tagger(self).get_tag_dict_for_resource(self._get_param("ResourceARN"))})

    for function in (register_scalable_target, tag_resource, untag_resource, list_tags_for_resource):
        setattr(owner, function.__name__, function)
