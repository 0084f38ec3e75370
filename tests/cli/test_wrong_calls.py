# tests/cli/test_wrong_calls.py — bad input of every command: its exit code, what is said, and JSON for programs
import json
import os
import pty
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from python_coder.cli.main import main

Words = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One call that cannot be carried out."""

    args: Words
    says: str
    code: int = 2
    env: tuple[tuple[str, str], ...] = ()


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a blank and an umlaut in its path, with files and repositories of all sorts."""
    here = tmp_path / "zwei Wörter"
    here.mkdir()
    for name in ("folder", "full", "unborn", "repo"):
        (here / name).mkdir()
    for name, content in {
        "file": b"",
        "full/a.txt": b"a",
        "latin.txt": b"NAME=caf\xe9\n",
        "latin.md": b"---\nname: x\ndescription: caf\xe9\n---\nText.\n",
        "no-frontmatter.md": b"Text.\n",
        "broken.md": b"---\nname: a: b\n---\nText.\n",
        "cut.json": b'{"a": ',
        "plan.json": b'{"kind": "feature", "steps": []}',
        "cut.toml": b"a = [",
        "rule.toml": b'[[rule]]\ndecision = "maybe"\ntool = "*"\n',
        "repo/a.txt": b"a",
    }.items():
        (here / name).write_bytes(content)
    _git(here, "init", "-q", "--bare", "bare.git")
    _git(here / "unborn", "init", "-q")
    _git(here / "repo", "init", "-q")
    _git(here / "repo", "add", ".")
    _git(here / "repo", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "first")
    monkeypatch.chdir(here)
    for name in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"PYTHON_CODER_{name}", str(tmp_path / name.lower()))
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OLLAMA_BASE_URL", "PYTHON_CODER_MODEL"):
        monkeypatch.delenv(name, raising=False)
    return here


