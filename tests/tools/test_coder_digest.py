# tests/tools/test_coder_digest.py — what a model is told of gates that it ran
from python_coder.evidence.verdict import Finding, GateResult, Verdict
from python_coder.tools.coder import digest_of


def test_tells_each_finding_once() -> None:
    first = Finding(path="app/a.py", line=28, rule="B904", message="raise from")
    second = Finding(path="app/b.py", line=3, rule="F401", message="unused")
    result = GateResult(
        gate="ruff-check",
        verdict=Verdict.FAILED,
        reason="app/a.py:28: B904: raise from (2 findings)",
        findings=(first, second),
    )
    told = digest_of([result])
    assert told.count("app/a.py:28: B904") == 1
    assert told.endswith("ruff-check: app/b.py:3: F401: unused")
