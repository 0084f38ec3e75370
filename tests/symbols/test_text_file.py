# tests/symbols/test_text_file.py — bytes to text and back, to the byte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_coder.errors import ToolRefusedError
from python_coder.symbols.text_file import TextFile, line_number, new_file, split_lines, usual_newline

KEPT = {
    "empty": (b"", "\n", "utf-8"),
    "lf": (b"a\nb\n", "\n", "utf-8"),
    "crlf": (b"a\r\nb\r\n", "\r\n", "utf-8"),
    "cr": (b"a\rb\r", "\r", "utf-8"),
    "mixed": (b"a\r\nb\nc\r\nd\re", "\r\n", "utf-8"),
    "first-of-equals": (b"a\r\nb\n", "\r\n", "utf-8"),
    "not-ended": (b"a\nb", "\n", "utf-8"),
    "bom": (b"\xef\xbb\xbfa\r\n", "\r\n", "utf-8"),
    "bom-twice": (b"\xef\xbb\xbf\xef\xbb\xbfa\n", "\n", "utf-8"),
    "bom-and-declared": (b"\xef\xbb\xbf# coding: utf-8\n", "\n", "utf-8"),
    "latin-1": (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "\n", "iso8859-1"),
    "second-line": (b"#!/usr/bin/python\r\n# vim: set fileencoding=cp1251 :\r\n\xe6", "\r\n", "cp1251"),
    "second-line-after-cr": (b"#!x\r# coding=cp1251\r\xe6\r", "\r", "cp1251"),
    "third-line-is-too-late": (b"#\n#\n# coding: latin-1\n", "\n", "utf-8"),
    "shift-jis": (b"# coding: shift_jis\nx = '\x83\x5c'\n", "\n", "shift_jis"),
    "euc-kr": (b"# coding: euc-kr\nx = '\xb0\xa1'\n", "\n", "euc_kr"),
    "heading": (b"# Encoding: see below\n", "\n", "utf-8"),
    "separators-that-end-no-line": ("a\x0b\x0c\x1c\u2028\x85b\n".encode(), "\n", "utf-8"),
}


@pytest.mark.parametrize(("data", "newline", "encoding"), KEPT.values(), ids=KEPT)
def test_a_file_comes_back_to_the_byte(data: bytes, newline: str, encoding: str) -> None:
    file = TextFile.of(data)
    assert (file.newline, file.encoding) == (newline, encoding)
    assert file.data == data
    assert file.with_text(file.text + "x").data == data + b"x"


NO_TEXT = {
    "nul": b"a\0b",
    "utf-16": "x = 1\n".encode("utf-16"),
    "latin-1-undeclared": b"x = '\xe9'\n",
    "broken-utf-8": b"a\n\xc3\x28",
    "utf-8-with-surrogate": b"x = '\xed\xa0\x80'\n",
    "wrong-declared": b"# coding: ascii\nx = '\xe9'\n",
    "unknown-declared": b"# coding: klingon\nx = '\xe9'\n",
    "mark-against-declaration": b"\xef\xbb\xbf# coding: latin-1\nx = '\xe9'\n",
    "utf-7": b"# coding: utf-7\nx = '+AOk-'\n",
    "rot13": b"# coding: rot13\nk = 1\n",
    "hex": b"# coding: hex\n",
    "escapes": b"# coding: unicode_escape\nx = '\\u00e9'\n",
    "stateful": "# coding: iso2022_jp\nx = '\u3042'\n".encode("iso2022_jp"),
}


@pytest.mark.parametrize("data", NO_TEXT.values(), ids=NO_TEXT)
def test_what_could_not_be_written_back_is_refused(data: bytes) -> None:
    with pytest.raises(ToolRefusedError):
        TextFile.of(data)


UNWRITABLE = {
    "character": (b"# coding: latin-1\n", "# coding: latin-1\nx = '\u20ac'\n", "Line 2 holds '€'"),
    "other-encoding": (b"# coding: latin-1\n", "# coding: cp1252\n", "another encoding"),
    "no-longer-declared": (b"# coding: latin-1\n# coding\n\xe9", "# coding\n\xe9", "encoding"),
    "newly-declared": (b"x = '\xc3\xa9'\n", "# coding: latin-1\nx = '\xe9'\n", "another encoding"),
    "surrogate": (b"", "\ud800", "cannot be written"),
}


@pytest.mark.parametrize(("data", "text", "words"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_text_that_the_encoding_lacks_is_refused(data: bytes, text: str, words: str) -> None:
    with pytest.raises(ToolRefusedError, match=words):
        _ = TextFile.of(data).with_text(text).data


def test_a_whole_new_text_gets_the_line_ends_of_the_file() -> None:
    assert TextFile.of(b"\xef\xbb\xbfa\r\nb\n c\r\n").with_whole_text("x\ny\r\n").data == b"\xef\xbb\xbfx\r\ny\r\n"


def test_a_new_file_is_written_as_it_declares() -> None:
    assert new_file("# coding: latin-1\n\xe9\n").data == b"# coding: latin-1\n\xe9\n"
    assert new_file("\xe9\r\n").data == b"\xc3\xa9\r\n"


@given(st.text(alphabet="a\n\r \x0c\x85\u2028\xe9#", max_size=30), st.booleans())
def test_any_text_survives(text: str, has_bom: bool) -> None:
    data = b"\xef\xbb\xbf" * has_bom + text.encode()
    file = TextFile.of(data)
    assert file.data == data
    assert "".join(split_lines(file.text)) == file.text
    assert line_number(text, len(text)) == len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert usual_newline(text) in {"\n", "\r", "\r\n"}
