# tests/workspace/test_trees.py — trees composed from others and laid out as clean folders
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from python_coder.errors import PythonCoderError, UsageError
from python_coder.workspace.files import remove_folder
from python_coder.workspace.git import open_repository
from python_coder.workspace.trees import Entry, TreeStore, tree_with

ODD_NAMES = [
    "a b.py",
    "Grüße/日本.py",
    "tab\there.py",
    "new\nline.py",
    'quo"te.py',
    ":colon.py",
    "-dash.py",
    "*.py",
    "#hash.py",
    "back\\slash.py",
    "latin-\udce9.py",
    "trailing .py ",
]


@pytest.fixture
def tree(repository) -> str:
    return repository.git("rev-parse", "HEAD^{tree}")


def test_paths_are_regular_files_only(store: TreeStore, repository, tree: str) -> None:
    assert list(store.paths(tree)) == [
        ".gitignore",
        "app/main.py",
        "app/models.py",
        "run.sh",
        "tests/test_main.py",
    ]
    assert store.paths(tree)["app/main.py"] == repository.git("rev-parse", "HEAD:app/main.py")


READS = {
    "file": ("app/models.py", b"class Item:\n    pass\n"),
    "absent": ("app/none.py", None),
    "folder": ("app", None),
    "symlink": ("link.py", None),
    "outside": ("../outside.py", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("path", "content"), READS.values(), ids=READS)
def test_reads_one_file(store: TreeStore, tree: str, path: str, content: bytes | None) -> None:
    assert store.read(tree, path) == content


def test_reads_many_files_at_once(store: TreeStore, tree: str) -> None:
    assert store.read_all(tree, ["app/models.py", "absent", "run.sh", "link.py"]) == {
        "app/models.py": b"class Item:\n    pass\n",
        "run.sh": b"#!/bin/sh\n",
    }
    assert store.read_all(tree, []) == {}


def test_composes_without_a_trace_in_index_or_work_tree(store: TreeStore, repository, tree: str) -> None:
    before = repository.state()
    new = store.compose(
        tree, put={"app/main.py": b"x\r\n", "run.sh": b"new", "link.py": b"plain"}, drop=["app/models.py", "absent"]
    )
    assert repository.state() == before
    assert store.read(new, "app/main.py") == b"x\r\n"
    entries = store.entries(new)
    assert "app/models.py" not in entries
    assert (entries["run.sh"].mode, entries["link.py"].mode) == ("100755", "100644")


COMPOSITIONS = {
    "nothing": ({}, [], None),
    "same-content": ({"app/models.py": b"class Item:\n    pass\n"}, [], None),
    "file-becomes-folder": ({"app/main.py/inner.py": b""}, [], ["app/main.py/inner.py", "app/models.py"]),
    "folder-becomes-file": ({"app": b""}, [], ["app"]),
    "put-wins-over-drop": ({"app/main.py": b"kept"}, ["app/main.py"], ["app/main.py", "app/models.py"]),
    "all-of-a-folder": ({}, ["app/main.py", "app/models.py"], []),
}


@pytest.mark.parametrize(("put", "drop", "expected"), COMPOSITIONS.values(), ids=COMPOSITIONS)
def test_composition(store: TreeStore, tree: str, put, drop, expected: list[str] | None) -> None:
    new = store.compose(tree, put=put, drop=drop)
    if expected is None:
        assert new == tree
    else:
        assert [path for path in store.entries(new) if path.startswith("app")] == expected


def test_an_empty_tree_can_be_made_and_laid_out(store: TreeStore, tree: str) -> None:
    empty = store.compose(tree, put={}, drop=store.entries(tree))
    assert store.entries(empty) == {}
    assert list(store.folder(empty).iterdir()) == []
    assert not store.damage(empty)


BAD_PATHS = ["../x.py", "/etc/x", "a//b", "", "a/../b", ".git/config", "a/.GIT/hooks/x", "./a"]


@pytest.mark.parametrize("path", BAD_PATHS, ids=repr)
def test_a_path_that_leaves_the_tree_is_refused(store: TreeStore, tree: str, path: str) -> None:
    with pytest.raises(UsageError, match="cannot be a path in a git tree"):
        store.compose(tree, put={path: b""})


@pytest.mark.parametrize("name", ["HEAD", "--all", "", "main^{tree}"], ids=repr)
def test_only_full_ids_name_trees(store: TreeStore, name: str) -> None:
    with pytest.raises(UsageError, match="not the id of a git tree"):
        store.paths(name)


def test_an_unknown_tree_is_an_error(store: TreeStore) -> None:
    with pytest.raises(PythonCoderError, match="ls-tree failed"):
        store.paths("1" * 40)


def test_overlays_what_is_selected(store: TreeStore, tree: str) -> None:
    changed = store.compose(
        tree,
        put={"tests/test_main.py": b"weakened", "tests/test_new.py": b"", "app/main.py": b"changed", "run.sh": b"y"},
        drop=["link.py"],
    )
    judged = store.overlay(changed, tree, select=lambda path: path.startswith("tests/") or path == "link.py")
    assert store.read(judged, "tests/test_main.py") == store.read(tree, "tests/test_main.py")
    assert "tests/test_new.py" not in store.paths(judged)
    assert store.read(judged, "app/main.py") == b"changed"
    assert store.entries(judged)["link.py"] == store.entries(tree)["link.py"]
    assert store.overlay(changed, tree, select=lambda _: False) == changed
    assert store.overlay(changed, tree, select=lambda _: True) == tree


def test_a_folder_holds_the_blobs_bytes_whatever_attributes_say(repository, tmp_path: Path) -> None:
    contents = {
        ".gitattributes": b"* text eol=crlf\n"
        b"secret.py export-ignore\n*.id ident\nwide.txt working-tree-encoding=UTF-16\n",
        "unix.py": b"a\nb\n",
        "dos.py": b"a\r\nb\r\n",
        "mixed.py": b"a\r\nb\n\rc",
        "secret.py": b"x = 1\n",
        "keyword.id": b"$Id$\n",
        "wide.txt": b"plain",
        "binary.bin": bytes(range(256)),
        "empty.py": b"",
    }
    git = open_repository(repository.folder)
    tree = TreeStore(git, tmp_path / "none").compose(repository.git("rev-parse", "HEAD^{tree}"), put=contents)
    repository.git("config", "core.autocrlf", "true")
    folder = TreeStore(git, tmp_path / "trees").folder(tree)
    assert {name: (folder / name).read_bytes() for name in contents} == contents


def test_modes_and_symlinks_are_kept(store: TreeStore, tree: str) -> None:
    folder = store.folder(tree)
    assert os.access(folder / "run.sh", os.X_OK)
    assert not (folder / "app/main.py").stat().st_mode & 0o111
    assert (folder / "link.py").readlink() == Path("app/main.py")
    assert folder.stat().st_mode & 0o777 == 0o755


def test_odd_names_survive(store: TreeStore, tree: str) -> None:
    new = store.compose(tree, put={name: name.encode("utf-8", "surrogateescape") for name in ODD_NAMES})
    folder = store.folder(new)
    for name in ODD_NAMES:
        content = name.encode("utf-8", "surrogateescape")
        assert store.read(new, name) == content
        assert (folder / name).read_bytes() == content
    assert not store.damage(new)


def test_no_symlink_is_followed(store: TreeStore, repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("secret")
    for name, target in {
        "to-folder": "../outside",
        "to-file": str(outside / "file"),
        "to-self": ".",
        "./x": "y",
    }.items():
        (repository.folder / name).symlink_to(target)
    tree = repository.commit()
    assert store.read(tree, "to-file") is None
    assert store.read(tree, "to-folder/file") is None
    folder = store.folder(tree)
    assert (folder / "to-folder").is_symlink()
    assert not store.damage(tree)
    swapped = store.compose(tree, put={"to-folder/file": b"planted"})
    assert (store.folder(swapped) / "to-folder/file").read_bytes() == b"planted"
    assert (outside / "file").read_text() == "secret"


def test_submodules_are_empty_folders(store: TreeStore, tree: str) -> None:
    new = tree_with(store.git, tree, {"vendor/lib": Entry("160000", "1" * 40)})
    assert list((store.folder(new) / "vendor/lib").iterdir()) == []
    assert not store.damage(new)
    assert "vendor/lib" not in store.paths(new)
    assert store.read(new, "vendor/lib") is None
    assert store.overlay(tree, new, select=lambda path: path.startswith("vendor")) == new


def _edit(folder: Path) -> None:
    (folder / "app/main.py").write_text("x")


def _edit_unseen(folder: Path) -> None:
    file = folder / "app/main.py"
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _add(folder: Path) -> None:
    (folder / "app/conftest.py").touch()


def _add_folder(folder: Path) -> None:
    (folder / "fastapi").mkdir()


def _delete(folder: Path) -> None:
    (folder / "app/main.py").unlink()


def _make_executable(folder: Path) -> None:
    (folder / "app/main.py").chmod(0o755)


def _turn_link(folder: Path) -> None:
    (folder / "link.py").unlink()
    (folder / "link.py").symlink_to("app/models.py")


def _replace_by_link(folder: Path) -> None:
    (folder / "app/main.py").rename(folder.parent / "elsewhere.py")
    (folder / "app/main.py").symlink_to(folder.parent / "elsewhere.py")


def _replace_by_pipe(folder: Path) -> None:
    (folder / "app/main.py").unlink()
    os.mkfifo(folder / "app/main.py")


DAMAGES = {
    "edit": (_edit, ("app/main.py",)),
    "edit-same-size-and-time": (_edit_unseen, ("app/main.py",)),
    "add": (_add, ("app/conftest.py",)),
    "add-folder": (_add_folder, ("fastapi",)),
    "delete": (_delete, ("app/main.py",)),
    "mode": (_make_executable, ("app/main.py",)),
    "link": (_turn_link, ("link.py",)),
    "file-to-link": (_replace_by_link, ("app/main.py",)),
    "file-to-pipe": (_replace_by_pipe, ("app/main.py",)),
    "all-gone": (remove_folder, None),
}


@pytest.mark.parametrize(("damage", "paths"), DAMAGES.values(), ids=DAMAGES)
def test_a_written_folder_is_not_intact(store: TreeStore, tree: str, damage, paths) -> None:
    folder = store.folder(tree)
    assert store.damage(tree) == ()
    damage(folder)
    found = store.damage(tree)
    assert found == paths if paths else "app/main.py" in found
    assert store.damage(tree)


def test_a_kill_in_the_middle_leaves_no_half_folder(repository, tmp_path: Path) -> None:
    for number in range(800):
        repository.write(f"many/file_{number}.py", "x = 1\n" * 20)
    tree = repository.commit()
    trees = tmp_path / "trees"
    code = (
        "import sys; from pathlib import Path; from python_coder.workspace.git import open_repository;"
        "from python_coder.workspace.trees import TreeStore;"
        "TreeStore(open_repository(Path(sys.argv[1])), Path(sys.argv[2])).folder(sys.argv[3])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(repository.folder), str(trees), tree])
    deadline = time.monotonic() + 20
    while not any(trees.glob(".*/many")) and time.monotonic() < deadline:
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert [path.name[:13] for path in trees.iterdir()] == [f".{tree[:12]}"], "the kill must come in the middle"
    store = TreeStore(open_repository(repository.folder), trees)
    store.folder(tree)
    assert not store.damage(tree)


def test_callers_at_the_same_time_get_one_whole_folder(store: TreeStore, tree: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(store.folder, [tree] * 24))
    assert folders == {store.store / tree}
    assert not store.damage(tree)
    assert [path.name for path in store.store.iterdir()] == [tree]


def test_four_hundred_files_are_laid_out_quickly(repository, store: TreeStore) -> None:
    for number in range(400):
        repository.write(f"pkg_{number % 20}/file_{number}.py", "x = 1\n" * 200)
    tree = repository.commit()
    start = time.process_time()
    store.folder(tree)
    # Our own time alone, so that a busy machine does not fail it: 40 ms when this was written.
    assert time.process_time() - start < 0.3


def test_a_patch_makes_the_other_tree(store: TreeStore, repository, tree: str) -> None:
    new = store.compose(
        tree, put={"app/main.py": b"a\r\nb  \n", "new.bin": b"\0\1", "x y.py": b"no newline"}, drop=["app/models.py"]
    )
    patch = store.git.run("diff-tree", "-p", "-M", "--binary", "--full-index", tree, new)
    for name, value in {"apply.whitespace": "fix", "apply.ignoreWhitespace": "change", "core.autocrlf": "true"}.items():
        repository.git("config", name, value)
    assert store.apply(tree, patch) == new
    assert store.apply(tree, b"") == tree
    with pytest.raises(UsageError, match="does not fit"):
        store.apply(new, patch)


def test_sha256_repositories_work(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(folder)], check=True)
    (folder / "a.py").write_text("x")
    for words in (["add", "-A"], ["-c", "user.name=U", "-c", "user.email=u@x", "commit", "-qm", "m"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    git = open_repository(folder)
    store = TreeStore(git, tmp_path / "trees")
    tree = store.compose(git.text("rev-parse", "HEAD^{tree}"), put={"b.py": b"y"})
    assert len(tree) == 64
    assert (store.folder(tree) / "b.py").read_text() == "y"
    assert not store.damage(tree)
