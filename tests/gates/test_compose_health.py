# tests/gates/test_compose_health.py — healthchecks that can fail, and those that never do
from typing import Any

import pytest

from python_coder.gates.compose_health import can_fail

NEVER: list[Any] = [
    "true",
    "exit 0",
    ":",
    "/bin/true",
    "echo ok",
    "sleep 1",
    "curl -f http://localhost || true",
    "curl -f http://localhost || exit 0",
    "curl -f http://localhost || echo down",
    "curl -f http://localhost; true",
    "curl -f http://localhost\ntrue",
    "curl -f http://localhost & true",
    "curl -f http://localhost | true",
    "curl -f http://localhost && exit 0 || exit 0",
    "(curl -f http://localhost) || :",
    "true || curl -f http://localhost",
    "exit 0; curl -f http://localhost",
    "sh -c 'curl -f http://localhost || true'",
    "X=1 true > /dev/null",
    "timeout 5 true",
    "[ 1 -eq 1 ]",
    "pg_isready --version",
    "python -c 'import sys; sys.exit(0)'",
    ["CMD", "true"],
    ["CMD", "/usr/bin/true"],
    ["CMD", "python3", "-c", "pass"],
    ["CMD", "bash", "-ec", "exit 0"],
    ["CMD-SHELL", "curl -f http://localhost || exit 0"],
    ["CMD-SHELL", "/bin/sh -c ':'"],
]
CAN: list[Any] = [
    "curl -f http://localhost || exit 1",
    "curl -fsS http://localhost/health > /dev/null",
    "curl -s http://localhost | grep -q ok",
    "wget -q --spider http://localhost && echo ok",
    "pg_isready -U $${POSTGRES_USER} -d $${POSTGRES_DB}",
    "test -f /tmp/ready",
    '[ "$$(redis-cli ping)" = PONG ]',
    "redis-cli ping; exit $$?",
    "rm -f x; true && curl -f http://localhost",
    "curl -f 'http://localhost/?a=1;true'",
    "it's unbalanced",
    "sh -c 'curl -f http://localhost'",
    ["CMD", "pg_isready", "--username=app"],
    ["CMD", "curl", "-f", "http://localhost"],
    ["CMD", "python", "-c", "import app"],
    ["CMD", "python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/ready', timeout=2)"],
    ["CMD", "alembic", "current"],
]


@pytest.mark.parametrize("test", NEVER, ids=str)
def test_never_fails(test: Any) -> None:
    assert not can_fail({"test": test})


@pytest.mark.parametrize("test", CAN, ids=str)
def test_can_fail(test: Any) -> None:
    assert can_fail({"test": test})
