# src/python_coder/agent/toolbox.py — the tool table of one run
from collections.abc import Mapping
from pathlib import Path

from python_coder.agent.judging import Judging
from python_coder.agent.preparation import Prepared
from python_coder.agent.session import Session
from python_coder.evidence.ledger import EntryKind
from python_coder.evidence.verdict import CommandRecord
from python_coder.tools.coder import CoderTools, coder_tools
from python_coder.tools.memories import memory_tools
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.table import serena_tools
from python_coder.tools.shell import ShellTools, shell_tools
from python_coder.tools.table import Tool
from python_coder.workspace.environment import process_env


def build_tools(session: Session, prepared: Prepared, judging: Judging) -> tuple[Tool, ...]:
    """Everything that an agent can do in this run, by the specification's names."""
    context = SerenaContext(
        project=OpenProject(
            root=prepared.workspace.folder,
            memories=prepared.workspace.repository / ".serena" / "memories",
            store=judging.preparation.settings.cache_folder / "symbols",
        )
    )

    def seen(record: CommandRecord) -> None:
        entry = session.ledger.append(
            EntryKind.COMMAND,
            **{name: getattr(record, name) for name in CommandRecord.__dataclass_fields__ if name != "tree"},
            tree=session.tree,
        )
        if record.exit_code != 0:
            session.evidence.append(entry.seq)

    def environment(folder: Path) -> Mapping[str, str]:
        known_good = prepared.known_good
        return process_env(
            known_good.environment,
            folder / known_good.project_root,
            known_good.import_roots,
            overlay=known_good.overlay,
            bytecode=known_good.bytecode,
            env={**known_good.env, **prepared.env},
        )

    shell = ShellTools(
        folder=prepared.workspace.folder,
        scratch=prepared.scratch,
        known_good=prepared.known_good,
        runner=prepared.runner,
        environment=environment,
        seen=seen,
    )
    coder = CoderTools(files=context.files, judge=judging.judge_now, extend=session.budget.extend)
    return (
        *serena_tools(context),
        *memory_tools(prepared.workspace.repository),
        *shell_tools(shell),
        *coder_tools(coder),
    )
