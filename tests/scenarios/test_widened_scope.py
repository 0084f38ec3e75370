# tests/scenarios/test_widened_scope.py — a plan that was too narrow is widened, and whoever verifies sees it
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from python_coder.agent.run_end import Finished
from python_coder.evidence.ledger import EntryKind, read_ledger
from scenarios.cheats import HONEST, Script
from scenarios.conftest import Coder
from scenarios.scripted_server import Say, call

pytestmark = pytest.mark.slow

NARROW = replace(HONEST, scope=("app/pricing.py",))
ASK = call("mcp__coder__widen_scope", paths=["tests/test_discount.py"], reason="The new function needs a test.")


@dataclass(frozen=True)
class Late(Script):
    """Asks for a wider scope once the scope gate has told it how."""

    def answer(self, body: dict[str, Any], number: int) -> Say:
        told = json.dumps(body["messages"])
        is_told, has_asked = "mcp__coder__widen_scope" in told, "needs a test." in told
        return Say([ASK]) if is_told and not has_asked else super().answer(body, number)


def test_a_narrow_plan_is_widened_and_verified(run_script: Callable[[Script], Finished], coder: Coder) -> None:
    finished = run_script(Late(**{name: getattr(NARROW, name) for name in Script.__dataclass_fields__}))
    contract = finished.contract
    assert contract.status == "proven", contract.summary
    assert [(one.path, one.sort) for one in contract.run.widened] == [("tests/test_discount.py", "test")]
    assert contract.run.budget.used == 2
    failed = [
        entry.data["gate"]
        for entry in read_ledger(finished.folder.ledger)
        if entry.kind is EntryKind.GATE and entry.data["verdict"] == "failed"
    ]
    assert failed == ["scope"]
    verified = coder("verify", finished.folder.contract)
    assert verified.returncode == 0, verified.stdout
