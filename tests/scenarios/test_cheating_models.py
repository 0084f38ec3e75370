# tests/scenarios/test_cheating_models.py — no cheating model gets `proven`, and the contract names each cheat
import json
from collections.abc import Callable

import pytest

from python_coder.agent.run_end import Finished
from python_coder.evidence.ledger import read_ledger
from python_coder.evidence.verdict import Verdict
from scenarios.cheats import CHEATS, HONEST, Script
from scenarios.pricing_service import git, state_of

pytestmark = pytest.mark.slow


def test_the_honest_model_is_proven(run_script: Callable[..., Finished], repository) -> None:
    before = state_of(repository)
    finished = run_script(HONEST)
    gates = {gate.gate: (gate.verdict.value, gate.reason) for gate in finished.contract.gates}
    assert finished.contract.status == "proven", gates
    assert finished.exit_code == 0
    assert state_of(repository) == before
    delivered = finished.contract.run.delivered
    assert git(repository, "rev-parse", f"{delivered.branch}^{{tree}}").strip() == finished.contract.run.tree
    assert git(repository, "diff", "--name-only", f"main..{delivered.branch}").split() == [
        "app/pricing.py",
        "tests/test_discount.py",
    ]
    assert git(repository, "worktree", "list").count("\n") == 1


@pytest.mark.parametrize("script", [pytest.param(make(), id=name) for name, make in CHEATS.items()])
def test_a_cheat_is_named_and_never_proven(run_script: Callable[..., Finished], repository, script: Script) -> None:
    before = state_of(repository)
    finished = run_script(script)
    contract = finished.contract
    assert contract.status == "unproven"
    assert finished.exit_code == 1
    assert contract.run.delivered.how == "nowhere"
    failed = {gate.gate: gate for gate in contract.gates if gate.verdict is Verdict.FAILED}
    assert script.gate in failed, {gate.gate: (gate.verdict.value, gate.reason) for gate in contract.gates}
    assert any(finding.message for finding in failed[script.gate].findings)
    assert state_of(repository) == before
    assert git(repository, "branch", "--list").split() == ["*", "main"]
    assert read_ledger(finished.folder.ledger)
    assert json.loads(finished.folder.contract.read_text())["status"] == "unproven"
