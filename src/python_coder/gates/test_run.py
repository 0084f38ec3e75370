# src/python_coder/gates/test_run.py — one judged run of the project's own tests, and whether it can be trusted
import asyncio
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import coverage

from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.hung_stack import where_it_hung
from python_coder.gates.known_good import KnownGood
from python_coder.gates.session_database import session_database
from python_coder.gates.session_outcomes import Outcomes, TestFailure, add_up
from python_coder.gates.session_stream import Control, Record, broken_control, make_controls, read_stream
from python_coder.gates.tool_run import interpreter_folders
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand, record
from python_coder.workspace.environment import process_env

OVERLAY = Path(__file__).parent / "overlay" / "python_coder_overlay.py"
_COVERAGE = Path(coverage.__file__).parent
DEFAULT_TIMEOUT_SECONDS = 900.0
_STACKS_AFTER = 0.9
"""Share of the time after which a session writes what its threads are doing."""
_IN_TRACER = "; the main thread was in remove (weakref.py:"
_TAMPERED = "the test session was tampered with: "


@dataclass(frozen=True, kw_only=True)
class TestRun:
    """What one run of the tests showed. It proves nothing when `problem` is not empty."""

    __test__ = False

    tree: str
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """By test id: `passed`, `failed`, `error`, `skipped`, `xfailed` or `xpassed`."""
    failures: Mapping[str, TestFailure] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """File of each test, relative to the git root, by test id."""
    deselected: frozenset[str] = frozenset()
    collection_errors: Mapping[str, str] = field(default_factory=dict)
    """Error by id of the file that could not be collected."""
    executed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """1-based executable lines that ran, by path relative to the git root."""
    missing: Mapping[str, frozenset[int]] = field(default_factory=dict)
    imported: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Lines that ran before the first test, because their module was imported."""
    excluded: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Lines that the project's coverage configuration or its pragmas leave out."""
    omitted: tuple[str, ...] = ()
    """Patterns of files that the project's coverage configuration omits."""
    coverage_problem: str = ""
    """Why there are no figures of coverage; empty when they were measured or not asked for."""
    marks: frozenset[str] = frozenset()
    """Hooks that files of the tree add to pytest, and names of pytest or builtins that were replaced meanwhile."""
    exit_code: int = 0
    command: CommandRecord | None = None
    problem: str = ""
    """Why this run proves nothing; empty when it can be trusted."""
    output: str = ""
    """End of what the session printed; for people, never evidence."""

    @property
    def is_tampered(self) -> bool:
        """Whether project code meddled with the session."""
        return self.problem.startswith(_TAMPERED)

    @property
    def is_hung_in_tracer(self) -> bool:
        """Whether coverage's own tracer hung, in the weak references that it keeps to greenlets, and no test did.

        Seen 2026-11-30 with coverage 7.2.7, greenlet 2.0.2 and Python 3.11, in one of ten sessions on a busy machine.
        """
        return _IN_TRACER in self.problem

    def count(self, outcome: str) -> int:
        """How many tests ended so."""
        return sum(1 for value in self.outcomes.values() if value == outcome)

    @property
    def failing(self) -> tuple[str, ...]:
        """Ids of the tests that failed or broke, in the order they ran."""
        return tuple(name for name, outcome in self.outcomes.items() if outcome in {"failed", "error"})


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What the overlay is told. Written once, read and deleted by it before project code runs."""

    tree: str
    roots: Sequence[str]
    arguments: Sequence[str]
    results: str
    key: str
    controls: Sequence[Control]
    control_file: str
    coverage: str
    """Folder of python-coder's own coverage package, for projects that have none."""
    stacks: str
    """File for the stacks of a session that hangs."""
    stacks_after_seconds: float
    with_coverage: bool = False
    with_greenlets: bool = True


