# src/python_coder/tools/serena/ruff_watch.py — what edits break by the gate's ruff rules, and functions that lack types
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_coder.errors import ToolRefusedError
from python_coder.evidence.verdict import Finding
from python_coder.gates.mypy_typed import UNTYPED_RULE, Demand, demand_of
from python_coder.gates.ratchet import Sighting, new_findings
from python_coder.gates.ruff_report import shown_among, sightings_in
from python_coder.gates.ruff_rules import (
    RuffConfig,
    configs_among,
    counts_in,
    guideline_folder,
    guideline_options,
    may_yield,
    projects_options,
)
from python_coder.symbols.syntax import is_python
from python_coder.tools.files import ProjectFiles
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.own_ruff import RuffFailedError, run_ruff
from python_coder.tools.serena.text_change import change_of_texts

_MOST_AT_ONCE = 4
_ALONE = ("check", "--no-cache", "--no-fix", "--quiet", "--output-format", "json")

_AS_MYPY = (
    *("--isolated", "--ignore-noqa", "--select", "ANN0,ANN2"),
    *("--config", "lint.flake8-annotations.mypy-init-return=true"),
)
_UNTYPED: Mapping[Demand, tuple[str, ...]] = {
    "types": _AS_MYPY,
    "no half types": (*_AS_MYPY, "--config", "lint.flake8-annotations.ignore-fully-untyped=true"),
}
"""How ruff says what mypy says as `no-untyped-def`."""


@dataclass(frozen=True)
class _Way:
    """One way to run ruff."""

    options: tuple[str, ...]
    folder: Path
    """Where it runs: patterns in the options start there."""


