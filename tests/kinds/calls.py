"""Which of AWS's operations a kind can call, read off its source: also those on paths that no test takes.

It begins at the kind's methods and follows every function of `controller.kinds` that they use. What is constant is carried along
(arguments, tables that are looped over, the fields of an instance), so that `aws.call("iam", f"Put{entity}Policy", ...)` is known
for what it is. An operation that cannot be told from the source is reported, not passed over.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

Values = tuple[Any, ...]
"""What an expression may be; () where that is not known."""
Env = dict[str, Values]
OURS = "controller.kinds."


@dataclass
class Calls:
    """The calls found: (boto3's service, operation). `reached`: the places of the calls that were looked at, as `module:line`;
    `untold`: those whose operation cannot be told from the source."""

    found: set[tuple[str, str]] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def follow(self, function: Callable[..., Any], env: Env) -> None:
        """Look through one function whose parameters may have the values in `env`."""
        key = f"{function.__module__}.{function.__qualname__} {sorted((k, repr(v)) for k, v in env.items())}"
        if key in self._seen:
            return
        self._seen.add(key)
        lines, first = inspect.getsourcelines(function)
        tree = ast.increment_lineno(ast.parse(textwrap.dedent("".join(lines))), first - 1)
        parameters = {name: env.get(name, ()) for name in inspect.signature(function).parameters}
        known: Env = {**{name: (value,) for name, value in function.__globals__.items()}, **parameters}
        for node in ast.walk(tree):
            _bind(node, known)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._call(node, known, function)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                self._mention(node, known)

    def _call(self, node: ast.Call, env: Env, function: Callable[..., Any]) -> None:
        if _asks_aws(node):
            place = f"{function.__module__}:{node.lineno}"
            pairs = list(itertools.product(*(values(argument, env) for argument in node.args[:2])))
            self.reached.add(place)
            self.untold |= set() if pairs else {place}
            self.found |= {(str(service), str(operation)) for service, operation in pairs}
        for callee in values(node.func, env):
            for plain, bound in _functions(callee):
                self.follow(plain, {**bound, **_arguments(node, plain, bound, env)})

    def _mention(self, node: ast.expr, env: Env) -> None:
        """A function that is handed on is called by somebody."""
        for value in values(node, env):
            for plain, bound in _functions(value):
                if not any(key.startswith(f"{plain.__module__}.{plain.__qualname__} ") for key in self._seen):
                    self.follow(plain, bound)


def calls_of(kind: Any, *methods: str) -> Calls:
    """What these methods of a kind may call."""
    calls = Calls()
    for method in methods:
        for plain, bound in _functions(getattr(kind, method)):
            calls.follow(plain, bound)
    return calls


def values(node: ast.expr, env: Env) -> Values:  # noqa: C901 - one case for each form of expression
    """What an expression may be, as far as it is made of constants."""
    match node:
        case ast.Constant(value):
            return (value,)
        case ast.Name(name):
            return env.get(name, ())
        case ast.Attribute(inner, name):
            return tuple(getattr(value, name) for value in values(inner, env) if hasattr(value, name))
        case ast.IfExp(_, body, other):
            return values(body, env) + values(other, env)
        case ast.BoolOp(_, parts):
            return tuple(value for part in parts for value in values(part, env))
        case ast.FormattedValue(inner):
            return values(inner, env)
        case ast.JoinedStr(parts):
            return tuple("".join(map(str, texts)) for texts in itertools.product(*(values(p, env) for p in parts)))
        case ast.BinOp(left, ast.Add(), right):
            pairs = itertools.product(values(left, env), values(right, env))
            return tuple(a + b for a, b in pairs if isinstance(a, str) and isinstance(b, str))
        case ast.Subscript(inner, index):
            return _items(values(inner, env), values(index, env))
        case ast.Tuple(parts) | ast.List(parts):
            return tuple(itertools.product(*(values(part, env) for part in parts)))
        case _:
            return ()


def _items(containers: Values, keys: Values) -> Values:
    """The items under these keys; all items of a table where the key is not known."""
    tables = [table for table in containers if isinstance(table, Mapping | tuple | list)]
    if not keys:
        return tuple(item for table in tables for item in (table.values() if isinstance(table, Mapping) else table))
    return tuple(table[key] for table in tables for key in keys if _has(table, key))


def _has(table: Any, key: Any) -> bool:
    return key in table if isinstance(table, Mapping) else isinstance(key, int) and key < len(table)


def _bind(node: ast.AST, env: Env) -> None:
    """Names that are bound in a function: by `=`, by `for`, in a comprehension."""
    match node:
        case ast.Assign([target], value):
            _unpack(target, values(value, env), env)
        case ast.For(target, table) | ast.comprehension(target, table):
            _unpack(target, tuple(_rows(table, env)), env)


def _rows(node: ast.expr, env: Env) -> Iterable[Any]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "values"):
        for table in values(node.func.value, env):
            if isinstance(table, Mapping):
                yield from table.items() if node.func.attr == "items" else table.values()
        return
    for table in values(node, env):
        if isinstance(table, tuple | list | frozenset | Mapping):
            yield from table


def _unpack(target: ast.expr, found: Values, env: Env) -> None:
    if isinstance(target, ast.Name):
        env[target.id] = found
    elif isinstance(target, ast.Tuple):
        for place, part in enumerate(target.elts):
            _unpack(part, tuple(row[place] for row in found if isinstance(row, tuple) and place < len(row)), env)


def _functions(value: Any) -> list[tuple[FunctionType, Env]]:
    """The functions of ours behind a value, and what `self` is in them."""
    if isinstance(value, MethodType):
        return [(f, {"self": (value.__self__,)}) for f, _ in _functions(value.__func__)]
    if isinstance(value, FunctionType) and value.__module__.startswith(OURS):
        return [(inspect.unwrap(value), {})]
    return []


def _arguments(node: ast.Call, function: FunctionType, bound: Env, env: Env) -> Env:
    names = [name for name in inspect.signature(function).parameters if name not in bound]
    given = {
        **dict(zip(names, node.args, strict=False)),
        **{word.arg: word.value for word in node.keywords if word.arg},
    }
    known = {name: values(argument, env) for name, argument in given.items()}
    return {name: found for name, found in known.items() if found and all(isinstance(v, str) for v in found)}


def _asks_aws(node: ast.AST) -> bool:
    """`aws.call(...)`, `self.aws.pages(...)`."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("aws") | ast.Attribute(_, "aws"), "call" | "pages")):
            return True
        case _:
            return False


def places(module: ModuleType) -> set[str]:
    """Where a module calls AWS, as `module:line`."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    return {
        f"{module.__name__}:{node.lineno}" for node in ast.walk(tree) if _asks_aws(node) and isinstance(node, ast.Call)
    }
