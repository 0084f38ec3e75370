# tests/mcp_servers/test_postgres.py — the postgres server's options, and what it says before any database is opened
from pathlib import Path

import pytest

from python_coder.cli.main import main
from python_coder.mcp_servers.options import DatabaseOptions, ServerOptions
from python_coder.mcp_servers.postgres import postgres_server
from python_coder.mcp_servers.tool_server import ToolCalls
from python_coder.settings import Settings

WRONG = {
    "no-such-variable": (["mcp", "postgres", "--dsn-env", "PYTHON_CODER_NO_SUCH_URL"], "PYTHON_CODER_NO_SUCH_URL"),
    "options-of-serena": (["mcp", "postgres", "--allow-shell"], "belong to the serena server"),
    "options-of-postgres": (["mcp", "coder", "--allow-write"], "belong to the postgres server"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_wrong_options_are_bad_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert (ended.value.code, said in capsys.readouterr().err) == (2, True)


async def test_far_database_is_refused_at_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:correct-horse-battery@db.example.com/shop")
    options = ServerOptions(project=tmp_path, is_pinned=True, database=DatabaseOptions())
    settings = Settings(state_folder=tmp_path / "state", cache_folder=tmp_path / "cache")
    calls = ToolCalls(postgres_server(options, settings))
    try:
        assert await calls.offered_names() == ["mcp__postgres__get_schema", "mcp__postgres__query"]
        for name, arguments in (("query", {"sql": "SELECT 1"}), ("get_schema", {})):
            answer = await calls.call(name, arguments)
            assert answer.is_error
            assert "--allow-host db.example.com" in answer.text
            assert "correct-horse" not in answer.text
    finally:
        await calls.close()