@dataclass
class RuffWatch:
    """Compares what ruff finds in edited files with what it found before the edit, and before the session's first."""

    files: ProjectFiles
    first_texts: dict[str, str | None] = field(default_factory=dict)
    """Text of each edited file before the session's first edit of it; `None` when there was none."""
    _configs: tuple[RuffConfig, ...] | None = None
    """As they were at the first check: a gate takes its configuration from the base, too."""

    def new_in(self, edits: Sequence[Edit]) -> Sequence[str]:
        """New findings in files that are written, one a line.

        Raises:
            RuffFailedError: Ruff could not judge.
        """
        configs = self.note(edits)
        judged = [edit for edit in edits if edit.after is not None and is_python(edit.path)]
        if not judged:
            return ()
        with ThreadPoolExecutor(2) as pool:
            by_project = pool.submit(self._by_project, judged, configs)
            by_guideline = pool.submit(self._by_guideline, judged, configs)
            by_types = pool.submit(self._by_types, judged)
            found = {*by_project.result(), *by_guideline.result()}
        flagged = self.covered({finding.path for finding in found})
        untyped = _but_told(by_types.result(), found)
        return [
            f"{one.path}:{one.line}: {one.rule} {one.message}"
            for one in sorted({*found, *untyped}, key=lambda one: (one.path, one.line or 0, one.rule))
            if one.path in flagged or one in untyped
        ]

    def note(self, edits: Sequence[Edit]) -> Sequence[RuffConfig]:
        """Files were edited: keep what they were before the session's first edit, and the configurations of then."""
        for edit in edits:
            self.first_texts.setdefault(edit.path, edit.old_text)
        if self._configs is None:
            self._configs = configs_among(self.files.paths(), self.as_at_first)
        return self._configs

    def _by_project(self, edits: Sequence[Edit], configs: Sequence[RuffConfig]) -> Sequence[Finding]:
        if not configs:
            return ()
        try:
            return self._new(_Way(projects_options(configs, is_own=False), self.files.root), edits)
        except RuffFailedError:
            # Its configuration is made for another ruff, or broken; the gate says so.
            return ()

    def _by_guideline(self, edits: Sequence[Edit], configs: Sequence[RuffConfig]) -> Sequence[Finding]:
        target = ("--target-version", self.files.target_version(edits[0].path))
        way = _Way(guideline_options(configs, target), self.files.root / guideline_folder(configs))
        found = [finding for finding in self._new(way, edits) if counts_in(finding.path, finding.rule)]
        doubtful = {finding.rule for finding in found if may_yield(finding.path, finding.rule)}
        broken = self._broken_already(way, doubtful) if doubtful else frozenset()
        return [f for f in found if not (f.rule in broken and may_yield(f.path, f.rule))]

    def _by_types(self, edits: Sequence[Edit]) -> Sequence[Finding]:
        """Functions without types, where the project's mypy asks for them; the type checker here lets them be."""
        found: list[Finding] = []
        asked = {edit.path: demand_of(edit.path, self.as_at_first) for edit in edits}
        for demand, options in _UNTYPED.items():
            mine = [edit for edit in edits if asked[edit.path] == demand]
            found += self._new(_Way(options, self.files.root), mine) if mine else ()
        return [replace(finding, rule=UNTYPED_RULE) for finding in found]

    def _new(self, way: _Way, edits: Sequence[Edit]) -> Sequence[Finding]:
        after = self._on_disk(way, [str(self.files.root / edit.path) for edit in edits])
        flagged = {sighting.path for sighting in after}
        mine = [edit for edit in edits if edit.path in flagged]
        found = self._newer(way, after, mine, {edit.path: edit.old_text for edit in mine})
        if found and any(self.first_texts[edit.path] != edit.old_text for edit in mine):
            # What the session once took out and now put back is not new.
            found &= self._newer(way, after, mine, self.first_texts)
        return sorted(found)

    def _newer(
        self, way: _Way, after: Sequence[Sighting], edits: Sequence[Edit], texts: Mapping[str, str | None]
    ) -> set[Finding]:
        old = [(edit.path, text) for edit in edits if (text := texts[edit.path]) is not None]
        with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
            before = [one for found in pool.map(lambda row: self._in_text(way, *row), old) for one in found]
        pairs = {edit.path: (texts[edit.path], edit.after.text) for edit in edits if edit.after}
        return set(new_findings(after, before, change_of_texts(pairs)))

    def _broken_already(self, way: _Way, rules: Iterable[str]) -> frozenset[str]:
        """Those of the rules that files break which the session has not touched, or that it found broken."""
        words = ("--select", ",".join(sorted(rules)))
        rows = self._on_disk(_Way((*way.options, *words), way.folder), ["."])
        untouched = {sighting.rule for sighting in rows if sighting.path not in self.first_texts}
        first = [self._in_text(way, path, text) for path, text in self.first_texts.items() if text and is_python(path)]
        return frozenset(untouched | {sighting.rule for sightings in first for sighting in sightings})

    def covered(self, paths: Collection[str]) -> frozenset[str]:
        """Those of the files that the project's own configuration does not exclude, in a walk from the top."""
        if not self._configs or not paths:
            return frozenset(paths)
        run = run_ruff(("check", "--no-cache", "--show-files", "."), self.files.root)
        if run.returncode:
            return frozenset(paths)
        return frozenset(shown_among(run.stdout.decode("utf-8", "replace"), self.files.root, tuple(paths)))

    def _on_disk(self, way: _Way, paths: Sequence[str]) -> Sequence[Sighting]:
        return self._sightings(run_ruff((*_ALONE, *way.options, "--", *paths), way.folder))

    def _in_text(self, way: _Way, path: str, text: str) -> Sequence[Sighting]:
        options = (*_ALONE, *way.options, f"--stdin-filename={self.files.root / path}", "-")
        return self._sightings(run_ruff(options, way.folder, text))

    def _sightings(self, run: subprocess.CompletedProcess[bytes]) -> Sequence[Sighting]:
        sightings = sightings_in(run.stdout, run.returncode, self.files.root)
        if sightings is None:
            raise RuffFailedError(f"ruff could not judge: {run.stderr.decode('utf-8', 'replace').strip():.200}")
        return sightings

    def as_at_first(self, path: str) -> bytes | None:
        """A file as it was before the session's first edit of it, as a gate takes it from the base; `None` for none."""
        if path in self.first_texts:
            first = self.first_texts[path]
            return None if first is None else first.encode()
        try:
            return self.files.read_bytes(path)
        except ToolRefusedError:
            return None


def _but_told(untyped: Iterable[Finding], found: Iterable[Finding]) -> frozenset[Finding]:
    """Those that the project's own ruff rules do not tell as well."""
    told = {(one.path, one.line) for one in found if one.rule.startswith("ANN")}
    return frozenset(one for one in untyped if (one.path, one.line) not in told)
