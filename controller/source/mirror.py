"""The bare mirror: a copy of the remote's branches and tags, from which commits are read without a checkout.

It holds nothing that could not be fetched again, but for the commits under refs/trueup/held: those survive a force-push and git's
garbage collection. A mirror that is damaged is made anew; one that cannot be is left as it is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from controller.errors import SourceError, SourceRefused, SourceUnreachable
from controller.model.commit import Commit
from controller.source.command import GitCommand, Reply
from controller.source.entries import Entry, blob_id, parse_listing

HELD = "refs/trueup/held/"
_BRANCHES_AND_TAGS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_LAST_SECOND = 253_402_300_799  # of the year 9999: git takes any number for a date, Python does not
_FORMAT = "%H%x00%an <%ae>%x00%ct%x00%s%x00%B"

HINTS = {
    r"Authentication failed|could not read (Username|Password)|error: 40[13]": "is the token (TRUEUP_GIT_TOKEN) right, "
    "and may it read this repository?",
    r"Permission denied \(": "is the ssh key in place, and may it read this repository?",
    r"Host key verification failed": "add the host to known_hosts",
    r"error: 30\d|unable to update url base": "the remote redirects, and a token is sent nowhere else: "
    "write the final url (it often ends in .git)",
    r"Could not resolve host": "is the host spelled right, and does DNS work here?",
    r"does not appear to be a git repository|not found|No such file": "is the url right?",
}
"""What a person can do about git's words."""


class DamagedMirror(Exception):
    """The mirror cannot give what it should have. Never leaves the package."""


