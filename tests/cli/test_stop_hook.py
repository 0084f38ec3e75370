# tests/cli/test_stop_hook.py — a client's agent is sent back for a failed gate, once, and never for anything else
from io import StringIO

import pytest

from python_coder.cli.stop_hook import GO_ON, SENT_BACK, SHOWN, stop_hook
from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import Finding, GateResult, Severity, Verdict
from python_coder.gates.check import CheckReport
from python_coder.gates.table import Decision

FINDING = Finding(rule="F401", message="unused", severity=Severity.BLOCKING, path="app/a.py", line=3)


def report(*verdicts: Verdict) -> CheckReport:
    results = tuple(
        GateResult(
            gate=f"gate-{number}",
            verdict=verdict,
            reason="seen",
            findings=(FINDING,) if verdict is Verdict.FAILED else (),
        )
        for number, verdict in enumerate(verdicts)
    )
    decision = Decision(status="unproven", not_judged=(), blocking=())
    return CheckReport(decision=decision, base="b", tree="t", changed_files=1, sandbox="bwrap", results=results)


CASES = {
    "failed": ((Verdict.PASSED, Verdict.FAILED), '{"stop_hook_active": false}', SENT_BACK),
    "failed-again": ((Verdict.FAILED,), '{"stop_hook_active": true}', SHOWN),
    "failed-and-told-nothing": ((Verdict.FAILED,), "", SENT_BACK),
    "passed": ((Verdict.PASSED, Verdict.NOT_APPLICABLE), "{}", GO_ON),
    "not-run": ((Verdict.NOT_RUN,), "{}", GO_ON),
    "nothing-changed": ((), "{}", GO_ON),
}


@pytest.mark.parametrize(("verdicts", "given", "code"), CASES.values(), ids=CASES)
def test_stop_hook(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verdicts: tuple[Verdict, ...],
    given: str,
    code: int,
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(given))
    assert stop_hook(lambda: report(*verdicts)) == code
    told = capsys.readouterr().err
    assert ("app/a.py:3: F401: unused" in told) == (code != GO_ON)


def test_what_cannot_be_judged_holds_nobody_up(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> CheckReport:
        raise EnvironmentLacksError("No sandbox.")

    assert stop_hook(broken) == SHOWN
    assert "No sandbox." in capsys.readouterr().err
