# src/python_coder/agent/briefing/workbench.py — the commands that work, what they said, and the gates that will judge
from collections import Counter
from collections.abc import Iterator

from python_coder.gates.baseline import Baseline
from python_coder.gates.judging_files import is_test_file
from python_coder.gates.known_good import KnownGood
from python_coder.gates.mypy_typed import demand_of
from python_coder.gates.table import Facts, requirements
from python_coder.service_map.files import FileView

_MOST_FAILING = 5


def known_lines(known_good: KnownGood, baseline: Baseline, files: FileView) -> Iterator[str]:
    """The working commands with the baseline's result, one a line."""
    root = known_good.project_root
    packages = ", ".join(known_good.packages) or "none"
    yield f"project root `{root}`, packages {packages}, Python {known_good.python_version}"
    cwd = "" if root in {"", "."} else f" (cwd={root})"
    if known_good.pytest_version:
        words = ["pytest", *known_good.pytest_options, *known_good.test_paths]
        yield f"`{' '.join(words)}`{cwd}: {_tests(baseline)}"
    else:
        yield f"no tests can run: {_tests(baseline)}"
    if known_good.ruff:
        own = f", rules of {known_good.ruff.config_path}" if known_good.ruff.config_path else ""
        yield f"`ruff check .` and `ruff format --check .`{cwd}{own}"
    if known_good.mypy:
        yield f"`{' '.join(['mypy', *known_good.mypy_targets])}`{cwd}: {_types(baseline)}{_types_in_tests(files)}"
    if known_good.alembic_ini:
        yield f"`alembic` with {known_good.alembic_ini}{cwd}"
    if known_good.warnings_as_errors:
        yield "warnings are errors in the tests"
    if known_good.asyncio_mode:
        yield f"pytest-asyncio mode {known_good.asyncio_mode}"
    if known_good.app_import_error:
        yield f"the application does not import: {known_good.app_import_error}"
    yield from (f"problem: {problem}" for problem in known_good.problems)


def gate_lines(known_good: KnownGood, baseline: Baseline, calls: int) -> Iterator[str]:
    """Which gates will judge, and what there is to spend."""
    facts = Facts(
        has_base_tests=bool(baseline.tests or baseline.collection_errors),
        types_problem=baseline.types_problem,
        asks_for_types=bool(known_good.mypy and (known_good.mypy.is_projects_own or known_good.mypy.config_path)),
        has_migrations=bool(known_good.alembic_ini),
        kind="behaviour",
    )
    rows = requirements(facts)
    required = [name for name, row in rows.items() if row.level == "required"]
    others = [f"{name} ({row.why})" for name, row in rows.items() if row.level != "required"]
    yield f"required on the final tree, each where it applies: {', '.join(required)}"
    if others:
        yield f"not required: {'; '.join(others)}"
    yield (
        "90 % of the changed lines must run in tests; a plan of kind refactor needs no new tests, unless it moves lines"
        " that no test runs: then its scope names their test files, too"
    )
    yield f"budget: {calls} tool calls"


def _tests(baseline: Baseline) -> str:
    if baseline.tests_problem:
        return baseline.tests_problem
    counts = Counter(baseline.tests.values())
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "no tests"
    failing = [test for test, outcome in sorted(baseline.tests.items()) if outcome in {"failed", "error"}]
    if failing:
        more = f" and {len(failing) - _MOST_FAILING} more" if len(failing) > _MOST_FAILING else ""
        told += f"; failing before the change: {', '.join(failing[:_MOST_FAILING])}{more}"
    return told


def _types(baseline: Baseline) -> str:
    if baseline.types_problem:
        return baseline.types_problem
    errors = sum(baseline.type_errors.values())
    return f"{errors} errors that were there before; none may be added" if errors else "no error"


def _types_in_tests(files: FileView) -> str:
    """That mypy looks at tests as strictly, which their authors seldom expect."""

    def read(path: str) -> bytes | None:
        text = files.read(path)
        return None if text is None else text.encode()

    tests = (path for path in files.paths() if path.endswith(".py") and is_test_file(path))
    return "; functions need types, in tests, too" if any(demand_of(path, read) == "types" for path in tests) else ""
