# tests/symbols/test_index.py — answers of the symbol index, and that they follow the disk
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from python_coder.errors import ToolRefusedError
from python_coder.symbols.index import MOST_BYTES, SymbolIndex
from python_coder.symbols.symbol import SymbolKind
from symbols.indexed import Project

FILES = {
    "app/main.py": "from app import crud\n\napp = FastAPI()\n\n@app.get('/')\ndef read():\n    return 1\n",
    "app/crud.py": "class Crud:\n    LIMIT = 1\n\n    def read(self):\n        return 2\n\n\ndef load(): ...\n",
    "tests/test_main.py": "def test_read(): ...\n",
    "README.md": "def no(): ...\n",
}
NAMES = {
    "app/crud.py": ["Crud", "Crud/LIMIT", "Crud/read", "load"],
    "app/main.py": ["app", "read"],
    "tests/test_main.py": ["test_read"],
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path, FILES)


def test_tells_all_symbols(project: Project) -> None:
    assert project.names() == NAMES
    assert list(project.index.paths()) == list(NAMES)


FOUND: dict[str, tuple[dict[str, Any], list[str]]] = {
    "everywhere": ({"name_path": "read"}, ["app/crud.py:4", "app/main.py:5"]),
    "in-a-file": ({"name_path": "read", "within": "app/main.py"}, ["app/main.py:5"]),
    "in-a-file-oddly-written": ({"name_path": "read", "within": "./app//main.py"}, ["app/main.py:5"]),
    "in-a-folder": ({"name_path": "read", "within": "app/", "substring": True}, ["app/crud.py:4", "app/main.py:5"]),
    "in-no-folder-that-begins-alike": ({"name_path": "read", "within": "ap"}, []),
    "in-the-root": ({"name_path": "load", "within": "."}, ["app/crud.py:8"]),
    "in-a-missing-file": ({"name_path": "read", "within": "app/no.py"}, []),
    "in-a-missing-folder": ({"name_path": "read", "within": "no"}, []),
    "substring": ({"name_path": "rea", "substring": True}, ["app/crud.py:4", "app/main.py:5", "tests/test_main.py:1"]),
    "one-kind": ({"name_path": "read", "include_kinds": [SymbolKind.METHOD]}, ["app/crud.py:4"]),
    "not-one-kind": ({"name_path": "read", "exclude_kinds": {SymbolKind.METHOD}}, ["app/main.py:5"]),
    "excluded-outweighs": (
        {"name_path": "read", "include_kinds": [SymbolKind.METHOD], "exclude_kinds": [SymbolKind.METHOD]},
        [],
    ),
    "a-kind-that-python-has-not": ({"name_path": "read", "include_kinds": [SymbolKind.STRUCT]}, []),
}


@pytest.mark.parametrize(("question", "expected"), FOUND.values(), ids=FOUND)
def test_finds(project: Project, question: dict[str, Any], expected: list[str]) -> None:
    found = project.index.find(**question)
    assert [f"{symbol.path}:{symbol.first_line}" for symbol in found] == expected


def test_a_symbol_brings_what_is_inside_it(project: Project) -> None:
    (crud,) = project.index.find("Crud")
    assert [child.name_path for child in crud.children] == ["Crud/LIMIT", "Crud/read"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [(1, "Crud"), (2, "Crud/LIMIT"), (3, "Crud"), (5, "Crud/read"), (6, None), (8, "load"), (99, None)],
)
def test_tells_what_encloses_a_line(project: Project, line: int, expected: str | None) -> None:
    symbol = project.index.enclosing("app/crud.py", line)
    assert (symbol.name_path if symbol else None) == expected


def test_decorators_belong_to_their_symbol(project: Project) -> None:
    symbol = project.index.enclosing("app/main.py", 5)
    assert symbol is not None
    assert symbol.name_path == "read"