async def run_tests(  # noqa: PLR0913 -- what is run, where, with what: eleven plain words beat a bag
    *,
    folder: Path,
    tree: str,
    known_good: KnownGood,
    runner: CommandRunner,
    scratch: Path,
    env: Mapping[str, str],
    select: Sequence[str] = (),
    with_coverage: bool = False,
    with_greenlets: bool = True,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    cache: Path | None = None,
) -> TestRun:
    """Run the project's tests on a private copy of a tree, with control tests among them.

    Args:
        folder: Git root of the materialised tree; it is copied, never written to.
        tree: Git tree id of that folder.
        known_good: Interpreter, import roots and options that work for the project.
        runner: Runs the session in the sandbox.
        scratch: Folder for the copy and the session's files; they are removed afterwards.
        env: Environment block of the project's processes.
        select: Test files or ids, relative to the project root; all of the project's tests when empty.
        with_coverage: Whether to measure which lines ran.
        with_greenlets: Whether the measurement follows greenlets; without it, lines after an await in SQLAlchemy may
            count as not run.
        timeout_seconds: After this the session is ended.
        cache: python-coder's cache folder; a PostgreSQL server of our own starts quicker with it.
    """
    session = scratch / f"session-{secrets.token_hex(6)}"
    try:
        await asyncio.to_thread(_lay_out, folder, session)
        plan = _plan(session, known_good, select, timeout_seconds)
        plan = replace(plan, with_coverage=with_coverage, with_greenlets=with_greenlets)
        (session / "plan.json").write_text(json.dumps(asdict(plan)))
        own = session_database(
            session / "tree", known_good=known_good, runner=runner, env=env, scratch=session, cache=cache
        )
        async with own as database:
            command = _command(session, plan, known_good, {**env, **database.env}, timeout_seconds)
            completed = await runner.run(replace(command, relays=database.relays))
        names = {session / "tree": "tree", known_good.environment: "env", OVERLAY.parent: "tools", session: "scratch"}
        seen = record(completed, tree=tree, names=names)
        results = session / "results.jsonl"
        content = results.read_bytes() if results.is_file() else b""
        was_begun = not (session / "plan.json").exists()
        hung = where_it_hung(Path(plan.stacks), session / "tree") if completed.is_timed_out else ""
        return _judge(content, plan, completed, seen, was_begun=was_begun, hung=hung)
    finally:
        await asyncio.to_thread(shutil.rmtree, session, ignore_errors=True)


def _lay_out(folder: Path, session: Path) -> None:
    for name in ("home", "tmp"):
        (session / name).mkdir(parents=True)
    # Tests write into their own tree (databases, snapshots); a copy keeps one run from touching the next.
    shutil.copytree(folder, session / "tree", symlinks=True)


def _plan(session: Path, known_good: KnownGood, select: Sequence[str], timeout_seconds: float) -> _Plan:
    root = session / "tree" / known_good.project_root
    paths = list(select) or [path for path in known_good.test_paths if (root / path).exists()]
    return _Plan(
        tree=str(session / "tree"),
        roots=[*(str((root / path).resolve()) for path in known_good.import_roots), *_metadata(known_good)],
        arguments=[*known_good.pytest_options, *paths],
        results=str(session / "results.jsonl"),
        key=secrets.token_hex(32),
        controls=make_controls(),
        control_file=f"test_{secrets.token_hex(4)}.py",
        coverage=str(_COVERAGE),
        stacks=str(session / "stacks.txt"),
        stacks_after_seconds=timeout_seconds * _STACKS_AFTER,
    )


def _metadata(known_good: KnownGood) -> tuple[str, ...]:
    return (str(known_good.overlay),) if known_good.overlay else ()


def _command(
    session: Path, plan: _Plan, known_good: KnownGood, env: Mapping[str, str], timeout_seconds: float
) -> Command:
    project = session / "tree" / known_good.project_root
    own = process_env(
        known_good.environment,
        project,
        known_good.import_roots,
        overlay=known_good.overlay,
        bytecode=known_good.bytecode,
        env={**known_good.env, **env, "HOME": str(session / "home"), "TMPDIR": str(session / "tmp")},
    )
    # The session gets its import path from the plan, after pytest is loaded, and hands it on to its own processes.
    own.pop("PYTHONPATH", None)
    known = (known_good.environment, known_good.overlay, known_good.bytecode, OVERLAY.parent, _COVERAGE)
    return Command(
        argv=(str(known_good.python), "-s", "-B", str(OVERLAY), str(session / "plan.json")),
        cwd=project,
        env=own,
        readable=(*(path for path in known if path is not None), *interpreter_folders(str(known_good.python))),
        writable=(session,),
        timeout_seconds=timeout_seconds,
    )


def _judge(
    content: bytes, plan: _Plan, completed: CompletedCommand, command: CommandRecord, *, was_begun: bool, hung: str
) -> TestRun:
    records, is_whole = read_stream(content, bytes.fromhex(plan.key))
    sums = add_up(records)
    seen = _Seen(
        records=records,
        is_whole=is_whole and (bool(records) or not was_begun),
        sums=sums,
        collected=[name for record in records if record["kind"] == "collected" for name in record["ids"]],
        controls=plan.controls,
        completed=completed,
        hung=hung,
    )
    planted = {control.name for control in plan.controls}
    ours = {name for name in (*seen.collected, *sums.by_id) if name.rpartition("::")[2] in planted}
    files = {name: path for record in seen.of("collected") for name, path in record["files"].items()}
    lines = {record["path"]: record for record in seen.of("coverage")}
    return TestRun(
        tree=command.tree,
        outcomes={name: outcome for name, outcome in sums.by_id.items() if name not in ours},
        failures={name: failure for name, failure in _failures(seen).items() if name not in ours},
        files={name: path for name, path in files.items() if name not in ours},
        deselected=frozenset(name for record in seen.of("deselected") for name in record["ids"]),
        collection_errors={record["id"]: record["message"] for record in seen.of("collect-error")},
        executed={path: frozenset(record["executed"]) for path, record in lines.items()},
        missing={path: frozenset(record["missing"]) for path, record in lines.items()},
        imported={path: frozenset(record["imported"]) for path, record in lines.items()},
        excluded={path: frozenset(record["excluded"]) for path, record in lines.items()},
        omitted=tuple(pattern for record in seen.of("coverage-end") for pattern in record["omit"]),
        coverage_problem=next((record["message"] for record in seen.of("coverage-problem")), ""),
        marks=frozenset(name for kind in ("hooks", "replaced") for record in seen.of(kind) for name in record["names"]),
        exit_code=completed.exit_code,
        command=command,
        problem=_problem(seen),
        output=completed.output[-4000:],
    )


