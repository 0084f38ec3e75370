# tests/tools/shell_place.py — a project in which commands are tried, with secrets beside it and in it
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from python_coder.errors import EnvironmentLacksError
from python_coder.evidence.verdict import CommandRecord
from python_coder.tools.serena.repository import find_repository
from python_coder.tools.serena.shell import ShellPolicy, ShellTools
from python_coder.tools.serena.workplace import Workplace, environment_of, project_workplace
from python_coder.workspace.commands import CommandRunner
from python_coder.workspace.sandbox import make_runner

CANARY = "canary-7f3a9c"
"""What no command may bring out."""

_FILES = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[tool.pytest.ini_options]\naddopts = "-v"\n',
    "shop.py": "def price() -> int:\n    return 3\n",
    "tests/test_shop.py": "from shop import price\n\n\ndef test_price() -> None:\n    assert price() == 3\n",
    ".gitignore": ".env\n",
}


def sandbox() -> CommandRunner:
    """The sandbox of this machine; a skip that says what to install where there is none."""
    try:
        return make_runner()
    except EnvironmentLacksError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def make_project(folder: Path) -> Path:
    """A small service under git, with an ignored `.env`, and a secret in the folder beside it."""
    root = folder / "shop"
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    (root / ".env").write_text(f"API_TOKEN={CANARY}\n")
    (folder / "outside").mkdir()
    (folder / "outside" / "secret.txt").write_text(CANARY)
    return root


def git(root: Path, *words: str) -> str:
    """Run git as somebody."""
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    done = subprocess.run(
        ["git", *words], cwd=root, env={**os.environ, **who}, capture_output=True, text=True, check=True
    )
    return done.stdout


def make_place(root: Path, scratch: Path, runner: CommandRunner) -> Workplace:
    """Where the project's commands run: our own environment takes the place of one of its own."""
    repository = find_repository(root)
    place = project_workplace(root, repository, environment_of(root, repository), scratch=scratch, runner=runner)
    prefix = Path(sys.prefix)
    env = {**place.env, "PATH": f"{prefix / 'bin'}:/usr/bin:/bin", "VIRTUAL_ENV": str(prefix)}
    return replace(place, environment=prefix, env=env)


def make_shell(place: Workplace, policy: ShellPolicy | None = None) -> tuple[ShellTools, list[CommandRecord]]:
    """The shell tool, and the list that it tells its commands to."""
    seen: list[CommandRecord] = []
    return ShellTools(workplace=lambda: place, seen=seen.append, policy=policy or ShellPolicy()), seen
