# tests/agent/looped.py — a loop over a real worktree and ledger, whose judge agrees at once: for the model's side alone
import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_coder.agent.budget import Budget
from python_coder.agent.caps import Caps, Meter
from python_coder.agent.context_care import ContextCare
from python_coder.agent.escalating import escalation_tools
from python_coder.agent.faults import Backoff
from python_coder.agent.journal import Journal
from python_coder.agent.loop import Judgement, Loop, Outcome
from python_coder.agent.more_tools import more_tools
from python_coder.agent.progress import Silence
from python_coder.agent.recalling import recall_tools
from python_coder.agent.router import Router
from python_coder.agent.session import Session
from python_coder.agent.thinker import Thinker
from python_coder.evidence.entries import Entry, EntryKind
from python_coder.evidence.ledger import Ledger, read_ledger
from python_coder.telemetry import OFF, Telemetry
from python_coder.tools.combined.table import combined_tools
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.table import serena_tools
from python_coder.workspace.worktree import Workspace

PROVEN = Judgement(is_proven=True, digest="")
PROMPT = "<task>\nAdd a function\n</task>"


@dataclass
class Looped:
    """One loop, ready to run; afterwards it tells what stands in its ledger and how long it would have waited."""

    session: Session
    waits: list[float]
    run_folder: Path
    judgements: Sequence[Judgement] = (PROVEN,)
    past: Sequence[Any] = ()
    error: Exception | None = None
    """What the run ended with, where a test caught it."""
    options: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> Outcome:
        judgements = iter(self.judgements)

        async def judge(*_: object) -> Judgement:
            return next(judgements)

        loop = Loop(session=self.session, judge=judge, instructions="Be brief.", past=self.past, **self.options)
        return asyncio.run(loop.run(PROMPT))

    def entries(self, kind: EntryKind) -> list[Entry]:
        return [entry for entry in read_ledger(self.run_folder / "ledger.jsonl") if entry.kind is kind]


@contextmanager
def looped(
    repository: Path,
    run_folder: Path,
    thinker: Thinker,
    *,
    caps: Caps | None = None,
    clock: Callable[[], float] | None = None,
    limit: int = 12,
    most_chars: int = 1_000_000,
    seen_by: Telemetry = OFF,
    **more: Any,
) -> Iterator[Looped]:
    """Open a session on a repository. `more` goes to `Looped`."""
    run_folder.mkdir(exist_ok=True)
    workspace = Workspace.create(repository, run_folder, run_id="loop")
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    project = OpenProject(root=workspace.folder, memories=run_folder / "memories", store=run_folder / "symbols")

    def hear(found: Sequence[str]) -> None:
        session.note_check(found)

    context = SerenaContext(project=project, told_findings=hear)
    with Ledger.open(run_folder / "ledger.jsonl") as ledger:
        ledger.heard = lambda entry: seen_by.entry(entry.kind.value, entry.data)
        session = Session(
            ledger=ledger,
            journal=Journal(run_folder / "messages.jsonl"),
            workspace=workspace,
            budget=Budget(is_cause=lambda _: True, limit=limit),
            progress=Silence(),
            tools={tool.name: tool for tool in serena_tools(context)},
            tree=workspace.base_tree,
            router=Router(first=thinker),
            meter=Meter(caps=caps or Caps(), **({"clock": clock} if clock else {})),
            backoff=Backoff(sleep=sleep),
            care=ContextCare(most_chars),
            telemetry=seen_by,
        )
        combined = combined_tools(context, tuple(session.tools.values()))
        own = (*combined, *escalation_tools(session), *recall_tools(session), *more_tools(session))
        session.tools |= {tool.name: tool for tool in own}
        yield Looped(session=session, waits=waits, run_folder=run_folder, **more)
    workspace.remove()
