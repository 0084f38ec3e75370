# src/python_coder/recipes/document_code.py — the documents that list endpoints or changes
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from python_coder.recipes.plan import Plan

_CHANGELOGS = frozenset({"changelog.md", "changes.md", "history.md"})
_UNRELEASED = re.compile(r"^##+ +\[?unreleased\]?.*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class DocumentWriter:
    """Edits Markdown documents of the project and of the repository around it."""

    plan: Plan

    def list_resource(self, outcome: str) -> Iterator[tuple[str, str]]:
        """Documents that list the sibling's endpoints, with the new resource's beside them, and the change log."""
        for path, text in self._documents():
            new = self._add_outcome(text, outcome) if _is_changelog(path) else self._clone_rows(text)
            if new != text:
                yield path, new

    def tell(self, outcome: str) -> Iterator[tuple[str, str]]:
        """The change log with one more line."""
        for path, text in self._documents():
            if _is_changelog(path) and (new := self._add_outcome(text, outcome)) != text:
                yield path, new

    def _documents(self) -> Iterator[tuple[str, str]]:
        project = self.plan.house.project
        for path in project.paths:
            folder = posixpath.dirname(path.removeprefix(f"{project.root}/"))
            is_near = folder in {"", "docs"} or folder.startswith("docs/")
            text = project.files.read(path) if path.lower().endswith(".md") and is_near else None
            if text is not None:
                yield path, text

    def _clone_rows(self, text: str) -> str:
        """Repeat every run of table rows or list items that name the sibling's address, for the new resource."""
        address = self.plan.sibling.collection.rstrip("/").rpartition("/")[2]
        row = re.compile(rf"^\s*(\||[-*] ).*/{re.escape(address)}(?![\w-])")
        result: list[str] = []
        run: list[str] = []
        for line in text.splitlines(keepends=True):
            if row.match(line):
                run.append(line)
            elif run:
                result += self._cloned(run)
                run = []
            result.append(line)
        if run:
            result[-1] = result[-1] if result[-1].endswith("\n") else result[-1] + "\n"
            result += self._cloned(run)
        return "".join(result)

    def _cloned(self, run: list[str]) -> list[str]:
        return [self._clone(line if line.endswith("\n") else line + "\n") for line in run]

    def _clone(self, line: str) -> str:
        parts = re.split(r"(`[^`]*`|/[\w/{}.-]+)", line)
        return "".join(
            self.plan.renamer.address(part) if part.startswith(("`", "/")) else self.plan.renamer.sentence(part)
            for part in parts
        )

    def _add_outcome(self, text: str, outcome: str) -> str:
        """One line at the end of the first list below `Unreleased`, or a new list there."""
        found = _UNRELEASED.search(text)
        if found is None:
            return text
        lines = text.splitlines(keepends=True)
        at = text.count("\n", 0, found.start()) + 1
        stop = next((number for number in range(at, len(lines)) if re.match(r"##? ", lines[number])), len(lines))
        added = next((number for number in range(at, stop) if lines[number].startswith("### Added")), None)
        start = at if added is None else added + 1
        until = next((number for number in range(start, stop) if lines[number].startswith("#")), stop)
        bullets = [number for number in range(start, until) if re.match(r"[-*] ", lines[number])]
        if not bullets:
            return "".join([*lines[:start], "\n", f"- {outcome}\n", *lines[start:]])
        end = bullets[-1] + 1
        while end < until and re.match(r"[ \t]+\S", lines[end]):
            end += 1
        lines[end - 1] = lines[end - 1].rstrip("\n") + "\n"
        return "".join([*lines[:end], f"{lines[bullets[-1]][0]} {outcome}\n", *lines[end:]])


def _is_changelog(path: str) -> bool:
    return posixpath.basename(path).lower() in _CHANGELOGS
