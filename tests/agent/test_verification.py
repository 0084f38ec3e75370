# tests/agent/test_verification.py — a contract checked later: what is re-verified, what is refused, what cannot run
import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.delivered_run import DeliveredRun, deliver, edit_contract, forge, git, write_forged
from python_coder.agent.run_store import RunFolder
from python_coder.agent.verification import NoSandbox, VerifyReport, verify_contract
from python_coder.errors import EnvironmentLacksError, EvidenceError, UsageError
from python_coder.evidence.contract import read_contract
from python_coder.evidence.entries import GENESIS, Entry
from python_coder.evidence.ledger import EntryKind, Ledger, read_ledger
from python_coder.settings import Settings
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.sandbox import make_runner


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> DeliveredRun:
    return deliver(tmp_path_factory.mktemp("quick"))


@pytest.fixture
def copy(quick: DeliveredRun, tmp_path: Path) -> RunFolder:
    return quick.copy_to(tmp_path / "copy")


def verify(
    run: RunFolder,
    tmp_path: Path,
    *,
    repo: Path | None = None,
    runner: CommandRunner | None = None,
    cache: Path | None = None,
) -> VerifyReport:
    settings = Settings(state_folder=tmp_path / "state", cache_folder=cache or tmp_path / "cache")
    chosen = runner or NoSandbox("No sandbox works here.")
    return asyncio.run(verify_contract(run.contract, repo=repo, settings=settings, runner=chosen))


def test_copied_run_folder_is_all_it_takes(copy: RunFolder, tmp_path: Path) -> None:
    report = verify(copy, tmp_path)
    assert report.ok
    assert report.exit_code == 0
    assert [claim.claim for claim in report.claims] == ["contract", "ledger", "facts", "base", "tree", "diffs"]
    assert list((tmp_path / "cache").iterdir()) == []


def _edited_file(path: Callable[[RunFolder], Path], old: str, new: str) -> Callable[[RunFolder], None]:
    def edit(run: RunFolder) -> None:
        text = path(run).read_text()
        assert old in text
        path(run).write_text(text.replace(old, new))

    return edit


def _resealed(run: RunFolder) -> None:
    """Edit one entry and put the whole chain right again, without touching the contract."""
    entries: list[Entry] = []
    for old in read_ledger(run.ledger):
        data = {**old.data, "task": "Another"} if old.kind is EntryKind.RUN_STARTED else old.data
        prev = entries[-1].hash if entries else GENESIS
        entries.append(Entry.seal(seq=old.seq, at=old.at, kind=old.kind, data=data, prev=prev))
    run.ledger.write_bytes(b"".join(entry.line for entry in entries))


def _shorter(run: RunFolder) -> None:
    run.ledger.write_bytes(b"".join(run.ledger.read_bytes().splitlines(keepends=True)[:-1]))


def _other_base(run: RunFolder) -> None:
    other = deliver(run.folder.parent / "other", more={"README.md": "other\n"})
    shutil.copy(other.folder.bundle, run.bundle)


REFUSED: dict[str, tuple[Callable[[RunFolder], None], str]] = {
    "status-edited": (_edited_file(lambda run: run.contract, '"unproven"', '"proven"'), "digest does not match"),
    "edited-and-sealed-again": (
        lambda run: edit_contract(run, status="proven"),
        "not say what its ledger says: status",
    ),
    "diffs-edited-and-sealed-again": (lambda run: edit_contract(run, diffs=()), "not say what its ledger says: diffs"),
    "ledger-line-edited": (_edited_file(lambda run: run.ledger, "Add least", "Add most"), "Line 1 of ledger.jsonl"),
    "ledger-edited-and-chained-again": (_resealed, "not the one it was built from"),
    "ledger-cut-short": (_shorter, "not the one it was built from"),
    "patch-edited": (_edited_file(lambda run: run.patch, "default=0", "default=1"), "the patch makes"),
    "patch-that-does-not-fit": (
        _edited_file(lambda run: run.patch, "Sum of all", "Sum of none"),
        "does not fit the base",
    ),
    "patch-emptied": (lambda run: run.patch.write_text(""), "the patch makes"),
    "bundle-of-another-base": (_other_base, "The base was changed"),
    "bundle-damaged": (lambda run: run.bundle.write_bytes(run.bundle.read_bytes()[:-30]), "bundle .* is damaged"),
}


