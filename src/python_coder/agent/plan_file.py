# src/python_coder/agent/plan_file.py — a plan that a person can read, edit and hand back
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_ai.messages import UserContent

from python_coder.agent.brief import Message
from python_coder.agent.plan import Plan
from python_coder.agent.run_store import RunFolder
from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.evidence.ledger import EntryKind, Ledger

PLAN_FILE = "plan.json"
PLANNED = "planned"
"""How a run ends that was asked for its plan alone; `resume` carries the plan out."""


def read_plan(path: Path) -> Plan:
    """The plan in a file.

    Raises:
        UsageError: The file is not there, or is no plan; names the key.
    """
    try:
        return Plan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"The plan {path} cannot be read: {error.strerror}. `run --plan` writes one.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"])) or "the document"
        raise UsageError(f"The plan {path} is wrong at {key}: {first['msg']}.") from error


def keep_plan(folder: RunFolder, plan: Plan) -> Path:
    """Write the plan of a run where it can be edited.

    Raises:
        EnvironmentLacksError: It cannot be written.
    """
    path = folder.folder / PLAN_FILE
    try:
        path.write_text(json.dumps(plan.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise EnvironmentLacksError(f"The plan cannot be written ({path}: {error.strerror}).") from error
    return path


def users_plan(folder: RunFolder, given: Plan | None) -> Plan | None:
    """The plan that the user gives: the run's own as it was edited, else the one that came with the options.

    Raises:
        UsageError: The edited file is no plan.
    """
    path = folder.folder / PLAN_FILE
    return read_plan(path) if path.exists() else given


def stopped_before(ledger: Ledger) -> bool:
    """Whether the run has stopped for its plan once, so that it goes on now."""
    ended = (entry for entry in ledger.entries if entry.kind is EntryKind.ENDED)
    return any(entry.data.get("ended_because") == PLANNED for entry in ended)


def plan_told(plan: Plan, brief: Message | None, prompt: str) -> Message:
    """The message that starts the work on a plan which the user gave.

    Args:
        plan: The user's.
        brief: The first message, when the model has not had it yet.
        prompt: What it is told to do next.
    """
    told = f"The user gave this plan. It stands in place of any other:\n{plan.model_dump_json(indent=2)}\n\n{prompt}"
    if brief is None:
        return told
    parts: Sequence[UserContent] = [brief] if isinstance(brief, str) else brief
    return [*parts, told]
