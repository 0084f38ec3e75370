# tests/scenarios/wire.py — the loop on a scripted Messages API
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from agent.looped import Looped, looped
from python_coder.agent.thinker import choose_thinker
from scenarios.scripted_server import Say, call, output, scripted_model, url_of

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
            server = stack.enter_context(scripted_model(script))
            environ = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url_of(server)}
            loop = stack.enter_context(looped(repository, folder, choose_thinker(model, environ), **more))
            try:
                loop.run()
            except Exception as error:
                loop.error = error
            return loop, server.requests

        yield play
