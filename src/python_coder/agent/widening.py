# src/python_coder/agent/widening.py — the tool by which a model has a plan's scope widened, on the runtime's own rule
from collections.abc import Sequence

from python_coder.agent.session import Session
from python_coder.evidence.canonical import texts_at
from python_coder.evidence.facts import last
from python_coder.evidence.ledger import EntryKind
from python_coder.evidence.widened import widened_by
from python_coder.gates.known_good import KnownGood
from python_coder.gates.scope_rule import WIDEN_TOOL, ScopeRule, WeighedPath, in_scope
from python_coder.tools.table import Tool


def widening_tools(session: Session, known_good: KnownGood) -> tuple[Tool, ...]:
    """The tool that adds files to the scope of the plan that is being carried out."""

    async def widen_scope(paths: list[str], reason: str) -> str:
        """Add files to your plan's scope, where the task turns out to need them. It costs no call.

        Granted are tests, documents, a planned migration's files, and modules that import a planned module or that it
        imports. Never what configures a gate.

        Args:
            paths: Single files, no patterns.
            reason: Why the task needs them; it stands in the contract.
        """
        if not reason.strip():
            return "Refused: say in `reason` why the task needs these files; it stands in the contract."
        return _widen(session, known_good, list(dict.fromkeys(paths)), reason.strip())

    return (Tool(name=WIDEN_TOOL, function=widen_scope, effect="reads", is_free=True),)


def _widen(session: Session, known_good: KnownGood, paths: Sequence[str], reason: str) -> str:
    ledger = session.ledger
    plan = last(ledger.entries, EntryKind.PLAN)
    if not plan:
        return "Refused: there is no plan yet. Name these files in the scope of your plan."
    before, scope = [one.path for one in widened_by(ledger.entries)], texts_at(plan, "scope")
    rule = ScopeRule(
        trees=session.workspace.trees,
        base_tree=session.workspace.base_tree,
        known_good=known_good,
        scope=scope,
        has_migration=plan.get("needs_migration") is True,
    )
    fresh = [path for path in paths if path not in before and not in_scope(path, scope)]
    weighed = rule.weigh(fresh, before)
    if granted := [one for one in weighed if one.sort]:
        files = [{"path": one.path, "sort": one.sort} for one in granted]
        ledger.append(EntryKind.SCOPE_WIDENED, files=files, reason=reason, tree=session.tree)
    return "\n".join([*_is_inside(paths, fresh), *(_told(one) for one in weighed)])


def _is_inside(paths: Sequence[str], fresh: Sequence[str]) -> list[str]:
    return [f"{path}: in scope already" for path in paths if path not in fresh]


def _told(one: WeighedPath) -> str:
    return f"{one.path}: added as a {one.sort}" if one.sort else f"{one.path}: refused, {one.refusal}"
