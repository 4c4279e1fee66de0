"""Settings: where each comes from, and what a wrong one says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from controller.daemon import RESTART_ONLY
from controller.errors import InvalidSettings
from controller.settings import Settings, load_settings

LIVE = {"poll_interval", "interval", "pending_interval", "jitter", "log_format", "log_level"}
"""What a running daemon takes over on SIGHUP."""


def problems(file: Path | None = None, environ: dict[str, str] | None = None, **flags: object) -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(flags, file, environ or {})
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trueup.yaml"


def test_flags_come_before_variables_before_the_file_before_defaults(file: Path) -> None:
    file.write_text("branch: from-file\npath: from-file\nowner: from-file\n")
    environ = {"TRUEUP_BRANCH": "from-variable", "TRUEUP_PATH": "from-variable"}
    found = load_settings({"branch": "from-flag", "owner": None}, file, environ)
    assert (found.branch, found.path, found.owner, found.workers) == ("from-flag", "from-variable", "from-file", 8)


def test_durations_are_written_as_people_write_them(file: Path) -> None:
    file.write_text("interval: 1h30m\njitter: 0s\n")
    found = load_settings({"poll_interval": "45s"}, file, {})
    assert (found.interval, found.jitter, found.poll_interval) == (
        timedelta(hours=1.5),
        timedelta(0),
        timedelta(seconds=45),
    )


def test_every_wrong_setting_is_told_at_once_with_its_own_place(file: Path) -> None:
    file.write_text("workers: 8\nintervall: 5m\nlog_level: loud\n")
    said = problems(file, {"TRUEUP_JITTER": "soon"}, workers=0)
    assert len(said) == 4
    text = "\n".join(said)
    assert "--workers: " in text
    assert "TRUEUP_JITTER: error: 'soon' is no duration; write it like 30s, 5m, 2h, 1h30m or 1d" in text
    assert f"{file}:2:1: error: there is no setting 'intervall' (did you mean 'interval'?)" in text
    assert f"{file}:3:1: " in text


@pytest.mark.parametrize("name", ["poll_interval", "interval", "pending_interval"])
@pytest.mark.parametrize("value", ["0s", 0, -5])
def test_no_interval_is_so_short_that_aws_or_git_is_hammered(file: Path, name: str, value: object) -> None:
    file.write_text(f"{name}: {value}\n")
    (said,) = problems(file)
    assert said.startswith(f"{file}:1:1: error: must be {'0s' if value == -5 else '1s'} or more (found {value!r})")


def test_a_token_is_never_shown(file: Path) -> None:
    file.write_text("git_token: [s3cret]\n")
    (said,) = problems(file)
    assert "s3cret" not in said
    found = load_settings({}, None, {"TRUEUP_GIT_TOKEN": "s3cret"})
    assert "s3cret" not in f"{found} {found!r} {found.model_dump_json()}"
    assert found.git_token.get_secret_value() == "s3cret"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- a list\n", "must be a mapping of settings"),
        ("branch: [\n", "cannot be read"),
        ("branch: \t- x\n", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_told(file: Path, content: str, said: str) -> None:
    file.write_text(content)
    assert said in problems(file)[0]


def test_a_file_that_is_named_must_be_there(file: Path) -> None:
    assert "No such file" in problems(file)[0]


def test_the_file_in_the_working_folder_need_not_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}, None, {}) == load_settings({}, None, {})
    (tmp_path / "trueup.yaml").write_text("branch: there\n")
    assert load_settings({}, None, {}).branch == "there"


def test_an_empty_file_has_no_settings(file: Path) -> None:
    file.write_text("# nothing yet\n")
    assert load_settings({}, file, {}) == load_settings({}, None, {})


def test_variables_of_others_with_our_prefix_are_no_settings() -> None:
    """Kubernetes sets TRUEUP_SERVICE_HOST in every pod beside a service of that name."""
    assert load_settings({}, None, {"TRUEUP_SERVICE_HOST": "10.0.0.1"}) == load_settings({}, None, {})


@pytest.mark.parametrize(
    ("listen", "expected"),
    [(":9810", ("0.0.0.0", 9810)), ("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:9810", ("::1", 9810))],
)
def test_where_it_listens(listen: str, expected: tuple[str, int]) -> None:
    assert load_settings({"listen": listen}, None, {}).host_and_port == expected


@pytest.mark.parametrize("listen", ["9810", "localhost", "::1:9810", "a b:1", ":99999"])
def test_where_it_cannot_listen_is_told(listen: str) -> None:
    assert problems(listen=listen)[0].startswith("--listen: error: ")


def test_the_flag_file_lies_with_the_state_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    assert load_settings({"state_dir": tmp_path}, None, {}).flag_file == tmp_path / "paused"
    assert load_settings({"pause_file": tmp_path / "stop"}, None, {}).flag_file == tmp_path / "stop"


def test_of_every_setting_it_is_known_whether_sighup_is_enough() -> None:
    assert set(RESTART_ONLY).isdisjoint(LIVE)
    assert set(RESTART_ONLY) | LIVE == set(Settings.model_fields)


def test_every_setting_is_documented() -> None:
    assert all(field.description for field in Settings.model_fields.values())
