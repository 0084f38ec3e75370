# tests/symbols/test_index_reading.py — one file read as it is, never through a link
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.symbols.index import SymbolIndex
from python_coder.symbols.reading import read_regular
from python_coder.symbols.source_tree import Stamp

NOTHING: dict[str, Callable[[Path], object]] = {
    "missing": lambda _: None,
    "link": lambda root: (root / "a.py").symlink_to("real.py"),
    "loop": lambda root: (root / "a.py").symlink_to("a.py"),
    "folder": lambda root: (root / "a.py").mkdir(),
    "pipe": lambda root: os.mkfifo(root / "a.py"),
}


@pytest.mark.parametrize("make", NOTHING.values(), ids=NOTHING)
def test_reads_only_regular_files(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    make(tmp_path)
    assert read_regular(str(tmp_path), "a.py", 100) is None


def test_follows_no_linked_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.py").write_text("x = 1\n")
    (tmp_path / "link").symlink_to("real")
    assert read_regular(str(tmp_path), "link/a.py", 100) is None
    assert read_regular(str(tmp_path), "real/a.py/b.py", 100) is None
    reading = read_regular(str(tmp_path), "real/a.py", 100)
    assert reading is not None
    assert (reading.data, reading.refusal) == (b"x = 1\n", "")
    assert reading.stamp == Stamp.of((tmp_path / "real/a.py").stat())
    assert reading.read_ns > 0


@pytest.mark.parametrize(("size", "is_read"), [(100, True), (101, False)])
def test_reads_up_to_a_size(tmp_path: Path, size: int, is_read: bool) -> None:
    (tmp_path / "a.py").write_bytes(b"#" * size)
    reading = read_regular(str(tmp_path), "a.py", 100)
    assert reading is not None
    assert (len(reading.data) == size) == is_read == (not reading.refusal)


@pytest.mark.skipif(sys.platform != "linux", reason="needs the files of /proc, which only Linux has")
def test_odd_files_are_told_apart() -> None:
    changing = read_regular(f"/proc/{os.getpid()}", "stat", 100)
    assert changing is not None
    assert changing.read_ns == 0
    failing = read_regular(f"/proc/{os.getpid()}", "mem", 100)
    assert failing is not None
    assert "cannot be read" in failing.refusal


def test_many_files_are_stored_bit_by_bit(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    for number in range(520):
        (root / f"m{number}.py").write_text(f"x{number} = 1\n")
    index = SymbolIndex.open(root, tmp_path / "store")
    assert index.refresh() == 520
    index.close()
    again = SymbolIndex.open(root, tmp_path / "store")
    assert again.refresh() == 0
    assert [symbol.path for symbol in again.find("x519")] == ["m519.py"]
