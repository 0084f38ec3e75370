# tests/workspace/test_env_file.py — variables out of a `.env` file
from pathlib import Path

import pytest

from python_coder.errors import UsageError
from python_coder.workspace.env_file import parse_env_file, read_env_file

TEXTS = {
    "plain": ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
    "placeholder-kept": ("SECRET=changethis\n", {"SECRET": "changethis"}),
    "export-and-spaces": ("export A = 1\n", {"A": "1"}),
    "comments": ("# A=0\nA=1 # one\nB=a#b\n", {"A": "1", "B": "a#b"}),
    "double-quotes": ('A="x # y"\nB="a\\nb"\n', {"A": "x # y", "B": "a\nb"}),
    "single-quotes": ("A='${B} # y'\n", {"A": "${B} # y"}),
    "several-lines": ('KEY="-----BEGIN\nabc\n-----END"\nB=1\n', {"KEY": "-----BEGIN\nabc\n-----END", "B": "1"}),
    "empty": ("A=\nB=1\n", {"A": "", "B": "1"}),
    "reference": ("A=x\nURL=http://${A}/${NONE:-d}${GIVEN}\n", {"A": "x", "URL": "http://x/dg"}),
    "no-assignment": ("just text\n", {}),
    "windows": ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
    "mark-of-utf-8": ("\ufeffA=1\n", {"A": "1"}),
    "last-wins": ("A=1\nA=2\n", {"A": "2"}),
    "equals-inside": ("URL=postgres://a?b=c\n", {"URL": "postgres://a?b=c"}),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_reads(text: str, expected: dict[str, str]) -> None:
    assert parse_env_file(text, {"GIVEN": "g"}) == expected


UNREADABLE = {"missing": (None, "No such file"), "no-text": (b"A=\xff\xfe", "UTF-8")}


@pytest.mark.parametrize(("content", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "test.env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=f"--env-file .*test.env cannot be read: .*{why}"):
        read_env_file(file)


def test_no_file_gives_no_variables() -> None:
    assert read_env_file(None) == {}
