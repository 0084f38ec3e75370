# src/python_coder/agent/briefing/words.py — what a repository says to agents: AGENTS.md, CLAUDE.md, skills
"""The order in which a repository's words are told, each as data that can ask for a style and allow nothing.

1. `AGENTS.md`, then `CLAUDE.md`, at the git root; the same, in the project's folder
2. the repository's agent definition (`agent/definition_lookup.py`)
3. skills in `.agents/skills`, then `.claude/skills`: name and purpose of all, the gist of those the task is about
4. the skill that FastAPI ships in its own package, as it is installed in the project's environment: its gist
5. with the task: `AGENTS.md` and `CLAUDE.md` nearest to the files that the task names, then nearest to the plan's scope

Each text is cut at a size, and all of them together; what is cut can be read with `read_file`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.agent.briefing.named import words_of
from python_coder.agent.briefing.sources import text_at
from python_coder.agent.definition import AgentDefinition
from python_coder.service_map.files import FileView

MOST_CHARS = 2_500
"""Of one file."""
MOST_CHARS_OF_ALL = 4_500
_MOST_GIST_CHARS = 1_500
_LEAST_SHARED_WORDS = 2
_FILES = ("AGENTS.md", "CLAUDE.md")
_SKILLS = (".agents/skills", ".claude/skills")
_FASTAPI_SKILL = "fastapi/.agents/skills/fastapi/SKILL.md"
_FRONTMATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_CODE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,4}\s+(.*)$", re.MULTILINE)
_IMPORT = re.compile(r"\A\s*@[\w./-]+\s*\Z")


@dataclass(frozen=True)
class Words:
    """Something that a repository, or a package of its environment, says to agents."""

    source: str
    text: str


def standing_words(
    files: FileView, *, project_root: str, environment: Path, definition: AgentDefinition | None, task: str
) -> Sequence[Words]:
    """Words that hold for the whole repository, in the order of the module's table, cut to size.

    Args:
        files: The base revision.
        project_root: Relative to the git root; `.` for the git root itself.
        environment: Folder of the project's environment.
        definition: The repository's own agent definition.
        task: Chooses which skills are told in more than a line.
    """
    found = [*_notes(files, ["", *([] if project_root in {"", "."} else [project_root])])]
    if definition is not None and definition.body:
        found.append(Words(definition.path, definition.body))
    found += _skills(files, words_of(task))
    found += _fastapi_skill(environment)
    return _cut(found)


def near_words(files: FileView, paths: Iterable[str], *, but: Iterable[str]) -> Sequence[Words]:
    """Words nearest to some files or globs: those of their folders and of the folders above, deepest first.

    Args:
        files: The base revision.
        paths: Files, or globs whose fixed beginning counts.
        but: Sources that were told already.
    """
    folders: dict[str, None] = {}
    for path in paths:
        fixed = re.split(r"[*?\[]", path)[0]
        parts = fixed.split("/")[:-1]
        folders.update(dict.fromkeys("/".join(parts[:count]) for count in range(len(parts), 0, -1)))
    told = set(but)
    deepest = sorted(folders, key=lambda folder: -folder.count("/"))
    return _cut([words for words in _notes(files, deepest) if words.source not in told])


def _notes(files: FileView, folders: Iterable[str]) -> Iterator[Words]:
    seen: set[str] = set()
    for folder in folders:
        for name in _FILES:
            path = f"{folder}/{name}" if folder else name
            text = text_at(files, path).strip()
            # CLAUDE.md is often a copy of AGENTS.md, or one line that imports it.
            if text and text not in seen and not _IMPORT.match(text):
                seen.add(text)
                yield Words(path, text)


def _skills(files: FileView, task: frozenset[str]) -> Iterator[Words]:
    lines: list[str] = []
    told: list[Words] = []
    for path in files.paths():
        folder, _, name = path.rpartition("/")
        if name != "SKILL.md" or folder.rpartition("/")[0] not in _SKILLS:
            continue
        text = text_at(files, path)
        title, purpose = _title(text) or folder.rpartition("/")[2], _purpose(text)
        lines.append(f"- {title}: {purpose} ({path})")
        if len(task & words_of(f"{title} {purpose}")) >= _LEAST_SHARED_WORDS:
            told.append(Words(path, gist(text)))
    if lines:
        yield Words("skills", "Skills of the repository; read_file shows one:\n" + "\n".join(lines))
    yield from told


def _fastapi_skill(environment: Path) -> Iterator[Words]:
    for folder in environment.glob("lib/python3*/site-packages"):
        try:
            text = (folder / _FASTAPI_SKILL).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        yield Words("FastAPI's own skill", gist(text))


def gist(text: str, most_chars: int = _MOST_GIST_CHARS) -> str:
    """A Markdown text as one line a heading: the heading and the first sentence below it, without code and links."""
    plain = _CODE.sub("", _FRONTMATTER.sub("", text.replace("\r\n", "\n")))
    parts = _HEADING.split(plain)
    lines = []
    for heading, below in zip(parts[1::2], parts[2::2], strict=True):
        first = next((line for line in below.splitlines() if line.strip() and not line.startswith(("*", "-", "|"))), "")
        sentence = re.split(r"(?<=[.:])\s", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", first.strip()))[0]
        if sentence:
            lines.append(f"- {heading.strip()}: {sentence}")
    whole = "\n".join(lines) if lines else plain.strip()
    return whole if len(whole) <= most_chars else whole[:most_chars].rsplit("\n", 1)[0]


def _cut(found: Sequence[Words]) -> Sequence[Words]:
    left, kept = MOST_CHARS_OF_ALL, []
    for words in found:
        room = min(left, MOST_CHARS)
        text = words.text
        if len(text) > room:
            more = f"… {len(text) - room} more characters: read_file {words.source}"
            text = "\n".join([text[:room].rsplit("\n", 1)[0], more])
        if room > len(words.source):
            kept.append(Words(words.source, text))
            left -= len(text)
    return kept


def _title(text: str) -> str:
    found = re.search(r"^name:\s*(.+)$", _head(text), re.MULTILINE)
    return found.group(1).strip().strip("\"'") if found else ""


def _purpose(text: str) -> str:
    found = re.search(r"^description:\s*(.+)$", _head(text), re.MULTILINE)
    return " ".join(found.group(1).split())[:200].strip("\"'") if found else ""


def _head(text: str) -> str:
    found = _FRONTMATTER.match(text.replace("\r\n", "\n"))
    return found.group(1) if found else ""
