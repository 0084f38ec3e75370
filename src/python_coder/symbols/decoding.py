# src/python_coder/symbols/decoding.py — source files of any encoding as UTF-8, and the way back to their own bytes
import codecs
import re
from dataclasses import dataclass

_DECLARATION = re.compile(rb"\A(?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text as the parser takes it."""

    text: bytes
    """UTF-8 without a byte order mark. Rows are the same as Python's."""
    original: bytes
    encoding: str = ""
    """The file's own encoding where its bytes are not those of `text`; empty as a rule."""

    def offset(self, at: int) -> int:
        """Where in the file a byte of `text` lies."""
        if not self.encoding:
            return at + len(self.original) - len(self.text)
        row = self.text.count(b"\n", 0, at)
        begin = self.text.rfind(b"\n", 0, at) + 1
        prefix = self.text[begin:at].decode().encode(self.encoding, "replace")
        return _line_start(self.original, row) + len(prefix)

    def column(self, at: int) -> int:
        """Column of a byte of `text` in its line, 0-based, in code points."""
        begin = self.text.rfind(b"\n", 0, at) + 1
        return len(self.text[begin:at].decode("utf-8", "replace"))


def read_source(data: bytes) -> Source:
    """Make any file fit for the parser. Nothing is too broken: what cannot be decoded is read as Latin-1.

    Source: PEP 263, for the declaration of an encoding in the first two lines.
    """
    plain = data.removeprefix(codecs.BOM_UTF8)
    encoding = "" if plain.isascii() else _encoding(plain)
    text = plain
    if encoding:
        text = plain.decode(encoding, "replace").encode("utf-8", "replace")
    # Python ends a line at a lone carriage return as well, and refuses NUL, which the parser takes for the end.
    if b"\r" in text:
        text = _LONE_RETURN.sub(b"\n", text)
        data = _LONE_RETURN.sub(b"\n", data) if encoding else data
    return Source(text.replace(b"\0", b" "), data, encoding)


def _encoding(data: bytes) -> str:
    """Name of the encoding, or nothing for UTF-8."""
    declared = _DECLARATION.match(data)
    name = declared.group(1).decode() if declared else "utf-8"
    try:
        codec = codecs.lookup(name)
        if codec.name != "utf-8":
            # A codec that moves line ends would make every line number wrong.
            fits = data.decode(codec.name, "replace").count("\n") == data.count(b"\n")
            return codec.name if fits else "latin-1"
        data.decode()
    except (LookupError, UnicodeError, TypeError, ValueError):
        return "latin-1"
    return ""


def _line_start(data: bytes, row: int) -> int:
    start = 0
    for _ in range(row):
        start = data.find(b"\n", start) + 1
    return start
