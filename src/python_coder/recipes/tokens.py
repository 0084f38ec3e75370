# src/python_coder/recipes/tokens.py — a task in words, cut into tokens that know their place
import re
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from python_coder.errors import NotUnderstoodError

Kind = Literal["word", "value", "string", "mark", "end"]

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "→": "⇒"})
_MARK = re.compile(r"->|⇒|[:=()|,;\n]")
_WORD = re.compile(r"""(?:(?!->|⇒)[^\s:=()|,;"'`])+""")
_VALUE = re.compile(r"""[^\s,;()"'`]+(?:\(\))?""")
_STRING = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""", re.DOTALL)
_BULLET = re.compile(r"\n\s*(?:[-*•]\s+)?")


@dataclass(frozen=True)
class Token:
    """One word or mark of a task."""

    kind: Kind
    text: str
    at: int
    """0-based place in the task."""


def tokenize(task: str) -> tuple[Token, ...]:
    """Cut a task into tokens; the last one has kind `end`.

    Quotes delimit text only after `=`; elsewhere they and backticks are blank.
    """
    source = task.translate(_QUOTES)
    end = len(re.sub(r"[\s.!`\"']*$", "", source)) if not _ends_in_string(source) else len(source.rstrip())
    found: list[Token] = []
    at = 0
    while at < end:
        token, at = _next(source, at, end, after_equals=bool(found) and found[-1].text == "=")
        if token is not None:
            found.append(token)
    return (*found, Token("end", "", end))


def _ends_in_string(source: str) -> bool:
    return re.search(r"""=\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*$""", source) is not None


def _next(source: str, at: int, end: int, *, after_equals: bool) -> tuple[Token | None, int]:
    if after_equals and (quoted := _STRING.match(source, at)):
        text = quoted[1] if quoted[1] is not None else quoted[2]
        return Token("string", re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL), at), quoted.end()
    if source[at] == "\n":
        bullet = _BULLET.match(source, at)
        return Token("mark", "\n", at), bullet.end() if bullet else at + 1
    if source[at].isspace() or source[at] in "\"'`":
        return None, at + 1
    if after_equals and (value := _VALUE.match(source, at, end)):
        return Token("value", value[0], at), value.end()
    if mark := _MARK.match(source, at):
        return Token("mark", mark[0].replace("⇒", "->"), at), mark.end()
    word = _WORD.match(source, at, end)
    return (Token("word", word[0], at), word.end()) if word else (None, at + 1)


@dataclass
class TokenReader:
    """Reads tokens from left to right."""

    tokens: tuple[Token, ...]
    place: int = field(default=0)

    @property
    def next(self) -> Token:
        """The token that comes next; it stays there."""
        return self.tokens[self.place]

    def take(self) -> Token:
        """The next token, read past. The end is never passed."""
        token = self.next
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def take_word(self, *words: str) -> bool:
        """Read past the next token if it is one of these words, in any case."""
        if self.next.kind == "word" and self.next.text.lower() in words:
            self.take()
            return True
        return False

    def take_mark(self, *marks: str) -> bool:
        """Read past the next token if it is one of these marks."""
        if self.next.kind == "mark" and self.next.text in marks:
            self.take()
            return True
        return False

    def take_separators(self) -> bool:
        """Read past commas, semicolons, line ends and `and`."""
        start = self.place
        while self.take_mark(",", ";", "\n") or self.take_word("and"):
            pass
        return self.place > start

    def skip_lines(self) -> None:
        """Read past line ends."""
        while self.take_mark("\n"):
            pass

    def fail(self, problem: str, token: Token | None = None) -> NoReturn:
        """Say what cannot be read, and where.

        Raises:
            NotUnderstoodError: Always.
        """
        at = token or self.next
        where = f"near `{at.text}`" if at.text.strip() else "at the end of a line" if at.text else "at its end"
        raise NotUnderstoodError(f"The task cannot be read at character {at.at + 1}, {where}: {problem}")
