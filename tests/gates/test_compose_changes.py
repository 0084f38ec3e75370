# tests/gates/test_compose_changes.py — which faults of compose files are the change's own, and what tells nothing
from dataclasses import replace
from pathlib import Path

import pytest
from change_bench import Bench, notes
from compose_bench import check, due, found, texts
from courtroom import Court

from python_coder.evidence.verdict import Verdict
from python_coder.gates.compose import ComposeGate
from python_coder.gates.judge_untouched import JudgeUntouchedGate
from python_coder.workspace.changes import change_between
from python_coder.workspace.files import SYMLINK, hash_blob
from python_coder.workspace.git import write_blobs
from python_coder.workspace.sandbox import make_runner
from python_coder.workspace.trees import Entry, tree_with

Files = dict[str, str]

FAULTY = """
    services:
      db:
        image: db:latest
        environment:
          POSTGRES_PASSWORD: hunter2
      api:
        image: a:1
        CHECKED
        privileged: true
        depends_on: [db]
    """
GOOD = "services: {api: {image: 'a:1', CHECKED}}"
NO_STACK = "services: {elsewhere: {restart: always}}"
BROKEN = "services: {api: {image: 'a:1'"
DISABLES = "rules: {CL-0002: {enabled: false, reason: we trust it}}"

CHANGES: dict[str, tuple[Files, Files]] = {
    "old-faults-beside-a-new-line": ({"s/compose.yaml": FAULTY}, {"s/compose.yaml": FAULTY + "    command: serve\n"}),
    "new-fault-beside-old-ones": (
        {"s/compose.yaml": FAULTY},
        {
            "s/compose.yaml": FAULTY
            + """
      web: #! healthcheck-missing
        image: a:1
        network_mode: host #! CL-0008
    """
        },
    ),
    "another-fault-in-place-of-an-old-one": (
        {"s/compose.yaml": FAULTY},
        {
            "s/compose.yaml": FAULTY.replace("POSTGRES_PASSWORD: hunter2", "A: b").replace(
                "image: a:1", "image: a:1\n        environment: {POSTGRES_PASSWORD: hunter2} #! secret-in-plain-text"
            )
        },
    ),
    "renamed": ({"s/docker-compose.yml": FAULTY}, {"s/compose.yaml": FAULTY}),
    "renamed-and-made-worse": (
        {"s/docker-compose.yml": FAULTY},
        {"s/compose.yaml": FAULTY.replace("depends_on", "pid: host #! CL-0010\n        depends_on")},
    ),
    "healthcheck-taken-away": (
        {"s/compose.yaml": "services:\n  api:\n    image: a:1\n    CHECKED\n"},
        {"s/compose.yaml": "services:\n  api: #! healthcheck-missing\n    image: a:1\n"},
    ),
    "override-with-the-healthcheck-removed": (
        {
            "s/compose.yaml": "services:\n  api: {image: 'a:1'}\n",
            "s/compose.override.yaml": "services: {api: {CHECKED}}",
        },
        {"s/compose.yaml": "services:\n  api: {image: 'a:1'} #! healthcheck-missing\n"},
    ),
    "healthcheck-taken-from-an-extended-file": (
        {
            "s/compose.yaml": "services:\n  api: {extends: {file: all.yaml, service: all}}",
            "s/all.yaml": "services: {all: {image: 'a:1', CHECKED}}",
        },
        {
            "s/compose.yaml": "services:\n  api: {extends: {file: all.yaml, service: all}} #! healthcheck-missing",
            "s/all.yaml": "services: {all: {image: 'a:1'}}",
        },
    ),
    "secret-put-into-an-env-file": (
        {"s/compose.yaml": GOOD, "s/.env": "A=1\n"},
        {"s/compose.yaml": GOOD, "s/.env": "A=1\nAPI_TOKEN=hunter2 #! secret-in-plain-text\n"},
    ),
    "broken-before": (
        {"s/compose.yaml": "services:\n  api: {image: 'a:latest'}\n  db: [\n"},
        {"s/compose.yaml": "services:\n  api: {image: 'a:latest'}\n  db: {image: b, CHECKED} #! image-untagged"},
    ),
    "broken-now": ({"s/compose.yaml": GOOD}, {"s/compose.yaml": f"{BROKEN} #! unresolved"}),
    "overlay-that-nobody-could-read-hides-no-change-of-its-base": (
        {"s/compose.yaml": "services:\n  api:\n    image: a:1\n    CHECKED\n", "s/compose.gpu.yaml": NO_STACK},
        {
            "s/compose.yaml": "services:\n  api: #! healthcheck-missing\n    image: a:1\n",
            "s/compose.gpu.yaml": NO_STACK,
        },
    ),
    "linter-s-configuration-of-the-base": (
        {".compose-lint.yml": DISABLES},
        {".compose-lint.yml": DISABLES, "s/compose.yaml": GOOD.replace("{api: {", "{api: {privileged: true, ")},
    ),
    "linter-s-configuration-of-the-change": (
        {"a.py": ""},
        {
            ".compose-lint.yml": DISABLES,
            "s/compose.yaml": GOOD.replace("{api: {", "{api: {privileged: true, ") + " #! CL-0002",
        },
    ),
}


@pytest.mark.parametrize(("base", "files"), CHANGES.values(), ids=CHANGES)
def test_only_what_the_change_adds_counts(tmp_path: Path, base: Files, files: Files) -> None:
    result = check(tmp_path, files, base)
    assert found(result) == due(files)
    assert result.verdict is (Verdict.FAILED if due(files) else Verdict.PASSED)


def test_the_judges_hear_of_the_linter_s_configuration(tmp_path: Path) -> None:
    result = check(tmp_path, {".compose-lint.yml": DISABLES}, {"a.py": ""}, JudgeUntouchedGate())
    assert [finding.path for finding in result.findings] == [".compose-lint.yml"]


