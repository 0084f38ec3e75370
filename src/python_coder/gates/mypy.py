# src/python_coder/gates/mypy.py — gate: the whole program has no type error that the base revision had not
import asyncio
import contextlib
import os
import posixpath
import re
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_coder.evidence.verdict import CommandRecord, Finding, GateResult, Severity, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judging_files import EMPTY_TREE, from_git_root, is_migration_file, is_test_file, test_paths_of
from python_coder.gates.known_good import KnownGood
from python_coder.gates.mypy_config import MypyConfig, mypy_config, targets
from python_coder.gates.ratchet import Sighting, excess
from python_coder.gates.ruff_run import last_line
from python_coder.gates.tool_run import Bench, ToolRun, not_applicable, own_tool, run_tool
from python_coder.gates.tool_run import not_run as not_run_result
from python_coder.workspace.commands import Command, CommandRunner, digest

_ERROR = re.compile(
    r"^(?P<path>.+?):(?P<line>\d+)(?::\d+)?(?::(?P<end>\d+):\d+)?: error: (?P<message>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
)
_FLAGS = (
    "--no-pretty",
    "--hide-error-context",
    "--no-color-output",
    "--show-error-codes",
    "--show-error-end",
    "--no-error-summary",
    "--no-install-types",
)
_READ = (".py", ".pyi", ".toml", ".ini", ".cfg", "py.typed")
_NEVER_READ = frozenset({".git", "node_modules"})
_FOUND_TWICE = "Source file found twice"
_TIMEOUT_SECONDS = 900.0
_LEGACY_CODES = frozenset({"no-untyped-call", "import-untyped", "untyped-decorator"})
"""What `--strict` says of code around the change, in a project that never asked for it: only told."""
_PASSED_ON = re.compile(r'(Module "[^"]+" does not explicitly export attribute) ')
"""A name that a package hands on without `__all__`; legacy, too, where the base imports others from it like that."""


@dataclass(frozen=True, kw_only=True)
class TypeReport:
    """What mypy saw in one tree."""

    errors: Mapping[str, int] = field(default_factory=dict)
    """Count of each error, keyed `path|code|message`: path from the git root, numbers in the message left out."""
    sightings: tuple[Sighting, ...] = ()
    """The same errors with their lines, in the order mypy told them."""
    problem: str = ""
    """Why mypy could not judge the whole program; empty when it could."""
    command: CommandRecord | None = None


async def type_errors(  # noqa: PLR0913 - the baseline and the gate hand over exactly what a context holds
    folder: Path,
    *,
    known_good: KnownGood,
    runner: CommandRunner,
    scratch: Path,
    cache: Path,
    tree: str = "",
    added: tuple[str, ...] = (),
) -> TypeReport:
    """Run mypy on the whole program of one tree: by the project's configuration, else with `--strict`.

    Args:
        folder: The materialised tree, at the git root.
        known_good: Which mypy, which interpreter, which packages.
        runner: The sandbox.
        scratch: Where the process may keep its home.
        cache: Folder that keeps mypy's caches from one run to the next; many runs may share it at the same time.
        tree: Git tree id of `folder`, for the evidence.
        added: New source files outside the known packages, relative to the git root, to check as well.

    Raises:
        EnvironmentLacksError: The sandbox cannot start mypy.
    """
    kept, work = cache / "mypy" / _cache_name(known_good), scratch / f"mypy-{secrets.token_hex(6)}"
    copy, own = work / "tree", work / "cache"
    try:
        await asyncio.to_thread(_copy_source, folder, copy)
        await asyncio.to_thread(_take_cache, kept, own)
        bench = Bench(runner=runner, scratch=work, environment=known_good.environment, trees={tree: copy})
        config = mypy_config(copy, known_good)
        run = await _mypy(bench, copy, known_good, config, own, added)
        if run.completed.exit_code not in {0, 1} and _FOUND_TWICE in run.completed.output:
            run = await _mypy(bench, copy, known_good, config, own, added, "--explicit-package-bases")
        await asyncio.to_thread(_keep_cache, own, kept)
    finally:
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
    sightings = tuple(_sightings(run.completed.stdout, known_good))
    problem = ""
    if run.completed.exit_code not in {0, 1} or (run.completed.exit_code == 1 and not sightings):
        problem = _problem(run, sightings)
    counts = Counter("|".join((sighting.path, *sighting.key)) for sighting in sightings)
    return TypeReport(errors=dict(counts), sightings=sightings, problem=problem, command=run.command)


