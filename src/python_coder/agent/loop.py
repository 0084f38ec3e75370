# src/python_coder/agent/loop.py — plan, act, observe, verify, reflect: the same for every model
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from pydantic import BaseModel
from pydantic_ai import Agent, AgentRunResult, InstrumentationSettings, ToolOutput
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.exceptions import AgentRunError, ModelAPIError
from pydantic_ai.messages import ModelMessage, ToolReturnPart
from pydantic_ai.usage import UsageLimits

from python_coder.agent.brief import Message, act_prompt, reflect_prompt
from python_coder.agent.digest import FailedGate
from python_coder.agent.drafting import NOT_USED, Drafted, make_edits
from python_coder.agent.escalating import escalate, note_effect
from python_coder.agent.faults import MOST_STUMBLES, stumble
from python_coder.agent.journal import Turn, as_json, messages_of
from python_coder.agent.plan import Draft, Plan, Refusal, Report
from python_coder.agent.plan_file import PLANNED, plan_told
from python_coder.agent.provider_words import provider_failure
from python_coder.agent.router import named_files
from python_coder.agent.session import Session, hooks
from python_coder.agent.shown_tools import toolset
from python_coder.agent.thinking_mode import ThinkingMode, thinking_for
from python_coder.agent.turns import add_turn_hooks
from python_coder.errors import ProviderError
from python_coder.evidence.canonical import Json, items_at, text_at
from python_coder.evidence.ledger import EntryKind
from python_coder.service_map.import_graph import NO_GRAPH, ImportGraph
from python_coder.telemetry import Telemetry
from python_coder.tools.combined.edit_forms import EDIT_FILES

MOST_ROUNDS = 3
"""Attempts at passing the gates: the first one and the reflections after it."""

# A model that goes on calling after its budget is told so each time; these bound how often.
_REQUESTS_PER_CALL = 3
_SPARE_REQUESTS = 10

_FRAMEWORKS_WORDS = "Final result processed."

NearWords = Callable[[Sequence[str]], str]

