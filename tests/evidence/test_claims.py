# tests/evidence/test_claims.py — sentences that stand and sentences that are struck
import pytest

from python_coder.evidence.claims import judge_claims, strike
from python_coder.evidence.support import Support
from python_coder.evidence.verdict import CommandRecord, GateResult, Severity, Verdict

DIFF = """diff --git a/app/items.py b/app/items.py
--- a/app/items.py
+++ b/app/items.py
@@ -1,2 +1,2 @@
-old = 1
+new = 2
diff --git a/tests/test_items.py b/tests/test_items.py
--- a/tests/test_items.py
+++ b/tests/test_items.py
@@ -0,0 +1,2 @@
+def test_one() -> None: ...
+async def test_two() -> None: ...
"""


def gate(name: str, verdict: Verdict = Verdict.PASSED, reason: str = "fine", **facts: float) -> GateResult:
    return GateResult(gate=name, verdict=verdict, reason=reason, facts=dict(facts))


PROVEN = Support(
    tree="a" * 40,
    gates=(
        gate("bandit"),
        gate("banner"),
        gate("base-tests"),
        gate("changed-coverage", reason="97.4% covered", covered=0.974),
        gate("docstrings"),
        gate("judge-untouched"),
        gate("migration", Verdict.NOT_APPLICABLE, "no model changed"),
        gate("mypy", reason="no new errors"),
        gate("tests", reason="57 tests passed", passed=57, failed=0, skipped=1),
        gate("ruff-check"),
        gate("ruff-format"),
    ),
    commands=(CommandRecord(argv=("pytest", "-q"), exit_code=0, seconds=1.0, output_digest="d", tree="a" * 40),),
    outputs=("collected 57 items\n57 passed in 1.23s\n",),
    baseline={"passed": 55, "failed": 2},
    diff=DIFF,
    files_changed=2,
)
NOTHING = Support()
FAILED = Support(
    gates=(
        gate("tests", Verdict.FAILED, "2 tests failed", passed=55, failed=2),
        gate("mypy", Verdict.NOT_RUN, "mypy is not installed"),
        gate("ruff-check"),
    ),
    files_changed=3,
)

CLAIMS = (
    "All tests pass.",
    "all tests pass",
    "All tests are passing.",
    "The whole test suite passes on the new tree.",
    "57 tests green.",
    "All 57 tests pass.",
    "57/57 tests pass.",
    "pytest: 57 passed.",
    "mypy is clean.",
    "mypy --strict reports no errors.",
    "Ruff and mypy are both green.",
    "Lint passes.",
    "I ran the suite.",
    "I ran the full test suite and everything is green.",
    "The tests were run after the last edit.",
    "Everything passes.",
    "All checks pass ✅",
    "All gates are green.",
    "Tests: ✅",
    "- [x] Tests pass",
    "| pytest | ✅ |",
    "**All** tests *pass*.",
    "## All tests pass",
    "> All tests pass",
    "1. mypy: clean",
    "No test fails.",
    "None of the tests fail.",
    "There are zero failures in the test suite.",
    "Nothing in the suite broke.",
    "The change did not break any tests.",
    "Tests should pass now.",
    "I did not touch the models, and all tests pass.",
    "Not only do the tests pass, mypy is clean too.",
    "There is no doubt that all tests pass.",
    "The formatter is happy: ruff format is clean.",
    "bandit found no issues.",
    "Every test succeeded.",
    "The suite exits with 0.",
    "All t\u0435sts p\u0430ss.",
    "All te\u200bsts pa\u200bss.",
    "All tests\npass.",
    "<b>All tests</b> pass!",
    "Type checking succeeded.",
    "I can confirm that all tests pass.",
    "It passes.",
    "No regressions.",
    "Tests and lint: all good.",
    "![tests](https://example.com/badge/tests-passing-green)",
    "Coverage of the changed lines is 97.4%.",
    "Coverage is 97 %.",
    "Coverage is above 90%.",
    "The changed lines are fully covered: coverage meets the bar.",
    "- green",
    "All assertions hold.",
    "mypy is silent.",
    "ruff found nothing.",
    "Having run the tests, I am confident.",
    "The tests went through.",
    "Quality gates: 10/11",
    "The tests demonstrate that it is correct.",
    "Regression-free.",
    "Alle Tests grün.",
    "Alle 57 Tests bestanden.",
    "Die Testsuite läuft fehlerfrei.",
    "Keine Fehler bei mypy.",
    "Tous les tests passent.",
    "Aucune erreur mypy.",
    "Todas las pruebas pasan.",
    "Todos os testes passam.",
    "Tutti i test passano.",
    "Alle tests slagen.",
    "Wszystkie testy przechodzą.",
    "Все тесты проходят.",
    "所有测试都通过了。",
    "すべてのテストが合格しました。",
    "모든 테스트가 통과했습니다.",
    "All specs are green.",
    "The type checker is quiet.",
    "mypy had no objections.",
    "Complete line coverage was achieved: 97.4 %.",
    "<!-- all 57 tests pass -->",
)
"""Supported by a proven run, by nothing else."""

