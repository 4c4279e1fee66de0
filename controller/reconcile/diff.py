"""The difference between what git wants and what is live: one generic comparison of canonical specs, for all kinds.

git    AWS    compared as
None   any    not managed: no difference
any    None   not reported by AWS: unknown, no difference
model  model  field by field
map    map    key by key; only the keys that git names where the field is partial
list   list   item by item where items have key fields, else as a whole
other  other  equal or not
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.model.plan import ABSENT, Change
from controller.model.spec import Part, Spec, is_partial, is_secret


def diff(want: Spec, live: Spec, ignore: tuple[str, ...] = ()) -> tuple[Change, ...]:
    """Every field in which the two differ, but tags (see diff_tags) and the paths in `ignore`."""
    changes = (change for change in _parts("", want, live.managed_by(want)) if change.path.partition(".")[0] != "tags")
    return tuple(change for change in changes if not ignored(change.path, ignore))


def diff_tags(want: Mapping[str, str], live: Mapping[str, str], ignore: tuple[str, ...] = ()) -> tuple[Change, ...]:
    """Tags that differ, as paths `tags.<key>`."""
    return tuple(change for change in _maps("tags", want, live) if not ignored(change.path, ignore))


def ignored(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a path is, or lies below, one of the patterns of `lifecycle.ignore`."""
    return any(path == pattern or path.startswith((f"{pattern}.", f"{pattern}[")) for pattern in patterns)


def top_level(path: str) -> str:
    """The spec's own field that a path lies in: `inlinePolicies` for `inlinePolicies.read`."""
    return path.partition(".")[0].partition("[")[0]


def _compare(path: str, want: Any, live: Any) -> Iterator[Change]:
    if want is None or live is None or want == live:
        return
    if isinstance(want, Part) and type(want) is type(live):
        yield from _parts(f"{path}.", want, live)
    elif isinstance(want, Mapping) and isinstance(live, Mapping):
        yield from _maps(path, want, live)
    elif _keyed(want) and _keyed(live):
        yield from _items(path, want, live)
    else:
        yield Change(path, before=live, after=want)


def _parts(prefix: str, want: Part, live: Part) -> Iterator[Change]:
    for name, field in type(want).model_fields.items():
        wanted, there = getattr(want, name), getattr(live, name)
        if is_partial(field) and wanted is not None and there is not None:
            there = {key: value for key, value in there.items() if key in wanted}
        for change in _compare(f"{prefix}{field.alias}", wanted, there):
            yield Change(change.path, change.before, change.after, secret=is_secret(field) or change.secret)


def _maps(path: str, want: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted({*want, *live}):
        yield from _compare(f"{path}.{key}", want.get(key, ABSENT), live.get(key, ABSENT))


def _keyed(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Part) and item.key_fields for item in value)


def _items(path: str, want: tuple[Part, ...], live: tuple[Part, ...]) -> Iterator[Change]:
    wanted, there = _by_key(want), _by_key(live)
    for key in sorted({*wanted, *there}):
        yield from _compare(f"{path}[{key}]", wanted.get(key, ABSENT), there.get(key, ABSENT))


def _by_key(items: tuple[Part, ...]) -> dict[str, Part]:
    return {"/".join(str(getattr(item, name)) for name in item.key_fields): item for item in items}
