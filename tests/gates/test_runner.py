# tests/gates/test_runner.py — gates side by side: order, time, broken ones, Ctrl-C
import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from change_bench import Bench, tree_of

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.gates.context import GateContext
from python_coder.gates.runner import all_gates, run_gates


@dataclass
class Probe:
    """A gate that tells when it ran, and ends as it is told."""

    name: str
    error: Exception | None = None
    seconds: float = 0.0
    log: list[str] = field(default_factory=list)

    async def check(self, _: GateContext) -> GateResult:
        self.log.append(f"+{self.name}")
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.log.append(f"-{self.name}")
        if self.error:
            raise self.error
        return GateResult(gate="said wrongly", verdict=Verdict.PASSED, reason="fine")


@pytest.fixture
async def context(tmp_path: Path) -> GateContext:
    return await Bench(folder=tmp_path, base={"a.py": ""}, delivered={"a.py": "X = 1\n"}).context()


async def test_results_come_in_the_order_of_the_gates(context: GateContext) -> None:
    log: list[str] = []
    names = ("ruff-check", "mypy", "other", "tests")
    told: list[str] = []
    results = await run_gates(
        context,
        [Probe(name, log=log) for name in names],
        on_start=told.append,
        on_result=lambda result: told.append(f"{result.gate} ended"),
        workers=1,
    )
    assert tuple(result.gate for result in results) == names
    assert [word for word in log if word[0] == "+"] == ["+tests", "+mypy", "+ruff-check", "+other"]
    assert told[:2] == ["tests", "tests ended"]


async def test_runs_no_more_at_a_time_than_there_are_places(context: GateContext) -> None:
    log: list[str] = []
    await run_gates(context, [Probe(str(number), seconds=0.01, log=log) for number in range(6)], workers=2)
    running = most = 0
    for word in log:
        running += 1 if word[0] == "+" else -1
        most = max(most, running)
    assert most == 2


async def test_measures_each_gate_without_its_wait(context: GateContext) -> None:
    results = await run_gates(context, [Probe("a", seconds=0.05), Probe("b", seconds=0.05)], workers=1)
    assert all(0.05 <= result.seconds < 0.1 for result in results)


@pytest.mark.parametrize(
    ("error", "reason", "mend"),
    [
        (ValueError("odd"), "the gate itself broke: ValueError: odd", "python-coder check --gate b"),
        (EnvironmentLacksError("No disk. Free some."), "No disk", "Free some."),
    ],
    ids=["bug", "environment"],
)
async def test_a_broken_gate_is_not_run_and_harms_no_other(
    context: GateContext, error: Exception, reason: str, mend: str
) -> None:
    results = await run_gates(context, [Probe("a"), Probe("b", error=error)])
    assert [result.verdict for result in results] == [Verdict.PASSED, Verdict.NOT_RUN]
    assert (results[1].reason, mend in results[1].mend) == (reason, True)


async def test_ctrl_c_ends_them_all(context: GateContext) -> None:
    log: list[str] = []
    begun: asyncio.Queue[str] = asyncio.Queue()
    gates = [Probe(name, seconds=60, log=log) for name in "ab"]
    task = asyncio.create_task(run_gates(context, gates, on_start=begun.put_nowait, workers=2))
    for _ in gates:
        await begun.get()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(log) == ["+a", "+b", "-a", "-b"]


def test_each_gate_has_a_name_of_its_own() -> None:
    names = [gate.name for gate in all_gates()]
    assert len(set(names)) == len(names)


async def test_the_context_holds_the_judged_tree(tmp_path: Path) -> None:
    bench = Bench(
        folder=tmp_path,
        base={"mypy.ini": "old", "a.py": ""},
        delivered={"mypy.ini": "new", "a.py": "X = 1\n"},
    )
    context = await bench.context()
    assert context.judged_tree == tree_of(context.trees, {"mypy.ini": "old", "a.py": "X = 1\n"})
    assert (context.judged_folder / "mypy.ini").read_text() == "old"
    assert (context.base_folder / "a.py").read_text() == ""
    assert context.scratch.is_dir()
