# benchmarks/symbol_servers.py — this project's serena server beside another one, on the same repositories in one run
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

sys.path.insert(0, str(Path(__file__).parent))

from large_service import write_service

OURS = f"{sys.executable} -m python_coder.cli.main mcp serena --project {{repo}}"
WARM = 7
"""Repetitions of each call after the first."""


@dataclass(frozen=True)
class Call:
    """One question, in words that both servers take."""

    title: str
    tool: str
    arguments: dict[str, Any]


FASTAPI = (
    Call("overview of routing.py", "get_symbols_overview", {"relative_path": "fastapi/routing.py"}),
    Call("find_symbol APIRouter/add_api_route", "find_symbol", {"name_path_pattern": "APIRouter/add_api_route"}),
    Call(
        "references of APIRouter",
        "find_referencing_symbols",
        {"name_path": "APIRouter", "relative_path": "fastapi/routing.py"},
    ),
    Call(
        "references of FastAPI",
        "find_referencing_symbols",
        {"name_path": "FastAPI", "relative_path": "fastapi/applications.py"},
    ),
)
LARGE = (
    Call("overview of a router", "get_symbols_overview", {"relative_path": "app/routers/thing7.py"}),
    Call("find_symbol Thing99", "find_symbol", {"name_path_pattern": "Thing99"}),
    Call(
        "references of Thing9Read",
        "find_referencing_symbols",
        {"name_path": "Thing9Read", "relative_path": "app/schemas/thing9.py"},
    ),
    Call(
        "references of SessionDep",
        "find_referencing_symbols",
        {"name_path": "SessionDep", "relative_path": "app/db.py"},
    ),
)


@dataclass
class Server:
    """A JSON-RPC session with an MCP server over its standard streams."""

    command: list[str]
    folder: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)
    number: int = 0

    def open(self) -> float:
        """Start it. Returns the milliseconds until it answered `initialize`."""
        began = time.perf_counter()
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        client = {"name": "benchmark", "version": "1"}
        self.ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client})
        took = (time.perf_counter() - began) * 1000
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return took

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer; requests of the server's own are answered with nothing."""
        self.number += 1
        self._send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        for line in cast("IO[bytes]", self.process.stdout):
            message = json.loads(line) if line.startswith(b"{") else {}
            if message.get("id") == self.number and "method" not in message:
                return dict(message.get("result") or {"error": message.get("error")})
            if "method" in message and "id" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": {"roots": []}})
        raise RuntimeError(f"{self.command[0]} ended during {method}, exit code {self.process.poll()}")

    def memory_mb(self) -> float:
        """Resident memory of the server and all below it, in MB of 1,000,000 bytes."""
        parents, sizes = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid = int(stat.parent.name)
            parents[pid], sizes[pid] = int(fields[1]), int(fields[21])
        return (
            sum(size for pid, size in sizes.items() if self._is_ours(pid, parents)) * os.sysconf("SC_PAGE_SIZE") / 1e6
        )

    def _is_ours(self, pid: int, parents: dict[int, int]) -> bool:
        while pid in parents and pid != self.process.pid:
            pid = parents[pid]
        return pid == self.process.pid

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        stream = cast("IO[bytes]", self.process.stdin)
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()


def measure(command: str, repo: Path, calls: Sequence[Call], env: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Time one server on one repository: start, tool list, each call first and warm, memory at the end."""
    server = Server(shlex.split(command.format(repo=repo)), repo, env)
    try:
        yield "start to initialize", f"{server.open():,.0f} ms"
        tools = server.ask("tools/list", {})["tools"]
        yield "tools, characters of the list", f"{len(tools)}, {len(json.dumps(tools)):,}"
        for call in calls:
            times, answer = [], ""
            for _ in range(1 + WARM):
                began = time.perf_counter()
                result = server.ask("tools/call", {"name": call.tool, "arguments": call.arguments})
                times.append((time.perf_counter() - began) * 1000)
                answer = "".join(part.get("text", "") for part in result.get("content", []))
                if result.get("isError") or "error" in result:
                    answer = f"ERROR {answer or result}"
            told = f", {answer[:60]}" if answer.startswith("ERROR") else ""
            figures = f"{times[0]:,.0f} ms first, {statistics.median(times[1:]):,.1f} ms warm"
            yield call.title, f"{figures}, {len(answer):,} characters{told}"
        yield "resident memory, all processes", f"{server.memory_mb():,.0f} MB"
    finally:
        server.close()


def main() -> None:
    """Print one Markdown table a repository, one column a server."""
    parser = argparse.ArgumentParser(description="Measure symbol servers side by side.")
    parser.add_argument("--fastapi", type=Path, help="a checkout of the FastAPI repository")
    parser.add_argument("--other", help="command of another server; {repo} stands for the repository")
    parser.add_argument("--lines", type=int, default=80_000, help="size of the service that is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        large = Path(scratch) / "service"
        lines = write_service(large, options.lines)
        repositories = [(f"a service of {lines:,} lines", large, LARGE)]
        if options.fastapi:
            repositories.append(("the FastAPI repository", options.fastapi.resolve(), FASTAPI))
        for title, repo, calls in repositories:
            env = {**os.environ, "PYTHON_CODER_CACHE": str(Path(scratch) / "cache")}
            columns = {"ours, cold index": OURS, "ours, warm index": OURS}
            columns |= {"the other": options.other} if options.other else {}
            figures = {name: dict(measure(command, repo, calls, env)) for name, command in columns.items()}
            print(f"\n{title}\n\n| what | {' | '.join(figures)} |\n|---|{'---|' * len(figures)}")
            for row in next(iter(figures.values())):
                print(f"| {row} | {' | '.join(column[row] for column in figures.values())} |", flush=True)


if __name__ == "__main__":
    main()
