"""Commits out of real git remotes: what is read, what is refused, and what becomes of bad days."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.errors import SourceError, SourceRefused, SourceUnreachable
from controller.model.problem import Severity
from controller.source import command
from controller.source.entries import blob_id
from controller.source.folder import FolderSource
from controller.source.git import GitSource
from tests.unit.git_remote import ISOLATED, GitRemote, loose_object, serve

ROLE, POLICY = "kind: Role\n", "kind: Policy\n"


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the user of this machine has told git must not matter here."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "home").mkdir()


@pytest.fixture
def remote(tmp_path: Path) -> GitRemote:
    return GitRemote(tmp_path / "remote.git")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tmp_path / "state" / "mirror.git"


@pytest.fixture
def source(remote: GitRemote, mirror: Path) -> GitSource:
    return GitSource(remote.url, mirror=mirror)


def paths(source: GitSource, sha: str) -> list[str]:
    return [blob.path for blob in source.tree(sha).blobs]


def told(source: GitSource, sha: str) -> list[str]:
    return [str(problem) for problem in source.tree(sha).problems]


# What is read


def test_the_head_is_fetched_and_its_manifests_are_read(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit(
        {"manifests/b.yml": POLICY, "manifests/a/r.yaml": ROLE, "manifests/README.md": "x", "other/o.yaml": ROLE},
        message="Add a role\n\nThe whole story.\n",
    )
    assert source.head() == sha
    tree = source.tree(sha)
    assert [(blob.path, blob.content) for blob in tree.blobs] == [
        ("manifests/a/r.yaml", ROLE.encode()),
        ("manifests/b.yml", POLICY.encode()),
    ]
    assert [blob.id for blob in tree.blobs] == [blob_id(ROLE.encode()), blob_id(POLICY.encode())]
    assert (tree.root, tree.problems, tree.commit) == ("manifests", (), source.fetch(sha))


def test_a_commit_tells_who_when_and_what(remote: GitRemote, source: GitSource) -> None:
    commit = source.fetch(remote.commit({}, message="Add a role\n\nThe whole story.\n"))
    assert commit.author == "Ann Ünal <ann@example.org>"
    assert commit.date == datetime(2026, 1, 1, tzinfo=UTC)
    assert (commit.subject, commit.message) == ("Add a role", "Add a role\n\nThe whole story.")
    assert commit.sha.startswith(commit.short)
    assert len(commit.short) == 12


def test_a_date_that_no_calendar_has_is_the_last_one_there_is(remote: GitRemote, source: GitSource) -> None:
    plain = remote.git("cat-file", "commit", remote.commit({"manifests/a.yaml": ROLE}))
    odd = plain.replace("1767225600", "9999999999999")
    sha = remote.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=f"{odd}\n".encode())
    remote.git("update-ref", "refs/heads/main", sha)
    assert source.fetch(sha).date.year == 9999


def test_files_and_folders_with_a_leading_dot_are_ignored(remote: GitRemote, mirror: Path) -> None:
    sha = remote.commit(
        {
            ".trueup/m/a.yaml": ROLE,
            ".trueup/m/.b.yaml": ROLE,
            ".trueup/m/.c/d.yaml": ROLE,
            ".trueup/m/e.d/.f/g.yml": ROLE,
        },
        links={".trueup/m/.link": "/etc"},
    )
    source = GitSource(remote.url, path=".trueup/m", mirror=mirror)
    assert (paths(source, sha), told(source, sha)) == ([".trueup/m/a.yaml"], [])


@pytest.mark.parametrize("path", ["", ".", "./"])
def test_the_whole_repository_can_be_the_folder(remote: GitRemote, mirror: Path, path: str) -> None:
    sha = remote.commit({"a.yaml": ROLE, "b/c.YAML": ROLE, ".ci/x.yaml": ROLE})
    source = GitSource(remote.url, path=path, mirror=mirror)
    assert paths(source, sha) == ["a.yaml", "b/c.YAML"]
    assert source.tree(sha).root == ""


def test_an_empty_commit_has_nothing_to_say(remote: GitRemote, mirror: Path) -> None:
    tree = GitSource(remote.url, path="", mirror=mirror).tree(remote.commit({}))
    assert (tree.blobs, tree.problems) == ((), ())


@pytest.mark.parametrize("path", ["manifests", "./manifests/", "other/../manifests"])
def test_a_path_is_taken_in_its_shortest_form(remote: GitRemote, mirror: Path, path: str) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE, "manifests2/a.yaml": ROLE})
    assert paths(GitSource(remote.url, path=path, mirror=mirror), sha) == ["manifests/a.yaml"]


def test_a_path_is_no_pattern(remote: GitRemote, mirror: Path) -> None:
    sha = remote.commit({"m*/a.yaml": ROLE, "manifests/a.yaml": ROLE})
    assert paths(GitSource(remote.url, path="m*", mirror=mirror), sha) == ["m*/a.yaml"]


@pytest.mark.parametrize("path", ["/etc", "..", "manifests/../../x"])
def test_a_path_out_of_the_repository_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(SourceRefused, match="leads out of the repository"):
        GitSource(str(tmp_path), path=path, mirror=tmp_path / "m")


def test_of_many_files_only_the_changed_one_is_read(remote: GitRemote, source: GitSource) -> None:
    files: dict[str | bytes, str | bytes] = {f"manifests/{n}.yaml": f"n: {n}\n" for n in range(50)}
    first = remote.commit(files)
    source.tree(first)
    assert source.blobs_read == 50
    second = remote.commit({**files, "manifests/7.yaml": "n: changed\n"})
    contents = {blob.path: blob.content for blob in source.tree(second).blobs}
    assert source.blobs_read == 51
    assert (contents["manifests/7.yaml"], contents["manifests/8.yaml"]) == (b"n: changed\n", b"n: 8\n")


def test_going_back_one_commit_reads_nothing_and_going_back_two_does(remote: GitRemote, source: GitSource) -> None:
    """The blobs of the last two trees are kept, and no others: memory does not grow with the history."""
    shas = [remote.commit({"manifests/a.yaml": f"n: {n}\n"}) for n in range(3)]
    for sha in (shas[0], shas[1], shas[0]):
        source.tree(sha)
    assert source.blobs_read == 2
    for sha in (shas[1], shas[2], shas[0]):
        source.tree(sha)
    assert source.blobs_read == 4


def test_files_with_equal_content_are_read_once(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE, "manifests/b.yaml": ROLE, "manifests/empty.yaml": ""})
    assert [blob.content for blob in source.tree(sha).blobs] == [ROLE.encode(), ROLE.encode(), b""]
    assert source.blobs_read == 2


NAMES = st.lists(
    st.sampled_from(["a", "b c", "ü", ".h", "x.yaml", "y.yml", "'q\".yaml", "z.txt"]), min_size=1, max_size=3
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES.map("/".join), st.binary(max_size=40), max_size=6))
def test_a_folder_and_a_commit_of_it_read_alike(tmp_path: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(tmp_path / "one", ignore_errors=True)
    kept = {name: files[name] for name in files if not any(other.startswith(f"{name}/") for other in files)}
    remote = GitRemote(tmp_path / "one" / "remote.git")
    for name, content in kept.items():
        file = tmp_path / "one" / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "one" / "work").mkdir(exist_ok=True)
    source = GitSource(remote.url, path="", mirror=tmp_path / "one" / "mirror.git")
    committed = source.tree(remote.commit(dict(kept.items())))
    prefix = f"{tmp_path}/one/work/"
    plain = FolderSource(tmp_path / "one" / "work").tree()
    assert [(blob.path.removeprefix(prefix), blob.id, blob.content) for blob in plain.blobs] == [
        (blob.path, blob.id, blob.content) for blob in committed.blobs
    ]


# What is refused


def test_symlinks_submodules_and_large_files_are_problems_with_their_paths(remote: GitRemote, mirror: Path) -> None:
    sha = remote.commit(
        {"manifests/good.yaml": ROLE, "manifests/large.yaml": b"x" * 101, "manifests/large.txt": b"x" * 999},
        links={"manifests/link.yaml": "/etc/passwd", "manifests/folder": ".."},
        submodules={"manifests/module": "1" * 40},
    )
    source = GitSource(remote.url, mirror=mirror, max_file_bytes=100)
    tree = source.tree(sha)
    assert [blob.path for blob in tree.blobs] == ["manifests/good.yaml"]
    assert source.blobs_read == 1
    assert [(problem.where.file, problem.message) for problem in tree.problems] == [
        ("manifests/folder", "is a symlink, and trueup follows none"),
        ("manifests/large.yaml", "is 101 bytes, and a manifest file may have 100"),
        ("manifests/link.yaml", "is a symlink, and trueup follows none"),
        ("manifests/module", "is a submodule, and trueup reads none"),
    ]
    assert {problem.severity for problem in tree.problems} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"manifests/\xff.yaml", r"manifests/\xff.yaml"),
        (b"manifests/a\nb.yaml", r"manifests/a\nb.yaml"),
        (b"manifests/\x1b[2J.yml", r"manifests/\x1b[2J.yml"),
        ("manifests/\u202egnp.yaml".encode(), r"manifests/\u202egnp.yaml"),
    ],
)
def test_a_name_that_cannot_be_shown_is_a_problem(
    remote: GitRemote, source: GitSource, name: bytes, shown: str
) -> None:
    sha = remote.commit({name: ROLE, "manifests/a.yaml": ROLE})
    assert paths(source, sha) == ["manifests/a.yaml"]
    assert [(p.where.file, p.hint) for p in source.tree(sha).problems] == [(shown, "rename it")]


def test_a_name_is_anything_else_that_people_write(remote: GitRemote, source: GitSource) -> None:
    names = ["manifests/-rf.yaml", 'manifests/a "b" $c.yaml', "manifests/größe/日本.yaml", "manifests/tab'x.yaml"]
    sha = remote.commit(dict.fromkeys(names, ROLE))
    assert paths(source, sha) == sorted(names)


def test_a_missing_folder_is_a_problem_that_names_what_is_there(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit({"manifest/a.yaml": ROLE, "docs/x/b.md": ""})
    assert told(source, sha) == [
        f"manifests: error: there is no such folder in commit {sha[:12]} (did you mean 'manifest'?)"
    ]


def test_a_missing_folder_among_many_names_the_top(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit({f"x/{n}/a.yaml": ROLE for n in range(20)})
    assert told(source, sha)[0].endswith("(at its top there are: x)")
    sha = remote.commit({"a.yaml": ROLE})
    assert told(source, sha)[0].endswith("(it has no folders)")


def test_a_file_in_the_place_of_the_folder_is_a_problem(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit({"manifests": ROLE})
    assert told(source, sha) == ["manifests: error: is a file, not a folder (name the folder of the manifests)"]
    sha = remote.commit({"a.yaml": ROLE}, links={"manifests": "elsewhere"})
    assert "is a symlink" in told(source, sha)[0]


def test_nothing_in_a_repository_is_run(remote: GitRemote, source: GitSource, mirror: Path, tmp_path: Path) -> None:
    """Filters and attributes act on checkouts, hooks on many commands: one that a user's template put into the mirror as well."""
    proof = tmp_path / "proof"
    user = f'[filter "evil"]\n  smudge = touch {proof}\n  required = true\n[core]\n  hooksPath = {tmp_path}/hooks\n'
    (tmp_path / "home" / ".gitconfig").write_text(user)
    for folder in (tmp_path / "hooks", mirror / "hooks", remote.folder / "hooks"):
        folder.mkdir(parents=True, exist_ok=True)
        for hook in ("post-checkout", "reference-transaction", "post-merge", "pre-auto-gc", "post-update"):
            (folder / hook).write_text(f"#!/bin/sh\ntouch {proof}\n")
            (folder / hook).chmod(0o755)
    remote.commit({"manifests/a.yaml": ROLE, "manifests/.gitattributes": "* filter=evil"})
    proof.unlink(missing_ok=True)  # making the commit ran the remote's own hook
    sha = source.head()
    source.keep("good", sha) if source.fetch(sha) else None
    assert source.tree(sha).blobs[0].content == ROLE.encode()
    assert not proof.exists()


