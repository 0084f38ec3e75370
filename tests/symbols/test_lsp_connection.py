# tests/symbols/test_lsp_connection.py — many questions at once to one server, and all the ways in which it may end
import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from python_coder.symbols.lsp_connection import Connection, ServerGoneError, ServerRefusalError
from python_coder.symbols.lsp_process import ServerProcess

SERVER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("scripted_lsp.py")))
ENDINGS = {
    "exit": ("exit", 3, r"exit status 3"),
    "garbage": ("garbage", None, r"no message"),
}


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
async def server(tmp_path: Path, told: list[Any]) -> AsyncIterator[Connection]:
    process = await ServerProcess.start(SERVER, cwd=tmp_path, env={"ONLY": "this"})
    answerers = {"known": lambda params: ["heard", params]}
    connection = Connection(process, answerers=answerers, hear=lambda *event: told.append(event))
    yield connection
    await connection.end()
    assert not connection.is_open


async def _ask(server: Connection, method: str, params: Any = None, seconds: float = 10.0) -> Any:
    return await server.ask(method, params, timeout_seconds=seconds)


async def test_answers_reach_who_asked(server: Connection) -> None:
    held = [asyncio.create_task(_ask(server, "hold")) for _ in range(20)]
    others = await asyncio.gather(*(_ask(server, "echo", [n, "ü😀" * n]) for n in range(50)))
    assert others == [[n, "ü😀" * n] for n in range(50)]
    server.tell("release", None)
    assert await asyncio.gather(*held) == list(range(1, 21))


async def test_a_cancelled_question_leaves_the_stream_whole(server: Connection) -> None:
    waiting = asyncio.create_task(_ask(server, "hold"))
    await _ask(server, "echo")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.tell("release", None)  # the answer that nobody waits for any more
    assert await _ask(server, "echo", "still there") == "still there"
    assert "$/cancelRequest" in await _ask(server, "heard")


async def test_a_late_answer_is_a_timeout(server: Connection) -> None:
    with pytest.raises(TimeoutError):
        await _ask(server, "hold", seconds=0.05)
    assert await _ask(server, "echo", 1) == 1


async def test_the_server_may_ask_too(server: Connection, told: list[Any]) -> None:
    known = await _ask(server, "ask-back", {"method": "known", "params": {"a": 1}})
    assert known == {"id": "from-server", "result": ["heard", {"a": 1}], "error": None}
    unknown = await _ask(server, "ask-back", {"method": "strange"})
    assert unknown["error"]["code"] == -32601
    await _ask(server, "tell-back", {"b": 2})
    assert told == [("told", {"b": 2})]


async def test_refusals_hold_the_servers_reason(server: Connection) -> None:
    with pytest.raises(ServerRefusalError, match=r"^no$"):
        await _ask(server, "refuse", -32602)
    assert await _ask(server, "echo", 1) == 1


async def test_questions_that_a_change_overtook_are_asked_again(server: Connection) -> None:
    assert await _ask(server, "outdated", 2) == 3


async def test_but_not_without_end(server: Connection) -> None:
    with pytest.raises(ServerRefusalError, match="content modified"):
        await _ask(server, "outdated", 1000)


@pytest.mark.parametrize(("method", "params", "reason"), ENDINGS.values(), ids=ENDINGS)
async def test_all_learn_of_the_end(server: Connection, method: str, params: Any, reason: str) -> None:
    held = [asyncio.create_task(_ask(server, "hold")) for _ in range(3)]
    await _ask(server, "echo")
    server.tell(method, params)
    for ended in await asyncio.gather(*held, return_exceptions=True):
        assert isinstance(ended, ServerGoneError)
    with pytest.raises(ServerGoneError, match="exit status"):
        await _ask(server, "echo")
    server.tell("echo", None)  # into the void
    assert not server.is_open


async def test_the_last_words_are_kept_and_no_more(server: Connection) -> None:
    await _ask(server, "flood", 3_000_000)
    server.tell("exit", 1)
    with pytest.raises(ServerGoneError, match=r"^last words \(exit status 1\)$"):
        await _ask(server, "hold")
    assert len(server.process.last_words) < 100


async def test_its_environment_holds_what_it_was_given(server: Connection) -> None:
    seen = await _ask(server, "environment")
    assert seen.pop("ONLY") == "this"
    assert set(seen) <= {"LC_CTYPE", "PWD"}


async def test_a_server_that_does_not_listen_is_ended_all_the_same(server: Connection) -> None:
    server.tell("deaf", None)
    server.tell("echo", "x" * 3_000_000)  # more than the pipe takes
    async with asyncio.timeout(5):
        await server.end()
