# tests/scenarios/wire.py — the loop on a scripted provider, asked over real HTTP
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.looped import Looped, looped
from python_coder.agent.thinker import choose_thinker
from python_coder.errors import PythonCoderError
from scenarios.scripted_openai import OpenAIHandler
from scenarios.scripted_server import MessagesHandler, Say, call, output, scripted_model, url_of

PLAN = output("Plan", kind="behaviour", steps=["code"], scope=["app/**"])
REPORT = output("Report", summary="Added it.", rationale="Short.")
READ = call("mcp__serena__read_file", relative_path="app/main.py")
WRITE = call("mcp__serena__create_text_file", relative_path="app/x.py", content="X = 1\n")
Play = Callable[..., tuple[Looped, list[dict[str, Any]]]]


@contextmanager
def player(repository: Path, folder: Path) -> Iterator[Play]:
    """A function that runs the loop on a script and hands back what the provider was sent."""
    with ExitStack() as stack:

        def play(script: Sequence[Say], model: str = "sonnet", **more: Any) -> tuple[Looped, list[dict[str, Any]]]:
            handler = OpenAIHandler if model.startswith("openai") else MessagesHandler
            server = stack.enter_context(scripted_model(script, handler))
            environ = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
            if handler is OpenAIHandler:
                patch = stack.enter_context(pytest.MonkeyPatch.context())
                patch.setenv("OPENAI_API_KEY", "k")
                patch.setenv("OPENAI_BASE_URL", f"{url_of(server)}/v1")
            loop = stack.enter_context(looped(repository, folder, choose_thinker(model, environ), **more))
            try:
                loop.run()
            except PythonCoderError as error:
                loop.error = error
            return loop, server.requests

        yield play
