# tests/scenarios/killed_runs.py — runs in processes of their own that are killed at one entry of their ledger
import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from typing import Any

from python_coder.agent.options import RunOptions
from python_coder.agent.progress import Silence
from python_coder.agent.run import Run, start_run
from python_coder.agent.run_store import find_run
from python_coder.agent.stored_run import stored_options
from python_coder.agent.thinker import choose_thinker
from python_coder.settings import Settings
from scenarios.cheats import Script
from scenarios.scripted_server import MessagesHandler, Say, scripted_model, url_of

# Forked from a process that has everything imported: half of a short run would else be its start.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["scenarios.killed_runs", "pydantic_ai.models.anthropic"])
_LONGEST_SECONDS = 180
NEVER = 1_000_000


def _work(options: RunOptions, settings: Settings, url: str, resumed: str) -> None:
    thinker = choose_thinker("sonnet", {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url})
    if resumed:
        folder = find_run(settings, resumed)
        options = stored_options(folder)
        run = Run(folder=folder, options=options, settings=settings, thinker=thinker, progress=Silence())
    else:
        run = start_run(options, settings=settings, thinker=thinker, progress=Silence())
    asyncio.run(run.execute())


@dataclass
class Killer:
    """Starts runs, and kills the one at work as soon as its ledger has so many entries."""

    options: RunOptions
    settings: Settings
    script: Script
    at_entry: int = NEVER
    answered: list[dict[str, Any]] = field(default_factory=list)
    """Requests that got an answer, over all starts."""
    process: ForkServerProcess | None = None
    url: str = ""

    def entries(self) -> int:
        ledger = next(self.settings.runs_folder.glob("*/ledger.jsonl"), None)
        return ledger.read_bytes().count(b"\n") if ledger else 0

    def strike(self) -> bool:
        """Kill the process if its time has come."""
        if self.entries() < self.at_entry or self.process is None or self.process.pid is None:
            return False
        os.kill(self.process.pid, signal.SIGKILL)
        return True

    def start(self, *, resumed: str = "") -> None:
        """Run until the end or the kill."""
        arguments = (self.options, self.settings, self.url, resumed)
        self.process = _PROCESSES.Process(target=_work, args=arguments)
        self.process.start()
        until = time.monotonic() + _LONGEST_SECONDS
        while self.process.is_alive() and time.monotonic() < until and not self.strike():
            time.sleep(0.001)
        self.process.join(_LONGEST_SECONDS)

    @property
    def exit_code(self) -> int | None:
        return self.process.exitcode if self.process else None


@contextmanager
def killer(options: RunOptions, settings: Settings, script: Script) -> Iterator[Killer]:
    """A killer whose runs ask a scripted provider."""
    made = Killer(options, settings, script)

    class Handler(MessagesHandler):
        """Looks at the ledger before it answers: what it answers is journaled before the next entry can come."""

        def _stream(self, body: dict[str, Any], say: Say) -> None:
            if made.strike():
                self.close_connection = True
                return
            made.answered.append(body)
            super()._stream(body, say)

    def answer(body: dict[str, Any], _: int) -> Say:
        return script.answer(body, sum(message["role"] == "assistant" for message in body["messages"]))

    with scripted_model(answer, Handler) as server:
        made.url = url_of(server)
        yield made