NEVER = (
    "Verified manually.",
    "I verified it by hand.",
    "I tested this locally.",
    "I checked the endpoint with curl and it works as expected.",
    "CI is green.",
    "The pipeline passed.",
    "All tests pass in production.",
    "Coverage is 100%.",
    "The test coverage went up to 99 percent.",
    "All 58 tests pass.",
    "58/58 tests pass.",
    "56 passed, 1 failed.",
    "Fifteen tests pass.",
    "pytest: 1,234 passed",
    "All 25 gates passed.",
    "The benchmark shows it is 40% faster.",
    "Latency dropped to 12 ms.",
    "The migration was run and succeeded.",
    "I added 5 tests.",
    "This adds nine new tests.",
    "7 files changed.",
    "The service is up and running.",
    "Manual testing confirmed the new endpoint.",
    "Fully tested and production-ready.",
    "We have validated it against a real database.",
    "mypy reports 0 errors in 57 files and CI passes.",
    "- passed: 58",
    "docker compose up works.",
    "The image builds successfully.",
    "Confirmed working end to end.",
    "Die CI ist grün.",
    "Lokal getestet.",
    "Las 58 pruebas están en verde.",
    "58 тестов прошли.",
    "58 个测试全部通过。",
    "58/58.",
    "Score: 58 of 58.",
    "58 examples, 0 failures",
    "404 tests with no failures.",
    "404 passed, no errors.",
    "Tests pa\u200bss: 58",
    "LGTM from QA.",
    "Reviewed and approved by the security team.",
    "A colleague ran it on Postgres and saw no problems.",
    "I hit the endpoint with curl and got 200.",
    "I started the server and the new route responds correctly.",
    "Works on my machine.",
    "Deployed to staging without incident.",
    "![build passing](https://example.com/badge/build-passing-green)",
    "Mutation score 95%.",
)
"""Struck even after a proven run: nobody saw it, or the figure differs."""

