# src/python_coder/agent/approving.py — the approval of one call, before it is made or on the diff that it makes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from python_coder.agent.approvals import Approvals, Settled, Weighed, shown_call, shows_diff
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.tools.table import Tool
from python_coder.workspace.changes import Change, change_between
from python_coder.workspace.worktree import Workspace


@dataclass(frozen=True)
class Approving:
    """Weighs a call, asks where that is due, and puts each decision on record."""

    approvals: Approvals
    ledger: Ledger
    workspace: Workspace

    async def before(self, tool: Tool, arguments: Mapping[str, Any]) -> tuple[Weighed, str]:
        """Settle what can be settled before the call.

        Returns:
            What the rules say, and why the call may not be made; empty when it may.
        """
        weighed = self.approvals.weigh(tool, arguments)
        if weighed.decision == "ask" and (not shows_diff(tool) or self.approvals.mode == "never"):
            shown = self.ledger.redactor.redact(shown_call(tool, arguments))
            settled = await self.approvals.ask(tool, shown, weighed)
        elif weighed.by_rule and weighed.decision != "ask":
            settled = Settled(is_allowed=weighed.decision == "allow", by="rule", why=weighed.why)
        else:
            return weighed, ""
        self._record(tool, arguments, settled)
        if settled.is_allowed:
            return weighed, ""
        self.ledger.append(
            EntryKind.TOOL_CALL, tool=tool.name, arguments=dict(arguments), outcome="denied", is_free=True
        )
        return weighed, settled.refusal

    async def after(self, tool: Tool, arguments: Mapping[str, Any], weighed: Weighed, tree: str) -> str:
        """Hold an edit to the rules on all files that it touched, and ask with the diff where that is due.

        Args:
            tool: The tool.
            arguments: As the model gave them.
            weighed: What `before` said of the call.
            tree: Git tree id of the work tree before the call.

        Returns:
            Why the edit must be taken back; empty when it may stay.
        """
        if tool.effect != "edits":
            return ""
        change = cache(lambda: change_between(self.workspace.git, tree, self.workspace.snapshot()))
        touched = self.approvals.weigh_files(tool, arguments, lambda: _paths(change()))
        asked = weighed if weighed.decision == "ask" and shows_diff(tool) else touched
        if touched.decision == "deny":
            settled = Settled(is_allowed=False, by="rule", why=touched.why)
        elif asked.decision == "ask" and change().files:
            diff = self.ledger.redactor.redact("".join(file.patch for file in change().files))
            settled = await self.approvals.ask(tool, diff, asked)
        else:
            return ""
        self._record(tool, arguments, settled)
        return "" if settled.is_allowed else settled.refusal

    def _record(self, tool: Tool, arguments: Mapping[str, Any], settled: Settled) -> None:
        self.ledger.append(
            EntryKind.APPROVAL,
            tool=tool.name,
            arguments=dict(arguments),
            decision="allowed" if settled.is_allowed else "denied",
            by=settled.by,
            why=settled.why,
        )


def _paths(change: Change) -> Sequence[str]:
    return [path for file in change.files for path in dict.fromkeys((file.path, file.old_path))]