KEY = (("ANTHROPIC_API_KEY", "k"),)
RUN = ("run", "Make it faster", "--repo", "repo")
CASES = {
    "new-full-folder": Case(("new", "full"), "is not empty"),
    "new-a-file": Case(("new", "file"), "is no folder"),
    "new-below-a-file": Case(("new", "file/x"), "a file is in the way"),
    "new-blank-in-the-name": Case(("new", "my shop"), "no name for a service"),
    "run-empty-task": Case(("run", " "), "The task is empty"),
    "run-no-agent-file": Case((*RUN, "--agent", "none.md"), "no agent definition"),
    "run-agent-without-frontmatter": Case((*RUN, "--agent", "no-frontmatter.md"), "has no frontmatter"),
    "run-agent-no-yaml": Case((*RUN, "--agent", "broken.md"), "no YAML in line 2"),
    "run-agent-no-utf8": Case((*RUN, "--agent", "latin.md"), "UTF-8"),
    "run-no-agent-of-that-name": Case((*RUN, "--agent", "nobody"), "Looked for nobody.md"),
    "run-no-policy": Case((*RUN, "--policy", "none.toml"), "none.toml cannot be read: No such file or directory."),
    "run-policy-a-folder": Case((*RUN, "--policy", "folder"), "Is a directory"),
    "run-policy-no-utf8": Case((*RUN, "--policy", "latin.txt"), "no UTF-8 text"),
    "run-policy-no-toml": Case((*RUN, "--policy", "cut.toml"), "is no TOML"),
    "run-policy-wrong-rule": Case((*RUN, "--policy", "rule.toml"), "rule 1, key 'decision'"),
    "run-no-plan": Case((*RUN, "--plan-file", "none"), "`run --plan` writes one"),
    "run-plan-cut": Case((*RUN, "--plan-file", "cut.json"), "Invalid JSON"),
    "run-plan-wrong-kind": Case((*RUN, "--plan-file", "plan.json"), "wrong at kind"),
    "run-no-recording": Case((*RUN, "--replay", "none"), "no recording"),
    "run-recording-cut": Case((*RUN, "--replay", "cut.json"), "no answer of a model"),
    "run-replay-and-model": Case((*RUN, "--replay", "cut.json", "--model", "sonnet"), "Leave --model out"),
    "run-no-such-model": Case((*RUN, "--model", "frob"), "PROVIDER:NAME"),
    "run-no-such-provider": Case((*RUN, "--model", "frob:x"), "Unknown model: frob:x. Use"),
    "run-no-key": Case((*RUN, "--model", "sonnet"), "export ANTHROPIC_API_KEY"),
    "run-no-key-of-openai": Case((*RUN, "--model", "openai:x"), "export OPENAI_API_KEY"),
    "run-no-address-of-ollama": Case((*RUN, "--model", "ollama:x"), "export OLLAMA_BASE_URL"),
    "run-no-such-escalation": Case((*RUN, "--model", "sonnet", "--escalate-to", "frob"), "'frob' is not", env=KEY),
    "run-wrong-alias": Case((*RUN, "--model", "sonnet"), "the row 'frob'", env=(("PYTHON_CODER_ALIASES", "frob"),)),
    "run-no-env-file": Case((*RUN, "--env-file", "none"), "--env-file none cannot be read"),
    "run-env-file-no-utf8": Case((*RUN, "--env-file", "latin.txt"), "Save it as UTF-8"),
    "run-wrong-relay": Case((*RUN, "--connect", "70000=/x"), "PORT=SOCKET"),
    "run-state-in-the-repository": Case(RUN, "outside of it", env=(("PYTHON_CODER_STATE", "repo/state"),)),
    "check-no-folder": Case(("check", "--repo", "none"), "Name the folder of a git repository with --repo"),
    "check-no-repository": Case(("check", "--repo", "folder"), "git init && git add -A && git commit"),
    "check-bare-repository": Case(("check", "--repo", "bare.git"), "bare git repository"),
    "check-no-commits": Case(("check", "--repo", "unborn"), "git add -A && git commit"),
    "check-no-such-base": Case(("check", "--repo", "repo", "--base", "none"), "no revision 'none'"),
    "check-no-such-gate": Case(("check", "--repo", "repo", "--gate", "none"), "There is no gate none"),
    "check-all-and-base": Case(("check", "--repo", "repo", "--all", "--base", "main"), "takes no --base"),
    "check-no-project": Case(("check", "--repo", "repo", "--all"), "No Python project"),
    "verify-no-contract": Case(("verify", "none"), "no contract none"),
    "verify-empty-folder": Case(("verify", "folder"), "folder/contract.json"),
    "verify-no-runs": Case(("verify", "last"), "Start one: python-coder run"),
    "show-no-runs": Case(("show",), "Start one: python-coder run"),
    "resume-no-runs": Case(("resume",), "Start one: python-coder run"),
    "undo-no-runs": Case(("undo", "last"), "Start one: python-coder run"),
}


WITHOUT_JSON = {
    "install-no-folder": Case(("install", "claude-code", "--repo", "none"), "no folder none"),
    "install-no-repository": Case(("install", "claude-code", "--repo", "folder"), "git init"),
    "install-for-nobody": Case(("install",), "--print for any other client"),
    "uninstall-no-folder": Case(("uninstall", "claude-code", "--repo", "none"), "no folder none"),
    "mcp-no-folder": Case(("mcp", "serena", "--project", "none"), "Name the project's folder"),
    "mcp-the-whole-disk": Case(("mcp", "coder", "--project", "/"), "holds more than a project"),
    "mcp-no-port": Case(("mcp", "docker", "--project", "repo", "--http", "frob"), "is not [HOST:]PORT"),
    "mcp-open-to-all": Case(("mcp", "coder", "--project", "repo", "--http", "0.0.0.0:0"), "--allow-remote"),
    "mcp-no-such-mode": Case(("mcp", "serena", "--project", "repo", "--mode", "frob"), "Known: planning"),
    "mcp-an-option-of-another": Case(("mcp", "docker", "--project", "repo", "--embedded"), "postgres server"),
    "mcp-no-such-variable": Case(("mcp", "postgres", "--project", "repo", "--dsn-env", "NOPE"), "names NOPE"),
}