@pytest.mark.parametrize(("edit", "why"), REFUSED.values(), ids=REFUSED)
def test_what_was_changed_after_the_run_is_refused(
    copy: RunFolder, tmp_path: Path, edit: Callable[[RunFolder], None], why: str
) -> None:
    edit(copy)
    with pytest.raises(EvidenceError, match=why):
        verify(copy, tmp_path)


MISSING = {
    "ledger": lambda run: run.ledger,
    "patch": lambda run: run.patch,
    "bundle": lambda run: run.bundle,
    "contract": lambda run: run.contract,
}


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_missing_file_is_named(copy: RunFolder, tmp_path: Path, path: Callable[[RunFolder], Path]) -> None:
    path(copy).unlink()
    with pytest.raises(EnvironmentLacksError, match=path(copy).name):
        verify(copy, tmp_path)


@pytest.fixture
def clone(quick: DeliveredRun, tmp_path: Path) -> Path:
    place = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(quick.repository), str(place))
    return place


def _amend(clone: Path, *, content: str | None = None) -> None:
    git(clone, "checkout", "-q", "python-coder/add-least")
    if content is not None:
        (clone / "prices" / "sums.py").write_text(content)
    git(clone, "commit", "-q", "-a", "--amend", "-m", "Another message", "--allow-empty")


def test_clone_with_the_delivered_branch_is_verified(copy: RunFolder, clone: Path, tmp_path: Path) -> None:
    report = verify(copy, tmp_path, repo=clone)
    assert report.ok
    (delivered,) = [claim for claim in report.claims if claim.claim == "delivered"]
    assert delivered.seen == read_contract(copy.contract).run.tree


def test_another_commit_of_the_same_tree_is_verified_and_told(copy: RunFolder, clone: Path, tmp_path: Path) -> None:
    _amend(clone)
    (delivered,) = [claim for claim in verify(copy, tmp_path, repo=clone).claims if claim.claim == "delivered"]
    assert delivered.answer == "re-verified"
    assert "with the same tree" in delivered.why


def test_branch_that_was_changed_after_the_verdict_is_refused(copy: RunFolder, clone: Path, tmp_path: Path) -> None:
    _amend(clone, content="x = 1\n")
    with pytest.raises(EvidenceError, match="was changed after the verdict: the contract names tree"):
        verify(copy, tmp_path, repo=clone)


def test_clone_without_the_branch_says_how_to_get_it(copy: RunFolder, clone: Path, tmp_path: Path) -> None:
    git(clone, "update-ref", "-d", "refs/remotes/origin/python-coder/add-least")
    git(clone, "-c", "gc.pruneExpire=now", "gc", "-q", "--prune=now")
    report = verify(copy, tmp_path, repo=clone)
    (delivered,) = [claim for claim in report.claims if claim.claim == "delivered"]
    assert (delivered.answer, report.exit_code) == ("cannot run here", 3)
    assert "git fetch" in delivered.why


def test_clone_stands_in_for_a_missing_bundle(copy: RunFolder, clone: Path, tmp_path: Path) -> None:
    copy.bundle.unlink()
    assert verify(copy, tmp_path, repo=clone).ok


