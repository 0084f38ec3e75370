# src/python_coder/agent/plan.py — what a model says in types: the plan, the report, the refusal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from python_coder.gates.context import ChangeKind
from python_coder.tools.combined.edit_forms import Edits


def _in_short(schema: dict[str, Any]) -> None:
    """A model may leave out what is not required; it need not know what stands for it then."""
    for told in schema["properties"].values():
        told.pop("default", None)


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_extra=_in_short)


class Plan(_Said):
    """The plan of the change, before anything is edited."""

    tool: ClassVar[str] = "submit_plan"
    kind: ChangeKind
    """`behaviour`: the service will do something new or different; `refactor`: it will not; `tests`: tests alone."""
    steps: Annotated[tuple[str, ...], Field(min_length=1)]
    """Small, in order, tests first."""
    scope: Annotated[tuple[str, ...], Field(min_length=1)]
    """Glob patterns, relative to the repository, of all paths that may change, tests too: `app/**`, `tests/a.py`. A
    change outside of it fails."""
    tests_first: tuple[str, ...] = ()
    """Tests to write first: paths or ids."""
    needs_migration: bool = False
    needs_docs: bool = False
    risk: str = ""
    """What could go wrong, in a sentence."""
    exact_calls: SkipJsonSchema[int | None] = None
    """Number of tool calls, where it is known beforehand; a plan over the budget is refused, not extended."""


class Refusal(_Said):
    """Refuse a task that cannot or should not be done; nothing may have been changed."""

    tool: ClassVar[str] = "submit_refusal"
    reason: str
    """Why, and what the user can do."""


class Report(_Said):
    """What was done, in your own words; what it says of tests and checks needs evidence in the ledger."""

    tool: ClassVar[str] = "submit_report"
    summary: str
    """What changed, in one or two sentences."""
    rationale: str
    """Why this way, and what was weighed against it."""
    followups: tuple[str, ...] = ()
    """Risks, how to back out, next improvements."""
    reflection: str = ""
    """What worked and what to improve, in a sentence; after a failed gate, the lesson."""


class Draft(Plan):
    """The plan of the change, before anything is edited; with the edits, made once it stands, when you can."""

    edits: Edits = []
    report: Report | None = None
    """With edits that should be all: taken when they hold, and judged by the gates."""

    @property
    def plan(self) -> Plan:
        """The plan alone."""
        return Plan.model_validate(self.model_dump(include=set(Plan.model_fields)))