@pytest.mark.parametrize("case", WITHOUT_JSON.values(), ids=WITHOUT_JSON)
def test_bad_input_of_commands_without_json(place: Path, capsys: pytest.CaptureFixture[str], case: Case) -> None:
    before = _content(place)
    with pytest.raises(SystemExit) as left:
        main(case.args)
    printed = capsys.readouterr()
    assert (left.value.code, printed.out) == (case.code, ""), printed.err
    assert case.says in printed.err
    assert _content(place) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything; run the tests as another user to see this")
@pytest.mark.parametrize("args", [("check", "--repo", "closed/repo"), ("runs",), ("show",)], ids=lambda args: args[0])
def test_what_may_not_be_read_is_told(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: Words
) -> None:
    (place / "closed").mkdir(mode=0o000)
    monkeypatch.setenv("PYTHON_CODER_STATE", str(place / "closed"))
    with pytest.raises(SystemExit) as left:
        main([*args, "--json"])
    printed = capsys.readouterr()
    assert left.value.code == 3, printed.err
    assert "Permission denied. See whose it is" in json.loads(printed.out)["message"]


CLOSED = {
    "new-without-stdin": ("new full <&-", 2),
    "runs-without-stdout": ("runs --json >&-", 0),
    "mcp-without-stdin": ("mcp serena --project repo <&-", 0),
    "onto-a-full-disk": ("runs --json >/dev/full", 3),
}


@pytest.mark.parametrize(("line", "code"), CLOSED.values(), ids=CLOSED)
def test_a_closed_or_full_stream_is_no_traceback(place: Path, line: str, code: int) -> None:
    program = f"{shlex.quote(sys.executable)} -m python_coder.cli.main {line}"
    done = subprocess.run(["sh", "-c", program], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    for name, value in case.env:
        monkeypatch.setenv(name, value)
    before = _content(place)
    with pytest.raises(SystemExit) as left:
        main([*case.args, "--json"])
    printed = capsys.readouterr()
    assert (left.value.code, "Traceback" in printed.err) == (case.code, False), printed.err
    told = json.loads(printed.out)
    assert case.says in told["message"]
    assert (told["exit_code"], told["error"]) == (case.code, "bad_usage")
    assert printed.err == f"python-coder: {told['message']}\n"
    assert _content(place) == before
    assert not list(tmp_path.glob("state/runs/*")), "a run that never began is left"


WRONG_WORDS = {
    "no-such-option": (("runs", "--frob"), "No such option: --frob"),
    "run-without-a-task": (("run",), "Missing argument 'task'"),
    "verify-without-a-contract": (("verify",), "Missing argument 'contract'"),
    "no-such-command": (("frob",), "No such command 'frob'"),
}


@pytest.mark.parametrize(("words", "says"), WRONG_WORDS.values(), ids=WRONG_WORDS)
def test_words_that_no_command_takes(capsys: pytest.CaptureFixture[str], words: Words, says: str) -> None:
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (left.value.code, told["exit_code"], told["error"]) == (2, 2, "bad_usage"), printed.err
    assert says in told["message"]
    assert printed.err.endswith(f"Error: {told['message']}\n")


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_refused_run_is_told_in_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", "Make it faster", "--repo", str(place / "folder")])
    told = capsys.readouterr().out
    assert left.value.code == 2
    assert f"REFUSED  Refused: {place / 'folder'} is not in a git repository." in told
    assert "Check it" not in told, "nothing of it can be checked"


def test_a_server_at_a_terminal_says_what_it_waits_for(place: Path) -> None:
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "python_coder.cli.main", "mcp", "serena", "--project", "repo"]
    with subprocess.Popen(program, cwd=place, stdin=theirs, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert "serving serena to an MCP client on standard input" in server.stderr.readline()
        server.kill()
    os.close(ours)
    os.close(theirs)
