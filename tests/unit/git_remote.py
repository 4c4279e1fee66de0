"""A real git repository to be a remote in tests, and a real smart-http server to serve it on loopback."""

from __future__ import annotations

import os
import subprocess
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DATE = "1767225600 +0200"
ISOLATED = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "Ann Ünal" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "ann@example.org" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": DATE for who in ("AUTHOR", "COMMITTER")},
}


class GitRemote:
    """A bare repository whose commits are made from plain values, without a work tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = str(folder)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True, env=ISOLATED)

    def git(self, *arguments: str, given: bytes = b"") -> str:
        command = ["git", f"--git-dir={self.folder}", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, check=True, env=ISOLATED)
        return done.stdout.decode().strip()

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", given=content)

    def commit(
        self,
        files: dict[str | bytes, str | bytes],
        *,
        links: dict[str, str] | None = None,
        submodules: dict[str, str] | None = None,
        branch: str = "main",
        message: str = "a change",
        amend: bool = False,
    ) -> str:
        """Put a commit of exactly these files on the branch; with `amend` in place of all that was there."""
        lines = [self._line("100644", self.blob(_bytes(content)), name) for name, content in files.items()]
        lines += [self._line("120000", self.blob(target.encode()), name) for name, target in (links or {}).items()]
        lines += [self._line("160000", sha, name) for name, sha in (submodules or {}).items()]
        self.git("read-tree", "--empty")
        self.git("update-index", "-z", "--index-info", given=b"".join(lines))
        tree = self.git("write-tree")
        ref = f"refs/heads/{branch}"
        has_parent = not amend and self.git("for-each-ref", ref)
        parents = ["-p", ref] if has_parent else []
        sha = self.git("commit-tree", tree, *parents, "-F", "-", given=message.encode())
        self.git("update-ref", ref, sha)
        return sha

    def lose(self, sha: str) -> None:
        """Break the repository: one of its objects is no longer there."""
        loose_object(self.folder, sha).unlink()

    @staticmethod
    def _line(mode: str, sha: str, name: str | bytes) -> bytes:
        return f"{mode} {sha}\t".encode() + _bytes(name) + b"\0"


def loose_object(repository: Path, sha: str) -> Path:
    return repository / "objects" / sha[:2] / sha[2:]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


class HttpRemote(ThreadingHTTPServer):
    """Serves a folder of repositories by `git http-backend` to whoever has the password, and notes what it sees."""

    def __init__(self, root: Path, credentials: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.credentials = credentials
        self.redirect_to = ""
        self.headers_seen: list[str] = []
        self.arguments_seen: list[str] = []
        """The arguments of every process of the machine, as they were while a request was served."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: HttpRemote

    def do_GET(self) -> None:
        header = self.headers.get("Authorization", "")
        self.server.headers_seen.append(header)
        self.server.arguments_seen += _arguments_of_all_processes()
        given = b64decode(header.removeprefix("Basic ")).decode()
        if self.server.redirect_to:
            self._answer(302, {"Location": self.server.redirect_to + self.path})
        elif given != self.server.credentials:
            self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._serve()

    do_POST = do_GET

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            **ISOLATED,
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "someone",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self._answer(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Nothing: a test has no use for an access log."""


def _arguments_of_all_processes() -> Iterator[str]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue


@contextmanager
def serve(root: Path, credentials: str) -> Iterator[HttpRemote]:
    """The server at work, on a free port of loopback."""
    with HttpRemote(root, credentials) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
