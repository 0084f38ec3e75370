# src/python_coder/gates/fail_first.py — what new tests say about the old source, and about a broken one
import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from python_coder.gates.baseline import files_of
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_isolated, is_test_path, session
from python_coder.gates.mutants import Target, likeliest_first, mutant
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

    async def on_both(
        self, names: Sequence[str], targets: Sequence[Target], body: str
    ) -> tuple[Mapping[str, OldAnswer], Mapping[str, Answer]]:
        """What tests say about the base's source, and about the first of the mutants, side by side."""
        group = next(iter(_groups(targets)))
        return await asyncio.gather(self.on_old_source(names), self._answers(names, group, body))

    async def on_mutants(
        self,
        names: Sequence[str],
        targets: Sequence[Target],
        body: str,
        *,
        first: Mapping[str, Answer] | None = None,
        is_one_enough: bool = False,
    ) -> Mapping[str, Answer]:
        """What tests say when the given code is broken.

        All functions at once, then all fields at once, then piece by piece; each step asks only the tests that did not
        fail before, and the pieces are asked only while no test has failed yet.

        Args:
            names: The tests.
            targets: What to break.
            body: What a broken function does.
            first: What the tests say about the first mutant, from `on_both`; `None` when they were not asked.
            is_one_enough: Whether nothing more need be known once one test failed.
        """
        answers: dict[str, Answer] = {name: (first or {}).get(name, "breaks") for name in names}
        groups = list(_groups(targets))
        for group in groups if first is None else groups[1:]:
            unclear = [name for name in names if answers[name] != "fails"]
            if unclear and not (is_one_enough and "fails" in answers.values()):
                answers |= _stronger(answers, await self._answers(unclear, group, body))
        pieces = likeliest_first(self.context, self.run, targets) if len(targets) > 1 else []
        at_once = 2 if is_isolated(self.context) else 1
        for start in range(0, min(len(pieces), MOST_SINGLE_MUTANTS), at_once):
            unclear = [name for name in names if answers[name] == "breaks"]
            if not unclear or "fails" in answers.values():
                break
            asked = pieces[start : min(start + at_once, MOST_SINGLE_MUTANTS)]
            for answer in await asyncio.gather(*(self._answers(unclear, [piece], body) for piece in asked)):
                # In order, so that what is known at the end does not depend on how many ran side by side.
                if "fails" not in answers.values():
                    still = {name: said for name, said in answer.items() if answers[name] == "breaks"}
                    answers |= _stronger(answers, still)
        return answers

    async def _answers(self, names: Sequence[str], targets: Iterable[Target], body: str) -> dict[str, Answer]:
        broken = await self._session(mutant(self.context, targets, body), names)
        return {name: _answer(broken.outcomes.get(name)) for name in names}

    async def _session(self, tree: str, names: Sequence[str]) -> TestRun:
        files = files_of(self.run, tuple(names), self.context.known_good)
        found = await session(self.context, tree, select=files)
        self.sessions.append(found)
        return found


def _groups(targets: Sequence[Target]) -> Iterator[list[Target]]:
    """All functions, then all fields; a group without any is left out."""
    for group in ([one for one in targets if not one.line], [one for one in targets if one.line]):
        if group:
            yield group


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
