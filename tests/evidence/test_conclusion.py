# tests/evidence/test_conclusion.py — what a run may say about itself, given its ledger
from pathlib import Path

import pytest
from sample_runs import BASE, ITEMS, OTHER, PASSED, TREE, command, gate, record_run

from python_coder.errors import EvidenceError
from python_coder.evidence.conclusion import Ending, build_contract, end_run
from python_coder.evidence.contract import Contract
from python_coder.evidence.facts import commands_of, gate_data, support_of
from python_coder.evidence.ledger import EntryKind, Ledger, read_ledger
from python_coder.evidence.verdict import Finding, GateResult, Verdict

ENDINGS = {
    "proven": ({}, "proven", "proven", "Proven: 1 file changed, 3 gates passed on tree aaaaaaaaaaaa. Renamed old."),
    "gate-failed": (
        {"gates": (gate("tests", Verdict.FAILED), gate("mypy")), "status": "unproven", "because": "gates_failed"},
        "unproven",
        "gates_failed",
        "Unproven: 1 file changed, 1 gate passed, tests failed on tree aaaaaaaaaaaa. Renamed old.",
    ),
    "proven-in-spite-of-a-failed-gate": (
        {"gates": (*PASSED, gate("bandit", Verdict.FAILED))},
        "unproven",
        "gates_failed",
        "Unproven: 1 file changed, 3 gates passed, bandit failed",
    ),
    "proven-without-any-gate": ({"gates": ()}, "unproven", "evidence_missing", "Unproven: 1 file changed on"),
    "gates-of-an-older-tree": ({"gates_tree": OTHER}, "unproven", "evidence_missing", "Unproven: 1 file changed"),
    "another-tree-was-delivered": ({"delivered": OTHER}, "unproven", "evidence_missing", "Unproven: 1 file changed"),
    "nothing-was-delivered": ({"delivered": ""}, "unproven", "evidence_missing", "Unproven: 1 file changed"),
    "every-gate-did-not-run": (
        {"gates": (gate("tests", Verdict.NOT_RUN, "no pytest"),)},
        "unproven",
        "evidence_missing",
        "Unproven: 1 file changed, tests did not run",
    ),
    "claim-without-evidence": (
        {"report": {"summary": "Renamed old. CI is green.", "rationale": "", "followups": []}},
        "unproven",
        "gates_failed",
        "Unproven: 1 file changed, 3 gates passed, claims failed on tree aaaaaaaaaaaa. Renamed old.",
    ),
    "refused": (
        {"files": (), "status": "refused", "because": "refused", "gates": (), "report": {}, "delivered": "",
         "reason": "Resource Product exists already."},
        "refused",
        "refused",
        "Refused: Resource Product exists already.",
    ),
    "interrupted": (
        {"status": "unproven", "because": "interrupted", "delivered": "", "reason": "Go on with resume"},
        "unproven",
        "interrupted",
        "Unproven: 1 file changed, 3 gates passed on tree aaaaaaaaaaaa. Go on with resume. Renamed old.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("run", "status", "because", "opening"), ENDINGS.values(), ids=ENDINGS)
def test_status_and_first_sentence_are_the_runtimes(
    tmp_path: Path, run: dict[str, object], status: str, because: str, opening: str
) -> None:
    contract = record_run(tmp_path / "ledger.jsonl", **run)
    assert (contract.status, contract.ended_because) == (status, because)
    assert contract.summary.startswith(opening)


def test_everything_comes_from_ledger_and_git(tmp_path: Path) -> None:
    contract = record_run(tmp_path / "ledger.jsonl")
    assert [(artifact.path, artifact.note) for artifact in contract.artifacts] == [
        ("app/items.py", "router of items: modified, +1 -1")
    ]
    assert [(diff.path, diff.diff) for diff in contract.diffs] == [("app/items.py", ITEMS.patch)]
    assert contract.commands_run == ("pytest -q", "mypy --all", "ruff-check --all", "tests --all")
    assert contract.verification.steps[-1] == "python-coder verify contract.json"
    assert "tests passed: 57 tests passed" in contract.verification.expected
    assert contract.rationale == contract.model_says.rationale == "Clearer."
    assert contract.followups == ("Docs.",)
    assert contract.not_judged == ("mypy: the project has none.",)
    run = contract.run
    assert (run.base_tree, run.tree, run.delivered.branch) == (BASE, TREE, "python-coder/x")
    assert (run.budget.limit, run.budget.used) == (12, 3)
    assert run.baseline.tests == {"failed": 2, "passed": 55}
    assert run.env_names == ("DB_PASSWORD",)
    assert run.may_change_tests == ("tests/test_a.py::*",)
    assert run.tools == {"ruff": "0.17.6"}


def test_what_did_not_run_is_told_once_with_its_mend(tmp_path: Path) -> None:
    left_out = gate("stack", Verdict.NOT_RUN, "no Docker engine serves here.")
    told = ("tests: t failed on the base.", "stack: no Docker engine serves here. Use --no-stack.")
    gates = (*PASSED, left_out, gate("compose", Verdict.NOT_RUN, "no Compose CLI"))
    contract = record_run(tmp_path / "ledger.jsonl", gates=gates, not_judged=told)
    assert contract.not_judged == (*told, "compose: no Compose CLI.")


def facts(contract: Contract) -> object:
    """The contract but for times, ids and what is taken over them."""
    return contract.model_copy(
        update={
            "run": contract.run.model_copy(
                update={"started_at": "", "ended_at": "", "ledger_digest": "", "digest": "", "id": ""}
            )
        }
    )


def test_same_run_gives_the_same_contract_whichever_gate_is_done_first(tmp_path: Path) -> None:
    one = record_run(tmp_path / "one.jsonl")
    two = record_run(tmp_path / "two.jsonl", gates=PASSED[::-1])
    assert facts(one) == facts(two)


def test_contract_is_rebuilt_from_the_file_alone(tmp_path: Path) -> None:
    contract = record_run(tmp_path / "ledger.jsonl")
    assert build_contract(read_ledger(tmp_path / "ledger.jsonl")) == contract


TIMES = {"seen-before-it-was-said": (True, "proven"), "said-before-it-was-seen": (False, "unproven")}


@pytest.mark.parametrize(("gates_first", "status"), TIMES.values(), ids=TIMES)
def test_claim_needs_evidence_from_before_it_was_made(tmp_path: Path, gates_first: bool, status: str) -> None:
    report = {"summary": "All tests pass.", "rationale": "", "followups": []}
    contract = record_run(tmp_path / "ledger.jsonl", report=report, gates_first=gates_first)
    assert contract.status == status
    assert len(contract.model_says.struck) == (0 if gates_first else 1)


def test_saying_it_again_does_not_make_it_seen(tmp_path: Path) -> None:
    said = {"summary": "All tests pass.", "rationale": "", "followups": []}
    passed = gate_data(gate("tests", reason="57 tests passed", passed=57))
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.append(EntryKind.MODEL_TURN, text="", calls=["Report"])
        ledger.append(EntryKind.CLAIM, tree=TREE, **said)
        ledger.append(EntryKind.GATE, tree=TREE, **passed)
        assert support_of(ledger.entries, TREE).gates == ()
        ledger.append(EntryKind.RESUMED, entries=3)
        ledger.append(EntryKind.GATE, tree=TREE, **passed)
        assert support_of(ledger.entries, TREE).gates == ()
        ledger.append(EntryKind.MODEL_TURN, text="", calls=["mcp__coder__run_gates", "submit_report"])
        ledger.append(EntryKind.GATE, tree=TREE, **passed)
        # Said in the answer that asked for the gates, so before they had come out.
        assert support_of(ledger.entries, TREE).gates == ()
        ledger.append(EntryKind.MODEL_TURN, text="", calls=["submit_report"])
        assert [found.gate for found in support_of(ledger.entries, TREE).gates] == ["tests"]
        ledger.append(EntryKind.CLAIM, tree=TREE, **said)
        ledger.append(EntryKind.GATE, tree=TREE, **gate_data(gate("tests", Verdict.FAILED)))
        ledger.append(EntryKind.MODEL_TURN, text="", calls=["submit_report"])
        assert [found.verdict for found in support_of(ledger.entries, TREE).gates] == [Verdict.FAILED]


def test_what_came_after_the_report_does_not_count_for_it(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.append(EntryKind.CLAIM, tree=TREE, summary="All tests pass.", rationale="", followups=[])
        ledger.append(EntryKind.MODEL_TURN, text="", calls=["mcp__coder__run_gates"])
        ledger.append(EntryKind.GATE, tree=TREE, **gate_data(gate("tests")))
        contract = end_run(ledger, Ending(status="unproven", ended_because="interrupted", tree=TREE, files=(ITEMS,)))
    assert [struck.sentence for struck in contract.model_says.struck] == ["All tests pass."]


def test_every_text_of_the_report_is_judged(tmp_path: Path) -> None:
    report = {
        "summary": "Done. CI is green.",
        "rationale": "Short. Verified manually.",
        "followups": ["Docs.", "Coverage is 100%."],
        "reflection": "It went well, and all 99 tests pass.",
    }
    contract = record_run(tmp_path / "ledger.jsonl", report=report)
    (claims,) = [found for found in contract.gates if found.gate == "claims"]
    assert len(claims.findings) == 4
    assert [struck.sentence for struck in contract.model_says.struck] == [
        "CI is green.",
        "Verified manually.",
        "Coverage is 100%.",
    ]
    assert (contract.model_says.summary, contract.rationale, contract.followups) == ("Done.", "Short.", ("Docs.",))


def test_what_the_brief_noted_is_a_followup_and_not_the_models(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.append(EntryKind.BRIEF, chars=9, sources=[], notes=["Handlers are plain `def`; the repository won."])
        contract = end_run(ledger, Ending(status="unproven", ended_because="interrupted"))
    assert contract.followups == ("Handlers are plain `def`; the repository won.",)
    assert contract.model_says.followups == ()


def test_secret_in_a_diff_does_not_reach_the_contract(tmp_path: Path) -> None:
    leaking = ITEMS.__class__(**{**ITEMS.__dict__, "patch": ITEMS.patch.replace("new = 2", 'new = "correct-horse"')})
    contract = record_run(tmp_path / "ledger.jsonl", files=(leaking,), secrets=("correct-horse",))
    assert '+new = "[redacted]"' in contract.diffs[0].diff
    assert "correct-horse" not in contract.model_dump_json()


def test_newest_result_of_a_gate_counts(tmp_path: Path) -> None:
    flawed = GateResult(gate="mypy", verdict=Verdict.FAILED, reason="x", findings=(Finding(rule="r", message="m"),))
    assert record_run(tmp_path / "a.jsonl", gates=(flawed, *PASSED)).status == "proven"
    assert record_run(tmp_path / "b.jsonl", gates=(*PASSED, flawed)).status == "unproven"


def test_ending_before_anything_was_known_has_a_contract_too(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        contract = end_run(
            ledger, Ending(status="unproven", ended_because="environment_lacks", reason="git is not installed.")
        )
    assert contract.summary == "Unproven: 0 files changed. git is not installed."
    assert contract.gates == ()


def test_ledger_without_an_ending_has_no_contract(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.append(EntryKind.BOOT, tool="x")
        with pytest.raises(EvidenceError, match="does not end with an ending"):
            build_contract(ledger.entries)


def test_commands_of_gates_that_ran_side_by_side_are_in_order_of_their_names(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        for name in ("b", "a"):
            ledger.append(EntryKind.GATE, tree=TREE, **gate_data(gate(name)))
        ledger.append(EntryKind.COMMAND, **command("shell").__dict__)
        ledger.append(EntryKind.GATE, tree=TREE, **gate_data(gate("a")))
        assert [record.argv[0] for record in commands_of(ledger.entries)] == ["a", "b", "shell", "a"]


NOTES = {
    "told-by-the-service-map": ({"app/items.py": "router of items"}, ITEMS.patch, "router of items: modified, +1 -1"),
    "told-by-the-banner": ({}, f"{ITEMS.patch} # app/items.py — items of a shop\n", "items of a shop: modified, +1 -1"),
    "told-by-git": ({}, ITEMS.patch, "modified, +1 -1"),
}


@pytest.mark.parametrize(("notes", "patch", "note"), NOTES.values(), ids=NOTES)
def test_note_says_what_a_file_is(tmp_path: Path, notes: dict[str, str], patch: str, note: str) -> None:
    file = ITEMS.__class__(**{**ITEMS.__dict__, "patch": patch})
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        contract = end_run(ledger, Ending(status="unproven", ended_because="x", tree=TREE, files=(file,), notes=notes))
    assert contract.artifacts[0].note == note


COMMANDS = {
    "placeholders-stay": (("{env}/bin/ruff", "check", "{tree}/app"), "{env}/bin/ruff check {tree}/app"),
    "quoted-like-a-shell": (("sh", "-c", "a b"), "sh -c 'a b'"),
    "no-machine-path": (("/opt/u/venv/bin/mypy", "--cache=/srv/x/y/z"), "{machine}/mypy --cache={machine}/z"),
    "routes-stay": (
        ("curl", "http://localhost/items/1/name", "/items/1"),
        "curl http://localhost/items/1/name /items/1",
    ),
}


@pytest.mark.parametrize(("argv", "shown"), COMMANDS.values(), ids=COMMANDS)
def test_commands_read_like_a_shell(tmp_path: Path, argv: tuple[str, ...], shown: str) -> None:
    with Ledger.open(tmp_path / "ledger.jsonl") as ledger:
        ledger.append(EntryKind.COMMAND, **command(*argv).__dict__)
        assert end_run(ledger, Ending(status="unproven", ended_because="x")).commands_run == (shown,)
