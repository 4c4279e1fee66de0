"""Plain data to YAML as a person would write it, and as readers of YAML 1.1 and 1.2 alike take it for the same.

Used by `export` to write a live account as manifests. The data becomes YAML nodes here, with the style of each chosen by what
there is room for; PyYAML writes the nodes down, and quotes what YAML 1.1 or the syntax asks for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.representer import SafeRepresenter

WIDTH = 80
"""A list of scalars stands on one line where that line, with its key, has at most this many characters."""

_INDENT = 2
_SCALARS = SafeRepresenter()
_CORE = "tag:yaml.org,2002:"
_OTHER_READERS = re.compile(
    r"y|Y|n|N"  # booleans in YAML 1.1 that PyYAML does not know of
    r"|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"  # numbers in YAML 1.2, leading zeros and all
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
"""Texts that PyYAML would leave bare and another reader would take for something else."""

_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Line breaks in YAML 1.1 only: but for an escape, one reader would fold them and another would not."""


class _Dumper(yaml.SafeDumper):
    """Lists indented under their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def write(documents: Iterable[Mapping[str, Any]]) -> str:
    """YAML text of some documents, separated by `---`. Reading it gives the same data back, key order and all."""
    return "---\n".join(_serialize(_node(document, 0)) for document in documents)


def _serialize(node: Node) -> str:
    return str(yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, indent=_INDENT, width=sys.maxsize))


def _node(value: Any, indent: int, used: int = 0) -> Node:
    """The node of a value. `indent`: its block's column; `used`: characters of its line that are taken already."""
    if isinstance(value, Mapping):
        return _mapping(value, indent)
    if isinstance(value, list | tuple):
        return _sequence(value, indent, used)
    if isinstance(value, str):
        return _text(value, "|")
    return _SCALARS.represent_data(value)


def _mapping(data: Mapping[str, Any], indent: int) -> MappingNode:
    pairs = []
    for name, value in data.items():
        key = _text(name, '"')
        pairs.append((key, _node(value, indent + _INDENT, indent + _length(key) + len(": "))))
    return MappingNode(f"{_CORE}map", pairs, flow_style=not data)


def _sequence(items: Sequence[Any], indent: int, used: int) -> SequenceNode:
    nodes = [_node(item, indent + _INDENT, indent + len("- ")) for item in items]
    short = all(isinstance(node, ScalarNode) and node.style != "|" for node in nodes)
    line = SequenceNode(f"{_CORE}seq", nodes, flow_style=True)
    if short and used + _length(line) <= WIDTH:
        return line
    return SequenceNode(f"{_CORE}seq", nodes, flow_style=False)


def _text(text: str, of_lines: str) -> ScalarNode:
    """A text's node. `of_lines` is the style for one of several lines; without a style PyYAML sees to the quotes."""
    if _OTHER_BREAKS.search(text):
        style: str | None = '"'
    elif "\n" in text:
        style = of_lines
    else:
        style = "'" if _OTHER_READERS.fullmatch(text) else None
    return ScalarNode(f"{_CORE}str", str(text), style=style)


def _length(node: Node) -> int:
    """How many characters a node takes on one line."""
    return len(_serialize(node).removesuffix("...\n").rstrip("\n"))
