# tests/scenarios/test_wire_escalation.py — the switch to the stronger model, seen from the provider
import re
from typing import Any

import pytest

from agent.looped import PROVEN
from python_coder.agent.digest import FailedGate
from python_coder.agent.loop import Judgement
from python_coder.evidence.ledger import EntryKind
from python_coder.evidence.spending import escalations_of
from python_coder.service_map.import_graph import ImportGraph
from scenarios.scripted_server import Say, call, output
from scenarios.wire import PLAN, READ, REPORT, WRITE, Play

SONNET, OPUS = "claude-sonnet-5-5", "claude-opus-5-5"
GRAPH = ImportGraph(
    {f"app/{name}/m.py": f"import app.{other}.m\n" for name, other in [*zip("abcd", "bcde", strict=True), ("e", "a")]}
)
BROAD = output("Plan", kind="behaviour", steps=["code"], scope=[f"app/{name}/m.py" for name in "abcd"])
ASK = "mcp__coder__request_stronger_model"
OUTSIDE = Judgement(is_proven=False, digest="tests failed: x", failed=(FailedGate(gate="tests", path="lib/far.py"),))


def _models(requests: list[dict[str, Any]]) -> list[str]:
    return [request["model"] for request in requests]


def test_a_broad_plan_is_carried_out_by_the_stronger_model_with_the_history_kept(play: Play) -> None:
    loop, requests = play([Say([READ]), Say([BROAD]), Say([WRITE]), Say([REPORT])], options={"graph": GRAPH})
    assert _models(requests) == [SONNET, SONNET, OPUS, OPUS]
    assert requests[2]["messages"][: len(requests[1]["messages"])] == requests[1]["messages"]
    (escalation,) = escalations_of(loop.session.ledger.entries)
    assert (escalation.from_model, escalation.to_model) == (f"anthropic:{SONNET}", f"anthropic:{OPUS}")
    assert (escalation.cause, escalation.effect) == ("plan", "All gates passed.")
    assert "4 packages" in escalation.reason
    # Broad plans are thought about broadly, and told who depends on whom.
    assert requests[2]["output_config"] == {"effort": "high"}
    assert requests[2]["max_tokens"] == 32_000
    assert "app/a: imports app/b; imported by app/e" in str(requests[2]["messages"][-1])
    assert loop.entries(EntryKind.THINKING)[0].data["mode"] == "contextual"


def test_a_plan_of_one_package_stays_with_the_quick_model(play: Play) -> None:
    _, requests = play([Say([PLAN]), Say([WRITE]), Say([REPORT])], options={"graph": GRAPH})
    assert _models(requests) == [SONNET] * 3
    assert requests[1]["output_config"] == {"effort": "medium"}


def test_the_same_gate_twice_outside_of_the_plan(play: Play) -> None:
    script = [Say([PLAN]), Say([WRITE]), Say([REPORT]), Say([WRITE]), Say([REPORT]), Say([REPORT])]
    second = Judgement(is_proven=False, digest="tests failed: y", failed=OUTSIDE.failed)
    loop, requests = play(script, judgements=[OUTSIDE, second, PROVEN])
    assert _models(requests) == [SONNET] * 5 + [OPUS]
    (escalation,) = escalations_of(loop.session.ledger.entries)
    assert (escalation.cause, escalation.failed_before, escalation.failed_after) == ("gates", ("tests",), ())


def test_the_model_asks_with_evidence(play: Play) -> None:
    broken = call("mcp__serena__read_file", relative_path="app/none.py")

    def script(request: dict[str, Any], number: int) -> Say:
        shown = re.findall(r"ledger entry (\d+)", str(request["messages"][-1]))
        ask = call(ASK, reason="Spans two modules.", evidence=[int(entry) for entry in shown] or [1])
        return Say([[PLAN, ask, broken, ask, REPORT][number]])

    loop, requests = play(script)
    asked = [entry for entry in loop.entries(EntryKind.TOOL_CALL) if entry.data["tool"] == ASK]
    assert [str(entry.data["answer"]).split(":")[0] for entry in asked] == ["Refused", "Granted"]
    assert all(entry.data["is_free"] for entry in asked)
    assert _models(requests) == [SONNET] * 4 + [OPUS]


@pytest.mark.parametrize("model", ["opus", "anthropic:claude-haiku-5-5"])
def test_where_there_is_no_stronger_model_none_is_offered(play: Play, model: str) -> None:
    _, requests = play([Say([BROAD]), Say([REPORT])], model, options={"graph": GRAPH})
    assert len(set(_models(requests))) == 1
    assert not any("stronger" in tool["name"] for tool in requests[1]["tools"])