@dataclass(frozen=True)
class MypyGate:
    """Demands that the whole program has no type error which the base revision had not.

    The project's configuration says how strict. Without one it is `--strict`, and then what only concerns code
    around the change (an untyped function that it calls) is a note.
    """

    name: str = "mypy"

    async def check(self, context: GateContext) -> GateResult:
        """Judge the types of the whole program."""
        if not any(file.path.endswith((".py", ".pyi")) for file in context.change.files):
            return not_applicable(self.name, "no Python file changed")
        is_whole = context.change.base_tree == EMPTY_TREE
        report = await type_errors(
            context.judged_folder,
            known_good=context.known_good,
            runner=context.runner,
            scratch=context.scratch,
            cache=context.type_cache or context.scratch,
            tree=context.judged_tree,
            added=_outside(context),
        )
        commands = (report.command,) if report.command else ()
        findings = (
            *_shadowing_stubs(context),
            *_judged(context, report, is_blind=bool(context.baseline.types_problem)),
        )
        blocking = [finding for finding in findings if finding.severity is Severity.BLOCKING]
        problem = report.problem or ("" if is_whole else context.baseline.types_problem)
        if problem and not blocking:
            of = "" if report.problem else " of the base revision"
            result = not_run_result(
                self.name, f"mypy could not judge the types{of}: {problem}", _mend(context, problem)
            )
            return replace(result, commands=commands)
        known = sum(context.baseline.type_errors.values())
        result = judge(self.name, findings, f"no type error beyond the {known} of the base revision")
        return replace(result, commands=commands, facts={"errors": len(report.sightings), "base_errors": known})


async def _mypy(
    bench: Bench,
    folder: Path,
    known_good: KnownGood,
    config: MypyConfig,
    cache: Path,
    added: tuple[str, ...],
    *options: str,
) -> ToolRun:
    project = folder / known_good.project_root
    fact = known_good.mypy
    argv = [*(fact.argv if fact else (own_tool("mypy"),)), *_FLAGS, *options, "--cache-dir", str(cache)]
    argv += ["--python-executable", str(known_good.python)]
    if config.path:
        argv += ["--config-file", str(folder / config.path)]
    else:
        argv += ["--config-file=", "--strict", "--explicit-package-bases"]
    if not config.has_targets:
        more = (posixpath.relpath(path, known_good.project_root) for path in added)
        argv += ["--", *targets(folder, known_good), *more]
    env = {"MYPYPATH": os.pathsep.join(str(project / root) for root in known_good.import_roots)}
    command = Command(argv=tuple(argv), cwd=project, env=env, writable=(cache,), timeout_seconds=_TIMEOUT_SECONDS)
    return await run_tool(bench, command)


def _sightings(output: str, known_good: KnownGood) -> Iterator[Sighting]:
    for text in output.splitlines():
        match = _ERROR.match(text)
        if match is None:
            continue
        line = int(match["line"])
        yield Sighting(
            path=from_git_root(known_good, match["path"]),
            line=line,
            end_line=max(line, int(match["end"] or line)),
            rule=match["code"] or "error",
            message=match["message"],
        )


def _problem(run: ToolRun, sightings: tuple[Sighting, ...]) -> str:
    first = next(iter(sightings), None)
    if first is not None:
        return f"{first.path}:{first.line}: {first.message}"
    return last_line(run)


def _cache_name(known_good: KnownGood) -> str:
    fact = known_good.mypy
    words = (*(fact.argv if fact else ()), known_good.project_root, *known_good.packages, str(known_good.environment))
    return digest("|".join(words).encode())[:16]


def _copy_source(folder: Path, copy: Path) -> None:
    """Copy what mypy reads, each file dated by its content.

    mypy takes a file of the same size and date for unchanged, and two trees are often laid out within one second.
    """
    for here, folders, names in os.walk(folder):
        links = [name for name in folders if Path(here, name).is_symlink()]
        folders[:] = [name for name in folders if name not in _NEVER_READ]
        for name in (*links, *(name for name in names if name.endswith(_READ))):
            source = Path(here, name)
            target = copy / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_symlink():
                # One that leads out of the tree would lead elsewhere from the copy: mypy is to see nothing there.
                if source.resolve().is_relative_to(folder.resolve()):
                    target.symlink_to(source.readlink())
                continue
            content = source.read_bytes()
            target.write_bytes(content)
            seconds = int(digest(content)[:7], 16)
            os.utime(target, (seconds, seconds))


