# tests/symbols/test_fatal.py — an edit is told what it newly breaks, and nothing else
import time

import pytest

from python_coder.symbols.fatal import fatal_findings

CASES: dict[str, tuple[str | None, str, list[str]]] = {
    "nothing": ("x = 1\n", "x = 2\n", []),
    "new-file": (None, "print(a)\n", ["a.py:1:7: F821 Undefined name `a`"]),
    "lost-import": ("import os\nos.x\n", "os.x\n", ["a.py:1:1: F821 Undefined name `os`"]),
    "as-before": ("print(a)\n", "x = 1\nprint(a)\n", []),
    "as-before-on-an-edited-line": ("print(a)\n", "print(1, a)\n", []),
    "one-more-of-the-same": ("print(a)\n", "f = 1\nprint(a)\nx = a\n", ["a.py:3:5: F821 Undefined name `a`"]),
    "one-less": ("print(a)\nx = a\n", "print(a)\n", []),
    "is-literal": ("", "def f(x): return x is 'a'\n", ["a.py:1:18: F632 Use `==` to compare constant literals"]),
    "exported": ("", "__all__ = ['b']\n", ["a.py:1:12: F822 Undefined name `b` in `__all__`"]),
    "local-before-assignment": ("", "x = 1\ndef f():\n    print(x)\n    x = 2\n", ["a.py:3:11: F823"]),
    "broken-annotation": ("", "def f(a: 'x y'): ...\n", ["a.py:1:"]),
    "unused-import-is-not-fatal": ("", "import os\n", []),
    "silenced": ("", "print(a)  # noqa: F821\n", []),
}


@pytest.mark.parametrize(("before", "after", "told"), CASES.values(), ids=CASES)
def test_only_what_is_new_is_told(before: str | None, after: str, told: list[str]) -> None:
    found = [str(finding) for finding in fatal_findings(before, after, "a.py")]
    assert len(found) == len(told)
    assert all(line.startswith(start) for line, start in zip(found, told, strict=True))


def test_other_files_have_none() -> None:
    assert fatal_findings(None, "print(a)\n", "a.txt") == ()


def test_it_takes_less_than_50_milliseconds() -> None:
    text = "import os\n\n\ndef f(a: int) -> int:\n    return os.getpid() + a\n" * 400
    seconds = []
    for number in range(12):
        start = time.perf_counter()
        assert fatal_findings(f"{text}# {number}\n", f"{text}# {number}\nprint(b)\n", "a.py")
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05
