# tests/symbols/test_lsp_central_class.py — what the language server is warmed up with
import os
from pathlib import Path

import pytest

from python_coder.symbols.central_class import central_class

CASES: dict[str, tuple[dict[str, str], tuple[str, int, int] | None]] = {
    "nothing": ({}, None),
    "no-class": ({"a.py": "def f(): ...\n"}, None),
    "the-most-named": (
        {
            "a.py": "class Rare: ...\n\n\nclass Common: ...\n",
            "b.py": "from a import Common\n",
            "sub/c.py": "from a import Common, Rare\n",
        },
        ("a.py", 4, 6),
    ),
    "not-in-environments": (
        {
            "a.py": "class Own: ...\n",
            "env/pyvenv.cfg": "",
            "env/lib.py": "class Theirs: ...\nOwn\n",
            ".hidden/b.py": "class Hidden: ...\n",
            "node_modules/x/c.py": "class Script: ...\n",
        },
        ("a.py", 1, 6),
    ),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_the_class_that_most_files_name(
    tmp_path: Path, files: dict[str, str], expected: tuple[str, int, int] | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert central_class(tmp_path) == expected


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"class \xff: ...\nclass Good: ...\n")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(".")
    assert central_class(tmp_path) == ("a.py", 2, 6)
    assert central_class(tmp_path / "none") is None