UNTOUCHED: dict[str, tuple[Files, Files]] = {
    "no-compose-file": ({}, {"composed.yaml": FAULTY, "ci/deploy-docker-compose.yml": FAULTY}),
    "compose-file-that-stays": ({"compose.yaml": FAULTY}, {"compose.yaml": FAULTY, "a.py": "X = 1\n"}),
    "sample": ({}, {"tests/fixtures/compose.yaml": FAULTY}),
}


@pytest.mark.parametrize(("base", "files"), UNTOUCHED.values(), ids=UNTOUCHED)
def test_has_nothing_to_look_at(tmp_path: Path, base: Files, files: Files) -> None:
    result = check(tmp_path, files, base, ComposeGate(find_cli=lambda: pytest.fail("no need of it")))
    assert (result.verdict, result.reason) == (
        Verdict.NOT_APPLICABLE,
        "no compose file changed, nor a file that one reads",
    )


def test_tells_of_a_compose_file_that_goes(tmp_path: Path) -> None:
    result = check(tmp_path, {"a.py": ""}, {"a.py": "", "compose.yaml": FAULTY})
    assert (result.verdict, notes(result)) == (Verdict.PASSED, ["stack-removed"])


def test_tells_of_a_compose_file_that_takes_another_name(tmp_path: Path) -> None:
    result = check(tmp_path, {"stack.yaml": FAULTY}, {"compose.yaml": FAULTY})
    assert (result.verdict, [finding.path for finding in result.findings]) == (Verdict.PASSED, ["compose.yaml"])


def test_yaml_too_long_to_look_through_is_no_pass(tmp_path: Path) -> None:
    result = check(tmp_path, {"s/compose.yaml": GOOD + "\n# much\n" + "#\n" * 500_000})
    assert (result.verdict, found(result)) == (Verdict.FAILED, ["s/compose.yaml:1 unread"])


async def test_a_link_is_a_compose_file(court: Court) -> None:
    files = (texts({"stack.yaml": text}) for text in (GOOD, FAULTY))
    context = await court.context(*files, with_baseline=False)
    write_blobs(court.git, [b"stack.yaml"])
    trees = (context.change.base_tree, context.change.tree)
    base, tree = (
        tree_with(court.git, tree, {"compose.yaml": Entry(SYMLINK, hash_blob(b"stack.yaml", tree))}) for tree in trees
    )
    linked = replace(
        context,
        change=change_between(court.git, base, tree),
        base_folder=court.trees.folder(base),
        judged_folder=court.trees.folder(tree),
        judged_tree=tree,
    )
    result = await ComposeGate().check(linked)
    assert "compose.yaml:5 secret-in-plain-text" in found(result)


def test_a_file_that_compose_never_could_read_is_no_pass(tmp_path: Path) -> None:
    result = check(tmp_path, {"s/compose.yaml": f"# more\n{BROKEN}"}, {"s/compose.yaml": BROKEN})
    assert (result.verdict, "s/compose.yaml" in result.reason, bool(result.mend)) == (Verdict.NOT_RUN, True, True)


OVERLAYS = {"stays": (NO_STACK, Verdict.PASSED), "changes": (f"{NO_STACK} # more", Verdict.NOT_RUN)}


@pytest.mark.parametrize(("overlay", "verdict"), OVERLAYS.values(), ids=OVERLAYS)
def test_an_overlay_that_compose_never_could_read(tmp_path: Path, overlay: str, verdict: Verdict) -> None:
    files = {"s/compose.yaml": f"{GOOD} # more", "s/compose.gpu.yaml": overlay}
    result = check(tmp_path, files, {"s/compose.yaml": GOOD, "s/compose.gpu.yaml": NO_STACK})
    assert (result.verdict, notes(result)) == (verdict, ["unresolved-before"] * (verdict is Verdict.PASSED))


def test_without_a_compose_cli_nothing_passes(tmp_path: Path) -> None:
    result = check(tmp_path, {"s/compose.yaml": GOOD}, gate=ComposeGate(find_cli=lambda: None))
    assert (result.verdict, "pip install 'python-coder[compose]'" in result.mend) == (Verdict.NOT_RUN, True)


def test_without_a_compose_cli_a_secret_still_fails(tmp_path: Path) -> None:
    result = check(tmp_path, {"s/compose.yaml": FAULTY}, gate=ComposeGate(find_cli=lambda: None))
    assert found(result) == ["s/compose.yaml:5 secret-in-plain-text"]


ODD = {
    "holds-itself": "a: &a [*a]\nenv_file: *a\n",
    "deep": "a: " + "[" * 5000,
    "no-text": "\x00",
    "list": "- 1\n",
    "number-of-services": "services: 3\n",
    "empty": "",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_files_harm_nobody(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, {"s/compose.yaml": text}).verdict is Verdict.FAILED


def test_in_the_sandbox_as_well(tmp_path: Path) -> None:
    bench = Bench(folder=tmp_path, base={}, delivered=texts({"s/compose.yaml": GOOD}))
    result = replace(bench, runner=make_runner("auto")).check(ComposeGate())
    assert (result.verdict, len(result.commands)) == (Verdict.PASSED, 2)


def test_the_services_that_we_write_keep_every_rule(tmp_path: Path) -> None:
    template = Path(__file__).parents[2] / "src/python_coder/skeleton/template"
    texts = {name: (template / f"{name}.jinja").read_text() for name in ("compose.yaml", "Dockerfile")}
    files = {name: text.replace("{{ compose_name }}", "shop") for name, text in texts.items()}
    result = check(tmp_path, files)
    assert (result.verdict, result.findings, result.facts["services"]) == (Verdict.PASSED, (), 7)
