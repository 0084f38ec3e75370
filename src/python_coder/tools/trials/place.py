# src/python_coder/tools/trials/place.py — where trials run: the present tree beside its base, in the sandbox
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.context import GateContext
from python_coder.gates.tool_run import ToolRun


@dataclass(frozen=True, kw_only=True)
class TrialPlace:
    """What every trial is given. The tree is composed anew at each call, so that it is the one just edited."""

    context: Callable[[], AbstractAsyncContextManager[GateContext]]
    """The work tree as it is now, judged against its base; it may refuse when the project cannot run."""
    seen: Callable[[CommandRecord], None]
    """Takes the record of every process that a trial started."""

    def note(self, *runs: ToolRun) -> None:
        """Put processes on record."""
        for run in runs:
            self.seen(run.command)


def own_path(context: GateContext, path: str) -> str:
    """A path relative to the git root as one relative to the project root; as it is when it lies outside."""
    root = Path(context.known_good.project_root)
    return Path(path).relative_to(root).as_posix() if Path(path).is_relative_to(root) else path