HONEST = (
    "Only SQLSTATE 23503 becomes 404, other integrity errors go on as before.",
    "A missing team answers 404; database errors still reach the handler.",
    "It returns 409, and validation errors stay 422.",
    "Added a cursor to GET /items.",
    "The tests should be run before merging.",
    "I did not run the tests.",
    "The tests were not run.",
    "No tests were run.",
    "I haven't run mypy.",
    "Tests have not yet been run.",
    "Run `pytest` to check that all tests pass.",
    "Please run the suite before you merge.",
    "Next: add tests for the error path.",
    "Coverage should be checked on the admin router.",
    "I could not run the suite.",
    "Do all tests pass?",
    "Not all tests pass.",
    "I was unable to verify the migration.",
    "A follow-up could raise the coverage bar to 95%.",
    "The CI workflow requires a coverage of 90%.",
    "Added a test that sends an invalid token.",
    "The test covers creating, listing and deleting a product.",
    "The router passes the session to the service.",
    "Input is validated by Pydantic before it reaches the service.",
    "The 404 had no test, so one table of cases for each resource was added.",
    "Returns 404 when the item is missing, with no error body.",
    "The tests would need a database.",
    "If the migration fails, run `alembic downgrade -1`.",
    "Only verified users may order.",
    "Uses selectinload to avoid one query for each row.",
    "I will run the linter next.",
    "Manual testing is recommended.",
    "Neither the tests nor mypy were run.",
    "Tests must pass before this is merged.",
    "The price is a Decimal with 2 places.",
    "Stock is capped at 100%.",
    "The write path stays unchanged.",
    "Risk: existing rows get a default of 0.",
    "To back out, revert the commit and run `alembic downgrade -1`.",
    "The endpoint returns 200 OK and a page of 20 items.",
    "Adds `passed_at` to the test model.",
    "Validated fields are name and price.",
    "Fixes the failing test test_total by handling None.",
    "Tests can be run with `uv run pytest`.",
    "The existing endpoints are unaffected.",
    "Clean up the temporary files after each test.",
    "Parametrized tests cover valid and invalid prices.",
    "The webhook signature is verified before the body is parsed.",
    "Black-box tests talk to the API only.",
    "Back out by reverting the commit; no migration is involved.",
    "Fügt die Funktion discounted() hinzu, die den Rabatt berechnet.",
    "Die Tests prüfen, dass kein Fehler auftritt.",
    "Die Tests wurden nicht ausgeführt.",
    "Bitte die Tests vor dem Mergen noch einmal ausführen.",
    "Alle Preise bestehen aus zwei Teilen.",
    "Les tests couvrent le cas normal et le cas d'erreur.",
    "Les tests n'ont pas été exécutés.",
    "Las pruebas comprueban que el total es correcto.",
    "Добавлена функция discounted и тесты к ней.",
    "新增测试，通过参数化覆盖边界情况。",
    "测试未运行。",
    "テストは実行していません。",
    "Health checks return ok.",
    "The schema has 3 examples.",
    "I called the helper _check.",
    "The new tests build the app with a fake session.",
    "Requests approved by the team lead are shipped.",
)
"""No claim at all, whatever was seen."""


@pytest.mark.parametrize("sentence", CLAIMS)
def test_claim_stands_after_a_proven_run_and_falls_without_evidence(sentence: str) -> None:
    assert strike(sentence, PROVEN).struck == ()
    assert strike(sentence, NOTHING).kept == ""


@pytest.mark.parametrize("sentence", NEVER)
def test_claim_that_nobody_saw_is_struck(sentence: str) -> None:
    assert strike(sentence, PROVEN).kept == ""
    assert strike(sentence, NOTHING).kept == ""


@pytest.mark.parametrize("sentence", HONEST)
def test_plain_words_stand(sentence: str) -> None:
    for support in (NOTHING, FAILED, PROVEN):
        assert strike(sentence, support).kept == sentence


FAILING = {
    "tests-fail": ("All tests pass.", "tests says failed: 2 tests failed"),
    "wrong-number": ("57 tests pass.", "it says 57, the evidence says 2, 55"),
    "gate-did-not-run": ("mypy is clean.", "mypy says not run: mypy is not installed"),
    "no-gate-at-all": ("Coverage is complete and the coverage gate is green.", "nothing that was seen"),
    "all-gates": ("All gates pass.", "tests says failed"),
    "files": ("6 files changed.", "it says 6 files, the change has 3"),
}


@pytest.mark.parametrize(("sentence", "why"), FAILING.values(), ids=FAILING)
def test_says_why(sentence: str, why: str) -> None:
    (struck,) = strike(sentence, FAILED).struck
    assert why in struck.why


def test_true_count_of_failures_stands() -> None:
    assert strike("2 tests failed.", FAILED).struck == ()
    assert strike("3 tests failed.", FAILED).struck != ()
    assert strike("Before the change 2 tests failed.", PROVEN).struck == ()


def test_own_tests_are_counted_in_the_diff() -> None:
    assert strike("I added 2 tests.", PROVEN).struck == ()
    assert strike("Added two new tests.", PROVEN).struck == ()


