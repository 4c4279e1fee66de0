"""Every setting, once. Flags come before TRUEUP_ variables, those before the settings file, and that before the defaults.

Nothing else reads the environment, but boto3 and git, which find credentials in their own standard ways.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from controller.errors import InvalidSettings
from controller.model.duration import format_duration, parse_duration
from controller.model.problem import Position, Problem, did_you_mean

PREFIX = "TRUEUP_"
DEFAULT_FILE = Path("trueup.yaml")
LAST_PORT = 65_535


def _at_least(shortest: timedelta) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value < shortest:
            raise ValueError(f"must be {format_duration(shortest.total_seconds())} or more")
        return value

    return AfterValidator(check)


Duration = Annotated[
    timedelta,
    BeforeValidator(lambda value: parse_duration(value) if isinstance(value, str) else value),
    _at_least(timedelta(0)),
]
Interval = Annotated[Duration, _at_least(timedelta(seconds=1))]
"""How often something is done: more often would hammer AWS or git."""


def _listenable(text: str) -> str:
    if int(text.rpartition(":")[2]) > LAST_PORT:
        raise ValueError(f"there is no port above {LAST_PORT}")
    return text


class Settings(BaseModel):
    """What `trueup run` and the other verbs go by."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    repo: str = Field(default="", description="The git remote: https, ssh, file, or a local path.")
    branch: str = Field(default="main", description="The branch that is held.")
    tag_pattern: str = Field(default="", description="Hold the newest tag that fits (`v*`) in place of a branch.")
    path: str = Field(default="manifests", description="The manifests' folder in the repository.")
    git_token: SecretStr = Field(default=SecretStr(""), description="Token for an https remote.")
    poll_interval: Interval = Field(
        default=timedelta(seconds=30), description="How often the remote is asked for its head."
    )
    interval: Interval = Field(default=timedelta(minutes=5), description="How often each scope is checked for drift.")
    pending_interval: Interval = Field(
        default=timedelta(seconds=15), description="How soon a scope is looked at again while something is pending."
    )
    jitter: Duration = Field(default=timedelta(seconds=20), description="Up to how much passes are spread in time.")
    state_dir: Path = Field(default=Path(".trueup"), description="Where state, mirror and flag file are kept.")
    pause_file: Path | None = Field(default=None, description="The flag file; unset: `paused` in the state folder.")
    owner: str = Field(
        default="trueup",
        pattern=r"^[\w.:/=+@-]+$",  # a count beside \w would take 16 MB: it stands for all letters of all scripts
        max_length=128,
        description="This installation's name in the tag trueup:owner.",
    )
    workers: int = Field(default=8, ge=1, le=64, description="Actions and reads that run side by side in a scope.")
    listen: Annotated[str, AfterValidator(_listenable)] = Field(
        default="127.0.0.1:9810",
        pattern=r"^[^\s:]*:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$",
        description="Address of /metrics, /healthz, /readyz and the page; port 0 takes a free one.",
    )
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto", description="`auto`: readable lines on a terminal, JSON otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    max_file_bytes: int = Field(default=4 * 1024 * 1024, ge=1, description="A larger manifest file is refused.")
    aws_attempts: int = Field(default=8, ge=1, le=20, description="How often botocore tries one call in all.")

    @property
    def state_file(self) -> Path:
        return self.state_dir / "state.db"

    @property
    def mirror(self) -> Path:
        return self.state_dir / "mirror.git"

    @property
    def lock_file(self) -> Path:
        return self.state_dir / "lock"

    @property
    def flag_file(self) -> Path:
        return self.pause_file or self.state_dir / "paused"

    @property
    def host_and_port(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - an empty host means every interface, as users expect


def load_settings(
    flags: Mapping[str, Any], config: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings that hold. `flags` that are None were not given.

    Raises InvalidSettings with every problem, each naming the flag, the variable or the line of the file.
    """
    file, lines, place = _from_file(config)
    variables = _from_environment(os.environ if environ is None else environ)
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**{**file, **variables, **given})
    except ValidationError as error:
        problems = [_problem(dict(item), given, variables, lines, place) for item in error.errors(include_url=False)]
        raise InvalidSettings(problems) from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    known = Settings.model_fields
    found = {key[len(PREFIX) :].lower(): value for key, value in environ.items() if key.startswith(PREFIX)}
    return {name: value for name, value in found.items() if name in known}


def _from_file(config: Path | None) -> tuple[dict[str, Any], dict[str, int], str]:
    path = config or DEFAULT_FILE
    if config is None and not path.exists():
        return {}, {}, ""
    try:
        text = path.read_text("utf-8")
        node = yaml.compose(text)
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidSettings([Problem(Position(str(path)), f"cannot be read: {error}")]) from error
    if data is None:
        return {}, {}, str(path)
    if not isinstance(node, yaml.MappingNode) or not isinstance(data, dict):
        raise InvalidSettings([Problem(Position(str(path), 1, 1), "must be a mapping of settings")])
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    return {str(key): value for key, value in data.items()}, lines, str(path)


def _problem(
    item: dict[str, Any], flags: Mapping[str, Any], variables: Mapping[str, str], lines: Mapping[str, int], place: str
) -> Problem:
    name = str(item["loc"][0]) if item["loc"] else ""
    if name in flags:
        where = Position(f"--{name.replace('_', '-')}")
    elif name in variables:
        where = Position(f"{PREFIX}{name.upper()}")
    else:
        where = Position(place, lines.get(name, 0), 1)
    if item["type"] == "extra_forbidden":
        return Problem(where, f"there is no setting {name!r}", hint=did_you_mean(name, Settings.model_fields))
    shown = "" if name == "git_token" else f" (found {item['input']!r})"
    return Problem(
        where, f"{item['msg'].removeprefix('Value error, ')}{shown}", hint=Settings.model_fields[name].description or ""
    )
