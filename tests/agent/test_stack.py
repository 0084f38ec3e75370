# tests/agent/test_stack.py — whether a stack could come up at all
import asyncio
from pathlib import Path

import pytest

from python_coder.agent.stack import engine_answers


def test_no_engine_answers_where_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert not asyncio.run(engine_answers())
