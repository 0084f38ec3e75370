# tests/cli/finished_runs.py — the program in this process, over a state folder with one delivered run
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.delivered_run import DeliveredRun, deliver
from python_coder.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What one command printed and ended with."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Terminal:
    """Runs commands over one state folder."""

    run: DeliveredRun
    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *args: str | Path) -> Answer:
        with self.monkeypatch.context() as patch:
            patch.setenv("PYTHON_CODER_STATE", str(self.home / "state"))
            patch.setenv("PYTHON_CODER_CACHE", str(self.home / "cache"))
            patch.setitem(os.environ, "NO_COLOR", "1")
            with pytest.raises(SystemExit) as ended:
                main([str(arg) for arg in args])
        printed = self.capsys.readouterr()
        return Answer(int(ended.value.code or 0), printed.out, printed.err)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """One delivered run, and the program over its state folder."""
    return Terminal(deliver(tmp_path), tmp_path, capsys, monkeypatch)
