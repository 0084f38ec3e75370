# tests/mcp_servers/served.py — a project, the server on it as a process, and the two clients that drive it
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "python_coder.cli.main", "mcp", "serena")
TOKEN = "a-token-for-these-tests-alone"
SECRET = "hunter2-hunter2-hunter2"

_FILES = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
    "shop.py": '"""Prices."""\n\nAPI_KEY = "sk-abcdef0123456789abcdef"\n\n\ndef price() -> int:\n    return 3\n',
}


def make_project(folder: Path) -> Path:
    """A small project under git, with secrets in it."""
    root = folder / "shop"
    root.mkdir(parents=True)
    for name, text in _FILES.items():
        (root / name).write_text(text)
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "-m", "first")):
        subprocess.run(["git", *words], cwd=root, check=True)
    (root / ".env").write_text(f"SMTP_PASSWORD={SECRET}\n")
    (root / "notes.txt").write_text(f"mail works with {SECRET}\n")
    return root


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """What a client gives a server that it starts: nothing of this machine's own."""
    paths = {"HOME": folder / "home", "PYTHON_CODER_STATE": folder / "state", "PYTHON_CODER_CACHE": folder / "cache"}
    plain = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
    return {**plain, **{name: str(path) for name, path in paths.items()}, **variables}


def message(method: str, number: int | None = None, **params: Any) -> str:
    """One line of the protocol: a request if it has a number, else a notification."""
    body = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(body if number is None else {**body, "id": number}) + "\n"


HELLO = message(
    "initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "test", "version": "1"}
) + message("notifications/initialized")


@contextmanager
def started(folder: Path, *options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The server's process, with all three streams in our hands; ended in any case."""
    process = subprocess.Popen(
        [*PROGRAM, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder, **variables),
        cwd=folder,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def told(process: subprocess.Popen[str], *lines: str) -> None:
    """Send lines, without waiting for what they lead to."""
    assert process.stdin is not None
    process.stdin.write("".join(lines))
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line of the server: it must be of the protocol."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    assert line["jsonrpc"] == "2.0"
    return line


def texts(blocks: Sequence[Any]) -> str:
    """All text of a tool's answer."""
    return "\n".join(block.text for block in blocks)


def running(text: str) -> bool:
    """Whether a process runs whose command line has this text."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (folder / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False
