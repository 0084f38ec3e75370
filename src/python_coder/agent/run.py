# src/python_coder/agent/run.py — one run from task to contract
import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from python_coder.agent.approvals import Approvals, Asker, Nobody
from python_coder.agent.brief import BriefWriter, Message, task_alone
from python_coder.agent.definition_lookup import ChosenAgent, own_agent
from python_coder.agent.fence import Fence, machine_key, new_tag
from python_coder.agent.handover import Handover
from python_coder.agent.journal import Journal
from python_coder.agent.judging import Judging
from python_coder.agent.left_stacks import remove_left_stacks
from python_coder.agent.loop import Loop, NearWords, Outcome
from python_coder.agent.options import RunOptions
from python_coder.agent.plan_file import stopped_before, users_plan
from python_coder.agent.planner import RECIPE_TOOLS
from python_coder.agent.policy import Policy, repository_rules
from python_coder.agent.preparation import Preparation, Prepared
from python_coder.agent.progress import Progress
from python_coder.agent.run_end import Finished, RunEnd
from python_coder.agent.run_start import RunStart
from python_coder.agent.run_store import RunFolder, create
from python_coder.agent.session import Session
from python_coder.agent.session_start import start_session
from python_coder.agent.thinker import OFFLINE, Thinker
from python_coder.agent.toolbox import open_tools
from python_coder.errors import PythonCoderError, UsageError
from python_coder.evidence.canonical import text_at
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.evidence.redaction import Redactor
from python_coder.service_map.import_graph import NO_GRAPH, ImportGraph
from python_coder.settings import Settings
from python_coder.telemetry import OFF, Telemetry
from python_coder.tools.files import ProjectFiles
from python_coder.tools.serena.memory_store import FOLDER, MemoryStore
from python_coder.tools.table import Tool
from python_coder.workspace.env_file import read_env_file
from python_coder.workspace.project import find_project
from python_coder.workspace.worktree import Workspace


