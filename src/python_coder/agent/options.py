# src/python_coder/agent/options.py — what the user asked of a run; kept in the run folder so that it can be resumed
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from python_coder.agent.approvals import ApprovalMode
from python_coder.agent.budget import DEFAULT_LIMIT
from python_coder.agent.definition_lookup import ChosenAgent
from python_coder.agent.plan import Plan
from python_coder.agent.policy import Rule
from python_coder.agent.thinking_mode import ThinkingMode
from python_coder.workspace.sandbox import SandboxMode

DeliverTo = Literal["branch", "patch"]


class RunOptions(BaseModel):
    """One run as it was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    repository: Path
    """Any folder inside the user's repository."""
    project: str = ""
    """Project root relative to the git root; empty to find it."""
    model: str = ""
    """Name of the thinker as `--model` takes it; empty to leave it to the environment."""
    escalates_to: str = ""
    """The stronger model's name, `never`, or empty for the rule."""
    thinking: ThinkingMode | None = None
    """How to think; `None` for the rule."""
    agent: ChosenAgent | None = None
    """The definitions to follow, as they were when the run was started; `None` for python-coder's own."""
    policy: tuple[Rule, ...] = ()
    """The user's rules for tool calls."""
    approve: ApprovalMode = "auto"
    stops_after_plan: bool = False
    plan: Plan | None = None
    """The user's plan, which is carried out without asking the model for one."""
    includes_dirty: bool = False
    deliver: DeliverTo = "branch"
    sandbox: SandboxMode = "auto"
    env_file: Path | None = None
    brings_up_stack: bool = True
    """Whether the Compose stack of the delivered tree has to come up."""
    relays: dict[int, Path] = {}
    """Loopback port inside the sandbox, to the Unix socket outside that answers on it."""
    budget: int = DEFAULT_LIMIT
    max_cost_usd: float | None = None
    max_tokens: int | None = None
    max_minutes: float | None = None
    """Caps; `None` for no cap."""
    may_change_tests: tuple[str, ...] = ()
    """Glob patterns of base test ids that may stop passing or vanish."""
    may_migrate_unsafely: tuple[str, ...] = ()
    """Glob patterns of `RULE:TABLE` that migrations may do though it loses data."""
