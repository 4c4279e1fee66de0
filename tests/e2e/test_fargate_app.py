"""The composite FargateApp in an account: it comes up, is released, is repaired, and goes without leaving anything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.manifest.yaml_writer import write
from controller.model.address import Address
from controller.model.plan import Verb
from tests.stage import SCOPE, Stage, document

REGION = "eu-central-1"
APP: dict[str, Any] = {
    "image": "shop:1.4.2",
    "port": 3000,
    "healthPath": "/healthz",
    "count": 2,
    "network": "main",
    "zones": ["a", "b"],
    "domain": "shop.example.com",
    "www": True,
    "secrets": {"DB_PASSWORD": {"from": "shop-db", "key": "password"}},
    "permissions": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}],
}
REST = write(
    [
        document("trueup/v1", "Network", "main", {"cidr": "10.20.0.0/16", "zones": ["a", "b"], "nat": "one"}),
        document("secretsmanager.aws/v1", "Secret", "shop-db", {"generate": {"length": 40, "key": "password"}}),
    ]
)


def app(name: str = "shop", **spec: Any) -> str:
    given = {key: value for key, value in {**APP, **spec}.items() if value is not None}
    return write([document("trueup/v1", "FargateApp", name, given)])


@pytest.fixture
def stage(aws_endpoint: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path, {"scope.yaml": SCOPE, "rest.yaml": REST, "app.yaml": app()})


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def service() -> dict[str, Any]:
    (found,) = client("ecs").describe_services(cluster="shop", services=["shop"])["services"]
    return dict(found)


def balancer() -> dict[str, Any]:
    (found,) = client("elbv2").describe_load_balancers(Names=["shop"])["LoadBalancers"]
    return dict(found)


def listeners() -> dict[int, dict[str, Any]]:
    found = client("elbv2").describe_listeners(LoadBalancerArn=balancer()["LoadBalancerArn"])["Listeners"]
    return {each["Port"]: each for each in found}


def group(name: str) -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": [name]}]
    (found,) = client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return dict(found)


def changed(stage: Stage) -> dict[str, Verb]:
    return {f"{action.address.kind}/{action.address.name}": action.verb for action in stage.plan().actions}


def test_it_comes_up_from_nothing_and_then_there_is_nothing_to_do(stage: Stage) -> None:
    assert stage.loaded().problems == ()
    stage.converge()
    assert changed(stage) == {}
    (target,) = service()["loadBalancers"]
    assert (target["containerName"], target["containerPort"]) == ("shop", 3000)
    (secure,) = listeners()[443]["DefaultActions"]
    assert secure["TargetGroupArn"] == target["targetGroupArn"]
    (redirect,) = listeners()[80]["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    (certificate,) = client("acm").list_certificates()["CertificateSummaryList"]
    assert listeners()[443]["Certificates"] == [{"CertificateArn": certificate["CertificateArn"]}]


def test_a_plain_app_comes_up_in_a_network_of_its_own(stage: Stage) -> None:
    own = {"cidr": "10.30.0.0/16", "zones": ["a", "b"]}
    more: dict[str, Any] = {
        "network": own,
        "zones": None,
        "subnets": "public",
        "domain": None,
        "www": None,
        "secrets": None,
    }
    stage.files |= {"app.yaml": app(**more, count=None, scaling={"min": 2, "max": 4}), "rest.yaml": ""}
    assert stage.loaded().problems == ()
    stage.converge()
    assert changed(stage) == {}
    assert set(listeners()) == {80}
    scaled = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert [(each["ResourceId"], each["MinCapacity"], each["MaxCapacity"]) for each in scaled] == [
        ("service/shop/shop", 2, 4)
    ]


@pytest.mark.parametrize("authority", ["listed", "full"])
def test_in_its_zone_it_has_its_names(stage: Stage, authority: str) -> None:
    """Also in one where whatever is not in git is removed: the certificate's validation records stay."""
    facts = {"authority": authority, "guard": {"empty": True}}  # it is alone there, and goes again
    zone = document("route53.aws/v1", "HostedZone", "example.com", facts)
    stage.files |= {"zone.yaml": write([zone]), "app.yaml": app(zone="example.com")}
    assert stage.loaded().problems == ()
    stage.converge()
    assert changed(stage) == {}
    route53 = client("route53")
    (made,) = route53.list_hosted_zones()["HostedZones"]
    records = route53.list_resource_record_sets(HostedZoneId=made["Id"])["ResourceRecordSets"]
    aliases = {each["Name"]: each["AliasTarget"]["DNSName"] for each in records if "AliasTarget" in each}
    assert aliases == dict.fromkeys(("shop.example.com.", "www.shop.example.com."), f"{balancer()['DNSName']}.")
    del stage.files["app.yaml"]
    stage.converge()
    records = route53.list_resource_record_sets(HostedZoneId=made["Id"])["ResourceRecordSets"]
    assert not any("AliasTarget" in each for each in records)


