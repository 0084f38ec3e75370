# tests/workspace/test_changes.py — the difference of two trees, as git sees it
import subprocess
from pathlib import Path

import pytest

from python_coder.workspace.changes import Change, ChangedFile, change_between
from python_coder.workspace.git import Git, open_repository
from python_coder.workspace.trees import Entry, TreeStore, tree_with

TEN = "".join(f"line {number}\n" for number in range(1, 11)).encode()


@pytest.fixture
def empty_tree(repository) -> str:
    return repository.git("hash-object", "-t", "tree", "-w", "/dev/null")


LINES = {
    "one-line-changed": (TEN, TEN.replace(b"line 4\n", b"LINE 4\n"), {4}, {4}),
    "added-in-the-middle": (TEN, TEN.replace(b"line 4\n", b"line 4\nnew\nnewer\n"), {5, 6}, set()),
    "removed": (TEN, TEN.replace(b"line 4\nline 5\n", b""), set(), {4, 5}),
    "two-places": (TEN, TEN.replace(b"line 1\n", b"").replace(b"line 10\n", b"x\ny\n"), {9, 10}, {1, 10}),
    "new-file": (None, b"a\nb\n", {1, 2}, set()),
    "new-empty-file": (None, b"", set(), set()),
    "deleted-file": (b"a\nb\n", None, set(), {1, 2}),
    "no-newline-at-end": (b"a\nb", b"a\nb\n", {2}, {2}),
    "newline-lost-at-end": (b"a\nb\n", b"a\nb", {2}, {2}),
    "no-newline-on-both": (b"a\nb", b"a\nc", {2}, {2}),
    "crlf": (b"a\r\nb\r\n", b"a\r\nB\r\n", {2}, {2}),
    "line-endings-only": (b"a\nb\n", b"a\r\nb\n", {1}, {1}),
    "lines-that-look-like-headers": (b"-- a\n++ b\n", b"-- a\n++ c\n@@ -1 +1 @@\ndiff --git a/x b/x\n", {2, 3, 4}, {2}),
    "removed-line-with-dashes": (b"x\n-- a\n", b"x\n", set(), {2}),
    "blank-lines": (b"a\n\n\nb\n", b"a\n\n\nc\n", {4}, {4}),
    "form-feeds-and-separators": ("a\x0c\u2028b\nc\n".encode(), "a\x0c\u2028b\nd\n".encode(), {2}, {2}),
    "not-utf-8": (b"caf\xe9\n", b"caf\xe9\nnew \xe9\n", {2}, set()),
}


@pytest.mark.parametrize(("old", "new", "added", "removed"), LINES.values(), ids=LINES)
def test_lines(store: TreeStore, empty_tree: str, old, new, added: set[int], removed: set[int]) -> None:
    base = empty_tree if old is None else store.compose(empty_tree, put={"a.py": old})
    tree = empty_tree if new is None else store.compose(empty_tree, put={"a.py": new})
    (file,) = change_between(store.git, base, tree).files
    assert (file.added_lines, file.removed_lines) == (added, removed)
    assert file.status == ("added" if old is None else "deleted" if new is None else "modified")
    assert not file.is_binary
    assert file.patch.startswith("diff --git a/a.py b/a.py\n")


def _only(change: Change) -> ChangedFile:
    (file,) = change.files
    return file


def test_nothing_changed(store: TreeStore, repository) -> None:
    tree = repository.git("rev-parse", "HEAD^{tree}")
    assert change_between(store.git, tree, tree) == Change(base_tree=tree, tree=tree, files=())


def test_a_rename_keeps_its_lines(store: TreeStore, empty_tree: str) -> None:
    base = store.compose(empty_tree, put={"old name.py": TEN})
    tree = store.compose(empty_tree, put={"pkg/new\nname.py": TEN.replace(b"line 4\n", b"LINE 4\n")})
    file = _only(change_between(store.git, base, tree))
    assert (file.status, file.old_path, file.path) == ("renamed", "old name.py", "pkg/new\nname.py")
    assert (file.added_lines, file.removed_lines) == ({4}, {4})


def test_an_untouched_rename_has_no_lines(store: TreeStore, empty_tree: str) -> None:
    base = store.compose(empty_tree, put={"a.py": TEN})
    tree = store.compose(empty_tree, put={"b.py": TEN})
    file = _only(change_between(store.git, base, tree))
    assert (file.status, file.added_lines, file.removed_lines) == ("renamed", frozenset(), frozenset())
    assert "similarity index 100%" in file.patch


def test_a_mode_change_alone_is_a_change(store: TreeStore, empty_tree: str) -> None:
    base = store.compose(empty_tree, put={"run.sh": b"x\n"})
    tree = tree_with(store.git, base, {"run.sh": Entry("100755", store.paths(base)["run.sh"])})
    file = _only(change_between(store.git, base, tree))
    assert (file.status, file.old_mode, file.mode) == ("modified", "100644", "100755")
    assert not file.added_lines | file.removed_lines
    assert "new mode 100755" in file.patch


def test_a_file_that_becomes_a_symlink_is_one_change(store: TreeStore, repository) -> None:
    base = repository.git("rev-parse", "HEAD^{tree}")
    (repository.folder / "app/main.py").unlink()
    (repository.folder / "app/main.py").symlink_to("/etc/passwd")
    tree = repository.commit()
    tree = store.compose(tree, put={"app/models.py": b"after\n"})
    first, second = change_between(store.git, base, tree).files
    assert (first.path, first.status, first.old_mode, first.mode) == ("app/main.py", "modified", "100644", "120000")
    assert (first.added_lines, first.removed_lines) == ({1}, {1, 2})
    assert second.path == "app/models.py"
    assert "+after" in second.patch


