# src/python_coder/agent/judging.py — one round of verifying: the gates on the session's tree, on record
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from python_coder.agent.dependencies import Dependencies
from python_coder.agent.digest import failed_gates, reflection_digest
from python_coder.agent.loop import Judgement
from python_coder.agent.plan import Plan, Report
from python_coder.agent.preparation import Preparation, Prepared
from python_coder.agent.schema_call import record_schema
from python_coder.agent.session import Session
from python_coder.agent.stack import STACK_GATE, STACK_ROW, StackCheck, stack_left_out
from python_coder.errors import ToolRefusedError
from python_coder.evidence.claims import CLAIMS_GATE, judge_claims
from python_coder.evidence.facts import last, support_of
from python_coder.evidence.ledger import EntryKind
from python_coder.evidence.verdict import GateResult, Verdict
from python_coder.evidence.widened import widened_by
from python_coder.gates.context import GateContext, UserPolicy
from python_coder.gates.known_good import KnownGood
from python_coder.gates.runner import all_gates, prepare_context, run_gates
from python_coder.gates.table import Decision, decide, required
from python_coder.workspace.changes import Change


@dataclass(kw_only=True)
class Judging:
    """Judges a session's tree with gates that the model cannot reach. The last decision is the run's."""

    prepared: Prepared
    preparation: Preparation
    session: Session
    plan: Plan | None = None
    decision: Decision | None = None
    _results: dict[tuple[str, str], tuple[GateResult, ...]] = field(default_factory=dict)

    async def judge(self, plan: Plan, report: Report, round_number: int) -> Judgement:
        """Judge what the model reports as done."""
        session = self.session
        self.plan = plan
        change = session.workspace.change(session.tree)
        claims = self._judge_claims(report, change)
        session.progress.phase("verify", f"round {round_number}, {len(change.files)} files changed")
        if not change.files:
            self.decision = None
            return Judgement(is_proven=False, digest="Nothing was changed.")
        context = await self._context(change)
        results, rows = (*await self._all(context), claims), required(context)
        if decide(results, rows).status == "proven":
            results, rows = (*results, await self._stack()), {**rows, STACK_GATE: STACK_ROW}
        self.decision = decide(results, rows)
        is_proven = self.decision.status == "proven"
        digest = reflection_digest(results, change)
        return Judgement(is_proven=is_proven, digest=digest, failed=failed_gates(results))

    async def judge_now(self, names: Sequence[str]) -> Sequence[GateResult]:
        """The named gates, or all for none, on the present tree, asked for by a tool call."""
        context = await self.present()
        if not names:
            # When all is well, the verdict on the same tree is these very results.
            return await self._all(context)
        known = {gate.name: gate for gate in all_gates()}
        if unknown := [name for name in names if name not in known]:
            raise ToolRefusedError(f"There is no gate {', '.join(unknown)}. There are: {', '.join(known)}.")
        results = await run_gates(context, [known[name] for name in names])
        self._record(results)
        return results

    async def present(self) -> GateContext:
        """The present tree, laid out for gates and trials."""
        return await self._context(self.session.workspace.change(self.session.tree))

    async def _all(self, context: GateContext) -> tuple[GateResult, ...]:
        key = (self.session.tree, f"{context.kind} {context.scope} {context.widened}")
        if key not in self._results:
            results = tuple(await run_gates(context, all_gates(), on_result=self.session.progress.gate))
            self._record(results)
            if any(not result.is_acceptable for result in results):
                # A session that timed out on a busy machine may come out another way the next time.
                return results
            self._results[key] = results
        return self._results[key]

    async def _stack(self) -> GateResult:
        """The stack of the present tree; the gates have passed on it, which is quicker to find out."""
        session, options = self.session, self.preparation.options
        key = (session.tree, STACK_GATE)
        if key not in self._results:
            session.progress.phase("stack", "comes up and goes down" if options.brings_up_stack else "left out")
            result = await self._stacks.check(session.tree) if options.brings_up_stack else stack_left_out()
            session.progress.gate(result)
            self._results[key] = (result,)
            self._record([result])
        return self._results[key][0]

    @cached_property
    def _stacks(self) -> StackCheck:
        prepared, workspace = self.prepared, self.session.workspace
        return StackCheck(
            trees=workspace.trees,
            base_tree=workspace.base_tree,
            project_root=prepared.known_good.project_root,
            key=self.preparation.folder.run_id,
            place=prepared.scratch,
            runner=prepared.runner,
            env=prepared.env,
        )

    def _judge_claims(self, report: Report, change: Change) -> GateResult:
        """What the model says of checks counts only if it was seen before it was said, on exactly this tree."""
        session = self.session
        diff = "".join(file.patch for file in change.files)
        support = support_of(session.ledger.entries, session.tree, diff, len(change.files))
        texts = (report.summary, report.rationale, *report.followups, report.reflection)
        result = judge_claims(texts, support)
        if result.verdict is not Verdict.PASSED:
            session.progress.gate(result)
        self._record([result])
        return result

    def _record(self, results: Sequence[GateResult]) -> None:
        for result in results:
            told = {"python_coder.gate.name": result.gate, "python_coder.gate.verdict": result.verdict.value}
            self.session.telemetry.past_span(f"gate {result.gate}", result.seconds, **told)
            entry = self.session.ledger.append(EntryKind.GATE, **_fields(result), tree=self.session.tree)
            if result.verdict is Verdict.FAILED and result.gate != CLAIMS_GATE:
                self.session.evidence.append(entry.seq)
        record_schema(self.session.ledger, results, self.session.tree)

    async def _context(self, change: Change) -> GateContext:
        prepared, options = self.prepared, self.preparation.options
        plan = self.plan or self._recorded_plan()
        return await prepare_context(
            trees=self.session.workspace.trees,
            change=change,
            known_good=await self._known_good(change),
            baseline=prepared.baseline,
            runner=prepared.runner,
            scratch=prepared.scratch,
            policy=UserPolicy(
                may_change_tests=options.may_change_tests, may_migrate_unsafely=options.may_migrate_unsafely
            ),
            kind=plan.kind if plan else None,
            scope=plan.scope if plan else None,
            widened=tuple(one.path for one in widened_by(self.session.ledger.entries)),
            env=prepared.env,
            type_cache=self.preparation.settings.cache_folder,
        )

    def _recorded_plan(self) -> Plan | None:
        """The plan that is being carried out, before anything was reported as done."""
        data = last(self.session.ledger.entries, EntryKind.PLAN)
        fields = {name: value for name, value in data.items() if name in Plan.model_fields}
        return Plan.model_validate(fields) if fields else None

    async def _known_good(self, change: Change) -> KnownGood:
        prepared, preparation = self.prepared, self.preparation
        dependencies = Dependencies(
            base=prepared.project,
            make=partial(preparation.environment, builds=False),
            runner=prepared.runner,
            scratch=prepared.scratch,
            env=prepared.env,
        )
        folder = self.session.workspace.trees.folder(change.tree)
        return await dependencies.after(change, folder, prepared.known_good)


def _fields(result: GateResult) -> dict[str, object]:
    return {name: getattr(result, name) for name in GateResult.__dataclass_fields__}
