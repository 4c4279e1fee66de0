"""Clusters as AWS's replies show them, in states that the emulator has not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from controller.errors import AwsBusy
from controller.kinds.ecs.cluster import Cluster, ClusterSpec, ExecuteCommand, translate
from tests.kinds.stubbed import Stubbed

ARN = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
REPLY: dict[str, Any] = {"clusterArn": ARN, "clusterName": "main", "status": "ACTIVE"}


def test_a_cluster_that_aws_is_still_at_is_pending() -> None:
    assert translate({**REPLY, "status": "PROVISIONING"}).pending == "AWS is still provisioning its capacity"
    assert translate({**REPLY, "status": "DEPROVISIONING"}).pending
    assert translate(REPLY).pending == ""


def test_a_cluster_whose_capacity_could_not_be_made_does_not_work() -> None:
    assert "capacity providers" in translate({**REPLY, "status": "FAILED"}).broken


def test_a_deleted_cluster_that_aws_still_shows_is_not_live() -> None:
    account = Stubbed("ecs")
    account.expect("ListClusters", {"clusterArns": [ARN]}, maxResults=100)
    include = ["TAGS", "SETTINGS", "CONFIGURATIONS"]
    gone = {"clusters": [{**REPLY, "status": "INACTIVE"}]}
    account.expect("DescribeClusters", gone, clusters=[ARN], include=include)
    assert list(Cluster().observe(account.aws, None)) == []  # type: ignore[arg-type]
    account.done()


def test_what_commands_are_logged_as_can_be_changed_without_losing_the_storage_keys() -> None:
    """UpdateCluster replaces the configuration as a whole, and it holds more than trueup has fields for."""
    account, storage = Stubbed("ecs"), {"managedStorageConfiguration": {"kmsKeyId": "key"}}
    live = translate({**REPLY, "configuration": storage})
    spec = live.spec.model_copy(update={"execute_command": ExecuteCommand(logging="NONE")})
    wanted = {**storage, "executeCommandConfiguration": {"logging": "NONE"}}
    account.expect("UpdateCluster", cluster="main", configuration=wanted)
    Cluster().update(account.aws, live, spec, frozenset({"executeCommand"}))
    account.done()


def test_a_cluster_that_still_has_services_waits_and_says_for_which() -> None:
    account, live = Stubbed("ecs"), translate(REPLY)
    account.refuse("DeleteCluster", "ClusterContainsServicesException")
    with pytest.raises(AwsBusy):
        Cluster().delete(account.aws, live)
    service = "arn:aws:ecs:eu-central-1:123456789012:service/main/app"
    account.expect("ListServices", {"serviceArns": [service]}, cluster="main")
    account.expect("ListTasks", {"taskArns": []}, cluster="main")
    account.expect("ListContainerInstances", {"containerInstanceArns": []}, cluster="main")
    assert Cluster().holders(account.aws, live) == "service/main/app"


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ([{"capacityProvider": "A"}, {"capacityProvider": "B"}], "no weight above 0"),
        ([{"capacityProvider": "A", "base": 1}, {"capacityProvider": "B", "base": 1}], "more than one base"),
        ([{"capacityProvider": "A", "weight": 1}, {"capacityProvider": "A"}], "twice"),
    ],
)
def test_a_strategy_that_aws_would_refuse_is_refused_before(strategy: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ClusterSpec(cluster_name="main", default_capacity_provider_strategy=strategy)


def test_the_order_of_a_strategy_has_no_meaning() -> None:
    one = [{"capacityProvider": "A", "weight": 1}, {"capacityProvider": "B"}]
    specs = [ClusterSpec(cluster_name="main", default_capacity_provider_strategy=parts) for parts in (one, one[::-1])]
    assert specs[0] == specs[1]
