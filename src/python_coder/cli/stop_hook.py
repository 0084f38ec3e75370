# src/python_coder/cli/stop_hook.py — the gates as a client's stop hook: what failed sends the agent back, once
import json
import sys
from collections.abc import Callable

from python_coder.errors import PythonCoderError
from python_coder.evidence.verdict import Verdict
from python_coder.gates.check import CheckReport
from python_coder.tools.coder import digest_of

GO_ON, SHOWN, SENT_BACK = 0, 1, 2
"""What a stop hook of Claude Code ends with: fine; shown to the user alone; told to the agent, which goes on."""


def stop_hook(check: Callable[[], CheckReport]) -> int:
    """Judge, and say on standard error what failed.

    An agent is sent back once: when it stops again, with `stop_hook_active` on standard input, the user is told
    instead, so that nothing goes round in circles. What cannot be judged never holds an agent up.

    Returns:
        The exit code.

    Source: Claude Code documentation, "Hooks", Stop.
    """
    try:
        report = check()
    except PythonCoderError as error:
        sys.stderr.write(f"python-coder check could not judge: {error}\n")
        return SHOWN
    failed = [result for result in report.results if result.verdict is Verdict.FAILED]
    if not failed:
        return GO_ON
    sys.stderr.write(f"python-coder check: {len(failed)} gates failed.\n{digest_of(failed)}\n")
    return SHOWN if _was_sent_back(sys.stdin.read() if not sys.stdin.isatty() else "") else SENT_BACK


def _was_sent_back(given: str) -> bool:
    try:
        document = json.loads(given)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("stop_hook_active") is True
