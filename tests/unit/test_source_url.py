"""Which remotes are asked, and that no credential shows anywhere."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import SourceRefused
from controller.source.url import check_url, parse_remote, redact


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/team/infra.git",
        "https://git.example.org:8443/infra",
        "HTTPS://git.example.org/infra",
        "https://git.example.org/@team/infra",
        "ssh://git@git.example.org:2222/infra.git",
        "git@git.example.org:team/infra.git",
        "alias:infra",
        "git@[::1]:infra",
        "file:///srv/git/infra.git",
        "/srv/git/infra.git",
        "../infra",
        "./odd:name",
        "http://localhost:3000/infra",
        "http://127.0.0.1/infra",
        "http://[::1]:8080/infra",
    ],
)
def test_what_git_reaches_safely_is_allowed(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("--upload-pack=touch /tmp/x", "begins with '-'"),
        ("ext::sh -c 'touch /tmp/x'", "ext:: runs a program"),
        ("EXT::sh", "runs a program"),
        ("fd::17", "runs a program"),
        ("git://git.example.org/infra", "git:// is not a protocol"),
        ("ftp://git.example.org/infra", "ftp:// is not a protocol"),
        ("://x", "such:// is not a protocol"),
        ("http://git.example.org/infra", "can be read and changed on the way"),
        ("http://127.0.0.1.example.org/infra", "can be read and changed on the way"),
        ("https:///infra", "names no host"),
        ("https://git.example.org:port/infra", "malformed"),
        ("https://[::1/infra", "malformed"),
        ("ssh://-oProxyCommand=touch/x", "host begins with '-'"),
        ("git@-oProxyCommand=touch:x", "host begins with '-'"),
        ("ssh://git:pw@git.example.org/infra", "ssh takes no password"),
        ("https://git.example.org/a\nb", "cannot be shown"),
    ],
)
def test_what_runs_programs_or_can_be_tampered_with_is_refused_with_what_is_allowed(url: str, reason: str) -> None:
    with pytest.raises(SourceRefused, match=reason) as caught:
        check_url(url)
    assert "https://, ssh://" in caught.value.hint


def test_a_token_travels_as_configuration_for_its_own_host_and_follows_no_redirect() -> None:
    remote = parse_remote("https://git.example.org:8443/infra", "s3cret")
    basic = b64encode(b"x-access-token:s3cret").decode()
    assert remote.config == (
        ("http.https://git.example.org:8443/.extraHeader", f"Authorization: Basic {basic}"),
        ("http.followRedirects", "false"),
    )


@pytest.mark.parametrize(
    ("url", "token", "credentials"),
    [
        ("https://ann:p%40ss@git.example.org/infra", "", b"ann:p@ss"),
        ("https://ann:old@git.example.org/infra", "new", b"ann:new"),
        ("https://x-token-auth@git.example.org/infra", "new", b"x-token-auth:new"),
        ("https://atoken:@git.example.org/infra", "", b"atoken:"),
    ],
)
def test_credentials_in_a_url_are_taken_out_of_it(url: str, token: str, credentials: bytes) -> None:
    """The address is an argument of a process, which every user of the machine can read."""
    remote = parse_remote(url, token)
    assert remote.address == "https://git.example.org/infra"
    assert remote.config[0][1] == f"Authorization: Basic {b64encode(credentials).decode()}"
    assert b64encode(credentials).decode() not in repr(remote)


def test_a_user_without_a_password_is_left_to_the_credential_helper() -> None:
    remote = parse_remote("https://ann@git.example.org/infra")
    assert (remote.address, remote.config) == (
        "https://git.example.org/infra",
        (("credential.https://git.example.org.username", "ann"),),
    )


@pytest.mark.parametrize(
    ("url", "scheme"),
    [("git@git.example.org:infra", "ssh"), ("ssh://git@git.example.org/infra", "ssh"), ("/srv/infra", "file")],
)
def test_a_token_is_for_http_only(url: str, scheme: str) -> None:
    remote = parse_remote(url, "s3cret")
    assert (remote.address, remote.scheme, remote.config, remote.secrets) == (url, scheme, (), ())


@pytest.mark.parametrize("url", ["https://git.example.org/infra", "http://localhost/infra"])
def test_a_plain_address_needs_no_configuration(url: str) -> None:
    assert parse_remote(url).config == ()


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=8, max_size=20)


@given(user=WORDS, password=WORDS)
def test_no_message_shows_the_credentials_of_a_url(user: str, password: str) -> None:
    shown = redact(f"fatal: 'https://{user}:{password}@h.example/x' and ssh://{user}:{password}@h.example/x failed")
    assert shown == f"fatal: 'https://***@h.example/x' and ssh://{user}:***@h.example/x failed"


def test_a_refused_url_is_shown_without_its_password() -> None:
    with pytest.raises(SourceRefused) as caught:
        check_url("http://ann:hunter22@git.example.org/infra")
    assert "hunter22" not in str(caught.value)
    assert "git.example.org" in str(caught.value)


def test_secrets_are_taken_out_wherever_they_stand() -> None:
    assert redact("token abc123 in abc123", "abc123") == "token *** in ***"
