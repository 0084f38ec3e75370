# src/python_coder/symbols/text_file.py — a text file as it lies on disk: line ends, byte order mark, encoding
import codecs
import io
import re
import tokenize
from dataclasses import dataclass, replace

from python_coder.errors import ToolRefusedError

_LINE_END = re.compile(r"\r\n|\r|\n")
_FIRST_TWO_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)?[^\r\n]*")
_MARK = codecs.BOM_UTF8
_MAY_BE_STATEFUL = re.compile(r"(?i)utf[-_]?(7|16|32)|iso[-_]?2022|hz|idna|punycode|escape|undefined")
"""Encodings in which the bytes of a line depend on those before it, so that an edit could spoil its neighbours."""


@dataclass(frozen=True)
class TextFile:
    """Text of a file with all that is needed to write it back to the byte.

    Line ends stand in `text` as they are in the file, so whatever an edit does not touch cannot change.
    """

    text: str
    """The text without its byte order mark."""
    newline: str
    """The line end that the file uses most: `\\n`, `\\r\\n` or `\\r`."""
    has_bom: bool
    encoding: str
    """Name of a Python codec: `utf-8`, or what the first two lines declare (PEP 263)."""

    @classmethod
    def of(cls, data: bytes) -> "TextFile":
        """Read a file's bytes.

        Raises:
            ToolRefusedError: These bytes are no text, or not in the encoding that they declare.
        """
        if b"\0" in data:
            raise ToolRefusedError("This is no text file: it holds NUL bytes. Tools edit text only.")
        has_bom = data.startswith(_MARK)
        encoding = _encoding(data)
        try:
            text = data.removeprefix(_MARK).decode(encoding)
            is_exact = text.encode(encoding) == data.removeprefix(_MARK)
        except UnicodeError as error:
            message = f"This is no {encoding} text ({error}). Declare its encoding in its first line, or convert it."
            raise ToolRefusedError(message) from error
        if not is_exact:
            raise ToolRefusedError(
                f"Written again in {encoding}, this file would not be the same. Convert it to UTF-8."
            )
        return cls(text=text, newline=usual_newline(text), has_bom=has_bom, encoding=encoding)

    @property
    def data(self) -> bytes:
        """The bytes to write.

        Raises:
            ToolRefusedError: The encoding lacks a character, or the text now declares another encoding.
        """
        try:
            data = _MARK * self.has_bom + self.text.encode(self.encoding)
        except UnicodeEncodeError as error:
            line = line_number(self.text, error.start)
            message = (
                f"Line {line} holds {self.text[error.start]!r}, which cannot be written in {self.encoding}, "
                "the encoding of this file. Write it as an escape, or leave it out."
            )
            raise ToolRefusedError(message) from error
        if "coding" in self.text[:1000] and _encoding(data) != self.encoding:
            message = f"The new text declares another encoding than {self.encoding}, in which this file is written."
            raise ToolRefusedError(f"{message} Leave the declaration as it is.")
        return data

    def with_text(self, text: str) -> "TextFile":
        """The same file with an edited text, whose line ends are taken as they are."""
        return replace(self, text=text)

    def with_whole_text(self, text: str) -> "TextFile":
        """The same file written anew: every line of `text` ends the way lines of this file do."""
        return replace(self, text=with_newline(text, self.newline))


def new_file(text: str) -> TextFile:
    """A file that is not there yet.

    Raises:
        ToolRefusedError: The text declares an encoding that cannot be written.
    """
    encoding = _encoding(text.encode("utf-8", "surrogatepass"))
    return TextFile(text=text, newline=usual_newline(text), has_bom=False, encoding=encoding)


def usual_newline(text: str) -> str:
    r"""The line end that a text uses most; the first of equals, and `\n` when there is none."""
    if "\r" not in text:
        return "\n"  # quick for nearly all files
    ends = _LINE_END.findall(text)
    return max(dict.fromkeys(ends), key=ends.count, default="\n")


def with_newline(text: str, newline: str) -> str:
    """The text with each line end replaced by `newline`."""
    return _LINE_END.sub(lambda _: newline, text)


def split_lines(text: str) -> list[str]:
    """Lines with their ends, split where Python's grammar ends a line; `str.splitlines` splits at more."""
    return io.StringIO(text, newline="").readlines() if text else []


def line_number(text: str, offset: int) -> int:
    """The 1-based line that a character of `text` stands in."""
    return len(_LINE_END.findall(text, 0, offset)) + 1


def without_end(line: str) -> str:
    """A line without its line end."""
    return line.removesuffix("\n").removesuffix("\r")


def end_of(line: str) -> str:
    """The line end of a line; empty when it has none."""
    return line[len(without_end(line)) :]


def _encoding(data: bytes) -> str:
    head = _FIRST_TWO_LINES.match(data)
    lines = with_newline(head[0].decode("latin-1"), "\n").encode("latin-1") if head else b""
    try:
        found, _ = tokenize.detect_encoding(io.BytesIO(lines).readline)
        codec = codecs.lookup(found)
    except (SyntaxError, LookupError) as error:
        if _is_utf8(data):
            return "utf-8"  # a heading such as "# Encoding: none" declares nothing
        message = (
            f"Its encoding cannot be told ({error}). Declare a known one in the first line, or convert it to UTF-8."
        )
        raise ToolRefusedError(message) from error
    name = "utf-8" if codec.name in {"utf-8", "utf-8-sig"} else codec.name
    if _MAY_BE_STATEFUL.search(name) or not getattr(codec, "_is_text_encoding", True):
        raise ToolRefusedError(
            f"Tools do not edit files in {name}: a change of one line could spoil others. Use UTF-8."
        )
    return name


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
