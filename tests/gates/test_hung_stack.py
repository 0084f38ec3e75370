# tests/gates/test_hung_stack.py — what the stacks of a hung session say
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from python_coder.gates.hung_stack import where_it_hung
from python_coder.gates.test_run import TestRun

DRIVER = """\
Thread 0x00007f02 (most recent call first):
  File "/env/lib/aiosqlite/core.py", line 95 in run
  File "/usr/lib/python3.11/threading.py", line 1045 in _bootstrap_inner
"""
MAIN = """\
Thread 0x00007f01 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 327 in wait
  File "/env/lib/anyio/from_thread.py", line 49 in call
  File "/s/tree/tests/test_x.py", line 7 in test_one
  File "/env/lib/_pytest/python.py", line 194 in pytest_pyfunc_call
"""
STACKS = {
    "other-threads": (
        f"Timeout (0:01:48)!\n{DRIVER}\n{MAIN}",
        "the main thread was in wait (threading.py:327), called from test_one (tests/test_x.py:7); other threads in "
        "run (core.py:95)",
    ),
    "in-the-tree-itself": (
        'Current thread 0x01 (most recent call first):\n  File "/s/tree/app/a.py", line 2 in spin\n',
        "the main thread was in spin (app/a.py:2)",
    ),
    "nothing-of-the-tree": (
        'Thread 0x01 (most recent call first):\n  File "/env/a.py", line 2 in spin\n',
        "the main thread was in spin (a.py:2)",
    ),
    "empty": ("", ""),
    "no-stacks": ("all is well\n", ""),
}


@pytest.mark.parametrize(("text", "told"), STACKS.values(), ids=STACKS)
def test_tells_where_the_main_thread_was(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "stacks.txt").write_text(text)
    assert where_it_hung(tmp_path / "stacks.txt", Path("/s/tree")) == told


HANGS = {"in-the-tracer": ('weakref.py", line 369 in remove', True), "in-a-test": ('x.py", line 3 in remove', False)}


@pytest.mark.parametrize(("frame", "is_in_tracer"), HANGS.values(), ids=HANGS)
def test_a_hang_of_the_tracer_is_told_from_one_of_the_tests(tmp_path: Path, frame: str, is_in_tracer: bool) -> None:
    (tmp_path / "stacks.txt").write_text(f'{DRIVER}\nThread 0x01 (most recent call first):\n  File "/lib/{frame}\n')
    told = where_it_hung(tmp_path / "stacks.txt", Path("/s/tree"))
    assert TestRun(tree="t", problem=f"the tests did not end; {told}").is_hung_in_tracer is is_in_tracer


def _link(stacks: Path) -> None:
    other = stacks.with_name("other.txt")
    other.write_text(MAIN)
    stacks.symlink_to(other)


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "nothing": lambda _: None,
    "a-pipe": os.mkfifo,
    "a-link": _link,
    "a-folder": Path.mkdir,
}


@pytest.mark.parametrize("put", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_file_tells_nothing(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "stacks.txt")
    assert where_it_hung(tmp_path / "stacks.txt", tmp_path) == ""


def test_only_the_end_of_a_long_file_counts(tmp_path: Path) -> None:
    (tmp_path / "stacks.txt").write_text(DRIVER + "x\n" * 60_000 + MAIN)
    assert "other threads" not in where_it_hung(tmp_path / "stacks.txt", tmp_path)
