# benchmarks/loop_overhead.py — what the loop itself costs a step, with a model that takes no time
import asyncio
import itertools
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from python_coder.agent.budget import Budget
from python_coder.agent.journal import Journal
from python_coder.agent.loop import Judgement, Loop
from python_coder.agent.more_tools import more_tools
from python_coder.agent.progress import Silence
from python_coder.agent.router import Router
from python_coder.agent.session import Session
from python_coder.agent.thinker import Thinker
from python_coder.evidence.ledger import Ledger
from python_coder.tools.combined.table import combined_tools
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.table import serena_tools
from python_coder.workspace.worktree import Workspace

STEP_COUNTS = (12, 100)
"""The budget of a run, and a long one: the history that the framework goes over grows with the steps."""
LONG_STEPS = 500
_EARLY_STEP, _MIB = 100, 1024
_READ, _EDIT = "mcp__coder__read_code", "mcp__coder__edit_files"


class ZeroLatency(Model):
    """Calls one tool again and again, then reports; notes when it was asked."""

    def __init__(self, tool: str, steps: int) -> None:
        super().__init__()
        self.asked: list[tuple[float, float]] = []
        """Wall and processor seconds at each request."""
        self.memory: list[int] = []
        """KiB that the process holds at every hundredth request."""
        self._tool = tool
        self._steps = steps

    @property
    def model_name(self) -> str:
        """As the ledger has it."""
        return "zero-latency"

    @property
    def system(self) -> str:
        """Who provides it."""
        return "benchmark"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answer at once, and note the time."""
        names = {tool.name for tool in model_request_parameters.output_tools}
        number = len(self.asked)
        self.asked.append((time.perf_counter(), time.process_time()))
        if number % _EARLY_STEP == 0:
            self.memory.append(_resident_kib())
        part = ToolCallPart(self._tool, self._arguments(number), tool_call_id=f"c{number}")
        if "submit_plan" in names:
            plan = {"kind": "behaviour", "steps": ["step"], "scope": ["**"]}
            part = ToolCallPart("submit_plan", plan, tool_call_id="plan")
            self.asked.clear()
            self.memory.clear()
        elif number >= self._steps:
            part = ToolCallPart("submit_report", {"summary": "done", "rationale": "why"}, tool_call_id="report")
        return ModelResponse(parts=[part], usage=RequestUsage(), model_name="zero-latency", finish_reason="stop")

    def _arguments(self, number: int) -> dict[str, Any]:
        if self._tool == _READ:
            # Another file each time: a model that repeats itself is stopped.
            return {"targets": [f"app/m{number % 100}.py"]}
        return {"edits": [{"path": "app/a.py", "content": f"x = {number}\n"}]}


def _repository(folder: Path) -> Path:
    repository = folder / "repository"
    (repository / "app").mkdir(parents=True)
    for number in range(100):
        (repository / "app" / f"m{number}.py").write_text(f"y = {number}\n" * 50)
    (repository / "app" / "a.py").write_text("x = 1\n")
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.org"]
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"]):
        subprocess.run([*git, *args], cwd=repository, check=True)
    return repository


async def _run(tool: str, steps: int, repository: Path, run: Path) -> ZeroLatency:
    workspace = Workspace.create(repository, run, run_id="bench")
    model = ZeroLatency(tool, steps)

    async def judge(*_: object) -> Judgement:
        return Judgement(is_proven=True, digest="")

    project = OpenProject(root=workspace.folder, memories=run / "memories", store=run / "symbols")
    with Ledger.open(run / "ledger.jsonl") as ledger:
        session = Session(
            ledger=ledger,
            journal=Journal(run / "messages.jsonl"),
            workspace=workspace,
            budget=Budget(is_cause=lambda _: False, limit=steps + 1),
            router=Router(first=Thinker(name="bench", model=model)),
            progress=Silence(),
            tools={},
            tree=workspace.base_tree,
        )
        context = SerenaContext(project=project)
        serena = serena_tools(context)
        tools = (*serena, *combined_tools(context, serena), *more_tools(session))
        session.tools |= {tool.name: tool for tool in tools}
        await Loop(session=session, judge=judge).run("<task>\nx\n</task>")
    workspace.remove()
    return model


def _times(model: ZeroLatency) -> list[tuple[float, float]]:
    """Milliseconds of each step, wall and processor."""
    pairs = itertools.pairwise(model.asked)
    return [((after[0] - before[0]) * 1000, (after[1] - before[1]) * 1000) for before, after in pairs]


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def _long_run() -> list[tuple[str, str]]:
    """Memory and pace of a run of 500 steps that each read another part of a file."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        model = asyncio.run(_run(_READ, LONG_STEPS, _repository(Path(folder)), run))
    times, memory = _times(model), model.memory
    first, last = (statistics.median(wall for wall, _ in part) for part in (times[:_EARLY_STEP], times[-_EARLY_STEP:]))
    grown = (memory[-1] - memory[1]) / _MIB
    title = f"loop, {LONG_STEPS} steps"
    return [
        (f"{title}, memory", f"{memory[-1] / _MIB:.0f} MiB at the end, {grown:+.1f} MiB since step {_EARLY_STEP}"),
        (f"{title}, pace", f"{first:.1f} ms a step over the first {_EARLY_STEP}, {last:.1f} ms over the last"),
    ]


def measure() -> list[tuple[str, str]]:
    """Median milliseconds of a step that reads, and of one that edits and makes a checkpoint."""
    rows = []
    tools = (("reading step", _READ), ("editing step", _EDIT))
    for (title, tool), steps in itertools.product(tools, STEP_COUNTS):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            run.mkdir()
            times = _times(asyncio.run(_run(tool, steps, _repository(Path(folder)), run)))
        wall, processor = (statistics.median(column) for column in zip(*times, strict=True))
        least = min(times)[0]
        rows.append(
            (f"loop, {title}, {steps} steps", f"{wall:.1f} ms wall (min {least:.1f}), {processor:.1f} ms of processor")
        )
    return rows + _long_run()
