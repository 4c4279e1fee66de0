"""Another image in a manifest's file: only its text changes, and what is not plain is refused."""

from __future__ import annotations

import pytest

from controller.errors import TrueupError
from controller.manifest.images import find, images, put
from controller.manifest.yaml_reader import read

APP = """# The shop.
apiVersion: trueup/v1
kind: FargateApp
metadata: {name: shop}
spec:
  image:   shop:1.4.2   # released by CI
  command: [shop:1.4.2]
  port: 3000
"""
TASK = """apiVersion: ecs.aws/v1
kind: TaskDefinition
metadata: {name: jobs}
spec:
  containerDefinitions:
    - {name: main, image: 'shop:1.4.2', essential: true}
    # beside it
    - name: proxy
      image: "nginx:1"
"""


def set_image(text: str, name: str, image: str) -> str:
    content = text.encode()
    documents, problems = read("a.yaml", content)
    assert problems == ()
    return put(content, find(images(documents), name), image).decode()


def test_only_the_text_of_the_image_changes() -> None:
    assert set_image(APP, "shop", "shop:1.5.0") == APP.replace("image:   shop:1.4.2 ", "image:   shop:1.5.0 ")


@pytest.mark.parametrize("name", ["jobs/main", "main"])
def test_a_container_is_named_with_its_task_or_alone(name: str) -> None:
    assert set_image(TASK, name, "shop@sha256:ab") == TASK.replace("'shop:1.4.2'", "'shop@sha256:ab'")


def test_quotes_line_ends_and_what_is_not_ascii_stay() -> None:
    text = "\ufeff# für alle \U0001f680\n" + TASK.replace("beside it", "dänében")
    for ends in (text, text.replace("\n", "\r\n")):
        assert set_image(ends, "proxy", "nginx:2") == ends.replace('"nginx:1"', '"nginx:2"')


def test_of_several_documents_only_one_changes() -> None:
    assert set_image(f"{TASK}---\n{APP}---\n{TASK.replace('jobs', 'more')}", "shop", "a:2").count("a:2") == 1


def test_the_same_image_again_changes_nothing() -> None:
    assert set_image(APP, "shop", "shop:1.4.2") == APP


def test_a_name_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(TrueupError, match="no container 'shpo'; did you mean 'shop'"):
        set_image(f"{APP}---\n{TASK}", "shpo", "shop:2")


def test_a_name_that_is_there_twice_is_said_with_both_places() -> None:
    twice = f"{TASK}---\n{TASK.replace('jobs', 'more')}"
    with pytest.raises(TrueupError, match=r"jobs/main \(a.yaml:6:20\), more/main \(a.yaml:16:20\); .* task/container"):
        set_image(twice, "main", "shop:2")
    assert set_image(twice, "more/main", "shop:2").count("shop:2") == 1


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("shop:${var.tag}", "a.yaml:6:3: the image of shop is 'shop:\\${var.tag}'; change the variable"),
        (
            "${out.ImagePolicy.shop.image}",
            "the image of shop is '.*'; it follows what is pushed .ImagePolicy.: push another",
        ),
        ("{tag: stable}", "the image of shop is {'tag': 'stable'}; it follows what is pushed"),
        ("{a: b}", "the image of shop is {'a': 'b'}; write an image"),
        ("&image shop:1", "anchor or tag"),
        ("!!str shop:1", "anchor or tag"),
        (">-\n    shop:1", "no line"),
    ],
)
def test_an_image_that_is_no_plain_text_is_left_to_people(image: str, said: str) -> None:
    with pytest.raises(TrueupError, match=said):
        set_image(APP.replace("  shop:1.4.2   # released by CI", image), "shop", "shop:2")


def test_an_image_that_an_alias_repeats_is_left_to_people() -> None:
    """Whatever repeats it would be released with it."""
    shared = "apiVersion: ecs.aws/v1\nkind: TaskDefinition\nmetadata: {name: t}\nspec:\n  containerDefinitions:\n"
    shared += "    - &c {name: c, image: 'c:1'}\n  again: [*c]\n"
    with pytest.raises(TrueupError, match="would change more than that"):
        set_image(shared, "c", "c:2")


@pytest.mark.parametrize("image", ["shop:2 # x", "shop:2, x", "a: b:2", "'shop:2"])
def test_what_yaml_would_read_otherwise_is_refused(image: str) -> None:
    with pytest.raises(TrueupError, match="would change more"):
        set_image(TASK.replace("'shop:1.4.2'", "shop:1.4.2"), "main", image)


def test_an_image_without_a_version_is_refused() -> None:
    with pytest.raises(TrueupError, match="neither tag nor digest"):
        set_image(APP, "shop", "shop")


def test_manifests_without_an_image_are_passed_over() -> None:
    """Of other kinds, and a FargateApp that leaves its image to a patch."""
    role = "apiVersion: iam.aws/v1\nkind: Role\nmetadata: {name: shop}\nspec: {image: no}\n"
    bare = "apiVersion: trueup/v1\nkind: FargateApp\nmetadata: {name: bare}\nspec: {port: 1}\n"
    documents, _ = read("a.yaml", f"{role}---\n{bare}---\n{APP}".encode())
    assert [image.names for image in images(documents)] == [("shop",)]
