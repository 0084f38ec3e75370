# src/python_coder/symbols/signature.py — the head of a definition on one line
import re

_STRING = rb"""(?P<string>"{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_COMMENT = re.compile(_STRING + rb"|#[^\n]*", re.DOTALL)
_SPACE = re.compile(_STRING + rb"|(?P<edge>(?<=[(\[{])\s+|,?\s+(?=[)\]}]))|(?:\\\n|\s)+", re.DOTALL)
_LONGEST = 200
_WINDOW_BYTES = 4 * _LONGEST


def one_line(source: bytes) -> str:
    """Source on one line, without comments, cut after 200 characters."""
    if b"\n" in source or b"#" in source:
        source = _COMMENT.sub(lambda found: found.group("string") or b"", source[:_WINDOW_BYTES])
        source = _SPACE.sub(_shorter, source)
    text = " ".join(source[:_WINDOW_BYTES].decode("utf-8", "replace").splitlines())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _shorter(found: "re.Match[bytes]") -> bytes:
    if found.group("edge") is not None:
        return b""
    return found.group("string") or b" "
