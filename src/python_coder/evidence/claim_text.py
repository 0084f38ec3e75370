# src/python_coder/evidence/claim_text.py — a report's text, cut into sentences and blocks, and spelt in one way
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from python_coder.evidence.claim_languages import in_english

_FENCE = re.compile(r"^[ >]{0,6}(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*$", re.MULTILINE)
_DIFF_START = re.compile(r"^[ >]{0,6}(?:diff --git |@@ -\d|--- (?:a/|/dev/null))", re.MULTILINE)
_NEW_UNIT = re.compile(r"[ >]*(?:[-*+•‣◦▪]\s|\d{1,3}[.)]\s|#{1,6}\s|\||[✅✔☑❌✗✓🟢🔴])")
_LIST_MARK = re.compile(r"^[ >]*(?:[-*+•‣◦▪]\s|\d{1,3}[.)]\s|#{1,6}\s)\s*")
_STANDS_ALONE = re.compile(r"[ >]*(?:#{1,6}\s|\|)")
_SENTENCE_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"')\]*_`’”]))\s+|;\s+|\s+\|\s*$")
_ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|vs|cf|resp|approx|incl|etc|no)\.|\bv\d+\.)$", re.IGNORECASE)

_NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBER = re.compile(
    rf"\b({'|'.join(_NUMBERS)})\b"
    r"(?= (?:\w+ ){0,2}(?:tests?|gates?|checks|files?|failures?|errors?|warnings?|passed|failed|of)\b)"
)

_LOOKALIKES = str.maketrans(
    "аеорсхуіѕјԁһкмтνοαερτуΑΒΕΖΗΙΚΜΝΟΡΤΧАВЕКМНОРСТХ", "aeopcxyisjdhkmtvoaeptyABEZHIKMNOPTXABEKMHOPCTX"
)
_MARKS = {
    **dict.fromkeys("✅✔☑✓🟢💚💯👍🎉👌🆗", " :ok: "),
    **dict.fromkeys("❌✗✘🔴✖", " :bad: "),
}


@dataclass(frozen=True)
class Piece:
    """A part of a text that is judged as one: a sentence, or a whole block of code, diff or output."""

    start: int
    end: int
    text: str
    kind: Literal["sentence", "block"]
    language: str = ""
    """What a fenced block says it holds; `diff` for a diff that stands in the text without a fence."""


def pieces(text: str) -> Iterator[Piece]:
    """Cut a text into sentences and blocks, in order; what lies between two pieces is white space and list marks."""
    position = 0
    for start, end, language in _blocks(text):
        yield from _sentences(text, position, start)
        yield Piece(start, end, text[start:end], "block", language)
        position = end
    yield from _sentences(text, position, len(text))


def without(text: str, struck: list[Piece]) -> str:
    """The text without some of its pieces, and without the list marks and blank lines that they leave behind."""
    for piece in sorted(struck, key=lambda piece: piece.start, reverse=True):
        text = text[: piece.start] + "\0" + text[piece.end :]
    lines = [re.sub(r"[ \t]*\0[ \t]*", " ", line).rstrip() if "\0" in line else line for line in text.split("\n")]
    was_struck = ["\0" in line for line in text.split("\n")]
    kept = [line for line, hit in zip(lines, was_struck, strict=True) if not (hit and _is_empty_mark(line))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def normalised(sentence: str) -> str:
    """Lower case in one spelling: no markup, no look-alike letters, and words for the signs that mean yes or no."""
    # The words of a comment count: whoever looks at the report's source reads them.
    plain = re.sub(r"<!--|-->", " ", sentence)
    plain = html.unescape(re.sub(r"<[^>\n]{1,80}>", " ", plain))
    plain = re.sub(r"\[[xX]\]", " :ok: ", re.sub(r"\[ \]", " to do ", plain))
    plain = "".join(_MARKS.get(letter, letter) for letter in plain)
    plain = in_english(unicodedata.normalize("NFKC", plain)).translate(_LOOKALIKES)
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in {"Cf", "Mn", "So"})
    plain = re.sub(r"(?<=tests)_|[*`~#|]|(?<!\w)_|_(?!\w)", " ", plain.replace("’", "'").replace("‘", "'"))
    plain = re.sub(r"\s+", " ", plain).strip().lower()
    return _NUMBER.sub(lambda match: str(_NUMBERS.index(match.group(1)) + 1), plain)


def bare(sentence: str) -> str:
    """A sentence as it stands, without the mark of the list or quotation that it is an item of."""
    return _LIST_MARK.sub("", sentence).strip()


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    position = 0
    while True:
        fence, diff = _FENCE.search(text, position), _DIFF_START.search(text, position)
        if fence and (not diff or fence.start() <= diff.start()):
            closing = re.compile(rf"^[ >]{{0,6}}{re.escape(fence.group(1))}[`~]*[ \t]*$", re.MULTILINE)
            close = closing.search(text, fence.end())
            end = close.end() if close else len(text)
            yield fence.start(), end, fence.group(2).lower()
        elif diff:
            end = _end_of_diff(text, diff.start())
            yield diff.start(), end, "diff"
        else:
            return
        position = end


def _end_of_diff(text: str, start: int) -> int:
    end = start
    for line in text[start:].splitlines(keepends=True):
        if not re.match(r"[ >]{0,6}(?:[-+@ \\]|diff |index |new file|deleted file|rename |similarity )|\n", line):
            break
        end += len(line)
    return start + len(text[start:end].rstrip())


def _sentences(text: str, start: int, end: int) -> Iterator[Piece]:
    for unit_start, unit_end in _units(text, start, end):
        position = unit_start
        for stop in _SENTENCE_END.finditer(text, unit_start, unit_end):
            if _ABBREVIATED.search(text, unit_start, stop.start()) or stop.end() >= unit_end:
                continue
            yield Piece(position, stop.start(), text[position : stop.start()], "sentence")
            position = stop.end()
        if text[position:unit_end].strip():
            yield Piece(position, unit_end, text[position:unit_end], "sentence")


def _units(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Paragraphs, list items, headings and table rows: a sentence never runs from one into the next."""
    unit: tuple[int, int] | None = None
    position = start
    for line in text[start:end].splitlines(keepends=True):
        bare = line.strip()
        first, last = position + line.find(bare) if bare else position, position + len(line.rstrip())
        position += len(line)
        alone = bool(_STANDS_ALONE.match(line))
        if unit and (not bare or alone or _NEW_UNIT.match(line)):
            yield unit
            unit = None
        if bare:
            unit = (unit[0] if unit else first, last)
        if unit and alone:
            yield unit
            unit = None
    if unit:
        yield unit


def _is_empty_mark(line: str) -> bool:
    return not re.sub(r"[-*+•‣◦▪#>|\s\d.)✅✔☑✓\[\]x]", "", line)