def _take_cache(kept: Path, own: Path) -> None:
    """A private copy, since two mypy processes must not write into one cache. A broken one is only slower."""
    own.mkdir(parents=True)
    with contextlib.suppress(OSError, shutil.Error):
        shutil.copytree(kept, own, dirs_exist_ok=True)


def _keep_cache(own: Path, kept: Path) -> None:
    """Put the private copy in place of the kept one. When two do it at once, the first one stays."""
    old = own.with_suffix(".old")
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        if kept.exists():
            kept.rename(old)
        own.rename(kept)


def _outside(context: GateContext) -> tuple[str, ...]:
    known = [from_git_root(context.known_good, t) for t in targets(context.judged_folder, context.known_good)]
    tests, root = test_paths_of(context.known_good), context.known_good.project_root
    return tuple(
        file.path
        for file in context.change.python_files
        if file.status == "added"
        and (root == "." or file.path.startswith(f"{root}/"))
        and not (is_test_file(file.path, tests) or is_migration_file(file.path))
        and not any(target in {".", file.path} or file.path.startswith(f"{target}/") for target in known)
    )


def _judged(context: GateContext, report: TypeReport, *, is_blind: bool) -> Iterator[Finding]:
    """Findings for the errors that the base had not. When the base is unknown, only those on changed lines."""
    moved = {file.old_path: file.path for file in context.change.files if file.status == "renamed"}
    base: Counter[tuple[str, str, str]] = Counter()
    for key, count in context.baseline.type_errors.items():
        path, code, message = key.split("|", 2)
        base[moved.get(path, path), code, message] += count
    is_configured = bool(mypy_config(context.judged_folder, context.known_good).path)
    for sighting in excess(report.sightings, base, context.change):
        if not sighting.path.endswith((".py", ".pyi")):
            continue
        file = context.change.file(sighting.path)
        lines = file.added_lines if file else frozenset[int]()
        if is_blind and not sighting.touches(lines):
            continue
        finding = sighting.finding(lines)
        is_legacy = not is_configured and (sighting.rule in _LEGACY_CODES or _is_passed_on(sighting, base))
        yield replace(finding, severity=Severity.NOTE) if is_legacy else finding


def _is_passed_on(sighting: Sighting, base: Mapping[tuple[str, str, str], int]) -> bool:
    match = _PASSED_ON.match(sighting.message)
    return match is not None and any(message.startswith(match[1]) for _, _, message in base)


def _shadowing_stubs(context: GateContext) -> Iterator[Finding]:
    """New stubs that put their own words in place of types that mypy would read in the source or in a library."""
    paths = context.trees.paths(context.judged_tree)
    for file in context.change.files:
        if file.status not in {"added", "renamed"} or not file.path.endswith(".pyi"):
            continue
        if file.path.removesuffix("i") in paths:
            message = "this stub hides the source beside it from the type checker; put the types into the source"
            yield Finding(path=file.path, line=1, rule="stub-shadows-source", message=message)
        elif hidden := _typed_library(context, file.path):
            message = f"this stub hides the types that {hidden} itself brings from the type checker; take it out"
            yield Finding(path=file.path, line=1, rule="stub-shadows-library", message=message)


def _typed_library(context: GateContext, path: str) -> str:
    """The standard or installed library with types of its own that a stub stands in for; empty when there is none."""
    known_good = context.known_good
    for root in known_good.import_roots:
        inside = posixpath.relpath(path, from_git_root(known_good, root)).split("/")
        # At the top of an import root, or of a folder of stubs in it.
        for part in inside[:2]:
            name = part.removesuffix(".pyi")
            if name in known_good.packages:
                break
            if name in sys.stdlib_module_names or any(
                known_good.environment.glob(f"lib/python*/site-packages/{name}/py.typed")
            ):
                return name
    return ""


def _mend(context: GateContext, problem: str) -> str:
    is_own = context.known_good.mypy is not None and context.known_good.mypy.is_projects_own
    if "plugin" in problem and not is_own:
        return "add mypy to the project's development dependencies, so that its plugins can be loaded"
    return "run mypy in the project and mend what stops it on the base revision"
