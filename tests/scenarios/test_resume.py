# tests/scenarios/test_resume.py — Ctrl-C and kill -9 lose nothing: resume ends with the same contract
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scenarios.cheats import HONEST, TASK
from scenarios.conftest import Coder
from scenarios.pricing_service import git, state_of
from scenarios.scripted_server import scripted_model, url_of

pytestmark = pytest.mark.slow

_MARKS = re.compile(r"<data-(\w+)")


def _bare(contract: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however often a run was killed: all but times, ids and where it ran."""
    same = ("summary", "rationale", "artifacts", "diffs", "followups", "status", "ended_because", "not_judged")
    facts = ("base_tree", "tree", "model", "sandbox", "budget", "kind", "scope", "baseline", "tools")
    return {
        **{key: contract[key] for key in same},
        "gates": [(gate["gate"], gate["verdict"], gate["reason"]) for gate in contract["gates"]],
        "run": {key: contract["run"][key] for key in facts},
    }


@contextmanager
def _started(coder_env: dict[str, str], repository: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-m", "python_coder.cli.main", "run", TASK, "--repo", str(repository), "--json"]
    env = {**coder_env, "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url}
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def coder_env(tmp_path: Path, cache: Path) -> dict[str, str]:
    return {**os.environ, "PYTHON_CODER_STATE": str(tmp_path / "state"), "PYTHON_CODER_CACHE": str(cache)}


def _wait_for(state: Path, kind: str, process: subprocess.Popen[str]) -> Path:
    """Wait until the run's ledger holds an entry of this kind. Returns the run's folder."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for ledger in state.glob("runs/*/ledger.jsonl"):
            if f'"kind":"{kind}"' in ledger.read_text():
                return ledger.parent
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError(f"no {kind} entry within two minutes")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {}


MOMENTS = ["run_started", "known_good", "plan", "edit_started", "checkpoint", "claim", "gate", "delivered"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_then_resume(
    tmp_path: Path, repository: Path, coder: Coder, coder_env: dict[str, str], whole: dict[str, Any], moment: str
) -> None:
    before = state_of(repository)
    with scripted_model(HONEST.answer) as server:
        keys = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
        with _started(coder_env, repository, url_of(server)) as process:
            folder = _wait_for(tmp_path / "state", moment, process)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert state_of(repository) == before
        resumed = coder("resume", folder.name, "--json", **keys)
        assert resumed.returncode == 0, resumed.stderr
        contract = json.loads(resumed.stdout)
        assert contract["status"] == "proven"
        assert len(server.requests) <= 4
        # Whatever stands around answers, before the kill and after it, the brief has told.
        brief, *rest = [set(_MARKS.findall(str(message))) for message in server.requests[-1]["messages"]]
        assert set().union(*rest) <= brief
    assert state_of(repository) == before
    assert len(git(repository, "branch", "--list", "python-coder/*").split()) == 1
    whole.setdefault("contract", _bare(contract))
    assert _bare(contract) == whole["contract"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_then_resume(
    tmp_path: Path, repository: Path, coder: Coder, coder_env: dict[str, str], signum: signal.Signals
) -> None:
    before = state_of(repository)
    with scripted_model(HONEST.answer) as server:
        keys = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
        with _started(coder_env, repository, url_of(server)) as process:
            folder = _wait_for(tmp_path / "state", "claim", process)
            process.send_signal(signum)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert json.loads(out)["ended_because"] == "interrupted"
        assert "python-coder resume" in err
        assert "Traceback" not in err
        assert state_of(repository) == before
        resumed = coder("resume", folder.name, "--json", **keys)
    assert resumed.returncode == 0, resumed.stderr
    again = coder("resume", folder.name, "--json")
    assert (again.returncode, json.loads(again.stdout)) == (0, json.loads(resumed.stdout))
