"""Explain: what it says of a kind, of its fields and of what does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field

from controller.errors import TrueupError
from controller.manifest.explain import explain, type_name
from controller.model.fact import Fact
from controller.model.reference import Ref
from controller.model.spec import Part, TaggedSpec
from tests.unit.thing import KINDS, Thing

PartRef = Annotated[str, Ref("test/Part", "test/Piece", output="id", literal=r"part-\w+")]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Screw(Part):
    """A piece within a piece."""

    length: int = Field(default=10, ge=1, description="In millimetres.")


class WidgetSpec(TaggedSpec):
    widget_name: str = Field(description="The name. Unique\n   in a region.")
    colour: Colour = Field(default=Colour.RED, description="Its colour.")
    note: str | None = Field(default=None, description="A note.")
    screws: tuple[Screw, ...] = Field(default=(), description="What holds it.")
    by_side: dict[str, Screw] = Field(default={}, description="What holds each side.")
    parts: frozenset[PartRef] = Field(default=frozenset(), description="What it is made of.")


class Widget(Thing):
    """A widget.

    https://example.com/widget
    """

    spec = WidgetSpec
    name_field = "widgetName"
    replace_on = frozenset({"widgetName", "colour"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "Its id."}
    facts = (
        Fact("widget_length_meters", "How long it is."),
        Fact("widget_wear", "How worn it is; always 1.", "status", ("new", "worn")),
    )
    reads = ("test:ListWidgets",)
    writes = ("test:CreateWidget", "test:DeleteWidget")


class Other(Thing):
    """A widget of another service."""

    api = "other.aws/v1"
    outputs: ClassVar[Mapping[str, str]] = {}
    replace_on = frozenset()

    @property
    def id(self) -> str:
        return "other/Part"


ALL = {**KINDS, "test/Widget": Widget(), "other/Part": Other()}


def test_a_kind_is_told_from_its_docstring_to_its_last_field() -> None:
    assert explain("Widget", ALL).text == (
        "Widget  apiVersion: test.aws/v1\n"
        "A widget.\n"
        "\n"
        "https://example.com/widget\n"
        "replaced when these change: colour, widgetName\n"
        "outputs:\n"
        "  ${out.Widget.<name>.id}  Its id.\n"
        "metrics:\n"
        "  trueup_widget_length_meters{scope, name}  How long it is.\n"
        "  trueup_widget_wear{scope, name, status}  How worn it is; always 1.\n"
        "IAM actions trueup needs:\n"
        "  to look: test:ListWidgets\n"
        "  to change: test:CreateWidget, test:DeleteWidget\n"
        "\n"
        "fields:\n"
        "  tags  <map of text>\n"
        "      Tags, beside the scope's default tags and trueup's own. Tags that git does not name are removed.\n"
        "  widgetName  <text>  required\n"
        "      The name. Unique in a region.\n"
        "  colour  <red | blue>  default: 'red'\n"
        "      Its colour.\n"
        "  note  <text>  not managed when unset\n"
        "      A note.\n"
        "  screws  <list of (Screw)>\n"
        "      What holds it.\n"
        "  bySide  <map of Screw>\n"
        "      What holds each side.\n"
        "  parts  <set of (name of test/Part or test/Piece, or its literal id)>\n"
        "      What it is made of."
    )


def test_the_same_is_told_as_plain_data() -> None:
    data = explain("test/Widget", ALL).data
    assert data["kind"] == "test/Widget"
    assert data["reads"] == ["test:ListWidgets"]
    assert data["writes"] == ["test:CreateWidget", "test:DeleteWidget"]
    assert data["outputs"] == {"id": "Its id."}
    assert data["metrics"]["trueup_widget_length_meters"] == "How long it is."
    assert data["fields"]["note"] == {
        "type": "text",
        "required": False,
        "default": None,
        "managed": False,
        "description": "A note.",
    }
    assert data["fields"]["widgetName"]["required"]


def test_a_kind_without_outputs_and_replacements_says_nothing_of_them() -> None:
    text = explain("other/Part", ALL).text
    assert "outputs" not in text
    assert "metrics" not in text
    assert "replaced" not in text


def test_a_field_is_told_with_the_fields_within_it() -> None:
    assert explain("Widget.screws", ALL).text == (
        "Widget.screws  <list of (Screw)>\n"
        "What holds it.\n"
        "fields:\n"
        "  length  <number>  default: 10\n"
        "      In millimetres."
    )


def test_a_field_within_a_field_is_told() -> None:
    assert explain("Widget.bySide.length", ALL).data["type"] == "number"
    found = explain("Widget.screws.length", ALL)
    assert found.text == "Widget.screws.length  <number>  default: 10\nIn millimetres."
    assert found.data["field"] == "Widget.screws.length"


@pytest.mark.parametrize(("what", "field"), [("Scope", "account"), ("Lifecycle", "deletion")])
def test_scope_and_lifecycle_are_told_too(what: str, field: str) -> None:
    found = explain(what, ALL)
    assert found.text.startswith(f"{what}  ")
    assert field in found.data["fields"]
    assert explain(f"{what}.{field}", ALL).data["type"] == found.data["fields"][field]["type"]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("Wigdet", "there is no kind called 'Wigdet'; did you mean 'Widget'?"),
        ("Part", "several kinds are called 'Part'; "),
        ("Widget.colur", "Widget.colur: there is no field 'colur'; did you mean 'colour'?"),
        ("Widget.screws.lenght", "Widget.screws.lenght: there is no field 'lenght'; did you mean 'length'?"),
    ],
)
def test_what_does_not_exist_is_said_with_what_may_be_meant(what: str, message: str) -> None:
    with pytest.raises(TrueupError) as raised:
        explain(what, ALL)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (str, "text"),
        (int, "number"),
        (bool, "true or false"),
        (object, "anything"),
        (Literal["tcp", "udp", 6], "tcp | udp | 6"),
        (Colour, "red | blue"),
        (int | str | None, "number or text"),
        (Mapping[str, int], "map of number"),
        (dict[str, list[int]], "map of list of (number)"),
        (tuple[Screw, ...], "list of (Screw)"),
        (set[str], "set of (text)"),
        (Annotated[int, Field(ge=1)], "number"),
        (Annotated[str, Ref("ec2/Vpc", output="id", literal="vpc-.+")], "name of ec2/Vpc, or its literal id"),
        (Screw, "Screw"),
        (Any, "anything"),
    ],
)
def test_a_type_is_told_in_the_words_of_who_writes_manifests(annotation: Any, name: str) -> None:
    assert type_name(annotation) == name
