"""A small layer over the emulator, for what it does not simulate: that something takes its time, or fails.

A script changes what the emulator has answered to an operation. What comes out is checked against botocore's service model,
names of values included, so that no test rests on a reply that AWS could not give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from controller.aws.client import Aws

Script = Callable[[dict[str, Any]], None]
"""Changes a parsed reply in place."""


@contextmanager
def scripted(aws: Aws, service: str, **scripts: Script) -> Iterator[None]:
    """While this lasts, the replies to some operations, by AWS's names for them, are as the scripts make them."""
    client = aws._account.client(service, aws.region)
    model, events = client.meta.service_model, client.meta.events
    hooks = []
    for operation, script in scripts.items():
        output = model.operation_model(operation).output_shape

        def answer(parsed: dict[str, Any], script: Script = script, output: Shape = output, **_: Any) -> None:
            script(parsed)
            check({key: value for key, value in parsed.items() if key != "ResponseMetadata"}, output)

        hooks.append((f"after-call.{model.service_id.hyphenize()}.{operation}", answer))
    for event, hook in hooks:
        events.register(event, hook)
    try:
        yield
    finally:
        for event, hook in hooks:
            events.unregister(event, hook)


def check(reply: Any, shape: Shape) -> None:
    """Fails where a reply is none that the service model has."""
    report = ParamValidator().validate(reply, shape)
    assert not report.has_errors(), report.generate_report()
    wrong = list(_unheard_of(reply, shape, shape.name))
    assert not wrong, wrong


def _unheard_of(value: Any, shape: Shape, where: str) -> Iterator[str]:
    """Values that an enumeration does not have, which botocore lets pass."""
    match shape:
        case StructureShape():
            for name in value.keys() & shape.members.keys():
                yield from _unheard_of(value[name], shape.members[name], f"{where}.{name}")
        case ListShape():
            for item in value:
                yield from _unheard_of(item, shape.member, f"{where}[]")
        case MapShape():
            for item in value.values():
                yield from _unheard_of(item, shape.value, f"{where}{{}}")
        case StringShape() if shape.enum and value not in shape.enum:
            yield f"{where}: {value}"
