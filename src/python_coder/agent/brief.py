# src/python_coder/agent/brief.py — what a model is told: its rules, the task, and what is known to work
import re
from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelRequest, UserPromptPart

from python_coder.gates.baseline import Baseline
from python_coder.gates.known_good import KnownGood

_TASK = re.compile(r"<task>\n(.*?)\n</task>", re.DOTALL)


def plan_prompt(task: str, known_good: KnownGood, baseline: Baseline, service_map: str) -> str:
    """The first message of a run."""
    counts = _counts(baseline)
    problems = "\n".join(f"- {problem}" for problem in known_good.problems) or "- none"
    return f"""\
<task>
{task}
</task>

What is known to work (tried by the runtime on the base revision):
- project root `{known_good.project_root}`, packages {", ".join(known_good.packages) or "none"}
- Python {known_good.python_version}, pytest {known_good.pytest_version or "not found"}
- tests: {", ".join(known_good.test_paths) or "no test folder"}: {counts}
- problems:
{problems}

<service_map>
{service_map}
</service_map>

Look around as far as you need to, with reading tools only, then give the plan.
Refuse if the task cannot or should not be done."""


def act_prompt(calls_left: int) -> str:
    """The message that starts the work once the plan stands."""
    return f"The plan is recorded. Carry it out with the tools ({calls_left} calls left), then give your report."


def reflect_prompt(digest: str, round_number: int, most_rounds: int) -> str:
    """The message after failed gates: what failed, and one lesson asked for."""
    return f"""\
The gates did not all pass (round {round_number} of {most_rounds}). What blocks:
{digest}

Draw one lesson, mend the cause (not the symptom, and never the judge), and give a new report whose `reflection` is that
lesson. If nothing can be mended, change nothing and say so."""


def task_of(messages: Sequence[ModelMessage]) -> str:
    """The task that the first message of a run carries; empty when there is none."""
    for message in messages:
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, UserPromptPart) and isinstance(part.content, str):
                found = _TASK.search(part.content)
                if found:
                    return found.group(1)
    return ""


def _counts(baseline: Baseline) -> str:
    if baseline.tests_problem:
        return baseline.tests_problem
    outcomes = sorted(set(baseline.tests.values()))
    return ", ".join(f"{list(baseline.tests.values()).count(o)} {o}" for o in outcomes) or "no tests"