def test_only_the_claim_is_taken_out() -> None:
    text = "# Done\n\n- Added `Product`.\n- All tests pass ✅\n- Uses a Decimal. CI is green. Falls back to 0.\n"
    struck = strike(text, NOTHING)
    assert struck.kept == "# Done\n\n- Added `Product`.\n- Uses a Decimal. Falls back to 0."
    assert [claim.sentence for claim in struck.struck] == ["All tests pass ✅", "CI is green."]


BLOCKS = {
    "real-diff": ("```diff\n-old = 1\n+new = 2\n```", True),
    "invented-diff": ("```diff\n-old = 1\n+new = 3\n```", False),
    "invented-bare-diff": ("--- a/app/items.py\n+++ b/app/items.py\n@@ -1 +1 @@\n-old = 1\n+safe = 2", False),
    "diff-of-another-file": ("```\n--- a/app/other.py\n+++ b/app/other.py\n@@ -1 +1 @@\n+new = 2\n```", False),
    "real-output": ("```\n$ pytest -q\ncollected 57 items\n57 passed in 1.23s\n```", True),
    "invented-output": ("```console\n$ pytest -q\n58 passed in 0.50s\n```", False),
    "invented-log-in-tildes": ("~~~\n===== 57 passed in 9.99s =====\n~~~", False),
    "unclosed-fence": ("```\n===== 58 passed in 9.99s =====", False),
    "code": ('```python\nassert price > 0\nprint("ok")\n```', True),
    "commands-to-run": ("```bash\nuv run pytest\nmake check\n```", True),
    "claim-in-a-comment": ("```bash\n# CI is green\nmake check\n```", False),
    "claim-in-a-plain-fence": ("```\nCI is green\n```", False),
}


@pytest.mark.parametrize(("block", "stands"), BLOCKS.values(), ids=BLOCKS)
def test_quoted_diff_or_output_must_be_real(block: str, stands: bool) -> None:
    text = f"I changed it.\n\n{block}\n"
    assert strike(text, PROVEN).kept == (text.strip() if stands else "I changed it.")


def test_gate_names_each_struck_sentence() -> None:
    result = judge_claims(["Added it. CI is green.", "```diff\n+x = 9\n```"], PROVEN)
    assert result.gate == "claims"
    assert result.verdict is Verdict.FAILED
    assert [finding.rule for finding in result.findings] == ["unsupported-claim", "invented-output"]
    assert all(finding.severity is Severity.BLOCKING for finding in result.findings)
    assert judge_claims(["Added it."], NOTHING).verdict is Verdict.PASSED


def ran(*argv: str, exit_code: int = 0, output: str = "3 passed in 0.1s") -> Support:
    record = CommandRecord(argv=argv, exit_code=exit_code, seconds=1.0, output_digest="d", tree="a" * 40)
    return Support(tree="a" * 40, commands=(record,), outputs=(f"exit status {exit_code}\n{output}\n",))


WHOLE = ("{env}/bin/python", "-m", "pytest", "-q")
SHELL = {
    "whole-suite": (ran(*WHOLE), "All tests pass.", True),
    "number-it-printed": (ran(*WHOLE), "3 tests pass.", True),
    "number-it-did-not-print": (ran(*WHOLE), "4 tests pass.", False),
    "it-failed": (ran(*WHOLE, exit_code=1), "All tests pass.", False),
    "i-ran-it-though-it-failed": (ran(*WHOLE, exit_code=1), "I ran the tests.", True),
    "all-after-one-file": (ran(*WHOLE, "tests/test_a.py"), "All tests pass.", False),
    "all-after-one-test": (ran(*WHOLE, "-k", "one"), "The whole suite passes.", False),
    "the-new-ones-after-one-file": (ran(*WHOLE, "tests/test_a.py"), "The new tests pass.", True),
    "another-tool": (ran("ruff", "check", "."), "All tests pass.", False),
    "lint": (ran("ruff", "check", "."), "Ruff is clean.", True),
    "all-checks-after-one": (ran("ruff", "check", "."), "All checks pass.", False),
}


@pytest.mark.parametrize(("support", "sentence", "stands"), SHELL.values(), ids=SHELL)
def test_command_on_the_tree_supports_what_it_showed(support: Support, sentence: str, stands: bool) -> None:
    assert bool(strike(sentence, support).kept) is stands
