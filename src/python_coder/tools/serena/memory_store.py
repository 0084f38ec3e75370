# src/python_coder/tools/serena/memory_store.py — where memories lie: in the main checkout, out of commits
import fnmatch
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.errors import PythonCoderError, ToolRefusedError
from python_coder.tools.files import ProjectFiles
from python_coder.tools.serena.repository import Repository

FOLDER = ".serena/memories"
"""Where memories lie below the top of the main checkout; Serena looks there, too."""
MAX_CHARS = 60_000
"""Longest memory, in characters."""
MAX_MEMORIES = 1_000

_PART = re.compile(r"\w(?:[\w .-]{0,78}[\w-])?")
_MAX_TOPICS = 4
_EXCLUDED = "/.serena/"
_SUFFIX = ".md"


def keep_out_of_commits(repository: Repository) -> str:
    """Tell git to leave memories out, in its own list that is no part of the project; a project may track them.

    Args:
        repository: The project's.

    Returns:
        What was done, in a sentence; empty when nothing had to be.
    """
    git, exclude = repository.git, repository.common / "info" / "exclude"
    try:
        if git.run("ls-files", "--", FOLDER) or git.run("check-ignore", f"{FOLDER}/x.md", ok=(0, 1)):
            return ""
        exclude.parent.mkdir(exist_ok=True)
        lines = exclude.read_text(encoding="utf-8", errors="surrogateescape") if exclude.exists() else ""
        gap = "\n" if lines and not lines.endswith("\n") else ""
        with exclude.open("a", encoding="utf-8") as file:
            file.write(f"{gap}{_EXCLUDED}\n")
    except (PythonCoderError, OSError) as error:
        return f"git could not be told to leave .serena/ out of commits: {error}. Add /.serena/ to .gitignore."
    return "Memories stay out of commits: .serena/ was added to git's own list, .git/info/exclude."


@dataclass(frozen=True, kw_only=True)
class MemoryStore:
    """The memories of one main checkout. A name is `topic/name`, with or without `.md`; topics are folders."""

    folder: Path
    """`.serena/memories` of the main checkout."""
    repository: Repository | None = None
    """Whose commits they are kept out of."""
    read_only: Sequence[str] = ()
    """Patterns, as of a shell, of names that are never changed, such as `decisions/*`."""

    def names(self, topic: str = "") -> list[str]:
        """All names, sorted; of one topic and those below it if one is given."""
        below = f"{_plain_name(topic)}/" if topic.strip("/ ") else ""
        is_linked = self.folder.parent.is_symlink()
        every = () if is_linked else self._walk(self.folder, "", _MAX_TOPICS)
        found = (name for name in every if name.startswith(below))
        return sorted(found)

    def read(self, name: str) -> str:
        """Text of a memory.

        Raises:
            ToolRefusedError: There is none of that name, or the name is not one.
        """
        path = self._path(name)
        text = self._files.read(path)
        if text is None:
            raise ToolRefusedError(
                f"There is no memory {name!r} that could be read as text. Use list_memories to see the names."
            )
        return text

    def has(self, name: str) -> bool:
        """Whether there is a memory of that name."""
        return self._files.read(self._path(name)) is not None

    def write(self, name: str, text: str) -> str:
        """Write a whole memory.

        Returns:
            What was done to keep it out of commits; mostly empty.

        Raises:
            ToolRefusedError: The name is not one or is read-only, the text is too long or holds a redaction mark, or
                there are too many memories.
        """
        path = self.changeable(name)
        if len(text) > MAX_CHARS:
            raise ToolRefusedError(
                f"The memory {name!r} would have {len(text)} characters; at most {MAX_CHARS} are kept. "
                "Write what is worth knowing later, or several memories under one topic."
            )
        if not self.has(name) and len(self.names()) >= MAX_MEMORIES:
            raise ToolRefusedError(f"There are {MAX_MEMORIES} memories already. Delete some that are out of date.")
        told = keep_out_of_commits(self.repository) if self.repository else ""
        self._files.write(path, text if text.endswith("\n") else f"{text}\n")
        return told

    def delete(self, name: str) -> None:
        """Remove a memory.

        Raises:
            ToolRefusedError: There is none of that name, or it is read-only.
        """
        self.read(name)
        self._files.delete(self.changeable(name))

    @property
    def _checkout(self) -> Path:
        return self.folder.parents[1]

    @property
    def _files(self) -> ProjectFiles:
        return ProjectFiles(self._checkout)

    def _path(self, name: str) -> str:
        return f"{self.folder.relative_to(self._checkout).as_posix()}/{_plain_name(name)}{_SUFFIX}"

    def changeable(self, name: str) -> str:
        """Path of a memory that may be changed.

        Raises:
            ToolRefusedError: The name is not one, or a pattern makes it read-only.
        """
        path, plain = self._path(name), _plain_name(name)
        pattern = next((glob for glob in self.read_only if fnmatch.fnmatchcase(plain, glob.removesuffix(_SUFFIX))), "")
        if pattern:
            raise ToolRefusedError(
                f"The memory {plain!r} is read-only here, by the pattern {pattern!r} that the server was started with. "
                "Write what you learned under another name."
            )
        return path

    def _walk(self, folder: Path, prefix: str, deepest: int) -> Iterator[str]:
        if folder.is_symlink() or not folder.is_dir():
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and deepest:
                    yield from self._walk(Path(entry.path), f"{prefix}{entry.name}/", deepest - 1)
                elif entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                    yield prefix + entry.name.removesuffix(_SUFFIX)


def _plain_name(name: str) -> str:
    """The name as it is kept: without the suffix, in one Unicode form."""
    plain = unicodedata.normalize("NFC", name).removesuffix(_SUFFIX)
    parts = plain.split("/")
    if len(parts) > _MAX_TOPICS + 1 or not all(_PART.fullmatch(part) for part in parts):
        raise ToolRefusedError(
            f"{name[:200]!r} is no memory name. Use letters, digits, '-', '_', '.' and spaces, at most 80 a part, "
            "and '/' only between a topic and a name, such as decisions/pagination."
        )
    return plain
