"""Images in the emulator's registry, as a pipeline pushes them."""

from __future__ import annotations

import json
from typing import Any

import boto3

MEDIA = "application/vnd.oci.image.manifest.v1+json"


def client() -> Any:
    return boto3.client("ecr", region_name="eu-central-1")


def push(repository: str, *tags: str, content: str = "") -> str:
    """Push one image under some tags; its digest. What is in it (by default the first tag) makes it another one."""
    layer = {"digest": f"sha256:{(content or tags[0]).encode().hex():0<64.64}"}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MEDIA, "config": layer})
    for tag in tags:
        image = client().put_image(repositoryName=repository, imageTag=tag, imageManifest=manifest)["image"]
    return str(image["imageId"]["imageDigest"])
