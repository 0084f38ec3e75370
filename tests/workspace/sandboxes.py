# tests/workspace/sandboxes.py — the sandboxes of this machine, and scripts to run in them
import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from python_coder.errors import EnvironmentLacksError
from python_coder.workspace.commands import Command, CommandRunner, CompletedCommand
from python_coder.workspace.sandbox import SandboxMode, make_runner

CONFINED: tuple[SandboxMode, ...] = ("bwrap", "landlock")
ALL: tuple[SandboxMode, ...] = (*CONFINED, "none")


def runner_or_skip(mode: SandboxMode) -> CommandRunner:
    """The runner of that name; a skip that says what to install where this machine has none."""
    try:
        return make_runner(mode)
    except EnvironmentLacksError as error:
        if mode == "bwrap" and os.environ.get("CI") and shutil.which("bwrap") is None:
            pytest.fail(str(error))
        pytest.skip(str(error))


async def run_python(runner: CommandRunner, code: str, *args: object, **fields: Any) -> CompletedCommand:
    """Run a script with this interpreter; `cwd` is the first writable folder unless it is given."""
    fields.setdefault("cwd", next(iter(fields.get("writable", ())), Path("/")))
    fields.setdefault("timeout_seconds", 20.0)
    return await runner.run(Command(argv=(sys.executable, "-c", code, *map(str, args)), **fields))


def running(text: str) -> list[str]:
    """Command lines that contain `text`, of processes that run."""
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lines.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if text in line]
