"""The size of a task: CPU units and MiB however they are written, and which of them Fargate has.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

GB = 1024
FARGATE: Mapping[int, tuple[int, ...]] = {
    256: (512, 1 * GB, 2 * GB),
    512: tuple(range(1 * GB, 4 * GB + 1, GB)),
    1024: tuple(range(2 * GB, 8 * GB + 1, GB)),
    2048: tuple(range(4 * GB, 16 * GB + 1, GB)),
    4096: tuple(range(8 * GB, 30 * GB + 1, GB)),
    8192: tuple(range(16 * GB, 60 * GB + 1, 4 * GB)),
    16384: tuple(range(32 * GB, 120 * GB + 1, 8 * GB)),
}
"""The memories (MiB) that go with each CPU size (units)."""


def _units(unit: str, example: str) -> Callable[[Any], Any]:
    form = re.compile(rf"(\d+|\d*\.\d+) ?{unit}", re.IGNORECASE)

    def read(value: Any) -> Any:
        if isinstance(value, float):
            raise ValueError(f"{value} has no unit; write {example}")  # noqa: TRY004 - pydantic reports ValueErrors
        if not isinstance(value, str):
            return value
        if value.isdecimal():
            return int(value)
        found = form.fullmatch(value.strip())
        amount = Decimal(found[1]) * 1024 if found else Decimal("0.5")
        if amount != int(amount):
            raise ValueError(f"{value!r} is no size; write {example}")
        return int(amount)

    return read


CpuUnits = Annotated[
    int, BeforeValidator(_units("vCPU", "256 or 0.25 vCPU"), json_schema_input_type=int | str), Field(ge=0)
]
Mebibytes = Annotated[
    int, BeforeValidator(_units("GB", "512 or 0.5 GB"), json_schema_input_type=int | str), Field(ge=0)
]


def unfit_for_fargate(cpu: int, memory: int) -> str:
    """Why Fargate has no task of this size, and what it has; "" where it has."""
    sizes = ", ".join(map(str, FARGATE))
    if cpu not in FARGATE:
        return (
            f"Fargate has no tasks of {cpu} CPU units; it has {sizes}" if cpu else f"Fargate needs cpu: one of {sizes}"
        )
    allowed = FARGATE[cpu]
    if memory in allowed:
        return ""
    step = allowed[-1] - allowed[-2]
    some = ", ".join(map(str, allowed)) if len(allowed) <= 4 else f"{allowed[0]} to {allowed[-1]} in steps of {step}"
    fitting = [str(units) for units, memories in FARGATE.items() if memory in memories]
    other = f"; {memory} MiB go with cpu {' or '.join(fitting)}" if fitting else ""
    return (
        f"with cpu {cpu} Fargate has {some} MiB of memory, not {memory}{other}"
        if memory
        else f"Fargate needs memory: {some} MiB"
    )
