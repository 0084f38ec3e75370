# src/python_coder/evidence/claim_blocks.py — diffs and output quoted in a report, held against the real ones
import re
from collections.abc import Iterable, Sequence

PROSE_LANGUAGES = frozenset({"", "text", "txt", "plain", "markdown", "md", "console", "output", "log", "shell-session"})
"""What a fenced block may call itself whose lines are read as sentences."""

_DIFF_LINE = re.compile(r"@@ -\d+|diff --git |\+\+\+ (?:b/|/dev/null)|--- (?:a/|/dev/null)")
_HEADER = re.compile(r"(?:\+\+\+|---) (?:[ab]/|/dev/null|\S+\.\w+)")
_OUTPUT_LINE = re.compile(
    r"={3,}.*(?:passed|failed|error|session starts|no tests ran|summary)"
    r"|\b\d+ (?:passed|failed|skipped|errors?)\b|\bPASSED\b|\bFAILED\b"
    r"|^Success: no issues found|^All checks passed|^Found \d+ errors?|^TOTAL\s+\d+|^collected \d+ items?"
    r"|^Ran \d+ tests?|^\S+\.py [.FEsx]+|^OK$|^Traceback \(most recent|^INFO: +\S|^HTTP/[12](?:\.\d)? \d{3}"
    r"|^\d+ files? (?:already|would be|left|reformatted)|^Test results:|^No issues identified"
    r"|^platform \w+ -- Python|^exit (?:code|status):? ?\d"
)
_PROMPT = re.compile(r"^(?:\$|>|%|❯|\(.*\) \$|\w+@\S+[$#]) ")


def block_lines(text: str, *, is_fenced: bool) -> list[str]:
    """The lines of a block without its fence, quotation marks and ends of line."""
    lines = [re.sub(r"^ {0,3}> ?", "", line).rstrip() for line in text.splitlines()]
    if not is_fenced:
        return lines
    return lines[1:-1] if len(lines) > 1 and re.fullmatch(r"\s*[`~]{3,}\s*", lines[-1]) else lines[1:]


def looks_like_diff(lines: Iterable[str]) -> bool:
    """Whether the lines pass for a unified diff."""
    return any(_DIFF_LINE.match(line.strip()) for line in lines)


def looks_like_output(lines: Iterable[str]) -> bool:
    """Whether the lines pass for what a checking tool or a server wrote."""
    return any(_OUTPUT_LINE.search(line.strip()) for line in lines)


def invented_diff(lines: Sequence[str], real: str) -> str:
    """Say how a quoted diff differs from the real one; empty when each of its changes is real."""
    said = [line.rstrip() for line in lines if line[:1] in {"+", "-"} and not _HEADER.match(line)]
    known = {line.rstrip() for line in real.splitlines()}
    made_up = [line for line in said if line not in known]
    if made_up:
        return f"{len(made_up)} of its {len(said)} changed lines are not in the real diff, such as {made_up[0][:80]!r}"
    paths = re.findall(r"^(?:\+\+\+ b/|--- a/)(\S+)", "\n".join(lines), re.MULTILINE)
    foreign = [path for path in paths if not re.search(rf"^(?:\+\+\+ b|--- a)/{re.escape(path)}$", real, re.MULTILINE)]
    return f"the real diff does not touch {foreign[0]}" if foreign else ""


def invented_output(lines: Sequence[str], real: Iterable[str]) -> str:
    """Say which quoted line the runtime never saw; empty when all of them were seen on the delivered tree."""
    known = {line.strip() for output in real for line in output.splitlines()}
    said = [line.strip() for line in lines if line.strip() and not _PROMPT.match(line.strip())]
    made_up = [line for line in said if line not in known and line != "..."]
    return f"no command on the delivered tree wrote the line {made_up[0][:80]!r}" if made_up else ""
