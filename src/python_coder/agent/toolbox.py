# src/python_coder/agent/toolbox.py — the tool table of one run
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from python_coder.agent.escalating import escalation_tools
from python_coder.agent.judging import Judging
from python_coder.agent.left_stacks import expect_no_stacks, expect_stacks
from python_coder.agent.more_tools import more_tools
from python_coder.agent.preparation import Prepared
from python_coder.agent.recalling import recall_tools
from python_coder.agent.run_database import RunDatabase
from python_coder.agent.session import Session
from python_coder.agent.stack import engine_answers
from python_coder.agent.widening import widening_tools
from python_coder.compose.source import StackSource
from python_coder.evidence.ledger import EntryKind
from python_coder.evidence.verdict import CommandRecord
from python_coder.gates.context import GateContext
from python_coder.tools.coder import CoderTools, coder_tools
from python_coder.tools.combined.table import combined_tools
from python_coder.tools.docker.command_line import run_docker
from python_coder.tools.docker.session import DockerSession
from python_coder.tools.docker.stands_for import docker_calls
from python_coder.tools.docker.table import docker_tools
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.memory_store import FOLDER
from python_coder.tools.serena.project import ProjectSession
from python_coder.tools.serena.repository import Repository
from python_coder.tools.serena.session_tools import session_tools
from python_coder.tools.serena.shell import ShellTools
from python_coder.tools.serena.workplace import Workplace, run_workplace
from python_coder.tools.table import Tool
from python_coder.tools.trials.place import TrialPlace
from python_coder.tools.trials.table import trial_tools
from python_coder.workspace.environment import process_env


@asynccontextmanager
async def open_tools(session: Session, prepared: Prepared, judging: Judging) -> AsyncIterator[tuple[Tool, ...]]:
    """Everything that an agent can do in this run, by the specification's names; what that starts ends with it."""
    known_good, workspace = prepared.known_good, prepared.workspace
    opened = _opened(prepared, judging)
    context = SerenaContext(project=opened, told_findings=session.note_check)
    project = ProjectSession(
        open_project=lambda _: opened,
        warm_up=lambda: None,
        is_pinned=True,
        changes=lambda: [f"{file.status}: {file.path}" for file in workspace.change().files],
    )

    def seen(record: CommandRecord) -> None:
        project.commands.append(record)
        _note(session, replace(record, tree=session.tree))

    place = _place(prepared)
    docker = await _docker(prepared, judging)
    stacks = docker_tools(docker) if docker else ()
    database = RunDatabase(place=place, cache=judging.preparation.settings.cache_folder)
    shell = ShellTools(
        workplace=lambda: place,
        seen=seen,
        docker=functools.partial(run_docker, docker) if docker else None,
        stands_for=functools.partial(docker_calls, stacks),
    )

    @asynccontextmanager
    async def present() -> AsyncIterator[GateContext]:
        yield await judging.present()

    trials = trial_tools(TrialPlace(context=present, seen=functools.partial(_note, session)))
    coder = CoderTools(files=context.files, judge=judging.judge_now, extend=session.budget.extend)
    serena = session_tools(context, project, shell)
    try:
        yield (
            *(
                *serena,
                *combined_tools(context, serena),
                *coder_tools(coder),
                *escalation_tools(session),
                *recall_tools(session),
                *more_tools(session),
                *widening_tools(session, known_good),
                *trials,
            ),
            *stacks,
            *database.tools(),
        )
    finally:
        await context.project.aclose()
        await database.aclose()
        if docker:
            await docker.aclose()
            expect_no_stacks(prepared.scratch)


def _opened(prepared: Prepared, judging: Judging) -> OpenProject:
    """The run's work tree, with the memories and the history of the user's repository."""
    workspace = prepared.workspace
    return OpenProject(
        root=workspace.folder,
        memories=workspace.repository / FOLDER,
        store=judging.preparation.settings.cache_folder / "symbols",
        python=prepared.known_good.python,
        repository=Repository(git=workspace.git, common=workspace.git.common_dir()),
    )


def _place(prepared: Prepared) -> Workplace:
    """Where the tools run project code."""
    known_good, folder = prepared.known_good, prepared.workspace.folder
    env = process_env(
        known_good.environment,
        folder / known_good.project_root,
        known_good.import_roots,
        overlay=known_good.overlay,
        bytecode=known_good.bytecode,
        env={**known_good.env, **prepared.env},
    )
    return run_workplace(known_good, folder, scratch=prepared.scratch, runner=prepared.runner, env=env)


def _note(session: Session, record: CommandRecord) -> None:
    """Put a command on record; one that failed may earn more calls."""
    fields = {name: getattr(record, name) for name in CommandRecord.__dataclass_fields__}
    entry = session.ledger.append(EntryKind.COMMAND, **fields)
    if record.exit_code != 0:
        session.evidence.append(entry.seq)


async def _docker(prepared: Prepared, judging: Judging) -> DockerSession | None:
    """Where the run's stacks stand; `None` when it may start none, no compose file is there, or no engine answers.

    Eight tools that could only say so would cost their schemas in every request.
    """
    folder = prepared.workspace.folder
    folders = (folder / prepared.known_good.project_root, folder)
    root = next((one for one in folders if StackSource(root=one).is_there), None)
    if root is None or not judging.preparation.options.brings_up_stack or not await engine_answers():
        return None
    expect_stacks(prepared.scratch)
    return DockerSession(
        root=root,
        runner=prepared.runner,
        # Not the stack's that is judged: that one is made, and removed, by the runtime alone.
        key=f"{judging.preparation.folder.run_id}/tools",
        ends_stacks=True,
        values=prepared.env,
        secrets=set(prepared.env.values()),
    )
