# src/python_coder/gates/fail_first.py — what new tests say about the old source, and about a broken one
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from python_coder.gates.baseline import files_of
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path, session
from python_coder.gates.mutants import Target, mutant
from python_coder.gates.test_run import TestRun

MOST_SINGLE_MUTANTS = 6
"""Mutants broken one at a time, after all of them at once told nothing."""

Answer = Literal["fails", "passes", "breaks"]
"""What a test says about a mutant; `breaks` when its fixtures already failed, so the test itself said nothing."""


@dataclass(frozen=True, kw_only=True)
class OldAnswer:
    """What one new test says about the base's source."""

    kind: str
    """Class of the failure; `passed` or `skipped` when it does not fail."""
    message: str = ""

    @property
    def is_proof(self) -> bool:
        """Whether this failure by itself shows that the test sees the change."""
        return self.kind in {"assertion", "error", "timeout"}

    @property
    def is_doubtful(self) -> bool:
        """Whether any test would fail so, since what it needs is not there yet."""
        return self.kind in {"import", "missing-route", "fixture"}


@dataclass(frozen=True)
class Trials:
    """New tests tried on other sources than their own."""

    context: GateContext
    run: TestRun
    """The judged session, in which these tests passed."""
    sessions: list[TestRun] = field(default_factory=list)
    """Every session that was run for an answer, in order."""

    async def on_old_source(self, names: Sequence[str]) -> Mapping[str, OldAnswer]:
        """What tests say about the base's source, with the change's test files put over it."""
        context = self.context
        tree = context.trees.overlay(context.change.base_tree, context.judged_tree, select=is_test_path(context))
        old = await self._session(tree, names)
        return {name: _old_answer(name, self.run, old) for name in names}

    async def on_mutants(self, names: Sequence[str], targets: Sequence[Target], body: str) -> Mapping[str, Answer]:
        """What tests say when the given code is broken.

        All functions at once, then all fields at once, then piece by piece; each step asks only the tests that did not
        fail before, and the pieces are asked only while no test has failed yet.
        """
        functions = [target for target in targets if not target.line]
        fields = [target for target in targets if target.line]
        answers: dict[str, Answer] = dict.fromkeys(names, "breaks")
        for group in (functions, fields):
            unclear = [name for name in names if answers[name] != "fails"]
            if group and unclear:
                answers |= _stronger(answers, await self._answers(unclear, group, body))
        for target in targets[:MOST_SINGLE_MUTANTS] if len(targets) > 1 else ():
            unclear = [name for name in names if answers[name] == "breaks"]
            if not unclear or "fails" in answers.values():
                break
            answers |= _stronger(answers, await self._answers(unclear, [target], body))
        return answers

    async def _answers(self, names: Sequence[str], targets: Iterable[Target], body: str) -> dict[str, Answer]:
        broken = await self._session(mutant(self.context, targets, body), names)
        return {name: _answer(broken.outcomes.get(name)) for name in names}

    async def _session(self, tree: str, names: Sequence[str]) -> TestRun:
        files = files_of(self.run, tuple(names), self.context.known_good)
        found = await session(self.context, tree, select=files)
        self.sessions.append(found)
        return found


def _old_answer(name: str, run: TestRun, old: TestRun) -> OldAnswer:
    outcome = old.outcomes.get(name)
    failure = old.failures.get(name)
    if outcome in {"failed", "error"} and failure is not None:
        return OldAnswer(kind=failure.kind, message=failure.message)
    if outcome is not None:
        return OldAnswer(kind=outcome)
    why = old.problem or next((m for key, m in old.collection_errors.items() if name.startswith(key)), "")
    return OldAnswer(kind="import", message=why or f"it cannot be collected from {run.files.get(name, name)}")


def _stronger(before: Mapping[str, Answer], now: Mapping[str, Answer]) -> dict[str, Answer]:
    """One failure is enough; a pass tells more than a broken fixture."""
    weight: list[Answer] = ["breaks", "passes", "fails"]
    return {name: max(before[name], answer, key=weight.index) for name, answer in now.items()}


def _answer(outcome: str | None) -> Answer:
    if outcome == "failed":
        return "fails"
    return "passes" if outcome in {"passed", "xpassed"} else "breaks"