@pytest.mark.parametrize("path", ["no.py", "README.md", "../outside.py", "/outside.py", "app", ""])
def test_nothing_encloses_a_line_of_no_file(project: Project, path: str) -> None:
    assert project.index.enclosing(path, 1) is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no.py", "no file"),
        ("app/no/no.py", "no file"),
        ("app", "no Python file"),
        ("README.md", "no Python file"),
        ("../project/app/main.py", "inside the project"),
        ("/app/main.py", "inside the project"),
        ("", "inside the project"),
        (".", "inside the project"),
        ("app/\0.py", "inside the project"),
    ],
)
def test_refuses_an_overview_of_no_file(project: Project, path: str, words: str) -> None:
    with pytest.raises(ToolRefusedError, match=words):
        project.index.overview(path)


def test_takes_full_paths_of_its_files(project: Project) -> None:
    assert project.index.overview(str(project.root / "app/main.py")).path == "app/main.py"


def _replace(project: Project) -> None:
    (project.root / "new").write_text("def new(): ...\n")
    (project.root / "new").rename(project.root / "app/main.py")


def _same_size_and_time(project: Project) -> None:
    path = project.root / "app/main.py"
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"read", b"lead"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


# A change on disk, and what differs then from `NAMES`; an empty list for a file that is gone.
CHANGES: dict[str, tuple[Callable[[Project], object], dict[str, list[str]]]] = {
    "edited": (lambda p: p.write("app/main.py", "def other(): ...\n"), {"app/main.py": ["other"]}),
    "same-size": (
        lambda p: p.write("app/main.py", FILES["app/main.py"].replace("read", "lead")),
        {"app/main.py": ["app", "lead"]},
    ),
    "same-size-and-time": (_same_size_and_time, {"app/main.py": ["app", "lead"]}),
    "replaced": (_replace, {"app/main.py": ["new"]}),
    "deleted": (lambda p: (p.root / "app/main.py").unlink(), {"app/main.py": []}),
    "moved": (
        lambda p: (p.root / "app/main.py").rename(p.root / "app/moved.py"),
        {"app/main.py": [], "app/moved.py": ["app", "read"]},
    ),
    "folder-moved": (
        lambda p: (p.root / "tests").rename(p.root / "checks"),
        {"tests/test_main.py": [], "checks/test_main.py": ["test_read"]},
    ),
    "new-file": (lambda p: p.write("app/new.py", "x = 1\n"), {"app/new.py": ["x"]}),
    "new-folder": (lambda p: p.write("a/b/c/new.py", "x = 1\n"), {"a/b/c/new.py": ["x"]}),
    "stub": (lambda p: p.write("app/main.pyi", "x: int\n"), {"app/main.pyi": ["x"]}),
    "ignored-from-now-on": (lambda p: p.write(".gitignore", "app/\n"), {"app/main.py": [], "app/crud.py": []}),
    "ignored-deeper": (lambda p: p.write("app/.gitignore", "main.py\n"), {"app/main.py": []}),
    "environment": (lambda p: p.write("tests/pyvenv.cfg", ""), {"tests/test_main.py": []}),
    "worktree-inside": (
        lambda p: p.write("tests/.git", "gitdir: /elsewhere/.git/worktrees/tests\n"),
        {"tests/test_main.py": []},
    ),
    "submodule-inside": (lambda p: p.write("tests/.git", "gitdir: ../.git/modules/tests\n"), {}),
    "broken": (lambda p: p.write("app/main.py", "def read(:\n"), {"app/main.py": ["read"]}),
    "link": (lambda p: (p.root / "app/link.py").symlink_to("main.py"), {}),
    "folder-link": (lambda p: (p.root / "linked").symlink_to("app"), {}),
    "pipe": (lambda p: os.mkfifo(p.root / "app/pipe.py"), {}),
    "named-like-a-file": (lambda p: p.write("app/x.py/y.py", "y = 1\n"), {"app/x.py/y.py": ["y"]}),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["next-process", "same-process"])
@pytest.mark.parametrize(("change", "difference"), CHANGES.values(), ids=CHANGES)
def test_answers_follow_the_disk(
    project: Project, change: Callable[[Project], object], difference: dict[str, list[str]], is_first: bool
) -> None:
    assert project.names() == NAMES
    change(project)
    project = Project(project.root, project.store, project.again()) if is_first else project
    expected = {path: names for path, names in (NAMES | difference).items() if names}
    assert project.names() == expected


