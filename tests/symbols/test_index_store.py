# tests/symbols/test_index_store.py — the store is a cache: whatever happens to it, answers stay right
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.symbols.index import SymbolIndex
from python_coder.symbols.packed import EMPTY
from python_coder.symbols.source_tree import Stamp
from python_coder.symbols.store import FileRecord
from symbols.indexed import Project

FILES = {"a.py": "def one(): ...\n", "b/c.py": "class Two:\n    x = 1\n", "é.py": "é = '\\0'\n"}
NAMES = {"a.py": ["one"], "b/c.py": ["Two", "Two/x"], "é.py": ["é"]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.make(tmp_path, FILES)
    project.index.refresh()
    project.index.close()
    return project


def _file(project: Project) -> Path:
    (file,) = project.store.glob("*.sqlite")
    return file


def _sql(statement: str) -> Callable[[Path], None]:
    def run(file: Path) -> None:
        database = sqlite3.connect(file)
        database.execute(statement)
        database.commit()
        database.close()

    return run


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    at = data.index(b"\none\n")
    data[at : at + 5] = b"\nono\n"
    file.write_bytes(data)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()
    (file / "x").touch()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "garbage": lambda file: file.write_bytes(b"garbage" * 1000),
    "cut-off": lambda file: file.write_bytes(file.read_bytes()[:5000]),
    "torn": lambda file: file.write_bytes(file.read_bytes()[:4096] + b"\0" * 4096 + file.read_bytes()[8192:]),
    "other-content": _flip,
    "other-version": _sql("UPDATE made SET by = 'another version'"),
    "other-root": _sql("UPDATE made SET root = x'00'"),
    "other-schema": _sql("ALTER TABLE files DROP COLUMN names"),
    "no-table": _sql("DROP TABLE files"),
    "no-version": _sql("DELETE FROM made"),
    "wrong-numbers": _sql("UPDATE files SET numbers = x'01'"),
    "wrong-types": _sql("UPDATE files SET names = 7, inode = 'x'"),
    "a-folder": _folder,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_made_anew(project: Project, damage: Callable[[Path], object]) -> None:
    file = _file(project)
    damage(file)
    index = project.again()
    assert Project(project.root, project.store, index).names() == NAMES
    index.close()
    if file.is_file():
        assert project.again().refresh() == 0


def test_nothing_is_parsed_twice(project: Project) -> None:
    again = project.again()
    assert again.refresh() == 0
    assert Project(project.root, project.store, again).names() == NAMES


SECOND = 1_000_000_000
NOON = 1_700_000_000 * SECOND
# Time of the last change, time of reading, whether a later change must bear another stamp.
STAMPS = {
    "long-ago": (NOON + 7, NOON + 60 * SECOND, True),
    "same-instant": (NOON + 7, NOON + 7, False),
    "same-tick": (NOON + 7, NOON + 10_000_000, False),
    "next-ticks": (NOON + 7, NOON + SECOND, True),
    "whole-seconds-long-ago": (NOON, NOON + 3 * SECOND, True),
    "whole-seconds-same-tick": (NOON, NOON + 2 * SECOND, False),
    "changed-after": (NOON + 7, NOON - SECOND, False),
    "changed-while-it-was-read": (NOON + 7, 0, False),
}


@pytest.mark.parametrize(("changed_ns", "read_ns", "expected"), STAMPS.values(), ids=STAMPS)
def test_a_stamp_is_believed_once_its_tick_is_over(changed_ns: int, read_ns: int, expected: bool) -> None:
    stamp = Stamp(NOON + 50 * SECOND, changed_ns, 10, 1)
    record = FileRecord(stamp, read_ns, b"", EMPTY)
    assert record.holds(stamp) == expected
    for field in Stamp._fields:
        assert not record.holds(stamp._replace(**{field: 99}))


def test_what_was_asked_for_first_is_kept_too(tmp_path: Path) -> None:
    project = Project.make(tmp_path, FILES)
    project.index.overview("a.py")
    assert project.index.refresh() == 3
    project.index.close()
    assert project.again().refresh() == 0


def test_a_closed_index_goes_on_in_memory(project: Project) -> None:
    live = Project(project.root, project.store, project.again())
    live.index.close()
    _file(project).unlink()
    assert live.names() == NAMES
    live.write("a.py", "new = 1\n")
    assert live.names() == NAMES | {"a.py": ["new"]}
    assert list(project.store.iterdir()) == []


def test_one_overview_reads_one_record(project: Project) -> None:
    _sql("DELETE FROM files WHERE path = 'a.py'")(_file(project))
    again = project.again()
    assert [symbol.name for symbol in again.overview("a.py").symbols] == ["one"]
    assert [symbol.name for symbol in again.overview("b/c.py").symbols] == ["Two"]
    assert again.refresh() == 1


def test_a_store_is_private(project: Project) -> None:
    assert _file(project).stat().st_mode & 0o077 == 0
    assert project.store.stat().st_mode & 0o077 == 0


UNUSABLE: dict[str, Callable[[Path], Path]] = {
    "below-a-file": lambda folder: folder / "project/a.py/store",
    "not-a-folder": lambda folder: folder / "project/a.py",
    "no-such-device": lambda _: Path("/dev/null/store"),
    "not-allowed": lambda _: Path("/proc/1/store"),
}


@pytest.mark.parametrize("place", UNUSABLE.values(), ids=UNUSABLE)
def test_without_a_store_the_index_lives_in_memory(
    project: Project, tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    index = SymbolIndex.open(project.root, place(tmp_path))
    live = Project(project.root, project.store, index)
    assert live.names() == NAMES
    live.write("a.py", "new = 1\n")
    assert live.names() == NAMES | {"a.py": ["new"]}


def test_a_store_that_goes_away_is_not_missed(project: Project) -> None:
    live = Project(project.root, project.store, project.again())
    live.index.refresh()
    _file(project).unlink()
    project.store.rmdir()
    live.write("a.py", "new = 1\n")
    assert live.names() == NAMES | {"a.py": ["new"]}


def test_a_store_that_is_held_by_another_is_not_waited_for(project: Project) -> None:
    other = sqlite3.connect(_file(project))
    other.execute("BEGIN EXCLUSIVE")
    live = Project(project.root, project.store, project.again())
    assert live.names() == NAMES
    live.write("a.py", "new = 1\n")
    assert live.names() == NAMES | {"a.py": ["new"]}
    other.rollback()
    other.close()
    assert Project(project.root, project.store, project.again()).names() == NAMES | {"a.py": ["new"]}


def test_what_another_process_left_is_believed_only_by_its_stamp(project: Project) -> None:
    one, other = project.again(), project.again()
    one.refresh()
    project.write("a.py", "new = 1\n")
    other.refresh()
    project.write("a.py", "old = 1\n")
    one.refresh()
    other.close()
    assert [symbol.name for symbol in one.overview("a.py").symbols] == ["old"]
    assert [symbol.name for symbol in project.again().overview("a.py").symbols] == ["old"]


WRITER = """
import sys
from pathlib import Path
from python_coder.symbols.index import SymbolIndex
root, store, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
index = SymbolIndex.open(root, store)
for number in range(int(sys.argv[4])):
    (root / f"{name}.py").write_text(f"{name}{number} = 1\\n")
    assert len(index.find(f"{name}{number}")) == 1
    index = SymbolIndex.open(root, store) if number % 10 == 0 else index
"""


def test_processes_share_a_store(project: Project) -> None:
    command = [sys.executable, "-c", WRITER, str(project.root), str(project.store)]
    processes = [subprocess.Popen([*command, name, "40"], stderr=subprocess.PIPE) for name in ("u", "v", "w")]
    assert [process.communicate(timeout=60)[1] for process in processes] == [b""] * 3
    expected = NAMES | {f"{name}.py": [f"{name}39"] for name in ("u", "v", "w")}
    assert Project(project.root, project.store, project.again()).names() == expected


def test_a_killed_writer_leaves_a_sound_store(project: Project) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(project.root), str(project.store), "k", "1000000"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.25)
        process.kill()
        process.wait()
        names = Project(project.root, project.store, project.again()).names()
        names.pop("k.py", None)
        assert names == NAMES
