# src/python_coder/agent/stack.py — after the gates: the delivered tree's stack comes up, migrates, and goes down
import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from python_coder.agent.stack_folder import laid_out
from python_coder.agent.stack_trial import StackSeen, StackTrial
from python_coder.compose.cli import require_compose
from python_coder.compose.engine import Engine, find_engine
from python_coder.compose.source import StackSource
from python_coder.compose.stack import Stack
from python_coder.compose.taking_down import remove_entirely
from python_coder.errors import EnvironmentLacksError, ToolRefusedError
from python_coder.evidence.verdict import Finding, GateResult, Verdict
from python_coder.gates.table import Requirement
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.trees import TreeStore

STACK_GATE = "stack"
STACK_ROW = Requirement(level="if_possible", why="a stack can come up only where there is a Docker engine")
_WITHOUT = "leave the stack out with --no-stack"


@dataclass(kw_only=True)
class StackCheck:
    """Brings up the stack of a tree as a gate would judge it. What is broken on the base is no fault of a change."""

    trees: TreeStore
    base_tree: str
    project_root: str
    """Relative to the git root; a compose file there goes before one at the git root."""
    key: str
    """The run's id; it tells the stacks of runs apart."""
    place: Path
    """Where copies of trees are laid out."""
    runner: CommandRunner
    env: Mapping[str, str]
    """The user's variables for the project; they fill `${…}` in. Secret."""
    _seen: dict[str, StackSeen] = field(default_factory=dict)

    async def check(self, tree: str) -> GateResult:
        """Judge one tree. Everything that was made for it is removed before this returns, volumes included."""
        started = time.monotonic()
        result = await self._judged(tree)
        return replace(result, seconds=time.monotonic() - started)

    async def _judged(self, tree: str) -> GateResult:
        if not any(self._has_stack(one) for one in (tree, self.base_tree)):
            return GateResult(gate=STACK_GATE, verdict=Verdict.NOT_APPLICABLE, reason="there is no compose file")
        try:
            engine = await _reached()
            seen = await self._tried(tree, engine)
            base = seen if seen.is_sound else await self._tried(self.base_tree, engine)
        except (EnvironmentLacksError, ToolRefusedError) as error:
            return _not_run("no Docker engine with Compose serves here", f"{error} Or {_WITHOUT}")
        if seen.is_sound:
            return GateResult(
                gate=STACK_GATE, verdict=Verdict.PASSED, reason=seen.told, commands=seen.commands, facts=seen.facts
            )
        return _compared(seen, base)

    def _has_stack(self, tree: str) -> bool:
        return _root(self.trees.folder(tree), self.project_root) is not None

    async def _tried(self, tree: str, engine: Engine) -> StackSeen:
        if tree not in self._seen:
            self._seen[tree] = await self._try(tree, engine)
        return self._seen[tree]

    async def _try(self, tree: str, engine: Engine) -> StackSeen:
        with laid_out(self.trees, tree, self.place) as folder:
            root = _root(folder, self.project_root)
            if root is None:
                return StackSeen(is_there=False, told="there is no compose file")
            stack = Stack(
                source=StackSource(root=root, values=self.env),
                engine=engine,
                compose=require_compose(),
                runner=self.runner,
                key=self.key,
            )
            try:
                return await StackTrial(stack=stack, tree=tree, folder=folder).carry_out()
            finally:
                await engine.ask(functools.partial(remove_entirely, project=stack.project))


def stack_left_out() -> GateResult:
    """The result of a run with `--no-stack`."""
    return _not_run("it was left out with --no-stack", "run the task without --no-stack")


def _compared(seen: StackSeen, base: StackSeen) -> GateResult:
    """Blame the change only for what works without it."""
    if base.is_there and not base.is_sound:
        mend = f"mend the stack of the base revision, or {_WITHOUT}"
        return _not_run(f"the base revision's own stack does not come up either: {base.told}", mend, seen)
    if not base.is_there and not seen.is_there:
        return GateResult(gate=STACK_GATE, verdict=Verdict.NOT_APPLICABLE, reason=seen.told)
    if not base.is_there and seen.is_elsewhere:
        return _not_run(seen.told, f"make the image reachable from this machine, or {_WITHOUT}", seen)
    findings = seen.findings
    if not seen.is_there:
        message = (
            f"The base revision's stack comes up, and the change takes it away. If the task wants that, {_WITHOUT}."
        )
        findings = (Finding(rule="stack-removed", message=message),)
    return GateResult(
        gate=STACK_GATE,
        verdict=Verdict.FAILED,
        reason=f"{seen.told}; on the base revision {base.told if base.is_there else 'there is no stack'}",
        findings=findings,
        commands=seen.commands,
        facts=seen.facts,
    )


def _not_run(reason: str, mend: str, seen: StackSeen | None = None) -> GateResult:
    commands = seen.commands if seen else ()
    return GateResult(gate=STACK_GATE, verdict=Verdict.NOT_RUN, reason=reason, mend=mend, commands=commands)


def _root(folder: Path, project_root: str) -> Path | None:
    """The folder of the compose file in a tree."""
    return next((root for root in (folder / project_root, folder) if StackSource(root=root).is_there), None)


async def engine_answers() -> bool:
    """Whether a stack could come up here: an engine that answers, and a Compose CLI."""
    try:
        await _reached()
    except (EnvironmentLacksError, ToolRefusedError):
        return False
    return True


async def _reached() -> Engine:
    """An engine that answers.

    Raises:
        EnvironmentLacksError: There is none, or no Compose CLI.
    """
    require_compose()
    engine = find_engine()
    await engine.ask(lambda client: client.ping())
    return engine