_Output = type[Plan] | type[Report] | type[Refusal]
_KINDS: dict[str, _Output] = {kind.__name__: kind for kind in (Plan, Draft, Refusal, Report)}
_MOST_HAND_BACKS = 20
"""A report is handed back for what its turn led to, which is no stumble; the requests of a phase bound how often."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What came out of one round of verifying."""

    is_proven: bool
    digest: str
    """What blocks, in a few lines, for the model."""
    failed: tuple[FailedGate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the loop ended."""

    ended_because: str
    """`proven`, `gates_failed`, `no_progress`, `refused`, `over_budget`, `planned`."""
    plan: Plan | None = None
    report: Report | None = None
    refusal: str = ""


def _spans(telemetry: Telemetry) -> Sequence[Instrumentation]:
    """Spans of model turns and tool calls by the GenAI conventions, without what was said unless it is asked for."""
    if telemetry.provider is None:
        return ()
    settings = InstrumentationSettings(
        tracer_provider=telemetry.provider,
        include_content=telemetry.has_content,
        include_model_request_parameters=telemetry.has_content,
    )
    return (Instrumentation(settings),)


def _judgement(data: Mapping[str, Json]) -> Judgement:
    failed = [item for item in items_at(data, "failed") if isinstance(item, dict)]
    return Judgement(
        is_proven=data.get("is_proven") is True,
        digest=text_at(data, "digest"),
        failed=tuple(FailedGate(gate=text_at(one, "gate"), path=text_at(one, "path")) for one in failed),
    )


def _no_words(scope: Sequence[str]) -> str:
    return ""


@dataclass
class Loop:
    """One task's way from plan to verdict. It never asks which model it has."""

    session: Session
    judge: Callable[[Plan, Report, int], Awaitable[Judgement]]
    """Runs the gates on the session's tree, for the plan, the report and the round."""
    instructions: str = ""
    """The system prompt."""
    near_words: NearWords = _no_words
    """What the folders of a plan's scope say to agents, for the message that starts the work."""
    graph: ImportGraph = NO_GRAPH
    """Of the base revision."""
    thinking: ThinkingMode | None = None
    """How the user wants it to think; `None` for the rule."""
    given_plan: Plan | None = None
    """The user's plan; `None` lets the model plan."""
    stops_after_plan: bool = False
    past: Sequence[Turn] = ()
    """Turns of the run that is resumed; none for a fresh one."""
    history: list[ModelMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the agent, and take the past in."""
        self.history = messages_of(self.past)
        self.session.recorded = len(self.history)
        around = hooks()
        add_turn_hooks(around)
        self._agent: Agent[Session, str] = Agent(
            self.session.router.thinker.model,
            deps_type=Session,
            name="python-coder",
            instructions=self.instructions,
            toolsets=[toolset(self.session.tools)],
            capabilities=[*_spans(self.session.telemetry), around],
            # Calls run in the order given, so those before a typed output have come out when it is taken.
            end_strategy="graceful",
            retries=MOST_STUMBLES,
        )

    async def run(self, first_prompt: Message) -> Outcome:
        """Plan, then act and verify until proven, refused or out of rounds.

        Raises:
            ProviderError: The model cannot be reached or its answers cannot be used.
        """
        async with AsyncExitStack() as clients:
            for thinker in self.session.router.thinkers:
                await clients.enter_async_context(thinker.model)
            return await self._run(first_prompt)

    async def _run(self, first_prompt: Message) -> Outcome:
        self.session.progress.phase("plan")
        plan = await self._plan(first_prompt)
        if isinstance(plan, Refusal):
            return Outcome(ended_because="refused", refusal=plan.reason)
        draft, plan = (plan, plan.plan) if isinstance(plan, Draft) else (None, plan)
        if self.stops_after_plan:
            return Outcome(ended_because=PLANNED, plan=plan)
        if plan.exact_calls is not None and plan.exact_calls > self.session.budget.limit:
            return Outcome(
                ended_because="over_budget", plan=plan, refusal=_over_budget(plan, self.session.budget.limit)
            )
        return await self._carry_out(plan, first_prompt, draft)

    async def _carry_out(self, plan: Plan, first_prompt: Message, draft: Draft | None) -> Outcome:
        packages = await self._settle_thinking(plan)
        drafted = await self._drafted(draft)
        left = self.session.budget.limit - self.session.budget.used
        wider = self.graph.around(packages) if self.session.router.mode == "contextual" else ""
        act = "\n\n".join(filter(None, (act_prompt(left, self.near_words(plan.scope), wider), drafted.told)))
        is_given = self.given_plan is not None
        prompt: Message = plan_told(plan, None if self.past else first_prompt, act) if is_given else act
        seen: tuple[str, str] | None = None
        last: Report | None = None
        for number in range(1, MOST_ROUNDS + 1):
            self.session.progress.phase("act", f"round {number}")
            report: BaseModel | None = self._taken(drafted) if number == 1 else None
            report = report or await self._ask(prompt, (Report, Refusal), phase="act", number=number)
            if isinstance(report, Refusal):
                return Outcome(ended_because="refused", plan=plan, refusal=report.reason)
            report = cast("Report", report)
            last = report
            judgement = self._judged_before(number) or await self._judge(plan, report, number)
            if judgement.is_proven:
                return Outcome(ended_because="proven", plan=plan, report=report)
            now = (self.session.tree, judgement.digest)
            if now == seen:
                return Outcome(ended_because="no_progress", plan=plan, report=report)
            seen = now
            escalation = self.session.router.after_gates(judgement.failed, plan)
            if escalation is not None and number < MOST_ROUNDS:
                await escalate(self.session, escalation, judgement.failed)
            left = self.session.budget.limit - self.session.budget.used
            prompt = reflect_prompt(judgement.digest, number, MOST_ROUNDS, left)
        return Outcome(ended_because="gates_failed", plan=plan, report=last)

    async def _plan(self, first_prompt: Message) -> Plan | Refusal:
        """The user's plan, where there is one; else the model is asked for one."""
        if self.given_plan is None:
            # A plan that a person shall see first is a plan alone.
            may_draft = EDIT_FILES in self.session.tools and not self.stops_after_plan
            said = await self._ask(first_prompt, (Draft if may_draft else Plan, Refusal), phase="plan", number=0)
            return cast("Plan | Refusal", said)
        data = self.given_plan.model_dump(mode="json")
        plans = [entry.data for entry in self.session.ledger.entries if entry.kind is EntryKind.PLAN]
        if not plans or any(plans[-1].get(name) != value for name, value in data.items()):
            self.session.ledger.append(EntryKind.PLAN, round=0, tree=self.session.tree, by="user", **data)
        return self.given_plan

    async def _settle_thinking(self, plan: Plan) -> tuple[str, ...]:
        """Choose how to think while the plan is carried out, and which model. Returns the packages that it spans."""
        session = self.session
        packages = self.graph.packages_of(named_files(plan))
        session.router.mode = thinking_for(plan, packages, asked=self.thinking)
        if not any(entry.kind is EntryKind.THINKING for entry in session.ledger.entries):
            session.ledger.append(EntryKind.THINKING, mode=session.router.mode, packages=packages)
        escalation = session.router.after_plan(packages)
        if escalation is not None:
            await escalate(session, escalation)
        return packages

    async def _drafted(self, draft: Draft | None) -> Drafted:
        """What became of the edits that came with the plan; they are made once, and by the model that gave them."""
        if draft is None or any(turn.phase == "act" for turn in self.past):
            return Drafted(told="")
        kinds = [entry.kind for entry in self.session.ledger.entries]
        if EntryKind.ESCALATION in kinds[kinds.index(EntryKind.PLAN) :]:
            return Drafted(told=NOT_USED if draft.edits else "")
        self.session.phase, self.session.round = "act", 1
        return await make_edits(self.session, draft)

    def _taken(self, drafted: Drafted) -> Report | None:
        """The report that came with the plan, which closes the first round as any other does."""
        if drafted.report:
            self._close(drafted.report)
        return drafted.report

    async def _judge(self, plan: Plan, report: Report, number: int) -> Judgement:
        judgement = await self.judge(plan, report, number)
        self.session.ledger.append(
            EntryKind.REFLECTION,
            round=number,
            is_proven=judgement.is_proven,
            digest=judgement.digest,
            lesson=report.reflection,
            failed=[asdict(one) for one in judgement.failed],
        )
        note_effect(self.session, judgement.failed, is_proven=judgement.is_proven)
        return judgement

    def _judged_before(self, number: int) -> Judgement | None:
        """What came out of a round that a killed run had gone on from; its tree is not the present one any more."""
        if not any(turn.round > number for turn in self.past):
            return None
        entries = self.session.ledger.entries
        found = next((e for e in entries if e.kind is EntryKind.REFLECTION and e.data.get("round") == number), None)
        return _judgement(found.data) if found else None

    async def _ask(self, prompt: Message, kinds: tuple[_Output, ...], *, phase: str, number: int) -> BaseModel:
        """One phase with the model; a phase that the past closed already is not asked again."""
        self.session.phase, self.session.round = ("plan" if phase == "plan" else "act"), number
        turns = [turn for turn in self.past if (turn.phase, turn.round) == (phase, number)]
        for turn in turns:
            if turn.output is not None:
                closed = _KINDS[turn.output_kind].model_validate(turn.output)
                self._record(closed)
                return closed
        result = await self._go_on(None if turns else prompt, kinds)
        output: BaseModel = result.output
        self.history = result.all_messages()
        _say_recorded(self.history[-1])
        self._close(output)
        return output

    async def _go_on(self, prompt: Message | None, kinds: tuple[_Output, ...]) -> AgentRunResult[Any]:
        """Ask until there is a typed output."""
        try:
            # A history that ends in open tool calls is gone on with: they run, then the model is asked again.
            return await self._agent.run(
                prompt if prompt is not None else stumble(self.history) or None,
                # As tools, because that is the one form of typed output that every model takes.
                output_type=[
                    ToolOutput(kind, name=kind.tool, max_retries=_MOST_HAND_BACKS if kind is Report else None)
                    for kind in kinds
                ],
                message_history=self.history or None,
                deps=self.session,
                usage_limits=UsageLimits(
                    request_limit=_REQUESTS_PER_CALL * self.session.budget.limit + _SPARE_REQUESTS
                ),
            )
        except ModelAPIError as error:
            raise ProviderError(provider_failure(error, self.session.router.thinker.name)) from error
        except AgentRunError as error:
            raise ProviderError(
                f"The model's answers cannot be used: {error}. Resume the run, or use another model."
            ) from error

    def _close(self, output: BaseModel) -> None:
        """Journal the typed output that ends a phase."""
        session = self.session
        kind = type(output).__name__
        session.journal.append(
            Turn(
                phase=session.phase,
                round=session.round,
                tree=session.tree,
                used=session.budget.used,
                limit=session.budget.limit,
                causes=tuple(session.budget.causes),
                messages=as_json(self.history[session.recorded :]),
                output=output.model_dump(mode="json"),
                output_kind=kind,
            )
        )
        session.recorded = len(self.history)
        self._record(output)

    def _record(self, output: BaseModel) -> None:
        """Put a typed output on record, unless it is; a kill can come between journal and ledger."""
        ledger, number = self.session.ledger, self.session.round
        # Edits that came with a plan are on record as the call that they are.
        said = output.plan if isinstance(output, Draft) else output
        kind = {Plan: EntryKind.PLAN, Report: EntryKind.CLAIM}.get(type(said))
        is_there = any(entry.kind is kind and entry.data.get("round") == number for entry in ledger.entries)
        if kind is not None and not is_there:
            ledger.append(kind, round=number, tree=self.session.tree, **said.model_dump(mode="json"))


def _say_recorded(message: ModelMessage) -> None:
    """In place of the framework's words, which sound as if all were over."""
    for part in message.parts:
        if isinstance(part, ToolReturnPart) and part.content == _FRAMEWORKS_WORDS:
            part.content = "Recorded."


def _over_budget(plan: Plan, limit: int) -> str:
    return (
        f"The plan needs {plan.exact_calls} tool calls and the budget is {limit}. "
        "Split the task, or give a larger budget with --budget."
    )
