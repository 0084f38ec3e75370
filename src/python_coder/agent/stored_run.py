# src/python_coder/agent/stored_run.py — what is kept of a run from one start to the next
from collections.abc import Mapping

from pydantic import ValidationError

from python_coder.agent.options import RunOptions
from python_coder.agent.run_store import RunFolder
from python_coder.errors import NotUnderstoodError, RecipeRefusedError, UsageError
from python_coder.evidence.contract import read_contract

_FINAL = frozenset(
    {"proven", "gates_failed", "no_progress", "evidence_missing", "refused", "over_budget"}
    | {error.code for error in (UsageError, NotUnderstoodError, RecipeRefusedError)}
)
"""Endings that resuming would not change."""


def stored_options(folder: RunFolder) -> RunOptions:
    """What the user asked for when the run was started.

    Raises:
        UsageError: The run was killed before it began, or another version of python-coder wrote its options.
    """
    try:
        return RunOptions.model_validate(folder.read_state().get("options"))
    except ValidationError as error:
        message = (
            f"Run {folder.run_id} cannot go on: {folder.state} does not say what was asked for. Start the task anew."
        )
        raise UsageError(message) from error


def change_options(folder: RunFolder, given: Mapping[str, object]) -> RunOptions:
    """What the user asked for when the run was started, and since; kept for the next time.

    Raises:
        UsageError: As for `stored_options`.
    """
    options = stored_options(folder).model_copy(update=given)
    if given:
        folder.write_state({**folder.read_state(), "options": options.model_dump(mode="json")})
    return options


def is_finished(folder: RunFolder) -> bool:
    """Whether a run came to an end that resuming would not change."""
    if not folder.contract.exists():
        return False
    return read_contract(folder.contract).ended_because in _FINAL