def _problem(seen: "_Seen") -> str:
    checks = (
        *(_hung, _damaged, _crashed, _never_began, _stopped, _ended_early),
        *(_controls, _contradicted, _lost, _status, _collected_nothing),
    )
    return next((problem for check in checks if (problem := check(seen))), "")


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What is known of one session: its records and how its process ended."""

    records: Sequence[Record]
    is_whole: bool
    sums: Outcomes
    collected: Sequence[str]
    controls: Sequence[Control]
    completed: CompletedCommand
    hung: str = ""
    """Where it hung, if it did."""

    def of(self, kind: str) -> Sequence[Record]:
        """The records of one kind."""
        return [record for record in self.records if record["kind"] == kind]


def _hung(seen: _Seen) -> str:
    if not seen.completed.is_timed_out:
        return ""
    where = f" in {seen.sums.unfinished[-1]}" if seen.sums.unfinished else ""
    told = f"; {seen.hung}" if seen.hung else ""
    return f"the tests did not end within {seen.completed.seconds:.0f} s; they were stopped{where}{told}"


def _damaged(seen: _Seen) -> str:
    return "" if seen.is_whole else _TAMPERED + "the stream of results was damaged"


def _crashed(seen: _Seen) -> str:
    for crash in seen.of("crash"):
        ended = f"{crash['type']}: {crash['message']}"
        is_exit = crash["type"] in {"SystemExit", "KeyboardInterrupt", "GeneratorExit"}
        return (_TAMPERED + f"project code ended it ({ended})") if is_exit else f"pytest broke: {ended}"
    return ""


def _never_began(seen: _Seen) -> str:
    if seen.collected:
        return ""
    code, words = seen.completed.exit_code, [line for line in seen.completed.output.splitlines() if line.strip()]
    if code == 0 or (seen.records and not seen.of("end")):
        return _TAMPERED + f"the process ended with {code} before any test was collected"
    last = next((line for line in words if line.startswith(("E ", "ERROR", "ImportError"))), words[-1] if words else "")
    return f"pytest ended with {code} before any test was collected: {last.strip()[:300]}"


def _stopped(seen: _Seen) -> str:
    for interrupted in seen.of("interrupted"):
        return _TAMPERED + f"it was stopped before its end ({interrupted['message']})"
    for internal in seen.of("internal-error"):
        return f"pytest broke: {internal['message']}"
    return ""


def _ended_early(seen: _Seen) -> str:
    if seen.of("end"):
        return ""
    where = f" in {seen.sums.unfinished[-1]}" if seen.sums.unfinished else ""
    return _TAMPERED + f"the process ended with {seen.completed.exit_code}{where} before the session was over"


def _controls(seen: _Seen) -> str:
    broken = broken_control(seen.controls, seen.sums.by_id, seen.collected)
    return _TAMPERED + broken if broken else ""


def _contradicted(seen: _Seen) -> str:
    return _TAMPERED + seen.sums.contradictions[0] if seen.sums.contradictions else ""


def _lost(seen: _Seen) -> str:
    lost = [name for name in seen.collected if name not in seen.sums.by_id] or list(seen.sums.unfinished)
    return _TAMPERED + f"{len(lost)} collected tests never ended, such as {lost[0]}" if lost else ""


def _status(seen: _Seen) -> str:
    code = seen.completed.exit_code
    return "" if code == 1 else _TAMPERED + f"it ended with {code} although control tests failed"


def _collected_nothing(seen: _Seen) -> str:
    """A collector that broke on a whole folder looks like a project without tests."""
    is_empty = len(seen.collected) == len(seen.controls)
    broken = [error for error in seen.of("collect-error") if not error["id"].endswith(".py")]
    return f"pytest could not collect {broken[0]['id']}: {broken[0]['message']}" if is_empty and broken else ""


def _failures(seen: _Seen) -> dict[str, TestFailure]:
    is_timed_out = seen.completed.is_timed_out
    message = "it was still running when the session was stopped" if is_timed_out else "the test never ended"
    unfinished = TestFailure(kind="timeout" if is_timed_out else "error", message=message)
    return {**dict.fromkeys(seen.sums.unfinished, unfinished), **seen.sums.failures}
