# src/python_coder/gates/baseline.py — what the base revision says before the change
from collections.abc import Mapping
from dataclasses import dataclass, field

from python_coder.evidence.verdict import CommandRecord


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What was seen on the base revision. What fails here is not the change's fault."""

    tree: str
    """Git tree id of the base."""
    tests: Mapping[str, str] = field(default_factory=dict)
    """Outcome by test id: `passed`, `failed`, `error`, `skipped`, `xfailed`, `xpassed`, `flaky`."""
    marks: frozenset[str] = frozenset()
    """Hooks and replaced names seen in the session; a judged session may not have more."""
    test_files: Mapping[str, str] = field(default_factory=dict)
    """File of each test, relative to the git root, by test id."""
    collection_errors: frozenset[str] = frozenset()
    """Ids of the test files that could not be collected."""
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
