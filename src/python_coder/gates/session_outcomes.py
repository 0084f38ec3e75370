# src/python_coder/gates/session_outcomes.py — from a session's records to outcomes, failures and contradictions
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from python_coder.gates.session_stream import Record

FailureKind = Literal["assertion", "import", "missing-route", "fixture", "error", "timeout"]

_MISSING_NAME = re.compile(
    r"unexpected keyword argument|positional arguments? but|missing \d+ required|has no attribute|cannot import name"
    r"|No module named|is not defined|object is not (callable|subscriptable)"
)
_MISSING_ROUTE = re.compile(r"\b40[45]\b|Method Not Allowed|'Not Found'|\"Not Found\"|NoMatchFound")
_MISSING_NAMES = {"ImportError", "NameError", "AttributeError"}


@dataclass(frozen=True, kw_only=True)
class TestFailure:
    """How one test failed."""

    __test__ = False

    kind: FailureKind
    """`import` is any failure because a name, parameter or module is not there yet."""
    message: str
    """First line of the error."""
    path: str = ""
    """File of the tree where it was raised, relative to the git root."""
    line: int = 0


@dataclass
class _Test:
    """All that the stream says about one test id."""

    outcome: str = ""
    is_finished: bool = False
    raw: dict[str, Record] = field(default_factory=dict)
    failure: TestFailure | None = None
    contradiction: str = ""


@dataclass(frozen=True)
class Outcomes:
    """What the records of a session add up to, control tests included."""

    by_id: dict[str, str]
    failures: dict[str, TestFailure]
    contradictions: tuple[str, ...]
    """Tests whose body raised while the report says that they passed."""
    unfinished: tuple[str, ...]
    """Tests that began and never ended."""


def add_up(records: Sequence[Record]) -> Outcomes:
    """Fold the records of a session into one outcome for each test."""
    tests: dict[str, _Test] = {}
    for record in records:
        if record["kind"] == "start":
            tests[record["id"]] = _Test()
        elif record["kind"] == "raw" and record["id"] in tests:
            tests[record["id"]].raw[record["when"]] = record
        elif record["kind"] == "report" and record["id"] in tests:
            _take_report(tests[record["id"]], record)
    return Outcomes(
        by_id={name: test.outcome or "error" for name, test in tests.items()},
        failures={name: test.failure for name, test in tests.items() if test.failure},
        contradictions=tuple(f"{name}: {test.contradiction}" for name, test in tests.items() if test.contradiction),
        unfinished=tuple(name for name, test in tests.items() if not test.is_finished),
    )


def _take_report(test: _Test, record: Record) -> None:
    when, outcome, raw = record["when"], record["outcome"], test.raw.get(record["when"], {})
    if outcome == "rerun":
        test.outcome, test.failure, test.contradiction = "", None, ""
        return
    bases = raw.get("raised") or []
    if bases and outcome == "passed" and not record["xfail"] and not record["subtest"]:
        test.contradiction = f"its {when} raised {bases[0]}, yet it was reported as passed"
    if outcome == "failed":
        if test.outcome not in {"failed", "error"}:
            test.outcome = "failed" if when == "call" else "error"
            test.failure = _failure(record, raw)
    elif when == "call" and not record["subtest"] and test.outcome not in {"failed", "error"}:
        test.outcome = {"skipped": "xfailed"}.get(outcome, "xpassed") if record["xfail"] else outcome
    elif when == "setup" and outcome == "skipped":
        test.outcome = "xfailed" if record["xfail"] else "skipped"
    if when == "teardown":
        test.is_finished = True


def _failure(record: Record, raw: Record) -> TestFailure:
    message = str(raw.get("message") or record["message"])
    bases = set(raw.get("raised") or [message.partition(":")[0].rpartition(".")[2]])
    first_line = next(iter(message.splitlines()), "")[:300]
    return TestFailure(
        kind=failure_kind(record["when"], bases, message),
        message=first_line or next(iter(bases), ""),
        path=raw.get("path", ""),
        line=raw.get("line", 0),
    )


def failure_kind(when: str, bases: set[str], message: str) -> FailureKind:
    """The class of a failure.

    Args:
        when: Phase that failed: `setup`, `call` or `teardown`.
        bases: Names of the exception's class and of its base classes.
        message: Text of the exception.
    """
    if "Timeout" in bases or message.startswith("Timeout"):
        return "timeout"
    if bases & _MISSING_NAMES or ("TypeError" in bases and _MISSING_NAME.search(message)):
        return "import"
    if when != "call":
        return "fixture"
    if _MISSING_ROUTE.search(message):
        return "missing-route"
    if bases & {"AssertionError", "Failed"} or message.startswith("assert"):
        return "assertion"
    return "error"
