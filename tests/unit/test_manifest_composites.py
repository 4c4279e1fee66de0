"""Composites: one manifest that stands for many, by every rule that the many would be under if they were written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from pydantic import Field

from controller.manifest.document import document
from controller.manifest.load import Loader
from controller.model.address import Address
from controller.model.composite import CompositeSpec
from controller.model.manifest import Loaded, Piece
from controller.model.scope import Scope
from tests.unit.manifest_kinds import SCOPE, kinds, messages, queue, role, scope, tree


class TeamSpec(CompositeSpec):
    """A team."""

    people: tuple[str, ...] = ()
    hours: int = Field(default=1, ge=1)


class Team:
    """A role for each person, and a queue for all."""

    spec = TeamSpec
    expanded = 0

    def expand(self, name: str, spec: TeamSpec, scope: Scope) -> Iterator[Piece]:
        self.expanded += 1
        yield Piece("sqs/Queue", name, {"delay": spec.hours})
        for person in spec.people:
            yield Piece(
                "iam/Role", f"{name}-{person}", {"trust": {}, "maxSessionDuration": spec.hours * 3600}, "people"
            )


def team(name: str, more: str = "", top: str = "") -> str:
    """A team's manifest: its spec begins in line 4, `more` is in line 6."""
    return f"apiVersion: trueup/v1\nkind: Team\nmetadata: {{name: {name}}}\nspec:\n  people: [ana, bo]\n{more}{top}"


def load(files: Mapping[str, str], composite: Team | None = None) -> Loaded:
    return Loader(kinds(), {"trueup/Team": composite or Team()}).load(tree({"scope.yaml": SCOPE, **files}))


def names(loaded: Loaded, scope: str = "prod") -> set[str]:
    return {address.local for address in loaded.scopes[scope].manifests}


def test_a_composite_is_the_manifests_that_it_stands_for() -> None:
    loaded = load({"a.yaml": team("web", "  hours: ${var.hours}\n")})
    assert messages(loaded) == []
    assert names(loaded) == {"sqs/Queue/web", "iam/Role/web-ana", "iam/Role/web-bo"}
    manifests = loaded.scopes["prod"].manifests
    assert manifests[Address("prod", "sqs/Queue", "web")].data["delay"] == 2


def test_an_output_where_a_composite_needs_a_value_is_an_error_and_not_nothing() -> None:
    """Else the composite would stand for nothing, and all of it would be deleted as no longer wanted."""
    loaded = load({"a.yaml": team("web", "  hours: ${out.Role.ci.arn}\n"), "b.yaml": role("ci")})
    assert messages(loaded) == ["a.yaml:6:3: error: spec.hours: must be a whole number, found '${out.Role.ci.arn}'"]
    assert not loaded.scopes["prod"].complete


def test_what_it_stands_for_is_found_at_its_field() -> None:
    manifests = load({"a.yaml": team("web")}).scopes["prod"].manifests
    assert str(manifests[Address("prod", "iam/Role", "web-ana")].position("trust")) == "a.yaml:5:3"
    assert str(manifests[Address("prod", "sqs/Queue", "web")].position("delay")) == "a.yaml:1:1"


def test_a_name_that_its_piece_cannot_have_is_told_at_the_composites_name() -> None:
    name, live_name = messages(load({"a.yaml": team("web").replace("[ana, bo]", "['a b']")}))
    assert name.startswith("a.yaml:3:12: error: metadata.name: 'web-a b' is not a name")
    assert live_name.startswith("a.yaml:3:12: error: metadata.name: must match")


def test_a_composite_that_is_wrong_stands_for_nothing_and_says_what_is_wrong_with_it() -> None:
    loaded = load({"a.yaml": team("web", "  hours: 0\n  colour: red\n"), "b.yaml": role("other")})
    assert [text.partition(": error: ")[::2] for text in messages(loaded)] == [
        ("a.yaml:6:3", "spec.hours: must be at least 1, found 0"),
        ("a.yaml:7:3", "spec.colour: unknown field (allowed: hours, patches, people)"),
    ]
    assert names(loaded) == {"iam/Role/other"}
    assert not loaded.scopes["prod"].complete


def test_its_pieces_are_patched_by_its_own_patches() -> None:
    patch = "  patches: [{kind: Role, name: web-bo, spec: {maxSessionDuration: 7200}, lifecycle: {deletion: retain}}]\n"
    manifests = load({"a.yaml": team("web", patch)}).scopes["prod"].manifests
    patched = manifests[Address("prod", "iam/Role", "web-bo")]
    assert (patched.data["maxSessionDuration"], patched.lifecycle.deletion) == (7200, "retain")
    assert manifests[Address("prod", "iam/Role", "web-ana")].data["maxSessionDuration"] == 3600


