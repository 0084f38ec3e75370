# tests/symbols/test_reference_equality.py — our references are those that ty itself gives, on public code
"""ty is asked by an exchange of this file's own: another process, another encoding of columns, no code of ours."""

import ast
import json
import random
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from python_coder.symbols.language_server import LanguageServer

TY = Path(sys.executable).with_name("ty")
Place = tuple[str, int, int]
DRAWS = {"starlette": (90, 1), "httpx": (80, 2), "sqlalchemy": (30, 3)}
"""By package: how many symbols are drawn, and the seed."""
LEFT_OUT = ("__pycache__", "*.so", "*.pyd", "dialects", "ext", "orm", "testing")
"""The larger half of sqlalchemy, which ty takes half a minute to work out."""


class RawTy:
    """The least that a conversation with ty takes; columns are in UTF-16 code units."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [TY, "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
        )
        self.last_id = 0
        capabilities = self.ask("initialize", {"rootUri": root.as_uri(), "capabilities": {}})["capabilities"]
        assert capabilities["positionEncoding"] == "utf-16"
        self.send({"method": "initialized", "params": {}})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        stream = self.process.stdout
        assert stream
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(stream.read(length))

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self.last_id += 1
        self.send({"id": self.last_id, "method": method, "params": params})
        while True:
            message = self.receive()
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            elif message.get("id") == self.last_id:
                return message["result"]

    def references(self, place: Place, *, include_declaration: bool) -> list[Place]:
        path, line, column = place
        uri = (self.root / path).as_uri()
        text = _lines(self.root / path)[line - 1]
        answer = self.ask(
            "textDocument/references",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line - 1, "character": len(text[:column].encode("utf-16-le")) // 2},
                "context": {"includeDeclaration": include_declaration},
            },
        )
        return sorted(self._place(each) for each in answer or [])

    def _place(self, location: dict[str, Any]) -> Place:
        path = Path(unquote(urlsplit(location["uri"]).path))
        start = location["range"]["start"]
        before = _lines(path)[start["line"]].encode("utf-16-le")[: 2 * start["character"]]
        return (path.relative_to(self.root).as_posix(), start["line"] + 1, len(before.decode("utf-16-le")))

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def _lines(path: Path) -> list[str]:
    """Lines as the protocol counts them: `str.splitlines` also breaks at form feeds and the like."""
    return path.read_bytes().decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _drawn(root: Path, count: int, seed: int) -> list[Place]:
    """Names of classes, functions and methods, at random."""
    places: list[Place] = []
    for file in sorted(root.rglob("*.py")):
        lines = _lines(file)
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                column = lines[node.lineno - 1].find(f" {node.name}", node.col_offset) + 1
                if column:
                    places.append((file.relative_to(root).as_posix(), node.lineno, column))
    return random.Random(seed).sample(places, count)


def _copied(package: str, root: Path) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.fail(f"{package} is not installed. Run `make setup`.")
    shutil.copytree(
        spec.submodule_search_locations[0],
        root / package,
        ignore=shutil.ignore_patterns(*LEFT_OUT),
    )
    return root


async def _compare(root: Path, places: list[Place]) -> int:
    """Compare each place's references; returns how many there were."""
    raw, ours = RawTy(root), LanguageServer(root)
    seen = 0
    try:
        for number, place in enumerate(places):
            is_whole = bool(number % 2)
            expected = raw.references(place, include_declaration=is_whole)
            found = await ours.references(*place, include_declaration=is_whole)
            assert [(each.path, each.line, each.column) for each in found] == expected, place
            seen += len(expected)
    finally:
        raw.end()
        await ours.aclose()
    return seen


async def test_references_of_a_few_symbols_equal_those_of_ty(tmp_path: Path) -> None:
    root = _copied("starlette", tmp_path)
    assert await _compare(root, _drawn(root, 20, 7)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("package", DRAWS)
async def test_references_of_random_symbols_equal_those_of_ty(tmp_path: Path, package: str) -> None:
    root = _copied(package, tmp_path)
    assert await _compare(root, _drawn(root, *DRAWS[package])) > DRAWS[package][0]
