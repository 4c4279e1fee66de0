"""The story of `trueup demo --once`: up from nothing, a release, changes by hand, less in git, and a name at the end."""

from __future__ import annotations

from controller.cli.demo import hand
from controller.cli.demo.hand import DEEDS
from controller.cli.demo.play import Play

DOMAIN, WWW = "shop.example.com", "www.shop.example.com"
RELEASE = "1.5.0"
WORDS = ("AWS has not validated", "0 of 2 tasks run", "1 of 2 tasks run", "2 of 2 tasks run")
"""How reasons begin that are AWS's own matter, and no mere waiting for another resource."""


def tell(play: Play) -> None:
    """Play it. Raises StepFailed where a step does not hold."""
    from_nothing(play)
    release(play)
    by_hand(play)
    less_in_git(play)
    a_name(play)


def from_nothing(play: Play) -> None:
    """An empty account becomes what git says. What AWS takes its time for is waited for, and what does not need it goes on."""
    play.act("From nothing")
    pending(play, "acm/Certificate/shop", "the certificate is pending until AWS has seen its records in the zone")
    pending(play, "ecs/Service/shop", "the service is pending until its tasks run")
    play.step("everything that git names is in AWS, and in sync", lambda: play.stage.settled)
    play.show_actions()


def release(play: Play) -> None:
    """A commit changes the image, and ECS rolls it out."""
    play.act("A release")
    play.trueup("set", "image", f"shop=shop:{RELEASE}", str(play.manifests))
    play.commit(f"Release {RELEASE}")
    pending(play, "ecs/Service/shop", "the rollout is pending, with counts and ECS's own last words")
    play.step("the new image runs, and all is in sync", lambda: play.stage.settled and image() == f"shop:{RELEASE}")
    play.show_actions()


def by_hand(play: Play) -> None:
    """What is changed past git is found, stays for as long as trueup is paused, and is repaired after that."""
    play.act("By hand, while trueup is paused")
    stage = play.stage
    play.trueup("pause", "--reason", "to see drift before it is repaired", "--for", "1h")
    play.step("the pause shows in /metrics", lambda: stage.metric("trueup_pause_active") == 1)
    for deed in DEEDS.values():
        deed.do()
        play.tell(f"by hand: {deed.what}", "yellow")
    play.step(f"all {len(DEEDS)} are seen as drift in /metrics, and nothing else", lambda: play.drifted == len(DEEDS))
    play.tell(f'sum(trueup_resources{{scope="{stage.scope}",state="drifted"}}) {play.drifted:.0f}', "bold")
    play.show_troubles()
    play.step("while paused they stay", lambda: all(deed.stands() for deed in DEEDS.values()))
    play.trueup("resume")
    for deed in DEEDS.values():
        play.step(deed.repaired, lambda deed=deed: not deed.stands())  # type: ignore[misc]
    play.step("nothing is drifted any more", lambda: stage.settled)
    play.show_actions()


def less_in_git(play: Play) -> None:
    """What git names no more is deleted, after what refers to it."""
    play.act("Less in git")
    (play.manifests / "iam" / "people.yaml").unlink()
    play.commit("Ana has left")
    play.step("a user and her group are pruned", lambda: not users() and not groups())
    for name in ("network.yaml", "app.yaml"):
        file = play.manifests / name
        file.write_text(file.read_text().replace("zones: [a, b, c]", "zones: [a, b]"))
    play.commit("Two zones are enough")
    play.step(
        "a zone's subnets are pruned, after the load balancer and the tasks have left them", lambda: not subnets()
    )
    play.step("the rest is in sync", lambda: play.stage.settled)
    play.show_actions()


def a_name(play: Play) -> None:
    """What the world sees."""
    play.act("A name")
    play.step("example.com delegates shop.example.com to the name servers of its zone", delegated)
    play.step("shop.example.com and www lead to the load balancer", led_to_the_balancer)
    play.step("AWS has issued the certificate that it shows, for both names", certified)
    for (name, type_), values in hand.answers(DOMAIN).items():
        if type_ != "SOA":
            play.tell(f"{name} {type_} {' '.join(values)}")


def pending(play: Play, resource: str, what: str) -> None:
    """Wait until a resource is seen pending, and show why it is."""
    seen: list[dict[str, str]] = []

    def is_seen() -> bool:
        seen[:] = [trouble for trouble in play.stage.troubles if trouble["resource"] == resource]
        return any(trouble["state"] == "pending" and trouble["reason"].startswith(WORDS) for trouble in seen)

    play.step(what, is_seen)
    play.show_troubles(seen)


def delegated() -> bool:
    """Whether the parent zone names the child's own name servers."""
    parent, child = (hand.answers(domain).get((DOMAIN, "NS")) for domain in ("example.com", DOMAIN))
    return bool(parent and child) and sorted(parent or ()) == sorted(child or ())


def led_to_the_balancer() -> bool:
    """Whether the domain and www are aliases of the load balancer, over IPv4 and IPv6."""
    found, target = hand.answers(DOMAIN), hand.balancer()["DNSName"]
    return all(found.get((name, type_)) == [target] for name in (DOMAIN, WWW) for type_ in ("A", "AAAA"))


def image() -> str:
    """The image that the shop's service runs, without its registry."""
    revision = hand.client("ecs").describe_task_definition(taskDefinition=hand.service()["taskDefinition"])
    (container,) = revision["taskDefinition"]["containerDefinitions"]
    return str(container["image"]).rpartition("/")[2]


def users() -> list[object]:
    """All IAM users."""
    return list(hand.client("iam").list_users()["Users"])


def groups() -> list[object]:
    """All IAM groups."""
    return list(hand.client("iam").list_groups()["Groups"])


def subnets() -> list[object]:
    """The subnets in zone c."""
    filters = [{"Name": "tag:Name", "Values": ["shop-*-c"]}]
    return list(hand.client("ec2").describe_subnets(Filters=filters)["Subnets"])


def certified() -> bool:
    """Whether the load balancer has a certificate of both names, and AWS has issued it."""
    listeners = hand.client("elbv2").describe_listeners(LoadBalancerArn=hand.balancer()["LoadBalancerArn"])["Listeners"]
    (arn,) = [one["CertificateArn"] for each in listeners for one in each.get("Certificates", ())]
    certificate = hand.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    return certificate["Status"] == "ISSUED" and {DOMAIN, WWW} <= {*certificate["SubjectAlternativeNames"]}
