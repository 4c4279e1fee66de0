"""Manifests of a plain folder: the same rules as for a commit, and nothing that a folder can hold stops the reading."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from controller.model.commit import Tree
from controller.source.entries import blob_id
from controller.source.folder import FolderSource


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a person stands in; names in messages are relative to it, as they were given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()
    return tmp_path


def write(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"# {name}\n")


def read(path: str = "manifests", limit: int = 1000) -> Tree:
    return FolderSource(Path(path), max_file_bytes=limit).tree()


def told(tree: Tree) -> list[str]:
    return [str(problem) for problem in tree.problems]


def test_manifests_are_read_in_order_with_the_paths_that_a_person_sees() -> None:
    write("manifests/b.yaml", "manifests/a/x.YML", "manifests/README.md", "manifests/.h.yaml", "manifests/.d/a.yaml")
    tree = read()
    assert [(blob.path, blob.content) for blob in tree.blobs] == [
        ("manifests/a/x.YML", b"# manifests/a/x.YML\n"),
        ("manifests/b.yaml", b"# manifests/b.yaml\n"),
    ]
    assert (tree.commit, tree.root, tree.problems) == (None, "manifests", ())


@pytest.mark.parametrize(
    ("given", "root", "path"),
    [
        (".", "", "manifests/a.yaml"),
        ("./manifests/", "manifests", "manifests/a.yaml"),
        ("x/../manifests", "manifests", "manifests/a.yaml"),
        ("../{here}/manifests", "../{here}/manifests", "../{here}/manifests/a.yaml"),
        ("{work}/manifests", "{work}/manifests", "{work}/manifests/a.yaml"),
    ],
)
def test_a_folder_is_named_as_it_was_given(work: Path, given: str, root: str, path: str) -> None:
    write("manifests/a.yaml")
    Path("x").mkdir()
    given, root, path = (text.format(work=work, here=work.name) for text in (given, root, path))
    tree = read(given)
    assert (tree.root, [blob.path for blob in tree.blobs]) == (root, [path])


def test_a_blob_has_the_id_that_git_gives_it() -> None:
    """So that what is cached by id for a commit stands for a folder too."""
    write("manifests/a.yaml")
    git = subprocess.check_output(["git", "hash-object", "manifests/a.yaml"], text=True).strip()
    assert read().blobs[0].id == git == blob_id(b"# manifests/a.yaml\n")


def test_symlinks_are_refused_and_not_followed() -> None:
    write("elsewhere/a.yaml")
    Path("manifests/file.yaml").symlink_to("../elsewhere/a.yaml")
    Path("manifests/folder").symlink_to("../elsewhere")
    Path("manifests/loop").symlink_to(".")
    Path("manifests/.hidden").symlink_to("nowhere")
    tree = read()
    assert tree.blobs == ()
    assert told(tree) == [
        f"manifests/{name}: error: is a symlink, and trueup follows none (commit the file itself, or use include)"
        for name in ("file.yaml", "folder", "loop")
    ]


def test_the_folder_itself_may_be_a_symlink() -> None:
    write("manifests/a.yaml")
    Path("link").symlink_to("manifests")
    assert [blob.path for blob in read("link").blobs] == ["link/a.yaml"]


def test_a_file_may_have_as_many_bytes_as_the_limit_and_no_more() -> None:
    Path("manifests/fits.yaml").write_bytes(b"x" * 1000)
    Path("manifests/large.yaml").write_bytes(b"x" * 1001)
    Path("manifests/large.txt").write_bytes(b"x" * 1001)
    tree = read()
    assert [blob.path for blob in tree.blobs] == ["manifests/fits.yaml"]
    assert told(tree) == [
        "manifests/large.yaml: error: is 1,001 bytes, and a manifest file may have 1,000 "
        "(split it, or raise max_file_bytes)"
    ]


def test_what_is_not_a_regular_file_is_not_waited_for() -> None:
    """Opening a pipe that nobody writes to would never end."""
    os.mkfifo("manifests/pipe.yaml")
    os.mkfifo("manifests/pipe.txt")
    assert told(read()) == ["manifests/pipe.yaml: error: is not a regular file"]


def test_names_that_cannot_be_shown_are_problems() -> None:
    write("manifests/a.yaml", "manifests/a\nb.yaml", "manifests/größe 日本.yaml", "manifests/\x1b[2J/c.yaml")
    Path(os.fsdecode(b"manifests/\xff.yaml")).touch()
    Path(os.fsdecode(b"manifests/\xff.txt")).touch()
    tree = read()
    assert [blob.path for blob in tree.blobs] == ["manifests/a.yaml", "manifests/größe 日本.yaml"]
    assert [problem.where.file for problem in tree.problems] == [
        r"manifests/\x1b[2J/c.yaml",
        r"manifests/\xff.yaml",
        r"manifests/a\nb.yaml",
    ]


def test_a_folder_may_be_nested_deeper_than_the_stack(work: Path) -> None:
    for _ in range(1200):
        os.mkdir("d")  # noqa: PTH102 - the path as a whole is longer than a pathlib call may be
        os.chdir("d")
    write("a.yaml")
    os.chdir(work)
    assert [blob.path.count("/") for blob in read("d").blobs] == [1200]
    subprocess.run(["rm", "-r", "d"], check=True)  # it is too deep for Python's own way of removing it


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("manifest", "manifest: error: there is no such folder (did you mean 'manifests'?)"),
        ("away/from/here", "away/from/here: error: there is no such folder"),
        ("manifests/a.yaml", "manifests/a.yaml: error: is a file, not a folder (name the folder of the manifests)"),
    ],
)
def test_a_folder_that_is_none_is_a_problem(given: str, message: str) -> None:
    write("manifests/a.yaml")
    tree = read(given)
    assert (tree.blobs, told(tree)) == ((), [message])


def test_what_cannot_be_opened_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusals are played, since tests may run as root, whom nothing is refused."""
    write("manifests/a.yaml", "manifests/locked/b.yaml", "manifests/shut.yaml")
    scandir, opened = os.scandir, os.open

    def guarded_scandir(path: Path) -> object:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    def guarded_open(path: Path, flags: int) -> int:
        if path.name == "shut.yaml":
            raise PermissionError(13, "Permission denied")
        return opened(path, flags)

    with monkeypatch.context() as patched:
        patched.setattr("controller.source.folder.os.scandir", guarded_scandir)
        patched.setattr("controller.source.folder.os.open", guarded_open)
        tree = read()
    assert [blob.path for blob in tree.blobs] == ["manifests/a.yaml"]
    assert told(tree) == [
        "manifests/locked: error: cannot be read: Permission denied",
        "manifests/shut.yaml: error: cannot be read: Permission denied",
    ]
