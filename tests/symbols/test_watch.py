# tests/symbols/test_watch.py — the kernel tells whether folders stayed as they were
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.symbols.source_tree import SourceTree
from python_coder.symbols.watch import FolderWatch
from symbols.indexed import Project


def _watched(folder: Path) -> FolderWatch:
    watch = FolderWatch(str(folder))
    watch.begin()
    for path in (folder, folder / "inner"):
        watch.add(str(path))
    return watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    for path in ("a.py", "inner/b.py"):
        (tmp_path / path).write_text("x = 1\n")
    if not _watched(tmp_path).is_quiet():
        pytest.skip("no inotify on this file system; the index looks at each file here: run on ext4, XFS or tmpfs")
    return tmp_path


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("y\n")


CHANGES: dict[str, Callable[[Path], object]] = {
    "written": lambda folder: (folder / "a.py").write_text("y = 1\n"),
    "appended": lambda folder: _append(folder / "inner/b.py"),
    "emptied": lambda folder: os.truncate(folder / "a.py", 0),
    "touched": lambda folder: (folder / "a.py").touch(),
    "mode": lambda folder: (folder / "a.py").chmod(0o600),
    "removed": lambda folder: (folder / "inner/b.py").unlink(),
    "new": lambda folder: (folder / "inner/c.py").touch(),
    "new-folder": lambda folder: (folder / "inner/c").mkdir(),
    "moved": lambda folder: (folder / "a.py").rename(folder / "c.py"),
    "moved-out": lambda folder: (folder / "inner").rename(folder.parent / f"{folder.name}-out"),
    "linked": lambda folder: (folder / "c.py").symlink_to("a.py"),
    "by-another-process": lambda folder: subprocess.run(
        [sys.executable, "-c", f"open({str(folder / 'a.py')!r}, 'w').write('z')"], check=True
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_change_goes_unseen(folder: Path, change: Callable[[Path], object]) -> None:
    watch = _watched(folder)
    assert watch.is_quiet()
    change(folder)
    assert not watch.is_quiet()
    watch.begin()
    assert watch.is_quiet()


def test_reading_is_no_change(folder: Path) -> None:
    watch = _watched(folder)
    (folder / "a.py").read_text()
    list(folder.iterdir())
    assert watch.is_quiet()


def test_more_events_than_fit_are_a_change(folder: Path) -> None:
    watch = _watched(folder)
    for _ in range(20_000):
        (folder / "a.py").touch()
        os.utime(folder / "inner/b.py")
    assert not watch.is_quiet()


@pytest.mark.parametrize("blind", [FolderWatch.distrust, FolderWatch.expire], ids=["distrusted", "expired"])
def test_says_nothing_when_it_cannot_tell(folder: Path, blind: Callable[[FolderWatch], None]) -> None:
    watch = _watched(folder)
    blind(watch)
    assert not watch.is_quiet()
    watch.begin()
    assert watch.is_quiet() == (blind is FolderWatch.expire)


@pytest.mark.parametrize("place", ["/proc", "/sys", "/nowhere"])
def test_trusts_only_local_file_systems(place: str) -> None:
    watch = FolderWatch(place)
    watch.begin()
    assert not watch.is_quiet()


def test_a_missing_folder_is_seen_when_it_comes(folder: Path) -> None:
    watch = _watched(folder)
    watch.add(str(folder / "nowhere"))
    assert watch.is_quiet()
    (folder / "nowhere").mkdir()
    assert not watch.is_quiet()


FORK = """
import os, sys
from pathlib import Path
from python_coder.symbols.watch import FolderWatch
watch = FolderWatch(sys.argv[1])
watch.begin()
watch.add(sys.argv[1])
Path(sys.argv[1], "a.py").touch()
child = os.fork()
if child == 0:
    os._exit(watch.is_quiet())
print(os.waitpid(child, 0)[1], watch.is_quiet())
"""


def test_a_child_process_takes_no_event_away(folder: Path) -> None:
    answer = subprocess.run([sys.executable, "-c", FORK, str(folder)], check=True, capture_output=True, text=True)
    assert answer.stdout.split() == ["0", "False"]


def test_a_watch_gives_its_descriptor_back(folder: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(150):
        assert _watched(folder).is_quiet()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_quiet_tree_is_not_looked_through(folder: Path) -> None:
    tree = SourceTree(folder)
    assert set(tree.scan() or {}) == {"a.py", "inner/b.py"}
    assert tree.scan() is None
    (folder / ".gitignore").write_text("inner\n")
    assert set(tree.scan() or {}) == {"a.py"}
    (folder / "inner/b.py").unlink()
    tree.forget("a.py")
    assert set(tree.scan() or {}) == {"a.py"}


def test_a_file_with_two_names_is_looked_at(tmp_path: Path) -> None:
    project = Project.make(tmp_path, {"a/b.py": "one = 1\n"})
    os.link(project.root / "a/b.py", tmp_path / "other.py")
    assert project.names() == {"a/b.py": ["one"]}
    (tmp_path / "other.py").write_text("two = 1\n")
    assert project.names() == {"a/b.py": ["two"]}
    assert len(project.index.find("two")) == 1


def test_a_root_that_is_replaced_is_seen(tmp_path: Path) -> None:
    project = Project.make(tmp_path, {"a.py": "one = 1\n"})
    assert len(project.index.find("one")) == 1
    (tmp_path / "next").mkdir()
    (tmp_path / "next/a.py").write_text("two = 1\n")
    project.root.rename(tmp_path / "away")
    assert project.index.find("one") == []
    (tmp_path / "next").rename(project.root)
    assert len(project.index.find("two")) == 1
    (project.root / "a.py").write_text("three = 1\n")
    assert len(project.index.find("three")) == 1
