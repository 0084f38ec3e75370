# tests/mcp_servers/test_bearer.py — the token: where it comes from, and who gets past without it
import stat
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.mcp_servers.bearer import TOKEN_VARIABLE, BearerDoor, Token, read_token

GOOD = "abcdefgh-12345678"


def test_token_of_the_environment_wins(tmp_path: Path) -> None:
    token = read_token({TOKEN_VARIABLE: GOOD}, tmp_path / "token")
    assert (token.value, token.source) == (GOOD, TOKEN_VARIABLE)
    assert not (tmp_path / "token").exists()
    assert GOOD not in repr(token)


@pytest.mark.parametrize(
    "value", ["short", "with space in it and long", "line\nbreak-and-long-enough", "ünïcode-abcdefgh"]
)
def test_token_that_no_header_may_carry_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match="at least 16"):
        read_token({TOKEN_VARIABLE: value}, tmp_path / "token")


def test_token_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "state" / "token"
    first = read_token({}, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first.value) >= 32
    assert read_token({}, file) == first
    assert first.source == str(file)


def test_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(GOOD)
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(UsageError, match="not yours alone"):
        read_token({}, tmp_path / "token")


def test_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EnvironmentLacksError, match=TOKEN_VARIABLE):
        read_token({}, tmp_path / "token")
    assert not (tmp_path / "elsewhere").exists()


HEADERS = {
    "none": ([], 401),
    "right": ([("authorization", f"Bearer {GOOD}")], 200),
    "scheme-in-small-letters": ([("authorization", f"bearer {GOOD}")], 200),
    "wrong": ([("authorization", "Bearer abcdefgh-12345679")], 401),
    "beginning": ([("authorization", f"Bearer {GOOD[:-1]}")], 401),
    "longer": ([("authorization", f"Bearer {GOOD}x")], 401),
    "empty": ([("authorization", "Bearer ")], 401),
    "other-scheme": ([("authorization", f"Basic {GOOD}")], 401),
    "no-scheme": ([("authorization", GOOD)], 401),
    "twice": ([("authorization", f"Bearer {GOOD}"), ("authorization", "Bearer x")], 401),
    "other-header": ([("x-authorization", f"Bearer {GOOD}")], 401),
    "cookie": ([("cookie", f"token={GOOD}")], 401),
}


@pytest.mark.parametrize(("headers", "status"), HEADERS.values(), ids=HEADERS)
async def test_door(headers: list[tuple[str, str]], status: int) -> None:
    behind: list[str] = []

    def inside(_: object) -> PlainTextResponse:
        behind.append("seen")
        return PlainTextResponse("in")

    application = Starlette(routes=[Route("/mcp", inside)])
    door = BearerDoor(application, Token(GOOD, "here"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://127.0.0.1") as client:
        for path in (f"/mcp?token={GOOD}", "/mcp"):
            response = await client.get(path, headers=headers)
            assert response.status_code == status
            assert GOOD not in response.text
    assert behind == (["seen"] * 2 if status == 200 else [])
    if status == 401:
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_web_socket_is_closed() -> None:
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"authorization", f"Bearer {GOOD}".encode())]}
    await BearerDoor(Starlette(), Token(GOOD, "here"))(scope, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
