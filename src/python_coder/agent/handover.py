# src/python_coder/agent/handover.py — boot and hand-off of a run, done by the runtime through the tool table
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.agent.plan import Report
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.tools.serena.memory_store import MemoryStore
from python_coder.tools.table import Tool
from python_coder.workspace.delivery import slug_of

_MOST_RECORDED_CHARS = 2_000


@dataclass(frozen=True, kw_only=True)
class Handover:
    """The first and the last calls of every run, free of the budget. Source: the specification's Serena rules."""

    tools: Mapping[str, Tool]
    ledger: Ledger
    folder: Path
    """The run's work tree, which answers may name."""
    memories: MemoryStore
    """Memories of the main checkout."""

    async def boot(self) -> None:
        """Look at the configuration, activate the project, and get to know it if nobody did before."""
        await self._call(EntryKind.BOOT, "get_current_config")
        await self._call(EntryKind.BOOT, "activate_project", project=str(self.folder))
        if (await self._call(EntryKind.BOOT, "check_onboarding_performed")).startswith("false"):
            await self._call(EntryKind.BOOT, "onboarding")

    async def hand_off(self, task: str, report: Report | None, *, is_proven: bool) -> None:
        """Sum up, keep the decisions as a memory, and prepare the next conversation.

        A memory is written for a proven change only, and only in a checkout that has memories: one that never had any
        stays as it is, to the last file.
        """
        await self._call(EntryKind.HANDOFF, "summarize_changes")
        if is_proven and report is not None and self.memories.names():
            name, text = f"decisions/{slug_of(task)}", _decisions(task, report)
            await self._call(EntryKind.HANDOFF, "write_memory", memory_name=name, content=text)
        await self._call(EntryKind.HANDOFF, "prepare_for_new_conversation")

    async def hand_over(self) -> None:
        """Sum up and prepare the next conversation, before another model goes on in the same run."""
        await self._call(EntryKind.HANDOFF, "summarize_changes")
        await self._call(EntryKind.HANDOFF, "prepare_for_new_conversation")

    async def _call(self, kind: EntryKind, tool: str, **arguments: str) -> str:
        name = f"mcp__serena__{tool}"
        answer = await self.tools[name].function(**arguments)
        told = answer.replace(str(self.folder), "{tree}")[:_MOST_RECORDED_CHARS]
        self.ledger.append(kind, tool=name, outcome=told)
        return answer


def _decisions(task: str, report: Report) -> str:
    followups = "".join(f"- {followup}\n" for followup in report.followups)
    parts = (
        f"# {task}\n",
        f"What: {report.summary}\n",
        f"Why so: {report.rationale}\n",
        *((f"Next, or risks:\n{followups}",) if followups else ()),
        *((f"Lesson: {report.reflection}\n",) if report.reflection else ()),
    )
    return "\n".join(parts)