@dataclass(kw_only=True)
class Run:
    """One run on this machine. `execute` may be called again after a kill, on the same folder."""

    folder: RunFolder
    options: RunOptions
    settings: Settings
    thinker: Thinker
    progress: Progress
    asker: Asker = field(default_factory=Nobody)
    """Answers for the user where a call needs an approval."""
    workspace: Workspace | None = None
    session: Session | None = None
    judging: Judging | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the runtime reports of the repository's wishes."""

    telemetry: Telemetry = OFF

    async def execute(self) -> Finished:
        """Work until there is a contract. Every ending writes one, an interruption too.

        Raises:
            CancelledError: The run was interrupted; its contract says so, and `resume` goes on.
            UsageError: Another process is working on this run.
        """
        self.env = read_env_file(self.options.env_file)
        with Ledger.open(self.folder.ledger, redactor=Redactor(self.env.values())) as ledger:
            ledger.heard = lambda entry: self.telemetry.entry(entry.kind.value, entry.data)
            if ledger.entries:
                ledger.append(EntryKind.RESUMED, entries=len(ledger.entries))
            try:
                facts = {"gen_ai.agent.name": "python-coder", "python_coder.run.id": self.folder.run_id}
                with self.telemetry.span("python-coder run", **facts) as tell:
                    outcome = await self._work(ledger)
                    tell("python_coder.ended_because", outcome.ended_because)
            except PythonCoderError as error:
                contract = self._end.stop(ledger, error.code, str(error), is_refused=isinstance(error, UsageError))
                return Finished(contract=contract, folder=self.folder, exit_code=error.exit_code)
            except (asyncio.CancelledError, KeyboardInterrupt):
                told = f"Interrupted. Go on with `python-coder resume {self.folder.run_id}`."
                self._end.stop(ledger, "interrupted", told)
                raise
            return self._end.finish(ledger, outcome)

    async def _work(self, ledger: Ledger) -> Outcome:
        workspace = self.workspace = self._start.open_workspace(ledger)
        base = workspace.trees.folder(workspace.base_tree)
        # What can be refused at once is refused before anything is set up.
        find_project(base, hint=self.options.project or None)
        self.thinker.preflight(self.options.task, ProjectFiles(base))
        preparation = Preparation(
            options=self.options,
            settings=self.settings,
            folder=self.folder,
            ledger=ledger,
            progress=self.progress,
            env=self.env,
        )
        prepared = await preparation.prepare(workspace)
        await asyncio.to_thread(remove_left_stacks, self.folder, prepared.known_good.project_root)
        session, past = start_session(
            self.options,
            self.thinker,
            self.progress,
            ledger=ledger,
            journal=Journal(self.folder.messages),
            workspace=workspace,
        )
        session.fence = self._fence()
        rules, self.notes = repository_rules(ProjectFiles(base), prepared.project.root)
        session.approvals = Approvals(
            policy=Policy((*self.options.policy, *rules)), mode=self.options.approve, asker=self.asker
        )
        self.session = session
        judging = self.judging = Judging(prepared=prepared, preparation=preparation, session=session)
        async with open_tools(session, prepared, judging) as tools:
            every = {tool.name: tool for tool in tools}
            session.tools = self._open_tools(every)
            handover = Handover(
                tools=every,
                ledger=ledger,
                folder=workspace.folder,
                memories=MemoryStore(folder=workspace.repository / FOLDER),
            )
            session.hand_over, session.telemetry = handover.hand_over, self.telemetry
            await handover.boot()
            message, near_words = self._tell(prepared, session)
            loop = Loop(
                session=session,
                judge=judging.judge,
                instructions=self._agent.instructions(session.tools, has_memories=bool(handover.memories.names())),
                near_words=near_words,
                graph=NO_GRAPH if self.thinker.name == OFFLINE else ImportGraph.read(ProjectFiles(base)),
                thinking=self.options.thinking,
                given_plan=users_plan(self.folder, self.options.plan),
                stops_after_plan=self.options.stops_after_plan and not stopped_before(ledger),
                past=past,
            )
            outcome = await loop.run(message)
            is_proven = outcome.ended_because == "proven"
            await handover.hand_off(self.options.task, outcome.report, is_proven=is_proven)
            return outcome

    @property
    def _start(self) -> RunStart:
        return RunStart(
            folder=self.folder,
            options=self.options,
            agent=self._agent,
            model=self.thinker.name,
            env=self.env,
            progress=self.progress,
        )

    @property
    def _end(self) -> RunEnd:
        """The end from where the run is now."""
        return RunEnd(
            folder=self.folder,
            options=self.options,
            progress=self.progress,
            workspace=self.workspace,
            session=self.session,
            decision=self.judging.decision if self.judging else None,
        )

    @property
    def _agent(self) -> ChosenAgent:
        return self.options.agent or own_agent()

    def _open_tools(self, tools: Mapping[str, Tool]) -> dict[str, Tool]:
        """The tools that the agent definitions leave open."""
        left = self._agent.left_open(tools)
        if not left or (self.thinker.name == OFFLINE and not set(RECIPE_TOOLS) <= left.keys()):
            needed = " and ".join(RECIPE_TOOLS) if self.thinker.name == OFFLINE else "any tool"
            raise UsageError(f"The agent definition leaves no {needed}, so nothing can be done. Change its `tools`.")
        return left

    def _tell(self, prepared: Prepared, session: Session) -> tuple[Message, NearWords]:
        """The first message, and what tells of a plan's scope. Both are of the base revision, whatever is edited."""
        if self.thinker.name == OFFLINE:
            return task_alone(self.options.task), lambda _: ""
        writer = BriefWriter(
            files=ProjectFiles(prepared.workspace.trees.folder(prepared.workspace.base_tree)),
            known_good=prepared.known_good,
            baseline=prepared.baseline,
            memories=MemoryStore(folder=prepared.workspace.repository / FOLDER),
            definition=self._agent.repository,
            fence=session.fence,
            key=machine_key(self.settings.state_folder),
        )
        brief = writer.write(self.options.task, calls=self.options.budget)
        notes = (*self.notes, *self._agent.notes(session.tools), *brief.clashes)
        if not any(entry.kind is EntryKind.BRIEF for entry in session.ledger.entries):
            session.ledger.append(EntryKind.BRIEF, chars=brief.chars, sources=brief.sources, notes=notes)
        return brief.message, partial(writer.more_for, told=brief.sources)

    def _fence(self) -> Fence:
        """The marks around what tools answer: one tag for the whole run, which nothing outside of it knows."""
        state = self.folder.read_state()
        tag = text_at(state, "fence") or new_tag()
        self.folder.write_state({**state, "fence": tag})
        return Fence(tag)


def start_run(options: RunOptions, *, settings: Settings, thinker: Thinker, progress: Progress) -> Run:
    """Make the folder of a new run.

    Raises:
        EnvironmentLacksError: The folder cannot be written.
    """
    folder = create(settings, options.task, repository=options.repository)
    folder.write_state({"task": options.task, "options": options.model_dump(mode="json")})
    return Run(folder=folder, options=options, settings=settings, thinker=thinker, progress=progress)
