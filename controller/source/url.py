"""Which remotes trueup asks at all, and how their credentials travel: in git's environment, never in an argument or a message.

Allowed is what git itself reaches over https, ssh, file:// or a plain path. Refused is what would run a program (`ext::`,
`fd::` and every other transport helper), and what anyone on the way could change (`git://`, and http but on loopback).
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from controller.errors import SourceRefused

ALLOWED = "allowed are https://, ssh://, user@host:path, file:// and a local path; http:// only to this machine"
TOKEN_USER = "x-access-token"  # noqa: S105 - a user name: the one GitHub documents; GitLab, Gitea and Azure take any
_SCP_LIKE = re.compile(r"(?P<host>\[[^\]/]+\]|[^/:\[]+):")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_HTTP_CREDENTIALS = re.compile(r"(?i)(https?://)[^/\s]+@")
_PASSWORD = re.compile(r"(\w://[^/\s:@]*):[^/\s]*@")


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote that may be asked. `address` carries no credentials; `config` is git configuration that does."""

    address: str
    scheme: str
    config: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def check_url(url: str) -> None:
    """Raises SourceRefused, with what is allowed, for a remote that trueup will not ask."""
    reason = _objection(url)
    if reason:
        raise SourceRefused(f"the repository {redact(url)!r} is refused: {reason}", hint=ALLOWED)


def parse_remote(url: str, token: str = "") -> Remote:
    """The remote that a url means, its credentials set apart. `token` is used for http(s) only.

    A user in the url stays the user of the token (Bitbucket wants `x-token-auth@`). Raises SourceRefused as `check_url` does.
    """
    check_url(url)
    parts = urlsplit(url) if "://" in url else SplitResult("", "", url, "", "")
    scheme = parts.scheme.lower() or ("ssh" if _SCP_LIKE.match(url) else "file")
    if scheme not in ("https", "http"):
        return Remote(url, scheme)
    host = parts.netloc.rpartition("@")[2]
    address = parts._replace(netloc=host).geturl()
    user, password = unquote(parts.username or ""), token or unquote(parts.password or "")
    if parts.password is None and not token:
        return Remote(address, scheme, ((f"credential.{scheme}://{host}.username", user),) if user else ())
    basic = b64encode(f"{user or TOKEN_USER}:{password}".encode()).decode()
    header = (f"http.{scheme}://{host}/.extraHeader", f"Authorization: Basic {basic}")
    # Git would send the header along to wherever a redirect leads.
    config = (header, ("http.followRedirects", "false"))
    return Remote(address, scheme, config, tuple(text for text in (basic, password or user) if text))


def redact(text: str, *secrets: str) -> str:
    """The text without these secrets, and without the credentials of any url in it."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _PASSWORD.sub(r"\1:***@", _HTTP_CREDENTIALS.sub(r"\1***@", text))


def _objection(url: str) -> str:
    if not url.strip():
        return "it is empty"
    if url.startswith("-"):
        return "it begins with '-', which git would take for an option"
    if not url.isprintable():
        return "it has characters that cannot be shown"
    if _HELPER.match(url):
        return f"{url.partition('::')[0]}:: runs a program"
    if "://" in url:
        return _objection_to(url)
    host = _SCP_LIKE.match(url)
    return _objection_to_host(host["host"].rpartition("@")[2]) if host else ""


def _objection_to(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, scheme, _ = parts.hostname or "", parts.scheme.lower(), parts.port
    except ValueError:
        return "its host or port is malformed"  # the error's own text may quote a password
    if scheme == "file":
        return ""
    if scheme not in ("https", "ssh", "http"):
        return f"{scheme or 'such'}:// is not a protocol that trueup uses"
    if scheme == "http" and not _is_loopback(host):
        return "http:// can be read and changed on the way"
    if scheme == "ssh" and parts.password is not None:
        return "ssh takes no password from a url; use a key"
    return _objection_to_host(host)


def _objection_to_host(host: str) -> str:
    if not host:
        return "it names no host"
    return "its host begins with '-', which ssh would take for an option" if host.startswith("-") else ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
