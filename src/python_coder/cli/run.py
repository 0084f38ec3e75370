# src/python_coder/cli/run.py — `python-coder run`
import os
from pathlib import Path
from typing import Annotated

import typer

from python_coder.agent.budget import DEFAULT_LIMIT
from python_coder.agent.options import DeliverTo, RunOptions
from python_coder.agent.plan_file import read_plan
from python_coder.agent.replay import PREFIX
from python_coder.agent.run import start_run
from python_coder.agent.thinker import choose_thinker
from python_coder.cli.agents import model_asked, read_agent
from python_coder.cli.console import plain_console
from python_coder.cli.execute import execute
from python_coder.cli.options import (
    ConnectOption,
    EnvFileOption,
    NoSandboxOption,
    ProjectOption,
    RepoOption,
    SandboxOption,
)
from python_coder.cli.policy import ApproveOption, PolicyOption, TerminalAsker, read_policy
from python_coder.cli.progress import TerminalProgress
from python_coder.cli.relays import read_relays
from python_coder.cli.thinking_options import (
    EscalateOption,
    MaxCostOption,
    MaxMinutesOption,
    MaxTokensOption,
    ModelOption,
    ReplayOption,
    ThinkingOption,
)
from python_coder.errors import UsageError
from python_coder.settings import Settings
from python_coder.workspace.env_file import read_env_file


def run_command(
    task: Annotated[str, typer.Argument(help="The task in words, in quotes.")],
    repo: RepoOption = Path(),
    project: ProjectOption = "",
    model: ModelOption = "",
    replay: ReplayOption = None,
    escalate_to: EscalateOption = "",
    thinking: ThinkingOption = None,
    agent: Annotated[
        str, typer.Option(help="Agent definition: a Markdown file with frontmatter, or a name; see docs/agents.md.")
    ] = "",
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Stop after the plan and show it; resume carries it out, edited or not.")
    ] = False,
    plan_file: Annotated[
        Path | None, typer.Option(help="Carry out this plan, as --plan wrote it or as edited.")
    ] = None,
    policy: PolicyOption = None,
    approve: ApproveOption = "auto",
    include_dirty: Annotated[bool, typer.Option("--include-dirty", help="Start from uncommitted changes too.")] = False,
    deliver: Annotated[DeliverTo, typer.Option(help="A branch python-coder/<slug>, or a patch file.")] = "branch",
    sandbox: SandboxOption = "auto",
    no_sandbox: NoSandboxOption = False,
    env_file: EnvFileOption = None,
    no_stack: Annotated[
        bool, typer.Option("--no-stack", help="Do not bring the Compose stack up; it is said.")
    ] = False,
    connect: ConnectOption = None,
    budget: Annotated[int, typer.Option(min=1, help="Tool calls before evidence is needed for more.")] = DEFAULT_LIMIT,
    max_cost: MaxCostOption = None,
    max_tokens: MaxTokensOption = None,
    max_minutes: MaxMinutesOption = None,
    may_change_test: Annotated[
        list[str] | None, typer.Option(help="Glob of existing test ids that this task may change or remove.")
    ] = None,
    allow_unsafe_migration: Annotated[
        list[str] | None,
        typer.Option(help="Glob of RULE:TABLE that migrations may do though it loses data: 'ban-drop-column:items'."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the contract alone on standard output.")] = False,
) -> None:
    """Turn a task in words into a proven change of a repository.

    Exit codes: 0 proven, 1 finished but unproven, 2 bad usage or not understood, 3 the environment lacks something,
    4 the model provider failed, 130 interrupted.
    """
    if not task.strip():
        raise UsageError('The task is empty. Say what to change: python-coder run "Add field weight: float to Product"')
    # What cannot be read is told before there is a run.
    read_env_file(env_file)
    settings = Settings.from_environment()
    chosen = read_agent(agent, repo, settings)
    if replay and model:
        raise UsageError("--replay plays a recording instead of a model. Leave --model out.")
    model = f"{PREFIX}{replay.absolute()}" if replay else model_asked(model, chosen, os.environ)
    options = RunOptions(
        task=task,
        agent=chosen,
        policy=read_policy(policy, repo, settings),
        approve=approve,
        stops_after_plan=only_plan,
        plan=read_plan(plan_file) if plan_file else None,
        repository=repo.absolute(),
        project=project,
        model=model,
        escalates_to=escalate_to,
        thinking=thinking,
        max_cost_usd=max_cost,
        max_tokens=max_tokens,
        max_minutes=max_minutes,
        includes_dirty=include_dirty,
        deliver=deliver,
        sandbox="none" if no_sandbox else sandbox,
        env_file=env_file.absolute() if env_file else None,
        brings_up_stack=not no_stack,
        relays=read_relays(connect),
        budget=budget,
        may_change_tests=tuple(may_change_test or ()),
        may_migrate_unsafely=tuple(allow_unsafe_migration or ()),
    )
    thinker = choose_thinker(model or None, os.environ, escalates_to=escalate_to)
    console = plain_console(is_stderr=True)
    progress = TerminalProgress(console)
    run = start_run(options, settings=settings, thinker=thinker, progress=progress)
    run.asker = TerminalAsker(console, progress)
    execute(run, progress, as_json=as_json)
