# tests/scenarios/test_request_size.py — what every request of a run carries besides the conversation, in characters
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from python_coder.agent.run_end import Finished
from scenarios.scripted_server import Say, output

pytestmark = pytest.mark.slow

MOST_SYSTEM_CHARS = 4_000
MOST_SCHEMA_CHARS = {"plan": 4_700, "act": 6_000}
"""As sent. All of it goes out again with each request, and is read, or paid for, again."""
CORE = ["find_referencing_symbols", "search_for_pattern", "execute_shell_command", "read_code", "edit_files"]
OF_THE_WORK = [*CORE, "run_gates", "more_tools", "run_tests", "call_app", "submit_report", "submit_refusal"]
OF_THE_PLAN = ["find_referencing_symbols", "search_for_pattern", "read_code", "more_tools", "submit_plan"]


@dataclass
class Watched:
    """A model that plans and then gives up; it keeps what it was sent."""

    requests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, body: dict[str, Any], number: int) -> Say:
        self.requests.append(body)
        if number == 0:
            return Say([output("Plan", kind="behaviour", steps=["code"], scope=["app/**"])])
        return Say([output("Refusal", reason="Only looking.")])


def test_a_plain_service_takes_a_small_prompt_and_few_schemas(run_script: Callable[[Watched], Finished]) -> None:
    watched = Watched()
    run_script(watched)
    planning, acting = watched.requests
    names = [[tool["name"].rpartition("__")[2] for tool in request["tools"]] for request in watched.requests]
    assert names == [[*OF_THE_PLAN, "submit_refusal"], OF_THE_WORK]
    for phase, request in {"plan": planning, "act": acting}.items():
        assert sum(len(block["text"]) for block in request["system"]) <= MOST_SYSTEM_CHARS
        schemas = json.dumps(request["tools"], ensure_ascii=False, separators=(",", ":"))
        assert len(schemas) <= MOST_SCHEMA_CHARS[phase], phase
