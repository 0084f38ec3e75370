# src/python_coder/gates/known_good_bench.py — a copy of the base tree on which the known-good start tries things
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_coder.evidence.verdict import CommandRecord
from python_coder.workspace import probes
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand, record
from python_coder.workspace.environment import Probe, ProjectEnvironment, process_env
from python_coder.workspace.project import Project

_COLLECT = Path(probes.__file__).with_name("collect_tests.py")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """One attempt to collect the tests."""

    completed: CompletedCommand
    count: int | None
    """Tests that were collected; `None` when pytest did not get that far."""


@dataclass(frozen=True, kw_only=True)
class TrialBench:
    """Runs the project's interpreter on a writable copy of the tree, and keeps what was seen of it."""

    project: Project
    environment: ProjectEnvironment
    runner: CommandRunner
    folder: Path
    """Scratch folder of this trial; holds the copy in `tree`."""
    names: Mapping[Path, str]
    commands: list[CommandRecord] = field(default_factory=list)

    @classmethod
    def lay_out(
        cls,
        project: Project,
        environment: ProjectEnvironment,
        tree_folder: Path,
        *,
        runner: CommandRunner,
        folder: Path,
    ) -> "TrialBench":
        """Copy the tree: importing a service may write logs or a database beside its code."""
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(tree_folder, folder / "tree", symlinks=True, ignore=shutil.ignore_patterns(".git"))
        names = {folder / "tree": "tree", environment.folder: "env", folder: "scratch"}
        names |= {Path(sys.prefix): "tools", Path(sys.base_prefix): "tools", Path(__file__).parents[1]: "tools"}
        return cls(project=project, environment=environment, runner=runner, folder=folder, names=names)

    @property
    def root(self) -> Path:
        """The project's folder in the copy."""
        return self.project.folder(self.folder / "tree")

    async def run(self, command: Command) -> CompletedCommand:
        """Run one command and keep its record."""
        completed = await self.runner.run(command)
        self.commands.append(record(completed, tree="", names=self.names))
        return completed

    def command(self, env: Mapping[str, str], import_roots: Sequence[str], timeout_seconds: float) -> Command:
        """A process of the project's interpreter in the project's folder, its words still to come."""
        environment = self.environment
        places = {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp")}
        block = process_env(
            environment.folder,
            self.root,
            import_roots,
            overlay=environment.overlay,
            bytecode=environment.bytecode,
            env={**env, **places},
        )
        return Command(
            argv=(str(environment.python),),
            cwd=self.root,
            env=block,
            readable=(environment.folder,),
            writable=(self.folder,),
            timeout_seconds=timeout_seconds,
        )

    async def ask(self, question: Mapping[str, Sequence[str]], env: Mapping[str, str]) -> Probe:
        """Put one question to the project's interpreter."""
        probe = await Probe.ask(self.command(env, self.project.import_roots, 120), question, self.runner)
        self.commands.append(record(probe.completed, tree="", names=self.names))
        return probe

    async def collect(self, *options: str, env: Mapping[str, str], import_roots: Sequence[str]) -> Collected:
        """Let the project's own pytest collect."""
        count = self.folder / "tmp" / "collected"
        count.unlink(missing_ok=True)
        command = self.command(env, import_roots, 300)
        argv = (*command.argv, str(_COLLECT), str(count), "--collect-only", "-q", "-p", "no:cacheprovider", *options)
        completed = await self.run(replace(command, argv=argv, readable=(*command.readable, _COLLECT.parent)))
        text = count.read_text() if count.is_file() else ""
        return Collected(completed=completed, count=int(text) if text.isdecimal() else None)
