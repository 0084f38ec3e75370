# src/python_coder/tools/serena/ruff_layout.py — edited files are laid out as the gate ruff-format will ask for it
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from python_coder.gates.format_rules import black_options, follows_format, migrations_follow_format, unformatted_in
from python_coder.gates.judging_files import is_migration_file
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.own_ruff import RuffFailedError, run_ruff
from python_coder.tools.serena.ruff_watch import RuffWatch

_ALONE = ("format", "--no-cache", "--quiet", "--force-exclude")


@dataclass
class RuffLayout:
    """Formats texts of edited files where the repository follows `ruff format` and the file did, or is new."""

    watch: RuffWatch
    """Knows what the files were before the session's first edit."""
    paths: Callable[[], Sequence[str]]
    """All files of the project that git does not ignore."""
    _house: dict[bool, bool] = field(default_factory=dict)
    """Whether files follow `ruff format`, as at the first question; `True` is about migrations alone."""

    def formatted(self, edits: Sequence[Edit]) -> Mapping[str, str]:
        """New texts, by path, of the edited files whose layout the gate would not take.

        Args:
            edits: That are written, one for each file.

        Raises:
            RuffFailedError: Ruff could not judge.
        """
        mine = [edit for edit in edits if edit.after is not None and edit.path.endswith(".py")]
        if not mine:
            return {}
        has_configs = bool(self.watch.note(edits))
        options = () if has_configs else black_options(self._pyproject(mine[0].path))
        laid_out = dict(self._laid_out(mine, options))
        covered = self.watch.covered(laid_out)
        return {path: text for path, text in laid_out.items() if path in covered and self._keeps(path, options)}

    def _laid_out(self, edits: Sequence[Edit], options: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Layouts that differ from what was written."""
        for edit in edits:
            text = edit.after.text if edit.after else ""
            new = self._layout_of(edit.path, text, options)
            if new not in {None, text}:
                yield edit.path, new or ""

    def _keeps(self, path: str, options: Sequence[str]) -> bool:
        """Whether a file was formatted before the session's edits, or is new, among files that are."""
        before = self.watch.first_texts[path]
        if before is not None and self._layout_of(path, before, options) != before:
            return False
        return self._follows(options) and (not is_migration_file(path) or self._follows(options, migrations=True))

    def _layout_of(self, path: str, text: str, options: Sequence[str]) -> str | None:
        """A file's text as ruff lays it out; `None` when ruff cannot, as with another version's configuration."""
        root = self.watch.files.root
        run = run_ruff((*_ALONE, *options, f"--stdin-filename={root / path}", "-"), root, text)
        return None if run.returncode else run.stdout.decode("utf-8", "replace")

    def _follows(self, options: Sequence[str], *, migrations: bool = False) -> bool:
        """Whether the repository, as it was before the session's edits, makes `ruff format` its convention."""
        if migrations not in self._house:
            counts = self._unformatted_before(options, migrations=migrations)
            self._house[migrations] = (migrations_follow_format if migrations else follows_format)(*counts)
        return self._house[migrations]

    def _unformatted_before(self, options: Sequence[str], *, migrations: bool) -> tuple[int, int]:
        """How many Python files were not formatted before the session's edits, and how many there were."""
        first = {path: text for path, text in self.watch.first_texts.items() if text is not None}
        untouched = [path for path in self.paths() if path not in self.watch.first_texts]
        edited, rest = (
            [path for path in paths if _counts(path, migrations=migrations)] for paths in (first, untouched)
        )
        unformatted = sum(self._layout_of(path, first[path], options) != first[path] for path in edited)
        if rest:
            words = ("format", "--no-cache", "--force-exclude", "--check", *options, "--", *rest)
            run = run_ruff(words, self.watch.files.root)
            if run.returncode not in {0, 1}:
                raise RuffFailedError(f"ruff could not judge: {run.stderr.decode('utf-8', 'replace').strip():.200}")
            unformatted += unformatted_in((run.stdout + run.stderr).decode("utf-8", "replace"))
        return unformatted, len(edited) + len(rest)

    def _pyproject(self, path: str) -> bytes:
        """The `pyproject.toml` that lies nearest above a file, as it was before the session's edits."""
        folder = posixpath.dirname(path)
        content = self.watch.as_at_first(posixpath.join(folder, "pyproject.toml"))
        return content or b"" if content is not None or not folder else self._pyproject(folder)


def _counts(path: str, *, migrations: bool) -> bool:
    return path.endswith(".py") and (is_migration_file(path) or not migrations)