def test_the_images_secrets_and_logs_are_allowed_to_the_execution_role(stage: Stage) -> None:
    stage.converge()
    iam, secret = client("iam"), client("secretsmanager").list_secrets()["SecretList"][0]
    role = "shop-execution-eu-central-1"
    document = iam.get_role_policy(RoleName=role, PolicyName="secrets")["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == secret["ARN"]
    (managed,) = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert managed["PolicyName"] == "AmazonECSTaskExecutionRolePolicy"


def test_another_image_in_git_is_a_new_revision_that_the_service_moves_to(stage: Stage) -> None:
    stage.converge()
    before = service()["taskDefinition"]
    stage.files["app.yaml"] = app(image="shop:1.5.0")
    assert changed(stage) == {"ecs/TaskDefinition/shop": Verb.UPDATE, "ecs/Service/shop": Verb.UPDATE}
    stage.calls.clear()
    stage.converge()
    assert stage.changes == ["RegisterTaskDefinition", "UpdateService"]
    after = service()["taskDefinition"]
    assert (before.rpartition("/")[2], after.rpartition("/")[2]) == ("shop:1", "shop:2")
    revision = client("ecs").describe_task_definition(taskDefinition=after)["taskDefinition"]
    assert [each["image"].rpartition("/")[2] for each in revision["containerDefinitions"]] == ["shop:1.5.0"]


def test_what_was_changed_by_hand_is_found_and_repaired(stage: Stage) -> None:
    """The tasks' group opened, both listeners deleted, other numbers of tasks."""
    stage.converge()
    group_before, listeners_before = group("shop"), listeners()
    anyone = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    client("ec2").authorize_security_group_ingress(GroupId=group_before["GroupId"], IpPermissions=[anyone])
    for each in listeners_before.values():
        client("elbv2").delete_listener(ListenerArn=each["ListenerArn"])
    client("ecs").update_service(cluster="shop", service="shop", desiredCount=9)
    stage.later = timedelta(minutes=5)  # what trueup itself has just made may be missing for a while
    assert changed(stage) == {
        "ec2/SecurityGroup/shop": Verb.UPDATE,
        "elbv2/Listener/shop-http": Verb.CREATE,
        "elbv2/Listener/shop-https": Verb.CREATE,
        "ecs/Service/shop": Verb.UPDATE,
    }
    stage.converge()
    assert group("shop")["IpPermissions"] == group_before["IpPermissions"]
    actions = {port: each["DefaultActions"] for port, each in listeners_before.items()}
    assert {port: each["DefaultActions"] for port, each in listeners().items()} == actions
    assert service()["desiredCount"] == 2


def test_the_number_of_tasks_that_autoscaling_has_set_is_left_to_it(stage: Stage) -> None:
    stage.files["app.yaml"] = app(count=None, scaling={"min": 2, "max": 10})
    stage.converge()
    client("ecs").update_service(cluster="shop", service="shop", desiredCount=9)
    assert changed(stage) == {}


def test_another_port_moves_the_listener_before_the_old_target_group_goes(stage: Stage) -> None:
    stage.converge()
    stage.files["app.yaml"] = app(port=8080)
    (replaced,) = [action for action in stage.plan().actions if action.verb is Verb.REPLACE]
    assert "for about a minute" in " ".join(replaced.effects), "a gap that is not told is an outage"
    stage.converge()
    (found,) = client("elbv2").describe_target_groups()["TargetGroups"]
    assert found["Port"] == 8080
    (target,) = service()["loadBalancers"]
    assert (target["targetGroupArn"], target["containerPort"]) == (found["TargetGroupArn"], 8080)
    assert listeners()[443]["DefaultActions"][0]["TargetGroupArn"] == found["TargetGroupArn"]
    assert {each["FromPort"] for each in group("shop")["IpPermissions"]} == {8080}


def test_an_app_that_gets_a_domain_and_loses_it_is_reached_all_the_while(stage: Stage) -> None:
    stage.files["app.yaml"] = app(domain=None, www=None)
    stage.converge()
    assert listeners()[80]["DefaultActions"][0]["Type"] == "forward"
    stage.files["app.yaml"] = app()
    stage.calls.clear()
    stage.converge()
    assert stage.changes.index("CreateListener") < stage.changes.index("ModifyListener")
    assert listeners()[80]["DefaultActions"][0]["Type"] == "redirect"
    stage.files["app.yaml"] = app(domain=None, www=None)
    stage.calls.clear()
    stage.converge()
    assert stage.changes.index("ModifyListener") < stage.changes.index("DeleteListener")
    assert listeners()[80]["DefaultActions"][0]["Type"] == "forward"


def test_a_worker_comes_up_beside_the_app_and_shares_its_image(stage: Stage) -> None:
    of_web: dict[str, Any] = dict.fromkeys(("port", "healthPath", "domain", "www"))
    stage.files["jobs.yaml"] = app("jobs", **of_web, kind="worker", repository=False, command=["run", "jobs"])
    stage.converge()
    (found,) = client("ecs").describe_services(cluster="jobs", services=["jobs"])["services"]
    assert found["loadBalancers"] == []
    assert group("jobs")["IpPermissions"] == []
    assert Address("test", "ecr/Repository", "jobs") not in stage.desired().manifests


def test_a_scheduled_app_runs_its_newest_image_at_set_times_and_leaves_nothing(stage: Stage) -> None:
    of_web: dict[str, Any] = dict.fromkeys(("port", "healthPath", "domain", "www", "count"))
    nightly = {**of_web, "kind": "schedule", "schedule": "cron(0 3 * * ? *)", "timezone": "Europe/Berlin"}
    stage.files["app.yaml"] = app("sweep", **nightly)
    assert stage.loaded().problems == ()
    stage.converge()
    assert changed(stage) == {}
    stage.files["app.yaml"] = app("sweep", **nightly, image="shop:1.5.0")
    assert changed(stage) == {"ecs/TaskDefinition/sweep": Verb.UPDATE, "scheduler/Schedule/sweep": Verb.UPDATE}
    stage.calls.clear()
    stage.converge()
    assert stage.changes == ["RegisterTaskDefinition", "UpdateSchedule"]
    target = client("scheduler").get_schedule(Name="sweep")["Target"]
    revision = client("ecs").describe_task_definition(taskDefinition=target["EcsParameters"]["TaskDefinitionArn"])
    assert revision["taskDefinition"]["containerDefinitions"][0]["image"].endswith("/shop:1.5.0")
    client("scheduler").delete_schedule(Name="sweep")
    assert changed(stage) == {"scheduler/Schedule/sweep": Verb.CREATE}
    stage.converge()
    del stage.files["app.yaml"]
    stage.converge()
    assert client("scheduler").list_schedules()["Schedules"] == []
    assert client("ecs").list_services(cluster="sweep")["serviceArns"] == []
    assert client("iam").list_roles()["Roles"] == []


def test_out_of_git_it_leaves_nothing(stage: Stage) -> None:
    stage.converge()
    del stage.files["app.yaml"]
    stage.converge()
    (cluster,) = client("ecs").describe_clusters(clusters=["shop"])["clusters"]
    assert cluster["status"] == "INACTIVE"  # AWS still knows it for a while
    assert client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"] == []
    assert client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert client("elbv2").describe_target_groups()["TargetGroups"] == []
    assert client("acm").list_certificates()["CertificateSummaryList"] == []
    assert client("ecr").describe_repositories()["repositories"] == []
    assert client("logs").describe_log_groups(logGroupNamePrefix="/ecs/")["logGroups"] == []
    assert client("iam").list_roles()["Roles"] == []
    names = {each["GroupName"] for each in client("ec2").describe_security_groups()["SecurityGroups"]}
    assert names == {"default"}
