# tests/gates/courtroom.py — small repositories, and one function that judges a change of them
import asyncio
import difflib
import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from python_coder.evidence.verdict import GateResult
from python_coder.gates.baseline import Baseline
from python_coder.gates.context import Gate, GateContext, UserPolicy
from python_coder.gates.judging_files import judged_tree
from python_coder.gates.known_good import KnownGood
from python_coder.gates.test_run import TestRun, run_tests
from python_coder.workspace.changes import Change, ChangedFile
from python_coder.workspace.commands import Command, CompletedCommand, digest

Files = Mapping[str, str]


class PlainRunner:
    """Runs a process without a sandbox."""

    sandbox = "none"

    async def run(self, command: Command) -> CompletedCommand:
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command.argv, cwd=command.cwd, env=dict(command.env), stdout=-1, stderr=-1, stdin=-3
        )
        is_timed_out = False
        try:
            out, err = await asyncio.wait_for(process.communicate(), command.timeout_seconds)
        except TimeoutError:
            process.kill()
            out, err = await process.communicate()
            is_timed_out = True
        code = 124 if is_timed_out else process.returncode if process.returncode >= 0 else 128 - process.returncode
        return CompletedCommand(
            argv=command.argv,
            exit_code=code,
            stdout=out.decode(errors="replace"),
            stderr=err.decode(errors="replace"),
            seconds=time.monotonic() - started,
            output_digest=digest(out, err),
            is_timed_out=is_timed_out,
        )


@dataclass
class MemoryTrees:
    """Trees kept as mappings."""

    root: Path
    known: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def add(self, files: Mapping[str, bytes]) -> str:
        name = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.known[name] = dict(files)
        return name

    def paths(self, tree: str) -> Mapping[str, str]:
        return {path: hashlib.sha1(content).hexdigest() for path, content in self.known[tree].items()}

    def read(self, tree: str, path: str) -> bytes | None:
        return self.known[tree].get(path)

    def compose(self, tree: str, *, put: Mapping[str, bytes], drop: Iterable[str] = ()) -> str:
        gone = set(drop)
        return self.add({**{p: c for p, c in self.known[tree].items() if p not in gone}, **put})

    def overlay(self, tree: str, source: str, *, select: Callable[[str], bool]) -> str:
        kept = {p: c for p, c in self.known[tree].items() if not select(p)}
        return self.add({**kept, **{p: c for p, c in self.known[source].items() if select(p)}})

    def folder(self, tree: str) -> Path:
        folder = self.root / tree
        if not folder.exists():
            for path, content in self.known[tree].items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
            folder.mkdir(exist_ok=True)
        return folder


def change_of(trees: MemoryTrees, base: str, new: str) -> Change:
    old_files, new_files = trees.known[base], trees.known[new]
    files = []
    gone = {p for p in old_files if p not in new_files}
    for path in sorted({*old_files, *new_files}):
        before, after = old_files.get(path), new_files.get(path)
        if before == after or path in gone:
            continue
        old_path = path
        if before is None:
            old_path = next((p for p in sorted(gone) if _alike(old_files[p], after) > 0.5), path)
            gone.discard(old_path)
        files.append(_changed(path, old_path, old_files.get(old_path), after))
    files += [_changed(path, path, old_files[path], None) for path in gone]
    return Change(base_tree=base, tree=new, files=tuple(sorted(files, key=lambda f: f.path)))


def _alike(a: bytes, b: bytes) -> float:
    return difflib.SequenceMatcher(None, a.decode().splitlines(), b.decode().splitlines()).ratio()


def _changed(path: str, old_path: str, before: bytes | None, after: bytes | None) -> ChangedFile:
    a, b = (before or b"").decode().splitlines(), (after or b"").decode().splitlines()
    added: set[int] = set()
    removed: set[int] = set()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            removed.update(range(i1 + 1, i2 + 1))
            added.update(range(j1 + 1, j2 + 1))
    status = (
        "deleted" if after is None else "added" if before is None else "renamed" if path != old_path else "modified"
    )
    patch = "\n".join(difflib.unified_diff(a, b, old_path, path, lineterm="", n=0))
    return ChangedFile(
        path=path,
        old_path=old_path,
        status=status,
        added_lines=frozenset(added),
        removed_lines=frozenset(removed),
        patch=patch,
    )


KNOWN_GOOD = KnownGood(
    project_root=".",
    import_roots=(".",),
    packages=("app",),
    python=Path(sys.executable),
    environment=Path(sys.prefix),
    python_version="3.11",
    test_paths=("tests",),
    pytest_version=pytest.__version__,
    pytest_options=("-q", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:anyio"),
)


@dataclass
class Court:
    """Judges changes of small repositories, as the runner of gates does."""

    folder: Path
    trees: MemoryTrees

    async def run(self, files: Files, **options: Any) -> TestRun:
        tree = self.trees.add({path: text.encode() for path, text in files.items()})
        return await run_tests(
            folder=self.trees.folder(tree),
            tree=tree,
            known_good=options.pop("known_good", KNOWN_GOOD),
            runner=PlainRunner(),
            scratch=self.folder,
            env={},
            **options,
        )

    async def context(self, base: Files, changed: Mapping[str, str | None], **options: Any) -> GateContext:
        """A context for `base` with `changed` put over it; `None` deletes a file."""
        known_good = options.pop("known_good", KNOWN_GOOD)
        before = self.trees.add({path: text.encode() for path, text in base.items()})
        put = {path: text.encode() for path, text in changed.items() if text is not None}
        after = self.trees.compose(before, put=put, drop=[path for path, text in changed.items() if text is None])
        first = await self.run(base, known_good=known_good) if options.pop("with_baseline", True) else None
        judged = judged_tree(self.trees, before, after)
        baseline = Baseline(tree=before)
        if first is not None:
            baseline = replace(
                baseline,
                tests=first.outcomes,
                marks=tuple(first.marks),
                test_files=first.files,
                collection_errors=tuple(first.collection_errors),
                tests_problem=first.problem,
            )
        return GateContext(
            change=change_of(self.trees, before, after),
            trees=self.trees,
            base_folder=self.trees.folder(before),
            judged_folder=self.trees.folder(judged),
            judged_tree=judged,
            scratch=self.folder,
            runner=PlainRunner(),
            known_good=known_good,
            baseline=baseline,
            policy=options.pop("policy", UserPolicy()),
            **options,
        )

    async def judge(self, gate: Gate, base: Files, changed: Mapping[str, str | None], **options: Any) -> GateResult:
        return await gate.check(await self.context(base, changed, **options))
