# src/python_coder/gates/known_good.py — how this repository's tests, linters and types really run, found by trying
import asyncio
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.known_good_bench import TrialBench
from python_coder.gates.known_good_facts import (
    alembic_ini,
    asyncio_mode,
    find_env,
    import_error,
    import_problems,
    turns_warnings_into_errors,
)
from python_coder.gates.known_good_pytest import Collection, find_collection
from python_coder.gates.known_good_tools import ToolFact, find_tools, mypy_targets
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.environment import ProjectEnvironment
from python_coder.workspace.layout import pytest_ini
from python_coder.workspace.project import Project

__all__ = ["KnownGood", "ToolFact", "find_known_good"]


@dataclass(frozen=True, kw_only=True)
class KnownGood:
    """Commands and settings that were tried on the base revision and seen to work."""

    project_root: str
    """Folder of the project's `pyproject.toml` or requirements, relative to the git root; `.` when it is the root."""
    import_roots: tuple[str, ...]
    """Folders put on the import path, relative to the project root, in order: such as `src`, `.`."""
    packages: tuple[str, ...]
    """Top-level packages and modules of the project's own source, such as `app`."""
    python: Path
    """Interpreter of the project's environment, absolute."""
    environment: Path
    """Folder of that environment; read-only for all project code."""
    python_version: str
    test_paths: tuple[str, ...] = ()
    """Folders or files that hold tests, relative to the project root."""
    pytest_version: str = ""
    """Empty when the project has no runnable pytest; then `problems` says why."""
    pytest_options: tuple[str, ...] = ()
    """Extra flags that made the suite run, found by trying."""
    asyncio_mode: str = ""
    warnings_as_errors: bool = False
    ruff: ToolFact | None = None
    mypy: ToolFact | None = None
    bandit: ToolFact | None = None
    alembic_ini: str = ""
    """Path relative to the project root; empty when there are no migrations."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables the project needs, with their working values. Secret: never written anywhere unredacted."""
    app_import_error: str = ""
    """Last line of the error if the project's packages do not import; empty when they do."""
    mypy_targets: tuple[str, ...] = ()
    """Files and folders of the project's own source, relative to the project root; empty when mypy's settings say."""
    overlay: Path | None = None
    """Goes on the import path after the import roots: metadata of the project, which is not installed."""
    bytecode: Path | None = None
    """Value of `-X pycache_prefix` or `PYTHONPYCACHEPREFIX` for the project's processes; see `process_env`."""
    commands: tuple[CommandRecord, ...] = ()
    """What was tried to find all this."""
    problems: tuple[str, ...] = ()
    """What could not be found or run, one sentence each, with what to do."""


async def find_known_good(
    project: Project,
    environment: ProjectEnvironment,
    tree_folder: Path,
    *,
    runner: CommandRunner,
    scratch: Path,
    env: Mapping[str, str],
) -> KnownGood:
    """Find by trying, on the base tree, how the project's tests, linters and types run.

    What cannot be found or run is told in `problems`; nothing of it is an error here.

    Args:
        project: See `find_project`.
        environment: See `prepare_environment`.
        tree_folder: The materialised base tree, at the git root. It is copied, never written to.
        runner: Runs the project's code in its sandbox.
        scratch: Folder for the copy, which is removed afterwards.
        env: Variables that the user gives; they win over what the repository says.

    Raises:
        EnvironmentLacksError: The sandbox or the interpreter cannot start at all.
    """
    folder = scratch / f"known-good-{secrets.token_hex(4)}"
    try:
        bench = await asyncio.to_thread(
            TrialBench.lay_out, project, environment, tree_folder, runner=runner, folder=folder
        )
        return await _find(bench, tree_folder, env)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _find(bench: TrialBench, tree_folder: Path, given: Mapping[str, str]) -> KnownGood:
    project, environment = bench.project, bench.environment
    _, ini = pytest_ini(bench.root, bench.folder / "tree")
    block, probe = await find_env(bench, tree_folder, given)
    collection = Collection(import_roots=project.import_roots)
    if probe.versions.get("pytest"):
        collection = await find_collection(bench, ini, probe.plugins, block)
    tools = await find_tools(bench, probe)
    problems = (*import_problems(bench, probe), *collection.problems, *tools.problems)
    return KnownGood(
        project_root=project.root,
        import_roots=collection.import_roots,
        packages=project.packages,
        python=environment.python,
        environment=environment.folder,
        python_version=environment.python_version,
        test_paths=project.test_paths,
        pytest_version=probe.versions.get("pytest", "") if collection.is_working else "",
        pytest_options=collection.options,
        asyncio_mode=asyncio_mode(ini, probe),
        warnings_as_errors=turns_warnings_into_errors(ini),
        ruff=tools.ruff,
        mypy=tools.mypy,
        bandit=tools.bandit,
        alembic_ini=alembic_ini(bench.root),
        env=block,
        app_import_error=import_error(probe),
        mypy_targets=mypy_targets(bench),
        overlay=environment.overlay,
        bytecode=environment.bytecode,
        commands=tuple(bench.commands),
        problems=tuple(dict.fromkeys(problems)),
    )