def test_a_patch_that_fits_no_piece_is_an_error_that_tells_what_there_is() -> None:
    (problem,) = messages(load({"a.yaml": team("web", "  patches: [{kind: Role, name: web-cy}]\n")}))
    assert problem == (
        "a.yaml:6:13: error: spec.patches[0]: the patch fits nothing (there are Queue/web, Role/web-ana, Role/web-bo)"
    )


def test_an_includes_patches_reach_the_composite_and_its_pieces() -> None:
    bo = "{kind: Role, name: web-bo, spec: {maxSessionDuration: 18000}}"
    patches = f"{{kind: Team, spec: {{hours: 3}}}}, {{kind: Queue, spec: {{delay: 9}}}}, {bo}"
    files = {
        "scope.yaml": scope("prod", more=f"  include:\n    - path: base\n      patches: [{patches}]\n"),
        "base/scope.yaml": scope("base", account="210987654321"),
        "base/a.yaml": team("web"),
    }
    loaded = load(files)
    assert messages(loaded) == []
    manifests = loaded.scopes["prod"].manifests
    assert manifests[Address("prod", "sqs/Queue", "web")].data["delay"] == 9
    assert manifests[Address("prod", "iam/Role", "web-ana")].data["maxSessionDuration"] == 10800
    assert manifests[Address("prod", "iam/Role", "web-bo")].data["maxSessionDuration"] == 18000


def test_what_it_stands_for_is_known_by_its_kind_and_name_too() -> None:
    manifests = load({"a.yaml": team("web"), "b.yaml": role("web")}).scopes["prod"].manifests

    def named(kind: str | None, name: str | None) -> set[str]:
        return {address.local for address, manifest in manifests.items() if manifest.fits(kind, name)}

    pieces = {"iam/Role/web-ana", "iam/Role/web-bo", "sqs/Queue/web"}
    assert named("Team", "web") == named("trueup/Team", None) == pieces
    assert named(None, "web") == pieces | {"iam/Role/web"}
    assert named("Role", "web") == {"iam/Role/web"}
    assert named("Role", None) == {"iam/Role/web-ana", "iam/Role/web-bo", "iam/Role/web"}


def test_its_lifecycle_is_that_of_its_pieces() -> None:
    manifests = load({"a.yaml": team("web", top="lifecycle: {deletion: protect}\n")}).scopes["prod"].manifests
    assert {manifest.lifecycle.deletion for manifest in manifests.values()} == {"protect"}


def test_a_piece_and_a_manifest_of_one_name_are_told_both() -> None:
    first, second = messages(load({"a.yaml": team("web"), "b.yaml": queue("web")}))
    assert "declared more than once" in first
    assert "b.yaml:1:1" in first
    assert "a.yaml:1:1" in second


def test_a_composite_that_did_not_change_is_not_expanded_again() -> None:
    composite = Team()
    loader = Loader(kinds(), {"trueup/Team": composite})
    before = loader.load(tree({"scope.yaml": SCOPE, "a.yaml": team("web")}))
    after = loader.load(tree({"scope.yaml": SCOPE, "a.yaml": team("web"), "b.yaml": role("other")}))
    assert composite.expanded == 1
    ana = Address("prod", "iam/Role", "web-ana")
    assert after.scopes["prod"].manifests[ana] is before.scopes["prod"].manifests[ana]
    loader.load(tree({"scope.yaml": SCOPE, "a.yaml": team("web", "  hours: 4\n")}))
    assert composite.expanded == 2


@pytest.mark.parametrize("lifecycle", ["", "lifecycle: {deletion: retain}\n"])
def test_a_manifest_is_shown_as_somebody_could_have_written_it(lifecycle: str) -> None:
    """The name that is the manifest's own is not said twice."""
    manifests = (
        load({"a.yaml": role("web", "  maxSessionDuration: ${var.seconds}\n", lifecycle)}).scopes["prod"].manifests
    )
    assert document(manifests[Address("prod", "iam/Role", "web")], kinds()) == {
        "apiVersion": "iam.aws/v1",
        "kind": "Role",
        "metadata": {"name": "web"},
        **({"lifecycle": {"deletion": "retain"}} if lifecycle else {}),
        "spec": {"trust": {}, "maxSessionDuration": 7200},
    }


def test_a_name_of_its_own_is_shown() -> None:
    manifests = load({"a.yaml": role("web", "  roleName: other\n")}).scopes["prod"].manifests
    shown = document(manifests[Address("prod", "iam/Role", "web")], kinds())
    assert shown["spec"]["roleName"] == "other"
