"""The Kubernetes objects fit one another, the image, and the settings that trueup has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from controller.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
DOCUMENTS: list[dict[str, Any]] = [
    d for path in sorted(FOLDER.glob("*.yaml")) for d in yaml.safe_load_all(path.read_text())
]
OBJECTS = {document["kind"]: document for document in DOCUMENTS}
POD = OBJECTS["Deployment"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_there_is_one_object_of_each_kind_in_one_namespace() -> None:
    assert len(OBJECTS) == len(DOCUMENTS)
    assert {d["metadata"].get("namespace", d["metadata"]["name"]) for d in DOCUMENTS} == {"trueup"}


def test_two_daemons_never_run_at_once() -> None:
    assert OBJECTS["Deployment"]["spec"]["replicas"] == 1
    assert OBJECTS["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}


def test_the_pod_runs_as_the_images_user_and_writes_only_to_its_volumes() -> None:
    user = re.search(r"--uid (\d+)", DOCKERFILE)
    assert user
    assert POD["spec"]["securityContext"]["runAsUser"] == int(user[1])
    assert POD["spec"]["securityContext"]["runAsNonRoot"]
    security = CONTAINER["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert not security["allowPrivilegeEscalation"]
    mounts = {mount["mountPath"]: mount["name"] for mount in CONTAINER["volumeMounts"]}
    assert mounts.keys() == {"/tmp", re.findall(r"TRUEUP_STATE_DIR=(\S+)", DOCKERFILE)[0]}
    volumes = {volume["name"]: volume for volume in POD["spec"]["volumes"]}
    assert set(mounts.values()) == volumes.keys()
    assert (
        volumes["state"]["persistentVolumeClaim"]["claimName"] == OBJECTS["PersistentVolumeClaim"]["metadata"]["name"]
    )


def test_every_label_selects_the_pod_and_every_port_is_the_images() -> None:
    labels = POD["metadata"]["labels"]
    assert OBJECTS["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert OBJECTS["PodMonitor"]["spec"]["selector"]["matchLabels"] == labels
    assert OBJECTS["Service"]["spec"]["selector"] == labels
    (port,) = CONTAINER["ports"]
    listened = re.findall(r"TRUEUP_LISTEN=0\.0\.0\.0:(\d+)", DOCKERFILE)
    assert [str(port["containerPort"])] == listened == [POD["metadata"]["annotations"]["prometheus.io/port"]]
    probes = (CONTAINER["livenessProbe"], CONTAINER["readinessProbe"])
    assert [(p["httpGet"]["path"], p["httpGet"]["port"]) for p in probes] == [("/healthz", "http"), ("/readyz", "http")]
    assert OBJECTS["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]
    assert OBJECTS["PodMonitor"]["spec"]["podMetricsEndpoints"][0]["port"] == port["name"]


def test_every_variable_is_a_setting() -> None:
    names = {*OBJECTS["ConfigMap"]["data"], *(variable["name"] for variable in CONTAINER["env"])}
    assert {name.removeprefix(PREFIX).lower() for name in names} <= set(Settings.model_fields)
    assert CONTAINER["envFrom"] == [{"configMapRef": {"name": OBJECTS["ConfigMap"]["metadata"]["name"]}}]


def test_a_call_in_flight_is_waited_for() -> None:
    """botocore waits up to 60 seconds for a reply; kill -9 before that would be harmless, and still is not nice."""
    assert POD["spec"]["terminationGracePeriodSeconds"] > 60
