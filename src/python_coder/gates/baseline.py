# src/python_coder/gates/baseline.py — what the base revision says before the change
import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.known_good import KnownGood
from python_coder.gates.mypy import TypeReport, type_errors
from python_coder.gates.test_run import DEFAULT_TIMEOUT_SECONDS, TestRun, run_tests
from python_coder.workspace.commands import CommandRunner


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What was seen on the base revision. What fails here is not the change's fault."""

    tree: str
    """Git tree id of the base."""
    tests: Mapping[str, str] = field(default_factory=dict)
    """Outcome by test id: `passed`, `failed`, `error`, `skipped`, `xfailed`, `xpassed`, `flaky`."""
    marks: tuple[str, ...] = ()
    """Hooks and replaced names seen in the session; a judged session may not have more."""
    test_files: Mapping[str, str] = field(default_factory=dict)
    """File of each test, relative to the git root, by test id."""
    collection_errors: tuple[str, ...] = ()
    """Ids of the test files that could not be collected."""
    session_seconds: float = 0.0
    """How long the test session took; judged sessions get a multiple of it."""
    tests_problem: str = ""
    """Why the suite could not be run to its end; empty when it could."""
    type_errors: Mapping[str, int] = field(default_factory=dict)
    """Count of each mypy error on the base, keyed `path|code|message`."""
    types_problem: str = ""
    """Why mypy could not judge the base; empty when it could."""
    commands: tuple[CommandRecord, ...] = ()
    seconds: float = 0.0

    @property
    def passing(self) -> frozenset[str]:
        """Ids of the tests that passed, flaky ones left out."""
        return frozenset(test for test, outcome in self.tests.items() if outcome == "passed")


async def take_baseline(  # noqa: PLR0913 -- what is run, where, with what
    *,
    folder: Path,
    tree: str,
    known_good: KnownGood,
    runner: CommandRunner,
    scratch: Path,
    cache: Path,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> Baseline:
    """See what the base revision says: its full test suite and its type errors, side by side.

    A test that fails is run once more, alone with the others that failed; if it then passes it is flaky.

    Args:
        folder: Git root of the materialised base tree.
        tree: Git tree id of that folder.
        known_good: How the project's tests and types run.
        runner: Runs both in the sandbox.
        scratch: Folder for files of the runs.
        cache: Folder that keeps mypy's cache from one run to the next.
        env: Environment block of the project's processes.
        timeout_seconds: After this the test session is ended.
    """
    started = time.monotonic()

    async def session(select: tuple[str, ...] = ()) -> TestRun:
        return await run_tests(
            folder=folder,
            tree=tree,
            known_good=known_good,
            runner=runner,
            scratch=scratch,
            env=env or {},
            select=select,
            timeout_seconds=timeout_seconds,
            cache=cache,
        )

    async def tests() -> tuple[TestRun, TestRun | None]:
        first = await session()
        is_worth_it = first.failing and not first.problem
        return first, await session(files_of(first, first.failing, known_good)) if is_worth_it else None

    async def types() -> TypeReport:
        return await type_errors(folder, known_good=known_good, runner=runner, scratch=scratch, cache=cache, tree=tree)

    if known_good.pytest_version:
        (first, again), report = await asyncio.gather(tests(), types())
    else:
        first, again = TestRun(tree=tree, problem=tests_problem(known_good)), None
        report = await types()
    commands = [first.command, again.command if again else None, report.command]
    return Baseline(
        tree=tree,
        tests={**first.outcomes, **dict.fromkeys(passed_again(first, again), "flaky")},
        marks=tuple(sorted(first.marks | (again.marks if again else frozenset()))),
        test_files=first.files,
        collection_errors=tuple(first.collection_errors),
        session_seconds=first.command.seconds if first.command else 0.0,
        tests_problem=first.problem,
        type_errors=report.errors,
        types_problem=report.problem,
        commands=tuple(command for command in commands if command is not None),
        seconds=time.monotonic() - started,
    )


def passed_again(first: TestRun, again: TestRun | None) -> tuple[str, ...]:
    """Ids of the tests that failed in the first run and passed in the second."""
    if again is None or again.problem:
        return ()
    return tuple(name for name in first.failing if again.outcomes.get(name) in {"passed", "xpassed"})


def files_of(run: TestRun, names: tuple[str, ...], known_good: KnownGood) -> tuple[str, ...]:
    """The test files of these tests, relative to the project root, as pytest takes them on the command line."""
    prefix = "" if known_good.project_root in {"", "."} else known_good.project_root.rstrip("/") + "/"
    return tuple(dict.fromkeys(run.files[name].removeprefix(prefix) for name in names if name in run.files))


def tests_problem(known_good: KnownGood) -> str:
    """Why no test can be started, from what was found while looking for a way to run them."""
    return next((problem for problem in known_good.problems if "pytest" in problem), "the project has no pytest")