def test_an_unsafe_protocol_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="ext:: runs a program"):
        GitSource(f"ext::touch {tmp_path}/proof", mirror=tmp_path / "m")
    assert list(tmp_path.glob("proof")) == []


def test_an_unsafe_protocol_is_refused_also_where_git_is_told_to_rewrite_to_it(
    remote: GitRemote, source: GitSource, tmp_path: Path
) -> None:
    remote.commit({})
    rewrite = f'[url "ext::touch {tmp_path}/proof "]\n  insteadOf = {remote.url}\n[protocol "ext"]\n  allow = always\n'
    (tmp_path / "home" / ".gitconfig").write_text(rewrite)
    with pytest.raises(SourceUnreachable, match="transport 'ext' not allowed"):
        source.head()
    assert not (tmp_path / "proof").exists()


def test_a_repository_that_would_fill_the_memory_is_refused(
    remote: GitRemote, source: GitSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = remote.commit({f"manifests/{n}.yaml": b"%d" % n + b"x" * 50_000 for n in range(20)})
    monkeypatch.setattr(command, "MAX_OUTPUT", 500_000)
    with pytest.raises(SourceRefused, match="gave more than 500,000 bytes"):
        source.tree(sha)


# Which commit


def test_a_force_push_is_followed(remote: GitRemote, source: GitSource) -> None:
    source.tree(remote.commit({"manifests/old.yaml": ROLE}))
    forced = remote.commit({"manifests/new.yaml": ROLE}, amend=True)
    assert source.head() == forced
    assert paths(source, forced) == ["manifests/new.yaml"]


def test_a_commit_that_is_kept_survives_a_force_push_and_gc(remote: GitRemote, source: GitSource, mirror: Path) -> None:
    good = remote.commit({"manifests/a.yaml": ROLE})
    lost = remote.commit({"manifests/a.yaml": POLICY})
    source.fetch(lost)
    source.keep("prod/eu..west ü", good)
    new = remote.commit({"manifests/a.yaml": "kind: User\n"}, amend=True)
    remote.git("gc", "-q", "--prune=now")
    source.fetch(new)
    subprocess.run(["git", f"--git-dir={mirror}", "gc", "-q", "--prune=now"], check=True, env=ISOLATED)
    assert GitSource(remote.url, mirror=mirror).tree(good).blobs[0].content == ROLE.encode()
    with pytest.raises(SourceUnreachable, match="no longer has commit"):
        source.tree(lost)


def test_keeping_another_commit_lets_the_one_before_go(remote: GitRemote, source: GitSource, mirror: Path) -> None:
    shas = [remote.commit({"manifests/a.yaml": str(n)}) for n in range(2)]
    source.fetch(shas[1])
    for sha in shas:
        source.keep("good", sha)
    listed = ["git", f"--git-dir={mirror}", "for-each-ref", "--format=%(refname) %(objectname)", "refs/trueup"]
    assert subprocess.check_output(listed, env=ISOLATED, text=True) == f"refs/trueup/held/good {shas[1]}\n"


def test_what_is_not_in_the_mirror_cannot_be_kept(source: GitSource) -> None:
    with pytest.raises(SourceError, match="commit 111111111111 cannot be kept"):
        source.keep("good", "1" * 40)


def test_a_deleted_branch_is_named_with_what_there_is(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(sha)
    source.keep("good", sha)
    remote.commit({}, branch="mainline")
    remote.git("update-ref", "-d", "refs/heads/main")
    with pytest.raises(SourceRefused, match="has no branch 'main'; did you mean 'mainline'"):
        source.head()
    assert paths(source, sha) == ["manifests/a.yaml"]


def test_a_repository_without_commits_says_so(remote: GitRemote, source: GitSource) -> None:
    with pytest.raises(SourceRefused, match="no branch 'main'; it has none yet: push a first commit"):
        source.head()


def test_a_branch_that_becomes_a_folder_of_branches_is_followed(remote: GitRemote, mirror: Path) -> None:
    source = GitSource(remote.url, branch="live/eu", mirror=mirror)
    source.fetch(remote.commit({}, branch="live"))
    remote.git("update-ref", "-d", "refs/heads/live")
    remote.commit({"manifests/a.yaml": ROLE}, branch="live/eu")
    assert paths(source, source.head()) == ["manifests/a.yaml"]


def test_the_newest_tag_by_version_is_held_and_an_annotated_one_is_peeled(remote: GitRemote, mirror: Path) -> None:
    source = GitSource(remote.url, tag_pattern="v*", mirror=mirror)
    for name in ("v1.9", "v1.10-rc1", "v1.10", "w9"):
        sha = remote.commit({"manifests/a.yaml": name})
        remote.git("tag", "-a", "-m", name, name, sha)
    remote.git("tag", "v0.1", remote.commit({}))
    head = source.head()
    assert head == remote.git("rev-parse", "v1.10^{commit}")
    assert source.tree(head).blobs[0].content == b"v1.10"
    remote.git("tag", "v2", remote.commit({}))
    assert source.head() == remote.git("rev-parse", "v2")


def test_a_tag_that_was_moved_is_followed(remote: GitRemote, mirror: Path) -> None:
    source = GitSource(remote.url, tag_pattern="live", mirror=mirror)
    for content in ("one", "two"):
        remote.git("tag", "--force", "live", remote.commit({"manifests/a.yaml": content}))
        assert source.tree(source.head()).blobs[0].content == content.encode()


def test_no_fitting_tag_and_a_tag_that_is_no_commit_are_refused(remote: GitRemote, mirror: Path) -> None:
    source = GitSource(remote.url, tag_pattern="v*", mirror=mirror)
    remote.git("tag", "-a", "-m", "x", "release-1", remote.commit({}))
    with pytest.raises(SourceRefused, match=r"no tag that fits 'v\*'; allowed: release-1"):
        source.head()
    remote.git("tag", "v1", remote.blob(b"x"))
    with pytest.raises(SourceRefused, match="is a blob, not a commit; tag a commit"):
        source.fetch(source.head())


def test_a_revision_is_resolved_as_git_does(remote: GitRemote, source: GitSource) -> None:
    first = remote.commit({"manifests/a.yaml": ROLE})
    second = remote.commit({"manifests/a.yaml": POLICY})
    other = remote.commit({}, branch="other")
    remote.git("tag", "-a", "-m", "x", "v1", first)
    named = {rev: source.resolve(rev).sha for rev in ("HEAD", "HEAD~1", "main", "other", "v1", first[:10], first)}
    assert named == {
        "HEAD": second, "HEAD~1": first, "main": second, "other": other, "v1": first, first[:10]: first, first: first,
    }  # fmt: skip


@pytest.mark.parametrize("rev", ["mian", "--all", "main:manifests/a.yaml", "1" * 40, ""])
def test_a_revision_that_is_none_is_refused(remote: GitRemote, source: GitSource, rev: str) -> None:
    remote.commit({"manifests/a.yaml": ROLE})
    with pytest.raises(SourceRefused, match=f"has no commit '{rev}'"):
        source.resolve(rev)


def test_a_misspelt_revision_gets_a_suggestion(remote: GitRemote, source: GitSource) -> None:
    remote.commit({})
    with pytest.raises(SourceRefused, match="did you mean 'main'"):
        source.resolve("mian")


# Bad days


def test_an_unreachable_remote_does_not_lose_what_was_fetched(remote: GitRemote, source: GitSource) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(sha)
    remote.folder.rename(remote.folder.with_name("away"))
    with pytest.raises(SourceUnreachable, match=r"remote.git cannot be read: .*; is the url right"):
        source.head()
    assert paths(source, sha) == ["manifests/a.yaml"]
    assert source.resolve(sha).sha == sha
    with pytest.raises(SourceUnreachable, match="cannot be read"):
        source.fetch("1" * 40)
    assert paths(source, sha) == ["manifests/a.yaml"]


def test_a_remote_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        source = GitSource(url, mirror=tmp_path / "m.git", timeout_seconds=0.5)
        with pytest.raises(SourceUnreachable, match=r"ls-remote for http://\S+ took longer than 0.5 seconds"):
            source.head()


def test_git_that_does_not_end_is_ended(
    remote: GitRemote, mirror: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where it says nothing more and does not listen to SIGTERM."""
    monkeypatch.setattr(command, "_GRACE", 0.1)
    proof = tmp_path / "pid"
    _stand_in(tmp_path, monkeypatch, f"trap '' TERM; echo $$ > {proof}; exec >&- 2>&-; sleep 600")
    with pytest.raises(SourceUnreachable, match=r"git init for .* took longer than 0.5 seconds and was ended"):
        GitSource(remote.url, mirror=mirror, timeout_seconds=0.5).head()
    with pytest.raises(ProcessLookupError):
        os.kill(int(proof.read_text()), 0)


def test_a_source_that_was_stopped_asks_nothing_more(remote: GitRemote, source: GitSource) -> None:
    """So that SIGTERM does not wait for a remote that hangs."""
    remote.commit({})
    source.stop()
    with pytest.raises(SourceUnreachable, match="trueup is stopping"):
        source.head()


def test_without_git_the_message_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from controller.source.git import GitSource\n"
        f"GitSource('/x', mirror=Path({str(tmp_path / 'm')!r})).head()"
    )
    environment = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert "SourceUnreachable: git cannot be run: it is not in the PATH; install git" in done.stderr


def test_git_that_disappears_is_told_too(
    remote: GitRemote, source: GitSource, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remote.commit({})
    source.head()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceUnreachable, match="git cannot be run"):
        source.head()


@pytest.mark.parametrize("what", ["blob", "tree", "commit"])
@pytest.mark.parametrize("damage", ["missing", "garbage"])
def test_a_damaged_mirror_is_made_anew(
    remote: GitRemote, mirror: Path, what: str, damage: str, source: GitSource
) -> None:
    kept = remote.commit({"manifests/old.yaml": POLICY})
    sha = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(sha)
    source.keep("good", kept)
    broken = {"blob": remote.blob(ROLE.encode()), "tree": remote.git("rev-parse", f"{sha}^{{tree}}"), "commit": sha}[
        what
    ]
    _unpack(mirror)
    _damage(loose_object(mirror, broken), damage)
    again = GitSource(remote.url, mirror=mirror)
    assert again.tree(sha).blobs[0].content == ROLE.encode()
    assert sorted(file.name for file in mirror.parent.iterdir()) == ["mirror.git"]


def test_content_that_does_not_fit_its_id_is_damage(remote: GitRemote, mirror: Path, source: GitSource) -> None:
    """Git itself does not look at this when it reads; whoever can write the mirror could change an account."""
    sha = remote.commit({"manifests/a.yaml": ROLE})
    other = remote.blob(POLICY.encode())
    source.fetch(sha)
    _unpack(mirror)
    forged = loose_object(mirror, blob_id(ROLE.encode()))
    forged.unlink()
    shutil.copy(loose_object(remote.folder, other), forged)
    assert GitSource(remote.url, mirror=mirror).tree(sha).blobs[0].content == ROLE.encode()


def test_held_commits_move_into_a_new_mirror(remote: GitRemote, mirror: Path, source: GitSource) -> None:
    good = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(good)
    source.keep("good", good)
    new = remote.commit({"manifests/a.yaml": POLICY}, amend=True)
    remote.git("gc", "-q", "--prune=now")
    source.fetch(new)
    (mirror / "refs" / "heads" / "main.lock").touch()  # left behind by a git that was killed
    newer = remote.commit({"manifests/a.yaml": "newer"}, amend=True)
    assert source.tree(newer).blobs[0].content == b"newer"
    assert not (mirror / "refs" / "heads" / "main.lock").exists()
    assert GitSource(remote.url, mirror=mirror).tree(good).blobs[0].content == ROLE.encode()


def test_a_mirror_that_was_removed_is_made_again(remote: GitRemote, mirror: Path, source: GitSource) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(sha)
    shutil.rmtree(mirror)
    assert paths(source, sha) == ["manifests/a.yaml"]


def test_a_mirror_that_cannot_be_made_is_an_error_with_its_path(remote: GitRemote, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=r"the mirror .*/file/mirror.git cannot be made: .*; look at state_dir"):
        GitSource(remote.url, mirror=tmp_path / "file" / "mirror.git").head()


def test_a_mirror_that_cannot_be_moved_aside_is_an_error(remote: GitRemote, mirror: Path, source: GitSource) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(sha)
    _unpack(mirror)
    _damage(loose_object(mirror, sha), "garbage")
    (mirror.parent / "mirror.git.old").touch()  # a file where the old mirror would have to go
    with pytest.raises(SourceError, match="cannot be made anew"):
        source.fetch(sha)


@pytest.mark.parametrize("what", ["blob", "tree"])
def test_a_corrupt_remote_is_told_in_the_words_of_git_and_the_mirror_stays(
    remote: GitRemote, source: GitSource, mirror: Path, what: str
) -> None:
    good = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(good)
    bad = remote.commit({"manifests/a.yaml": POLICY})
    remote.lose(remote.blob(POLICY.encode()) if what == "blob" else remote.git("rev-parse", f"{bad}^{{tree}}"))
    assert source.head() == bad
    with pytest.raises(SourceUnreachable, match=r"cannot be read: .*(unable to read|bad tree object)"):
        source.fetch(bad)
    assert paths(source, good) == ["manifests/a.yaml"]
    assert sorted(file.name for file in mirror.parent.iterdir()) == ["mirror.git"]


def test_what_cannot_be_read_even_from_a_new_mirror_is_refused(
    remote: GitRemote, source: GitSource, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Made anew once, and not again and again: a git or a disk that fails would be kept busy for nothing."""
    sha = remote.commit({"manifests/a.yaml": ROLE})
    calls = tmp_path / "calls"
    _stand_in(tmp_path, monkeypatch, f'echo "$*" >> {calls}; case "$*" in *"--batch --buffer") exit 0; esac')
    with pytest.raises(SourceRefused, match="cannot be read, even from a new mirror: an object is missing or broken"):
        source.tree(sha)
    assert calls.read_text().count("mirror.git.new -c core.hooksPath") == 3  # init, fetch, held commits


def test_a_commit_without_an_author_has_none(remote: GitRemote, source: GitSource) -> None:
    """Git lets one be made, and it passes every fetch."""
    body = f"tree {remote.git('mktree')}\n\nno author\n".encode()
    sha = remote.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=body)
    remote.git("update-ref", "refs/heads/main", sha)
    commit = source.fetch(sha)
    assert (commit.author, commit.date.year, commit.subject) == (" <>", 1970, "no author")


def test_tracing_git_is_no_damage(
    remote: GitRemote, source: GitSource, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TRACE", "1")
    sha = remote.commit({"manifests/a.yaml": ROLE})
    source.fetch(sha)
    made = mirror.stat().st_ino
    assert paths(source, sha) == ["manifests/a.yaml"]
    assert mirror.stat().st_ino == made


def test_git_is_heard_but_not_without_end() -> None:
    words = command.in_short(b"hint: do this\nremote: \x1b[31mred\n\n" + b"x" * 2000 + b"\nfatal: it broke\n")
    assert words.startswith("...x")
    assert words.endswith("x; fatal: it broke")
    assert len(words) < 700
    assert command.in_short(b"hint: y\nremote: \x1b[31mred\n") == "remote:  [31mred"


# Credentials


def test_a_token_reaches_an_http_remote_and_shows_nowhere_else(remote: GitRemote, mirror: Path, tmp_path: Path) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE})
    with serve(tmp_path, "x-access-token:t0p-s3cret") as server:
        source = GitSource(f"{server.url}/remote.git", mirror=mirror, token="t0p-s3cret")
        assert paths(source, source.head()) == ["manifests/a.yaml"]
        assert source.resolve("main").sha == sha
    header = next(iter(set(server.headers_seen)))
    arguments = "\n".join(server.arguments_seen)
    assert f"ls-remote --quiet --heads -- {server.url}" in arguments
    for secret in ("t0p-s3cret", header.removeprefix("Basic ")):
        assert secret not in arguments
        assert secret not in repr(source)
        assert not any(secret.encode() in file.read_bytes() for file in mirror.rglob("*") if file.is_file())


def test_credentials_in_the_url_reach_the_remote_and_show_nowhere_else(
    remote: GitRemote, mirror: Path, tmp_path: Path
) -> None:
    sha = remote.commit({"manifests/a.yaml": ROLE})
    with serve(tmp_path, "ann:p@ss-word") as server:
        url = f"http://ann:p%40ss-word@127.0.0.1:{server.server_port}/remote.git"
        source = GitSource(url, mirror=mirror)
        assert source.fetch(source.head()).sha == sha
    assert "ss-word" not in "\n".join(server.arguments_seen) + repr(source)


def test_a_wrong_token_is_told_without_the_token(remote: GitRemote, mirror: Path, tmp_path: Path) -> None:
    with serve(tmp_path, "x-access-token:right") as server:
        source = GitSource(f"{server.url}/remote.git", mirror=mirror, token="wr0ng-t0ken")
        with pytest.raises(SourceUnreachable, match=r"is the token .TRUEUP_GIT_TOKEN. right") as caught:
            source.head()
    assert "wr0ng-t0ken" not in str(caught.value)


def test_a_token_is_not_sent_to_where_a_redirect_leads(remote: GitRemote, mirror: Path, tmp_path: Path) -> None:
    with serve(tmp_path, "x-access-token:t0p-s3cret") as elsewhere, serve(tmp_path, "") as server:
        server.redirect_to = elsewhere.url
        source = GitSource(f"{server.url}/remote.git", mirror=mirror, token="t0p-s3cret")
        with pytest.raises(SourceUnreachable, match="write the final url"):
            source.head()
    assert elsewhere.headers_seen == []


def test_what_the_user_has_told_git_stays_in_force(
    remote: GitRemote, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials by GIT_CONFIG_COUNT, as CI systems give them, and the user's own ssh command."""
    sha = remote.commit({"manifests/a.yaml": ROLE})
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c "$1"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.sshCommand")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(ssh))
    assert GitSource(f"ssh://git@host.example{remote.folder}", mirror=mirror).head() == sha
    assert GitSource(f"git@host.example:{remote.folder}", mirror=mirror).fetch(sha).sha == sha


def _stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """From now on `git` runs a line of shell before the real git."""
    program = folder / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{script}\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def _unpack(repository: Path) -> None:
    """Make every packed object a loose one, so that a single one can be damaged."""
    for pack in list((repository / "objects" / "pack").glob("*.pack")):
        moved = repository / pack.name
        pack.rename(moved)
        for beside in (repository / "objects" / "pack").glob(f"{pack.stem}.*"):
            beside.unlink()
        command_line = ["git", f"--git-dir={repository}", "unpack-objects", "-q"]
        subprocess.run(command_line, input=moved.read_bytes(), check=True, env=ISOLATED)
        moved.unlink()


def _damage(file: Path, how: str) -> None:
    file.chmod(0o644)
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"garbage")