def test_rules_that_change_again(project: Project) -> None:
    project.write("app/.gitignore", "main.py\n")
    assert "app/main.py" not in project.names()
    project.write("app/.gitignore", "crud.py\n")
    assert "app/main.py" in project.names()
    assert "app/crud.py" not in project.names()
    (project.root / "app/.gitignore").unlink()
    assert project.names() == NAMES


def test_a_link_in_place_of_a_folder_is_not_followed(project: Project) -> None:
    project.index.refresh()
    (project.root / "app").rename(project.root / "other")
    (project.root / "app").symlink_to("other")
    with pytest.raises(ToolRefusedError):
        project.index.overview("app/main.py")
    assert [symbol.path for symbol in project.index.find("load")] == ["other/crud.py"]


def test_each_of_many_quick_edits_is_seen(project: Project) -> None:
    for number in range(60):
        project.write("app/main.py", f"def f{number:03}(): ...\n")
        assert [symbol.name for symbol in project.index.overview("app/main.py").symbols] == [f"f{number:03}"]
        project.write("app/main.py", f"def g{number:03}(): ...\n")
        assert len(project.index.find(f"g{number:03}")) == 1
        project.write(f"app/n{number}.py", "new = 1\n")
        assert len(project.index.find("new")) == number + 1


def test_update_reads_again_whatever_the_stamp_says(project: Project) -> None:
    project.index.refresh()
    time.sleep(0.15)
    assert project.index.refresh() == 0
    project.write("app/main.py", "def other(): ...\n")
    project.write("app/n.py", "n = 1\n")
    for path in ("app/main.py", "app/n.py", "app/gone.py"):
        project.index.update(path)
    assert project.index.refresh() == 2
    assert len(project.index.find("other")) == len(project.index.find("n")) == 1


def test_refresh_counts_what_changed(project: Project) -> None:
    assert project.index.refresh() == len(NAMES)
    assert project.index.refresh() == 0
    project.write("app/main.py", "x = 1\n")
    (project.root / "app/crud.py").unlink()
    assert project.index.refresh() == 2
    os.utime(project.root / "app/main.py")
    assert project.index.refresh() == 0


def test_large_and_unreadable_files_are_listed(project: Project) -> None:
    project.write("app/data.py", "x = 1\n" + "#" * MOST_BYTES)
    overview = project.index.overview("app/data.py")
    assert overview.symbols == ()
    assert "larger than 1 MiB" in overview.unparsed_because
    assert "app/data.py" in project.index.paths()
    assert project.again().overview("app/data.py").unparsed_because == overview.unparsed_because
    project.write("app/data.py", "x = 1\n")
    assert project.names() == NAMES | {"app/data.py": ["x"]}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything; run the tests as another user")
def test_a_file_without_permission_is_listed(project: Project) -> None:
    (project.root / "app/main.py").chmod(0)
    assert "cannot be read" in project.index.overview("app/main.py").unparsed_because
    assert "app/main.py" in project.index.paths()
    (project.root / "app/main.py").chmod(0o600)
    assert project.names() == NAMES


def test_an_ignored_file_can_be_asked_for_by_name(project: Project) -> None:
    project.write(".gitignore", "gen.py\n")
    project.write("gen.py", "x = 1\n")
    for _ in range(2):
        assert [symbol.name for symbol in project.index.overview("gen.py").symbols] == ["x"]
        assert project.names() == NAMES
    assert project.index.find("x") == []
    assert len(project.index.find("x", within="gen.py")) == 1


def test_a_project_that_is_gone_or_comes_back(project: Project) -> None:
    project.index.refresh()
    project.root.rename(project.root.parent / "away")
    assert list(project.index.paths()) == []
    (project.root.parent / "away").rename(project.root)
    assert project.names() == NAMES


def test_threads_share_an_index(project: Project) -> None:
    answers: list[int] = []

    def ask() -> None:
        answers.extend(len(project.index.find("read")) for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2] * 80


def test_a_linked_root_is_the_folder_it_leads_to(project: Project) -> None:
    (project.root.parent / "link").symlink_to("project")
    index = SymbolIndex.open(project.root.parent / "link", project.store)
    assert list(index.paths()) == list(NAMES)
