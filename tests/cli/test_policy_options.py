# tests/cli/test_policy_options.py — whose rules count, and how a terminal is asked
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from python_coder.cli.policy import read_policy
from python_coder.errors import UsageError
from python_coder.settings import Settings

BOTH = "[[rule]]\ndecision = 'allow'\ntool = 'edits'\n[[rule]]\ndecision = 'deny'\ntool = 'runs'\n"
ASK = """
import asyncio, contextlib, sys
from rich.console import Console
from python_coder.agent.approvals import Question
from python_coder.cli.console import plain_console
from python_coder.cli.policy import TerminalAsker
from python_coder.cli.progress import TerminalProgress
console = plain_console(is_stderr=True)
progress = TerminalProgress(console)
asker = TerminalAsker(console, progress)
question = Question(tool="mcp__serena__execute_shell_command", shown="$ pytest\\x1b[2K -x \\u202e", why="Slow.")
with progress:
    print(asyncio.run(asker.approves(question)))
"""


def place(tmp_path: Path) -> tuple[Path, Settings]:
    repository = tmp_path / "repo"
    (repository / ".git").mkdir(parents=True)
    settings = Settings(state_folder=tmp_path, cache_folder=tmp_path, config_folder=tmp_path / "config")
    return repository, settings


def test_the_users_own_file_counts_in_full(tmp_path: Path) -> None:
    repository, settings = place(tmp_path)
    assert read_policy(None, repository, settings) == ()
    (tmp_path / "config").mkdir()
    (tmp_path / "config/policy.toml").write_text(BOTH)
    assert [rule.decision for rule in read_policy(None, repository, settings)] == ["allow", "deny"]


def test_a_file_in_the_repository_allows_nothing(tmp_path: Path) -> None:
    repository, settings = place(tmp_path)
    for folder in (tmp_path, repository / "deep"):
        folder.mkdir(exist_ok=True)
        (folder / "mine.toml").write_text(BOTH)
    outside = read_policy(tmp_path / "mine.toml", repository / "deep", settings)
    inside = read_policy(repository / "deep/mine.toml", repository / "deep", settings)
    assert [rule.decision for rule in outside] == ["allow", "deny"]
    assert [rule.decision for rule in inside] == ["deny"]


def test_a_policy_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    repository, settings = place(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_policy(tmp_path / "none.toml", repository, settings)


@pytest.mark.parametrize(("typed", "answer"), [("y\n", "True"), ("maybe\nn\n", "False"), ("\n", "False")])
def test_a_terminal_is_asked_with_what_a_terminal_would_hide(typed: str, answer: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ASK], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        os.write(ours, typed.encode())
        out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert out.strip() == answer, err
    assert "$ pytest\\u001b[2K -x \\u202e" in err
    assert "The policy asks: Slow." in err
    assert "\x1b[2K" not in err


def test_without_a_terminal_nobody_is_asked() -> None:
    program = [sys.executable, "-c", ASK]
    done = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "None", done.stderr
