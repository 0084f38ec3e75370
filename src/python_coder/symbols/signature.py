# src/python_coder/symbols/signature.py — the head of a definition on one line
import re

_STRING_OR_COMMENT = re.compile(
    rb"""("{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|#[^\n]*""", re.DOTALL
)
_LINE_JOIN = re.compile(r"\\\s*\n")
_LONGEST = 200
_WINDOW_BYTES = 4 * _LONGEST


def one_line(source: bytes) -> str:
    """Source on one line, without comments, cut after 200 characters."""
    if len(source) > _LONGEST or b"\n" in source or b"#" in source:
        source = _STRING_OR_COMMENT.sub(_without_comment, source[:_WINDOW_BYTES])
    text = source.decode("utf-8", "replace")
    if "\n" in text:
        text = " ".join(_LINE_JOIN.sub(" ", text).split())
        text = re.sub(r"(?<=[(\[{]) | (?=[)\]}])", "", text)
        text = re.sub(r",(?=[)\]}])", "", text)
    text = " ".join(text.splitlines())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _without_comment(found: "re.Match[bytes]") -> bytes:
    return found.group(1) or b""