def test_binary_files_have_no_lines_but_are_in_the_patch(store: TreeStore, empty_tree: str) -> None:
    base = store.compose(empty_tree, put={"x.bin": b"\0a" * 50, "y.py": b"a\n"})
    tree = store.compose(empty_tree, put={"x.bin": b"\0b" * 50, "y.py": b"b\n", "z.py": b"\0"})
    change = change_between(store.git, base, tree)
    assert [(file.path, file.is_binary, file.patch == "") for file in change.files] == [
        ("x.bin", True, True),
        ("y.py", False, False),
        ("z.py", True, True),
    ]
    assert change.patch_bytes.count(b"GIT binary patch") == 2


def test_a_submodule_change_is_told(store: TreeStore, empty_tree: str) -> None:
    base = tree_with(store.git, empty_tree, {"lib": Entry("160000", "1" * 40)})
    tree = tree_with(store.git, empty_tree, {"lib": Entry("160000", "2" * 40)})
    file = _only(change_between(store.git, base, tree))
    assert (file.path, file.mode) == ("lib", "160000")
    assert "+Subproject commit 2222" in file.patch


def test_files_come_in_order_of_their_paths_and_are_found_by_them(store: TreeStore, empty_tree: str) -> None:
    base = store.compose(empty_tree, put={"z.py": TEN, "m.py": b"1\n", "gone.py": b"other\n"})
    tree = store.compose(empty_tree, put={"a.py": TEN, "m.py": b"2\n", "Grüße.md": b"x\n"})
    change = change_between(store.git, base, tree)
    assert [file.path for file in change.files] == ["Grüße.md", "a.py", "gone.py", "m.py"]
    assert [file.path for file in change.python_files] == ["a.py", "m.py"]
    assert change.file("a.py") is change.files[1]
    assert change.file("z.py") is None


CONFIGURED = {
    "binary-attribute": {".gitattributes": "*.py binary\n"},
    "no-diff-attribute": {".gitattributes": "*.py -diff\n", "sub/.gitattributes": "* -diff\n"},
    "repository-attributes": {".git/info/attributes": "*.py -diff\n"},
    "external-diff": {".gitattributes": "*.py diff=ext\n", ".git/config": '[diff "ext"]\n command = false\n'},
    "text-conversion": {".gitattributes": "*.py diff=conv\n", ".git/config": '[diff "conv"]\n textconv = false\n'},
    "no-prefix": {".git/config": "[diff]\n noprefix = true\n mnemonicPrefix = true\n context = 0\n"},
    "no-renames": {".git/config": "[diff]\n renames = false\n renameLimit = 1\n"},
    "colour": {".git/config": "[color]\n ui = always\n"},
    "blank-context": {".git/config": "[diff]\n suppressBlankEmpty = true\n"},
}


@pytest.mark.parametrize("files", CONFIGURED.values(), ids=CONFIGURED)
def test_neither_attributes_nor_configuration_change_a_change(store: TreeStore, repository, empty_tree, files) -> None:
    base = store.compose(empty_tree, put={"a.py": b"a\n\nb\n", "sub/b.py": TEN})
    tree = store.compose(empty_tree, put={"a.py": b"a\n\nc\n", "sub/c.py": TEN})
    before = change_between(store.git, base, tree)
    assert before.files[0].added_lines == {3}
    for path, content in files.items():
        old = (repository.folder / path).read_text() if path == ".git/config" else ""
        repository.write(path, old + content)
    if ".git/config" not in files:
        repository.commit("attributes in the index and in HEAD")
    attributed = {path: text.encode() for path, text in files.items() if not path.startswith(".git/")}
    assert change_between(store.git, base, tree) == before
    inside = change_between(store.git, store.compose(base, put=attributed), store.compose(tree, put=attributed))
    assert inside.patch_bytes == before.patch_bytes


def test_the_patch_applies_and_makes_the_tree(store: TreeStore, empty_tree: str, tmp_path: Path) -> None:
    odd = {
        "a b.py": b"1\n",
        "Gr\u00fc\u00dfe/\u65e5.py": b"caf\xe9\r\n",
        "tab\t.py": b"x",
        'q"uote.py': b"\0\xff",
        "new\nline": b"",
    }
    base = store.compose(empty_tree, put={"move.py": TEN, "edit.py": TEN, "drop.py": b"x"} | {"a b.py": b"0"})
    tree = store.compose(empty_tree, put={"moved/to.py": TEN, "edit.py": TEN[5:]} | odd)
    tree = tree_with(store.git, tree, {"edit.py": Entry("100755", store.paths(tree)["edit.py"])})
    change = change_between(store.git, base, tree)
    folder = TreeStore(store.git, tmp_path / "copies").folder(base)
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    subprocess.run(["git", "apply", "--binary", "-"], cwd=folder, check=True, input=change.patch_bytes)
    subprocess.run(["git", "add", "-A", "-f"], cwd=folder, check=True)
    made = subprocess.run(["git", "write-tree"], cwd=folder, check=True, capture_output=True, text=True)
    assert made.stdout.strip() == tree
    assert store.apply(base, change.patch_bytes) == tree


def test_a_git_without_a_named_folder_will_do(repository, store: TreeStore, empty_tree: str) -> None:
    tree = store.compose(empty_tree, put={"a.py": b"x\n"})
    assert change_between(Git(repository.folder / "app"), empty_tree, tree) == change_between(
        open_repository(repository.folder), empty_tree, tree
    )
