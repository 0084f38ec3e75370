# benchmarks/references.py — references by raw ty and by our client of it, side by side in one run
"""`python benchmarks/references.py [ROOT PATH:NAME...]`; without arguments some classes of the installed sqlalchemy.

Raw ty is the least that a conversation takes: blocking, no translation of what it answers beyond JSON.
"""

import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast

from python_coder.symbols.language_server import LanguageServer

WARM_RUNS = 15
DEFAULT = (
    "sqlalchemy/orm/session.py:Session",
    "sqlalchemy/sql/elements.py:ColumnElement",
    "sqlalchemy/engine/base.py:Connection",
)
Place = tuple[str, int, int]


class RawTy:
    """ty server, asked one question at a time."""

    def __init__(self, root: Path) -> None:
        command = [Path(sys.executable).with_name("ty"), "server"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, cwd=root, **pipes)
        self._root, self._last_id = root, 0
        self._ask("initialize", {"rootUri": root.as_uri(), "capabilities": {}})
        self._send({"method": "initialized", "params": {}})

    def references(self, path: str, line: int, column: int) -> int:
        """How many there are."""
        place = {
            "textDocument": {"uri": (self._root / path).as_uri()},
            "position": {"line": line - 1, "character": column},
        }
        return len(self._ask("textDocument/references", {**place, "context": {"includeDeclaration": False}}) or [])

    def resident_megabytes(self) -> int:
        """Its memory now."""
        return resident_megabytes(self._process.pid)

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.communicate()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = cast("IO[bytes]", self._process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        stream.flush()

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        stream = cast("IO[bytes]", self._process.stdout)
        while True:
            length = 0
            while line := stream.readline().strip():
                length = int(line.rpartition(b":")[2]) if line.lower().startswith(b"content-length") else length
            message = json.loads(stream.read(length))
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": None})
            elif message.get("id") == self._last_id:
                return message["result"]


def resident_megabytes(pid: int) -> int:
    """Resident memory of a process, in MB of 1,048,576 bytes; 0 when it is gone."""
    status = Path(f"/proc/{pid}/status")
    match = re.search(r"VmRSS:\s*(\d+)", status.read_text()) if status.exists() else None
    return int(match[1]) // 1024 if match else 0


def place_of(root: Path, target: str) -> Place:
    """Where `PATH:NAME` is defined."""
    path, _, name = target.rpartition(":")
    for number, line in enumerate((root / path).read_text().splitlines(), 1):
        match = re.match(rf"\s*(?:class|(?:async )?def) ({re.escape(name)})\b", line)
        if match:
            return path, number, match.start(1)
    raise SystemExit(f"{path} defines no {name}")


async def timed(act: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds that something takes."""
    began = time.perf_counter()
    await act()
    return (time.perf_counter() - began) * 1000


async def compare(root: Path, targets: Sequence[str]) -> list[tuple[str, str]]:
    """Cold: started, and asked the first question. Warm: medians of calls that take turns."""
    places = {target: place_of(root, target) for target in targets}
    first = next(iter(places.values()))
    began = time.perf_counter()
    raw = RawTy(root)
    raw.references(*first)
    raw_cold = (time.perf_counter() - began) * 1000
    ours = LanguageServer(root)
    own_cold = await timed(lambda: ours.references(*first))
    rows = [(f"references of {targets[0]}, cold", f"raw ty {raw_cold:.0f} ms, ours {own_cold:.0f} ms")]
    try:
        for target, place in places.items():
            rows.append((f"references of {target}, warm", await warm(raw, ours, place)))
        rows += await edits(root, ours, first)
        pid = int(re.findall(r"process (\d+)", ours.status)[0])
        rows.append(("resident", f"raw ty {raw.resident_megabytes()} MB, ours {resident_megabytes(pid)} MB"))
    finally:
        raw.end()
        await ours.aclose()
    rows.append(await warmed_up(root, first))
    return rows


async def warm(raw: RawTy, ours: LanguageServer, place: Place) -> str:
    """Medians of both, asked in turns, once they agree on the answer."""
    count, raw_times, own_times = raw.references(*place), [], []
    found = await ours.references(*place)
    if len(found) != count:
        raise SystemExit(f"{place}: raw ty finds {count}, ours {len(found)}")
    for _ in range(WARM_RUNS):
        began = time.perf_counter()
        raw.references(*place)
        raw_times.append((time.perf_counter() - began) * 1000)
        own_times.append(await timed(lambda: ours.references(*place)))
    raw_median, own_median = statistics.median(raw_times), statistics.median(own_times)
    ratio = own_median / raw_median
    return f"{count} of them: raw ty {raw_median:.1f} ms, ours {own_median:.1f} ms, ratio {ratio:.2f}"


async def edits(root: Path, ours: LanguageServer, place: Place) -> list[tuple[str, str]]:
    """What an edit costs: the findings of a proposal, and of the written file; the next references."""
    path = place[0]
    text = (root / path).read_text()
    proposed, written, after = [], [], []
    for number in range(WARM_RUNS):
        changed = f"{text}\n\ndef added() -> int:\n    return 'a{number}'\n"
        proposed.append(await timed(partial(ours.diagnostics, path, changed)))
        (root / path).write_text(changed)
        await ours.changed([path])
        written.append(await timed(lambda: ours.diagnostics(path)))
        after.append(await timed(lambda: ours.references(*place)))
    (root / path).write_text(text)
    return [
        (f"findings of a proposal for {path}", f"{statistics.median(proposed):.0f} ms (first {proposed[0]:.0f})"),
        ("findings after it is written", f"{statistics.median(written):.0f} ms"),
        ("references after that edit", f"{statistics.median(after):.0f} ms"),
    ]


async def warmed_up(root: Path, place: Place) -> tuple[str, str]:
    """The first question after a warm-up that had time to end."""
    ours = LanguageServer(root)
    try:
        ours.warm_up()
        await asyncio.sleep(15)
        return "first references, 15 s after warm_up", f"{await timed(lambda: ours.references(*place)):.0f} ms"
    finally:
        await ours.aclose()


def measure(root: Path | None = None, targets: Sequence[str] = DEFAULT) -> list[tuple[str, str]]:
    """Rows of title and figures, of a copy of the installed sqlalchemy, or of a root, which is edited and mended."""
    if root is not None:
        return asyncio.run(compare(root, targets))
    spec = find_spec("sqlalchemy")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("sqlalchemy is not installed. Run `make setup`.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        leave_out = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(spec.submodule_search_locations[0], copy / "sqlalchemy", ignore=leave_out)
        return asyncio.run(compare(copy, targets))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    table = measure(Path(arguments[0]).resolve(), arguments[1:]) if len(arguments) > 1 else measure()
    for title, figure in table:
        print(f"| {title} | {figure} |")
