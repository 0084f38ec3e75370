# tests/cli/test_main.py — the program's overview: quick, complete, with documented exit codes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from python_coder.cli.main import COMMANDS, load_command

HEAVY = ("pydantic_ai", "anthropic", "mcp", "sqlalchemy", "libcst", "copier", "rich.live")


def _coder(*args: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "python_coder.cli.main", *args]
    return subprocess.run(program, capture_output=True, text=True, cwd=cwd, env={**os.environ, **env}, check=False)


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_overview_imports_nothing_heavy(argument: str) -> None:
    probe = (
        "import sys, json\nfrom python_coder.cli.main import main\n"
        f"try:\n    main([{argument!r}])\nexcept SystemExit:\n    pass\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_explains_itself(name: str) -> None:
    command = load_command(COMMANDS[name])
    assert command.help
    assert "--help" in command.get_usage(command.make_context(name, [], resilient_parsing=True)) or command.params


BAD = {
    "no-such-command": (("frob",), 2),
    "no-such-option": (("run", "--frob"), 2),
    "missing-task": (("run",), 2),
    "no-such-model": (("run", "x", "--model", "frob"), 2),
    "model-without-key": (("run", "x", "--model", "anthropic:claude"), 2),
    "bad-relay": (("run", "x", "--connect", "frob"), 2),
    "no-such-run": (("resume", "nothing"), 2),
}


@pytest.mark.parametrize(("args", "code"), BAD.values(), ids=BAD)
def test_bad_usage_is_a_sentence_and_exit_2(tmp_path: Path, args: tuple[str, ...], code: int) -> None:
    done = _coder(*args, cwd=tmp_path, PYTHON_CODER_STATE=str(tmp_path / "state"), ANTHROPIC_API_KEY="")
    assert done.returncode == code, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