def test_folder_that_is_no_repository_is_refused(copy: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git"):
        verify(copy, tmp_path, repo=tmp_path / "nowhere")


def test_run_that_went_on_differs(copy: RunFolder, tmp_path: Path) -> None:
    with Ledger.open(copy.ledger) as ledger:
        ledger.append(EntryKind.RESUMED, phase="act")
    report = verify(copy, tmp_path)
    (ledger_claim,) = [claim for claim in report.claims if claim.claim == "ledger"]
    assert (ledger_claim.answer, report.exit_code) == ("differs", 1)


def test_forged_diff_differs_from_git(copy: RunFolder, tmp_path: Path) -> None:
    ended = read_ledger(copy.ledger)[-1].data
    files = [{**file, "diff": file["diff"].replace("default=0", "default=9")} for file in ended["files"]]
    forge(copy, {"ended": {"files": files}})
    (diffs,) = [claim for claim in verify(copy, tmp_path).claims if claim.claim == "diffs"]
    assert (diffs.answer, diffs.said) == ("differs", "prices/sums.py")


def test_masked_secret_in_a_diff_is_no_difference(copy: RunFolder, tmp_path: Path) -> None:
    ended = read_ledger(copy.ledger)[-1].data
    files = [{**file, "diff": file["diff"].replace("least", "[redacted]")} for file in ended["files"]]
    forge(copy, {"ended": {"files": files}})
    assert verify(copy, tmp_path).ok


def test_contract_of_another_version_cannot_be_compared(copy: RunFolder, tmp_path: Path) -> None:
    entries = read_ledger(copy.ledger)
    last = entries[-1]
    older = Entry.seal(
        seq=last.seq, at=last.at, kind=last.kind, data={**last.data, "python_coder": "0.0.1"}, prev=last.prev
    )
    write_forged(copy, [*entries[:-1], older])
    edit_contract(copy, not_judged=("told in another way then",))
    report = verify(copy, tmp_path)
    (facts,) = [claim for claim in report.claims if claim.claim == "facts"]
    assert facts.answer == "cannot run here"
    assert "0.0.1" in facts.why


def test_cache_that_cannot_be_written_is_named(copy: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentLacksError, match="PYTHON_CODER_CACHE"):
        verify(copy, tmp_path, cache=tmp_path / "file")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> DeliveredRun:
    home = tmp_path_factory.mktemp("judged")
    try:
        return deliver(home, runner=make_runner("none"), cache=environments)
    except EnvironmentLacksError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"No environment can be made here; give uv an index or a warm cache: {error}")


@pytest.mark.slow
def test_every_gate_is_run_again_on_a_copy(judged: DeliveredRun, tmp_path: Path, environments: Path) -> None:
    copy = judged.copy_to(tmp_path / "copy")
    report = verify(copy, tmp_path, runner=make_runner("none"), cache=environments)
    answers = {claim.claim: (claim.answer, claim.said, claim.seen, claim.why) for claim in report.claims}
    assert report.ok, answers
    assert answers["gate tests"][1:3] == ("passed passed 3", "passed passed 3")
    assert answers["baseline"][1] == "passed 1"


@pytest.mark.slow
def test_invented_figures_differ_with_both_values(judged: DeliveredRun, tmp_path: Path, environments: Path) -> None:
    copy = judged.copy_to(tmp_path / "copy")
    forge(copy, {"gate tests": {"facts": {"passed": 99}}, "gate mypy": {"verdict": "failed"}})
    report = verify(copy, tmp_path, runner=make_runner("none"), cache=environments)
    differing = {claim.claim: (claim.said, claim.seen) for claim in report.claims if claim.answer == "differs"}
    assert differing["gate tests"] == ("passed passed 99", "passed passed 3")
    assert differing["gate mypy"][0].startswith("failed")
    assert report.exit_code == 1


@pytest.mark.slow
def test_other_tools_and_missing_variables_make_it_inconclusive(
    judged: DeliveredRun, tmp_path: Path, environments: Path
) -> None:
    copy = judged.copy_to(tmp_path / "copy")
    forge(
        copy,
        {
            "environment_ready": {"python": "3.9.1"},
            "run_started": {"env_names": ["DB_URL"]},
            "gate tests": {"facts": {"passed": 99}},
        },
    )
    report = verify(copy, tmp_path, runner=make_runner("none"), cache=environments)
    answers = {claim.claim: claim for claim in report.claims}
    assert report.exit_code == 3
    assert "instead of 3.9.1" in answers["environment"].why
    assert "no value for DB_URL" in answers["environment"].why
    assert answers["gate tests"].answer == "cannot run here"
    assert answers["gate ruff-check"].answer == "re-verified"


@pytest.mark.slow
def test_without_a_sandbox_the_evidence_is_checked_all_the_same(
    judged: DeliveredRun, tmp_path: Path, environments: Path
) -> None:
    copy = judged.copy_to(tmp_path / "copy")
    report = verify(copy, tmp_path, cache=environments)
    answers = {claim.claim: claim for claim in report.claims}
    assert answers["tree"].answer == "re-verified"
    assert answers["gate tests"].answer == "cannot run here"
    assert answers["gate tests"].why == "No sandbox works here."
    assert report.exit_code == 3
