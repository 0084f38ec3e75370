# src/python_coder/agent/plan.py — what a model says in types: the plan, the report, the refusal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from python_coder.gates.context import ChangeKind


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Plan(_Said):
    """The plan of a change, said before anything is edited."""

    kind: ChangeKind
    """`behaviour` when the service will do something new or different, `refactor` when not, `tests` for tests alone."""
    steps: Annotated[tuple[str, ...], Field(min_length=1)]
    """Small steps in order, tests first."""
    scope: Annotated[tuple[str, ...], Field(min_length=1)]
    """Glob patterns of every path that may change, tests among them, such as `app/**` or `tests/a.py`. It stays as it
    is: a change outside of it fails. Paths are relative to the repository."""
    tests_first: tuple[str, ...] = ()
    """Tests to write first, as paths or ids."""
    needs_migration: bool = False
    needs_docs: bool = False
    risk: str = ""
    """What could go wrong, in one sentence."""
    exact_calls: int | None = None
    """Number of tool calls, if it is known beforehand; a plan over the budget is refused, not extended."""


class Refusal(_Said):
    """The task will not be done. Nothing may have been changed."""

    reason: str
    """Why not, and what the user can do, in one or two sentences."""


class Report(_Said):
    """What was done, in the model's own words. Statements about tests or checks need evidence in the ledger."""

    summary: str
    """What changed, in one or two sentences."""
    rationale: str
    """Why this way, and what was weighed against it."""
    followups: tuple[str, ...] = ()
    """Risks, how to back out, next improvements."""
    reflection: str = ""
    """What worked and what to improve, in one sentence; after a failed gate, the lesson."""


def output_tool(kind: type[BaseModel]) -> str:
    """Name of the tool by which a model hands in a typed output: `submit_plan`, `submit_report`, `submit_refusal`."""
    return f"submit_{kind.__name__.lower()}"