class Mirror:
    """The bare repository at `folder`, and the remote that it mirrors."""

    def __init__(self, folder: Path, git: GitCommand, address: str, branch: str, seconds: float) -> None:
        self.folder = folder
        self._git = git
        self._address = address
        self._branch = branch
        self._seconds = seconds

    def remote_refs(self, *options: str) -> list[tuple[str, str]]:
        """The remote's refs as (name, id), in one `git ls-remote`. Raises SourceUnreachable with git's words."""
        self._init(self.folder)
        reply = self._git.run(self.folder, self._seconds, "ls-remote", "--quiet", *options, "--", self._address)
        if reply.status != 0:
            raise self._unreachable(reply)
        lines = (line.partition("\t") for line in reply.text.splitlines())
        return [(name, sha) for sha, _, name in lines]

    def refresh(self) -> None:
        """Fetch the remote's branches and tags. Raises SourceUnreachable with git's words.

        Whether a failure is the remote's or the mirror's own (a lock left behind, an object that broke) shows when it is tried
        with an empty one.
        """
        self._init(self.folder)
        reply = self._fetch(self.folder)
        if reply.status != 0:
            self.renew()

    def renew(self) -> None:
        """Make the mirror anew, with the held commits as far as they can be read. Raises SourceUnreachable."""
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            self._init(fresh)
            reply = self._fetch(fresh)
            if reply.status != 0:
                raise self._unreachable(reply)
            held = ("--", str(self.folder.resolve()), f"+{HELD}*:{HELD}*")
            self._git.run(fresh, self._seconds, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *held)
            _swap(fresh, self.folder)
        except OSError as error:
            raise SourceError(f"the mirror {self.folder} cannot be made anew: {error}") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def has(self, sha: str) -> bool:
        """Whether the commit is here. Raises DamagedMirror; SourceRefused if it is no commit."""
        reply = self._run("cat-file", "--batch-check", given=f"{sha}\n".encode())
        # An object that cannot be read is called missing too, after words about what is wrong with it.
        if reply.status != 0 or "error:" in reply.words:
            raise DamagedMirror(reply.words)
        kind = "missing" if reply.text.endswith(" missing\n") else reply.text.split()[1]
        if kind not in ("commit", "missing"):
            raise SourceRefused(f"{sha[:12]} of {self._address} is a {kind}, not a commit", hint="tag a commit")
        return kind == "commit"

    def commit(self, sha: str) -> Commit:
        """The commit. Raises DamagedMirror."""
        out = self._read("rev-list", "--no-walk", "--encoding=UTF-8", f"--format={_FORMAT}", sha, "--")
        text = out.decode("utf-8", "replace").partition("\n")[2]
        found, author, seconds, subject, message = text.split("\0", 4)
        date = datetime.fromtimestamp(min(max(int(seconds or 0), 0), _LAST_SECOND), UTC)
        return Commit(found, author, date, subject, message.strip())

    def entries(self, sha: str, path: str) -> Iterator[Entry]:
        """All files of a commit in a folder ("" for all of it) and below. Raises DamagedMirror."""
        where = ("--", path) if path else ()
        return parse_listing(self._read("ls-tree", "-r", "-l", "-z", "--full-tree", sha, *where))

    def folders(self, sha: str) -> list[str]:
        """All folders of a commit. Raises DamagedMirror."""
        out = self._read("ls-tree", "-r", "-d", "-z", "--name-only", "--full-tree", sha)
        return out.decode("utf-8", "backslashreplace").split("\0")[:-1]

    def contents(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The blobs with these ids, in one `git cat-file`. Raises DamagedMirror, also where content does not fit its id."""
        if not ids:
            return {}
        out = self._read("cat-file", "--batch", "--buffer", given="".join(f"{id_}\n" for id_ in ids).encode())
        found = dict(_blobs(out))
        if list(found) != list(ids):
            raise DamagedMirror("an object is missing or broken")
        return found

    def name(self, rev: str) -> str:
        """The id of the commit that a branch, tag, id or other revision names; "" if there is none."""
        reply = self._run("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}")
        return reply.text.strip() if reply.status == 0 else ""

    def names(self) -> list[str]:
        """All branches and tags."""
        out = self._read("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/tags")
        return out.decode("utf-8", "replace").splitlines()

    def hold(self, name: str, sha: str) -> None:
        """Keep a commit under a name, in place of the one that was kept under it before. Raises SourceError."""
        safe = re.sub(r"[^A-Za-z0-9_-]", lambda char: f"%{ord(char[0]):02X}", name)
        reply = self._run("update-ref", f"{HELD}{safe}", sha)
        if reply.status != 0:
            raise SourceError(f"commit {sha[:12]} cannot be kept in the mirror {self.folder}: {reply.words}")

    def _init(self, folder: Path) -> None:
        if (folder / "HEAD").is_file():
            return
        with suppress(OSError):  # git tells what is wrong with a folder that it cannot write
            folder.parent.mkdir(parents=True, exist_ok=True)
        branch = f"--initial-branch={self._branch}"
        reply = self._git.run(folder, self._seconds, "init", "--quiet", "--bare", "--template=", branch)
        if reply.status != 0:
            raise SourceError(f"the mirror {folder} cannot be made: {reply.words}", hint="look at state_dir")

    def _fetch(self, folder: Path) -> Reply:
        # A first fetch takes the whole history, and so ten times as long as a question.
        return self._git.run(
            folder,
            self._seconds * 10,
            *("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
            *("--", self._address, *_BRANCHES_AND_TAGS),
        )

    def _run(self, *arguments: str, given: bytes = b"") -> Reply:
        self._init(self.folder)
        return self._git.run(self.folder, self._seconds, *arguments, given=given)

    def _read(self, *arguments: str, given: bytes = b"") -> bytes:
        reply = self._run(*arguments, given=given)
        if reply.status != 0:
            raise DamagedMirror(reply.words)
        return reply.out

    def _unreachable(self, reply: Reply) -> SourceUnreachable:
        hint = next((hint for pattern, hint in HINTS.items() if re.search(pattern, reply.words)), "")
        words = reply.words or f"git ended with status {reply.status}"
        return SourceUnreachable(f"the repository {self._address} cannot be read: {words}", hint=hint)


def _blobs(out: bytes) -> Iterator[tuple[str, bytes]]:
    """What `git cat-file --batch` printed, up to the first object that is missing or is not what its id says."""
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        id_, _, size = out[at:end].decode("ascii", "replace").partition(" blob ")
        if not size:
            return
        content = out[end + 1 : end + 1 + int(size)]
        if blob_id(content) != id_:
            return
        yield id_, content
        at = end + 1 + int(size) + 1


def _swap(fresh: Path, folder: Path) -> None:
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
